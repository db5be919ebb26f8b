//! A line of input.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use serde_json::value::RawValue;

/// A set of overrides, and what is told of its job.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line<'a> {
    #[serde(default)]
    pub id: Json,
    #[serde(borrow, deserialize_with = "texts")]
    pub overrides: Vec<Text<'a>>,
    #[serde(default)]
    pub facts: IndexMap<String, Json>,
}

/// An override as the line says it, and its text: the same but for the quotes, unless something is escaped.
pub struct Text<'a> {
    pub said: &'a RawValue,
    pub text: Cow<'a, str>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let said = <&RawValue>::deserialize(json)?;
        let inner = said.get().strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        let plain = inner.filter(|it| !it.contains('\\'));
        let text = match plain {
            Some(plain) => Cow::Borrowed(plain),
            None => String::deserialize(said).map_err(D::Error::custom)?.into(),
        };
        Ok(Self { said, text })
    }
}

/// Reads a list of overrides, with room for as many as most launches have.
fn texts<'de: 'a, 'a, D: Deserializer<'de>>(json: D) -> Result<Vec<Text<'a>>, D::Error> {
    struct Texts;
    impl<'de> Visitor<'de> for Texts {
        type Value = Vec<Text<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a sequence")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::with_capacity(64);
            while let Some(text) = items.next_element()? {
                all.push(text);
            }
            Ok(all)
        }
    }
    json.deserialize_seq(Texts)
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}
