//! A person who logs in: at the terminal, and at a browser, as far as a login needs one.

use arraylake_local::{LocalConfig, LoginPolicy, RunningLake};
use bytes::Bytes;
use chrono::TimeDelta;
use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use tower::ServiceExt as _;

use crate::support::{Done, Lake, Setting};

pub(crate) const LOGIN: [&str; 3] = ["auth", "login", "--no-browser"];

/// Clients ask for their tokens each second.
pub(crate) fn quick() -> LoginPolicy {
    LoginPolicy::new().with_interval(TimeDelta::seconds(1))
}

pub(crate) fn config(policy: LoginPolicy) -> LocalConfig {
    LocalConfig::temporary().unwrap().with_logins(policy)
}

/// An environment without an API token.
pub(crate) fn person(lake: &Lake) -> Setting {
    lake.setting().with_var("ARRAYLAKE_TOKEN", "")
}

/// Runs a login, and decides about the code that it shows.
pub(crate) async fn log_in(lake: &Lake, setting: &Setting, args: &[&str], decision: &str) -> Done {
    let (err, run) = setting.begin(args);
    let decide = async {
        let shown = err.until("\n", 2).await;
        decides(&lake.running, code_in(&shown), decision).await;
    };
    let (done, ()) = tokio::join!(run, decide);
    done
}

/// The code that a login shows.
pub(crate) fn code_in(shown: &str) -> &str {
    shown
        .split("confirm code")
        .nth(1)
        .unwrap_or_else(|| panic!("no code in {shown:?}"))
        .split_whitespace()
        .next()
        .unwrap()
}

/// Signs in as the seeded user and says `confirm` or `deny` to a code.
pub(crate) async fn decides(lake: &RunningLake, user_code: &str, decision: &str) {
    let signed_in = post(lake, "/console/sign-in", "", format!("token={}", lake.token().expose())).await;
    let cookie =
        signed_in.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let form = format!("user_code={user_code}&decision={decision}");
    let decided = post(lake, "/activate", &cookie, form).await;
    let text = String::from_utf8_lossy(decided.body());
    assert!(decided.status().is_success(), "{}: {text}", decided.status());
}

async fn post(lake: &RunningLake, path: &str, cookie: &str, form: String) -> Response<Bytes> {
    let host = lake.catalog_uri().trim_start_matches("http://");
    let request = Request::post(path).header(header::HOST, host).header(header::COOKIE, cookie);
    let request = request.body(Full::new(Bytes::from(form))).unwrap();
    let (head, body) = lake.service().oneshot(request).await.unwrap().into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}
