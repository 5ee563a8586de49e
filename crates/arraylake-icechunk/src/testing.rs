//! What the tests of this crate share: a scripted source, a clock that tokio can stop, answers of `/open`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arraylake_types::{
    BucketId, CredentialAccess, OpenRepo, OrgName, RepoName, S3Credentials, StorageCredentials, Timestamp,
};
use async_trait::async_trait;
use icechunk::config::Credentials;
use icechunk::storage::S3StaticCredentials;
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

/// Keys that a caller brings in the form that icechunk prints and serialises.
pub(crate) fn fixed_keys() -> Credentials {
    Credentials::S3(icechunk::storage::S3Credentials::Static(S3StaticCredentials {
        access_key_id: SECRET.to_owned(),
        secret_access_key: SECRET.to_owned(),
        session_token: None,
        expires_after: None,
    }))
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

/// The head of a request, and the connection it came on. Whatever else it brought is read, too.
async fn next_request(listener: &TcpListener) -> (String, TcpStream) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    stream.read_exact(&mut vec![0; length]).await.unwrap();
    (head, stream)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

async fn reply(mut stream: TcpStream, status: &str, headers: &str, body: &[u8]) {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
}

/// Answers the first request with 404, and returns its head.
pub(crate) async fn first_request(listener: TcpListener) -> String {
    let (head, stream) = next_request(&listener).await;
    reply(stream, "404 Not Found", "", b"").await;
    head
}

/// An object store that has nothing, and says so only after it has refused the keys of so many requests. Returns its
/// address and how many requests came.
pub(crate) async fn refusing_store(refusals: usize) -> (String, Arc<AtomicUsize>) {
    store_of(None, refusals).await
}

/// The same with this object under every key.
pub(crate) async fn store_of(object: Option<&'static [u8]>, refusals: usize) -> (String, Arc<AtomicUsize>) {
    store(object, refusals, 0).await
}

/// An object store whose first answers break off.
pub(crate) async fn breaking_store(object: &'static [u8], breaks: usize) -> (String, Arc<AtomicUsize>) {
    store(Some(object), 0, breaks).await
}

async fn store(object: Option<&'static [u8]>, refusals: usize, breaks: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (endpoint, count) =
        (format!("http://{}", listener.local_addr().unwrap()), Arc::<AtomicUsize>::default());
    let seen = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (head, mut stream) = next_request(&listener).await;
            let before = seen.fetch_add(1, Ordering::SeqCst);
            match object {
                _ if before < refusals => {
                    reply(stream, "400 Bad Request", "", &failure("ExpiredToken")).await
                }
                _ if before < breaks => {
                    let begun = b"HTTP/1.1 206 Partial Content\r\ncontent-length: 4\r\netag: \"1\"\r\n\r\n0";
                    stream.write_all(begun).await.unwrap();
                }
                Some(object) => serve(stream, &head, object).await,
                None => reply(stream, "404 Not Found", "", &failure("NoSuchKey")).await,
            }
        }
    });
    (endpoint, count)
}

fn failure(code: &str) -> Vec<u8> {
    format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>").into_bytes()
}

/// What a request wants of an object, which may be a part.
async fn serve(stream: TcpStream, head: &str, object: &[u8]) {
    if header(head, "if-match").is_some_and(|tag| tag.trim_matches('"') != "1") {
        return reply(stream, "412 Precondition Failed", "", &failure("PreconditionFailed")).await;
    }
    let Some(range) = header(head, "range").and_then(|range| range.strip_prefix("bytes=")) else {
        return reply(stream, "200 OK", "etag: \"1\"\r\n", object).await;
    };
    let (first, last) = range.split_once('-').unwrap();
    let part = first.parse::<usize>().unwrap()..last.parse::<usize>().unwrap() + 1;
    let headers = format!("etag: \"1\"\r\ncontent-range: bytes {range}/{}\r\n", object.len());
    reply(stream, "206 Partial Content", &headers, &object[part]).await;
}
