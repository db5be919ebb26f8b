use super::clean::Line;
use crate::text::{Location, Source};

/// What Hydra prints before the overrides of a job that raised.
pub(super) const MARK: &str = "Error executing job with overrides: [";

/// One override that the failed job had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchedOverride {
    /// The override as the program received it.
    pub text: String,
    /// Where the log shows it, inside the quotes.
    pub location: Location,
}

/// Hydra's `Error executing job with overrides: ['a=1', …]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    /// The overrides in order, with every variable of the shell resolved.
    pub overrides: Vec<LaunchedOverride>,
    /// The whole list.
    pub location: Location,
}

impl Launched {
    /// Keeps of the log no more than the overrides.
    pub(super) fn alone(self) -> Self {
        let alone = |it: LaunchedOverride| LaunchedOverride { location: it.location.alone(), ..it };
        let overrides = self.overrides.into_iter().map(alone).collect();
        Self { overrides, location: self.location.alone() }
    }
}

/// Reads the list from a line; a list that does not end, as in a torn log, is none.
pub(super) fn read(line: &Line<'_>, source: &Source) -> Option<Launched> {
    let text = line.text();
    let open = text.find(MARK)? + MARK.len();
    let mut list = List { text, at: open };
    let mut overrides = Vec::new();
    loop {
        list.skip_spaces();
        if list.take(']') {
            break;
        }
        let (start, decoded, end) = list.string()?;
        overrides
            .push(LaunchedOverride { text: decoded, location: source.at(line.locate(start, end)) });
        list.skip_spaces();
        if !list.take(',') {
            list.take(']').then_some(())?;
            break;
        }
    }
    let location = source.at(line.locate(open - 1, list.at));
    Some(Launched { overrides, location })
}

/// A Python list of strings as `repr` prints it.
struct List<'a> {
    text: &'a str,
    at: usize,
}

impl List<'_> {
    fn next(&mut self) -> Option<char> {
        let char = self.text.get(self.at..)?.chars().next()?;
        self.at += char.len_utf8();
        Some(char)
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(wanted));
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn skip_spaces(&mut self) {
        while self.take(' ') {}
    }

    /// Reads a string; returns where its inside begins, its value, and where the inside ends.
    fn string(&mut self) -> Option<(usize, String, usize)> {
        let quote = self.next().filter(|char| matches!(char, '\'' | '"'))?;
        let start = self.at;
        let mut value = String::new();
        loop {
            let end = self.at;
            match self.next()? {
                '\\' => self.escape(&mut value)?,
                char if char == quote => return Some((start, value, end)),
                char => value.push(char),
            }
        }
    }

    fn escape(&mut self, value: &mut String) -> Option<()> {
        let char = match self.next()? {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'x' => self.code(2)?,
            'u' => self.code(4)?,
            'U' => self.code(8)?,
            other @ ('\\' | '\'' | '"') => other,
            // `repr` escapes nothing else; whatever this is, keep it as it stands.
            other => {
                value.push('\\');
                other
            }
        };
        value.push(char);
        Some(())
    }

    /// Reads a character's number; half of a surrogate pair, for undecodable bytes, has no character.
    fn code(&mut self, digits: usize) -> Option<char> {
        let number = self.text.get(self.at..self.at + digits)?;
        self.at += digits;
        let number = u32::from_str_radix(number, 16).ok()?;
        Some(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &str) -> Option<Vec<String>> {
        let raw = format!("(T pid=1) Error executing job with overrides: {list}");
        let source = Source::new("log", raw.as_str());
        let launched = read(&Line::of(&raw, 0), &source)?;
        assert!(launched.location.text().starts_with('['));
        Some(launched.overrides.into_iter().map(|it| it.text).collect())
    }

    #[test]
    fn python_lists_are_read_as_python_reads_them() {
        assert_eq!(texts("[]").unwrap(), [""; 0]);
        assert_eq!(texts(r#"['a=1', "b='x'", 'c="y"']"#).unwrap(), ["a=1", "b='x'", "c=\"y\""]);
        assert_eq!(
            texts(r"['a=\'\\\n\t', 'é=\xe9\u0107\U0001f600']").unwrap(),
            ["a='\\\n\t", "é=éć😀"]
        );
        assert_eq!(texts(r"['a=\udc80']").unwrap(), ["a=\u{fffd}"]);
        for torn in ["['a=1', 'b", "['a=1'", "['a=1' 'b']", "[a]", r"['\x4", "[", "['a',"] {
            assert_eq!(texts(torn), None, "{torn}");
        }
    }

    #[test]
    fn each_override_knows_its_place() {
        let raw = "Error executing job with overrides: ['a=1', \"b='x'\"]";
        let launched = read(&Line::of(raw, 0), &Source::new("log", raw)).unwrap();
        let shown: Vec<&str> = launched.overrides.iter().map(|it| it.location.text()).collect();
        assert_eq!(shown, ["a=1", "b='x'"]);
    }
}
