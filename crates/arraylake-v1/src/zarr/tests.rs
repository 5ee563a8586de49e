mod arrays;
mod metastore;
mod structured;
mod suite;
mod translation;

use bytes::Bytes;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use zarrs_storage::{
    AsyncListableStorageTraits as _, AsyncReadableStorageTraits as _, AsyncWritableStorageTraits as _,
    ReadableStorageTraits as _, StoreKey, StorePrefix,
};

use self::metastore::Service;
use super::*;
use crate::chunks::{ChunkOptions, Layout};
use crate::{Checkout, NodePath};

async fn over(service: &Service, checkout: Checkout) -> ZarrStore {
    let chunks = ChunkStore::in_memory(Layout::v1("5f3a").unwrap());
    ZarrStore::new(service.repo(checkout).await, chunks)
}

async fn writing() -> (ZarrStore, Service) {
    let service = Service::default();
    (over(&service, Checkout::new()).await, service)
}

fn key(text: &str) -> StoreKey {
    StoreKey::new(text).unwrap()
}

fn prefix(text: &str) -> StorePrefix {
    StorePrefix::new(text).unwrap()
}

fn array(shape: &[u64], separator: &str) -> Value {
    json!({"attributes": {"_ARRAY_DIMENSIONS": vec!["x"; shape.len()]},
        "chunk_grid": {"chunk_shape": vec![2; shape.len()], "separator": separator, "type": "regular"},
        "chunk_memory_layout": "C", "data_type": "<i4", "extensions": [], "fill_value": 0, "shape": shape})
}

/// Groups `/g` and, since something lies in it, `/implicit`; arrays with all ways of naming chunks.
async fn filled() -> (ZarrStore, Service) {
    let (store, service) = writing().await;
    service.insert("meta/root.group.json", json!({"attributes": {"title": "root"}}));
    service.insert("meta/root/g.group.json", json!({"attributes": {}}));
    for (path, shape, separator, chunks) in [
        ("g/grid", vec![4, 4], "/", vec!["c/0/0", "c/1/1"]),
        ("g/line", vec![4], "/", vec!["c/0", "c/1"]),
        ("implicit/dots", vec![4], ".", vec!["c.0", "c.1"]),
        ("implicit/single", vec![], "/", vec!["c"]),
    ] {
        service.insert(&format!("meta/root/{path}.array.json"), array(&shape, separator));
        for chunk in chunks {
            store.set(&key(&format!("{path}/{chunk}")), Bytes::from_static(b"12345678")).await.unwrap();
        }
    }
    service.take_log();
    (store, service)
}

fn texts<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

async fn shown(store: &ZarrStore, path: &str) -> Value {
    serde_json::from_slice(&store.get(&key(path)).await.unwrap().unwrap()).unwrap()
}

const ALL: [&str; 13] = [
    "g/grid/c/0/0",
    "g/grid/c/1/1",
    "g/grid/zarr.json",
    "g/line/c/0",
    "g/line/c/1",
    "g/line/zarr.json",
    "g/zarr.json",
    "implicit/dots/c.0",
    "implicit/dots/c.1",
    "implicit/dots/zarr.json",
    "implicit/single/c",
    "implicit/single/zarr.json",
    "zarr.json",
];

#[tokio::test]
async fn each_key_that_is_listed_can_be_read_under_it() {
    let (store, _) = filled().await;
    let keys = store.list().await.unwrap();
    assert_eq!(texts(&keys), ALL);
    for key in &keys {
        let value = store.get(key).await.unwrap().unwrap();
        assert_eq!(store.size_key(key).await.unwrap(), Some(value.len() as u64), "{key}");
    }
    assert_eq!(texts(&store.list_prefix(&prefix("g/grid/")).await.unwrap()), &ALL[..3]);
    assert_eq!(texts(&store.list_prefix(&prefix("g/grid/c/1/")).await.unwrap()), &ALL[1..2]);
    assert_eq!(texts(&store.list_prefix(&prefix("g/line/c/")).await.unwrap()), &ALL[3..5]);
    let documents: u64 = 6 * 8;
    assert!(store.size_prefix(&prefix("g/")).await.unwrap() > documents);
    assert_eq!(store.size_prefix(&prefix("g/grid/c/")).await.unwrap(), 16);
}

