/// Writes a text as one word of bash: bare where no character means anything, else in single
/// quotes, which nothing can open.
///
/// A NUL cannot be passed to a program at all; it is left out of account here and refused where
/// edits are made.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_special_is_quoted() {
        assert_eq!(shell_word("a.b=0.5"), "a.b=0.5");
        assert_eq!(shell_word("a=[1,2]"), "'a=[1,2]'");
        assert_eq!(shell_word("a='$(x)'"), r"'a='\''$(x)'\'''");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("~a"), "'~a'");
    }
}
