//! `arraylake org`, `config`, `diagnostics`, `completions`, `man`, and help.

use serde_json::json;

use crate::support::{Lake, Setting};

#[tokio::test]
async fn orgs_are_listed() {
    let lake = Lake::start().await;
    let text = lake.run(&["org", "list"]).await.ok().out;
    assert!(text.lines().nth(1).unwrap().starts_with("local  Local"), "{text}");
    assert_eq!(lake.run(&["org", "list", "-o", "json"]).await.ok().json()[0]["name"], "local");
}

#[tokio::test]
async fn settings_are_listed_with_their_origin_and_without_their_secrets() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join(".config/arraylake");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("config.yaml"), "service:\n  uri: http://file\nhttp:\n  timeout: 60\n").unwrap();
    let setting = Setting::default()
        .with_var("HOME", &home.path().display().to_string())
        .with_var("ARRAYLAKE_TOKEN", "ema_MARKER");
    let text = setting.run(&["config", "list", "--origin", "--service-uri", "http://arg"]).await.ok().out;
    assert!(text.contains("config.yaml") && text.contains("ARRAYLAKE_TOKEN"), "{text}");
    let uri = text.lines().find(|line| line.starts_with("service.uri ")).unwrap();
    assert!(uri.contains("http://arg") && uri.ends_with("an argument"), "{text}");
    assert!(!text.contains("MARKER"), "{text}");
    let s3 = setting.clone().with_var("ARRAYLAKE_S3__KEY", "MARKER");
    for args in [&["config", "list"][..], &["config", "list", "-o", "json"], &["config", "get", "s3.key"]] {
        let text = s3.run(args).await.ok().out;
        assert!(text.contains("**********") && !text.contains("MARKER"), "{text}");
    }
    assert!(text.contains("service.ssl.verify  ") && text.contains("true  ") && text.contains("the default"));
    let nested = setting.run(&["config", "list", "-o", "json"]).await.ok().json();
    assert_eq!((&nested["service"]["uri"], &nested["token"]), (&json!("http://file"), &json!("**********")));
    let http =
        json!({"keepalive_expiry": 90, "max_keepalive_connections": 32, "max_retries": 5, "timeout": 60});
    assert_eq!(nested["http"], http);
    let origins = setting.run(&["config", "list", "--origin", "-o", "json"]).await.ok().json();
    assert_eq!(origins["http.max_retries"], json!({"value": 5, "origin": "the default"}));
    let file = dir.join("config.yaml").display().to_string();
    let alone = setting.run(&["config", "list", "--path", &file, "-o", "json"]).await.ok().json();
    assert_eq!(alone, json!({"http": {"timeout": 60}, "service": {"uri": "http://file"}}));
    setting.run(&["config", "get", "user.org", "--path", &file]).await.failed(4);
    assert_eq!(setting.run(&["config", "get", "http.max-retries"]).await.ok().out, "5\n");
    assert_eq!(setting.run(&["config", "get", "http.timeout"]).await.ok().out, "60\n");
    assert_eq!(setting.run(&["config", "get", "token"]).await.ok().out, "**********\n");
    assert_eq!(setting.run(&["config", "get", "token", "-o", "json"]).await.ok().out, "\"**********\"\n");
    assert_eq!(setting.run(&["config", "get", "token", "--show-secrets"]).await.ok().out, "ema_MARKER\n");
    let error = setting.run(&["config", "get", "no.such"]).await.failed(4).err;
    assert!(error.contains("no.such"), "{error}");
}

