//! A dataset that grows: written with dimension names and attributes, appended to along time in a second commit, a region
//! read in parallel, and the first version read again afterwards.
//!
//! `cargo run --release --example timeseries`. It runs on a local Arraylake of its own, and leaves nothing behind.

mod series;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use arraylake_core::icechunk::icechunk::repository::VersionInfo;
use arraylake_core::{AsyncClient, Config, prelude::*};
use arraylake_local::LocalConfig;

use crate::series::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(said) => {
            // Nobody may be reading; that is no failure.
            let _ = std::io::stdout().lock().write_all(said.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("it did not work: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<String, Failure> {
    let lake = arraylake_local::serve(LocalConfig::temporary()?).await?;
    let client = AsyncClient::builder()
        .with_config(Config::empty())
        .with_service_uri(lake.catalog_uri())
        .with_token(lake.token())
        .build()?;
    let org: OrgName = lake.org().parse()?;
    let repo =
        client.get_or_create_repo(&org, NewRepo::new("series"), OpenOptions::new()).await?.into_icechunk()?;

    let first = series::write(&repo, 10).await?;
    let second = series::append(&repo, 5).await?;

    let now = Arc::new(repo.store("main").await?);
    let region = series::region(&now, 8..12, 3..6, 10..20).await?;
    let back = repo.readonly_session_at(&VersionInfo::SnapshotId(first.clone())).await?;
    let then = Arc::new(repo.store_of(back));
    let said = format!(
        "{first} has {} days, {second} has {}; a region of {} numbers across both begins with {} K\n",
        series::days(&then).await?,
        series::days(&now).await?,
        region.len(),
        region[0],
    );
    lake.shutdown().await;
    Ok(said)
}
