//! Every exit code, by what leads to it.

use std::net::TcpListener;

use arraylake_local::LocalConfig;
use bytes::Bytes;

use crate::support::Lake;

/// A service that answers every request with a status.
async fn answering(status: u16) -> Lake {
    let config = LocalConfig::temporary().unwrap().with_interceptor(move |_| {
        let body = Bytes::from_static(br#"{"detail": "because"}"#);
        let answer = http::Response::builder().status(status).header("content-type", "application/json");
        answer.header("x-request-id", "r-1").body(body).ok()
    });
    Lake::start_with(config).await
}

const LIST: [&str; 5] = ["repo", "list", "local", "--config", "http.max_retries=0"];

#[tokio::test]
async fn done_is_0() {
    assert_eq!(Lake::start().await.run(&LIST).await.code, 0);
}

#[tokio::test]
async fn a_no_is_1() {
    let lake = Lake::start().await;
    lake.run(&["repo", "create", "local/era5", "--entry-only"]).await.ok();
    let delete = ["repo", "delete", "local/era5"];
    assert_eq!(lake.setting().with_typed("no\n").run(&delete).await.code, 1);
    assert_eq!(lake.setting().with_typed("").run(&delete).await.code, 1, "the terminal was closed");
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_2() {
    let lake = Lake::start().await;
    for args in [&["repo", "lisst"][..], &["repo", "list", "a/b"], &["repo", "get", "x"], &["repo"]] {
        assert_eq!(lake.run(args).await.code, 2, "{args:?}");
    }
    lake.run(&["repo", "create", "local/a"]).await.failed(2);
    let error = lake.run(&["repo", "list", "local", "--service-uri", "localhost:1"]).await.failed(2).err;
    assert!(error.contains("localhost:1") && error.contains("http://"), "{error}");
    lake.setting().with_var("ARRAYLAKE_TOKEN", "nonsense").run(&LIST).await.failed(2);
}

#[tokio::test]
async fn no_token_or_a_wrong_one_is_3() {
    let lake = Lake::start().await;
    let error = lake.setting().with_var("ARRAYLAKE_TOKEN", "").run(&LIST).await.failed(3).err;
    assert!(error.starts_with("error: not logged in") && error.contains("arraylake auth login"), "{error}");
    let error = lake.setting().with_var("ARRAYLAKE_TOKEN", "ema_wrong").run(&LIST).await.failed(3).err;
    assert!(error.contains("401") && !error.contains("ema_wrong"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_4() {
    let lake = Lake::start().await;
    lake.run(&["repo", "list", "nobody"]).await.failed(4);
    lake.run(&["repo", "get", "local/nope"]).await.failed(4);
    lake.run(&["bucket", "get", "local/nope"]).await.failed(4);
    lake.run(&["config", "get", "no.such"]).await.failed(4);
}

#[tokio::test]
async fn a_refusal_is_5() {
    const CREATE: [&str; 6] =
        ["repo", "create", "local/era5", "--entry-only", "--config", "http.max_retries=0"];
    for (args, status, hint) in [
        (&LIST[..], 403, "permission"),
        (&LIST, 409, "because"),
        (&CREATE, 409, "choose another name"),
        (&LIST, 422, "because"),
    ] {
        let error = answering(status).await.run(args).await.failed(5).err;
        assert!(error.contains("because") && error.contains(hint) && error.contains("r-1"), "{error}");
    }
}

#[tokio::test]
async fn a_service_at_fault_is_6() {
    for status in [500, 503, 429] {
        let error = answering(status).await.run(&LIST).await.failed(6).err;
        assert!(error.contains("try again later"), "{error}");
    }
}

#[tokio::test]
async fn no_connection_is_7() {
    let lake = Lake::start().await;
    // Nothing listens where something just did.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let uri = format!("http://127.0.0.1:{port}");
    let error = lake.setting().with_var("ARRAYLAKE_SERVICE__URI", &uri).run(&LIST).await.failed(7).err;
    assert!(error.contains("service URI") && error.matches("list repos").count() == 1, "{error}");
}

#[tokio::test]
async fn scripts_get_errors_as_json_too() {
    let lake = answering(403).await;
    let done = lake.run(&[&LIST[..], &["-o", "json"]].concat()).await.failed(5);
    let error: serde_json::Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!((&error["error"]["code"], &error["error"]["kind"]), (&5.into(), &"refused".into()));
    assert_eq!(error["error"]["request_id"], "r-1");
}
