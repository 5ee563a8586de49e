//! Whether a session may go on at the tip of a branch.

use arraylake_types::v1::{CommitId, RebaseReply};

use super::call::{RepoCall, known_point, no_commit};
use crate::catalog::call::Answer;
use crate::catalog::reply;
use crate::refusal::Refusal;
use crate::store::v1::{Meta, Point};

/// `POST /repos/{org}/{repo}/rebase`
pub(crate) async fn rebase(call: RepoCall) -> Answer {
    let tip = call.read(|call, meta| {
        let (session, base) = session_and_base(call, meta)?;
        let branch = call.query("branch_name").unwrap_or_default();
        let unavailable = || Refusal::rule("Branch does not exist, rebase is unavailable");
        let tip = meta.tip(branch)?.ok_or_else(unavailable)?;
        let chain = meta.chain(Some(&known_point(meta, &tip)?))?;
        let (point, name) = match &base {
            Some((id, point)) => (point.as_ref(), id.to_string()),
            None => (None, "None".to_owned()),
        };
        if base.is_some() && !point.is_some_and(|point| chain.has_point(point)) {
            let text = format!("No shared parent. Parent {name} does not exist in history for {branch}");
            return Err(Refusal::rule(text));
        }
        let both = match session {
            Some(session) => meta.conflicts(session, &chain, point)?,
            None => Default::default(),
        };
        if both.is_empty() {
            return Ok(tip);
        }
        let paths = both.iter().map(|path| format!("'{path}'")).collect::<Vec<_>>().join(", ");
        Err(Refusal::rule(format!("Conflicting paths found for rebase {name}->{branch}: [{paths}]")))
    });
    reply::ok(&RebaseReply::new(tip.await?))
}

/// A commit that was named, and where it lies if there is such a commit.
type Base = (CommitId, Option<Point>);

/// The number of the session, if it is known, and the commit on which it began. Older clients name a commit instead.
fn session_and_base(call: &RepoCall, meta: &Meta<'_>) -> Result<(Option<i64>, Option<Base>), Refusal> {
    let locate = |id: CommitId| Ok::<_, Refusal>((id.clone(), meta.point(&id)?));
    if let Some(text) = call.query("commit_id") {
        let id: CommitId = text.parse().map_err(|_| no_commit(text))?;
        let commit = meta.commit(&id)?.ok_or_else(|| no_commit(&id))?;
        let session = known_point(meta, &id)?.session;
        return Ok((Some(session), commit.parent_commit.map(locate).transpose()?));
    }
    let session = match call.session_id()? {
        Some(id) => meta.session(&id)?.map(|session| session.seq),
        None => None,
    };
    let base = call.query("base_commit").map(str::parse::<CommitId>).transpose()?;
    Ok((session, base.map(locate).transpose()?))
}
