use std::borrow::Cow;

use crate::text::Span;

/// Which process wrote a line, as far as its prefix tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The actor or process name, such as `WorkerDict`.
    pub actor: Option<String>,
    /// The process id.
    pub pid: Option<i64>,
    /// The rank.
    pub rank: Option<i64>,
}

/// Text without escape sequences that knows which bytes it came from.
#[derive(Debug, Clone)]
pub(super) struct Clean<'a> {
    text: Cow<'a, str>,
    /// Where a run of unchanged bytes begins: offset in the clean text, offset in the source.
    runs: Vec<(usize, usize)>,
}

impl<'a> Clean<'a> {
    /// Cleans `raw`, which stands at `at`.
    pub(super) fn of(raw: &'a str, at: usize) -> Self {
        if !raw.contains('\x1b') {
            return Self { text: Cow::Borrowed(raw), runs: vec![(0, at)] };
        }
        let (mut text, mut runs) = (String::with_capacity(raw.len()), Vec::new());
        let mut rest = raw;
        while let Some(escape) = rest.find('\x1b') {
            let (plain, tail) = rest.split_at_checked(escape).unwrap_or((rest, ""));
            runs.push((text.len(), at + raw.len() - rest.len()));
            text.push_str(plain);
            rest = tail.get(escape_length(tail)..).unwrap_or_default();
        }
        runs.push((text.len(), at + raw.len() - rest.len()));
        text.push_str(rest);
        Self { text: Cow::Owned(text), runs }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Tells where bytes of the clean text stand in the source.
    pub(super) fn locate(&self, start: usize, end: usize) -> Span {
        let first = self.raw(start);
        if end > start { Span::new(first, self.raw(end - 1) + 1) } else { Span::at(first) }
    }

    fn raw(&self, offset: usize) -> usize {
        // Empty runs share their offset with the next one, which is the one that holds the byte.
        let after = self.runs.partition_point(|(clean, _)| *clean <= offset);
        let run = self.runs.get(after.saturating_sub(1));
        run.map_or(offset, |(clean, raw)| raw + (offset - clean))
    }

    /// Adds a line feed and the text of another line.
    fn join(&mut self, line: &Line<'_>) {
        let text = self.text.to_mut();
        text.push('\n');
        let (from, base) = (line.body, text.len());
        text.push_str(line.text());
        let runs = &line.clean.runs;
        self.runs.push((base, line.clean.raw(from)));
        let later = runs.iter().filter(|(clean, _)| *clean > from);
        self.runs.extend(later.map(|(clean, raw)| (clean - from + base, *raw)));
    }
}

/// One line of one process.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    clean: Clean<'a>,
    /// How much of the front names the process; the same for all lines of one process.
    stream: usize,
    /// Where the message begins, after the stream's and the logger's prefixes.
    body: usize,
    /// Where the message ends, before Ray's `[repeated 7x across cluster]`.
    end: usize,
    /// How often Ray says that other processes repeated the line.
    pub(super) repeated: Option<i64>,
}

impl<'a> Line<'a> {
    /// Reads a raw line that stands at `at`.
    pub(super) fn of(raw: &'a str, at: usize) -> Self {
        let clean = Clean::of(raw, at);
        let (stream, _) = strip_processes(clean.text());
        let message = clean.text().get(stream..).unwrap_or_default();
        let body = stream + logger_head(message).unwrap_or(0);
        let (end, repeated) = strip_repeated(clean.text(), body);
        Self { clean, stream, body, end, repeated }
    }

    /// Returns the message alone.
    pub(super) fn text(&self) -> &str {
        self.clean.text().get(self.body..self.end).unwrap_or_default()
    }

    /// Returns what all lines of this process begin with; empty for lines without a prefix.
    pub(super) fn stream(&self) -> &str {
        self.clean.text().get(..self.stream).unwrap_or_default().trim_end()
    }

    /// Tells where bytes of the message stand in the source.
    pub(super) fn locate(&self, start: usize, end: usize) -> Span {
        self.clean.locate(self.body + start, self.body + end)
    }

    /// Returns which process wrote the line.
    pub(super) fn origin(&self) -> Origin {
        let (_, named) = strip_processes(self.clean.text());
        Origin { actor: named.actor.map(str::to_owned), pid: named.pid, rank: named.rank }
    }

    /// Tells whether escape sequences were taken out of the message.
    pub(super) fn was_coloured(&self) -> bool {
        self.clean.runs.iter().any(|(clean, _)| *clean > self.body)
    }

    /// Joins the message of a following line after a line feed.
    pub(super) fn join(&mut self, next: &Line<'_>) {
        if self.end < self.clean.text().len() {
            self.clean.text.to_mut().truncate(self.end);
        }
        self.clean.join(next);
        self.end = self.clean.text().len();
    }
}

