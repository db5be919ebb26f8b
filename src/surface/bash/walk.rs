//! Statement by statement, as bash would run them.

use std::collections::HashMap;
use std::rc::Rc;

use brush_parser::ast::{
    AndOr, AndOrList, CaseClauseCommand, CaseItem, CaseItemPostAction, Command, CompoundCommand,
    CompoundList, FunctionBody, IfClauseCommand, Pipeline, SeparatorOperator, Word,
};

use super::decide;
use super::expand::Expander;
use super::launch::{Note, Script};
use super::making::Field;
use super::piece::Text;
use super::state::{Function, Outside, State};
use super::syntax::{Place, Syntax, Written};
use crate::text::{Faults, Source, Span};

/// How many commands are read, repetitions counted, before the reading gives up.
const MOST: usize = 40_000;

/// How many bytes the words of these commands may take together, about: a function that calls itself twice
/// with one argument more has launches of ever more words.
const MOST_BYTES: usize = 16 << 20;

/// Reads a launch script.
///
/// # Errors
/// What bash cannot parse.
pub fn read(source: &Source, outside: &Outside) -> Result<Script, Faults> {
    let syntax = Rc::new(Syntax::parse(source, Place::From(0))?);
    let mut walker = Walker {
        syntax: Rc::clone(&syntax),
        outside,
        state: State::new(outside),
        script: Script {
            source: source.clone(),
            taken_in: Vec::new(),
            launches: Vec::new(),
            runs: Vec::new(),
            commands: Vec::new(),
            starts: Vec::new(),
            unread: Vec::new(),
            orphans: Vec::new(),
            torn: Vec::new(),
            beaten: Vec::new(),
            notes: Vec::new(),
        },
        conditions: Vec::new(),
        left: Vec::new(),
        returned: Vec::new(),
        given_up: Vec::new(),
        bodies: HashMap::new(),
        others: HashMap::new(),
        nested: 0,
        taking_in: 0,
        testing: 0,
        read: 0,
        bytes: 0,
    };
    walker.text_of(&syntax);
    walker.script.number_runs();
    Ok(walker.script)
}

/// How a statement ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// The next statement runs.
    Next,
    /// The round of the loop ends.
    Continue,
    /// The loop ends.
    Break,
    /// The function ends.
    Return,
    /// The script ends.
    Exit,
}

pub(super) struct Walker<'a> {
    /// The text being read.
    pub(super) syntax: Rc<Syntax>,
    pub(super) outside: &'a Outside,
    pub(super) state: State,
    pub(super) script: Script,
    /// Why what is read now may not run, outermost first.
    pub(super) conditions: Vec<String>,
    /// For every loop being read, the states in which a round of it may have ended early.
    pub(super) left: Vec<Vec<State>>,
    /// For every function being read, the states in which it may have returned.
    pub(super) returned: Vec<Vec<State>>,
    /// The functions' bodies by the place of their definition.
    bodies: HashMap<usize, Rc<FunctionBody>>,
    /// The states in which the statement being read may have been given up.
    pub(super) given_up: Vec<State>,
    /// The other texts that are read, by what they are; they stay, since functions are known by the
    /// place of their definition.
    pub(super) others: HashMap<(String, Place), Rc<Syntax>>,
    /// How many texts are being read, one inside the other.
    pub(super) nested: usize,
    /// How many of them are files that are taken in.
    pub(super) taking_in: usize,
    /// How many tests this stands in, where a failure does not end the script.
    testing: usize,
    /// How many commands were read.
    pub(super) read: usize,
    /// How many bytes their words took together, about.
    pub(super) bytes: usize,
}

/// The outcome of one command: how it ends, and whether it works, if that can be told.
pub(super) type Done = (Flow, Option<bool>);

