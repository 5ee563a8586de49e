//! What `zarrs` expects of a store, on memory. Its own suite of store tests uses keys that Icechunk has no place for,
//! so the same is asked here with keys of Zarr.

use std::time::Duration;

use icechunk::format::manifest::{VirtualChunkLocation, VirtualChunkRef};
use icechunk::new_in_memory_storage;
use serde_json::json;
use zarrs::array::{Array, ArrayBuilder, data_type};
use zarrs::group::GroupBuilder;
use zarrs_storage::byte_range::ByteRange;
use zarrs_storage::{
    AsyncListableStorageTraits as _, AsyncReadableStorageTraits as _, AsyncWritableStorageTraits as _,
    ReadableStorageTraits as _, StoreKey, StorePrefix,
};

use super::*;
use crate::testing::{answer, repo, setup};
use crate::{ErrorKind, OpenOptions};

async fn empty() -> IcechunkRepo {
    let storage = new_in_memory_storage().await.unwrap();
    let opener = setup(Duration::from_secs(3600), Duration::ZERO).opener();
    opener.create_on(storage, &repo(), answer(|_| {}), OpenOptions::new()).await.unwrap()
}

fn key(text: &str) -> StoreKey {
    StoreKey::new(text).unwrap()
}

fn prefix(text: &str) -> StorePrefix {
    StorePrefix::new(text).unwrap()
}

/// `/g/a`, eight floats in chunks of two, the second of which is written; too large to be inlined if `large`.
async fn write(store: &Arc<ZarrStore>, large: bool) {
    let scale = if large { 1000 } else { 1 };
    GroupBuilder::new().build(Arc::clone(store), "/").unwrap().async_store_metadata().await.unwrap();
    GroupBuilder::new().build(Arc::clone(store), "/g").unwrap().async_store_metadata().await.unwrap();
    let array = ArrayBuilder::new(vec![8 * scale], vec![2 * scale], data_type::float32(), -1.0f32)
        .build(Arc::clone(store), "/g/a")
        .unwrap();
    array.async_store_metadata().await.unwrap();
    let values: Vec<f32> = (0..2 * scale).map(|value| value as f32).collect();
    array.async_store_chunk(&[1], values).await.unwrap();
}

async fn written(large: bool) -> Arc<ZarrStore> {
    let store = Arc::new(empty().await.writable_store("main").await.unwrap());
    write(&store, large).await;
    store
}

#[tokio::test]
async fn what_is_not_there_is_none_whichever_way_it_is_read() {
    let store = written(false).await;
    for missing in
        ["g/b/zarr.json", "g/a/c/0", "g/a/c/99", "g/a/c/0/0", "g/c/0", "nowhere/c/0", "g/.zgroup", "g/a/x"]
    {
        let key = key(missing);
        assert_eq!(store.get(&key).await.unwrap(), None, "{missing}");
        assert_eq!(
            store.get_partial(&key, ByteRange::FromStart(0, Some(4))).await.unwrap(),
            None,
            "{missing}"
        );
        assert_eq!(store.get_partial(&key, ByteRange::Suffix(4)).await.unwrap(), None, "{missing}");
        assert_eq!(store.size_key(&key).await.unwrap(), None, "{missing}");
        store.erase(&key).await.unwrap();
    }
    assert_eq!(store.size_key(&key("g/a/c/1")).await.unwrap(), Some(8));
}

