//! The data set of the tests with V1 repos, as documents and raw chunks: the same that `tests/python/v1_write.py` makes.

use arraylake_core::v1::AsyncRepo;
use serde_json::{Value, json};

use crate::dataset::values;

fn array(shape: &[u64], chunks: &[u64], dimensions: &[&str], units: &str) -> Value {
    json!({
        "attributes": {"_ARRAY_DIMENSIONS": dimensions, "units": units},
        "chunk_grid": {"chunk_shape": chunks, "separator": "/", "type": "regular"},
        "chunk_memory_layout": "C", "data_type": "<f8", "extensions": [], "fill_value": "NaN", "shape": shape,
    })
}

/// The bytes of an uncompressed chunk.
pub fn bytes(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Writes `t(y, x)` with coordinates, and `wide`, as xarray expects them, into the session.
pub async fn write(repo: &AsyncRepo) {
    let documents = [
        ("meta/root.group.json", json!({"attributes": {"title": "written from Rust"}})),
        ("meta/root/y.array.json", array(&[4], &[4], &["y"], "degrees")),
        ("meta/root/x.array.json", array(&[6], &[6], &["x"], "degrees")),
        ("meta/root/wide.array.json", array(&[1000], &[500], &["w"], "1")),
        ("meta/root/t.array.json", array(&[4, 6], &[2, 6], &["y", "x"], "K")),
    ];
    repo.set_docs(documents).await.unwrap();
    let axis = |length: u32| (0..length).map(f64::from).collect::<Vec<_>>();
    let all = values();
    let chunks = [
        ("data/root/y/c0", bytes(&axis(4))),
        ("data/root/x/c0", bytes(&axis(6))),
        ("data/root/wide/c0", bytes(&wide()[..500])),
        ("data/root/wide/c1", bytes(&wide()[500..])),
        ("data/root/t/c0/0", bytes(&all[..12])),
        ("data/root/t/c1/0", bytes(&all[12..])),
    ];
    repo.set_chunks(chunks).await.unwrap();
}

/// What is in `wide`, whose chunks are too large to be inline.
pub fn wide() -> Vec<f64> {
    (0..1000).map(f64::from).collect()
}

/// Reads `t`.
pub async fn read(repo: &AsyncRepo) -> Vec<f64> {
    read_chunks(repo, ["data/root/t/c0/0", "data/root/t/c1/0"]).await
}

/// Reads `wide`.
pub async fn read_wide(repo: &AsyncRepo) -> Vec<f64> {
    read_chunks(repo, ["data/root/wide/c0", "data/root/wide/c1"]).await
}

async fn read_chunks(repo: &AsyncRepo, paths: [&str; 2]) -> Vec<f64> {
    let mut values = Vec::new();
    for path in paths {
        let chunk = repo.get_chunk(path).await.unwrap();
        values.extend(chunk.chunks_exact(8).map(|number| f64::from_le_bytes(number.try_into().unwrap())));
    }
    values
}
