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
            rest = tail.get(escape_length(tail.as_bytes())..).unwrap_or_default();
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
    /// How much of the front is a time that something put before every line.
    time: usize,
    /// Where the name of the process ends, which all its lines share.
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
        let time = line_time(clean.text());
        let (stream, _) = strip_processes(clean.text(), time);
        let message = clean.text().get(stream..).unwrap_or_default();
        let head = stream + logger_head(message);
        let body = head + margin(clean.text().get(head..).unwrap_or_default());
        let (end, repeated) = strip_repeated(clean.text(), body);
        Self { clean, time, stream, body, end, repeated }
    }

    /// Returns the message alone.
    pub(super) fn text(&self) -> &str {
        self.clean.text().get(self.body..self.end).unwrap_or_default()
    }

    /// Returns what all lines of this process begin with; empty for lines without a prefix.
    pub(super) fn stream(&self) -> &str {
        self.clean.text().get(self.time..self.stream).unwrap_or_default().trim_end()
    }

    /// Tells where bytes of the message stand in the source.
    pub(super) fn locate(&self, start: usize, end: usize) -> Span {
        self.clean.locate(self.body + start, self.body + end)
    }

    /// Returns which process wrote the line.
    pub(super) fn origin(&self) -> Origin {
        let (_, named) = strip_processes(self.clean.text(), self.time);
        Origin { actor: named.actor.map(str::to_owned), pid: named.pid, rank: named.rank }
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
pub(super) fn escape_length(text: &[u8]) -> usize {
    let body = text.get(2..).unwrap_or_default();
    match text.get(1) {
        Some(b'[') => {
            let parameters = body.iter().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
            2 + parameters + usize::from(matches!(body.get(parameters), Some(0x40..=0x7e)))
        }
        Some(b']') => {
            // Without a terminator only the introducer goes, else a torn line would vanish.
            let bell = memchr::memchr(b'\x07', body).map(|at| (at, 1));
            let terminator = memchr::memmem::find(body, b"\x1b\\").map(|at| (at, 2));
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

/// Reads prefixes that name processes, however many are stacked; returns where they end, too.
fn strip_processes(text: &str, from: usize) -> (usize, Named<'_>) {
    let (mut at, mut origin) = (from, Named::default());
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let length = match rest.as_bytes().first() {
            Some(b'(') => ray_prefix(rest, &mut origin),
            Some(b'[') => rank_prefix(rest, &mut origin),
            Some(b'0'..=b'9') => srun_label(rest, &mut origin),
            Some(byte) if byte.is_ascii_alphabetic() => host(rest).or_else(|| {
                let first = Some(rest).filter(|_| at == from)?;
                service(first).or_else(|| syslog_process(first, from > 0, &mut origin))
            }),
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

/// Reads `[rank3]: ` as torch writes it, `[default3]:` as torchrun and `[1,3]<stderr>:` as mpirun do,
/// and kubectl's `[pod/trainer-0/main] `, which tells no rank.
fn rank_prefix(text: &str, origin: &mut Named<'_>) -> Option<usize> {
    let close = text.bytes().take(120).position(|byte| byte == b']')?;
    let (inner, rest) = (text.get(1..close)?, text.get(close + 1..)?);
    if inner.starts_with("pod/") && rest.starts_with(' ') {
        return Some(close + 2);
    }
    let mark = ["<stdout>:", "<stderr>:"].iter().find(|mark| rest.starts_with(**mark));
    let (rank, mark) = match (inner.split_once(','), mark) {
        (Some((_, rank)), Some(mark)) => (rank, mark.len()),
        _ if rest.starts_with(':') => {
            (inner.strip_prefix("rank").or_else(|| inner.strip_prefix("default"))?, 1)
        }
        _ => return None,
    };
    origin.rank = Some(rank.parse().ok()?);
    let length = close + 1 + mark;
    Some(length + space(text, length))
}

/// Reads `trainer-1  | `, which docker compose writes.
fn service(text: &str) -> Option<usize> {
    let bar = text.bytes().take(60).position(|byte| byte == b'|')?;
    let name = text.get(..bar)?.trim_end();
    let (stem, number) = name.rsplit_once('-')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let named = stem.bytes().all(is_name) && number.bytes().all(|byte| byte.is_ascii_digit());
    (named && !number.is_empty()).then_some(bar + 1 + space(text, bar + 1))
}

/// Reads `node7: `, which pdsh writes; taken for a name only where that of a process follows.
fn host(text: &str) -> Option<usize> {
    let (name, rest) = text.split_once(": ")?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let followed = rest.starts_with("[rank") || rest.starts_with("[default");
    (followed && name.bytes().all(is_name)).then_some(name.len() + 2)
}

/// Reads `node7 python3[3312]: `, which the system's log writes after the time.
fn syslog_process<'a>(text: &'a str, timed: bool, origin: &mut Named<'a>) -> Option<usize> {
    let (_, rest) = text.split_once(' ').filter(|_| timed)?;
    let (name, rest) = rest.split_once('[')?;
    let (pid, message) = rest.split_once("]: ")?;
    let plain = |text: &str| !text.is_empty() && !text.contains([' ', '(', ':']);
    origin.pid = Some(pid.parse().ok().filter(|_| plain(name))?);
    origin.actor = Some(name);
    Some(text.len() - message.len())
}

/// Reads `3: `, which `srun --label` writes.
fn srun_label(text: &str, origin: &mut Named<'_>) -> Option<usize> {
    let digits = text.bytes().take(6).take_while(u8::is_ascii_digit).count();
    text.get(digits..)?.strip_prefix(": ")?;
    origin.rank = Some(text.get(..digits)?.parse().ok()?);
    Some(digits + 2)
}

/// Returns the length of the time that Docker, Kubernetes, `ts` or the system's log put before a line.
fn line_time(text: &str) -> usize {
    let Some(length) = timestamp(text) else { return 0 };
    let rest = text.get(length..).unwrap_or_default();
    // The container runtime also says which of its outputs it was, and whether the line is whole.
    let outputs = [" stdout F ", " stderr F ", " stdout P ", " stderr P "];
    let output = outputs.iter().find(|output| rest.starts_with(**output));
    match output {
        Some(output) => length + output.len(),
        None => length + space(text, length),
    }
}

/// Reads `2026-03-02T10:11:12.345Z`, `2026-03-02 10:11:12,345` or `Mar  2 10:11:12`.
fn timestamp(text: &str) -> Option<usize> {
    // `0` stands for a digit, `_` for a digit or a space, `a` for a letter.
    const FORMS: [&str; 4] =
        ["0000-00-00T00:00:00", "0000-00-00 00:00:00", "0000/00/00 00:00:00", "aaa _0 00:00:00"];
    let form = FORMS.iter().find(|form| fits(text, form))?;
    let mut length = form.len();
    let digits = |from: usize| {
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    if matches!(text.as_bytes().get(length), Some(b'.' | b',')) {
        length += 1 + digits(length + 1);
    }
    let zone = text.get(length..).unwrap_or_default();
    if zone.starts_with('Z') {
        length += 1;
    } else if ["+00:00", "-00:00"].iter().any(|form| fits(zone, form)) {
        length += 6;
    }
    text.get(length..).is_some_and(|rest| rest.starts_with([' ', '\t', ']'])).then_some(length)
}

fn fits(text: &str, form: &str) -> bool {
    let fits = |(byte, form): (&u8, u8)| match form {
        b'0' => byte.is_ascii_digit(),
        b'_' => byte.is_ascii_digit() || *byte == b' ',
        b'a' => byte.is_ascii_alphabetic(),
        other => *byte == other,
    };
    text.len() >= form.len() && text.as_bytes().iter().zip(form.bytes()).all(fits)
}

const LEVELS: [&str; 6] = ["ERROR", "INFO", "WARNING", "CRITICAL", "DEBUG", "FATAL"];

/// Returns the length of what a logger writes before its message, keeping the message's indentation.
fn logger_head(text: &str) -> usize {
    let head = match text.as_bytes().first() {
        Some(b'[') => bracketed_head(text),
        Some(b'|' | b'-') => field_head(text),
        Some(b'0'..=b'9') => field_head(text).or_else(|| Some(line_time(text))),
        Some(b'A'..=b'Z') => vllm_head(text),
        _ => None,
    };
    head.unwrap_or(0)
}

/// Reads vLLM's `ERROR 11-12 08:01:24 [core.py:708] `, and the older `… core.py:708] `.
fn vllm_head(text: &str) -> Option<usize> {
    const STAMP: &str = " 00-00 00:00:00 ";
    let level = LEVELS.iter().find(|level| text.starts_with(**level))?;
    let rest = text.get(level.len()..).filter(|rest| fits(rest, STAMP))?;
    let place = rest.get(STAMP.len()..)?;
    let close = place.bytes().take(120).position(|byte| byte == b']')?;
    let place = place.get(..close)?.trim_start_matches('[');
    (!place.contains(' ') && place.contains(':')).then_some(())?;
    let length = level.len() + STAMP.len() + close + 1;
    Some(length + space(text, length))
}

/// Reads Hydra's `[2026-03-02 10:11:12,345][name][ERROR] - `, SGLang's `[2026-03-02 10:11:12 TP0] ` and
/// DeepSpeed's `[2026-03-02 10:11:12,345] [INFO] [engine.py:12:step] `.
fn bracketed_head(text: &str) -> Option<usize> {
    timestamp(text.get(1..)?)?;
    let mut length = text.bytes().take(60).position(|byte| byte == b']')? + 1;
    for _ in 0..2 {
        let gap = space(text, length);
        let Some(group) = text.get(length + gap..).and_then(|rest| rest.strip_prefix('[')) else {
            break;
        };
        let Some((inner, _)) = group.split_once(']').filter(|(inner, _)| inner.len() < 120) else {
            break;
        };
        let of_logger = gap == 0 || LEVELS.contains(&inner) || inner.contains(".py:");
        if !of_logger {
            break;
        }
        length += gap + inner.len() + 2;
    }
    let rest = text.get(length..)?;
    Some(length + if rest.starts_with(" - ") { 3 } else { space(text, length) })
}

/// Reads what stands after the time in `… - name - ERROR - ` of Python's loggers, and in loguru's
/// `… | ERROR    | module:function:12 - `.
fn field_head(text: &str) -> Option<usize> {
    let time = timestamp(text).map_or(0, |length| length + space(text, length));
    let front = text.get(time..)?;
    let mut at = front.starts_with(['|', '-']).then_some(0)?;
    let mut level = false;
    for _ in 0..4 {
        let rest = front.get(at..)?;
        let field = rest.strip_prefix("| ").or_else(|| rest.strip_prefix("- "))?;
        if level && rest.starts_with('-') {
            return Some(time + at + 2);
        }
        let end = [" - ", " | "].iter().filter_map(|mark| field.find(mark)).min()?;
        level |= LEVELS.contains(&field.get(..end)?.trim());
        at += 2 + end + 1;
    }
    None
}

/// Returns the length of the margin that exception groups draw before their tracebacks.
fn margin(text: &str) -> usize {
    let indent = text.bytes().take_while(|byte| *byte == b' ').count();
    let drawn = text.get(indent..).is_some_and(|rest| rest.starts_with("| "));
    if drawn && indent >= 2 { indent + 2 } else { 0 }
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
        for plain in [
            "(not a prefix) x",
            "[1] NCCL",
            "INFO: x",
            "12:01 x",
            "",
            "(",
            "[rank",
            "ERROR 1",
            "- x - y",
            "a | b",
        ] {
            assert_eq!(cleaned(plain), (String::new(), plain.to_owned(), Origin::default()));
        }
    }

    #[test]
    fn times_and_loggers_come_off() {
        for (raw, stream, text) in [
            ("2026-03-02T10:11:12.123456789Z (W pid=1)   x", "(W pid=1)", "  x"),
            ("2026-03-02T10:11:12.1+00:00 stderr F [rank3]: x", "[rank3]:", "x"),
            ("Mar  2 10:11:12 node7 python3[3312]: x", "node7 python3[3312]:", "x"),
            ("trainer-1  |     x", "trainer-1  |", "    x"),
            ("[pod/trainer-0/main] x", "[pod/trainer-0/main]", "x"),
            ("[1,3]<stderr>:x", "[1,3]<stderr>:", "x"),
            ("gx11: [rank3]:   x", "gx11: [rank3]:", "  x"),
            ("a-1 | gx11: [rank3]: x", "a-1 | gx11: [rank3]:", "x"),
            ("(W pid=1) 2026-03-02 10:11:12   x", "(W pid=1)", "  x"),
            ("ValueError: [x]", "", "ValueError: [x]"),
            ("[2026-03-02 10:11:12,345][name][ERROR] - x", "", "x"),
            ("[2026-03-02 10:11:12 TP0] x", "", "x"),
            ("[2026-03-02 10:11:12] [lib.cpp] x", "", "[lib.cpp] x"),
            ("[2026-03-02 10:11:12,345] [INFO] [engine.py:12:step] x", "", "x"),
            ("2026-03-02 10:11:12,345 - name - ERROR - x - y", "", "x - y"),
            ("2026-03-02 10:11:12.345 | ERROR    | a.b:c:12 - x", "", "x"),
            ("(W pid=1) 2026-03-02 10:11:12.345 | ERROR    | a.b:c:12 - x", "(W pid=1)", "x"),
            ("INFO 11-12 08:01:24 core.py:708] x", "", "x"),
            ("    |   x", "", "  x"),
        ] {
            let (found_stream, found, _) = cleaned(raw);
            assert_eq!((found_stream.as_str(), found.as_str()), (stream, text), "{raw}");
        }
        assert_eq!(cleaned("[1,3]<stderr>:x").2.rank, Some(3));
        let system = cleaned("Mar  2 10:11:12 node7 python3[3312]: x").2;
        assert_eq!((system.actor.as_deref(), system.pid), (Some("python3"), Some(3312)));
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
