//! What lies between a client and a lake, without a socket, and fails when it is told to: a service whose answers are
//! cut short, one that does not tell all, and a bucket that is down for a while. All work with paused time.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use arraylake_core::v1::AsyncRepo;
use arraylake_core::v1::chunks::{BucketAccess, ChunkStore, Layout};
use arraylake_core::{AsyncClient, Config, prelude::*};
use arraylake_local::LocalService;
use arraylake_local::s3::S3Server;
use arraylake_types::v1::CommitId;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use tower::Service;

use crate::lake::TestLake;

/// The catalog and metastore of a lake, some of whose answers break off in the middle. Clones share what is cut.
#[derive(Clone, Debug)]
pub struct Cutting {
    service: LocalService,
    wanted: Arc<Mutex<(String, usize)>>,
}

impl Cutting {
    /// Cuts nothing yet.
    pub fn new(lake: &TestLake) -> Self {
        Self { service: lake.lake().service(), wanted: Arc::default() }
    }

    /// A client of it.
    pub fn client(&self, lake: &TestLake) -> AsyncClient {
        let leaf = self.clone();
        let builder = AsyncClient::builder().with_config(Config::empty());
        let builder = builder.with_service_uri("http://local.example.com").with_token(lake.lake().token());
        builder.with_transport(|transport| transport.with_leaf(leaf)).build().unwrap()
    }

    /// Cuts the next answers to requests that begin like this: method, space, and a part of the path.
    pub fn cut(&self, request: &str, answers: usize) {
        *self.wanted.lock().unwrap() = (request.to_owned(), answers);
    }

    /// How many answers are still to be cut.
    pub fn left(&self) -> usize {
        self.wanted.lock().unwrap().1
    }

    fn takes<B>(&self, request: &http::Request<B>) -> bool {
        let mut wanted = self.wanted.lock().unwrap();
        let (method, path) = wanted.0.split_once(' ').unwrap_or_default();
        let hit = wanted.1 > 0 && request.method() == method && request.uri().path().contains(path);
        wanted.1 -= usize::from(hit);
        hit
    }
}

type Frames = stream::Iter<std::vec::IntoIter<io::Result<Frame<Bytes>>>>;
type Answer = Result<http::Response<StreamBody<Frames>>, Infallible>;

impl Service<http::Request<Full<Bytes>>> for Cutting {
    type Response = http::Response<StreamBody<Frames>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Full<Bytes>>) -> Self::Future {
        let (mut service, is_cut) = (self.service.clone(), self.takes(&request));
        Box::pin(async move {
            let (head, body) = service.call(request).await?.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            let frames = match is_cut {
                true => vec![
                    Ok(Frame::data(bytes.slice(..bytes.len() / 2))),
                    Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
                ],
                false => vec![Ok(Frame::data(bytes))],
            };
            Ok(http::Response::from_parts(head, StreamBody::new(stream::iter(frames))))
        })
    }
}

/// The metastore of a lake, which tells of some commits only which nodes they have moved, from an index of its own.
/// Clones share what is told.
#[derive(Clone, Debug)]
pub struct Telling {
    service: LocalService,
    nodes: Arc<Mutex<HashMap<String, Vec<String>>>>,
}

impl Telling {
    /// Tells all.
    pub fn new(lake: &TestLake) -> Self {
        Self { service: lake.lake().service(), nodes: Arc::default() }
    }

    /// A client of it.
    pub fn client(&self, lake: &TestLake) -> AsyncClient {
        let leaf = self.clone();
        let builder = AsyncClient::builder().with_config(Config::empty());
        let builder = builder.with_service_uri("http://local.example.com").with_token(lake.lake().token());
        builder.with_transport(|transport| transport.with_leaf(leaf)).build().unwrap()
    }

    /// Tells of a commit nothing but these documents of nodes.
    pub fn tell_nodes_of(&self, commit: &CommitId, documents: &[&str]) {
        let documents = documents.iter().map(|document| (*document).to_owned()).collect();
        self.nodes.lock().unwrap().insert(commit.to_string(), documents);
    }

    /// What is told instead of the truth.
    fn instead<B>(&self, request: &http::Request<B>) -> Option<Value> {
        let (_, collection) = request.uri().path().split_once("/modified_paths_commit/")?;
        let nodes = self.nodes.lock().unwrap();
        let query = request.uri().query().unwrap_or_default();
        let (_, documents) = nodes.iter().find(|(commit, _)| query.contains(commit.as_str()))?;
        let documents = documents.iter().filter(|_| collection == "nodes");
        Some(documents.map(|path| json!({"_id": "n", "path": path, "deleted": false})).collect())
    }
}

impl Service<http::Request<Full<Bytes>>> for Telling {
    type Response = http::Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Full<Bytes>>) -> Self::Future {
        let (mut service, instead) = (self.service.clone(), self.instead(&request));
        Box::pin(async move {
            if let Some(instead) = instead {
                return Ok(http::Response::new(Full::from(instead.to_string())));
            }
            let (head, body) = service.call(request).await?.into_parts();
            Ok(http::Response::from_parts(head, Full::new(body.collect().await.unwrap().to_bytes())))
        })
    }
}

/// The bucket of a lake, which goes down after so many requests, and comes back after a time.
#[derive(Clone, Debug)]
pub struct Outage {
    server: S3Server,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// Requests before the outage.
    before: usize,
    lasts: Duration,
    until: Option<Instant>,
    /// Requests that found nobody.
    lost: usize,
}

impl Outage {
    /// Goes down after so many requests, for so long.
    pub fn after(lake: &TestLake, before: usize, lasts: Duration) -> Self {
        let state = State { before, lasts, until: None, lost: 0 };
        Self { server: lake.lake().service().s3(), state: Arc::new(Mutex::new(state)) }
    }

    /// The same repo, whose chunks are behind it.
    pub async fn before(&self, repo: &AsyncRepo, client: &AsyncClient) -> AsyncRepo {
        let entry = client.get_repo_object(repo.name()).await.unwrap();
        let bucket = entry.bucket.clone().unwrap();
        let access = BucketAccess::of_bucket(&bucket, Some(Arc::new(repo.metastore().clone()))).unwrap();
        let access = access.with_http_connector(Arc::new(self.clone()));
        let layout = Layout::of_repo(&bucket.prefix, entry.id.as_str()).unwrap();
        let store = ChunkStore::open(access, BucketAccess::uri(&bucket).unwrap(), layout).unwrap();
        repo.with_chunkstore(store)
    }

    /// How many requests found nobody.
    pub fn lost(&self) -> usize {
        self.state.lock().unwrap().lost
    }

    /// Ends it.
    pub fn end(&self) {
        self.state.lock().unwrap().until = Some(Instant::now());
    }

    fn is_down(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        if state.before > 0 {
            state.before -= 1;
            return false;
        }
        let lasts = state.lasts;
        let is_down = Instant::now() < *state.until.get_or_insert_with(|| Instant::now() + lasts);
        state.lost += usize::from(is_down);
        is_down
    }
}

#[async_trait]
impl HttpService for Outage {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if self.is_down() {
            let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
            return Err(HttpError::new(HttpErrorKind::Connect, refused));
        }
        // What a client of the network adds.
        let host = request.uri().authority().unwrap().as_str().parse().unwrap();
        request.headers_mut().insert(http::header::HOST, host);
        let (head, body) = Service::call(&mut self.server.clone(), request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap();
        Ok(http::Response::from_parts(head, HttpResponseBody::from(bytes.to_bytes())))
    }
}

impl HttpConnector for Outage {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}
