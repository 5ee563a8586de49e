//! `arraylake repo create` and `import`.

use arraylake_core::AsyncClient;
use arraylake_core::api::Repos;
use arraylake_core::types::{BucketNickname, ImportRepo, Metadata, NewRepo, RepoKind, RepoName};
use clap::Args;

use super::list::show;
use crate::command::{joined, metadata};
use crate::console::Console;
use crate::failure::{Failure, Outcome, Status};

/// Makes a repo: its entry in the catalog, and an empty repository in its bucket.
///
/// If the repository cannot be made, or on Ctrl-C, the entry is taken back.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake repo create acme/era5
  arraylake repo create acme/era5 --bucket cold-store --prefix climate/era5 --metadata project=ocean")]
pub(crate) struct CreateArgs {
    /// The repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/REPO")]
    repo: String,
    /// The bucket config for its data; by default that of the org.
    #[arg(long, alias = "bucket-config-nickname", value_name = "NICKNAME")]
    bucket: Option<BucketNickname>,
    /// The kind of repository: `icechunk`, or the older `v1`.
    #[arg(long, default_value = "icechunk")]
    kind: RepoKind,
    /// Where in the bucket its data lie; by default a place of its own.
    #[arg(long)]
    prefix: Option<String>,
    #[command(flatten)]
    about: AboutArgs,
    /// Only makes the entry: for repositories that something else makes.
    #[arg(long)]
    entry_only: bool,
}

/// What is said about a new repo.
#[derive(Debug, Args)]
struct AboutArgs {
    /// What it is, in at most 255 characters.
    #[arg(long)]
    description: Option<String>,
    /// Facts: a JSON object or `KEY=VALUE`; may be repeated.
    #[arg(long, value_name = "FACTS", value_parser = metadata)]
    metadata: Vec<Metadata>,
}

/// Takes a repository that lies in a bucket already into the catalog.
///
/// If there is none, the entry is taken back. Nothing in the bucket is changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake repo import acme/era5 cold-store climate/era5")]
pub(crate) struct ImportArgs {
    /// The repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/REPO")]
    repo: String,
    /// The bucket config of the bucket that it lies in.
    bucket: BucketNickname,
    /// Where in the bucket it lies.
    prefix: String,
    #[command(flatten)]
    about: AboutArgs,
    /// Only makes the entry, and does not look whether there is a repository.
    #[arg(long)]
    entry_only: bool,
}

impl CreateArgs {
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }
}

impl ImportArgs {
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }
}

pub(crate) async fn create(
    client: &AsyncClient,
    console: &mut Console,
    repo: &RepoName,
    args: &CreateArgs,
) -> Outcome {
    let mut request = NewRepo::new(repo.repo()).with_kind(args.kind.clone());
    request.bucket_nickname = args.bucket.clone();
    request.prefix = args.prefix.clone();
    request.description = args.about.description.clone();
    request.metadata = joined(&args.about.metadata);
    let what = format!("creating {repo}");
    let made = if args.entry_only {
        let entry = console.busy(&what, client.create_repo_object(repo.org(), request)).await;
        entry.map(drop).map_err(Failure::from)
    } else {
        console.busy(&what, create_whole(client, repo, request)).await
    };
    made.map_err(|failure| match &args.bucket {
        None if args.kind == RepoKind::V1 && failure.hint().is_none() => {
            failure.with_hint("V1 repos have no bucket by default: name one with --bucket")
        }
        Some(bucket) => of_a_bucket(failure, bucket),
        None => failure,
    })?;
    done(client, console, repo, "created").await
}

pub(crate) async fn import(
    client: &AsyncClient,
    console: &mut Console,
    repo: &RepoName,
    args: &ImportArgs,
) -> Outcome {
    let mut request = ImportRepo::new(repo.repo(), &args.bucket, &args.prefix)?;
    request.description = args.about.description.clone();
    request.metadata = joined(&args.about.metadata);
    let what = format!("importing {repo}");
    let made = if args.entry_only {
        let entry = console.busy(&what, client.import_repo_object(repo.org(), request)).await;
        entry.map(drop).map_err(Failure::from)
    } else {
        console.busy(&what, import_whole(client, repo, request)).await
    };
    made.map_err(|failure| of_a_bucket(failure, &args.bucket))?;
    done(client, console, repo, "imported").await
}

/// A service that complains about the bucket config mostly means that there is none of that name.
fn of_a_bucket(failure: Failure, bucket: &BucketNickname) -> Failure {
    let complains = failure.message().contains(&format!("bucket {bucket} "));
    match failure.status() == Status::Refused && failure.hint().is_none() && complains {
        true => failure.with_hint("`arraylake bucket list` shows what there is"),
        false => failure,
    }
}

/// People read one line, scripts get the whole entry.
async fn done(repos: &dyn Repos, console: &mut Console, repo: &RepoName, what: &str) -> Outcome {
    if console.is_for_people() {
        console.note(&format!("{what} {repo}"));
        return Ok(());
    }
    show(console, &repos.get_repo_object(repo).await?)
}

#[cfg(feature = "icechunk")]
async fn create_whole(
    repositories: &dyn arraylake_core::api::Repositories,
    repo: &RepoName,
    request: NewRepo,
) -> Outcome {
    repositories.create_repo(repo.org(), request, arraylake_core::OpenOptions::new()).await?;
    Ok(())
}

#[cfg(feature = "icechunk")]
async fn import_whole(
    repositories: &dyn arraylake_core::api::Repositories,
    repo: &RepoName,
    request: ImportRepo,
) -> Outcome {
    repositories
        .import_repo(repo.org(), request, arraylake_core::OpenOptions::new().with_read_only(true))
        .await?;
    Ok(())
}

#[cfg(not(feature = "icechunk"))]
async fn create_whole(_: &AsyncClient, _: &RepoName, _: NewRepo) -> Outcome {
    Err(without_icechunk())
}

#[cfg(not(feature = "icechunk"))]
async fn import_whole(_: &AsyncClient, _: &RepoName, _: ImportRepo) -> Outcome {
    Err(without_icechunk())
}

#[cfg(not(feature = "icechunk"))]
fn without_icechunk() -> Failure {
    Failure::usage("this program was built without Icechunk and makes entries alone")
        .with_hint("give --entry-only, or use a build with the feature `icechunk`")
}
