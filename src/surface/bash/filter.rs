//! What small programs make of a text: those that launch scripts cut names and numbers with.
//!
//! Each gives none for any use that is not read here, never a guess.

/// Runs a program on the text that it reads.
pub fn filtered(text: &str, words: &[String]) -> Option<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["cut", options @ ..] => cut(text, options),
        ["tr", options @ ..] => tr(text, options),
        ["sed", script] | ["sed", "-e" | "-E" | "-r", script] => {
            lines(text, |line| substitute(line, script))
        }
        ["awk", program] => lines(text, |line| awk(line, None, program)),
        ["awk", "-F", separator, program] => {
            lines(text, |line| awk(line, Some(separator), program))
        }
        ["awk", separator, program] => {
            let separator = separator.strip_prefix("-F")?;
            lines(text, |line| awk(line, Some(separator), program))
        }
        ["head", options @ ..] => {
            let count = count_of(options)?;
            Some(text.split_inclusive('\n').take(count).collect())
        }
        ["tail", options @ ..] => {
            let all: Vec<&str> = text.split_inclusive('\n').collect();
            let count = count_of(options)?;
            Some(all.get(all.len().saturating_sub(count)..)?.concat())
        }
        ["xargs"] => trimmed(text),
        ["cat"] => Some(text.to_owned()),
        _ => None,
    }
}

/// Makes something of each line, as programs that write a line for every one they read.
fn lines(text: &str, make: impl Fn(&str) -> Option<String>) -> Option<String> {
    let made: Option<Vec<String>> =
        text.lines().map(|line| make(line).map(|it| it + "\n")).collect();
    Some(made?.concat())
}

/// `-n 1`, `-n1` and `-1`.
fn count_of(options: &[&str]) -> Option<usize> {
    let digits = match options {
        ["-n", count] => *count,
        [joined] => joined.strip_prefix("-n").or_else(|| joined.strip_prefix('-'))?,
        _ => return None,
    };
    digits.chars().all(|c| c.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// `xargs` alone: the words, with one blank between them.
fn trimmed(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let plain = text.is_ascii() && !text.contains(['\'', '"', '\\', '\u{b}', '\u{c}']);
    let echoes = words.first().is_some_and(|it| !it.starts_with('-'));
    (plain && echoes && text.len() < 4096).then(|| words.join(" ") + "\n")
}

/// `cut -d X -f LIST`.
fn cut(text: &str, options: &[&str]) -> Option<String> {
    let (mut delimiter, mut list, mut rest) = ("\t", None, options);
    while let [option, after @ ..] = rest {
        let (letter, joined) = option.split_at_checked(2)?;
        let (value, after) = match (joined, after) {
            ("", [value, after @ ..]) => (*value, after),
            ("", []) => return None,
            (joined, after) => (joined, after),
        };
        match letter {
            "-d" => delimiter = value,
            "-f" if list.is_none() => list = Some(ranges(value)?),
            _ => return None,
        }
        rest = after;
    }
    let (list, single) = (list?, delimiter.len() == 1);
    let chosen = |line: &str| {
        let fields = line.split(delimiter).enumerate();
        let chosen = fields.filter(|(index, _)| list.iter().any(|it| it.contains(&(index + 1))));
        let chosen: Vec<&str> = chosen.map(|(_, field)| field).collect();
        if line.contains(delimiter) { chosen.join(delimiter) } else { line.to_owned() }
    };
    single.then(|| lines(text, |line| Some(chosen(line))))?
}

/// Reads `1`, `2-`, `-3` and `1,3-4`.
fn ranges(list: &str) -> Option<Vec<std::ops::RangeInclusive<usize>>> {
    let number =
        |text: &str| text.parse::<usize>().ok().filter(|it| *it > 0 && !text.starts_with('+'));
    let range = |part: &str| match part.split_once('-') {
        None => number(part).map(|it| it..=it),
        Some(("", "")) => None,
        Some((from, to)) => {
            let from = if from.is_empty() { 1 } else { number(from)? };
            let to = if to.is_empty() { usize::MAX } else { number(to)? };
            (from <= to).then_some(from..=to)
        }
    };
    list.split(',').map(range).collect()
}

/// `tr A B`, `tr -d A` and `tr -s A`.
fn tr(text: &str, options: &[&str]) -> Option<String> {
    let plain = |set: &str| !set.starts_with('-') || set.len() == 1;
    match options {
        ["-d", set] if plain(set) => {
            let set = characters(set, text)?;
            Some(text.chars().filter(|c| !set.contains(c)).collect())
        }
        ["-s", set] if plain(set) => {
            let set = characters(set, text)?;
            let mut out = String::new();
            for c in text.chars() {
                if !(set.contains(&c) && out.ends_with(c)) {
                    out.push(c);
                }
            }
            Some(out)
        }
        [from, to] if plain(from) && plain(to) => {
            let (from, to) = (characters(from, text)?, characters(to, text)?);
            let last = to.last()?;
            let map = |c: char| match from.iter().rposition(|it| *it == c) {
                Some(at) => *to.get(at).unwrap_or(last),
                None => c,
            };
            Some(text.chars().map(map).collect())
        }
        _ => None,
    }
}

/// Reads a set of `tr`: characters, ranges, `[:upper:]`, `[:lower:]` and `[:digit:]`.
fn characters(set: &str, text: &str) -> Option<Vec<char>> {
    let class = match set {
        "[:upper:]" => Some('A'..='Z'),
        "[:lower:]" => Some('a'..='z'),
        "[:digit:]" => Some('0'..='9'),
        _ => None,
    };
    if let Some(class) = class {
        return text.is_ascii().then(|| class.collect());
    }
    let odd = set.contains('[') && set.contains([':', '=', '*']);
    if odd || !set.is_ascii() || set.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    let mut rest = set.chars();
    while let Some(c) = rest.next() {
        let c = match c {
            '\\' => match rest.next()? {
                'n' => '\n',
                't' => '\t',
                '\\' => '\\',
                _ => return None,
            },
            c => c,
        };
        match (c, rest.clone().next(), rest.clone().nth(1)) {
            (_, Some('-'), Some('\\')) => return None,
            (low, Some('-'), Some(high)) => {
                rest.nth(1)?;
                if low > high {
                    return None;
                }
                out.extend(low..=high);
            }
            _ => out.push(c),
        }
    }
    Some(out)
}

/// `s/TEXT/TEXT/`, once or with `g`, where the pattern means itself but for `^` and `$`.
fn substitute(line: &str, script: &str) -> Option<String> {
    let mut after = script.strip_prefix('s')?.chars();
    let mark = after.next().filter(|c| "/|,#:@!_".contains(*c))?;
    let parts = marked(after.as_str(), mark)?;
    let [pattern, by, flags] = parts.as_slice() else { return None };
    let all = match flags.as_str() {
        "" => false,
        "g" => true,
        _ => return None,
    };
    let (begins, pattern) = match pattern.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, pattern.as_str()),
    };
    let (ends, pattern) = match pattern.strip_suffix('$') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let pattern = meant(pattern)?;
    let odd = pattern.is_empty() || by.contains(['&', '\\', '\n']);
    match (begins, ends) {
        _ if odd => None,
        (true, true) if line == pattern => Some(by.clone()),
        (true, false) => {
            Some(line.strip_prefix(&pattern).map_or(line.to_owned(), |it| format!("{by}{it}")))
        }
        (false, true) => {
            Some(line.strip_suffix(&pattern).map_or(line.to_owned(), |it| format!("{it}{by}")))
        }
        (true, true) => Some(line.to_owned()),
        (false, false) if all => Some(line.replace(&pattern, by)),
        (false, false) => Some(line.replacen(&pattern, by, 1)),
    }
}

