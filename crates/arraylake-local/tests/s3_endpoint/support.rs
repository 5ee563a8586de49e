//! What the tests of the S3 endpoint share: a served endpoint on a directory of its own, and clients for it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use arraylake_local::s3::{Clock, CredentialStore, Endpoint, MintedKey, S3Key, Scope};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

pub(crate) const BUCKET: &str = "data";

/// One admin key, and a bucket named `public` that everybody may read.
#[derive(Debug)]
pub(crate) struct Keys;

impl CredentialStore for Keys {
    fn lookup(&self, access_key_id: &str) -> Option<S3Key> {
        (access_key_id == "admin").then(|| S3Key::new("admin-secret", Scope::Admin))
    }

    fn is_public(&self, bucket: &str) -> bool {
        bucket == "public"
    }
}

/// An endpoint behind a port of this machine.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) endpoint: Endpoint,
    pub(crate) address: SocketAddr,
}

pub(crate) fn open(dir: &Path, clock: Clock) -> Endpoint {
    let endpoint = Endpoint::open(dir, Arc::new(Keys), clock).unwrap();
    endpoint.create_bucket(BUCKET).unwrap();
    endpoint
}

pub(crate) async fn serve(endpoint: Endpoint) -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = endpoint.service();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let io = hyper_util::rt::TokioIo::new(socket);
            let service = service.clone();
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
        }
    });
    Served { endpoint, address }
}

pub(crate) async fn served(dir: &Path) -> Served {
    serve(open(dir, Clock::system())).await
}

impl Served {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn admin(&self) -> Client {
        self.client(Some(Credentials::new("admin", "admin-secret", None, None, "test")))
    }

    pub(crate) fn anonymous(&self) -> Client {
        self.client(None)
    }

    pub(crate) fn temporary(&self, key: &MintedKey) -> Client {
        let (secret, token) = (key.secret_access_key.expose(), key.session_token.expose());
        self.client(Some(Credentials::new(&key.access_key_id, secret, Some(token.to_owned()), None, "test")))
    }

    pub(crate) fn client(&self, credentials: Option<Credentials>) -> Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .endpoint_url(self.url())
            .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
            .force_path_style(true);
        Client::from_conf(match credentials {
            Some(credentials) => config.credentials_provider(credentials).build(),
            None => config.allow_no_auth().build(),
        })
    }
}

/// A test of this program in another process, which is told a directory, and the lines that it prints.
pub(crate) fn child(test: &str, variable: &str, dir: &Path) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(variable, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines.map(Result::unwrap))
}

/// The status and the code of a refusal.
pub(crate) fn refusal<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E, aws_sdk_s3::config::http::HttpResponse>>,
) -> (u16, String) {
    let error = result.unwrap_err();
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    (status, error.code().unwrap_or_default().to_owned())
}

/// The ETag of an object with this content, as it goes over the wire.
pub(crate) fn etag_of(content: &[u8]) -> String {
    format!("\"{:032x}-1\"", twox_hash::XxHash3_128::oneshot(content))
}
