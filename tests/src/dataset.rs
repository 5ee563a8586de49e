//! A small dataset, written and read from Rust, whose values can be told from Python too.

use std::sync::Arc;

use arraylake_icechunk::ZarrStore;
use serde_json::json;
use zarrs::array::{Array, ArrayBuilder, data_type};
use zarrs::group::GroupBuilder;

/// Rows and columns.
pub const SHAPE: [u64; 2] = [4, 6];

/// `100 * row + column`.
pub fn values() -> Vec<f64> {
    (0..SHAPE[0]).flat_map(|row| (0..SHAPE[1]).map(move |column| (100 * row + column) as f64)).collect()
}

/// Writes `t(y, x)` with coordinates and attributes, as xarray expects them.
pub async fn write(store: &Arc<ZarrStore>) {
    let attributes = |value: serde_json::Value| value.as_object().unwrap().clone();
    let mut group = GroupBuilder::new();
    group.attributes(attributes(json!({"title": "written from Rust"})));
    group.build(Arc::clone(store), "/").unwrap().async_store_metadata().await.unwrap();
    for (name, length) in [("y", SHAPE[0]), ("x", SHAPE[1])] {
        let axis = ArrayBuilder::new(vec![length], vec![length], data_type::float64(), 0.0f64)
            .dimension_names(Some([name]))
            .attributes(attributes(json!({"units": "degrees"})))
            .build(Arc::clone(store), &format!("/{name}"))
            .unwrap();
        axis.async_store_metadata().await.unwrap();
        let steps: Vec<f64> = (0..length).map(|step| step as f64).collect();
        axis.async_store_chunk(&[0], steps.as_slice()).await.unwrap();
    }
    let array = ArrayBuilder::new(SHAPE.to_vec(), vec![2, 6], data_type::float64(), 0.0f64)
        .dimension_names(Some(["y", "x"]))
        .attributes(attributes(json!({"units": "K"})))
        .build(Arc::clone(store), "/t")
        .unwrap();
    array.async_store_metadata().await.unwrap();
    let values = values();
    for (row, half) in values.chunks(12).enumerate() {
        array.async_store_chunk(&[row as u64, 0], half).await.unwrap();
    }
}

/// Reads `t`.
pub async fn read(store: &Arc<ZarrStore>) -> Vec<f64> {
    let array = Array::async_open(Arc::clone(store), "/t").await.unwrap();
    array.async_retrieve_array_subset::<Vec<f64>>(&array.subset_all()).await.unwrap()
}
