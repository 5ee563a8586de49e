//! A repo in a bucket of a cloud, without a catalog: what one would say of it, and what is done with it.

use std::sync::Arc;

use arraylake_icechunk::object_store::ObjectStoreExt as _;
use arraylake_icechunk::object_store::path::Path;
use arraylake_icechunk::{IcechunkRepo, Opener};
use arraylake_types::{BucketResponse, CredentialAccess, OpenRepo, RepoName};
use serde_json::{Value, json};
use zarrs::array::{ArrayBuilder, data_type};

use crate::{archive, dataset};

/// The name of the repo.
pub fn repo() -> RepoName {
    "acme/era5".parse().unwrap()
}

/// What a catalog would say of it, without credentials.
pub fn answer(platform: &str, bucket: &str, endpoint: &str, auth: Value) -> OpenRepo {
    let text = json!({
        "repo_bucket": {
            "id": "11111111-1111-4111-8111-111111111111",
            "nickname": "cloud", "platform": platform, "name": bucket, "prefix": "team",
            "extra_config": {"endpoint_url": endpoint},
            "auth_config": auth,
        },
        "repo_prefix": "team/era5",
        "author": {"name": null, "email": "ada@example.com"},
    });
    serde_json::from_value(text).unwrap()
}

/// The same, with a container of virtual chunks.
pub fn granting(answer: &OpenRepo, prefix: &str, entry: Value) -> OpenRepo {
    let mut answer = serde_json::to_value(answer).unwrap();
    answer["virtual_chunk_credentials"][prefix] = entry;
    serde_json::from_value(answer).unwrap()
}

/// Commits a dataset.
pub async fn write(repo: &IcechunkRepo) {
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    dataset::write(&store).await;
    store.commit("in a cloud").await.unwrap();
}

/// Uploads so many chunks that are never committed.
pub async fn lose(repo: &IcechunkRepo, chunks: u64) {
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    let array = ArrayBuilder::new(vec![2000 * chunks], vec![2000], data_type::float64(), 0.0f64);
    let array = array.build(store, "/lost").unwrap();
    array.async_store_metadata().await.unwrap();
    for chunk in 0..chunks {
        array.async_store_chunk(&[chunk], vec![1.5 + chunk as f64; 2000]).await.unwrap();
    }
}

/// Puts the file that virtual chunks lie in below `archive/` of a bucket, whatever its prefix is.
pub async fn put_archive(opener: &Opener, mut bucket: BucketResponse) {
    bucket.prefix = String::new();
    let store = opener.bucket_store(&"acme".parse().unwrap(), bucket, CredentialAccess::Write).await.unwrap();
    let place = Path::from(format!("archive/{}", archive::FILE));
    store.put(&place, archive::bytes().into()).await.unwrap();
}
