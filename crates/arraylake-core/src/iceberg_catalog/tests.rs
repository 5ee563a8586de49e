use arraylake_transport::testing::{Script, json};
use arraylake_types::TableIdent;

use super::*;
use crate::test_support::client_over;

const CONFIG: &str = r#"{"defaults":{},"overrides":{"prefix":"acme"}}"#;

async fn open(script: &Script) -> IcebergCatalog {
    client_over(script).get_iceberg(&"acme".parse().unwrap()).await.unwrap()
}

fn table() -> TableIdent {
    TableIdent::new("my tables".parse().unwrap(), "a/b").unwrap()
}

#[tokio::test]
async fn a_catalog_is_opened_by_the_name_of_its_org_and_every_request_asks_for_keys() {
    let script = Script::new([json(200, CONFIG), json(200, r#"{"metadata":{"format-version":2}}"#)]);
    let loaded = open(&script).await.load_table(&table()).await.unwrap();
    assert_eq!(loaded.metadata["format-version"], 2);
    let paths = ["/iceberg/v1/config?warehouse=acme", "/iceberg/v1/acme/namespaces/my%20tables/tables/a%2Fb"];
    assert_eq!(script.paths(), paths);
    for request in script.requests() {
        assert_eq!(request.headers()["x-iceberg-access-delegation"], "vended-credentials");
        assert_eq!(request.headers()["authorization"], "Bearer ema_MARKER");
    }
}

#[tokio::test]
async fn what_another_client_has_to_be_given_leads_to_the_same_place_and_hides_the_token() {
    let catalog = open(&Script::new([json(200, CONFIG)])).await;
    let properties = catalog.properties().await.unwrap();
    assert_eq!(properties.get("uri"), Some("http://service.example.com/iceberg"));
    assert_eq!(properties.get("warehouse"), Some("acme"));
    assert_eq!(properties.get("token"), Some("ema_MARKER"));
    assert_eq!(properties.get("header.X-Iceberg-Access-Delegation"), Some("vended-credentials"));
    assert!(!format!("{properties:?} {catalog:?}").contains("MARKER"));
}

#[tokio::test]
async fn listings_go_on_to_the_last_page_and_not_in_a_circle() {
    let page = |name: &str, next: &str| {
        json(200, format!(r#"{{"namespaces":[["{name}"]],"next-page-token":{next}}}"#))
    };
    let script = Script::new([json(200, CONFIG), page("a", "\"2\""), page("b", "\"2\"")]);
    let found = open(&script).await.list_namespaces(Some(&"up".parse().unwrap())).await.unwrap();
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(script.paths()[2], "/iceberg/v1/acme/namespaces?parent=up&pageToken=2");
}

#[tokio::test]
async fn what_the_catalog_does_not_offer_is_not_asked_for() {
    let routes = r#"{"overrides":{},"endpoints":["HEAD /v1/{prefix}/namespaces/{namespace}"]}"#;
    let script = Script::new([json(200, routes), json(404, "")]);
    let catalog = open(&script).await;
    let namespace: NamespaceIdent = "a".parse().unwrap();
    assert!(catalog.list_views(&namespace).await.unwrap().is_empty());
    assert!(catalog.drop_table(&table()).await.unwrap_err().to_string().contains("drops no tables"));
    assert!(!catalog.namespace_exists(&namespace).await.unwrap());
    assert_eq!(script.requests()[1].method(), Method::HEAD);
    assert_eq!(script.paths()[1], "/iceberg/v1/namespaces/a");
}

#[tokio::test]
async fn a_refusal_is_told_in_the_words_of_the_catalog() {
    let refusal =
        r#"{"error":{"message":"Warehouse acme does not exist","type":"NotFoundException","code":404}}"#;
    let script = Script::new([json(404, refusal)]);
    let error = client_over(&script).get_iceberg(&"acme".parse().unwrap()).await.unwrap_err();
    assert!(error.is_not_found() && error.detail() == Some("Warehouse acme does not exist"), "{error}");
}

#[tokio::test]
async fn a_name_that_a_service_told_is_checked_before_it_goes_into_a_path() {
    let listing = r#"{"identifiers":[{"namespace":["a"],"name":".."}]}"#;
    let script = Script::new([json(200, CONFIG), json(200, listing)]);
    let catalog = open(&script).await;
    let odd = catalog.list_tables(&"a".parse().unwrap()).await.unwrap().remove(0);
    assert!(catalog.drop_table(&odd).await.unwrap_err().is_invalid_input());
    assert_eq!(script.requests().len(), 2);
}
