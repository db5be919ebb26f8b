//! Names of documents: `file:` URIs are paths, whatever else an editor makes up is not.

use std::path::{Path, PathBuf};

/// Returns the path of a `file:` URI.
pub fn to_path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    // Another machine's files are none of ours.
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return None;
    }
    let decoded = decode(path.split(['?', '#']).next()?)?;
    let drive = |it: &str| it.chars().nth(2) == Some(':');
    Some(match decoded.strip_prefix('/') {
        Some(windows) if cfg!(windows) && drive(&decoded) => PathBuf::from(windows),
        _ => PathBuf::from(decoded),
    })
}

/// Returns the `file:` URI of a path; one that does not start at the root is seen from the current folder.
pub fn of_path(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let text = whole.to_string_lossy().replace('\\', "/");
    let mut uri = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// Returns the last part of a URI, as the name of a file.
pub fn last_part(uri: &str) -> String {
    let last = uri.rsplit(['/', ':']).next().unwrap_or_default();
    decode(last).filter(|it| !it.is_empty()).unwrap_or_else(|| "untitled".to_owned())
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back_from_their_names() {
        for path in ["/a/b.sh", "/a b/ü%20#?.sh", "/🦀/x:y@z+.slurm"] {
            let uri = of_path(Path::new(path));
            assert_eq!(to_path(&uri), Some(PathBuf::from(path)), "{uri}");
        }
        assert_eq!(of_path(Path::new("/a b/c#.sh")), "file:///a%20b/c%23.sh");
        assert_eq!(to_path("file:///a%3Ab"), Some(PathBuf::from("/a:b")));
        assert_eq!(to_path("file://localhost/a"), Some(PathBuf::from("/a")));
    }

    #[test]
    fn other_names_are_no_paths() {
        for uri in
            ["untitled:Untitled-1", "file://server/a", "", "file://", "file:///%zz", "file:///%e"]
        {
            assert_eq!(to_path(uri), None, "{uri}");
        }
        assert_eq!(last_part("untitled:Untitled-1"), "Untitled-1");
        assert_eq!(last_part("vscode-vfs://github/o/r/run.sh"), "run.sh");
        assert_eq!(last_part("untitled:"), "untitled");
    }
}
