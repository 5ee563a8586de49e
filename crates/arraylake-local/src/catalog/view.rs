//! What the caller gets to see of a bucket config or a repo.

use arraylake_types::{
    AuthConfig, AuthMethod, BucketResponse, Platform, RepoModel, S3Credentials, StorageCredentials, Timestamp,
};

use super::access::{Found, Rights};
use super::call::Call;
use super::era::Era;
use crate::refusal::Refusal;
use crate::s3::{Access, Grant};
use crate::store::{Db, LOCAL_HOST, StoredBucket, StoredRepo};

/// The published crate follows an endpoint on some platforms only, and takes `use_ssl` for its opposite.
fn for_the_published_crate(shown: &mut BucketResponse) {
    shown.platform = Platform::S3Compatible;
    if !shown.extra_config.use_ssl() {
        shown.extra_config.0.insert("use_ssl".to_owned(), true.into());
    }
}

impl Call {
    /// A bucket config as the caller may see it. Those who may write the org see its keys. The others get keys of our
    /// own endpoint that reach no further than `prefix`, with `access`.
    pub(crate) fn show_bucket(
        &self,
        db: &Db<'_>,
        stored: &StoredBucket,
        rights: &Rights,
        (prefix, access): (&str, Access),
    ) -> Result<BucketResponse, Refusal> {
        let mut shown = stored.model.clone();
        shown.auth_config = shown.auth_config.map(AuthConfig::masked);
        if stored.is_local() {
            let url = self.lake.s3_uri_by(stored.local_host());
            shown.extra_config = shown.extra_config.with("endpoint_url", url);
            shown.extra_config.0.remove(LOCAL_HOST);
            if self.era == Era::Rust {
                for_the_published_crate(&mut shown);
            }
            if self.era.has_v1_repos() {
                // These clients hand all of it to boto for V1 repos, which does not know the word; for Icechunk they
                // take it for granted where there is no TLS.
                shown.extra_config.0.remove("force_path_style");
            }
        }
        if stored.is_local() && !rights.write() && shown.auth_method() == Some(AuthMethod::Hmac) {
            let grant = Grant::new(&shown.name, prefix, access);
            let (id, secret) = self.lake.ring.for_grant(db, grant)?;
            shown.auth_config = Some(AuthConfig::hmac(id, secret));
        }
        if let Some(AuthConfig::AwsRole { legacy, .. }) = &mut shown.auth_config
            && self.era.wants_old_role()
        {
            *legacy = true;
        }
        Ok(shown)
    }

    /// A bucket config by itself.
    pub(crate) fn show_bucket_alone(
        &self,
        db: &Db<'_>,
        stored: &StoredBucket,
        rights: &Rights,
    ) -> Result<BucketResponse, Refusal> {
        self.show_bucket(db, stored, rights, (&stored.model.prefix, Access::Read))
    }

    /// A repo as the caller may see it. Those who may read the whole org see the bucket config as it is elsewhere.
    pub(crate) fn show_repo(
        &self,
        db: &Db<'_>,
        repo: StoredRepo,
        rights: &Rights,
        access: Access,
    ) -> Result<RepoModel, Refusal> {
        let StoredRepo { mut model, bucket } = repo;
        if let Some(bucket) = bucket {
            let reach = if rights.read() && access == Access::Read {
                (bucket.model.prefix.as_str(), Access::Read)
            } else {
                (model.prefix.as_str(), access)
            };
            model.bucket = Some(self.show_bucket(db, &bucket, rights, reach)?.into());
        }
        self.show_parent(db, &mut model)?;
        Ok(model)
    }

    /// A repo that was found for the caller.
    pub(crate) fn show(&self, db: &Db<'_>, found: Found) -> Result<RepoModel, Refusal> {
        self.show_repo(db, found.repo, &found.rights, found.access)
    }

    /// Credentials for a prefix of a bucket; `shown` is the bucket config as the caller sees it. None where none are
    /// needed.
    pub(crate) fn vend(
        &self,
        stored: &StoredBucket,
        shown: &BucketResponse,
        (prefix, access): (&str, Access),
    ) -> Result<Option<StorageCredentials>, Refusal> {
        match &shown.auth_config {
            Some(AuthConfig::Hmac { access_key_id: Some(id), secret_access_key: Some(secret), .. })
                if shown.platform.is_s3_like() =>
            {
                Ok(Some(S3Credentials::new(id.clone(), secret.clone()).into()))
            }
            Some(AuthConfig::AwsRole { .. }) if stored.is_local() => {
                let grant = Grant::new(&shown.name, prefix, access);
                let keys = &self.lake.endpoint;
                let key = keys.temporary_keys().mint(vec![grant], self.lake.config.credential_lifetime);
                let expires = Timestamp::from(key.expires_at).truncated();
                let plain = S3Credentials::new(key.access_key_id, key.secret_access_key);
                Ok(Some(plain.with_session(key.session_token, expires).into()))
            }
            Some(auth) if auth.method().is_delegated() => {
                let (nickname, method) = (&shown.nickname, auth.method());
                let text = format!(
                    "Bucket {nickname} uses {method}: the local service cannot issue credentials for a remote cloud"
                );
                Err(Refusal::conflict(text))
            }
            _ => Ok(None),
        }
    }
}
