//! The metastore of V1 repos, route by route.

mod branches;
mod documents;
mod history;
mod kill;
mod listing;
mod nodes;
mod sessions;
mod writers;

use serde_json::{Value, json};

use crate::client::{Answer, Client, escaped, lake};

/// A V1 repo, as one of its users sees it.
#[derive(Clone)]
pub(crate) struct Repo {
    pub(crate) client: Client,
    path: String,
}

/// A repo on a new lake, used as the Python client uses it.
pub(crate) async fn repo() -> Repo {
    repo_of(lake().python("0.20.0"), "old").await
}

/// A new repo.
pub(crate) async fn repo_of(client: Client, name: &str) -> Repo {
    client.post("/orgs/local/repos", &json!({"name": name, "kind": "v1"})).await.ok();
    let client = client.with_header("arraylake-feature-managed-sessions", "True");
    Repo { client, path: format!("/repos/local/{name}") }
}

/// What a session on a commit looks at.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) session: String,
    pub(crate) base: Option<String>,
}

impl View {
    fn query(&self) -> String {
        format!("session_id={}&base_commit={}", self.session, self.base.as_deref().unwrap_or_default())
    }
}

impl Repo {
    pub(crate) async fn get(&self, rest: &str) -> Answer {
        self.client.get(&format!("{}/{rest}", self.path)).await
    }

    pub(crate) async fn put(&self, rest: &str, body: &Value) -> Answer {
        self.client.put(&format!("{}/{rest}", self.path), body).await
    }

    pub(crate) async fn post(&self, rest: &str, body: &Value) -> Answer {
        self.client.post(&format!("{}/{rest}", self.path), body).await
    }

    pub(crate) async fn delete(&self, rest: &str) -> Answer {
        self.client.delete(&format!("{}/{rest}", self.path)).await
    }

    /// A session for writing to `main` that lives so long.
    pub(crate) async fn session_for(&self, base: Option<&str>, expires_in: &str) -> Answer {
        let body = json!({"branch": "main", "base_commit": base, "author_name": "Ada L",
            "author_email": "ada@example.com", "message": null, "session_type": "write", "expires_in": expires_in});
        self.post("sessions", &body).await
    }

    /// A session for a day, on a commit.
    pub(crate) async fn view(&self, base: Option<&str>) -> View {
        let session = self.session_for(base, "P1D").await.ok()["_id"].as_str().unwrap().to_owned();
        View { session, base: base.map(str::to_owned) }
    }

    pub(crate) async fn set(&self, view: &View, collection: &str, docs: &[(&str, Value)]) -> Answer {
        let body: Vec<Value> = docs
            .iter()
            .map(|(path, content)| json!({"session_id": view.session, "content": content, "path": path}))
            .collect();
        self.put(&format!("contents/{collection}/_bulk_set?{}", view.query()), &json!(body)).await
    }

    /// Writes empty documents.
    pub(crate) async fn touch(&self, view: &View, collection: &str, paths: &[&str]) {
        let docs: Vec<_> = paths.iter().map(|path| (*path, json!({}))).collect();
        self.set(view, collection, &docs).await.ok();
    }

    pub(crate) async fn read(&self, view: &View, collection: &str, paths: &[&str]) -> Answer {
        self.post(&format!("contents/{collection}/_bulk_get?{}", view.query()), &json!(paths)).await
    }

    /// The content at a path of the metadata; null if there is none.
    pub(crate) async fn content(&self, view: &View, path: &str) -> Value {
        self.read(view, "metadata", &[path]).await.ok()[0]["content"].clone()
    }

    pub(crate) async fn remove(&self, view: &View, collection: &str, paths: &[&str]) -> Answer {
        self.put(&format!("contents/{collection}/_bulk_delete?{}", view.query()), &json!(paths)).await
    }

    pub(crate) async fn list(&self, view: &View, collection: &str, prefix: &str, more: &str) -> Vec<String> {
        let query = format!("prefix={}&{}&{more}", escaped(prefix), view.query());
        let paths = self.get(&format!("contents/{collection}/?{query}")).await.ok();
        serde_json::from_value(paths).unwrap()
    }

    pub(crate) async fn new_commit(&self, view: &View, message: &str) -> Answer {
        let body = json!({"session_id": view.session, "session_start_time": "2026-11-22T09:55:02.123000",
            "parent_commit": view.base, "commit_time": "2026-11-22T09:55:03.353028", "author_name": "Ada L",
            "author_email": "ada@example.com", "message": message});
        self.put("commits", &body).await
    }

    pub(crate) async fn move_branch(&self, branch: &str, to: &str, from: Option<&str>, new: bool) -> Answer {
        let body = json!({"branch": branch, "new_commit": to, "new_branch": new, "base_commit": from,
            "session_id": null});
        self.put("branches", &body).await
    }

    /// Commits what a session holds to `main`, and returns the commit.
    pub(crate) async fn commit(&self, view: &View) -> String {
        let commit = self.new_commit(view, "a commit").await.ok()["_id"].as_str().unwrap().to_owned();
        self.move_branch("main", &commit, view.base.as_deref(), view.base.is_none()).await.ok();
        commit
    }

    /// Commits empty documents of metadata to `main`, on a commit.
    pub(crate) async fn commit_paths(&self, base: Option<&str>, paths: &[&str]) -> String {
        let view = self.view(base).await;
        self.touch(&view, "metadata", paths).await;
        self.commit(&view).await
    }

    pub(crate) async fn rebase(&self, view: &View, branch: &str) -> Answer {
        let base = view.base.as_ref().map(|base| format!("&base_commit={base}")).unwrap_or_default();
        self.post(&format!("rebase?session_id={}&branch_name={branch}{base}", view.session), &Value::Null)
            .await
    }

    /// What a session has touched: paths, and whether they were deleted.
    pub(crate) async fn touched(&self, view: &View, collection: &str) -> Vec<(String, bool)> {
        let rows = self.get(&format!("modified_paths/{collection}?limit=0&{}", view.query())).await.ok();
        paths_of(&rows)
    }
}

fn paths_of(rows: &Value) -> Vec<(String, bool)> {
    let row = |row: &Value| (row["path"].as_str().unwrap().to_owned(), row["deleted"].as_bool().unwrap());
    rows.as_array().unwrap().iter().map(row).collect()
}
