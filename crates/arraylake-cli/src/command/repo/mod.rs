//! `arraylake repo`.

mod create;
mod delete;
#[cfg(feature = "icechunk")]
mod history;
#[cfg(feature = "icechunk")]
mod icechunk;
mod list;
mod modify;
#[cfg(feature = "icechunk")]
mod node;
mod status;
#[cfg(feature = "icechunk")]
mod tree;
#[cfg(feature = "v1")]
pub(crate) mod v1;
#[cfg(feature = "icechunk")]
mod version;

use clap::Subcommand;

pub(crate) use self::list::repo_table;

use crate::console::Console;
use crate::context::Context;
use crate::failure::Outcome;

/// Repos: their entries in the catalog, their history and what is in them.
#[derive(Debug, Subcommand)]
pub(crate) enum RepoCommand {
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    #[command(visible_alias = "show")]
    Get(list::GetArgs),
    Create(create::CreateArgs),
    Modify(modify::ModifyArgs),
    #[command(visible_alias = "rm")]
    Delete(delete::DeleteArgs),
    Import(create::ImportArgs),
    GetStatus(status::GetStatusArgs),
    SetStatus(status::SetStatusArgs),
    #[cfg(feature = "icechunk")]
    Tree(tree::TreeArgs),
    #[cfg(feature = "icechunk")]
    Log(history::LogArgs),
    /// Lists branches and where they point.
    #[command(after_help = "Examples:\n  arraylake repo branches acme/era5")]
    #[cfg(feature = "icechunk")]
    Branches(history::RefsArgs),
    /// Lists tags and where they point.
    #[command(after_help = "Examples:\n  arraylake repo tags acme/era5 -o json")]
    #[cfg(feature = "icechunk")]
    Tags(history::RefsArgs),
}

impl RepoCommand {
    // long: an arm a command, each the same three lines.
    pub(crate) async fn run(self, context: &Context, console: &mut Console) -> Outcome {
        match self {
            Self::List(args) => {
                let org = context.org(args.org())?;
                list::list(&context.client()?, console, &org, &args).await
            }
            Self::Get(args) => {
                let repo = context.repo(args.repo())?;
                list::get(&context.client()?, console, &repo, &args).await
            }
            Self::Create(args) => {
                let repo = context.repo(args.repo())?;
                create::create(&context.client()?, console, &repo, &args).await
            }
            Self::Import(args) => {
                let repo = context.repo(args.repo())?;
                create::import(&context.client()?, console, &repo, &args).await
            }
            Self::Modify(args) => {
                let repo = context.repo(args.repo())?;
                modify::modify(&context.client()?, console, &repo, args).await
            }
            Self::Delete(args) => {
                let repo = context.repo(args.repo())?;
                delete::delete(&context.client()?, console, &repo, &args).await
            }
            Self::GetStatus(args) => {
                let repo = context.repo(args.repo())?;
                status::get(&context.client()?, console, &repo).await
            }
            Self::SetStatus(args) => {
                let repo = context.repo(args.repo())?;
                status::set(&context.client()?, console, &repo, args).await
            }
            #[cfg(feature = "icechunk")]
            Self::Tree(args) => {
                let repo = context.repo(args.repo())?;
                tree::tree(&context.client()?, console, &repo, &args).await
            }
            #[cfg(feature = "icechunk")]
            Self::Log(args) => {
                let repo = context.repo(args.repo())?;
                history::log(&context.client()?, console, &repo, &args).await
            }
            #[cfg(feature = "icechunk")]
            Self::Branches(args) => {
                let repo = context.repo(args.repo())?;
                history::branches(&context.client()?, console, &repo).await
            }
            #[cfg(feature = "icechunk")]
            Self::Tags(args) => {
                let repo = context.repo(args.repo())?;
                history::tags(&context.client()?, console, &repo).await
            }
        }
    }
}

/// A kind that a later version of the client brings.
#[cfg(feature = "icechunk")]
fn of_a_kind_unknown(repo: &arraylake_core::types::RepoName) -> crate::Failure {
    let message = format!("{repo} is of a kind that this program does not know");
    crate::Failure::new(crate::Status::Refused, message)
}
