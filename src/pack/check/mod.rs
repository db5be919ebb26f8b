//! From a manifest to a pack, or every reason why not.

mod aliases;
mod rewrites;
mod versions;

use std::cell::OnceCell;
use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt};
use indexmap::IndexMap;

use super::dimension::Dimension;
use super::extend::Joined;
use super::index::RuleIndex;
use super::manifest::{
    BreachText, DefaultEntry, EstimateEntry, InvariantEntry, Manifest, OptionEntry,
    RequirementEntry, SignalEntry,
};
use super::names::PackNames;
use super::read::{Later, ready};
use super::rule::{
    Breach, ByName, DefaultSet, Estimate, Expression, Invariant, OutsideFact, PEAK, Pack,
    PackOption, Parameter, Phase, Requirement, TargetVersion,
};
use super::text::Text;
use crate::condition::{Condition, Piece, Type, check as check_condition, pieces};
use crate::signal::{FactType, PhaseDef, SignalDef, Signals};
use crate::text::{Fault, Faults, Location, Source, Span, nearest};

/// Turns what packs say in one piece into a pack.
///
/// What packs that ship say is parsed and compiled when it is first needed: a test checks them, and a
/// start of the program need not.
///
/// # Errors
/// Every fault of every file at once, each underlined in its TOML.
pub(super) fn check(joined: Joined) -> Result<Pack, Vec<Faults>> {
    let manifest = Arc::new(joined.manifest);
    let mut checker = Checker::new(&manifest, &joined.shipped);
    let pack = checker.pack();
    let failed = checker.by_file(&joined.sources);
    match pack {
        Some(pack) if failed.is_empty() => Ok(Pack { parts: joined.parts, ..pack }),
        _ => Err(failed),
    }
}

struct Checker<'a> {
    manifest: &'a Arc<Manifest>,
    names: PackNames,
    /// The phases and other places, once one is asked for.
    phases: OnceCell<Vec<String>>,
    /// The versions, once one is asked for.
    versions: Option<Vec<TargetVersion>>,
    /// Files that ship with the program.
    shipped: &'a Arc<[Source]>,
    faults: Vec<(Source, Fault)>,
}

impl<'a> Checker<'a> {
    fn new(manifest: &'a Arc<Manifest>, shipped: &'a Arc<[Source]>) -> Self {
        Self {
            manifest,
            names: PackNames::of(Arc::clone(manifest)),
            phases: OnceCell::new(),
            versions: None,
            shipped,
            faults: manifest.faults.clone(),
        }
    }

    fn pack(&mut self) -> Option<Pack> {
        let manifest = self.manifest;
        self.versions();
        self.check_unique_ids();
        let mut lets = ByName::default();
        lets.reserve(manifest.lets.len());
        let named = manifest.lets.iter();
        lets.extend(
            named.filter_map(|(name, it)| {
                Some((name.value.clone(), self.expression(it, Type::Any)?))
            }),
        );
        self.check_let_cycles(&lets);
        let invariants = manifest.invariants.iter().filter_map(|entry| self.invariant(entry));
        let invariants = invariants.collect();
        let estimates = manifest.estimates.iter().filter_map(|entry| self.estimate(entry));
        let estimates: Vec<Estimate> = estimates.collect();
        let options = self.later(|it| it.options());
        let requirements = manifest.requirements.iter().enumerate();
        let requirements = requirements.filter_map(|(at, it)| self.requirement(at, it));
        let requirements: Vec<Requirement> = at_most(manifest.requirements.len(), requirements);
        let aliases = manifest.aliases.iter().filter_map(|it| self.alias(it)).collect();
        let defaults = manifest.defaults.iter().map(|it| self.default_set(it)).collect();
        let signal_defs = self.later(|it| it.signal_defs());
        let text = |text: &Option<Text>| text.as_ref().map_or("", Text::as_str).to_owned();
        let target = manifest.target.as_ref().or(manifest.name.as_ref());
        let target = target.map_or("", Text::as_str).to_owned();
        Some(Pack {
            name: text(&manifest.name),
            version: text(&manifest.version),
            description: text(&manifest.description),
            parts: Vec::new(),
            off: manifest.switched_off.clone(),
            target,
            launches: texts(&manifest.launches),
            claims: manifest.claims.clone(),
            keys: texts(&manifest.keys),
            arguments: manifest.arguments(),
            bases: manifest.bases.clone(),
            parameters: parameters(manifest),
            lets,
            outside: outside_facts(manifest),
            goal: manifest.goal.as_ref().and_then(|text| self.expression(text, Type::Bool)),
            invariants,
            estimates,
            phases: manifest.phases.clone(),
            signals: self.signals(&signal_defs)?,
            signal_defs,
            signal_places: self.later(|it| it.signal_places()),
            versions: self.versions.take().unwrap_or_default(),
            aliases,
            defaults,
            options,
            requirements,
            index: RuleIndex::default(),
            names: self.names.clone(),
        })
    }

