//! Virtual chunks on the local service: granted, read, taken back; and how far temporary keys reach.

use arraylake_core::icechunk::object_store::aws::AmazonS3Builder;
use arraylake_core::icechunk::object_store::path::Path as Place;
use arraylake_core::icechunk::object_store::{self, ObjectStoreExt as _};
use arraylake_core::icechunk::{ErrorKind, IcechunkRepo};
use arraylake_core::prelude::*;
use arraylake_tests::archive::{self, read};
use arraylake_tests::lake::TestLake;
use arraylake_types::StorageCredentials;

/// Puts the archive into a bucket, and returns the prefix under which it lies and the nickname.
async fn archived(lake: &TestLake, nickname: &BucketNickname) -> String {
    let bucket = BucketRef::Nickname(nickname.clone());
    let client = lake.client();
    let store = client.get_obstore_for_bucket(lake.org(), &bucket, CredentialAccess::Write).await.unwrap();
    store.put(&Place::from("archive/old.bin"), archive::bytes().into()).await.unwrap();
    let name = client.get_bucket_config(lake.org(), nickname).await.unwrap().name;
    if *nickname == lake.delegated() {
        let policy = NewAccessPolicy::new(nickname.clone()).with_subprefix("archive");
        client.set_virtual_chunk_access_policy(lake.org(), policy).await.unwrap();
    }
    format!("s3://{name}/archive/")
}

/// A repo whose array `/old` lies in the archive, in chunks of 1000 bytes.
async fn referring(lake: &TestLake, prefix: &str, nickname: &BucketNickname) -> (RepoName, IcechunkRepo) {
    let client = lake.client();
    let request = NewRepo::new("referring").with_bucket(lake.bucket()).unwrap();
    let name = RepoName::new(lake.org(), "referring").unwrap();
    client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let add = UpdateContainers::new().with_add(prefix, nickname).unwrap();
    let repo = client.authorize_virtual_chunk_access(&name, add, OpenOptions::new()).await.unwrap();
    let repo = repo.into_icechunk().unwrap();
    archive::refer(&repo, &[prefix.to_owned()]).await;
    (name, repo)
}

