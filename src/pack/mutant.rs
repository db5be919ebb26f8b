//! Packs with one small mistake, to see whether the cases would notice it.

use std::collections::HashSet;
use std::mem::swap;
use std::sync::OnceLock;

use super::index::RuleIndex;
use super::rule::{Expression, Pack, PackOption, Phase, Rewrite};
use super::text::Text;
use crate::condition::{Assignment, Bounds, Condition, Type, check};
use crate::overrides;
use crate::signal::{Kind, SignalDef};
use crate::text::{Edit, Location, Span};

/// A change of one place of a pack.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The rule's id; `$name` for a named expression; the name of a signal, or of a phase.
    pub rule: String,
    /// Where in the pack the change is.
    pub field: Field,
    /// What it is called: the field and what it says after the change.
    pub name: String,
    /// The text that is changed.
    pub place: Location,
    /// What stands there instead.
    pub replacement: String,
    /// The change itself.
    pub change: Change,
}

/// What a mutant changes, by place in the pack's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// A named expression.
    Let(usize),
    /// When an option applies.
    When(usize),
    /// What an option sets.
    Rewrite(usize),
    /// What an option relieves.
    Relieves(usize),
    /// What an option loads.
    Loads(usize),
    /// Where a requirement applies.
    Guard(usize),
    /// What must hold.
    Holds(usize),
    /// How a requirement is mended.
    Repair(usize),
    /// What an invariant comes to.
    Value(usize),
    /// Where an estimate holds.
    Holding(usize),
    /// How much memory an estimate predicts.
    Bytes(usize),
    /// What tells a phase.
    Frames(usize),
    /// A signal.
    Signal(usize),
}

/// What stands in the field of a mutant.
#[derive(Debug, Clone)]
pub enum Change {
    /// Another expression.
    Condition(Condition),
    /// Other rewrites.
    Rewrites(Vec<Rewrite>),
    /// Other phases.
    Phases(Vec<String>),
    /// Other frames.
    Frames(Vec<Text>),
    /// Other signals, in the place of all.
    Signals(Vec<SignalDef>),
}

/// All mutants of a pack.
#[derive(Debug, Default)]
pub struct Mutants {
    /// Those that say something else than the pack.
    pub all: Vec<Mutant>,
    /// How many changes say the same as the pack, or the same as another one.
    pub equivalent: usize,
}

impl Field {
    /// Returns the name that the field has in the TOML.
    pub fn name(self) -> &'static str {
        match self {
            Self::Let(_) => "let",
            Self::When(_) | Self::Guard(_) | Self::Holding(_) => "when",
            Self::Rewrite(_) => "rewrite",
            Self::Relieves(_) => "relieves",
            Self::Loads(_) => "loads",
            Self::Holds(_) => "holds",
            Self::Repair(_) => "repair",
            Self::Value(_) => "value",
            Self::Bytes(_) => "bytes",
            Self::Frames(_) => "frames",
            Self::Signal(_) => "signal",
        }
    }

    /// Tells whether it is about what a log says.
    pub fn reads_logs(self) -> bool {
        matches!(self, Self::Frames(_) | Self::Signal(_))
    }
}

impl Pack {
    /// Lists the mutants of every rule, named expression, invariant, estimate, phase and signal.
    pub fn mutants(&self) -> Mutants {
        let mut maker = Maker { pack: self, mutants: Mutants::default(), seen: HashSet::new() };
        for (at, (name, expression)) in self.lets.iter().enumerate() {
            maker.expression(&format!("${name}"), Field::Let(at), expression);
        }
        for (at, option) in self.options.iter().enumerate() {
            maker.expression(&option.id, Field::When(at), &option.when);
            maker.rewrites(&option.id, Field::Rewrite(at), &option.rewrite);
            maker.phases(option, Field::Relieves(at), &option.relieves);
            maker.phases(option, Field::Loads(at), &option.loads);
        }
        for (at, requirement) in self.requirements.iter().enumerate() {
            if let Some(when) = &requirement.when {
                maker.expression(&requirement.id, Field::Guard(at), when);
            }
            maker.expression(&requirement.id, Field::Holds(at), &requirement.holds);
            maker.rewrites(&requirement.id, Field::Repair(at), &requirement.breach.repair);
        }
        for (at, invariant) in self.invariants.iter().enumerate() {
            maker.expression(&invariant.id, Field::Value(at), &invariant.value);
        }
        for (at, estimate) in self.estimates.iter().enumerate() {
            if let Some(when) = &estimate.when {
                maker.expression(&estimate.phase, Field::Holding(at), when);
            }
            maker.expression(&estimate.phase, Field::Bytes(at), &estimate.bytes);
        }
        for (at, phase) in self.phases.iter().enumerate() {
            maker.frames(phase, Field::Frames(at));
        }
        for (at, place) in self.signal_places.iter().enumerate() {
            maker.signal(at, place);
        }
        maker.mutants
    }