/// Splits at line feeds and at carriage returns, with which progress bars overwrite themselves.
pub(super) fn raw_lines(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = from;
    let rest = text.get(from..).unwrap_or_default();
    rest.split_inclusive('\n').flat_map(move |line| {
        let start = at;
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let mut piece_at = start;
        line.split('\r').map(move |piece| {
            let here = piece_at;
            piece_at += piece.len() + 1;
            (here, piece)
        })
    })
}

/// Returns the length of the escape sequence that `text` begins with: CSI, OSC or two characters.
fn escape_length(text: &str) -> usize {
    let body = text.get(2..).unwrap_or_default();
    match text.as_bytes().get(1) {
        Some(b'[') => {
            let parameters = body.bytes().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
            2 + parameters
                + usize::from(matches!(body.as_bytes().get(parameters), Some(0x40..=0x7e)))
        }
        Some(b']') => {
            // Without a terminator only the introducer goes, else a torn line would vanish.
            let bell = body.find('\x07').map(|at| (at, 1));
            let terminator = body.find("\x1b\\").map(|at| (at, 2));
            let end = [bell, terminator].into_iter().flatten().min();
            2 + end.map_or(0, |(at, len)| at + len)
        }
        Some(0x20..=0x7e) => 2,
        _ => 1,
    }
}

/// What prefixes say of the process, borrowed: few lines need it in full.
#[derive(Default)]
struct Named<'a> {
    actor: Option<&'a str>,
    pid: Option<i64>,
    rank: Option<i64>,
}

/// Reads prefixes that name processes, however many are stacked; returns their length, too.
fn strip_processes(text: &str) -> (usize, Named<'_>) {
    let (mut at, mut origin) = (0, Named::default());
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let length = match rest.as_bytes().first() {
            Some(b'(') => ray_prefix(rest, &mut origin),
            Some(b'[') => rank_prefix(rest, &mut origin),
            Some(b'0'..=b'9') => srun_label(rest, &mut origin),
            _ => None,
        };
        match length {
            Some(length) => at += length,
            None => return (at, origin),
        }
    }
}

/// Reads `(WorkerDict pid=123, ip=1.2.3.4) `, `(EngineCore_DP0 pid=8) `, `(raylet) `.
fn ray_prefix<'a>(text: &'a str, origin: &mut Named<'a>) -> Option<usize> {
    let close = text.bytes().take(160).position(|byte| byte == b')')?;
    let inner = text.get(1..close)?;
    let fields = inner.split([' ', ',']).filter(|field| !field.is_empty());
    let name = fields.clone().next().filter(|name| !name.contains('='));
    let is_word =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
    if name.is_some_and(|name| !name.bytes().all(is_word)) {
        return None;
    }
    let field = |key: &str| {
        let mut values = fields.clone().filter_map(|field| field.strip_prefix(key));
        values.next().and_then(|value| value.parse::<i64>().ok())
    };
    let (pid, rank) = (field("pid="), field("rank="));
    if pid.is_none() && !matches!(name, Some("raylet" | "autoscaler")) {
        return None;
    }
    origin.actor = name.or(origin.actor);
    origin.pid = pid.or(origin.pid);
    origin.rank = rank.or(origin.rank);
    Some(close + 1 + space(text, close + 1))
}

/// Reads `[rank3]: ` as torch writes it and `[default3]:` as torchrun does.
fn rank_prefix(text: &str, origin: &mut Named<'_>) -> Option<usize> {
    let inner = text.strip_prefix("[rank").or_else(|| text.strip_prefix("[default"))?;
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    let rank = inner.get(..digits)?.parse().ok()?;
    let rest = inner.get(digits..)?.strip_prefix("]:")?;
    origin.rank = Some(rank);
    let length = text.len() - rest.len();
    Some(length + space(text, length))
}

/// Reads `3: `, which `srun --label` writes.
fn srun_label(text: &str, origin: &mut Named<'_>) -> Option<usize> {
    let digits = text.bytes().take(6).take_while(u8::is_ascii_digit).count();
    text.get(digits..)?.strip_prefix(": ")?;
    origin.rank = Some(text.get(..digits)?.parse().ok()?);
    Some(digits + 2)
}

/// Reads vLLM's `ERROR 11-12 08:01:24 [core.py:708] `, keeping the indentation of what follows.
fn logger_head(text: &str) -> Option<usize> {
    const LEVELS: [&str; 5] = ["ERROR ", "INFO ", "WARNING ", "CRITICAL ", "DEBUG "];
    const STAMP: &str = "00-00 00:00:00 ";
    let level = LEVELS.iter().find(|level| text.starts_with(**level))?;
    let stamp = text.get(level.len()..level.len() + STAMP.len())?;
    let fits = |(byte, form): (u8, u8)| byte == form || (form == b'0' && byte.is_ascii_digit());
    stamp.bytes().zip(STAMP.bytes()).all(fits).then_some(())?;
    let at = level.len() + STAMP.len();
    let place = text.get(at..)?.strip_prefix('[')?;
    let close = place.bytes().take(120).position(|byte| byte == b']')?;
    let length = at + 1 + close + 1;
    Some(length + space(text, length))
}

