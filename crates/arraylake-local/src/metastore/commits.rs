//! Commits.

use std::sync::LazyLock;

use arraylake_types::v1::{CommitId, NewCommit, NewCommitReply};

use super::call::{RepoCall, ended, known_point, no_commit, unknown_session};
use crate::catalog::call::Answer;
use crate::catalog::reply;
use crate::refusal::Refusal;
use crate::setup::check_email;

/// The longest message of a commit or a tag, in characters.
const MAX_MESSAGE: usize = 5000;

/// `GET /repos/{org}/{repo}/commits`
pub(crate) async fn list(call: RepoCall) -> Answer {
    let commits = call.read(|call, meta| {
        let before = call.query("last_seen_commit").map(str::parse::<CommitId>).transpose()?;
        Ok(meta.commits(before.as_ref(), call.number("limit")?)?)
    });
    reply::ok(&commits.await?)
}

/// `GET /repos/{org}/{repo}/commits/{commit}`
pub(crate) async fn get(call: RepoCall) -> Answer {
    let commit = call.read(|call, meta| {
        let id = call.path("commit");
        let id: CommitId = id.parse().map_err(|_| no_commit(id))?;
        meta.commit(&id)?.ok_or_else(|| no_commit(&id))
    });
    reply::ok(&commit.await?)
}

/// `PUT /repos/{org}/{repo}/commits`
pub(crate) async fn create(call: RepoCall) -> Answer {
    let request: NewCommit = call.body_as()?;
    let id = call.write(move |call, meta| {
        let session = meta.session(&request.session_id)?;
        // Sessions that only read are committed, too, by clients that do not look; they are to hear this.
        let changed = match &session {
            Some(session) => meta.has_changes(session)?,
            None => false,
        };
        if !changed && !session.as_ref().is_some_and(|session| session.is_over(call.now())) {
            return Err(Refusal::rule("No changes to commit: nothing was written in the session"));
        }
        let session = session.ok_or_else(|| unknown_session(&request.session_id))?;
        // One that was committed may be so again while it lasts: the answer to the first time may have been lost.
        if let Some(end) = session.end(call.now()).filter(|_| session.is_over(call.now())) {
            return Err(ended(end));
        }
        check_message(&request.message)?;
        check_email(&request.author_email)?;
        let parent = request.parent_commit.as_ref().map(|id| known_point(meta, id)).transpose()?;
        let fresh = fresh_id(call.now().unix_seconds());
        Ok(meta.insert_commit(&session, parent.as_ref(), request, fresh)?)
    });
    reply::ok(&NewCommitReply::new(id.await?))
}

/// Refuses a message that is too long.
pub(super) fn check_message(message: &str) -> Result<(), Refusal> {
    let length = message.chars().count();
    if length > MAX_MESSAGE {
        let text =
            format!("The maximum allowed message length is {MAX_MESSAGE} characters, this one has {length}");
        return Err(Refusal::rule(text));
    }
    Ok(())
}

/// Twelve bytes: the time in seconds, something that differs from process to process, and room to count.
fn fresh_id(seconds: i64) -> u128 {
    static PROCESS: LazyLock<u128> = LazyLock::new(|| uuid::Uuid::new_v4().as_u128() >> 88);
    let seconds = u128::from(u32::try_from(seconds).unwrap_or(u32::MAX));
    seconds << 64 | *PROCESS << 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_twelve_bytes_and_grow_with_the_time() {
        let (one, other) = (fresh_id(1_700_000_000), fresh_id(1_700_000_001));
        assert!(one < other && other < 1 << 96);
        assert!(format!("{one:024x}").starts_with("6553f100"), "{one:024x}");
    }

    #[test]
    fn characters_of_a_message_are_counted_and_not_bytes() {
        check_message(&"ü".repeat(MAX_MESSAGE)).unwrap();
        let refusal = check_message(&"a".repeat(MAX_MESSAGE + 1)).unwrap_err().message();
        assert!(refusal.starts_with("The maximum allowed message"), "{refusal}");
    }
}
