//! Branches, tags, and the way back onto a branch that has moved.

use serde_json::json;

use super::{Repo, View, repo};

/// Two sessions on the first commit of `main`; the other one is committed first.
async fn race(repo: &Repo, mine: (&str, &[&str]), theirs: (&str, &[&str])) -> (View, String) {
    let base = repo.commit_paths(None, &["meta/root.group.json"]).await;
    let (own, other) = (repo.view(Some(&base)).await, repo.view(Some(&base)).await);
    repo.touch(&own, mine.0, mine.1).await;
    repo.touch(&other, theirs.0, theirs.1).await;
    let tip = repo.commit(&other).await;
    (own, tip)
}

#[tokio::test]
async fn a_branch_moves_only_from_where_it_is() {
    let repo = repo().await;
    let root = repo.commit_paths(None, &["meta/root.group.json"]).await;
    let (one, other) = (repo.view(Some(&root)).await, repo.view(Some(&root)).await);
    repo.touch(&one, "metadata", &["meta/root/a.array.json"]).await;
    repo.touch(&other, "metadata", &["meta/root/b.array.json"]).await;
    let commit = |answer: crate::client::Answer| answer.ok()["_id"].as_str().unwrap().to_owned();
    let (one, other) =
        (commit(repo.new_commit(&one, "one").await), commit(repo.new_commit(&other, "other").await));
    repo.move_branch("main", &one, Some(&root), false).await.ok();
    // A request that is sent twice is answered twice.
    repo.move_branch("main", &one, Some(&root), false).await.ok();
    repo.move_branch("main", &other, Some(&root), false).await.refused(422, "Failed to update branch");
    repo.move_branch("main", &other, None, true).await.refused(422, "Cannot create branch");
    repo.move_branch("dev", &other, Some(&root), false).await.refused(422, "Failed to update branch");
    repo.move_branch("dev", &other, None, true).await.ok();
    repo.move_branch("", &one, None, true).await.ok();
    let unknown = "6b0000000000000000000001";
    repo.move_branch("main", unknown, Some(&one), false).await.refused(422, "Error retrieving commit id");
    let all = repo.get("branches").await.ok();
    let main = json!({"_id": "main", "commit_id": one});
    assert_eq!(all, json!([{"_id": "", "commit_id": one}, {"_id": "dev", "commit_id": other}, main]));
    assert_eq!(repo.get("branches?names=main&names=unknown").await.ok(), json!([main]));
}

#[tokio::test]
async fn branches_and_tags_are_deleted_but_not_the_main_branch() {
    let repo = repo().await;
    let commit = repo.commit_paths(None, &["meta/root.group.json"]).await;
    repo.move_branch("dev é+", &commit, None, true).await.ok();
    let gone = repo.delete("branches?name=dev%20%C3%A9%2B").await.ok();
    assert_eq!(gone, json!({"acknowledged": true}));
    repo.delete("branches?name=dev").await.refused(422, "Branch 'dev' does not exist.");
    repo.delete("branches?name=main").await.refused(422, "Deleting the 'main' branch");
    repo.delete("tags?name=v1").await.refused(422, "Tag 'v1' does not exist.");
    assert_eq!(repo.get("commits?limit=0").await.ok()[0]["_id"], commit.as_str());
}

