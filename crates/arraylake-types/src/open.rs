//! [`OpenRepo`]: everything needed to open a repository, in one answer.

use std::collections::BTreeMap;

use crate::{BucketResponse, Other, Platform, RepoStatus, StorageCredentials};

wire_struct! {
    /// Everything needed to open a repository.
    ///
    /// Answer of `GET /repos/{org}/{repo}/open`.
    pub struct OpenRepo {
        /// The bucket that holds the data; of the parent, for a direct subscription.
        pub repo_bucket: BucketResponse = required("repo_bucket"),
        /// Complete key prefix of the data, the bucket's own prefix included.
        pub repo_prefix: String = lenient("repo_prefix"),
        /// Credentials; none if no credentials are needed.
        pub repo_credentials: Option<StorageCredentials> = lenient("repo_credentials"),
        /// Access to virtual chunks, by URL prefix.
        pub virtual_chunk_credentials: BTreeMap<String, VirtualChunkCredentials> = lenient("virtual_chunk_credentials"),
        /// Who commits, for the history.
        pub author: Option<Author> = lenient("author"),
        /// Who is asking; a UUID.
        pub principal_id: Option<String> = lenient("principal_id"),
        /// Whether the repo may be used.
        pub status: RepoStatus = lenient("status"),
    }
}

impl OpenRepo {
    /// An answer with a place and nothing else.
    #[must_use]
    pub fn new(repo_bucket: BucketResponse, repo_prefix: impl Into<String>) -> Self {
        Self {
            repo_bucket,
            repo_prefix: repo_prefix.into(),
            repo_credentials: None,
            virtual_chunk_credentials: BTreeMap::new(),
            author: None,
            principal_id: None,
            status: RepoStatus::default(),
            other: Other::new(),
        }
    }
}

wire_struct! {
    /// Who commits.
    pub struct Author {
        /// Name, if known.
        pub name: Option<String> = lenient("name"),
        /// E-mail address.
        pub email: Option<String> = lenient("email"),
    }
}

impl Author {
    /// A name and an address.
    #[must_use]
    pub fn new(name: Option<String>, email: impl Into<String>) -> Self {
        Self { name, email: Some(email.into()), other: Other::new() }
    }
}

wire_struct! {
    /// Access to one container of virtual chunks.
    pub struct VirtualChunkCredentials {
        /// Credentials; none if none are needed.
        pub credentials: Option<StorageCredentials> = lenient("credentials"),
        /// The org that owns the bucket.
        pub org: String = lenient("org"),
        /// Nickname of the bucket config there.
        pub bucket_nickname: String = lenient("bucket_nickname"),
        /// Kind of object store.
        pub platform: Platform = required("platform"),
        /// If set, the container exists only in this answer, under this name.
        pub runtime_vcc_name: Option<String> = lenient("runtime_vcc_name"),
        /// Region.
        pub region: Option<String> = lenient("region"),
        /// Endpoint.
        pub endpoint_url: Option<String> = lenient("endpoint_url"),
        /// Whether plain HTTP is allowed.
        pub allow_http: bool = lenient("allow_http"),
        /// Whether the bucket name goes into the path.
        pub force_path_style: bool = lenient("force_path_style"),
    }
}