async fn virtual_chunks_are_read(lake: &TestLake, nickname: BucketNickname) {
    let prefix = archived(lake, &nickname).await;
    let (name, repo) = referring(lake, &prefix, &nickname).await;
    assert_eq!(read(&repo).await.unwrap(), archive::bytes());
    let client = lake.client();
    let containers = client.get_virtual_chunk_containers(&name).await.unwrap();
    assert_eq!(containers.get(&prefix), Some(&Some(nickname.to_string())));
    let repo = client.get_repo(&name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    assert_eq!(read(&repo).await.unwrap(), archive::bytes());
    // Taken back: the references stay, and nobody may follow them.
    client
        .update_virtual_chunk_containers(&name, UpdateContainers::new().with_remove(&prefix))
        .await
        .unwrap();
    let repo = lake.client().get_repo(&name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    let error = read(&repo).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains(&prefix), "the prefix is named: {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_with_fixed_keys_is_no_place_for_virtual_chunks() {
    let lake = TestLake::start().await;
    let client = lake.client();
    client.create_repo(lake.org(), NewRepo::new("referring"), OpenOptions::new()).await.unwrap();
    let name = RepoName::new(lake.org(), "referring").unwrap();
    let bucket = client.get_bucket_config(lake.org(), lake.bucket()).await.unwrap().name;
    let add = UpdateContainers::new().with_add(format!("s3://{bucket}/archive/"), lake.bucket()).unwrap();
    let error = client.authorize_virtual_chunk_access(&name, add, OpenOptions::new()).await.unwrap_err();
    assert!(error.is_conflict() && error.to_string().contains("HMAC"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn virtual_chunks_are_read_with_temporary_keys_until_access_is_taken_back() {
    let lake = TestLake::start().await;
    virtual_chunks_are_read(&lake, lake.delegated()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_of_the_callers_config_that_the_service_does_not_grant_are_refused_with_the_list() {
    use arraylake_core::icechunk::icechunk::storage::S3Options;
    use arraylake_core::icechunk::icechunk::virtual_chunks::VirtualChunkContainer;
    use arraylake_core::icechunk::icechunk::{ObjectStoreConfig, RepositoryConfig};
    let lake = TestLake::start().await;
    let name = RepoName::new(lake.org(), "own").unwrap();
    lake.client().create_repo(lake.org(), NewRepo::new("own"), OpenOptions::new()).await.unwrap();
    let mut config = RepositoryConfig::default();
    for prefix in ["s3://two/", "s3://one/"] {
        let store = ObjectStoreConfig::S3(S3Options::default());
        config
            .set_virtual_chunk_container(VirtualChunkContainer::new(prefix.into(), store).unwrap())
            .unwrap();
    }
    let error = lake.client().get_repo(&name, OpenOptions::new().with_config(config)).await.unwrap_err();
    let arraylake_core::Error::Storage { source, .. } = &error else { panic!("{error:?}") };
    let prefixes = vec!["s3://one/".to_owned(), "s3://two/".to_owned()];
    assert_eq!(source.kind(), &ErrorKind::UnauthorizedContainers { prefixes });
    assert!(error.to_string().contains("s3://one/, s3://two/"), "{error}");
}

/// A bucket seen with certain keys.
fn seen_with(keys: &StorageCredentials, bucket: &str, endpoint: &str) -> object_store::aws::AmazonS3 {
    let StorageCredentials::S3(keys) = keys else { panic!("the local service speaks S3") };
    AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region("us-east-1")
        .with_endpoint(endpoint)
        .with_allow_http(true)
        .with_access_key_id(keys.aws_access_key_id.expose())
        .with_secret_access_key(keys.aws_secret_access_key.expose())
        .with_token(keys.aws_session_token.as_ref().unwrap().expose())
        .build()
        .unwrap()
}

fn is_refused<T>(outcome: object_store::Result<T>) -> bool {
    matches!(outcome, Err(object_store::Error::PermissionDenied { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn temporary_keys_of_a_repo_reach_no_further_than_its_prefix() {
    let lake = TestLake::start().await;
    let client = lake.client();
    let mut prefixes = Vec::new();
    for name in ["mine", "mine2"] {
        let request = NewRepo::new(name).with_bucket(lake.delegated()).unwrap();
        client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
        let name = RepoName::new(lake.org(), name).unwrap();
        prefixes.push(client.get_repo_object(&name).await.unwrap().prefix.to_string());
    }
    let mine = RepoName::new(lake.org(), "mine").unwrap();
    let answer = client.open_repo(&mine).await.unwrap();
    let bucket = &answer.repo_bucket;
    let endpoint = bucket.extra_config.endpoint_url().unwrap();
    let store = seen_with(answer.repo_credentials.as_ref().unwrap(), &bucket.name, endpoint);
    let [own, other] = [&prefixes[0], &prefixes[1]].map(|prefix| Place::from(format!("{prefix}/repo")));
    store.head(&own).await.unwrap();
    store.put(&Place::from(format!("{}/mine", prefixes[0])), "x".into()).await.unwrap();
    assert!(is_refused(store.get(&other).await), "the repo beside it");
    assert!(is_refused(store.get(&Place::from("anything")).await), "the rest of the bucket");
    assert!(is_refused(store.put(&other, "x".into()).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_for_virtual_chunks_read_below_their_prefix_and_do_nothing_else() {
    let lake = TestLake::start().await;
    let prefix = archived(&lake, &lake.delegated()).await;
    let (name, _) = referring(&lake, &prefix, &lake.delegated()).await;
    let answer = lake.client().open_repo(&name).await.unwrap();
    let entry = &answer.virtual_chunk_credentials[&prefix];
    let bucket = prefix.trim_start_matches("s3://").split('/').next().unwrap();
    let store = seen_with(entry.credentials.as_ref().unwrap(), bucket, entry.endpoint_url.as_ref().unwrap());
    store.head(&Place::from("archive/old.bin")).await.unwrap();
    assert!(is_refused(store.put(&Place::from("archive/new.bin"), "x".into()).await));
    assert!(store.delete(&Place::from("archive/old.bin")).await.is_err());
    store.head(&Place::from("archive/old.bin")).await.unwrap();
    assert!(is_refused(store.get(&Place::from("archived/old.bin")).await));
}
