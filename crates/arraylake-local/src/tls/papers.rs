//! [`Papers`]: the files of a lake's certificate, made when they are needed and made anew when they do not do.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arraylake_types::Secret;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;

use crate::files;

/// A certificate with its key, and those of the authority that vouches for it.
pub(super) struct Papers {
    dir: PathBuf,
    provider: Arc<CryptoProvider>,
}

impl Papers {
    pub(super) fn new(dir: PathBuf, provider: Arc<CryptoProvider>) -> Self {
        Self { dir, provider }
    }

    /// The certificate of the authority, which clients trust.
    pub(super) fn authority(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    fn signing_key(&self) -> PathBuf {
        self.dir.join("ca-key.pem")
    }

    fn certificate(&self) -> PathBuf {
        self.dir.join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.dir.join("key.pem")
    }

    /// A certificate that those who trust the authority take for each of these names.
    pub(super) fn certified_for(&self, names: &[String]) -> io::Result<CertifiedKey> {
        if let Ok(certified) = self.checked_for(names) {
            return Ok(certified);
        }
        self.make(names)?;
        self.checked_for(names).map_err(io::Error::other)
    }

    /// What is there, looked at as a client does.
    fn checked_for(&self, names: &[String]) -> Result<CertifiedKey, Box<dyn Error + Send + Sync>> {
        let certificate = CertificateDer::from_pem_file(self.certificate())?;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.authority())?)?;
        let provider = Arc::clone(&self.provider);
        let client = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
        for name in names {
            let name = ServerName::try_from(name.as_str())?;
            client.verify_server_cert(&certificate, &[], &name, &[], UnixTime::now())?;
        }
        let key = PrivateKeyDer::from_pem_file(self.key())?;
        Ok(CertifiedKey::from_der(vec![certificate], key, &self.provider)?)
    }

    /// Makes a certificate, and what is missing of the rest. The certificate comes last, so that whatever is cut short is
    /// seen not to do, and made again.
    fn make(&self, names: &[String]) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let issuer = match read_key(&self.signing_key())? {
            Some(key) if self.is_of_authority(&key) => Issuer::new(authority(), key),
            _ => self.make_authority()?,
        };
        let key = match read_key(&self.key())? {
            Some(key) => key,
            None => {
                let key = KeyPair::generate().map_err(io::Error::other)?;
                files::write_secret(&self.key(), &Secret::new(key.serialize_pem()))?;
                key
            }
        };
        let certificate = own(names).and_then(|own| own.signed_by(&key, &issuer));
        files::write(&self.certificate(), &certificate.map_err(io::Error::other)?.pem())
    }

    /// Whether a key is the one that the authority's certificate is for. It is not when one of the two was taken away, and
    /// who made it again was stopped before the other.
    fn is_of_authority(&self, key: &KeyPair) -> bool {
        let Ok(authority) = CertificateDer::from_pem_file(self.authority()) else { return false };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        CertifiedKey::from_der(vec![authority], key, &self.provider).is_ok()
    }

    fn make_authority(&self) -> io::Result<Issuer<'static, KeyPair>> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let itself = authority().self_signed(&key).map_err(io::Error::other)?;
        files::write(&self.authority(), &itself.pem())?;
        files::write_secret(&self.signing_key(), &Secret::new(key.serialize_pem()))?;
        Ok(Issuer::new(authority(), key))
    }
}

/// None if it is not there or is none.
fn read_key(path: &Path) -> io::Result<Option<KeyPair>> {
    Ok(files::read_secret(path)?.and_then(|pem| KeyPair::from_pem(pem.expose()).ok()))
}

/// What the authority says of itself. The same each time: those who trust it know it by that and its key.
fn authority() -> CertificateParams {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, "Arraylake on this machine");
    authority
}

fn own(names: &[String]) -> Result<CertificateParams, rcgen::Error> {
    let mut own = CertificateParams::new(names)?;
    own.distinguished_name.push(DnType::CommonName, "arraylake-local");
    own.use_authority_key_identifier_extension = true;
    own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn papers(lake: &tempfile::TempDir) -> Papers {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        Papers::new(lake.path().join("tls"), provider)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_certificate_is_made_once_and_its_keys_are_for_their_owner_alone() {
        let lake = tempfile::tempdir().unwrap();
        let papers = papers(&lake);
        let first = papers.certified_for(&names(&["localhost"])).unwrap();
        assert_eq!(papers.certified_for(&names(&["localhost"])).unwrap().cert, first.cert);
        #[cfg(unix)]
        for key in ["tls/key.pem", "tls/ca-key.pem"] {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = lake.path().join(key).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{key}");
        }
    }

    #[test]
    fn another_name_gets_another_certificate_of_the_same_authority() {
        let lake = tempfile::tempdir().unwrap();
        let papers = papers(&lake);
        papers.certified_for(&names(&["localhost"])).unwrap();
        let trusted = fs::read(papers.authority()).unwrap();
        let both = names(&["localhost", "192.0.2.7"]);
        assert!(papers.checked_for(&both).is_err());
        papers.certified_for(&both).unwrap();
        assert_eq!(fs::read(papers.authority()).unwrap(), trusted);
        papers.checked_for(&names(&["localhost"])).unwrap();
    }

    #[test]
    fn whatever_is_missing_or_broken_is_made_again() {
        let lake = tempfile::tempdir().unwrap();
        let (papers, localhost) = (papers(&lake), names(&["localhost"]));
        for file in ["ca.pem", "ca-key.pem", "key.pem", "cert.pem"] {
            papers.certified_for(&localhost).unwrap();
            fs::remove_file(lake.path().join("tls").join(file)).unwrap();
            papers.certified_for(&localhost).unwrap();
            papers.certified_for(&names(&["localhost", file])).unwrap();
            fs::write(papers.certificate(), "cut sho").unwrap();
            papers.certified_for(&localhost).unwrap();
        }
    }

    #[test]
    fn an_authority_whose_key_is_not_its_own_is_made_again() {
        let (lake, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (papers, others, localhost) = (papers(&lake), papers(&other), names(&["localhost"]));
        others.certified_for(&localhost).unwrap();
        // Each is as it is left by who was stopped between an authority and its key, made for one that was deleted.
        for (ours, theirs) in
            [(papers.authority(), others.authority()), (papers.signing_key(), others.signing_key())]
        {
            papers.certified_for(&localhost).unwrap();
            fs::copy(theirs, &ours).unwrap();
            for names in [names(&["localhost", "192.0.2.7"]), localhost.clone()] {
                papers.certified_for(&names).unwrap();
            }
            let trusted = fs::read(papers.authority()).unwrap();
            fs::remove_file(papers.certificate()).unwrap();
            papers.certified_for(&localhost).unwrap();
            assert_eq!(fs::read(papers.authority()).unwrap(), trusted, "and then it is kept");
        }
        fs::write(papers.authority(), "cut sho").unwrap();
        papers.certified_for(&localhost).unwrap();
    }
}
