//! Virtual chunks: which containers a repo may read ([`UpdateContainers`]), and who may refer to a bucket
//! ([`AccessPolicy`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::InvalidInput;
use crate::{BucketId, BucketNickname, BucketRef, Timestamp};

/// Containers of virtual chunks by URL prefix, each with the bucket config it is read by; none if that is gone.
///
/// Answer of `GET /repos/icechunk/{org}/{repo}/virtual-chunk-containers`.
pub type VirtualChunkContainers = BTreeMap<String, Option<String>>;

/// Schemes that a service never reads from.
const FORBIDDEN: [&str; 4] = ["file://", "memory://", "http://", "https://"];

/// Request: `PATCH /repos/icechunk/{org}/{repo}/virtual-chunk-containers`.
///
/// ```
/// use arraylake_types::UpdateContainers;
/// let request = UpdateContainers::new().with_add("s3://archive/era5/", "cold-store")?.with_remove("s3://gone/");
/// request.validate()?;
/// assert!(UpdateContainers::new().with_add("file:///etc/", "cold-store")?.validate().is_err());
/// # Ok::<(), arraylake_types::InvalidInput>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UpdateContainers {
    /// Containers to add or to remap: URL prefix and nickname of the bucket config.
    pub add: BTreeMap<String, BucketNickname>,
    /// URL prefixes to remove; unknown ones do not matter.
    pub remove: Vec<String>,
}

impl UpdateContainers {
    /// Changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a container, or gives one another bucket config.
    ///
    /// # Errors
    /// If the nickname breaks a rule.
    pub fn with_add(
        mut self,
        url_prefix: impl Into<String>,
        nickname: impl AsRef<str>,
    ) -> Result<Self, InvalidInput> {
        self.add.insert(url_prefix.into(), nickname.as_ref().parse()?);
        Ok(self)
    }

    /// Removes a container.
    #[must_use]
    pub fn with_remove(mut self, url_prefix: impl Into<String>) -> Self {
        self.remove.push(url_prefix.into());
        self
    }

    /// Checks the rules: something is asked for, prefixes are URLs of an object store, none is in both parts.
    ///
    /// # Errors
    /// Names the first prefix that breaks a rule.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        let bad = |prefix: &str, rule: &str| Err(InvalidInput::new("container prefix", prefix, rule));
        if self.add.is_empty() && self.remove.is_empty() {
            return bad("", "at least one must be added or removed");
        }
        for prefix in self.add.keys() {
            if FORBIDDEN.iter().any(|scheme| prefix.to_ascii_lowercase().starts_with(scheme)) {
                return bad(prefix, "must not begin with file://, memory://, http:// or https://");
            }
            match prefix.split_once("://") {
                Some((scheme, rest)) if !scheme.is_empty() && !rest.trim_matches('/').is_empty() => {
                    if rest.contains("://") {
                        return bad(prefix, "must hold one URL");
                    }
                }
                _ => return bad(prefix, "must be a URL: `s3://bucket/prefix/`"),
            }
            if self.remove.contains(prefix) {
                return bad(prefix, "cannot be added and removed at once");
            }
        }
        Ok(())
    }
}

open_enum! {
    /// Why an access policy exists.
    pub enum PolicyUseCase {
        /// Somebody made it.
        Explicit = "explicit",
    }
}

/// Which access policy is meant: a part of a bucket, for the org's own repos or for everybody's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewAccessPolicy {
    /// The bucket config.
    pub bucket: BucketRef,
    /// Part of the bucket config, without slashes at the ends; empty is all of it.
    pub subprefix: String,
    /// Whether repos of other orgs may refer to it through a subscription.
    pub public: bool,
}

impl NewAccessPolicy {
    /// All of a bucket config, for the org's own repos.
    #[must_use]
    pub fn new(bucket: impl Into<BucketRef>) -> Self {
        Self { bucket: bucket.into(), subprefix: String::new(), public: false }
    }

    /// A part of the bucket config only; slashes at the ends do not count.
    #[must_use]
    pub fn with_subprefix(mut self, subprefix: impl AsRef<str>) -> Self {
        self.subprefix = subprefix.as_ref().trim_matches('/').to_owned();
        self
    }

    /// For everybody's repos.
    #[must_use]
    pub fn with_public(mut self) -> Self {
        self.public = true;
        self
    }

    /// What is sent, once the id of the bucket config is known.
    #[must_use]
    pub fn key(&self, bucket_id: BucketId) -> AccessPolicyKey {
        AccessPolicyKey {
            use_case: PolicyUseCase::Explicit,
            bucket_id,
            subprefix: self.subprefix.clone(),
            public: self.public,
        }
    }
}

/// Request: `PUT` and `DELETE /orgs/{org}/settings/virtual-chunk-access-policies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccessPolicyKey {
    /// Always explicit.
    pub use_case: PolicyUseCase,
    /// The bucket config.
    pub bucket_id: BucketId,
    /// Part of it.
    pub subprefix: String,
    /// Whether everybody may.
    pub public: bool,
}

wire_struct! {
    /// An access policy.
    ///
    /// Answer of `PUT /orgs/{org}/settings/virtual-chunk-access-policies`, row of the `GET`.
    pub struct AccessPolicy {
        /// Why it exists.
        pub use_case: PolicyUseCase = or(PolicyUseCase::Explicit, "use_case"),
        /// Id of the bucket config.
        pub bucket_id: String = required("bucket_id"),
        /// Part of the bucket config, without slashes at the ends.
        pub subprefix: Option<String> = lenient("subprefix"),
        /// Whether everybody may.
        pub public: bool = lenient("public"),
        /// URL of what it covers, ending in a slash.
        pub url_prefix: String = lenient("url_prefix"),
        /// When it was created.
        pub created: Option<Timestamp> = lenient("created"),
        /// Who created it.
        pub created_by: Option<String> = lenient("created_by"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_that_no_service_reads_are_refused() {
        for bad in ["file:///data/", "HTTP://x/", "memory://x/", "s3://", "x", "s3://a/s3://b/", "://b/"] {
            let request = UpdateContainers::new().with_add(bad, "cold-store").unwrap();
            assert!(request.validate().unwrap_err().to_string().contains(bad), "{bad}");
        }
        assert!(UpdateContainers::new().validate().is_err());
        let both = UpdateContainers::new().with_add("s3://a/", "cold-store").unwrap().with_remove("s3://a/");
        assert!(both.validate().is_err());
        UpdateContainers::new().with_add("s3://ä/", "cold-store").unwrap().validate().unwrap();
    }

    #[test]
    fn slashes_around_a_subprefix_do_not_count() {
        let nickname: BucketNickname = "cold-store".parse().unwrap();
        assert_eq!(NewAccessPolicy::new(nickname.clone()).with_subprefix("/a/b/").subprefix, "a/b");
        assert_eq!(NewAccessPolicy::new(nickname).with_subprefix("/").subprefix, "");
    }
}
