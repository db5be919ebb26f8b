//! Assignments, alone and in `export`, `declare`, `local` and their like.

use brush_parser::ast::{
    Assignment, AssignmentName, AssignmentValue, CommandPrefixOrSuffixItem, Word,
};

use super::piece::{Origin, Piece, Text, Unknown};
use super::state::{Element, Var};
use super::syntax::Written;
use super::walk::{Done, Flow, Walker};
use crate::text::Span;

/// The commands that assign.
const DECLARATIONS: [&str; 5] = ["export", "declare", "typeset", "local", "readonly"];

/// How a declaration's variables are declared.
struct Declared {
    local: bool,
    flags: String,
    /// `export -n`, `declare +x`: programs no longer get it.
    unexports: bool,
}

impl Declared {
    fn option(&mut self, command: &str, word: &str) {
        let ends_export = if command == "export" {
            word.starts_with('-') && word.contains('n')
        } else {
            word.starts_with('+') && word.contains('x')
        };
        if ends_export {
            self.unexports = true;
        } else {
            self.flags.push_str(word);
        }
    }
}

impl Walker<'_> {
    /// `export A=1`, `declare -a B=(…)`, `local c`: assignments in the form of a command.
    pub(super) fn declaration(
        &mut self,
        name: &str,
        suffix: &[CommandPrefixOrSuffixItem],
    ) -> Option<Done> {
        if !DECLARATIONS.contains(&name) {
            return None;
        }
        let local =
            !self.state.frames.is_empty() && ["local", "declare", "typeset"].contains(&name);
        let flags = match name {
            "readonly" => "r",
            "export" => "x",
            _ => "",
        };
        let flags = flags.to_owned();
        let mut declared = Declared { local, flags, unexports: false };
        // Every word is expanded before the first one is assigned.
        let mut ready = Vec::new();
        for item in suffix {
            ready.push(match item {
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) => {
                    let value = self.evaluated_assignment(assignment, word);
                    Some((assigned_name(assignment), assignment, value))
                }
                _ => None,
            });
        }
        for (item, ready) in suffix.iter().zip(ready) {
            match (item, ready) {
                (CommandPrefixOrSuffixItem::Word(word), _)
                    if word.value.starts_with(['-', '+']) =>
                {
                    declared.option(name, &word.value);
                    declared.local &= !word.value.contains('g');
                }
                (CommandPrefixOrSuffixItem::Word(word), _) => self.declare_word(word, &declared),
                (_, Some((name, assignment, value))) => {
                    self.declare(&name, &declared);
                    match value {
                        Some(text) => {
                            let place = self.syntax.span(&assignment.loc);
                            self.assign_text(&name, text, assignment.append);
                            self.state.place(&name, place, assignment.append);
                        }
                        None => self.assign(assignment),
                    }
                    self.declared(&name, &declared);
                }
                _ => {}
            }
        }
        Some((Flow::Next, Some(true)))
    }

    /// Expands the value of a declared variable; none for an array, which is expanded later.
    fn evaluated_assignment(&mut self, assignment: &Assignment, word: &Word) -> Option<Text> {
        let AssignmentName::VariableName(name) = &assignment.name else { return None };
        let AssignmentValue::Scalar(value) = &assignment.value else { return None };
        let span = self.syntax.span(&assignment.loc);
        let braces = word.value.contains('{') && word.value.contains([',', '.']);
        if braces && !word.value.contains('$') {
            return Some(Text::of(Piece::unknown("bash may expand its braces", span)));
        }
        let sign = if assignment.append { 2 } else { 1 };
        let near = Span::new(span.start + name.len() + sign, span.end);
        let written = self.syntax.written_at(&value.value, near);
        Some(self.expander().assigned(&written))
    }

    /// A name without a value, or a word that only bash can cut into name and value.
    fn declare_word(&mut self, word: &Word, declared: &Declared) {
        let text = self.text(word);
        let Some(known) = text.known() else {
            let near = self.syntax.written(word).near;
            self.note(near, "a declaration whose name is not known may set any variable");
            return;
        };
        match known.split_once('=') {
            Some((name, _)) => {
                let name = name.trim_end_matches('+').to_owned();
                self.declare(&name, declared);
                self.state.forget(&name, format!("{name} is set by a word that is not read"));
            }
            None => {
                let fresh = declared.local
                    && self
                        .state
                        .frames
                        .last()
                        .is_some_and(|frame| !frame.hidden.contains_key(&known));
                self.declare(&known, declared);
                if fresh {
                    self.state.vars.insert(known.clone(), Var::Unset);
                }
                self.declared(&known, declared);
            }
        }
    }

    fn declare(&mut self, name: &str, declared: &Declared) {
        if declared.local {
            self.state.make_local(name);
        }
        if declared.flags.contains(['i', 'u', 'l', 'n', 'A', 'c']) {
            self.state.odd.insert(name.to_owned());
        }
    }

    /// What a declaration leaves behind.
    fn declared(&mut self, name: &str, declared: &Declared) {
        if declared.unexports {
            self.state.exported.shift_remove(name);
        } else if declared.flags.contains('x') {
            self.state.exported.insert(name.to_owned());
        }
        if declared.flags.contains('r') {
            self.state.odd.insert(name.to_owned());
        }
        if declared.flags.contains('A') {
            self.state.forget(name, format!("{name} is an associative array"));
        }
        if declared.flags.contains('n') {
            // Setting the reference sets what it refers to.
            let target = match self.state.vars.get(name) {
                Some(Var::Unknown(unknown)) => unknown.seen.clone(),
                _ => String::new(),
            };
            let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let words = target.split(|c| !named(c)).filter(|word| !word.is_empty());
            for word in words.map(str::to_owned).collect::<Vec<_>>() {
                if word != name {
                    self.state.odd.insert(word.clone());
                    self.state.forget(&word, format!("{name} may refer to {word}"));
                }
            }
        }
    }

    pub(super) fn assign(&mut self, assignment: &Assignment) {
        let span = self.syntax.span(&assignment.loc);
        let name = assigned_name(assignment);
        if let AssignmentName::ArrayElementName(_, index) = &assignment.name {
            return self.assign_element(&name, index, assignment, span);
        }
        let sign = if assignment.append { 2 } else { 1 };
        match &assignment.value {
            AssignmentValue::Scalar(word) => {
                let near = Span::new(span.start + name.len() + sign, span.end);
                let written = self.syntax.written_at(&word.value, near);
                let text = self.expander().assigned(&written);
                self.assign_text(&name, text, assignment.append);
                self.state.place(&name, span, assignment.append);
            }
            AssignmentValue::Array(elements) => match self.elements(&name, elements, span) {
                Ok(values) => {
                    self.assign_array(&name, values, assignment.append);
                    self.state.place(&name, span, assignment.append);
                }
                Err(why) => self.state.forget(&name, why),
            },
        }
    }

    fn elements(
        &mut self,
        name: &str,
        elements: &[(Option<Word>, Word)],
        span: Span,
    ) -> Result<Vec<Element>, String> {
        let spans = self.syntax.array_elements(span.start, elements.len());
        let mut values = Vec::new();
        for (index, (key, word)) in elements.iter().enumerate() {
            let near = spans.get(index).copied().unwrap_or(span);
            if key.is_some() {
                return Err(format!("the elements of {name} have indices"));
            }
            let written = self.syntax.written_at(&word.value, near);
            for field in self.expander().fields(&written) {
                let text = if field.forwards {
                    Text::of(Piece::unknown("it holds the script's arguments", near))
                } else {
                    field.text
                };
                values.push(Element { text, word: field.word, sure: !field.unsure });
            }
        }
        Ok(values)
    }

    fn assign_element(&mut self, name: &str, index: &str, assignment: &Assignment, span: Span) {
        let here = Written::made(index, span);
        let index = self.expander().number(index, &here, 0).0;
        let index = index.ok().and_then(|it| usize::try_from(it).ok());
        let text = match &assignment.value {
            AssignmentValue::Scalar(word) => {
                let at = span.end.saturating_sub(word.value.len());
                let written = self.syntax.written_at(&word.value, Span::new(at, span.end));
                self.expander().assigned(&written)
            }
            AssignmentValue::Array(_) => Text::of(Piece::unknown("it is no text", span)),
        };
        let elements: &[Element] = match self.state.vars.get(name) {
            Some(Var::Array(elements)) => elements,
            None | Some(Var::Unset) => &[],
            _ => return self.state.forget(name, format!("an element of {name} is set")),
        };
        let sure = elements.iter().all(|it| it.sure) && !assignment.append;
        let at = index.filter(|at| sure && *at <= elements.len());
        let is_next = at == Some(elements.len());
        // The place is no word that could be taken out.
        let element = Element { text, word: Span::at(span.start), sure: true };
        let Some(at) = at else {
            let why = format!("an element of {name} is set at line {}", self.line(span));
            let old: String = elements.iter().map(|it| it.text.sketch()).collect();
            let unknown = Unknown::new(why).seeing(&old).seeing(&element.text.sketch());
            return self.state.assign(name, Var::Unknown(unknown));
        };
        let appended =
            is_next && self.state.append(name, Var::Array(vec![element.clone()])).is_ok();
        if !appended {
            let mut elements = self.array(name);
            elements.splice(at..elements.len().min(at + 1), [element]);
            self.state.assign(name, Var::Array(elements));
        }
        self.state.place(name, span, true);
    }

    fn array(&self, name: &str) -> Vec<Element> {
        match self.state.vars.get(name) {
            Some(Var::Array(elements)) => elements.clone(),
            _ => Vec::new(),
        }
    }

    fn assign_text(&mut self, name: &str, text: Text, append: bool) {
        let Some(Var::Text(text)) = self.left(name, Var::Text(text), append) else { return };
        let old = self.state.vars.get(name).cloned();
        let value = match (old, append) {
            (Some(Var::Array(elements)), append) => first_set(name, elements, text, append),
            (Some(Var::Text(mut old)), true) => {
                old.pieces.extend(text.pieces);
                Var::Text(old)
            }
            (Some(Var::Unknown(unknown)), true) => Var::Unknown(unknown.seeing(&text.sketch())),
            (None, true) => {
                let outside = match self.outside.environment.get(name) {
                    Some(value) => Piece::known(value.clone(), Origin::Outside),
                    None => {
                        Piece::unknown(format!("{name} may be set outside the script"), Span::at(0))
                    }
                };
                let mut old = Text::of(outside);
                old.pieces.extend(text.pieces);
                Var::Text(old)
            }
            _ => Var::Text(text),
        };
        self.state.assign(name, value);
    }

    /// Appends what is to be appended to the like; returns all else, which makes a new value.
    fn left(&mut self, name: &str, value: Var, append: bool) -> Option<Var> {
        if append { self.state.append(name, value).err() } else { Some(value) }
    }

    fn assign_array(&mut self, name: &str, values: Vec<Element>, append: bool) {
        let Some(Var::Array(values)) = self.left(name, Var::Array(values), append) else { return };
        let old = append.then(|| self.state.vars.get(name).cloned()).flatten();
        let value = match old {
            Some(Var::Array(mut old)) => {
                old.extend(values);
                Var::Array(old)
            }
            Some(Var::Text(text)) => {
                let first = Element { text, word: Span::at(0), sure: true };
                Var::Array(std::iter::once(first).chain(values).collect())
            }
            Some(Var::Unknown(unknown)) => {
                let element = Text::of(Piece::missing(unknown, Span::at(0)));
                let first = Element { text: element, word: Span::at(0), sure: false };
                Var::Array(std::iter::once(first).chain(values).collect())
            }
            Some(Var::Unset) | None => Var::Array(values),
        };
        self.state.assign(name, value);
    }
}

/// A text assigned to an array becomes its first element, or is appended to that.
fn first_set(name: &str, mut elements: Vec<Element>, text: Text, append: bool) -> Var {
    let old: String = elements.iter().map(|it| it.text.sketch()).collect();
    match elements.first_mut() {
        Some(first) if first.sure => {
            first.word = Span::at(first.word.start);
            if append {
                first.text.pieces.extend(text.pieces);
            } else {
                first.text = text;
            }
            Var::Array(elements)
        }
        Some(_) => {
            let unknown = Unknown::new(format!("an element of {name} is set"));
            Var::Unknown(unknown.seeing(&old).seeing(&text.sketch()))
        }
        None => Var::Array(vec![Element { text, word: Span::at(0), sure: true }]),
    }
}

/// Returns the name of the variable that is assigned.
pub(super) fn assigned_name(assignment: &Assignment) -> String {
    match &assignment.name {
        AssignmentName::VariableName(name) | AssignmentName::ArrayElementName(name, _) => {
            name.clone()
        }
    }
}
