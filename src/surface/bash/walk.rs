//! Statement by statement, as bash would run them.

use std::rc::Rc;

use brush_parser::ast::{
    AndOr, AndOrList, Assignment, AssignmentName, AssignmentValue, CaseClauseCommand, Command,
    CommandPrefixOrSuffixItem, CompoundCommand, CompoundList, IfClauseCommand, Pipeline,
    SimpleCommand, Word,
};

use super::arithmetic;
use super::command::{Command as Recognised, recognise};
use super::decide;
use super::expand::{Expander, Field};
use super::launch::{Launch, Note, Script};
use super::piece::{Piece, Text};
use super::state::{Element, Outside, State, Var};
use super::syntax::Syntax;
use crate::text::{Faults, Source, Span};

/// How deep functions call one another before the reading gives up.
const DEEPEST: usize = 16;

/// How often a loop is read to find all it changes.
const ROUNDS: usize = 8;

/// Reads a launch script.
///
/// # Errors
/// What bash cannot parse.
pub fn read(source: &Source, outside: &Outside) -> Result<Script, Faults> {
    let syntax = Syntax::parse(source)?;
    let script = Script {
        source: source.clone(),
        launches: Vec::new(),
        commands: Vec::new(),
        starts: Vec::new(),
        notes: Vec::new(),
    };
    let mut walker = Walker {
        syntax: &syntax,
        outside,
        state: State::default(),
        script,
        conditions: Vec::new(),
        returned: Vec::new(),
        depth: 0,
    };
    for list in &syntax.program.complete_commands {
        if walker.list(list) == Flow::Exit {
            break;
        }
    }
    Ok(walker.script)
}

/// How a statement ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// The next statement runs.
    Next,
    /// The loop or function ends.
    Leave,
    /// The script ends.
    Exit,
}

struct Walker<'a> {
    syntax: &'a Syntax,
    outside: &'a Outside,
    state: State,
    script: Script,
    /// Why what is read now may not run, outermost first.
    conditions: Vec<String>,
    /// The states in which the functions being read may have returned.
    returned: Vec<Vec<State>>,
    depth: usize,
}

/// The outcome of one command: how it ends, and its exit status, if it can be told.
type Done = (Flow, Option<bool>);

