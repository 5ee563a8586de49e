//! Recorded calls of Python's Zarr store over V1 repos: the same through ours, which is one of the crate `zarrs`.
//!
//! What a call did, its requests tell; where there are none, its case. Keys are those of a draft of Zarr v3 on their
//! side, and those of Zarr v3 on ours.

use std::collections::BTreeSet;
use std::sync::Arc;

use arraylake_core::v1::zarr::ZarrStore;
use arraylake_core::v1::{AsyncRepo, Error, ErrorKind};
use serde_json::{Map, Value, json};
use zarrs::array::{Array, ArrayCreateError};
use zarrs::group::{Group, GroupCreateError};
use zarrs::storage::{
    AsyncListableStorageTraits as _, AsyncReadableStorageTraits as _, AsyncWritableStorageTraits as _,
    StorageError, StoreKey, StorePrefix,
};

use super::leaf::Recorded;
use super::play::Args;
use super::play_v1::{Answer, bad};
use super::play_v1_zarr_write::{create_group, write};
use super::record::Sent;

type Store = Arc<ZarrStore>;

/// Makes the call, if it is one of these.
pub(crate) async fn play(repo: &AsyncRepo, args: &Args<'_>, leaf: &Recorded) -> Option<Answer> {
    if !args.0.is_of_zarr() {
        return None;
    }
    // Ours takes other steps to the same end.
    leaf.hold_contents();
    Some(zarr(repo, args).await)
}

async fn zarr(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    let store = Arc::new(repo.store()?);
    let sent: Vec<&Sent> = args.0.exchanges.iter().map(|exchange| &exchange.sent).collect();
    let find = |method: &str, rest: &str| {
        sent.iter().copied().find(|it| it.method == method && below(it).starts_with(rest))
    };
    if find("PUT", "metadata/_bulk_set").is_some() {
        return write(&store, args).await;
    }
    if args.0.method() != "store" {
        return open_all(&store, &sent, args).await;
    }
    if let Some(erased) = find("DELETE", "") {
        let path = below(erased);
        let node = path.split_once("/root").map_or("", |(_, node)| node);
        return store.erase_prefix(&prefix(node)).await.map(|()| Value::Null).map_err(storage);
    }
    if let Some(moved) = find("PUT", "nodes/rename") {
        let node = |key: &str| query(moved, key).parse().map_err(|_| bad(key));
        return repo.rename(&node("src_path")?, &node("dst_path")?).await.map(|()| Value::Null);
    }
    if find("PUT", "").is_some() {
        return store.erase_many(&keys(&sent)).await.map(|()| Value::Null).map_err(storage);
    }
    if let Some(sized) = find("GET", "size") {
        let node =
            query(sized, "prefix").trim_start_matches("data/root").parse().map_err(|_| bad("prefix"))?;
        return repo.getsize(&node).await.map(|size| json!(size.total_chunk_bytes));
    }
    match find("GET", "") {
        Some(listed) => list(&store, listed, args).await,
        None if sent.is_empty() => refused(&store, args).await,
        None => read(&store, &sent, args).await,
    }
}

/// What a request is about below a repo and its contents.
pub(crate) fn below(sent: &Sent) -> String {
    let rest = sent.path.get(4..).unwrap_or_default().join("/");
    rest.strip_prefix("contents/").map_or_else(|| rest.clone(), str::to_owned)
}

fn query<'a>(sent: &'a Sent, key: &str) -> &'a str {
    sent.query.iter().find(|pair| pair.0 == key).map_or("", |pair| pair.1.as_str())
}

/// The directory of a node in a store of Zarr v3.
fn prefix(node: &str) -> StorePrefix {
    let node = node.trim_matches('/');
    StorePrefix::new(if node.is_empty() { String::new() } else { format!("{node}/") }).unwrap()
}

/// A path of a document or of a chunk as a key of Zarr v3; a key stays what it is.
fn key_of(path: &str) -> String {
    let document = path.strip_prefix("meta/root").and_then(|node| {
        let node = node.strip_suffix(".array.json").or_else(|| node.strip_suffix(".group.json"))?;
        Some(format!("{node}/zarr.json"))
    });
    let chunk = path.strip_prefix("data/root").and_then(|chunk| {
        let start = chunk.rfind("/c")?;
        Some(format!("{}/c/{}", &chunk[..start], &chunk[start + 2..]))
    });
    document.or(chunk).unwrap_or_else(|| path.to_owned()).trim_start_matches('/').to_owned()
}

/// The keys of what was asked for by its path.
fn keys(sent: &[&Sent]) -> Vec<StoreKey> {
    let paths = sent.iter().flat_map(|sent| sent.body.iter()).filter_map(Value::as_array).flatten();
    let keys: BTreeSet<String> = paths.filter_map(Value::as_str).map(key_of).collect();
    keys.into_iter().map(|key| StoreKey::new(key).unwrap()).collect()
}

/// The texts that were returned, in the words of Zarr v3.
fn returned(args: &Args<'_>) -> BTreeSet<String> {
    args.0.returned.as_array().into_iter().flatten().filter_map(Value::as_str).map(key_of).collect()
}

