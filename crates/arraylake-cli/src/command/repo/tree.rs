//! `arraylake repo tree`.

use arraylake_core::api::Repositories;
use arraylake_core::types::RepoName;
use arraylake_core::{OpenOptions, Repo};
use clap::Args;

use super::icechunk;
#[cfg(feature = "v1")]
use super::v1;
use super::version::VersionArgs;
use crate::console::Console;
use crate::failure::Outcome;

/// Shows groups and arrays of a repo with their shapes and types.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake repo tree acme/era5
  arraylake repo tree acme/era5 --tag v1.0 --depth 2
  arraylake repo tree acme/era5 -o json | jq '.children[].name'")]
pub(crate) struct TreeArgs {
    /// The repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/REPO")]
    repo: String,
    #[command(flatten)]
    version: VersionArgs,
    /// How many levels of groups are shown.
    #[arg(long, default_value_t = 10, value_name = "LEVELS")]
    depth: usize,
    /// Only what is below this group.
    #[arg(long, default_value = "/", value_name = "PATH")]
    prefix: String,
    /// Attributes, too.
    #[arg(long)]
    attributes: bool,
}

impl TreeArgs {
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }

    /// With a slash before it and none behind it.
    fn group(&self) -> String {
        format!("/{}", self.prefix.trim_matches('/'))
    }
}

pub(crate) async fn tree(
    repositories: &dyn Repositories,
    console: &mut Console,
    repo: &RepoName,
    args: &TreeArgs,
) -> Outcome {
    let group = args.group();
    let work = async {
        match repositories.get_repo(repo, OpenOptions::new().with_read_only(true)).await? {
            Repo::Icechunk(opened) => icechunk::tree(&opened, &args.version, &group, args.depth).await,
            #[cfg(feature = "v1")]
            Repo::V1(opened) => v1::tree(&opened, &args.version, &group, args.depth).await,
            _ => Err(super::of_a_kind_unknown(repo)),
        }
    };
    let root = console.busy(&format!("reading {repo}"), work).await?;
    if root.children.is_empty() && args.depth > 0 && console.is_for_people() {
        console.note(&format!("{repo} has neither groups nor arrays there"));
    }
    console.show(&root, |look| {
        let name = if group == "/" { repo.to_string() } else { format!("{repo}{group}") };
        root.drawn(look, name, args.attributes).to_string()
    })
}
