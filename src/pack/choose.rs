//! Which of the packs that ship knows a launch.
//!
//! Only the files with the headers are read for that, since the rest of a pack is far larger.

use std::cmp::Reverse;
use std::path::PathBuf;

use super::arguments::Arguments;
use super::claim::{Claim, exactness, most_exact};
use super::embedded::{EMBEDDED, EmbeddedPack};
use super::manifest::{Extent, Manifest, Perhaps};
use super::rule::{Pack, glob_matches};
use super::text::Text;
use crate::text::Source;

/// What a pack says about the launches of its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The pack's name.
    pub name: &'static str,
    /// The application whose overrides it knows.
    pub target: String,
    /// Globs over modules and scripts.
    pub launches: Vec<String>,
    /// What a project says is its.
    pub claims: Vec<Claim>,
    /// Globs over keys that only the target has.
    pub keys: Vec<String>,
    /// In which language those launches have their arguments.
    pub arguments: Arguments,
    /// Launches of other packs' targets that may be of this one's.
    pub perhaps: Option<Perhaps>,
}

/// What is seen of a launch.
#[derive(Debug, Default, Clone)]
pub struct Signs {
    /// Modules and scripts that it starts.
    pub programs: Vec<String>,
    /// The keys that it sets.
    pub keys: Vec<String>,
    /// Where it stands, and where its programs may be: whole paths, or as the launch writes them.
    pub places: Vec<PathBuf>,
}

impl Signs {
    /// Tells whether a pack knows the launch.
    pub fn known_to(&self, pack: &Pack) -> bool {
        let fits = |globs: &[String], text: &String| globs.iter().any(|it| glob_matches(it, text));
        most_exact(&pack.claims, self).is_some()
            || self.programs.iter().any(|it| fits(&pack.launches, it))
            || self.keys.iter().any(|it| fits(&pack.keys, it))
    }

    /// Finds the pack that knows one of some launches: the one that the project says most exactly, else
    /// the first one.
    pub fn knowing<'a>(all: &[Self], packs: impl IntoIterator<Item = &'a Pack>) -> Option<usize> {
        let packs: Vec<&Pack> = packs.into_iter().collect();
        let said = |pack: &Pack| {
            let claims = all.iter().filter_map(|it| most_exact(&pack.claims, it));
            claims.map(|(exact, _)| exact).max()
        };
        let said = packs.iter().enumerate().filter_map(|(at, pack)| Some((said(pack)?, at)));
        let most = said.max_by_key(|(exact, at)| (*exact, Reverse(*at))).map(|(_, at)| at);
        most.or_else(|| packs.iter().position(|pack| all.iter().any(|it| it.known_to(pack))))
    }

    /// Lists what a pack knows the launch by: globs over its program, then over its keys.
    pub fn globs_of(&self, pack: &Pack) -> Vec<String> {
        let fits = |glob: &&String, texts: &[String]| texts.iter().any(|it| glob_matches(glob, it));
        let launches = pack.launches.iter().filter(|it| fits(it, &self.programs));
        let keys = pack.keys.iter().filter(|it| fits(it, &self.keys));
        launches.chain(keys).cloned().collect()
    }
}

/// The packs that fit a launch best.
#[derive(Debug, PartialEq, Eq)]
pub enum Choice {
    /// One does, told by this glob.
    One(&'static str, String),
    /// These fit equally well.
    Several(Vec<&'static str>),
    /// None fits.
    None,
}

impl Choice {
    /// Returns the pack's name where it is one.
    pub fn one(&self) -> Option<&'static str> {
        match self {
            Self::One(name, _) => Some(name),
            _ => None,
        }
    }
}

/// Reads the headers of the packs that ship.
pub fn headers() -> Vec<Header> {
    EMBEDDED.iter().map(header).collect()
}

fn header(pack: &EmbeddedPack) -> Header {
    let file = pack.files.iter().filter(|(path, _)| path.ends_with("/pack.toml"));
    let sources: Vec<Source> = file.map(|(path, text)| Source::fixed(path, text)).collect();
    let manifest = Manifest::read(&sources, Extent::Header);
    let texts = |texts: &[Text]| texts.iter().map(|it| it.value.to_string()).collect();
    Header {
        name: pack.name,
        target: manifest.target.as_ref().map_or_else(String::new, |it| it.value.to_string()),
        launches: texts(&manifest.launches),
        claims: Vec::new(),
        keys: texts(&manifest.keys),
        arguments: manifest.arguments(),
        perhaps: manifest.perhaps,
    }
}

/// Chooses the pack with the most exact glob that fits: the one with the most characters beside `*`,
/// after what a project says.
/// So a fork of a target is told from it by the keys that only the fork has.
pub fn choose(headers: &[Header], signs: &Signs) -> Choice {
    let fits = headers.iter().filter_map(|it| Some((it.fit(signs)?, it.name)));
    let fits: Vec<((bool, usize, &str), &'static str)> = fits.collect();
    let exact = |((said, exact, _), _): &((bool, usize, &str), &str)| (*said, *exact);
    let Some(most) = fits.iter().map(exact).max() else { return Choice::None };
    let best: Vec<_> = fits.iter().filter(|it| exact(it) == most).collect();
    match best.as_slice() {
        [((.., glob), name)] => Choice::One(name, (*glob).to_owned()),
        many => Choice::Several(many.iter().map(|(_, name)| *name).collect()),
    }
}

impl Header {
    /// Returns the key that makes a launch look as if this pack's target was meant, and what that is.
    pub fn perhaps<'a>(&'a self, signs: &'a Signs) -> Option<(&'a str, &'a str)> {
        let perhaps = self.perhaps.as_ref()?;
        let fits = |globs: &[String], key: &str| globs.iter().any(|it| glob_matches(it, key));
        let none = !signs.keys.iter().any(|it| fits(&perhaps.without, it));
        let key = signs.keys.iter().find(|it| fits(&perhaps.keys, it)).filter(|_| none)?;
        Some((key, &perhaps.what))
    }

    /// Returns the most exact glob that fits: whether the project says it, how exact it is, and the glob.
    fn fit(&self, signs: &Signs) -> Option<(bool, usize, &str)> {
        let fits = |glob: &&String, texts: &[String]| texts.iter().any(|it| glob_matches(glob, it));
        if let Some((exact, entry)) = most_exact(&self.claims, signs) {
            return Some((true, exact, entry));
        }
        let launches = self.launches.iter().filter(|it| fits(it, &signs.programs));
        let keys = self.keys.iter().filter(|it| fits(it, &signs.keys));
        launches.chain(keys).map(|glob| (false, exactness(glob), glob.as_str())).max()
    }
}
