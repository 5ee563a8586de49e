//! A local service of its own for each test, and clients of it.

use arraylake_core::{AsyncClient, Config};
use arraylake_local::{LocalConfig, RunningLake};
use arraylake_types::{BucketNickname, OrgName, Secret};

/// A running local service on a directory that goes away with it.
#[derive(Debug)]
pub struct TestLake {
    lake: RunningLake,
    org: OrgName,
    bucket: BucketNickname,
}

impl TestLake {
    pub async fn start() -> Self {
        Self::start_with(LocalConfig::temporary().unwrap()).await
    }

    pub async fn start_with(config: LocalConfig) -> Self {
        let lake = arraylake_local::serve(config).await.unwrap();
        let org = lake.org().parse().unwrap();
        let bucket = "local".parse().unwrap();
        Self { lake, org, bucket }
    }

    pub fn lake(&self) -> &RunningLake {
        &self.lake
    }

    pub fn org(&self) -> &OrgName {
        &self.org
    }

    /// The default bucket config: fixed keys.
    pub fn bucket(&self) -> &BucketNickname {
        &self.bucket
    }

    /// The other seeded bucket config: temporary keys, scoped to a repo.
    pub fn delegated(&self) -> BucketNickname {
        "delegated".parse().unwrap()
    }

    /// A client over HTTP.
    pub fn client(&self) -> AsyncClient {
        self.client_with_token(self.lake.token())
    }

    pub fn client_with_token(&self, token: impl Into<Secret>) -> AsyncClient {
        AsyncClient::builder()
            .with_config(Config::empty())
            .with_service_uri(self.lake.catalog_uri())
            .with_token(token)
            .build()
            .unwrap()
    }

    /// A client whose leaf is the service itself.
    pub fn client_without_socket(&self) -> AsyncClient {
        let leaf = self.lake.service();
        AsyncClient::builder()
            .with_config(Config::empty())
            .with_service_uri("http://local.example.com")
            .with_token(self.lake.token())
            .with_transport(|transport| transport.with_leaf(leaf))
            .build()
            .unwrap()
    }

    pub async fn stop(self) {
        self.lake.shutdown().await;
    }
}
