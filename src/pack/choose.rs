//! Which of the packs that ship knows a launch.
//!
//! Only the files with the headers are read for that, since the rest of a pack is far larger.

use super::arguments::Arguments;
use super::embedded::{EMBEDDED, EmbeddedPack};
use super::manifest::{Manifest, Perhaps};
use super::read::Text;
use super::rule::{Pack, glob_matches};
use crate::text::Source;

/// What a pack says about the launches of its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The pack's name.
    pub name: &'static str,
    /// Globs over modules and scripts.
    pub launches: Vec<String>,
    /// Globs over programs that a project says are its.
    pub entries: Vec<String>,
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
}

impl Signs {
    /// Tells whether a pack knows the launch.
    pub fn known_to(&self, pack: &Pack) -> bool {
        pack.knows_launch(self.program(), self.keys.iter().map(String::as_str))
    }

    /// Returns what is launched.
    pub fn program(&self) -> &str {
        self.programs.first().map_or("", String::as_str)
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
    let sources: Vec<Source> = file.map(|(path, text)| Source::new(*path, *text)).collect();
    let manifest = Manifest::read(&sources);
    let texts = |texts: &[Text]| texts.iter().map(|it| it.value.clone()).collect();
    Header {
        name: pack.name,
        launches: texts(&manifest.launches),
        entries: Vec::new(),
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
    let fits: Vec<((usize, &str), &'static str)> = fits.collect();
    let Some(most) = fits.iter().map(|((exact, _), _)| *exact).max() else { return Choice::None };
    let best: Vec<_> = fits.into_iter().filter(|((exact, _), _)| *exact == most).collect();
    match best.as_slice() {
        [((_, glob), name)] => Choice::One(name, (*glob).to_owned()),
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

    /// Returns the most exact glob that fits, and how exact it is.
    fn fit(&self, signs: &Signs) -> Option<(usize, &str)> {
        let fits = |glob: &&String, texts: &[String]| texts.iter().any(|it| glob_matches(glob, it));
        if let Some(entry) = self.entries.iter().find(|it| fits(it, &signs.programs)) {
            return Some((usize::MAX, entry));
        }
        let launches = self.launches.iter().filter(|it| fits(it, &signs.programs));
        let keys = self.keys.iter().filter(|it| fits(it, &signs.keys));
        let exact = |glob: &str| glob.chars().filter(|it| *it != '*').count();
        launches.chain(keys).map(|glob| (exact(glob), glob.as_str())).max()
    }
}
