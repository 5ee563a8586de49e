//! The real clients for S3 and Google over a scripted connection, with paused time.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Response, StatusCode};
use object_store::client::{
    HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use tokio::time::Instant;

use super::*;
use crate::chunks::{ChunkStore, Layout};

/// What came over the connection, in one line each, and what was answered.
#[derive(Clone, Debug, Default)]
struct Wire {
    log: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<VecDeque<(StatusCode, &'static str)>>>,
    down_until: Option<Instant>,
}

impl Wire {
    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if self.down_until.is_some_and(|end| Instant::now() < end) {
            self.log.lock().unwrap().push("down".to_owned());
            return Err(HttpError::new(HttpErrorKind::Connect, std::io::Error::other("connection refused")));
        }
        let header = |name: &str| {
            request.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let signed = if header("authorization").is_empty() { "unsigned" } else { "signed" };
        let mut line = format!("{} {} {signed}", request.method(), request.uri());
        for name in ["range", "x-amz-security-token"] {
            if !header(name).is_empty() {
                line = format!("{line} {}", header(name));
            }
        }
        self.log.lock().unwrap().push(line);
        let (status, body) = self.answers.lock().unwrap().pop_front().unwrap_or((StatusCode::OK, ""));
        let mut response = Response::builder().status(status).header("etag", "x");
        if status == StatusCode::PARTIAL_CONTENT {
            let end = body.len() - 1;
            response = response
                .header("content-range", format!("bytes 0-{end}/{}", body.len()))
                .header("content-length", body.len())
                .header("last-modified", "Sun, 22 Nov 2026 09:55:02 GMT");
        }
        Ok(response.body(HttpResponseBody::from(Bytes::from_static(body.as_bytes()))).unwrap())
    }
}

impl HttpConnector for Wire {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

fn bucket(platform: &str, auth: &str) -> BucketResponse {
    let text = format!(
        r#"{{"nickname":"nick","platform":"{platform}","name":"data","prefix":"pre","auth_config":{auth},
        "extra_config":{{"endpoint_url":"http://127.0.0.1:9000","region_name":"us-east-1"}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

const HMAC: &str = r#"{"method":"hmac","access_key_id":"ID","secret_access_key":"MARKER"}"#;

fn open(bucket: &BucketResponse, keys: Option<Arc<dyn KeySource>>, wire: &Wire) -> ChunkStore {
    let access = BucketAccess::of_bucket(bucket, keys).unwrap().with_ambient_credentials(false);
    let access = access.with_http_connector(Arc::new(wire.clone()));
    let uri = BucketAccess::uri(bucket).unwrap();
    ChunkStore::open(access, uri, Layout::of_repo(&bucket.prefix, "5f3a").unwrap()).unwrap()
}

/// Vends temporary keys, or fails.
#[derive(Debug)]
enum Vending {
    S3,
    #[cfg(feature = "gcs")]
    Google,
    Nothing,
}

#[async_trait]
impl KeySource for Vending {
    async fn bucket_credentials(&self) -> Result<arraylake_types::StorageCredentials> {
        let soon = std::time::SystemTime::now() + Duration::from_secs(3600);
        match self {
            Self::S3 => Ok(S3Credentials::new("ID", "MARKER").with_session("TOKEN", soon.into()).into()),
            #[cfg(feature = "gcs")]
            Self::Google => Ok(serde_json::from_str(r#"{"access_token":"MARKER"}"#).unwrap()),
            Self::Nothing => {
                Err(Error::new(ErrorKind::Refused { status: StatusCode::FORBIDDEN }, "you may not"))
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_for_ten_seconds_in_the_middle_of_a_write_delays_it_and_no_more() {
    let down_until = Some(Instant::now() + Duration::from_secs(10));
    let wire = Wire { down_until, ..Wire::default() };
    let store = open(&bucket("s3-compatible", HMAC), None, &wire);
    let start = Instant::now();
    let chunks = (0..5).map(|fill| Bytes::from(vec![fill; 2000]));
    let references = store.put_many(&"s".parse().unwrap(), chunks).await.unwrap();
    assert_eq!(references.len(), 5);
    assert!(start.elapsed() >= Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(wire.log().iter().filter(|line| line.starts_with("PUT ")).count(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_down_fails_the_write_as_a_whole() {
    let down_until = Some(Instant::now() + Duration::from_secs(86_400));
    let wire = Wire { down_until, ..Wire::default() };
    let store = open(&bucket("s3-compatible", HMAC), None, &wire);
    let error = store.put(&"s".parse().unwrap(), vec![1; 2000].into()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("5f3a/chunks/"), "{error}");
    assert_eq!(wire.log().len(), 31);
}

#[tokio::test(start_paused = true)]
async fn requests_are_those_that_the_contract_shows() {
    let wire = Wire::default();
    let store = open(&bucket("s3-compatible", HMAC), None, &wire);
    let reference = store.put(&"b709".parse().unwrap(), vec![1; 2000].into()).await.unwrap();
    let token = &reference.hash.as_ref().unwrap().token;
    let url = format!("http://127.0.0.1:9000/data/pre/5f3a/chunks/{token}.b709");
    assert_eq!(wire.log(), [format!("PUT {url} signed")]);
    wire.answers
        .lock()
        .unwrap()
        .extend([(StatusCode::SERVICE_UNAVAILABLE, ""), (StatusCode::PARTIAL_CONTENT, "file")]);
    let part = store.virtual_reference(&"b709".parse().unwrap(), "s3://other/a/file.nc", 0, 4).unwrap();
    assert_eq!(store.get(&part).await.unwrap(), "file");
    let line = "GET http://127.0.0.1:9000/other/a/file.nc signed bytes=0-3";
    assert_eq!(wire.log()[1..], [line, line], "a busy store is asked again");
}

#[tokio::test(start_paused = true)]
async fn what_a_store_says_about_keys_is_not_repeated() {
    let body = "<Error><Code>ExpiredToken</Code><Message>ended</Message><Token-0>MARKER</Token-0></Error>";
    for status in [StatusCode::BAD_REQUEST, StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED] {
        let wire = Wire::default();
        wire.answers.lock().unwrap().push_back((status, body));
        let store = open(&bucket("s3-compatible", HMAC), None, &wire);
        let error = store.put(&"s".parse().unwrap(), vec![1; 2000].into()).await.unwrap_err();
        assert!(error.to_string().contains("ExpiredToken"), "{error}");
        assert!(!format!("{error:?}").contains("MARKER"), "{error:?}");
        assert_eq!(wire.log().len(), 1, "a refusal is not asked again");
    }
    let access = BucketAccess::of_bucket(&bucket("s3", HMAC), None).unwrap();
    assert!(!format!("{access:?}").contains("MARKER"));
}

#[tokio::test(start_paused = true)]
async fn temporary_keys_come_from_the_service_and_their_lack_is_said() {
    let role = r#"{"method":"aws_customer_managed_role"}"#;
    let wire = Wire::default();
    let store = open(&bucket("s3", role), Some(Arc::new(Vending::S3)), &wire);
    store.put(&"s".parse().unwrap(), vec![1; 2000].into()).await.unwrap();
    assert!(wire.log()[0].ends_with("signed TOKEN"), "{:?}", wire.log());
    let store = open(&bucket("s3", role), Some(Arc::new(Vending::Nothing)), &wire);
    let error = store.put(&"s".parse().unwrap(), vec![1; 2000].into()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Credentials);
    assert!(error.to_string().contains("you may not"), "{error}");
    let error = BucketAccess::of_bucket(&bucket("s3", role), None).unwrap_err();
    assert!(*error.kind() == ErrorKind::Credentials && error.to_string().contains("nick"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn masked_keys_are_no_keys_and_no_keys_are_no_signature() {
    let masked = r#"{"method":"hmac","access_key_id":"ID","secret_access_key":"**********"}"#;
    let error = BucketAccess::of_bucket(&bucket("s3", masked), None).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Credentials);
    let wire = Wire::default();
    let store = open(&bucket("s3", r#"{"method":"anonymous"}"#), None, &wire);
    store.put(&"s".parse().unwrap(), vec![1; 2000].into()).await.unwrap();
    assert!(wire.log()[0].ends_with("unsigned"), "{:?}", wire.log());
}

#[cfg(feature = "gcs")]
#[tokio::test(start_paused = true)]
async fn google_buckets_are_spoken_to_in_their_own_way() {
    let wire = Wire::default();
    let role = r#"{"method":"gcp_customer_managed_role"}"#;
    let store = open(&bucket("gs", role), Some(Arc::new(Vending::Google)), &wire);
    store.put(&"s".parse().unwrap(), vec![1; 2000].into()).await.unwrap();
    assert!(wire.log()[0].starts_with("PUT http://127.0.0.1:9000/data/pre"), "{:?}", wire.log());
    let store = open(&bucket("gs", r#"{"method":"anonymous"}"#), None, &wire);
    wire.answers.lock().unwrap().push_back((StatusCode::PARTIAL_CONTENT, "file"));
    let part = store.virtual_reference(&"s".parse().unwrap(), "gs://other/file", 0, 4).unwrap();
    assert_eq!(store.get(&part).await.unwrap(), "file");
    assert!(wire.log()[1].contains("/other/file unsigned"), "{:?}", wire.log());
    let error = store.put(&"s".parse().unwrap(), vec![1; 2000].into()).await.unwrap_err();
    assert!(error.to_string().contains("can only be read"), "{error}");
}

#[test]
fn other_platforms_are_refused() {
    let error = BucketAccess::of_bucket(&bucket("azure", "null"), None).unwrap_err();
    assert!(*error.kind() == ErrorKind::Unsupported && error.to_string().contains("azure"), "{error}");
}

#[test]
fn payloads_are_digested_where_others_could_change_them() {
    assert!(is_private(None) && is_private(Some("https://s3.example.com")));
    assert!(is_private(Some("http://127.0.0.1:9000")) && is_private(Some("http://localhost")));
    assert!(!is_private(Some("http://s3.example.com")));
}
