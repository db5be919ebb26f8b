//! What a scalar of YAML 1.1 means to OmegaConf, which takes PyYAML's rules, adds floats without a
//! point (`1e-6`) and leaves dates as text.

use num_bigint::BigInt;

use super::tree::Leaf;

/// What a scalar's text or tag makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`, `~`, or nothing.
    Null,
    /// `yes`, `True`, `off`, …; the single letters are text.
    Bool,
    /// Also octal with a leading `0`, and base 60 with colons.
    Int,
    /// Also without a point, and base 60 with colons.
    Float,
    /// A date, which OmegaConf reads as text and PyYAML's writer puts in quotes.
    Date,
    /// The merge key `<<`.
    Merge,
    /// The odd `=`.
    Default,
    /// Anything else.
    Str,
}

/// Tells what a plain scalar is.
pub fn kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "<<" => return Kind::Merge,
        "=" => return Kind::Default,
        _ => {}
    }
    if truth(text).is_some_and(|_| is_one_case(text)) {
        Kind::Bool
    } else if is_int(text) {
        Kind::Int
    } else if is_float(text) {
        Kind::Float
    } else if is_date(text) {
        Kind::Date
    } else {
        Kind::Str
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" => Some(true),
        "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// `yes`, `Yes` and `YES`, but not `yEs`.
fn is_one_case(text: &str) -> bool {
    let rest = text.get(1..).unwrap_or_default();
    let lower = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
    let upper = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase());
    lower(rest) || upper(text)
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

/// Splits after the leading characters that pass.
fn span(text: &str, pass: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !pass(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn digit_or_underscore(c: char) -> bool {
    digit(c) || c == '_'
}

fn is_int(text: &str) -> bool {
    let body = unsigned(text);
    let all = |digits: &str, pass: fn(char) -> bool| !digits.is_empty() && digits.chars().all(pass);
    if let Some(bits) = body.strip_prefix("0b") {
        return all(bits, |c| matches!(c, '0' | '1' | '_'));
    }
    if let Some(hex) = body.strip_prefix("0x") {
        return all(hex, |c| c.is_ascii_hexdigit() || c == '_');
    }
    if let Some(octal) = body.strip_prefix('0') {
        return octal.chars().all(|c| matches!(c, '0'..='7' | '_'));
    }
    if !body.starts_with(digit) {
        return false;
    }
    let (_, rest) = span(body, digit_or_underscore);
    rest.is_empty() || after_sixties(rest) == Some("")
}

/// Skips one or more `:59`; nothing where there is none.
fn after_sixties(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(part) = rest.strip_prefix(':') {
        let (digits, after) = span(part, digit);
        let fits = match digits.as_bytes() {
            [_] => true,
            [tens, _] => *tens <= b'5',
            _ => false,
        };
        if !fits {
            return None;
        }
        rest = after;
    }
    (rest.len() < text.len()).then_some(rest)
}

fn is_float(text: &str) -> bool {
    let body = unsigned(text);
    if matches!(body, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if let Some(fraction) = text.strip_prefix('.') {
        // Here alone an exponent needs its sign.
        let (digits, rest) = span(fraction, digit_or_underscore);
        return digits.starts_with(digit) && (rest.is_empty() || is_exponent(rest, true));
    }
    if !body.starts_with(digit) {
        return false;
    }
    let (whole, rest) = span(body, digit_or_underscore);
    if let Some(tail) = after_sixties(rest) {
        return tail.strip_prefix('.').is_some_and(|it| it.chars().all(digit_or_underscore));
    }
    let tidy = whole.split('_').all(|group| !group.is_empty());
    match rest.strip_prefix('.') {
        Some(fraction) => {
            let (_, tail) = span(fraction, digit_or_underscore);
            tail.is_empty() || is_exponent(tail, !tidy)
        }
        None => tidy && is_exponent(rest, false),
    }
}

fn is_exponent(text: &str, needs_sign: bool) -> bool {
    let Some(exponent) = text.strip_prefix(['e', 'E']) else { return false };
    let digits = unsigned(exponent);
    let signed = digits.len() < exponent.len();
    (signed || !needs_sign) && !digits.is_empty() && digits.chars().all(digit)
}

/// PyYAML's pattern of dates and times.
fn is_date(text: &str) -> bool {
    let number = |text: &str, least: usize, most: usize| -> Option<usize> {
        let (digits, _) = span(text, digit);
        let taken = digits.len().min(most);
        (taken >= least).then_some(taken)
    };
    let step = |text: &'_ str, least, most| -> Option<usize> { number(text, least, most) };
    let parse = || -> Option<()> {
        let rest = text.get(step(text, 4, 4)?..)?.strip_prefix('-')?;
        let month = step(rest, 1, 2)?;
        let rest = rest.get(month..)?.strip_prefix('-')?;
        let day = step(rest, 1, 2)?;
        let rest = rest.get(day..)?;
        if rest.is_empty() {
            return (month == 2 && day == 2).then_some(());
        }
        let time = match rest.strip_prefix(['T', 't']) {
            Some(time) => time,
            None => {
                let (blanks, time) = span(rest, |c| c == ' ' || c == '\t');
                (!blanks.is_empty()).then_some(time)?
            }
        };
        is_time(time).then_some(())
    };
    parse().is_some()
}

fn is_time(text: &str) -> bool {
    let parse = || -> Option<()> {
        let (hour, rest) = text.split_once(':')?;
        let digits = |text: &str| !text.is_empty() && text.chars().all(digit);
        (digits(hour) && hour.len() <= 2).then_some(())?;
        let (minute, rest) = rest.split_once(':')?;
        (digits(minute) && minute.len() == 2).then_some(())?;
        let second = rest.get(..2).filter(|second| digits(second))?;
        let rest = rest.get(second.len()..)?;
        let rest = match rest.strip_prefix('.') {
            Some(fraction) => span(fraction, digit).1,
            None => rest,
        };
        let (_, zone) = span(rest, |c| c == ' ' || c == '\t');
        if zone.is_empty() {
            // Blanks alone may not end it.
            return rest.is_empty().then_some(());
        }
        if zone == "Z" {
            return Some(());
        }
        let (hours, minutes) = match zone.strip_prefix(['-', '+'])?.split_once(':') {
            Some((hours, minutes)) => (hours, Some(minutes)),
            None => (zone.get(1..)?, None),
        };
        let fits = digits(hours)
            && hours.len() <= 2
            && minutes.is_none_or(|it| digits(it) && it.len() == 2);
        fits.then_some(())
    };
    parse().is_some()
}

/// Reads a scalar of a known kind; nothing where PyYAML's conversion fails, such as for `0x_` or a
/// tagged text that is no number.
pub fn read(text: &str, kind: Kind) -> Option<Leaf> {
    match kind {
        Kind::Null => Some(Leaf::Null),
        Kind::Bool => truth(text).map(Leaf::Bool),
        Kind::Int => int(text).map(Leaf::Int),
        Kind::Float => float(text).map(Leaf::Float),
        Kind::Date | Kind::Str => Some(Leaf::Str(text.to_owned())),
        Kind::Merge | Kind::Default => None,
    }
}

/// Python refuses decimal integers of more digits.
const MOST_DIGITS: usize = 4300;

fn int(text: &str) -> Option<BigInt> {
    let plain = text.replace('_', "");
    let body = unsigned(&plain);
    let parse = |digits: &str, radix: u32| {
        let clean = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        clean.then(|| BigInt::parse_bytes(digits.as_bytes(), radix)).flatten()
    };
    let magnitude = if body == "0" {
        BigInt::ZERO
    } else if let Some(bits) = body.strip_prefix("0b") {
        parse(bits, 2)?
    } else if let Some(hex) = body.strip_prefix("0x") {
        parse(hex, 16)?
    } else if body.starts_with('0') {
        parse(body, 8)?
    } else {
        let mut sum = BigInt::ZERO;
        for part in body.split(':') {
            sum = sum * 60 + parse(part, 10).filter(|_| part.len() <= MOST_DIGITS)?;
        }
        sum
    };
    Some(if plain.starts_with('-') { -magnitude } else { magnitude })
}

fn float(text: &str) -> Option<f64> {
    let plain = text.replace('_', "").to_ascii_lowercase();
    let body = unsigned(&plain);
    let magnitude = match body {
        ".inf" => f64::INFINITY,
        ".nan" => return Some(f64::NAN),
        _ => {
            // From the last part up, as PyYAML adds them: rounding depends on the order.
            let mut sum = 0.0;
            let mut base = 1.0;
            for part in body.rsplit(':') {
                let part: f64 = part.trim().parse().ok()?;
                sum = if body.contains(':') { sum + part * base } else { part };
                base *= 60.0;
            }
            sum
        }
    };
    Some(if plain.starts_with('-') { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_the_kinds_omegaconf_gives_them() {
        let cases = [
            ("1e-6", Kind::Float),
            ("0o7", Kind::Str),
            ("017", Kind::Int),
            ("08", Kind::Str),
            ("1:30", Kind::Int),
            ("y", Kind::Str),
            ("yEs", Kind::Str),
            (".5e3", Kind::Str),
            ("5.e3", Kind::Float),
            ("2020-01-01", Kind::Date),
            ("2020-1-1", Kind::Str),
            ("2020-1-1 1:02:03.5 +1:30", Kind::Date),
            ("-.nan", Kind::Str),
        ];
        for (text, expected) in cases {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn base_sixty_and_octal_are_read() {
        assert_eq!(int("190:20:30"), Some(BigInt::from(685_230)));
        assert_eq!(int("-0_17"), Some(BigInt::from(-15)));
        assert_eq!(int("0x_"), None);
        assert_eq!(float("1:2.5"), Some(62.5));
    }
}
