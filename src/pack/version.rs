//! Versions: of packs, of hydrule, and of the target.

use std::fmt;

use super::text::Text;
use crate::text::Fault;

/// A version; parts that are left out are 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(semver::Version);

/// A set of versions, as in `>=0.9, <0.11`.
#[derive(Debug, Clone)]
pub struct Versions(semver::VersionReq);

impl Version {
    /// Reads a version. What comes before a release counts as the release.
    pub fn read(text: &str) -> Option<Self> {
        let dots = text.split(['-', '+']).next()?.matches('.').count();
        let full = format!("{text}{}", ".0".repeat(2_usize.saturating_sub(dots)));
        let semver::Version { major, minor, patch, .. } = semver::Version::parse(&full).ok()?;
        Some(Self(semver::Version::new(major, minor, patch)))
    }
}

impl Versions {
    /// Reads a set of versions; `0.9` alone is every 0.9.x.
    pub fn read(text: &str) -> Option<Self> {
        semver::VersionReq::parse(text).ok().map(Self)
    }

    pub(super) fn of(text: &Text) -> Result<Self, Fault> {
        semver::VersionReq::parse(&text.value).map(Self).map_err(|error| {
            let message = format!("`{}` tells no versions: {error}", text.value);
            let fault = Fault::new("hydrule::pack::bad_versions", text.location.span, message);
            fault.helped("write it as in `>=0.9, <0.11`")
        })
    }

    /// Tells whether a version is among them.
    pub fn hold(&self, version: &Version) -> bool {
        self.0.matches(&version.0)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_may_be_left_out() {
        let holds = |wanted: &str, version: &str| {
            Versions::read(wanted).unwrap().hold(&Version::read(version).unwrap())
        };
        assert!(holds(">=0.9", "0.9") && holds("0.9", "0.9.1") && holds(">=1", "1"));
        assert!(
            holds(">=0.9", "0.9.0.dev0".trim_end_matches(".dev0")) && holds(">=2", "2.0.0-rc1")
        );
        assert!(!holds("0.9", "0.10.0") && !holds(">=0.9, <0.10", "0.10"));
        assert_eq!(Version::read("0.9").unwrap().to_string(), "0.9.0");
        for wrong in ["", "new", "1.2.3.4", "-1", "1..2"] {
            assert!(Version::read(wrong).is_none(), "{wrong}");
        }
    }
}
