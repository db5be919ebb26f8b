//! What came of a goal: the plan's cost, and why nothing cheaper does.

use serde_json::{Value as Json, json};

use super::human::Page;
use super::paint::{Look, wrapped};
use super::words;
use crate::engine::{Certificate, Examined, Move, Part, Pursued, Pursuit, Reason, Weights, totals};
use crate::pack::{Dimension, Pack, PackOption, UNITS};
use crate::text::join_and;

/// How many cheaper sets of options a plan's report shows.
pub(super) const SHOWN: usize = 5;

/// How many an explanation shows.
pub(super) const SHOWN_ALL: usize = 25;

/// Columns of the labels.
const LABEL: usize = 10;

/// Writes what came of a goal, with at most `shown` of the cheaper sets.
pub(super) fn goal_section(pursuit: &Pursuit, pack: &Pack, shown: usize, look: Look) -> String {
    let mut page = Page::new(look);
    page.line("");
    let goal: Vec<&str> = pursuit.goal.condition.text().split_whitespace().collect();
    let goal = page.paint.strong(&goal.join(" "));
    let (mark, word) = match &pursuit.outcome {
        Pursued::True => (page.paint.good("✓"), "The goal is true already, so nothing is to do"),
        Pursued::Reached(_) => (page.paint.good("✓"), "The goal is reached"),
        Pursued::Unreachable(_) => (page.paint.bad("✗"), "No plan reaches the goal"),
        Pursued::Unknown(_) => (page.paint.warn("?"), "Nothing tells whether the goal is true"),
        Pursued::GaveUp { .. } => (page.paint.warn("!"), "No plan was found for the goal"),
    };
    page.line(&format!("{mark} {word}: {goal}"));
    let mut section = Section { page, pack, weights: &pursuit.goal.weights, shown };
    match &pursuit.outcome {
        Pursued::True => {}
        Pursued::Unknown(missing) => {
            let text = words::unknown(missing);
            section.field("missing", text.strip_prefix("unknown: ").unwrap_or(&text));
        }
        Pursued::Reached(certificate) => {
            section.field("before", &pursuit.because);
            section.reached(certificate);
        }
        Pursued::Unreachable(certificate) => {
            section.field("now", &pursuit.because);
            section.unreachable(certificate);
        }
        Pursued::GaveUp { states } => {
            section.field("now", &pursuit.because);
            let text = format!(
                "gave up after {states} states; fewer options (--only) or a simpler goal may do, or \
                 steps one by one (--steps)"
            );
            section.field("search", &text);
        }
    }
    section.page.out
}

struct Section<'a> {
    page: Page,
    pack: &'a Pack,
    weights: &'a Weights,
    shown: usize,
}

