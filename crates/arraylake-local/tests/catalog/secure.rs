//! TLS on the catalog's port, as clients meet it.

use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arraylake_local::{LocalConfig, RunningLake, serve};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Whether a client that trusts an authority agrees on TLS with the lake under this name.
async fn agrees(lake: &RunningLake, authority: &Path, name: &str) -> bool {
    connected(lake, authority, name).await.is_ok()
}

async fn connected(lake: &RunningLake, authority: &Path, name: &str) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let client = client.unwrap().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(lake.catalog_uri().strip_prefix("http://").unwrap()).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(client)).connect(name, stream).await
}

#[tokio::test]
async fn a_lake_that_listens_elsewhere_is_trusted_there_by_those_who_trusted_it_before() {
    let dir = tempfile::tempdir().unwrap();
    let here = serve(LocalConfig::new(dir.path())).await.unwrap();
    let trusted = dir.path().join("copied.pem");
    std::fs::copy(here.ca_file().unwrap(), &trusted).unwrap();
    assert!(agrees(&here, &trusted, "localhost").await);
    assert!(!agrees(&here, &trusted, "127.0.0.2").await);
    here.shutdown().await;
    let elsewhere = LocalConfig::new(dir.path()).with_host(IpAddr::from([127, 0, 0, 2]));
    let elsewhere = serve(elsewhere).await.unwrap();
    for name in ["127.0.0.2", "localhost"] {
        assert!(agrees(&elsewhere, &trusted, name).await, "{name}");
    }
    elsewhere.shutdown().await;
}

#[tokio::test]
async fn half_a_head_within_tls_does_not_hold_up_the_end() {
    let lake = serve(LocalConfig::temporary().unwrap()).await.unwrap();
    let authority = lake.ca_file().unwrap();
    let [mut half, mut whole] = [
        connected(&lake, &authority, "localhost").await.unwrap(),
        connected(&lake, &authority, "localhost").await.unwrap(),
    ];
    half.write_all(b"GET / HTTP/1.1\r\nho").await.unwrap();
    whole.write_all(b"GET / HTTP/1.1\r\nhost: lake\r\n\r\n").await.unwrap();
    // Whoever came later is answered, so what came before was read.
    assert!(whole.read(&mut [0; 8192]).await.unwrap() > 0);
    // Half of what requests are given to end.
    timeout(Duration::from_secs(5), lake.shutdown()).await.unwrap();
    let left = half.read(&mut [0; 64]).await;
    assert!(matches!(left, Ok(0) | Err(_)), "{left:?}");
}
