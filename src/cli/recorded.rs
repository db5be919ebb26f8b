//! What the journal says of a change that the user gave.

use super::args::SetArgs;
use super::chain::read_bash;
use super::error::CliError;
use super::job::outside;
use super::kind::{Kind, kind_of};
use super::set::directive;
use crate::config::{Config, inline};
use crate::overrides::{OverrideKind, parse};
use crate::path::KeyPath;
use crate::surface::hosted;
use crate::surface::slurm;
use crate::text::Source;
use crate::transaction::{Record, RecordedChange};

/// Records what `hydrule set` changes in a text.
pub fn given(args: &SetArgs, source: &Source) -> Result<Record, CliError> {
    let (directives, keys): (Vec<&String>, Vec<&String>) =
        args.overrides.iter().partition(|text| directive(text).is_some());
    let mut changes = match kind_of(&args.file) {
        Kind::Yaml => in_yaml(&keys, source)?,
        Kind::Script => in_script(args, &keys, source)?,
        Kind::Hosted(host) => in_script(args, &keys, &hosted::shell_text(source, host))?,
        // What ran is never written.
        Kind::Folder => Vec::new(),
    };
    let facts = slurm::directive_facts(&slurm::read_directives(source), source);
    for (name, value) in directives.iter().filter_map(|text| directive(text)) {
        changes.push(RecordedChange {
            key: format!("$sbatch.{name}"),
            before: facts.get(name).map(|found| found.value.to_string()),
            after: Some(value.to_owned()),
        });
    }
    Ok(Record { command: "set".to_owned(), changes, ..Record::default() })
}

fn in_yaml(texts: &[&String], source: &Source) -> Result<Vec<RecordedChange>, CliError> {
    let base = Config::read_plain(source)?;
    Ok(changes(texts, |key| {
        let node = base.node(&KeyPath::new(key))?;
        Some(format!("{key}={}", inline(&node.content, false, None)?))
    }))
}

fn in_script(
    args: &SetArgs,
    texts: &[&String],
    source: &Source,
) -> Result<Vec<RecordedChange>, CliError> {
    let outside = outside(&args.outside)?;
    let script = read_bash(source, &outside)?;
    let launch =
        script.launches.get(args.launch.first().map_or(0, |number| number.saturating_sub(1)));
    let arguments = launch.map(|it| it.arguments.as_slice()).unwrap_or_default();
    Ok(changes(texts, |key| arguments.iter().rev().find(|it| it.key() == key)?.text.known()))
}

fn changes(texts: &[&String], before: impl Fn(&str) -> Option<String>) -> Vec<RecordedChange> {
    let parsed = texts.iter().filter_map(|text| parse(text).ok());
    let change = parsed.map(|it| {
        let removes = it.kind == OverrideKind::Delete && it.value.is_none();
        let after = (!removes).then_some(it.text);
        RecordedChange { before: before(&it.key), key: it.key, after }
    });
    change.collect()
}
