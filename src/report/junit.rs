//! The pieces of JUnit's XML, which CI systems show.

/// Writes the whole: suites of tests.
pub fn document(suites: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n{suites}</testsuites>\n")
}

/// Writes a suite of tests, of which so many fail, and so many could not be run.
pub fn suite(name: &str, (tests, failures, errors): (usize, usize, usize), cases: &str) -> String {
    let name = xml(name);
    format!(
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">\n{cases}  </testsuite>\n"
    )
}

/// Writes one test: as passed, or with its tag (`failure` or `error`), the message, and the whole text.
pub fn testcase(class: &str, name: &str, wrong: Option<(&str, &str, &str)>) -> String {
    let (class, name) = (xml(class), xml(name));
    match wrong {
        None => format!("    <testcase classname=\"{class}\" name=\"{name}\"/>\n"),
        Some((tag, message, text)) => format!(
            "    <testcase classname=\"{class}\" name=\"{name}\">\n      <{tag} message=\"{}\">{}</{tag}>\n    </testcase>\n",
            xml(message),
            xml(text)
        ),
    }
}

/// Escapes a text for XML, which has no way to say most control characters.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
