//! [`Repositories`]: open repositories.

use std::time::Duration;

use arraylake_icechunk::ErrorKind;
use arraylake_types::{
    ImportRepo, InvalidInput, NewRepo, OpenRepo, OrgName, RepoKind, RepoName, UpdateContainers,
};
use async_trait::async_trait;

use crate::api::{Repos, VirtualChunks};
use crate::client::AsyncClient;
use crate::error::{Error, Result};
use crate::repository::{NewEntry, OpenOptions, Repo, locate, locate_shared, open, opener};

/// Pauses while another client is making a repo that has its entry already: in all about ten seconds.
const PAUSES_MS: [u64; 8] = [50, 100, 200, 400, 800, 1600, 3200, 3200];

/// Open repositories: their data, not only their entries.
#[cfg(feature = "icechunk")]
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Repositories: Send + Sync {
    /// Opens a repository. Its credentials renew themselves for as long as it is in use.
    ///
    /// `GET /repos/{org}/{repo}/open`, and nothing else, once for all who open it at the same time; on services
    /// without that route `GET /repos/{org}/{repo}`, `GET /user` and `GET /repos/{org}/{repo}/bucket-credentials`.
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such repo,
    /// [`is_offline`](crate::Error::is_offline) if it is offline. A repo under maintenance opens read-only.
    async fn get_repo(&self, repo: &RepoName, options: OpenOptions) -> Result<Repo>;

    /// Makes a repo: its entry in the catalog, then an empty repository in its bucket. If the second fails, or the
    /// future is dropped, the entry is taken back.
    ///
    /// `POST /orgs/{org}/repos`, then `GET /repos/{org}/{repo}/open`
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_conflict`](crate::Error::is_conflict) if the name is
    /// taken. If something lies at its place in the bucket already, the entry is left, so that no service takes that
    /// for data to be removed.
    async fn create_repo(&self, org: &OrgName, request: NewRepo, options: OpenOptions) -> Result<Repo>;

    /// Takes a repository that lies in a bucket already into the catalog, and opens it. If it cannot be opened, or the
    /// future is dropped, the entry is taken back; the data stay as they are.
    ///
    /// `POST /orgs/{org}/repos/import`, then `GET /repos/{org}/{repo}/open`
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_conflict`](crate::Error::is_conflict) if the name is
    /// taken; if there is no repository at that place.
    async fn import_repo(&self, org: &OrgName, request: ImportRepo, options: OpenOptions) -> Result<Repo>;

    /// Opens a repository, or makes it if it is not there. Any number of callers may do so at once; all get the same.
    ///
    /// `GET /repos/{org}/{repo}/open`; if that is not found as [`create_repo`](Self::create_repo).
    ///
    /// # Errors
    /// [`Error::Mismatch`](crate::Error::Mismatch) if it is in another bucket than the one asked for.
    async fn get_or_create_repo(&self, org: &OrgName, request: NewRepo, options: OpenOptions)
    -> Result<Repo>;

    /// Changes which buckets the virtual chunks of a repo may lie in, and opens it with credentials for them: those of
    /// a handle opened earlier stay as they were. Needs leave to write to the repo.
    ///
    /// `PATCH /repos/icechunk/{org}/{repo}/virtual-chunk-containers`, then `GET /repos/{org}/{repo}/open`
    ///
    /// # Errors
    /// As [`update_virtual_chunk_containers`](crate::api::VirtualChunks::update_virtual_chunk_containers) and
    /// [`get_repo`](Self::get_repo).
    async fn authorize_virtual_chunk_access(
        &self,
        repo: &RepoName,
        containers: UpdateContainers,
        options: OpenOptions,
    ) -> Result<Repo>;
}

#[async_trait]
impl Repositories for AsyncClient {
    async fn get_repo(&self, repo: &RepoName, options: OpenOptions) -> Result<Repo> {
        let answer = locate_shared(self, repo).await?;
        open(self, "get repo", repo, answer, options).await
    }

    async fn create_repo(&self, org: &OrgName, request: NewRepo, options: OpenOptions) -> Result<Repo> {
        let (repo, options) = check(org, &request, options)?;
        let (client, owner) = (self.clone(), org.clone());
        let register = async move { client.create_repo_object(&owner, request).await };
        let entry = NewEntry::make(self, &repo, register).await?;
        let created = match locate(self, &repo).await {
            Ok(answer) => {
                let created = opener(self).create(&repo, answer, options).await;
                created.map(Repo::Icechunk).map_err(|error| Error::storage("create repo", error))
            }
            Err(error) => Err(error),
        };
        entry.settle(created).await
    }

    async fn import_repo(&self, org: &OrgName, request: ImportRepo, options: OpenOptions) -> Result<Repo> {
        let repo = RepoName::new(org, &request.name)?;
        let (client, owner) = (self.clone(), org.clone());
        let register = async move { client.import_repo_object(&owner, request).await };
        let entry = NewEntry::make(self, &repo, register).await?;
        let opened = match locate(self, &repo).await {
            Ok(answer) => open(self, "import repo", &repo, answer, options).await,
            Err(error) => Err(error),
        };
        entry.settle(opened).await
    }

