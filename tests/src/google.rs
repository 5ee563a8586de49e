//! Google Cloud Storage in memory, as far as Icechunk uses its XML API. A double: the emulators that can be installed know
//! neither its conditions nor its listings.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use arraylake_types::StorageCredentials;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH, LAST_MODIFIED, RANGE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The bucket in it.
pub const BUCKET: &str = "bucket";

const GENERATION: HeaderName = HeaderName::from_static("x-goog-generation");
const GENERATION_MATCH: &str = "x-goog-if-generation-match";
const COPY_SOURCE: &str = "x-goog-copy-source";

#[derive(Debug)]
struct Object {
    bytes: Bytes,
    /// Grows with each change of anything.
    generation: u64,
    metadata: HeaderMap,
    modified: DateTime<Utc>,
}

impl Object {
    fn tag(&self) -> String {
        format!("\"{}\"", self.generation)
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = self.metadata.clone();
        let mut set = |name, value: String| headers.insert(name, HeaderValue::try_from(value).unwrap());
        set(ETAG, self.tag());
        set(GENERATION, self.generation.to_string());
        set(LAST_MODIFIED, self.modified.to_rfc2822());
        headers
    }
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Object>,
    changes: u64,
    token: String,
}

/// A running service with an empty bucket. It ends with the runtime it was started on.
#[derive(Debug)]
pub struct Google {
    uri: String,
    state: Arc<Mutex<State>>,
}

type Answer = Response<Full<Bytes>>;

impl Google {
    /// One that takes requests with this token alone.
    pub async fn start(token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { token: token.to_owned(), ..State::default() }));
        let served = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&served);
                let serve = hyper::service::service_fn(move |request| serve(Arc::clone(&state), request));
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(stream), serve));
            }
        });
        Self { uri, state }
    }

    /// Where it is.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Takes another token from now on, and no longer the one before.
    pub fn take_only(&self, token: &str) {
        self.state.lock().unwrap().token = token.to_owned();
    }

    /// Credentials with a token, that say of themselves that they end at a moment.
    pub fn credentials(token: &str, said: &str) -> StorageCredentials {
        let text = serde_json::json!({"access_token": token, "principal": "p", "expiration": said});
        serde_json::from_value(text).unwrap()
    }
}

async fn serve(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut state = state.lock().unwrap();
    if header(&parts.headers, "authorization") != Some(&format!("Bearer {}", state.token)) {
        return Ok(plain(StatusCode::UNAUTHORIZED));
    }
    let path = percent_encoding::percent_decode_str(parts.uri.path()).decode_utf8().unwrap();
    let key = path.strip_prefix(&format!("/{BUCKET}")).unwrap().trim_start_matches('/');
    Ok(match parts.method {
        Method::GET if key.is_empty() => state.list(parts.uri.query().unwrap_or_default()),
        Method::GET | Method::HEAD => state.get(key, &parts.headers),
        Method::PUT => state.put(key, &parts.headers, body),
        Method::DELETE => {
            let gone = state.objects.remove(key);
            plain(if gone.is_some() { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND })
        }
        method => panic!("{method} {path}"),
    })
}

fn header(headers: &HeaderMap, name: impl http::header::AsHeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

fn plain(status: StatusCode) -> Answer {
    Response::builder().status(status).body(Full::default()).unwrap()
}

fn answered(status: StatusCode, headers: HeaderMap, bytes: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(bytes));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

impl State {
    fn get(&self, key: &str, asked: &HeaderMap) -> Answer {
        let Some(object) = self.objects.get(key) else { return plain(StatusCode::NOT_FOUND) };
        let tag = object.tag();
        if header(asked, IF_MATCH).is_some_and(|wanted| wanted.trim_matches('"') != tag.trim_matches('"')) {
            return plain(StatusCode::PRECONDITION_FAILED);
        }
        if header(asked, IF_NONE_MATCH).is_some_and(|known| known.trim_matches('"') == tag.trim_matches('"'))
        {
            return answered(StatusCode::NOT_MODIFIED, object.headers(), Bytes::new());
        }
        let Some(range) = header(asked, RANGE).and_then(|range| range.strip_prefix("bytes=")) else {
            return answered(StatusCode::OK, object.headers(), object.bytes.clone());
        };
        let (first, last) = range.split_once('-').unwrap();
        let part = first.parse::<usize>().unwrap()..last.parse::<usize>().unwrap() + 1;
        let mut headers = object.headers();
        let content_range = format!("bytes {range}/{}", object.bytes.len());
        headers.insert("content-range", HeaderValue::try_from(content_range).unwrap());
        answered(StatusCode::PARTIAL_CONTENT, headers, object.bytes.slice(part))
    }

    fn put(&mut self, key: &str, asked: &HeaderMap, mut bytes: Bytes) -> Answer {
        let held = self.objects.get(key).map_or(0, |object| object.generation);
        if header(asked, GENERATION_MATCH).is_some_and(|wanted| wanted.parse() != Ok(held)) {
            return plain(StatusCode::PRECONDITION_FAILED);
        }
        let own = asked.iter().filter(|(name, _)| name.as_str().starts_with("x-goog-meta-"));
        let mut metadata: HeaderMap = own.map(|(name, value)| (name.clone(), value.clone())).collect();
        if let Some(source) = header(asked, COPY_SOURCE) {
            let source = percent_encoding::percent_decode_str(source).decode_utf8().unwrap();
            let from = source.strip_prefix(&format!("{BUCKET}/")).unwrap();
            let Some(from) = self.objects.get(from) else { return plain(StatusCode::NOT_FOUND) };
            (bytes, metadata) = (from.bytes.clone(), from.metadata.clone());
        }
        self.changes += 1;
        let modified = SystemTime::now().into();
        let object = Object { bytes, generation: self.changes, metadata, modified };
        let headers = object.headers();
        self.objects.insert(key.to_owned(), object);
        answered(StatusCode::OK, headers, Bytes::new())
    }

    fn list(&self, query: &str) -> Answer {
        let decode =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).map(decode);
        let prefix = prefix.unwrap_or_default();
        let mut xml = "<ListBucketResult>".to_owned();
        for (key, object) in self.objects.iter().filter(|(key, _)| key.starts_with(&prefix)) {
            let (size, tag) = (object.bytes.len(), object.generation);
            let modified = object.modified.to_rfc3339_opts(SecondsFormat::Millis, true);
            xml.push_str(&format!(
                "<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>{modified}</LastModified>\
                 <ETag>\"{tag}\"</ETag></Contents>"
            ));
        }
        xml.push_str("</ListBucketResult>");
        answered(StatusCode::OK, HeaderMap::new(), xml.into())
    }
}
