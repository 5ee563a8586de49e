//! How a lake that is served ends: with the requests that are under way, and without waiting for anybody else.

use std::time::Duration;

use arraylake_local::{LocalConfig, RunningLake, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Half of what requests are given to end.
const SOON: Duration = Duration::from_secs(5);
/// A request whose answer needs no more than the request.
const WHOLE: &str = "GET / HTTP/1.1\r\nhost: lake\r\n\r\n";

async fn said(uri: &str, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(uri.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Waits until a server has answered, and so has seen all who came before.
async fn answered(uri: &str) -> TcpStream {
    let mut stream = said(uri, WHOLE.as_bytes()).await;
    assert!(stream.read(&mut [0; 8192]).await.unwrap() > 0);
    stream
}

async fn lake() -> RunningLake {
    serve(LocalConfig::temporary().unwrap()).await.unwrap()
}

#[tokio::test]
async fn connections_that_ask_nothing_or_half_do_not_hold_up_the_end() {
    let lake = lake().await;
    let (catalog, s3) = (lake.catalog_uri(), lake.s3_uri());
    let half_a_hello = &[0x16, 0x03, 0x01, 0x02, 0x00][..];
    let half_a_preface = &b"PRI * HTT"[..];
    let half_a_head = &WHOLE.as_bytes()[..20];
    let mut silent = Vec::new();
    for (uri, beginning) in [
        (catalog, &b""[..]),
        (catalog, half_a_hello),
        (catalog, half_a_preface),
        (catalog, half_a_head),
        (s3, b""),
        (s3, half_a_preface),
        (s3, half_a_head),
    ] {
        silent.push(said(uri, beginning).await);
    }
    for uri in [catalog, s3] {
        let mut stream = answered(uri).await;
        stream.write_all(half_a_head).await.unwrap();
        silent.push(stream);
    }
    silent.extend([answered(catalog).await, answered(s3).await]);
    timeout(SOON, lake.shutdown()).await.unwrap();
    for mut stream in silent {
        // Closed, or reset where something was left unread.
        let left = timeout(SOON, stream.read(&mut [0; 64])).await.unwrap();
        assert!(matches!(left, Ok(0) | Err(_)), "{left:?}");
    }
}

#[tokio::test]
async fn clients_of_http_2_that_fall_silent_behind_a_request_do_not_hold_up_the_end() {
    let lake = lake().await;
    let preface = &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..];
    let no_settings = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    // GET, http, / and lake, in the first stream, which ends with it.
    let request = b"\x00\x00\x09\x01\x05\x00\x00\x00\x01\x82\x86\x84\x41\x04lake";
    let mut silent = Vec::new();
    for uri in [lake.catalog_uri(), lake.s3_uri()] {
        silent.push(said(uri, &[preface, no_settings, request].concat()).await);
        answered(uri).await;
    }
    timeout(SOON, lake.shutdown()).await.unwrap();
    for mut stream in silent {
        let mut left = Vec::new();
        let _ = timeout(SOON, stream.read_to_end(&mut left)).await.unwrap();
        assert!(left.len() > 100, "it was answered first: {left:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_under_way_is_answered_before_the_end() {
    let lake = lake().await;
    let body = r#"{"name": "late"}"#;
    let head = format!(
        "POST /orgs/local/repos HTTP/1.1\r\nhost: lake\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        lake.token().expose(),
        body.len(),
    );
    let mut stream = said(lake.catalog_uri(), head.as_bytes()).await;
    let mut answer = [0; 8192];
    let length = stream.read(&mut answer).await.unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 100 "), "the request is being read");
    let end = tokio::spawn(lake.shutdown());
    tokio::task::yield_now().await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let length = stream.read(&mut answer).await.unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 201 "), "{}", String::from_utf8_lossy(&answer[..length]));
    timeout(SOON, end).await.unwrap().unwrap();
}
