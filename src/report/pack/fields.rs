//! Labelled texts, one below the other, that keep to the width.

use crate::report::paint::{Look, Paint, wrapped};

/// The columns before a label, and those of the label.
const INDENT: usize = 4;
const LABEL: usize = 12;

/// The widest column of names.
const NAMES: usize = 30;

/// A page that is being written.
pub struct Fields {
    /// How it looks.
    pub paint: Paint,
    width: usize,
    /// What is written so far.
    pub out: String,
}

impl Fields {
    /// Starts a page.
    pub fn new(look: Look) -> Self {
        Self { paint: Paint::new(look), width: look.width, out: String::new() }
    }

    /// Writes a heading.
    pub fn heading(&mut self, text: &str) {
        let text = self.paint.strong(text);
        self.out.push_str(&format!("\n{text}\n"));
    }

    /// Writes a labelled text.
    pub fn field(&mut self, label: &str, text: &str) {
        for (index, text) in self.wrapped(text, INDENT + LABEL).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let label = self.paint.faint(&format!("{label:<LABEL$}"));
            self.out.push_str(&format!("{}{label}{text}\n", " ".repeat(INDENT)));
        }
    }

    /// Writes a text at a column.
    pub fn text(&mut self, column: usize, text: &str, faint: bool) {
        for text in self.wrapped(text, column) {
            let text = if faint { self.paint.faint(&text) } else { text };
            self.out.push_str(&format!("{}{text}\n", " ".repeat(column)));
        }
    }

    /// Writes below a heading a row of each name and what it is; nothing where there is none.
    pub fn rows(&mut self, heading: &str, rows: impl Iterator<Item = (String, String)>) {
        let rows: Vec<(String, String)> = rows.collect();
        let widest = rows.iter().map(|(name, _)| name.chars().count()).max();
        let Some(widest) = widest else { return };
        self.heading(heading);
        for (name, text) in &rows {
            self.row(name, widest.min(NAMES), text);
        }
    }

    /// Writes one of them; long names stand on a line of their own.
    fn row(&mut self, name: &str, names: usize, text: &str) {
        let shown = self.paint.name(name);
        let column = 2 + names + 2;
        let own = name.chars().count() > names;
        let pad = " ".repeat(names.saturating_sub(name.chars().count()));
        let mut start = format!("  {shown}{pad}  ");
        if own {
            self.out.push_str(&format!("  {shown}\n"));
            start = " ".repeat(column);
        }
        for (index, text) in self.wrapped(text, column).iter().enumerate() {
            let before = if index == 0 { start.clone() } else { " ".repeat(column) };
            self.out.push_str(&format!("{before}{text}\n"));
        }
    }

    fn wrapped(&self, text: &str, column: usize) -> Vec<String> {
        let width = self.width.saturating_sub(column).max(28);
        let lines = text.lines().flat_map(|line| wrapped(line, width));
        lines.map(|it| it.trim_end().to_owned()).collect()
    }
}
