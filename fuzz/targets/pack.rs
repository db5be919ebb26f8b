//! Packs: a folder with one file, which is read whole and checked.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use hydrule::pack::{PackError, load};
use libfuzzer_sys::fuzz_target;

/// A file in memory that only this process writes.
fn place() -> &'static PathBuf {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        let memory = PathBuf::from("/dev/shm");
        let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
        folder.join(format!("hydrule-fuzz-{}.toml", std::process::id()))
    })
}

fuzz_target!(|text: &str| {
    let place = place();
    fs::write(place, text).expect("the file of the pack can be written");
    match load(&place.display().to_string()) {
        Ok(pack) => assert!(!pack.name.is_empty()),
        Err(PackError::Faulty(all)) => {
            assert!(all.iter().any(|it| !it.faults.is_empty()), "it is refused without a reason");
            for faults in &all {
                for fault in &faults.faults {
                    let _ = faults.source.line_column(fault.span.start);
                    assert!(!fault.message.is_empty());
                }
            }
        }
        Err(other) => panic!("{other}"),
    }
});
