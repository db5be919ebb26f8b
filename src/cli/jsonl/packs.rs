//! The packs of the lines.

use std::sync::OnceLock;

use super::common::Common;
use super::line::Text;
use super::memory::Memory;
use crate::cli::args::RewriteArgs;
use crate::cli::choose::{Chosen, choose_pack, signs_of_texts};
use crate::cli::error::CliError;
use crate::cli::job::plain_entries;
use crate::cli::project::Project;
use crate::overrides::Language;
use crate::pack::{Header, Signs};

/// The packs of the lines.
pub enum Packs<'a> {
    /// The one that the user or the project names.
    Named(Box<Common>),
    /// For each line the one that knows its keys, loaded when the first line needs it.
    Known {
        args: &'a RewriteArgs,
        project: &'a Project,
        headers: Vec<Header>,
        loaded: Vec<OnceLock<Result<Common, String>>>,
    },
}

impl<'a> Packs<'a> {
    pub fn new(args: &'a RewriteArgs, project: &'a Project) -> Result<Self, CliError> {
        let named = args.job.start.rules.pack.as_deref();
        if named.is_some() || project.packs().is_some() {
            let pack = project.pack(named, &|| Ok(Vec::new()))?;
            return Ok(Self::Named(Box::new(Common::of(args, project, pack)?)));
        }
        let headers = project.headers();
        let loaded = headers.iter().map(|_| OnceLock::new()).collect();
        Ok(Self::Known { args, project, headers, loaded })
    }

    /// Returns the pack of a line, and what to know about that choice.
    pub fn of(
        &self,
        memory: &mut Memory,
        overrides: &[Text<'_>],
    ) -> Result<(&Common, Vec<String>), CliError> {
        let (args, project, headers, loaded) = match self {
            Self::Named(common) => return Ok((common, Vec::new())),
            Self::Known { args, project, headers, loaded } => (args, project, headers, loaded),
        };
        let unread = |error| plain_entries(overrides, Language::Hydra).err().unwrap_or(error);
        let signs = match memory.read(overrides, Language::Hydra) {
            Ok(read) => {
                let keys = read.entries.iter().map(|it| it.key.clone()).collect();
                Signs { keys, ..Signs::default() }
            }
            Err(_) => signs_of_texts(overrides),
        };
        let Chosen { name, remarks } = choose_pack(headers, &[signs]).map_err(unread)?;
        let slot = headers.iter().zip(loaded).find(|(header, _)| header.name == name);
        let Some((_, slot)) = slot else { return Err(CliError::plain("there is no such pack")) };
        let load = || Common::of(args, project, project.named(&name)?);
        let load = || load().map_err(|error| error.message());
        let common = slot.get_or_init(load).as_ref();
        Ok((common.map_err(|message| CliError::plain(message.clone()))?, remarks))
    }
}
