//! The search of one part of a goal: uniform cost over states, so that the first state that makes
//! the goal true is the cheapest.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use indexmap::IndexMap;

use super::cells::{Bearing, Cells};
use super::part::PartOfGoal;
use super::space::{Setting, Space, Stray};
use crate::condition::Condition;
use crate::engine::broken::{Broken, check_broken};
use crate::engine::certificate::{Arrival, Examined, Move, Part, Reason};
use crate::engine::plan::{Planner, Trial};
use crate::engine::stand::{Stand, reason, stand};
use crate::engine::state::State;
use crate::pack::PackOption;

/// How a search ended.
pub(super) enum Explored {
    /// The cheapest plan, or that there is none.
    Ended(Box<Part>),
    /// More states than it may look at.
    GaveUp,
}

/// What an option makes of the cells that decide it.
#[derive(Clone)]
enum Tried {
    /// New contents, by their places in a setting.
    Step(Rc<[(usize, u32)]>),
    No(Rc<Reason>),
}

/// One way to a state.
struct Way {
    node: usize,
    /// The way before the last step, and the place of its option.
    from: Option<(usize, usize)>,
}

/// A state that was taken, and how.
struct Settled {
    node: usize,
    cost: u64,
    way: usize,
    stand: Rc<Stand>,
    moves: Vec<Tried>,
}

struct OptionAt<'a> {
    option: &'a PackOption,
    cost: u64,
    /// The places in a setting that decide it.
    places: Vec<usize>,
    memo: HashMap<Setting, Tried>,
}

struct ConjunctAt<'a> {
    condition: &'a Condition,
    places: Vec<usize>,
    memo: HashMap<Setting, Rc<Stand>>,
}

pub(super) struct Explorer<'a> {
    planner: &'a Planner<'a>,
    part: &'a PartOfGoal<'a>,
    cells: &'a Cells,
    space: Space<'a>,
    options: Vec<OptionAt<'a>>,
    goal: Vec<ConjunctAt<'a>>,
    /// Every setting that was reached, with the cheapest and shortest way known.
    nodes: IndexMap<Setting, (u64, usize)>,
    ways: Vec<Way>,
    queue: BTreeMap<(u64, usize), Vec<usize>>,
    /// The state that was made last, and what is broken on it.
    made: Option<(Setting, State, Broken)>,
}

impl<'a> Explorer<'a> {
    pub fn new(
        planner: &'a Planner<'a>,
        input: &'a State,
        cells: &'a Cells,
        part: &'a PartOfGoal<'a>,
        cost: impl Fn(&PackOption) -> u64,
    ) -> Self {
        let space = Space::new(input, cells, &part.frame);
        let option = |(option, bearing): &(&'a PackOption, Bearing)| OptionAt {
            option,
            cost: cost(option),
            places: space.places(&bearing.shown),
            memo: HashMap::new(),
        };
        let options = part.options.iter().map(option).collect();
        let goal = part.goal.iter();
        let goal = goal.map(|(condition, cells)| ConjunctAt {
            condition,
            places: space.places(cells),
            memo: HashMap::new(),
        });
        let goal = goal.collect();
        Self {
            planner,
            part,
            cells,
            space,
            options,
            goal,
            nodes: IndexMap::new(),
            ways: Vec::new(),
            queue: BTreeMap::new(),
            made: None,
        }
    }

    /// Searches, over at most `most` states.
    pub fn run(mut self, most: usize) -> Result<Explored, Stray> {
        let start = self.space.start();
        self.nodes.insert(start, (0, 0));
        self.ways.push(Way { node: 0, from: None });
        self.queue.insert((0, 0), vec![0]);
        let mut settled: Vec<Settled> = Vec::new();
        let mut seen: HashSet<usize> = HashSet::new();
        while let Some(((cost, steps), mut ways)) = self.queue.pop_first() {
            ways.sort_by(|one, other| self.compare(*one, *other));
            for way in ways {
                let Some(node) = self.ways.get(way).map(|way| way.node) else { continue };
                if !seen.insert(node) {
                    continue;
                }
                let Some((setting, _)) = self.nodes.get_index(node) else { continue };
                let setting = setting.clone();
                let stand = self.stand(&setting);
                if stand.is_true() {
                    return Ok(Explored::Ended(Box::new(self.ended(&settled, Some((cost, way))))));
                }
                let moves = self.moves(&setting, (cost, steps), way)?;
                settled.push(Settled { node, cost, way, stand, moves });
                if self.nodes.len() > most {
                    return Ok(Explored::GaveUp);
                }
            }
        }
        Ok(Explored::Ended(Box::new(self.ended(&settled, None))))
    }

    /// Orders two ways of equal length by their first options that differ.
    fn compare(&self, one: usize, other: usize) -> Ordering {
        let (mut one, mut other) = (one, other);
        let mut order = Ordering::Equal;
        while one != other {
            let from = |way: usize| self.ways.get(way).and_then(|way| way.from);
            let (Some(left), Some(right)) = (from(one), from(other)) else { break };
            if left.1 != right.1 {
                order = left.1.cmp(&right.1);
            }
            (one, other) = (left.0, right.0);
        }
        order
    }

    /// Tries every option on a state, and puts what it leads to into the queue.
    fn moves(
        &mut self,
        setting: &Setting,
        (cost, steps): (u64, usize),
        way: usize,
    ) -> Result<Vec<Tried>, Stray> {
        let mut moves = Vec::new();
        for index in 0..self.options.len() {
            let Some((tried, step)) = self.tried(index, setting)? else { continue };
            if let Tried::Step(contents) = &tried {
                let next = moved(setting, contents);
                let label = (cost.saturating_add(step), steps + 1);
                let entry = self.nodes.entry(next);
                let node = entry.index();
                let best = entry.or_insert(label);
                if label <= *best {
                    *best = label;
                    let arrival = self.ways.len();
                    self.ways.push(Way { node, from: Some((way, index)) });
                    self.queue.entry(label).or_default().push(arrival);
                }
            }
            moves.push(tried);
        }
        Ok(moves)
    }

