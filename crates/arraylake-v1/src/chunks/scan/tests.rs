use object_store::PutPayload;
use object_store::memory::InMemory;
use serde_json::json;

use super::*;
use crate::chunks::Layout;

async fn bucket(objects: &[(&str, String)]) -> ChunkStore {
    let files = InMemory::new();
    for (key, value) in objects {
        files.put(&path(key).unwrap(), PutPayload::from(value.clone())).await.unwrap();
    }
    let store = ChunkStore::in_memory(Layout::v1("5f3a").unwrap());
    store.with_bucket("s3://files".parse().unwrap(), Arc::new(files))
}

fn zarray(separator: &str) -> String {
    json!({"zarr_format": 2, "shape": [4, 4], "chunks": [2, 2], "dtype": "|u1", "fill_value": 0, "order": "C",
        "filters": null, "compressor": null, "dimension_separator": separator})
    .to_string()
}

#[tokio::test]
async fn each_chunk_of_a_hierarchy_becomes_a_reference_to_its_object() {
    let store = bucket(&[
        ("data/z/.zgroup", "{}".to_owned()),
        ("data/z/.zmetadata", "not even JSON".to_owned()),
        ("data/z/x/.zarray", zarray(".")),
        ("data/z/x/.zattrs", r#"{"missing": NaN}"#.to_owned()),
        ("data/z/x/0.1", "abcd".to_owned()),
        ("data/z/g/nested/.zarray", zarray("/")),
        ("data/z/g/nested/1/0", "efgh".to_owned()),
        ("data/z/notes.txt", "x".to_owned()),
        ("data/zz/.zgroup", "{}".to_owned()),
    ])
    .await;
    let set = store.scan_zarr("s3://files/data/z/", &"there".parse().unwrap()).await.unwrap();
    let documents: Vec<&str> = set.documents.keys().map(String::as_str).collect();
    let expected =
        ["meta/root/there.group.json", "meta/root/there/g/nested.array.json", "meta/root/there/x.array.json"];
    assert_eq!(documents, expected);
    assert_eq!(set.documents[expected[2]]["attributes"], json!({"missing": "NaN", "filters": null}));
    assert_eq!(set.skipped, ["notes.txt"]);
    let session = "s".parse().unwrap();
    let references = store.references(&session, set.chunks).await.unwrap();
    let paths: Vec<&str> = references.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["data/root/there/g/nested/c1/0", "data/root/there/x/c0/1"]);
    assert_eq!(references[1].1.uri.as_deref(), Some("s3://files/data/z/x/0.1"));
    assert_eq!(store.get(&references[1].1).await.unwrap(), "abcd");
    assert_eq!(store.get(&references[0].1).await.unwrap(), "efgh");
}

#[tokio::test]
async fn what_is_no_hierarchy_is_an_error_that_names_it() {
    let store = bucket(&[("data/x", "abc".to_owned()), ("bad/.zarray", "[]".to_owned())]).await;
    let below = "there".parse().unwrap();
    let error = store.scan_zarr("s3://files/data", &below).await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("s3://files/data"), "{error}");
    let error = store.scan_zarr("s3://files/bad", &below).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("bad/.zarray"), "{error}");
    assert!(store.scan_zarr("/files/data", &below).await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn data_are_written_and_sizes_of_whole_objects_asked_for() {
    let store = bucket(&[("whole", "0123456789".to_owned())]).await;
    let whole = |key: &str| SetChunk::Virtual { uri: format!("s3://files/{key}"), offset: 0, length: None };
    let chunks = BTreeMap::from([
        ("data/root/a/c0".to_owned(), SetChunk::Data(vec![1; 2000].into())),
        ("data/root/a/c1".to_owned(), whole("whole")),
    ]);
    let session = "s".parse().unwrap();
    let references = store.references(&session, chunks).await.unwrap();
    assert_eq!((references[0].1.length, references[1].1.length), (2000, 10));
    assert_eq!(store.get(&references[0].1).await.unwrap(), vec![1; 2000]);
    let gone = BTreeMap::from([("data/root/a/c0".to_owned(), whole("gone"))]);
    let error = store.references(&session, gone).await.unwrap_err();
    assert!(*error.kind() == ErrorKind::ChunkMissing && error.to_string().contains("gone"), "{error}");
}
