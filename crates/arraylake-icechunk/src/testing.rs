//! What the tests of this crate share: a scripted source, a clock that tokio can stop, answers of `/open`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arraylake_types::{
    BucketId, CredentialAccess, OpenRepo, OrgName, RepoName, S3Credentials, StorageCredentials, Timestamp,
};
use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::{CredentialCache, CredentialError, CredentialSource, Opener};

/// Stands in every secret, so that a leak is found by looking for it.
pub(crate) const SECRET: &str = "MARKER-SECRET";

pub(crate) fn repo() -> RepoName {
    "acme/era5".parse().unwrap()
}

/// A wall clock that runs with tokio's, paused or not.
pub(crate) fn clock() -> impl Fn() -> Timestamp + Send + Sync + Clone + 'static {
    let start = Instant::now();
    move || {
        let passed = start.elapsed();
        let seconds = 1_900_000_000 + i64::try_from(passed.as_secs()).unwrap();
        Timestamp::from_unix(seconds, passed.subsec_nanos()).unwrap()
    }
}

pub(crate) fn keys(expiration: Option<Timestamp>) -> StorageCredentials {
    let keys = S3Credentials::new(SECRET, SECRET);
    match expiration {
        Some(end) => keys.with_session(SECRET, end).into(),
        None => keys.into(),
    }
}

/// An answer of `/open` about an S3 bucket with delegated credentials, changed by `change`.
pub(crate) fn answer(change: impl FnOnce(&mut Value)) -> OpenRepo {
    let mut text = json!({
        "repo_bucket": {
            "nickname": "main", "platform": "s3", "name": "bucket",
            "extra_config": {"region_name": "eu-west-1"},
            "auth_config": {"method": "aws_customer_managed_role"},
        },
        "repo_prefix": "team/era5",
        "author": {"name": null, "email": "ada@example.com"},
        "principal_id": "9f0a2f2e-4b7e-4c57-9a35-1f64c2d5a0b1",
    });
    change(&mut text);
    serde_json::from_value(text).unwrap()
}

/// A source that vends keys of a certain life, counts, and fails on request.
#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) calls: AtomicUsize,
    pub(crate) opened: AtomicUsize,
    pub(crate) down: AtomicBool,
    pub(crate) failures: Mutex<VecDeque<CredentialError>>,
    pub(crate) answer: Mutex<OpenRepo>,
    /// Given for bucket configs, if not keys of a certain life.
    pub(crate) given: Mutex<Option<StorageCredentials>>,
    /// What credentials of bucket configs were wanted for.
    pub(crate) accesses: Mutex<Vec<CredentialAccess>>,
    life: Duration,
    delay: Duration,
    clock: Clock,
}

struct Clock(Box<dyn Fn() -> Timestamp + Send + Sync>);

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl Fake {
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    async fn travel(&self) -> Result<Timestamp, CredentialError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.delay).await;
        if let Some(error) = self.failures.lock().unwrap().pop_front() {
            return Err(error);
        }
        if self.down.load(Ordering::SeqCst) {
            return Err(CredentialError::transient("the service is down"));
        }
        Ok((self.clock.0().to_chrono() + self.life).into())
    }
}

#[async_trait]
impl CredentialSource for Fake {
    fn api_url(&self) -> &str {
        "https://api.example.com"
    }

    async fn open_repo(&self, _: &RepoName) -> Result<OpenRepo, CredentialError> {
        let end = self.travel().await?;
        self.opened.fetch_add(1, Ordering::SeqCst);
        let mut answer = self.answer.lock().unwrap().clone();
        for container in answer.virtual_chunk_credentials.values_mut() {
            container.credentials = container.credentials.as_ref().map(|_| keys(Some(end)));
        }
        Ok(answer)
    }

    async fn bucket_credentials(&self, _: &RepoName) -> Result<StorageCredentials, CredentialError> {
        Ok(keys(Some(self.travel().await?)))
    }

    async fn org_bucket_credentials(
        &self,
        _: &OrgName,
        _: BucketId,
        access: CredentialAccess,
    ) -> Result<StorageCredentials, CredentialError> {
        let end = self.travel().await?;
        self.accesses.lock().unwrap().push(access);
        let given = self.given.lock().unwrap().clone();
        Ok(given.unwrap_or_else(|| keys(Some(end))))
    }
}

/// A source, the same as the cache wants it, and a cache, by one clock. Answers take `delay`.
pub(crate) struct Setup {
    pub(crate) fake: Arc<Fake>,
    pub(crate) source: Arc<dyn CredentialSource>,
    pub(crate) cache: CredentialCache,
    pub(crate) clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

pub(crate) fn setup(life: Duration, delay: Duration) -> Setup {
    let clock = clock();
    let fake = Arc::new(Fake {
        calls: AtomicUsize::new(0),
        opened: AtomicUsize::new(0),
        down: AtomicBool::new(false),
        failures: Mutex::default(),
        answer: Mutex::new(answer(|_| {})),
        given: Mutex::default(),
        accesses: Mutex::default(),
        life,
        delay,
        clock: Clock(Box::new(clock.clone())),
    });
    let source = Arc::clone(&fake) as Arc<dyn CredentialSource>;
    Setup { fake, source, cache: CredentialCache::with_clock(clock.clone()), clock: Box::new(clock) }
}

impl Setup {
    pub(crate) fn opener(&self) -> Opener {
        Opener::new(Arc::clone(&self.source), self.cache.clone())
    }
}

/// The head of a request, and the connection it came on.
async fn next_request(listener: &TcpListener) -> (String, TcpStream) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    (String::from_utf8(head).unwrap(), stream)
}

/// Answers the first request with 404, and returns its head.
pub(crate) async fn first_request(listener: TcpListener) -> String {
    let (head, mut stream) = next_request(&listener).await;
    let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(answer).await.unwrap();
    head
}

/// An object store that has nothing, and says so only after it has refused the keys of so many requests. Returns its
/// address and how many requests came.
pub(crate) async fn refusing_store(mut refusals: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (endpoint, count) =
        (format!("http://{}", listener.local_addr().unwrap()), Arc::<AtomicUsize>::default());
    let seen = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (_, mut stream) = next_request(&listener).await;
            seen.fetch_add(1, Ordering::SeqCst);
            let (status, code) = if refusals > 0 {
                ("400 Bad Request", "ExpiredToken")
            } else {
                ("404 Not Found", "NoSuchKey")
            };
            refusals = refusals.saturating_sub(1);
            let body = format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>");
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    (endpoint, count)
}
