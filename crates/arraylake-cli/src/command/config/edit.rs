//! `arraylake config set`, `unset`, `init` and `path`.

use std::io::Read as _;

use arraylake_core::{Config, ConfigFile, ConfigFileError, Origin, is_known_setting};
use clap::Args;
use serde_json::Value;

use super::PathArgs;
use crate::console::Console;
use crate::context::{Context, loose, unknown_setting};
use crate::failure::{Failure, Outcome, Status};

/// Sets a key in the configuration file. Comments in it stay.
///
/// Values become booleans and numbers where the key is known to be one. The Python client reads the same file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake config set user.org acme
  arraylake config set service.ssl.verify false
  arraylake config set token - < token.txt")]
pub(crate) struct SetArgs {
    /// The key, such as `service.uri`.
    key: String,
    /// The value; `-` reads it from stdin, which keeps a token off the command line.
    #[arg(allow_hyphen_values = true)]
    value: String,
    /// Sets a key that nobody knows, too.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    path: PathArgs,
}

/// Removes a key from the configuration file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake config unset user.org")]
pub(crate) struct UnsetArgs {
    /// The key, such as `service.uri`.
    key: String,
    #[command(flatten)]
    path: PathArgs,
}

/// Makes a configuration file in which every key stands in a comment.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake config init && $EDITOR \"$(arraylake config path)\"")]
pub(crate) struct InitArgs {
    #[command(flatten)]
    path: PathArgs,
}

pub(crate) fn set(context: &Context, console: &mut Console, args: &SetArgs) -> Outcome {
    let value = value(args)?;
    if !is_known_setting(&args.key) && !args.force {
        let failure = unknown_setting(&args.key);
        let hint = format!("--force sets it all the same; {}", failure.hint().unwrap_or_default());
        return Err(failure.with_hint(hint));
    }
    let file = args.path.file(context)?;
    file.set(&args.key, &value)?;
    console.note(&format!("set {} in {}", args.key, file.path().display()));
    warn_if_shadowed(context, console, &args.key, &file);
    Ok(())
}

fn value(args: &SetArgs) -> Result<Value, Failure> {
    if args.value != "-" {
        return Ok(if args.force { loose(&args.value) } else { Value::from(args.value.as_str()) });
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("the value cannot be read from stdin: {error}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).into())
}

/// What is set in the file may have no effect.
fn warn_if_shadowed(context: &Context, console: &mut Console, key: &str, file: &ConfigFile) {
    let Ok(config) = Config::load_from(&context.vars) else { return };
    match config.origin(key) {
        Some(Origin::File(path)) if path == file.path() => {}
        Some(origin) => console.warn(&format!("it has no effect: {key} comes from {origin}")),
        None => {}
    }
}

pub(crate) fn unset(context: &Context, console: &mut Console, args: &UnsetArgs) -> Outcome {
    let file = args.path.file(context)?;
    if !file.unset(&args.key)? {
        let message = format!("{} is not set in {}", args.key, file.path().display());
        return Err(Failure::new(Status::NotFound, message)
            .with_hint("`arraylake config list --origin` shows what is"));
    }
    console.note(&format!("removed {} from {}", args.key, file.path().display()));
    Ok(())
}

pub(crate) fn init(context: &Context, console: &mut Console, args: &InitArgs) -> Outcome {
    let file = args.path.file(context)?;
    if !file.init()? {
        console.note("it is there already, and stays as it is");
    }
    path(console, &file)
}

pub(crate) fn path(console: &mut Console, file: &ConfigFile) -> Outcome {
    let path = file.path().display().to_string();
    console.show(&path, |_| path.clone())
}

impl From<ConfigFileError> for Failure {
    fn from(error: ConfigFileError) -> Self {
        let message = error.to_string();
        match error {
            ConfigFileError::Io { .. } | ConfigFileError::Layout { .. } => Self::new(Status::Other, message),
            ConfigFileError::Malformed(_) => {
                Self::usage(message).with_hint("correct the file or move it away; nothing was changed")
            }
            _ => Self::usage(message),
        }
    }
}
