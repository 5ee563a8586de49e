//! Listings, pages and requests about repos over a script.

use arraylake_transport::testing::{Script, json, status};

use super::*;
use crate::test_support::{client_over, repo_json};

fn org() -> OrgName {
    "acme".parse().unwrap()
}

fn page(names: &[&str], page: u64, pages: u64) -> String {
    let items: Vec<String> = names.iter().map(|name| repo_json(name)).collect();
    format!(r#"{{"items":[{}],"total":9,"page":{page},"size":100,"pages":{pages}}}"#, items.join(","))
}

#[tokio::test]
async fn pages_are_joined_in_order_without_repeats() {
    let script = Script::new([
        json(200, page(&["r1", "r2"], 1, 3)),
        json(200, page(&["r2", "r3"], 2, 3)),
        json(200, page(&["r4"], 3, 3)),
    ]);
    let rows = client_over(&script).list_repos(&org(), ListRepos::new()).await.unwrap();
    assert_eq!(rows.iter().map(|repo| repo.name.as_str()).collect::<Vec<_>>(), ["r1", "r2", "r3", "r4"]);
    assert_eq!(script.paths()[0], "/orgs/acme/repos/paginated?page=1&size=100");
}

#[tokio::test]
async fn an_older_service_is_asked_the_older_way_and_remembered() {
    let list = format!("[{}]", repo_json("old"));
    let script = Script::new([status(404), json(200, &list), json(200, &list)]);
    let client = client_over(&script);
    assert_eq!(client.list_repos(&org(), ListRepos::new()).await.unwrap().len(), 1);
    assert_eq!(client.list_repos(&org(), ListRepos::new()).await.unwrap().len(), 1);
    let plain = "/orgs/acme/repos";
    assert_eq!(script.paths(), ["/orgs/acme/repos/paginated?page=1&size=100", plain, plain]);
}

#[tokio::test]
async fn an_unknown_org_is_not_found_and_is_not_taken_for_an_older_service() {
    let script = Script::new([status(404), status(404), json(200, page(&["r1"], 1, 1))]);
    let client = client_over(&script);
    assert!(client.list_repos(&org(), ListRepos::new()).await.unwrap_err().is_not_found());
    assert_eq!(client.list_repos(&org(), ListRepos::new()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_service_that_promises_pages_it_does_not_have_is_not_asked_for_ever() {
    let mut steps = vec![json(200, page(&["r1"], 1, 1_000_000_000))];
    steps.extend((2..40).map(|number| json(200, page(&[], number, 1_000_000_000))));
    let script = Script::new(steps);
    let rows = client_over(&script).list_repos(&org(), ListRepos::new()).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(script.requests().len() <= 1 + PAGES_AHEAD);
}

#[tokio::test]
async fn a_lost_answer_to_a_creation_is_an_unknown_outcome_and_a_refused_connection_is_not() {
    use arraylake_transport::testing::{cut, refuse};
    let script = Script::new([cut()]);
    let client = client_over(&script);
    let error = client.create_repo_object(&org(), NewRepo::new("era5")).await.unwrap_err();
    assert!(error.is_unknown_outcome() && error.is_interrupted(), "{error:?}");
    let script = Script::new(std::iter::repeat_with(refuse).take(9));
    let error = client_over(&script).create_repo_object(&org(), NewRepo::new("era5")).await.unwrap_err();
    assert!(error.is_connect() && !error.is_unknown_outcome(), "{error:?}");
}

#[tokio::test]
async fn an_import_falls_back_to_the_older_route_and_remembers() {
    let repo = repo_json("era5");
    let script = Script::new([status(405), json(201, &repo), json(201, &repo)]);
    let client = client_over(&script);
    let request = ImportRepo::new("era5", "cold-store", "p").unwrap();
    client.import_repo_object(&org(), request.clone()).await.unwrap();
    client.import_repo_object(&org(), request).await.unwrap();
    let plain = "/orgs/acme/repos";
    assert_eq!(script.paths(), ["/orgs/acme/repos/import", plain, plain]);
    let body: serde_json::Value = serde_json::from_slice(script.requests()[1].body()).unwrap();
    assert_eq!((&body["create_mode"], &body["prefix"]), (&"import".into(), &"p".into()));
}

#[tokio::test]
async fn an_import_into_an_unknown_org_is_not_taken_for_an_older_service() {
    let script = Script::new([status(404), status(404), json(201, repo_json("era5"))]);
    let client = client_over(&script);
    let request = ImportRepo::new("era5", "cold-store", "p").unwrap();
    assert!(client.import_repo_object(&org(), request.clone()).await.unwrap_err().is_not_found());
    client.import_repo_object(&org(), request).await.unwrap();
    assert_eq!(script.paths()[2], "/orgs/acme/repos/import");
}

#[tokio::test]
async fn a_repo_is_found_by_id_changed_and_put_offline() {
    let set = r#"{"mode":"offline","message":"moving"}"#;
    let script = Script::new([json(200, repo_json("era5")), json(200, "null"), json(200, set), status(204)]);
    let client = client_over(&script);
    let id = "65F0C0FFEE0123456789ABCD".parse().unwrap();
    assert_eq!(client.get_repo_object_by_id(&id).await.unwrap().name, "era5");
    let repo: RepoName = "acme/era5".parse().unwrap();
    client.modify_repo(&repo, ModifyRepo::new().with_description("")).await.unwrap();
    let mode = arraylake_types::RepoOperationMode::Offline;
    let request = NewRepoStatus::new(mode).with_message("moving");
    assert!(client.set_repo_status(&repo, request).await.unwrap().is_offline());
    let public = NewRepoVisibility::new(arraylake_types::RepoVisibility::AuthenticatedPublic);
    client.set_repo_visibility(&repo, public).await.unwrap();
    let base = "/orgs/acme/era5";
    let (status, visibility) = (format!("{base}/status"), format!("{base}/visibility"));
    assert_eq!(script.paths(), ["/repo/65f0c0ffee0123456789abcd", base, &status, &visibility]);
    assert_eq!(script.requests()[1].body(), &r#"{"description":""}"#);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_sent_again_only_if_it_may_be_said_twice() {
    let repo: RepoName = "acme/era5".parse().unwrap();
    let script = Script::new([status(503), status(204), status(503)]);
    let client = client_over(&script);
    client.modify_repo(&repo, ModifyRepo::new().with_description("d")).await.unwrap();
    let add = ModifyRepo::new().with_add_metadata(arraylake_types::Metadata::new().with("k", 1));
    assert!(client.modify_repo(&repo, add).await.unwrap_err().is_server_error());
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn a_listing_streams_page_by_page_and_an_older_service_gives_all_at_once() {
    let script = Script::new([json(200, page(&["r1"], 1, 2)), json(200, page(&["r2"], 2, 2))]);
    let from = PageRequest::default().with_size(1);
    let mut pages = client_over(&script).list_repos_stream(&org(), from, ListRepos::new()).unwrap();
    assert_eq!(pages.next().await.unwrap().unwrap().rows[0].name, "r1");
    assert_eq!(pages.next().await.unwrap().unwrap().rows[0].name, "r2");
    assert!(pages.next().await.unwrap().is_none());
    assert_eq!(script.paths()[1], "/orgs/acme/repos/paginated?page=2&size=1");
    let list = format!("[{},{}]", repo_json("r1"), repo_json("r2"));
    let script = Script::new([status(404), json(200, list)]);
    let mut pages = client_over(&script).list_repos_stream(&org(), from, ListRepos::new()).unwrap();
    assert_eq!(pages.next().await.unwrap().unwrap().rows.len(), 2);
    assert!(pages.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_bad_request_never_leaves() {
    let script = Script::new([]);
    let client = client_over(&script);
    assert!(
        client.create_repo_object(&org(), NewRepo::new("settings")).await.unwrap_err().is_invalid_input()
    );
    let page = PageRequest::new(0);
    assert!(client.list_repos_page(&org(), page, ListRepos::new()).await.unwrap_err().is_invalid_input());
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn a_deletion_says_only_what_was_asked() {
    let script = Script::new([status(204), status(204)]);
    let client = client_over(&script);
    let repo: RepoName = "acme/era5".parse().unwrap();
    let sure = DeleteConfirmation::imsure().imreallysure();
    client.delete_repo(&repo, sure, DeleteRepo::new()).await.unwrap();
    client.delete_repo(&repo, sure, DeleteRepo::new().with_immediate().with_retain_data()).await.unwrap();
    assert_eq!(script.paths(), ["/orgs/acme/era5", "/orgs/acme/era5?immediate=true&retain_data=true"]);
}
