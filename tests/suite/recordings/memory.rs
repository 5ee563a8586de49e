//! What a service can tell though nobody asked it when a call was recorded, out of what it told then.

use serde_json::{Value, json};

use super::record::{Answer, Exchange, Record, Sent};

/// The id of a repo of which nothing is recorded.
pub(crate) const REPO: &str = "0123456789abcdef01234567";

/// The answer to a request that was not recorded, if every service has one.
pub(crate) fn answer(exchanges: &[Exchange], user: &Value, sent: &Sent) -> Option<Answer> {
    let path: Vec<&str> = sent.path.iter().map(String::as_str).collect();
    let body = match (sent.method.as_str(), &path[..]) {
        ("GET", [_, "user"]) => user.clone(),
        ("GET", [_, "repos", org, repo]) => {
            named(exchanges, org, repo).or_else(|| deleted(exchanges, org, repo))?
        }
        ("GET", [_, "repos", org, repo, "bucket-credentials"]) => match opened(exchanges, org, repo) {
            Some(refused @ Answer::Whole { status: 300.., .. }) => return Some(refused.clone()),
            Some(Answer::Whole { body, .. }) => {
                let answer: Value = serde_json::from_str(body).ok()?;
                answer.get("repo_credentials").filter(|keys| !keys.is_null())?.clone()
            }
            _ => {
                named(exchanges, org, repo)?;
                json!({"aws_access_key_id": "DUMMYACCESSKEYID", "aws_secret_access_key": "dummy-secret-access-key",
                "aws_session_token": "dummy-session-token", "expiration": "2099-01-01T00:00:00+00:00"})
            }
        },
        ("POST", [_, "repos", _, _, "rebase"]) => json!({"commit_id": tip(exchanges, sent)?}),
        ("GET", [_, "repos", _, _, "branches" | "tags"]) => json!([]),
        _ => return None,
    };
    Some(Answer::Whole { status: 200, body: body.to_string(), headers: Vec::new() })
}

/// What was answered when a repo was opened.
fn opened<'a>(exchanges: &'a [Exchange], org: &str, repo: &str) -> Option<&'a Answer> {
    let path = ["", "repos", org, repo, "open"];
    exchanges.iter().find(|exchange| exchange.sent.path == path).map(|exchange| &exchange.answer)
}

/// The commit that a branch was last said to be at.
fn tip(exchanges: &[Exchange], sent: &Sent) -> Option<Value> {
    let (_, branch) = sent.query.iter().find(|(key, _)| key == "branch_name")?;
    exchanges.iter().rev().find_map(|exchange| {
        let Answer::Whole { body, .. } = &exchange.answer else { return None };
        let rows: Value = serde_json::from_str(body).ok()?;
        rows.as_array()?.iter().find(|row| row["_id"] == **branch)?.get("commit_id").cloned()
    })
}

/// A repo that was told of: when it was made, or in a list.
fn named(exchanges: &[Exchange], org: &str, repo: &str) -> Option<Value> {
    exchanges.iter().find_map(|exchange| match &exchange.answer {
        Answer::Whole { status: 200..300, body, .. } => {
            find(&serde_json::from_str(body).unwrap_or_default(), org, repo)
        }
        _ => None,
    })
}

/// A repo of which nothing is told but that it was deleted.
fn deleted(exchanges: &[Exchange], org: &str, repo: &str) -> Option<Value> {
    let is_it = |it: &Exchange| it.sent.method == "DELETE" && it.sent.path == ["", "orgs", org, repo];
    exchanges.iter().find(|it| is_it(it) && it.status().is_some_and(|status| status < 300))?;
    Some(json!({"_id": REPO, "org": org, "name": repo, "kind": "icechunk", "prefix": ""}))
}

fn find(value: &Value, org: &str, repo: &str) -> Option<Value> {
    match value {
        Value::Array(rows) => rows.iter().find_map(|row| find(row, org, repo)),
        Value::Object(fields)
            if value["org"] == org && value["name"] == repo && fields.contains_key("_id") =>
        {
            Some(value.clone())
        }
        Value::Object(fields) => fields.get("items").and_then(|rows| find(rows, org, repo)),
        _ => None,
    }
}

/// A V1 repo before a recorded call is made.
#[derive(Clone, Debug)]
pub(crate) struct Prelude {
    is_empty: bool,
    /// The tag that is checked out, if it is one.
    tag: Option<String>,
    /// The commit it stands at, and the session: those that the recording names.
    base: String,
    session: String,
    user: Value,
}

impl Prelude {
    pub(crate) fn of(record: &Record, is_empty: bool) -> Self {
        let tag = record.before["checkout"]["ref"].as_str().filter(|at| *at != "main");
        let base = record.named(&["base_commit", "parent_commit"]);
        let of_value = ["commit_id", "base_commit"].iter().find_map(|name| record.returned[*name].as_str());
        let base = base.or_else(|| of_value.map(str::to_owned));
        let base = base.or_else(|| record.told("commit_id")).or_else(|| record.named(&["commit_id"]));
        let session = record.named(&["session_id"]).or_else(|| record.session_in_path());
        Self {
            is_empty,
            tag: tag.map(str::to_owned),
            base: base.unwrap_or_else(|| "0000000000000000aaaa0003".to_owned()),
            session: session.unwrap_or_else(|| "session0000000000000001".to_owned()),
            user: record.user(),
        }
    }

    /// The answer to a request of that time.
    pub(crate) fn answer(&self, sent: &Sent) -> Option<Answer> {
        let path: Vec<&str> = sent.path.iter().map(String::as_str).collect();
        let asked = sent.query.iter().find(|(key, _)| key == "names").map_or("", |(_, name)| name.as_str());
        let is_tag = self.tag.as_deref() == Some(asked);
        let body = match (sent.method.as_str(), path.get(4..).unwrap_or_default()) {
            _ if path.len() == 2 => return answer(&[], &self.user, sent),
            ("GET", []) => json!({"_id": REPO, "org": path[2], "name": path[3], "kind": "v1", "prefix": null,
                "created": "2024-01-02T03:04:05+00:00", "bucket": null, "status": {"mode": "online"}}),
            ("GET", ["branches"]) if asked == "main" && !self.is_empty => {
                json!([{"_id": "main", "commit_id": self.base}])
            }
            ("GET", ["tags"]) if is_tag => json!([self.tagged(asked)]),
            ("GET", ["branches" | "tags"]) => json!([]),
            ("POST", ["sessions"]) => {
                let mut session = sent.body.clone()?;
                session["_id"] = self.session.as_str().into();
                session["start_time"] = "2024-05-01T12:00:00".into();
                session["expiration"] = "2024-05-02T12:00:00".into();
                session
            }
            _ => return None,
        };
        Some(Answer::Whole { status: 200, body: body.to_string(), headers: Vec::new() })
    }

    fn tagged(&self, name: &str) -> Value {
        json!({"_id": name, "label": name, "created_at": "2024-05-01T11:30:00", "message": "a tag",
            "author_name": "Dummy User", "author_email": "dummy@example.com",
            "commit": {"_id": self.base, "session_start_time": "2024-05-01T10:00:00", "parent_commit": null,
                "commit_time": "2024-05-01T11:00:00", "message": "first",
                "author_name": "Dummy User", "author_email": "dummy@example.com"}})
    }
}
