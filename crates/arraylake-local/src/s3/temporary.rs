//! [`TemporaryKeys`]: keys with a lifetime that nobody has to remember.
//!
//! The session token holds the claims (key id, grants, expiry) and a signature over them; the secret is derived from the
//! key id. Both need only the signing key, which lies in the directory of the endpoint with access for its owner alone, so
//! keys stay valid when the endpoint restarts.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use arraylake_types::Secret;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::clock::Clock;
use super::hex::{hex, unhex};
use super::scope::{Grant, Scope};

/// Ids of temporary keys start like this, as they do at AWS; a registered key must not.
pub const TEMPORARY_KEY_PREFIX: &str = "ASIA";

const SIGNING_KEY_LENGTH: usize = 32;

/// A new temporary key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MintedKey {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// The session token, needed with each request.
    pub session_token: Secret,
    /// When the key stops working.
    pub expires_at: DateTime<Utc>,
}

/// Why a session token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenProblem {
    Invalid,
    Expired,
}

/// Mints and verifies temporary keys.
#[derive(Clone)]
pub struct TemporaryKeys {
    signing_key: [u8; SIGNING_KEY_LENGTH],
    clock: Clock,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    id: String,
    grants: Vec<Grant>,
    /// Milliseconds since 1970.
    expires: i64,
}

impl TemporaryKeys {
    /// Reads the signing key from `path`, or makes one there.
    ///
    /// # Errors
    /// The file can neither be read nor made, or it does not hold a signing key.
    pub(super) fn open(path: &Path, clock: Clock) -> io::Result<Self> {
        let mut signing_key = [0; SIGNING_KEY_LENGTH];
        match File::open(path) {
            Ok(mut file) => file.read_exact(&mut signing_key)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                signing_key[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
                signing_key[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
                write_private(path, &signing_key)?;
            }
            Err(error) => return Err(error),
        }
        Ok(Self { signing_key, clock })
    }

    /// A key for `grants` that works for `lifetime` from now.
    #[must_use]
    pub fn mint(&self, grants: Vec<Grant>, lifetime: TimeDelta) -> MintedKey {
        let id = uuid::Uuid::new_v4().simple().to_string().to_ascii_uppercase();
        let access_key_id = format!("{TEMPORARY_KEY_PREFIX}{}", &id[..16]);
        let expires_at = self.clock.now() + lifetime;
        let claims = Claims { id: access_key_id.clone(), grants, expires: expires_at.timestamp_millis() };
        let claims = serde_json::to_vec(&claims).unwrap_or_default();
        let token = format!("{}.{}", hex(&claims), hex(&self.sign("session-token", &claims)));
        let secret_access_key = self.secret(&access_key_id);
        MintedKey { access_key_id, secret_access_key, session_token: Secret::new(token), expires_at }
    }

    /// The secret that belongs to a key id.
    pub(super) fn secret(&self, access_key_id: &str) -> Secret {
        Secret::new(hex(&self.sign("secret-access-key", access_key_id.as_bytes())))
    }

    /// What the holder of `token` may do.
    pub(super) fn scope(&self, access_key_id: &str, token: &str) -> Result<Scope, TokenProblem> {
        let (claims, signature) = token.split_once('.').ok_or(TokenProblem::Invalid)?;
        let (claims, signature) = unhex(claims).zip(unhex(signature)).ok_or(TokenProblem::Invalid)?;
        self.mac("session-token", &claims).verify_slice(&signature).map_err(|_| TokenProblem::Invalid)?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| TokenProblem::Invalid)?;
        if claims.id != access_key_id {
            return Err(TokenProblem::Invalid);
        }
        if self.clock.now().timestamp_millis() >= claims.expires {
            return Err(TokenProblem::Expired);
        }
        Ok(Scope::Grants(claims.grants))
    }

    fn sign(&self, purpose: &str, message: &[u8]) -> Vec<u8> {
        self.mac(purpose, message).finalize().into_bytes().to_vec()
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn mac(&self, purpose: &str, message: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.signing_key).expect("any length is a key");
        // The purpose and a zero byte keep one signature from standing in for the other.
        mac.chain_update(purpose).chain_update([0]).chain_update(message)
    }
}

impl fmt::Debug for TemporaryKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TemporaryKeys(..)")
    }
}

/// Writes a file for its owner alone, whole or not at all.
fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let scratch = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&scratch)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(scratch, path)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::super::scope::Access;
    use super::*;

    fn grants() -> Vec<Grant> {
        vec![Grant::new("bucket", "org/repo", Access::Read)]
    }

    #[test]
    fn a_key_outlives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let key = TemporaryKeys::open(&path, Clock::system()).unwrap().mint(grants(), TimeDelta::hours(1));
        let again = TemporaryKeys::open(&path, Clock::system()).unwrap();
        assert_eq!(again.secret(&key.access_key_id), key.secret_access_key);
        assert_eq!(again.scope(&key.access_key_id, key.session_token.expose()), Ok(Scope::Grants(grants())));
    }

    #[test]
    fn a_key_expires() {
        let dir = tempfile::tempdir().unwrap();
        let seconds = Arc::new(AtomicI64::new(1_000));
        let hand = Arc::clone(&seconds);
        let clock = Clock::from_fn(move || DateTime::from_timestamp(hand.load(Ordering::SeqCst), 0).unwrap());
        let keys = TemporaryKeys::open(&dir.path().join("key"), clock).unwrap();
        let key = keys.mint(grants(), TimeDelta::seconds(60));
        seconds.store(1_059, Ordering::SeqCst);
        assert!(keys.scope(&key.access_key_id, key.session_token.expose()).is_ok());
        seconds.store(1_060, Ordering::SeqCst);
        let after = keys.scope(&key.access_key_id, key.session_token.expose());
        assert_eq!(after, Err(TokenProblem::Expired));
    }

    #[test]
    fn a_changed_or_borrowed_token_is_invalid() {
        let dir = tempfile::tempdir().unwrap();
        let keys = TemporaryKeys::open(&dir.path().join("key"), Clock::system()).unwrap();
        let key = keys.mint(grants(), TimeDelta::hours(1));
        let other = keys.mint(grants(), TimeDelta::hours(1));
        let token = key.session_token.expose();
        assert_eq!(keys.scope(&other.access_key_id, token), Err(TokenProblem::Invalid));
        let wider = token.replacen(&hex(b"repo"), &hex(b"rest"), 1);
        assert_ne!(wider, token);
        assert_eq!(keys.scope(&key.access_key_id, &wider), Err(TokenProblem::Invalid));
        assert_eq!(keys.scope(&key.access_key_id, "é.é"), Err(TokenProblem::Invalid));
    }

    #[test]
    #[cfg(unix)]
    fn the_signing_key_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let keys = TemporaryKeys::open(&path, Clock::system()).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(format!("{keys:?}"), "TemporaryKeys(..)");
    }
}
