//! Whole buckets as object stores, on the local service.

use arraylake_blocking::Client;
use arraylake_core::icechunk::object_store::path::Path;
use arraylake_core::icechunk::object_store::{Error, ObjectStoreExt as _};
use arraylake_core::prelude::*;
use arraylake_tests::lake::TestLake;
use futures_util::TryStreamExt as _;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_are_written_listed_read_and_deleted_with_fixed_and_with_temporary_keys() {
    let lake = TestLake::start().await;
    let client = lake.client();
    for nickname in [lake.bucket().clone(), lake.delegated()] {
        let bucket = BucketRef::Nickname(nickname);
        let store =
            client.get_obstore_for_bucket(lake.org(), &bucket, CredentialAccess::Write).await.unwrap();
        let place = Path::from("some/where/file.txt");
        store.put(&place, "hello".into()).await.unwrap();
        let found: Vec<_> = store.list(Some(&Path::from("some"))).try_collect().await.unwrap();
        assert_eq!(found.iter().map(|object| &object.location).collect::<Vec<_>>(), [&place]);
        assert_eq!(store.get_range(&place, 1..3).await.unwrap(), "el");
        store.delete(&place).await.unwrap();
        assert!(matches!(store.head(&place).await.unwrap_err(), Error::NotFound { .. }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_for_reading_read_and_do_not_write() {
    let lake = TestLake::start().await;
    let (client, bucket) = (lake.client(), BucketRef::Nickname(lake.delegated()));
    let writer = client.get_obstore_for_bucket(lake.org(), &bucket, CredentialAccess::Write).await.unwrap();
    writer.put(&Path::from("a"), "hello".into()).await.unwrap();
    let reader = client.get_obstore_for_bucket(lake.org(), &bucket, CredentialAccess::Read).await.unwrap();
    assert_eq!(reader.get(&Path::from("a")).await.unwrap().bytes().await.unwrap(), "hello");
    let refused = reader.put(&Path::from("b"), "hello".into()).await.unwrap_err();
    assert!(matches!(refused, Error::PermissionDenied { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_prefix_of_a_bucket_config_is_the_root_of_its_store() {
    let lake = TestLake::start().await;
    let client = lake.client();
    let whole = BucketRef::Nickname(lake.bucket().clone());
    let model = client.get_bucket_config(lake.org(), lake.bucket()).await.unwrap();
    let endpoint = model.extra_config.endpoint_url().unwrap().to_owned();
    let Some(AuthConfig::Hmac { access_key_id: Some(id), secret_access_key: Some(secret), .. }) =
        model.auth_config
    else {
        panic!("the default bucket has fixed keys")
    };
    let part = NewBucket::new("part", &format!("s3://{}/deep/down", model.name))
        .unwrap()
        .with_endpoint_url(endpoint)
        .with_region("us-east-1")
        .with_use_ssl(false)
        .with_auth(AuthConfig::hmac(id, secret));
    client.create_bucket_config(lake.org(), part).await.unwrap();
    let part = BucketRef::Nickname("part".parse().unwrap());
    let store = client.get_obstore_for_bucket(lake.org(), &part, CredentialAccess::Write).await.unwrap();
    store.put(&Path::from("a"), "hello".into()).await.unwrap();
    let whole = client.get_obstore_for_bucket(lake.org(), &whole, CredentialAccess::Read).await.unwrap();
    whole.head(&Path::from("deep/down/a")).await.unwrap();
}

#[test]
fn a_store_of_the_blocking_client_is_used_in_its_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let lake = runtime.block_on(TestLake::start());
    let client = Client::from(lake.client());
    let bucket = BucketRef::Nickname(lake.delegated());
    let store = client.get_obstore_for_bucket(lake.org(), &bucket, CredentialAccess::Write).unwrap();
    let bytes = client.run(|_| async move {
        store.put(&Path::from("a"), "hello".into()).await?;
        store.get(&Path::from("a")).await?.bytes().await
    });
    assert_eq!(bytes.unwrap(), "hello");
}
