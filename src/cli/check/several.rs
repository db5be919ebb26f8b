//! The jobs that one launch comes to: the rounds of a loop, and the combinations of a sweep.

use std::sync::Arc;

use crate::cli::chain::Input;
use crate::cli::job::entries_of;
use crate::engine::{Entries, Entry};
use crate::overrides::{Language, expand, parse};
use crate::surface::bash::Launch;

/// The most jobs of a launch that are judged one by one.
const MOST: usize = 64;

/// Lists the overrides of each job that a launch starts; none where it starts one.
pub fn jobs_of(
    input: &Input,
    number: usize,
    entries: &Entries,
    language: Language,
) -> Vec<Entries> {
    let runs = input.script.runs.iter().filter(|(launch, _)| *launch == number);
    let runs: Vec<&Launch> = runs.map(|(_, run)| run).take(MOST).collect();
    let rounds: Vec<Entries> = match runs.len() {
        0 | 1 => vec![entries.clone()],
        _ => runs.iter().filter_map(|it| entries_of(&input.script, it, language).ok()).collect(),
    };
    let jobs: Vec<Entries> = rounds.iter().flat_map(swept).take(MOST).collect();
    if jobs.len() > 1 { jobs } else { Vec::new() }
}

/// Names what sets a job apart from the launch as a whole.
pub fn apart(job: &Entries, whole: &Entries) -> Vec<String> {
    let text = |entry: &Entry| entry.value.as_ref().ok().map(|it| it.text.clone());
    let both = job.iter().zip(whole.iter());
    both.filter(|(own, all)| text(own) != text(all)).filter_map(|(own, _)| text(own)).collect()
}

/// Makes every combination of what is swept.
fn swept(entries: &Entries) -> Vec<Entries> {
    let all = entries.iter().enumerate();
    let swept = all.filter_map(|(at, it)| Some((at, it.value.as_ref().ok()?)));
    let swept: Vec<(usize, &str)> =
        swept.filter(|(_, it)| it.is_sweep()).map(|(at, it)| (at, it.text.as_str())).collect();
    let texts: Vec<&str> = swept.iter().map(|(_, text)| *text).collect();
    let Ok(expansion) = expand(&texts) else { return vec![entries.clone()] };
    let chosen = |job: Vec<String>| {
        let mut chosen = entries.clone();
        for ((at, _), text) in swept.iter().zip(job) {
            let (Ok(parsed), Some(old)) = (parse(&text), chosen.edit().get_mut(*at)) else {
                continue;
            };
            *old = Arc::new(Entry { value: Ok(parsed), ..Entry::clone(old) });
        }
        chosen
    };
    expansion.jobs().take(MOST).map(chosen).collect()
}
