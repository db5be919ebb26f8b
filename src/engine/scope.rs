use std::cell::RefCell;
use std::collections::HashMap;

use super::alias::set_as;
use super::estimate::{Peak, predict};
use super::interpolate::interpolate;
use super::state::{Entry, State};
use super::target::Target;
use super::world::World;
use crate::condition::{Outcome, Scope};
use crate::facts::{Found, Lookup, Missing, Provenance};
use crate::overrides::OverrideKind;
use crate::pack::{DefaultAnswer, Expression, OutsideFact, PEAK, Pack, VERSION, Versions};
use crate::path::KeyPath;
use crate::text::Fault;
use crate::value::Value;

/// The code of a failure inside a named expression.
const FAILED_NAME: &str = "hydrule::condition::named";

/// What a condition sees: one state in one world, through one pack.
pub struct View<'a> {
    /// The pack, for defaults, parameters and named expressions.
    pub pack: &'a Pack,
    /// What can change.
    pub state: &'a State,
    /// What cannot.
    pub world: &'a World,
    /// The key that `it` means, inside a rewrite.
    pub it: Option<KeyPath>,
    /// Elements that stand for swept keys while a condition is tried for each.
    pub elements: Vec<(KeyPath, Value)>,
    /// A key, or a name with its `$`, and what it is supposed to be whatever the world says.
    supposed: Option<(String, Lookup)>,
    /// The keys and names being resolved now, to find cycles.
    resolving: RefCell<Vec<KeyPath>>,
    /// What named expressions came to.
    computed: RefCell<HashMap<String, Option<Outcome>>>,
}

impl<'a> View<'a> {
    /// Makes a view without `it` and with swept keys as they are.
    pub fn new(pack: &'a Pack, state: &'a State, world: &'a World) -> Self {
        let (elements, resolving, computed) = (Vec::new(), RefCell::default(), RefCell::default());
        Self { pack, state, world, it: None, elements, supposed: None, resolving, computed }
    }

    /// Lets `it` mean a key.
    #[must_use]
    pub fn with_it(mut self, key: KeyPath) -> Self {
        self.it = Some(key);
        self
    }

    /// Lets elements stand for swept keys.
    #[must_use]
    pub fn with_elements(mut self, elements: Vec<(KeyPath, Value)>) -> Self {
        self.elements = elements;
        self
    }

    /// Supposes an answer for a key, or for a name with its `$`.
    #[must_use]
    pub fn with_supposed(mut self, name: String, answer: Lookup) -> Self {
        self.supposed = Some((name, answer));
        self
    }

    /// Makes a view of the same in which a key is this value, and what `it` means.
    pub(super) fn with_value(&self, key: KeyPath, value: Value) -> Self {
        let mut elements = self.elements.clone();
        elements.push((key.clone(), value));
        let (supposed, resolving) = (self.supposed.clone(), self.resolving.clone());
        Self { it: Some(key), elements, supposed, resolving, computed: RefCell::default(), ..*self }
    }

    fn supposed(&self, name: &str) -> Option<Lookup> {
        let supposed = self.supposed.as_ref().filter(|(supposed, _)| supposed == name);
        supposed.map(|(_, answer)| answer.clone())
    }

    /// Runs `resolve`, which may ask for other names, unless `name` is being resolved already, which is
    /// a cycle.
    pub(super) fn guarded<T>(
        &self,
        name: &KeyPath,
        resolve: impl FnOnce() -> T,
        cycle: impl FnOnce(Missing) -> T,
    ) -> T {
        if self.resolving.borrow().contains(name) {
            let open = self.resolving.borrow();
            let path: Vec<&str> = open.iter().chain([name]).map(KeyPath::as_str).collect();
            let why = format!("it is defined by itself: {}", path.join(" → "));
            return cycle(Missing { name: name.to_string(), why, supply: String::new() });
        }
        self.resolving.borrow_mut().push(name.clone());
        let answer = resolve();
        self.resolving.borrow_mut().pop();
        answer
    }

