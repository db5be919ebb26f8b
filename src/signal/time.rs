use std::sync::OnceLock;

use regex_lite::Regex;

/// When a line of a log was written, as far as it tells. Times compare by what both of them tell, so
/// that those of a logger that leaves the year out compare with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// The time as the log writes it.
    pub text: String,
    year: Option<u32>,
    /// Month, day, hour, minute, second, microsecond.
    rest: [u32; 6],
}

impl Time {
    /// Finds the last time in a text.
    pub(super) fn last_in(text: &str) -> Option<Self> {
        static TIME: OnceLock<Option<Regex>> = OnceLock::new();
        const PATTERN: &str =
            r"(?:(\d{4})[-/])?\b(\d\d)[-/](\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?";
        let regex = TIME.get_or_init(|| Regex::new(PATTERN).ok()).as_ref()?;
        let mut lines = text.rsplit('\n').filter(|line| holds_a_clock(line.as_bytes()));
        lines.find_map(|line| regex.captures_iter(line).filter_map(|found| Self::of(&found)).last())
    }

    fn of(found: &regex_lite::Captures<'_>) -> Option<Self> {
        let number = |at: usize| found.get(at).and_then(|it| it.as_str().parse::<u32>().ok());
        let fraction = found.get(7).map_or("0", |it| it.as_str());
        let micros = format!("{fraction:0<6}").parse().ok()?;
        let rest = [number(2)?, number(3)?, number(4)?, number(5)?, number(6)?, micros];
        let [month, day, hour, minute, second, _] = rest;
        let sound = (1..=12).contains(&month) && (1..=31).contains(&day);
        let sound = sound && hour < 24 && minute < 60 && second < 61;
        let text = found.get(0)?.as_str().to_owned();
        sound.then(|| Self { text, year: number(1), rest })
    }

    /// Tells whether this is before another time.
    pub fn is_before(&self, other: &Self) -> bool {
        match (self.year, other.year) {
            (Some(own), Some(year)) => (own, self.rest) < (year, other.rest),
            _ => self.rest < other.rest,
        }
    }
}

/// Tells whether some bytes look like `12:34:56`: few lines without a time do.
fn holds_a_clock(line: &[u8]) -> bool {
    let clock = |at: usize| {
        let digits =
            |at: usize| line.get(at..at + 2).is_some_and(|it| it.iter().all(u8::is_ascii_digit));
        line.get(at + 3) == Some(&b':') && digits(at + 1) && digits(at + 4)
    };
    memchr::memchr_iter(b':', line).any(clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_many_loggers_compare() {
        let time = |text: &str| Time::last_in(text).unwrap();
        let order = [
            "2026-09-14 09:12:03,117 INFO x",
            "[2026-09-14 10:31:07,402 E 1 1] (raylet)",
            "CANCELLED AT 2026-09-14T12:00:00 DUE TO TIME LIMIT",
            "ERROR 09-14 12:00:01 [core.py:708] x",
        ];
        for pair in order.windows(2) {
            assert!(time(pair[0]).is_before(&time(pair[1])), "{pair:?}");
            assert!(!time(pair[1]).is_before(&time(pair[0])), "{pair:?}");
        }
        assert_eq!(
            time("2026-01-02 03:04:05 then 2026-01-02 03:04:06.5").text,
            "2026-01-02 03:04:06.5"
        );
        let earlier = "2026-01-02 03:04:05 a\r\n10:11:12 b\n";
        assert_eq!(time(earlier).text, "2026-01-02 03:04:05");
        for none in ["99-99 10:00:00", "2026-09-14", "12:00:00", ""] {
            assert_eq!(Time::last_in(none), None, "{none}");
        }
    }
}
