//! Where the changes of a plan are made.

use super::chain::Input;
use super::error::CliError;
use super::job::Job;
use super::set::parse_all;
use crate::engine::{KeyChange, Plan};
use crate::facts::{Found, Provenance};
use crate::report::{FileChange, site_texts};
use crate::surface::bash::{self, Change, How, Script, Wanted};
use crate::surface::{slurm, yaml};
use crate::text::{Edit, Faults, Source, Span, TextEdits, shell_word};
use crate::value::Value;

/// A plan as changes of files.
#[derive(Default)]
pub struct Edits {
    /// The files that change.
    pub files: Vec<FileChange>,
    /// The same as edits of what was read.
    pub texts: Vec<TextEdits>,
    /// For each key, how its change is made.
    pub sites: Vec<(String, String)>,
    /// What the user should know about the places.
    pub notes: Vec<String>,
    /// What must be done by hand.
    pub refused: Vec<String>,
    /// Why.
    pub fault: Option<Faults>,
    /// Whether a launch passes both an old value and the one that replaces it.
    pub repeats: bool,
}

impl Edits {
    /// Finds where each change of a plan is made.
    ///
    /// # Errors
    /// Changes that no override can say.
    pub fn make(job: &Job, plan: &Plan) -> Result<Self, CliError> {
        let mut edits = Self::default();
        let changes: Vec<&KeyChange> = plan.changes.iter().collect();
        let (in_file, in_launch) = changes.into_iter().partition(|it| job.is_in_yaml(&it.key));
        let in_launch = edits.configuration(job, in_file, in_launch)?;
        if let (Some((input, launch)), false) = (job.chosen, in_launch.is_empty()) {
            edits.launches(&job.inputs, &in_launch, input, &[launch]);
        }
        edits.directives(&job.inputs, &plan.directives);
        edits.finish();
        Ok(edits)
    }

    /// Makes the new texts.
    pub fn finish(&mut self) {
        for text in &self.texts {
            match text.applied() {
                Ok(after) if after == text.source.text() => {}
                Ok(after) => self.files.push(FileChange::new(&text.source, after)),
                Err(overlap) => {
                    let name = text.source.name();
                    self.refused.push(format!("By hand, in {name}: {overlap}"));
                }
            }
        }
    }

