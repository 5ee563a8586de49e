//! Who may do what: expiry, session tokens, scopes, public buckets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arraylake_local::s3::{Access, Clock, Grant};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use chrono::{TimeDelta, Utc};

use super::support::{BUCKET, Served, open, refusal, serve, served};

fn denied() -> (u16, String) {
    (403, "AccessDenied".to_owned())
}

async fn put(client: &Client, bucket: &str, key: &str) {
    client.put_object().bucket(bucket).key(key).body(ByteStream::from_static(b"1")).send().await.unwrap();
}

fn scoped(served: &Served, access: Access) -> Client {
    let grants = vec![Grant::new(BUCKET, "org/repo", access)];
    served.temporary(&served.endpoint.temporary_keys().mint(grants, TimeDelta::hours(1)))
}

#[tokio::test]
async fn a_temporary_key_works_until_it_expires() {
    let dir = tempfile::tempdir().unwrap();
    let ahead = Arc::new(AtomicI64::new(0));
    let hand = Arc::clone(&ahead);
    let clock = Clock::from_fn(move || Utc::now() + TimeDelta::seconds(hand.load(Ordering::SeqCst)));
    let served = serve(open(dir.path(), clock)).await;
    let client = scoped(&served, Access::ReadWrite);
    put(&client, BUCKET, "org/repo/k").await;
    ahead.store(3_601, Ordering::SeqCst);
    let late = client.get_object().bucket(BUCKET).key("org/repo/k").send().await;
    assert_eq!(refusal(late), (400, "ExpiredToken".to_owned()));
}

#[tokio::test]
async fn wrong_tokens_secrets_and_keys_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let served = served(dir.path()).await;
    let key = served.endpoint.temporary_keys().mint(Vec::new(), TimeDelta::hours(1));
    let (id, secret) = (key.access_key_id.as_str(), key.secret_access_key.expose());
    for token in [None, Some("7b7d.00".to_owned()), Some("nonsense".to_owned())] {
        let client = served.client(Some(Credentials::new(id, secret, token, None, "test")));
        let refused = client.get_object().bucket(BUCKET).key("k").send().await;
        assert_eq!(refusal(refused), (400, "InvalidToken".to_owned()));
    }
    for (id, secret, code) in
        [("admin", "wrong", "SignatureDoesNotMatch"), ("nobody", "secret", "InvalidAccessKeyId")]
    {
        let client = served.client(Some(Credentials::new(id, secret, None, None, "test")));
        let refused = client.get_object().bucket(BUCKET).key("k").send().await;
        assert_eq!(refusal(refused), (403, code.to_owned()));
    }
}

#[tokio::test]
async fn a_scope_ends_at_its_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let served = served(dir.path()).await;
    let (admin, client) = (served.admin(), scoped(&served, Access::ReadWrite));
    for key in ["org/repo/k", "org/repo2/k", "org/k"] {
        put(&admin, BUCKET, key).await;
    }
    assert!(client.get_object().bucket(BUCKET).key("org/repo/k").send().await.is_ok());
    let missing = client.get_object().bucket(BUCKET).key("org/repo/missing").send().await;
    assert_eq!(refusal(missing).0, 404);
    assert_eq!(refusal(client.get_object().bucket(BUCKET).key("org/repo2/k").send().await), denied());
    assert_eq!(refusal(client.put_object().bucket(BUCKET).key("org/k").send().await), denied());
    let copy = |source: &str| {
        client.copy_object().bucket(BUCKET).key("org/repo/copy").copy_source(format!("{BUCKET}/{source}"))
    };
    assert!(copy("org/repo/k").send().await.is_ok());
    assert_eq!(refusal(copy("org/repo2/k").send().await), denied());
    assert_eq!(refusal(client.create_bucket().bucket("another").send().await), denied());
    assert_eq!(refusal(client.delete_bucket().bucket(BUCKET).send().await), denied());
}

