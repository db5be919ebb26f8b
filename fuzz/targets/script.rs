//! Launch scripts: what is read lies in the text, and whatever else looks at a script bears any.
#![no_main]

use hydrule::report::{Look, render_faults};
use hydrule::surface::bash::{Outside, findings, read};
use hydrule::surface::pins::{idle_pins, marks_of, pinned_directives, pinned_keys};
use hydrule::surface::slurm::{read_directives, read_header};
use hydrule::text::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let source = Source::new("run.sh", text);
    let _ = read_directives(&source);
    let _ = read_header(&source);
    let _ = pinned_directives(&source);
    let script = match read(&source, &Outside::default()) {
        Ok(script) => script,
        Err(faults) => {
            assert!(!faults.faults.is_empty(), "it is refused without a reason");
            assert!(!render_faults(&faults, Look::PLAIN).is_empty());
            return;
        }
    };
    let _ = idle_pins(&script);
    let _ = findings(&script);
    let marks = marks_of(&script);
    for launch in &script.launches {
        let _ = pinned_keys(&script, &marks, launch);
        let place = script.at(launch.location.span);
        assert!(place.span.end <= place.source.text().len(), "a launch lies outside of the text");
    }
});
