//! Texts that an editor holds, looked at as files are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::examine::{Checker, Examined};
use super::fix::{Asks, Fixer};
use super::job::{Became, Looker};
use super::opened::Opened;
use super::recognise::{foreign, may_launch};
use super::scope::{Scope, Scopes};
use super::select::Selection;
use crate::cli::args::CheckArgs;
use crate::cli::chain::{Input, inputs_of};
use crate::cli::choose::signs_of;
use crate::cli::error::CliError;
use crate::cli::found_base::BaseFinder;
use crate::cli::job::{entry_of, outside};
use crate::config::Config;
use crate::engine::{Base, Entries, State, World};
use crate::pack::Pack;
use crate::surface::bash::{Launch, Outside, Script};
use crate::text::{Finding, Mend, Source};

/// The scripts of a job, with their paths.
type Scripts = Vec<(PathBuf, Source)>;

/// What all texts have in common.
pub struct Buffers<'a> {
    scopes: Scopes<'a>,
    selection: Selection<'a>,
    outside: Outside,
    opened: &'a Opened,
}

/// A text whose launches can be asked about.
pub struct Buffer<'a> {
    scope: Arc<Scope<'a>>,
    inputs: Vec<Input>,
    selection: &'a Selection<'a>,
    finder: Option<&'a BaseFinder>,
    config: Option<Arc<Config>>,
}

/// What is known of a launch.
pub struct Known<'a> {
    /// The pack that knows it.
    pub pack: &'a Pack,
    /// What its rules may change.
    pub state: State,
    /// What they may not.
    pub world: World,
}

impl<'a> Buffers<'a> {
    /// Takes what the arguments say.
    ///
    /// # Errors
    /// Arguments that cannot be read, and rules that there are not.
    pub fn new(args: &'a CheckArgs, opened: &'a Opened) -> Result<Self, CliError> {
        let (selection, scopes) = (Selection::of(args), Scopes::new(args)?);
        selection.check(&scopes)?;
        let outside = outside(&args.outside)?;
        let outside = Outside { load: Some(opened.load()), ..outside };
        Ok(Self { scopes, selection, outside, opened })
    }

    /// Tells whether a text may be a launch script, which what surrounds it may tell as well.
    pub fn may_launch(path: &Path, text: &str, is_shell: bool) -> bool {
        foreign(path).is_none() && may_launch(path, text, is_shell)
    }

    fn looker(&self) -> Looker<'_, 'a> {
        let outside = self.outside.clone();
        Looker { scopes: &self.scopes, selection: &self.selection, outside }
    }

    /// Lists the scripts of a text's job that are open, itself first.
    fn job(&self, path: &Path, source: &Source) -> Scripts {
        let own = (path.to_owned(), source.clone());
        match self.opened.around(path, source) {
            others if others.is_empty() => vec![own],
            others => self.looker().job_of([own].into_iter().chain(others).collect()),
        }
    }

    /// Finds what is wrong with a text; nothing where it launches nothing.
    ///
    /// # Errors
    /// What bash cannot read, and packs that cannot be used.
    pub fn check(&self, path: &Path, source: &Source) -> Result<Vec<Finding>, CliError> {
        let is_job = source.text().contains("#SBATCH");
        let job = self.job(path, source);
        // One of them may be half typed.
        if let (2.., Ok(together)) = (job.len(), self.looker().together(&job, false)) {
            let own = together.into_iter().next();
            return Ok(own.map(|it| it.findings).unwrap_or_default());
        }
        match self.looker().text(path, source.clone(), (is_job, false))? {
            Became::Read(one) if one.counts => Ok(one.examined.findings),
            _ => Ok(Vec::new()),
        }
    }