    async fn get_or_create_repo(
        &self,
        org: &OrgName,
        request: NewRepo,
        options: OpenOptions,
    ) -> Result<Repo> {
        let (repo, _) = check(org, &request, options.clone())?;
        match open_existing(self, &repo, &request, &options).await {
            Err(error) if error.is_not_found() => {}
            outcome => return outcome,
        }
        match self.create_repo(org, request.clone(), options.clone()).await {
            // Somebody was faster; what they made is what was asked for.
            Err(error) if error.is_conflict() => open_existing(self, &repo, &request, &options).await,
            outcome => outcome,
        }
    }

    async fn authorize_virtual_chunk_access(
        &self,
        repo: &RepoName,
        containers: UpdateContainers,
        options: OpenOptions,
    ) -> Result<Repo> {
        self.update_virtual_chunk_containers(repo, containers).await?;
        // What was asked before the change may be under way, and is not what is wanted.
        let answer = locate(self, repo).await?;
        open(self, "authorize virtual chunk access", repo, answer, options).await
    }
}

/// Everything that can be said before a request is sent.
fn check(org: &OrgName, request: &NewRepo, options: OpenOptions) -> Result<(RepoName, OpenOptions)> {
    use arraylake_icechunk::icechunk::format::format_constants::SpecVersionBin;
    request.validate()?;
    let repo = RepoName::new(org, &request.name)?;
    if request.kind != RepoKind::Icechunk {
        return Err(Error::Unsupported(format!(
            "{repo} cannot be created: this version makes Icechunk repos only"
        )));
    }
    if request.create_mode != arraylake_types::CreateMode::Register {
        let rule = "must be `register`: the client makes the repository itself";
        return Err(InvalidInput::new("create mode", request.create_mode.as_str(), rule).into());
    }
    let options = match request.spec_version {
        Some(1) => options.with_spec_version(SpecVersionBin::V1),
        Some(_) => options.with_spec_version(SpecVersionBin::V2),
        None => options,
    };
    Ok((repo, options))
}

