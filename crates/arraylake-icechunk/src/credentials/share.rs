//! Openings of the same repo that begin while another is being asked about: one request, one answer for all.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arraylake_types::{OpenRepo, RepoName};
use tokio::sync::watch;

use super::CredentialCache;

/// Nothing yet; then the answer, or nothing where there was an error.
type Answer = watch::Receiver<Option<Option<OpenRepo>>>;

/// Requests that are under way.
#[derive(Clone, Default)]
pub(super) struct Openings(Arc<Mutex<HashMap<RepoName, Answer>>>);

impl Openings {
    fn lock(&self) -> MutexGuard<'_, HashMap<RepoName, Answer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to ask; or the request that is under way.
    fn begin(&self, repo: &RepoName) -> Result<watch::Sender<Option<Option<OpenRepo>>>, Answer> {
        let mut openings = self.lock();
        if let Some(under_way) = openings.get(repo) {
            return Err(under_way.clone());
        }
        let (sender, answer) = watch::channel(None);
        openings.insert(repo.clone(), answer);
        Ok(sender)
    }
}

/// Ends a request, however it ends: of those who wait for an answer that never comes one asks then.
struct Asking<'a> {
    openings: &'a Openings,
    repo: &'a RepoName,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.openings.lock().remove(self.repo);
    }
}

impl CredentialCache {
    /// Asks where a repo is, unless somebody is asking already: then their answer serves, if it is a good one. If they
    /// go away before it comes, one of those who wait asks for all.
    ///
    /// # Errors
    /// If `ask` fails; failures are not shared.
    pub async fn share<E>(
        &self,
        repo: &RepoName,
        ask: impl Future<Output = Result<OpenRepo, E>>,
    ) -> Result<OpenRepo, E> {
        let sender = loop {
            let mut under_way = match self.openings.begin(repo) {
                Ok(sender) => break sender,
                Err(under_way) => under_way,
            };
            let answer = under_way.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
            match answer {
                Some(Some(answer)) => return Ok(answer),
                Some(None) => return ask.await,
                None => {}
            }
        };
        let asking = Asking { openings: &self.openings, repo };
        let answer = ask.await;
        drop(asking);
        sender.send_replace(Some(answer.as_ref().ok().cloned()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::testing::{answer, repo};

    #[tokio::test(start_paused = true)]
    async fn those_who_ask_at_once_share_an_answer_and_later_ones_ask_again() {
        let (cache, asked) = (CredentialCache::new(), AtomicUsize::new(0));
        let ask = || async {
            cache
                .share(&repo(), async {
                    asked.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Ok::<_, Infallible>(answer(|_| {}))
                })
                .await
        };
        let all = (0..64).map(|_| ask());
        assert!(futures_util::future::join_all(all).await.iter().all(Result::is_ok));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        ask().await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_not_shared() {
        let cache = CredentialCache::new();
        let (name, slow) = (repo(), Duration::from_millis(50));
        let fails = cache.share(&name, async {
            tokio::time::sleep(slow).await;
            Err("no")
        });
        let works = || cache.share(&name, async { Ok::<_, &str>(answer(|_| {})) });
        let (failed, worked) = futures_util::future::join(fails, works()).await;
        assert!(failed.is_err() && worked.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn when_whoever_asks_for_all_goes_away_one_of_the_others_does() {
        let (cache, asked) = (CredentialCache::new(), AtomicUsize::new(0));
        let (name, slow) = (repo(), Duration::from_millis(50));
        let gone = cache.share(&name, std::future::pending::<Result<OpenRepo, &str>>());
        let gone = tokio::time::timeout(slow, gone);
        let others = (0..64).map(|_| {
            cache.share(&name, async {
                asked.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(slow).await;
                Ok::<_, &str>(answer(|_| {}))
            })
        });
        let (gone, others) = futures_util::future::join(gone, futures_util::future::join_all(others)).await;
        assert!(gone.is_err() && others.iter().all(Result::is_ok));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
