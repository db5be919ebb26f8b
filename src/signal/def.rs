use crate::value::Value;

/// Whose failure a signal tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Memory of a GPU or another accelerator.
    Device,
    /// Memory of the host, its shared memory included.
    Host,
    /// The job failed and the message does not prove why.
    Unknown,
    /// No failure: something worth knowing.
    Note,
}

impl Kind {
    /// The words of packs and conditions.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("device", Self::Device),
        ("host", Self::Host),
        ("unknown", Self::Unknown),
        ("note", Self::Note),
    ];

    /// Returns the word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Host => "host",
            Self::Unknown => "unknown",
            Self::Note => "note",
        }
    }
}

/// How sure a message makes its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Confidence {
    /// The message itself says that memory ran out.
    Certain,
    /// The message is what a lack of memory leaves; other causes leave the same.
    Likely,
    /// The message does not say why the job failed.
    Open,
}

impl Confidence {
    /// The words that a pack may write.
    pub const WORDS: [(&'static str, Self); 2] =
        [("certain", Self::Certain), ("likely", Self::Likely)];

    /// Returns the word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Open => "open",
        }
    }
}

/// How the text of a capture becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactType {
    /// A number with its unit, such as `17.66 GiB`, `512.00 MiB` or `20 bytes`; a bare one is of bytes.
    Bytes,
    /// A bare number of GiB.
    Gib,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// The text itself.
    Text,
}

impl FactType {
    /// The words of packs.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("bytes", Self::Bytes),
        ("gib", Self::Gib),
        ("int", Self::Int),
        ("float", Self::Float),
        ("text", Self::Text),
    ];

    /// Reads a capture; none if the text does not have the form. Sizes become bytes, rounded.
    pub fn read(self, text: &str) -> Option<Value> {
        let text = text.trim();
        match self {
            Self::Bytes => size(text),
            Self::Gib => bytes(text, GIB),
            Self::Int => text.parse().ok().map(Value::Int),
            Self::Float => float(text).map(Value::Float),
            Self::Text => Some(Value::Str(text.to_owned())),
        }
    }
}

const GIB: f64 = 1_073_741_824.0;

/// Units in logs. PyTorch writes `GiB`; Ray writes `GB` and divides by 2^30 all the same
/// (`ray/_private/memory_monitor.py`), so both are binary here.
const UNITS: [(&str, f64); 8] = [
    ("", 1.0),
    ("bytes", 1.0),
    ("B", 1.0),
    ("kb", 1024.0),
    ("K", 1024.0),
    ("M", 1_048_576.0),
    ("G", GIB),
    ("T", 1_099_511_627_776.0),
];

fn size(text: &str) -> Option<Value> {
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = unit.trim_start();
    let stem = unit.strip_suffix("iB").or_else(|| unit.strip_suffix('B')).unwrap_or(unit);
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit || *name == stem)?;
    bytes(number, *scale)
}

fn bytes(number: &str, scale: f64) -> Option<Value> {
    let bytes = (float(number)? * scale).round();
    // Above 2^53 a size is no size, and the cast below would not be exact.
    #[expect(clippy::cast_possible_truncation, reason = "checked to be a small whole number")]
    (0.0..9_007_199_254_740_992.0).contains(&bytes).then_some(Value::Bytes(bytes as i64))
}

fn float(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// What the pack says about one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalDef {
    /// The signal's own name, such as `torch-oom`.
    pub name: String,
    /// The prefix of its facts, such as `oom`; several signals may share it.
    pub event: String,
    /// Whose failure it tells of.
    pub kind: Kind,
    /// How sure the message makes the kind.
    pub confidence: Confidence,
    /// A regular expression over the cleaned line; `\n` in it joins following lines of the process.
    pub pattern: String,
    /// The types of captures, by name; any other named capture is text.
    pub types: Vec<(String, FactType)>,
    /// The phase, where the message alone tells it.
    pub phase: Option<String>,
}

/// How the stack tells a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseDef {
    /// The phase's name.
    pub name: String,
    /// Whole words or pieces of text, one of which occurs in a frame or the source line below it.
    pub frames: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bytes() {
        let read = |text| FactType::Bytes.read(text);
        assert_eq!(read("17.66 GiB"), Some(Value::Bytes(18_962_280_612)));
        assert_eq!(read("512.00 MiB"), Some(Value::Bytes(512 << 20)));
        assert_eq!(read("20 bytes"), Some(Value::Bytes(20)));
        assert_eq!(read("1.5GB"), Some(Value::Bytes(3 << 29)));
        assert_eq!(read("7 B"), Some(Value::Bytes(7)));
        assert_eq!(read("8K"), Some(Value::Bytes(8192)));
        assert_eq!(read("5"), Some(Value::Bytes(5)));
        assert_eq!(read("3kb"), Some(Value::Bytes(3072)));
        assert_eq!(FactType::Gib.read("0.5"), Some(Value::Bytes(1 << 29)));
        for wrong in ["", "GiB", "1.2.3 GiB", "9e99 GiB", "1 EiB", "99999999999 TiB"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(FactType::Int.read("12x"), None);
        assert_eq!(FactType::Float.read("inf"), None);
    }

    #[test]
    fn words_and_names_agree() {
        for (word, kind) in Kind::WORDS {
            assert_eq!(word, kind.name());
        }
    }
}
