use super::{Report, place};
use crate::report::fault::FindingDrawer;
use crate::report::junit::{document, suite, testcase};
use crate::report::paint::Look;
use crate::text::{Finding, Level};

/// Writes a test for each finding that weighs more than a note, one that passes for each file without
/// any, and an error for each file that cannot be read.
pub fn check_junit(report: &Report<'_>) -> String {
    let heavy = |file: &str| -> Vec<&Finding> {
        let of = report.findings.iter().filter(|it| it.source.name() == file);
        of.filter(|it| it.level > Level::Note).collect()
    };
    let (mut cases, mut tests, mut failures) = (String::new(), 0, 0);
    let mut drawer = FindingDrawer::new(Look::PLAIN);
    for file in report.files {
        let found = heavy(file);
        tests += found.len().max(1);
        failures += found.len();
        match found.as_slice() {
            [] => cases.push_str(&testcase(file, "no finding", None)),
            found => cases.extend(found.iter().map(|it| failed(it, &drawer.draw(it)))),
        }
    }
    for (path, message) in report.errors {
        cases.push_str(&testcase(path, "can be read", Some(("error", message, message))));
    }
    let errors = report.errors.len();
    document(&suite("hydrule check", (tests + errors, failures, errors), &cases))
}

/// Names a finding by rule, key and place, which is what a list of failed tests shows.
fn failed(finding: &Finding, text: &str) -> String {
    let name = match &finding.key {
        Some(key) => format!("{} {key}", finding.rule),
        None => finding.rule.clone(),
    };
    let message = format!("{}: {}", place(finding), finding.fault.message);
    testcase(finding.source.name(), &name, Some(("failure", &message, text)))
}
