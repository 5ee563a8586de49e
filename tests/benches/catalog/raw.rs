//! The baseline: hyper-util's pooled client, which sends the same requests and throws the bodies away.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::server::PAGES;

/// Pages that the client under test fetches at once.
const PAGES_AT_ONCE: usize = 16;

/// What a client has to say to the service, as the client under test does.
const HEADERS: [(&str, &str); 9] = [
    ("accept", "application/vnd.earthmover+json"),
    ("user-agent", "arraylake-rust-sdk/0.1.0"),
    ("client-name", "arraylake-rust-sdk"),
    ("client-version", "0.1.0"),
    ("x-arraylake-client", "arraylake-rust-sdk/0.1.0"),
    ("x-arraylake-source", "arraylake-rust-sdk"),
    ("arraylake-session-id", "00000000-0000-4000-8000-000000000000"),
    ("accept-encoding", "gzip"),
    ("authorization", "Bearer ema_x"),
];

/// A client without anything around it.
pub(crate) struct Raw {
    client: Client<HttpConnector, Empty<Bytes>>,
    headers: HeaderMap,
    repo: Uri,
    pages: Vec<Uri>,
}

impl Raw {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        let uri = |path: String| format!("http://{address}{path}").parse().expect("a URI");
        let page = |page| uri(format!("/orgs/my-org/repos/paginated?page={page}&size=100"));
        let header = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let headers = HEADERS.into_iter().map(header).collect();
        let repo = uri("/repos/my-org/my-repo".to_owned());
        Self { client, headers, repo, pages: (1..=PAGES).map(page).collect() }
    }

    /// `GET /repos/{org}/{repo}`
    pub(crate) async fn get_repo(&self) -> usize {
        self.discard(&self.repo).await
    }

    /// `GET /orgs/{org}/repos/paginated`: the first page, then the others as many at once as the client does.
    pub(crate) async fn list_repos(self: &Arc<Self>) -> usize {
        let (first, others) = self.pages.split_first().expect("there are pages");
        let size = self.discard(first).await;
        let fetch = |uri: &Uri| {
            let (raw, uri) = (Arc::clone(self), uri.clone());
            tokio::spawn(async move { raw.discard(&uri).await })
        };
        let sizes = futures_util::stream::iter(others).map(fetch).buffered(PAGES_AT_ONCE);
        sizes.fold(size, |sum, size| async move { sum + size.expect("no panic") }).await
    }

    /// The same pages, one after the other.
    pub(crate) async fn list_repos_one_by_one(&self) -> usize {
        let mut size = 0;
        for uri in &self.pages {
            size += self.discard(uri).await;
        }
        size
    }

    /// Reads an answer to its end and keeps nothing but its size.
    async fn discard(&self, uri: &Uri) -> usize {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = self.headers.clone();
        let response = self.client.request(request).await.expect("an answer");
        assert!(response.status().is_success(), "{}", response.status());
        let (mut body, mut size) = (response.into_body(), 0);
        while let Some(frame) = body.frame().await {
            size += frame.expect("a whole body").data_ref().map_or(0, Bytes::len);
        }
        size
    }
}
