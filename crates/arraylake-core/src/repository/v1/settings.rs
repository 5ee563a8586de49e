//! [`V1Settings`]: what the configuration says about V1 repos.

use std::num::NonZeroUsize;
use std::time::Duration;

use arraylake_types::{ExtraConfig, InvalidInput};
use arraylake_v1::chunks::ChunkOptions;
use arraylake_v1::{CommitPolicy, RepoOptions, StoreSettings};

use crate::config::Config;
use crate::error::Result;

/// What the configuration says about V1 repos, under the keys of the Python client.
#[derive(Clone, Debug)]
pub(crate) struct V1Settings(Config);

impl V1Settings {
    /// Keeps what is needed of all settings.
    pub(crate) fn of(config: &Config) -> Self {
        Self(config.clone())
    }

    pub(super) fn managed_sessions(&self) -> bool {
        self.0.flag("server_managed_sessions").unwrap_or(true)
    }

    pub(super) fn repo_options(&self) -> Result<RepoOptions> {
        let mut options = RepoOptions::new();
        if let Some(documents) = self.count("async.batch_size")? {
            options = options.with_batch_size(documents);
        }
        if let Some(requests) = self.count("async.concurrency")? {
            options = options.with_concurrency(requests);
        }
        if let Some(commits) = self.count("batch_size_for_commits")? {
            options = options.with_commits_page(commits);
        }
        Ok(options.with_commit_policy(self.commit_policy()?))
    }

    fn commit_policy(&self) -> Result<CommitPolicy> {
        let policy = CommitPolicy::new();
        let attempts = self.whole("max_commit_attempts")?.or(self.whole("commit_max_attempts")?);
        let attempts = attempts.map_or(policy.max_attempts, |count| u32::try_from(count).unwrap_or(u32::MAX));
        let pause = |key: &str, default: Duration| {
            self.real(key).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(default)
        };
        let start = pause("commit_start_mean_sleep_seconds", policy.start_mean);
        let increase = pause("commit_sleep_increase_seconds", policy.increase);
        let most = pause("commit_max_mean_sleep_seconds", policy.max_mean);
        let jitter = self.real("commit_jitter_factor").unwrap_or(policy.jitter);
        Ok(policy.with_max_attempts(attempts).with_pauses(start, increase, most).with_jitter(jitter))
    }

    /// A number with or without a fraction.
    fn real(&self, key: &str) -> Option<f64> {
        self.0.text(key)?.trim().parse().ok()
    }

    pub(super) fn store_settings(&self) -> Result<StoreSettings> {
        let mut settings = StoreSettings::new().with_chunks(self.chunk_options()?);
        settings.uri = self.0.text("chunkstore.uri");
        settings.s3 = self.section("s3.");
        settings.gs = self.section("gs.");
        settings.delegated = self.0.flag("chunkstore.use_delegated_credentials").unwrap_or(true);
        Ok(settings)
    }

    fn chunk_options(&self) -> Result<ChunkOptions> {
        let mut options = ChunkOptions::new();
        if let Some(method) = self.0.text("chunkstore.hash_method") {
            let method = method
                .parse()
                .map_err(|fault: InvalidInput| self.fault("chunkstore.hash_method", &fault.rule))?;
            options = options.with_hash_method(method);
        }
        const THRESHOLD: &str = "chunkstore.inline_threshold_bytes";
        if self.real(THRESHOLD).is_some_and(|bytes| bytes < 0.0) {
            options = options.with_inline_threshold(None)?;
        } else if let Some(bytes) = self.whole(THRESHOLD)? {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            options = options
                .with_inline_threshold(Some(bytes))
                .map_err(|fault| self.fault(THRESHOLD, &fault.rule))?;
        }
        if let Some(bytes) = self.whole("chunkstore.max_request_size")? {
            options = options.with_max_request_size(bytes);
        }
        if let Some(bytes) = self.whole("chunkstore.coalesce_size")?.filter(|bytes| *bytes > 0) {
            options = options.with_coalesce_size(bytes);
        }
        if let Some(requests) = self.count("async.concurrency")? {
            options = options.with_concurrency(requests);
        }
        let fill = self.0.flag("chunkstore.unsafe_use_fill_value_for_missing_chunks").unwrap_or_default();
        Ok(options.with_fill_value_for_missing_chunks(fill))
    }

    /// The settings whose keys begin so, without that.
    fn section(&self, prefix: &str) -> ExtraConfig {
        let keys = self.0.keys().filter_map(|key| Some((key, key.strip_prefix(prefix)?)));
        keys.fold(ExtraConfig::new(), |section, (key, name)| match self.0.get(key) {
            Some(value) => section.with(name, value.clone()),
            None => section,
        })
    }

    /// A whole number, if it is set.
    fn whole(&self, key: &str) -> Result<Option<u64>> {
        if self.0.get(key).is_none() {
            return Ok(None);
        }
        self.0.number(key).map(Some).ok_or_else(|| self.fault(key, "must be a whole number").into())
    }

    /// A whole number above zero; zero counts as unset.
    fn count(&self, key: &str) -> Result<Option<NonZeroUsize>> {
        let number = self.whole(key)?;
        Ok(number.and_then(|number| NonZeroUsize::new(usize::try_from(number).unwrap_or(usize::MAX))))
    }

    /// What is wrong with a setting, and where it came from.
    fn fault(&self, key: &str, rule: &str) -> InvalidInput {
        let shown = self.0.get(key).map(ToString::to_string).unwrap_or_default();
        let origin =
            self.0.origin(key).map(|origin| format!(" (it comes from {origin})")).unwrap_or_default();
        InvalidInput::new("setting", format!("{key} = {shown}"), format!("{rule}{origin}"))
    }
}