/// Cuts at a mark that no backslash takes the meaning from.
fn marked(text: &str, mark: char) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            _ if c == mark => {
                parts.push(String::new());
                continue;
            }
            '\\' => {
                let next = characters.next()?;
                let part = parts.last_mut()?;
                if next != mark {
                    part.push('\\');
                }
                part.push(next);
            }
            c => parts.last_mut()?.push(c),
        }
    }
    Some(parts)
}

/// Returns the text that a pattern means; none for one that means several.
fn meant(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => out.push(characters.next().filter(|c| ".*[]^$/".contains(*c))?),
            '.' | '*' | '[' | ']' | '^' | '$' | '+' | '?' | '(' | ')' | '{' | '}' | '|' => {
                return None;
            }
            c => out.push(c),
        }
    }
    Some(out)
}

/// `{print $1}` and `{print $NF}`.
fn awk(line: &str, separator: Option<&str>, program: &str) -> Option<String> {
    let inside = program.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let field = inside.trim_end_matches(';').strip_prefix("print")?.trim().strip_prefix('$')?;
    let fields: Vec<&str> = match separator {
        None if line.is_ascii() && !line.contains(['\r', '\u{b}', '\u{c}']) => {
            line.split_ascii_whitespace().collect()
        }
        Some(separator) if [",", ":", "/", "-", "_", "=", ";", "."].contains(&separator) => {
            if line.is_empty() { Vec::new() } else { line.split(separator).collect() }
        }
        _ => return None,
    };
    let at = if field == "NF" { fields.len() } else { field.parse().ok()? };
    // `$0` is the whole line, and so is `$NF` of an empty one.
    let found = at.checked_sub(1).map(|at| fields.get(at).copied().unwrap_or_default());
    Some(found.unwrap_or(line).to_owned())
}