    /// Changes the configuration; where that is refused, its changes join those of the launch.
    fn configuration<'a>(
        &mut self,
        job: &Job,
        in_file: Vec<&'a KeyChange>,
        mut in_launch: Vec<&'a KeyChange>,
    ) -> Result<Vec<&'a KeyChange>, CliError> {
        let (Some(yaml), false) = (&job.yaml, in_file.is_empty()) else { return Ok(in_launch) };
        let text = |it: &&KeyChange| it.after.clone().unwrap_or_else(|| format!("~{}", it.key));
        let texts: Vec<String> = in_file.iter().map(text).collect();
        match yaml::edit(yaml, &parse_all(&texts)?) {
            Ok(edited) => {
                self.sites.extend(yaml_sites(yaml, &edited));
                let whole = Span::new(0, yaml.text().len());
                self.push(yaml, vec![Edit::new(whole, edited.text)]);
            }
            Err(refusal) if job.chosen.is_some() => {
                let message = refusal.fault.message;
                self.notes.push(format!("{} is left as it is: {message}.", yaml.name()));
                in_launch.extend(in_file);
            }
            Err(refusal) => {
                self.refused.push(format!("By hand, in {}: {}", yaml.name(), texts.join(" ")));
                self.fault = Some(Faults::one(yaml.clone(), refusal.fault));
            }
        }
        Ok(in_launch)
    }

    /// Changes launches of one script.
    pub fn launches(
        &mut self,
        inputs: &[Input],
        wanted: &[&KeyChange],
        input: usize,
        launches: &[usize],
    ) {
        let Some(input) = inputs.get(input) else { return };
        let script = &input.script;
        let (changes, elsewhere) = changes_of(script, wanted, launches);
        self.refused.extend(elsewhere);
        let wanted = Wanted { launches, changes: &changes, also: &[] };
        match bash::edit(script, &input.outside, &wanted) {
            Ok(edited) => {
                self.sites.extend(site_texts(script, &edited));
                self.repeats |=
                    edited.sites.iter().any(|it| matches!(it.how, How::Inserted(Some(_))));
                self.push(&script.source, edited.edits);
            }
            Err(refusal) => {
                self.refused.push(format!("By hand: {}", refusal.paste.join(" ")));
                self.fault = Some(Faults::one(script.source.clone(), refusal.fault));
            }
        }
    }

    /// Makes changes of one launch each as if they were all that is made of a script, as far as that can be told by
    /// reading it once more for all of them.
    pub fn each(
        inputs: &[Input],
        input: usize,
        wanted: &[(usize, Vec<&KeyChange>)],
    ) -> Vec<Option<Vec<TextEdits>>> {
        let Some(input) = inputs.get(input) else { return vec![None; wanted.len()] };
        let script = &input.script;
        let changes = wanted.iter().map(|(launch, wanted)| {
            let (changes, elsewhere) = changes_of(script, wanted, &[*launch]);
            if elsewhere.is_empty() { changes } else { Vec::new() }
        });
        let changes: Vec<Vec<Change>> = changes.collect();
        let all = wanted.iter().zip(&changes).map(|((launch, _), changes)| Wanted {
            launches: std::slice::from_ref(launch),
            changes,
            also: &[],
        });
        let made = bash::edit_each(script, &input.outside, &all.collect::<Vec<_>>());
        let texts = |edits| vec![TextEdits::new(&script.source, edits)];
        made.into_iter().map(|edits| edits.filter(|it| !it.is_empty()).map(texts)).collect()
    }

    /// Changes directives of the scripts that give them.
    pub fn directives(&mut self, inputs: &[Input], changes: &[(String, Found, Found)]) {
        for input in inputs.iter().filter(|input| input.has_directives) {
            let source = &input.script.source;
            let mine = |found: &&(String, Found, Found)| matches!(&found.1.from, Provenance::Text(at) if at.source.name() == source.name());
            let wanted: Vec<(&str, &Value)> = changes
                .iter()
                .filter(mine)
                .map(|(name, _, after)| (name.as_str(), &after.value))
                .collect();
            if wanted.is_empty() {
                continue;
            }
            match slurm::edit_directives(source, &wanted) {
                Ok(edits) => self.push(source, edits),
                Err(fault) => {
                    self.refused.push(format!("By hand, in {}: {}", source.name(), fault.message));
                    self.fault = Some(Faults::one(source.clone(), fault));
                }
            }
        }
    }

    /// Adds edits of a text, which may have some already: a launch may stand below directives.
    fn push(&mut self, source: &Source, edits: Vec<Edit>) {
        match self.texts.iter_mut().find(|text| text.source == *source) {
            Some(text) => text.edits.extend(edits),
            None => self.texts.push(TextEdits::new(source, edits)),
        }
    }
}

/// Returns changes as a script can make them, and says of the others where they are made by hand.
fn changes_of(
    script: &Script,
    wanted: &[&KeyChange],
    launches: &[usize],
) -> (Vec<Change>, Vec<String>) {
    let own = |key: &str| {
        let mut launches = launches.iter().filter_map(|it| script.launches.get(*it));
        launches.any(|it| it.arguments.iter().any(|it| it.key() == key))
    };
    let (mut changes, mut elsewhere) = (Vec::new(), Vec::new());
    for change in wanted {
        let far = matches!(&change.before_from, Some(Provenance::Text(at)) if at.source.name() != script.source.name());
        if far && !own(&change.key) {
            let text = change.after.clone().unwrap_or(format!("~{}", change.key));
            elsewhere.push(format!(
                "{} was given where the job was started; give {} there",
                change.key,
                shell_word(&text)
            ));
            continue;
        }
        changes.push(Change { key: change.key.clone(), after: change.after.clone() });
    }
    (changes, elsewhere)
}

/// Says for each key of a YAML file where its change is made.
pub fn yaml_sites(source: &Source, edited: &yaml::Edited) -> Vec<(String, String)> {
    let describe = |site: &yaml::Site| {
        let at = format!("{}:{}", source.name(), site.line);
        match &site.how {
            yaml::How::Changed => at,
            yaml::How::Removed => format!("{at}, removed"),
            yaml::How::Added(None) => format!("{at}, added"),
            yaml::How::Added(Some(near)) => format!("{at}, added; did you mean {near}?"),
        }
    };
    edited.sites.iter().map(|site| (site.key.clone(), describe(site))).collect()
}
