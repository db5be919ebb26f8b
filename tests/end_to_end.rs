//! Jobs that fail, are changed and run again, until they train: what `tests/trainer/check.py`
//! recorded of the simulated trainer, replayed. Each log leads to the scripts that were run next.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

use crate::pages::check_file;
use crate::support::{Workspace, root};

const AGAIN: &str = "if it should, record anew: tests/trainer/check.py BINARY --record \
                     (with hydra-core 1.3.8), and HYDRULE_ACCEPT=1 cargo test end_to_end";

/// A failure from which a job was brought to train.
struct Scenario {
    /// What scenarios.toml says: a text, or a list of texts.
    table: HashMap<String, Vec<String>>,
    outcome: Json,
}

fn folder() -> PathBuf {
    root().join("tests/trainer")
}

fn texts(value: &DeValue) -> Vec<String> {
    match value {
        DeValue::Array(values) => values.iter().flat_map(|value| texts(value.get_ref())).collect(),
        value => vec![value.as_str().unwrap().to_owned()],
    }
}

fn scenarios() -> Vec<Scenario> {
    let text = fs::read_to_string(folder().join("scenarios.toml")).unwrap();
    let file = DeTable::parse(&text).unwrap().into_inner();
    let scenario = |table: &DeTable| {
        let field =
            |(name, value): (&toml::Spanned<std::borrow::Cow<str>>, &toml::Spanned<DeValue>)| {
                (name.get_ref().to_string(), texts(value.get_ref()))
            };
        let table: HashMap<_, _> = table.iter().map(field).collect();
        let name = &table["name"][0];
        let path = folder().join("scenarios").join(name).join("outcome.json");
        let outcome = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name}: {AGAIN}"));
        Scenario { outcome: serde_json::from_str(&outcome).unwrap(), table }
    };
    let tables = file["scenario"].get_ref().as_array().unwrap();
    tables.iter().map(|table| scenario(table.get_ref().as_table().unwrap())).collect()
}

impl Scenario {
    fn text(&self, name: &str) -> &str {
        self.list(name).first().copied().unwrap_or_default()
    }

    fn list(&self, name: &str) -> Vec<&str> {
        self.table.get(name).into_iter().flatten().map(String::as_str).collect()
    }

    fn runs(&self) -> u64 {
        self.outcome["runs"].as_u64().unwrap()
    }

    /// What was answered to each failure: the options, or the requirements that were mended.
    fn steps(&self) -> Vec<Vec<String>> {
        serde_json::from_value(self.outcome["steps"].clone()).unwrap()
    }

    /// Makes a workspace as it was when a run had ended.
    fn after(&self, run: u64) -> Workspace {
        let workspace = Workspace::new();
        for name in self.list("files").into_iter().chain(["job.log"]) {
            workspace.write(name, self.recorded(run, name));
        }
        workspace
    }

    fn recorded(&self, run: u64, name: &str) -> String {
        let folder = folder().join("scenarios").join(self.text("name"));
        fs::read_to_string(folder.join(run.to_string()).join(name)).unwrap()
    }

    fn rewrite(&self, more: &str) -> String {
        let flags = self.list("flags").join(" ");
        format!("rewrite {} --log job.log {flags} {more}", self.list("files").join(" "))
    }

    /// Answers a failure as it was answered, and compares the scripts with those that ran next.
    fn replay(&self, run: u64, step: &[String]) {
        let name = format!("{}, run {run}", self.text("name"));
        let workspace = self.after(run);
        let output = workspace.hydrule(&self.rewrite("--output-format json")).run();
        assert_eq!(output.code, 1, "{name}: {}", output.err);
        let plan: Json = serde_json::from_str(&output.out).unwrap();
        if run == 1 {
            let failure = |field: &str| plan["failure"][field].as_str().unwrap_or_default();
            let told = [failure("signal"), failure("place")];
            assert_eq!(told, [self.text("signal"), self.text("place")], "{name}");
        }
        assert_eq!(options(&plan), step, "{name}: {AGAIN}");
        let written = workspace.hydrule(&self.rewrite("--write")).run();
        assert_eq!(written.code, 0, "{name}: {}", written.err);
        for file in self.list("files") {
            assert_eq!(workspace.read(file), self.recorded(run + 1, file), "{name}: {AGAIN}");
        }
    }
}

