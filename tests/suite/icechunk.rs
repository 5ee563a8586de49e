//! Icechunk repositories through the client, on the local service: fixed and temporary keys, rollback, status.

#[path = "icechunk_buckets.rs"]
mod buckets;
#[path = "icechunk_expiry.rs"]
mod expiry;
#[path = "icechunk_expiry_virtual.rs"]
mod expiry_virtual;
#[path = "icechunk_maintenance.rs"]
mod maintenance;
#[path = "icechunk_plan.rs"]
mod plan;
#[path = "icechunk_series.rs"]
mod series;
#[path = "icechunk_sessions.rs"]
mod sessions;
#[path = "icechunk_virtual.rs"]
mod virtual_chunks;

use std::sync::Arc;

use arraylake_core::prelude::*;
use arraylake_local::LocalConfig;
use arraylake_tests::contract::{fresh, sure};
use arraylake_tests::dataset;
use arraylake_tests::lake::TestLake;
use arraylake_types::{ImportRepo, NewRepoStatus, RepoOperationMode};

async fn write_and_read_back(lake: &TestLake, bucket: &BucketNickname) {
    let client = lake.client();
    let request = NewRepo::new(fresh("data")).with_bucket(bucket).unwrap();
    let name = RepoName::new(lake.org(), &request.name).unwrap();
    let repo =
        client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    dataset::write(&store).await;
    store.commit("first").await.unwrap();

    let again = lake.client().get_repo(&name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    let store = Arc::new(again.store("main").await.unwrap());
    assert_eq!(dataset::read(&store).await, dataset::values());
    let tip = again.repository().lookup_branch("main").await.unwrap();
    let snapshot = again.repository().lookup_snapshot(&tip).await.unwrap();
    let user = client.get_user().await.unwrap();
    assert_eq!(snapshot.metadata["author_email"], user.email());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_array_is_read_back_as_written_with_fixed_keys() {
    let lake = TestLake::start().await;
    write_and_read_back(&lake, lake.bucket()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_array_is_read_back_as_written_with_temporary_keys() {
    let lake = TestLake::start().await;
    write_and_read_back(&lake, &lake.delegated()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_in_place_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let lake = TestLake::start_with(LocalConfig::new(dir.path())).await;
    let token = lake.lake().token();
    let request = NewRepo::new("kept").with_bucket(lake.delegated()).unwrap();
    let name = RepoName::new(lake.org(), "kept").unwrap();
    let made = lake.client().create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let store = Arc::new(made.into_icechunk().unwrap().writable_store("main").await.unwrap());
    dataset::write(&store).await;
    store.commit("kept").await.unwrap();
    drop(store);
    lake.stop().await;

    let lake = TestLake::start_with(LocalConfig::new(dir.path())).await;
    let client = lake.client_with_token(token);
    let repo = client.get_repo(&name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    let store = Arc::new(repo.store("main").await.unwrap());
    assert_eq!(dataset::read(&store).await, dataset::values());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_that_get_or_create_get_the_same_repo() {
    let lake = TestLake::start().await;
    let (client, org) = (lake.client(), lake.org().clone());
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (client, org) = (client.clone(), org.clone());
            tokio::spawn(async move {
                let repo =
                    client.get_or_create_repo(&org, NewRepo::new("shared"), OpenOptions::new()).await?;
                Ok::<_, arraylake_core::Error>(
                    repo.into_icechunk()?.repository().lookup_branch("main").await.unwrap(),
                )
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let rows = client.list_repos(&org, ListRepos::new()).await.unwrap();
    assert_eq!(rows.iter().filter(|repo| repo.name == "shared").count(), 1);
}

/// An object store that refuses everything.
async fn forbidding_store() -> String {
    use hyper_util::rt::TokioIo;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let refuse = hyper::service::service_fn(async |_| {
                let body = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>".to_owned();
                http::Response::builder().status(403).body(body)
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), refuse),
            );
        }
    });
    uri
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repo_whose_storage_cannot_be_made_leaves_no_entry() {
    let lake = TestLake::start().await;
    let client = lake.client();
    let bucket = NewBucket::new("broken", "s3://nothing-there")
        .unwrap()
        .with_endpoint_url(forbidding_store().await)
        .with_region("us-east-1")
        .with_use_ssl(false)
        .with_auth(AuthConfig::hmac("wrong-key", "wrong-secret"));
    let made = client.create_bucket_config(lake.org(), bucket).await.unwrap();
    let request = NewRepo::new("doomed").with_bucket(&made.nickname).unwrap();
    let error = client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap_err();
    assert_eq!(error.operation(), Some("create repo"));
    assert!(!error.to_string().contains("wrong-secret") && !error.to_string().contains('\n'), "{error}");
    let name = RepoName::new(lake.org(), "doomed").unwrap();
    assert!(client.get_repo_object(&name).await.unwrap_err().is_not_found());
    let ghosts = client.list_repos(lake.org(), ListRepos::new().with_ghosts()).await.unwrap();
    assert!(ghosts.iter().all(|repo| repo.name != "doomed"), "not even a ghost is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offline_repo_is_refused_and_one_under_maintenance_is_read_only() {
    let lake = TestLake::start().await;
    let client = lake.client();
    let bucket = lake.delegated();
    let request = NewRepo::new("status").with_bucket(bucket).unwrap();
    let name = RepoName::new(lake.org(), "status").unwrap();
    client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let set = async |mode: RepoOperationMode| {
        let body = serde_json::to_vec(&NewRepoStatus::new(mode).with_message("moving house")).unwrap();
        let uri = format!("/orgs/{}/status/status", lake.org());
        let request = http::Request::put(uri).body(body.into()).unwrap();
        assert!(client.send(request).await.unwrap().status().is_success());
    };
    set(RepoOperationMode::Offline).await;
    let error = client.get_repo(&name, OpenOptions::new()).await.unwrap_err();
    assert!(error.is_offline() && error.to_string().contains("moving house"), "{error}");
    set(RepoOperationMode::Maintenance).await;
    let repo = client.get_repo(&name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    assert!(repo.is_read_only() && repo.writable_session("main").await.is_err());
    repo.readonly_session("main").await.unwrap();
    set(RepoOperationMode::Online).await;
    let repo = client.get_repo(&name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    repo.writable_session("main").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_occupied_place_is_left_alone() {
    let lake = TestLake::start().await;
    let client = lake.client();
    let request = NewRepo::new("first").with_prefix("a/place").with_bucket(lake.bucket()).unwrap();
    let name = RepoName::new(lake.org(), "first").unwrap();
    client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    // The entry goes, the data stays.
    client.delete_repo(&name, sure(), DeleteRepo::new().with_immediate().with_retain_data()).await.unwrap();
    let request = NewRepo::new("second").with_prefix("a/place").with_bucket(lake.bucket()).unwrap();
    let error = client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap_err();
    assert!(error.prefix_was_occupied(), "{error}");
    let second = RepoName::new(lake.org(), "second").unwrap();
    client.get_repo(&second, OpenOptions::new()).await.expect("what was there can still be opened");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_in_a_bucket_is_imported_and_a_place_without_a_repository_leaves_no_entry() {
    let lake = TestLake::start().await;
    let client = lake.client();
    let request = NewRepo::new("before").with_prefix("a/place").with_bucket(lake.bucket()).unwrap();
    let before = RepoName::new(lake.org(), "before").unwrap();
    let made = client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let store = Arc::new(made.into_icechunk().unwrap().writable_store("main").await.unwrap());
    dataset::write(&store).await;
    let snapshot = store.commit("kept").await.unwrap();
    let prefix = client.get_repo_object(&before).await.unwrap().prefix.to_string();
    client.delete_repo(&before, sure(), DeleteRepo::new().with_immediate().with_retain_data()).await.unwrap();

    let empty = ImportRepo::new("nothing", lake.bucket(), "a/place-of-nothing").unwrap();
    let error = client.import_repo(lake.org(), empty, OpenOptions::new()).await.unwrap_err();
    assert_eq!(error.operation(), Some("import repo"));
    let ghosts = client.list_repos(lake.org(), ListRepos::new().with_ghosts()).await.unwrap();
    assert!(ghosts.iter().all(|repo| repo.name != "nothing"), "not even a ghost is left");

    let request = ImportRepo::new("after", lake.bucket(), prefix).unwrap();
    let repo =
        client.import_repo(lake.org(), request, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    let store = Arc::new(repo.store("main").await.unwrap());
    assert_eq!(store.session().read().await.snapshot_id(), &snapshot);
    assert_eq!(dataset::read(&store).await, dataset::values());
}
