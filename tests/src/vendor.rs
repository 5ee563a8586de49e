//! A catalog that gives credentials and does nothing else.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use arraylake_icechunk::{CredentialCache, CredentialError, CredentialSource, Opener};
use arraylake_types::{BucketId, CredentialAccess, OpenRepo, OrgName, RepoName, StorageCredentials};
use async_trait::async_trait;

/// A catalog that vends one set of credentials after the other; the last one again and again.
#[derive(Debug)]
pub struct Vendor {
    vended: Mutex<VecDeque<StorageCredentials>>,
    answer: Mutex<Option<OpenRepo>>,
}

impl Vendor {
    /// The vendor, and what opens with its credentials.
    pub fn new(vended: impl IntoIterator<Item = StorageCredentials>) -> (Opener, Arc<Self>) {
        let vended = Mutex::new(vended.into_iter().collect());
        let vendor = Arc::new(Self { vended, answer: Mutex::default() });
        (Opener::new(Arc::clone(&vendor) as Arc<dyn CredentialSource>, CredentialCache::new()), vendor)
    }

    /// What it says from now on where somebody asks where a repo is; before that it refuses.
    pub fn answer(&self, answer: OpenRepo) {
        *self.answer.lock().unwrap() = Some(answer);
    }

    /// How many sets there are that it has not vended for good.
    pub fn left(&self) -> usize {
        self.vended.lock().unwrap().len()
    }

    fn next(&self) -> StorageCredentials {
        let mut all = self.vended.lock().unwrap();
        if all.len() > 1 { all.pop_front().unwrap() } else { all[0].clone() }
    }
}

#[async_trait]
impl CredentialSource for Vendor {
    fn api_url(&self) -> &str {
        "https://api.example.com"
    }

    async fn open_repo(&self, repo: &RepoName) -> Result<OpenRepo, CredentialError> {
        let unasked = || CredentialError::refused(format!("nobody asks where {repo} is"));
        self.answer.lock().unwrap().clone().ok_or_else(unasked)
    }

    async fn bucket_credentials(&self, _: &RepoName) -> Result<StorageCredentials, CredentialError> {
        Ok(self.next())
    }

    async fn org_bucket_credentials(
        &self,
        _: &OrgName,
        _: BucketId,
        _: CredentialAccess,
    ) -> Result<StorageCredentials, CredentialError> {
        Ok(self.next())
    }
}
