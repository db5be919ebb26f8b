//! Options that do nothing, help nowhere, or go too far.

use super::finding::Finding;
use super::input::{Input, Site, Var};
use super::proof::{Wanted, never, places};
use super::search::{Attempt, Search, target, written};
use crate::condition::{Assignment, Condition, Target, Verdict};
use crate::engine::{Discord, Rejection, Request, Status, Unsettled, judge};
use crate::pack::{PackOption, Rewrite, Safety};
use crate::signal::Kind;
use crate::text::{Location, join_and};
use crate::value::Value;

/// How many inputs are tried for one option.
pub const SAMPLES: usize = 40;

/// Checks every option by itself.
pub fn check(search: &Search<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for option in search.pack.options.iter() {
        findings.extend(unexplained(option));
        findings.extend(loads_what_it_relieves(search, option));
        if let Some(dead) = dead(search, option) {
            findings.push(dead);
            continue;
        }
        findings.extend(wrong_phase(search, option));
        findings.extend(no_effect(search, option));
        findings.extend(steps(search, option));
    }
    for requirement in &search.pack.requirements {
        let empty =
            requirement.breach.source.as_ref().is_none_or(|source| source.trim().is_empty());
        if empty {
            let what = Unexplained { id: &requirement.id, field: "source" };
            findings.push(what.finding(requirement.location.clone()));
        }
    }
    findings
}

struct Unexplained<'a> {
    id: &'a str,
    field: &'static str,
}

impl Unexplained<'_> {
    fn finding(&self, location: Location) -> Finding {
        Finding {
            code: "hydrule::verify::unexplained",
            rules: vec![self.id.to_owned()],
            message: format!("`{}` has no `{}`", self.id, self.field),
            location,
            label: format!("its `{}` says nothing", self.field),
            help: "say why the rule is right, and where that is known from".to_owned(),
            witness: Input::default().witness(format!("`{}` is empty", self.field)),
        }
    }
}

fn unexplained(option: &PackOption) -> Option<Finding> {
    let fields = [("why", &option.why), ("source", &option.source)];
    let (field, _) = fields.into_iter().find(|(_, text)| text.trim().is_empty())?;
    Some(Unexplained { id: &option.id, field }.finding(option.location.clone()))
}

/// Makes conjuncts that are all wanted true.
pub fn all_true(condition: &Condition) -> Vec<Wanted> {
    condition.conjuncts().into_iter().map(|it| (it, true)).collect()
}

/// Returns the fewest of the parts that exclude one another: one, two, or all.
pub fn core(search: &Search<'_>, parts: &[Wanted]) -> Option<Vec<Wanted>> {
    if !never(search.pack, parts) {
        return None;
    }
    if let Some(one) = parts.iter().find(|it| never(search.pack, std::slice::from_ref(it))) {
        return Some(vec![one.clone()]);
    }
    for (at, one) in parts.iter().enumerate() {
        for other in parts.iter().skip(at + 1) {
            let pair = vec![one.clone(), other.clone()];
            if never(search.pack, &pair) {
                return Some(pair);
            }
        }
    }
    Some(parts.to_vec())
}

/// Names the parts that exclude one another.
pub fn core_words(core: &[Wanted]) -> String {
    let parts: Vec<String> = core.iter().map(|(it, _)| format!("`{}`", it.fragment())).collect();
    match parts.as_slice() {
        [one] => format!("{one} is never true"),
        many => format!("{} exclude one another", join_and(many)),
    }
}

fn dead(search: &Search<'_>, option: &PackOption) -> Option<Finding> {
    let parts = all_true(&option.when.condition);
    let core = core(search, &parts)?;
    let site = first_site(search, option)?;
    let near = nearest(search, &parts, &site);
    let (state, world) = near.build(search.pack);
    let judgement = judge(&option.when.condition, search.pack, &state, &world);
    if judgement.verdict == Verdict::True {
        return None;
    }
    Some(Finding {
        code: "hydrule::verify::dead_option",
        rules: vec![option.id.clone()],
        message: format!("option `{}` never applies", option.id),
        location: option.when.text.location.clone(),
        label: core_words(&core),
        help: "take the option out, or loosen its `when`".to_owned(),
        witness: near.witness("as near as it gets, and the condition is still not true"),
    })
}

