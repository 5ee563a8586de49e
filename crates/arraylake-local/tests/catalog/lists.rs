//! Lists of repos.

use serde_json::{Value, json};

use crate::client::{Client, escaped, lake};

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|repo| repo["name"].as_str().unwrap()).collect()
}

async fn five() -> Client {
    let client = lake();
    for name in ["r1", "r2", "r3", "r4", "r5"] {
        client.repo(name).await;
    }
    client
}

#[tokio::test]
async fn both_forms_list_the_newest_first() {
    let client = five().await;
    let plain = client.get("/orgs/local/repos").await.ok();
    assert_eq!(names(&plain), ["r5", "r4", "r3", "r2", "r1"]);
    assert!(plain[0]["id"].is_string() && plain[0].get("_id").is_none());
    let mut seen = Vec::new();
    for page in 1..=3 {
        let page = client.get(&format!("/orgs/local/repos/paginated?page={page}&size=2")).await.ok();
        assert_eq!((&page["total"], &page["pages"], &page["size"]), (&json!(5), &json!(3), &json!(2)));
        seen.extend(page["items"].as_array().unwrap().clone());
    }
    assert_eq!(json!(seen), plain);
}

#[tokio::test]
async fn the_empty_page_has_no_pages() {
    let page = lake().get("/orgs/local/repos/paginated").await.ok();
    assert_eq!(page, json!({"items": [], "total": 0, "page": 1, "size": 50, "pages": 0}));
}

#[tokio::test]
async fn a_page_out_of_range_is_refused() {
    let client = lake();
    for query in ["page=0", "size=0", "size=101", "page=x", "page=-1"] {
        let answer = client.get(&format!("/orgs/local/repos/paginated?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(answer.json["detail"][0]["loc"][0], "query");
    }
}

async fn patch_facts(client: &Client, name: &str, facts: Value) {
    client.patch(&format!("/orgs/local/{name}"), &json!({"add_metadata": facts})).await.ok();
}

#[tokio::test]
async fn metadata_is_filtered_by_type_and_by_null() {
    let client = five().await;
    let facts = [
        ("r1", json!({"k": 2})),
        ("r2", json!({"k": "2"})),
        ("r3", json!({"k": null})),
        ("r4", json!({"l": 1, "k": 2})),
    ];
    for (name, facts) in facts {
        patch_facts(&client, name, facts).await;
    }
    let cases = [
        (r#"{"k": 2}"#, vec!["r1", "r4"]),
        (r#"{"k": "2"}"#, vec!["r2"]),
        (r#"{"k": null}"#, vec!["r3"]),
        (r#"{"k": 2, "l": 1}"#, vec!["r4"]),
        (r#"{"m": 1}"#, vec![]),
        ("{}", vec!["r1", "r2", "r3", "r4", "r5"]),
        ("", vec!["r1", "r2", "r3", "r4", "r5"]),
    ];
    for (filter, expected) in cases {
        let query = format!("filter_metadata={}", escaped(filter));
        let plain = client.get(&format!("/orgs/local/repos?{query}")).await.ok();
        let page = client.get(&format!("/orgs/local/repos/paginated?{query}&size=100")).await.ok();
        for list in [&plain, &page["items"]] {
            let mut found = names(list);
            found.sort_unstable();
            assert_eq!(found, expected, "{filter}");
        }
    }
    patch_facts(&client, "r5", json!({"list": [1, "two", null], "flag": true, "ü": "ж", "float": 2.0})).await;
    let cases = [
        (r#"{"list": [1, "two", null]}"#, vec!["r5"]),
        (r#"{"list": [1.0, "two", null]}"#, vec!["r5"]),
        (r#"{"list": [1, "two"]}"#, vec![]),
        (r#"{"list": 1}"#, vec![]),
        (r#"{"flag": 1}"#, vec![]),
        (r#"{"flag": true, "float": 2}"#, vec!["r5"]),
        (r#"{"\u00fc": "\u0436"}"#, vec!["r5"]),
    ];
    for (filter, expected) in cases {
        let path = format!("/orgs/local/repos/paginated?filter_metadata={}", escaped(filter));
        assert_eq!(names(&client.get(&path).await.ok()["items"]), expected, "{filter}");
    }
    for (bad, words) in
        [("[]", "must be a JSON object"), ("\"{}\"", "must be a JSON object"), (r#"{"a": {}}"#, "scalars")]
    {
        let path = format!("/orgs/local/repos?filter_metadata={}", escaped(bad));
        client.get(&path).await.refused(422, words);
    }
}

#[tokio::test]
async fn pages_filters_and_ghosts_go_together() {
    let client = lake();
    for number in 0..5 {
        let body = json!({"name": format!("r{number}"), "metadata": {"even": number % 2 == 0}});
        client.post("/orgs/local/repos", &body).await.ok();
    }
    client.delete("/orgs/local/r2").await.ok();
    let even = format!("filter_metadata={}", escaped(r#"{"even": true}"#));
    let page = async |query: &str| {
        let page = client.get(&format!("/orgs/local/repos/paginated?size=1&{even}&{query}")).await.ok();
        (names(&page["items"]).join(","), page["total"].clone(), page["pages"].clone())
    };
    assert_eq!(page("page=1").await, ("r4".to_owned(), json!(2), json!(2)));
    assert_eq!(page("page=2").await, ("r0".to_owned(), json!(2), json!(2)));
    assert_eq!(page("page=3").await, (String::new(), json!(2), json!(2)));
    assert_eq!(page("page=2&include_ghosts=true").await, ("r2".to_owned(), json!(3), json!(3)));
}

#[tokio::test]
async fn the_repos_of_a_bucket_are_its_own() {
    let client = five().await;
    client
        .post("/orgs/local/repos", &json!({"name": "elsewhere", "bucket_nickname": "delegated"}))
        .await
        .ok();
    let id = client.bucket_id("delegated").await;
    let list = client.get(&format!("/orgs/local/buckets/{id}/repos")).await.ok();
    assert_eq!(names(&list), ["elsewhere"]);
    let none = uuid::Uuid::nil();
    client.get(&format!("/orgs/local/buckets/{none}/repos")).await.refused(404, "Bucket not found");
}

#[tokio::test]
async fn pages_follow_every_change() {
    let client = lake();
    for name in ["one", "two", "three"] {
        client.repo(name).await;
    }
    let names = async |path: &str| {
        let page = client.get(path).await.ok();
        let names =
            page["items"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>(), page["total"].as_u64().unwrap())
    };
    let pages = "/orgs/local/repos/paginated?size=2";
    let (first, total) = names(pages).await;
    assert_eq!((first.len(), total), (2, 3));
    let (second, _) = names(&format!("{pages}&page=2")).await;
    assert_eq!(second.len(), 1);
    client.repo("four").await;
    assert_eq!(names(pages).await.1, 4);
    client.delete("/orgs/local/one").await.ok();
    assert_eq!(names(pages).await.1, 3);
    assert_eq!(names(&format!("{pages}&include_ghosts=true")).await.1, 4);
    assert_eq!(names(&format!("{pages}&page=9")).await, (Vec::new(), 3));
    client.patch("/orgs/local/two", &json!({"description": "new"})).await.ok();
    let all = names("/orgs/local/repos/paginated?size=100").await.0;
    assert!(all.contains(&"two".to_owned()) && !all.contains(&"one".to_owned()), "{all:?}");
}
