//! Listings, filters, trees and sizes.

use serde_json::json;

use super::{Repo, View, repo};
use crate::client::{Answer, escaped};

/// A repo with some nodes in a session.
async fn nodes() -> (Repo, View) {
    let repo = repo().await;
    let view = repo.view(None).await;
    let docs = [
        ("meta/root.group.json", json!({"attributes": {"title": "root"}})),
        ("meta/root/real.group.json", json!({"attributes": {"k": 1}})),
        ("meta/root/baz.array.json", json!({"shape": [4], "attributes": {"mask": 10}})),
        ("meta/root/implicit/group.group.json", json!({})),
        ("meta/root/real/deep/x.array.json", json!({"attributes": {"mask": 15}})),
        ("meta/root/aa.group.json", json!({"attributes": {}})),
        ("meta/root/aa_abb.group.json", json!({"attributes": {}})),
    ];
    repo.set(&view, "metadata", &docs).await.ok();
    (repo, view)
}

async fn tree(repo: &Repo, view: &View, prefix: &str, depth: u8, filter: &str) -> Answer {
    let base = view.base.as_deref().unwrap_or_default();
    let query = format!("prefix={}&session_id={}&base_commit={base}", escaped(prefix), view.session);
    repo.get(&format!("tree?{query}&depth={depth}&filter={}", escaped(filter))).await
}

#[tokio::test]
async fn a_directory_lists_what_lies_in_it_once_with_directories_without_a_slash() {
    let (repo, view) = nodes().await;
    let expected = [
        "meta/root/real.group.json",
        "meta/root/baz.array.json",
        "meta/root/implicit",
        "meta/root/real",
        "meta/root/aa.group.json",
        "meta/root/aa_abb.group.json",
    ];
    for prefix in ["meta/root", "meta/root/"] {
        let paths = repo.list(&view, "metadata", prefix, "all_subdirs=false&filter=").await;
        assert_eq!(paths, expected, "in the order in which they came to be");
    }
    assert_eq!(repo.list(&view, "metadata", "", "all_subdirs=false").await, ["meta"]);
    assert_eq!(repo.list(&view, "metadata", "meta/nothing", "all_subdirs=false").await, [""; 0]);
    repo.touch(&view, "chunks", &["data/root/baz/c0", "data/root/baz/c1"]).await;
    assert_eq!(repo.list(&view, "chunks", "data/root/", "all_subdirs=false").await, ["data/root/baz"]);
    assert_eq!(repo.list(&view, "nodes", "", "all_subdirs=true").await, [""; 0]);
}

#[tokio::test]
async fn a_prefix_lists_all_that_begins_with_it_as_plain_text() {
    let (repo, view) = nodes().await;
    let all = async |prefix: &str| repo.list(&view, "metadata", prefix, "all_subdirs=true").await;
    assert_eq!(all("meta/root/aa").await, ["meta/root/aa.group.json", "meta/root/aa_abb.group.json"]);
    assert_eq!(all("meta/root/aa/").await, [""; 0]);
    assert_eq!(all("").await.len(), 7);
    let base = repo.commit(&view).await;
    let later = repo.view(Some(&base)).await;
    repo.remove(&later, "metadata", &["meta/root/aa.group.json"]).await.ok();
    repo.touch(&later, "metadata", &["meta/root/aab.group.json"]).await;
    let paths = repo.list(&later, "metadata", "meta/root/aa", "all_subdirs=true").await;
    assert_eq!(paths, ["meta/root/aa_abb.group.json", "meta/root/aab.group.json"]);
}

#[tokio::test]
async fn a_filter_lists_the_documents_that_pass_all_the_way_down() {
    let (repo, view) = nodes().await;
    let filtered = async |filter: &str| {
        let more = format!("all_subdirs=false&filter={}", escaped(filter));
        repo.list(&view, "metadata", "meta/root", &more).await
    };
    assert_eq!(
        filtered("mask > `5`").await,
        ["meta/root/baz.array.json", "meta/root/real/deep/x.array.json"]
    );
    assert_eq!(filtered("title == 'root'").await, ["meta/root.group.json"]);
    let bad = format!("contents/metadata/?prefix=&session_id=s&base_commit=&filter={}", escaped("a | b"));
    repo.get(&bad).await.refused(422, "Functionality");
}

