//! Connections: accepted, agreed on TLS, answered, and ended.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::traffic::{Traffic, Watched};
use crate::tls::Tls;

/// How long requests may take to end when the lake is shut down.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a client may say nothing, when the lake is shut down and nothing that it asked is under way.
const SILENCE: Duration = Duration::from_secs(2);
/// How long accepting pauses after an error, which is mostly a lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// What answers requests, in hyper's words.
pub(super) trait Answering:
    hyper::service::Service<
        http::Request<Incoming>,
        Response = http::Response<<Self as Answering>::Body>,
        Error: Into<AnyError>,
        Future: Send + 'static,
    > + Clone
    + Send
    + 'static
{
    type Body: hyper::body::Body<Data: Send, Error: Into<AnyError>> + Send + 'static;
}

impl<S, B> Answering for S
where
    S: hyper::service::Service<http::Request<Incoming>, Response = http::Response<B>>,
    S: Clone + Send + 'static,
    S::Error: Into<AnyError>,
    S::Future: Send + 'static,
    B: hyper::body::Body<Data: Send, Error: Into<AnyError>> + Send + 'static,
{
    type Body = B;
}

/// What bytes travel on, in the clear or not.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<W: AsyncRead + AsyncWrite + Send + Unpin> Wire for W {}

/// Serves connections until it is told to stop, then waits for the requests that are under way.
pub(super) async fn accept(
    listener: TcpListener,
    service: impl Answering,
    tls: Option<Arc<Tls>>,
    mut stopped: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let Ok((stream, _)) = stream else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let (service, tls, watcher, mut stopped) =
            (service.clone(), tls.clone(), graceful.watcher(), stopped.clone());
        connections.spawn(async move {
            let wire = tokio::select! {
                biased;
                wire = agree(quick(stream), tls) => wire,
                // There can be no request yet, and there need not ever be one.
                _ = stopped.wait_for(|stop| *stop) => None,
            };
            if let Some(wire) = wire {
                converse(wire, service, watcher, stopped).await;
            }
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(PATIENCE, graceful.shutdown()).await;
    // Waits for those that were cut off, too: the directory is free only when the last of them is gone.
    connections.shutdown().await;
}

/// Small answers must not wait for more to send.
fn quick(stream: TcpStream) -> TcpStream {
    let _ = stream.set_nodelay(true);
    stream
}

/// Agrees on TLS with a client that begins with it.
async fn agree(stream: TcpStream, tls: Option<Arc<Tls>>) -> Option<Box<dyn Wire>> {
    let Some(tls) = tls else { return Some(Box::new(stream)) };
    if !Tls::is_wanted(&stream).await {
        return Some(Box::new(stream));
    }
    match tls.accept(stream).await {
        Ok(stream) => Some(Box::new(stream)),
        Err(error) => {
            tracing::debug!(%error, "a client does not agree on TLS");
            None
        }
    }
}

/// A service whose requests are noted from their heads to the ends of their answers.
fn noted(service: impl Answering, traffic: &Arc<Traffic>) -> impl Answering {
    let traffic = Arc::clone(traffic);
    service_fn(move |request| {
        let under_way = traffic.begin();
        let answer = service.call(request);
        async move {
            // The note goes with the body, which is gone when the last of it was taken.
            let hold = move |error| {
                let _held = &under_way;
                error
            };
            answer.await.map(|response| response.map(|body| body.map_err(hold)))
        }
    })
}

/// Answers on one connection until it ends. When it is told to stop, that is before the first request has come, or when
/// those that have come are answered.
async fn converse(
    wire: Box<dyn Wire>,
    service: impl Answering,
    watcher: Watcher,
    mut stopped: watch::Receiver<bool>,
) {
    let traffic = Traffic::new();
    let wire = TokioIo::new(Watched::new(wire, &traffic));
    let server = auto::Builder::new(TokioExecutor::new());
    let connection = watcher.watch(server.serve_connection(wire, noted(service, &traffic)).into_owned());
    tokio::pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = &mut connection => Some(ended),
        _ = stopped.wait_for(|stop| *stop) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None if traffic.has_begun() => tokio::select! {
            biased;
            ended = &mut connection => ended,
            // By HTTP/2 both sides agree on the end, and the other one may be silent for ever.
            () = traffic.silence(SILENCE) => return,
        },
        // There is at most a part of a head, which need never be whole. Between requests hyper sees that by itself.
        None => return,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests;
