//! What the command line tells beside a job's files, and whether the pack knows the names in it.

use super::args::JobArgs;
use super::error::CliError;
use super::facts;
use super::project::Project;
use crate::engine::{Pin, Target, World};
use crate::facts::{DIRECTIVES, Provenance};
use crate::overrides::parse;
use crate::pack::{Pack, Version, Versions};
use crate::signal::FactType;
use crate::text::{Fault, Faults, Source, Span, nearest};
use crate::value::Value;

/// What the command line tells beside the files.
pub struct Known<'a> {
    /// `NAME=VALUE` of the environment.
    pub env: &'a [String],
    /// `NAME=VALUE` of facts.
    pub fact: &'a [String],
    /// `NAME=FILE` of facts.
    pub facts: &'a [String],
    /// `NAME=VALUE` of the pack's parameters.
    pub param: &'a [String],
    /// Keys that stay as they are.
    pub pin: &'a [String],
    /// `NAME=VERSION` of the target.
    pub target: Option<&'a str>,
    /// The project of the files.
    pub project: &'a Project,
}

impl<'a> Known<'a> {
    /// Takes what the arguments of a job tell.
    pub fn of(args: &'a JobArgs, project: &'a Project) -> Self {
        Self {
            env: &args.outside.env,
            fact: &args.fact,
            facts: &args.facts,
            param: &args.param,
            pin: &args.pin,
            target: args.start.rules.target.as_deref(),
            project,
        }
    }

    /// Makes a world that holds what is told.
    ///
    /// # Errors
    /// Arguments that the pack does not know.
    pub fn world(&self, pack: &Pack) -> Result<World, CliError> {
        let mut world = World::default();
        for (name, text) in pairs(self.env)? {
            world.environment.insert(name, text);
        }
        set_parameters(pack, &mut world, self.param)?;
        check_pins(self.pin)?;
        world.pins = self.pin.iter().map(|key| Pin::new(key, "--pin")).collect();
        world.pins.extend(self.project.pins());
        world.target = match self.target {
            Some(told) => told_target(pack, told, "--target")?,
            None => self.project.target_for(pack)?,
        };
        facts::read_into(&mut world, pack, self.facts)?;
        for (name, value) in values(self.fact)? {
            check_fact(pack, &name, &value)?;
            world.facts.insert(name, value, Provenance::Computed);
        }
        Ok(world)
    }
}

/// Refuses a pin that is no key.
///
/// # Errors
/// The first such pin.
pub fn check_pins(pins: &[String]) -> Result<(), CliError> {
    let Some((wrong, fault)) = pins.iter().find_map(|pin| Some((pin, no_key(pin)?))) else {
        return Ok(());
    };
    Err(CliError::at_word(wrong, fault))
}

/// Says why a text names neither a key nor a directive, if it does not.
pub fn no_key(text: &str) -> Option<Fault> {
    let whole = Span::new(0, text.len());
    let refused = |message: String| Fault::new("hydrule::argument::pin", whole, message);
    if let Some(name) = text.strip_prefix("sbatch:") {
        let names = DIRECTIVES.map(|(fact, ..)| fact);
        let fault = refused(format!("there is no directive `{name}` to pin"));
        let known = names.contains(&name);
        return (!known)
            .then(|| suggested(fault, name, "directives", &names).labelled("no such directive"));
    }
    let plain = |c: char| c.is_alphanumeric() || "._-*/@".contains(c);
    let is_key = !text.is_empty() && text.chars().all(plain);
    (!is_key).then(|| {
        let fault = refused(format!("`{text}` is no key")).labelled("a key without its value");
        fault.helped("write it as in data.train_batch_size or *.ppo_mini_batch_size; sbatch:NAME is a directive")
    })
}

/// Splits `NAME=VALUE` arguments.
pub fn pairs(texts: &[String]) -> Result<Vec<(String, String)>, CliError> {
    texts
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => {
                let message = format!("`{text}` is not NAME=VALUE");
                let fault = Fault::new("hydrule::argument::pair", Span::at(0), message);
                Err(CliError::at_word(text, fault.labelled("a name, `=`, and a value")))
            }
        })
        .collect()
}

