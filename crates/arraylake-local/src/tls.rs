//! [`Tls`]: TLS on the port of the catalog, for clients that put `https://` before the login provider's name.
//!
//! The certificate is made when it is first needed, for the names of this machine, by an authority of the lake's own
//! whose key is thrown away. A client that trusts the file `tls/ca.pem` of the lake trusts it.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arraylake_types::Secret;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::files;

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
        Ok(self.dir.join("ca.pem"))
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
        let (cert, key) = (self.dir.join("cert.pem"), self.dir.join("key.pem"));
        // The key is written last: if it is there, so is the rest.
        if files::read_secret(&key)?.is_none() {
            self.make(&cert, &key)?;
        }
        let certs = CertificateDer::pem_file_iter(&cert).map_err(io::Error::other)?;
        let certs = certs.collect::<Result<Vec<_>, _>>().map_err(io::Error::other)?;
        let key = PrivateKeyDer::from_pem_file(&key).map_err(io::Error::other)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certs, key));
        let mut config = config.map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn make(&self, cert: &Path, key: &Path) -> io::Result<()> {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        if !self.host.is_loopback() && !self.host.is_unspecified() {
            names.push(self.host.to_string());
        }
        let made = Made::new(names).map_err(io::Error::other)?;
        fs::create_dir_all(&self.dir)?;
        fs::write(self.dir.join("ca.pem"), made.authority)?;
        fs::write(cert, made.certificate)?;
        files::write_secret(key, &Secret::new(made.key))
    }
}

/// PEM texts.
struct Made {
    authority: String,
    certificate: String,
    key: String,
}

impl Made {
    fn new(names: Vec<String>) -> Result<Self, rcgen::Error> {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.distinguished_name.push(DnType::CommonName, "Arraylake on this machine");
        let signing = KeyPair::generate()?;
        let authority_pem = authority.self_signed(&signing)?.pem();
        let issuer = Issuer::new(authority, signing);
        let mut own = CertificateParams::new(names)?;
        own.distinguished_name.push(DnType::CommonName, "arraylake-local");
        own.use_authority_key_identifier_extension = true;
        own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = own.signed_by(&key, &issuer)?.pem();
        Ok(Self { authority: authority_pem, certificate, key: key.serialize_pem() })
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("dir", &self.dir).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_made_once_and_its_key_is_for_its_owner_alone() {
        let lake = tempfile::tempdir().unwrap();
        let tls = || Tls::new(lake.path(), IpAddr::from([127, 0, 0, 1]));
        let ca = fs::read(tls().ca_file().unwrap()).unwrap();
        assert_eq!(fs::read(tls().ca_file().unwrap()).unwrap(), ca);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let key = lake.path().join("tls/key.pem");
            assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
