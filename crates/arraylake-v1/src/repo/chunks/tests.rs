use std::sync::Arc;

use arraylake_transport::testing::{Script, Step, json};
use arraylake_types::ExtraConfig;
use arraylake_types::v1::ChunkHash;
use async_trait::async_trait;
use futures_util::StreamExt as _;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use object_store::memory::InMemory;
use object_store::{ClientOptions, ObjectStore};
use serde_json::{Value, json as value};

use super::super::tests::{A, body, branch, done, none, repo, tail, writing};
use super::*;
use crate::Checkout;
use crate::chunks::{BucketAccess, ChunkOptions, HashMethod, Layout};

fn store() -> ChunkStore {
    ChunkStore::in_memory(Layout::of_repo("pre", "5f3a").unwrap())
}

/// A repo that writes to `main`; three requests have been made.
async fn over(store: ChunkStore, steps: impl IntoIterator<Item = Step>) -> (AsyncRepo, Script) {
    let (repo, script) = writing(steps).await;
    (repo.with_chunkstore(store), script)
}

fn doc(path: &str, content: &Value) -> Value {
    value!({"id": "1", "session_id": "s1", "path": path, "content": content})
}

#[tokio::test]
async fn chunks_are_in_the_bucket_before_their_references_are_stored_and_come_back() {
    let (repo, script) = over(store(), [done()]).await;
    let (long, short) = (vec![7; 600], vec![1, 2, 3]);
    repo.set_chunks([("data/root/a/c0", long.clone()), ("data/root/b/c0", short.clone())]).await.unwrap();
    let sent = body(&script, 3);
    assert_eq!(sent[0]["path"], "data/root/a/c0");
    assert_eq!((&sent[0]["content"]["uri"], &sent[0]["content"]["sid"]), (&Value::Null, &value!("s1")));
    assert_eq!(sent[1]["content"]["uri"], "inline://\u{1}\u{2}\u{3}");

    let stored = [&sent[0], &sent[1]].map(|sent| doc(sent["path"].as_str().unwrap(), &sent["content"]));
    let answers = stored.map(|stored| json(200, value!([stored])));
    let (again, script) = over(repo.chunkstore().unwrap().clone(), answers).await;
    let found = again.get_chunks(["data/root/a/c0", "data/root/b/c0"]).await.unwrap();
    assert_eq!(found.into_values().collect::<Vec<_>>(), [Bytes::from(long), Bytes::from(short)]);
    assert_eq!(tail(&script, 3).len(), 2, "one request an array");
}

/// An object store that refuses everything.
#[derive(Debug)]
struct Closed;

#[async_trait]
impl HttpService for Closed {
    async fn call(&self, _: HttpRequest) -> Result<HttpResponse, HttpError> {
        Ok(http::Response::builder().status(403).body(HttpResponseBody::from(String::new())).unwrap())
    }
}

impl HttpConnector for Closed {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Self))
    }
}

#[tokio::test]
async fn a_write_that_the_bucket_refuses_stores_no_reference_at_all() {
    let access = BucketAccess::new(ExtraConfig::new()).with_http_connector(Arc::new(Closed));
    let closed = ChunkStore::of_uri("s3://b/p", access).unwrap();
    let (repo, script) = over(closed, []).await;
    let chunks =
        (0..50).map(|n| (format!("data/root/a/c{n}"), if n == 40 { vec![0; 600] } else { vec![0; 4] }));
    let error = repo.set_chunks(chunks).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Storage);
    assert_eq!(script.paths().len(), 3, "the metastore heard of nothing");
}

#[tokio::test]
async fn a_write_on_a_read_only_checkout_or_with_a_bad_path_puts_nothing_into_the_bucket() {
    let (repo, script) = repo([branch(A), none()]);
    let bucket: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let store = ChunkStore::new(Arc::clone(&bucket), Layout::v1("p").unwrap());
    let repo = repo.with_chunkstore(store.clone());
    repo.checkout("main", Checkout::read_only()).await.unwrap();
    assert!(repo.set_chunk("data/root/a/c0", vec![0; 600]).await.unwrap_err().is_read_only());
    assert!(repo.set_virtual_ref("data/root/a/c0", "s3://b/k", 0, 1).await.unwrap_err().is_read_only());
    assert!(repo.del_chunk("data/root/a/c0").await.unwrap_err().is_read_only());
    assert_eq!(script.paths().len(), 2);
    let (repo, script) = over(store, []).await;
    let error = repo.set_chunk("data/root/../a/c0", vec![0; 600]).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("data/root/../a/c0"), "{error}");
    assert_eq!(script.paths().len(), 3);
    assert_eq!(bucket.list(None).count().await, 0, "nothing was uploaded");
}

#[tokio::test]
async fn a_chunk_that_is_gone_or_is_not_what_was_written_is_an_error_and_nothing_is_a_missing_chunk() {
    let hash = HashMethod::Sha256.digest(b"something else");
    let gone = ReferenceData::materialized(600, hash, "s9".parse().unwrap());
    let gone = doc("data/root/a/c0", &serde_json::to_value(&gone).unwrap());
    let (repo, _) = over(store(), [json(200, value!([gone])), none()]).await;
    assert_eq!(*repo.get_chunk("data/root/a/c0").await.unwrap_err().kind(), ErrorKind::ChunkMissing);
    let error = repo.get_chunk("data/root/a/c1").await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("data/root/a/c1"), "{error}");

    let wrong = ReferenceData::inline(
        "inline://abc",
        3,
        ChunkHash::new("hashlib.md5", "00"),
        Some("s9".parse().unwrap()),
    );
    let wrong = doc("data/root/a/c0", &serde_json::to_value(&wrong).unwrap());
    let checking = store().with_options(ChunkOptions::new().with_validation(true));
    let (repo, _) = over(checking, [json(200, value!([wrong]))]).await;
    assert_eq!(*repo.get_chunk("data/root/a/c0").await.unwrap_err().kind(), ErrorKind::HashMismatch);
}

#[tokio::test]
async fn references_are_checked_before_anything_is_sent() {
    let (repo, script) = over(store(), [done()]).await;
    let odd = ReferenceData::virtual_reference("https://b/k", 0, 1, Some("s1".parse().unwrap()));
    let error = repo.set_chunk_ref("data/root/a/c0", odd).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::InvalidReference);
    assert!(error.to_string().contains("data/root/a/c0"), "{error}");
    assert!(repo.set_virtual_ref("data/root/a/c0", "file:///k", 0, 1).await.unwrap_err().is_invalid_input());
    assert_eq!(script.paths().len(), 3);
    repo.set_virtual_ref("data/root/a/c0", "s3://other/file.nc", 100, 20).await.unwrap();
    let expected =
        value!({"uri": "s3://other/file.nc", "offset": 100, "length": 20, "hash": null, "v": 1, "sid": "s1"});
    assert_eq!(body(&script, 3)[0]["content"], expected);
}

#[tokio::test]
async fn raw_data_that_begin_with_base64_come_back_as_they_were() {
    let (repo, script) = over(store(), [done()]).await;
    repo.set_chunk("data/root/a/c0", &b"base64:AAAA"[..]).await.unwrap();
    let content = body(&script, 3)[0]["content"].clone();
    let (again, _) = over(store(), [json(200, value!([doc("data/root/a/c0", &content)]))]).await;
    assert_eq!(again.get_chunk("data/root/a/c0").await.unwrap(), &b"base64:AAAA"[..]);
}
