//! Commits: their order, what each shows, and what cannot be committed.

use serde_json::{Value, json};

use super::{paths_of, repo};

#[tokio::test]
async fn each_commit_shows_what_was_there_then() {
    let repo = repo().await;
    let mut base = None;
    let mut commits = Vec::new();
    for number in 0..4 {
        let view = repo.view(base.as_deref()).await;
        repo.set(&view, "metadata", &[("meta/root/a.array.json", json!({"n": number}))]).await.ok();
        if number == 2 {
            repo.remove(&view, "metadata", &["meta/root/a.array.json"]).await.ok();
        }
        commits.push(repo.commit(&view).await);
        base = commits.last().cloned();
    }
    let mut view = repo.view(None).await;
    for (number, commit) in commits.iter().enumerate() {
        view.base = Some(commit.clone());
        let expected = if number == 2 { Value::Null } else { json!({"n": number}) };
        assert_eq!(repo.content(&view, "meta/root/a.array.json").await, expected, "{number}");
    }
    view.base = None;
    assert_eq!(repo.content(&view, "meta/root/a.array.json").await, Value::Null);
}

#[tokio::test]
async fn what_is_written_again_and_again_is_listed_as_it_was_at_each_commit() {
    const TIMES: usize = 40;
    let repo = repo().await;
    let often = "meta/root/often.array.json";
    let mut base =
        repo.commit_paths(None, &["meta/root/first.array.json", "meta/root/oftener.group.json"]).await;
    let mut commits = Vec::new();
    for number in 0..TIMES {
        let view = repo.view(Some(&base)).await;
        repo.set(&view, "metadata", &[(often, json!({"attributes": {"n": number}}))]).await.ok();
        // What somebody made of the same session, and no branch shows.
        repo.new_commit(&view, "beside").await.ok();
        if number == TIMES - 1 {
            repo.remove(&view, "metadata", &[often]).await.ok();
        }
        base = repo.commit(&view).await;
        commits.push(base.clone());
    }
    let mut view = repo.view(None).await;
    for number in [0, 15, 16, 17, TIMES - 2] {
        view.base = Some(commits[number].clone());
        let all = repo.list(&view, "metadata", "meta/root/", "all_subdirs=true").await;
        assert_eq!(all, ["meta/root/first.array.json", "meta/root/oftener.group.json", often], "{number}");
        let filter = format!("filter={}", crate::client::escaped(&format!("n == `{number}`")));
        assert_eq!(repo.list(&view, "metadata", "", &filter).await, [often], "{number}");
    }
    view.base = commits.last().cloned();
    let all = repo.list(&view, "metadata", "meta/root/", "all_subdirs=true").await;
    assert_eq!(all, ["meta/root/first.array.json", "meta/root/oftener.group.json"], "it was deleted at last");
}

#[tokio::test]
async fn histories_that_part_do_not_see_each_other() {
    let repo = repo().await;
    let root = repo.commit_paths(None, &["meta/root.group.json"]).await;
    let mut tips = Vec::new();
    for side in ["x", "y", "z"] {
        let mut base = root.clone();
        for number in 0..3 {
            let view = repo.view(Some(&base)).await;
            let docs = [("meta/root/a.array.json", json!({"side": side, "n": number}))];
            repo.set(&view, "metadata", &docs).await.ok();
            repo.touch(&view, "metadata", &[&format!("meta/root/{side}{number}.array.json")]).await;
            base = repo.new_commit(&view, side).await.ok()["_id"].as_str().unwrap().to_owned();
        }
        tips.push((side, base));
    }
    let mut view = repo.view(None).await;
    for (side, tip) in tips {
        view.base = Some(tip);
        assert_eq!(repo.content(&view, "meta/root/a.array.json").await, json!({"side": side, "n": 2}));
        let paths = repo.list(&view, "metadata", "", "all_subdirs=true").await;
        let own = [0, 1, 2].map(|number| format!("meta/root/{side}{number}.array.json"));
        assert!(own.iter().all(|path| paths.contains(path)) && paths.len() == 5, "{paths:?}");
    }
}

