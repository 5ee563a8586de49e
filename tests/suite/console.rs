//! What the console shows of repositories in each format of Icechunk: the older one is found by listing.

use std::sync::Arc;

use arraylake_core::prelude::*;
use arraylake_local::LocalService;
use arraylake_tests::dataset;
use arraylake_tests::lake::TestLake;
use http_body_util::{BodyExt as _, Full};
use tower::Service as _;

/// Sends a request to the pages, and returns the answer with its text.
async fn send(
    mut service: LocalService,
    request: http::request::Builder,
    body: String,
) -> http::Response<String> {
    let request = request.header("host", "127.0.0.1:1").body(Full::new(bytes::Bytes::from(body))).unwrap();
    let (parts, body) = service.call(request).await.unwrap().into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    http::Response::from_parts(parts, text)
}

/// With a tag, and how it stands in an address.
async fn shown_in_format(version: u8, (tag, escaped): (&str, &str)) {
    let lake = TestLake::start().await;
    let request = NewRepo::new("formats").with_bucket(lake.bucket()).unwrap().with_spec_version(version);
    let options = OpenOptions::new();
    let repo =
        lake.client().create_repo(lake.org(), request, options).await.unwrap().into_icechunk().unwrap();
    assert_eq!(repo.repository().spec_version() as u8, version);
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    dataset::write(&store).await;
    let first = store.commit("the first day").await.unwrap();
    repo.repository().create_tag(tag, &first).await.unwrap();
    repo.repository().create_branch("side", &first).await.unwrap();

    let service = lake.lake().service();
    let form = format!("token={}", lake.lake().token().expose());
    let signed_in = send(service.clone(), http::Request::post("/console/sign-in"), form).await;
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let page = format!("/console/orgs/{}/repos/formats", lake.org());
    for query in ["", &format!("?tag={escaped}"), "?branch=side", &format!("?snapshot={first}")] {
        let request = http::Request::get(format!("{page}{query}")).header("cookie", cookie);
        let shown = send(service.clone(), request, String::new()).await;
        assert_eq!(shown.status(), 200);
        for part in [
            "(y: 4, x: 6), chunks (2, 6)",
            &format!(">{tag}<"),
            ">side<",
            ">main<",
            "the first day",
            "written from Rust",
        ] {
            assert!(shown.body().contains(part), "{query}: {part} in {}", shown.body());
        }
    }
    for (query, words) in
        [("tag=x", "no tag x"), ("branch=y", "no branch y"), ("snapshot=z", "no snapshot z")]
    {
        let request = http::Request::get(format!("{page}?{query}")).header("cookie", cookie);
        let shown = send(service.clone(), request, String::new()).await;
        assert!(shown.status() == 404 && shown.body().contains(words), "{query}: {}", shown.body());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_of_the_first_format_is_shown() {
    // It allows no slash.
    shown_in_format(1, ("a+tag", "a%2Btag")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_of_the_second_format_is_shown() {
    shown_in_format(2, ("a/tag", "a%2Ftag")).await;
}
