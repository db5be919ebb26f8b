//! The reference of the language, generated from its tables.

use std::fmt::Write as _;

use super::ast::Condition;
use super::builtins::BUILTINS;
use super::eval::Nothing;
use super::outcome::Verdict;

/// The operators for people: sign, meaning, an example and what it comes to. Loosest first.
pub(super) const OPERATORS: &[(&str, &str, &str, &str)] = &[
    ("? :", "choice between two values", "1 < 2 ? 'a' : 'b'", "a"),
    ("||", "or", "false || true", "True"),
    ("&&", "and", "true && false", "False"),
    ("==", "equal; ints and floats mix", "1 == 1.0", "True"),
    ("!=", "not equal", "'a' != 'b'", "True"),
    ("< <= > >=", "order of numbers, bytes and texts", "17.66GiB > 4.97GiB", "True"),
    ("in", "item of a list, or key of a dict", "'a' in ['a', 'b']", "True"),
    ("??", "another value where the left one is absent", "trainer.absent ?? 3", "3"),
    ("+ -", "sum and difference; `+` also joins texts and lists", "1GiB - 512MiB", "512.00 MiB"),
    ("* / %", "product, quotient (of two ints: truncated), remainder", "7 / 2", "3"),
    ("!", "not", "!false", "True"),
    ("-", "negative", "-(2 + 3)", "-5"),
];

/// Writes `docs/conditions.md`.
pub fn reference() -> String {
    let mut out = String::from(HEAD);
    for (sign, meaning, example, value) in OPERATORS {
        let sign = sign.replace('|', "\\|");
        let example = example.replace('|', "\\|");
        let _ = writeln!(out, "| `{sign}` | {meaning} | `{example}` | `{value}` |");
    }
    out.push_str("\n## Functions\n");
    for builtin in BUILTINS {
        let _ = write!(out, "\n### `{}`\n\n{}\n\n", builtin.signature(), builtin.doc);
        for (example, value) in builtin.examples {
            let _ = writeln!(out, "- `{example}` is `{value}`");
        }
    }
    let (before, after) = TAIL.split_once("@TABLES\n").unwrap_or((TAIL, ""));
    out.push_str(before);
    for sign in ["&&", "||", "??"] {
        out.push_str(&truth_table(sign));
    }
    out.push_str(after);
    out
}

/// Computes the table of an operator over operands in every state.
fn truth_table(sign: &str) -> String {
    let sign_in_table = sign.replace('|', "\\|");
    let heads: Vec<String> = STATES.iter().map(|(state, _)| format!("**{state}**")).collect();
    let mut out =
        format!("| `{sign_in_table}` | {} |\n|{}\n", heads.join(" | "), " --- |".repeat(6));
    for (left, left_text) in STATES {
        let cells: Vec<&str> = STATES
            .iter()
            .map(|(_, right)| state_of(&format!("{left_text} {sign} {right}")))
            .collect();
        let _ = writeln!(out, "| **{left}** | {} |", cells.join(" | "));
    }
    out.push('\n');
    out
}

/// The states of an operand and an expression that is in it.
const STATES: [(&str, &str); 5] = [
    ("true", "true"),
    ("false", "false"),
    ("unknown", "$unknown"),
    ("absent", "absent"),
    ("error", "(1 / 0)"),
];

fn state_of(text: &str) -> &'static str {
    match Condition::parse(text).map(|condition| condition.verdict(&Nothing)) {
        Ok(Verdict::True) => "true",
        Ok(Verdict::False) => "false",
        Ok(Verdict::Unknown(_)) => "unknown",
        Ok(Verdict::Absent(_)) => "absent",
        Ok(Verdict::Failed(_)) | Err(_) => "error",
    }
}

const HEAD: &str = "\
# Conditions

<!-- Generated from the tables in src/condition; `HYDRULE_ACCEPT=1 cargo test` writes it anew. -->

A condition is an expression in the pack's TOML, best written as a literal string: `when = '…'`.

