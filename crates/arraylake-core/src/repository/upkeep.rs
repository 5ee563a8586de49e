//! [`Upkeep`]: old versions and garbage of a repo go, by the rules that the catalog keeps; tried dry first, reported after.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::SystemTime;

use arraylake_icechunk::icechunk::format::format_constants::SpecVersionBin;
use arraylake_icechunk::{CollectGarbage, Collected, Expire, IcechunkRepo};
use arraylake_types::{ExpirationResult, GcConfig, RepoModel, RepoName, Timestamp};

use super::OpenOptions;
use crate::api::{Maintenance, Orgs, Repos};
use crate::client::AsyncClient;
use crate::error::{Error, Result};

const OPERATION: &str = "maintain repo";

type Watch = Arc<dyn Fn(UpkeepStep<'_>) -> ControlFlow<()> + Send + Sync>;

/// How a repo is kept up. The default does what is enabled for the repo, now.
///
/// Before anything is done it is tried dry, and whoever watches is told what would happen and may stop there.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use arraylake_core::{AsyncClient, Upkeep, UpkeepStep, prelude::*};
///
/// # async fn example(client: AsyncClient) -> arraylake_core::Result<()> {
/// let careful = Upkeep::new().with_watch(|step| match step {
///     UpkeepStep::WouldCollect(garbage) if garbage.result.bytes_deleted > 1 << 40 => ControlFlow::Break(()),
///     _ => ControlFlow::Continue(()),
/// });
/// let report = client.maintain_repo(&"acme/era5".parse()?, careful).await?;
/// println!("{} versions went", report.expired.map_or(0, |done| done.released_snapshots.len()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "nothing is done yet"]
pub struct Upkeep {
    dry_run: bool,
    even_if_disabled: bool,
    now: Option<Timestamp>,
    job_run_id: Option<String>,
    watch: Option<Watch>,
}

impl Upkeep {
    /// Does what is enabled for the repo.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does nothing but tell what would be done. What collection would find is told as if nothing expired before.
    pub fn with_dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Does what the rules say also where they are not enabled. When it is time is for the caller to see in either case.
    pub fn with_disabled(mut self) -> Self {
        self.even_if_disabled = true;
        self
    }

    /// The moment from which ages count back, if not now.
    pub fn with_now(mut self, moment: Timestamp) -> Self {
        self.now = Some(moment);
        self
    }

    /// Names the run in what is reported to the service.
    pub fn with_job_run_id(mut self, id: impl Into<String>) -> Self {
        self.job_run_id = Some(id.into());
        self
    }

    /// Is told each step as it comes. Breaking off before something is done leaves it and all that follows undone.
    pub fn with_watch(
        mut self,
        watch: impl Fn(UpkeepStep<'_>) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Self {
        self.watch = Some(Arc::new(watch));
        self
    }

    fn tell(&self, step: UpkeepStep<'_>) -> ControlFlow<()> {
        self.watch.as_ref().map_or(ControlFlow::Continue(()), |watch| watch(step))
    }
}

impl fmt::Debug for Upkeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upkeep")
            .field("dry_run", &self.dry_run)
            .field("even_if_disabled", &self.even_if_disabled)
            .field("now", &self.now)
            .field("job_run_id", &self.job_run_id)
            .finish_non_exhaustive()
    }
}

