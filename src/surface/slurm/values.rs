//! Values for which `sbatch` refuses a script before it asks the cluster.

use super::Directive;
use super::time::are_digits;
use crate::text::Fault;

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Time,
    Memory,
    /// A number from 1 on.
    Count,
    /// Numbers of nodes, from and to; later versions take lists and steps.
    Nodes,
}

const FORMS: [(&str, Form); 17] = [
    ("cpus-per-gpu", Form::Count),
    ("cpus-per-task", Form::Count),
    ("mem", Form::Memory),
    ("mem-per-cpu", Form::Memory),
    ("mem-per-gpu", Form::Memory),
    ("mincpus", Form::Count),
    ("nodes", Form::Nodes),
    ("ntasks", Form::Count),
    ("ntasks-per-core", Form::Count),
    ("ntasks-per-gpu", Form::Count),
    ("ntasks-per-node", Form::Count),
    ("ntasks-per-socket", Form::Count),
    ("switches", Form::Count),
    ("threads-per-core", Form::Count),
    ("time", Form::Time),
    ("time-min", Form::Time),
    ("tmp", Form::Memory),
];

/// Tells why `sbatch` refuses the value of a directive.
pub(super) fn refused(directive: &Directive) -> Option<Fault> {
    let (_, form) = FORMS.iter().find(|(name, _)| *name == directive.name)?;
    let value = directive.value.as_deref()?;
    if form.takes(value) {
        return None;
    }
    let message = format!("sbatch takes no `{value}` for `--{}`", directive.name);
    let place = directive.value_span.unwrap_or(directive.span);
    let fault = Fault::new("hydrule::slurm::bad_value", place, message).labelled(form.wanted());
    Some(match form.meant(value) {
        Some(help) => fault.helped(help),
        None => fault,
    })
}

impl Form {
    fn takes(self, value: &str) -> bool {
        match self {
            Self::Time => is_time(value),
            Self::Memory => is_memory(value),
            Self::Count => unsigned(value).is_some_and(|it| it.bytes().any(|digit| digit != b'0')),
            Self::Nodes => are_nodes(value),
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Time => "minutes, hours:minutes:seconds, or days-hours:minutes:seconds",
            Self::Memory => "a whole number, and K, M, G or T",
            Self::Count => "a number from 1 on",
            Self::Nodes => "a number of nodes, or the least and the most",
        }
    }

    /// Tells what was meant, where that is clear.
    fn meant(self, value: &str) -> Option<String> {
        if value.contains('$') {
            return Some(
                "sbatch knows no variables here; give the option on its command line".into(),
            );
        }
        if let Some(bare) = value.strip_prefix('=').filter(|it| self.takes(it)) {
            return Some(format!("a short option has no `=`: write `{bare}`"));
        }
        let meant = match self {
            Self::Time => duration(value),
            Self::Memory => value.strip_suffix("iB").or(value.strip_suffix('i')).map(str::to_owned),
            Self::Count | Self::Nodes => None,
        };
        meant.filter(|it| self.takes(it)).map(|meant| format!("write `{meant}`"))
    }
}

/// Digits behind what C's `strtol` skips.
fn unsigned(text: &str) -> Option<&str> {
    let text = text.trim_ascii_start();
    let digits = text.strip_prefix('+').unwrap_or(text);
    Some(digits).filter(|it| are_digits(it))
}

fn is_time(value: &str) -> bool {
    let endless = ["infinite", "unlimited"].iter().any(|it| value.eq_ignore_ascii_case(it));
    let (days, rest) = match value.split_once('-') {
        // Less than nothing is without end, too.
        Some(("", rest)) => return are_digits(rest),
        Some((days, rest)) => (Some(days), rest),
        None => (None, value),
    };
    let parts = || rest.split(':').all(are_digits) && rest.split(':').count() <= 3;
    endless || days.is_none_or(are_digits) && (parts() || days.is_some() && rest.is_empty())
}