    /// Makes a part of the pack: now, since it may have faults, or if all of it ships when somebody asks.
    fn later<T: Send + 'static>(&mut self, make: fn(&mut Checker<'_>) -> T) -> Later<T> {
        if self.shipped.is_empty() { ready(make(self)) } else { self.postponed(make) }
    }

    /// Makes a part of the pack, all of which ships, when somebody asks.
    fn postponed<T: Send + 'static>(
        &self,
        make: impl FnOnce(&mut Checker<'_>) -> T + Send + 'static,
    ) -> Later<T> {
        let (manifest, shipped) = (Arc::clone(self.manifest), Arc::clone(self.shipped));
        Later::new(Box::new(move || make(&mut Checker::new(&manifest, &shipped))))
    }

    /// Tells whether a text ships with the program, and so has no faults.
    fn trusts(&self, text: &Text) -> bool {
        self.shipped.iter().any(|it| it.is(&text.location.source))
    }

    fn blame(&mut self, text: &Text, fault: Fault) {
        self.faults.push((text.location.source.clone(), text.blame(fault)));
    }

    /// Blames the whole string.
    fn blame_all(&mut self, text: &Text, fault: Fault) {
        self.faults.push((text.location.source.clone(), fault));
    }

    fn check_unique_ids(&mut self) {
        let manifest = self.manifest;
        let options = manifest.options.iter().map(|option| &option.id);
        let requirements = manifest.requirements.iter().map(|requirement| &requirement.id);
        self.check_unique(options.chain(requirements).collect(), "rule");
        self.check_unique(manifest.versions.iter().map(|it| &it.number).collect(), "version");
        self.check_unique(manifest.aliases.iter().map(|it| &it.old).collect(), "alias");
        self.check_unique(manifest.signals.iter().map(|it| &it.name).collect(), "signal");
        self.check_unique(manifest.invariants.iter().map(|it| &it.id).collect(), "invariant");
        self.check_unique(manifest.estimates.iter().map(|it| &it.phase).collect(), "estimate");
        if manifest.estimates.is_empty() {
            return;
        }
        for (name, _) in manifest.lets.iter().filter(|(name, _)| name.value == PEAK) {
            let message = format!("`${PEAK}` is the estimate of the phase that failed");
            let fault = Fault::new("hydrule::pack::reserved_name", name.location.span, message);
            self.blame_all(name, fault.labelled("give it another name"));
        }
    }

    fn check_unique(&mut self, ids: Vec<&Text>, what: &str) {
        if ids.iter().all(|id| self.trusts(id)) {
            return;
        }
        let mut seen: HashMap<&str, &Text> = HashMap::with_capacity(ids.len());
        for id in ids.into_iter().filter(|id| !id.stands_in()) {
            match seen.get(id.as_str()) {
                None => {
                    seen.insert(id.as_str(), id);
                }
                Some(first) => {
                    let message = format!("two {what}s have the id `{}`", id.value);
                    let place = first.location.to_string();
                    let fault =
                        Fault::new("hydrule::pack::duplicate_id", id.location.span, message)
                            .labelled("used again here")
                            .helped(format!("the other is at {place}; give each its own id"));
                    self.blame_all(id, fault);
                }
            }
        }
    }

    /// Parses and checks an expression whose type must be `wanted`.
    fn expression(&mut self, text: &Text, wanted: Type) -> Option<Expression> {
        if text.stands_in() {
            return None;
        }
        if self.trusts(text) {
            return Some(Expression {
                condition: Condition::sound(text.value.clone()),
                text: text.clone(),
            });
        }
        match Condition::parse(&text.value) {
            Err(faults) => {
                for fault in faults {
                    self.blame(text, fault);
                }
                None
            }
            Ok(condition) => {
                for fault in check_condition(&condition, wanted, &self.names) {
                    self.blame(text, fault);
                }
                Some(Expression { condition, text: text.clone() })
            }
        }
    }

    /// Checks the expressions between the braces of a message.
    fn template(&mut self, text: &Text) {
        if self.trusts(text) {
            return;
        }
        for piece in pieces(&text.value) {
            match piece {
                Piece::Text(_) => {}
                Piece::Open(at) => {
                    let span = Span::new(at, at + 1);
                    let message = "this brace is never closed";
                    self.blame(text, Fault::new("hydrule::pack::open_brace", span, message));
                }
                Piece::Expression(expression, place) => {
                    let faults = match Condition::parse(expression) {
                        Ok(condition) => check_condition(&condition, Type::Any, &self.names),
                        Err(faults) => faults,
                    };
                    for fault in faults {
                        self.blame(text, fault.shifted(place.start));
                    }
                }
            }
        }
    }

    fn invariant(&mut self, entry: &InvariantEntry) -> Option<Invariant> {
        let value = self.expression(&entry.value, Type::Any)?;
        Some(Invariant {
            id: entry.id.value.to_string(),
            title: entry.title.value.to_string(),
            value,
        })
    }

    fn estimate(&mut self, entry: &EstimateEntry) -> Option<Estimate> {
        self.check_phase(&entry.phase);
        let when = entry.when.as_ref().map(|text| self.expression(text, Type::Bool));
        let bytes = self.expression(&entry.bytes, Type::Bytes);
        if let Some(assumes) = &entry.assumes {
            self.template(assumes);
        }
        let error = percentage(&entry.error.value);
        if error.is_none() && !entry.error.stands_in() {
            let message = format!("`{}` is no error bar", entry.error.value);
            let span = entry.error.location.span;
            let fault = Fault::new("hydrule::pack::error_bar", span, message);
            self.blame_all(&entry.error, fault.helped("write a percentage, as in `15%`"));
        }
        Some(Estimate {
            phase: entry.phase.value.to_string(),
            title: entry.title.value.to_string(),
            when: when.map_or(Some(None), |when| when.map(Some))?,
            bytes: bytes?,
            error: error?,
            assumes: entry.assumes.as_ref().map(|text| text.value.to_string()),
            source: entry.source.value.to_string(),
        })
    }

    fn options(&mut self) -> Vec<PackOption> {
        let entries = &self.manifest.options;
        at_most(entries.len(), entries.iter().filter_map(|entry| self.option(entry)))
    }

    fn option(&mut self, entry: &OptionEntry) -> Option<PackOption> {
        let says = &*entry.says;
        let when = self.expression(&says.when, Type::Bool);
        let when = when.and_then(|it| self.guarded(Some(it), says.versions.as_ref()));
        let rewrite = self.rewrites(&says.rewrite);
        if says.rewrite.is_empty() {
            let fault = Fault::new(
                "hydrule::pack::no_rewrite",
                entry.id.location.span,
                format!("option `{}` rewrites nothing", entry.id.value),
            );
            self.blame_all(&entry.id, fault.helped("add `rewrite = ['key := expression']`"));
        }
        for phase in says.relieves.iter().chain(&says.loads) {
            self.check_phase(phase);
        }
        for (name, amount) in &says.cost {
            self.check_cost(name, *amount);
        }
        Some(PackOption {
            id: entry.id.value.to_string(),
            title: says.title.value.clone(),
            when: when?,
            versions: says.versions.clone(),
            rewrite: rewrite?,
            relieves: says.relieves.iter().map(|phase| phase.value.to_string()).collect(),
            loads: says.loads.iter().map(|phase| phase.value.to_string()).collect(),
            changes: says.changes,
            cost: says.cost.iter().map(|(name, cost)| (name.value.to_string(), *cost)).collect(),
            safety: says.safety,
            why: says.why.value.clone(),
            source: says.source.value.clone(),
            caveat: says.caveat.as_ref().map(|text| text.value.clone()),
            page: entry.page.clone(),
            location: entry.location.clone(),
        })
    }

    fn default_set(&mut self, entry: &DefaultEntry) -> DefaultSet {
        let values = entry.values.iter().map(|(key, value)| (key.value.clone(), value.clone()));
        DefaultSet {
            of: entry.of.value.to_string(),
            versions: entry.versions.as_ref().and_then(|text| self.named_versions(text)),
            source: entry.source.value.to_string(),
            values: values.collect(),
        }
    }

    fn phases(&self) -> &[String] {
        self.phases.get_or_init(|| {
            let Manifest { phases, signals, silent, .. } = &**self.manifest;
            let fixed = signals.iter().chain(silent).filter_map(|it| it.says.phase.as_ref());
            let fixed = fixed.map(|phase| phase.value.to_string());
            let named = phases.iter().map(|it| it.name.clone());
            named.chain(["host".to_owned()]).chain(fixed).collect()
        })
    }

    fn check_phase(&mut self, phase: &Text) {
        let unreadable = phase.stands_in() || self.manifest.is_open();
        if unreadable || self.trusts(phase) || self.phases().iter().any(|it| *it == phase.value) {
            return;
        }
        let message = format!("there is no phase `{}`", phase.value);
        let fault = Fault::new("hydrule::pack::unknown_phase", phase.location.span, message);
        let near = nearest(&phase.value, self.phases().iter().map(String::as_str), 1);
        let fault = match near.first() {
            Some(near) => fault.labelled(format!("did you mean `{near}`?")),
            None => fault.helped(format!("the phases are {}", self.phases().join(", "))),
        };
        self.blame_all(phase, fault);
    }

    fn check_cost(&mut self, name: &Text, amount: f64) {
        let span = name.location.span;
        let fault = match Dimension::find(&name.value) {
            Err(instead) => {
                let message = format!("there is no cost `{}`", name.value);
                Fault::new("hydrule::pack::unknown_cost", span, message).helped(instead)
            }
            Ok(dimension) => {
                let Some(why) = dimension.refuses(amount) else { return };
                let message = format!("a cost of {amount} is impossible for `{}`", name.value);
                Fault::new("hydrule::pack::impossible_cost", span, message).helped(why)
            }
        };
        self.blame_all(name, fault);
    }

    fn requirement(&mut self, at: usize, entry: &RequirementEntry) -> Option<Requirement> {
        let when = entry.when.as_ref().map(|text| self.expression(text, Type::Bool));
        let holds = self.expression(&entry.holds, Type::Bool);
        let limits = entry.limits.as_ref().map(|text| self.expression(text, Type::Any));
        let breach = match self.trusts(&entry.id) {
            true => self.postponed(move |it| Box::new(it.breach(at))),
            false => ready(Box::new(self.breach(at))),
        };
        Some(Requirement {
            id: entry.id.value.to_string(),
            when: self
                .guarded(when.map_or(Some(None), |when| when.map(Some))?, entry.versions.as_ref()),
            versions: entry.versions.clone(),
            holds: holds?,
            limits: limits.flatten(),
            level: entry.level,
            breach,
            page: entry.page.clone(),
            location: entry.location.clone(),
            reads: OnceLock::new(),
        })
    }

    /// Reads what a requirement says of its breach. What has faults is left out: there will be no pack.
    fn breach(&mut self, at: usize) -> Breach {
        let Some(entry) = self.manifest.requirements.get(at) else { return Breach::default() };
        let BreachText { fails_at, message, repair, source } = &**entry.breach;
        self.template(message);
        Breach {
            fails_at: fails_at.value.clone(),
            message: message.value.clone(),
            repair: self.rewrites(repair).unwrap_or_default(),
            source: source.as_ref().map(|text| text.value.clone()),
        }
    }

    fn check_let_cycles(&mut self, lets: &ByName<Expression>) {
        for (name, expression) in lets {
            if self.trusts(&expression.text) {
                continue;
            }
            let mut path = vec![name.as_ref()];
            if reaches(lets, name, expression, &mut path) {
                let message = format!("`${name}` is defined by itself: {}", path.join(" → "));
                let fault = Fault::new("hydrule::pack::let_cycle", Span::at(0), message);
                let whole = Span::new(0, expression.text.value.len());
                self.blame(&expression.text, Fault { span: whole, ..fault });
            }
        }
    }

    fn signal_defs(&self) -> Vec<SignalDef> {
        let typed =
            |(name, kind): &(Text, Option<FactType>)| Some((name.value.to_string(), (*kind)?));
        readable_signals(self.manifest)
            .map(|entry| SignalDef {
                name: entry.name.value.to_string(),
                event: entry.event.value.to_string(),
                kind: entry.says.kind,
                confidence: entry.says.confidence,
                pattern: entry.says.pattern.value.to_string(),
                types: entry.says.types.iter().filter_map(typed).collect(),
                phase: entry.says.phase.as_ref().map(|phase| phase.value.to_string()),
            })
            .collect()
    }

    fn signal_places(&self) -> Vec<Location> {
        readable_signals(self.manifest).map(|it| it.name.location.clone()).collect()
    }

    fn signals(&mut self, defs: &Later<Vec<SignalDef>>) -> Option<OnceLock<Signals>> {
        let manifest = self.manifest;
        if !self.shipped.is_empty() {
            return Some(OnceLock::new());
        }
        let phases: Vec<PhaseDef> = self.manifest.phases.iter().map(Phase::to_def).collect();
        match Signals::compile((**defs).clone(), phases) {
            Ok(signals) => Some(OnceLock::from(signals)),
            Err(faults) => {
                for (index, fault) in faults {
                    if let Some(entry) = readable_signals(manifest).nth(index) {
                        self.blame(&entry.says.pattern, fault);
                    }
                }
                None
            }
        }
    }

    fn by_file(&mut self, sources: &[Source]) -> Vec<Faults> {
        let mut failed = Vec::new();
        for source in sources {
            let mut faults: Vec<Fault> = self
                .faults
                .iter()
                .filter(|(of, _)| of.name() == source.name())
                .map(|(_, fault)| fault.clone())
                .collect();
            faults.sort_by_key(|fault| (fault.span, fault.message.clone()));
            if !faults.is_empty() {
                failed.push(Faults { source: source.clone(), faults });
            }
        }
        failed
    }
}