    fn look_up_config(&self, key: &KeyPath) -> Lookup {
        if let Some((_, element)) = self.elements.iter().find(|(swept, _)| swept == key) {
            let from = self.state.winning(key.as_str()).map(|entry| entry.from.clone());
            let from = from.unwrap_or(Provenance::Computed);
            return Lookup::Set(Found { value: element.clone(), from });
        }
        if let Some(old) = self.read_as(key)
            && let Some(answer) = self.guarded(
                key,
                || self.look_up_old(key, &old),
                |cycle| Some(Lookup::Unknown(cycle)),
            )
        {
            return answer;
        }
        if let Some(answer) = self.look_up_base(key) {
            return answer;
        }
        for entry in self.state.touching(key) {
            if let Some(answer) = self.answer_of(entry, key) {
                return answer;
            }
        }
        if let Some(file) = &self.world.unread {
            let why = format!("the launch reads `{file}`, which is not given");
            return unknown(key.as_str(), why, "give that file as well");
        }
        match self.pack.default_in(key.as_str(), &self.world.target.versions) {
            DefaultAnswer::Is(value, of) => {
                let from = Provenance::Default { of: of.to_owned() };
                interpolate(self, key, Found { value: value.clone(), from })
            }
            DefaultAnswer::Differs(values) => {
                let values = values.iter().map(|(value, of)| format!("{value} in {of}"));
                let values: Vec<String> = values.collect();
                let why = format!("its default depends on the version: {}", values.join(", "));
                unknown(key.as_str(), why, &Target::supply(self.pack))
            }
            DefaultAnswer::None => unknown(
                key.as_str(),
                "no override sets it and its default is not known".to_owned(),
                "add the override to the launch",
            ),
        }
    }

    /// What the composed base configuration says; nothing where there is none.
    fn look_up_base(&self, key: &KeyPath) -> Option<Lookup> {
        let base = self.world.base.as_ref()?;
        let untold = self.state.touching(key).find_map(|entry| entry.value.as_ref().err());
        if let Some(why) = untold {
            return Some(unknown(key.as_str(), why.clone(), "give it with --env NAME=VALUE"));
        }
        let made = base.made(&self.state.entries);
        let composed = made.config.as_ref()?;
        let variable = |name: &str| self.look_up_name(&format!("env.{name}"));
        Some(match composed.lookup(key, &variable) {
            Ok(Lookup::Absent) if base.is_partial() => return None,
            Ok(answer) => answer,
            Err(faults) => {
                let why = faults.faults.first().map(|fault| fault.message.clone());
                unknown(key.as_str(), why.unwrap_or_default(), "mend the base configuration")
            }
        })
    }

    /// What one override says of a key; nothing where a merged dict leaves the key alone.
    fn answer_of(&self, entry: &Entry, key: &KeyPath) -> Option<Lookup> {
        let parsed = match &entry.value {
            Ok(parsed) => parsed,
            Err(why) => {
                return Some(unknown(
                    key.as_str(),
                    why.clone(),
                    "write the value in the script, or give it with --env NAME=VALUE",
                ));
            }
        };
        if parsed.kind == OverrideKind::Delete {
            return Some(Lookup::Absent);
        }
        let Some(value) = parsed.value() else {
            let why = if parsed.value.as_ref().is_some_and(|value| value.is_sweep()) {
                format!("it is swept: {}", parsed.text)
            } else {
                format!("its value has no plain form: {}", parsed.text)
            };
            return Some(unknown(key.as_str(), why, "split the sweep into one launch a value"));
        };
        let rest = key.as_str().get(entry.key.len()..).unwrap_or_default();
        let value = descend(value, rest.trim_start_matches('.'))?;
        let found = Found { value, from: entry.from.clone() };
        Some(interpolate(self, key, found))
    }

