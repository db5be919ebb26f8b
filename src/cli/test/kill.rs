//! Cases that are made to notice a mutant.

use std::fmt::Write as _;

use crate::cases::{Case, Outcome, Truth, read_cases};
use crate::pack::Pack;
use crate::text::{Source, shell_word};
use crate::value::Value;
use crate::verify::{Candidate, Witness};

/// A case that is being made: an input, and what is asked there.
#[derive(Clone)]
pub struct Draft {
    candidate: Candidate,
    /// The program of a launch script, for inputs with directives.
    program: String,
}

impl Draft {
    /// Makes the case of an input.
    pub fn new(pack: &Pack, mut candidate: Candidate) -> Self {
        // A launch that sets nothing is none that Hydra would know.
        if candidate.witness.overrides.is_empty() {
            let known = pack.defaults.iter().flat_map(|set| &set.values);
            let number = |value: &Value| matches!(value, Value::Int(_));
            let mut numbers = known.filter(|(_, value)| number(value));
            candidate
                .witness
                .overrides
                .extend(numbers.next().map(|(key, it)| format!("{key}={it}")));
        }
        let program = pack.launches.first().map_or(String::new(), |it| it.replace('*', ""));
        Self { candidate, program }
    }

    /// Lists the cases that are smaller by one word.
    pub fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let lists: [fn(&mut Witness) -> &mut Vec<String>; 5] = [
            |it| &mut it.overrides,
            |it| &mut it.directives,
            |it| &mut it.facts,
            |it| &mut it.parameters,
            |it| &mut it.environment,
        ];
        for list in lists {
            let number = list(&mut self.candidate.witness.clone()).len();
            for index in (0..number).rev() {
                let mut draft = self.clone();
                list(&mut draft.candidate.witness).remove(index);
                all.push(draft);
            }
        }
        if self.candidate.steps.is_some() {
            let candidate = Candidate { steps: None, ..self.candidate.clone() };
            all.push(Self { candidate, ..self.clone() });
        }
        all
    }

    /// Reads the case as if it stood in the pack; nothing where it has no job.
    pub fn case(&self, name: &str, expected: &[String], restless: bool) -> Option<Case> {
        let text = self.text(name, None, expected, restless);
        let source = Source::new("case", text);
        read_cases(&source, &|_| Err("a made case has no files".to_owned())).ok()?.pop()
    }

    /// Writes the case in TOML.
    pub fn text(
        &self,
        name: &str,
        title: Option<&str>,
        expected: &[String],
        restless: bool,
    ) -> String {
        let mut out = format!("[[case]]\nname = {}\n", quoted(name));
        if let Some(title) = title {
            let _ = writeln!(out, "title = {}", quoted(title));
        }
        self.write_input(&mut out);
        let asked = &self.candidate;
        for (field, id) in [("only", &asked.only), ("repair", &asked.repair)] {
            if let Some(id) = id {
                let _ = writeln!(out, "{field} = [{}]", quoted(id));
            }
        }
        if let Some(steps) = asked.steps {
            let _ = writeln!(out, "steps = {steps}");
        }
        if asked.allow_unsafe {
            out.push_str("unsafe = true\n");
        }
        if restless {
            out.push_str("idempotent = false\nreason = \"only the first plan is of interest\"\n");
        }
        if !expected.is_empty() {
            out.push_str("\n[case.expect]\n");
            expected.iter().for_each(|line| {
                let _ = writeln!(out, "{line}");
            });
        }
        out
    }

    fn write_input(&self, out: &mut String) {
        let witness = &self.candidate.witness;
        if witness.directives.is_empty() {
            let _ = writeln!(out, "overrides = {}", list(&witness.overrides));
        } else {
            let _ = writeln!(out, "files = {{ \"job.slurm\" = {} }}", quoted(&self.script()));
        }
        let tables = [("fact", &witness.facts), ("param", &witness.parameters)];
        for (field, words) in tables.into_iter().filter(|(_, words)| !words.is_empty()) {
            let _ = writeln!(out, "{field} = {{ {} }}", entries(words, value));
        }
        if !witness.environment.is_empty() {
            let _ = writeln!(out, "env = {{ {} }}", entries(&witness.environment, quoted));
        }
    }

    fn script(&self) -> String {
        let witness = &self.candidate.witness;
        let mut text = String::from("#!/bin/bash\n");
        for directive in &witness.directives {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let _ =
                writeln!(text, "#SBATCH --{}={}", name.replace('_', "-"), value.trim_matches('\''));
        }
        let _ = write!(text, "python3 -m {}", self.program);
        for word in &witness.overrides {
            let _ = write!(text, " {}", shell_word(word));
        }
        text.push('\n');
        text
    }
}