/// Finds an input on which all parts but one are true.
pub fn nearest(search: &Search<'_>, parts: &[Wanted], site: &Site) -> Input {
    let start = search.base.at(site);
    let without = |left_out: usize| {
        let kept = parts.iter().enumerate().filter(|(at, _)| *at != left_out);
        let kept: Vec<Wanted> = kept.map(|(_, it)| it.clone()).collect();
        search.solve(&start, &kept, false)
    };
    (0..parts.len()).rev().find_map(without).unwrap_or(start)
}

/// Returns a failure that the option claims to answer, else any.
pub fn first_site(search: &Search<'_>, option: &PackOption) -> Option<Site> {
    let sites = search.sites(&option.when.condition);
    let helps = |site: &&Site| option.relieves.contains(&site.place);
    sites.iter().find(helps).or(sites.first()).cloned()
}

fn loads_what_it_relieves(search: &Search<'_>, option: &PackOption) -> Option<Finding> {
    let place = option.relieves.iter().find(|place| option.loads.contains(place))?;
    let sites = search.sites(&option.when.condition);
    let refused = |site: &Site| {
        let input = search.samples(option, site, 1).into_iter().next()?;
        let loads = Rejection::Loads { place: place.clone() };
        rejected(search, option, &input, &loads).then_some(input)
    };
    let input = sites.iter().filter(|site| site.place == *place).find_map(refused)?;
    Some(Finding {
        code: "hydrule::verify::wrong_phase",
        rules: vec![option.id.clone()],
        message: format!("option `{}` both relieves and loads `{place}`", option.id),
        location: option.location.clone(),
        label: format!("`{place}` stands in `relieves` and in `loads`"),
        help: "an option that raises a peak is never taken against it; keep one".to_owned(),
        witness: input.witness(format!("rejected: it raises the peak of {place}")),
    })
}

fn rejected(search: &Search<'_>, option: &PackOption, input: &Input, wanted: &Rejection) -> bool {
    status_of(search, option, input)
        .is_some_and(|it| matches!(it, Status::Rejected(found) if found == *wanted))
}

/// Lets the engine plan, and returns the option's verdict.
pub fn status_of(search: &Search<'_>, option: &PackOption, input: &Input) -> Option<Status> {
    let request = Request { steps: Some(0), ..Request::default() };
    let plan = search.plan(input, &request);
    plan.verdicts.into_iter().find(|it| it.id == option.id).map(|it| it.status)
}

/// A condition that names a phase, a signal or a kind should be about failures that it relieves.
fn wrong_phase(search: &Search<'_>, option: &PackOption) -> Option<Finding> {
    let condition = &option.when.condition;
    let literal = |term: &[Condition]| -> Vec<String> {
        let about = ["phase", "signal", "kind"];
        let names = term.iter().filter_map(|it| it.as_name()?.fact().map(str::to_owned));
        let asks = |name: String| about.iter().any(|fact| name.ends_with(&format!(".{fact}")));
        if !names.into_iter().any(asks) {
            return Vec::new();
        }
        term.iter().filter_map(Condition::as_literal).map(|it| it.to_string()).collect()
    };
    let named: Vec<String> = condition.terms().iter().flat_map(|term| literal(term)).collect();
    let named_site = |site: &Site| {
        let kind = site.kind.name();
        let kind = if site.kind == Kind::Host || !relieves_device(option) { kind } else { "" };
        [site.place.as_str(), site.signal.as_str(), kind]
            .iter()
            .any(|it| named.iter().any(|n| n == it))
    };
    let missed = |site: &Site| {
        let input = search.solve(&search.base.at(site), &[(condition.clone(), true)], false)?;
        let place = site.place.clone();
        rejected(search, option, &input, &Rejection::DoesNotRelieve { place }).then_some(input)
    };
    let sites = search.sites(condition);
    let wrong =
        sites.iter().filter(|site| named_site(site) && !option.relieves.contains(&site.place));
    let input = wrong.into_iter().find_map(missed)?;
    let place = input.site.as_ref().map(|site| site.place.clone()).unwrap_or_default();
    Some(Finding {
        code: "hydrule::verify::wrong_phase",
        rules: vec![option.id.clone()],
        message: format!("option `{}` asks for a failure that it does not relieve", option.id),
        location: option.when.text.location.clone(),
        label: format!("true for `{place}`, which `relieves` lacks"),
        help: format!("add `{place}` to `relieves`, or ask for another phase"),
        witness: input.witness(format!(
            "the condition is true, and the option is rejected: it does not relieve {place}"
        )),
    })
}