fn is_memory(value: &str) -> bool {
    let signed = value.trim_ascii_start();
    let value = signed.strip_prefix(['+', '-']).unwrap_or(signed);
    let suffix = value.trim_start_matches(|it: char| it.is_ascii_digit());
    let number = value.strip_suffix(suffix).unwrap_or_default();
    let unit = suffix.strip_suffix(['b', 'B']).unwrap_or(suffix);
    // Later versions know larger units.
    let known = unit.len() == 1
        && unit.contains(['K', 'k', 'M', 'm', 'G', 'g', 'T', 't', 'P', 'p', 'E', 'e']);
    let fits = |number: i64| number == 0 || !signed.starts_with('-');
    number.parse().is_ok_and(fits) && (known || suffix.is_empty())
}

fn are_nodes(value: &str) -> bool {
    let numbers = value.trim_ascii_start().split(['-', ',', ':', '+']);
    let mut given = numbers.filter(|it| !it.is_empty()).peekable();
    // Both units may stand there.
    let number = |it: &str| {
        let it = it.strip_suffix(['m', 'M']).unwrap_or(it);
        are_digits(it.strip_suffix(['k', 'K']).unwrap_or(it))
    };
    given.peek().is_some() && given.all(number)
}

/// Reads `24h` or `2d` as Slurm writes it.
fn duration(value: &str) -> Option<String> {
    let number = value.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let unit = value.strip_prefix(number)?.to_ascii_lowercase();
    Some(match unit.as_str() {
        "d" | "day" | "days" => format!("{number}-0"),
        "h" | "hr" | "hrs" | "hour" | "hours" => format!("{number}:00:00"),
        "m" | "min" | "mins" | "minutes" => number.to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_as_slurm_takes_them() {
        let taken = [
            (Form::Time, "1- -1 -2 infinite UNLIMITED 0-0 00:00 1-2:3:4 1:60 1-24 99999999999"),
            (Form::Memory, "4 4k 4KB 4kb 4Mb 4TB +4G 04G 0G -0 -00g 99999999999G 1P"),
            (Form::Count, "4 +4 04 99999999999"),
            (Form::Nodes, "0 2 1-2 1k 2K 2m 9Km -2 +2 1K-2K 1,2 1-4:2"),
        ];
        for (form, values) in taken {
            values.split(' ').for_each(|value| assert!(form.takes(value), "{form:?}: {value}"));
            assert!(!form.takes(""), "{form:?}");
        }
        let refused = [
            (Form::Time, "1: :30 1-: 1-2: 1::2 UNLIM Inf 1.5 1,5 1e3 0x10 1m 1:2:3:4 1-2-3 24h"),
            (Form::Memory, "lots -1 4bb 4.G 4GG 64GiB 1.5G 64B 99999999999999999999 $MEM"),
            (Form::Count, "0 00 -1 x 4k 4.0 0x4 4x"),
            (Form::Nodes, "one 2.5 0x2 1e2 -- 4x 4kk 1-x =1 $NODES"),
        ];
        for (form, values) in refused {
            values.split(' ').for_each(|value| assert!(!form.takes(value), "{form:?}: {value}"));
        }
    }

    #[test]
    fn what_is_meant_is_said_where_it_is_clear() {
        let meant = |form: Form, value: &str| form.meant(value).unwrap_or_default();
        assert_eq!(meant(Form::Time, "24h"), "write `24:00:00`");
        assert_eq!(meant(Form::Time, "2days"), "write `2-0`");
        assert_eq!(meant(Form::Time, "90min"), "write `90`");
        assert_eq!(meant(Form::Time, "soon"), "");
        assert_eq!(meant(Form::Memory, "64GiB"), "write `64G`");
        assert_eq!(meant(Form::Nodes, "=1"), "a short option has no `=`: write `1`");
        assert!(meant(Form::Count, "$N").contains("command line"));
    }
}