#[tokio::test]
async fn directories_show_what_is_in_them() {
    let (store, _) = filled().await;
    for (at, keys, prefixes) in [
        ("", vec!["zarr.json"], vec!["g/", "implicit/"]),
        ("g/", vec!["g/zarr.json"], vec!["g/grid/", "g/line/"]),
        ("implicit/", vec![], vec!["implicit/dots/", "implicit/single/"]),
        ("g/grid/", vec!["g/grid/zarr.json"], vec!["g/grid/c/"]),
        ("g/grid/c/", vec![], vec!["g/grid/c/0/", "g/grid/c/1/"]),
        ("g/grid/c/1/", vec!["g/grid/c/1/1"], vec![]),
        ("implicit/dots/", vec!["implicit/dots/c.0", "implicit/dots/c.1", "implicit/dots/zarr.json"], vec![]),
        ("implicit/single/", vec!["implicit/single/c", "implicit/single/zarr.json"], vec![]),
        ("nowhere/", vec![], vec![]),
    ] {
        let found = store.list_dir(&prefix(at)).await.unwrap();
        assert_eq!(texts(found.keys()), keys, "{at}");
        assert_eq!(texts(found.prefixes()), prefixes, "{at}");
    }
}

#[tokio::test]
async fn groups_that_only_hold_something_are_groups_and_what_is_not_there_is_nothing() {
    let (store, service) = filled().await;
    let empty = json!({"zarr_format": 3, "node_type": "group", "attributes": {}});
    assert_eq!(shown(&store, "implicit/zarr.json").await, empty);
    for missing in ["h/zarr.json", "g/grid/c/0/1", "g/.zgroup", "g/.zarray", "g/x"] {
        assert_eq!(store.get(&key(missing)).await.unwrap(), None, "{missing}");
        assert_eq!(store.size_key(&key(missing)).await.unwrap(), None, "{missing}");
    }
    service.state().documents.clear();
    assert_eq!(shown(&store, "zarr.json").await, empty, "the root always is one");
    service.insert("meta/root/x.group.json", json!({"attributes": {}}));
    service.insert("meta/root/x.array.json", array(&[4], "/"));
    assert_eq!(shown(&store, "x/zarr.json").await["node_type"], "array", "of both the array counts");
}

