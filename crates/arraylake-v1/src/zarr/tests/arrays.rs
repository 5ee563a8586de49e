//! Arrays of zarrs in a V1 repo, and arrays of Python read by zarrs.

use std::sync::Arc;

use zarrs::array::codec::{BloscCodec, GzipCodec, TransposeCodec};
use zarrs::array::{Array, ArrayBuilder, data_type};

use super::*;

fn inline(bytes: &[u8]) -> Value {
    let hash = crate::chunks::HashMethod::Sha256.digest(bytes);
    let uri = crate::chunks::inline::encode(bytes).unwrap();
    let sid = "5e55".parse().unwrap();
    serde_json::to_value(ReferenceData::inline(uri, bytes.len() as u64, hash, Some(sid))).unwrap()
}

#[tokio::test]
async fn an_array_is_written_as_python_would_and_read_back() {
    let (store, service) = writing().await;
    let store = Arc::new(store);
    let array = ArrayBuilder::new(vec![4, 6], vec![2, 3], data_type::float64(), 0.0)
        .bytes_to_bytes_codecs(vec![Arc::new(GzipCodec::new(5).unwrap())])
        .dimension_names(["y", "x"].into())
        .attributes(serde_json::Map::from_iter([("units".to_owned(), json!("K"))]))
        .build(Arc::clone(&store), "/a")
        .unwrap();
    array.async_store_metadata().await.unwrap();
    let values: Vec<f64> = (0..24).map(f64::from).collect();
    array.async_store_array_subset(&array.subset_all(), values.clone()).await.unwrap();
    let mut stored = service.document("meta/root/a.array.json").unwrap();
    stored["attributes"].as_object_mut().unwrap().remove("_zarrs");
    let expected = json!({"attributes": {"_ARRAY_DIMENSIONS": ["y", "x"], "units": "K"},
        "chunk_grid": {"chunk_shape": [2, 3], "separator": "/", "type": "regular"}, "chunk_memory_layout": "C",
        "compressor": {"codec": "https://purl.org/zarr/spec/codec/gzip/1.0", "configuration": {"level": 5}},
        "data_type": "<f8", "extensions": [], "fill_value": 0.0, "shape": [4, 6]});
    assert_eq!(stored, expected);
    for path in ["c0/0", "c0/1", "c1/0", "c1/1"] {
        assert!(service.document(&format!("data/root/a/{path}")).is_some(), "{path}");
    }
    let again = Array::async_open(store, "/a").await.unwrap();
    let read: Vec<f64> = again.async_retrieve_array_subset(&again.subset_all()).await.unwrap();
    assert_eq!(read, values);
}

