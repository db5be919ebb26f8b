//! Secrets: learned where texts come in, hidden where texts go out.
//!
//! [`learn`] is given what is read and remembers the values of keys and variables such as `api_key`
//! and `HF_TOKEN`. [`hidden`] is given what is printed and replaces them, however they came there, so
//! that no report has to think of it. What stands behind such a name in the printed text, and what has
//! the form of a well-known token, is hidden without having been learned.

mod form;
mod known;
mod name;
mod quoted;
mod value;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value as Json;

use form::formed;
use known::Known;
use value::named;

/// Where a secret stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Secret {
    /// Its bytes, without quotes.
    pub range: Range<usize>,
    /// Whether it is a number or word of JSON, so that what stands for it needs quotes.
    pub bare_json: bool,
    /// Whether a shell makes one word of it and of the one before.
    pub continues: bool,
}

impl Secret {
    fn of(range: Range<usize>) -> Self {
        Self { range, bare_json: false, continues: false }
    }
}

/// What stands for a secret.
pub const MASK: &str = "***";

static KNOWN: RwLock<Known> = RwLock::new(Known::new());
static SHOWN: AtomicBool = AtomicBool::new(false);
static HID: AtomicBool = AtomicBool::new(false);
static CUT: AtomicBool = AtomicBool::new(false);

/// Remembers the secrets of a text that is read.
pub fn learn(text: &str) {
    let found = named(text);
    if found.is_empty() {
        return;
    }
    let Ok(mut known) = KNOWN.write() else { return };
    let mut keep = |value: &str| forms(value).into_iter().for_each(|form| known.insert(form));
    for pieces in found.chunk_by(|_, next| next.continues) {
        let values = pieces.iter().filter_map(|it| text.get(it.range.clone()));
        values.clone().for_each(&mut keep);
        keep(&values.collect::<String>());
    }
}

/// Forgets what was learned, where nothing of it can be printed any more.
pub fn forget() {
    if let Ok(mut known) = KNOWN.write() {
        *known = Known::new();
    }
}

/// Lists how a value may be written: as it is, without the quotes and backslashes of a shell or of Hydra,
/// and as JSON and XML have each.
fn forms(value: &str) -> BTreeSet<String> {
    let bare = value.trim_matches(['"', '\'', '\\', ' ']);
    let plain: String = bare.split('\\').collect();
    let json = |text: &str| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted.trim_matches('"').to_owned()
    };
    let hydra = plain.replace('\'', r"\'");
    let double = plain.replace('"', "\\\"");
    let written = [bare.to_owned(), plain, hydra, double];
    let xml = |text: &String| {
        let text = text.replace('&', "&amp;").replace('"', "&quot;");
        text.replace('<', "&lt;").replace('>', "&gt;")
    };
    let all = written.iter().flat_map(|it| [it.clone(), json(it), xml(it)]);
    all.collect()
}

/// Prints secrets from now on, as the user asks.
pub fn show() {
    SHOWN.store(true, Ordering::Relaxed);
}

/// Remembers that a diff ends early, since the line that would be its last holds a secret.
pub fn cut() {
    CUT.store(true, Ordering::Relaxed);
}

/// Says in words what was hidden, if anything was.
pub fn remark() -> String {
    let told = |flag: &AtomicBool, text: &str| match flag.load(Ordering::Relaxed) {
        true => format!("{text}\n"),
        false => String::new(),
    };
    let hid = "`***` stands for what looks like a secret; --show-secrets prints it.";
    let cut = "A line with a secret is left out below a change: `git apply` takes the diff with --unidiff-zero.";
    told(&HID, hid) + &told(&CUT, cut)
}

/// Hides the secrets of a text that is printed, unless the user asks for them.
pub fn hidden(text: &str) -> Cow<'_, str> {
    printed(text, &masked)
}

fn printed<'a>(text: &'a str, hide: &dyn Fn(&'a str) -> Cow<'a, str>) -> Cow<'a, str> {
    if SHOWN.load(Ordering::Relaxed) {
        return Cow::Borrowed(text);
    }
    let hidden = hide(text);
    if matches!(hidden, Cow::Owned(_)) {
        HID.store(true, Ordering::Relaxed);
    }
    hidden
}

