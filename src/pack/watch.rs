use indexmap::IndexMap;

use super::rule::Pack;
use crate::signal::{PhaseDef, SignalDef, Signals};

/// The signals and phases of several packs as one: a log is read once, whatever wrote it.
#[derive(Debug)]
pub struct Watch {
    /// The names of the packs.
    pub packs: Vec<String>,
    /// All their signals; what packs share is there once.
    pub signals: Signals,
    titles: IndexMap<String, String>,
}

impl Watch {
    /// Joins the signals of packs. On one line the first pack wins that knows it; what a pack extends
    /// stands behind its own.
    pub fn of(packs: &[Pack]) -> Self {
        let names = packs.iter().map(|pack| pack.name.clone()).collect();
        let holds = |pack: &Pack, other: &Pack| {
            let more = pack.signal_defs.len() > other.signal_defs.len();
            more && other.signal_defs.iter().all(|def| pack.signal_defs.contains(def))
        };
        let whole = |other: &&Pack| !packs.iter().any(|pack| holds(pack, other));
        let mut defs: Vec<SignalDef> = Vec::new();
        let mut phases: Vec<PhaseDef> = Vec::new();
        let mut titles = IndexMap::new();
        for pack in packs.iter().filter(whole) {
            let fresh = pack.signal_defs.iter().filter(|def| !defs.contains(def));
            let fresh: Vec<SignalDef> = fresh.cloned().collect();
            defs.extend(fresh);
            for phase in &pack.phases {
                titles.entry(phase.name.clone()).or_insert_with(|| phase.title.clone());
                let def = phase.to_def();
                match phases.iter_mut().find(|known| known.name == def.name) {
                    None => phases.push(def),
                    Some(known) => {
                        known.frames.extend(def.frames);
                        known.frames.sort();
                        known.frames.dedup();
                    }
                }
            }
        }
        Self { packs: names, signals: Signals::trusted(defs, phases), titles }
    }

    /// Returns a phase's title for people, or its name.
    pub fn phase_title<'a>(&'a self, name: &'a str) -> &'a str {
        self.titles.get(name).map_or(name, String::as_str)
    }
}
