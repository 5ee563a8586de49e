//! What a service can tell though nobody asked it when a call was recorded, out of what it told then.

use serde_json::{Value, json};

use super::record::{Answer, Exchange, Sent};

/// The answer to a request that was not recorded, if every service has one.
pub(crate) fn answer(exchanges: &[Exchange], sent: &Sent) -> Option<Answer> {
    let path: Vec<&str> = sent.path.iter().map(String::as_str).collect();
    let body = match (sent.method.as_str(), &path[..]) {
        ("GET", [_, "user"]) => json!({"id": "22222222-2222-4222-8222-222222222222", "first_name": "Dummy",
            "family_name": "User", "email": "dummy@example.com"}),
        ("GET", [_, "repos", org, repo]) => {
            named(exchanges, org, repo).or_else(|| deleted(exchanges, org, repo))?
        }
        ("GET", [_, "repos", org, repo, "bucket-credentials"]) => match opened(exchanges, org, repo) {
            Some(answer) => answer.get("repo_credentials").filter(|keys| !keys.is_null())?.clone(),
            None => {
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
fn opened(exchanges: &[Exchange], org: &str, repo: &str) -> Option<Value> {
    let path = ["", "repos", org, repo, "open"];
    exchanges.iter().filter(|exchange| exchange.sent.path == path).find_map(|exchange| {
        match &exchange.answer {
            Answer::Whole { body, .. } => serde_json::from_str(body).ok(),
            Answer::Dropped(_) => None,
        }
    })
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
    Some(
        json!({"_id": "0123456789abcdef01234567", "org": org, "name": repo, "kind": "icechunk", "prefix": ""}),
    )
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

/// The answers to what happens before a call of a V1 repo is made.
pub(crate) fn before(sent: &Sent, is_empty: bool) -> Option<Answer> {
    let path: Vec<&str> = sent.path.iter().map(String::as_str).collect();
    let name = sent.query.iter().find(|(key, _)| key == "names").map_or("", |(_, name)| name.as_str());
    let commit = |last: &str| format!("0000000000000000aaaa000{last}");
    let body = match (sent.method.as_str(), path.get(3..).unwrap_or_default()) {
        _ if path.len() == 2 => return answer(&[], sent),
        ("GET", ["my-repo"]) => json!({"_id": "0123456789abcdef01234567", "org": "my-org", "name": "my-repo",
            "kind": "v1", "prefix": null, "created": "2024-01-02T03:04:05+00:00", "bucket": null,
            "status": {"mode": "online"}}),
        ("GET", ["my-repo", "branches"]) if name == "main" && !is_empty => {
            json!([{"_id": "main", "commit_id": commit("3")}])
        }
        ("GET", ["my-repo", "tags"]) if name == "v1.0" => {
            let author = json!({"author_name": "Dummy User", "author_email": "dummy@example.com"});
            let mut tagged = json!({"_id": commit("1"), "session_start_time": "2024-05-01T10:00:00",
                "parent_commit": null, "commit_time": "2024-05-01T11:00:00", "message": "first"});
            let mut tag = json!({"_id": "v1.0", "label": "v1.0", "created_at": "2024-05-01T11:30:00",
                "message": "a tag", "commit": null});
            tagged.as_object_mut()?.extend(author.as_object()?.clone());
            tag.as_object_mut()?.extend(author.as_object()?.clone());
            tag["commit"] = tagged;
            json!([tag])
        }
        ("GET", ["my-repo", "branches" | "tags"]) => json!([]),
        ("POST", ["my-repo", "sessions"]) => {
            let mut session = sent.body.clone()?;
            session["_id"] = "session0000000000000001".into();
            session["start_time"] = "2024-05-01T12:00:00".into();
            session["expiration"] = "2024-05-02T12:00:00".into();
            session
        }
        _ => return None,
    };
    Some(Answer::Whole { status: 200, body: body.to_string(), headers: Vec::new() })
}
