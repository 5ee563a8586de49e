//! Expiration of old versions and collection of garbage, with the rules that the catalog keeps for a repo.
//!
//! Expiration lets go of old snapshots, garbage collection deletes what nothing refers to. Both can be tried dry
//! first. What they did is in the form in which the service wants to be told.
//!
//! Every change of a repository of the second format leaves a copy of what it replaced below `overwritten/`. Nothing
//! deletes these: the log of operations goes back through them.
//!
//! ```no_run
//! use arraylake_icechunk::{CollectGarbage, Expire, IcechunkRepo};
//! use arraylake_types::{ExpirationConfig, GcConfig, Timestamp};
//!
//! # async fn example(repo: IcechunkRepo, old: &ExpirationConfig, garbage: GcConfig) -> Result<(), Box<dyn std::error::Error>> {
//! let now = Timestamp::from(std::time::SystemTime::now());
//! if let Some(expire) = Expire::by(old, now) {
//!     println!("{} would go", repo.expire(expire.with_dry_run()).await?.released_snapshots.len());
//! }
//! let collected = repo.collect_garbage(CollectGarbage::by(garbage, now).with_dry_run()).await?;
//! println!("{} bytes would go", collected.result.bytes_deleted);
//! # Ok(())
//! # }
//! ```

use std::collections::HashSet;
use std::num::{NonZeroU16, NonZeroUsize};
use std::sync::Arc;

use arraylake_types::optimization::Seconds;
use arraylake_types::{ExpirationResult, GcConfig, GcResult, Retention, Timestamp};
use chrono::{DateTime, TimeDelta, Utc};
use icechunk::format::SnapshotId;
use icechunk::format::format_constants::SpecVersionBin;
use icechunk::ops::gc::{Action, GCConfig, GCSummary, garbage_collect};

use crate::{Error, IcechunkRepo};

mod expire;

pub use self::expire::Expire;

/// What icechunk may use of memory and connections while it collects.
const SNAPSHOTS_IN_MEMORY: NonZeroU16 = count(1000);
const COMPRESSED_BYTES: NonZeroUsize = bytes(1 << 30);
const DECODED_BYTES: NonZeroUsize = bytes(1 << 30);
const FETCHES: NonZeroU16 = count(100);
const DELETES: NonZeroU16 = count(10);
const FAILURES_IN_A_ROW: NonZeroU16 = count(50);

const fn count(number: u16) -> NonZeroU16 {
    match NonZeroU16::new(number) {
        Some(number) => number,
        None => NonZeroU16::MIN,
    }
}

const fn bytes(number: usize) -> NonZeroUsize {
    match NonZeroUsize::new(number) {
        Some(number) => number,
        None => NonZeroUsize::MIN,
    }
}

/// A collection of garbage.
#[derive(Clone, Debug)]
pub struct CollectGarbage {
    config: GcConfig,
    now: Timestamp,
    dry_run: bool,
}

impl CollectGarbage {
    /// By the rules of a repo, whose ages count back from `now`. What the rules say nothing about is kept. Whether they
    /// are enabled, and when it is time, is for the caller to see.
    ///
    /// Ages must be longer than any session that writes lives: what it has not committed looks like garbage.
    #[must_use]
    pub fn by(config: GcConfig, now: Timestamp) -> Self {
        Self { config, now, dry_run: false }
    }

    /// Deletes nothing, and counts what would be.
    #[must_use]
    pub fn with_dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    fn to_icechunk(&self) -> Result<GCConfig, Error> {
        let root = |id: &String| {
            SnapshotId::try_from(id.as_str()).map_err(|_| Error::config(format!("`{id}` is no snapshot")))
        };
        let roots: HashSet<_> = self.config.extra_gc_roots.iter().map(root).collect::<Result<_, _>>()?;
        let action = |rule: &Retention| match rule {
            Retention::OlderThan(seconds) => Action::DeleteIfCreatedBefore(before(self.now, *seconds)),
            Retention::CreatedBefore(moment) => Action::DeleteIfCreatedBefore(moment.to_chrono()),
            _ => Action::Keep,
        };
        Ok(GCConfig::new(
            roots,
            action(&self.config.dangling_chunks),
            action(&self.config.dangling_manifests),
            action(&self.config.dangling_attributes),
            action(&self.config.dangling_transaction_logs),
            action(&self.config.dangling_snapshots),
            SNAPSHOTS_IN_MEMORY,
            COMPRESSED_BYTES,
            DECODED_BYTES,
            FETCHES,
            DELETES,
            FAILURES_IN_A_ROW,
            None,
            self.dry_run,
        ))
    }
}

/// So many seconds before a moment; longer than time itself means the beginning of time.
fn before(now: Timestamp, seconds: Seconds) -> DateTime<Utc> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and fractions of a millisecond mean nothing"
    )]
    let age = TimeDelta::milliseconds((seconds.max(0.0) * 1000.0) as i64);
    now.to_chrono().checked_sub_signed(age).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// What a collection of garbage did, or would do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Collected {
    /// For the service: `store_gc_results`, unless it was a dry run.
    pub result: GcResult,
    /// Whether nothing was deleted.
    pub dry_run: bool,
    /// Objects that could not be deleted; they are garbage still.
    pub failed: u64,
    /// Why, each reason once.
    pub errors: Vec<String>,
    /// Kinds of objects that were left alone because deleting others failed.
    pub skipped: Vec<String>,
}

impl Collected {
    fn new(summary: GCSummary, dry_run: bool) -> Self {
        let result = GcResult::new()
            .with_chunks(summary.chunks_deleted, summary.bytes_deleted)
            .with_manifests(summary.manifests_deleted)
            .with_snapshots(summary.snapshots_deleted)
            .with_attributes(summary.attributes_deleted)
            .with_transaction_logs(summary.transaction_logs_deleted);
        let (failed, errors) = (summary.objects_failed_to_delete, summary.delete_errors);
        Self { result, dry_run, failed, errors, skipped: summary.skipped_phases }
    }
}

impl IcechunkRepo {
    /// Deletes what nothing refers to, as far as the rules allow. Takes many requests, over all that is in the bucket.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) if writing is refused, and if the object store fails.
    pub async fn collect_garbage(&self, how: CollectGarbage) -> Result<Collected, Error> {
        self.refuse_if_read_only()?;
        let config = how.to_icechunk()?;
        let repository = self.repository();
        let (manager, settings) = (Arc::clone(repository.asset_manager()), repository.config());
        let retries = Some(settings.repo_update_retries());
        let updates = settings.num_updates_per_repo_info_file();
        let summary = garbage_collect(manager, &config, retries, updates).await;
        summary.map(|summary| Collected::new(summary, how.dry_run)).map_err(|error| self.explain(error))
    }

    /// Lets go of versions that are older than the rules say. Their data stay until garbage is collected. Handles
    /// that were opened before go on seeing what they have in memory.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) if writing is refused,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a dry run on a repository of the first format, which
    /// cannot tell, and if the object store fails.
    pub async fn expire(&self, how: Expire) -> Result<ExpirationResult, Error> {
        self.refuse_if_read_only()?;
        if !how.dry_run() {
            return how.run(self).await;
        }
        if self.repository().spec_version() < SpecVersionBin::V2 {
            let text = format!("{}: format 1 cannot tell what would expire", self.name());
            return Err(Error::config(text));
        }
        how.preview(self).await
    }
}

#[cfg(test)]
mod tests;