fn options(plan: &Json) -> Vec<String> {
    let mended = plan["repair"]["rules"].as_array().into_iter().flatten();
    let steps = plan["steps"].as_array().into_iter().flatten().map(|step| &step["option"]);
    mended.chain(steps).map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_log_leads_to_the_scripts_that_ran_next() {
    let scenarios = scenarios();
    assert!(scenarios.len() >= 10);
    for scenario in &scenarios {
        let steps = scenario.steps();
        assert_eq!(scenario.runs(), steps.len() as u64 + 1);
        for (run, step) in (1..).zip(&steps) {
            scenario.replay(run, step);
        }
        let workspace = scenario.after(scenario.runs());
        assert!(workspace.read("job.log").contains("Training finished"));
        let output = workspace.hydrule(&scenario.rewrite("")).run();
        assert_eq!(output.code, 0, "{}: nothing is left to do", scenario.text("name"));
    }
}

#[test]
fn no_job_runs_more_often_than_the_cheapest_plan_predicts() {
    for scenario in scenarios() {
        let predicted = scenario.outcome["predicted"].as_u64().unwrap();
        assert!(scenario.runs() <= 1 + predicted, "{}", scenario.text("name"));
    }
}

const PAGE: &str = "\
# From a failure to a job that trains

`tests/trainer/` holds a trainer that trains nothing: a real Hydra application with verl's keys. It counts
the memory of every phase tensor by tensor and stops at the first that does not fit, with the words and
tracebacks of PyTorch, vLLM, SGLang, Ray or Slurm; what verl asserts about batches it asserts at the same
moment. It knows nothing of the rules.

Each row is a launch script of its own form that fails. `hydrule rewrite … --log job.log --write` answers,
and the script runs again, until it trains. *Predicted* is the number of steps that the cheapest plan has,
told after the first failure alone: where the pack estimates the phase, the plan for
`--goal '$peak < 77GiB'` (a card of 79.18 GiB without its context and fragments); else the fewest `--steps`
that train, found by trying. No job may need more runs than one and that many, take a step that it trains
without, fail earlier after a step than before, or train on other batches than the plans say.

| failure | read as | steps | runs | predicted |
| --- | --- | --- | --- | --- |
";

const NOTES: &str = "
`python tests/trainer/check.py BINARY` runs all of it, with hydra-core 1.3.8 beside; `--record` writes what
was printed to `tests/trainer/scenarios/`, where `cargo test` replays it without Python. Packs with a false
claim must not pass, such as one in which an offload frees host memory: each of them is found out by one of
these scenarios.

Memory is counted, not measured: no GPU has been asked. The formulas are those of ZeRO, of checkpointed
activations and of the logits that verl makes; a real card differs by some percent.
";

#[test]
fn the_page_tells_what_was_recorded() {
    let mut page = PAGE.to_owned();
    for scenario in scenarios() {
        let code = |ids: &[String]| format!("`{}`", ids.join("`, `"));
        let steps: Vec<String> = scenario.steps().iter().map(|ids| code(ids)).collect();
        let read = match (scenario.text("signal"), scenario.text("place")) {
            ("", _) => "no want of memory; `--repair`".to_owned(),
            (signal, place) => format!("`{signal}`, `{place}`"),
        };
        let goal = scenario.text("predict");
        page.push_str(&format!(
            "| {} | {read} | {} | {} | {} ({goal}) |\n",
            scenario.text("title"),
            steps.join(" → "),
            scenario.runs(),
            scenario.outcome["predicted"],
        ));
    }
    page.push_str(NOTES);
    check_file("docs/end-to-end.md", &page);
}
