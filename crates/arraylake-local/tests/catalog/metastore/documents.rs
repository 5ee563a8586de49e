//! Documents: written and read as they are, seen by their session alone until it is committed.

use serde_json::{Value, json};

use super::{View, repo};

#[tokio::test]
async fn a_document_comes_back_to_the_letter() {
    let repo = repo().await;
    let view = repo.view(None).await;
    let odd =
        json!({"uri": "inline://\u{0}\u{1}é\u{7f}\"\\", "n": 1e300, "deep": {"b": [null, true], "a": {}}});
    let paths = ["/foo.json", "meta/root/ü & %.array.json", "meta/root/a b+c.group.json"];
    let docs: Vec<_> = paths.iter().map(|path| (*path, odd.clone())).collect();
    repo.set(&view, "metadata", &docs).await.ok();
    for path in paths {
        let found = repo.read(&view, "metadata", &[path, path, "missing"]).await.ok();
        let [doc] = found.as_array().unwrap().as_slice() else { panic!("{found}") };
        assert_eq!(
            (&doc["content"], &doc["path"], &doc["session_id"]),
            (&odd, &json!(path), &json!(view.session))
        );
        assert!(doc["id"].is_string() && doc["deleted"] == false);
    }
    assert_eq!(repo.read(&view, "metadata", &[]).await.ok(), json!([]));
}

#[tokio::test]
async fn a_session_sees_its_own_changes_and_nobody_elses() {
    let repo = repo().await;
    let path = "meta/root/a.array.json";
    let base = repo.commit_paths(None, &[path]).await;
    let (one, other) = (repo.view(Some(&base)).await, repo.view(Some(&base)).await);
    repo.set(&one, "metadata", &[(path, json!({"n": 1})), (path, json!({"n": 2}))]).await.ok();
    assert_eq!(repo.content(&one, path).await, json!({"n": 2}));
    assert_eq!(repo.content(&other, path).await, json!({}));
    repo.remove(&one, "metadata", &[path]).await.ok();
    assert_eq!(repo.content(&one, path).await, Value::Null);
    repo.set(&one, "metadata", &[(path, json!({"n": 3}))]).await.ok();
    assert_eq!(repo.content(&one, path).await, json!({"n": 3}));
    assert_eq!(repo.touched(&one, "metadata").await, [(path.to_owned(), false)]);
    // The base of the request counts, whatever the session was made for.
    assert_eq!(repo.content(&View { base: None, ..other.clone() }, path).await, Value::Null);
    let unknown = View { base: Some("6b0000000000000000000001".to_owned()), ..other };
    repo.read(&unknown, "metadata", &[path])
        .await
        .refused(422, "Error retrieving commit id 6b0000000000000000000001");
}

#[tokio::test]
async fn what_a_session_touched_is_told_with_what_it_deleted() {
    let repo = repo().await;
    let base = repo.commit_paths(None, &["meta/root/a.array.json"]).await;
    let view = repo.view(Some(&base)).await;
    repo.remove(&view, "metadata", &["meta/root/a.array.json", "meta/root/missing.array.json"]).await.ok();
    repo.touch(&view, "metadata", &["meta/root/b.array.json"]).await;
    let expected =
        [("meta/root/a.array.json".to_owned(), true), ("meta/root/b.array.json".to_owned(), false)];
    assert_eq!(repo.touched(&view, "metadata").await, expected);
    assert_eq!(repo.touched(&view, "chunks").await, []);
    assert_eq!(repo.touched(&view, "nodes").await, []);
    let query = format!("session_id={}&base_commit={base}", view.session);
    let cut = repo.get(&format!("modified_paths/metadata?limit=1&{query}")).await.ok();
    assert_eq!(cut.as_array().unwrap().len(), 1);
    repo.get(&format!("modified_paths/metadata?limit=x&{query}")).await.refused(422, "limit");
    repo.get(&format!("modified_paths/other?limit=1&{query}")).await.refused(422, "other is no collection");
}

#[tokio::test]
async fn chunks_of_several_arrays_are_not_read_at_once() {
    let repo = repo().await;
    let view = repo.view(None).await;
    repo.read(&view, "chunks", &["foo/c0", "bar/c0"]).await.refused(422, "bar, foo");
    repo.touch(&view, "chunks", &["foo/c0/1", "foo/c1/0"]).await;
    let both = repo.read(&view, "chunks", &["foo/c0/1", "foo/c1/0", "foo/c2/0"]).await.ok();
    assert_eq!(both.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn content_that_is_no_object_is_refused_and_nothing_of_the_request_is_stored() {
    let repo = repo().await;
    let view = repo.view(None).await;
    let docs = [("meta/root/a.array.json", json!({})), ("meta/root/b.array.json", json!([1]))];
    repo.set(&view, "metadata", &docs).await.refused(422, "meta/root/b.array.json");
    assert_eq!(repo.touched(&view, "metadata").await, []);
    repo.set(&view, "nodes", &docs[..1]).await.refused(422, "the collection nodes");
}

#[tokio::test]
async fn the_sessions_that_touched_a_path_are_told_with_the_bytes_of_the_chunk() {
    let repo = repo().await;
    let (one, other) = (repo.view(None).await, repo.view(None).await);
    let path = "data/root/a/c0";
    repo.set(&one, "chunks", &[(path, json!({"uri": "s3://b/k", "length": 42}))]).await.ok();
    repo.set(&other, "chunks", &[(path, json!({}))]).await.ok();
    repo.remove(&other, "chunks", &[path]).await.ok();
    let rows = repo.get(&format!("sessions/chunks/{path}")).await.ok();
    let told = |at: usize| (&rows[at]["session_id"], &rows[at]["deleted"], &rows[at]["chunksize"]);
    assert_eq!(told(0), (&json!(one.session), &json!(false), &json!(42)));
    assert_eq!(told(1), (&json!(other.session), &json!(true), &json!(0)));
    assert_eq!(rows[0]["_id"].as_str().unwrap().len() % 2, 0);
}
