//! A local service of its own for each test, and clients of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use arraylake_core::{AsyncClient, Config};
use arraylake_local::s3::Clock;
use arraylake_local::{LocalConfig, RunningLake};
use arraylake_types::{BucketNickname, OrgName, Secret};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tower::ServiceExt as _;

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

    /// With a clock that runs so many seconds ahead as the number says, and temporary keys that live for five minutes.
    /// Up to a quarter of an hour signatures are taken.
    pub async fn start_with_clock() -> (Self, Arc<AtomicI64>) {
        let ahead = Arc::new(AtomicI64::new(0));
        let hand = Arc::clone(&ahead);
        let clock = Clock::from_fn(move || {
            let now: chrono::DateTime<chrono::Utc> = SystemTime::now().into();
            now + chrono::TimeDelta::seconds(hand.load(Ordering::SeqCst))
        });
        let config = LocalConfig::temporary().unwrap().with_clock(clock);
        let config = config.with_credential_lifetime(chrono::TimeDelta::seconds(300));
        (Self::start_with(config).await, ahead)
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

    /// A client over HTTP that takes the service to be elsewhere: behind a proxy.
    pub fn client_at(&self, uri: &str) -> AsyncClient {
        let builder = AsyncClient::builder().with_config(Config::empty()).with_service_uri(uri);
        builder.with_token(self.lake.token()).build().unwrap()
    }

    pub fn client_with_token(&self, token: impl Into<Secret>) -> AsyncClient {
        AsyncClient::builder()
            .with_config(Config::empty())
            .with_service_uri(self.lake.catalog_uri())
            .with_token(token)
            .build()
            .unwrap()
    }

    /// A client whose leaf is the service itself, and whose requests somebody sees, and may change, on their way.
    pub fn client_seen_by(
        &self,
        see: impl Fn(&mut Request<Full<Bytes>>) + Clone + Send + Sync + 'static,
    ) -> AsyncClient {
        let service = self.lake.service();
        let leaf = tower::service_fn(move |mut request: Request<Full<Bytes>>| {
            see(&mut request);
            service.clone().oneshot(request)
        });
        AsyncClient::builder()
            .with_config(Config::empty())
            .with_service_uri("http://local.example.com")
            .with_token(self.lake.token())
            .with_transport(|transport| transport.with_leaf(leaf))
            .build()
            .unwrap()
    }

    /// A client whose leaf is the service itself.
    pub fn client_without_socket(&self) -> AsyncClient {
        self.client_seen_by(|_| ())
    }

    pub async fn stop(self) {
        self.lake.shutdown().await;
    }
}
