//! `arraylake serve`: the real program, with clients beside it.

use std::path::Path;

use crate::support::Setting;
use crate::terminal::{code, spawn};

/// What a served lake says about itself.
struct Served {
    session: rexpect::session::PtySession,
    catalog: String,
    s3: String,
    client: Setting,
}

fn serve(dir: &Path, home: &Path) -> Served {
    serve_with(dir, home, &[])
}

fn serve_with(dir: &Path, home: &Path, more: &[&str]) -> Served {
    let args = [&["serve", "--dir", dir.to_str().unwrap()], more].concat();
    let mut session = spawn(&Setting::default(), &args);
    let said = session.exp_string("Ctrl-C stops it.").unwrap();
    let word_after = |mark: &str| {
        let rest = said.split(mark).nth(1).unwrap_or_else(|| panic!("{mark} in {said}"));
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let client = Setting::default()
        .with_var("HOME", home.to_str().unwrap())
        .with_var("ARRAYLAKE_SERVICE__URI", &word_after("export ARRAYLAKE_SERVICE__URI="))
        .with_var("ARRAYLAKE_TOKEN", &word_after("export ARRAYLAKE_TOKEN="));
    assert_eq!(word_after("  org "), "local");
    Served { catalog: word_after("catalog "), s3: word_after("S3 endpoint "), session, client }
}

impl Served {
    fn end(mut self) {
        self.session.send_control('c').unwrap();
        self.session.exp_eof().unwrap();
        assert_eq!(code(&self.session), 0);
    }
}

/// Runs the real program as a client.
fn client(setting: &Setting, args: &[&str]) -> String {
    let output = crate::process::arraylake().envs(setting.vars.clone()).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_lake_is_served_ends_by_ctrl_c_and_is_found_again_as_it_was_left() {
    let dir = tempfile::tempdir().unwrap();
    let lake = dir.path().join("lake");
    let first = serve(&lake, dir.path());
    assert!(first.catalog.starts_with("http://127.0.0.1:") && first.s3.starts_with("http://127.0.0.1:"));
    client(&first.client, &["repo", "create", "local/era5", "--entry-only"]);
    let mut second = spawn(&Setting::default(), &["serve", "--dir", lake.to_str().unwrap()]);
    let refused = second.exp_eof().unwrap();
    assert!(refused.contains("error: ") && refused.trim_end().lines().count() == 1, "{refused}");
    assert_eq!(code(&second), 1, "another one serves that directory");
    let (catalog, token) = (first.catalog.clone(), first.client.clone());
    first.end();
    let again = serve(&lake, dir.path());
    assert_eq!(again.catalog, catalog, "the port of last time");
    assert!(client(&token, &["repo", "list", "local"]).contains("era5"), "and the token");
    again.end();
}

#[test]
fn a_port_that_is_taken_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let args = ["serve", "--dir", dir.path().to_str().unwrap(), "--port", &port];
    let mut session = spawn(&Setting::default(), &args);
    let said = session.exp_eof().unwrap();
    assert!(said.contains(&format!("port {port}")) && said.contains("taken"), "{said}");
    assert_eq!(code(&session), 2);
}

const SEED: &str = "
orgs: [{name: acme}]
users: [{email: ann@example.com, permissions: {acme: [CAN_WRITE_REPOS]}}]
tokens: [{token: ema_ann, user: ann@example.com}]
s3_buckets: [{name: acme-data}]
s3_keys: [{access_key_id: acme, secret_access_key: acme-secret}]
buckets:
  - {org: acme, nickname: main-store, platform: s3-compatible, name: acme-data,
     extra_config: {endpoint_url: local, use_ssl: false, region_name: us-east-1},
     auth_config: {method: hmac, access_key_id: acme, secret_access_key: acme-secret}}
";

#[test]
fn a_lake_is_served_with_what_a_file_brings_and_takes_any_token_if_it_is_told_to() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, seed) = (dir.path().join("lake"), dir.path().join("seed.yaml"));
    std::fs::write(&seed, SEED).unwrap();
    let seeded = ["--seed", seed.to_str().unwrap()];
    let served = serve_with(&lake, dir.path(), &seeded);
    let ann = served.client.clone().with_var("ARRAYLAKE_TOKEN", "ema_ann");
    client(&ann, &["repo", "create", "acme/era5", "--entry-only"]);
    assert!(client(&ann, &["bucket", "list", "acme"]).contains("main-store"));
    let anybody = served.client.clone().with_var("ARRAYLAKE_TOKEN", "ema_whoever");
    let list = ["repo", "list", "acme"];
    let refused = crate::process::arraylake().envs(anybody.vars.clone()).args(list).output().unwrap();
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    served.end();
    let served = serve_with(&lake, dir.path(), &[&seeded[..], &["--accept-any-token"]].concat());
    let anybody = served.client.clone().with_var("ARRAYLAKE_TOKEN", "ema_whoever");
    let ann = served.client.clone().with_var("ARRAYLAKE_TOKEN", "ema_ann");
    assert!(client(&ann, &["repo", "list", "acme"]).contains("era5"), "the same file a second time");
    client(&anybody, &["repo", "create", "local/era5", "--entry-only"]);
    served.end();
}

#[test]
fn a_file_that_is_not_there_or_not_understood_is_named_and_nothing_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, seed) = (dir.path().join("lake"), dir.path().join("seed.yaml"));
    let args = ["serve", "--dir", lake.to_str().unwrap(), "--seed", seed.to_str().unwrap()];
    for (text, words) in [
        (None, "No such file"),
        (Some("orgz: []"), "unknown field `orgz`"),
        (Some("users: [{email: ann@localhost}]"), "ann@localhost"),
    ] {
        if let Some(text) = text {
            std::fs::write(&seed, text).unwrap();
        }
        let refused = crate::process::arraylake().args(args).output().unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && said.trim_end().lines().count() == 1, "{said}");
        assert!(text.is_some_and(|text| text.contains('@')) || said.contains("seed.yaml"), "{said}");
    }
}