impl Walker<'_> {
    fn line(&self, span: Span) -> usize {
        self.syntax.source.line_column(span.start).line
    }

    fn note(&mut self, span: Span, message: impl Into<String>) {
        self.script.notes.push(Note { span, message: message.into() });
    }

    fn list(&mut self, list: &CompoundList) -> Flow {
        self.status_of(list).0
    }

    fn status_of(&mut self, list: &CompoundList) -> Done {
        let mut status = Some(true);
        for item in &list.0 {
            let (flow, last) = self.and_or(&item.0);
            if flow != Flow::Next {
                return (flow, None);
            }
            status = last;
        }
        (Flow::Next, status)
    }

    fn and_or(&mut self, list: &AndOrList) -> Done {
        let (mut flow, mut status) = self.pipeline(&list.first);
        for next in &list.additional {
            if flow != Flow::Next {
                return (flow, None);
            }
            let (wanted, pipeline) = match next {
                AndOr::And(pipeline) => (true, pipeline),
                AndOr::Or(pipeline) => (false, pipeline),
            };
            match status {
                Some(status) if status != wanted => {}
                Some(_) => (flow, status) = self.pipeline(pipeline),
                None => {
                    let why = format!("the command before `{}`", if wanted { "&&" } else { "||" });
                    let mut branches = vec![(self.state.clone(), Flow::Next)];
                    let condition =
                        format!("only if {why} {}", if wanted { "works" } else { "fails" });
                    let branch = self.branch(condition, |walker| walker.pipeline(pipeline).0);
                    branches.push(branch);
                    flow = self.merge(branches, &why);
                }
            }
        }
        (flow, status)
    }

    /// Reads statements on a copy of the state; returns the copy and how they end.
    fn branch(&mut self, condition: String, run: impl FnOnce(&mut Self) -> Flow) -> (State, Flow) {
        let before = self.state.clone();
        self.conditions.push(condition);
        let flow = run(self);
        self.conditions.pop();
        (std::mem::replace(&mut self.state, before), flow)
    }

    /// Goes on with what all branches that go on have in common.
    fn merge(&mut self, branches: Vec<(State, Flow)>, why: &str) -> Flow {
        let mut going: Option<State> = None;
        let mut ends = Flow::Exit;
        for (state, flow) in branches {
            match flow {
                Flow::Next => match &mut going {
                    None => going = Some(state),
                    Some(merged) => merged.join(&state, why),
                },
                Flow::Leave => {
                    ends = Flow::Leave;
                    if let Some(returned) = self.returned.last_mut() {
                        returned.push(state);
                    }
                }
                Flow::Exit => {}
            }
        }
        match going {
            Some(state) => {
                self.state = state;
                Flow::Next
            }
            None => ends,
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Done {
        let (flow, status) = match pipeline.seq.as_slice() {
            [one] => self.command(one),
            many => {
                // Every part runs in its own shell: nothing it sets comes back.
                for part in many {
                    let before = self.state.clone();
                    self.command(part);
                    self.state = before;
                }
                (Flow::Next, None)
            }
        };
        (flow, if pipeline.bang { status.map(|it| !it) } else { status })
    }

    fn command(&mut self, command: &Command) -> Done {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound, _) => self.compound(compound),
            Command::Function(function) => {
                let body = Rc::new(function.body.clone());
                self.state.functions.insert(function.fname.value.clone(), body);
                (Flow::Next, Some(true))
            }
            Command::ExtendedTest(test, _) => {
                let status = decide::extended(&test.expr, &mut |word| self.text(word).known());
                (Flow::Next, status)
            }
        }
    }

    fn compound(&mut self, compound: &CompoundCommand) -> Done {
        match compound {
            CompoundCommand::BraceGroup(group) => self.status_of(&group.list),
            CompoundCommand::Subshell(subshell) => {
                let before = self.state.clone();
                self.list(&subshell.list);
                self.state = before;
                (Flow::Next, None)
            }
            CompoundCommand::IfClause(clause) => (self.if_clause(clause), None),
            CompoundCommand::CaseClause(clause) => (self.case_clause(clause), None),
            CompoundCommand::ForClause(clause) => {
                let span = self.syntax.span(&clause.loc);
                let name = clause.variable_name.clone();
                let values: Vec<Field> =
                    clause.values.iter().flatten().flat_map(|word| self.fields(word)).collect();
                let why = format!("the loop at line {}", self.line(span));
                match values.as_slice() {
                    [one] if !one.forwards => {
                        self.state.vars.insert(name, Var::Text(one.text.clone()));
                    }
                    _ => {
                        let unknown = format!("{name} takes several values in {why}");
                        self.state.vars.insert(name, Var::Unknown(unknown));
                    }
                }
                (self.repeated(&why, |walker| walker.list(&clause.body.list)), None)
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                let why = format!("the loop at line {}", self.line(self.syntax.span(&clause.2)));
                let flow = self.repeated(&why, |walker| {
                    walker.list(&clause.0);
                    walker.list(&clause.1.list)
                });
                (flow, None)
            }
            CompoundCommand::ArithmeticForClause(clause) => {
                let why = format!("the loop at line {}", self.line(self.syntax.span(&clause.loc)));
                let parts = [&clause.initializer, &clause.updater];
                for part in parts.into_iter().flatten() {
                    self.arithmetic_sets(&part.value, &why);
                }
                (self.repeated(&why, |walker| walker.list(&clause.body.list)), None)
            }
            CompoundCommand::Arithmetic(command) => {
                let span = self.syntax.span(&command.loc);
                let why = format!("the arithmetic at line {}", self.line(span));
                let status = self.arithmetic_status(&command.expr.value);
                self.arithmetic_sets(&command.expr.value, &why);
                (Flow::Next, status)
            }
            CompoundCommand::Coprocess(_) => (Flow::Next, None),
        }
    }

    fn arithmetic_status(&self, expression: &str) -> Option<bool> {
        let value = arithmetic::evaluate(expression, &mut |name| match self.state.vars.get(name) {
            Some(Var::Text(text)) => text.known().ok_or_else(String::new),
            _ => Err(String::new()),
        });
        value.ok().map(|value| value != 0)
    }

    /// Makes every variable that an arithmetic command may set unknown.
    fn arithmetic_sets(&mut self, expression: &str, why: &str) {
        if !expression
            .replace("==", "")
            .replace("<=", "")
            .replace(">=", "")
            .replace("!=", "")
            .contains(['=', '+', '-'])
        {
            return;
        }
        let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        for word in expression.split(|c| !name(c)).filter(|word| !word.is_empty()) {
            if !word.starts_with(|c: char| c.is_ascii_digit()) {
                let unknown = format!("{word} is set in {why}");
                self.state.vars.insert(word.to_owned(), Var::Unknown(unknown));
            }
        }
    }

    /// Reads what may run any number of times: what it changes is unknown, inside from the start.
    fn repeated(&mut self, why: &str, run: impl Fn(&mut Self) -> Flow) -> Flow {
        for _ in 0..ROUNDS {
            let before = self.state.clone();
            let counts = self.counts();
            run(self);
            self.forget(counts);
            let changed = before.changed(&self.state);
            let shifted = before.arguments != self.state.arguments;
            let after = std::mem::replace(&mut self.state, before);
            self.state.functions.extend(after.functions);
            if shifted {
                self.state.arguments = None;
            }
            let mut news = shifted;
            for name in changed {
                let unknown = Var::Unknown(format!("{name} is set in {why}"));
                news |= self.state.vars.insert(name, unknown.clone()) != Some(unknown);
            }
            if !news {
                break;
            }
        }
        let (state, _) = self.branch(format!("in {why}"), |walker| {
            run(walker);
            Flow::Next
        });
        self.state.join(&state, why);
        Flow::Next
    }

    fn counts(&self) -> [usize; 4] {
        let script = &self.script;
        [script.launches.len(), script.commands.len(), script.starts.len(), script.notes.len()]
    }

    fn forget(&mut self, [launches, commands, starts, notes]: [usize; 4]) {
        self.script.launches.truncate(launches);
        self.script.commands.truncate(commands);
        self.script.starts.truncate(starts);
        self.script.notes.truncate(notes);
    }

    fn if_clause(&mut self, clause: &IfClauseCommand) -> Flow {
        let span = self.syntax.span(&clause.loc);
        let why = format!("the `if` at line {}", self.line(span));
        let mut tests: Vec<(Option<&CompoundList>, &CompoundList)> =
            vec![(Some(&clause.condition), &clause.then)];
        let elses = clause.elses.iter().flatten();
        tests.extend(elses.map(|it| (it.condition.as_ref(), &it.body)));
        let mut branches = Vec::new();
        let mut complete = false;
        for (condition, body) in tests {
            let status = match condition {
                None => Some(true),
                Some(condition) => {
                    let (flow, status) = self.status_of(condition);
                    if flow != Flow::Next {
                        return flow;
                    }
                    status
                }
            };
            match status {
                Some(false) => {}
                Some(true) if branches.is_empty() => return self.list(body),
                Some(true) => {
                    branches.push(self.branch(why.clone(), |walker| walker.list(body)));
                    complete = true;
                    break;
                }
                None => branches.push(self.branch(why.clone(), |walker| walker.list(body))),
            }
        }
        if !complete {
            branches.push((self.state.clone(), Flow::Next));
        }
        self.merge(branches, &why)
    }

    fn case_clause(&mut self, clause: &CaseClauseCommand) -> Flow {
        let span = self.syntax.span(&clause.loc);
        let why = format!("the `case` at line {}", self.line(span));
        let value = self.text(&clause.value).known();
        let mut branches = Vec::new();
        let mut complete = false;
        for item in &clause.cases {
            let matched = self.matches(value.as_deref(), &item.patterns);
            let body =
                |walker: &mut Self| item.cmd.as_ref().map_or(Flow::Next, |list| walker.list(list));
            match matched {
                Some(false) => {}
                Some(true) if branches.is_empty() => return body(self),
                Some(true) => {
                    branches.push(self.branch(why.clone(), body));
                    complete = true;
                    break;
                }
                None => branches.push(self.branch(why.clone(), body)),
            }
        }
        if !complete {
            branches.push((self.state.clone(), Flow::Next));
        }
        self.merge(branches, &why)
    }

    fn matches(&mut self, value: Option<&str>, patterns: &[Word]) -> Option<bool> {
        let mut undecided = false;
        for pattern in patterns {
            match (value, self.text(pattern).known()) {
                (_, Some(pattern)) if pattern == "*" => return Some(true),
                (Some(value), Some(pattern)) if !pattern.contains(['*', '?', '[', '(']) => {
                    if value == pattern {
                        return Some(true);
                    }
                }
                _ => undecided = true,
            }
        }
        if undecided { None } else { Some(false) }
    }

    fn expander(&mut self) -> Expander<'_> {
        Expander { state: &mut self.state, outside: self.outside }
    }

    fn fields(&mut self, word: &Word) -> Vec<Field> {
        let written = self.syntax.written(word);
        self.expander().fields(&written)
    }

    fn text(&mut self, word: &Word) -> Text {
        let written = self.syntax.written(word);
        self.expander().text(&written)
    }

    fn simple(&mut self, simple: &SimpleCommand) -> Done {
        let empty = Vec::new();
        let prefix = simple.prefix.as_ref().map_or(&empty, |prefix| &prefix.0);
        let suffix = simple.suffix.as_ref().map_or(&empty, |suffix| &suffix.0);
        let Some(name) = &simple.word_or_name else {
            for item in prefix {
                if let CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) = item {
                    self.assign(assignment);
                }
            }
            return (Flow::Next, Some(true));
        };
        if let Some(done) = self.declaration(&name.value, suffix) {
            return done;
        }
        // Assignments before a command hold for that command alone, and none reads them here.
        let mut fields = self.fields(name);
        for item in suffix {
            match item {
                CommandPrefixOrSuffixItem::Word(word)
                | CommandPrefixOrSuffixItem::AssignmentWord(_, word) => {
                    fields.extend(self.fields(word));
                }
                _ => {}
            }
        }
        let last = suffix.iter().rev().find_map(|item| match item {
            CommandPrefixOrSuffixItem::Word(word)
            | CommandPrefixOrSuffixItem::AssignmentWord(_, word) => Some(word),
            _ => None,
        });
        let first_word = self.word_span(name);
        let last_word = last.map_or(first_word, |word| self.word_span(word));
        self.run(&fields, first_word, last_word)
    }

    fn word_span(&self, word: &Word) -> Span {
        match &word.loc {
            Some(at) => self.syntax.span(at),
            None => Span::at(0),
        }
    }

    /// `export A=1`, `declare -a B=(…)`, `local c`: assignments in the form of a command.
    fn declaration(&mut self, name: &str, suffix: &[CommandPrefixOrSuffixItem]) -> Option<Done> {
        if !["export", "declare", "typeset", "local", "readonly"].contains(&name) {
            return None;
        }
        let mut associative = false;
        for item in suffix {
            match item {
                CommandPrefixOrSuffixItem::Word(word) => {
                    associative |= word.value.starts_with('-') && word.value.contains('A');
                }
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) if associative => {
                    let name = assigned_name(assignment);
                    let why = format!("{name} is an associative array");
                    self.state.vars.insert(name, Var::Unknown(why));
                }
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => self.assign(assignment),
                _ => {}
            }
        }
        Some((Flow::Next, Some(true)))
    }

    fn assign(&mut self, assignment: &Assignment) {
        let span = self.syntax.span(&assignment.loc);
        let name = assigned_name(assignment);
        if let AssignmentName::ArrayElementName(..) = assignment.name {
            let why = format!("an element of {name} is set at line {}", self.line(span));
            self.state.vars.insert(name, Var::Unknown(why));
            return;
        }
        let sign = if assignment.append { 2 } else { 1 };
        let value_at = Span::at(span.start + name.len() + sign);
        match &assignment.value {
            AssignmentValue::Scalar(word) => {
                let mut near = value_at;
                near.end = span.end;
                let written = self.syntax.written_at(&word.value, near);
                let text = self.expander().text(&written);
                self.assign_text(name, text, assignment.append);
            }
            AssignmentValue::Array(elements) => {
                let spans = self.syntax.array_elements(span.start, elements.len());
                let mut values = Vec::new();
                for (index, (key, word)) in elements.iter().enumerate() {
                    let near = spans.get(index).copied().unwrap_or(span);
                    if key.is_some() {
                        let why = format!("the elements of {name} have indices");
                        self.state.vars.insert(name, Var::Unknown(why));
                        return;
                    }
                    let written = self.syntax.written_at(&word.value, near);
                    for field in self.expander().fields(&written) {
                        let text = if field.forwards {
                            Text::of(Piece::unknown("it holds the script's arguments", near))
                        } else {
                            field.text
                        };
                        values.push(Element { text, word: field.word });
                    }
                }
                self.assign_array(name, values, assignment.append);
            }
        }
    }

    fn assign_text(&mut self, name: String, text: Text, append: bool) {
        let old = append.then(|| self.state.vars.get(&name).cloned()).flatten();
        let value = match old {
            Some(Var::Text(mut old)) => {
                old.pieces.extend(text.pieces);
                Var::Text(old)
            }
            Some(Var::Array(_)) => Var::Unknown(format!("text is appended to the array {name}")),
            Some(Var::Unknown(why)) => Var::Unknown(why),
            None => Var::Text(text),
        };
        self.state.vars.insert(name, value);
    }

    fn assign_array(&mut self, name: String, values: Vec<Element>, append: bool) {
        let old = append.then(|| self.state.vars.get(&name).cloned()).flatten();
        let value = match old {
            Some(Var::Array(mut old)) => {
                old.extend(values);
                Var::Array(old)
            }
            Some(Var::Text(text)) => {
                let word = text.pieces.first().map_or(Span::at(0), |piece| piece.origin.span());
                let first = Element { text, word };
                Var::Array(std::iter::once(first).chain(values).collect())
            }
            Some(Var::Unknown(why)) => Var::Unknown(why),
            None => Var::Array(values),
        };
        self.state.vars.insert(name, value);
    }

    fn run(&mut self, fields: &[Field], first_word: Span, last_word: Span) -> Done {
        let words: Vec<Option<String>> = fields.iter().map(|field| field.text.known()).collect();
        let name = words.first().cloned().flatten().unwrap_or_default();
        let arguments = words.get(1..).unwrap_or_default();
        match name.as_str() {
            ":" | "true" => return (Flow::Next, Some(true)),
            "false" => return (Flow::Next, Some(false)),
            "[" | "test" => return (Flow::Next, decide::test(arguments)),
            "exit" => return (Flow::Exit, None),
            "return" | "break" | "continue" => return (Flow::Leave, None),
            "shift" => self.shift(arguments),
            "set" => self.set(fields),
            "unset" => self.unset(arguments),
            "read" | "mapfile" | "readarray" | "getopts" | "let" => {
                self.sets_unknown(&name, arguments, first_word);
            }
            "printf" if arguments.first().is_some_and(|it| it.as_deref() == Some("-v")) => {
                self.sets_unknown(&name, arguments, first_word);
            }
            "eval" => self.note(first_word, "`eval` runs a text that is not read"),
            "source" | "." => self.sourced(arguments, first_word),
            _ => return self.program(&name, fields, words, first_word.cover(last_word), last_word),
        }
        (Flow::Next, None)
    }

    /// A function of the script, or a program.
    fn program(
        &mut self,
        name: &str,
        fields: &[Field],
        words: Vec<Option<String>>,
        span: Span,
        last_word: Span,
    ) -> Done {
        if let Some(body) = self.state.functions.get(name).cloned() {
            return (self.call(&body, fields), None);
        }
        self.keep(fields, words, span, last_word);
        if name == "exec" && fields.len() > 1 { (Flow::Exit, None) } else { (Flow::Next, None) }
    }

    fn keep(&mut self, fields: &[Field], words: Vec<Option<String>>, span: Span, last_word: Span) {
        let location = self.syntax.source.at(span);
        match recognise(fields) {
            Recognised::Launch(found) => self.script.launches.push(Launch {
                program: found.program,
                location,
                flags: found.flags,
                arguments: found.arguments,
                forwards: found.forwards,
                last_word,
                condition: self.conditions.last().cloned(),
            }),
            Recognised::Start(start) => self.script.starts.push(start),
            Recognised::Other => self.script.commands.push((span, words)),
        }
    }

    fn shift(&mut self, arguments: &[Option<String>]) {
        let by = match arguments {
            [] => Some(1),
            [Some(text)] => text.parse::<usize>().ok(),
            _ => None,
        };
        self.state.arguments = match (self.state.arguments.take(), by) {
            (Some(list), Some(by)) => Some(list.into_iter().skip(by).collect()),
            _ => None,
        };
    }

    /// `set -- a b` replaces the arguments; options of the shell change nothing here.
    fn set(&mut self, fields: &[Field]) {
        let dashes = fields.iter().position(|field| field.text.known().as_deref() == Some("--"));
        if let Some(at) = dashes {
            let rest = fields.get(at + 1..).unwrap_or_default();
            let forwards = rest.iter().any(|field| field.forwards);
            self.state.arguments =
                (!forwards).then(|| rest.iter().map(|field| field.text.clone()).collect());
        }
    }

    fn unset(&mut self, arguments: &[Option<String>]) {
        for name in arguments.iter().flatten() {
            self.state.vars.shift_remove(name);
        }
    }

    fn sets_unknown(&mut self, command: &str, arguments: &[Option<String>], at: Span) {
        let line = self.line(at);
        for name in arguments.iter().flatten().filter(|name| !name.starts_with('-')) {
            let name = name.split('=').next().unwrap_or(name).to_owned();
            let why = format!("{name} is set by `{command}` at line {line}");
            self.state.vars.insert(name, Var::Unknown(why));
        }
    }

    fn sourced(&mut self, arguments: &[Option<String>], at: Span) {
        let file = arguments.first().cloned().flatten();
        let file = file.map_or("a file".to_owned(), |file| format!("`{file}`"));
        self.note(at, format!("{file} is not read; it may set variables"));
    }

    fn call(&mut self, body: &Rc<brush_parser::ast::FunctionBody>, fields: &[Field]) -> Flow {
        if self.depth >= DEEPEST {
            return Flow::Next;
        }
        let forwards = fields.iter().any(|field| field.forwards);
        let texts = fields.iter().skip(1).map(|field| field.text.clone()).collect();
        let outer = std::mem::replace(&mut self.state.arguments, (!forwards).then_some(texts));
        self.depth += 1;
        self.returned.push(Vec::new());
        let flow = self.compound(&body.0).0;
        for state in self.returned.pop().unwrap_or_default() {
            self.state.join(&state, "where the function returns");
        }
        self.depth -= 1;
        self.state.arguments = outer;
        if flow == Flow::Exit { Flow::Exit } else { Flow::Next }
    }
}

fn assigned_name(assignment: &Assignment) -> String {
    match &assignment.name {
        AssignmentName::VariableName(name) | AssignmentName::ArrayElementName(name, _) => {
            name.clone()
        }
    }
}
