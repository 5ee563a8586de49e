//! The service and everybody's way to it.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use arraylake_core::prelude::*;
use arraylake_core::types::AuthConfig;
use arraylake_core::v1::{AsyncRepo, CommitPolicy, RepoOptions};
use arraylake_core::{AsyncClient, Config};
use arraylake_local::{LocalConfig, serve};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use serde_json::Value;
use tokio::sync::oneshot;

/// Requests under way at once, ours and bare ones; Python has four, which more do not make faster.
pub(crate) const AT_ONCE: usize = 16;

/// Names the interpreter with Python 0.20.0.
const PYTHON: &str = "ARRAYLAKE_TEST_VENV_PYTHON_020_ZARR2";

/// A service on a thread of its own. It ends with this, and its directory goes with it.
pub(crate) struct World {
    service: Option<Service>,
    pub(crate) client: AsyncClient,
    pub(crate) org: OrgName,
    python: Option<PathBuf>,
    catalog: String,
    token: String,
}

struct Service {
    end: oneshot::Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(Service { end, thread }) = self.service.take() {
            drop(end);
            thread.join().expect("the service ends");
        }
    }
}

impl World {
    pub(crate) fn start() -> Self {
        let (told, addresses) = mpsc::channel();
        let (end, ended) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let lake = serve(LocalConfig::temporary().expect("a directory")).await.expect("a service");
                let token = lake.token().expose().to_owned();
                told.send((lake.catalog_uri().to_owned(), token)).expect("the benchmark waits");
                // Nothing is ever sent: the other side is dropped.
                let _ = ended.await;
                lake.shutdown().await;
            });
        });
        let (catalog, token) = addresses.recv().expect("the service starts");
        let mut world = Self::at(&format!("{catalog} {token}"));
        world.service = Some(Service { end, thread });
        world
    }

    /// A service that runs already, by its [`address`](Self::address).
    pub(crate) fn at(address: &str) -> Self {
        let (catalog, token) = address.split_once(' ').expect("an address and a token");
        let client = AsyncClient::builder().with_config(Config::empty()).with_service_uri(catalog);
        let client = client.with_token(token).build().expect("a client");
        let (catalog, token) = (catalog.to_owned(), token.to_owned());
        let python = std::env::var_os(PYTHON).map(PathBuf::from);
        Self { service: None, client, org: "local".parse().expect("a name"), python, catalog, token }
    }

    /// Where the service is, and the token for it, for programs that this one starts.
    pub(crate) fn address(&self) -> String {
        format!("{} {}", self.catalog, self.token)
    }

    /// A new repo, opened as a fast writer would open it.
    pub(crate) async fn create(&self, name: &str) -> AsyncRepo {
        let request = NewRepo::new(name).with_kind(RepoKind::V1).with_bucket("local").expect("a bucket");
        let options = OpenOptions::new().with_v1(options());
        let repo = self.client.create_repo(&self.org, request, options).await.expect("a repo");
        repo.into_v1().expect("a V1 repo")
    }

    /// A handle of its own on a repo.
    pub(crate) async fn open(&self, name: &str) -> AsyncRepo {
        let name = RepoName::new(&self.org, name).expect("a name");
        let repo = self.client.get_repo(&name, OpenOptions::new().with_v1(options())).await.expect("a repo");
        repo.into_v1().expect("a V1 repo")
    }

    /// The bucket of the repos without anything around it.
    pub(crate) async fn bucket(&self) -> AmazonS3 {
        let nickname = "local".parse().expect("a nickname");
        let bucket = self.client.get_bucket_config(&self.org, &nickname).await.expect("a bucket");
        let endpoint = bucket.extra_config.endpoint_url().expect("an endpoint").to_owned();
        let Some(AuthConfig::Hmac { access_key_id: Some(id), secret_access_key: Some(secret), .. }) =
            &bucket.auth_config
        else {
            unreachable!("the local bucket has keys")
        };
        AmazonS3Builder::new()
            .with_endpoint(endpoint)
            .with_allow_http(true)
            .with_region("us-east-1")
            .with_bucket_name(&bucket.name)
            .with_access_key_id(id.expose())
            .with_secret_access_key(secret.expose())
            .build()
            .expect("a store")
    }

    /// Seconds that Python says something took.
    pub(crate) fn python(&self, arguments: &[&str]) -> f64 {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/v1_bench.py");
        let home = tempfile::tempdir().expect("a directory");
        let python = self.python.as_ref().expect("run this by `cargo xtask bench v1`, which names Python");
        let mut python = Command::new(python);
        python.arg(script).args(arguments).env("HOME", home.path()).env("ARRAYLAKE_CONFIG", home.path());
        python.env("ARRAYLAKE_SERVICE__URI", &self.catalog).env("ARRAYLAKE_TOKEN", &self.token);
        let output = python.env("TEST_ORG", "local").output().expect("Python runs");
        let (said, complaint) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let said: Option<Value> = said.lines().last().and_then(|line| serde_json::from_str(line).ok());
        said.and_then(|said| said["seconds"].as_f64()).unwrap_or_else(|| unreachable!("{complaint}"))
    }
}

fn options() -> RepoOptions {
    let count = |count| NonZeroUsize::new(count).expect("more than none");
    let pause = Duration::from_millis(10);
    let policy = CommitPolicy::new().with_max_attempts(1000).with_pauses(pause, pause, 20 * pause);
    RepoOptions::new().with_batch_size(count(1000)).with_commit_policy(policy)
}

/// The most memory that this program has had, in MiB; 0 where nobody tells.
pub(crate) fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
