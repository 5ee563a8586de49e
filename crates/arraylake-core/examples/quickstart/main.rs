//! The whole thing, end to end, on this machine: a local Arraylake starts, a bucket config and an Icechunk repo are
//! created over HTTP, a Zarr array is written, committed, reopened and read back.
//!
//! `cargo run --release --example quickstart [DIR]`. A second run on the same directory reopens what the first left.

mod dataset;
mod field;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use arraylake_core::icechunk::IcechunkRepo;
use arraylake_core::{AsyncClient, Config, prelude::*};
use arraylake_local::{LocalConfig, RunningLake};
use comfy_table::Table;
use indicatif::{ProgressBar, ProgressStyle};

use crate::field::{Field, checksum};

/// Whatever went wrong; an example only prints it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const BUCKET: &str = "quickstart";
const REPO: &str = "temperature";
const HOURS: u16 = 24;

#[tokio::main]
async fn main() -> ExitCode {
    match quickstart().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("it did not work: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn quickstart() -> Result<(), Failure> {
    let dir = std::env::args().nth(1).map_or_else(|| PathBuf::from("lake"), PathBuf::from);
    let progress = progress_bar();
    progress.set_message(format!("starting a local Arraylake on {}", dir.display()));
    let lake = arraylake_local::serve(LocalConfig::new(&dir)).await?;
    let client = AsyncClient::builder()
        .with_config(Config::empty())
        .with_service_uri(lake.catalog_uri())
        .with_token(lake.token())
        .build()?;
    let outcome = run(&client, &lake, &progress).await;
    lake.shutdown().await;
    progress.finish_and_clear();
    let table = outcome?;
    let mut out = std::io::stdout().lock();
    // Nobody may be reading to the end (`| head`); that is no failure.
    let _ = writeln!(out, "{table}\nEverything is in {}; run this again and it is reopened.", dir.display());
    Ok(())
}

fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len}");
    let bar = ProgressBar::new(0);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

async fn run(client: &AsyncClient, lake: &RunningLake, progress: &ProgressBar) -> Result<Table, Failure> {
    let org: OrgName = lake.org().parse()?;
    let bucket = bucket_config(client, &org).await?;
    progress.set_message(format!("opening {org}/{REPO}"));
    let request = NewRepo::new(REPO).with_bucket(&bucket)?.with_description("Made-up temperatures");
    let repo = client.get_or_create_repo(&org, request, OpenOptions::new()).await?.into_icechunk()?;

    let field = Field::generate(HOURS);
    let written = checksum(&field.t2m);
    let fresh = repo.repository().lookup_snapshot(&repo.repository().lookup_branch("main").await?).await?;
    let what = if fresh.parent_id.is_none() {
        write(&repo, &field, progress).await?;
        "written and committed"
    } else {
        "found as it was left"
    };

    progress.set_message("reopening and reading back");
    let name = RepoName::new(&org, REPO)?;
    let again = client.get_repo(&name, OpenOptions::new()).await?.into_icechunk()?;
    let store = Arc::new(again.store("main").await?);
    let snapshot = store.session().read().await.snapshot_id().to_string();
    let (shape, values) = dataset::read(&store).await?;
    let read = checksum(&values);
    if read != written {
        return Err(format!("read back {read}, but {written} was written").into());
    }
    let mut table = Table::new();
    table.set_header(["what", "value"]);
    table.add_row(["repo", &format!("{name} ({what})")]);
    table.add_row(["bucket", &bucket]);
    table.add_row(["snapshot", &snapshot]);
    table.add_row(["array", &format!("t2m {shape:?} float32")]);
    table.add_row(["checksum", &format!("{read}, the same as written")]);
    Ok(table)
}

/// A bucket config of our own: a corner of the bucket that the local service starts with, and the keys to that.
async fn bucket_config(client: &AsyncClient, org: &OrgName) -> Result<String, Failure> {
    let nickname: BucketNickname = BUCKET.parse()?;
    match client.get_bucket_config(org, &nickname).await {
        Ok(bucket) => Ok(bucket.nickname),
        Err(error) if error.is_bucket_not_found() => {
            let first = client.get_bucket_config(org, &"local".parse()?).await?;
            let (Some(endpoint), Some(keys)) = (first.extra_config.endpoint_url(), first.auth_config) else {
                return Err("the local service has an S3 endpoint and keys to it".into());
            };
            let request = NewBucket::new(BUCKET, &format!("s3://{}/{BUCKET}", first.name))?
                .with_endpoint_url(endpoint)
                .with_region("us-east-1")
                .with_use_ssl(false)
                .with_auth(keys);
            Ok(client.create_bucket_config(org, request).await?.nickname)
        }
        Err(error) => Err(error.into()),
    }
}

async fn write(repo: &IcechunkRepo, field: &Field, progress: &ProgressBar) -> Result<(), Failure> {
    progress.set_length(dataset::chunks(field));
    progress.set_message("writing chunks");
    let store = Arc::new(repo.writable_store("main").await?);
    dataset::write(&store, field, |chunk| progress.set_position(chunk)).await?;
    progress.set_message("committing");
    store.commit("A day of temperatures").await?;
    Ok(())
}
