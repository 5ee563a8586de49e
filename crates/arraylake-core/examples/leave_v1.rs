//! A V1 repo, and the way out of it, on this machine: a local Arraylake starts, an array is written to a V1 repo in two
//! commits, and the whole history moves to an Icechunk repo, where it is compared and read.
//!
//! `cargo run --release --example leave_v1`. Everything is in a temporary directory that goes away.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use arraylake_core::migrate::Migration;
use arraylake_core::v1::{AsyncRepo, CommitOptions};
use arraylake_core::{AsyncClient, Config, prelude::*};
use arraylake_local::{LocalConfig, RunningLake};
use comfy_table::Table;
use zarrs::array::{Array, ArrayBuilder, data_type};
use zarrs::group::GroupBuilder;

/// Whatever went wrong; an example only prints it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const DAYS: u64 = 4;
const PLACES: u64 = 1000;

#[tokio::main]
async fn main() -> ExitCode {
    match leave_v1().await {
        Ok(table) => {
            // Nobody may be reading to the end (`| head`); that is no failure.
            let _ = writeln!(std::io::stdout(), "{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("it did not work: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn leave_v1() -> Result<Table, Failure> {
    let lake = arraylake_local::serve(LocalConfig::temporary()?).await?;
    let outcome = run(&lake).await;
    lake.shutdown().await;
    outcome
}

async fn run(lake: &RunningLake) -> Result<Table, Failure> {
    let client = AsyncClient::builder()
        .with_config(Config::empty())
        .with_service_uri(lake.catalog_uri())
        .with_token(lake.token())
        .build()?;
    let org: OrgName = lake.org().parse()?;

    let request = NewRepo::new("buoys").with_kind(RepoKind::V1).with_bucket("local")?;
    let old = client.get_or_create_repo(&org, request, OpenOptions::new()).await?.into_v1()?;
    write(&old, 0).await?;
    old.commit("The first days", CommitOptions::new()).await?;
    write(&old, DAYS / 2).await?;
    old.commit("The other days", CommitOptions::new()).await?;

    let request = NewRepo::new("buoys-icechunk").with_bucket("local")?;
    let new = client.get_or_create_repo(&org, request, OpenOptions::new()).await?.into_icechunk()?;
    let migration =
        Migration::new(old.clone(), new.clone()).with_progress(|progress| eprintln!("{progress}"));
    let report = migration.run().await?;
    let found = migration.verify().await?;
    if !found.is_clean() {
        return Err(format!("something differs: {:?}", found.differences).into());
    }

    let store = Arc::new(new.store("main").await?);
    let array = Array::async_open(store, "/waves").await?;
    let values = array.async_retrieve_array_subset::<Vec<f32>>(&array.subset_all()).await?;
    let mut table = Table::new();
    table.set_header(["what", "value"]);
    table.add_row(["commits", &report.commits.to_string()]);
    table.add_row(["chunks", &format!("{} ({} bytes)", report.chunks, report.bytes)]);
    table.add_row(["compared", &format!("{} chunks by their digests, nothing differs", found.chunks)]);
    table.add_row([
        "array",
        &format!("waves {:?}, the last value is {}", array.shape(), values[values.len() - 1]),
    ]);
    Ok(table)
}

/// Writes half of the days, from a day on. The V1 repo is a store of Zarr like any other.
async fn write(repo: &AsyncRepo, from: u64) -> Result<(), Failure> {
    let store = Arc::new(repo.store()?);
    let array = if from == 0 {
        GroupBuilder::new().build(Arc::clone(&store), "/")?.async_store_metadata().await?;
        let array = ArrayBuilder::new(vec![DAYS, PLACES], vec![1, PLACES], data_type::float32(), f32::NAN)
            .dimension_names(Some(["day", "place"]))
            .build(store, "/waves")?;
        array.async_store_metadata().await?;
        array
    } else {
        Array::async_open(store, "/waves").await?
    };
    for day in from..from + DAYS / 2 {
        let values: Vec<f32> = (0..PLACES).map(|place| (day * PLACES + place) as f32).collect();
        array.async_store_chunk(&[day, 0], values.as_slice()).await?;
    }
    Ok(())
}
