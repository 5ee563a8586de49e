//! A service of prebuilt bytes, on a thread and a runtime of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

/// Repos of the org.
pub(crate) const REPOS: usize = 10_000;

/// Rows a page, as the client asks for them.
const PAGE: usize = 100;

/// Pages of the listing.
pub(crate) const PAGES: usize = REPOS / PAGE;

/// Recorded bodies; the first one is the model of every row.
const RECORDED: &str = include_str!("../../../crates/arraylake-types/tests/fixtures/Repo.jsonl");

/// All that is ever answered.
struct Answers {
    repo: Bytes,
    pages: Vec<Bytes>,
}

impl Answers {
    fn new() -> Self {
        let rows = rows();
        let page = |(at, items): (usize, &[Value])| {
            let frame = json!({"items": items, "total": REPOS, "page": at + 1, "size": PAGE, "pages": PAGES});
            Bytes::from(frame.to_string())
        };
        Self { repo: rows[0].to_string().into(), pages: rows.chunks(PAGE).enumerate().map(page).collect() }
    }

    fn of(&self, request: &Request<Incoming>) -> Option<Bytes> {
        if request.uri().path().starts_with("/repos/") {
            return Some(self.repo.clone());
        }
        let pairs = request.uri().query()?.split('&');
        let page: usize = pairs.filter_map(|pair| pair.strip_prefix("page=")).next()?.parse().ok()?;
        self.pages.get(page.checked_sub(1)?).cloned()
    }
}

/// All repos, about 1 kB each.
pub(crate) fn rows() -> Vec<Value> {
    let line = RECORDED.lines().next().expect("there is a recorded body");
    let recorded: Value = serde_json::from_str(line).expect("the recording is JSON");
    (0..REPOS).map(|number| row(&recorded["body"], number)).collect()
}

/// The model with an id, a name and a time of change of its own, in no order that would make sorting easy.
fn row(model: &Value, number: usize) -> Value {
    let mut row = model.clone();
    row["_id"] = format!("{number:024x}").into();
    row["name"] = format!("repo-{number:05}").into();
    let minute = number * 7919 % REPOS;
    let (day, hour, minute) = (1 + minute / 1440, minute / 60 % 24, minute % 60);
    row["updated"] = format!("2024-02-{day:02}T{hour:02}:{minute:02}:06+00:00").into();
    row
}

/// Starts the service, which takes some time for each answer. It ends with the process.
pub(crate) fn start(delay: Duration) -> SocketAddr {
    let (told, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            told.send(listener.local_addr().expect("an address")).expect("the benchmark waits");
            let answers = Arc::new(Answers::new());
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answers), delay));
            }
        });
    });
    address.recv().expect("the service starts")
}

async fn serve(stream: TcpStream, answers: Arc<Answers>, delay: Duration) {
    stream.set_nodelay(true).expect("a socket option");
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = match answers.of(&request) {
            Some(body) => {
                Response::builder().header(header::CONTENT_TYPE, "application/json").body(Full::new(body))
            }
            None => Response::builder().status(StatusCode::NOT_FOUND).body(Full::default()),
        };
        async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            Ok::<_, Infallible>(answer.expect("a well-formed answer"))
        }
    });
    // A connection that breaks shows in the benchmark's own requests.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}