/// What `printf` prints of a format and its arguments.
pub fn formatted(format: &str, arguments: &[String]) -> Option<String> {
    let mut out = String::new();
    let mut rest = arguments.iter();
    loop {
        let before = rest.len();
        formatted_once(format, &mut rest, &mut out)?;
        if rest.len() == 0 || rest.len() == before {
            return Some(out);
        }
    }
}

fn formatted_once(
    format: &str,
    arguments: &mut std::slice::Iter<'_, String>,
    out: &mut String,
) -> Option<()> {
    let mut characters = format.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => out.push(match characters.next()? {
                'n' => '\n',
                't' => '\t',
                '\\' => '\\',
                _ => return None,
            }),
            '%' => {
                let spec: String = characters
                    .clone()
                    .take_while(|c| "0-".contains(*c) || c.is_ascii_digit())
                    .collect();
                let conversion = characters.nth(spec.len())?;
                out.push_str(&converted(conversion, &spec, arguments)?);
            }
            c => out.push(c),
        }
    }
    Some(())
}

fn converted(
    conversion: char,
    spec: &str,
    arguments: &mut std::slice::Iter<'_, String>,
) -> Option<String> {
    if conversion == '%' {
        return spec.is_empty().then(|| "%".to_owned());
    }
    let argument = arguments.next().map(String::as_str);
    let (text, number) = match conversion {
        's' => (argument.unwrap_or_default().to_owned(), false),
        'd' | 'i' => (decimal(argument.unwrap_or("0"))?, true),
        _ => return None,
    };
    let left = spec.starts_with('-');
    let zeros = spec.starts_with('0');
    let digits = spec.trim_start_matches(['-', '0']);
    let width =
        if digits.is_empty() { 0 } else { digits.parse::<usize>().ok().filter(|it| *it < 1000)? };
    if spec.get(1..).is_some_and(|it| it.starts_with(['-', '0']))
        || digits.contains('-')
        || !text.is_ascii() && width > 0
    {
        return None;
    }
    Some(match (left, zeros) {
        (true, _) => format!("{text:<width$}"),
        (false, true) if number => format!("{:0width$}", text.parse::<i64>().ok()?),
        (false, true) => return None,
        (false, false) => format!("{text:>width$}"),
    })
}

/// Takes a number as `printf` does, where it is written in the plain way.
fn decimal(text: &str) -> Option<String> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, words: &[&str]) -> Option<String> {
        filtered(text, &owned(words))
    }

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn programs_do_what_they_do() {
        for (text, words, expected) in [
            ("a b c\n", vec!["cut", "-d", " ", "-f2"], "b\n"),
            ("a b c", vec!["cut", "-d ", "-f", "2-"], "b c\n"),
            ("abc\n", vec!["cut", "-d/", "-f2"], "abc\n"),
            ("a/b/c\n", vec!["cut", "-d/", "-f3,1"], "a/c\n"),
            ("Ab-C\n", vec!["tr", "[:upper:]", "[:lower:]"], "ab-c\n"),
            ("a/b\n", vec!["tr", "/", "_"], "a_b\n"),
            ("abcd\n", vec!["tr", "a-c", "xy"], "xyyd\n"),
            ("a  b\n", vec!["tr", "-s", " "], "a b\n"),
            ("a,b\n", vec!["tr", "-d", ",\\n"], "ab"),
            ("a.b.c\n", vec!["sed", "s/\\./_/g"], "a_b_c\n"),
            ("a/b\n", vec!["sed", "s|/b$||"], "a\n"),
            ("a b\n", vec!["awk", "{print $2}"], "b\n"),
            ("a,b\n", vec!["awk", "-F,", "{ print $NF }"], "b\n"),
            (" a  b \n", vec!["xargs"], "a b\n"),
            ("1\n2\n3\n", vec!["head", "-n1"], "1\n"),
            ("1\n2\n3\n", vec!["tail", "-n", "2"], "2\n3\n"),
        ] {
            assert_eq!(of(text, &words).as_deref(), Some(expected), "{words:?}");
        }
        for words in [
            vec!["sed", "s/a.b//"],
            vec!["tr", "[a*3]", "b"],
            vec!["cut", "-c1"],
            vec!["awk", "{print}"],
        ] {
            assert_eq!(of("ab\n", &words), None, "{words:?}");
        }
    }

    #[test]
    fn formats_are_those_of_printf() {
        assert_eq!(
            formatted("%s-%02d|%-3s|%3s", &owned(&["a", "7", "b", "c"])).unwrap(),
            "a-07|b  |  c"
        );
        assert_eq!(formatted("%s,", &owned(&["a", "b"])).unwrap(), "a,b,");
        assert_eq!(formatted("x%d%%", &owned(&[])).unwrap(), "x0%");
        assert_eq!(formatted("%d", &owned(&["08"])), None);
        assert_eq!(formatted("%.2f", &owned(&["1"])), None);
    }
}
