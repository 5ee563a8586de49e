//! The replay itself: whatever is changed in a recording is noticed, and told in the words of the tables.

use serde_json::json;

use super::compare::{differences, fits};
use super::leaf::Recorded;
use super::record::{Exchange, Record};
use super::{own, play, record};

fn find(version: &str, call: &str, case: &str) -> Record {
    let is_it = |it: &Record| it.version == version && it.call == call && it.case == case;
    record::read_all(&own()).into_iter().find(is_it).unwrap()
}

async fn lines(record: &Record) -> Vec<String> {
    let leaf = Recorded::of(record);
    let played = play::play(record, &leaf).await.unwrap();
    differences(record, &leaf.sent(), &played)
}

/// Changes a request that was recorded, but not what is answered to ours.
fn with_request(record: &Record, change: impl FnOnce(&mut Exchange)) -> Record {
    let mut changed = record.clone();
    change(&mut changed.exchanges[0]);
    changed
}

#[tokio::test(start_paused = true)]
async fn a_changed_request_value_or_outcome_is_noticed() {
    let recorded = find("1.7.0", "AsyncClient.list_repos", "defaults");
    assert!(lines(&recorded).await.is_empty());
    let query = with_request(&recorded, |it| it.sent.query.push(("page".to_owned(), "7".to_owned())));
    assert_eq!(lines(&query).await, ["query left out page=7"]);
    let token = with_request(&recorded, |it| it.sent.token = Some("Bearer <login id_token>".to_owned()));
    assert_eq!(lines(&token).await, ["Bearer <api-token> instead of Bearer <login id_token>"]);
    let mut value = recorded.clone();
    value.returned[0]["name"] = json!("another");
    assert_eq!(lines(&value).await, [r#"value [].name: "my-repo" instead of "another""#]);
    let mut raised = recorded.clone();
    raised.raised = Some(("ValueError".to_owned(), "no".to_owned()));
    assert_eq!(lines(&raised).await, ["outcome: a value instead of invalid input"]);
    let mut more = recorded.clone();
    more.exchanges.push(recorded.exchanges[0].clone());
    more.exchanges[1].sent.path = vec![String::new(), "user".to_owned()];
    assert_eq!(lines(&more).await, ["left out GET /user"]);
}

#[tokio::test(start_paused = true)]
async fn a_changed_body_is_noticed_field_by_field() {
    let recorded = find("1.7.0", "AsyncClient._set_repo_status", "maintenance");
    assert!(lines(&recorded).await.is_empty());
    let body = with_request(&recorded, |it| it.sent.body = Some(json!({"mode": "online", "why": 1})));
    let expected = ["body added .message (null)", "body changed .mode", "body left out .why"];
    assert_eq!(lines(&body).await, expected);
}

#[tokio::test(start_paused = true)]
async fn what_a_zarr_store_writes_is_noticed_path_by_path() {
    let case = "zarr 2: create a group and an array, write and read it";
    let recorded = find("0.14.0", "Repo.store", case);
    let before = lines(&recorded).await;
    let mut changed = recorded.clone();
    let chunks = |it: &&mut Exchange| it.sent.path.ends_with(&["chunks".to_owned(), "_bulk_set".to_owned()]);
    let chunks = changed.exchanges.iter_mut().find(chunks).unwrap();
    chunks.sent.body.as_mut().unwrap()[0]["content"]["length"] = json!(17);
    let mut after = lines(&changed).await;
    after.retain(|line| !before.contains(line));
    assert_eq!(after, ["body of chunks/_bulk_set changed .data/root/arr/c0.content.length"]);
    changed.returned[3] = json!(99);
    assert!(lines(&changed).await.contains(&"value []: 3 instead of 99".to_owned()));
}

#[test]
fn a_star_stands_for_anything_and_braces_for_one_part_of_a_path() {
    assert!(fits("added GET /repos/{}/{}", "added GET /repos/my-org/my-repo"));
    assert!(!fits("added GET /repos/{}/{}", "added GET /repos/my-org/my-repo/open"));
    assert!(fits("*/open", "GET /repos/a/b/open") && !fits("*/open", "GET /repos/a/b/open/x"));
    assert!(fits("", "") && fits("*", "") && !fits("a", "ab") && fits("a*b{}", "axxb1"));
}
