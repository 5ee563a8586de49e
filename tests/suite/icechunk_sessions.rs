//! Sessions that travel between processes, played by clients that share nothing.

use std::sync::Arc;

use arraylake_core::prelude::*;
use arraylake_tests::lake::TestLake;
use zarrs::array::{Array, ArrayBuilder, data_type};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_write_parts_of_an_array_and_one_commit_has_them_all() {
    let lake = TestLake::start().await;
    let request = NewRepo::new("parts").with_bucket(lake.delegated()).unwrap();
    let name = RepoName::new(lake.org(), "parts").unwrap();
    let coordinator = lake.client();
    let repo = coordinator.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let repo = repo.into_icechunk().unwrap();
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    let array = ArrayBuilder::new(vec![4000], vec![1000], data_type::float64(), -1.0f64);
    let array = array.build(Arc::clone(&store), "/values").unwrap();
    array.async_store_metadata().await.unwrap();
    store.commit("an empty array").await.unwrap();

    let mut session = repo.writable_session("main").await.unwrap();
    let mut written = Vec::new();
    for part in 0..3u64 {
        let bytes = repo.session_to_bytes(&session.fork().await.unwrap()).unwrap();
        let name = name.clone();
        let client = lake.client();
        written.push(tokio::spawn(async move {
            let store = Arc::new(client.opener().store_from_bytes(&bytes).unwrap());
            let array = Array::async_open(Arc::clone(&store), "/values").await.unwrap();
            array.async_store_chunk(&[part], vec![part as f64; 1000]).await.unwrap();
            // The way back: any repository of the same name can write the bytes.
            let repo = client.get_repo(&name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
            repo.session_to_bytes(&*store.session().read().await).unwrap()
        }));
    }
    for part in written {
        let bytes = part.await.unwrap();
        session.merge(coordinator.opener().session_from_bytes(&bytes).unwrap()).await.unwrap();
    }
    session.commit("three parts").execute().await.unwrap();

    let store = Arc::new(repo.store("main").await.unwrap());
    let array = Array::async_open(store, "/values").await.unwrap();
    let values = array.async_retrieve_array_subset::<Vec<f64>>(&array.subset_all()).await.unwrap();
    assert_eq!([values[0], values[1999], values[2000], values[3999]], [0.0, 1.0, 2.0, -1.0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_another_service_does_not_read_a_session() {
    let (here, there) = (TestLake::start().await, TestLake::start().await);
    let repo = here.client().create_repo(here.org(), NewRepo::new("mine"), OpenOptions::new()).await.unwrap();
    let repo = repo.into_icechunk().unwrap();
    let bytes = repo.session_to_bytes(&repo.readonly_session("main").await.unwrap()).unwrap();
    let error = there.client().opener().session_from_bytes(&bytes).unwrap_err();
    assert!(error.to_string().contains("this client is of"), "{error}");
    let token = here.lake().token();
    assert!(!String::from_utf8_lossy(&bytes).contains(token.expose()), "nor is there a token in it");
    here.client().opener().session_from_bytes(&bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_travelled_commits_with_the_author_of_whoever_began_it() {
    let lake = TestLake::start().await;
    let client = lake.client();
    let repo = client.create_repo(lake.org(), NewRepo::new("afar"), OpenOptions::new()).await.unwrap();
    let repo = repo.into_icechunk().unwrap();
    let bytes = repo.session_to_bytes(&repo.writable_session("main").await.unwrap()).unwrap();
    let mut session = lake.client().opener().session_from_bytes(&bytes).unwrap();
    let id = session.commit("from afar").allow_empty(true).execute().await.unwrap();
    let snapshot = repo.lookup_snapshot(&id).await.unwrap();
    assert_eq!(snapshot.metadata["author_email"], client.get_user().await.unwrap().email());
}
