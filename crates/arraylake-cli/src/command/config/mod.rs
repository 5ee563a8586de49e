//! `arraylake config`.

mod edit;

use std::path::PathBuf;

use arraylake_core::types::Secret;
use arraylake_core::{Config, ConfigFile, Origin, Setting};
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
    #[command(after_help = "Examples:\n  $EDITOR \"$(arraylake config path)\"")]
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

/// Lists all settings that are in effect, those that hold by default, too.
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

/// The value of a setting for scripts, masked if it is secret.
fn masked(setting: &Setting, reveal: bool) -> Value {
    let secret = setting.is_secret() || is_secret(&setting.key);
    if secret && !reveal { Secret::mask().expose().into() } else { setting.value.clone() }
}

/// The value of a setting for people, masked if it is secret.
pub(crate) fn shown(setting: &Setting, reveal: bool) -> String {
    value(&masked(setting, reveal))
}

fn list(config: &Config, console: &mut Console, args: &ListArgs) -> Outcome {
    console.reveal_secrets(args.show_secrets);
    let mut settings = config.settings();
    if args.path.path.is_some() {
        settings.retain(|setting| setting.origin != Origin::Default);
    }
    for complaint in config.complaints() {
        console.warn(&complaint);
    }
    let data = if args.origin {
        with_origins(&settings, args.show_secrets)
    } else {
        nested(&settings, args.show_secrets)
    };
    console.show(&data, |look| {
        let cells = settings.iter().map(|setting| {
            let mut row = vec![cell(&setting.key), cell(shown(setting, args.show_secrets))];
            if args.origin {
                row.push(mood_cell(setting.origin.to_string(), Mood::Dim));
            }
            row
        });
        let headings: &[&str] = if args.origin { &["Key", "Value", "Origin"] } else { &["Key", "Value"] };
        table(look, headings, cells)
    })
}

fn with_origins(settings: &[Setting], reveal: bool) -> Value {
    let rows = settings.iter().map(|setting| {
        let origin = setting.origin.to_string();
        (setting.key.clone(), json!({"value": masked(setting, reveal), "origin": origin}))
    });
    Value::Object(rows.collect())
}

/// Settings as the files hold them: sections within sections.
fn nested(settings: &[Setting], reveal: bool) -> Value {
    let mut root = Map::new();
    for setting in settings {
        let mut section = &mut root;
        let mut parts = setting.key.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                section.insert(part.to_owned(), masked(setting, reveal));
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
    let key = args.key.replace('-', "_");
    let of_file = args.path.path.is_some();
    let mut settings = config.settings().into_iter().filter(|it| !of_file || it.origin != Origin::Default);
    let Some(setting) = settings.find(|setting| setting.key == key) else {
        let failure = Failure::new(Status::NotFound, format!("{} is not set", args.key));
        return Err(failure.with_hint("`arraylake config list` shows what is"));
    };
    let setting = masked(&setting, args.show_secrets);
    console.show(&setting, |_| value(&setting))
}