    /// Exchanges what stands in a field for a change; once more takes it back.
    pub fn exchange(&mut self, field: Field, change: &mut Change) {
        match (field, change) {
            (Field::Rewrite(at), Change::Rewrites(other)) => {
                self.options.get_mut(at).into_iter().for_each(|it| swap(&mut it.rewrite, other));
            }
            (Field::Repair(at), Change::Rewrites(other)) => {
                let rule = self.requirements.get_mut(at);
                rule.into_iter().for_each(|it| swap(&mut it.breach.repair, other));
            }
            (Field::Relieves(at), Change::Phases(other)) => {
                self.options.get_mut(at).into_iter().for_each(|it| swap(&mut it.relieves, other));
            }
            (Field::Loads(at), Change::Phases(other)) => {
                self.options.get_mut(at).into_iter().for_each(|it| swap(&mut it.loads, other));
            }
            (Field::Frames(at), Change::Frames(other)) => {
                self.phases.get_mut(at).into_iter().for_each(|it| swap(&mut it.frames, other));
                self.read_logs_again();
            }
            (Field::Signal(_), Change::Signals(other)) => {
                swap(&mut *self.signal_defs, other);
                self.read_logs_again();
            }
            (field, Change::Condition(other)) => {
                if let Some(slot) = self.expression_mut(field) {
                    swap(&mut slot.condition, other);
                }
                self.index_again(field);
            }
            _ => {}
        }
    }

    /// Returns the expression of a field, if it holds one.
    pub fn expression(&self, field: Field) -> Option<&Expression> {
        match field {
            Field::Let(at) => self.lets.get_index(at).map(|(_, it)| it),
            Field::When(at) => self.options.get(at).map(|it| &it.when),
            Field::Guard(at) => self.requirements.get(at)?.when.as_ref(),
            Field::Holds(at) => self.requirements.get(at).map(|it| &it.holds),
            Field::Value(at) => self.invariants.get(at).map(|it| &it.value),
            Field::Holding(at) => self.estimates.get(at)?.when.as_ref(),
            Field::Bytes(at) => self.estimates.get(at).map(|it| &it.bytes),
            Field::Rewrite(_) | Field::Relieves(_) | Field::Loads(_) | Field::Repair(_) => None,
            Field::Frames(_) | Field::Signal(_) => None,
        }
    }

    fn expression_mut(&mut self, field: Field) -> Option<&mut Expression> {
        match field {
            Field::Let(at) => self.lets.get_index_mut(at).map(|(_, it)| it),
            Field::When(at) => self.options.get_mut(at).map(|it| &mut it.when),
            Field::Guard(at) => self.requirements.get_mut(at)?.when.as_mut(),
            Field::Holds(at) => self.requirements.get_mut(at).map(|it| &mut it.holds),
            Field::Value(at) => self.invariants.get_mut(at).map(|it| &mut it.value),
            Field::Holding(at) => self.estimates.get_mut(at)?.when.as_mut(),
            Field::Bytes(at) => self.estimates.get_mut(at).map(|it| &mut it.bytes),
            Field::Rewrite(_) | Field::Relieves(_) | Field::Loads(_) | Field::Repair(_) => None,
            Field::Frames(_) | Field::Signal(_) => None,
        }
    }

