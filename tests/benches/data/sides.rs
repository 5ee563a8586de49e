//! The two sides: our client, and icechunk alone.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arraylake_core::icechunk::IcechunkRepo;
use arraylake_core::prelude::*;
use arraylake_tests::lake::TestLake;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use icechunk::format::ByteRange;
use icechunk::repository::VersionInfo;
use icechunk::storage::{S3Credentials, S3Options, S3StaticCredentials, Storage, new_s3_storage};
use icechunk::{Repository, Store};
use serde_json::json;
use tokio::sync::RwLock;
use zarrs::storage::{AsyncReadableStorageTraits as _, AsyncWritableStorageTraits as _, StoreKey};

use crate::CHUNK;

/// Chunks under way at a time.
const AT_ONCE: usize = 16;

/// One way to write and to read.
pub(crate) trait Side {
    fn name(&self) -> &'static str;
    /// Writes an array of so many chunks and commits.
    fn write(&self, array: &str, chunks: usize) -> impl Future<Output = Duration>;
    /// Reads all of them, with nothing in memory.
    fn read(&self, array: &str, chunks: usize) -> impl Future<Output = Duration>;
}

/// The definitions of the root and of an array: of bytes, without any codec.
fn definitions(array: &str, chunks: usize) -> [(String, Bytes); 2] {
    let group = json!({"zarr_format": 3, "node_type": "group"});
    let definition = json!({
        "zarr_format": 3, "node_type": "array", "shape": [chunks * CHUNK], "data_type": "uint8", "fill_value": 0,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [CHUNK]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "codecs": [{"name": "bytes"}], "attributes": {},
    });
    [("zarr.json".to_owned(), group), (format!("{array}/zarr.json"), definition)]
        .map(|(key, value)| (key, Bytes::from(value.to_string())))
}

/// Nothing that compresses; the same for all chunks, since nobody looks.
fn content() -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(CHUNK);
    while bytes.len() < CHUNK {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.into()
}

fn key(array: &str, chunk: usize) -> String {
    format!("{array}/c/{chunk}")
}

/// Through the client.
pub(crate) struct Ours {
    repo: IcechunkRepo,
    open: Box<dyn Fn() -> arraylake_core::AsyncClient>,
    name: RepoName,
}

impl Ours {
    pub(crate) async fn new(lake: &TestLake) -> Self {
        let request = NewRepo::new("ours").with_bucket(lake.bucket()).unwrap();
        let repo = lake.client().create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
        let (uri, token) = (lake.lake().catalog_uri().to_string(), lake.lake().token());
        let open = move || {
            let builder = arraylake_core::AsyncClient::builder().with_config(arraylake_core::Config::empty());
            builder.with_service_uri(uri.as_str()).with_token(token.clone()).build().unwrap()
        };
        let name = RepoName::new(lake.org(), "ours").unwrap();
        Self { repo: repo.into_icechunk().unwrap(), open: Box::new(open), name }
    }
}

impl Side for Ours {
    fn name(&self) -> &'static str {
        "ours"
    }

    async fn write(&self, array: &str, chunks: usize) -> Duration {
        let bytes = content();
        let store = self.repo.writable_store("main").await.unwrap();
        for (key, value) in definitions(array, chunks) {
            store.set(&StoreKey::new(key).unwrap(), value).await.unwrap();
        }
        let start = Instant::now();
        let writes = (0..chunks).map(|chunk| {
            let (store, key, bytes) =
                (store.clone(), StoreKey::new(key(array, chunk)).unwrap(), bytes.clone());
            async move { tokio::spawn(async move { store.set(&key, bytes).await }).await.unwrap() }
        });
        stream::iter(writes).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.unwrap();
        store.commit("written").await.unwrap();
        start.elapsed()
    }

    async fn read(&self, array: &str, chunks: usize) -> Duration {
        let repo =
            (self.open)().get_repo(&self.name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
        let store = repo.store("main").await.unwrap();
        let start = Instant::now();
        let reads = (0..chunks).map(|chunk| {
            let (store, key) = (store.clone(), StoreKey::new(key(array, chunk)).unwrap());
            async move {
                tokio::spawn(async move { store.get(&key).await.unwrap().unwrap().len() }).await.unwrap()
            }
        });
        let read: usize =
            stream::iter(reads).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await.iter().sum();
        assert_eq!(read, chunks * CHUNK);
        start.elapsed()
    }
}

/// Without it.
pub(crate) struct Alone {
    storage: Box<dyn Fn() -> Arc<dyn Storage + Send + Sync>>,
}

impl Alone {
    pub(crate) async fn new(lake: &TestLake) -> Self {
        let bucket = lake.client().get_bucket_config(lake.org(), lake.bucket()).await.unwrap();
        let Some(AuthConfig::Hmac { access_key_id: Some(id), secret_access_key: Some(secret), .. }) =
            bucket.auth_config
        else {
            unreachable!("the default bucket has fixed keys")
        };
        let keys = S3StaticCredentials {
            access_key_id: id.expose().to_owned(),
            secret_access_key: secret.expose().to_owned(),
            session_token: None,
            expires_after: None,
        };
        let endpoint = bucket.extra_config.endpoint_url().unwrap().to_owned();
        let storage = move || {
            let options = S3Options::default().with_region("us-east-1").with_endpoint_url(&endpoint);
            let (keys, prefix) = (S3Credentials::Static(keys.clone()), Some("alone".to_owned()));
            let (options, bucket) =
                (options.with_allow_http(true).with_force_path_style(true), bucket.name.clone());
            new_s3_storage(options, bucket, prefix, Some(keys), vec![], vec![], Some(false)).unwrap()
        };
        Repository::create(storage()).execute().await.unwrap();
        Self { storage: Box::new(storage) }
    }

    async fn repository(&self) -> Repository {
        Repository::open((self.storage)()).execute().await.unwrap()
    }
}

impl Side for Alone {
    fn name(&self) -> &'static str {
        "alone"
    }

    async fn write(&self, array: &str, chunks: usize) -> Duration {
        let bytes = content();
        let session = self.repository().await.writable_session("main").await.unwrap();
        let session = Arc::new(RwLock::new(session));
        let store = Arc::new(Store::from_session(Arc::clone(&session)).await);
        for (key, value) in definitions(array, chunks) {
            store.set(&key, value).await.unwrap();
        }
        let start = Instant::now();
        let writes = (0..chunks).map(|chunk| {
            let (store, key, bytes) = (Arc::clone(&store), key(array, chunk), bytes.clone());
            async move { tokio::spawn(async move { store.set(&key, bytes).await }).await.unwrap() }
        });
        stream::iter(writes).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.unwrap();
        session.write().await.commit("written").execute().await.unwrap();
        start.elapsed()
    }

    async fn read(&self, array: &str, chunks: usize) -> Duration {
        let tip = VersionInfo::BranchTipRef("main".to_owned());
        let session = self.repository().await.readonly_session(&tip).await.unwrap();
        let store = Arc::new(Store::from_session(Arc::new(RwLock::new(session))).await);
        let start = Instant::now();
        let reads = (0..chunks).map(|chunk| {
            let (store, key) = (Arc::clone(&store), key(array, chunk));
            let read = async move { store.get(&key, &ByteRange::ALL).await.unwrap().len() };
            async move { tokio::spawn(read).await.unwrap() }
        });
        let read: usize =
            stream::iter(reads).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await.iter().sum();
        assert_eq!(read, chunks * CHUNK);
        start.elapsed()
    }
}
