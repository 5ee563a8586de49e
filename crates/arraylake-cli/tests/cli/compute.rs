//! `arraylake compute`.

use crate::support::Lake;

async fn enabled(lake: &Lake, args: &[&str]) -> String {
    let args = [&["compute", "enable", "local", "edr", "-s", "small", "-o", "json"], args].concat();
    lake.run(&args).await.ok().json()["name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_service_is_enabled_listed_shown_and_disabled() {
    let lake = Lake::start().await;
    let name = enabled(&lake, &["--is-public", "-n", "maps", "-r", "local"]).await;
    let text = lake.run(&["compute", "list", "local"]).await.ok().out;
    assert!(text.starts_with("Service") && text.contains(&name) && text.contains("yes"), "{text}");
    let rows = lake.run(&["compute", "list", "local", "-o", "json"]).await.ok().json();
    assert_eq!((&rows[0]["name"], &rows[0]["config"]["sku_code"]), (&name.as_str().into(), &"small".into()));
    lake.run(&["compute", "status", "local", &name]).await.ok();
    lake.run(&["compute", "status", "--org", "local", &name]).await.ok();
    let error = lake.run(&["compute", "disable", "local", &name]).await.failed(2).err;
    assert!(error.contains("--yes"), "{error}");
    let asked = lake.setting().with_typed("y\n").run(&["compute", "disable", "local", &name]).await.ok();
    assert!(asked.err.contains(&format!("Disable the service {name} of local?")), "{asked:?}");
    let error = lake.run(&["compute", "status", "local", &name]).await.failed(4).err;
    assert!(error.contains("arraylake compute list"), "{error}");
}

#[tokio::test]
async fn logs_are_printed_as_they_are() {
    let lake = Lake::start().await;
    let name = enabled(&lake, &[]).await;
    let all = lake.run(&["compute", "logs", "local", &name]).await.ok().out;
    assert!(!all.is_empty());
    let last = lake.run(&["compute", "logs", "local", &name, "--tail", "1"]).await.ok().out;
    assert_eq!(last.lines().count(), 1);
    assert!(all.ends_with(&last));
    lake.run(&["compute", "logs", "local", &name, "--since", "1d"]).await.ok();
    lake.run(&["compute", "logs", "local", "nope"]).await.failed(4);
}

#[tokio::test]
async fn a_protocol_that_nobody_knows_is_not_asked_for() {
    let lake = Lake::start().await;
    let error = lake.run(&["compute", "enable", "local", "gopher", "-s", "small"]).await.failed(2).err;
    assert!(error.contains("gopher") && error.contains("dap2"), "{error}");
}