/// Nothing, if all that was returned is what we have.
fn same(args: &Args<'_>, ours: BTreeSet<String>) -> Value {
    if args.0.raised.is_some() || returned(args) == ours { Value::Null } else { json!(ours) }
}

async fn list(store: &Store, listed: &Sent, args: &Args<'_>) -> Answer {
    let node = query(listed, "prefix");
    let node = node.trim_start_matches("meta").trim_start_matches("data").trim_start_matches("/root");
    if query(listed, "all_subdirs") == "true" {
        let found = store.list_prefix(&prefix(node)).await.map_err(storage)?;
        return Ok(same(args, found.iter().map(|key| key.as_str().to_owned()).collect()));
    }
    let found = store.list_dir(&prefix(node)).await.map_err(storage)?;
    let name = |path: &StorePrefix| {
        path.as_str().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
    };
    let bare = |name: &String| {
        let bare = name.strip_suffix(".array.json").or_else(|| name.strip_suffix(".group.json"));
        bare.unwrap_or(name).to_owned()
    };
    let theirs: BTreeSet<String> = returned(args).iter().map(bare).collect();
    let ours: BTreeSet<String> = found.prefixes().iter().map(name).collect();
    Ok(if theirs == ours { Value::Null } else { json!(ours) })
}

/// Reads what was asked for: the values of keys, or a node.
async fn read(store: &Store, sent: &[&Sent], args: &Args<'_>) -> Answer {
    let wanted = keys(sent);
    if args.0.version.starts_with("0.2") {
        let node =
            wanted.first().ok_or_else(|| bad("key"))?.as_str().trim_end_matches("zarr.json").to_owned();
        let attributes = open(store, &node, args).await?;
        return Ok(if args.0.returned.is_object() { attributes } else { Value::Null });
    }
    let mut found = BTreeSet::new();
    for key in &wanted {
        if store.get(key).await.map_err(storage)?.is_some() {
            found.insert(key.as_str().to_owned());
        }
    }
    let theirs = returned(args);
    if theirs.is_empty() {
        // Whether each of them is there.
        let all = args.0.returned.as_array().is_some_and(|list| list.iter().all(|it| *it != false));
        return Ok(if all == (found.len() == wanted.len()) { Value::Null } else { json!(found) });
    }
    // The entry point of the draft is the same in every store, and never asked for.
    let theirs: BTreeSet<String> =
        theirs.into_iter().filter(|key| wanted.iter().any(|it| it.as_str() == key)).collect();
    Ok(if theirs == found { Value::Null } else { json!(found) })
}

/// A node; its attributes.
async fn open(store: &Store, node: &str, args: &Args<'_>) -> Answer {
    let node = node.trim_matches('/');
    let (path, document) = (format!("/{node}"), format!("root/{node}.array.json"));
    let is_array = args.0.case.contains("array") && !args.0.case.contains("xarray");
    if is_array || args.0.exchanges.iter().any(|exchange| exchange.tells_of(&document)) {
        return match Array::async_open(Arc::clone(store), &path).await {
            Ok(array) => Ok(json!(array.attributes())),
            Err(ArrayCreateError::StorageError(error)) => Err(storage(error)),
            Err(error) => Err(Error::new(ErrorKind::NotFound, error.to_string())),
        };
    }
    match Group::async_open(Arc::clone(store), &path).await {
        Ok(group) => Ok(json!(group.attributes())),
        Err(GroupCreateError::StorageError(error)) => Err(storage(error)),
        Err(error) => Err(Error::new(ErrorKind::NotFound, error.to_string())),
    }
}

/// A group, and all that is directly in it.
async fn open_all(store: &Store, sent: &[&Sent], args: &Args<'_>) -> Answer {
    let wanted = keys(sent);
    let node =
        wanted.iter().map(|key| key.as_str().trim_end_matches("zarr.json")).min_by_key(|node| node.len());
    let node = node.unwrap_or_default();
    open(store, node, args).await?;
    let mut names = BTreeSet::new();
    for child in store.list_dir(&prefix(node)).await.map_err(storage)?.prefixes() {
        names.insert(child.as_str()[node.len()..].trim_end_matches('/').to_owned());
        if wanted.iter().any(|key| key.as_str().starts_with(child.as_str())) {
            open(store, child.as_str(), args).await?;
        }
    }
    Ok(same(args, names))
}

/// What is refused before anything is sent.
async fn refused(store: &Store, args: &Args<'_>) -> Answer {
    let set = |key: &str| StoreKey::new(key).unwrap();
    match &args.0.case {
        case if case.contains("zarr.json") => {
            store.set(&set("zarr.json"), "{}".into()).await.map_err(storage)?
        }
        case if case.contains("neither") => store.set(&set("other/x"), "{}".into()).await.map_err(storage)?,
        _ => create_group(store, "/x", Map::new()).await?,
    }
    Ok(Value::Null)
}

/// The error of ours inside one of `zarrs`.
pub(crate) fn storage(error: StorageError) -> Error {
    let kind = match Error::of_zarrs(&error) {
        Some(own) => own.kind().clone(),
        None if matches!(error, StorageError::ReadOnly) => ErrorKind::ReadOnly,
        None => ErrorKind::Unsupported,
    };
    Error::new(kind, error.to_string())
}
