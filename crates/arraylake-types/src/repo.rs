//! [`RepoModel`]: what a catalog knows of a repo.

use crate::{
    BucketResponse, InvalidInput, Metadata, OptimizationConfig, Permission, RepoId, RepoName, RepoStatus,
    RepoSubscriptionInfo, Shared, SharedBucket, Timestamp,
};

open_enum! {
    /// What kind of store a repo is.
    pub enum RepoKind {
        /// An Icechunk repository.
        Icechunk = "icechunk",
        /// The older kind, whose metadata lives in the service.
        V1 = "v1",
    }
}

open_enum! {
    /// Who may see a repo.
    #[derive(Default)]
    pub enum RepoVisibility {
        /// Those with a permission.
        #[default]
        Private = "PRIVATE",
        /// Every logged-in user.
        AuthenticatedPublic = "AUTHENTICATED_PUBLIC",
    }
}

wire_struct! {
    /// What a catalog knows of a repo.
    ///
    /// Answer of `GET /repos/{org}/{repo}`, row of `GET /orgs/{org}/repos`.
    pub struct RepoModel {
        /// Id, the same for the life of the repo.
        pub id: RepoId = required("_id" | "id"),
        /// Name of the org.
        pub org: String = required("org"),
        /// Name within the org.
        pub name: String = required("name"),
        /// When it was created.
        pub created: Option<Timestamp> = lenient("created"),
        /// When its entry was last changed.
        pub updated: Option<Timestamp> = lenient("updated"),
        /// Free text.
        pub description: Option<String> = lenient("description"),
        /// Free-form metadata.
        pub metadata: Option<Metadata> = lenient("metadata"),
        /// Principal id of the creator; other text on odd services.
        pub created_by: Option<String> = lenient("created_by"),
        /// Who may see it.
        pub visibility: RepoVisibility = lenient("visibility"),
        /// If this is a subscription: to what.
        pub subscription: Option<Box<RepoSubscriptionInfo>> = lenient("subscription"),
        /// The bucket that holds the data; none for direct subscriptions and some V1 repos.
        pub bucket: Option<SharedBucket> = lenient("bucket"),
        /// Whether it may be used.
        pub status: Shared<RepoStatus> = lenient("status"),
        /// Kind of store.
        pub kind: RepoKind = or(RepoKind::Other(String::new()), "kind"),
        /// Complete key prefix of the data inside the bucket, the bucket's own prefix included.
        pub prefix: String = lenient("prefix"),
        /// Garbage collection and expiration.
        pub optimization_config: Shared<OptimizationConfig> = lenient("optimization_config"),
        /// Who may do what.
        pub permissions: Shared<Vec<Permission>> = lenient("permissions"),
        /// When it was deleted, if it is a ghost.
        pub deleted_at: Option<Timestamp> = lenient("deleted_at"),
        /// Who deleted it.
        pub deleted_by: Option<String> = lenient("deleted_by"),
        /// Whether its data outlives it.
        pub retain_data: bool = lenient("retain_data"),
        /// When the removal of its data began; before that, a ghost can be restored.
        pub cleanup_started_at: Option<Timestamp> = lenient("cleanup_started_at"),
        /// Findings about the data.
        pub health: Option<Box<RepoHealth>> = lenient("health"),
    }
}

impl RepoModel {
    /// The full name, for further calls.
    ///
    /// # Errors
    /// If the service allows names that this version does not.
    pub fn repo_name(&self) -> Result<RepoName, InvalidInput> {
        format!("{}/{}", self.org, self.name).parse()
    }

    /// Whether the repo is deleted and only its name is held.
    #[must_use]
    pub fn is_ghost(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// Bucket and key prefix of the data: its own, or those of the repo it subscribes to.
    #[must_use]
    pub fn storage(&self) -> Option<(&BucketResponse, &str)> {
        match &self.bucket {
            Some(bucket) => Some((bucket, &self.prefix)),
            None => self.subscription.as_ref()?.parent_repo.as_ref()?.storage(),
        }
    }
}

wire_struct! {
    /// Findings about the data of a repo or a namespace.
    pub struct RepoHealth {
        /// A word, such as `unknown`.
        pub status: String = or("unknown".to_owned(), "status"),
        /// When it was last looked at, as text.
        pub last_checked_at: Option<String> = lenient("last_checked_at"),
        /// The finding in words.
        pub message: Option<String> = lenient("message"),
        /// Further findings.
        pub warnings: Vec<String> = lenient("warnings"),
        /// Which Icechunk wrote the data.
        pub icechunk_writer_version: Option<String> = lenient("icechunk_writer_version"),
    }
}
