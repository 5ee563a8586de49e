//! What the Python clients really sent and what came of it, read from files: one call a line.

use std::path::Path;

use serde_json::{Map, Value};

use super::home::with_ports;

/// A request, as far as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) method: String,
    /// The path, each segment decoded.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    /// Which token was sent, in the words of the recordings.
    pub(crate) token: Option<String>,
    pub(crate) body: Option<Value>,
}

impl Sent {
    /// A request from its parts; the path is encoded.
    pub(crate) fn new(method: &str, path: &str, query: Option<&str>, body: &[u8]) -> Self {
        Self {
            method: method.to_owned(),
            path: path.split('/').map(|segment| decode(segment, false)).collect(),
            query: pairs(query.unwrap_or_default()),
            token: None,
            body: (!body.is_empty()).then(|| body_of(body)),
        }
        .without_order()
    }

    /// In requests about many paths the order of them means nothing.
    fn without_order(mut self) -> Self {
        if self.is_bulk()
            && let Some(Value::Array(rows)) = &mut self.body
        {
            rows.sort_by_key(Value::to_string);
        }
        self
    }

    /// With the token of an `authorization` header.
    pub(crate) fn with_token(mut self, header: Option<&str>) -> Self {
        self.token = header.map(|text| match text {
            jwt if jwt.starts_with("Bearer ey") => "Bearer <jwt>".to_owned(),
            token if token.starts_with("Bearer ema_") => "Bearer <api-token>".to_owned(),
            recorded => recorded.to_owned(),
        });
        self
    }

    /// Whether it is about many paths of a V1 repo.
    pub(crate) fn is_bulk(&self) -> bool {
        self.path.last().is_some_and(|last| last.starts_with("_bulk_"))
    }

    /// Method and path, for messages.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path.join("/"))
    }
}

/// A body: JSON, or a form as its pairs.
fn body_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| {
        let form = pairs(std::str::from_utf8(body).unwrap());
        form.into_iter().map(|(key, value)| Value::from(vec![key, value])).collect()
    })
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key, true), decode(value, true))
    };
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

fn decode(text: &str, plus_is_blank: bool) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let hex = |at: usize| more.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap());
                rest = &more[2..];
                continue;
            }
            (b'+', ..) if plus_is_blank => bytes.push(b' '),
            (other, ..) => bytes.push(*other),
        }
        rest = more;
    }
    String::from_utf8(bytes).unwrap()
}

/// How a request was answered.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Whole {
        status: u16,
        body: String,
        headers: Vec<(String, String)>,
    },
    /// The connection was closed early, in words.
    Dropped(String),
}

/// The codec of recorded V1 arrays.
const ZLIB: &str = r#""codec":"https://purl.org/zarr/spec/codec/zlib/1.0""#;

#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) sent: Sent,
    pub(crate) answer: Answer,
}

