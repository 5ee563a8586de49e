//! [`Maintenance`]: what garbage collection and expiration did, reported to the service.

use arraylake_types::{ExpirationResult, GcResult, RepoName};
use async_trait::async_trait;
use http::Method;
use serde::Serialize;

use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::Result;

/// What garbage collection and expiration did, reported to the service.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Reports what garbage collection of a repo deleted.
    ///
    /// `POST /repos/icechunk/{org}/{repo}/gc_results`
    ///
    /// # Errors
    /// If there is no such repo, or the token does not allow it.
    async fn store_gc_results(&self, repo: &RepoName, result: GcResult) -> Result<()>;

    /// Reports what expiration of a repo released.
    ///
    /// `POST /repos/icechunk/{org}/{repo}/expiration_results`
    ///
    /// # Errors
    /// If there is no such repo, or the token does not allow it.
    async fn store_expiration_results(&self, repo: &RepoName, result: ExpirationResult) -> Result<()>;
}

#[async_trait]
impl Maintenance for AsyncClient {
    async fn store_gc_results(&self, repo: &RepoName, result: GcResult) -> Result<()> {
        report(self, "store gc results", repo, "gc_results", &result).await
    }

    async fn store_expiration_results(&self, repo: &RepoName, result: ExpirationResult) -> Result<()> {
        report(self, "store expiration results", repo, "expiration_results", &result).await
    }
}

async fn report(
    client: &AsyncClient,
    operation: &'static str,
    repo: &RepoName,
    what: &str,
    body: &(impl Serialize + Sync),
) -> Result<()> {
    let path = ["repos", "icechunk", repo.org().as_str(), repo.repo(), what];
    client.call_once(operation, Call::new(operation, Method::POST, &path).json(body)?).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, status};

    use super::*;
    use crate::test_support::client_over;

    #[tokio::test]
    async fn results_go_to_their_repo() {
        let script = Script::new([status(204), status(204)]);
        let client = client_over(&script);
        let repo = "acme/era5".parse().unwrap();
        client.store_gc_results(&repo, GcResult::new().with_chunks(2, 10)).await.unwrap();
        let expired = ExpirationResult::new().with_tags(vec!["v1".into()]).with_job_run_id("job");
        client.store_expiration_results(&repo, expired).await.unwrap();
        let base = "/repos/icechunk/acme/era5";
        assert_eq!(script.paths(), [format!("{base}/gc_results"), format!("{base}/expiration_results")]);
        let gc: serde_json::Value = serde_json::from_slice(script.requests()[0].body()).unwrap();
        assert_eq!((&gc["chunks_deleted"], &gc["bytes_deleted"]), (&2.into(), &10.into()));
        assert_eq!(gc.get("job_run_id"), None);
    }
}