#[tokio::test]
async fn writing_a_document_replaces_the_other_kind() {
    let (store, service) = filled().await;
    let group = Bytes::from_static(br#"{"zarr_format":3,"node_type":"group","attributes":{"odd":NaN}}"#);
    store.set(&key("g/line/zarr.json"), group).await.unwrap();
    assert_eq!(service.document("meta/root/g/line.group.json").unwrap()["attributes"]["odd"], "NaN");
    assert_eq!(service.document("meta/root/g/line.array.json"), None);
}

#[tokio::test]
async fn what_has_no_place_in_a_repo_is_refused_and_nothing_is_sent() {
    let (store, service) = filled().await;
    for (at, document, named) in [
        ("g/x", "1", "g/x"),
        ("g/zarr.json", r#"{"node_type":"table"}"#, "node_type"),
        ("g/zarr.json", "[]", "no JSON object"),
        ("g/zarr.json", "{", "/g"),
    ] {
        let error = store.set(&key(at), Bytes::from(document.to_owned())).await.unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
    }
    assert!(service.take_log().is_empty());
}

#[tokio::test]
async fn erasing_takes_what_is_there_and_leaves_no_trace_of_what_is_not() {
    let (store, service) = filled().await;
    for missing in ["g/grid/c/0/1", "g/x/zarr.json", "g/.zgroup"] {
        store.erase(&key(missing)).await.unwrap();
    }
    assert!(service.take_log().iter().all(|line| !line.contains("_bulk_delete")), "no tombstones");
    store.erase_many(&[key("g/grid/c/0/0"), key("g/line/c/0"), key("g/line/c/9")]).await.unwrap();
    store.erase(&key("implicit/dots/zarr.json")).await.unwrap();
    let rest = texts(&store.list().await.unwrap());
    let gone = ["g/grid/c/0/0", "g/line/c/0", "implicit/dots/zarr.json"];
    assert!(gone.iter().all(|gone| !rest.contains(&(*gone).to_owned())), "{rest:?}");
}

#[tokio::test]
async fn chunks_that_are_erased_at_the_same_time_go_in_a_few_requests() {
    let (store, service) = filled().await;
    let keys: Vec<StoreKey> = (0..300).map(|n| key(&format!("g/line/c/{n}"))).collect();
    for key in &keys {
        store.set(key, Bytes::from_static(b"12345678")).await.unwrap();
    }
    service.take_log();
    let gate = service.gate.write().await;
    let erasures = keys.iter().cloned().map(|key| {
        let store = store.clone();
        tokio::spawn(async move { store.erase(&key).await })
    });
    let erasures: Vec<_> = erasures.collect();
    // Four are under way, and the others gather.
    for _ in 0..keys.len() {
        tokio::task::yield_now().await;
    }
    drop(gate);
    for erasure in erasures {
        erasure.await.unwrap().unwrap();
    }
    let log = service.take_log();
    assert!(log.len() <= 3 * 5, "{} requests: {log:?}", log.len());
    assert_eq!(texts(&store.list_prefix(&prefix("g/line/c/")).await.unwrap()), Vec::<String>::new());
    for key in &keys {
        store.set(key, Bytes::from_static(b"12345678")).await.unwrap();
    }
    service.take_log();
    store.erase_many(&keys).await.unwrap();
    let log = service.take_log();
    assert_eq!(log.len(), 2, "one to look and one to delete: {log:?}");
    assert_eq!(texts(&store.list_prefix(&prefix("g/line/c/")).await.unwrap()), Vec::<String>::new());
}

#[tokio::test]
async fn a_directory_is_erased_with_all_that_is_in_it_and_nothing_else() {
    let (store, service) = filled().await;
    service.insert("meta/root/gg.group.json", json!({"attributes": {}}));
    store.erase_prefix(&prefix("g/grid/c/")).await.unwrap();
    assert_eq!(texts(&store.list_prefix(&prefix("g/grid/")).await.unwrap()), ["g/grid/zarr.json"]);
    store.erase_prefix(&prefix("g/")).await.unwrap();
    let rest = texts(&store.list().await.unwrap());
    assert_eq!(rest[0], "gg/zarr.json");
    assert_eq!(&rest[1..], &ALL[7..]);
    store.erase_prefix(&prefix("")).await.unwrap();
    assert!(store.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_store_that_only_reads_refuses_every_change() {
    let (_, service) = filled().await;
    let store = over(&service, Checkout::read_only()).await;
    let group = Bytes::from_static(br#"{"zarr_format":3,"node_type":"group"}"#);
    for outcome in [
        store.set(&key("zarr.json"), group).await,
        store.set(&key("g/grid/c/0/0"), Bytes::from_static(b"x")).await,
        store.erase(&key("zarr.json")).await,
        store.erase_prefix(&prefix("g/")).await,
    ] {
        assert!(matches!(outcome, Err(StorageError::ReadOnly)), "{outcome:?}");
    }
    assert!(service.take_log().is_empty());
}

#[tokio::test]
async fn a_chunk_is_not_referred_to_if_it_could_not_be_stored_and_the_error_keeps_its_kind() {
    let (store, service) = filled().await;
    service.state().refusal = Some("Session expired");
    let error = store.set(&key("g/grid/c/0/1"), Bytes::from_static(b"x")).await.unwrap_err();
    assert!(Error::of_zarrs(&error).unwrap().is_session_expired(), "{error}");
    let reference = json!({"uri": null, "offset": 0, "length": 9, "v": 1, "sid": "5e55",
        "hash": {"method": "hashlib.sha256", "token": "00"}});
    service.insert("data/root/g/grid/c0/1", reference);
    let error = store.get(&key("g/grid/c/0/1")).await.unwrap_err();
    assert_eq!(*Error::of_zarrs(&error).unwrap().kind(), ErrorKind::ChunkMissing);
    assert_eq!(store.size_key(&key("g/grid/c/0/1")).await.unwrap(), Some(9), "known without the chunk");
    let options = ChunkOptions::new().with_fill_value_for_missing_chunks(true);
    let filling = ZarrStore::new(store.repo().clone(), store.chunks().with_options(options));
    assert_eq!(filling.get(&key("g/grid/c/0/1")).await.unwrap(), None);
}

#[tokio::test]
async fn references_of_many_chunks_travel_together() {
    let (store, service) = filled().await;
    let chunk = |index: usize| key(&format!("g/line/c/{index}"));
    let closed = service.gate.write().await;
    let writes = (0..200).map(|index| {
        let store = &store;
        async move { store.set(&chunk(index), vec![1; 600].into()).await.unwrap() }
    });
    let mut writes = Box::pin(futures_util::future::join_all(writes));
    assert!((&mut writes).now_or_never().is_none());
    drop(closed);
    writes.await;
    assert_eq!(
        service.take_log(),
        vec!["PUT contents/chunks/_bulk_set"; 5],
        "four alone, and then all others"
    );
    let closed = service.gate.write().await;
    let reads = (0..200).map(|index| {
        let store = &store;
        async move { store.get(&chunk(index)).await.unwrap().unwrap() }
    });
    let mut reads = Box::pin(futures_util::future::join_all(reads));
    assert!((&mut reads).now_or_never().is_none());
    drop(closed);
    assert!(reads.await.iter().all(|chunk| chunk.len() == 600));
    assert_eq!(service.take_log(), vec!["POST contents/chunks/_bulk_get"; 5]);
}

#[tokio::test]
async fn a_session_that_is_over_does_not_spoil_what_others_write_at_the_same_time() {
    let (store, service) = filled().await;
    let now = store.repo().share().unwrap();
    let mut over = serde_json::to_value(&now).unwrap();
    over["session"]["id"] = json!("over");
    let over = serde_json::from_value(over).unwrap();
    let gate = service.gate.write().await;
    let mut writes = Vec::new();
    // Four are under way, and the others gather.
    for (number, session) in [&now, &now, &now, &now, &over, &now].into_iter().enumerate() {
        store.repo().adopt(session).unwrap();
        let (store, chunk) = (store.clone(), key(&format!("g/line/c/{number}")));
        writes.push(tokio::spawn(async move { store.set(&chunk, Bytes::from_static(b"12345678")).await }));
        tokio::task::yield_now().await;
    }
    drop(gate);
    let outcomes = futures_util::future::join_all(writes).await;
    let over: Vec<bool> = outcomes.into_iter().map(|outcome| outcome.unwrap().is_err()).collect();
    assert_eq!(over, [false, false, false, false, true, false]);
    assert_eq!(
        service.take_log(),
        vec!["PUT contents/chunks/_bulk_set"; 6],
        "four, and one for each session"
    );
}

#[tokio::test]
async fn what_is_fetched_ahead_is_not_asked_for_again_until_something_changes() {
    let (store, service) = filled().await;
    let mut line = array(&[4], "/");
    line["attributes"]["_ARRAY_DIMENSIONS"] = json!(["line"]);
    service.insert("meta/root/g/line.array.json", line);
    let warm = store.prefetch(&"g".parse::<NodePath>().unwrap()).await.unwrap();
    assert_eq!(service.take_log().len(), 3);
    for known in ["g/zarr.json", "g/line/zarr.json", "g/grid/zarr.json", "g/line/c/0", "g/line/c/1"] {
        assert!(warm.get(&key(known)).await.unwrap().is_some(), "{known}");
    }
    assert!(service.take_log().is_empty());
    assert!(warm.get(&key("g/grid/c/0/0")).await.unwrap().is_some(), "the rest is fetched");
    warm.set(&key("g/line/c/0"), Bytes::from_static(b"changed")).await.unwrap();
    assert_eq!(warm.get(&key("g/line/c/0")).await.unwrap().unwrap(), "changed");
}

#[tokio::test]
async fn blocking_where_nothing_could_go_on_is_an_error() {
    let (store, _) = filled().await;
    let store = store.blocking(tokio::runtime::Handle::current());
    assert!(matches!(store.get(&key("zarr.json")), Err(StorageError::Unsupported(_))));
}
