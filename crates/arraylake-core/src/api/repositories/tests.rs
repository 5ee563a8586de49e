use arraylake_transport::testing::{Script, json, status};

use arraylake_types::RepoKind;

use super::*;
use crate::error::Error;
use crate::test_support::{client_over, repo_json};

fn org() -> OrgName {
    "acme".parse().unwrap()
}

const GS: &str = r#"{"repo_bucket":{"id":"11111111-1111-4111-8111-111111111111","nickname":"cold-store",
    "platform":"punchcards","name":"b","extra_config":{},"is_default":true},"repo_prefix":"p",
    "status":{"mode":"MODE","message":"moving house"}}"#;

#[tokio::test]
async fn a_storage_that_cannot_be_made_takes_the_entry_back_at_once_and_keeps_the_data() {
    let answer = GS.replace("MODE", "online");
    let script = Script::new([json(201, repo_json("era5")), json(200, answer), status(204)]);
    let error =
        client_over(&script).create_repo(&org(), NewRepo::new("era5"), OpenOptions::new()).await.unwrap_err();
    assert!(error.to_string().contains("punchcards"), "{error}");
    assert_eq!(script.paths()[2], "/orgs/acme/era5?immediate=true&retain_data=true");
}

#[tokio::test]
async fn an_entry_that_cannot_be_taken_back_is_reported_with_both_errors() {
    let answer = GS.replace("MODE", "online");
    let script = Script::new([json(201, repo_json("era5")), json(200, answer), status(403)]);
    let error =
        client_over(&script).create_repo(&org(), NewRepo::new("era5"), OpenOptions::new()).await.unwrap_err();
    let Error::RollbackFailed { cause, rollback, .. } = &error else { panic!("{error:?}") };
    assert!(cause.to_string().contains("punchcards") && rollback.is_forbidden());
    assert!(error.to_string().contains("acme/era5"), "{error}");
}

#[tokio::test]
async fn an_import_that_cannot_be_opened_takes_its_entry_back_and_leaves_the_data() {
    let offline = GS.replace("MODE", "offline");
    let script = Script::new([json(201, repo_json("era5")), json(200, offline), status(204)]);
    let request = ImportRepo::new("era5", "cold-store", "p").unwrap();
    let error = client_over(&script).import_repo(&org(), request, OpenOptions::new()).await.unwrap_err();
    assert!(error.is_offline(), "{error:?}");
    assert_eq!(script.paths()[0], "/orgs/acme/repos/import");
    assert_eq!(script.paths()[2], "/orgs/acme/era5?immediate=true&retain_data=true");
}

#[tokio::test]
async fn a_refused_creation_takes_nothing_back() {
    let script = Script::new([status(409)]);
    let error =
        client_over(&script).create_repo(&org(), NewRepo::new("era5"), OpenOptions::new()).await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(script.requests().len(), 1);
}

/// Cancels a task that waits for its second answer; its entry is removed, and the data are left.
async fn is_taken_back(script: &Script, task: tokio::task::JoinHandle<Result<Repo>>) {
    while script.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    while script.requests().len() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(script.paths()[2], "/orgs/acme/era5?immediate=true&retain_data=true");
}

#[tokio::test]
async fn a_cancelled_creation_takes_its_entry_back() {
    use arraylake_transport::testing::silence;
    let script = Script::new([json(201, repo_json("era5")), silence(), status(204)]);
    let client = client_over(&script);
    let task =
        tokio::spawn(
            async move { client.create_repo(&org(), NewRepo::new("era5"), OpenOptions::new()).await },
        );
    is_taken_back(&script, task).await;
}

#[tokio::test]
async fn a_cancelled_import_takes_its_entry_back_and_leaves_the_data() {
    use arraylake_transport::testing::silence;
    let script = Script::new([json(201, repo_json("era5")), silence(), status(204)]);
    let client = client_over(&script);
    let request = ImportRepo::new("era5", "cold-store", "p").unwrap();
    let task = tokio::spawn(async move { client.import_repo(&org(), request, OpenOptions::new()).await });
    is_taken_back(&script, task).await;
}

