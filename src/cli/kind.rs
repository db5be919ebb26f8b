use std::path::Path;

/// What a file is, as far as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A configuration in YAML.
    Yaml,
    /// A launch script; everything that is nothing else.
    Script,
}

/// Tells what a file is.
pub fn kind_of(path: &Path) -> Kind {
    let ending = path.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("yaml" | "yml") => Kind::Yaml,
        _ => Kind::Script,
    }
}
