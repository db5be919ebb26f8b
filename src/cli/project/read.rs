//! What one file of a project's configuration says.

use crate::cli::told::{no_key, quantity_or};
use crate::overrides::{OverrideKind, parse};
use crate::pack::{Cluster, ExtendEntry, Reader, Text, read_toml, read_toml_below};
use crate::text::{Fault, Faults, Location, Source, Span};
use crate::value::Value;

/// One file.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its text.
    pub source: Source,
    /// The file that it goes on from.
    pub extend: Option<Text>,
    /// The packs of the project, if it says.
    pub packs: Option<Vec<ExtendEntry>>,
    /// The version of the application.
    pub target: Option<Text>,
    /// Values of parameters.
    pub parameters: Vec<(Text, Value)>,
    /// What is switched off, and why.
    pub off: Vec<(Text, Text)>,
    /// Keys that nobody changes.
    pub pins: Vec<Text>,
    /// Programs and folders, and the pack that each is of.
    pub launches: Vec<(Text, Text)>,
    /// What the cluster has.
    pub cluster: Cluster,
    /// Base configurations by the files that start from them.
    pub bases: Vec<(Text, Text)>,
    /// Whether others are looked for, if it says.
    pub finds_bases: Option<(bool, Location)>,
}

/// Reads a file; none where it says nothing to hydrule, as a `pyproject.toml` may.
///
/// # Errors
/// Every fault of the file.
pub fn read_settings(source: &Source) -> Result<Option<Settings>, Faults> {
    let take = |reader: &Reader<'_>| Draft::read(reader, source);
    let draft = if !source.name().ends_with("pyproject.toml") {
        Some(read_toml(source, "project configuration", take)?)
    } else if source.text().contains("hydrule") {
        read_toml_below(source, &["tool", "hydrule"], "project configuration", take)?
    } else {
        None
    };
    draft.map(|it| it.finish(source)).transpose()
}

struct Draft {
    settings: Settings,
    faults: Vec<Fault>,
}

impl Draft {
    fn read(reader: &Reader<'_>, source: &Source) -> Self {
        let mut faults = Vec::new();
        let extend = reader.optional_text("extend");
        let packs = ExtendEntry::read(reader, "packs");
        let packs = reader.has("packs").then_some(packs);
        let target = reader.optional_text("target");
        let read = |text: Text| match parameter(&text) {
            Ok(read) => Some(read),
            Err(fault) => {
                faults.push(text.blame(fault));
                None
            }
        };
        let texts = reader.texts("params").into_iter().filter(|text| !text.stands_in());
        let parameters: Vec<(Text, Value)> = texts.filter_map(read).collect();
        let pins = reader.texts("pins");
        let off = reader.text_entries("off");
        let launches = reader.text_entries("launches");
        let cluster = reader.table("cluster", "cluster").map(cluster).unwrap_or_default();
        let finds_bases = if reader.is_flag("base") { reader.flag("base") } else { None };
        let bases = match finds_bases {
            Some(_) => Vec::new(),
            None => reader.text_entries("base"),
        };
        for (index, (name, _)) in parameters.iter().enumerate() {
            if parameters.iter().take(index).any(|(old, _)| old.value == name.value) {
                let message = format!("the parameter `{}` is set twice", name.value);
                let code = "hydrule::project::repeated";
                faults.push(Fault::new(code, name.location.span, message));
            }
        }
        let wrong = pins.iter().filter_map(|pin| Some((pin, no_key(pin.as_str())?)));
        let wrong: Vec<Fault> = wrong.map(|(pin, fault)| pin.blame(fault)).collect();
        faults.extend(wrong);
        if let Some([]) = packs.as_deref() {
            let message = "`packs` names no pack";
            let fault = Fault::new("hydrule::project::no_packs", reader.location().span, message);
            faults.push(fault.helped("without `packs`, the pack that knows the launch is taken"));
        }
        let source = source.clone();
        let settings = Settings {
            source,
            extend,
            packs,
            target,
            parameters,
            off,
            pins,
            launches,
            cluster,
            bases,
            finds_bases,
        };
        Self { settings, faults }
    }

    fn finish(mut self, source: &Source) -> Result<Settings, Faults> {
        if self.faults.is_empty() {
            return Ok(self.settings);
        }
        self.faults.sort_by_key(|fault| fault.span);
        Err(Faults { source: source.clone(), faults: self.faults })
    }
}

/// Reads what a cluster has.
fn cluster(table: Reader<'_>) -> Cluster {
    let (max_gpus, host_memory) = (table.count("max_gpus"), table.optional_text("host_memory"));
    let host_memory = host_memory.filter(|it| !it.stands_in());
    if let Some(text) = &host_memory {
        let read = quantity_or(Value::Str(text.value.to_string()));
        if !matches!(read, Value::Bytes(bytes) if bytes > 0) {
            let message = format!("`{}` is no amount of memory", text.value);
            let fault = Fault::new("hydrule::project::memory", text.location.span, message);
            table.blame(fault.labelled("memory of one node").helped("write it as in 512GiB"));
        }
    }
    table.finish();
    Cluster { max_gpus, host_memory }
}

/// Reads `NAME=VALUE`, the value typed as Hydra types it.
fn parameter(text: &Text) -> Result<(Text, Value), Fault> {
    let parsed = parse(text.as_str())?;
    let whole = Span::new(0, text.as_str().len());
    let refused = |message: &str, label: &str| {
        Fault::new("hydrule::project::parameter", whole, message.to_owned()).labelled(label)
    };
    if parsed.kind != OverrideKind::Change {
        return Err(refused("a parameter is set plainly", "write NAME=VALUE"));
    }
    let value = parsed.value().ok_or_else(|| refused("this gives no plain value", "one value"))?;
    let bare = parsed.key.trim_start_matches("param.").to_owned();
    Ok((text.part(parsed.key_span).saying(bare), quantity_or(value)))
}