    /// Forgets what rules read, after an expression was exchanged.
    fn index_again(&mut self, field: Field) {
        for (at, it) in self.requirements.iter_mut().enumerate() {
            let concerned = match field {
                // A condition may ask for the predicted peak.
                Field::Let(_) | Field::Holding(_) | Field::Bytes(_) => true,
                Field::Guard(changed) | Field::Holds(changed) => at == changed,
                _ => false,
            };
            if concerned {
                it.reads = OnceLock::new();
            }
        }
        self.index = RuleIndex::default();
    }

    fn read_logs_again(&mut self) {
        self.signals = OnceLock::new();
    }
}

struct Maker<'a> {
    pack: &'a Pack,
    mutants: Mutants,
    seen: HashSet<(String, String)>,
}

/// A change of an expression: where in its text, and what comes of it.
type Mutated = (Edit, Condition);

impl Maker<'_> {
    fn add(
        &mut self,
        (rule, field): (&str, Field),
        says: &str,
        (place, replacement): (Location, String),
        change: Change,
    ) {
        let says = says.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = format!("{}: {says}", field.name());
        if !self.seen.insert((rule.to_owned(), name.clone())) {
            self.mutants.equivalent += 1;
            return;
        }
        let rule = rule.to_owned();
        self.mutants.all.push(Mutant { rule, field, name, place, replacement, change });
    }

    /// Lists the changes of an expression that leave its type.
    fn changes(&mut self, condition: &Condition) -> Vec<Mutated> {
        let edits = condition.mutations().into_iter();
        let all: Vec<Mutated> =
            edits.filter_map(|edit| Some((edit.clone(), condition.mutated(&edit)?))).collect();
        let before = all.len();
        let other = |it: &Mutated| !it.1.says_the_same(condition);
        let all: Vec<Mutated> = all.into_iter().filter(other).collect();
        self.mutants.equivalent += before - all.len();
        all
    }

    fn expression(&mut self, rule: &str, field: Field, expression: &Expression) {
        // A guard that the pack itself adds, as for versions, has no text to change.
        let whole = expression.condition.text();
        let Some(guard) = whole.strip_prefix(expression.text.as_str()) else { return };
        let guard = guard.strip_prefix(" && $");
        let Ok(written) = Condition::parse(expression.text.as_str()) else { return };
        let wanted = match field {
            Field::Let(_) | Field::Value(_) => Type::Any,
            Field::Bytes(_) => Type::Bytes,
            _ => Type::Bool,
        };
        for (edit, changed) in self.changes(&written) {
            if !check(&changed, wanted, &self.pack.names).is_empty() {
                continue;
            }
            let place = expression.text.place(edit.span);
            let says = changed.text().to_owned();
            let changed = match guard {
                Some(fact) => changed.and_fact(fact),
                None => changed,
            };
            let change = Change::Condition(changed);
            self.add((rule, field), &says, (place, edit.replacement), change);
        }
    }

    fn rewrites(&mut self, rule: &str, field: Field, rewrites: &[Rewrite]) {
        for (at, rewrite) in rewrites.iter().enumerate() {
            let with = |changed: Rewrite| {
                let mut all = rewrites.to_vec();
                if let Some(slot) = all.get_mut(at) {
                    *slot = changed;
                }
                Change::Rewrites(all)
            };
            match rewrite {
                Rewrite::Plain(_, text) => {
                    for (edit, changed) in plain_changes(text) {
                        let written = (text.place(edit.span), edit.replacement);
                        let says = changed.text.clone();
                        let change = with(Rewrite::Plain(Box::new(changed), text.clone()));
                        self.add((rule, field), &says, written, change);
                    }
                }
                Rewrite::Assign(assignment, text) => {
                    self.assignment((rule, field), (assignment, text), &with);
                }
            }
            if rewrites.len() > 1 {
                let mut rest = rewrites.to_vec();
                rest.remove(at);
                let says = format!("without {}", rewrite.text().as_str());
                let place = as_element(&rewrite.text().location);
                self.add((rule, field), &says, (place, String::new()), Change::Rewrites(rest));
            }
        }
    }

    fn assignment(
        &mut self,
        of: (&str, Field),
        (assignment, text): (&Assignment, &Text),
        with: &dyn Fn(Rewrite) -> Change,
    ) {
        for (edit, value) in self.changes(&assignment.value) {
            let place = text.place(edit.span.shifted(assignment.value_offset));
            let says = format!("{} := {}", assignment.target, value.text().trim());
            let changed = Assignment { value, ..assignment.clone() };
            let change = with(Rewrite::Assign(Box::new(changed), text.clone()));
            self.add(of, &says, (place, edit.replacement), change);
        }
        for (word, bound) in bounds(&assignment.bounds) {
            let with = |changed: Option<Condition>| {
                let mut other = assignment.clone();
                let slot = match word {
                    "floor" => &mut other.bounds.floor,
                    "cap" => &mut other.bounds.cap,
                    _ => &mut other.bounds.largest_divisor,
                };
                *slot = changed;
                with(Rewrite::Assign(Box::new(other), text.clone()))
            };
            let start = bound_start(text, bound.text());
            let at =
                |span: Option<Span>| text.location.source.at(span.unwrap_or(text.location.span));
            for (edit, changed) in self.changes(bound) {
                let place = at(start.map(|start| edit.span.shifted(start)));
                let says = format!("{} {word} {}", assignment.target, changed.text().trim());
                self.add(of, &says, (place, edit.replacement), with(Some(changed)));
            }
            let whole = start.and_then(|start| bound_span(text, word, start, bound.text()));
            let says = format!("{} without its {word}", assignment.target);
            self.add(of, &says, (at(whole), String::new()), with(None));
        }
    }

    fn phases(&mut self, option: &PackOption, field: Field, phases: &[String]) {
        for (at, phase) in phases.iter().enumerate() {
            let mut rest = phases.to_vec();
            rest.remove(at);
            let place = as_element(&phase_place(option, field, phase));
            let says = format!("without {phase}");
            self.add((&option.id, field), &says, (place, String::new()), Change::Phases(rest));
        }
    }

    fn frames(&mut self, phase: &Phase, field: Field) {
        for (at, frame) in phase.frames.iter().enumerate() {
            let mut rest = phase.frames.clone();
            rest.remove(at);
            let (says, place) = (format!("without {}", frame.value), as_element(&frame.location));
            self.add((&phase.name, field), &says, (place, String::new()), Change::Frames(rest));
        }
    }

    /// Takes a signal away, and its phase; and says that its message is of the host's memory, or of a
    /// GPU's.
    fn signal(&mut self, at: usize, place: &Location) {
        let pack = self.pack;
        let Some(def) = pack.signal_defs.get(at) else { return };
        let with = |changed: Option<SignalDef>| {
            let mut all = pack.signal_defs.clone();
            all.splice(at..=at, changed);
            Change::Signals(all)
        };
        let mut changed = vec![("left out".to_owned(), with(None))];
        if def.phase.is_some() {
            let other = SignalDef { phase: None, ..def.clone() };
            changed.push(("without its phase".to_owned(), with(Some(other))));
        }
        let kind = match def.kind {
            Kind::Host => Kind::Device,
            Kind::Device | Kind::Unknown | Kind::Note => Kind::Host,
        };
        let other = SignalDef { kind, ..def.clone() };
        changed.push((format!("of kind {}", kind.name()), with(Some(other))));
        for (says, change) in changed {
            let written = format!("\"{}\"  # {says}", def.name);
            self.add((&def.name, Field::Signal(at)), &says, (place.clone(), written), change);
        }
    }
}

