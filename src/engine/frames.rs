//! Checks that the parts of a certificate have nothing to do with one another, and that the options
//! it leaves out have nothing to do with any of them.

use std::collections::BTreeSet;

use super::alias::at_work;
use super::certificate::{Part, Search};
use super::certify::{Refused, ensure, refuse};
use super::plan::Planner;
use super::state::{Entry, State};
use crate::condition::{Condition, Target};
use crate::pack::{Pack, PackOption, Reads, Rewrite};
use crate::path::KeyPath;

/// Checks the frames of a search's parts.
pub(super) fn check(
    search: &Search,
    planner: &Planner<'_>,
    input: &State,
    options: &[&PackOption],
    goal: &Condition,
) -> Result<(), Refused> {
    if search.parts.iter().any(|part| part.frame.is_none()) {
        let [part] = search.parts.as_slice() else {
            return refuse("where anything may bear on anything, there is one part");
        };
        let all = part.options.keys().eq(options.iter().map(|it| &it.id));
        ensure(all, || "an option is left out")?;
        let goal = goal.conjuncts();
        return ensure(part.goal.len() == goal.len(), || "a part of the goal is left out");
    }
    let pack = planner.pack;
    let repairs = || pack.requirements.iter().map(|it| &it.breach.repair);
    let rewrites = || options.iter().map(|it| &it.rewrite).chain(repairs()).flatten();
    let plain = planner.world.base.is_none()
        && !at_work(pack, input, planner.world)
        && !input.entries.iter().any(Entry::interpolates)
        && !rewrites().any(|it| it.text().as_str().contains("${"));
    ensure(plain, || "keys are linked in ways that no frame shows")?;
    let writable: BTreeSet<String> = rewrites().filter_map(written).collect();
    for (at, part) in search.parts.iter().enumerate() {
        let others = search.parts.iter().skip(at + 1).filter_map(|it| it.frame.as_ref());
        let frame: BTreeSet<&String> = part.frame.iter().flatten().collect();
        let once = part.frame.as_ref().is_none_or(|it| it.len() == frame.len());
        ensure(once, || "a frame names a key twice")?;
        ensure(!others.flatten().any(|it| frame.contains(it)), || "two parts share a key")?;
        Frame { planner, writable: &writable, frame, part }.check(options, goal)?;
    }
    Ok(())
}

/// Checks that a step wrote nothing outside its part.
pub(super) fn check_written(part: &Part, input: &State, after: &State) -> Result<(), Refused> {
    let Some(frame) = &part.frame else { return Ok(()) };
    let known = |key: &str| frame.iter().any(|it| it == key);
    for change in input.changes_to(after) {
        let linked = change.after.is_some_and(|text| text.contains("${"));
        ensure(known(&change.key) && !linked, || format!("{} is not in the frame", change.key))?;
    }
    for (name, ..) in input.directive_changes_to(after) {
        ensure(known(&format!("sbatch:{name}")), || format!("{name} is not in the frame"))?;
    }
    Ok(())
}

struct Frame<'a> {
    planner: &'a Planner<'a>,
    writable: &'a BTreeSet<String>,
    frame: BTreeSet<&'a String>,
    part: &'a Part,
}

