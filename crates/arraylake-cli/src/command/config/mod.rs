//! `arraylake config`.

mod edit;

use std::path::PathBuf;

use arraylake_core::types::Secret;
use arraylake_core::{Config, ConfigFile};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::console::Console;
use crate::context::Context;
use crate::failure::{Failure, Outcome, Status};
use crate::look::{Mood, cell, mood_cell, table, value};
use crate::mask::is_secret;

/// Settings, and where each of them comes from.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    #[command(visible_alias = "ls")]
    List(ListArgs),
    Get(GetArgs),
    Set(edit::SetArgs),
    Unset(edit::UnsetArgs),
    Init(edit::InitArgs),
    /// Prints where the configuration file is, or would be.
    Path,
}

/// Which file.
#[derive(Debug, Args)]
pub(crate) struct PathArgs {
    /// Another file than that of the user.
    #[arg(long, value_name = "FILE")]
    path: Option<PathBuf>,
}

impl PathArgs {
    fn file(&self, context: &Context) -> Result<ConfigFile, Failure> {
        match &self.path {
            Some(path) => Ok(ConfigFile::at(path)),
            None => Ok(ConfigFile::of_user(&context.vars)?),
        }
    }

    /// What one file says, or else everything.
    fn config(&self, context: &Context) -> Result<Config, Failure> {
        let Some(path) = &self.path else { return context.config() };
        if !path.is_file() {
            return Err(Failure::usage(format!("there is no file {}", path.display())));
        }
        let alone = ("ARRAYLAKE_CONFIG".to_owned(), path.display().to_string());
        Ok(Config::load_from(&[alone])?)
    }
}

/// Lists all settings that are in effect.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake config list --origin
  arraylake config list -o yaml")]
pub(crate) struct ListArgs {
    /// Says where each setting comes from.
    #[arg(long, alias = "show-origin")]
    origin: bool,
    /// Prints secrets instead of masking them.
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    path: PathArgs,
}

/// Prints one setting.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake config get service.uri")]
pub(crate) struct GetArgs {
    /// Its key, such as `service.uri`.
    key: String,
    /// Prints a secret instead of masking it.
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    path: PathArgs,
}

impl ConfigCommand {
    pub(crate) fn run(self, context: &Context, console: &mut Console) -> Outcome {
        match self {
            Self::List(args) => list(&args.path.config(context)?, console, &args),
            Self::Get(args) => get(&args.path.config(context)?, console, &args),
            Self::Set(args) => edit::set(context, console, &args),
            Self::Unset(args) => edit::unset(context, console, &args),
            Self::Init(args) => edit::init(context, console, &args),
            Self::Path => edit::path(console, &ConfigFile::of_user(&context.vars)?),
        }
    }
}

/// A setting as text, masked if it is secret.
pub(crate) fn shown(config: &Config, key: &str, reveal: bool) -> String {
    match config.get(key) {
        Some(_) if is_secret(key) && !reveal => Secret::mask().expose().to_owned(),
        Some(it) => value(it),
        None => String::new(),
    }
}

fn list(config: &Config, console: &mut Console, args: &ListArgs) -> Outcome {
    console.reveal_secrets(args.show_secrets);
    let origin = |key: &str| config.origin(key).map(ToString::to_string).unwrap_or_default();
    let settings = if args.origin {
        let rows = config.keys().map(|key| {
            let setting = edit::masked(config, key, args.show_secrets);
            (key.to_owned(), json!({"value": setting, "origin": origin(key)}))
        });
        Value::Object(rows.collect())
    } else {
        nested(config)
    };
    console.show(&settings, |look| {
        let cells = config.keys().map(|key| {
            let mut row = vec![cell(key), cell(shown(config, key, args.show_secrets))];
            if args.origin {
                row.push(mood_cell(origin(key), Mood::Dim));
            }
            row
        });
        let headings: &[&str] = if args.origin { &["Key", "Value", "Origin"] } else { &["Key", "Value"] };
        table(look, headings, cells)
    })
}

/// Settings as the files hold them: sections within sections.
fn nested(config: &Config) -> Value {
    let mut root = Map::new();
    for key in config.keys() {
        let mut section = &mut root;
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                section.insert(part.to_owned(), config.get(key).cloned().unwrap_or_default());
                break;
            }
            let next = section.entry(part).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(next) = next else { break };
            section = next;
        }
    }
    Value::Object(root)
}

fn get(config: &Config, console: &mut Console, args: &GetArgs) -> Outcome {
    if config.get(&args.key).is_none() {
        return Err(Failure::new(Status::NotFound, format!("{} is not set", args.key))
            .with_hint("`arraylake config list` shows what is"));
    }
    let setting = edit::masked(config, &args.key, args.show_secrets);
    console.show(&setting, |_| value(&setting))
}
