//! A person at a browser, as far as a login needs one: signs in at the local service and decides about a code.

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use tower::ServiceExt as _;

use crate::lake::TestLake;

/// Signs in as the seeded user and says `confirm` or `deny` to a code. Without a browser and without a socket.
pub async fn decides(lake: &TestLake, user_code: &str, decision: &str) {
    let token = lake.lake().token();
    let signed_in = post(lake, "/console/sign-in", "", format!("token={}", token.expose())).await;
    let cookie =
        signed_in.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let decided =
        post(lake, "/activate", &cookie, format!("user_code={user_code}&decision={decision}")).await;
    let text = String::from_utf8_lossy(decided.body());
    assert!(decided.status().is_success(), "{}: {text}", decided.status());
}

async fn post(lake: &TestLake, path: &str, cookie: &str, form: String) -> Response<Bytes> {
    let host = lake.lake().catalog_uri().trim_start_matches("http://").to_owned();
    let request = Request::post(path).header(header::HOST, host).header(header::COOKIE, cookie);
    let request = request.body(Full::new(Bytes::from(form))).unwrap();
    let (head, body) = lake.lake().service().oneshot(request).await.unwrap().into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}