#[tokio::test]
async fn texts_that_zarrs_takes_for_fill_values_are_not_lost() {
    let store = Arc::new(empty().await.writable_store("main").await.unwrap());
    let array = |fill: &str, path: &str| {
        let array = ArrayBuilder::new(vec![2], vec![2], data_type::string(), fill);
        array.build(Arc::clone(&store), path).unwrap()
    };
    let texts = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
    let filled = array("a", "/filled");
    filled.async_store_metadata().await.unwrap();
    // One after the other they are `aa`, as two fill values are.
    for odd in [["aa", ""], ["", "aa"], ["a", "a"]] {
        let error = filled.async_store_chunk(&[0], texts(odd)).await.unwrap_err().to_string();
        assert!(error.contains("filled/c/0") && error.contains("with_store_empty_chunks"), "{error}");
    }
    let options = zarrs::array::CodecOptions::default().with_store_empty_chunks(true);
    filled.async_store_chunk_opt(&[0], texts(["aa", ""]), &options).await.unwrap();
    assert_eq!(filled.async_retrieve_chunk::<Vec<String>>(&[0]).await.unwrap(), ["aa", ""]);
    let plain = array("", "/plain");
    plain.async_store_metadata().await.unwrap();
    plain.async_store_chunk(&[0], texts(["a", ""])).await.unwrap();
    plain.async_store_chunk(&[0], texts(["", ""])).await.unwrap();
    assert_eq!(store.size_key(&key("plain/c/0")).await.unwrap(), None, "what is empty is erased");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_never_written_reads_as_the_fill_value_also_without_async() {
    for large in [false, true] {
        let store = written(large).await;
        let scale = if large { 1000 } else { 1 };
        let array = Array::async_open(Arc::clone(&store), "/g/a").await.unwrap();
        let part = vec![scale..3 * scale; 1];
        let read = array.async_retrieve_array_subset::<Vec<f32>>(&part).await.unwrap();
        let half = scale as usize;
        assert!(read[..half].iter().all(|value| *value == -1.0) && read[half] == 0.0);

        let blocking = Arc::new(store.as_ref().clone().blocking(tokio::runtime::Handle::current()));
        let same = std::thread::spawn(move || {
            assert_eq!(blocking.get(&key("zarr2.json")).unwrap(), None);
            let array = Array::open(blocking, "/g/a").unwrap();
            array.retrieve_array_subset::<Vec<f32>>(&part).unwrap()
        });
        assert_eq!(same.join().unwrap(), read);
    }
}

#[tokio::test]
async fn ranges_come_in_the_order_they_were_asked_for_and_bad_ones_are_refused() {
    let store = written(true).await;
    let key = key("g/a/c/1");
    let whole = store.get(&key).await.unwrap().unwrap();
    assert_eq!(whole.len(), 8000);
    let wanted = [
        ByteRange::Suffix(4),
        ByteRange::FromStart(8, Some(4)),
        ByteRange::FromStart(0, Some(0)),
        ByteRange::FromStart(7990, None),
    ];
    let mut parts = store.get_partial_many(&key, Box::new(wanted.into_iter())).await.unwrap().unwrap();
    let mut got = Vec::new();
    while let Some(part) = futures_util::StreamExt::next(&mut parts).await {
        got.push(part.unwrap());
    }
    assert_eq!(got, [whole.slice(7996..), whole.slice(8..12), whole.slice(0..0), whole.slice(7990..)]);
    for key in [key, StoreKey::new("g/a/zarr.json").unwrap()] {
        for bad in [ByteRange::Suffix(9000), ByteRange::FromStart(10, Some(9000))] {
            let error = store.get_partial(&key, bad).await.unwrap_err();
            assert!(matches!(error, StorageError::InvalidByteRangeError(_)), "{error}");
        }
    }
}

#[tokio::test]
async fn a_chunk_of_no_bytes_is_refused_and_takes_no_place() {
    let store = written(false).await;
    let error = store.set(&key("g/a/c/0"), bytes::Bytes::new()).await.unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
    assert_eq!(store.get(&key("g/a/c/0")).await.unwrap(), None);
}

#[tokio::test]
async fn listings_show_nodes_and_chunks_and_only_those_below_the_prefix() {
    let store = written(false).await;
    let names = |keys: Vec<StoreKey>| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    let all = ["g/a/c/1", "g/a/zarr.json", "g/zarr.json", "zarr.json"];
    assert_eq!(names(store.list().await.unwrap()), all);
    assert_eq!(names(store.list_prefix(&prefix("g/a/")).await.unwrap()), &all[..2]);
    assert_eq!(names(store.list_prefix(&prefix("g/a/c/")).await.unwrap()), &all[..1]);
    for nothing in ["h/", "g/a/c/0/", "g/x/"] {
        assert!(store.list_prefix(&prefix(nothing)).await.unwrap().is_empty(), "{nothing}");
        let dir = store.list_dir(&prefix(nothing)).await.unwrap();
        assert!(dir.keys().is_empty() && dir.prefixes().is_empty(), "{nothing}");
    }
    for (at, keys, prefixes) in [
        ("", vec!["zarr.json"], vec!["g/"]),
        ("g/", vec!["g/zarr.json"], vec!["g/a/"]),
        ("g/a/", vec!["g/a/zarr.json"], vec!["g/a/c/"]),
        ("g/a/c/", vec!["g/a/c/1"], vec![]),
    ] {
        let dir = store.list_dir(&prefix(at)).await.unwrap();
        assert_eq!(names(dir.keys().clone()), keys, "{at}");
        assert_eq!(dir.prefixes().iter().map(ToString::to_string).collect::<Vec<_>>(), prefixes, "{at}");
    }
    let metadata = store.get(&key("g/a/zarr.json")).await.unwrap().unwrap().len() as u64;
    assert_eq!(store.size_prefix(&prefix("g/a/")).await.unwrap(), metadata + 8);
}

#[tokio::test]
async fn a_directory_is_erased_with_all_that_is_in_it_and_nothing_else() {
    let store = written(false).await;
    store.erase_prefix(&prefix("g/a/c/")).await.unwrap();
    assert_eq!(store.get(&key("g/a/c/1")).await.unwrap(), None);
    assert!(store.get(&key("g/a/zarr.json")).await.unwrap().is_some());
    // An array without a group above it, and one whose name begins alike.
    for name in ["deep/in/x", "deeper"] {
        let array = ArrayBuilder::new(vec![1], vec![1], data_type::float32(), 0.0f32);
        let array = array.build(Arc::clone(&store), &format!("/{name}")).unwrap();
        array.async_store_metadata().await.unwrap();
    }
    store.erase_prefix(&prefix("deep/")).await.unwrap();
    assert_eq!(store.get(&key("deep/in/x/zarr.json")).await.unwrap(), None);
    assert!(store.get(&key("deeper/zarr.json")).await.unwrap().is_some());
    store.erase_prefix(&prefix("g/")).await.unwrap();
    assert_eq!(store.get(&key("g/a/zarr.json")).await.unwrap(), None);
    store.erase_prefix(&prefix("")).await.unwrap();
    assert!(store.list().await.unwrap().is_empty());
    store.erase_prefix(&prefix("nothing/")).await.unwrap();
}

#[tokio::test]
async fn a_commit_closes_the_store_for_writing_and_later_stores_read_it() {
    let repo = empty().await;
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    let nothing = store.commit("nothing").await.unwrap_err();
    assert_eq!(nothing.kind(), &ErrorKind::NothingToCommit);
    write(&store, false).await;
    let other = repo.writable_store("main").await.unwrap();
    let group = bytes::Bytes::from(json!({"zarr_format": 3, "node_type": "group"}).to_string());
    other.set(&key("zarr.json"), group.clone()).await.unwrap();
    let snapshot = store.commit("first").await.unwrap();
    let late = other.commit("second").await.unwrap_err();
    assert_eq!(late.kind(), &ErrorKind::Conflict);
    assert!(late.session_error().is_some() && !late.to_string().contains('\n'), "{late}");
    for store in [store.as_ref(), &repo.store("main").await.unwrap()] {
        assert!(store.get(&key("g/a/c/1")).await.unwrap().is_some());
        assert_eq!(store.session().read().await.snapshot_id(), &snapshot);
        for outcome in [
            store.set(&key("zarr.json"), group.clone()).await,
            store.erase(&key("zarr.json")).await,
            store.erase_prefix(&prefix("g/")).await,
        ] {
            assert!(matches!(outcome, Err(StorageError::ReadOnly)), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn an_error_keeps_its_kind_on_its_way_through_zarrs() {
    let store = written(false).await;
    let location = VirtualChunkLocation::from_url("s3://somewhere/else").unwrap();
    let reference = VirtualChunkRef { location, offset: 0, length: 8, checksum: None };
    store.store.set_virtual_ref("g/a/c/2", reference, false).await.unwrap();
    let error = store.get(&key("g/a/c/2")).await.unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
    assert!(Error::of_zarrs(&error).unwrap().session_error().is_some(), "{error:?}");
    assert_eq!(store.size_key(&key("g/a/c/2")).await.unwrap(), Some(8), "known without the chunk");
}

#[tokio::test]
async fn blocking_where_nothing_could_go_on_is_an_error() {
    let store = written(false).await.as_ref().clone().blocking(tokio::runtime::Handle::current());
    assert!(matches!(store.get(&key("zarr.json")), Err(StorageError::Unsupported(_))));
    assert_eq!(store.commit("no").unwrap_err().kind(), &ErrorKind::Config);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn blocking_on_a_worker_works_also_if_it_is_the_only_one() {
    let store = written(false).await.as_ref().clone().blocking(tokio::runtime::Handle::current());
    let read = tokio::spawn(async move {
        let read = store.get(&key("zarr.json")).unwrap();
        store.commit("from a worker").unwrap();
        read
    });
    assert!(read.await.unwrap().is_some());
}
