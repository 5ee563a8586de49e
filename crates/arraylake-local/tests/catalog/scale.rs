//! Lists of every kind with ten times as many rows: ten times as long, not a hundred times.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Client, escaped, lake};

const FEW: usize = 50;
const MANY: usize = 500;

/// Walks over all pages of a list. A small page makes a list that starts afresh on each of them stand out.
async fn walk(client: &Client, path: &str) -> (Duration, u64) {
    let start = Instant::now();
    let (mut page, mut rows) = (1_u64, 0);
    loop {
        let joint = if path.contains('?') { '&' } else { '?' };
        let answer = client.get(&format!("{path}{joint}page={page}&size=10")).await.ok();
        rows += answer["items"].as_array().unwrap().len() as u64;
        if page >= answer["pages"].as_u64().unwrap() {
            return (start.elapsed(), rows);
        }
        page += 1;
    }
}

/// A list that is not cut into pages.
async fn whole(client: &Client, path: &str) -> (Duration, u64) {
    let start = Instant::now();
    let answer = client.get(path).await.ok();
    (start.elapsed(), answer.as_array().unwrap().len() as u64)
}

/// A second org whose repos all subscribe to one of the first.
async fn subscriber(client: &Client) -> (Client, Value, String) {
    let reader = client.other("reader", &[]).await;
    let members = json!({"reader@example.com": ["CAN_WRITE_REPOS", "CAN_READ_REPOS"]});
    client.admin().post("/_local/orgs", &json!({"name": "other", "members": members})).await.ok();
    let repo = client.repo("listed").await;
    let listing = json!({"repo_id": repo["_id"], "listing_name": "Data"});
    let listing = client.post("/orgs/local/exchange-listings", &listing).await.ok();
    (reader, listing["id"].clone(), format!("/repo/{}/subscriptions", repo["_id"].as_str().unwrap()))
}

async fn fill(client: &Client, reader: &Client, listing: &Value, from: usize, to: usize) {
    let guest = client.get("/user").await.ok()["id"].clone();
    let delegated = client.bucket_id("delegated").await;
    for number in from..to {
        let body = json!({"name": format!("r{number}"), "metadata": {"kept": true, "number": number}});
        client.post("/orgs/local/repos", &body).await.ok();
        let grant = json!({"permissions": [{"principal_id": guest, "actions": ["CAN_READ"]}]});
        client.admin().put(&format!("/_local/repos/local/r{number}/permissions"), &grant).await.ok();
        let body = json!({"name": format!("n{number}"), "description": "grids", "metadata": {"kept": true}});
        client.post("/orgs/local/iceberg/namespaces", &body).await.ok();
        let policy =
            json!({"use_case": "explicit", "bucket_id": delegated, "subprefix": format!("p{number}")});
        client.put("/orgs/local/settings/virtual-chunk-access-policies", &policy).await.ok();
        let wanted = json!({"name": format!("s{number}"), "exchange_listing_id": listing});
        reader.post("/orgs/other/exchange-subscriptions", &wanted).await.ok();
    }
}

#[tokio::test]
async fn every_list_takes_time_with_its_length_alone() {
    let client = lake();
    let (reader, listing, subscriptions) = subscriber(&client).await;
    let filter = format!("filter_metadata={}", escaped(r#"{"kept": true}"#));
    let namespaces = "/orgs/local/iceberg/namespaces";
    let pages = [
        "/orgs/local/repos/paginated".to_owned(),
        "/orgs/local/repos/paginated?include_ghosts=true".to_owned(),
        format!("/orgs/local/repos/paginated?{filter}"),
        format!("{namespaces}/paginated?sort=name"),
        format!("{namespaces}/paginated?search=grids&{filter}"),
        "/orgs/local/settings/virtual-chunk-access-policies".to_owned(),
        subscriptions,
    ];
    let bucket = format!("/orgs/local/buckets/{}/repos", client.bucket_id("local").await);
    let lists = [
        "/orgs/local/repos".to_owned(),
        format!("/orgs/local/repos?{filter}"),
        namespaces.to_owned(),
        bucket,
    ];
    let of_subscribers = "/orgs/other/repos/paginated".to_owned();
    let mut before = Vec::new();
    for (count, from) in [(FEW, 0), (MANY, FEW)] {
        fill(&client, &reader, &listing, from, count).await;
        let mut times = Vec::new();
        for path in &pages {
            times.push((path, walk(&client, path).await));
        }
        times.push((&of_subscribers, walk(&reader, &of_subscribers).await));
        for path in &lists {
            times.push((path, whole(&client, path).await));
        }
        assert!(times.iter().all(|(_, (_, rows))| *rows >= count as u64), "{times:?}");
        for ((path, (long, _)), (short, _)) in times.iter().zip(&before) {
            assert!(*long < *short * 40, "{path}: {short:?} for {FEW}, {long:?} for {MANY}");
        }
        before = times.into_iter().map(|(_, time)| time).collect();
    }
}