/// What happens while a repo is kept up.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum UpkeepStep<'a> {
    /// Old versions would go, and will, unless this is a dry run.
    WouldExpire(&'a ExpirationResult),
    /// Old versions have gone. The service is told next.
    Expired(&'a ExpirationResult),
    /// Garbage would be deleted, and will, unless this is a dry run.
    WouldCollect(&'a Collected),
    /// Garbage was deleted. The service is told next.
    Collected(&'a Collected),
}

/// What was done, or would be.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct UpkeepReport {
    /// What expiration would do; none if the rules want none, or the repository is of the first format, which cannot
    /// tell.
    pub would_expire: Option<ExpirationResult>,
    /// What expiration did; reported to the service.
    pub expired: Option<ExpirationResult>,
    /// What collection would delete; none if the rules want none.
    pub would_collect: Option<Collected>,
    /// What collection deleted; reported to the service.
    pub collected: Option<Collected>,
}

pub(crate) async fn maintain(client: &AsyncClient, repo: &RepoName, how: Upkeep) -> Result<UpkeepReport> {
    let now = how.now.unwrap_or_else(|| SystemTime::now().into());
    let model = client.get_repo_object(repo).await?;
    let mut report = UpkeepReport::default();
    if let Some(expire) = expiration(&model, &how, now)
        && expire_by(client, repo, expire, &how, &mut report).await?.is_break()
    {
        return Ok(report);
    }
    if let Some(rules) = collection(client, repo, model, &how).await? {
        collect_by(client, repo, CollectGarbage::by(rules, now), &how, &mut report).await?;
    }
    Ok(report)
}

fn expiration(model: &RepoModel, how: &Upkeep, now: Timestamp) -> Option<Expire> {
    let rules = model.optimization_config.expiration_config.as_ref()?;
    (rules.enabled || how.even_if_disabled).then(|| Expire::by(rules, now)).flatten()
}

/// The repo's own rules, else those of its org.
async fn collection(
    client: &AsyncClient,
    repo: &RepoName,
    model: RepoModel,
    how: &Upkeep,
) -> Result<Option<GcConfig>> {
    let rules = match model.optimization_config.into_inner().gc_config {
        Some(rules) => *rules,
        None => client.get_org(repo.org()).await?.gc_config,
    };
    Ok((rules.enabled || how.even_if_disabled).then_some(rules))
}

/// Opened anew for each step: a handle goes on seeing what it has in memory.
async fn opened(client: &AsyncClient, repo: &RepoName) -> Result<IcechunkRepo> {
    super::get(client, OPERATION, repo, OpenOptions::new()).await?.into_icechunk()
}

async fn expire_by(
    client: &AsyncClient,
    repo: &RepoName,
    expire: Expire,
    how: &Upkeep,
    report: &mut UpkeepReport,
) -> Result<ControlFlow<()>> {
    let failed = |error| Error::storage(OPERATION, error);
    let opened = opened(client, repo).await?;
    if opened.repository().spec_version() >= SpecVersionBin::V2 {
        let would = opened.expire(expire.with_dry_run()).await.map_err(failed)?;
        let told = how.tell(UpkeepStep::WouldExpire(&would));
        report.would_expire = Some(would);
        if told.is_break() {
            return Ok(told);
        }
    }
    if how.dry_run {
        return Ok(ControlFlow::Continue(()));
    }
    let mut done = opened.expire(expire).await.map_err(failed)?;
    done.job_run_id.clone_from(&how.job_run_id);
    let told = how.tell(UpkeepStep::Expired(&done));
    client.store_expiration_results(repo, done.clone()).await?;
    report.expired = Some(done);
    Ok(told)
}

async fn collect_by(
    client: &AsyncClient,
    repo: &RepoName,
    collect: CollectGarbage,
    how: &Upkeep,
    report: &mut UpkeepReport,
) -> Result<()> {
    let failed = |error| Error::storage(OPERATION, error);
    let opened = opened(client, repo).await?;
    let would = opened.collect_garbage(collect.clone().with_dry_run()).await.map_err(failed)?;
    let told = how.tell(UpkeepStep::WouldCollect(&would));
    report.would_collect = Some(would);
    if told.is_break() || how.dry_run {
        return Ok(());
    }
    let mut done = opened.collect_garbage(collect).await.map_err(failed)?;
    done.result.job_run_id.clone_from(&how.job_run_id);
    // There is nothing left to break off.
    let _ = how.tell(UpkeepStep::Collected(&done));
    client.store_gc_results(repo, done.result.clone()).await?;
    report.collected = Some(done);
    Ok(())
}
