//! How many requests opening takes, counted before the catalog and before the object store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arraylake_core::icechunk::StorageOverrides;
use arraylake_core::prelude::*;
use arraylake_core::{AsyncClient, Config};
use arraylake_tests::dataset;
use arraylake_tests::lake::TestLake;
use arraylake_tests::proxy::{Manners, Proxy};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use zarrs::array::Array;

/// A client that counts its requests to the catalog, each of which waits for a permit.
fn gated_client(lake: &TestLake, gate: &Arc<Semaphore>) -> (AsyncClient, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let (seen, gate, service) = (Arc::clone(&count), Arc::clone(gate), lake.lake().service());
    let leaf = tower::service_fn(move |request: Request<Full<Bytes>>| {
        seen.fetch_add(1, Ordering::SeqCst);
        let (gate, service) = (Arc::clone(&gate), service.clone());
        async move {
            gate.acquire().await.unwrap().forget();
            service.oneshot(request).await
        }
    });
    let client = AsyncClient::builder()
        .with_config(Config::empty())
        .with_service_uri("http://local.example.com")
        .with_token(lake.lake().token())
        .with_transport(|transport| transport.with_leaf(leaf))
        .build()
        .unwrap();
    (client, count)
}

/// A client that counts its requests to the catalog.
fn counting_client(lake: &TestLake) -> (AsyncClient, Arc<AtomicUsize>) {
    gated_client(lake, &Arc::new(Semaphore::new(1000)))
}

/// A repo with chunks too large to be inlined, and the address of the object store.
async fn filled(lake: &TestLake, bucket: &BucketNickname) -> (RepoName, String) {
    let client = lake.client();
    let request = NewRepo::new("counted").with_bucket(bucket).unwrap();
    let name = RepoName::new(lake.org(), "counted").unwrap();
    let repo = client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let store = Arc::new(repo.into_icechunk().unwrap().writable_store("main").await.unwrap());
    dataset::write(&store).await;
    let array =
        zarrs::array::ArrayBuilder::new(vec![4000], vec![2000], zarrs::array::data_type::float64(), 0.0f64)
            .build(Arc::clone(&store), "/large")
            .unwrap();
    array.async_store_metadata().await.unwrap();
    array.async_store_chunk(&[1], vec![1.5f64; 2000]).await.unwrap();
    store.commit("large enough").await.unwrap();
    let model = client.get_repo_object(&name).await.unwrap();
    let endpoint =
        model.bucket.unwrap().extra_config.endpoint_url().unwrap().trim_end_matches('/').to_owned();
    (name, endpoint)
}

/// Opens and reads one chunk; returns the requests to the catalog and to the object store.
async fn open_and_read(
    lake: &TestLake,
    name: &RepoName,
    endpoint: String,
    may_not_list: bool,
) -> (usize, Vec<String>) {
    let proxy = Proxy::start(endpoint, Manners { may_not_list, ..Manners::default() }).await;
    let (client, catalog) = counting_client(lake);
    let options = OpenOptions::new().with_storage(StorageOverrides::new().with_endpoint_url(proxy.uri()));
    let repo = client.get_repo(name, options).await.unwrap().into_icechunk().unwrap();
    let store = Arc::new(repo.store("main").await.unwrap());
    let array = Array::async_open(store, "/large").await.unwrap();
    let chunk = array.async_retrieve_chunk::<Vec<f64>>(&[1]).await.unwrap();
    assert_eq!(chunk, vec![1.5; 2000]);
    (catalog.load(Ordering::SeqCst), proxy.take())
}

/// Another test that commits at that moment costs the first session one more look at `repo`, so it may take a few
/// attempts to see the least.
async fn the_least(lake: &TestLake, bucket: &BucketNickname, may_not_list: bool) {
    let (name, endpoint) = filled(lake, bucket).await;
    let mut last = Vec::new();
    for _ in 0..20 {
        let (catalog, requests) = open_and_read(lake, &name, endpoint.clone(), may_not_list).await;
        assert_eq!(catalog, 1, "one request to the catalog");
        if requests.len() == 4 {
            let kinds: Vec<_> = requests.iter().map(|request| request.rsplit('/').nth(1).unwrap()).collect();
            assert_eq!(kinds[1..], ["snapshots", "manifests", "chunks"], "{requests:?}");
            assert!(requests[0].ends_with("/repo"));
            return;
        }
        last = requests;
    }
    panic!("never four requests, but {last:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opening_and_reading_a_chunk_takes_one_request_to_the_catalog_and_four_to_the_object_store() {
    let lake = TestLake::start().await;
    the_least(&lake, &lake.delegated(), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repo_opens_and_reads_with_credentials_that_may_not_list() {
    let lake = TestLake::start().await;
    the_least(&lake, lake.bucket(), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_who_open_a_repo_at_once_cost_one_request_for_its_credentials() {
    let lake = TestLake::start().await;
    let (name, _) = filled(&lake, &lake.delegated()).await;
    let gate = Arc::new(Semaphore::new(0));
    let (client, catalog) = gated_client(&lake, &gate);
    let all = (0..64).map(|_| client.get_repo(&name, OpenOptions::new()));
    let mut all = futures_util::future::join_all(all);
    // All have begun before the first is answered; not all are looked at in one turn.
    for _ in 0..8 {
        assert!(tokio::time::timeout(Duration::ZERO, &mut all).await.is_err());
    }
    gate.add_permits(1);
    for repo in all.await {
        let repo = repo.unwrap().into_icechunk().unwrap();
        repo.readonly_session("main").await.unwrap();
    }
    assert_eq!(catalog.load(Ordering::SeqCst), 1);
}
