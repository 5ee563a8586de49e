//! Writes the field as a Zarr group that xarray opens as it is, and reads it back.

use std::sync::Arc;

use arraylake_core::icechunk::ZarrStore;
use serde_json::json;
use zarrs::array::codec::ZstdCodec;
use zarrs::array::{Array, ArrayBuilder, DataType, Element, ZARR_NAN_F32, data_type};
use zarrs::group::GroupBuilder;

use crate::Failure;
use crate::field::Field;

/// Hours, rows and columns of a chunk.
const CHUNK: [usize; 3] = [6, 90, 180];

type Store = Arc<ZarrStore>;
type Attributes = serde_json::Map<String, serde_json::Value>;

/// Writes everything; `progress` is told of each chunk.
pub(crate) async fn write(store: &Store, field: &Field, progress: impl Fn(u64)) -> Result<(), Failure> {
    let mut group = GroupBuilder::new();
    let title = json!({"title": "Two-metre temperature, made up", "Conventions": "CF-1.11"});
    group.attributes(attributes(title));
    group.build(Arc::clone(store), "/")?.async_store_metadata().await?;
    let since = json!({"units": "hours since 2025-01-01", "calendar": "proleptic_gregorian", "axis": "T"});
    coordinate(store, "time", data_type::float64(), &field.time, since).await?;
    let north = json!({"units": "degrees_north", "standard_name": "latitude", "axis": "Y"});
    coordinate(store, "lat", data_type::float32(), &field.lat, north).await?;
    let east = json!({"units": "degrees_east", "standard_name": "longitude", "axis": "X"});
    coordinate(store, "lon", data_type::float32(), &field.lon, east).await?;
    temperature(store, field, progress).await
}

fn attributes(value: serde_json::Value) -> Attributes {
    match value {
        serde_json::Value::Object(fields) => fields,
        _ => Attributes::new(),
    }
}

async fn coordinate<T: Element + Send + Sync>(
    store: &Store,
    name: &str,
    kind: DataType,
    values: &[T],
    about: serde_json::Value,
) -> Result<(), Failure> {
    let length = values.len() as u64;
    let array = ArrayBuilder::new(vec![length], vec![length], kind, 0.0f32)
        .dimension_names(Some([name]))
        .attributes(attributes(about))
        .build(Arc::clone(store), &format!("/{name}"))?;
    array.async_store_metadata().await?;
    array.async_store_chunk(&[0], values).await?;
    Ok(())
}

async fn temperature(store: &Store, field: &Field, progress: impl Fn(u64)) -> Result<(), Failure> {
    let about = json!({"units": "K", "standard_name": "air_temperature", "long_name": "2 metre temperature"});
    let shape = field.shape();
    let array = ArrayBuilder::new(
        shape.to_vec(),
        CHUNK.map(|side| side as u64).to_vec(),
        data_type::float32(),
        ZARR_NAN_F32,
    )
    .bytes_to_bytes_codecs(vec![Arc::new(ZstdCodec::new(3, false))])
    .dimension_names(Some(["time", "lat", "lon"]))
    .attributes(attributes(about))
    .build(Arc::clone(store), "/t2m")?;
    array.async_store_metadata().await?;
    let counts = [0, 1, 2].map(|axis| shape[axis] / CHUNK[axis] as u64);
    for t in 0..counts[0] {
        for y in 0..counts[1] {
            for x in 0..counts[2] {
                let start = [t as usize * CHUNK[0], y as usize * CHUNK[1], x as usize * CHUNK[2]];
                array.async_store_chunk(&[t, y, x], field.chunk(start, CHUNK)).await?;
                progress((t * counts[1] + y) * counts[2] + x + 1);
            }
        }
    }
    Ok(())
}

/// Chunks that [`write`] will write, for the progress display.
pub(crate) fn chunks(field: &Field) -> u64 {
    let shape = field.shape();
    (0..3).map(|axis| shape[axis] / CHUNK[axis] as u64).product()
}

/// The whole temperature, and its shape.
pub(crate) async fn read(store: &Store) -> Result<(Vec<u64>, Vec<f32>), Failure> {
    let array = Array::async_open(Arc::clone(store), "/t2m").await?;
    let values = array.async_retrieve_array_subset::<Vec<f32>>(&array.subset_all()).await?;
    Ok((array.shape().to_vec(), values))
}
