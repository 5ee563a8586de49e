//! What maintenance jobs report; what the exchange says without listings.

use serde_json::json;

use crate::client::lake;

#[tokio::test]
async fn results_of_maintenance_are_checked_and_kept() {
    let client = lake();
    client.repo("one").await;
    let gc = json!({"bytes_deleted": 1, "chunks_deleted": 2, "manifests_deleted": 0, "snapshots_deleted": 0,
        "attributes_deleted": 0, "transaction_logs_deleted": 0});
    let path = "/repos/icechunk/local/one/gc_results";
    assert_eq!(client.post(path, &gc).await.status, 204);
    client.post(path, &json!({"bytes_deleted": "many"})).await.refused(422, "chunks_deleted");
    let expiration = json!({"released_snapshots": ["A"], "edited_snapshots": [], "deleted_tags": [],
        "deleted_branches": [], "job_run_id": "job-1"});
    let path = "/repos/icechunk/local/one/expiration_results";
    assert_eq!(client.post(path, &expiration).await.status, 204);
    client.post(path, &json!({"released_snapshots": "A"})).await.refused(422, "released_snapshots");
    let reader = client.other("reader", &["CAN_READ_REPOS"]).await;
    reader.post(path, &expiration).await.refused(403, "Access Denied");
    client.post("/repos/icechunk/local/none/gc_results", &gc).await.refused(404, "not found");
}

#[tokio::test]
async fn nobody_subscribes_unasked_and_that_is_one_page() {
    let client = lake();
    let repo = client.repo("one").await;
    let path = format!("/repo/{}/subscriptions", repo["_id"].as_str().unwrap());
    let page = client.get(&path).await.ok();
    assert_eq!(page, json!({"items": [], "total": 0, "page": 1, "size": 50, "pages": 1}));
    client.get(&format!("{path}?page=0")).await.refused(422, "page");
    client.get("/default-exchange").await.refused(404, "no default exchange");
}
