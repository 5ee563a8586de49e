use arraylake_transport::testing::{Script, Step, json, refuse, status};
use arraylake_transport::{RetryPolicy, Transport};
use arraylake_types::Author;
use arraylake_types::v1::{Collection, NewDoc, NewSession, UpdateBranch};

use super::*;
use crate::ErrorKind;

fn metastore(script: &Script) -> Metastore {
    let transport = Transport::builder()
        .with_base_uri("http://api.test".parse().unwrap())
        .with_leaf(script.clone())
        .with_retry(RetryPolicy::new().with_max_retries(2))
        .build()
        .unwrap();
    Metastore::new(transport, "oo/re".parse().unwrap())
}

fn over(steps: impl IntoIterator<Item = Step>) -> (Metastore, Script) {
    let script = Script::new(steps);
    (metastore(&script), script)
}

fn view() -> View {
    View::new("ef89".parse().unwrap(), Some("6b02".parse().unwrap()))
}

fn refusal(detail: &str) -> Step {
    json(422, serde_json::json!({ "detail": detail }))
}

#[tokio::test]
async fn queries_are_those_of_the_python_client() {
    let (store, script) = over((0..9).map(|_| json(200, "[]")));
    let metadata = Collection::Metadata;
    store.list(&metadata, &view(), &Listing::of_prefix("meta/root/moved/")).await.unwrap();
    store.get_docs(&Collection::Chunks, &View::new("ef89".parse().unwrap(), None), &[]).await.unwrap();
    store.get_all_paths_for_session(&Collection::Nodes, &view(), 1000).await.unwrap();
    store.rename(&view(), "sub", "moved").await.unwrap();
    store.get_commits(500, None).await.unwrap();
    store.get_commits(500, Some(&"6b02".parse().unwrap())).await.unwrap();
    store.get_branches(&["main", "a b/+"]).await.unwrap();
    store.get_tags(&[]).await.unwrap();
    store.del_prefix(&metadata, &view(), "meta/root/a b%").await.unwrap();
    assert_eq!(
        script.paths(),
        [
            "/repos/oo/re/contents/metadata/?prefix=meta%2Froot%2Fmoved%2F&session_id=ef89&base_commit=6b02&all_subdirs=true&filter=",
            "/repos/oo/re/contents/chunks/_bulk_get?session_id=ef89&base_commit=",
            "/repos/oo/re/modified_paths/nodes?limit=1000&session_id=ef89&base_commit=6b02",
            "/repos/oo/re/contents/nodes/rename?src_path=sub&dst_path=moved&session_id=ef89&base_commit=6b02",
            "/repos/oo/re/commits?limit=500",
            "/repos/oo/re/commits?limit=500&last_seen_commit=6b02",
            "/repos/oo/re/branches?names=main&names=a%20b%2F%2B",
            "/repos/oo/re/tags",
            "/repos/oo/re/contents/metadata/meta/root/a%20b%25?session_id=ef89&base_commit=6b02",
        ]
    );
    let header = |request: &arraylake_transport::Request| {
        request.headers()["arraylake-feature-managed-sessions"].clone()
    };
    assert!(script.requests().iter().all(|request| header(request) == "True"));
}

