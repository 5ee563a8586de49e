//! Azurite, the emulator of Azure Blob Storage that `cargo xtask test` installs.

use std::process::Stdio;

use arraylake_types::StorageCredentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::installed::{NO_INTEROP, installed};

const VARIABLE: &str = "ARRAYLAKE_TEST_AZURITE";
/// The account that every Azurite has.
pub const ACCOUNT: &str = "devstoreaccount1";
/// Its key, which everybody knows.
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
/// The name of the container in it.
pub const CONTAINER: &str = "container";
/// The name of the container that anybody may read, once something is published in it.
pub const PUBLIC: &str = "public";

/// A running Azurite with an empty container, all in memory. It ends with this value.
#[derive(Debug)]
pub struct Azurite {
    endpoint: String,
    _process: Child,
}

impl Azurite {
    /// Starts one; none if the tests that need others' programs were left out on purpose.
    pub async fn start() -> Option<Self> {
        let script = installed(VARIABLE, NO_INTEROP)?;
        let mut process = Command::new("node")
            .arg(script)
            .args(["--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence"])
            .args(["--disableTelemetry", "--skipApiVersionCheck"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let endpoint = loop {
            let line = lines.next_line().await.unwrap().unwrap_or_else(|| panic!("Azurite ended early"));
            if let Some((_, uri)) = line.split_once("successfully listens on ") {
                break format!("{}/{ACCOUNT}", uri.trim());
            }
        };
        // What it says later must go somewhere, or it stops.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let azurite = Self { endpoint, _process: process };
        azurite.make_container().await;
        Some(azurite)
    }

    async fn make_container(&self) {
        self.make(&format!("{CONTAINER}?restype=container"), None, Bytes::new()).await;
    }

    /// Makes a container that anybody may read, with one object in it.
    pub async fn publish(&self, place: &str, bytes: Vec<u8>) {
        let access = Some(("x-ms-blob-public-access", "container"));
        self.make(&format!("{PUBLIC}?restype=container"), access, Bytes::new()).await;
        self.make(&format!("{PUBLIC}/{place}?"), Some(("x-ms-blob-type", "BlockBlob")), bytes.into()).await;
    }

    async fn make(&self, place: &str, header: Option<(&str, &str)>, bytes: Bytes) {
        let uri = format!("{}/{place}&{}", self.endpoint, of_account("2099-01-01T00:00:00Z"));
        let mut request = Request::put(uri).header("x-ms-version", "2021-12-02");
        request = request.header("content-length", bytes.len());
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let answer = client.request(request.body(Full::new(bytes)).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 201, "{answer:?}");
    }

    /// Where the account is.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Credentials that this service takes until a moment, and that say of themselves that they end at another.
    pub fn credentials(until: &str, said: &str) -> StorageCredentials {
        let text = serde_json::json!({
            "sas_token": of_container(until), "storage_account": ACCOUNT, "expiration": said,
        });
        serde_json::from_value(text).unwrap()
    }
}

/// A shared access signature for everything in the account. Azurite 3.37 answers with a 500 where such a one asks to
/// delete several blobs at once: its table of what may be signed so lacks that request.
fn of_account(until: &str) -> String {
    let (version, permissions, services, kinds) = ("2018-11-09", "rwdlacup", "b", "sco");
    // Neither a beginning, nor addresses, nor protocols.
    let signed = format!("{ACCOUNT}\n{permissions}\n{services}\n{kinds}\n\n{until}\n\n\n{version}\n");
    let (until, signature) = (encode(until), signature(&signed));
    format!("sv={version}&ss={services}&srt={kinds}&sp={permissions}&se={until}&sig={signature}")
}

/// A shared access signature for the container, such as the service gives.
fn of_container(until: &str) -> String {
    let (version, permissions) = ("2018-11-09", "racwdl");
    let place = format!("/blob/{ACCOUNT}/{CONTAINER}");
    // Neither a beginning, nor a policy, addresses or protocols; later no snapshot, and no headers for answers.
    let signed = format!("{permissions}\n\n{until}\n{place}\n\n\n\n{version}\nc\n\n\n\n\n\n");
    let (until, signature) = (encode(until), signature(&signed));
    format!("sv={version}&sr=c&sp={permissions}&se={until}&sig={signature}")
}

fn signature(signed: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(KEY).unwrap()).unwrap();
    mac.update(signed.as_bytes());
    encode(&STANDARD.encode(mac.finalize().into_bytes()))
}

fn encode(text: &str) -> String {
    text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D").replace(':', "%3A")
}
