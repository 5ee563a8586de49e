//! Log lines over a real connection: they come while the answer is still going on, and giving them up ends it.

use arraylake_core::prelude::*;
use arraylake_core::{AsyncClient, Config};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[tokio::test]
async fn a_line_is_read_before_the_answer_ends_and_dropping_the_stream_ends_the_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            seen.push(stream.read_u8().await.unwrap());
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(b"6\r\nfirst\n\r\n").await.unwrap();
        // Says no more, and waits until the other side hangs up.
        stream.read(&mut [0; 16]).await
    });
    let client = AsyncClient::builder()
        .with_config(Config::empty())
        .with_service_uri(format!("http://{address}"))
        .with_token("ema_x")
        .build()
        .unwrap();
    let services = client.get_services(&"acme".parse().unwrap());
    let query = LogQuery::new().with_follow(60);
    let mut lines = services.stream_logs("edr-1", query).await.unwrap();
    assert_eq!(lines.next().await.unwrap().as_deref(), Some("first"));
    assert!(!server.is_finished());
    drop(lines);
    // The client lives on: it is the request that has ended.
    let end = server.await.unwrap();
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    drop(client);
}
