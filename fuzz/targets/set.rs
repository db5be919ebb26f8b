//! `set`: the first line is an override, the rest a launch script that gets it. What is written is read
//! again with that override, and setting it once more changes nothing.
#![no_main]

use hydrule::overrides::parse;
use hydrule::surface::bash::{Change, Outside, Script, Wanted, edit, read};
use hydrule::text::Source;
use libfuzzer_sys::fuzz_target;

fn set(script: &Script, changes: &[Change]) -> Option<String> {
    let wanted = Wanted { launches: &[0], changes, also: &[] };
    edit(script, &Outside::default(), &wanted).ok().map(|it| it.text)
}

fuzz_target!(|text: &str| {
    let Some((first, rest)) = text.split_once('\n') else { return };
    if first.starts_with('~') || parse(first).is_err() {
        return;
    }
    let Ok(script) = read(&Source::new("run.sh", rest), &Outside::default()) else { return };
    if script.launches.is_empty() {
        return;
    }
    let changes = [Change::setting(first)];
    let Some(written) = set(&script, &changes) else { return };
    let written = Source::new("run.sh", written);
    let script = read(&written, &Outside::default()).unwrap_or_else(|it| panic!("{it}"));
    // What it is set to already, by another way to write it, may be left as it is.
    let again = set(&script, &changes).unwrap_or_else(|| panic!("refused:\n{}", written.text()));
    assert_eq!(again, written.text(), "the same change changes more");
});
