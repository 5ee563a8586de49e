//! The console: what it shows, and to whom. What repositories hold is looked at where there are clients to write them.

use http::Method;
use serde_json::json;

use crate::client::{Client, lake, remote};
use crate::metastore;
use crate::pages::Visitor;

async fn visitor(client: &Client) -> Visitor {
    Visitor::signed_in(client.service.clone(), client.token()).await
}

#[tokio::test]
async fn one_who_is_not_signed_in_is_sent_to_sign_in_and_comes_back() {
    let client = lake();
    let mut visitor = Visitor::of(client.service.clone());
    let shown = visitor.get("/console/orgs/local?page=2").await;
    assert_eq!(shown.status, 303);
    assert_eq!(shown.header("location"), "/console/sign-in?next=%2Fconsole%2Forgs%2Flocal%3Fpage%3D2");
    assert!(
        visitor.get(shown.header("location")).await.text.contains("value=\"/console/orgs/local?page=2\"")
    );
}

#[tokio::test]
async fn a_browser_at_the_address_of_the_service_is_led_to_the_console_and_clients_are_not() {
    let client = lake();
    let mut visitor = Visitor::of(client.service.clone());
    let html = [("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")];
    let shown = visitor.send(Method::GET, "/", &html, String::new()).await;
    assert_eq!((shown.status, shown.header("location")), (303, "/console"));
    assert!(client.get("/").await.ok()["s3_uri"].is_string());
}

#[tokio::test]
async fn after_signing_out_nothing_is_shown_any_more() {
    let client = lake();
    let mut visitor = visitor(&client).await;
    let before = visitor.cookie.clone();
    assert_eq!(visitor.get("/console").await.status, 200);
    assert_eq!(visitor.post("/console/sign-out").await.status, 303);
    assert_eq!(visitor.get("/console").await.status, 303);
    visitor.cookie = before;
    assert_eq!(visitor.get("/console").await.status, 303, "a copy of the cookie is worth nothing either");
}

#[tokio::test]
async fn orgs_and_repos_are_shown_with_kind_bucket_status_and_description() {
    let client = lake();
    let said = json!({"name": "ocean", "description": "Waves & <currents>", "metadata": {"team": "sea"}});
    client.post("/orgs/local/repos", &said).await.ok();
    let status = json!({"mode": "maintenance", "message": "moving house"});
    client.put("/orgs/local/ocean/status", &status).await.ok();
    let mut visitor = visitor(&client).await;
    let shown = visitor.get("/console").await;
    assert!(shown.text.contains("href=\"/console/orgs/local\""), "{}", shown.text);
    let shown = visitor.get("/console/orgs/local").await;
    for part in [
        "href=\"/console/orgs/local/repos/ocean\"",
        "<td>icechunk</td>",
        "maintenance",
        "Waves &amp; &lt;currents&gt;",
        "s3://local-data/",
    ] {
        assert!(shown.text.contains(part), "{part} in {}", shown.text);
    }
    let shown = visitor.get("/console/orgs/local/repos/ocean").await;
    for part in ["moving house", "Waves &amp; &lt;currents&gt;", "team", ", local</span>"] {
        assert!(shown.text.contains(part), "{part} in {}", shown.text);
    }
    let empty = "The repository of local/ocean cannot be read";
    assert!(shown.text.contains(empty), "nobody has written a repository there: {}", shown.text);
}

#[tokio::test]
async fn a_repo_that_cannot_be_read_here_says_so() {
    let client = lake();
    let bucket = client.post("/orgs/local/buckets", &remote("far", "far-away")).await.ok();
    let repo = json!({"name": "far-repo", "bucket_nickname": bucket["nickname"]});
    client.post("/orgs/local/repos", &repo).await.ok();
    client.repo("asleep").await;
    client.put("/orgs/local/asleep/status", &json!({"mode": "offline", "message": "for good"})).await.ok();
    let mut visitor = visitor(&client).await;
    let shown = visitor.get("/console/orgs/local/repos/far-repo").await;
    assert!(shown.text.contains("in the bucket far-away, which is not a local one"), "{}", shown.text);
    let shown = visitor.get("/console/orgs/local/repos/asleep").await;
    assert!(shown.text.contains("The repo is offline"), "{}", shown.text);
}

#[tokio::test]
async fn nobody_sees_more_than_the_catalog_would_answer() {
    let client = lake();
    client.repo("secret").await;
    let reader = client.other("reader", &["CAN_READ_REPOS"]).await;
    let stranger = client.other("stranger", &[]).await;
    let mut reader = visitor(&reader).await;
    assert_eq!(reader.get("/console/orgs/local/repos/secret").await.status, 200);
    let missing = reader.get("/console/orgs/local/repos/nothing").await;
    assert!(missing.status == 404 && missing.text.contains("<h1>Not found</h1>"), "{}", missing.text);
    let mut stranger = visitor(&stranger).await;
    assert!(stranger.get("/console").await.text.contains("You belong to no org"));
    for page in
        ["/console/orgs/local", "/console/orgs/local/repos/secret", "/console/orgs/local/repos/nothing"]
    {
        let shown = stranger.get(page).await;
        assert!(shown.status == 403 && !shown.text.contains("secret"), "{page}: {}", shown.text);
    }
}

