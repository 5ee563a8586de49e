//! `arraylake completions` and `arraylake man`: made from the command line itself.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::args::Cli;
use crate::console::Console;
use crate::failure::{Failure, Outcome, Status};

/// Prints a script that completes commands in a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake completions bash > ~/.local/share/bash-completion/completions/arraylake
  arraylake completions zsh > \"${fpath[1]}/_arraylake\"
  arraylake completions fish > ~/.config/fish/completions/arraylake.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the manual page, or writes those of all commands.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake man | man -l -
  arraylake man --dir ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Writes a page a command into this directory, which is made if it is missing.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn completions(args: &CompletionsArgs, console: &mut Console) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "arraylake", &mut script);
    console.print(&String::from_utf8_lossy(&script))
}

pub(crate) fn man(args: &ManArgs, console: &mut Console) -> Outcome {
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        return console.print(&String::from_utf8_lossy(&page));
    };
    let written = std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(Cli::command(), dir));
    written.map_err(|error| {
        Failure::new(Status::Other, format!("{} cannot be written: {error}", dir.display()))
    })?;
    console.note(&format!("wrote manual pages to {}", dir.display()));
    Ok(())
}
