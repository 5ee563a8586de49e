//! The transport over real sockets on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arraylake_transport::{ErrorKind, Request, RetryPolicy, Streaming, Transport, TransportBuilder};
use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Serves `answer` to every request, and counts connections.
async fn serve(answer: Bytes) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            counter.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            let service = service_fn(move |_: http::Request<hyper::body::Incoming>| {
                let answer = Full::new(answer.clone());
                async move { Ok::<_, Infallible>(http::Response::new(answer)) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
        }
    });
    (address, connections)
}

/// Gives every connection to a test, after its first request has been read.
async fn listen() -> (SocketAddr, mpsc::UnboundedReceiver<(String, TcpStream)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && socket.read_buf(&mut request).await.unwrap() > 0 {}
            if sender.send((String::from_utf8_lossy(&request).into_owned(), socket)).is_err() {
                break;
            }
        }
    });
    (address, receiver)
}

fn to(address: SocketAddr) -> TransportBuilder {
    let uri = format!("http://{address}").parse().unwrap();
    Transport::builder().with_base_uri(uri).without_proxy().with_retry(RetryPolicy::never())
}

fn get(uri: &str) -> Request {
    let mut request = Request::default();
    *request.uri_mut() = uri.parse().unwrap();
    request
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let (address, connections) = serve(Bytes::from_static(b"{}")).await;
    let transport = to(address).build().unwrap();
    for _ in 0..5 {
        let response = transport.clone().send(get("/repos")).await.unwrap();
        assert_eq!(response.into_body().as_bytes().unwrap(), "{}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[test]
fn a_transport_built_outside_a_runtime_works_inside_one() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (address, _) = runtime.block_on(serve(Bytes::from_static(b"{}")));
    let transport = to(address).build().unwrap();
    assert_eq!(runtime.block_on(transport.send(get("/"))).unwrap().status(), 200);
}

#[tokio::test]
async fn a_large_body_arrives_whole_and_a_larger_one_not_at_all() {
    let large = Bytes::from(vec![7; 10_000_000]);
    let (address, _) = serve(large.clone()).await;
    let transport = to(address).with_max_response_bytes(large.len()).build().unwrap();
    assert_eq!(transport.send(get("/")).await.unwrap().into_body().bytes().await.unwrap(), large);
    let transport = to(address).with_max_response_bytes(large.len() - 1).build().unwrap();
    assert_eq!(transport.send(get("/")).await.unwrap_err().kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_body_without_a_length_is_bounded_too() {
    let (address, mut connections) = listen().await;
    let transport = to(address).with_max_response_bytes(1000).build().unwrap();
    let server = tokio::spawn(async move {
        let (_, mut socket) = connections.recv().await.unwrap();
        socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        while socket.write_all(&[b'x'; 500]).await.is_ok() {}
    });
    assert_eq!(transport.send(get("/")).await.unwrap_err().kind(), ErrorKind::TooLarge);
    server.await.unwrap();
}

#[tokio::test]
async fn a_body_cut_short_is_an_interruption() {
    let (address, mut connections) = listen().await;
    let transport = to(address).build().unwrap();
    tokio::spawn(async move {
        while let Some((_, mut socket)) = connections.recv().await {
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc").await.unwrap();
        }
    });
    let error = transport.send(get("/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error:?}");
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_an_interruption() {
    let (address, mut connections) = listen().await;
    let transport = to(address).build().unwrap();
    tokio::spawn(async move { while connections.recv().await.is_some() {} });
    let error = transport.send(get("/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error:?}");
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_even_for_a_post() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let policy = RetryPolicy::new().with_max_retries(2).with_jitter(|_| std::time::Duration::ZERO);
    let transport = to(address).with_retry(policy).build().unwrap();
    let mut request = get("/");
    *request.method_mut() = http::Method::POST;
    let error = transport.send(request).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3), "{error:?}");
}

#[tokio::test]
async fn a_streaming_answer_is_passed_on_as_it_arrives() {
    let (address, mut connections) = listen().await;
    let transport = to(address).build().unwrap();
    let mut request = get("/logs");
    request.extensions_mut().insert(Streaming);
    let (answer, connection) = tokio::join!(transport.send(request), async {
        let (request, mut socket) = connections.recv().await.unwrap();
        assert!(!request.contains("accept-encoding"), "{request}");
        socket.write_all(b"HTTP/1.1 200 OK\r\n\r\nfirst").await.unwrap();
        socket
    });
    let mut socket = connection;
    let mut body = answer.unwrap().into_body();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "first");
    socket.write_all(b"second").await.unwrap();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "second");
    drop(socket);
    assert!(body.chunk().await.is_none());
}

#[tokio::test]
async fn tls_that_fails_is_not_tried_again() {
    // Answers a TLS greeting with plain text.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    let uri = format!("https://{address}").parse().unwrap();
    let builder = to(address).with_base_uri(uri).with_danger_accept_invalid_certs(true);
    let error = builder.with_retry(RetryPolicy::new()).build().unwrap().send(get("/")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 1), "{error:?}");
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[cfg(feature = "proxy")]
mod proxy {
    use super::*;

    fn through(proxy: SocketAddr, base: &'static str) -> Transport {
        let proxy = format!("http://user:pw@{proxy}").parse().unwrap();
        let builder = Transport::builder().with_base_uri(http::Uri::from_static(base)).with_proxy(proxy);
        builder.with_danger_accept_invalid_certs(true).build().unwrap()
    }

    #[tokio::test]
    async fn plain_requests_name_the_whole_url_to_the_proxy() {
        let (address, mut connections) = listen().await;
        let transport = through(address, "http://api.test/base");
        let server = async {
            let (request, mut socket) = connections.recv().await.unwrap();
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
            request
        };
        let (answer, request) = tokio::join!(transport.send(get("/user?x=1")), server);
        assert_eq!(answer.unwrap().status(), 200);
        assert!(request.starts_with("GET http://api.test/base/user?x=1 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("proxy-authorization: Basic dXNlcjpwdw==\r\n"), "{request}");
        assert!(request.contains("host: api.test\r\n"), "{request}");
    }

    #[tokio::test]
    async fn a_tunnel_is_asked_for_and_a_refusal_is_final() {
        let (address, mut connections) = listen().await;
        let transport = through(address, "https://api.test");
        let server = async {
            let (request, mut socket) = connections.recv().await.unwrap();
            socket.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await.unwrap();
            request
        };
        let (answer, request) = tokio::join!(transport.send(get("/user")), server);
        assert!(request.starts_with("CONNECT api.test:443 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("Proxy-Authorization: Basic dXNlcjpwdw==\r\n"), "{request}");
        let error = answer.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Proxy, 1), "{error:?}");
        assert!(connections.try_recv().is_err(), "one attempt, one connection");
    }
}
