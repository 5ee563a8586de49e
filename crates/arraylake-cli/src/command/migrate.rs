//! `arraylake migrate`.

use std::num::NonZeroUsize;

use arraylake_core::api::Repositories;
use arraylake_core::icechunk::IcechunkRepo;
use arraylake_core::migrate::{Migration, Progress, Report, Scope, Verification};
use arraylake_core::types::{BucketNickname, NewRepo, RepoName, UpdateContainers};
use arraylake_core::{OpenOptions, Repo};
use clap::Args;
use indicatif::{HumanBytes, ProgressBar};
use serde::Serialize;

use crate::console::{Console, Voice};
use crate::context::Context;
use crate::failure::{Failure, Outcome, Status};
use crate::look::{cell, facts};

/// How long a commit is on a bar.
const COMMIT: u64 = 1000;

/// Moves a V1 repo to an Icechunk repo: its whole history, or the latest state of a branch.
///
/// The V1 repo is only read. The Icechunk repo is made if it is missing. A move that was interrupted goes on where it
/// was when the same command runs again, and a later run brings what has been committed since.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake migrate acme/old acme/new --bucket cold-store --verify
  arraylake migrate acme/old acme/new --latest main
  arraylake migrate acme/old acme/new --container s3://archive/era5/=archive")]
pub(crate) struct MigrateArgs {
    /// The V1 repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/OLD")]
    from: String,
    /// The Icechunk repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/NEW")]
    to: String,
    /// Moves the latest state of this branch alone, as one commit.
    #[arg(long, value_name = "BRANCH")]
    latest: Option<String>,
    /// Compares both repos afterwards, each chunk by its digest. All of them are read for that.
    #[arg(long)]
    verify: bool,
    /// The bucket config of the Icechunk repo, if it is to be made; by default that of the org.
    #[arg(long, alias = "bucket-config-nickname", value_name = "NICKNAME")]
    bucket: Option<BucketNickname>,
    /// Where virtual chunks lie, and by which bucket config they are read; may be repeated.
    #[arg(long, value_name = "URL=NICKNAME", value_parser = container)]
    container: Vec<(String, BucketNickname)>,
    /// Moves virtual chunks, too, that no container covers. They cannot be read until one does.
    #[arg(long)]
    allow_uncovered: bool,
    /// Leaves out arrays that have no place in Zarr v3, and names them, instead of giving up.
    #[arg(long)]
    skip_unsupported: bool,
    /// After how many chunks what has been moved is made safe, also in the middle of a commit.
    #[arg(long, value_name = "CHUNKS", default_value = "10000")]
    flush_every: NonZeroUsize,
}

/// `URL=NICKNAME`, split at the last `=`: URLs may hold one, nicknames do not.
fn container(text: &str) -> Result<(String, BucketNickname), String> {
    let (url, nickname) = text.rsplit_once('=').ok_or("must be `URL=NICKNAME`")?;
    let nickname = nickname.parse::<BucketNickname>().map_err(|fault| fault.to_string())?;
    Ok((url.to_owned(), nickname))
}

/// What became of a move, as `--output json` shows it.
#[derive(Debug, Serialize)]
struct Moved<'m> {
    from: &'m RepoName,
    to: &'m RepoName,
    #[serde(flatten)]
    report: &'m Report,
    /// None if it was not asked for.
    verification: Option<&'m Verification>,
}

/// Says on the way out that nothing is lost, unless the move has come to its end.
struct Interruption(Option<Voice>);

impl Drop for Interruption {
    fn drop(&mut self) {
        if let Some(voice) = &self.0 {
            voice.note("What has been moved stays: the same command goes on from there.");
        }
    }
}

pub(crate) async fn run(args: MigrateArgs, context: &Context, console: &mut Console) -> Outcome {
    let (from, to) = (context.repo(&args.from)?, context.repo(&args.to)?);
    migrate(&context.client()?, console, &from, &to, &args).await
}

async fn migrate(
    repositories: &dyn Repositories,
    console: &mut Console,
    from: &RepoName,
    to: &RepoName,
    args: &MigrateArgs,
) -> Outcome {
    let migration = console.busy("opening both repos", open(repositories, from, to, args)).await?;
    let report = moved(&migration, console, from).await?;
    for left_out in &report.left_out {
        console.warn(&format!("left out: {left_out}"));
    }
    let verification = match args.verify {
        true => Some(compared(&migration, console, to).await?),
        false => None,
    };
    show(console, &Moved { from, to, report: &report, verification: verification.as_ref() })?;
    let differences = verification.map(|found| found.differences).unwrap_or_default();
    for difference in &differences {
        console.warn(&format!("different: {difference}"));
    }
    match differences.len() {
        0 => Ok(()),
        count => Err(Failure::new(Status::Other, format!("{to} differs from {from} in {count} places"))),
    }
}