/// Collects things whose number is known to be no larger, so that they never move.
fn at_most<T>(most: usize, things: impl Iterator<Item = T>) -> Vec<T> {
    let mut all = Vec::with_capacity(most);
    all.extend(things);
    all
}

/// Follows the `$names` of an expression; tells whether they lead back to the first of `path`.
fn reaches<'a>(
    lets: &'a ByName<Expression>,
    goal: &str,
    expression: &'a Expression,
    path: &mut Vec<&'a str>,
) -> bool {
    for used in expression.condition.names() {
        let Some((name, next)) = used.fact().and_then(|name| lets.get_key_value(name)) else {
            continue;
        };
        if name == goal {
            path.push(name);
            return true;
        }
        if path.contains(&name.as_ref()) {
            continue;
        }
        path.push(name);
        if reaches(lets, goal, next, path) {
            return true;
        }
        path.pop();
    }
    false
}

/// Lists the signals that have a pattern.
fn readable_signals(manifest: &Manifest) -> impl Iterator<Item = &SignalEntry> {
    manifest.signals.iter().filter(|entry| !entry.says.pattern.stands_in())
}

fn texts(texts: &[Text]) -> Vec<String> {
    texts.iter().map(|text| text.value.to_string()).collect()
}

fn parameters(manifest: &Manifest) -> IndexMap<String, Parameter> {
    let entries = manifest.parameters.iter();
    entries
        .filter_map(|entry| {
            let value = entry.default.clone()?;
            let help = entry.help.as_ref().map_or("", Text::as_str).to_owned();
            let location = entry.name.location.clone();
            Some((entry.name.value.to_string(), Parameter { value, help, location }))
        })
        .collect()
}

fn outside_facts(manifest: &Manifest) -> IndexMap<String, OutsideFact> {
    manifest.outside.iter().map(|entry| (entry.name.clone(), entry.fact)).collect()
}

/// Reads `15%` as 0.15.
fn percentage(text: &str) -> Option<f64> {
    let percent: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=1000.0).contains(&percent).then_some(percent / 100.0)
}