#[tokio::test]
async fn an_array_in_the_order_of_fortran_is_what_numpy_reads() {
    let (store, service) = writing().await;
    let store = Arc::new(store);
    let transpose =
        TransposeCodec::new(zarrs::metadata_ext::codec::transpose::TransposeOrder::new(&[1, 0]).unwrap());
    let array = ArrayBuilder::new(vec![2, 3], vec![2, 3], data_type::uint8(), 255u8)
        .array_to_array_codecs(vec![Arc::new(transpose)])
        .build(Arc::clone(&store), "/f")
        .unwrap();
    array.async_store_metadata().await.unwrap();
    array.async_store_chunk(&[0, 0], vec![0u8, 1, 2, 3, 4, 5]).await.unwrap();
    assert_eq!(service.document("meta/root/f.array.json").unwrap()["chunk_memory_layout"], "F");
    let columns = Bytes::from_static(&[0, 3, 1, 4, 2, 5]);
    assert_eq!(store.get(&key("f/c/0/0")).await.unwrap().unwrap(), columns);
    let again = Array::async_open(store, "/f").await.unwrap();
    let read: Vec<u8> = again.async_retrieve_chunk(&[0, 0]).await.unwrap();
    assert_eq!(read, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn an_array_without_dimensions_has_its_value() {
    let (store, service) = writing().await;
    let stored = json!({"attributes": {}, "chunk_grid": {"chunk_shape": [], "separator": "/", "type": "regular"},
        "chunk_memory_layout": "C", "data_type": "<i4", "extensions": [], "fill_value": 0, "shape": []});
    service.insert("meta/root/scalar.array.json", stored);
    service.insert("data/root/scalar/c0", inline(&42i32.to_le_bytes()));
    let array = Array::async_open(Arc::new(store), "/scalar").await.unwrap();
    assert_eq!(array.async_retrieve_chunk::<Vec<i32>>(&[]).await.unwrap(), [42]);
    array.async_store_chunk(&[], vec![43i32]).await.unwrap();
    assert_eq!(service.document("data/root/scalar/c0").unwrap(), inline(&43i32.to_le_bytes()));
}

#[tokio::test]
async fn numbers_of_the_other_byte_order_and_dots_between_indices_are_read() {
    let (store, service) = writing().await;
    let stored = json!({"attributes": {}, "chunk_grid": {"chunk_shape": [2, 1], "separator": ".", "type": "regular"},
        "chunk_memory_layout": "C", "data_type": ">i2", "dimension_separator": ".", "extensions": [],
        "fill_value": -1, "shape": [2, 2]});
    service.insert("meta/root/c/big.array.json", stored);
    service.insert("data/root/c/big/c0.1", inline(&[1, 0, 2, 0]));
    let array = Array::async_open(Arc::new(store), "/c/big").await.unwrap();
    let read: Vec<i16> = array.async_retrieve_array_subset(&array.subset_all()).await.unwrap();
    assert_eq!(read, [-1, 256, -1, 512]);
}

#[tokio::test]
async fn texts_of_any_length_are_read_and_written() {
    let (store, service) = writing().await;
    let store = Arc::new(store);
    let text = r#"{"attributes":{"filters":[{"id":"vlen-utf8"}]},"chunk_grid":{"chunk_shape":[2],"separator":"/","type":"regular"},"chunk_memory_layout":"C",
 "data_type":{"extension":"TODO: object array protocol URL","fallback":null,"type":"|O"},"extensions":[],"fill_value":0,"shape":[3]}"#;
    service.insert("meta/root/t.array.json", serde_json::from_str(text).unwrap());
    // As numcodecs writes them: how many, and each with its length before it.
    service.insert("data/root/t/c0", inline(b"\x02\0\0\0\x02\0\0\0hi\0\0\0\0"));
    let array = Array::async_open(Arc::clone(&store), "/t").await.unwrap();
    let read: Vec<String> = array.async_retrieve_array_subset(&array.subset_all()).await.unwrap();
    assert_eq!(read, ["hi", "", ""]);
    array.async_store_chunk(&[1], vec!["é".to_owned(), String::new()]).await.unwrap();
    assert_eq!(store.get(&key("t/c/1")).await.unwrap().unwrap(), "\x02\0\0\0\x02\0\0\0é\0\0\0\0");
}

#[tokio::test]
async fn texts_that_zarrs_takes_for_fill_values_are_not_lost() {
    let (store, service) = writing().await;
    let store = Arc::new(store);
    let array = ArrayBuilder::new(vec![4], vec![2], data_type::string(), "a")
        .build(Arc::clone(&store), "/t")
        .unwrap();
    array.async_store_metadata().await.unwrap();
    let texts = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
    array.async_store_chunk(&[0], texts(["b", ""])).await.unwrap();
    // One after the other they are `aa`, as two fill values are.
    for odd in [["aa", ""], ["", "aa"], ["a", "a"]] {
        let error = array.async_store_chunk(&[0], texts(odd)).await.unwrap_err().to_string();
        assert!(error.contains("data/root/t/c0") && error.contains("with_store_empty_chunks"), "{error}");
        assert!(array.async_store_chunk(&[1], texts(odd)).await.is_err(), "{odd:?} was never there");
    }
    assert!(array.async_erase_chunk(&[0]).await.is_err(), "it looks the same");
    let read: Vec<String> = array.async_retrieve_chunk(&[0]).await.unwrap();
    assert_eq!(read, ["b", ""], "what was there is kept");
    let options = zarrs_codec::CodecOptions::default().with_store_empty_chunks(true);
    array.async_store_chunk_opt(&[0], texts(["aa", ""]), &options).await.unwrap();
    let half = zarrs::array::ArraySubset::new_with_ranges(std::slice::from_ref(&(2..4)));
    array.async_store_array_subset_opt(&half, texts(["", "aa"]), &options).await.unwrap();
    let read: Vec<String> = array.async_retrieve_array_subset(&array.subset_all()).await.unwrap();
    assert_eq!(read, ["aa", "", "", "aa"]);
    store.repo().del_chunks(["data/root/t/c0"]).await.unwrap();
    let read: Vec<String> = array.async_retrieve_chunk(&[0]).await.unwrap();
    assert_eq!(read, ["a", "a"]);
    assert!(service.document("data/root/t/c1").is_some());
}

#[tokio::test]
async fn texts_with_an_empty_fill_value_are_erased_where_all_are_empty() {
    let (store, service) = writing().await;
    let array =
        ArrayBuilder::new(vec![2], vec![2], data_type::string(), "").build(Arc::new(store), "/t").unwrap();
    array.async_store_metadata().await.unwrap();
    array.async_store_chunk(&[0], vec!["a".to_owned(), String::new()]).await.unwrap();
    assert!(service.document("data/root/t/c0").is_some());
    array.async_store_chunk(&[0], vec![String::new(), String::new()]).await.unwrap();
    assert!(service.document("data/root/t/c0").is_none());
}

#[tokio::test]
async fn a_chunk_that_is_all_fill_value_is_not_kept() {
    let (store, service) = writing().await;
    let store = Arc::new(store);
    let array = ArrayBuilder::new(vec![4], vec![2], data_type::int32(), 7i32)
        .bytes_to_bytes_codecs(vec![Arc::new(
            BloscCodec::new(
                zarrs::metadata_ext::codec::blosc::BloscCompressor::LZ4,
                5.try_into().unwrap(),
                None,
                zarrs::metadata_ext::codec::blosc::BloscShuffleMode::Shuffle,
                Some(4),
            )
            .unwrap(),
        )])
        .build(Arc::clone(&store), "/a")
        .unwrap();
    array.async_store_metadata().await.unwrap();
    array.async_store_chunk(&[0], vec![1, 2]).await.unwrap();
    array.async_store_chunk(&[1], vec![7, 7]).await.unwrap();
    assert!(service.document("data/root/a/c0").is_some() && service.document("data/root/a/c1").is_none());
    array.async_store_chunk(&[0], vec![7, 7]).await.unwrap();
    assert!(service.document("data/root/a/c0").is_none());
    let blosc = &service.document("meta/root/a.array.json").unwrap()["compressor"]["configuration"];
    assert_eq!(*blosc, json!({"blocksize": 0, "clevel": 5, "cname": "lz4", "shuffle": 1}));
}

#[tokio::test]
async fn objects_that_are_texts_are_read_and_written_and_one_that_is_none_is_named() {
    let (store, service) = writing().await;
    let store = Arc::new(store);
    let json = json!({"id": "json2", "encoding": "utf-8", "ensure_ascii": true});
    for (name, filter, first) in [
        ("json", json, b"[\"hi\",\"\\u00e9\",\"|O\",[2]]".as_slice()),
        ("packed", json!({"id": "msgpack2", "raw": false}), b"\x94\xa2hi\xa2\xc3\xa9\xa2|O\x91\x02"),
    ] {
        let mut stored = array(&[4], "/");
        stored["attributes"] = json!({"filters": [filter]});
        stored["data_type"] =
            json!({"extension": "TODO: object array protocol URL", "type": "|O", "fallback": null});
        service.insert(&format!("meta/root/{name}.array.json"), stored.clone());
        service.insert(&format!("data/root/{name}/c0"), inline(first));
        let array = Array::async_open(Arc::clone(&store), &format!("/{name}")).await.unwrap();
        let read: Vec<String> = array.async_retrieve_array_subset(&array.subset_all()).await.unwrap();
        assert_eq!(read, ["hi", "\u{e9}", "", ""]);
        let part = zarrs::array::ArraySubset::new_with_ranges(std::slice::from_ref(&(1..3)));
        array.async_store_array_subset(&part, vec!["x".to_owned(), "y".to_owned()]).await.unwrap();
        let read: Vec<String> = array.async_retrieve_array_subset(&array.subset_all()).await.unwrap();
        assert_eq!(read, ["hi", "x", "y", ""]);
        let read: Vec<String> = array.async_retrieve_array_subset(&part).await.unwrap();
        assert_eq!(read, ["x", "y"]);
        array.async_store_metadata().await.unwrap();
        let mut again = service.document(&format!("meta/root/{name}.array.json")).unwrap();
        again["attributes"].as_object_mut().unwrap().remove("_zarrs");
        assert_eq!(again["attributes"]["filters"], stored["attributes"]["filters"]);
    }
    service.insert("data/root/json/c1", inline(b"[\"hi\",{\"a\":1},\"|O\",[2]]"));
    let array = Array::async_open(store, "/json").await.unwrap();
    let error = array.async_retrieve_chunk::<Vec<String>>(&[1]).await.unwrap_err().to_string();
    assert!(
        error.contains("numcodecs.json2") && error.contains("element [1] of the chunk is an object"),
        "{error}"
    );
}

#[tokio::test]
async fn objects_in_the_order_of_fortran_stand_as_their_document_says_where_python_confuses_them() {
    let (store, service) = writing().await;
    let mut stored = array(&[2, 3], "/");
    stored["chunk_grid"]["chunk_shape"] = json!([2, 3]);
    stored["chunk_memory_layout"] = json!("F");
    stored["attributes"] = json!({"filters": [{"id": "json2"}]});
    stored["data_type"] =
        json!({"extension": "TODO: object array protocol URL", "type": "|O", "fallback": null});
    service.insert("meta/root/f.array.json", stored);
    // As Python writes it; it reads the columns as rows.
    service.insert("data/root/f/c0/0", inline(br#"[["a","b","c"],["d","e","f"],"|O",[2,3]]"#));
    let array = Array::async_open(Arc::new(store), "/f").await.unwrap();
    let read: Vec<String> = array.async_retrieve_array_subset(&array.subset_all()).await.unwrap();
    assert_eq!(read, ["a", "b", "c", "d", "e", "f"]);
    array.async_store_metadata().await.unwrap();
    let again = service.document("meta/root/f.array.json").unwrap();
    assert_eq!(again["chunk_memory_layout"], "C", "in which Python reads it right");
}

#[tokio::test]
async fn a_node_that_cannot_be_shown_does_not_hide_the_others() {
    let (store, service) = filled().await;
    let mut odd = array(&[4], "/");
    odd["data_type"] = json!({"type": "|O"});
    service.insert("meta/root/g/odd.array.json", odd);
    let error = store.get(&key("g/odd/zarr.json")).await.unwrap_err().to_string();
    assert!(error.contains("/g/odd") && error.contains("|O"), "{error}");
    assert_eq!(store.list_dir(&prefix("g/")).await.unwrap().prefixes().len(), 3);
    assert!(store.size_prefix(&prefix("g/")).await.is_ok());
    assert!(Array::async_open(Arc::new(store), "/g/line").await.is_ok());
}