#[tokio::test]
async fn a_report_tells_everything_but_secrets() {
    let lake = Lake::start().await;
    let done = lake.run(&["diagnostics", "--send"]).await.ok();
    let token = lake.running.token();
    assert!(done.out.contains("as user@example.com") && done.out.contains(lake.running.catalog_uri()));
    assert!(!done.out.contains(token.expose()) && done.out.contains("(from ARRAYLAKE_TOKEN)"), "{done:?}");
    assert_eq!(done.err, "sent to the service\n");
    let report = lake.run(&["diagnostics", "-o", "json"]).await.ok().json();
    assert_eq!(report["versions"]["arraylake"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn a_report_can_be_had_when_nothing_works() {
    let setting = Setting::default();
    let args = ["diagnostics", "--service-uri", "http://127.0.0.1:1", "--config", "http.max_retries=0"];
    let text = setting.run(&args).await.ok().out;
    assert!(text.contains("not logged in") && text.contains("get service info failed"), "{text}");
}

#[tokio::test]
async fn completions_are_made_for_every_shell_even_if_the_configuration_is_broken() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("broken.yaml");
    std::fs::write(&file, "a: [\n").unwrap();
    let setting = Setting::default().with_var("ARRAYLAKE_CONFIG", &file.display().to_string());
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = setting.run(&["completions", shell]).await.ok().out;
        assert!(script.contains("set-default"), "{shell}");
    }
    assert_eq!(setting.run(&["config", "path"]).await.ok().out.trim_end(), file.display().to_string());
    for args in [&["repo", "list", "acme"][..], &["config", "list"], &["auth", "login", "--no-browser"]] {
        let error = setting.run(args).await.failed(2).err;
        assert!(error.contains("broken.yaml") && error.contains("line"), "{error}");
    }
}

#[tokio::test]
async fn manual_pages_are_made_for_every_command() {
    let page = Setting::default().run(&["man"]).await.ok().out;
    assert!(page.contains(".TH arraylake") && page.contains("Exit codes"), "{page}");
    let dir = tempfile::tempdir().unwrap();
    Setting::default().run(&["man", "--dir", dir.path().to_str().unwrap()]).await.ok();
    for name in ["arraylake.1", "arraylake-repo-tree.1", "arraylake-bucket-credentials.1"] {
        if cfg!(feature = "icechunk") || !name.contains("tree") {
            assert!(dir.path().join(name).exists(), "{name}");
        }
    }
}

fn at_home(home: &std::path::Path) -> Setting {
    Setting::default().with_var("HOME", &home.display().to_string())
}

#[tokio::test]
async fn settings_are_changed_in_the_file_that_the_python_client_reads() {
    let home = tempfile::tempdir().unwrap();
    let setting = at_home(home.path());
    let file = home.path().join(".config/arraylake/config.yaml");
    let path = setting.run(&["config", "path"]).await.ok().out;
    assert_eq!(path.trim_end(), file.display().to_string());
    assert!(!file.exists());
    assert_eq!(setting.run(&["config", "init"]).await.ok().out, path);
    assert!(setting.run(&["config", "init"]).await.ok().err.contains("already"));
    setting.run(&["config", "set", "http.timeout", "60"]).await.ok();
    setting.run(&["config", "set", "service.ssl.verify", "off"]).await.ok();
    setting.run(&["config", "set", "user.org", "acme"]).await.ok();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("# an API token"), "comments stay: {text}");
    assert!(
        text.ends_with("http:\n  timeout: 60\nservice:\n  ssl:\n    verify: false\nuser:\n  org: acme\n"),
        "{text}"
    );
    assert_eq!(setting.run(&["config", "get", "http.timeout"]).await.ok().out, "60\n");
    setting.run(&["config", "unset", "http.timeout"]).await.ok();
    setting.run(&["config", "unset", "http.timeout"]).await.failed(4);
    let shadowed = setting.with_var("ARRAYLAKE_USER__ORG", "other");
    let done = shadowed.run(&["config", "set", "user.org", "third"]).await.ok();
    assert!(
        done.err.contains("warning: it has no effect: user.org comes from ARRAYLAKE_USER__ORG"),
        "{done:?}"
    );
}

