//! Configurations: read, outlined, and changed where the first line is an override.
#![no_main]

use hydrule::config::{Config, outline::outline};
use hydrule::overrides::parse;
use hydrule::surface::yaml::edit;
use hydrule::text::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let whole = Source::new("config.yaml", text);
    let _ = Config::read(&whole);
    let _ = outline(text);
    let Some((first, rest)) = text.split_once('\n') else { return };
    let Ok(wanted) = parse(first) else { return };
    let source = Source::new("config.yaml", rest);
    let Ok(edited) = edit(&source, std::slice::from_ref(&wanted)) else { return };
    // What is written is a configuration, and holds what was wanted: the same change finds nothing to do.
    let edited = Source::new("config.yaml", edited.text);
    assert!(Config::read_plain(&edited).is_ok(), "no configuration any more:\n{}", edited.text());
    if first.starts_with('~') {
        return;
    }
    let again = edit(&edited, &[wanted]).unwrap_or_else(|it| panic!("{}", it.fault.message));
    assert_eq!(again.text, edited.text(), "the same change changes more");
});
