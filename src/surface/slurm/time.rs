//! Slurm's times: `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours[:minutes[:seconds]]`.

/// Reads a time as whole minutes, rounded up as Slurm does; no limit (`0`, `INFINITE`) is none.
pub(super) fn minutes(text: &str) -> Option<i64> {
    let number = |text: &str| -> Option<i64> { text.parse().ok().filter(|_| are_digits(text)) };
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (Some(number(days)?), rest),
        None => (None, text),
    };
    let parts: Vec<i64> = rest.split(':').map(number).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match (days, parts.as_slice()) {
        (None, [minutes]) => (0, *minutes, 0),
        (None, [minutes, seconds]) => (0, *minutes, *seconds),
        (Some(_), [hours]) => (*hours, 0, 0),
        (Some(_), [hours, minutes]) => (*hours, *minutes, 0),
        (_, [hours, minutes, seconds]) => (*hours, *minutes, *seconds),
        _ => return None,
    };
    let hours = days.unwrap_or(0).checked_mul(24)?.checked_add(hours)?;
    let whole = hours.checked_mul(60)?.checked_add(minutes)?;
    whole.checked_add(seconds.checked_add(59)? / 60).filter(|total| *total > 0)
}

/// Tells whether a text is a number without sign.
pub(super) fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Writes minutes as `hours:minutes:seconds`, behind the days where there are any.
pub(super) fn write(minutes: i64) -> String {
    let (hours, minutes) = (minutes / 60, minutes % 60);
    match (hours / 24, hours % 24) {
        (0, hours) => format!("{hours:02}:{minutes:02}:00"),
        (days, hours) => format!("{days}-{hours:02}:{minutes:02}:00"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_slurm_reads_them() {
        let cases = [
            ("90", Some(90)),
            ("90:30", Some(91)),
            ("01:30:00", Some(90)),
            ("2-00", Some(2880)),
            ("1-02:03", Some(1563)),
            ("1-02:03:04", Some(1564)),
            ("0", None),
            ("INFINITE", None),
            ("1:2:3:4", None),
            ("1-", None),
            ("+5", None),
            ("", None),
            ("9223372036854775807-0", None),
        ];
        for (text, expected) in cases {
            assert_eq!(minutes(text), expected, "{text}");
        }
        for count in [1, 59, 60, 61, 1439, 1440, 100_000] {
            assert_eq!(minutes(&write(count)), Some(count));
        }
    }
}
