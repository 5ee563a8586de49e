//! A dataset of temperatures over time, latitude and longitude, as xarray reads it: dimension names, coordinates,
//! attributes. It grows along time, a commit at a time.

use std::ops::Range;
use std::sync::Arc;

use arraylake_core::icechunk::icechunk::format::SnapshotId;
use arraylake_core::icechunk::{CommitOptions, IcechunkRepo, ZarrStore};
use serde_json::{Map, Value, json};
use zarrs::array::{Array, ArrayBuilder, ArraySubset, data_type};
use zarrs::group::GroupBuilder;

/// Whatever went wrong.
pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;
type Store = Arc<ZarrStore>;

/// Latitudes and longitudes; a chunk holds a day of all of them.
pub(super) const GRID: [u64; 2] = [18, 36];
/// Days in a chunk of the coordinate `time`.
const DAYS: u64 = 365;

/// The made-up temperature at a place on a day, in kelvin.
pub(super) fn temperature(day: u64, y: u64, x: u64) -> f32 {
    (day * 1000 + y * 40 + x) as f32 / 100.0
}

/// A day of all places, in the order of the array.
fn field(day: u64) -> Vec<f32> {
    (0..GRID[0]).flat_map(|y| (0..GRID[1]).map(move |x| temperature(day, y, x))).collect()
}

fn attributes(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Writes the dataset with its first days, in one commit.
pub(super) async fn write(repo: &IcechunkRepo, days: u64) -> Result<SnapshotId, Failure> {
    let store = Arc::new(repo.writable_store("main").await?);
    let mut root = GroupBuilder::new();
    root.attributes(attributes(json!({"title": "Made-up temperatures", "Conventions": "CF-1.11"})));
    root.build(Arc::clone(&store), "/")?.async_store_metadata().await?;
    for (name, length, first, step, units) in
        [("lat", GRID[0], 85.0, -10.0, "degrees_north"), ("lon", GRID[1], 0.0, 10.0, "degrees_east")]
    {
        let axis = ArrayBuilder::new(vec![length], vec![length], data_type::float64(), f64::NAN)
            .dimension_names(Some([name]))
            .attributes(attributes(json!({"units": units})))
            .build(Arc::clone(&store), &format!("/{name}"))?;
        axis.async_store_metadata().await?;
        let degrees: Vec<f64> = (0..length).map(|at| first + step * at as f64).collect();
        axis.async_store_chunk(&[0], degrees).await?;
    }
    let time = ArrayBuilder::new(vec![0], vec![DAYS], data_type::int64(), 0i64)
        .dimension_names(Some(["time"]))
        .attributes(attributes(json!({"units": "days since 2024-01-01", "calendar": "proleptic_gregorian"})))
        .build(Arc::clone(&store), "/time")?;
    time.async_store_metadata().await?;
    let temperature = ArrayBuilder::new(
        vec![0, GRID[0], GRID[1]],
        vec![1, GRID[0], GRID[1]],
        data_type::float32(),
        f32::NAN,
    )
    .dimension_names(Some(["time", "lat", "lon"]))
    .attributes(attributes(json!({"units": "K", "standard_name": "air_temperature"})))
    .build(Arc::clone(&store), "/temperature")?;
    temperature.async_store_metadata().await?;
    grow(&store, days).await?;
    Ok(store.commit("The first days").await?)
}

/// Appends days along time, in a commit of its own that says how many. Goes on from there where somebody else has
/// committed meanwhile.
pub(super) async fn append(repo: &IcechunkRepo, days: u64) -> Result<SnapshotId, Failure> {
    let store = Arc::new(repo.writable_store("main").await?);
    grow(&store, days).await?;
    let commit = CommitOptions::new(format!("{days} days more")).with_metadata("days", days).with_rebase(3);
    Ok(store.commit(commit).await?)
}

/// Makes both arrays longer, and writes the new days: many at a time, each on a task of its own.
async fn grow(store: &Store, days: u64) -> Result<(), Failure> {
    let mut time = Array::async_open(Arc::clone(store), "/time").await?;
    let known = time.shape()[0];
    let all = known + days;
    time.set_shape(vec![all])?;
    time.async_store_metadata().await?;
    let numbers: Vec<i64> = (known..all).map(|day| day as i64).collect();
    time.async_store_array_subset(&ArraySubset::new_with_start_shape(vec![known], vec![days])?, numbers)
        .await?;

    let mut temperature = Array::async_open(Arc::clone(store), "/temperature").await?;
    temperature.set_shape(vec![all, GRID[0], GRID[1]])?;
    temperature.async_store_metadata().await?;
    let temperature = Arc::new(temperature);
    let writing = (known..all).map(|day| {
        let temperature = Arc::clone(&temperature);
        tokio::spawn(async move { temperature.async_store_chunk(&[day, 0, 0], field(day)).await })
    });
    for day in writing.collect::<Vec<_>>() {
        day.await??;
    }
    Ok(())
}

/// How many days a version has.
pub(super) async fn days(store: &Store) -> Result<u64, Failure> {
    Ok(Array::async_open(Arc::clone(store), "/time").await?.shape()[0])
}

/// Reads a region of a version: its days at the same time, each on a task of its own.
pub(super) async fn region(
    store: &Store,
    days: Range<u64>,
    y: Range<u64>,
    x: Range<u64>,
) -> Result<Vec<f32>, Failure> {
    let temperature = Arc::new(Array::async_open(Arc::clone(store), "/temperature").await?);
    let reading = days.map(|day| {
        let (temperature, part) = (Arc::clone(&temperature), [day..day + 1, y.clone(), x.clone()]);
        tokio::spawn(async move {
            temperature.async_retrieve_array_subset::<Vec<f32>>(&ArraySubset::new_with_ranges(&part)).await
        })
    });
    let mut region = Vec::new();
    for day in reading.collect::<Vec<_>>() {
        region.extend(day.await??);
    }
    Ok(region)
}