fn space(text: &str, at: usize) -> usize {
    usize::from(text.as_bytes().get(at) == Some(&b' '))
}

/// Finds where the message ends before Ray's note about repeated lines.
fn strip_repeated(text: &str, body: usize) -> (usize, Option<i64>) {
    const MARK: &str = " [repeated ";
    let whole = (text.trim_end().len().max(body), None);
    if !text.contains("x across cluster]") {
        return whole;
    }
    let Some((message, note)) = text.rsplit_once(MARK) else { return whole };
    let count = note.split_once("x across cluster]").and_then(|(count, _)| count.parse().ok());
    match count {
        Some(count) => (message.trim_end().len().max(body), Some(count)),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(raw: &str) -> (String, String, Origin) {
        let line = Line::of(raw, 0);
        (line.stream().to_owned(), line.text().to_owned(), line.origin())
    }

    #[test]
    fn prefixes_stack_and_come_off() {
        let (stream, text, origin) = cleaned(
            "\x1b[36m(vLLMHttpServer pid=7781, ip=10.0.0.2)\x1b[0m (EngineCore_DP0 pid=8120) \
             ERROR 11-12 08:01:24 [v1/core.py:708]   File \"a.py\", line 3, in f",
        );
        assert_eq!(stream, "(vLLMHttpServer pid=7781, ip=10.0.0.2) (EngineCore_DP0 pid=8120)");
        assert_eq!(text, "  File \"a.py\", line 3, in f");
        assert_eq!((origin.actor.as_deref(), origin.pid), (Some("EngineCore_DP0"), Some(8120)));
        let (stream, text, origin) = cleaned("[rank3]: Traceback");
        assert_eq!(
            (stream.as_str(), text.as_str(), origin.rank),
            ("[rank3]:", "Traceback", Some(3))
        );
        assert_eq!(cleaned("2: x").2.rank, Some(2));
        assert_eq!(cleaned("(pid=77) hi").2.pid, Some(77));
        for plain in
            ["(not a prefix) x", "[1] NCCL", "INFO: x", "12:01 x", "", "(", "[rank", "ERROR 1"]
        {
            assert_eq!(cleaned(plain), (String::new(), plain.to_owned(), Origin::default()));
        }
    }

    #[test]
    fn locations_survive_cleaning() {
        let raw = "\x1b[36m(W pid=1)\x1b[0m out \x1b]8;;u\x1b\\of\x1b]8;;\x07 mem\x1b[32m [repeated 7x across cluster]\x1b[0m";
        let line = Line::of(raw, 0);
        assert_eq!(line.text(), "out of mem");
        assert_eq!(line.repeated, Some(7));
        for word in ["out", "of", "mem"] {
            let at = line.text().find(word).unwrap();
            let span = line.locate(at, at + word.len());
            assert_eq!(raw.get(span.start..span.end), Some(word));
        }
    }

    #[test]
    fn joined_lines_keep_their_places() {
        let raw = "(W pid=1) é \x1b[1mone\x1b[0m\n(W pid=1) two\x1b[0m three";
        let mut lines = raw_lines(raw, 0).map(|(at, line)| Line::of(line, at));
        let mut first = lines.next().unwrap();
        first.join(&lines.next().unwrap());
        assert_eq!(first.text(), "é one\ntwo three");
        for word in ["one", "two", "three"] {
            let at = first.text().find(word).unwrap();
            let span = first.locate(at, at + word.len());
            assert_eq!(raw.get(span.start..span.end), Some(word));
        }
    }

    #[test]
    fn carriage_returns_split_lines() {
        let pieces: Vec<_> = raw_lines("a\rbc\r\nd\n\ne", 0).collect();
        assert_eq!(pieces, [(0, "a"), (2, "bc"), (6, "d"), (8, ""), (9, "e")]);
        assert_eq!(raw_lines("", 0).count(), 0);
    }

    #[test]
    fn torn_escapes_do_no_harm() {
        for raw in ["\x1b", "a\x1b[", "\x1b[36", "\x1b]0;title", "\x1bé", "\x1b[é"] {
            let line = Line::of(raw, 0);
            let _ = line.locate(0, line.text().len());
        }
        assert_eq!(cleaned("\x1b]0;title").1, "0;title");
    }
}
