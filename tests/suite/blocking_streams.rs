//! Pages and log lines without async.

use arraylake_blocking::{Client, prelude::*};
use arraylake_core::{AsyncClient, Config};
use arraylake_transport::testing::{Script, bytes, json, status};

fn client_over(script: &Script) -> Client {
    let leaf = script.clone();
    let builder = AsyncClient::builder()
        .with_config(Config::empty())
        .with_service_uri("http://service.example.com")
        .with_token("ema_x")
        .with_transport(|transport| transport.with_leaf(leaf));
    Client::build(builder).unwrap()
}

fn page(number: u64, pages: u64) -> String {
    let repo = format!(r#"{{"_id":"0{number}","org":"acme","name":"r{number}","kind":"icechunk"}}"#);
    format!(r#"{{"items":[{repo}],"total":2,"page":{number},"size":1,"pages":{pages}}}"#)
}

fn org() -> OrgName {
    "acme".parse().unwrap()
}

#[test]
fn pages_come_one_after_the_other_and_end_with_an_error_or_the_last() {
    let script = Script::new([json(200, page(1, 2)), json(200, page(2, 2))]);
    let from = PageRequest::default().with_size(1);
    let pages = client_over(&script).list_repos_stream(&org(), from, ListRepos::new()).unwrap();
    let names: Vec<String> = pages.flat_map(|page| page.unwrap().rows).map(|repo| repo.name).collect();
    assert_eq!(names, ["r1", "r2"]);
    let script = Script::new([json(200, page(1, 2)), status(403)]);
    let mut pages = client_over(&script).list_repos_stream(&org(), from, ListRepos::new()).unwrap();
    assert!(pages.next().unwrap().is_ok());
    assert!(pages.next().unwrap().unwrap_err().is_forbidden());
    assert!(pages.next().is_none());
}

#[test]
fn log_lines_are_an_iterator() {
    let script = Script::new([bytes(200, "one\ntwo\n")]);
    let services = client_over(&script).get_services(&org());
    let lines = services.stream_logs("edr-1", LogQuery::new()).unwrap();
    assert_eq!(lines.collect::<Result<Vec<_>, _>>().unwrap(), ["one", "two"]);
}