| written | means |
| --- | --- |
| `actor_rollout_ref.rollout.n` | the configuration key |
| `config[\"a-b/c\"]` | a key that is no dotted identifier |
| `$oom.phase` | a fact from the log |
| `$model.hidden_size` | a fact from a file (`--facts model=config.json`) that the pack declares |
| `$peak` | the predicted peak of the phase that failed, where the pack has estimates |
| `$param.floor` | a parameter of the pack |
| `$sbatch.mem` | a directive of the Slurm script |
| `$env.NAME` | a variable of the job's environment |
| `$launch.program`, `$launch.config` | what the launch starts, and the configuration that its `--config-name` names; absent where there is none |
| `$world` | a named expression of the pack (`[let]`) |
| `it` | in a rewrite: the value that is about to change |
| `12`, `1.5e-3`, `'text'`, `\"text\"`, `true`, `null`, `[1, 2]` | values |
| `17.66GiB`, `512MiB` | numbers of bytes; they never mix with plain numbers |
| `90%` | 0.9 |

## Operators

From the loosest to the tightest.

| operator | meaning | example | value |
| --- | --- | --- | --- |
";

const TAIL: &str = "
## Absent, null and unknown

A key may be **set** (null is a value), **absent** (known not to exist) or **unknown** (nothing
tells). None of them ever turns into `0`, `\"\"` or `false`.

Each of these tables has the left operand in its rows and the right one in its columns:

@TABLES
A choice `test ? one : other` is the branch that a known test takes, as it stands; with any other
test it is what the test is. Every other operator and function needs all its operands: it is absent
where one of them is absent, else unknown where one is unknown, else an error where one is an error.
Only `exists(key)` and `switched(key)` ask about the key itself, and only `??` replaces an absent
value. So an absent key makes a condition *inapplicable*, unless `&&` or `||` is decided without it.

A rule whose condition is unknown never fires. It is reported with the name that is missing and the
way to supply it. Learning an unknown value never turns a decided verdict around.

## Errors

Division of two ints by zero, overflow beyond 64 bits, and operands of the wrong kind are errors
with their place; a pack that is certain to make one is refused when it is loaded.

Refused when a pack is loaded, each with the text underlined: names and functions that do not exist,
a wrong number of arguments, operands of the wrong kind, bytes beside plain numbers, comparisons that
can never be true (`size(x) < 0`, `x % 4 == 5`, `x > 8 && x < 4`, a phase or signal that the pack does
not have) or always are, and operands that stand twice. The same holds for what stands in the braces
of messages.

## Differences from CEL

Operators, precedence, numbers, texts and their escapes are [CEL's](https://cel.dev): where CEL gives
a value for an expression that is also a condition, the condition gives the same. A record of two
implementations, `tests/conditions/cel.jsonl`, is part of the tests. On purpose it is different that:

- **Ints and floats mix.** `1 + 1.5` is 2.5, which CEL refuses: a configuration says `1` where it means
  `1.0`. They compare exactly, as in CEL.
- **Comparisons do not chain.** `1 < x < 5` would compare a truth with 5; CEL takes
  `1 == 1 == true`, here one of the two stands in parentheses.
- **A choice between `?` and `:`** needs no parentheses.
- **No methods.** `a.matches('b')` would be a key; write `matches(a, 'b')`.
- **No indexing, dicts, macros or conversions.** Items of lists and dicts are keys: `trainer.logger.0`;
  `exists(key)` stands for `has(key)`. Nothing loops, so every condition ends.
- **Absent and unknown** are states of their own, where CEL has errors: see above. So `??`, `exists` and
  `switched` are new, and so are numbers of bytes, percentages, `config[…]`, `min`, `max`, `abs`, `floor`,
  `ceil` and `largest_divisor`.
- **Limits.** An expression has at most 64 KiB, 500 operators and 100 brackets or choices inside one
  another; a regular expression at most 1 MiB when it is compiled.
";