/// Reads `NAME=VALUE` arguments whose values are typed as Hydra types them.
pub fn values(texts: &[String]) -> Result<Vec<(String, Value)>, CliError> {
    let mut out = Vec::new();
    for text in texts {
        let bare = text.trim_start_matches('$');
        let source = Source::new("argument", bare);
        let parsed = parse(bare).map_err(|fault| Faults::one(source, fault))?;
        let value = parsed
            .value()
            .ok_or_else(|| CliError::plain(format!("`{text}` gives no plain value")))?;
        out.push((parsed.key, quantity_or(value)));
    }
    Ok(out)
}

/// Reads texts such as `17.66GiB` as numbers of bytes, which Hydra's syntax has no word for.
pub fn quantity_or(value: Value) -> Value {
    let Value::Str(text) = &value else { return value };
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(unit).unwrap_or((text, ""));
    let bytes =
        unit.ends_with("iB").then(|| FactType::Bytes.read(&format!("{} {unit}", number.trim())));
    bytes.flatten().unwrap_or(value)
}

/// Reads which version of its target a pack is used for; `by` says so.
pub fn told_target(pack: &Pack, text: &str, by: &str) -> Result<Target, CliError> {
    let wrong = |message: String, help: String| {
        let fault = Fault::new("hydrule::argument::target", Span::at(0), message);
        Err(CliError::at_word(text, fault.labelled("no version of the target").helped(help)))
    };
    let help = format!("write it as in {}=1.2", pack.target);
    let Some((name, number)) = text.split_once('=') else {
        return wrong(format!("`{text}` is not NAME=VERSION"), help);
    };
    if name != pack.target {
        return wrong(
            format!("the pack `{}` is for {}, not for {name}", pack.name, pack.target),
            help,
        );
    }
    let Some(version) = Version::read(number) else {
        return wrong(format!("`{number}` is no version"), help);
    };
    if pack.versions.is_empty() {
        let message = format!("the pack `{}` tells no versions of {name} apart", pack.name);
        return wrong(message, "leave --target out".to_owned());
    }
    // 0.9 may be any 0.9.x that the pack knows.
    let partial = number.split('.').count() < 3;
    let series = Versions::read(&format!("~{number}")).filter(|_| partial);
    let known = pack.versions.iter().map(|it| it.number.clone());
    let mut versions: Vec<Version> =
        known.filter(|it| series.as_ref().is_some_and(|series| series.hold(it))).collect();
    if versions.is_empty() {
        versions.push(version);
    }
    Ok(Target::told(versions, format!("{by} says so")))
}

fn set_parameters(pack: &Pack, world: &mut World, texts: &[String]) -> Result<(), CliError> {
    for (name, value) in values(texts)? {
        set_parameter(pack, world, &name, value).map_err(|fault| {
            let name = name.trim_start_matches("param.").to_owned();
            let word = texts.iter().find(|text| text.contains(&name)).cloned().unwrap_or(name);
            CliError::at_word(&word, fault)
        })?;
    }
    Ok(())
}

/// What is switched off cannot be asked for.
fn refuse_off(pack: &Pack, id: &str) -> Result<(), CliError> {
    let Some(off) = pack.off.iter().find(|it| it.id == id) else { return Ok(()) };
    let message = format!("the {} `{id}` is switched off: {}", off.kind, off.reason);
    let fault = Fault::new("hydrule::argument::switched_off", Span::at(0), message);
    let help = format!("{} says so", off.by);
    Err(CliError::at_word(id, fault.labelled("switched off").helped(help)))
}

/// Sets a parameter of the pack.
///
/// # Errors
/// A name that the pack does not have.
pub fn set_parameter(
    pack: &Pack,
    world: &mut World,
    name: &str,
    value: Value,
) -> Result<(), Fault> {
    let name = name.trim_start_matches("param.");
    if pack.parameters.contains_key(name) {
        world.parameters.insert(name.to_owned(), value);
        return Ok(());
    }
    let message = format!("the pack `{}` has no parameter `{name}`", pack.name);
    let fault = Fault::new("hydrule::argument::parameter", Span::at(0), message);
    let known: Vec<&str> = pack.parameters.keys().map(String::as_str).collect();
    let fault = suggested(fault, name, "parameters", &known);
    Err(fault.labelled("no such parameter"))
}

