//! Whole nodes: deleting and moving them.

use serde_json::{Value, json};

use super::{Repo, View, repo};
use crate::client::{Answer, escaped};

const PATHS: [&str; 6] = [
    "meta/root/foo.group.json",
    "meta/root/foo/a.array.json",
    "meta/root/foo/aa.array.json",
    "meta/root/foo/a/deep.group.json",
    "meta/root/foobar.group.json",
    "meta/root/implicit/x.group.json",
];

async fn nodes() -> (Repo, View) {
    let repo = repo().await;
    let view = repo.view(None).await;
    repo.touch(&view, "metadata", &PATHS).await;
    repo.touch(&view, "chunks", &["data/root/foo/a/c0", "data/root/foo/a/c1", "data/root/foo/aa/c0"]).await;
    (repo, view)
}

async fn all(repo: &Repo, view: &View, collection: &str) -> Vec<String> {
    repo.list(view, collection, "", "all_subdirs=true").await
}

fn query(view: &View) -> String {
    format!("session_id={}&base_commit={}", view.session, view.base.as_deref().unwrap_or_default())
}

async fn delete(repo: &Repo, view: &View, collection: &str, prefix: &str) -> Answer {
    repo.delete(&format!("contents/{collection}/{prefix}?{}", query(view))).await
}

async fn rename(repo: &Repo, view: &View, from: &str, to: &str) -> Answer {
    let places = format!("src_path={}&dst_path={}", escaped(from), escaped(to));
    repo.put(&format!("contents/nodes/rename?{places}&{}", query(view)), &Value::Null).await
}

#[tokio::test]
async fn a_node_is_deleted_with_all_below_it_and_no_other() {
    let (repo, view) = nodes().await;
    delete(&repo, &view, "metadata", "meta/root/foo/a").await.ok();
    delete(&repo, &view, "chunks", "data/root/foo/a").await.ok();
    let left = all(&repo, &view, "metadata").await;
    assert_eq!(left, [PATHS[0], PATHS[2], PATHS[4], PATHS[5]]);
    assert_eq!(all(&repo, &view, "chunks").await, ["data/root/foo/aa/c0"]);
    delete(&repo, &view, "metadata", "meta/root/foo/").await.ok();
    assert_eq!(all(&repo, &view, "metadata").await, [PATHS[0], PATHS[4], PATHS[5]]);
    delete(&repo, &view, "metadata", "meta/root/nothing").await.ok();
    delete(&repo, &view, "metadata", "").await.ok();
    assert_eq!(all(&repo, &view, "metadata").await, [""; 0]);
}

#[tokio::test]
async fn odd_names_in_the_address_are_read_as_they_were_meant() {
    let repo = repo().await;
    let view = repo.view(None).await;
    let paths = [
        "/foo.json",
        "meta/root/a b/x.group.json",
        "meta/root/é+&/y.group.json",
        "meta/root/100%/z.group.json",
    ];
    repo.touch(&view, "metadata", &paths).await;
    for prefix in ["/foo.json", "meta/root/a%20b", "meta/root/%C3%A9+&", "meta/root/100%"] {
        delete(&repo, &view, "metadata", prefix).await.ok();
    }
    assert_eq!(all(&repo, &view, "metadata").await, [""; 0]);
}

#[tokio::test]
async fn a_node_moves_with_all_below_it_across_commits_and_back() {
    let (repo, view) = nodes().await;
    let base = repo.commit(&view).await;
    let view = repo.view(Some(&base)).await;
    rename(&repo, &view, "foo", "bar/baz").await.ok();
    let moved =
        ["meta/root/bar/baz.group.json", "meta/root/bar/baz/a.array.json", "meta/root/bar/baz/aa.array.json"];
    let paths = all(&repo, &view, "metadata").await;
    assert!(moved.iter().all(|path| paths.iter().any(|it| it == path)), "{paths:?}");
    assert!(
        !paths.iter().any(|path| path.starts_with("meta/root/foo/")) && paths.contains(&PATHS[4].to_owned())
    );
    assert_eq!(all(&repo, &view, "chunks").await.len(), 3);
    let touched = repo.touched(&view, "metadata").await;
    assert!(
        touched.contains(&(PATHS[0].to_owned(), true)) && touched.contains(&(moved[0].to_owned(), false))
    );
    let base = repo.commit(&view).await;
    let view = repo.view(Some(&base)).await;
    rename(&repo, &view, "bar/baz", "foo").await.ok();
    rename(&repo, &view, "implicit", "explicit").await.ok();
    let mut paths = all(&repo, &view, "metadata").await;
    paths.sort();
    let mut expected = PATHS.map(|path| path.replace("implicit", "explicit"));
    expected.sort();
    assert_eq!(paths, expected);
    assert_eq!(repo.content(&view, PATHS[1]).await, json!({}));
}

#[tokio::test]
async fn nothing_moves_from_nowhere_or_onto_something() {
    let (repo, view) = nodes().await;
    rename(&repo, &view, "missing", "other").await.refused(422, "No source");
    rename(&repo, &view, "", "other").await.refused(422, "No source");
    rename(&repo, &view, "foo", "foobar").await.refused(422, "which is there");
    rename(&repo, &view, "foo", "foo/inner").await.refused(422, "which lies in it");
    rename(&repo, &view, "foo", "").await.refused(422, "the root");
    assert_eq!(all(&repo, &view, "metadata").await, PATHS);
}

#[tokio::test]
async fn chunks_that_an_array_left_behind_are_not_taken_for_those_of_what_moves_there() {
    let (repo, view) = nodes().await;
    repo.touch(&view, "chunks", &["data/root/gone/c0", "data/root/gone/c7", "data/root/gone/deep/c3"]).await;
    repo.touch(&view, "chunks", &["data/root/goner/c0"]).await;
    let base = repo.commit(&view).await;
    let view = repo.view(Some(&base)).await;
    // Of `gone` there is no document, as when it was deleted by its path alone.
    rename(&repo, &view, "foo/a", "gone").await.ok();
    let left = all(&repo, &view, "chunks").await;
    assert_eq!(left, ["data/root/foo/aa/c0", "data/root/gone/c0", "data/root/gone/c1", "data/root/goner/c0"]);
    let touched = repo.touched(&view, "chunks").await;
    assert!(touched.contains(&("data/root/gone/c7".to_owned(), true)), "{touched:?}");
    let base = repo.commit(&view).await;
    assert_eq!(all(&repo, &repo.view(Some(&base)).await, "chunks").await, left);
}