#[tokio::test]
async fn a_creation_cancelled_while_its_entry_is_being_made_takes_it_back_once_it_is() {
    let script = Script::new([json(201, repo_json("era5")), status(204)]);
    let client = client_over(&script);
    let org = org();
    // Begun, and given up before the answer is there.
    let mut creation = client.create_repo(&org, NewRepo::new("era5"), OpenOptions::new());
    std::future::poll_fn(|cx| {
        assert!(creation.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    assert!(script.requests().is_empty());
    drop(creation);
    while script.requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(script.paths(), ["/orgs/acme/repos", "/orgs/acme/era5?immediate=true&retain_data=true"]);
}

#[tokio::test]
async fn a_refused_import_takes_nothing_back() {
    let script = Script::new([status(409)]);
    let request = ImportRepo::new("era5", "cold-store", "p").unwrap();
    let error = client_over(&script).import_repo(&org(), request, OpenOptions::new()).await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn containers_are_changed_before_the_repo_is_asked_for() {
    let script = Script::new([json(200, "{}".to_owned()), json(200, GS.replace("MODE", "offline"))]);
    let name = "acme/era5".parse().unwrap();
    let containers = UpdateContainers::new().with_add("s3://elsewhere/", "cold-store").unwrap();
    let error = client_over(&script)
        .authorize_virtual_chunk_access(&name, containers, OpenOptions::new())
        .await
        .unwrap_err();
    assert!(error.is_offline());
    let expected = ["/repos/icechunk/acme/era5/virtual-chunk-containers", "/repos/acme/era5/open"];
    assert_eq!(script.paths(), expected);
}

#[tokio::test]
async fn an_offline_repo_is_not_opened_and_says_why() {
    let script = Script::new([json(200, GS.replace("MODE", "offline"))]);
    let name = "acme/era5".parse().unwrap();
    let error = client_over(&script).get_repo(&name, OpenOptions::new()).await.unwrap_err();
    assert!(error.is_offline() && error.to_string().contains("moving house"), "{error}");
}

#[tokio::test]
async fn a_repo_in_another_bucket_than_asked_for_is_a_mismatch() {
    let script = Script::new([json(200, GS.replace("MODE", "online"))]);
    let request = NewRepo::new("era5").with_bucket("hot-store").unwrap();
    let error =
        client_over(&script).get_or_create_repo(&org(), request, OpenOptions::new()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "acme/era5 exists, but it is in the bucket \"cold-store\", not in \"hot-store\""
    );
}

#[tokio::test]
async fn a_refusal_to_open_an_icechunk_repo_stays_the_error() {
    let script = Script::new([status(409), json(200, repo_json("era5"))]);
    let name = "acme/era5".parse().unwrap();
    let error = client_over(&script).get_repo(&name, OpenOptions::new()).await.unwrap_err();
    assert_eq!((error.operation(), error.is_conflict()), (Some("open repo"), true));
    let script = Script::new([status(404), status(404)]);
    let error = client_over(&script).get_repo(&name, OpenOptions::new()).await.unwrap_err();
    assert_eq!((error.operation(), error.is_not_found()), (Some("get repo"), true));
}

#[tokio::test]
async fn values_are_checked_before_anything_is_sent() {
    let script = Script::new([]);
    let client = client_over(&script);
    for request in [
        NewRepo::new("a"),
        NewRepo::new("ok").with_kind("zip".into()),
        NewRepo::new("ok").with_kind(RepoKind::V1).with_prefix("p"),
        NewRepo::new("settings"),
    ] {
        assert!(client.create_repo(&org(), request, OpenOptions::new()).await.is_err());
    }
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn where_somebody_was_faster_and_took_back_what_they_made_another_attempt_is_made() {
    let answer = GS.replace("MODE", "online");
    let script = Script::new([
        status(404),
        status(404),
        status(409),
        status(404),
        status(404),
        json(201, repo_json("era5")),
        json(200, answer),
        status(204),
    ]);
    let (client, org) = (client_over(&script), org());
    let error = client.get_or_create_repo(&org, NewRepo::new("era5"), OpenOptions::new()).await.unwrap_err();
    assert!(error.to_string().contains("punchcards"), "it was made at last, and cannot be opened: {error}");
    assert_eq!(script.requests().len(), 8);
}

#[tokio::test]
async fn a_name_that_is_taken_and_not_found_is_a_conflict_after_a_few_attempts() {
    let round = || [status(404), status(404), status(409)];
    let script = Script::new((0..5).flat_map(|_| round()));
    let (client, org) = (client_over(&script), org());
    let error = client.get_or_create_repo(&org, NewRepo::new("era5"), OpenOptions::new()).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(script.requests().len(), 9);
}

#[tokio::test]
async fn a_service_that_misses_a_thing_is_not_taken_for_one_that_lacks_the_route() {
    for (detail, lacks) in [("Not Found", true), ("Bucket not found", false)] {
        let missing = json(404, format!(r#"{{"detail":"{detail}"}}"#));
        let entry = json(200, repo_json("era5"));
        let script = Script::new([missing, entry, status(403), status(403), status(403)]);
        let client = client_over(&script);
        client.get_repo(&"acme/era5".parse().unwrap(), OpenOptions::new()).await.unwrap_err();
        assert_eq!(client.era().lacks_open.is_set(), lacks, "{detail}");
    }
}