pub fn check_invariants(pack: &Pack, ids: &[String]) -> Result<(), CliError> {
    let known: Vec<&str> = pack.invariants.iter().map(|it| it.id.as_str()).collect();
    let Some(wrong) = ids.iter().find(|id| !known.contains(&id.as_str())) else { return Ok(()) };
    refuse_off(pack, wrong)?;
    let message = format!("the pack `{}` has no invariant `{wrong}`", pack.name);
    let fault = Fault::new("hydrule::argument::invariant", Span::at(0), message);
    let fault = suggested(fault, wrong, "invariants", &known);
    Err(CliError::at_word(wrong, fault.labelled("no such invariant")))
}

pub fn check_repairs(pack: &Pack, ids: &[String]) -> Result<(), CliError> {
    let mends = pack.requirements.iter().filter(|it| !it.breach.repair.is_empty());
    let known: Vec<&str> = mends.map(|it| it.id.as_str()).collect();
    let wrong = ids.iter().find(|id| !id.is_empty() && !known.contains(&id.as_str()));
    let Some(wrong) = wrong else { return Ok(()) };
    refuse_off(pack, wrong)?;
    let exists = pack.requirements.iter().any(|it| it.id == *wrong);
    let message = match exists {
        true => format!("the requirement `{wrong}` has no repair"),
        false => format!("the pack `{}` has no requirement `{wrong}`", pack.name),
    };
    let fault = Fault::new("hydrule::argument::repair", Span::at(0), message);
    let fault = match nearest(wrong, known.iter().copied(), 1).first() {
        _ if exists => fault.labelled("mend it by hand"),
        Some(near) => {
            fault.labelled("no such requirement").helped(format!("did you mean `{near}`?"))
        }
        None => fault
            .labelled("no such requirement")
            .helped("`hydrule explain` lists every requirement"),
    };
    Err(CliError::at_word(wrong, fault))
}

/// A told fact must be one that the pack's expressions may read, and a phase one of the pack's, or it
/// would never help.
pub fn check_fact(pack: &Pack, name: &str, value: &Value) -> Result<(), CliError> {
    let name = name.trim_start_matches('$');
    let facts = pack.facts();
    if !facts.iter().any(|it| it == name) && !name.starts_with("env.") {
        let message = format!("the pack `{}` knows no fact `{name}`", pack.name);
        let fault = Fault::new("hydrule::argument::fact", Span::at(0), message);
        let fault = match nearest(name, facts.iter().map(String::as_str), 1).first() {
            Some(near) => fault.helped(format!("did you mean `{near}`?")),
            None => fault.helped("facts are those of its signals' events, such as oom.phase, and those that it declares in `[fact.NAME]`"),
        };
        let word = format!("{name}={value}");
        return Err(CliError::at_word(&word, fault.labelled("no such fact")));
    }
    let told = value.to_string();
    let phases: Vec<&str> = pack.places().collect();
    if !name.ends_with(".phase") || phases.contains(&told.as_str()) {
        return Ok(());
    }
    let message = format!("the pack `{}` has no phase `{told}`", pack.name);
    let fault = Fault::new("hydrule::argument::phase", Span::at(0), message);
    let fault = suggested(fault, &told, "phases", &phases);
    Err(CliError::at_word(&told, fault.labelled("no such phase")))
}

pub fn check_ids(pack: &Pack, ids: &[String]) -> Result<(), CliError> {
    let known = |id: &str| pack.options.iter().any(|option| option.id == id);
    let Some(wrong) = ids.iter().find(|id| !known(id)) else { return Ok(()) };
    refuse_off(pack, wrong)?;
    let message = format!("the pack `{}` has no option `{wrong}`", pack.name);
    let fault = Fault::new("hydrule::argument::option", Span::at(0), message);
    let ids = pack.options.iter().map(|option| option.id.as_str());
    let fault = match nearest(wrong, ids, 1).first() {
        _ if std::path::Path::new(wrong).exists() => fault.helped("files go before --only"),
        Some(near) => fault.helped(format!("did you mean `{near}`?")),
        None => fault.helped("`hydrule explain` lists every option"),
    };
    Err(CliError::at_word(wrong, fault.labelled("no such option")))
}

/// Helps with the nearest of the names that a pack has, or with all of them.
fn suggested(fault: Fault, name: &str, what: &str, known: &[&str]) -> Fault {
    match nearest(name, known.iter().copied(), 1).first() {
        Some(near) => fault.helped(format!("did you mean `{near}`?")),
        None => fault.helped(format!("its {what} are {}", known.join(", "))),
    }
}
