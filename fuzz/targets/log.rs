//! Logs: whatever bytes they hold, and in whatever pieces they come.
#![no_main]

use std::io::{self, Read};
use std::sync::OnceLock;

use hydrule::pack::{EMBEDDED, Watch, load};
use libfuzzer_sys::fuzz_target;

/// Gives so many bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.0.len().min(out.len()).min(self.1);
        let (now, later) = self.0.split_at(length);
        out[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

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
    let mut pieces = Pieces(bytes, 1 + bytes.len() % 97);
    let pieces = signals.read("job.log", &mut pieces, &mut |_| ()).expect("memory is read");
    assert_eq!(format!("{:?}", whole.events), format!("{:?}", pieces.events));
});
