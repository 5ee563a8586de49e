//! Every call of the Python clients that needs no cloud, by age of the client; the published crate, if it is asked for.

use arraylake_tests::lake::TestLake;
use arraylake_tests::python::Python;

async fn every_call_is_answered_as_that_client_expects(python: Python, version: &str) {
    let lake = TestLake::start().await;
    let Some(seen) = python.run(&lake, "eras.py", &[]).await else { return };
    assert_eq!(seen["version"], version);
    assert_eq!(seen["faults"], serde_json::json!([]), "{seen}");
    lake.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_answered_as_python_1_7_0_expects() {
    every_call_is_answered_as_that_client_expects(Python::Current, "1.7.0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_answered_as_python_0_20_0_expects() {
    every_call_is_answered_as_that_client_expects(Python::OldZarr3, "0.20.0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "`cargo xtask published` builds its program, whose tree is as large as ours, and runs it"]
async fn every_call_is_answered_as_the_published_crate_expects() {
    let program = std::env::var_os("ARRAYLAKE_TEST_PUBLISHED").expect("run this by `cargo xtask published`");
    let lake = TestLake::start().await;
    let mut command = tokio::process::Command::new(program);
    command.args(["interop", lake.org().as_str()]).kill_on_drop(true);
    command.env("ARRAYLAKE_SERVICE__URI", lake.lake().catalog_uri());
    command.env("ARRAYLAKE_TOKEN", lake.lake().token().expose());
    let output = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("every call works"), "{said}\n{complaint}");
    lake.stop().await;
}