fn relieves_device(option: &PackOption) -> bool {
    option.relieves.iter().any(|place| place != "host")
}

/// Builds `key == value` for a rewrite that does not depend on the old value.
fn already_so(rewrite: &Rewrite) -> Option<Condition> {
    let Some(Var::Key(key)) = target(rewrite) else { return None };
    let value = match rewrite {
        Rewrite::Assign(assignment, _)
            if !assignment.value.reads_it() && assignment.bounds.iter().next().is_none() =>
        {
            assignment.value.text().trim().to_owned()
        }
        Rewrite::Plain(parsed, _) => {
            parsed.text.split_once('=').map(|(_, value)| value.trim().to_lowercase())?
        }
        Rewrite::Assign(..) => return None,
    };
    Condition::parse(&format!("{key} == {value}")).ok()
}

fn no_effect(search: &Search<'_>, option: &PackOption) -> Option<Finding> {
    for rewrite in &option.rewrite {
        let so = already_so(rewrite)?;
        let mut parts = all_true(&option.when.condition);
        parts.push((so.clone(), false));
        // The rewrite's own part must matter: an open one would be left out of the proof.
        if never(search.pack, &[(so.clone(), false)]) || !never(search.pack, &parts) {
            return None;
        }
    }
    let site = first_site(search, option)?;
    let input =
        search.solve(&search.base.at(&site), &[(option.when.condition.clone(), true)], false)?;
    if !matches!(search.attempt(option, &input), Attempt::Nothing(by) if by.is_empty()) {
        return None;
    }
    Some(Finding {
        code: "hydrule::verify::no_effect",
        rules: vec![option.id.clone()],
        message: format!("option `{}` changes nothing where it applies", option.id),
        location: option.when.text.location.clone(),
        label: "where this is true, everything it sets is so already".to_owned(),
        help: "is the condition the wrong way round?".to_owned(),
        witness: input.witness("the condition is true, and the rewrite changes nothing"),
    })
}

/// Takes one step from many inputs, and looks where it leads.
fn steps(search: &Search<'_>, option: &PackOption) -> Vec<Finding> {
    let relieved = relieved(search, option);
    let fits = |place: &str| relieved.is_empty() || relieved.iter().any(|it| it == place);
    let mut findings: Vec<Finding> = Vec::new();
    let samples = search.samples_at(option, fits, SAMPLES);
    if let Some(finding) = always_held(search, option, &samples) {
        return vec![finding];
    }
    for input in samples {
        for rewrite in &option.rewrite {
            add(&mut findings, excluding_bounds(search, option, rewrite, &input));
        }
        match search.attempt(option, &input) {
            Attempt::Refused(Rejection::Breaks { requirement, message }) => {
                let var = refused_floor(search, option, &requirement);
                let found = var.map(|it| refused(option, &input, &it, &requirement, &message));
                add(&mut findings, found);
            }
            Attempt::Refused(Rejection::Unsettled(it)) => {
                add(&mut findings, Some(unsettled(option, &input, &it)));
            }
            Attempt::Nothing(by) if !by.is_empty() => {
                add(&mut findings, Some(undone(option, &input, &by)));
            }
            Attempt::Does(applied) if applied.repaired_by.is_empty() => {
                let after = input.after(&applied.state, search.pack);
                for rewrite in &option.rewrite {
                    add(&mut findings, crossed(search, option, rewrite, &input, &after));
                }
            }
            _ => {}
        }
    }
    findings
}

/// Keeps the first finding of each kind.
fn add(findings: &mut Vec<Finding>, finding: Option<Finding>) {
    if let Some(finding) = finding
        && !findings.iter().any(|known| known.code == finding.code)
    {
        findings.push(finding);
    }
}

