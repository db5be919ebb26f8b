use std::fmt;

/// What a tensor takes for each number, most usual first: logits are made in single precision.
const DTYPES: [(&str, i64); 2] = [("fp32", 4), ("bf16", 2)];
/// Fewer rows than these are no tokens of a batch, and more fit no GPU.
const ROWS: std::ops::RangeInclusive<i64> = 16..=1 << 22;

/// A tensor of tokens by vocabulary whose size is that of a request for memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor {
    pub dtype: &'static str,
    pub rows: i64,
    columns: i64,
    /// How far off the rows may be, since the size was printed with few decimals.
    slack: i64,
}

impl Tensor {
    /// Finds the tensor with so many columns that takes these bytes, as exactly as they were printed.
    pub(super) fn of(bytes: i64, printed: &str, columns: i64) -> Option<Self> {
        let half = half_step(printed)?;
        DTYPES.into_iter().find_map(|(dtype, width)| {
            let row = columns.checked_mul(width).filter(|row| *row > 0)?;
            let rows = (bytes + row / 2) / row;
            let exact = (rows * row - bytes).abs() <= half;
            let slack = half / row;
            (exact && ROWS.contains(&rows)).then_some(Self { dtype, rows, columns, slack })
        })
    }
}

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dtype, rows, columns, slack } = self;
        let slack = if *slack > 0 { format!(" ± {slack}") } else { String::new() };
        write!(f, "{dtype} [{}{slack} × {}]", grouped(*rows), grouped(*columns))
    }
}

/// Half of what the last printed digit stands for, in bytes.
fn half_step(printed: &str) -> Option<i64> {
    let number = printed.split(' ').next()?;
    let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let shift = match printed.split_once(' ')?.1 {
        "bytes" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return None,
    };
    Some((1_i64 << shift) / 10_i64.checked_pow(u32::try_from(decimals).ok()?)? / 2 + 1)
}

/// Writes a number with commas between thousands.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::FactType;
    use crate::value::Value;

    fn tensor(printed: &str, columns: i64) -> Option<String> {
        let Some(Value::Bytes(bytes)) = FactType::Bytes.read(printed) else { return None };
        Tensor::of(bytes, printed, columns).map(|it| it.to_string())
    }

    #[test]
    fn sizes_are_tensors_of_the_vocabulary() {
        assert_eq!(tensor("17.66 GiB", 152_064).unwrap(), "fp32 [31,175 ± 8 × 152,064]");
        assert_eq!(tensor("594.00 MiB", 152_064).unwrap(), "fp32 [1,024 × 152,064]");
        assert_eq!(tensor("297.29 MiB", 152_064).unwrap(), "bf16 [1,025 × 152,064]");
        for (none, columns) in
            [("594.30 MiB", 152_064), ("20.00 MiB", 152_064), ("17.66 GiB", 0), ("1 TB", 9)]
        {
            assert_eq!(tensor(none, columns), None, "{none}");
        }
    }
}
