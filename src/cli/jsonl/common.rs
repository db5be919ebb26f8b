//! What all lines share.

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::cli::args::RewriteArgs;
use crate::cli::error::CliError;
use crate::cli::job::request;
use crate::cli::project::Project;
use crate::cli::told::{Known, check_fact, quantity_or};
use crate::engine::{Request, World};
use crate::facts::Provenance;
use crate::pack::Pack;
use crate::value::Value;

/// What all lines of one pack share.
pub struct Common {
    pub pack: Pack,
    pub request: Request,
    /// What is told for all lines.
    world: World,
}

impl Common {
    pub fn of(args: &RewriteArgs, project: &Project, pack: Pack) -> Result<Self, CliError> {
        let world = Known::of(&args.job, project).world(&pack)?;
        let request = request(&args.job, &pack, args.r#unsafe)?;
        Ok(Self { pack, request, world })
    }

    /// Makes the world of a line that tells these facts.
    pub fn told(&self, facts: &IndexMap<String, Json>) -> Result<World, CliError> {
        let mut world = self.world.clone();
        for (name, told) in facts {
            let value = fact(told)
                .ok_or_else(|| CliError::plain(format!("the fact `{name}` is no plain value")))?;
            check_fact(&self.pack, name, &value)?;
            world.facts.insert(name.trim_start_matches('$'), value, Provenance::Computed);
        }
        world.take_told_failure();
        Ok(world)
    }
}

fn fact(told: &Json) -> Option<Value> {
    Some(match told {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64()?),
        },
        Json::String(text) => quantity_or(Value::Str(text.clone())),
        Json::Array(items) => Value::List(items.iter().map(fact).collect::<Option<_>>()?),
        Json::Object(_) => return None,
    })
}
