use std::io::{self, Read};
use std::sync::OnceLock;

use regex_lite::Regex;

use super::blocks::Portions;
use super::def::{Kind, PhaseDef, SignalDef};
use super::event::Scan;
use super::launched::MARK;
use super::needle::needles;
use super::prefilter::{Prefilter, Target};
use super::reader::Reader;
use crate::text::{Fault, Source, Span, compile_pattern};

/// The signals and phases of a pack, ready to read logs.
///
/// A pattern is compiled when a line first holds one of its literals: most runs see one failure, and
/// compiling all patterns would take longer than everything else.
#[derive(Debug)]
pub struct Signals {
    pub(super) signals: Vec<Signal>,
    pub(super) phases: Vec<PhaseDef>,
    /// Finds the literals of all patterns at once.
    prefilter: OnceLock<Prefilter>,
}

impl Signals {
    /// Compiles and checks every pattern.
    ///
    /// # Errors
    /// All faults, each with the index of its signal and a span in that signal's pattern: a pattern
    /// that is no regular expression, or a type for a capture that the pattern does not have.
    pub fn compile(
        defs: Vec<SignalDef>,
        phases: Vec<PhaseDef>,
    ) -> Result<Self, Vec<(usize, Fault)>> {
        let signals = Self::trusted(defs, phases);
        let mut faults = Vec::new();
        for (index, signal) in signals.signals.iter().enumerate() {
            let found = signal.check();
            faults.extend(found.into_iter().map(|fault| (index, fault)));
        }
        if faults.is_empty() { Ok(signals) } else { Err(faults) }
    }

    /// Takes signals that were checked before, such as those of an embedded pack. A pattern that is
    /// no regular expression never matches.
    pub fn trusted(defs: Vec<SignalDef>, phases: Vec<PhaseDef>) -> Self {
        let signals = defs.into_iter().map(Signal::new).collect();
        Self { signals, phases, prefilter: OnceLock::new() }
    }

    /// Reads a log.
    pub fn scan(&self, source: &Source) -> Scan {
        // Reading from memory never fails.
        self.read(source.name(), &mut source.text().as_bytes(), &mut |_| ()).unwrap_or_default()
    }

    /// Reads a log of any length in bounded memory, telling now and then how many bytes were read.
    /// Bytes that are no UTF-8 count as a `?` each.
    ///
    /// # Errors
    /// What reading `input` fails with.
    pub fn read(
        &self,
        name: &str,
        input: &mut (dyn Read + Send),
        progress: &mut dyn FnMut(usize),
    ) -> io::Result<Scan> {
        self.read_in(Portions::default(), name, input, progress)
    }

    /// Reads a log as [`Self::read`] does, in these portions.
    ///
    /// # Errors
    /// What reading `input` fails with.
    pub fn read_in(
        &self,
        portions: Portions,
        name: &str,
        input: &mut (dyn Read + Send),
        progress: &mut dyn FnMut(usize),
    ) -> io::Result<Scan> {
        Reader::new(self, name).read(input, portions, progress)
    }

    /// Tells whether a line may show a failure, or the overrides of the job.
    pub(super) fn may_fail(&self, text: &str) -> bool {
        let mut failures = self.signals.iter().filter(|signal| signal.def.kind != Kind::Note);
        text.contains(MARK) || failures.any(|signal| signal.may_match(text))
    }

    pub(super) fn prefilter(&self) -> &Prefilter {
        let literals = |(index, signal): (usize, &'_ Signal)| {
            let target = match signal.def.kind {
                Kind::Note => Target::Note(index),
                _ => Target::Failure,
            };
            let needles = signal.needles.clone().unwrap_or_default();
            needles.into_iter().map(move |needle| (needle, target)).collect::<Vec<_>>()
        };
        self.prefilter.get_or_init(|| {
            let known: Vec<_> = self.signals.iter().enumerate().flat_map(literals).collect();
            let known = known.iter().map(|(needle, target)| (needle.as_str(), *target));
            Prefilter::new(known.chain([(MARK, Target::Failure)]))
        })
    }

    /// Tells whether some pattern has no literals, so that it is tried on every line.
    pub(super) fn tries_every_line(&self) -> bool {
        self.signals.iter().any(|signal| signal.needles.is_none())
    }
}

