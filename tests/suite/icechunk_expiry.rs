//! Temporary keys that end at the object store, and what their holder notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arraylake_core::AsyncClient;
use arraylake_core::icechunk::{ErrorKind, IcechunkRepo};
use arraylake_core::prelude::*;
use arraylake_tests::lake::TestLake;
use http::header::{AUTHORIZATION, HeaderValue};
use zarrs::array::{Array, ArrayBuilder, data_type};

/// A client whose service gives no keys any more once the flag is set.
fn client_to_be_refused(lake: &TestLake) -> (AsyncClient, Arc<AtomicBool>) {
    let refuses = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&refuses);
    let client = lake.client_seen_by(move |request| {
        if flag.load(Ordering::SeqCst) && request.uri().path().ends_with("/bucket-credentials") {
            request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Bearer ema_of_nobody"));
        }
    });
    (client, refuses)
}

/// A repo with an array of one chunk that is too large to be inlined.
async fn filled(lake: &TestLake, client: &AsyncClient) -> IcechunkRepo {
    let request = NewRepo::new("expiring").with_bucket(lake.delegated()).unwrap();
    let repo = client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let repo = repo.into_icechunk().unwrap();
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    let array = ArrayBuilder::new(vec![2000], vec![2000], data_type::float64(), 0.0f64);
    let array = array.build(Arc::clone(&store), "/values").unwrap();
    array.async_store_metadata().await.unwrap();
    array.async_store_chunk(&[0], vec![1.5f64; 2000]).await.unwrap();
    store.commit("one chunk").await.unwrap();
    repo
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_the_object_store_lets_end_early_are_renewed_and_reading_and_writing_go_on() {
    let (lake, ahead) = TestLake::start_with_clock().await;
    let repo = filled(&lake, &lake.client()).await;
    let session = repo.writable_session("main").await.unwrap();
    let writer = Arc::new(repo.store_of(session));
    // To this process the keys are as good as new.
    ahead.store(301, Ordering::SeqCst);
    let reader = Arc::new(repo.store("main").await.unwrap());
    let array = Array::async_open(reader, "/values").await.unwrap();
    assert_eq!(array.async_retrieve_chunk::<Vec<f64>>(&[0]).await.unwrap(), vec![1.5; 2000]);
    let array = Array::async_open(Arc::clone(&writer), "/values").await.unwrap();
    array.async_store_chunk(&[0], vec![2.5f64; 2000]).await.unwrap();
    writer.commit("written with the next keys").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_whose_keys_are_refused_for_good_fails_at_once_and_says_why() {
    let (lake, ahead) = TestLake::start_with_clock().await;
    let (client, refuses) = client_to_be_refused(&lake);
    let repo = filled(&lake, &client).await;
    let store = Arc::new(repo.store("main").await.unwrap());
    let array = Array::async_open(store, "/values").await.unwrap();
    refuses.store(true, Ordering::SeqCst);
    ahead.store(301, Ordering::SeqCst);
    // Icechunk by itself would go on trying for a minute and a half.
    let read = tokio::time::timeout(Duration::from_secs(20), array.async_retrieve_chunk::<Vec<f64>>(&[0]));
    let error = read.await.expect("not so long").unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("no credentials for local/expiring") && text.contains("401"), "{text}");
    let error = repo.readonly_session("main").await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Credentials);
    assert!(!error.credential_error().unwrap().is_transient());
}
