//! The command line: [`Cli`], its global options and its commands. Each command keeps its own arguments beside its code.

use arraylake_core::types::OrgName;
use clap::{ArgAction, Args, Parser, Subcommand};

use crate::command;
use crate::console::{Colour, Format, Manner};

/// What `arraylake help` ends with.
const AFTER_HELP: &str = "\
Examples:
  arraylake auth login
  arraylake repo list acme
  arraylake repo create acme/era5 --bucket cold-store --description 'Hourly data'
  arraylake repo tree acme/era5
  arraylake repo list acme --output json | jq -r '.[].name'

Exit codes:
    0  done
    1  not done for another reason: a file cannot be written, a question was answered with no
    2  the command line or the configuration is wrong; nothing was sent
    3  not logged in, or the token is not valid
    4  no such org, repo, bucket config, service, branch or key
    5  refused: no permission, a name that is taken, a rule of the service, a repo that is offline
    6  the service or an object store failed, or its answer cannot be understood
    7  the network failed: no connection, a timeout, an answer that broke off
  130  interrupted by Ctrl-C or SIGTERM

Environment and files (shared with the Python client; variables win over files, options over both):
  ARRAYLAKE_TOKEN          an API token
  ARRAYLAKE_SERVICE__URI   where the service is
  ARRAYLAKE_USER__ORG      the org for commands that are given none
  ARRAYLAKE_CONFIG         another place for the configuration than ~/.config/arraylake
  RUST_LOG                 what is logged, in place of -v
  NO_COLOR, CLICOLOR_FORCE no colours, or colours everywhere

Data go to stdout, all else to stderr. JSON and YAML hold what the service answers; secrets are masked unless
--show-secrets is given.";

/// Repos, bucket configs, orgs and compute services of Arraylake.
///
/// Every command talks to the service that `--service-uri`, ARRAYLAKE_SERVICE__URI or the configuration names, by default
/// the public one.
#[derive(Debug, Parser)]
#[command(name = "arraylake", version, after_long_help = AFTER_HELP, max_term_width = 100)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of all commands.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// The org, for commands that are not told otherwise.
    // An id of its own: commands have an argument `org` besides.
    #[arg(long, id = "default-org", global = true, value_name = "ORG")]
    pub(crate) org: Option<OrgName>,
    /// Where the service is.
    #[arg(long, global = true, value_name = "URI")]
    pub(crate) service_uri: Option<String>,
    /// A setting for this run, such as `http.timeout=60`; may be repeated.
    #[arg(long = "config", global = true, value_name = "KEY=VALUE", value_parser = setting)]
    pub(crate) settings: Vec<(String, String)>,
    /// The form of what is printed: `table` for people, the others for scripts.
    #[arg(short, long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output: Format,
    /// When colours are used.
    #[arg(long, alias = "colour", global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Colour,
    /// Says nothing but results, warnings and errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Says more on stderr: calls with -v, details with -vv.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl Globals {
    pub(crate) fn manner(&self) -> Manner {
        Manner { format: self.output, colour: self.color, quiet: self.quiet, verbose: self.verbose > 0 }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(subcommand)]
    Auth(command::auth::AuthCommand),
    /// Repos: their entries in the catalog, their history and what is in them.
    #[command(subcommand)]
    Repo(command::repo::RepoCommand),
    /// Bucket configs: where data lie, and how credentials are had.
    #[command(subcommand)]
    Bucket(command::bucket::BucketCommand),
    /// Orgs of yours.
    #[command(subcommand)]
    Org(command::org::OrgCommand),
    /// Compute services: servers of common protocols beside the data.
    #[command(subcommand)]
    Compute(command::compute::ComputeCommand),
    /// Settings, and where each of them comes from.
    #[command(subcommand)]
    Config(command::config::ConfigCommand),
    #[cfg(feature = "v1")]
    Migrate(command::migrate::MigrateArgs),
    /// Serves an Arraylake of your own on this machine: a catalog and an S3 endpoint on one directory.
    #[command(after_help = "\
Examples:
  arraylake serve --dir ./lake
  arraylake serve --dir ./lake --port 8000 --seed people.yaml")]
    #[cfg(feature = "serve")]
    Serve(arraylake_local::command::ServeArgs),
    Diagnostics(command::diagnostics::DiagnosticsArgs),
    Completions(command::generate::CompletionsArgs),
    Man(command::generate::ManArgs),
}

/// `key=value`, split at the first `=`.
fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("must be `KEY=VALUE`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_setting_is_split_at_its_first_sign() {
        assert_eq!(setting("a.b=c=d"), Ok(("a.b".to_owned(), "c=d".to_owned())));
        assert!(setting("a.b").is_err() && setting("=x").is_err());
    }

    #[test]
    fn every_command_has_examples() {
        fn check(command: &clap::Command) {
            let subcommands: Vec<_> =
                command.get_subcommands().filter(|sub| sub.get_name() != "help").collect();
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(!subcommands.is_empty() || examples.starts_with("Examples:"), "{}", command.get_name());
            subcommands.into_iter().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn every_command_has_a_help_text_that_ends_like_a_sentence() {
        fn check(command: &clap::Command) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty(), "{}", command.get_name());
            command.get_subcommands().filter(|sub| sub.get_name() != "help").for_each(check);
        }
        check(&Cli::command());
    }
}
