//! Pages: who gets to see them, and how one signs in and out.

use arraylake_local::{LocalConfig, LocalService};
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use tower::Service as _;

use crate::client::{escaped, lake};

/// A browser as far as these tests need one: it keeps cookies and does not follow redirects by itself.
pub(crate) struct Visitor {
    service: LocalService,
    host: &'static str,
    pub(crate) cookie: String,
}

/// What a visitor gets.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Shown {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Visitor {
    pub(crate) fn of(service: LocalService) -> Self {
        Self { service, host: "127.0.0.1:4321", cookie: String::new() }
    }

    /// A visitor who has signed in.
    pub(crate) async fn signed_in(service: LocalService, token: &str) -> Self {
        let mut visitor = Self::of(service);
        assert_eq!(visitor.sign_in(token, "").await.status, 303);
        visitor
    }

    pub(crate) async fn get(&mut self, path: &str) -> Shown {
        self.send(Method::GET, path, &[], String::new()).await
    }

    /// Sends an empty form.
    pub(crate) async fn post(&mut self, path: &str) -> Shown {
        self.send(Method::POST, path, &[], String::new()).await
    }

    /// Sends a form.
    pub(crate) async fn form(&mut self, path: &str, pairs: &[(&str, &str)]) -> Shown {
        let body: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect();
        self.send(Method::POST, path, &[], body.join("&")).await
    }

    async fn sign_in(&mut self, token: &str, next: &str) -> Shown {
        let body = format!("token={}&next={}", escaped(token), escaped(next));
        self.send(Method::POST, "/console/sign-in", &[], body).await
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Shown {
        let mut request = Request::builder().method(method).uri(path).header("host", self.host);
        request = request.header("cookie", &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let (parts, body) = self.service.call(request).await.unwrap().into_parts();
        if let Some(cookie) = parts.headers.get("set-cookie") {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Shown { status: parts.status.as_u16(), headers: parts.headers, text }
    }
}

#[tokio::test]
async fn a_token_signs_in_and_leads_back_to_where_one_wanted_to_go() {
    let client = lake();
    let token = client.service.token();
    let mut visitor = Visitor::of(client.service.clone());
    let wrong = visitor.sign_in("ema_wrong", "/console/x").await;
    assert_eq!(wrong.status, 403);
    assert!(wrong.text.contains("Invalid token") && wrong.text.contains("value=\"/console/x\""));
    assert!(!wrong.text.contains("ema_wrong"), "what was typed is not sent back");
    let right = visitor.sign_in(token.expose(), "/console/sign-in?a=b").await;
    assert_eq!((right.status, right.header("location")), (303, "/console/sign-in?a=b"));
    let elsewhere = visitor.sign_in(token.expose(), "//evil.example.com/").await;
    assert_eq!((elsewhere.status, elsewhere.header("location")), (303, "/console"));
}

#[tokio::test]
async fn a_token_in_the_address_signs_nobody_in() {
    let client = lake();
    let mut visitor = Visitor::of(client.service.clone());
    let path = format!("/console/sign-in?token={}", client.service.token().expose());
    assert!(!visitor.get(&path).await.headers.contains_key("set-cookie"));
    let shown = visitor.send(Method::POST, &path, &[], String::new()).await;
    assert_eq!((shown.status, shown.headers.contains_key("set-cookie")), (403, false));
}

#[tokio::test]
async fn pages_and_assets_are_sent_with_what_keeps_other_sites_out() {
    let mut visitor = Visitor::of(LocalService::open(LocalConfig::temporary().unwrap()).unwrap());
    for path in ["/console/sign-in", "/console/assets/style.css", "/console/assets/icon.svg"] {
        let shown = visitor.get(path).await;
        assert_eq!(shown.status, 200, "{path}");
        let policy = shown.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(shown.header("x-frame-options"), "DENY");
        assert_eq!(shown.header("x-content-type-options"), "nosniff");
        assert!(!shown.headers.contains_key("access-control-allow-origin"));
    }
    let page = visitor.get("/console/sign-in").await;
    assert_eq!(page.header("cache-control"), "no-store");
    let addresses: Vec<_> = page.text.split(['"', ' ']).filter(|part| part.contains("://")).collect();
    assert!(addresses.is_empty(), "{addresses:?}");
    assert!(
        !page.text.contains("<script") && !page.text.contains("style=") && !page.text.contains("onclick")
    );
}

#[tokio::test]
async fn a_name_bound_to_this_machine_and_a_form_of_another_site_are_refused() {
    let client = lake();
    let token = client.service.token();
    let mut visitor = Visitor::of(client.service.clone());
    visitor.host = "evil.example.com:4321";
    let shown = visitor.sign_in(token.expose(), "").await;
    assert_eq!((shown.status, shown.headers.contains_key("set-cookie")), (421, false));
    assert!(shown.text.contains("127.0.0.1") && shown.header("content-type").starts_with("text/html"));
    visitor.host = "127.0.0.1:4321";
    let foreign = [("origin", "http://evil.example.com")];
    let body = format!("token={}", token.expose());
    let shown = visitor.send(Method::POST, "/console/sign-in", &foreign, body.clone()).await;
    assert_eq!((shown.status, shown.headers.contains_key("set-cookie")), (403, false));
    let own = [("origin", "http://127.0.0.1:4321"), ("sec-fetch-site", "same-origin")];
    assert_eq!(visitor.send(Method::POST, "/console/sign-in", &own, body).await.status, 303);
}
