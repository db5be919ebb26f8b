//! Parts of a goal that have nothing to do with one another.

use super::cells::{Bearing, CellSet, Cells};
use crate::condition::Condition;
use crate::pack::{Pack, PackOption};

/// Some conjuncts of the goal, and all that bears on them.
#[derive(Debug)]
pub(super) struct PartOfGoal<'a> {
    /// The conjuncts, in order of the text.
    pub goal: Vec<(Condition, CellSet)>,
    /// The cells that decide them and every step towards them.
    pub frame: CellSet,
    /// The options that write one of those, in pack order.
    pub options: Vec<(&'a PackOption, Bearing)>,
}

/// Cuts a goal into its parts, and leaves out every option that bears on none of them.
pub(super) fn parts<'a>(
    goal: &Condition,
    pack: &Pack,
    options: &[&'a PackOption],
    cells: &Cells,
    always: &[&Condition],
) -> Vec<PartOfGoal<'a>> {
    let always = cells.deciding(pack, always.iter().copied());
    let mut parts: Vec<PartOfGoal<'a>> = goal
        .conjuncts()
        .into_iter()
        .map(|conjunct| {
            let conjunct = Condition::parse(conjunct.fragment()).unwrap_or(conjunct);
            let frame = cells.deciding(pack, [&conjunct]);
            PartOfGoal { goal: vec![(conjunct, frame.clone())], frame, options: Vec::new() }
        })
        .collect();
    let bearings = options.iter().map(|it| (*it, Bearing::of(it, cells, pack, &always)));
    let mut open: Vec<(&PackOption, Bearing)> = bearings.collect();
    parts = joined(parts);
    loop {
        let bears = |(_, bearing): &(&PackOption, Bearing)| {
            parts.iter().any(|part| !part.frame.is_disjoint(&bearing.writes))
        };
        let (taken, rest): (Vec<_>, Vec<_>) = open.into_iter().partition(bears);
        if taken.is_empty() {
            break;
        }
        open = rest;
        for (option, bearing) in taken {
            let hit = parts.iter_mut().find(|part| !part.frame.is_disjoint(&bearing.writes));
            if let Some(part) = hit {
                part.frame.extend(&bearing.all);
                part.options.push((option, bearing));
            }
        }
        parts = joined(parts);
    }
    for part in &mut parts {
        let place = |id: &str| pack.options.iter().position(|it| it.id == id);
        part.options.sort_by_key(|(option, _)| place(&option.id));
    }
    parts
}

/// Joins the parts whose frames meet.
fn joined(parts: Vec<PartOfGoal<'_>>) -> Vec<PartOfGoal<'_>> {
    let mut out: Vec<PartOfGoal<'_>> = Vec::new();
    for part in parts {
        let mut whole = part;
        while let Some(at) = out.iter().position(|it| !it.frame.is_disjoint(&whole.frame)) {
            let mut first = out.remove(at);
            first.goal.append(&mut whole.goal);
            first.options.append(&mut whole.options);
            first.frame.append(&mut whole.frame);
            whole = first;
        }
        out.push(whole);
    }
    out
}
