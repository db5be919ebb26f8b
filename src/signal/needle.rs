//! Literals that a text must hold for a pattern to match, so that most lines need no pattern at all.

/// Shorter literals occur everywhere and save nothing.
const SHORTEST: usize = 4;

/// Returns literals of which every match of the pattern's first line holds at least one, or none
/// where the pattern has no such literals. What is hard to follow counts as having none.
pub(super) fn needles(pattern: &str) -> Option<Vec<String>> {
    if has_flags(pattern) {
        return None;
    }
    let mut finder = Finder::new(pattern);
    finder.walk()?;
    finder.alternative();
    let found = finder.found;
    found.iter().all(|needle| needle.len() >= SHORTEST).then_some(found)
}

/// Inline flags may change what a literal means.
fn has_flags(pattern: &str) -> bool {
    pattern.match_indices("(?").any(|(at, _)| {
        let flag = pattern.get(at + 2..).and_then(|rest| rest.chars().next());
        flag.is_some_and(|flag| flag.is_ascii_alphabetic() && flag != 'P' || flag == '-')
    })
}

struct Finder<'a> {
    chars: std::str::Chars<'a>,
    depth: usize,
    /// Whether this alternative went on to a second line.
    past_line: bool,
    run: String,
    best: String,
    found: Vec<String>,
}

impl<'a> Finder<'a> {
    fn new(pattern: &'a str) -> Self {
        Self {
            chars: pattern.chars(),
            depth: 0,
            past_line: false,
            run: String::new(),
            best: String::new(),
            found: Vec::new(),
        }
    }

    fn walk(&mut self) -> Option<()> {
        while let Some(char) = self.chars.next() {
            match char {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => {
                    self.depth += 1;
                    self.flush();
                }
                ')' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.flush();
                }
                '|' if self.depth == 0 => self.alternative(),
                '?' | '*' | '{' => {
                    self.run.pop();
                    self.flush();
                    if char == '{' {
                        self.chars.find(|char| *char == '}')?;
                    }
                }
                '.' | '^' | '$' | '+' | '|' => self.flush(),
                '\n' => self.line_end(),
                other => self.literal(other),
            }
        }
        Some(())
    }

    fn escape(&mut self) -> Option<()> {
        match self.chars.next()? {
            'n' => self.line_end(),
            char if char.is_ascii_punctuation() => self.literal(char),
            'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'b' | 'B' | 't' | 'r' | 'A' | 'z' => self.flush(),
            _ => return None,
        }
        Some(())
    }

    /// Skips a character class; nested ones are hard to follow.
    fn class(&mut self) -> Option<()> {
        self.flush();
        let mut first = true;
        loop {
            match self.chars.next()? {
                '^' if first => continue,
                ']' if !first => return Some(()),
                '\\' => {
                    self.chars.next()?;
                }
                '[' => return None,
                _ => {}
            }
            first = false;
        }
    }

    fn literal(&mut self, char: char) {
        if self.depth == 0 && !self.past_line {
            self.run.push(char);
        }
    }

    fn line_end(&mut self) {
        self.flush();
        // Even an optional second line may push what follows past the first.
        self.past_line = true;
    }

    fn flush(&mut self) {
        if self.run.len() > self.best.len() {
            self.best = std::mem::take(&mut self.run);
        }
        self.run.clear();
    }

    fn alternative(&mut self) {
        self.flush();
        self.found.push(std::mem::take(&mut self.best));
        self.past_line = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_sure_literal_of_each_alternative() {
        let of = |pattern| needles(pattern).map(|found| found.join("|"));
        assert_eq!(of(r"(?<a>CUDA|HIP) out of memory\. X").as_deref(), Some(" out of memory. X"));
        assert_eq!(of(r"capaci?ty of \d+ memory").as_deref(), Some(" memory"));
        assert_eq!(of(r"alpha|be[t]ta+x").as_deref(), None);
        assert_eq!(of(r"alpha|betta+x").as_deref(), Some("alpha|betta"));
        assert_eq!(of(r"one two\nthree four five").as_deref(), Some("one two"));
        assert_eq!(of(r"abcd{2}efghi").as_deref(), Some("efghi"));
        for without in ["(?i)memory", "(?:memory|space)", r"\x41bcdef", r"a.c", ""] {
            assert_eq!(of(without), None, "{without}");
        }
    }
}
