//! What stands before an HTTP service: it counts requests, delays them, and hides what does not exist.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};

/// A proxy that writes down what it passes on. It ends with the runtime it was started on.
#[derive(Debug)]
pub struct Proxy {
    uri: String,
    seen: Arc<Mutex<Vec<String>>>,
}

/// How a proxy behaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manners {
    /// How long each request waits before it is passed on.
    pub delay: Duration,
    /// Whether it hides which keys do not exist, as S3 does from those who may not list.
    pub may_not_list: bool,
}

#[derive(Clone)]
struct Way {
    to: String,
    manners: Manners,
    client: Client<HttpConnector, Full<Bytes>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy before the service at `to`, which is an origin without a slash at its end.
    pub async fn start(to: impl Into<String>, manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}", listener.local_addr().unwrap());
        let (client, seen) = (Client::builder(TokioExecutor::new()).build_http(), Arc::default());
        let way = Way { to: to.into(), manners, client, seen: Arc::clone(&seen) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, way.clone()));
            }
        });
        Self { uri, seen }
    }

    /// Where it listens.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Method and path of each request since the last look.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

async fn serve(stream: TcpStream, way: Way) {
    let _ = stream.set_nodelay(true);
    let pass = hyper::service::service_fn(move |request| pass(way.clone(), request));
    // A connection that breaks shows at whoever made it.
    drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), pass).await);
}

async fn pass(way: Way, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    way.seen.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
    tokio::time::sleep(way.manners.delay).await;
    let (mut parts, body) = request.into_parts();
    let rest = parts.uri.path_and_query().unwrap().as_str();
    parts.uri = format!("{}{rest}", way.to).parse().unwrap();
    let body = Full::new(body.collect().await.unwrap().to_bytes());
    let (mut parts, body) = way.client.request(Request::from_parts(parts, body)).await.unwrap().into_parts();
    let mut bytes = body.collect().await.unwrap().to_bytes();
    if way.manners.may_not_list && parts.status == StatusCode::NOT_FOUND {
        parts.status = StatusCode::FORBIDDEN;
        bytes = Bytes::from("<Error><Code>AccessDenied</Code></Error>");
        parts.headers.remove(http::header::CONTENT_LENGTH);
    }
    Ok(Response::from_parts(parts, Full::new(bytes)))
}