fn bounds(bounds: &Bounds) -> Vec<(&'static str, &Condition)> {
    let all = [
        ("floor", &bounds.floor),
        ("cap", &bounds.cap),
        ("largest_divisor", &bounds.largest_divisor),
    ];
    all.into_iter().filter_map(|(word, bound)| Some((word, bound.as_ref()?))).collect()
}

/// Finds a bound, which stands behind what it holds in the same table.
fn bound_start(text: &Text, bound: &str) -> Option<usize> {
    let end = text.location.span.end;
    let rest = text.location.source.text().get(end..)?;
    Some(end + rest.get(..rest.find('\n').unwrap_or(rest.len()))?.find(bound)?)
}

/// Widens the place of an element of a list to all that goes with it: the table that it stands in, the
/// comma behind it, or the one in front of the last, and a line that it has for itself.
fn as_element(place: &Location) -> Location {
    let text = place.source.text();
    let before = |at| text.get(..at).unwrap_or_default();
    let after = |at| text.get(at..).unwrap_or_default();
    let Span { mut start, mut end } = place.span;
    if let Some(table) = table_start(before(start)) {
        start = table;
        end += after(end).find('}').map_or(0, |at| at + 1);
    }
    let Some(rest) = after(end).strip_prefix(',') else {
        start = before(start).trim_end().strip_suffix(',').map_or(start, str::len);
        return place.source.at(Span::new(start, end));
    };
    end += 1 + rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let indented = before(start).trim_end_matches([' ', '\t']);
    if indented.ends_with('\n') && after(end).starts_with('\n') {
        (start, end) = (indented.len(), end + 1);
    }
    place.source.at(Span::new(start, end))
}

