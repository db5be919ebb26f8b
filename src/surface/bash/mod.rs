//! Launch scripts: what bash would pass to the programs it starts, and where to change it.
//!
//! [`read`] walks a script's statements as bash would run them, keeping for every character of
//! every argument the place it was written at. [`edit()`] chooses where a change goes, makes it,
//! reads the result again and compares; what cannot be made exactly is refused. The parser's
//! types stay inside this folder.

mod arithmetic;
mod assign;
mod brace;
mod choose;
mod command;
mod computed;
mod contained;
mod decide;
mod each;
mod edit;
mod expand;
mod expression;
mod filter;
mod findings;
mod glob;
mod halved;
mod held;
mod input;
mod insert;
mod inside;
mod launch;
mod layers;
mod loops;
mod making;
mod mend;
mod names;
mod nesting;
mod operate;
mod parameter;
mod paths;
mod piece;
mod place;
mod remove;
mod reread;
mod rounds;
mod run;
mod set_once;
mod state;
mod syntax;
mod trail;
mod vars;
mod verify;
mod walk;

pub use command::is_override;
pub use each::edit_each;
pub use edit::{Change, Edited, How, Reason, Refusal, Site, Wanted, edit};
pub use findings::{SCRIPT_RULES, findings};
pub use launch::{Argument, Beaten, Launch, Note, Passed, Role, Script, Start};
pub use mend::mend;
pub use piece::{Origin, Piece, Quoting, Step, Text, Unknown};
pub use place::Placed;
pub use state::{Load, Outside};
pub use verify::Moved;
pub use walk::read;