#[tokio::test]
async fn lists_show_only_what_the_key_may_read() {
    let dir = tempfile::tempdir().unwrap();
    let served = served(dir.path()).await;
    let (admin, client) = (served.admin(), scoped(&served, Access::Read));
    for key in ["org/repo/k", "org/repo2/k"] {
        put(&admin, BUCKET, key).await;
    }
    for prefix in ["org/repo/", "org/repo"] {
        let listed = client.list_objects_v2().bucket(BUCKET).prefix(prefix).send().await.unwrap();
        let keys: Vec<_> = listed.contents().iter().map(|object| object.key().unwrap()).collect();
        assert_eq!(keys, ["org/repo/k"]);
        let tree =
            client.list_objects_v2().bucket(BUCKET).prefix(prefix).delimiter("/").send().await.unwrap();
        assert!(tree.common_prefixes().iter().all(|found| found.prefix() == Some("org/repo/")));
    }
    for prefix in ["", "org/", "org/rep"] {
        let refused = client.list_objects_v2().bucket(BUCKET).prefix(prefix).send().await;
        assert_eq!(refusal(refused), denied(), "{prefix}");
    }
    served.endpoint.create_bucket("another").unwrap();
    let buckets = client.list_buckets().send().await.unwrap();
    assert_eq!(buckets.buckets().len(), 1);
    assert_eq!(admin.list_buckets().send().await.unwrap().buckets().len(), 2);
}

#[tokio::test]
async fn a_reader_cannot_write_or_delete() {
    let dir = tempfile::tempdir().unwrap();
    let served = served(dir.path()).await;
    put(&served.admin(), BUCKET, "org/repo/k").await;
    let client = scoped(&served, Access::Read);
    assert_eq!(refusal(client.put_object().bucket(BUCKET).key("org/repo/k").send().await), denied());
    assert_eq!(refusal(client.delete_object().bucket(BUCKET).key("org/repo/k").send().await), denied());
    let start = client.create_multipart_upload().bucket(BUCKET).key("org/repo/k").send().await;
    assert_eq!(refusal(start), denied());
}

#[tokio::test]
async fn each_key_of_a_mass_deletion_is_checked() {
    let dir = tempfile::tempdir().unwrap();
    let served = served(dir.path()).await;
    for key in ["org/repo/k", "org/k"] {
        put(&served.admin(), BUCKET, key).await;
    }
    let client = scoped(&served, Access::ReadWrite);
    let named = ["org/repo/k", "org/k"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(named.to_vec())).build().unwrap();
    let done = client.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    assert_eq!(done.deleted()[0].key(), Some("org/repo/k"));
    assert_eq!((done.errors()[0].key(), done.errors()[0].code()), (Some("org/k"), Some("AccessDenied")));
    assert!(served.endpoint.read(BUCKET, "org/k").await.unwrap().is_some());
    assert!(served.endpoint.read(BUCKET, "org/repo/k").await.unwrap().is_none());
}

#[tokio::test]
async fn public_buckets_are_read_by_everybody_and_written_by_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let served = served(dir.path()).await;
    served.endpoint.create_bucket("public").unwrap();
    put(&served.admin(), "public", "k").await;
    put(&served.admin(), BUCKET, "k").await;
    for client in [served.anonymous(), scoped(&served, Access::Read)] {
        assert!(client.get_object().bucket("public").key("k").send().await.is_ok());
        assert_eq!(refusal(client.get_object().bucket("public").key("no").send().await).0, 404);
        assert_eq!(client.list_objects_v2().bucket("public").send().await.unwrap().contents().len(), 1);
        assert_eq!(refusal(client.put_object().bucket("public").key("k").send().await), denied());
        assert_eq!(refusal(client.get_object().bucket(BUCKET).key("k").send().await), denied());
    }
    assert_eq!(refusal(served.anonymous().list_buckets().send().await), denied());
}

#[tokio::test]
async fn buckets_come_and_go_with_the_admin_key() {
    let dir = tempfile::tempdir().unwrap();
    let served = served(dir.path()).await;
    let admin = served.admin();
    admin.create_bucket().bucket("another").send().await.unwrap();
    let again = admin.create_bucket().bucket("another").send().await;
    assert_eq!(refusal(again).0, 409);
    put(&admin, "another", "a/b").await;
    assert_eq!(
        refusal(admin.delete_bucket().bucket("another").send().await),
        (409, "BucketNotEmpty".to_owned())
    );
    assert_eq!(served.endpoint.delete_prefix("another", "a").await.unwrap(), 1);
    admin.delete_bucket().bucket("another").send().await.unwrap();
    assert_eq!(refusal(admin.head_bucket().bucket("another").send().await).0, 404);
    assert_eq!(served.endpoint.buckets().unwrap(), [BUCKET]);
    assert!(served.endpoint.create_bucket("../etc").is_err());
}

#[tokio::test]
async fn one_endpoint_serves_a_directory_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), Clock::system());
    let second =
        arraylake_local::s3::Endpoint::open(dir.path(), Arc::new(super::support::Keys), Clock::system());
    assert_eq!(second.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(first);
    open(dir.path(), Clock::system());
}
