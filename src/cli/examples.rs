//! What each command is used for: the examples that its help ends with.

/// Of `hydrule` itself.
pub const HYDRULE: &str = "\
Examples:
  hydrule rewrite run.sh job.slurm --log job.err    why it died, what to change
  hydrule rewrite run.sh --log job.err --write      make the change
  hydrule facts job.out job.err                     what the logs tell
  hydrule explain run.sh --log job.err              every rule, and why (not)
  hydrule check run.sh job.slurm                    what would go wrong
  hydrule set run.sh trainer.n_gpus_per_node=8      one change, as a diff
  hydrule undo                                      the last change back
  hydrule show run.sh                               what it really passes
  hydrule diff run.sh outputs/2026-11-27/20-09-48   what differs, by key
  hydrule parse 'optimizer.lr=1e-3'                 how Hydra reads it
  hydrule compose --config base.yaml -- lr=1e-3     what Hydra makes of it
  hydrule pack new mine                             a pack of your own
  hydrule test rules/mine --review                  do the cases pass?
  hydrule config                                    what the project says

Exit codes: 0 nothing to do, or written; 1 a change is proposed, or the goal is out of reach; 2 an error.";

/// Of `hydrule rewrite`.
pub const REWRITE: &str = "\
Examples:
  # The cheapest step that helps
  hydrule rewrite run.sh job.slurm --log job.err
  # Make it
  hydrule rewrite run.sh --log job.err --write
  # The same by git
  hydrule rewrite run.sh --log job.err | git apply
  # As many steps as a goal takes, with the sizes of the model
  hydrule rewrite run.sh --log job.err --facts model=config.json \\
      --goal '$peak < 70GiB'
  # A page for a browser, to attach to the job or a pull request
  hydrule rewrite run.sh --log job.err --output-format html -o plan.html
  # Mend broken requirements
  hydrule rewrite run.sh --repair --write
  # The next run of a run folder
  hydrule rewrite outputs/2026-11-27/20-09-48
  # Plain overrides, one a line
  hydrule rewrite --log job.err -- data.train_batch_size=1024
  # Many sets, one plan a line
  hydrule rewrite --jsonl < sets.jsonl

Exit codes: 0 nothing to do, or written; 1 a change is proposed, or the goal is out of reach; 2 an error.";

/// Of `hydrule facts`.
pub const FACTS: &str = "\
Examples:
  # The logs of one job
  hydrule facts job.out job.err node1.log.zst
  # Did it run what the script says?
  hydrule facts job.err --script run.sh
  # Which tensor did not fit?
  hydrule facts job.err --facts model=config.json
  kubectl logs trainer-0 | hydrule facts - --output-format json

Exit codes: 0 no failure found; 1 a failure, or a difference from the script; 2 an error.";

/// Of `hydrule explain`.
pub const EXPLAIN: &str = "\
Examples:
  # Every rule, with what it read
  hydrule explain run.sh --log job.err
  # One rule, every step of its condition
  hydrule explain run.sh --log job.err --rule offload-params -v
  # Without a script or a log
  hydrule explain --fact oom.phase=wake_up -- trainer.n_gpus_per_node=8";

/// Of `hydrule check`.
pub const CHECK: &str = "\
Examples:
  # Every launch script below this folder, before it runs
  hydrule check
  hydrule check --show-files
  # One job, with the values that it does not set
  hydrule check run.sh job.slurm --config conf/trainer.yaml
  # And what depends on the model
  hydrule check run.sh --facts model=config.json
  # One rule alone; all but those that begin so
  hydrule check --select repeated-key
  hydrule check --ignore disabled,arguments
  # How many of which; the findings and nothing else
  hydrule check --statistics
  hydrule check --quiet
  # What would be mended, and with what needs a look; mend it
  hydrule check --diff
  hydrule check --diff --unsafe-fixes
  hydrule check --fix
  # In an editor: what is in the buffer
  hydrule check - --stdin-filename jobs/run.sh --output-format json < run.sh
  # In GitHub's CI
  hydrule check --output-format github

Exit codes: 0 nothing found, or all of it fixed; 1 something is wrong, or with --diff a fix;
2 an error, or nothing to check.";

/// Of `hydrule set`.
pub const SET: &str = "\
Examples:
  # As a diff, where the value lives
  hydrule set run.sh trainer.n_gpus_per_node=8
  # Make the change
  hydrule set run.sh trainer.n_gpus_per_node=8 --write
  # Take an override out
  hydrule set run.sh '~trainer.logger'
  # A Slurm directive
  hydrule set job.slurm sbatch:time=24:00:00
  # In two launches of one script
  hydrule set run.sh lr=1e-6 --launch 1,2
  # In a configuration
  hydrule set config.yaml data.rollout_batch_size=256";

/// Of `hydrule show`.
pub const SHOW: &str = "\
Examples:
  # Each launch, value by value
  hydrule show run.sh
  # As it would be started
  hydrule show run.sh --env N_GPUS=8 --args qwen3-8b
  # What a run folder ran
  hydrule show outputs/2026-11-27/20-09-48";

/// Of `hydrule diff`.
pub const DIFF: &str = "\
Examples:
  # What differs, by key
  hydrule diff old.sh new.sh
  # Two launches of one script
  hydrule diff run.sh:1 run.sh:2
  # Against what ran
  hydrule diff run.sh outputs/2026-11-27/20-09-48

Exit codes: 0 the same; 1 a difference; 2 an error.";

