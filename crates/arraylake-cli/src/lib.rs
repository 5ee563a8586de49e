//! The command `arraylake`: repos, bucket configs, orgs and compute services from a terminal or a script.
//!
//! It is thin: it parses, calls a role of [`arraylake_core`], and prints. A command is a function over `&dyn` roles and a
//! [`Console`], so that each of them runs in a test with buffers in place of the terminal.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`args`] | the command line: every command, option and help text |
//! | [`world`] | [`World`]: what a run touches outside of the process |
//! | [`mod@console`] | [`Console`]: what is printed where, in which format; questions; progress |
//! | [`failure`] | [`Failure`] and [`Status`], the exit codes |
//! | `command` | one module a command |
//! | `look` | tables, trees and times for people |
//! | `mask` | no secret leaves without being asked for |
//!
//! Data go to stdout, everything else to stderr. `--output json` writes the types of `arraylake-types` as they are on the
//! wire, which is the stable form for scripts; tables are for people and may change.

pub mod args;
mod command;
pub mod console;
mod context;
pub mod failure;
mod logging;
mod look;
mod mask;
mod run;
pub mod world;

pub use self::args::Cli;
pub use self::console::Console;
pub use self::failure::{Failure, Status};
pub use self::run::{run, start};
pub use self::world::{Network, World};