/// Opens a repo that has an entry. Its repository may be a moment away, if its maker is still at work.
async fn open_existing(
    client: &AsyncClient,
    repo: &RepoName,
    request: &NewRepo,
    options: &OpenOptions,
) -> Result<Repo> {
    let answer = locate(client, repo).await?;
    check_bucket(repo, request, &answer)?;
    let mut pauses = PAUSES_MS.into_iter();
    loop {
        let outcome = open(client, "get or create repo", repo, answer.clone(), options.clone()).await;
        match (outcome, pauses.next()) {
            (Err(Error::Storage { source, .. }), Some(pause))
                if *source.kind() == ErrorKind::NoRepository =>
            {
                tracing::debug!(%repo, "its repository is not there yet");
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            (outcome, _) => return outcome,
        }
    }
}

fn check_bucket(repo: &RepoName, request: &NewRepo, answer: &OpenRepo) -> Result<()> {
    let found = &answer.repo_bucket.nickname;
    match &request.bucket_nickname {
        Some(wanted) if wanted.as_str() != found => {
            let what = format!("it is in the bucket {found:?}, not in {:?}", wanted.as_str());
            Err(Error::Mismatch { repo: repo.to_string(), what })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json, status};

    use super::*;
    use crate::test_support::{client_over, repo_json};

    fn org() -> OrgName {
        "acme".parse().unwrap()
    }

    const GS: &str = r#"{"repo_bucket":{"id":"11111111-1111-4111-8111-111111111111","nickname":"cold-store",
        "platform":"punchcards","name":"b","extra_config":{},"is_default":true},"repo_prefix":"p",
        "status":{"mode":"MODE","message":"moving house"}}"#;

    #[tokio::test]
    async fn a_storage_that_cannot_be_made_takes_the_entry_back_at_once_and_keeps_the_data() {
        let answer = GS.replace("MODE", "online");
        let script = Script::new([json(201, repo_json("era5")), json(200, answer), status(204)]);
        let error = client_over(&script)
            .create_repo(&org(), NewRepo::new("era5"), OpenOptions::new())
            .await
            .unwrap_err();
        assert!(error.to_string().contains("punchcards"), "{error}");
        assert_eq!(script.paths()[2], "/orgs/acme/era5?immediate=true&retain_data=true");
    }

    #[tokio::test]
    async fn an_entry_that_cannot_be_taken_back_is_reported_with_both_errors() {
        let answer = GS.replace("MODE", "online");
        let script = Script::new([json(201, repo_json("era5")), json(200, answer), status(403)]);
        let error = client_over(&script)
            .create_repo(&org(), NewRepo::new("era5"), OpenOptions::new())
            .await
            .unwrap_err();
        let Error::RollbackFailed { cause, rollback, .. } = &error else { panic!("{error:?}") };
        assert!(cause.to_string().contains("punchcards") && rollback.is_forbidden());
        assert!(error.to_string().contains("acme/era5"), "{error}");
    }

    #[tokio::test]
    async fn an_import_that_cannot_be_opened_takes_its_entry_back_and_leaves_the_data() {
        let offline = GS.replace("MODE", "offline");
        let script = Script::new([json(201, repo_json("era5")), json(200, offline), status(204)]);
        let request = ImportRepo::new("era5", "cold-store", "p").unwrap();
        let error = client_over(&script).import_repo(&org(), request, OpenOptions::new()).await.unwrap_err();
        assert!(error.is_offline(), "{error:?}");
        assert_eq!(script.paths()[0], "/orgs/acme/repos/import");
        assert_eq!(script.paths()[2], "/orgs/acme/era5?immediate=true&retain_data=true");
    }

    #[tokio::test]
    async fn a_refused_creation_takes_nothing_back() {
        let script = Script::new([status(409)]);
        let error = client_over(&script)
            .create_repo(&org(), NewRepo::new("era5"), OpenOptions::new())
            .await
            .unwrap_err();
        assert!(error.is_conflict());
        assert_eq!(script.requests().len(), 1);
    }

    #[tokio::test]
    async fn a_cancelled_creation_takes_its_entry_back() {
        use arraylake_transport::testing::silence;
        let script = Script::new([json(201, repo_json("era5")), silence(), status(204)]);
        let client = client_over(&script);
        let task = tokio::spawn(async move {
            client.create_repo(&org(), NewRepo::new("era5"), OpenOptions::new()).await
        });
        while script.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        while script.requests().len() < 3 {
            tokio::task::yield_now().await;
        }
        assert_eq!(script.paths()[2], "/orgs/acme/era5?immediate=true&retain_data=true");
    }

    #[tokio::test]
    async fn a_creation_cancelled_while_its_entry_is_being_made_takes_it_back_once_it_is() {
        let script = Script::new([json(201, repo_json("era5")), status(204)]);
        let client = client_over(&script);
        let org = org();
        // Begun, and given up before the answer is there.
        let mut creation = client.create_repo(&org, NewRepo::new("era5"), OpenOptions::new());
        std::future::poll_fn(|cx| {
            assert!(creation.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        assert!(script.requests().is_empty());
        drop(creation);
        while script.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(script.paths(), ["/orgs/acme/repos", "/orgs/acme/era5?immediate=true&retain_data=true"]);
    }

    #[tokio::test]
    async fn a_refused_import_takes_nothing_back() {
        let script = Script::new([status(409)]);
        let request = ImportRepo::new("era5", "cold-store", "p").unwrap();
        let error = client_over(&script).import_repo(&org(), request, OpenOptions::new()).await.unwrap_err();
        assert!(error.is_conflict());
        assert_eq!(script.requests().len(), 1);
    }

    #[tokio::test]
    async fn containers_are_changed_before_the_repo_is_asked_for() {
        let script = Script::new([json(200, "{}".to_owned()), json(200, GS.replace("MODE", "offline"))]);
        let name = "acme/era5".parse().unwrap();
        let containers = UpdateContainers::new().with_add("s3://elsewhere/", "cold-store").unwrap();
        let error = client_over(&script)
            .authorize_virtual_chunk_access(&name, containers, OpenOptions::new())
            .await
            .unwrap_err();
        assert!(error.is_offline());
        let expected = ["/repos/icechunk/acme/era5/virtual-chunk-containers", "/repos/acme/era5/open"];
        assert_eq!(script.paths(), expected);
    }

    #[tokio::test]
    async fn an_offline_repo_is_not_opened_and_says_why() {
        let script = Script::new([json(200, GS.replace("MODE", "offline"))]);
        let name = "acme/era5".parse().unwrap();
        let error = client_over(&script).get_repo(&name, OpenOptions::new()).await.unwrap_err();
        assert!(error.is_offline() && error.to_string().contains("moving house"), "{error}");
    }

    #[tokio::test]
    async fn a_repo_in_another_bucket_than_asked_for_is_a_mismatch() {
        let script = Script::new([json(200, GS.replace("MODE", "online"))]);
        let request = NewRepo::new("era5").with_bucket("hot-store").unwrap();
        let error =
            client_over(&script).get_or_create_repo(&org(), request, OpenOptions::new()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "acme/era5 exists, but it is in the bucket \"cold-store\", not in \"hot-store\""
        );
    }

    #[tokio::test]
    async fn a_v1_repo_says_that_it_is_one() {
        let v1 = repo_json("old").replace("icechunk", "v1");
        let script = Script::new([status(404), json(200, v1)]);
        let name = "acme/old".parse().unwrap();
        let error = client_over(&script).get_repo(&name, OpenOptions::new()).await.unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)) && error.to_string().contains("V1"), "{error}");
    }

    #[tokio::test]
    async fn values_are_checked_before_anything_is_sent() {
        let script = Script::new([]);
        let client = client_over(&script);
        for request in
            [NewRepo::new("a"), NewRepo::new("ok").with_kind(RepoKind::V1), NewRepo::new("settings")]
        {
            assert!(client.create_repo(&org(), request, OpenOptions::new()).await.is_err());
        }
        assert!(script.requests().is_empty());
    }
}