/// Tells whether [`hidden`] changes a text.
pub fn is_hidden(text: &str) -> bool {
    !SHOWN.load(Ordering::Relaxed) && !found(text).is_empty()
}

/// Hides the secrets of a text that is kept, whatever the user asks.
pub fn masked(text: &str) -> Cow<'_, str> {
    replaced(text, |secret| if secret.bare_json { format!("\"{MASK}\"") } else { MASK.to_owned() })
}

/// Hides the secrets of a key's text that is kept; the text may be a value alone.
pub fn masked_for(key: &str, text: &str) -> String {
    if let Cow::Owned(hidden) = masked(text) {
        return hidden;
    }
    let secret = !named(&format!("{key}={text}")).is_empty();
    if secret { MASK.to_owned() } else { text.to_owned() }
}

/// Hides the secrets of all texts of a JSON value.
pub fn mask_json(json: &mut Json) {
    visit_texts(json, &|_| true, &|text| masked(text).into_owned());
}

/// Changes the texts of a JSON value, but for those in fields that `enters` leaves out.
pub fn visit_texts(
    json: &mut Json,
    enters: &dyn Fn(&str) -> bool,
    change: &dyn Fn(&str) -> String,
) {
    match json {
        Json::String(text) => *text = change(text),
        Json::Array(items) => items.iter_mut().for_each(|it| visit_texts(it, enters, change)),
        Json::Object(fields) => {
            let entered = fields.iter_mut().filter(|(name, _)| enters(name));
            entered.for_each(|(_, value)| visit_texts(value, enters, change));
        }
        _ => {}
    }
}

/// Hides the secrets of a text that is drawn, so that every other byte stays at its place.
pub fn covered(text: &str) -> Cow<'_, str> {
    printed(text, &|text| replaced(text, |secret| "*".repeat(secret.range.len())))
}

fn replaced(text: &str, mask: impl Fn(&Secret) -> String) -> Cow<'_, str> {
    let secrets = found(text);
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for secret in secrets.iter().filter(|it| !it.range.is_empty()) {
        // What overlaps the one before is hidden with it.
        if secret.range.start >= done {
            out.push_str(text.get(done..secret.range.start).unwrap_or_default());
            out.push_str(&mask(secret));
        }
        done = done.max(secret.range.end);
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// Finds all secrets of a text, in order.
fn found(text: &str) -> Vec<Secret> {
    let mut all = named(text);
    all.extend(formed(text).into_iter().map(Secret::of));
    if let Ok(known) = KNOWN.read() {
        all.extend(known.all_in(text).into_iter().map(Secret::of));
    }
    all.retain(|it| text.get(it.range.clone()).is_some_and(|it| it != MASK));
    // Of those that begin together the longest hides the others.
    all.sort_by_key(|it| (it.range.start, usize::MAX - it.range.end));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_was_learned_is_hidden_wherever_it_stands() {
        learn("export WANDB_API_KEY='local-0123456789abcdef'\nx.password=hunter2 y.secret=abc");
        let hides = |text: &str| masked(text).into_owned();
        assert_eq!(hides(r#"{"before": "local-0123456789abcdef"}"#), r#"{"before": "***"}"#);
        assert_eq!(hides("cut off: local-0123456…"), "cut off: ***…");
        assert_eq!(hides("hunter2 and hunter22 and a-hunter2"), "*** and hunter22 and a-hunter2");
        assert_eq!(hides("@@ -1 +1 @@\n-hunter2\n+hunter3"), "@@ -1 +1 @@\n-***\n+hunter3");
        assert_eq!(hides("abc"), "abc", "what is so short is any word");
        assert_eq!(hides("y.secret=abc"), "y.secret=***");
    }

    #[test]
    fn what_is_covered_keeps_its_length() {
        let text = "run trainer.api_key=\"é-very-own\" trainer.nnodes=2";
        let covered = covered(text).into_owned();
        assert_eq!(covered.len(), text.len());
        assert_eq!(covered, "run trainer.api_key=\"***********\" trainer.nnodes=2");
    }
}
