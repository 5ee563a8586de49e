//! The Iceberg catalog and an openEO service of the local service, through the client.

use arraylake_core::prelude::*;
use arraylake_tests::lake::TestLake;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn namespaces_made_by_the_management_api_are_seen_in_the_catalog_of_their_org() {
    let lake = TestLake::start().await;
    let (client, org) = (lake.client(), lake.org());
    let request = NewIcebergNamespace::new("readings");
    client.create_iceberg_namespace(org, request).await.unwrap();
    let catalog = client.get_iceberg(org).await.unwrap();
    let found = catalog.list_namespaces(None).await.unwrap();
    assert_eq!(found, ["readings".parse::<NamespaceIdent>().unwrap()]);
    assert!(catalog.namespace_exists(&found[0]).await.unwrap());
    assert!(!catalog.namespace_exists(&"nope".parse().unwrap()).await.unwrap());
    assert!(catalog.list_tables(&found[0]).await.unwrap().is_empty());
    assert!(catalog.list_namespaces(Some(&found[0])).await.unwrap().is_empty());
    catalog.load_namespace_properties(&found[0]).await.unwrap();
    let error = catalog.drop_namespace(&found[0]).await.unwrap_err();
    assert!(error.detail().unwrap_or_default().contains("management API"), "{error}");
    assert!(client.get_iceberg(&"nope".parse().unwrap()).await.unwrap_err().is_not_found());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalog_answers_at_the_address_and_with_the_token_that_other_clients_are_given() {
    let lake = TestLake::start().await;
    let catalog = lake.client().get_iceberg(lake.org()).await.unwrap();
    let given = catalog.properties().await.unwrap();
    let uri =
        format!("{}/v1/config?warehouse={}", given.get("uri").unwrap(), given.get("warehouse").unwrap());
    // As a library for Iceberg asks first, with nothing but what it was given.
    let authorization = format!("Bearer {}", given.get("token").unwrap());
    let request = http::Request::get(uri).header("authorization", authorization);
    let request = request.body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
    let plain =
        hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    assert_eq!(plain.request(request).await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_openeo_service_is_found_with_its_address_and_a_token() {
    let lake = TestLake::start().await;
    let (client, org) = (lake.client(), lake.org());
    assert!(client.get_openeo_connection(org, None).await.unwrap_err().is_invalid_input());
    let request = EnableService::new("openeo".into()).with("sku_code", "s");
    client.get_services(org).enable(request).await.unwrap();
    let service = client.get_openeo_connection(org, None).await.unwrap();
    assert!(service.url.starts_with("http") && service.token == lake.lake().token(), "{service:?}");
}