    fn look_up_name(&self, name: &str) -> Lookup {
        if let Some(found) = self.world.facts.get(name) {
            return Lookup::Set(found.clone());
        }
        if let Some(versions) = name.strip_prefix(VERSION) {
            return self.look_up_version(name, versions);
        }
        if let Some(parameter) = name.strip_prefix("param.") {
            return match self.world.parameter(self.pack, parameter) {
                Some(value) => {
                    Lookup::Set(Found { value: value.clone(), from: Provenance::Parameter })
                }
                None => Lookup::Absent,
            };
        }
        if let Some(variable) = name.strip_prefix("env.") {
            return match self.world.environment.get(variable) {
                Some(text) => Lookup::Set(Found {
                    value: Value::Str(text.clone()),
                    from: Provenance::Computed,
                }),
                None => unknown(
                    &format!("${name}"),
                    "the environment of the job is not known".to_owned(),
                    &format!("--env {variable}=VALUE"),
                ),
            };
        }
        if let Some(directive) = name.strip_prefix("sbatch.") {
            return self.look_up_directive(name, directive);
        }
        if let Some(fact) = self.pack.outside.get(name) {
            return self.look_up_outside(name, *fact);
        }
        if name.starts_with("launch.") {
            return self.look_up_launch(name);
        }
        self.look_up_event_fact(name)
    }

    /// What the launch itself shows. Plain overrides have none.
    fn look_up_launch(&self, name: &str) -> Lookup {
        if !self.world.untold.contains(name) {
            return Lookup::Absent;
        }
        let why = "it is known only when the script runs".to_owned();
        unknown(&format!("${name}"), why, &format!("--fact {name}=VALUE"))
    }

    /// Whether the target is one of some versions.
    fn look_up_version(&self, name: &str, versions: &str) -> Lookup {
        let target = &self.world.target;
        match Versions::read(versions).and_then(|it| target.is(&it, self.pack)) {
            Some(is) => Lookup::Set(Found { value: Value::Bool(is), from: Provenance::Computed }),
            None => {
                let why = format!("the version of {} is not known", self.pack.target);
                unknown(&format!("${name}"), why, &Target::supply(self.pack))
            }
        }
    }

    /// A fact that only the user can tell, and did not.
    fn look_up_outside(&self, name: &str, fact: OutsideFact) -> Lookup {
        let group = name.split('.').next().unwrap_or(name);
        let in_group = |told: &str| told.split('.').next() == Some(group);
        let told = self.world.facts.iter().any(|(told, _)| in_group(told));
        let file = self.world.told_groups.get(group);
        if fact.optional && (told || file.is_some()) {
            return Lookup::Absent;
        }
        let (why, supply) = match file {
            Some(file) => (format!("{file} lacks it"), format!("--fact {name}=VALUE")),
            None => {
                let supply = format!("--facts {group}=FILE or --fact {name}=VALUE");
                ("nothing tells".to_owned(), supply)
            }
        };
        unknown(&format!("${name}"), why, &supply)
    }

    /// What the pack computes under a name; nothing where it computes nothing, or is told otherwise.
    fn compute(&self, name: &str) -> Option<Outcome> {
        if self.supposed(&format!("${name}")).is_some() || self.world.facts.get(name).is_some() {
            return None;
        }
        if name == PEAK && !self.pack.estimates.is_empty() {
            return Some(self.peak());
        }
        let expression = self.pack.lets.get(name)?;
        Some(match expression.condition.outcome(self) {
            Outcome::Failed(fault) => Outcome::Failed(Box::new(located(name, expression, *fault))),
            outcome => outcome,
        })
    }

    /// The estimate of the phase that failed.
    fn peak(&self) -> Outcome {
        let place = self.world.failure.as_ref().and_then(|failure| failure.place.as_ref());
        let Some(place) = place else {
            let why = "nothing tells which phase failed".to_owned();
            let supply = "--log FILE or --fact oom.phase=NAME".to_owned();
            return Outcome::Unknown(vec![Missing { name: format!("${PEAK}"), why, supply }]);
        };
        let estimate = self.pack.estimates.iter().find(|estimate| estimate.phase == *place);
        match estimate.map_or(Peak::None, |estimate| predict(estimate, self)) {
            Peak::Bytes(bytes) => Outcome::Known(Value::Bytes(bytes)),
            Peak::None => Outcome::Absent { name: format!("${PEAK}") },
            Peak::Unknown(missing) => Outcome::Unknown(missing),
        }
    }

