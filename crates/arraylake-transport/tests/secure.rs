//! TLS, HTTP/2 and the proxies of the environment, over real sockets on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arraylake_transport::{ErrorKind, Request, RetryPolicy, Transport, TransportBuilder};
use bytes::Bytes;
use http::Version;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An authority that no platform knows.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// What a server of the name `name` needs, speaking `protocols` in this order.
    fn server(&self, name: &str, protocols: &[&[u8]]) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = CertificateDer::from(params.signed_by(&key, &self.issuer).unwrap());
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config =
            builder.unwrap().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A service that answers with the version of HTTP in which it was asked, and counts connections.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let tls = tls.clone();
                let counter = Arc::clone(&counter);
                tokio::spawn(async move {
                    let Some(tls) = tls else { return answer(TokioIo::new(socket), &counter).await };
                    // A client that does not trust us hangs up here.
                    if let Ok(socket) = tls.accept(socket).await {
                        answer(TokioIo::new(socket), &counter).await;
                    }
                });
            }
        });
        Self { address, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn client(&self, authority: Option<&Authority>) -> TransportBuilder {
        let uri = format!("https://127.0.0.1:{}", self.address.port()).parse().unwrap();
        let builder =
            Transport::builder().with_base_uri(uri).without_proxy().with_retry(RetryPolicy::never());
        match authority {
            Some(authority) => builder.with_ca_pem(&authority.pem),
            None => builder,
        }
    }
}

async fn answer(
    socket: impl hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    counter: &AtomicUsize,
) {
    counter.fetch_add(1, Ordering::SeqCst);
    let service = service_fn(async |request: http::Request<hyper::body::Incoming>| {
        let text = format!("{:?} {}", request.version(), request.uri());
        Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from(text))))
    });
    // Ends when the client goes.
    let _gone = auto::Builder::new(TokioExecutor::new()).serve_connection(socket, service).await;
}

fn get(uri: &str) -> Request {
    let mut request = Request::default();
    *request.uri_mut() = uri.parse().unwrap();
    request
}

