//! What rules can change, cut into cells that have nothing to do with one another.

use std::collections::BTreeSet;

use crate::condition::{Condition, Target};
use crate::engine::alias::at_work;
use crate::engine::state::{Entry, State};
use crate::engine::world::World;
use crate::pack::{Pack, PackOption, Reads, Requirement, Rewrite};
use crate::path::KeyPath;

/// A set of cells, by their places.
pub(super) type CellSet = BTreeSet<usize>;

/// The keys and directives that options and repairs write. Keys of which one lies below the other
/// share a cell: the order in which they were written counts.
#[derive(Debug)]
pub(super) struct Cells {
    /// None where anything may bear on anything: then there is one cell for all.
    cells: Option<Vec<Vec<Place>>>,
}

/// Something that a rule can write.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Key(KeyPath),
    Directive(String),
}

impl Cells {
    /// Cuts what some options and the repairs of a pack can write.
    pub fn of(pack: &Pack, options: &[&PackOption], input: &State, world: &World) -> Self {
        let rewrites = options.iter().map(|option| &option.rewrite);
        let rewrites =
            rewrites.chain(pack.requirements.iter().map(|it| &it.breach.repair)).flatten();
        let rewrites: Vec<&Rewrite> = rewrites.collect();
        // A base configuration, old names and interpolations link keys in ways that no rule shows, and what was
        // tried before is compared as a whole.
        if world.base.is_some()
            || at_work(pack, input, world)
            || !world.tried.is_empty()
            || input.entries.iter().any(Entry::interpolates)
            || rewrites.iter().any(|it| it.text().as_str().contains("${"))
        {
            return Self::whole();
        }
        let mut cells: Vec<Vec<Place>> = Vec::new();
        for place in rewrites.iter().filter_map(|it| place(it)) {
            let (mut related, others): (Vec<_>, Vec<_>) =
                cells.into_iter().partition(|cell| cell.iter().any(|it| it.meets(&place)));
            cells = others;
            related.push(vec![place]);
            let mut joined: Vec<Place> = Vec::new();
            for place in related.into_iter().flatten() {
                if !joined.contains(&place) {
                    joined.push(place);
                }
            }
            cells.push(joined);
        }
        Self { cells: Some(cells) }
    }

    /// Takes everything for one.
    pub fn whole() -> Self {
        Self { cells: None }
    }

    /// Tells whether everything is one cell.
    pub fn is_whole(&self) -> bool {
        self.cells.is_none()
    }

    /// Finds the cell of a key or, with `sbatch:`, of a directive.
    pub fn find(&self, key: &str) -> Option<usize> {
        let Some(cells) = &self.cells else { return Some(0) };
        let place = match key.strip_prefix("sbatch:") {
            Some(name) => Place::Directive(name.to_owned()),
            None => Place::Key(KeyPath::new(key)),
        };
        cells.iter().position(|cell| cell.contains(&place))
    }

    /// Lists the keys and directives of some cells.
    pub fn names(&self, of: &CellSet) -> Vec<String> {
        let cells = self.cells.iter().flatten().enumerate();
        let mut names: Vec<String> = cells
            .filter(|(index, _)| of.contains(index))
            .flat_map(|(_, cell)| cell.iter().map(Place::name))
            .collect();
        names.sort();
        names
    }

    fn read_by(&self, reads: &Reads) -> CellSet {
        let Some(cells) = &self.cells else { return CellSet::from([0]) };
        let read = |place: &Place| match place {
            Place::Key(key) => reads.may_depend_on(key.as_str()),
            Place::Directive(name) => reads.reads_directive(name),
        };
        let cells = cells.iter().enumerate().filter(|(_, cell)| cell.iter().any(read));
        cells.map(|(index, _)| index).collect()
    }

    fn written_by(&self, rewrites: &[Rewrite]) -> CellSet {
        rewrites.iter().filter_map(|it| self.find(&place(it)?.name())).collect()
    }

    /// Returns what decides conditions.
    pub fn deciding<'a>(
        &self,
        pack: &Pack,
        conditions: impl IntoIterator<Item = &'a Condition>,
    ) -> CellSet {
        self.read_by(&Reads::of(conditions, &pack.lets, &pack.estimates, &pack.defaults))
    }
}

impl Place {
    fn name(&self) -> String {
        match self {
            Self::Key(key) => key.to_string(),
            Self::Directive(name) => format!("sbatch:{name}"),
        }
    }

    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(one), Self::Key(other)) => {
                one.is_at_or_below(other) || other.is_at_or_below(one)
            }
            (Self::Directive(one), Self::Directive(other)) => one == other,
            _ => false,
        }
    }
}

fn place(rewrite: &Rewrite) -> Option<Place> {
    match rewrite {
        Rewrite::Plain(parsed, _) => Some(Place::Key(KeyPath::new(parsed.key.as_str()))),
        Rewrite::Assign(assignment, _) => match &assignment.target {
            Target::Key(key) => Some(Place::Key(key.clone())),
            Target::Directive(name) => Some(Place::Directive(name.clone())),
            Target::Environment(_) => None,
        },
    }
}

fn formulas(rewrites: &[Rewrite]) -> impl Iterator<Item = &Condition> {
    let assignments = rewrites.iter().filter_map(|rewrite| match rewrite {
        Rewrite::Assign(assignment, _) => Some(assignment),
        Rewrite::Plain(..) => None,
    });
    assignments.flat_map(|it| [&it.value].into_iter().chain(it.bounds.iter()))
}

/// What a step of an option can write, and what decides the step.
#[derive(Debug)]
pub(super) struct Bearing {
    /// The cells it writes, repairs included.
    pub writes: CellSet,
    /// The cells that decide whether it is a step, and what it writes.
    pub all: CellSet,
    /// The cells that are shown in its reasons as well.
    pub shown: CellSet,
}

impl Bearing {
    /// Follows an option through the requirements that its writes can break and their repairs.
    pub fn of(option: &PackOption, cells: &Cells, pack: &Pack, always: &CellSet) -> Self {
        let conditions = [&option.when.condition].into_iter().chain(formulas(&option.rewrite));
        let mut all = cells.deciding(pack, conditions);
        all.extend(always);
        let mut writes = cells.written_by(&option.rewrite);
        let mut shown = CellSet::new();
        let mut open: Vec<&Requirement> = pack.requirements.iter().collect();
        loop {
            let touched = |it: &&Requirement| !cells.read_by(pack.reads(it)).is_disjoint(&writes);
            let (touched, rest): (Vec<_>, Vec<_>) = open.into_iter().partition(touched);
            if touched.is_empty() {
                break;
            }
            for requirement in touched {
                writes.extend(cells.written_by(&requirement.breach.repair));
                all.extend(cells.read_by(pack.reads(requirement)));
                all.extend(cells.deciding(pack, formulas(&requirement.breach.repair)));
                let message = in_message(&requirement.breach.message);
                shown.extend(cells.deciding(pack, &message));
            }
            open = rest;
        }
        all.extend(&writes);
        shown.extend(&all);
        Self { writes, all, shown }
    }
}

/// Reads the expressions of a message.
fn in_message(message: &str) -> Vec<Condition> {
    let parts = message.split('{').skip(1).filter_map(|part| part.split_once('}'));
    parts.filter_map(|(inner, _)| Condition::parse(inner).ok()).collect()
}
