//! How a pack does on what is known to have helped.

use serde_json::{Value as Json, json};

use super::paint::{Look, Paint, wrapped};
use super::words::last_part;
use crate::text::{count, join_and};
use crate::value::Value;
use crate::verify::{Direction, HIGH, Hold, Move, Scored, Subject, Totals};

/// Shows every triple, and the totals.
pub fn backtest_text(scored: &[Scored], look: Look) -> String {
    let paint = Paint::new(look);
    let mut out = String::new();
    let groups = [("Fixes that worked", true), ("Changes that did not help", false)];
    let widths = widths(scored);
    for (head, worked) in groups {
        let mut lines = scored.iter().filter(|it| it.worked == worked).peekable();
        if lines.peek().is_none() {
            continue;
        }
        out.push_str(&format!("{}\n", paint.strong(head)));
        let head = row("rank", widths, ("triple", "failed in", "changed"));
        out.push_str(&format!("{}\n", paint.faint(&head)));
        lines.for_each(|it| out.push_str(&triple(it, widths, (look, paint))));
        out.push('\n');
    }
    out.push_str(&totals(scored, look));
    out
}

/// The width of the ranks.
const RANK: usize = 6;
/// How far what stands below a triple is moved in.
const BELOW: usize = RANK + 2;
/// The narrowest column for what was changed.
const NARROWEST: usize = 36;

/// The widths of the names and of the places.
type Widths = (usize, usize);

fn widths(scored: &[Scored]) -> Widths {
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let names = widest(&mut scored.iter().map(|it| it.name.chars().count()));
    let places = widest(&mut scored.iter().map(|it| place(it).chars().count()));
    (names.max("triple".len()), places.max("failed in".len()))
}

fn row(rank: &str, (names, places): Widths, (name, place, change): (&str, &str, &str)) -> String {
    format!("{rank:>RANK$}  {name:names$}  {place:places$}  {change}")
}

/// Where a triple failed, in a word.
fn place(scored: &Scored) -> &str {
    match (&scored.place, &scored.signal) {
        (Some(place), _) => place,
        (None, Some(_)) => "unknown",
        (None, None) => "nothing found",
    }
}

fn triple(scored: &Scored, widths: Widths, (look, paint): (Look, Paint)) -> String {
    let rank = scored.rank().map_or("never".to_owned(), |rank| rank.to_string());
    let rank = format!("{rank:>RANK$}");
    let painted = match (scored.worked, scored.rank()) {
        (true, Some(number)) if number <= HIGH => paint.good(&rank),
        (true, None) => paint.bad(&rank),
        (false, _) if scored.misleads() => paint.bad(&rank),
        _ => rank,
    };
    let column = row("", widths, ("", "", "")).chars().count();
    // Where the terminal leaves too little beside the columns, the changes go below.
    let (indent, beside) =
        if column + NARROWEST <= look.width { (column, true) } else { (BELOW, false) };
    let changes = wrapped(&changes(scored), look.width.saturating_sub(indent).max(NARROWEST));
    let mut lines = changes.into_iter();
    let first = if beside { lines.next() } else { None };
    let cells = row("", widths, (&scored.name, place(scored), &first.unwrap_or_default()));
    let mut out = format!("{painted}{}\n", cells.get(RANK..).unwrap_or_default().trim_end());
    for line in lines {
        out.push_str(&format!("{:indent$}{line}\n", ""));
    }
    if scored.rank() != Some(1) {
        let first = match scored.options.first() {
            Some(option) => format!("proposed first: {option}"),
            None => "nothing is proposed".to_owned(),
        };
        out.push_str(&format!("{:BELOW$}{}\n", "", paint.faint(&first)));
    }
    out
}

