//! `arraylake bucket`.

mod auth;
mod create;
mod credentials;
mod list;
mod modify;

use arraylake_core::api::Buckets;
use arraylake_core::types::{BucketNickname, DeleteConfirmation, OrgName};
use clap::{Args, Subcommand};

use crate::console::Console;
use crate::context::Context;
use crate::failure::Outcome;

/// Bucket configs: where data lie, and how credentials are had.
#[derive(Debug, Subcommand)]
pub(crate) enum BucketCommand {
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    Create(Box<create::CreateArgs>),
    #[command(visible_alias = "show")]
    Get(list::GetArgs),
    Modify(Box<modify::ModifyArgs>),
    /// Makes a bucket config the one for new repos.
    #[command(after_help = "Examples:\n  arraylake bucket set-default acme/cold-store")]
    SetDefault(NameArgs),
    #[command(visible_alias = "rm")]
    Delete(DeleteArgs),
    /// Lists the repos in a bucket, the one changed last first.
    #[command(after_help = "Examples:\n  arraylake bucket repos acme/cold-store")]
    Repos(NameArgs),
    Credentials(credentials::CredentialsArgs),
}

/// Which bucket config.
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// The bucket config: `ORG/NICKNAME`, or `NICKNAME` with `--org`.
    #[arg(value_name = "ORG/NICKNAME")]
    bucket: String,
}

/// Deletes a bucket config that no repo uses. The bucket itself stays.
///
/// You are asked first, unless `--yes` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake bucket delete acme/old-store
  arraylake bucket delete acme/old-store --yes")]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    name: NameArgs,
    /// Does not ask.
    #[arg(short, long, alias = "confirm")]
    yes: bool,
}

impl NameArgs {
    pub(crate) fn find(&self, context: &Context) -> Result<(OrgName, BucketNickname), crate::Failure> {
        context.below(&self.bucket)
    }
}

impl BucketCommand {
    pub(crate) async fn run(self, context: &Context, console: &mut Console) -> Outcome {
        match self {
            Self::List(args) => {
                let org = context.org(args.org())?;
                list::list(&context.client()?, console, &org, &args).await
            }
            Self::Create(args) => {
                let (org, nickname) = args.name().find(context)?;
                create::create(&context.client()?, console, &org, &nickname, &args).await
            }
            Self::Get(args) => {
                let (org, nickname) = args.name().find(context)?;
                list::get(&context.client()?, console, &org, &nickname, &args).await
            }
            Self::Modify(args) => {
                let (org, nickname) = args.name().find(context)?;
                modify::modify(&context.client()?, console, &org, &nickname, &args).await
            }
            Self::SetDefault(args) => {
                let (org, nickname) = args.find(context)?;
                set_default(&context.client()?, console, &org, &nickname).await
            }
            Self::Delete(args) => {
                let (org, nickname) = args.name.find(context)?;
                delete(&context.client()?, console, &org, &nickname, &args).await
            }
            Self::Repos(args) => {
                let (org, nickname) = args.find(context)?;
                list::repos(&context.client()?, console, &org, &nickname).await
            }
            Self::Credentials(args) => {
                let (org, nickname) = args.name().find(context)?;
                credentials::credentials(&context.client()?, console, &org, &nickname, &args).await
            }
        }
    }
}

async fn set_default(
    buckets: &dyn Buckets,
    console: &mut Console,
    org: &OrgName,
    nickname: &BucketNickname,
) -> Outcome {
    console.busy("setting the default", buckets.set_default_bucket_config(org, nickname)).await?;
    console.note(&format!("new repos of {org} go to {nickname}"));
    Ok(())
}

async fn delete(
    buckets: &dyn Buckets,
    console: &mut Console,
    org: &OrgName,
    nickname: &BucketNickname,
    args: &DeleteArgs,
) -> Outcome {
    let bucket = buckets.get_bucket_config(org, nickname).await?;
    let place = bucket.url().unwrap_or(bucket.name);
    let question = format!("Delete the bucket config {nickname} of {org}? The bucket {place} stays.");
    console.confirm(&question, args.yes).await?;
    let sure = DeleteConfirmation::imsure().imreallysure();
    let work = buckets.delete_bucket_config(org, nickname, sure);
    console.busy(&format!("deleting {nickname}"), work).await?;
    console.note(&format!("deleted the bucket config {nickname} of {org}"));
    Ok(())
}
