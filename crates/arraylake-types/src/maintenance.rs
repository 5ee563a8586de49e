//! What maintenance of a repo did: [`GcResult`] and [`ExpirationResult`], reported to the service.

use serde::{Deserialize, Serialize};

/// Request: `POST /repos/icechunk/{org}/{repo}/gc_results`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GcResult {
    /// Bytes in all.
    pub bytes_deleted: u64,
    /// Chunks.
    pub chunks_deleted: u64,
    /// Manifests.
    pub manifests_deleted: u64,
    /// Snapshots.
    pub snapshots_deleted: u64,
    /// Attribute files.
    pub attributes_deleted: u64,
    /// Transaction logs.
    pub transaction_logs_deleted: u64,
    /// The run that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_run_id: Option<String>,
}

impl GcResult {
    /// Nothing was deleted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the bytes and the chunks.
    #[must_use]
    pub fn with_chunks(mut self, chunks: u64, bytes: u64) -> Self {
        (self.chunks_deleted, self.bytes_deleted) = (chunks, bytes);
        self
    }

    /// Sets the manifests.
    #[must_use]
    pub fn with_manifests(mut self, count: u64) -> Self {
        self.manifests_deleted = count;
        self
    }

    /// Sets the snapshots.
    #[must_use]
    pub fn with_snapshots(mut self, count: u64) -> Self {
        self.snapshots_deleted = count;
        self
    }

    /// Sets the attribute files.
    #[must_use]
    pub fn with_attributes(mut self, count: u64) -> Self {
        self.attributes_deleted = count;
        self
    }

    /// Sets the transaction logs.
    #[must_use]
    pub fn with_transaction_logs(mut self, count: u64) -> Self {
        self.transaction_logs_deleted = count;
        self
    }

    /// Names the run.
    #[must_use]
    pub fn with_job_run_id(mut self, id: impl Into<String>) -> Self {
        self.job_run_id = Some(id.into());
        self
    }
}

/// Request: `POST /repos/icechunk/{org}/{repo}/expiration_results`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExpirationResult {
    /// Ids of snapshots that nothing refers to any more.
    pub released_snapshots: Vec<String>,
    /// Ids of snapshots whose parent changed.
    pub edited_snapshots: Vec<String>,
    /// Names of tags.
    pub deleted_tags: Vec<String>,
    /// Names of branches.
    pub deleted_branches: Vec<String>,
    /// The run that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_run_id: Option<String>,
}

impl ExpirationResult {
    /// Nothing expired.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the snapshots that nothing refers to any more.
    #[must_use]
    pub fn with_released(mut self, ids: Vec<String>) -> Self {
        self.released_snapshots = ids;
        self
    }

    /// Sets the snapshots whose parent changed.
    #[must_use]
    pub fn with_edited(mut self, ids: Vec<String>) -> Self {
        self.edited_snapshots = ids;
        self
    }

    /// Sets the tags.
    #[must_use]
    pub fn with_tags(mut self, names: Vec<String>) -> Self {
        self.deleted_tags = names;
        self
    }

    /// Sets the branches.
    #[must_use]
    pub fn with_branches(mut self, names: Vec<String>) -> Self {
        self.deleted_branches = names;
        self
    }

    /// Names the run.
    #[must_use]
    pub fn with_job_run_id(mut self, id: impl Into<String>) -> Self {
        self.job_run_id = Some(id.into());
        self
    }
}