/// One signal and its pattern.
#[derive(Debug)]
pub(super) struct Signal {
    pub(super) def: SignalDef,
    needles: Option<Vec<String>>,
    regex: OnceLock<Option<Regex>>,
}

impl Signal {
    fn new(def: SignalDef) -> Self {
        Self { needles: needles(&def.pattern), def, regex: OnceLock::new() }
    }

    /// Tells whether a line may match.
    pub(super) fn may_match(&self, text: &str) -> bool {
        let needles = self.needles.as_ref();
        needles.is_none_or(|needles| needles.iter().any(|needle| text.contains(needle.as_str())))
    }

    /// Tells whether a message that matches begins with the literal.
    pub(super) fn is_first(&self) -> bool {
        let rest = self.def.pattern.strip_prefix('^');
        let needle =
            self.needles.as_deref().and_then(|needles| <&[String; 1]>::try_from(needles).ok());
        rest.zip(needle).is_some_and(|(rest, [needle])| rest.starts_with(needle.as_str()))
    }

    /// Tells whether the pattern looks at following lines.
    pub(super) fn joins_lines(&self) -> bool {
        self.def.pattern.contains("\\n")
    }

    pub(super) fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| compile_pattern(&self.def.pattern).ok()).as_ref()
    }

    fn check(&self) -> Vec<Fault> {
        let regex = match compile_pattern(&self.def.pattern) {
            Ok(regex) => regex,
            Err((span, why)) => {
                let message = format!("the pattern cannot be read: {why}");
                let fault = Fault::new("hydrule::pack::bad_pattern", span, message);
                return vec![fault.labelled("here")];
            }
        };
        let missing = |name: &String| !regex.capture_names().flatten().any(|it| it == name);
        let types = self.def.types.iter().map(|(name, _)| name).filter(|name| missing(name));
        let faults = types.map(|name| missing_capture(name, &self.def.pattern, &regex)).collect();
        let _ = self.regex.set(Some(regex));
        faults
    }
}

fn missing_capture(name: &str, pattern: &str, regex: &Regex) -> Fault {
    let names: Vec<&str> = regex.capture_names().flatten().collect();
    let message = format!("the pattern has no capture `{name}` to give a type to");
    let fault = Fault::new("hydrule::pack::missing_capture", Span::new(0, pattern.len()), message);
    let fault = fault.labelled(format!("no `(?<{name}>…)` in here"));
    match crate::text::nearest(name, names, 1).first() {
        Some(near) => fault.helped(format!("did you mean `{near}`?")),
        None => fault.helped("name a capture, or remove the type"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{Confidence, FactType};

    fn fault(pattern: &str, types: &[&str]) -> (String, String) {
        let def = SignalDef {
            name: "s".to_owned(),
            event: "oom".to_owned(),
            kind: Kind::Device,
            confidence: Confidence::Certain,
            pattern: pattern.to_owned(),
            types: types.iter().map(|name| ((*name).to_owned(), FactType::Int)).collect(),
            phase: None,
        };
        let faults = Signals::compile(vec![def], Vec::new()).unwrap_err();
        let (index, fault) = faults.into_iter().next().unwrap();
        assert_eq!(index, 0);
        let part = pattern.get(fault.span.start..fault.span.end).unwrap();
        (fault.message, part.to_owned())
    }

    #[test]
    fn faults_point_into_the_pattern() {
        assert_eq!(
            fault("é (abc", &[]),
            ("the pattern cannot be read: unclosed group".into(), "(".into())
        );
        assert_eq!(fault(r"a\yb", &[]).1, r"\y");
        let (message, _) = fault(r"(?<tried>\d+)", &["tired"]);
        assert_eq!(message, "the pattern has no capture `tired` to give a type to");
    }

    #[test]
    fn a_trusted_pattern_that_is_none_never_matches() {
        let def = SignalDef {
            name: "s".to_owned(),
            event: "oom".to_owned(),
            kind: Kind::Device,
            confidence: Confidence::Certain,
            pattern: "memory(".to_owned(),
            types: Vec::new(),
            phase: None,
        };
        let scan = Signals::trusted(vec![def], Vec::new()).scan(&Source::new("log", "memory("));
        assert!(scan.events.is_empty());
    }
}
