//! [`Tls`]: TLS on the port of the catalog, for clients that put `https://` before the login provider's name.
//!
//! The certificate is made when it is first needed, for the names of this machine, by an authority of the lake's own.
//! A client that trusts the file `tls/ca.pem` of the lake trusts it, and those that are made later for other names.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::sign::SingleCertAndKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use self::papers::Papers;

mod papers;

/// The first byte of every TLS connection, and of no HTTP request.
const HANDSHAKE: u8 = 0x16;

/// The certificate of a lake and what accepts connections with it.
pub(crate) struct Tls {
    dir: PathBuf,
    host: IpAddr,
    acceptor: Mutex<Option<TlsAcceptor>>,
}

impl Tls {
    /// For the lake in a directory, which listens on an address. Makes nothing yet.
    pub(crate) fn new(lake: &Path, host: IpAddr) -> Self {
        Self { dir: lake.join("tls"), host, acceptor: Mutex::default() }
    }

    /// The certificate of the authority, made if it is missing. Blocks.
    pub(crate) fn ca_file(&self) -> io::Result<PathBuf> {
        self.acceptor()?;
        Ok(self.papers().authority())
    }

    /// Whether a client begins with TLS.
    pub(crate) async fn is_wanted(stream: &TcpStream) -> bool {
        let mut first = [0];
        matches!(stream.peek(&mut first).await, Ok(1)) && first[0] == HANDSHAKE
    }

    /// Agrees on keys with a client.
    pub(crate) async fn accept(self: &Arc<Self>, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let tls = Arc::clone(self);
        let acceptor = tokio::task::spawn_blocking(move || tls.acceptor()).await;
        acceptor.map_err(io::Error::other)??.accept(stream).await
    }

    fn acceptor(&self) -> io::Result<TlsAcceptor> {
        let mut acceptor = self.acceptor.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(acceptor) = &*acceptor {
            return Ok(acceptor.clone());
        }
        let made = TlsAcceptor::from(Arc::new(self.config()?));
        *acceptor = Some(made.clone());
        Ok(made)
    }

    fn config(&self) -> io::Result<ServerConfig> {
        let certified = self.papers().certified_for(&self.names())?;
        let config = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let config = config.map_err(io::Error::other)?.with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn papers(&self) -> Papers {
        Papers::new(self.dir.clone(), provider())
    }

    /// What clients call this machine.
    fn names(&self) -> Vec<String> {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let host = self.host.to_string();
        if !self.host.is_unspecified() && !names.contains(&host) {
            names.push(host);
        }
        names
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("dir", &self.dir).finish_non_exhaustive()
    }
}
