//! The edits that mend what is wrong with the launches of a script.

use super::apart::one_of_each;
use super::examine::Checker;
use crate::cli::chain::Input;
use crate::cli::edits::Edits;
use crate::engine::{Applied, KeyChange};
use crate::facts::Found;
use crate::surface::bash::Launch;
use crate::text::{Mend, TextEdits, shell_word};

/// What would mend a launch, before it is known where that is written.
#[derive(Debug, Clone)]
pub struct Remedy {
    launch: usize,
    /// The overrides and directives that it sets, as they are written.
    words: String,
    changes: Vec<KeyChange>,
    /// Name, old and new value.
    directives: Vec<(String, Found, Found)>,
    /// Whether all that must stay the same does.
    spares: bool,
}

/// How many remedies are written one by one; more are written together, which takes as long as one.
const FEW: usize = 8;

impl Remedy {
    /// Keeps what a rule applied to a launch; nothing where it sets nothing.
    pub fn new(launch: usize, applied: Applied, spares: bool) -> Option<Self> {
        let words = words(&applied)?;
        let Applied { changes, directives, .. } = applied;
        Some(Self { launch, words, changes, directives, spares })
    }

    fn mend(&self, alone: bool, texts: Vec<TextEdits>) -> Mend {
        Mend { what: format!("set {}", self.words), safe: alone && self.spares, texts }
    }

    fn changes(&self) -> Vec<&KeyChange> {
        self.changes.iter().collect()
    }
}

/// A repair as overrides and directives.
pub fn words(repair: &Applied) -> Option<String> {
    let keys = repair.changes.iter().filter_map(|change| change.after.as_deref().map(shell_word));
    let directives =
        repair.directives.iter().map(|(name, _, after)| format!("#SBATCH {name}={}", after.value));
    let words: Vec<String> = keys.chain(directives).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

impl Checker<'_> {
    /// Finds the edits of each remedy: of many at once, as far as they stay in the text of their launch.
    pub fn fixes(&self, input: &Input, remedies: &[&Remedy]) -> Vec<Option<Mend>> {
        let Some(at) = self.inputs.iter().position(|it| std::ptr::eq(it, input)) else {
            return vec![None; remedies.len()];
        };
        let place = |it: &Remedy| input.script.launches.get(it.launch).map(|it| it.location.span);
        let mut fixes = vec![None; remedies.len()];
        let simple = remedies.iter().enumerate().filter(|(_, it)| it.directives.is_empty());
        let mut open: Vec<(usize, &Remedy)> = simple.map(|(number, it)| (number, *it)).collect();
        loop {
            // Those of one launch may be written in one place.
            let (round, rest) = one_of_each(open, |(_, it)| place(it));
            if round.len() <= FEW {
                break;
            }
            let wanted: Vec<(usize, Vec<&KeyChange>)> =
                round.iter().map(|(_, it)| (it.launch, it.changes())).collect();
            for ((number, it), texts) in round.iter().zip(Edits::each(self.inputs, at, &wanted)) {
                if let Some(fix) = fixes.get_mut(*number) {
                    *fix = texts.map(|texts| it.mend(true, texts));
                }
            }
            open = rest;
        }
        let found = remedies.iter().zip(fixes);
        found.map(|(it, fix)| fix.or_else(|| self.fix(input, at, it))).collect()
    }

    /// The edits that make a remedy: in the launch, or where others run by the same command, in all
    /// of them.
    fn fix(&self, input: &Input, at: usize, remedy: &Remedy) -> Option<Mend> {
        let launches = &input.script.launches;
        let place = |it: &Launch| it.location.span;
        let own = launches.get(remedy.launch).map(place)?;
        let all = launches.iter().enumerate().filter(|(_, it)| place(it) == own);
        let all: Vec<usize> = all.map(|(number, _)| number).collect();
        let edits = |launches: &[usize]| {
            let mut edits = Edits::default();
            if !remedy.changes.is_empty() {
                edits.launches(self.inputs, &remedy.changes(), at, launches);
            }
            edits.directives(self.inputs, &remedy.directives);
            (edits.refused.is_empty() && !edits.texts.is_empty()).then_some(edits.texts)
        };
        let alone = edits(&[remedy.launch]);
        let is_alone = alone.is_some();
        let texts = alone.or_else(|| edits(&all).filter(|_| all.len() > 1))?;
        Some(remedy.mend(is_alone, texts))
    }
}