#[tokio::test]
async fn a_tree_has_groups_and_arrays_in_the_order_in_which_they_came_to_be() {
    let (repo, view) = nodes().await;
    let whole = tree(&repo, &view, "meta/", 10, "").await.ok();
    for root in ["meta", "meta/root", "meta/root/"] {
        assert_eq!(tree(&repo, &view, root, 10, "").await.ok(), whole);
    }
    assert_eq!(whole["attributes"], json!({"title": "root"}));
    assert_eq!(whole["arrays"], json!({"baz": {"shape": [4], "attributes": {"mask": 10}}}));
    let names: Vec<&String> = whole["trees"].as_object().unwrap().keys().collect();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(sorted, ["aa", "aa_abb", "implicit", "real"]);
    assert_eq!(whole["trees"]["real"]["trees"]["deep"]["arrays"]["x"]["attributes"]["mask"], 15);
    let flat = tree(&repo, &view, "meta/root", 1, "").await.ok();
    assert_eq!(flat["trees"]["real"], json!({"trees": {}, "arrays": {}, "attributes": {"k": 1}}));
    let deep = tree(&repo, &view, "meta/root/real/deep", 10, "").await.ok();
    assert_eq!(deep["arrays"]["x"]["attributes"]["mask"], 15);
    let nothing = json!({"trees": {}, "arrays": {}, "attributes": {}});
    assert_eq!(tree(&repo, &view, "meta/foo", 10, "").await.ok(), nothing);
    assert_eq!(
        tree(&repo, &View { session: "none".into(), base: None }, "meta/", 10, "").await.ok(),
        nothing
    );
}

#[tokio::test]
async fn a_tree_with_a_filter_has_what_passes_and_the_way_there() {
    let (repo, view) = nodes().await;
    let found = tree(&repo, &view, "meta/root", 10, "mask == `15`").await.ok();
    let x = json!({"x": {"attributes": {"mask": 15}}});
    let deep = json!({"trees": {}, "arrays": x, "attributes": {}});
    let real = json!({"trees": {"deep": deep}, "arrays": {}, "attributes": {}});
    assert_eq!(found, json!({"trees": {"real": real}, "arrays": {}, "attributes": {}}));
}

#[tokio::test]
async fn the_size_of_a_path_is_that_of_its_chunks_as_they_are_seen() {
    let repo = repo().await;
    let view = repo.view(None).await;
    let chunk = |token: &str, length: u64| {
        json!({"uri": null, "offset": 0, "length": length, "hash": {"method": "m", "token": token}, "v": 1,
            "sid": view.session})
    };
    let docs = [
        ("data/root/a/c1", chunk("one", 1000)),
        ("data/root/a/c2", chunk("one", 1000)),
        ("data/root/b/c42/0", chunk("one", 1000)),
        ("data/root/b/c55/0", chunk("two", 500)),
        ("data/root/bb/c0", chunk("three", 1)),
    ];
    repo.set(&view, "chunks", &docs).await.ok();
    let size = async |prefix: &str| {
        let query = format!("prefix={}&session_id={}&base_commit=", escaped(prefix), view.session);
        let size = repo.get(&format!("size/?{query}")).await.ok();
        assert_eq!(size["path"], prefix);
        (size["number_of_chunks"].as_u64().unwrap(), size["total_chunk_bytes"].as_u64().unwrap())
    };
    assert_eq!(size("").await, (4, 2501));
    assert_eq!(size("data/root/a").await, (1, 1000));
    assert_eq!(size("data/root/b").await, (2, 1500));
    repo.remove(&view, "chunks", &["data/root/b/c55/0"]).await.ok();
    assert_eq!(size("data/root/b/").await, (1, 1000));
}

#[tokio::test]
async fn a_tree_is_ten_groups_deep_unless_somebody_says_otherwise_and_no_path_is_too_deep_for_it() {
    let repo = repo().await;
    let view = repo.view(None).await;
    let path = |depth: usize| format!("meta/root/{}x.array.json", "g/".repeat(depth));
    repo.touch(&view, "metadata", &[&path(12), &path(3000)]).await;
    let get =
        async |depth: &str| repo.get(&format!("tree?session_id={}&base_commit={depth}", view.session)).await;
    let (mut tree, mut depth) = (get("").await.ok(), 0);
    while tree["trees"]["g"].is_object() {
        (tree, depth) = (tree["trees"]["g"].clone(), depth + 1);
    }
    assert_eq!(depth, 10);
    assert_eq!(get("&depth=1000000").await.status, 200);
}
