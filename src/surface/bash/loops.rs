//! Loops: round by round where that can be told, else by what any number of rounds may change.

use brush_parser::ast::{ArithmeticForClauseCommand, ForClauseCommand, WhileOrUntilClauseCommand};

use super::making::Field;
use super::piece::{Piece, Text, Unknown};
use super::rounds::joined;
use super::state::{Element, Rest, State, Var};
use super::walk::{Done, Flow, Walker};
use crate::text::Span;

/// How often a loop is read to find all it changes.
const ROUNDS: usize = 8;

/// How many commands are read before loops are no longer read round by round.
const PATIENT: usize = 10_000;

/// How many rounds are read one by one.
const MOST_ROUNDS: usize = 64;

impl Walker<'_> {
    pub(super) fn for_clause(&mut self, clause: &ForClauseCommand) -> Flow {
        let name = clause.variable_name.clone();
        let mut values = Vec::new();
        let span = self.syntax.span(&clause.loc);
        match &clause.values {
            // `for NAME in; do` runs never; the tree does not tell it from `for NAME; do`.
            None if self
                .script
                .at(span)
                .text()
                .split_whitespace()
                .nth(2)
                .is_some_and(|it| it.starts_with("in")) => {}
            Some(words) => values.extend(words.iter().flat_map(|word| self.fields(word))),
            None => values.extend(self.argument_fields()),
        }
        let why = format!("the loop at line {}", self.line(self.syntax.span(&clause.loc)));
        let certain = values.iter().all(|value| !value.forwards && !value.unsure);
        if certain && values.len() <= MOST_ROUNDS {
            let rounds = self.unrolled(values.len() == 1, &why, |walker, round| {
                let value = values.get(round)?;
                walker.state.assign(&name, Var::Text(value.text.clone()));
                walker.state.place(&name, value.word, false);
                Some(walker.list(&clause.body.list))
            });
            if let Some(flow) = rounds {
                return flow;
            }
        }
        let seen: String = values.iter().map(|value| value.text.sketch()).collect();
        let unknown = Unknown::new(format!("{name} takes several values in {why}")).seeing(&seen);
        self.repeated(&why, |walker| {
            walker.state.assign(&name, Var::Unknown(unknown.clone()));
            (walker.list(&clause.body.list), None)
        })
    }

    fn argument_fields(&self) -> Vec<Field> {
        let arguments = &self.state.arguments;
        let known = arguments.known.iter().map(|it| Field {
            text: it.text.clone(),
            word: it.word,
            unsure: !it.sure,
            ..Field::default()
        });
        let rest = (arguments.rest != Rest::Nothing).then(|| Field {
            text: Text::of(Piece::unknown("the script's arguments are not known", Span::at(0))),
            forwards: true,
            unsure: true,
            ..Field::default()
        });
        known.chain(rest).collect()
    }

    pub(super) fn while_clause(
        &mut self,
        clause: &WhileOrUntilClauseCommand,
        wanted: bool,
    ) -> Flow {
        let why = format!("the loop at line {}", self.line(self.syntax.span(&clause.2)));
        let rounds = self.unrolled(false, &why, |walker, _| {
            let (flow, status) = walker.tested(&clause.0);
            match (flow, status) {
                (Flow::Next, Some(status)) if status == wanted => Some(walker.list(&clause.1.list)),
                (Flow::Next, Some(_)) => None,
                // Nothing tells whether there is another round.
                (Flow::Next, None) => {
                    walker.left_early();
                    None
                }
                (flow, _) => Some(flow),
            }
        });
        rounds.unwrap_or_else(|| {
            self.repeated(&why, |walker| match walker.tested(&clause.0) {
                (Flow::Next, status) => (walker.list(&clause.1.list), status),
                done => done,
            })
        })
    }

    pub(super) fn counting_clause(&mut self, clause: &ArithmeticForClauseCommand) -> Flow {
        let near = self.syntax.span(&clause.loc);
        let why = format!("the loop at line {}", self.line(near));
        if let Some(first) = &clause.initializer {
            self.arithmetic(&first.value, near);
        }
        let updates = |walker: &mut Self, flow: Flow| {
            if let (Flow::Next | Flow::Continue, Some(update)) = (flow, &clause.updater) {
                walker.arithmetic(&update.value, near);
            }
        };
        let tests = |walker: &mut Self| match &clause.condition {
            Some(condition) if !condition.value.trim().is_empty() => {
                walker.arithmetic(&condition.value, near)
            }
            _ => Some(true),
        };
        let rounds = self.unrolled(false, &why, |walker, _| match tests(walker) {
            Some(true) => {
                let flow = walker.list(&clause.body.list);
                updates(walker, flow);
                Some(flow)
            }
            Some(false) => None,
            None => {
                walker.left_early();
                None
            }
        });
        rounds.unwrap_or_else(|| {
            self.repeated(&why, |walker| {
                tests(walker);
                let flow = walker.list(&clause.body.list);
                updates(walker, flow);
                (flow, None)
            })
        })
    }

    /// Tells the loop being read that its rounds cannot be told apart.
    fn left_early(&mut self) {
        let state = self.state.clone();
        if let Some(frame) = self.left.last_mut() {
            frame.push(state);
        }
    }

    /// Reads a loop round by round until `round` has no more; none, with nothing changed, where
    /// something in it is undecided, or where its launches are not the same in every round.
    fn unrolled(
        &mut self,
        once: bool,
        why: &str,
        round: impl Fn(&mut Self, usize) -> Option<Flow>,
    ) -> Option<Flow> {
        if self.read > PATIENT {
            return None;
        }
        let before = self.state.clone();
        let counts = self.counts();
        let returned = self.returned.last().map_or(0, Vec::len);
        let mut ended = None;
        for index in 0..=MOST_ROUNDS {
            self.left.push(Vec::new());
            let flow = round(self, index);
            let left = self.left.pop().unwrap_or_default();
            if !left.is_empty() {
                break;
            }
            match flow {
                None | Some(Flow::Break) => ended = Some(Flow::Next),
                Some(Flow::Next | Flow::Continue) => continue,
                Some(end) => ended = Some(end),
            }
            break;
        }
        if let Some(flow) = ended.filter(|_| once || self.join_rounds(counts, why)) {
            return Some(flow);
        }
        self.state = before;
        self.forget(counts);
        if let Some(frame) = self.returned.last_mut() {
            frame.truncate(returned);
        }
        None
    }

    /// Makes one launch of those that every round has started; tells whether it can.
    fn join_rounds(&mut self, [launches, _, starts, ..]: [usize; 6], why: &str) -> bool {
        let script = &mut self.script;
        let Some(rounds) = script.launches.get(launches..) else { return false };
        let Some(joined) = joined(rounds.to_vec(), why) else { return false };
        script.launches.truncate(launches);
        script.launches.extend(joined);
        for start in script.starts.split_off(starts.min(script.starts.len())) {
            if !script.starts.iter().skip(starts).any(|old| old.span == start.span) {
                script.starts.push(start);
            }
        }
        true
    }

    /// Reads one round of a loop; the state is then any in which it may have ended.
    fn round(&mut self, why: &str, run: &impl Fn(&mut Self) -> Done) {
        self.left.push(Vec::new());
        run(self);
        for state in self.left.pop().unwrap_or_default() {
            self.state.join(&state, why);
        }
    }

    /// Reads what may run any number of times: what it changes is unknown, inside from the start.
    fn repeated(&mut self, why: &str, run: impl Fn(&mut Self) -> Done) -> Flow {
        for _ in 0..ROUNDS {
            let after = self.tried(why, &run);
            if !self.widen(&after, why) {
                break;
            }
        }
        // What a round makes of the values is what the next one, and all behind, depend on.
        let after = self.tried(why, &run);
        for name in self.state.changed(&after) {
            if let (Some(Var::Unknown(mine)), Some(theirs)) =
                (self.state.vars.get(&name).cloned(), after.vars.get(&name))
            {
                self.state.vars.insert(name, Var::Unknown(mine.seeing(&theirs.sketch())));
            }
        }
        let (state, _) = self.branch(format!("in {why}"), |walker| {
            walker.round(why, &run);
            Flow::Next
        });
        self.state.join(&state, why);
        Flow::Next
    }

    /// Reads a round and takes everything back; returns the state it leads to.
    fn tried(&mut self, why: &str, run: &impl Fn(&mut Self) -> Done) -> State {
        let before = self.state.clone();
        let counts = self.counts();
        let returned = self.returned.last().map_or(0, Vec::len);
        self.round(why, run);
        self.forget(counts);
        if let Some(frame) = self.returned.last_mut() {
            frame.truncate(returned);
        }
        std::mem::replace(&mut self.state, before)
    }

    /// Makes what a round changes unknown; tells whether there was anything new.
    fn widen(&mut self, after: &State, why: &str) -> bool {
        let mut news = false;
        for name in self.state.changed(after) {
            let unknown = Unknown::new(format!("{name} is set in {why}"));
            let wide = match (self.state.vars.get(&name), after.vars.get(&name)) {
                (Some(Var::Array(old)), Some(Var::Array(new))) if new.starts_with(old) => {
                    Var::Array(with_more(old, unknown))
                }
                _ => Var::Unknown(unknown),
            };
            news |= self.state.vars.get(&name) != Some(&wide);
            self.state.vars.insert(name, wide);
        }
        if self.state.arguments != after.arguments {
            let unknown = Unknown::new(format!("the arguments change in {why}"));
            let rest = Rest::Unknown(unknown);
            news |= self.state.arguments.rest != rest || !self.state.arguments.known.is_empty();
            self.state.arguments.known.clear();
            self.state.arguments.rest = rest;
        }
        self.state.odd.extend(after.odd.iter().cloned());
        for (name, body) in &after.functions {
            if !self.state.functions.contains_key(name) {
                self.state.functions.insert(name.clone(), body.clone());
                news = true;
            }
        }
        news
    }

    pub(super) fn counts(&self) -> [usize; 6] {
        let script = &self.script;
        let notes = script.notes.len();
        [
            script.launches.len(),
            script.commands.len(),
            script.starts.len(),
            notes,
            script.unread.len(),
            script.runs.len(),
        ]
    }

    pub(super) fn forget(&mut self, [launches, commands, starts, notes, unread, runs]: [usize; 6]) {
        self.script.launches.truncate(launches);
        self.script.commands.truncate(commands);
        self.script.starts.truncate(starts);
        self.script.notes.truncate(notes);
        self.script.unread.truncate(unread);
        self.script.runs.truncate(runs);
    }
}

/// Adds one element that stands for any number of them.
fn with_more(elements: &[Element], unknown: Unknown) -> Vec<Element> {
    let word = elements.last().map_or(Span::at(0), |it| it.word);
    let more = Element { text: Text::of(Piece::missing(unknown, word)), word, sure: false };
    let mut wide = elements.to_vec();
    if wide.last() != Some(&more) {
        wide.push(more);
    }
    wide
}
