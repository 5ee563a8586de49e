//! [`KeyRing`]: the keys of the S3 endpoint, at hand for every request it gets.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{PoisonError, RwLock};

use arraylake_types::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::s3::{Access, CredentialStore, Grant, S3Key, Scope};
use crate::store::Db;

/// Where the secret that others derive from is kept.
const MASTER: &str = "key_master";

/// The keys that do not expire and the public buckets.
pub(crate) struct KeyRing {
    master: String,
    keys: RwLock<HashMap<String, S3Key>>,
    public: RwLock<HashSet<String>>,
}

impl KeyRing {
    /// Reads every key.
    pub(crate) fn load(db: &Db<'_>) -> rusqlite::Result<Self> {
        let master = match db.setting(MASTER)? {
            Some(master) => master,
            None => {
                let master = crate::random::letters(48);
                db.set_setting(MASTER, &master)?;
                master
            }
        };
        let keys = db.s3_keys()?.into_iter().collect();
        let public = db.public_buckets()?.into_iter().collect();
        Ok(Self { master, keys: RwLock::new(keys), public: RwLock::new(public) })
    }

    /// Keeps a key; there must be none of the same id.
    pub(crate) fn add(&self, db: &Db<'_>, id: &str, key: S3Key) -> rusqlite::Result<()> {
        db.keep_s3_key(id, &key)?;
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), key);
        Ok(())
    }

    /// The key for a grant: the same each time, for those who must not have the key of the whole bucket.
    pub(crate) fn for_grant(&self, db: &Db<'_>, grant: Grant) -> rusqlite::Result<(String, Secret)> {
        let access = if grant.access == Access::Read { "read" } else { "write" };
        let about = format!("{access}\0{}\0{}", grant.bucket, grant.prefix);
        let id = format!("LAKE{}", self.derive("id", &about)[..16].to_ascii_uppercase());
        let secret = Secret::new(&self.derive("secret", &about)[..40]);
        let key = S3Key::new(secret.clone(), Scope::Grants(vec![grant]));
        // Each time, for the transaction of the first time may have been undone.
        db.keep_s3_key(&id, &key)?;
        if self.lookup(&id).is_none() {
            self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), key);
        }
        Ok((id, secret))
    }

    /// Lets anybody read a bucket.
    pub(crate) fn publish(&self, db: &Db<'_>, bucket: &str, public: bool) -> rusqlite::Result<()> {
        db.set_public(bucket, public)?;
        let mut known = self.public.write().unwrap_or_else(PoisonError::into_inner);
        if public {
            known.insert(bucket.to_owned())
        } else {
            known.remove(bucket)
        };
        Ok(())
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn derive(&self, purpose: &str, about: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(self.master.as_bytes()).expect("any length is a key");
        let code = mac.chain_update(purpose).chain_update([0]).chain_update(about).finalize();
        code.into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl CredentialStore for KeyRing {
    fn lookup(&self, access_key_id: &str) -> Option<S3Key> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(access_key_id).cloned()
    }

    fn is_public(&self, bucket: &str) -> bool {
        self.public.read().unwrap_or_else(PoisonError::into_inner).contains(bucket)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(..)")
    }
}