impl Section<'_> {
    fn field(&mut self, label: &str, text: &str) {
        self.page.labelled(label, LABEL, text);
    }

    fn reached(&mut self, certificate: &Certificate) {
        let Some((cost, last)) = certificate.cost.zip(certificate.searches.last()) else { return };
        let options = options_of(&certificate.plan, self.pack);
        let sums: Vec<String> = totals(options.into_iter())
            .into_iter()
            .map(|(dimension, amount)| words::cost(dimension.name(), amount))
            .collect();
        let sums = if sums.is_empty() { String::new() } else { format!(": {}", sums.join(", ")) };
        let text = format!("{}{sums}; {}", plain(cost), weights(self.weights));
        self.field("cost", &text);
        if certificate.searches.len() > 1 {
            self.field("safety", "no plan of safe options alone reaches it");
        }
        let mut cheaper: Vec<(u64, String, String)> = Vec::new();
        for part in &last.parts {
            let others = last.parts.iter().filter(|part| !part.states.is_empty()).count() > 1;
            for (at, examined) in part.states.iter().enumerate() {
                let path = path(part, at);
                if path.is_empty() && (others || part.states.len() > 1) {
                    continue;
                }
                cheaper.push((examined.cost, named(&path), examined.because.clone()));
            }
        }
        cheaper.sort_by(|one, other| (other.0, &one.1).cmp(&(one.0, &other.1)));
        self.cheaper(&cheaper);
        self.refused(last.parts.iter().filter_map(|part| Some((part, part.states.first()?))));
    }

    fn cheaper(&mut self, cheaper: &[(u64, String, String)]) {
        if cheaper.is_empty() {
            return self.field("cheapest", "nothing costs less");
        }
        let text = match cheaper.len() {
            1 => "the only cheaper choice fails:".to_owned(),
            2 => "both cheaper choices fail:".to_owned(),
            number => format!("all {number} cheaper choices fail, the nearest first:"),
        };
        self.field("cheapest", &text);
        for (cost, names, because) in cheaper.iter().take(self.shown) {
            self.item(&plain(*cost), names, because);
        }
        if let Some(more) = cheaper.len().checked_sub(self.shown).filter(|more| *more > 0) {
            let text = format!("and {more} more, all of them in --output-format json");
            self.field("", &text);
        }
    }

    /// Lists the options that rules forbid although they are cheap enough.
    fn refused<'b>(&mut self, parts: impl Iterator<Item = (&'b Part, &'b Examined)>) {
        let mut all = Vec::new();
        for (part, input) in parts {
            for step in &input.options {
                let cheap = part.options.get(&step.option) < part.cost.as_ref();
                let why = step.why_not.as_ref().filter(|_| cheap);
                let Some(why) = why.filter(|why| words::is_forbidden(why)) else { continue };
                all.push((step.option.clone(), words::why_not(why)));
            }
        }
        if all.is_empty() {
            return;
        }
        self.field("forbidden", "cheap enough, but not possible:");
        for (option, why) in all.iter().take(self.shown) {
            self.item("✗", option, why);
        }
        if let Some(more) = all.len().checked_sub(self.shown).filter(|more| *more > 0) {
            self.field("", &format!("and {more} more"));
        }
    }

    fn unreachable(&mut self, certificate: &Certificate) {
        let part = certificate.searches.last().and_then(|search| search.parts.first());
        let Some(part) = part else { return };
        if part.goal.join(" && ") != certificate.goal {
            self.field("because of", &part.goal.join(" && "));
        }
        if part.options.is_empty() {
            return self.field("options", "none writes anything that decides it");
        }
        let text = match part.states.len() {
            1 => "none of those that bear on it can be applied:".to_owned(),
            number => format!("not in any of the {number} states that those lead to:"),
        };
        self.field("options", &text);
        for blocked in blocked(part) {
            let mark = if blocked.applies { "·" } else { "✗" };
            self.item(mark, blocked.option, &blocked.text());
        }
    }

    /// A line of a list; what does not fit goes below.
    fn item(&mut self, mark: &str, name: &str, text: &str) {
        let width = self.page.look.width.max(40);
        let indent = " ".repeat(4 + LABEL);
        let mark = if mark.chars().count() == 1 { mark.to_owned() } else { format!("{mark:>7}") };
        let long =
            indent.len() + mark.chars().count() + name.chars().count() + text.chars().count();
        let (faint, name) = (self.page.paint.faint(&mark), self.page.paint.name(name));
        if long + 4 <= width {
            return self.page.line(&format!("{indent}{faint} {name}  {text}"));
        }
        self.page.line(&format!("{indent}{faint} {name}"));
        let deeper = format!("{indent}{}", " ".repeat(mark.chars().count() + 1));
        for row in wrapped(text, width - deeper.len().min(width)) {
            self.page.line(&format!("{deeper}{row}"));
        }
    }
}

fn options_of<'a>(ids: &[String], pack: &'a Pack) -> Vec<&'a PackOption> {
    ids.iter().filter_map(|id| pack.options.iter().find(|it| it.id == *id)).collect()
}