impl Walker<'_> {
    pub(super) fn line(&self, span: Span) -> usize {
        self.script.at(span).line_column().line
    }

    /// Reads all statements of a text.
    pub(super) fn text_of(&mut self, syntax: &Rc<Syntax>) -> Flow {
        let outer = std::mem::replace(&mut self.syntax, Rc::clone(syntax));
        self.nested += 1;
        let mut flow = Flow::Next;
        for list in &syntax.program.complete_commands {
            flow = self.list(list);
            let ends = flow == Flow::Exit || flow == Flow::Return && self.taking_in > 0;
            if ends && self.given_up.is_empty() {
                break;
            }
            // What fails in a text inside gives up the statement that runs the text.
            if self.nested == 1 {
                self.go_on_after_failure();
            }
        }
        self.nested -= 1;
        self.syntax = outer;
        flow
    }

    pub(super) fn note(&mut self, span: Span, message: impl Into<String>) {
        let note = Note { span, message: message.into() };
        if !self.script.notes.contains(&note) {
            self.script.notes.push(note);
        }
    }

    /// An expansion that fails ends the whole statement, functions included; the next one runs.
    fn go_on_after_failure(&mut self) {
        for mut state in std::mem::take(&mut self.given_up) {
            while !state.frames.is_empty() {
                state.end_function();
            }
            self.state.join(&state, "a computation that may fail");
        }
    }

    /// Keeps what an undecided test or a text that is not read depends on.
    pub(super) fn depends(&mut self, seen: String) {
        self.script.unread.push(seen);
    }

    pub(super) fn list(&mut self, list: &CompoundList) -> Flow {
        self.status_of(list).0
    }

    fn status_of(&mut self, list: &CompoundList) -> Done {
        let mut status = Some(true);
        for item in &list.0 {
            if matches!(item.1, SeparatorOperator::Async) {
                self.apart(|walker| walker.and_or(&item.0));
                status = Some(true);
                continue;
            }
            let (flow, last) = self.and_or(&item.0);
            if flow != Flow::Next {
                return (flow, None);
            }
            status = last;
        }
        (Flow::Next, status)
    }

    /// Reads the condition of an `if` or a loop, in which a failure ends nothing.
    pub(super) fn tested(&mut self, list: &CompoundList) -> Done {
        self.testing += 1;
        let done = self.status_of(list);
        self.testing -= 1;
        done
    }

    fn and_or(&mut self, list: &AndOrList) -> Done {
        let mut left = list.additional.len();
        let (mut flow, mut status) = self.part(&list.first, left > 0);
        let mut last_ran = left == 0;
        let mut last = &list.first;
        for next in &list.additional {
            if flow != Flow::Next {
                return (flow, None);
            }
            left -= 1;
            let (wanted, pipeline) = match next {
                AndOr::And(pipeline) => (true, pipeline),
                AndOr::Or(pipeline) => (false, pipeline),
            };
            last = pipeline;
            match status {
                Some(status) if status != wanted => last_ran = false,
                Some(_) => {
                    (flow, status) = self.part(pipeline, left > 0);
                    last_ran = true;
                }
                None => {
                    flow = self.perhaps(pipeline, wanted, left > 0);
                    last_ran = false;
                }
            }
        }
        let fails = flow == Flow::Next && status == Some(false) && last_ran && !last.bang;
        if fails && self.testing == 0 && self.state.options.ends_on_failure {
            return (Flow::Exit, None);
        }
        (flow, status)
    }

    fn part(&mut self, pipeline: &Pipeline, tested: bool) -> Done {
        let tested = usize::from(tested || pipeline.bang);
        self.testing += tested;
        let done = self.pipeline(pipeline);
        self.testing -= tested;
        done
    }

    /// Reads what runs only if the command before works, or fails, which nothing tells.
    fn perhaps(&mut self, pipeline: &Pipeline, wanted: bool, tested: bool) -> Flow {
        let why = format!("the command before `{}`", if wanted { "&&" } else { "||" });
        let condition = format!("only if {why} {}", if wanted { "works" } else { "fails" });
        let branch = self.branch(condition, |walker| walker.part(pipeline, tested).0);
        let other = (self.state.clone(), Flow::Next);
        self.merge(vec![other, branch], &why)
    }

    /// Reads statements on a copy of the state; returns the copy and how they end.
    pub(super) fn branch(
        &mut self,
        condition: String,
        run: impl FnOnce(&mut Self) -> Flow,
    ) -> (State, Flow) {
        let before = self.state.clone();
        self.conditions.push(condition);
        let flow = run(self);
        self.conditions.pop();
        (std::mem::replace(&mut self.state, before), flow)
    }

    /// Reads what runs in a shell of its own: nothing it sets comes back.
    pub(super) fn apart<T>(&mut self, run: impl FnOnce(&mut Self) -> T) {
        let before = self.state.clone();
        self.left.push(Vec::new());
        self.returned.push(Vec::new());
        let given_up = self.given_up.len();
        run(self);
        self.given_up.truncate(given_up);
        self.returned.pop();
        self.left.pop();
        self.state = before;
    }

    /// Goes on with what all branches that go on have in common.
    fn merge(&mut self, branches: Vec<(State, Flow)>, why: &str) -> Flow {
        let mut going: Option<State> = None;
        let mut ended: Option<(State, Flow)> = None;
        for (state, flow) in branches {
            if flow == Flow::Next {
                match &mut going {
                    None => going = Some(state),
                    Some(merged) => merged.join(&state, why),
                }
            } else if let Some((state, flow)) = ended.replace((state, flow)) {
                self.leave(state, flow);
            }
        }
        match (going, ended) {
            (Some(state), ended) => {
                self.state = state;
                if let Some((state, flow)) = ended {
                    self.leave(state, flow);
                }
                Flow::Next
            }
            (None, Some((state, flow))) => {
                self.state = state;
                flow
            }
            (None, None) => Flow::Next,
        }
    }

    /// Keeps the state in which a branch ends a loop or a function.
    fn leave(&mut self, state: State, flow: Flow) {
        let frames = match flow {
            Flow::Continue | Flow::Break => &mut self.left,
            Flow::Return => &mut self.returned,
            Flow::Next | Flow::Exit => return,
        };
        if let Some(frame) = frames.last_mut() {
            frame.push(state);
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Done {
        let (flow, status) = match pipeline.seq.as_slice() {
            [one] => self.command(one),
            many => {
                for part in many {
                    self.apart(|walker| walker.command(part));
                }
                (Flow::Next, None)
            }
        };
        (flow, if pipeline.bang { status.map(|it| !it) } else { status })
    }

    fn command(&mut self, command: &Command) -> Done {
        self.read += 1;
        if self.read > MOST || self.bytes > MOST_BYTES {
            self.note(Span::at(0), "the script repeats too much to be followed to its end");
            return (Flow::Exit, None);
        }
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound, _) => self.compound(compound),
            Command::Function(function) => {
                // One body, however often the definition is read.
                let place = std::ptr::from_ref(function).addr();
                let body =
                    self.bodies.entry(place).or_insert_with(|| Rc::new(function.body.clone()));
                let body = Rc::clone(body);
                let function_of = Function { body, syntax: Rc::clone(&self.syntax) };
                self.state.functions.insert(function.fname.value.clone(), Some(function_of));
                (Flow::Next, Some(true))
            }
            Command::ExtendedTest(test, _) => {
                let status = decide::extended(&test.expr, self);
                if status.is_none() {
                    let seen = self.state.seen_by(&test.expr.to_string());
                    self.depends(seen);
                }
                (Flow::Next, status)
            }
        }
    }

    pub(super) fn compound(&mut self, compound: &CompoundCommand) -> Done {
        let flow = match compound {
            CompoundCommand::BraceGroup(group) => return self.status_of(&group.list),
            CompoundCommand::Subshell(subshell) => {
                self.apart(|walker| walker.list(&subshell.list));
                Flow::Next
            }
            CompoundCommand::IfClause(clause) => self.if_clause(clause),
            CompoundCommand::CaseClause(clause) => self.case_clause(clause),
            CompoundCommand::ForClause(clause) => self.for_clause(clause),
            CompoundCommand::WhileClause(clause) => self.while_clause(clause, true),
            CompoundCommand::UntilClause(clause) => self.while_clause(clause, false),
            CompoundCommand::ArithmeticForClause(clause) => self.counting_clause(clause),
            CompoundCommand::Arithmetic(command) => {
                let near = self.syntax.span(&command.loc);
                return (Flow::Next, self.arithmetic(&command.expr.value, near));
            }
            CompoundCommand::Coprocess(it) => {
                self.apart(|walker| walker.command(&it.body));
                Flow::Next
            }
        };
        (flow, None)
    }

    /// Evaluates an arithmetic command, with what it sets; tells whether it is not 0.
    pub(super) fn arithmetic(&mut self, expression: &str, near: Span) -> Option<bool> {
        let seen = self.state.seen_by(expression);
        let here = Written::made(expression, near);
        let value = self.expander().number(expression, &here, 0).0;
        // Here a failure is just a failure.
        self.state.failed = false;
        if value.is_err() {
            self.depends(seen);
        }
        value.ok().map(|value| value != 0)
    }

    fn if_clause(&mut self, clause: &IfClauseCommand) -> Flow {
        let why = format!("the `if` at line {}", self.line(self.syntax.span(&clause.loc)));
        let own = (Some(&clause.condition), &clause.then);
        let elses = clause.elses.iter().flatten().map(|it| (it.condition.as_ref(), &it.body));
        let test = |walker: &mut Self, (condition, _): &(Option<&CompoundList>, _)| match condition
        {
            Some(condition) => walker.tested(condition),
            None => (Flow::Next, Some(true)),
        };
        let body = |walker: &mut Self, (_, body): &(_, &CompoundList)| walker.list(body);
        self.first_of(std::iter::once(own).chain(elses), test, body, &why)
    }

    /// Reads the first of several bodies whose test holds, and every one for which that is not known.
    /// There may be thousands, so it does not call itself for the rest.
    fn first_of<T>(
        &mut self,
        all: impl Iterator<Item = T>,
        test: impl Fn(&mut Self, &T) -> Done,
        body: impl Fn(&mut Self, &T) -> Flow,
        why: &str,
    ) -> Flow {
        let mut branches = Vec::new();
        let mut end = Flow::Next;
        for one in all {
            let (flow, status) = test(self, &one);
            if flow != Flow::Next {
                end = flow;
                break;
            }
            match status {
                Some(false) => {}
                Some(true) => {
                    end = body(self, &one);
                    break;
                }
                None => {
                    branches.push(self.branch(why.to_owned(), |walker| body(walker, &one)));
                    // Whatever follows runs only where this did not.
                    if branches.len() == 1 {
                        self.conditions.push(why.to_owned());
                    }
                }
            }
        }
        if branches.is_empty() {
            return end;
        }
        self.conditions.pop();
        branches.push((self.state.clone(), end));
        self.merge(branches, why)
    }

    fn case_clause(&mut self, clause: &CaseClauseCommand) -> Flow {
        let why = format!("the `case` at line {}", self.line(self.syntax.span(&clause.loc)));
        let value = self.text(&clause.value);
        self.case_items(&clause.cases, &value, &why)
    }

    fn case_items(&mut self, items: &[CaseItem], value: &Text, why: &str) -> Flow {
        let test = |walker: &mut Self, (_, item): &(usize, &CaseItem)| {
            let status = walker.matches(value, &item.patterns);
            if status.is_none() {
                walker.depends(value.sketch());
            }
            (Flow::Next, status)
        };
        let body = |walker: &mut Self, (at, _): &(usize, &CaseItem)| {
            walker.case_body(items.get(*at..).unwrap_or_default(), value, why)
        };
        self.first_of(items.iter().enumerate(), test, body, why)
    }

    /// Reads the first item's body, and what runs after it without or with another look at the value.
    fn case_body(&mut self, items: &[CaseItem], value: &Text, why: &str) -> Flow {
        for (at, item) in items.iter().enumerate() {
            let flow = item.cmd.as_ref().map_or(Flow::Next, |list| self.list(list));
            let rest = items.get(at + 1..).unwrap_or_default();
            match (flow, &item.post_action) {
                (Flow::Next, CaseItemPostAction::UnconditionallyExecuteNextCaseItem) => {}
                (Flow::Next, CaseItemPostAction::ContinueEvaluatingCases) => {
                    return self.case_items(rest, value, why);
                }
                _ => return flow,
            }
        }
        Flow::Next
    }

    fn matches(&mut self, value: &Text, patterns: &[Word]) -> Option<bool> {
        let value = value.known();
        let mut undecided = false;
        for pattern in patterns {
            if pattern.value == "*" {
                return if undecided { None } else { Some(true) };
            }
            let written = self.syntax.written(pattern);
            let pattern = self.expander().pattern(&written, 0);
            match (&value, pattern) {
                (Some(value), Some(pattern)) if pattern.matches(value) => {
                    return if undecided { None } else { Some(true) };
                }
                (Some(_), Some(_)) => {}
                _ => undecided = true,
            }
        }
        if undecided { None } else { Some(false) }
    }

    pub(super) fn expander(&mut self) -> Expander<'_> {
        Expander {
            state: &mut self.state,
            beaten: &mut self.script.beaten,
            outside: self.outside,
            script: self.script.source.name(),
            file: self.syntax.source.name(),
        }
    }

    pub(super) fn fields(&mut self, word: &Word) -> Vec<Field> {
        let written = self.syntax.written(word);
        self.expander().fields(&written)
    }

    pub(super) fn text(&mut self, word: &Word) -> Text {
        let written = self.syntax.written(word);
        self.expander().text(&written)
    }
}