/// Finds the `{` of an inline table that a text ends inside of.
fn table_start(text: &str) -> Option<usize> {
    let at = text.rfind(['{', '}', '\n'])?;
    let field = text.get(at..)?.strip_prefix('{')?.trim_start();
    field.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(at)
}

/// Finds all that goes with a bound: from the comma in front of its name to the quote behind it.
fn bound_span(text: &Text, word: &str, start: usize, bound: &str) -> Option<Span> {
    let before = text.location.source.text().get(text.location.span.end..start)?;
    let comma = before.get(..before.rfind(word)?)?.rfind(',')?;
    Some(Span::new(text.location.span.end + comma, start + bound.len() + 1))
}

/// Finds a phase in a list of an option's.
fn phase_place(option: &PackOption, field: Field, phase: &str) -> Location {
    let source = &option.location.source;
    let start = option.location.span.start;
    let found = || {
        let field = start + source.text().get(start..)?.find(&format!("\n{}", field.name()))?;
        let quoted = format!("\"{phase}\"");
        let at = field + source.text().get(field..)?.find(&quoted)?;
        Some(source.at(Span::new(at, at + quoted.len())))
    };
    found().unwrap_or_else(|| option.location.clone())
}

/// Changes the value of a plain override, where that is a number or a truth.
fn plain_changes(text: &Text) -> Vec<(Edit, overrides::Override)> {
    let Some((key, value)) = text.as_str().split_once('=') else { return Vec::new() };
    let Ok(value) = Condition::parse(value) else { return Vec::new() };
    let edits = value.mutations().into_iter().filter(|_| value.as_literal().is_some());
    let changed = edits.filter_map(|edit| {
        let value = value.mutated(&edit)?;
        let parsed = overrides::parse(&format!("{key}={}", value.text())).ok()?;
        Some((Edit { span: edit.span.shifted(key.len() + 1), ..edit }, parsed))
    });
    changed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Source;

    #[test]
    fn a_list_without_an_element_is_what_a_person_would_write() {
        let lists = [
            ("a = ['x', 'y']\n", "a = ['y']\n"),
            ("a = ['w', 'x']\n", "a = ['w']\n"),
            ("a = ['w', 'x', 'y']\n", "a = ['w', 'y']\n"),
            ("a = ['x']\n", "a = []\n"),
            ("a = [\n  'w',\n  'x',\n  'y',\n]\n", "a = [\n  'w',\n  'y',\n]\n"),
            ("a = [\n  'w',\n  'x'\n]\n", "a = [\n  'w'\n]\n"),
            ("a = [{ set = 'x', floor = '1' }, 'y']\n", "a = ['y']\n"),
            ("a = ['w', { set = 'x', floor = '1' }]\n", "a = ['w']\n"),
            ("a = [\n  { set = 'x', cap = '{1' },\n  'y',\n]\n", "a = [\n  'y',\n]\n"),
        ];
        for (before, after) in lists {
            let source = Source::new("a.toml", before);
            let at = before.find("'x'").unwrap();
            let place = as_element(&source.at(Span::new(at, at + 3)));
            let mut rest = before.to_owned();
            rest.replace_range(place.span.start..place.span.end, "");
            assert_eq!(rest, after, "{before}");
        }
    }
}