#[tokio::test]
async fn more_queries_are_those_of_the_python_client() {
    let (store, script) = over([
        json(200, r#"{"commit_id":"6b03"}"#),
        json(200, r#"{"commit_id":"6b03"}"#),
        json(200, "{}"),
        json(200, r#"{"path":"","number_of_chunks":0,"total_chunk_bytes":0}"#),
        json(200, "{}"),
    ]);
    let store = store.without_managed_sessions();
    store.rebase(&view(), "main").await.unwrap();
    store.rebase(&View::new("ef89".parse().unwrap(), None), "main").await.unwrap();
    store.tree(&view(), "meta/", 1, None).await.unwrap();
    store.getsize(&view(), "data/root").await.unwrap();
    let doc =
        NewDoc::new("ef89".parse().unwrap(), "meta/root.group.json", serde_json::json!({"attributes":{}}));
    store.add_docs(&Collection::Metadata, &view(), &[doc]).await.unwrap();
    assert_eq!(
        script.paths(),
        [
            "/repos/oo/re/rebase?session_id=ef89&branch_name=main&base_commit=6b02",
            "/repos/oo/re/rebase?session_id=ef89&branch_name=main",
            "/repos/oo/re/tree?prefix=meta%2F&session_id=ef89&base_commit=6b02&depth=1&filter=",
            "/repos/oo/re/size/?prefix=data%2Froot&session_id=ef89&base_commit=6b02",
            "/repos/oo/re/contents/metadata/_bulk_set?session_id=ef89&base_commit=6b02",
        ]
    );
    let last = script.requests().pop().unwrap();
    let body = r#"[{"session_id":"ef89","content":{"attributes":{}},"path":"meta/root.group.json"}]"#;
    assert_eq!(last.body(), body);
    assert_eq!(last.headers()["arraylake-feature-managed-sessions"], "False");
}

#[tokio::test]
async fn refusals_are_known_by_their_texts() {
    for (detail, expected) in [
        ("No changes to commit, x", ErrorKind::NothingToCommit),
        ("Session expired", ErrorKind::SessionExpired),
        ("Session expired: it was abandoned", ErrorKind::SessionExpired),
        ("Session invalid or expired", ErrorKind::SessionExpired),
        ("Session has expired", ErrorKind::SessionExpired),
        ("Session ef89 has expired", ErrorKind::SessionExpired),
        ("Branch 'x' does not exist.", ErrorKind::RefNotFound),
        ("Branch does not exist, rebase is unavailable", ErrorKind::RefNotFound),
        ("Error retrieving commit id 6b02, gone", ErrorKind::CommitNotFound),
        (
            "Conflicting paths found for rebase 6b02->main: ['data/root/u1/c0', 'data/root/u1/c1']",
            ErrorKind::Conflict { paths: vec!["data/root/u1/c0".into(), "data/root/u1/c1".into()] },
        ),
        ("Max expiry exceeded", ErrorKind::Refused { status: http::StatusCode::UNPROCESSABLE_ENTITY }),
    ] {
        let (store, _) = over([refusal(detail)]);
        let error = store.list_active_sessions().await.unwrap_err();
        assert_eq!(*error.kind(), expected);
        assert!(error.to_string().contains(detail), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_metastore_answer_cut_short_is_an_error_and_not_an_empty_list() {
    let (store, script) = over((0..3).map(|_| arraylake_transport::testing::cut()));
    let error = store.get_commits(0, None).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Transport);
    assert_eq!(script.requests().len(), 3, "it was asked again");
    let (store, _) = over([json(200, r#"[{"_id":"6b02","#)]);
    let error = store.get_commits(0, None).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Decode);
    assert!(error.to_string().starts_with("get commits brought an answer that cannot be read"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_removal_whose_answer_was_lost_finds_nothing_and_has_succeeded() {
    let (store, script) = over([status(502), refusal("Tag 't' does not exist.")]);
    store.delete_tag("t").await.unwrap();
    assert_eq!(script.paths(), ["/repos/oo/re/tags?name=t", "/repos/oo/re/tags?name=t"]);
    let (store, _) = over([refusal("Tag 't' does not exist.")]);
    assert_eq!(*store.delete_tag("t").await.unwrap_err().kind(), ErrorKind::RefNotFound);
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_is_where_it_was_to_go_has_moved_though_the_answer_was_lost() {
    let update = UpdateBranch::advance("main", "6b02".parse().unwrap(), "6b03".parse().unwrap());
    let there = json(200, r#"[{"_id":"main","commit_id":"6b03"}]"#);
    let elsewhere = json(200, r#"[{"_id":"main","commit_id":"6b04"}]"#);
    let (store, _) = over([status(502), refusal("Failed to update branch main"), there.clone()]);
    store.update_branch(&update).await.unwrap();
    let (store, _) = over([refusal("Failed to update branch main"), elsewhere]);
    assert_eq!(*store.update_branch(&update).await.unwrap_err().kind(), ErrorKind::LostRace);
    let (store, _) = over([refuse(), refuse(), refuse(), there]);
    store.update_branch(&update).await.unwrap();
    let (store, _) = over((0..6).map(|_| refuse()));
    assert!(store.update_branch(&update).await.unwrap_err().is_unknown_outcome());
}

#[tokio::test]
async fn a_session_is_made_and_ended() {
    let info = r#"{"_id":"ef89","start_time":"2026-11-22T09:55:02.123000","expiration":"2026-11-23T09:55:02.123000",
        "branch":"main","base_commit":null,"author_name":"Ada L","author_email":"ada@example.com","session_type":"write"}"#;
    let (store, script) = over([json(200, info), json(200, info)]);
    let author = Author::new(Some("Ada L".into()), "ada@example.com");
    let session =
        store.create_session(&NewSession::new(Some("main".into()), None, &author).unwrap()).await.unwrap();
    store.expire_session(&session.id).await.unwrap();
    assert_eq!(script.paths(), ["/repos/oo/re/sessions", "/repos/oo/re/sessions/ef89"]);
}
