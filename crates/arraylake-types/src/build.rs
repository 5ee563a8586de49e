//! Constructors of the answers that a service makes: each with its identity, everything else unset.

use crate::{
    BucketId, BucketResponse, ExtraConfig, GcsCredentials, OptimizationConfig, Other, Platform, RepoId,
    RepoKind, RepoModel, RepoStatus, RepoVisibility, Timestamp, VirtualChunkCredentials,
};

impl RepoModel {
    /// A private Icechunk repo without a bucket, online, created at a moment.
    #[must_use]
    pub fn new(id: RepoId, org: impl Into<String>, name: impl Into<String>, created: Timestamp) -> Self {
        Self {
            id,
            org: org.into(),
            name: name.into(),
            created: Some(created),
            updated: Some(created),
            description: None,
            metadata: None,
            created_by: None,
            visibility: RepoVisibility::Private,
            subscription: None,
            bucket: None,
            status: RepoStatus::default().into(),
            kind: RepoKind::Icechunk,
            prefix: String::new(),
            optimization_config: OptimizationConfig::default().into(),
            permissions: Vec::new().into(),
            deleted_at: None,
            deleted_by: None,
            retain_data: false,
            cleanup_started_at: None,
            health: None,
            other: Other::new(),
        }
    }
}

impl BucketResponse {
    /// A bucket config of a service, without an auth config, created at a moment.
    #[must_use]
    pub fn new(
        id: BucketId,
        nickname: impl Into<String>,
        platform: Platform,
        name: impl Into<String>,
        created: Timestamp,
    ) -> Self {
        Self {
            id: Some(id),
            nickname: nickname.into(),
            platform,
            name: name.into(),
            prefix: String::new(),
            extra_config: ExtraConfig::new(),
            em_managed: false,
            created: Some(created),
            updated: Some(created),
            created_by: None,
            is_default: false,
            auth_config: None,
            health: None,
            other: Other::new(),
        }
    }
}

impl VirtualChunkCredentials {
    /// Anonymous access to a container in a bucket of an org.
    #[must_use]
    pub fn new(org: impl Into<String>, bucket_nickname: impl Into<String>, platform: Platform) -> Self {
        Self {
            credentials: None,
            org: org.into(),
            bucket_nickname: bucket_nickname.into(),
            platform,
            runtime_vcc_name: None,
            region: None,
            endpoint_url: None,
            allow_http: false,
            force_path_style: false,
            other: Other::new(),
        }
    }
}

impl GcsCredentials {
    /// An access token of a service account that never expires.
    #[must_use]
    pub fn new(access_token: impl Into<crate::Secret>, principal: impl Into<String>) -> Self {
        let (access_token, principal) = (access_token.into(), principal.into());
        Self { access_token, principal, expiration: None, other: Other::new() }
    }
}