/// An option whose bounds hold it on every input that was tried, on three at least.
fn always_held(search: &Search<'_>, option: &PackOption, samples: &[Input]) -> Option<Finding> {
    let held = |input: &Input| matches!(search.attempt(option, input), Attempt::Held);
    let bound = option.rewrite.iter().find(|rewrite| !rewrite.bounds().is_empty())?;
    let first = samples.first().filter(|_| samples.len() > 2 && samples.iter().all(held))?;
    Some(Finding {
        code: "hydrule::verify::no_effect",
        rules: vec![option.id.clone()],
        message: format!("option `{}` changes nothing where it applies", option.id),
        location: bound.text().location.clone(),
        label: format!("its bounds hold it on every one of {} inputs", samples.len()),
        help: "is the bound on the wrong side?".to_owned(),
        witness: first.witness("the condition is true, and a bound keeps the value where it is"),
    })
}

/// A floor above the cap: the floor wins, and the cap says nothing.
fn excluding_bounds(
    search: &Search<'_>,
    option: &PackOption,
    rewrite: &Rewrite,
    input: &Input,
) -> Option<Finding> {
    let Rewrite::Assign(assignment, text) = rewrite else { return None };
    let (floor, cap) = (assignment.bounds.floor.as_ref()?, assignment.bounds.cap.as_ref()?);
    let above = Condition::parse(&format!("({}) > ({})", floor.text(), cap.text())).ok()?;
    if floor.reads_it() || cap.reads_it() || !search.satisfies(input, &[(above, true)], false) {
        return None;
    }
    Some(Finding {
        code: "hydrule::verify::bounds_exclude",
        rules: vec![option.id.clone()],
        message: format!("the floor of option `{}` lies above its cap", option.id),
        location: text.location.clone(),
        label: format!("`{}` is above `{}`", floor.text().trim(), cap.text().trim()),
        help: "the floor wins there; correct one of them".to_owned(),
        witness: input.witness("the floor comes to more than the cap"),
    })
}

/// Returns the key, if the requirement is about one key only and the option computes that key.
fn refused_floor(search: &Search<'_>, option: &PackOption, requirement: &str) -> Option<Var> {
    let found = search.pack.requirements.iter().find(|it| it.id == requirement)?;
    let read = super::values::variables(search.pack, &found.holds.condition);
    let mut keys = read.into_iter().filter(|var| matches!(var, Var::Key(_)));
    let (Some(key), None) = (keys.next(), keys.next()) else { return None };
    let computed = |rewrite: &Rewrite| computed_key(rewrite).is_some_and(|(var, _)| var == key);
    option.rewrite.iter().any(computed).then_some(key)
}

fn computed_key(rewrite: &Rewrite) -> Option<(Var, &Assignment)> {
    match rewrite {
        Rewrite::Assign(assignment, _) => match &assignment.target {
            Target::Key(key) if assignment.value.as_literal().is_none() => {
                Some((Var::Key(key.as_str().to_owned()), assignment))
            }
            _ => None,
        },
        Rewrite::Plain(..) => None,
    }
}

fn place_of(option: &PackOption, var: &Var) -> Location {
    let found = option.rewrite.iter().find(|rewrite| target(rewrite).as_ref() == Some(var));
    match found {
        Some(rewrite) => rewrite.text().location.clone(),
        None => option.location.clone(),
    }
}

fn refused(
    option: &PackOption,
    input: &Input,
    var: &Var,
    requirement: &str,
    message: &str,
) -> Finding {
    Finding {
        code: "hydrule::verify::floor_refused",
        rules: vec![option.id.clone(), requirement.to_owned()],
        message: format!("option `{}` goes to a value that `{requirement}` refuses", option.id),
        location: place_of(option, var),
        label: format!("leaves the range that {} may have", var.shown()),
        help: format!("give the rewrite a `floor` or `cap` where `{requirement}` ends"),
        witness: input.witness(format!("rejected: it would break {requirement}: {message}")),
    }
}

fn unsettled(option: &PackOption, input: &Input, found: &Unsettled) -> Finding {
    let (code, what) = match found.discord {
        Discord::Conflict => {
            ("hydrule::verify::conflict", "starts repairs that want different values")
        }
        _ => ("hydrule::verify::cycle", "starts repairs that undo one another"),
    };
    let why = found.why();
    Finding {
        code,
        rules: vec![option.id.clone()],
        message: format!("option `{}` {what}", option.id),
        location: option.when.text.location.clone(),
        witness: input.witness(format!("rejected: {why}")),
        label: why,
        help: "let one of the repairs give way".to_owned(),
    }
}

