//! What rules came to before: the launches of a sweep differ in little.

use std::sync::Arc;

use foldhash::HashMap;

use super::broken::Broken;
use super::entries::Entries;
use super::judge::verdict_in;
use super::relevance;
use super::require::breaks;
use super::scope::View;
use super::state::{Entry, State};
use super::world::World;
use crate::condition::Verdict;
use crate::pack::{Pack, ReadBy, Rules, Version};

/// How many answers are remembered.
const MOST: usize = 1 << 15;

/// What rules of one pack came to in one world, by the overrides that each of them reads. Only the
/// versions that the target may be may differ from launch to launch.
#[derive(Debug, Default)]
pub struct Judged {
    /// By the rule, and by the addresses of the overrides.
    answers: HashMap<Box<[usize]>, Answer>,
    versions: Vec<Version>,
    awake: Option<Awake>,
    /// What is looked for, kept for its room.
    wanted: Vec<usize>,
}

/// Which rules may act on launches that set the same keys.
#[derive(Debug)]
struct Awake {
    /// One of them.
    entries: Entries,
    /// Nothing where all may.
    rules: Option<(Rules, ReadBy)>,
}

/// What a rule came to.
#[derive(Debug)]
struct Answer {
    says: bool,
    /// The overrides that it reads: as long as they are kept, no others have their addresses.
    _read: Vec<Arc<Entry>>,
}

/// What a launch shows at first: what is broken on it, and the options that may act, by their places.
pub(super) struct Sight {
    pub broken: Broken,
    pub options: Vec<usize>,
}

impl Sight {
    pub fn of(pack: &Pack, state: &State, world: &World) -> Self {
        let Rules { options, requirements } = relevance::rules(pack, state, world);
        Self { broken: Broken::among(requirements, pack, state, world), options }
    }
}

impl Awake {
    fn on(pack: &Pack, state: &State, world: &World) -> Self {
        let told = relevance::told(pack, state, world);
        Self { entries: state.entries.clone(), rules: told.map(|told| pack.awake_and_read(told)) }
    }

    /// Tells whether it is known to hold for a state.
    fn is_of(&self, state: &State) -> bool {
        state.directives.is_empty() && self.entries.share_keys(&state.entries)
    }
}

impl Judged {
    /// Looks at a launch as [`Sight::of`] does. Of the options are left those whose condition holds.
    pub(super) fn sight(&mut self, pack: &Pack, state: &State, world: &World) -> Sight {
        // The conditions of a sweep are tried for each of its elements.
        if state.entries.any_swept() {
            return Sight::of(pack, state, world);
        }
        if self.answers.len() >= MOST || self.versions != world.target.versions {
            self.answers.clear();
            self.awake = None;
            self.versions.clone_from(&world.target.versions);
        }
        let awake = self.awake.take().filter(|it| it.is_of(state));
        let awake = awake.unwrap_or_else(|| Awake::on(pack, state, world));
        let sight = match &awake.rules {
            Some((rules, read_by)) => self.sight_among(rules, read_by, pack, state, world),
            None => Sight::of(pack, state, world),
        };
        self.awake = Some(awake);
        sight
    }

    fn sight_among(
        &mut self,
        rules: &Rules,
        read_by: &ReadBy,
        pack: &Pack,
        state: &State,
        world: &World,
    ) -> Sight {
        let Rules { mut options, mut requirements } = rules.clone();
        let view = View::new(pack, state, world);
        requirements.retain(|at| {
            let rule = pack.requirements.get(*at);
            let judge = || rule.is_some_and(|rule| breaks(&view, rule));
            self.says((0, *at), read_by.requirement(*at), &state.entries, judge)
        });
        options.retain(|at| {
            let when = pack.options.get(*at).map(|it| &it.when.condition);
            let judge = || when.is_some_and(|when| verdict_in(&view, when) == Verdict::True);
            self.says((1, *at), read_by.option(*at), &state.entries, judge)
        });
        Sight { broken: Broken::known(requirements), options }
    }

    /// Tells what a rule comes to that reads the overrides at some places, and asks `judge` only where it
    /// has not read the same before. The rule is told by its kind and its place in the pack.
    fn says(
        &mut self,
        (kind, rule): (usize, usize),
        read: impl Iterator<Item = usize> + Clone,
        entries: &Entries,
        judge: impl FnOnce() -> bool,
    ) -> bool {
        let read = read.map(|place| entries.shared(place));
        self.wanted.clear();
        self.wanted.extend([kind, rule]);
        for entry in read.clone() {
            // What is no override is told in another way.
            let Some(entry) = entry else { return judge() };
            self.wanted.push(Arc::as_ptr(entry).addr());
        }
        if let Some(known) = self.answers.get(self.wanted.as_slice()) {
            return known.says;
        }
        let says = judge();
        let read: Vec<Arc<Entry>> = read.flatten().map(Arc::clone).collect();
        // An interpolation reads what nothing tells that the rule reads.
        if !read.iter().any(|it| it.interpolates()) {
            self.answers.insert(self.wanted.as_slice().into(), Answer { says, _read: read });
        }
        says
    }
}