    /// Finds what surely mends some of the findings in a text.
    ///
    /// # Errors
    /// As for [`Buffers::check`].
    pub fn mends(
        &self,
        path: &Path,
        source: &Source,
        wanted: &[Finding],
    ) -> Result<Vec<Option<Mend>>, CliError> {
        let looker = self.looker();
        let (scripts, mut examined) = self.examined(&looker, path, source)?;
        for finding in examined.iter_mut().flat_map(|it| &mut it.findings) {
            if !wanted.iter().any(|it| it.is_same_as(finding)) {
                finding.fix = None;
            }
        }
        let asks = Asks { makes: false, unsafe_too: false };
        let fixer = Fixer { looker: &looker, baseline: None, asks, within: None };
        let settled = fixer.settle(scripts, examined);
        let proved: Vec<&Finding> = settled.iter().flat_map(|it| &it.examined.findings).collect();
        let mend = |finding: &Finding| {
            proved.iter().find(|it| it.is_same_as(finding)).and_then(|it| it.fix.clone())
        };
        Ok(wanted.iter().map(mend).collect())
    }

    /// Looks for what is wrong in the scripts of a text's job that are open, itself first; in it alone
    /// where one of them is half typed.
    fn examined(
        &self,
        looker: &Looker<'_, '_>,
        path: &Path,
        source: &Source,
    ) -> Result<(Scripts, Vec<Examined>), CliError> {
        let scripts = self.job(path, source);
        match looker.together(&scripts, true) {
            Err(_) if scripts.len() > 1 => {
                let own = vec![(path.to_owned(), source.clone())];
                looker.together(&own, true).map(|examined| (own, examined))
            }
            examined => examined.map(|examined| (scripts, examined)),
        }
    }

    /// Makes all that surely mends findings in a text, as `--fix` does, but what changes other texts as
    /// well: the editor asks for this one.
    ///
    /// # Errors
    /// As for [`Buffers::check`].
    pub fn fixed(&self, path: &Path, source: &Source) -> Result<Option<Source>, CliError> {
        let looker = self.looker();
        let (scripts, examined) = self.examined(&looker, path, source)?;
        let asks = Asks { makes: true, unsafe_too: false };
        let fixer = Fixer { looker: &looker, baseline: None, asks, within: Some(source.name()) };
        let settled = fixer.settle(scripts, examined);
        let fixed = settled.into_iter().next().map(|it| it.source);
        Ok(fixed.filter(|it| it.text() != source.text()))
    }

    /// Reads a text, so that its launches can be asked about.
    ///
    /// # Errors
    /// As for [`Buffers::check`].
    pub fn read(&self, path: &Path, source: Source) -> Result<Buffer<'_>, CliError> {
        let inputs = inputs_of(self.job(path, &source), &self.outside);
        let inputs =
            inputs.or_else(|_| inputs_of(vec![(path.to_owned(), source)], &self.outside))?;
        let scope = self.scopes.of(path)?;
        let config = self.scopes.base(&scope, path)?;
        let finder = self.scopes.finder(&scope);
        Ok(Buffer { scope, inputs, selection: &self.selection, finder, config })
    }
}

impl Buffer<'_> {
    /// Returns the configuration that a launch starts from: the given one, else the one that is found.
    pub fn base<'b>(&'b self, known: Option<&'b Known<'_>>) -> Option<&'b Config> {
        let found = || known.and_then(|it| it.world.base.as_ref()).map(Base::config);
        self.config.as_deref().or_else(found)
    }

    /// Returns what was read.
    pub fn script(&self) -> Option<&Script> {
        self.inputs.first().map(|it| &it.script)
    }

    /// Tells what is known of a launch, arguments that cannot be read left out; nothing where no pack
    /// knows it.
    ///
    /// # Errors
    /// A pack that cannot be used.
    pub fn known(&self, launch: &Launch) -> Result<Option<Known<'_>>, CliError> {
        let Some(input) = self.inputs.first() else { return Ok(None) };
        let Some((pack, world)) = self.scope.rules(&signs_of(launch))? else { return Ok(None) };
        let language = pack.arguments.of(&launch.program);
        let entry = |it| entry_of(&input.script, launch, it, language).ok();
        let entries: Entries = launch.arguments.iter().filter_map(entry).collect();
        let checker = Checker {
            scope: &self.scope,
            config: self.config.clone(),
            finder: self.finder,
            inputs: &self.inputs,
            selection: self.selection,
            mends: false,
        };
        let (base, _) = checker.base(Some(pack), launch, &entries);
        let (state, world) = checker.stand((pack, world), input, (launch, base), entries);
        Ok(Some(Known { pack, state, world }))
    }
}