fn undone(option: &PackOption, input: &Input, by: &[String]) -> Finding {
    let names: Vec<String> = by.iter().map(|id| format!("`{id}`")).collect();
    let by_names = join_and(&names);
    let mut rules = vec![option.id.clone()];
    rules.extend(by.iter().cloned());
    Finding {
        code: "hydrule::verify::cycle",
        rules,
        message: format!("what option `{}` does is taken back by {by_names}", option.id),
        location: option.when.text.location.clone(),
        label: "true here, and nothing comes of it".to_owned(),
        help: "let the option stop where the requirement begins".to_owned(),
        witness: input.witness(format!("the repairs of {} restore the input", join_and(by))),
    }
}

/// Finds a step over zero, or over a bound of the option's own condition that is a parameter or a
/// whole number. A bound that is a fraction says where a step starts, not where it must end.
fn crossed(
    search: &Search<'_>,
    option: &PackOption,
    rewrite: &Rewrite,
    before: &Input,
    after: &Input,
) -> Option<Finding> {
    let (var, _) = computed_key(rewrite)?;
    let number = |input: &Input| value_of(search, input, &var).as_ref().and_then(Value::as_number);
    let (from, to) = (number(before)?, number(after)?);
    let zero = (from > 0.0 && to <= 0.0).then(|| "0".to_owned());
    let bound = || {
        own_bounds(search, option, &var, before).into_iter().find_map(|(text, at)| {
            ((from > at && to < at) || (from < at && to > at)).then_some(text)
        })
    };
    let floor = zero.or_else(bound)?;
    Some(Finding {
        code: "hydrule::verify::floor_crossed",
        rules: vec![option.id.clone()],
        message: format!("option `{}` crosses its floor {floor}", option.id),
        location: place_of(option, &var),
        label: format!("takes {} from {from} to {to}", var.shown()),
        help: format!("give the rewrite a `floor` or `cap`; the bound is {floor}"),
        witness: before.witness(format!("{} goes from {from} to {to}", var.shown())),
    })
}

/// Returns a variable's value on an input.
pub fn value_of(search: &Search<'_>, input: &Input, var: &Var) -> Option<Value> {
    let condition = Condition::parse(&var.shown()).ok()?;
    let (state, world) = input.build(search.pack);
    let view = crate::engine::View::new(search.pack, &state, &world);
    match condition.outcome(&view) {
        crate::condition::Outcome::Known(value) => Some(value),
        _ => None,
    }
}

fn own_bounds(
    search: &Search<'_>,
    option: &PackOption,
    var: &Var,
    input: &Input,
) -> Vec<(String, f64)> {
    let mut bounds = Vec::new();
    for term in option.when.condition.terms() {
        let [left, right] = term.as_slice() else { continue };
        let is_var = |it: &Condition| it.as_name().as_ref().and_then(Var::of).as_ref() == Some(var);
        let other = match (is_var(left), is_var(right)) {
            (true, false) => right,
            (false, true) => left,
            _ => continue,
        };
        let fixed = match other.as_name().and_then(|it| it.fact().map(str::to_owned)) {
            Some(name) if name.starts_with("param.") => {
                value_of(search, input, &Var::Name(name)).filter(|it| it.as_number().is_some())
            }
            Some(_) => None,
            None => other.as_literal().filter(|it| matches!(it, Value::Int(_))),
        };
        if let Some(at) = fixed.as_ref().and_then(Value::as_number) {
            bounds.push((other.fragment().trim().to_owned(), at));
        }
    }
    bounds
}

/// Tells whether the engine would ever take the option by itself.
pub fn is_taken(option: &PackOption) -> bool {
    option.safety != Safety::Display && !option.relieves.is_empty()
}

/// Lists the failures that an option relieves and does not load.
pub fn relieved(search: &Search<'_>, option: &PackOption) -> Vec<String> {
    let helps = |place: &String| option.relieves.contains(place) && !option.loads.contains(place);
    places(search.pack).into_iter().filter(helps).collect()
}

/// Tells whether two options write a key in common.
pub fn common_key(one: &PackOption, other: &PackOption) -> Option<Var> {
    let theirs = written(other);
    written(one).into_iter().find(|var| theirs.contains(var))
}
