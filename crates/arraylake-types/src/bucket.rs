//! [`BucketResponse`]: a bucket config, which says where data lives and how credentials are had.

use serde_json::Value;

use crate::{AuthConfig, AuthMethod, BucketId, ExtraConfig, Timestamp};

open_enum! {
    /// What kind of object store a bucket is in.
    pub enum Platform {
        /// Amazon S3.
        S3 = "s3",
        /// Anything that speaks S3 at an endpoint of its own.
        S3Compatible = "s3-compatible",
        /// MinIO; treated as S3-compatible.
        Minio = "minio",
        /// Google Cloud Storage.
        Gs = "gs",
        /// Azure Blob Storage.
        Azure = "azure",
    }
}

impl Platform {
    /// Whether the S3 protocol is spoken there.
    #[must_use]
    pub fn is_s3_like(&self) -> bool {
        matches!(self, Self::S3 | Self::S3Compatible | Self::Minio)
    }

    /// Scheme of URLs into the bucket, without `://`.
    #[must_use]
    pub fn scheme(&self) -> Option<&'static str> {
        match self {
            Self::S3 | Self::S3Compatible | Self::Minio => Some("s3"),
            Self::Gs => Some("gs"),
            Self::Azure => Some("az"),
            Self::Other(_) => None,
        }
    }
}

wire_struct! {
    /// A bucket config.
    ///
    /// Answer of `GET /orgs/{org}/buckets/{id}`, row of `GET /orgs/{org}/buckets`, part of a repo.
    pub struct BucketResponse {
        /// Id.
        pub id: Option<BucketId> = lenient("id"),
        /// The name people use for it.
        pub nickname: String = required("nickname"),
        /// Kind of object store.
        pub platform: Platform = required("platform"),
        /// Name of the bucket, or of the Azure container.
        pub name: String = required("name"),
        /// Key prefix under which everything lies; may be empty.
        pub prefix: String = lenient("prefix"),
        /// Region, endpoint and switches.
        pub extra_config: ExtraConfig = lenient("extra_config"),
        /// Whether the service's maker manages the bucket.
        pub em_managed: bool = lenient("em_managed"),
        /// When it was created.
        pub created: Option<Timestamp> = lenient("created"),
        /// When it was last changed.
        pub updated: Option<Timestamp> = lenient("updated"),
        /// E-mail address of the creator.
        pub created_by: Option<String> = lenient("created_by"),
        /// Whether new repos go here unless told otherwise.
        pub is_default: bool = lenient("is_default"),
        /// How credentials are had; none on services that do not tell.
        pub auth_config: Option<AuthConfig> = lenient("auth_config"),
        /// Findings about the bucket.
        pub health: Option<BucketHealth> = lenient("health"),
    }
}

impl BucketResponse {
    /// URL of the bucket config, ending in one `/`: `s3://name/prefix/`. None on an unknown platform.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        let scheme = self.platform.scheme()?;
        let prefix = self.prefix.trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        Some(format!("{scheme}://{}/{prefix}{slash}", self.name))
    }

    /// The method of the auth config, if there is one.
    #[must_use]
    pub fn auth_method(&self) -> Option<AuthMethod> {
        self.auth_config.as_ref().map(AuthConfig::method)
    }
}

wire_struct! {
    /// Findings about a bucket.
    pub struct BucketHealth {
        /// A word, such as `unknown`.
        pub status: String = or("unknown".to_owned(), "status"),
        /// When it was last looked at, as text.
        pub last_checked_at: Option<String> = lenient("last_checked_at"),
        /// The finding in words.
        pub message: Option<String> = lenient("message"),
        /// What the bucket can do.
        pub capabilities: Vec<Value> = lenient("capabilities"),
    }
}