#[tokio::test]
async fn secrets_of_buckets_are_on_no_page() {
    let client = lake();
    client.repo("plain").await;
    let buckets = client.get("/orgs/local/buckets").await.ok();
    let mut visitor = visitor(&client).await;
    let mut pages = String::new();
    for page in ["/console", "/console/orgs/local", "/console/orgs/local/repos/plain"] {
        pages += &visitor.get(page).await.text;
    }
    let secrets: Vec<String> = buckets
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|bucket| Some(bucket["auth_config"]["secret_access_key"].as_str()?.to_owned()))
        .chain([client.token().to_owned(), client.admin().token().to_owned()])
        .collect();
    assert!(secrets.len() > 2 && secrets.iter().all(|secret| !pages.contains(secret.as_str())));
}

#[tokio::test]
async fn many_repos_come_page_by_page() {
    let client = lake();
    for number in 0..101 {
        client.repo(&format!("repo-{number:03}")).await;
    }
    let mut visitor = visitor(&client).await;
    let first = visitor.get("/console/orgs/local").await.text;
    assert!(first.contains("101 repos") && first.contains("?page=2") && !first.contains(">repo-000<"));
    let last = visitor.get("/console/orgs/local?page=2").await.text;
    assert!(last.contains(">repo-000<") && last.contains("?page=1") && !last.contains("?page=3"));
    assert!(visitor.get("/console/orgs/local?page=99").await.text.contains("none on this page"));
}

#[tokio::test]
async fn a_v1_repo_is_shown_from_its_metastore_at_any_commit() {
    let repo = metastore::repo_of(lake().python("0.20.0"), "old").await;
    let mut visitor = visitor(&repo.client).await;
    let page = "/console/orgs/local/repos/old";
    let shown = visitor.get(page).await;
    assert!(shown.status == 200 && shown.text.contains("There are none yet."), "{}", shown.text);

    let view = repo.view(None).await;
    let array = json!({"attributes": {"_ARRAY_DIMENSIONS": ["y", "x"], "units": "kelvin"}, "shape": [4, 6],
        "chunk_grid": {"chunk_shape": [2, 3], "separator": "/", "type": "regular"}, "data_type": "<f8"});
    let docs = [
        ("meta/root.group.json", json!({"attributes": {"title": "older"}})),
        ("meta/root/air/t.array.json", array),
    ];
    repo.set(&view, "metadata", &docs).await.ok();
    let first = repo.commit(&view).await;
    repo.client
        .put(
            "/repos/local/old/tags",
            &json!({"label": "v1", "commit_id": first, "message": null,
        "author_name": "Ada L", "author_email": "ada@example.com"}),
        )
        .await
        .ok();
    let second = repo.commit_paths(Some(&first), &["meta/root/later.group.json"]).await;

    let shown = visitor.get(page).await.text;
    for part in [
        "&lt;f8</code> (y: 4, x: 6), chunks (2, 3)",
        "kelvin",
        "older",
        ">later<",
        "Ada L &lt;ada@example.com&gt;",
        &first,
        &second,
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    for query in ["tag=v1".to_owned(), format!("snapshot={first}")] {
        let shown = visitor.get(&format!("{page}?{query}")).await.text;
        assert!(
            shown.contains("kelvin") && !shown.contains(">later<") && !shown.contains(&second),
            "{query}: {shown}"
        );
    }
    for (query, words) in
        [("branch=x", "no branch x"), ("tag=y", "no tag y"), ("snapshot=00", "no commit 00")]
    {
        let shown = visitor.get(&format!("{page}?{query}")).await;
        assert!(shown.status == 404 && shown.text.contains(words), "{query}: {}", shown.text);
    }
}

#[tokio::test]
async fn a_long_history_goes_on_elsewhere() {
    let repo = metastore::repo().await;
    let mut last: Option<String> = None;
    let mut all = Vec::new();
    for number in 0..35 {
        let path = format!("meta/root/g{number}.group.json");
        let commit = repo.commit_paths(last.as_deref(), &[&path]).await;
        all.push(commit.clone());
        last = Some(commit);
    }
    let mut visitor = visitor(&repo.client).await;
    let shown = visitor.get("/console/orgs/local/repos/old").await.text;
    assert!(shown.contains(&format!("?snapshot={}\" rel=\"next\"", all[4])), "{shown}");
    let older = visitor.get(&format!("/console/orgs/local/repos/old?snapshot={}", all[4])).await.text;
    assert!(older.contains(&all[0]) && !older.contains("rel=\"next\""), "{older}");
}