/// Writes a cost in units as a number of three decimals.
fn plain(cost: u64) -> String {
    let thousandths = (cost + UNITS / 2000) / (UNITS / 1000);
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

fn weights(weights: &Weights) -> String {
    let others: Vec<String> = weights
        .iter()
        .filter(|(_, weight)| (weight - 1.0).abs() > f64::EPSILON)
        .map(|(dimension, weight)| format!("{} {weight}", dimension.name()))
        .collect();
    match others.as_slice() {
        [] => "every weight is 1".to_owned(),
        others => format!("weights {}, otherwise 1", others.join(", ")),
    }
}

/// Lists the options on the way to a state.
fn path(part: &Part, at: usize) -> Vec<&str> {
    let mut path = Vec::new();
    let mut next = part.states.get(at).and_then(|it| it.by.as_ref());
    while let Some(arrival) = next {
        path.push(arrival.option.as_str());
        next = part.states.get(arrival.state).and_then(|it| it.by.as_ref());
    }
    path.reverse();
    path
}

/// Names a set of options; one that is taken several times stands once.
fn named(path: &[&str]) -> String {
    let mut names: Vec<(&str, usize)> = Vec::new();
    for option in path {
        match names.iter_mut().find(|(name, _)| name == option) {
            Some((_, times)) => *times += 1,
            None => names.push((option, 1)),
        }
    }
    let names = names.into_iter().map(|(name, times)| match times {
        1 => name.to_owned(),
        _ => format!("{name} × {times}"),
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() { "nothing at all".to_owned() } else { names.join(" + ") }
}

/// What stops an option, where no plan makes the goal true.
struct Blocked<'a> {
    option: &'a str,
    /// Whether it can be applied anywhere, before it is stopped.
    applies: bool,
    /// Why it is no step, and where.
    stop: Option<(&'a Reason, &'a Examined)>,
}

/// Says what stops each option of a part without a plan: on the input, or behind its own last step.
fn blocked(part: &Part) -> Vec<Blocked<'_>> {
    let of = |option: &'_ str| {
        let moves: Vec<(&Move, &Examined)> = part
            .states
            .iter()
            .flat_map(|state| state.options.iter().map(move |step| (step, state)))
            .filter(|(step, _)| step.option == option)
            .collect();
        let stops =
            || moves.iter().filter_map(|(step, state)| Some((step.why_not.as_ref()?, *state)));
        let own = |state: &Examined| state.by.as_ref().is_some_and(|by| by.option == option);
        let applies = moves.iter().any(|(step, _)| step.why_not.is_none());
        // What a rule refuses says more than a condition that has become false.
        let behind =
            |rule: bool| stops().find(|(why, at)| own(at) && (!rule || why.rule.is_some()));
        let stop = if applies { behind(true).or(behind(false)) } else { stops().next() };
        (applies, stop)
    };
    let options = part.options.keys();
    options
        .map(|option| {
            let (applies, stop) = of(option);
            Blocked { option, applies, stop }
        })
        .collect()
}

impl Blocked<'_> {
    fn text(&self) -> String {
        match self.stop {
            None if self.applies => {
                "can be applied, and changes nothing that the goal needs".to_owned()
            }
            None => "is no step".to_owned(),
            Some((why, _)) if !self.applies => words::why_not(why),
            Some((why, at)) => {
                let state = at.overrides.iter().cloned();
                let directives =
                    at.directives.iter().map(|(name, value)| format!("sbatch:{name}={value}"));
                let state: Vec<String> = state.chain(directives).collect();
                format!("stops at {}: {}", join_and(&state), words::why_not(why))
            }
        }
    }

    fn to_json(&self) -> Json {
        let place = self.stop.filter(|_| self.applies).map(|(_, at)| at);
        json!({
            "option": self.option,
            "applies": self.applies,
            "why": self.stop.map(|(why, _)| words::why_not(why)),
            "rule": self.stop.and_then(|(why, _)| why.rule.as_ref()),
            "overrides": place.map(|at| &at.overrides),
            "directives": place.map(|at| &at.directives),
        })
    }
}

/// Gives what came of a goal as data.
pub(super) fn goal_json(pursuit: &Pursuit, pack: &Pack) -> Json {
    let (status, certificate) = match &pursuit.outcome {
        Pursued::True => ("true", None),
        Pursued::Unknown(_) => ("unknown", None),
        Pursued::Reached(certificate) => ("reached", Some(certificate)),
        Pursued::Unreachable(certificate) => ("unreachable", Some(certificate)),
        Pursued::GaveUp { .. } => ("gave up", None),
    };
    let missing = match &pursuit.outcome {
        Pursued::Unknown(missing) => missing.as_slice(),
        _ => &[],
    };
    let missing = missing
        .iter()
        .map(|it| json!({ "name": it.name, "why": it.why, "supply": it.supply }))
        .collect::<Vec<_>>();
    let by_name = |pairs: &mut dyn Iterator<Item = (Dimension, f64)>| -> Json {
        pairs.map(|(dimension, amount)| (dimension.name().to_owned(), Json::from(amount))).collect()
    };
    let plan = certificate.map(|it| options_of(&it.plan, pack)).unwrap_or_default();
    let last = certificate.filter(|it| it.cost.is_none()).and_then(|it| it.searches.last());
    let blocked = last.and_then(|it| it.parts.first()).map(blocked).unwrap_or_default();
    let blocked: Vec<Json> = blocked.iter().map(Blocked::to_json).collect();
    json!({
        "expression": pursuit.goal.condition.text(),
        "status": status,
        "because": pursuit.because,
        "missing": missing,
        "units": UNITS,
        "cost": certificate.and_then(|it| it.cost),
        "costs": by_name(&mut totals(plan.into_iter()).into_iter()),
        "weights": by_name(&mut pursuit.goal.weights.iter()),
        "blocked": blocked,
        "certificate": certificate,
    })
}
