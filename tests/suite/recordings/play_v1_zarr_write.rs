//! What Python's Zarr store wrote into V1 repos, written once more by ours, and read.

use std::sync::Arc;

use arraylake_core::v1::chunks::inline;
use arraylake_core::v1::zarr::{ZarrStore, array_to_v3};
use arraylake_core::v1::{Error, ErrorKind};
use bytes::Bytes;
use futures_util::future::try_join_all;
use serde_json::{Map, Value, from_value, json};
use zarrs::array::{Array, ArrayBytes, ArrayMetadata, ArrayMetadataOptions};
use zarrs::group::GroupBuilder;
use zarrs::storage::WritableStorageTraits as _;
use zarrs::storage::store::MemoryStore;

use super::play::Args;
use super::play_v1::Answer;
use super::play_v1_zarr::{below, storage};

type Store = Arc<ZarrStore>;

/// Makes a group.
pub(crate) async fn create_group(
    store: &Store,
    path: &str,
    attributes: Map<String, Value>,
) -> Result<(), Error> {
    let mut group = GroupBuilder::new();
    let group = group.attributes(attributes).build(Arc::clone(store), path).map_err(odd)?;
    group.async_store_metadata().await.map_err(storage)
}

/// Writes all documents and chunks that were written then, in that order, and reads what was read.
pub(crate) async fn write(store: &Store, args: &Args<'_>) -> Answer {
    let mut written: Vec<Array<ZarrStore>> = Vec::new();
    let sent = args.0.exchanges.iter().map(|exchange| &exchange.sent);
    for sent in sent.clone().filter(|sent| sent.method == "PUT") {
        let rows = || sent.body.iter().filter_map(Value::as_array).flatten();
        match below(sent).as_str() {
            "metadata/_bulk_set" => {
                for row in rows() {
                    written.extend(write_document(store, row).await?);
                }
            }
            "chunks/_bulk_set" => {
                let chunks = rows().map(|row| write_chunk(&written, row, &args.0.returned));
                try_join_all(chunks).await?;
            }
            _ => {}
        }
    }
    let is_read = |it: &super::record::Sent| it.method == "POST" && below(it) == "chunks/_bulk_get";
    match written.last() {
        Some(array) if sent.clone().any(is_read) => {
            read(store, array.path().as_str(), &args.0.returned).await
        }
        _ => Ok(Value::Null),
    }
}

/// Writes a document; gives the array, if it is one.
async fn write_document(store: &Store, row: &Value) -> Result<Option<Array<ZarrStore>>, Error> {
    let path = row["path"].as_str().unwrap_or_default().trim_start_matches("meta/root");
    let fields = row["content"].as_object().cloned().unwrap_or_default();
    if let Some(group) = path.strip_suffix(".group.json") {
        let attributes = fields.get("attributes").and_then(Value::as_object).cloned().unwrap_or_default();
        let group = if group.is_empty() { "/" } else { group };
        create_group(store, group, attributes).await?;
        return Ok(None);
    }
    let array = path.strip_suffix(".array.json").unwrap_or(path);
    let metadata: ArrayMetadata = from_value(array_to_v3(&fields)?).map_err(odd)?;
    let array = Array::new_with_metadata(Arc::clone(store), array, metadata).map_err(odd)?;
    // What `zarrs` would say of itself among the attributes is left out.
    let plain = ArrayMetadataOptions::default().with_include_zarrs_metadata(false);
    array.async_store_metadata_opt(&plain).await.map_err(storage)?;
    Ok(Some(array))
}

/// Writes a chunk through the codecs of its array.
async fn write_chunk(arrays: &[Array<ZarrStore>], row: &Value, returned: &Value) -> Result<(), Error> {
    let path = row["path"].as_str().unwrap_or_default().trim_start_matches("data/root");
    let (node, place) = path.rsplit_once("/c").unwrap_or((path, "0"));
    let place: Vec<u64> = place.split(['/', '.']).filter_map(|index| index.parse().ok()).collect();
    let array = arrays.iter().rev().find(|array| array.path().as_str() == node);
    let array = array.ok_or_else(|| odd(format!("nobody made {node}")))?;
    let elements = match row["content"]["uri"].as_str() {
        Some(uri) => decoded(array, &place, inline::decode(uri).map_err(odd)?)?,
        // What lies in a bucket is not recorded, but the sum of all: they are alike.
        None => {
            let shape = array.chunk_shape(&place).map_err(odd)?;
            let count = usize::try_from(shape.iter().map(|length| length.get()).product::<u64>()).unwrap();
            let all = array.shape().iter().product::<u64>() as f64;
            let each = returned.as_f64().unwrap_or_default() / all;
            each.to_le_bytes().repeat(count).into()
        }
    };
    array.async_store_chunk(&place, elements).await.map_err(odd)
}

/// The elements of a chunk as it was stored.
fn decoded(array: &Array<ZarrStore>, place: &[u64], stored: Bytes) -> Result<ArrayBytes<'static>, Error> {
    let memory = Arc::new(MemoryStore::new());
    memory.set(&array.chunk_key(place), stored).map_err(storage)?;
    let copy =
        Array::new_with_metadata(memory, array.path().as_str(), array.metadata().clone()).map_err(odd)?;
    let elements: ArrayBytes<'_> = copy.retrieve_chunk(place).map_err(odd)?;
    Ok(elements.into_owned())
}

/// Reads an array anew: all elements, or the sum of them, as was done then.
async fn read(store: &Store, path: &str, returned: &Value) -> Answer {
    let array = Array::async_open(Arc::clone(store), path).await.map_err(odd)?;
    let (ours, theirs) = match returned {
        Value::Number(sum) => {
            let all: Vec<f64> = array.async_retrieve_array_subset(&array.subset_all()).await.map_err(odd)?;
            (json!(all.iter().sum::<f64>()), json!(sum.as_f64()))
        }
        list => {
            let all: Vec<i32> = array.async_retrieve_array_subset(&array.subset_all()).await.map_err(odd)?;
            (json!(all), list.clone())
        }
    };
    Ok(if ours == theirs { Value::Null } else { ours })
}

fn odd(error: impl ToString) -> Error {
    Error::new(ErrorKind::Unsupported, error.to_string())
}
