//! A warning about one override of a launch.

use crate::cli::job::in_source;
use crate::surface::bash::{Argument, Launch, Script};
use crate::text::{Fault, Finding, Level};

/// Warns of a fault in an argument's text; nothing where another file than the script wrote it.
pub fn warning(
    rule: &str,
    script: &Script,
    launch: &Launch,
    (argument, key): (&Argument, &str),
    fault: Fault,
) -> Option<Finding> {
    let fault = in_source(argument, fault);
    let is_here = script.holds(fault.span);
    let finding = || Finding::new(rule, Level::Warning, &script.source, fault);
    is_here.then(finding).map(|it| it.about(key).of(&launch.program))
}