impl Frame<'_> {
    fn check(&self, options: &[&PackOption], goal: &Condition) -> Result<(), Refused> {
        let foreign = self.frame.iter().find(|it| !self.writable.contains(**it));
        ensure(foreign.is_none(), || "a frame has a key that nothing writes")?;
        let related = |name: &String| self.frame.iter().any(|it| meet(it, name));
        let cut = self.writable.iter().find(|it| related(it) && !self.frame.contains(it));
        ensure(cut.is_none(), || "a frame parts a section from a key in it")?;
        for text in &self.part.goal {
            let Ok(conjunct) = Condition::parse(text) else { return refuse("unreadable goal") };
            self.holds(&[&conjunct])?;
        }
        for conjunct in goal.conjuncts() {
            let read = self.reads(&[&conjunct]);
            let bears = self.frame.iter().any(|it| reads(&read, it));
            let listed = self.part.goal.iter().any(|it| it == conjunct.fragment());
            ensure(listed || !bears, || "a part of the goal is left out")?;
        }
        for option in options {
            let listed = self.part.options.contains_key(&option.id);
            let writes = self.reach(option);
            let bears = writes.iter().any(|it| self.frame.contains(it));
            ensure(bears == listed, || format!("{} is on the wrong side", option.id))?;
            if bears {
                self.option(option, &writes)?;
            }
        }
        Ok(())
    }

    /// Checks that all that decides a step is inside.
    fn option(&self, option: &PackOption, writes: &BTreeSet<String>) -> Result<(), Refused> {
        let all = writes.iter().all(|it| self.frame.contains(it));
        ensure(all, || format!("{} writes across the frame", option.id))?;
        let mut conditions = vec![&option.when.condition];
        conditions.extend(values(&option.rewrite));
        let (pack, request) = (self.planner.pack, self.planner.request);
        // What no write touches stays as it is, and is not repaired.
        for requirement in &pack.requirements {
            let touched = writes.iter().any(|it| reads(pack.reads(requirement), it));
            if touched {
                conditions.extend(requirement.when.iter().map(|it| &it.condition));
                conditions.push(&requirement.holds.condition);
                conditions.extend(values(&requirement.breach.repair));
            }
        }
        let preserved = pack.invariants.iter().filter(|it| request.preserve.contains(&it.id));
        conditions.extend(preserved.map(|it| &it.value.condition));
        self.holds(&conditions)
    }

    fn holds(&self, conditions: &[&Condition]) -> Result<(), Refused> {
        let read = self.reads(conditions);
        let outside = self.writable.iter().filter(|it| !self.frame.contains(it));
        match outside.into_iter().find(|name| reads(&read, name)) {
            Some(name) => refuse(format!("{name} bears on the part and is not in its frame")),
            None => Ok(()),
        }
    }

    fn reads(&self, conditions: &[&Condition]) -> Reads {
        let pack: &Pack = self.planner.pack;
        Reads::of(conditions.iter().copied(), &pack.lets, &pack.estimates, &pack.defaults)
    }

    /// Lists all that an option can write, with the repairs that this can call for.
    fn reach(&self, option: &PackOption) -> BTreeSet<String> {
        let mut writes: BTreeSet<String> = option.rewrite.iter().filter_map(written).collect();
        loop {
            let requirements = self.planner.pack.requirements.iter();
            let touched = requirements
                .filter(|it| writes.iter().any(|name| reads(self.planner.pack.reads(it), name)));
            let more: Vec<String> =
                touched.flat_map(|it| it.breach.repair.iter().filter_map(written)).collect();
            let before = writes.len();
            writes.extend(more);
            if writes.len() == before {
                return writes;
            }
        }
    }
}

/// Names what a rewrite writes; nothing where it is shown only.
fn written(rewrite: &Rewrite) -> Option<String> {
    match rewrite {
        Rewrite::Plain(parsed, _) => Some(parsed.key.clone()),
        Rewrite::Assign(assignment, _) => match &assignment.target {
            Target::Key(key) => Some(key.to_string()),
            Target::Directive(name) => Some(format!("sbatch:{name}")),
            Target::Environment(_) => None,
        },
    }
}

/// Lists what a rewrite computes, bounds included.
fn values(rewrites: &[Rewrite]) -> Vec<&Condition> {
    let mut values = Vec::new();
    for rewrite in rewrites {
        if let Rewrite::Assign(assignment, _) = rewrite {
            values.push(&assignment.value);
            values.extend(assignment.bounds.iter());
        }
    }
    values
}

fn reads(reads: &Reads, name: &str) -> bool {
    match name.strip_prefix("sbatch:") {
        Some(directive) => reads.reads_directive(directive),
        None => reads.may_depend_on(name),
    }
}

fn meet(one: &str, other: &str) -> bool {
    let (one, other) = (KeyPath::new(one), KeyPath::new(other));
    one.is_at_or_below(&other) || other.is_at_or_below(&one)
}
