//! The baseline: hyper-util's pooled client, which sends the same requests and throws the bodies away.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::server::PAGES;

/// Pages that the client under test fetches at once.
const PAGES_AT_ONCE: usize = 8;

/// A client without anything around it. It sends no header but `host`, which is less than any real client sends.
#[derive(Clone)]
pub(crate) struct Raw {
    client: Client<HttpConnector, Empty<Bytes>>,
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
        Self { client, repo: uri("/repos/my-org/my-repo".to_owned()), pages: (1..=PAGES).map(page).collect() }
    }

    /// `GET /repos/{org}/{repo}`
    pub(crate) async fn get_repo(&self) -> usize {
        discard(&self.client, &self.repo).await
    }

    /// `GET /orgs/{org}/repos/paginated`: the first page, then the others as many at once as the client does.
    pub(crate) async fn list_repos(&self) -> usize {
        let (first, others) = self.pages.split_first().expect("there are pages");
        let size = discard(&self.client, first).await;
        let fetch = |uri: &Uri| {
            let (client, uri) = (self.client.clone(), uri.clone());
            tokio::spawn(async move { discard(&client, &uri).await })
        };
        let sizes = futures_util::stream::iter(others).map(fetch).buffered(PAGES_AT_ONCE);
        sizes.fold(size, |sum, size| async move { sum + size.expect("no panic") }).await
    }
}

/// Reads an answer to its end and keeps nothing but its size.
async fn discard(client: &Client<HttpConnector, Empty<Bytes>>, uri: &Uri) -> usize {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = uri.clone();
    let response = client.request(request).await.expect("an answer");
    assert!(response.status().is_success(), "{}", response.status());
    let (mut body, mut size) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        size += frame.expect("a whole body").data_ref().map_or(0, Bytes::len);
    }
    size
}
