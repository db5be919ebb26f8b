//! Conditions and assignments: read and decided in a world that knows some names, lacks others and cannot
//! tell the rest.
#![no_main]

use hydrule::condition::{Assignment, Condition, Scope, pieces};
use hydrule::facts::{Found, Lookup, Missing, Provenance};
use hydrule::path::KeyPath;
use hydrule::value::Value;
use libfuzzer_sys::fuzz_target;

struct World;

impl World {
    /// Answers by the name alone, so that a condition's second reading sees the same.
    fn tell(name: &str) -> Lookup {
        let sum: usize = name.bytes().map(usize::from).sum();
        let set = |value| Lookup::Set(Found { value, from: Provenance::Computed });
        match sum % 9 {
            0 => set(Value::Int(0)),
            1 => set(Value::Int(i64::MIN)),
            2 => set(Value::Float(0.5)),
            3 => set(Value::Bytes(17 << 30)),
            4 => set(Value::Str("update".to_owned())),
            5 => set(Value::Bool(true)),
            6 => set(Value::List(vec![Value::Int(3), Value::Null])),
            7 => Lookup::Absent,
            _ => Lookup::Unknown(Missing {
                name: name.to_owned(),
                why: "nothing tells".to_owned(),
                supply: "--env".to_owned(),
            }),
        }
    }
}

impl Scope for World {
    fn config(&self, key: &KeyPath) -> Lookup {
        Self::tell(&key.to_string())
    }

    fn name(&self, name: &str) -> Lookup {
        Self::tell(name)
    }

    fn it(&self) -> Lookup {
        Self::tell("it")
    }

    fn switched(&self, key: &KeyPath) -> Lookup {
        Self::tell(&key.to_string())
    }
}

fuzz_target!(|text: &str| {
    let _ = pieces(text);
    let _ = Assignment::parse(text);
    let Ok(condition) = Condition::parse(text) else { return };
    assert_eq!(condition.text(), text, "a condition keeps its text");
    let traced = condition.evaluate(&World);
    // The short way decides the same as the one that keeps its reasons.
    assert_eq!(format!("{:?}", traced.outcome), format!("{:?}", condition.outcome(&World)));
});
