use super::Done;
use super::args::ParseArgs;
use super::console::Console;
use super::error::CliError;
use super::lines::each_line;
use crate::overrides::{parse, record};
use crate::report::Paint;
use crate::text::{Faults, Source};

/// `hydrule parse`.
pub fn run(args: &ParseArgs, console: &mut Console) -> Result<Done, CliError> {
    if args.jsonl {
        return each_line(|line, out| {
            let text: String = serde_json::from_str(line)?;
            writeln!(out, "{}", record(&text)).map_err(serde_json::Error::io)
        });
    }
    let mut faulty = Vec::new();
    for (index, text) in args.overrides.iter().enumerate() {
        match parse(text) {
            Ok(_) => {
                let described = describe(text, Paint::new(console.out));
                console.page(&described)?;
            }
            Err(fault) => {
                let source = Source::new(format!("override {}", index + 1), text.as_str());
                faulty.push(Faults::one(source, fault));
            }
        }
    }
    if faulty.is_empty() { Ok(Done::Clean) } else { Err(CliError::Faults(faulty)) }
}

fn describe(text: &str, paint: Paint) -> String {
    let record = record(text);
    let mut out = format!("{}\n", paint.strong(text));
    for field in
        ["type", "key", "package", "value_type", "value", "element_string", "key_element", "sweep"]
    {
        match record.get(field) {
            None | Some(serde_json::Value::Null) => {}
            Some(serde_json::Value::String(text)) => {
                out.push_str(&format!("  {} {text}\n", paint.faint(&format!("{field:<15}"))));
            }
            Some(other) => {
                out.push_str(&format!("  {} {other}\n", paint.faint(&format!("{field:<15}"))));
            }
        }
    }
    out
}
