//! Leaving V1: [`Migration`] moves a V1 repo to an Icechunk repo.
//!
//! Either the whole history comes along, commit by commit with messages, authors, branches and tags; or the latest
//! state of a branch as one commit. Chunks keep their bytes, virtual references stay virtual, documents are translated
//! to Zarr v3. The V1 repo is only read.
//!
//! What has been moved is marked in the properties of the new commits. So a migration that was killed goes on where it
//! was when it is run again, in the middle of a commit, too; and one that is run later brings what has been committed
//! since. [`Migration::verify`] compares what is there with the digests of the V1 repo.
//!
//! ```no_run
//! use arraylake_core::migrate::Migration;
//! use arraylake_core::{AsyncClient, prelude::*};
//!
//! # async fn example(client: AsyncClient) -> arraylake_core::Result<()> {
//! let old = client.get_repo(&"acme/old".parse()?, OpenOptions::new().with_read_only(true)).await?.into_v1()?;
//! let request = NewRepo::new("new").with_bucket("cold-store")?;
//! let new = client.get_or_create_repo(&"acme".parse()?, request, OpenOptions::new()).await?.into_icechunk()?;
//! let migration = Migration::new(old, new).with_progress(|progress| println!("{progress}"));
//! let report = migration.run().await?;
//! println!("{} commits, {} chunks", report.commits, report.chunks);
//! assert!(migration.verify().await?.is_clean());
//! # Ok(())
//! # }
//! ```
//!
//! | module | what lives there |
//! | --- | --- |
//! | `plan` | which commits, in which order |
//! | `target` | what the Icechunk repo has already; its branches and tags |
//! | `changes` | what a commit has changed, and what that means in Zarr v3 |
//! | `apply`, `reshape`, `documents`, `chunks` | one commit into the Icechunk repo |
//! | `verify` | the comparison |

mod apply;
mod changes;
mod chunks;
mod documents;
mod plan;
mod report;
mod reshape;
mod target;
mod verify;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arraylake_icechunk::IcechunkRepo;
use arraylake_v1::AsyncRepo;

use self::apply::Applier;
use self::plan::Plan;
pub use self::report::{Progress, Report, Verification};
use self::target::Target;
use crate::error::{Error, Result};

const OPERATION: &str = "migrate";

/// Who is told how far it is.
type Listener = Arc<dyn Fn(&Progress) + Send + Sync>;

/// How much is moved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// Every commit that a branch or a tag reaches, with branches and tags.
    History,
    /// The latest state of a branch, as one commit.
    Latest {
        /// The branch.
        branch: String,
    },
}

/// A move from a V1 repo to an Icechunk repo. Cheap to clone.
#[derive(Clone)]
#[must_use = "nothing is moved before `run`"]
pub struct Migration {
    source: AsyncRepo,
    target: IcechunkRepo,
    scope: Scope,
    flush_every: NonZeroUsize,
    skip_unsupported: bool,
    check_containers: bool,
    progress: Option<Listener>,
}

impl Migration {
    /// A move of the whole history. The Icechunk repo must be empty, or hold what an earlier run of the same move has
    /// brought there.
    pub fn new(source: AsyncRepo, target: IcechunkRepo) -> Self {
        Self {
            source,
            target,
            scope: Scope::History,
            flush_every: NonZeroUsize::new(10_000).unwrap_or(NonZeroUsize::MIN),
            skip_unsupported: false,
            check_containers: true,
            progress: None,
        }
    }

    /// How much is moved; the whole history unless set.
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// After how many chunks what has been moved is made safe, in the middle of a commit, too; 10,000 unless set. A
    /// run that is killed repeats so many at most.
    pub fn with_flush_every(mut self, chunks: NonZeroUsize) -> Self {
        self.flush_every = chunks;
        self
    }

    /// Whether arrays that have no place in Zarr v3 are left out and reported, instead of being an error.
    pub fn with_skip_unsupported(mut self, skip: bool) -> Self {
        self.skip_unsupported = skip;
        self
    }

    /// Whether virtual references must be covered by a virtual chunk container of the Icechunk repo; they must unless
    /// this is set to false. Without a container they are kept and cannot be read.
    pub fn with_container_check(mut self, check: bool) -> Self {
        self.check_containers = check;
        self
    }

    /// Is called after every commit and every batch of chunks that is moved or compared.
    pub fn with_progress(mut self, report: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(report));
        self
    }

    /// Moves what has not been moved yet. May be called again at any time, and from the beginning after a kill. A
    /// future that is dropped leaves what a kill leaves.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if the Icechunk repo holds something else, [`Error::Unsupported`] for an array that has no
    /// place in Zarr v3 or a branch or tag whose name has none in Icechunk, and what else can go wrong with either repo. What was moved before stays.
    pub async fn run(&self) -> Result<Report> {
        let target = Target::read(self).await?;
        let plan = Plan::make(self, &target).await?;
        target.check_names(&plan)?;
        let mut applier = Applier::new(self, target, &plan);
        for step in &plan.steps {
            applier.apply(step).await?;
        }
        let (target, mut report) = applier.finish();
        target.point(&plan).await?;
        report.branches = plan.branches.len();
        report.tags = plan.tags.len();
        Ok(report)
    }

    /// Compares what is there with the V1 repo: documents as they were translated, chunks by the digests that were
    /// made when they were written, virtual references by their place. At the tips of branches and tags it is checked
    /// that nothing is missing and nothing is there besides.
    ///
    /// # Errors
    /// If one of the repos cannot be read, or has not been moved. What differs is in the answer.
    pub async fn verify(&self) -> Result<Verification> {
        verify::verify(self).await
    }

    fn tell(&self, progress: &Progress) {
        if let Some(report) = &self.progress {
            report(progress);
        }
    }

    fn v1(error: arraylake_v1::Error) -> Error {
        Error::v1(OPERATION, error)
    }

    /// An error of icechunk on the target.
    fn icechunk(&self, error: impl Into<arraylake_icechunk::error::Cause>) -> Error {
        Error::storage(OPERATION, self.target.explain(error))
    }

    fn mismatch(&self, what: impl Into<String>) -> Error {
        Error::Mismatch { repo: self.target.name().to_string(), what: what.into() }
    }
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration")
            .field("source", &self.source.name().as_str())
            .field("target", &self.target.name().as_str())
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