async fn open(
    repositories: &dyn Repositories,
    from: &RepoName,
    to: &RepoName,
    args: &MigrateArgs,
) -> Result<Migration, Failure> {
    let old = repositories.get_repo(from, OpenOptions::new().with_read_only(true)).await?.into_v1()?;
    let new = target(repositories, to, args).await?;
    let migration = Migration::new(old, new)
        .with_flush_every(args.flush_every)
        .with_skip_unsupported(args.skip_unsupported)
        .with_container_check(!args.allow_uncovered);
    Ok(match &args.latest {
        Some(branch) => migration.with_scope(Scope::Latest { branch: branch.clone() }),
        None => migration,
    })
}

async fn target(
    repositories: &dyn Repositories,
    to: &RepoName,
    args: &MigrateArgs,
) -> Result<IcechunkRepo, Failure> {
    let mut containers = UpdateContainers::new();
    containers.add.extend(args.container.iter().cloned());
    if !args.container.is_empty() {
        containers.validate()?;
    }
    let mut request = NewRepo::new(to.repo());
    request.bucket_nickname = args.bucket.clone();
    let new = repositories.get_or_create_repo(to.org(), request, OpenOptions::new()).await?;
    let new = match args.container.is_empty() {
        true => new,
        false => repositories.authorize_virtual_chunk_access(to, containers, OpenOptions::new()).await?,
    };
    Ok(Repo::into_icechunk(new)?)
}

/// Moves with a bar; whatever ends it early, it can be gone on with.
async fn moved(migration: &Migration, console: &Console, from: &RepoName) -> Result<Report, Failure> {
    let mut interruption = Interruption(Some(console.voice()));
    let bar = console.bar(&format!("moving {from}"));
    let report = told(migration, &bar).run().await;
    bar.finish_and_clear();
    interruption.0 = None;
    report.map_err(|error| {
        let failure = Failure::from(error);
        match failure.status() {
            Status::Server | Status::Network => {
                failure.with_hint("what has been moved stays: the same command goes on from there")
            }
            _ => failure,
        }
    })
}

/// Compares with a bar.
async fn compared(migration: &Migration, console: &Console, to: &RepoName) -> Result<Verification, Failure> {
    let bar = console.bar(&format!("comparing {to}"));
    let found = told(migration, &bar).verify().await;
    bar.finish_and_clear();
    Ok(found?)
}

/// The same with somebody who moves a bar.
fn told(migration: &Migration, bar: &ProgressBar) -> Migration {
    let bar = bar.clone();
    migration.clone().with_progress(move |progress| tell(&bar, progress))
}

/// All commits have the same length on the bar, since how many chunks those to come have changed is not known.
fn tell(bar: &ProgressBar, progress: &Progress) {
    if bar.is_hidden() {
        tracing::info!("{progress}");
    }
    let Progress { commits, commits_in_all, chunks, chunks_in_commit, bytes, .. } = *progress;
    let part = (chunks as u64 * COMMIT).checked_div(chunks_in_commit as u64).unwrap_or_default();
    bar.set_length(commits_in_all as u64 * COMMIT);
    bar.set_position(commits as u64 * COMMIT + part);
    let at = (commits + 1).min(commits_in_all);
    let bytes = if bytes == 0 { String::new() } else { format!(", {}", HumanBytes(bytes)) };
    bar.set_message(format!("commit {at} of {commits_in_all}, chunk {chunks} of {chunks_in_commit}{bytes}"));
}

fn show(console: &mut Console, moved: &Moved<'_>) -> Outcome {
    console.show(moved, |look| {
        let report = moved.report;
        let counts = |count: usize, before: usize, what: &str| match before {
            0 => format!("{count} {what}"),
            before => format!("{count} {what}, {before} were there already"),
        };
        let bytes = HumanBytes(report.bytes);
        let compared = moved.verification.map(|found| {
            let (commits, chunks) = (found.commits, found.chunks + found.virtual_references);
            let differences = found.differences.len();
            cell(format!(
                "{commits} commits, {} documents, {chunks} chunks: {differences} differences",
                found.documents
            ))
        });
        facts(
            look,
            [
                ("From", Some(cell(moved.from.as_str()))),
                ("To", Some(cell(moved.to.as_str()))),
                ("Moved", Some(cell(counts(report.commits, report.commits_before, "commits")))),
                ("Documents", Some(cell(report.documents.to_string()))),
                ("Chunks", Some(cell(format!("{} ({bytes})", report.chunks)))),
                ("Virtual chunks", Some(cell(report.virtual_references.to_string()))),
                ("Branches", Some(cell(report.branches.to_string()))),
                ("Tags", Some(cell(report.tags.to_string()))),
                ("Compared", compared),
            ],
        )
    })
}