#[tokio::test]
async fn commits_are_listed_page_by_page_from_the_newest_with_ids_that_fall() {
    let repo = repo().await;
    let mut base = None;
    let mut made = Vec::new();
    for number in 0..5 {
        base = Some(repo.commit_paths(base.as_deref(), &[&format!("meta/root/{number}.array.json")]).await);
        made.extend(base.clone());
    }
    let ids = |page: &Value| -> Vec<String> {
        page.as_array().unwrap().iter().map(|commit| commit["_id"].as_str().unwrap().to_owned()).collect()
    };
    let all = repo.get("commits?limit=0").await.ok();
    made.reverse();
    assert_eq!(ids(&all), made);
    assert!(made.windows(2).all(|pair| pair[0] > pair[1] && pair[0].len() == 24), "{made:?}");
    let mut paged = Vec::new();
    let mut seen = String::new();
    loop {
        let page = ids(&repo.get(&format!("commits?limit=2&last_seen_commit={seen}")).await.ok());
        seen = page.last().cloned().unwrap_or_default();
        paged.extend(page.iter().cloned());
        if page.len() < 2 {
            break;
        }
    }
    assert_eq!(paged, made);
    let first = repo.get(&format!("commits/{}", made[4])).await.ok();
    assert_eq!(first, all[4]);
    let expected = json!({"_id": made[4], "session_start_time": "2026-11-22T09:55:02.123000", "parent_commit": null,
        "commit_time": "2026-11-22T09:55:03.353028", "author_name": "Ada L", "author_email": "ada@example.com",
        "message": "a commit"});
    assert_eq!(first, expected);
    repo.get("commits/6b0000000000000000000001").await.refused(422, "Error retrieving commit id 6b00");
}

#[tokio::test]
async fn a_session_without_changes_makes_no_commit() {
    let repo = repo().await;
    let mut view = repo.view(None).await;
    repo.new_commit(&view, "nothing").await.refused(422, "No changes to commit");
    view.session = "read-None".to_owned();
    repo.new_commit(&view, "nothing").await.refused(422, "No changes to commit");
    // What is not there cannot be deleted, and is no change.
    let view = repo.view(None).await;
    repo.remove(&view, "metadata", &["meta/root.group.json"]).await.ok();
    repo.new_commit(&view, "nothing").await.refused(422, "No changes to commit");
}

#[tokio::test]
async fn what_a_commit_must_not_be_is_refused() {
    let repo = repo().await;
    let mut view = repo.view(None).await;
    repo.touch(&view, "metadata", &["meta/root.group.json"]).await;
    repo.new_commit(&view, &"x".repeat(6000)).await.refused(422, "The maximum allowed message");
    view.base = Some("6b0000000000000000000001".to_owned());
    repo.new_commit(&view, "m").await.refused(422, "Error retrieving commit id 6b0000000000000000000001");
    view.base = None;
    repo.new_commit(&view, &"ü".repeat(5000)).await.ok();
}

#[tokio::test]
async fn a_commit_stays_as_it_is_when_its_session_goes_on() {
    let repo = repo().await;
    let view = repo.view(None).await;
    let path = "meta/root/a.array.json";
    repo.set(&view, "metadata", &[(path, json!({"n": 1}))]).await.ok();
    let first = repo.new_commit(&view, "lost its race").await.ok()["_id"].as_str().unwrap().to_owned();
    repo.set(&view, "metadata", &[(path, json!({"n": 2})), ("meta/root/b.array.json", json!({}))]).await.ok();
    let second = repo.commit(&view).await;
    let mut reader = repo.view(None).await;
    for (commit, n) in [(&first, 1), (&second, 2)] {
        reader.base = Some(commit.clone());
        assert_eq!(repo.content(&reader, path).await, json!({"n": n}));
        let rows = repo.get(&format!("modified_paths_commit/metadata?limit=0&commit_id={commit}")).await.ok();
        let mut expected = vec![(path.to_owned(), false)];
        if n == 2 {
            expected.push(("meta/root/b.array.json".to_owned(), false));
        }
        assert_eq!(paths_of(&rows), expected);
    }
}

#[tokio::test]
async fn whoever_looks_at_a_commit_that_is_not_there_is_told_so() {
    let repo = repo().await;
    let mut view = repo.view(None).await;
    repo.touch(&view, "metadata", &["meta/root/a.group.json"]).await;
    let unknown = "6b0000000000000000000001";
    view.base = Some(unknown.to_owned());
    let on = format!("session_id={}&base_commit={unknown}", view.session);
    let words = format!("Error retrieving commit id {unknown}");
    for path in
        ["contents/metadata/?prefix=", "tree?depth=1", "size/?prefix=", "modified_paths/metadata?limit=0"]
    {
        repo.get(&format!("{path}&{on}")).await.refused(422, &words);
    }
    repo.get(&format!("modified_paths_commit/metadata?limit=0&commit_id={unknown}"))
        .await
        .refused(422, &words);
    repo.read(&view, "metadata", &["meta/root/a.group.json"]).await.refused(422, &words);
    repo.remove(&view, "metadata", &["meta/root/a.group.json"]).await.refused(422, &words);
    repo.delete(&format!("contents/metadata/meta/root/a?{on}")).await.refused(422, &words);
    let places = "contents/nodes/rename?src_path=a&dst_path=b";
    repo.put(&format!("{places}&{on}"), &Value::Null).await.refused(422, &words);
    view.base = None;
    assert_eq!(repo.touched(&view, "metadata").await, [("meta/root/a.group.json".to_owned(), false)]);
}