/// Says what a case must expect so that a mutant fails it; nothing where both come out the same.
pub fn expected(rule: &str, before: &Outcome, after: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    let both = || before.ruled.iter().zip(&after.ruled).filter(|(a, b)| a.truth != b.truth);
    let own = both().find(|(it, _)| it.id == rule).or_else(|| both().next());
    if let Some((it, _)) = own {
        let field = match it.truth {
            Truth::Fired => "fired",
            Truth::Silent => "silent",
            Truth::Unknown => "unknown",
        };
        lines.push(format!("{field} = [{}]", quoted(&it.id)));
    }
    let lists = [
        ("plan", &before.plan, &after.plan),
        ("changes", &before.changes, &after.changes),
        ("findings", &before.findings, &after.findings),
        ("left", &before.left, &after.left),
    ];
    for (field, one, other) in lists {
        // What is found follows from the rule that fires.
        if one != other && (lines.is_empty() || field == "plan" || field == "changes") {
            lines.push(format!("{field} = {}", list(one)));
        }
    }
    lines
}

/// Writes that an expression has a value, as a condition; nothing for values that no condition writes.
pub fn comes_to(expression: &str, value: &Value) -> Option<String> {
    Some(match value {
        Value::Bool(true) => expression.to_owned(),
        Value::Bool(false) => format!("!{expression}"),
        Value::Int(_) | Value::Float(_) => format!("{expression} == {value}"),
        Value::Bytes(bytes) if bytes % 1024 == 0 => format!("{expression} == {}KiB", bytes / 1024),
        // Nothing smaller than a KiB can be written.
        Value::Bytes(bytes) => format!("{expression} * 1024 == {bytes}KiB"),
        Value::Str(text) if !text.contains(['"', '\\', '\n']) => {
            format!("{expression} == \"{text}\"")
        }
        _ => return None,
    })
}

/// Writes that a case expects a condition to hold.
pub fn holds(condition: &str) -> String {
    format!("holds = {}", list(&[condition.to_owned()]))
}

fn list(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|it| quoted(it)).collect();
    let short = format!("[{}]", words.join(", "));
    if short.len() <= 88 { short } else { format!("[\n    {},\n]", words.join(",\n    ")) }
}

fn entries(words: &[String], write: impl Fn(&str) -> String) -> String {
    let entry = |word: &String| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        format!("{name} = {}", write(value))
    };
    words.iter().map(entry).collect::<Vec<_>>().join(", ")
}

/// Writes a value in TOML: what is no number and no truth is a text.
fn value(text: &str) -> String {
    let number = text.parse::<f64>().is_ok_and(f64::is_finite);
    let plain = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    match text {
        "true" | "false" => text.to_owned(),
        _ if number && plain => text.to_owned(),
        _ => quoted(text.trim_matches('\'')),
    }
}

/// Writes a string of TOML, which a JSON string is.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let witness = Witness {
            overrides: vec!["a.b='x \"y\"'".to_owned(), "c=1".to_owned()],
            facts: vec!["oom.phase=update".to_owned(), "oom.free=4GiB".to_owned()],
            parameters: vec!["floor=2".to_owned()],
            ..Witness::default()
        };
        let candidate = Candidate { witness, steps: Some(3), ..Candidate::default() };
        let draft = Draft { candidate, program: String::new() };
        let case = draft.case("kills-a-1", &["plan = []".to_owned()], true).unwrap();
        assert_eq!(case.inputs.overrides.len(), 2);
        assert_eq!(case.inputs.facts.len(), 2);
        assert_eq!(case.asked.steps, Some(3));
        assert!(!case.idempotent && case.expected.is_some());
        assert_eq!(draft.smaller().len(), 6);
    }
}