    fn look_up_directive(&self, name: &str, directive: &str) -> Lookup {
        match self.state.directives.get(directive) {
            Some(found) => Lookup::Set(found.clone()),
            None if self.world.has_directives => Lookup::Absent,
            None => unknown(
                &format!("${name}"),
                "no Slurm script was given".to_owned(),
                &format!("give the file with the #SBATCH lines as well, or --fact {name}=VALUE"),
            ),
        }
    }

    fn look_up_event_fact(&self, name: &str) -> Lookup {
        let event = name.split('.').next().unwrap_or(name);
        let shown = format!("${name}");
        let fact = format!("--fact {name}=VALUE");
        match &self.world.failure {
            _ if !self.world.has_log => {
                unknown(&shown, "no log was given".to_owned(), &format!("--log FILE or {fact}"))
            }
            Some(failure) if failure.event.event == event => {
                unknown(&shown, "the log does not tell".to_owned(), &fact)
            }
            _ => Lookup::Absent,
        }
    }
}

impl Scope for View<'_> {
    fn config(&self, key: &KeyPath) -> Lookup {
        let supposed = self.supposed(key.as_str());
        supposed.unwrap_or_else(|| self.look_up_config(key))
    }

    fn name(&self, name: &str) -> Lookup {
        let supposed = self.supposed.as_ref().and_then(|_| self.supposed(&format!("${name}")));
        supposed.unwrap_or_else(|| self.look_up_name(name))
    }

    fn named(&self, name: &str) -> Option<Outcome> {
        if name != PEAK && !self.pack.lets.contains_key(name) {
            return None;
        }
        if let Some(known) = self.computed.borrow().get(name) {
            return known.clone();
        }
        let cycle = |missing| Some(Outcome::Unknown(vec![missing]));
        let shown = KeyPath::new(format!("${name}"));
        let outcome = self.guarded(&shown, || self.compute(name), cycle);
        self.computed.borrow_mut().insert(name.to_owned(), outcome.clone());
        outcome
    }

    fn it(&self) -> Lookup {
        match &self.it {
            Some(key) => self.config(key),
            None => Lookup::Absent,
        }
    }

    fn switched(&self, key: &KeyPath) -> Lookup {
        let old = set_as(key, self.pack, self.state).map(|old| old.key);
        let winning = self.state.winning(old.as_ref().unwrap_or(key).as_str());
        let value = Value::Bool(winning.is_some());
        let from = match winning {
            Some(entry) => entry.from.clone(),
            None => Provenance::Computed,
        };
        Lookup::Set(Found { value, from })
    }
}

/// Makes the answer for a name that nothing tells.
pub(super) fn unknown(name: &str, why: String, supply: &str) -> Lookup {
    Lookup::Unknown(Missing { name: name.to_owned(), why, supply: supply.to_owned() })
}

/// Tells in which named expression, and where in the pack, a computation fails.
fn located(name: &str, expression: &Expression, fault: Fault) -> Fault {
    if fault.code == FAILED_NAME {
        return fault;
    }
    let fault = expression.text.blame(fault);
    let place = expression.text.location.source.at(fault.span);
    let message = format!("{} in `${name}`, {place}", fault.message);
    Fault { code: FAILED_NAME, message, ..fault }
}

/// Goes down a dotted path inside a value. A dict without the name merges, so it says nothing.
fn descend(value: Value, path: &str) -> Option<Value> {
    if path.is_empty() {
        return Some(value);
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match value {
        Value::Dict(pairs) => {
            let pair = pairs.into_iter().find(|(key, _)| key.to_string() == first)?;
            descend(pair.1, rest)
        }
        Value::List(items) => descend(items.into_iter().nth(first.parse().ok()?)?, rest),
        _ => None,
    }
}