#[tokio::test]
async fn a_tag_has_a_name_of_its_own_and_its_commit_with_it() {
    let repo = repo().await;
    let commit = repo.commit_paths(None, &["meta/root.group.json"]).await;
    let tag = |label: &str, commit: &str, message: &str| {
        json!({"label": label, "commit_id": commit, "message": message, "author_name": "Ada L",
            "author_email": "ada@example.com"})
    };
    let made = repo.put("tags", &tag("v1", &commit, "first")).await.ok();
    assert_eq!(made["commit"], repo.get(&format!("commits/{commit}")).await.ok());
    assert_eq!(
        (&made["label"], &made["id"], &made["message"]),
        (&json!("v1"), &json!("v1"), &json!("first"))
    );
    assert!(!made["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(repo.get("tags?names=v1").await.ok(), json!([made]));
    assert_eq!(repo.get("tags?names=v2").await.ok(), json!([]));
    repo.put("tags", &tag("v1", &commit, "")).await.refused(422, "is there already");
    repo.put("tags", &tag("main", &commit, "")).await.refused(422, "taken by a branch");
    repo.put("tags", &tag("v2", &commit, &"x".repeat(6000)))
        .await
        .refused(422, "The maximum allowed message");
    repo.put("tags", &tag("v2", "6b01", "")).await.refused(422, "Error retrieving commit id 6b01");
    repo.move_branch("v1", &commit, None, true).await.refused(422, "taken by a tag");
    repo.delete("tags?name=v1").await.ok();
    assert_eq!(repo.get("tags").await.ok(), json!([]));
}

#[tokio::test]
async fn a_session_goes_on_at_the_tip_if_others_touched_other_paths() {
    let apart: [(&str, &[&str], &str, &[&str]); 3] = [
        ("metadata", &["meta/root/a.array.json"], "metadata", &["meta/root/b.array.json"]),
        ("chunks", &["data/root/a/c0"], "chunks", &["data/root/a/c1"]),
        ("metadata", &["meta/root/a.array.json"], "chunks", &["data/root/a/c0"]),
    ];
    for (mine, my_paths, theirs, their_paths) in apart {
        let repo = repo().await;
        let (view, tip) = race(&repo, (mine, my_paths), (theirs, their_paths)).await;
        assert_eq!(repo.rebase(&view, "main").await.ok(), json!({"commit_id": tip}));
        let view = View { base: Some(tip.clone()), ..view };
        assert_eq!(repo.rebase(&view, "main").await.ok(), json!({"commit_id": tip}));
        repo.commit(&view).await;
    }
}

#[tokio::test]
async fn a_path_that_others_touched_is_a_conflict_whether_written_or_deleted() {
    for collection in ["metadata", "chunks"] {
        let repo = repo().await;
        let paths = ["data/root/u1/c0", "data/root/u1/c1"];
        let (view, _) = race(&repo, (collection, &paths), (collection, &paths[1..])).await;
        let answer = repo.rebase(&view, "main").await;
        answer.clone().refused(422, "['data/root/u1/c1']");
        let base = view.base.as_deref().unwrap();
        answer.refused(422, &format!("Conflicting paths found for rebase {base}->main: "));
    }
    let repo = repo().await;
    let (view, tip) = race(&repo, ("metadata", &["x"]), ("metadata", &["meta/root/a.array.json"])).await;
    let (one, other) = (repo.view(Some(&tip)).await, repo.view(Some(&tip)).await);
    repo.remove(&one, "metadata", &["meta/root/a.array.json"]).await.ok();
    repo.remove(&other, "metadata", &["meta/root/a.array.json"]).await.ok();
    repo.commit(&one).await;
    repo.rebase(&other, "main").await.refused(422, "Conflicting paths found");
    repo.rebase(&view, "main").await.ok();
}

#[tokio::test]
async fn two_first_writers_conflict_on_what_both_made() {
    let repo = repo().await;
    let (one, other) = (repo.view(None).await, repo.view(None).await);
    for view in [&one, &other] {
        repo.touch(view, "metadata", &["meta/root.group.json"]).await;
    }
    repo.rebase(&one, "main").await.refused(422, "Branch does not exist, rebase is unavailable");
    repo.commit(&one).await;
    repo.rebase(&other, "main").await.refused(422, "Conflicting paths found for rebase None->main");
    // Whoever's own commit is the tip is not in the way of itself.
    repo.rebase(&one, "main").await.ok();
}

#[tokio::test]
async fn a_base_that_is_not_in_the_history_of_the_branch_is_named() {
    let repo = repo().await;
    let root = repo.commit_paths(None, &["meta/root.group.json"]).await;
    let aside = repo.view(Some(&root)).await;
    repo.touch(&aside, "metadata", &["meta/root/a.array.json"]).await;
    let aside = repo.new_commit(&aside, "aside").await.ok()["_id"].as_str().unwrap().to_owned();
    repo.commit_paths(Some(&root), &["meta/root/b.array.json"]).await;
    let view = repo.view(Some(&aside)).await;
    let words = format!("No shared parent. Parent {aside} does not exist in history for main");
    repo.rebase(&view, "main").await.refused(422, &words);
    // Older clients name the commit that lost.
    let answer = repo.post(&format!("rebase?commit_id={aside}&branch_name=main"), &json!(null)).await;
    assert_eq!(answer.ok()["commit_id"], repo.get("branches").await.ok()[0]["commit_id"]);
}