/// Of `hydrule parse`.
pub const PARSE: &str = "\
Examples:
  # How Hydra reads them
  hydrule parse 'optimizer.lr=1e-3' '+tags=[a,b]' '~logger'
  # Many, one record a line
  hydrule parse --jsonl < overrides.jsonl";

/// Of `hydrule expand`.
pub const EXPAND: &str = "\
Examples:
  # The ten jobs
  hydrule expand -- lr=1e-3,1e-4 'seed=range(0,5)'
  # The first three
  hydrule expand --most 3 -- 'lr=choice(1e-3,1e-4)' seed=1,2";

/// Of `hydrule compose`.
pub const COMPOSE: &str = "\
Examples:
  # The whole configuration
  hydrule compose --config conf/trainer.yaml -- optimizer.lr=1e-3
  # One value, and where it comes from
  hydrule compose --config conf/trainer.yaml --get lr -- lr=1e-3";

/// Of `hydrule test`.
pub const TEST: &str = "\
Examples:
  # Every pack in rules/, or the one in this folder
  hydrule test
  # Look at new and changed snapshots one by one
  hydrule test rules/mine --review
  # Only some cases of rules/mine
  hydrule test mine --filter '^host-'
  # Which mistakes in the rules would no case notice?
  hydrule test mine --mutate
  # In CI
  hydrule test --check --require-coverage --output-format junit > report.xml

Exit codes: 0 all cases pass; 1 one fails, or has a new or changed snapshot; 2 an error, or nothing to test.";

/// Of `hydrule config`.
pub const CONFIG: &str = "\
The configuration is the closest hydrule.toml, .hydrule.toml or pyproject.toml with [tool.hydrule]:

  extend = \"../hydrule.toml\"          go on from that file
  packs = [\"verl\", \"rules/team\"]      choose among these
  target = \"verl=0.9.1\"               the version of the application
  params = [\"batch_floor=64\"]         as with --param
  [off]
  free-rollout-cache = \"our engine sleeps by itself\"
  [base]
  \"jobs/*.sh\" = \"conf/base.yaml\"      as with --config

Examples:
  # Every value that holds here, and who says it
  hydrule config
  # The same for a script
  hydrule config jobs/run.sh
  # What holds without any configuration
  hydrule config --no-project";

/// Of `hydrule schema`.
pub const SCHEMA: &str = "\
Editors that use Taplo, such as VS Code with Even Better TOML, complete and check a file whose first line names its schema: #:schema ../../schemas/pack.json

Examples:
  # The schema for the files of rules/mine
  hydrule schema pack > schemas/pack.json
  # The editor's check, in a terminal
  taplo check rules/mine/*.toml";

/// Of `hydrule pack new`.
pub const PACK_NEW: &str = "\
Examples:
  # Makes rules/mine, whose cases pass
  hydrule pack new mine
  # The same in another folder
  hydrule pack new mine --in ci/packs";

/// Of `hydrule pack list`.
pub const PACK_LIST: &str = "\
Examples:
  hydrule pack list
  hydrule pack list --output-format json";

/// Of `hydrule pack show`.
pub const PACK_SHOW: &str = "\
Examples:
  # Its ladder, in order
  hydrule pack show verl
  hydrule pack show rules/mine --output-format markdown > mine.md";

/// Of `hydrule pack check`.
pub const PACK_CHECK: &str = "\
Examples:
  # Rules that can never act, or fight
  hydrule pack check rules/mine
  hydrule pack check verl lightning --output-format json

Exit codes: 0 nothing found; 1 something is wrong; 2 an error.";

/// Of `hydrule rule`.
pub const RULE: &str = "\
Examples:
  # What, why, cost, and an example
  hydrule rule offload-params
  hydrule rule offload-params --pack verl --output-format json";

/// Of `hydrule backtest`.
pub const BACKTEST: &str = "\
Examples:
  # Every triple below a folder
  hydrule backtest incidents
  # How would that pack have done?
  hydrule backtest incidents --pack rules/mine";

/// Of `hydrule lsp`.
pub const LSP: &str = "\
An editor starts it, and speaks with it over stdin and stdout as the Language Server Protocol says.

Examples:
  # Neovim
  vim.lsp.start({ name = 'hydrule', cmd = { 'hydrule', 'lsp' } })
  # Helix: languages.toml
  language-server.hydrule = { command = \"hydrule\", args = [\"lsp\"] }
  # Findings of two rules only, with the values that the launches start from
  hydrule lsp --select repeated-key,refused-override --config conf/trainer.yaml

Exit codes: 0 the editor ended it; 1 the editor has gone without a word; 2 an error.";

/// Of `hydrule log`.
pub const LOG: &str = "\
Examples:
  # Newest first
  hydrule log
  # Take the third one back, as a diff
  hydrule undo 3";

/// Of `hydrule undo`.
pub const UNDO: &str = "\
Examples:
  # The latest change back, as a diff
  hydrule undo
  # Make it
  hydrule undo --write
  # Another one, by its number
  hydrule undo 3 --write";

/// Of `hydrule completions`.
pub const COMPLETIONS: &str = "\
Examples:
  # For this shell
  eval \"$(hydrule completions bash)\"
  # For every shell to come
  hydrule completions bash > ~/.local/share/bash-completion/completions/hydrule
  hydrule completions zsh > ~/.zfunc/_hydrule
  hydrule completions fish > ~/.config/fish/completions/hydrule.fish";

/// Of `hydrule man`.
pub const MAN: &str = "\
Examples:
  # Read it
  hydrule man | man -l -
  # Install all pages
  hydrule man ~/.local/share/man/man1";