async fn text(transport: &Transport, uri: &str) -> String {
    let body = transport.send(get(uri)).await.unwrap().into_body().bytes().await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn an_authority_is_trusted_once_its_certificate_is_given() {
    let authority = Authority::new();
    let server = Server::start(Some(authority.server("127.0.0.1", &[b"http/1.1"]))).await;
    let trusting = server.client(Some(&authority)).build().unwrap();
    assert!(text(&trusting, "/user").await.ends_with("/user"));

    let other = Authority::new();
    for stranger in [None, Some(&other)] {
        let error = server.client(stranger).build().unwrap().send(get("/user")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
    }
    let careless = server.client(None).with_danger_accept_invalid_certs(true).build().unwrap();
    assert!(text(&careless, "/user").await.ends_with("/user"));
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let authority = Authority::new();
    let server = Server::start(Some(authority.server("api.test", &[b"http/1.1"]))).await;
    let error = server.client(Some(&authority)).build().unwrap().send(get("/")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 1), "{error:?}");
    assert_eq!(server.connections(), 0, "nothing was sent");
}

#[tokio::test]
async fn a_service_without_http2_is_asked_in_http1() {
    let authority = Authority::new();
    let server = Server::start(Some(authority.server("127.0.0.1", &[b"http/1.1"]))).await;
    let transport = server.client(Some(&authority)).build().unwrap();
    assert_eq!(text(&transport, "/user").await, format!("{:?} /user", Version::HTTP_11));
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn requests_at_the_same_time_share_one_connection_of_http2() {
    let authority = Authority::new();
    let server = Server::start(Some(authority.server("127.0.0.1", &[b"h2", b"http/1.1"]))).await;
    let transport = server.client(Some(&authority)).build().unwrap();
    let first = text(&transport, "/user").await;
    assert!(first.starts_with(&format!("{:?} ", Version::HTTP_2)), "{first}");
    let answers = futures_util::future::join_all((0..16).map(|_| text(&transport, "/user"))).await;
    assert!(answers.iter().all(|answer| *answer == first), "{answers:?}");
    assert_eq!(server.connections(), 1);
}

#[cfg(feature = "proxy")]
mod proxy {
    use std::process::Command;

    use super::*;

    /// A proxy that opens the tunnels it is asked for to `target`, and tells what it was asked for.
    async fn tunnels(target: SocketAddr) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<String>) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") && socket.read_buf(&mut asked).await.unwrap() > 0 {}
                sender.send(String::from_utf8(asked).unwrap()).unwrap();
                let mut onward = tokio::net::TcpStream::connect(target).await.unwrap();
                socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut socket, &mut onward).await });
            }
        });
        (address, receiver)
    }

    #[tokio::test]
    async fn tls_reaches_the_service_through_the_tunnel_of_a_proxy() {
        let authority = Authority::new();
        let server = Server::start(Some(authority.server("api.test", &[b"http/1.1"]))).await;
        let (proxy, mut asked) = tunnels(server.address).await;
        let transport = Transport::builder()
            .with_base_uri(http::Uri::from_static("https://api.test"))
            .with_proxy(format!("http://{proxy}").parse().unwrap())
            .with_ca_pem(&authority.pem)
            .build()
            .unwrap();
        // The certificate is that of the service, though the connection is to the proxy.
        assert_eq!(text(&transport, "/user").await, format!("{:?} /user", Version::HTTP_11));
        assert!(asked.recv().await.unwrap().starts_with("CONNECT api.test:443 HTTP/1.1\r\n"));
    }

    #[tokio::test]
    async fn a_proxy_may_itself_be_reached_over_tls() {
        let authority = Authority::new();
        // Offered HTTP/2, a proxy might choose it.
        let proxy = Server::start(Some(authority.server("127.0.0.1", &[b"h2", b"http/1.1"]))).await;
        let transport = Transport::builder()
            .with_base_uri(http::Uri::from_static("http://api.test"))
            .with_proxy(format!("https://{}", proxy.address).parse().unwrap())
            .with_ca_pem(&authority.pem)
            .build()
            .unwrap();
        assert_eq!(text(&transport, "/user").await, format!("{:?} http://api.test/user", Version::HTTP_11));
    }

    /// A SOCKS proxy for the user `ada` that connects everybody to `target`, and tells what it was asked for.
    async fn socks(target: SocketAddr) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<(String, u16)>) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                // RFC 1928 and 1929: methods, user and password, and the name to connect to.
                let mut methods = [0; 3];
                socket.read_exact(&mut methods).await.unwrap();
                assert_eq!(methods, [5, 1, 2]);
                socket.write_all(&[5, 2]).await.unwrap();
                let mut login = [0; 8];
                socket.read_exact(&mut login).await.unwrap();
                if &login != b"\x01\x03ada\x02pw" {
                    socket.write_all(&[1, 1]).await.unwrap();
                    continue;
                }
                socket.write_all(&[1, 0]).await.unwrap();
                let mut head = [0; 5];
                socket.read_exact(&mut head).await.unwrap();
                assert_eq!(head[..4], [5, 1, 0, 3], "names are looked up by the proxy");
                let mut name = vec![0; head[4].into()];
                socket.read_exact(&mut name).await.unwrap();
                let asked = (String::from_utf8(name).unwrap(), socket.read_u16().await.unwrap());
                sender.send(asked).unwrap();
                socket.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await.unwrap();
                let mut onward = tokio::net::TcpStream::connect(target).await.unwrap();
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut socket, &mut onward).await });
            }
        });
        (address, receiver)
    }

    #[tokio::test]
    async fn a_socks_proxy_is_told_the_name_and_the_port() {
        let authority = Authority::new();
        let secure = Server::start(Some(authority.server("api.test", &[b"http/1.1"]))).await;
        let plain = Server::start(None).await;
        for (server, base, port) in [(&secure, "https://api.test", 443), (&plain, "http://api.test", 80)] {
            let (proxy, mut asked) = socks(server.address).await;
            let transport = Transport::builder()
                .with_base_uri(http::Uri::from_static(base))
                .with_proxy(format!("socks5://ada:pw@{proxy}").parse().unwrap())
                .with_ca_pem(&authority.pem)
                .build()
                .unwrap();
            assert_eq!(text(&transport, "/user").await, format!("{:?} /user", Version::HTTP_11));
            assert_eq!(asked.recv().await.unwrap(), ("api.test".to_owned(), port));
        }
    }

    #[tokio::test]
    async fn a_socks_proxy_that_refuses_the_password_is_final_and_the_password_is_not_told() {
        let (proxy, _asked) = socks(Server::start(None).await.address).await;
        let transport = Transport::builder()
            .with_base_uri(http::Uri::from_static("http://api.test"))
            .with_proxy(format!("socks5://ada:no@{proxy}").parse().unwrap())
            .build()
            .unwrap();
        let error = transport.send(get("/user")).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Proxy, 1), "{error:?}");
        assert!(!format!("{error:?} {transport:?}").contains("ada"), "{error:?}");
    }

    const CHILD: &str = "TRANSPORT_TEST_ASKS";

    /// The part of the tests below that runs in a process of its own, whose environment is theirs to set.
    #[tokio::test]
    async fn asks_as_the_environment_says() {
        let Ok(uri) = std::env::var(CHILD) else { return };
        let transport = Transport::builder().with_base_uri(uri.parse().unwrap()).build().unwrap();
        let answer = text(&transport, "/user").await;
        assert!(answer.ends_with("/user"), "{answer}");
    }

    /// Asks `uri` in a process with `variables`, and tells how many connections `server` saw.
    async fn asked(uri: &str, variables: &[(&str, String)], server: &Server) -> usize {
        let before = server.connections();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "proxy::asks_as_the_environment_says"]).env(CHILD, uri);
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            child.env_remove(name).env_remove(name.to_ascii_uppercase());
        }
        child.envs(variables.iter().map(|(name, value)| (name, value)));
        let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        server.connections() - before
    }

    #[tokio::test]
    async fn proxies_of_the_environment_are_used_in_either_case() {
        let proxy = Server::start(None).await;
        let uri = format!("http://{}", proxy.address);
        for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            assert_eq!(asked("http://api.test", &[(name, uri.clone())], &proxy).await, 1, "{name}");
        }
    }

    #[tokio::test]
    async fn hosts_named_in_no_proxy_are_asked_directly() {
        let (proxy, service) = (Server::start(None).await, Server::start(None).await);
        let (uri, proxy_uri) = (format!("http://{}", service.address), format!("http://{}", proxy.address));
        for name in ["no_proxy", "NO_PROXY"] {
            for value in ["127.0.0.1", "*", "example.test, 127.0.0.0/8"] {
                let variables = [("http_proxy", proxy_uri.clone()), (name, value.to_owned())];
                assert_eq!(asked(&uri, &variables, &service).await, 1, "{name}={value}");
            }
        }
        let variables = [("http_proxy", proxy_uri), ("no_proxy", "example.test".to_owned())];
        assert_eq!(asked(&uri, &variables, &proxy).await, 1, "another host");
        assert_eq!(proxy.connections(), 1);
    }
}