    fn tried(&mut self, index: usize, setting: &Setting) -> Result<Option<(Tried, u64)>, Stray> {
        let Some(at) = self.options.get(index) else { return Ok(None) };
        let (option, cost) = (at.option, at.cost);
        let key = projected(setting, &at.places);
        if let Some(known) = at.memo.get(&key) {
            return Ok(Some((known.clone(), cost)));
        }
        let (state, broken) = self.make(setting);
        let judgement = self.planner.judge(option, &state);
        let tried = match self.planner.attempt(option, &judgement.verdict, (&state, &broken)) {
            Trial::Viable(applied) => {
                let after = self.space.setting(&applied.state)?;
                let places = (0..).zip(setting.iter().zip(&after));
                let contents = places.filter(|(_, (old, new))| old != new);
                Tried::Step(contents.map(|(place, (_, new))| (place, *new)).collect())
            }
            Trial::No(status) => Tried::No(Rc::new(reason(&status, &judgement.trace))),
        };
        self.made = Some((setting.clone(), state, broken));
        if let Some(at) = self.options.get_mut(index) {
            at.memo.insert(key, tried.clone());
        }
        Ok(Some((tried, cost)))
    }

    /// Takes the state of a setting, and what is broken on it.
    fn make(&mut self, setting: &Setting) -> (State, Broken) {
        match self.made.take().filter(|(made, ..)| made == setting) {
            Some((_, state, broken)) => (state, broken),
            None => {
                let state = self.space.state(setting);
                let broken = check_broken(self.planner.pack, &state, self.planner.world);
                (state, broken)
            }
        }
    }

    /// Says how the goal stands on a state: by its first conjunct that is not true.
    fn stand(&mut self, setting: &Setting) -> Rc<Stand> {
        let mut state = None;
        for at in &mut self.goal {
            let key = projected(setting, &at.places);
            let found = at.memo.entry(key).or_insert_with(|| {
                let state = state.get_or_insert_with(|| self.space.state(setting));
                Rc::new(stand(at.condition, self.planner.pack, state, self.planner.world))
            });
            if !found.is_true() {
                return Rc::clone(found);
            }
        }
        Rc::new(Stand::default())
    }

    /// Writes down what was found: the states that are cheaper than the plan, or all.
    fn ended(&self, settled: &[Settled], found: Option<(u64, usize)>) -> Part {
        let cheaper = settled.iter().filter(|it| found.is_none_or(|(cost, _)| it.cost < cost));
        let cheaper: Vec<&Settled> = cheaper.collect();
        let place: HashMap<usize, usize> = cheaper.iter().map(|it| it.node).zip(0..).collect();
        let names = (!self.cells.is_whole()).then(|| self.cells.names(&self.part.frame));
        let plan = found.map_or_else(Vec::new, |(_, way)| self.path(way));
        Part {
            goal: self.goal.iter().map(|at| at.condition.text().to_owned()).collect(),
            frame: names,
            options: self.options.iter().map(|at| (at.option.id.clone(), at.cost)).collect(),
            plan,
            cost: found.map(|(cost, _)| cost),
            states: cheaper.iter().map(|it| self.examined(it, &place)).collect(),
        }
    }

    fn path(&self, way: usize) -> Vec<String> {
        let mut path = Vec::new();
        let mut next = self.ways.get(way).and_then(|way| way.from);
        while let Some((before, option)) = next {
            path.extend(self.options.get(option).map(|at| at.option.id.clone()));
            next = self.ways.get(before).and_then(|way| way.from);
        }
        path.reverse();
        path
    }

    fn examined(&self, settled: &Settled, place: &HashMap<usize, usize>) -> Examined {
        let none = Setting::default();
        let setting = self.nodes.get_index(settled.node).map_or(&none, |(setting, _)| setting);
        let (overrides, directives) = self.space.differing(setting);
        let from = self.ways.get(settled.way).and_then(|way| way.from);
        let by = from.and_then(|(before, option)| {
            let before = self.ways.get(before)?.node;
            let option = self.options.get(option)?.option.id.clone();
            Some(Arrival { state: *place.get(&before)?, option })
        });
        let moves = self.options.iter().zip(&settled.moves).map(|(at, tried)| {
            let option = at.option.id.clone();
            match tried {
                Tried::No(why) => {
                    Move { option, cost: None, to: None, why_not: Some(Reason::clone(why)) }
                }
                Tried::Step(contents) => {
                    let node = self.nodes.get_index_of(&moved(setting, contents));
                    let to = node.and_then(|node| place.get(&node).copied());
                    let cost = Some(settled.cost.saturating_add(at.cost));
                    Move { option, cost, to, why_not: None }
                }
            }
        });
        Examined {
            cost: settled.cost,
            by,
            overrides,
            directives: directives.into_iter().collect(),
            goal: settled.stand.verdict.to_owned(),
            because: settled.stand.because.clone(),
            options: moves.collect(),
        }
    }
}

fn projected(setting: &Setting, places: &[usize]) -> Setting {
    places.iter().filter_map(|place| setting.get(*place).copied()).collect()
}

fn moved(setting: &Setting, contents: &[(usize, u32)]) -> Setting {
    let mut next = setting.clone();
    for (place, content) in contents {
        if let Some(slot) = next.get_mut(*place) {
            *slot = *content;
        }
    }
    next
}
