//! The goal of a plan and the weights of its costs.

use super::error::CliError;
use crate::engine::Goal;
use crate::pack::{Dimension, Pack};
use crate::text::{Fault, Faults, Source, Span};

/// Reads `--goal` and `--weight`. Without `--goal` the pack's own goal counts, unless `--steps` asks
/// for the ladder.
///
/// # Errors
/// Mistakes in the condition, unknown dimensions, and weights that are no numbers from 0 on.
pub fn read(
    pack: &Pack,
    goal: Option<&str>,
    steps: Option<usize>,
    weights: &[String],
) -> Result<Option<Goal>, CliError> {
    let condition = match goal {
        Some(text) => {
            let faults = |faults| Faults { source: Source::new("--goal", text), faults };
            Some(pack.condition(text).map_err(faults)?)
        }
        None => {
            let own = pack.goal.as_ref().filter(|_| steps.is_none());
            own.map(|goal| goal.condition.clone())
        }
    };
    let Some(mut goal) = condition.map(Goal::new) else {
        return match weights.first() {
            None => Ok(None),
            Some(_) => Err(CliError::plain("--weight counts towards a goal, and there is none")
                .helped("give one with --goal EXPR")),
        };
    };
    for text in weights {
        let (dimension, weight) = weight(text)?;
        let set = goal.weights.set(dimension, weight);
        set.map_err(|why| refused(text, format!("`{text}` is no weight"), why))?;
    }
    Ok(Some(goal))
}

fn weight(text: &str) -> Result<(Dimension, f64), CliError> {
    let Some((name, number)) = text.split_once('=') else {
        let help = "a dimension, `=`, and a number: time=2".to_owned();
        return Err(refused(text, format!("`{text}` is not DIMENSION=NUMBER"), help));
    };
    let dimension = Dimension::find(name)
        .map_err(|help| refused(text, format!("there is no cost `{name}`"), help))?;
    let number = number.parse().map_err(|_| {
        let help = "a weight is a number from 0 to 1000".to_owned();
        refused(text, format!("`{number}` is no number"), help)
    })?;
    Ok((dimension, number))
}

fn refused(word: &str, message: String, help: String) -> CliError {
    let fault = Fault::new("hydrule::argument::weight", Span::at(0), message);
    CliError::at_word(word, fault.helped(help))
}
