//! Configurations that were tried before: JSON lines, bare or within a journal.

use serde_json::{Map, Value as Json};

use crate::engine::Tried;
use crate::pack::Pack;
use crate::text::{Fault, Faults, Source, Span, char_start, nearest};

/// Reads the lines of `--tried`. A line of a journal, told by its `command`, may hold a record as
/// `tried`; one without is passed over.
///
/// # Errors
/// Every line that is no record, each with its place.
pub fn read(pack: &Pack, source: &Source) -> Result<Vec<Tried>, Faults> {
    let (mut all, mut faults, mut at) = (Vec::new(), Vec::new(), 0);
    for line in source.text().split_inclusive('\n') {
        let (start, text) = (at, line.trim_end());
        at += line.len();
        if text.trim_start().is_empty() {
            continue;
        }
        match read_line(pack, source, Line { start, text }) {
            Ok(tried) => all.extend(tried),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(all) } else { Err(Faults { source: source.clone(), faults }) }
}

/// One line and where it starts.
#[derive(Clone, Copy)]
struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl Line<'_> {
    fn whole(&self) -> Span {
        Span::new(self.start, self.start + self.text.len())
    }

    /// Finds a field's name or a string in the line; the whole line where it is written otherwise.
    fn span_of(&self, word: &str) -> Span {
        let quoted = Json::from(word).to_string();
        match self.text.find(&quoted) {
            Some(at) if !word.is_empty() => {
                Span::new(self.start + at, self.start + at + quoted.len())
            }
            _ => self.whole(),
        }
    }
}

fn read_line(pack: &Pack, source: &Source, line: Line<'_>) -> Result<Option<Tried>, Fault> {
    let json: Json = serde_json::from_str(line.text).map_err(|error| {
        let column = char_start(line.text, error.column().saturating_sub(1));
        let message = error.to_string();
        let message = message.split(" at line").next().unwrap_or_default().to_owned();
        let fault = Fault::new("hydrule::tried::json", Span::at(line.start + column), message);
        fault.labelled("JSON cannot be read here")
    })?;
    let Some(object) = json.as_object() else {
        let message = "a line must be an object".to_owned();
        let fault = Fault::new("hydrule::tried::record", line.whole(), message);
        return Err(fault.labelled("`{` is wanted here"));
    };
    let of_journal = object.contains_key("command");
    let record: &Map<String, Json> = match (of_journal, object.get("tried")) {
        (true, None | Some(Json::Null)) => return Ok(None),
        (true, Some(tried)) => tried.as_object().ok_or_else(|| {
            let message = "`tried` must be an object".to_owned();
            Fault::new("hydrule::tried::record", line.span_of("tried"), message)
        })?,
        (false, _) => object,
    };
    let tried = Tried::read(record, source.at(line.whole()), pack.arguments.language).map_err(
        |(word, fault)| {
            let place = line.span_of(&word);
            Fault { span: place, ..fault }
        },
    )?;
    check_phase(pack, &tried, line)?;
    Ok(Some(tried))
}

/// A failure in a phase that the pack does not know would never count.
fn check_phase(pack: &Pack, tried: &Tried, line: Line<'_>) -> Result<(), Fault> {
    let Some(phase) = &tried.phase else { return Ok(()) };
    let known: Vec<&str> = pack.places().collect();
    if known.contains(&phase.as_str()) {
        return Ok(());
    }
    let message = format!("the pack `{}` has no phase `{phase}`", pack.name);
    let fault = Fault::new("hydrule::tried::phase", line.span_of(phase), message);
    Err(match nearest(phase, known.iter().copied(), 1).first() {
        Some(near) => fault.labelled(format!("did you mean `{near}`?")),
        None => fault.helped(format!("its phases are {}", known.join(", "))),
    })
}