fn changes(scored: &Scored) -> String {
    let several = scored.moves.len() > 1;
    let parts = scored.moves.iter().map(|(moved, hold)| {
        let at = match hold {
            _ if !several => String::new(),
            Some(Hold { rank, .. }) => format!(" (at {rank})"),
            None => " (never)".to_owned(),
        };
        format!("{}{at}", change(moved))
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn change(moved: &Move) -> String {
    let name = match &moved.subject {
        Subject::Key(key) => last_part(key.as_str()).to_owned(),
        Subject::Directive(name) => format!("sbatch:{name}"),
    };
    let shown = |value: &Option<Value>| value.as_ref().map_or("…".to_owned(), Value::to_string);
    match moved.direction {
        Direction::Gone => format!("{name} deleted"),
        _ => format!("{name} {} → {}", shown(&moved.before), shown(&moved.after)),
    }
}

fn totals(scored: &[Scored], look: Look) -> String {
    let totals = Totals::of(scored);
    let mut out = String::new();
    let mut say = |head: &str, text: &str| {
        let rows = wrapped(&format!("{head}{text}"), look.width).join("\n  ");
        out.push_str(&rows.replacen(head, &Paint::new(look).strong(head), 1));
        out.push('\n');
    };
    if let Some(reciprocal) = totals.reciprocal {
        let [first, third, fifth] = totals.hits;
        let text = format!(
            ": {first} at rank 1, {third} within 3, {fifth} within 5, {} never; mean reciprocal \
             rank {reciprocal:.2}",
            totals.never
        );
        say(&format!("Of {}", count_fixes(totals.worked)), &text);
        let several: Vec<&Scored> =
            scored.iter().filter(|it| it.worked && it.moves.len() > 1).collect();
        if !several.is_empty() {
            let whole = several.iter().filter(|it| it.whole().is_some()).count();
            let text = "of them changed several values; the ladder comes to all of those in";
            say("", &format!("{} {text} {whole}", several.len()));
        }
    }
    if totals.in_vain > 0 {
        let names: Vec<&str> =
            scored.iter().filter(|it| it.misleads()).map(|it| it.name.as_str()).collect();
        let which = match names.as_slice() {
            [] => format!("none is proposed within the first {HIGH}"),
            names => {
                let many = totals.misleading;
                format!("{many} proposed within the first {HIGH}: {}", join_and(names))
            }
        };
        let head = format!("Of {} that did not help", count(totals.in_vain, "change"));
        say(&head, &format!(": {which}"));
    }
    out
}

fn count_fixes(number: usize) -> String {
    let noun = if number == 1 { "fix" } else { "fixes" };
    format!("{number} {noun} that worked")
}

/// The same as data.
pub fn backtest_json(scored: &[Scored]) -> Json {
    let totals = Totals::of(scored);
    let [first, third, fifth] = totals.hits;
    json!({
        "format": 1,
        "triples": scored.iter().map(triple_json).collect::<Vec<_>>(),
        "worked": {
            "count": totals.worked,
            "rank_1": first,
            "rank_3": third,
            "rank_5": fifth,
            "never": totals.never,
            "mean_reciprocal_rank": totals.reciprocal,
        },
        "in_vain": { "count": totals.in_vain, "proposed_early": totals.misleading },
    })
}

fn triple_json(scored: &Scored) -> Json {
    let place =
        |hold: Option<Hold>| hold.map(|hold| json!({ "rank": hold.rank, "step": hold.step }));
    let moves: Vec<Json> = scored
        .moves
        .iter()
        .map(|(moved, hold)| {
            let name = match &moved.subject {
                Subject::Key(key) => key.to_string(),
                Subject::Directive(name) => format!("$sbatch.{name}"),
            };
            json!({
                "key": name,
                "before": moved.before.as_ref().map(Value::to_json),
                "after": moved.after.as_ref().map(Value::to_json),
                "direction": direction_word(&moved.direction),
                "held": place(*hold),
            })
        })
        .collect();
    json!({
        "name": scored.name,
        "pack": scored.pack,
        "reference": scored.reference,
        "note": scored.note,
        "worked": scored.worked,
        "signal": scored.signal,
        "place": scored.place,
        "changed": moves,
        "held": place(scored.first()),
        "all_held": place(scored.whole()),
        "ladder": scored.options,
    })
}

fn direction_word(direction: &Direction) -> &'static str {
    match direction {
        Direction::Down => "down",
        Direction::Up => "up",
        Direction::Number => "number",
        Direction::To(_) => "value",
        Direction::Gone => "deleted",
    }
}
