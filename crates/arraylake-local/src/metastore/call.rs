//! [`RepoCall`]: a request about a V1 repo, and the rules that most of them share.

use std::sync::Arc;

use arraylake_types::v1::{Collection, CommitId, SessionId};
use arraylake_types::{RepoKind, Timestamp};
use axum::extract::{FromRequest, Request};

use crate::catalog::call::Call;
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::s3::Access;
use crate::store::v1::{End, Kept, Meta, Point, StoredSession, View};

/// The largest body that is read: clients do not cut lists of paths that are to be deleted.
const MAX_BODY: usize = 256 << 20;

/// A request about a V1 repo whose caller is known.
#[derive(Clone)]
pub(crate) struct RepoCall {
    call: Call,
    /// Whether the client says that the service manages its sessions; older ones say nothing.
    managed: Option<bool>,
}

impl RepoCall {
    /// Runs `job` as one transaction, for a caller who may read the repo.
    pub(crate) async fn read<T: Send + 'static>(
        self,
        job: impl FnOnce(&Self, &Meta<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.run(Access::Read, job).await
    }

    /// The same for a caller who may write it.
    pub(crate) async fn write<T: Send + 'static>(
        self,
        job: impl FnOnce(&Self, &Meta<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.run(Access::ReadWrite, job).await
    }

    async fn run<T: Send + 'static>(
        self,
        access: Access,
        job: impl FnOnce(&Self, &Meta<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.call.lake.store.clone();
        let work = move |db: &crate::store::Db<'_>| {
            let found = match access {
                Access::ReadWrite => self.call.repo_to_write(db)?,
                Access::Read => self.call.repo(db)?,
            };
            let repo = found.repo.model;
            let (org, name) = (&repo.org, &repo.name);
            if repo.kind != RepoKind::V1 {
                let text = format!("Repo {org}/{name} is of the kind {}; only V1 repos have this", repo.kind);
                return Err(Refusal::rule(text));
            }
            let missing = || Refusal::missing(format!("Repo {org}/{name} not found"));
            job(&self, &db.meta(&repo.id)?.ok_or_else(missing)?)
        };
        store.run(work).await
    }

    /// The current time, to the microsecond.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from(self.call.lake.config.clock.now())
    }

    /// The collection in the path, if it holds documents.
    pub(crate) fn kept(&self) -> Result<Option<Kept>, Refusal> {
        let collection = Collection::from(self.call.path("collection"));
        match Kept::of(&collection) {
            Some(kept) => Ok(Some(kept)),
            None if collection == Collection::Nodes => Ok(None),
            None => Err(Refusal::rule(format!("{collection} is no collection: metadata, chunks or nodes"))),
        }
    }

    /// The same where there must be documents.
    pub(crate) fn kept_documents(&self) -> Result<Kept, Refusal> {
        let refusal =
            || Refusal::rule("the collection nodes holds no documents that could be read or written");
        self.kept()?.ok_or_else(refusal)
    }

    /// A number of the query; 0 if it is not there.
    pub(crate) fn number(&self, name: &str) -> Result<u64, Refusal> {
        let Some(text) = self.call.query(name) else { return Ok(0) };
        text.parse()
            .map_err(|_| Refusal::rule(format!("{name} must be a number that is not negative, not {text:?}")))
    }

    /// The commit named by the query, if one is.
    pub(crate) fn point(&self, meta: &Meta<'_>, name: &str) -> Result<Option<Point>, Refusal> {
        let Some(text) = self.call.query(name) else { return Ok(None) };
        let id = text.parse::<CommitId>().map_err(|_| no_commit(text))?;
        known_point(meta, &id).map(Some)
    }

    /// The session named by the query, if one is.
    pub(crate) fn session_id(&self) -> Result<Option<SessionId>, Refusal> {
        self.call.query("session_id").map(|id| Ok(id.parse()?)).transpose()
    }

    /// What the request looks at: base and session are those of its query, whatever the session was made for.
    pub(crate) fn view(&self, meta: &Meta<'_>) -> Result<View, Refusal> {
        let base = self.point(meta, "base_commit")?;
        let session = match self.session_id()? {
            Some(id) => meta.session(&id)?,
            None => None,
        };
        Ok(View { chain: meta.chain(base.as_ref())?, session })
    }

    /// The session to write in, and whether a commit was made of it.
    pub(crate) fn writer(&self, meta: &Meta<'_>) -> Result<(StoredSession, bool), Refusal> {
        let id = self.session_id()?.ok_or_else(|| Refusal::rule("session_id: Field required"))?;
        match meta.session(&id)? {
            Some(session) => {
                check_open(&session, self.now())?;
                let published = meta.is_published(&session)?;
                Ok((session, published))
            }
            // Clients that make sessions by themselves tell nobody. Whoever reads a commit looks at it in a session of
            // this name: what were written there would be in everybody's way.
            None if self.managed != Some(true) && !id.is_reading() => {
                Ok((meta.insert_own_session(&id)?, false))
            }
            None => Err(unknown_session(&id)),
        }
    }
}

/// Refuses a session in which nothing can be written any more.
pub(super) fn check_open(session: &StoredSession, now: Timestamp) -> Result<(), Refusal> {
    session.end(now).map_or(Ok(()), |end| Err(ended(end)))
}

/// The refusal for a session that is over. Clients know it by its first words, whatever has ended it.
pub(super) fn ended(end: End) -> Refusal {
    Refusal::rule(match end {
        End::Committed => "Session expired: it has been committed",
        End::Abandoned => "Session expired: it was abandoned",
        End::Late => "Session expired",
    })
}

/// The refusal for a session that nobody made.
pub(crate) fn unknown_session(id: &SessionId) -> Refusal {
    Refusal::rule(format!("Session invalid or expired: {id}"))
}

/// The refusal for a commit that nobody made.
pub(crate) fn no_commit(id: impl std::fmt::Display) -> Refusal {
    Refusal::rule(format!("Error retrieving commit id {id}: there is no such commit"))
}

/// A commit that must be there.
pub(crate) fn known_point(meta: &Meta<'_>, id: &CommitId) -> Result<Point, Refusal> {
    meta.point(id)?.ok_or_else(|| no_commit(id))
}

impl std::ops::Deref for RepoCall {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.call
    }
}

impl FromRequest<Arc<Lake>> for RepoCall {
    type Rejection = Refusal;

    async fn from_request(request: Request, lake: &Arc<Lake>) -> Result<Self, Refusal> {
        let header = request.headers().get("arraylake-feature-managed-sessions");
        let managed =
            header.and_then(|value| value.to_str().ok()).map(|text| text.eq_ignore_ascii_case("true"));
        Ok(Self { call: Call::read_up_to(MAX_BODY, request, lake).await?, managed })
    }
}
