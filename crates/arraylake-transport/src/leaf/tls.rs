//! TLS: which certificates are trusted. The platform's are loaded with the first `https` connection, not before.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tokio::sync::OnceCell;

use crate::{BuildError, Error, ErrorKind};

/// Whom to trust.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsOptions {
    /// Trusted beside the platform's.
    pub(crate) extra: Vec<CertificateDer<'static>>,
    /// Trust anybody.
    pub(crate) accept_invalid: bool,
}

/// The certificates of a PEM file.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, BuildError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| BuildError::Certificate("it is no PEM file"))?;
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        let wrong = |_| BuildError::Certificate("it holds something that is no certificate");
        store.add(certificate.clone()).map_err(wrong)?;
    }
    if certificates.is_empty() {
        return Err(BuildError::Certificate("it holds none"));
    }
    Ok(certificates)
}

/// The TLS configuration, made when it is first needed.
#[derive(Debug)]
pub(super) struct LazyTls {
    options: TlsOptions,
    config: OnceCell<Arc<ClientConfig>>,
}

impl LazyTls {
    pub(super) fn new(options: TlsOptions) -> Self {
        Self { options, config: OnceCell::new() }
    }

    pub(super) async fn config(&self) -> Result<Arc<ClientConfig>, Error> {
        let load = || async {
            let options = self.options.clone();
            // Reading the platform's store takes some 20 ms.
            let task = tokio::task::spawn_blocking(move || configure(options));
            task.await.map_err(|panicked| Error::new(ErrorKind::Tls, panicked))?
        };
        self.config.get_or_try_init(load).await.cloned()
    }
}

fn configure(options: TlsOptions) -> Result<Arc<ClientConfig>, Error> {
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Tls, error))?;
    let mut config = if options.accept_invalid {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(TrustAnybody(provider)))
            .with_no_client_auth()
    } else {
        builder.with_root_certificates(roots(options.extra)?).with_no_client_auth()
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if cfg!(feature = "http2") {
        config.alpn_protocols.insert(0, b"h2".to_vec());
    }
    Ok(Arc::new(config))
}

fn roots(extra: Vec<CertificateDer<'static>>) -> Result<RootCertStore, Error> {
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        tracing::debug!(%error, "part of the platform's certificates could not be read");
    }
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(native.certs);
    store.add_parsable_certificates(extra);
    if store.is_empty() {
        return Err(Error::new(ErrorKind::Tls, "the platform has no trusted certificates"));
    }
    Ok(store)
}

/// Takes every certificate, but still checks that the peer holds its key.
#[derive(Debug)]
struct TrustAnybody(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
