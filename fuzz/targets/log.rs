//! Logs: whatever bytes they hold, and in whatever portions two threads read them.
#![no_main]

use std::sync::OnceLock;

use hydrule::pack::{EMBEDDED, Watch, load};
use hydrule::signal::Portions;
use libfuzzer_sys::fuzz_target;

fn watch() -> &'static Watch {
    static WATCH: OnceLock<Watch> = OnceLock::new();
    WATCH.get_or_init(|| {
        let packs: Vec<_> = EMBEDDED.iter().filter_map(|pack| load(pack.name).ok()).collect();
        Watch::of(&packs)
    })
}

fuzz_target!(|bytes: &[u8]| {
    let signals = &watch().signals;
    let whole = signals.read("job.log", &mut &bytes[..], &mut |_| ()).expect("memory is read");
    let portions = Portions { block: 1 + bytes.len() % 97, alone: bytes.len() / 2, threads: 2 };
    let pieces = signals.read_in(portions, "job.log", &mut &bytes[..], &mut |_| ());
    let pieces = pieces.expect("memory is read");
    assert_eq!(format!("{:?}", whole.events), format!("{:?}", pieces.events));
});