#[tokio::test]
async fn a_setting_that_nobody_knows_or_that_makes_no_sense_is_not_written() {
    let home = tempfile::tempdir().unwrap();
    let setting = at_home(home.path());
    let error = setting.run(&["config", "set", "timeout", "60"]).await.failed(2).err;
    assert!(error.contains("did you mean `http.timeout`"), "{error}");
    for args in [["a.yes", "x"], ["http.timeout", "soon"], ["service.uri", "nowhere"], ["token", "MARKER"]] {
        let error = setting.run(&["config", "set", args[0], args[1], "--force"]).await.failed(2).err;
        assert!(!error.contains("MARKER"), "{error}");
    }
    assert!(!home.path().join(".config").exists());
    setting.run(&["config", "set", "my.own", "x", "--force"]).await.ok();
    assert_eq!(setting.run(&["config", "get", "my.own"]).await.ok().out, "x\n");
}

#[tokio::test]
async fn an_unknown_key_is_refused_as_an_option_and_pointed_out_in_a_file() {
    let home = tempfile::tempdir().unwrap();
    let setting = at_home(home.path());
    let error = setting.run(&["config", "list", "--config", "service.url=http://a"]).await.failed(2).err;
    assert!(error.contains("did you mean `service.uri`?"), "{error}");
    let error = setting.run(&["repo", "list", "acme", "--config", "http.timeout=soon"]).await.failed(2).err;
    assert!(error.contains("http.timeout must be a number"), "{error}");
    let dir = home.path().join(".config/arraylake");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("config.yaml"), "service:\n  url: http://a\nuser:\n  diagnostics: 'false'\n")
        .unwrap();
    let done = setting.run(&["config", "list"]).await.ok();
    let warnings: Vec<&str> = done.err.lines().collect();
    assert!(
        warnings[0].contains("user.diagnostics is a text") && warnings[0].contains("config.yaml"),
        "{done:?}"
    );
    assert!(warnings[1].contains("\"service.url\"") && warnings[1].contains("`service.uri`"), "{done:?}");
    assert_eq!(setting.run(&["config", "get", "service.url"]).await.ok().out, "http://a\n");
    setting.run(&["config", "unset", "service.url"]).await.ok();
}

#[tokio::test]
async fn what_python_wrote_means_what_it_means_to_python() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join(".config/arraylake");
    std::fs::create_dir_all(&dir).unwrap();
    // After this `config set a.yes v` no Python client starts any more.
    let text = "a:\n  yes: v\nhttp:\n  timeout: '60'\nuser:\n  diagnostics: off\nx: 1:30\nservice:\n";
    std::fs::write(dir.join("config.yaml"), text).unwrap();
    let setting = at_home(home.path());
    let listed = setting.run(&["config", "list", "-o", "json"]).await.ok().json();
    assert_eq!((&listed["user"]["diagnostics"], &listed["x"]), (&json!(false), &json!(90)));
    assert_eq!((&listed["http"]["timeout"], &listed["a"]["true"]), (&json!("60"), &json!("v")));
    setting.run(&["config", "unset", "a.true"]).await.ok();
    setting.run(&["config", "set", "service.uri", "http://127.0.0.1:1"]).await.ok();
    let after = std::fs::read_to_string(dir.join("config.yaml")).unwrap();
    let expected =
        "http:\n  timeout: '60'\nuser:\n  diagnostics: off\nx: 1:30\nservice:\n  uri: http://127.0.0.1:1\n";
    assert_eq!(after, expected);
}

#[tokio::test]
async fn a_file_that_is_no_yaml_is_named_and_left_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("broken.yaml");
    std::fs::write(&file, "a: [\n").unwrap();
    let setting = at_home(home.path()).with_var("ARRAYLAKE_CONFIG", file.to_str().unwrap());
    let error = setting.run(&["config", "set", "user.org", "acme"]).await.failed(2).err;
    assert!(error.contains("broken.yaml") && error.contains("nothing was changed"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "a: [\n");
    let other = home.path().join("other.yaml");
    let args = ["config", "set", "user.org", "acme", "--path", other.to_str().unwrap()];
    setting.run(&args).await.ok();
    let args = ["config", "get", "user.org", "--path", other.to_str().unwrap()];
    assert_eq!(setting.run(&args).await.ok().out, "acme\n");
}