impl Exchange {
    fn read(value: &Value) -> Self {
        let request = &value["request"];
        let path = request["raw_path"].as_str().or(request["path"].as_str()).unwrap();
        let body = request.get("json").map(Value::to_string).or(request["text"].as_str().map(str::to_owned));
        let method = request["method"].as_str().unwrap();
        let mut sent = Sent::new(method, path, request["raw_query"].as_str(), b"")
            .with_token(request["headers"]["authorization"].as_str());
        // Addresses are recorded as that, and the only codecs in them are of this one.
        let body = body.map(|text| text.replace(r#""codec":"<url>""#, ZLIB));
        sent.body = body.and_then(|text| serde_json::from_str(&text).ok()).or(request.get("form").cloned());
        if request.get("raw_path").is_none() {
            // Decoded already.
            sent.path = path.split('/').map(str::to_owned).collect();
        }
        let sent = sent.without_order();
        Self { sent, answer: Self::answer(&value["response"]) }
    }

    fn answer(response: &Value) -> Answer {
        if let Some(words) = response["dropped"].as_str() {
            return Answer::Dropped(words.to_owned());
        }
        let text = response["text"].as_str().map(str::to_owned);
        let body = text.or_else(|| response.get("json").map(Value::to_string)).unwrap_or_default();
        // The address of the login provider has to be one.
        let body = with_ports(&body).replace(r#""codec":"<url>""#, ZLIB);
        let headers = response["headers"].as_object().cloned().unwrap_or_default();
        let headers =
            headers.into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()));
        let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
        Answer::Whole { status, body, headers: headers.collect() }
    }

    /// The answer as a value; null if it is none.
    pub(crate) fn read_answer(&self) -> Value {
        match &self.answer {
            Answer::Whole { body, .. } => serde_json::from_str(body).unwrap_or_default(),
            Answer::Dropped(_) => Value::Null,
        }
    }

    /// Whether the answer holds a text.
    pub(crate) fn tells_of(&self, text: &str) -> bool {
        matches!(&self.answer, Answer::Whole { body, .. } if body.contains(text))
    }

    pub(crate) fn status(&self) -> Option<u16> {
        match &self.answer {
            Answer::Whole { status, .. } => Some(*status),
            Answer::Dropped(_) => None,
        }
    }
}

/// One recorded call.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Version of the client.
    pub(crate) version: String,
    pub(crate) call: String,
    pub(crate) case: String,
    pub(crate) auth: String,
    pub(crate) args: Map<String, Value>,
    pub(crate) before: Value,
    pub(crate) exchanges: Vec<Exchange>,
    /// Class and message of what was raised, if something was.
    pub(crate) raised: Option<(String, String)>,
    /// What was returned, if something was.
    pub(crate) returned: Value,
    /// Token files afterwards; null if nobody looked.
    pub(crate) files: Value,
    /// Calls of icechunk and other stores, in order.
    pub(crate) storage: Vec<Value>,
    /// Pages opened in a browser.
    pub(crate) browser: Vec<String>,
    pub(crate) concurrent: bool,
}

impl Record {
    fn read(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let exchanges = value["exchanges"].as_array().cloned().unwrap_or_default();
        let raised = value["outcome"].get("raised").map(|raised| {
            let text = |key: &str| raised[key].as_str().unwrap_or_default().to_owned();
            (text("class"), text("message"))
        });
        Self {
            version: text("client").rsplit('/').next().unwrap_or_default().to_owned(),
            call: text("call"),
            case: text("case"),
            auth: text("auth"),
            args: value["args"].as_object().cloned().unwrap_or_default(),
            before: value["before"].clone(),
            concurrent: exchanges.iter().any(|exchange| exchange.get("concurrent").is_some()),
            exchanges: exchanges.iter().map(Exchange::read).collect(),
            raised,
            returned: serde_json::from_str(&with_ports(&value["outcome"]["returned"].to_string())).unwrap(),
            files: value["files"].clone(),
            storage: value["storage"].as_array().cloned().unwrap_or_default(),
            browser: value["browser"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|page| page.as_str().map(str::to_owned))
                .collect(),
        }
    }

    /// The method without its class.
    pub(crate) fn method(&self) -> &str {
        self.call.rsplit('.').next().unwrap_or_default()
    }

    /// Whether an open V1 repo was asked.
    pub(crate) fn is_of_v1(&self) -> bool {
        let class = self.call.split('.').next().unwrap_or_default();
        matches!(class, "AsyncRepo" | "Repo" | "LocalWriteSession")
    }

    /// Whether Python's Zarr store was asked, or what stands on it.
    pub(crate) fn is_of_zarr(&self) -> bool {
        matches!(self.call.as_str(), "Repo.store" | "Repo.root_group" | "Repo.to_xarray")
    }

    /// For messages.
    pub(crate) fn title(&self) -> String {
        format!("{} {}: {}", self.version, self.call, self.case)
    }

    /// The body of the first request that has one.
    pub(crate) fn body(&self) -> Option<&Value> {
        self.exchanges.iter().find_map(|exchange| exchange.sent.body.as_ref())
    }
}

/// Every call below a directory, client by client and file by file.
pub(crate) fn read_all(dir: &Path) -> Vec<Record> {
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .unwrap_or_else(|error| panic!("cannot list {}: {error}", dir.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut records = Vec::new();
    for path in paths {
        if path.is_dir() {
            records.extend(read_all(&path));
        } else if path.extension().is_some_and(|ending| ending == "jsonl") {
            let text = std::fs::read_to_string(&path).unwrap();
            records.extend(text.lines().map(Record::read));
        }
    }
    records
}
