//! A local service behind proxies, and a repository in it that all clients reach through them.

use std::sync::Arc;
use std::time::Duration;

use arraylake_core::AsyncClient;
use arraylake_core::prelude::*;
use arraylake_tests::lake::TestLake;
use arraylake_tests::proxy::{Manners, Proxy};
use zarrs::array::{ArrayBuilder, data_type};
use zarrs::group::GroupBuilder;

/// Numbers in a chunk, too many for it to be inlined.
pub(crate) const CHUNK: usize = 2000;

pub(crate) struct Stage {
    pub(crate) lake: TestLake,
    pub(crate) repo: RepoName,
    catalog: Proxy,
    store: Proxy,
}

impl Stage {
    /// With proxies that let each request wait for so long.
    pub(crate) async fn set(delay: Duration) -> Self {
        let lake = TestLake::start().await;
        let manners = Manners { delay, ..Manners::default() };
        let catalog = Proxy::start(lake.lake().catalog_uri().trim_end_matches('/'), manners).await;
        let bucket = lake.client().get_bucket_config(lake.org(), lake.bucket()).await.unwrap();
        let endpoint = bucket.extra_config.endpoint_url().unwrap().trim_end_matches('/').to_owned();
        let store = Proxy::start(endpoint, manners).await;
        let through = NewBucket::new("measured", &format!("s3://{}", bucket.name))
            .unwrap()
            .with_endpoint_url(store.uri())
            .with_region("us-east-1")
            .with_use_ssl(false)
            .with_auth(bucket.auth_config.unwrap());
        lake.client().create_bucket_config(lake.org(), through).await.unwrap();
        let repo = RepoName::new(lake.org(), "measured").unwrap();
        let stage = Self { lake, repo, catalog, store };
        stage.fill().await;
        stage.take();
        stage
    }

    async fn fill(&self) {
        let request = NewRepo::new("measured").with_bucket("measured").unwrap();
        let repo =
            self.lake.client().create_repo(self.lake.org(), request, OpenOptions::new()).await.unwrap();
        let store = Arc::new(repo.into_icechunk().unwrap().writable_store("main").await.unwrap());
        let group = GroupBuilder::new().build(Arc::clone(&store), "/").unwrap();
        group.async_store_metadata().await.unwrap();
        let (shape, chunk) = (vec![2 * CHUNK as u64], vec![CHUNK as u64]);
        let array = ArrayBuilder::new(shape, chunk, data_type::float64(), 0.0f64);
        let array = array.build(Arc::clone(&store), "/large").unwrap();
        array.async_store_metadata().await.unwrap();
        array.async_store_chunk(&[1], vec![1.5f64; CHUNK]).await.unwrap();
        store.commit("one chunk").await.unwrap();
    }

    /// Where the catalog is, behind its proxy.
    pub(crate) fn catalog_uri(&self) -> &str {
        self.catalog.uri()
    }

    /// A client that knows nothing yet.
    pub(crate) fn client(&self) -> AsyncClient {
        self.lake.client_at(self.catalog.uri())
    }

    /// Requests to the catalog and to the object store since the last look.
    pub(crate) fn take(&self) -> (usize, usize) {
        (self.catalog.take().len(), self.store.take().len())
    }
}
