//! The command `arraylake` and that of the Python client, on the same configuration and the same service.

use std::io::Cursor;
use std::path::Path;

use arraylake_cli::{Cli, World};
use arraylake_core::prelude::*;
use arraylake_tests::lake::TestLake;
use arraylake_tests::log::Buffer;
use arraylake_tests::python::Python;
use clap::Parser as _;
use serde_json::{Value, json};

/// One home for both commands.
struct Home {
    dir: tempfile::TempDir,
    vars: Vec<(&'static str, String)>,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().display().to_string();
        Self { dir, vars: vec![("HOME", path.clone()), ("ARRAYLAKE_CONFIG", path)] }
    }

    fn at(lake: &TestLake) -> Self {
        let mut home = Self::new();
        home.vars.push(("ARRAYLAKE_SERVICE__URI", lake.lake().catalog_uri().to_owned()));
        home.vars.push(("ARRAYLAKE_TOKEN", lake.lake().token().expose().to_owned()));
        home
    }

    fn file(&self) -> std::path::PathBuf {
        self.dir.path().join("config.yaml")
    }

    async fn ours(&self, args: &[&str]) -> String {
        let out = Buffer::default();
        let err = Buffer::default();
        let world = World {
            vars: self.vars.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            out: Box::new(out.clone()),
            err: Box::new(err.clone()),
            input: Box::new(Cursor::new(Vec::new())),
            out_is_terminal: false,
            err_is_terminal: false,
            input_is_terminal: false,
            network: None,
            width: None,
        };
        let cli = Cli::try_parse_from([&["arraylake"], args].concat()).unwrap();
        let status = arraylake_cli::run(cli, world).await;
        assert_eq!(status.code(), 0, "{args:?}: {}", err.text());
        out.text()
    }

    /// The other command; none if the tests against Python are left out.
    async fn python(&self, args: &[&str]) -> Option<String> {
        let program = Python::Current.interpreter()?.with_file_name("arraylake");
        let mut command = tokio::process::Command::new(program);
        command.args(args).envs(self.vars.clone()).env("COLUMNS", "200").kill_on_drop(true);
        let output = command.output().await.unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{args:?}: {out}{err}");
        Some(out.into_owned())
    }
}

/// Python's command may print a line about its progress before its answer.
fn json_in(text: &str) -> Value {
    let start = text.lines().position(|line| line.starts_with(['[', '{'])).unwrap();
    let rest: Vec<&str> = text.lines().skip(start).collect();
    serde_json::from_str(&rest.join("\n")).unwrap()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_reads_the_settings_that_we_write_as_what_they_are() {
    let home = Home::new();
    for (key, value) in [
        ("http.timeout", "60"),
        ("service.ssl.verify", "off"),
        ("user.diagnostics", "False"),
        ("user.org", "acme"),
        ("token", "ema_abc"),
    ] {
        home.ours(&["config", "set", key, value]).await;
    }
    for (key, value) in
        [("my.word", "yes"), ("my.clock", "1:30"), ("my.text", "a #b: c"), ("my.nothing", "null")]
    {
        home.ours(&["config", "set", key, value, "--force"]).await;
    }
    let Some(listed) = home.python(&["config", "list", "--output", "json"]).await else { return };
    let listed = json_in(&listed);
    assert_eq!(
        (&listed["http"]["timeout"], &listed["service"]["ssl"]["verify"]),
        (&json!(60), &json!(false))
    );
    assert_eq!(listed["user"], json!({"diagnostics": false, "org": "acme"}));
    assert_eq!(listed["my"], json!({"word": "yes", "clock": "1:30", "text": "a #b: c", "nothing": "null"}));
    assert_eq!(listed["token"], "ema_abc");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn we_read_and_go_on_with_the_settings_that_python_writes() {
    let home = Home::new();
    if home.python(&["config", "set", "http.max_retries", "7"]).await.is_none() {
        return;
    }
    home.python(&["config", "set", "user.diagnostics", "off"]).await;
    home.python(&["config", "set", "service.uri", "http://127.0.0.1:1234"]).await;
    assert_eq!(home.ours(&["config", "get", "http.max_retries"]).await, "7\n");
    assert_eq!(home.ours(&["config", "get", "service.uri"]).await, "http://127.0.0.1:1234\n");
    let before = read(&home.file());
    home.ours(&["config", "set", "user.org", "acme"]).await;
    home.ours(&["config", "unset", "http.max_retries"]).await;
    let after = read(&home.file());
    assert!(after.contains("diagnostics: off") && !after.contains("max_retries"), "{before}\n{after}");
    let listed = json_in(&home.python(&["config", "list", "--output", "json"]).await.unwrap());
    assert_eq!(listed["user"], json!({"diagnostics": false, "org": "acme"}), "the word keeps its meaning");
}

/// Words without quotes, some of which YAML 1.1 takes for something else than a text.
const WORDS: &str = "y n yes Yes YES yEs no No NO on On ON oN off OFF true True TRUE false False null Null NULL ~ none
    0 -0 +1 -1 1_000 _1 1_ 007 08 0o17 017 0x1F 0xg 0b101 0b2 1:30 1:60 -1:30:5 1:2:3 12:3_0 190:20:30 1:30.5 1.5 .5 5. . -.5 +.5
    1e3 1.0e3 1.0e+3 1.0E-3 1_0.5 1.2.3 .inf -.INF .nan .NaN 2024-01-01 127.0.0.1:80 http://a:1 ema_abc 10:00 0:0 00 1,000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_in_a_file_mean_to_us_what_they_mean_to_python() {
    let Some(python) = Python::Current.interpreter() else { return };
    let home = Home::new();
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let lines = words.iter().enumerate().map(|(at, word)| format!("  w{at}: {word}\n"));
    let odd = "same: 1\nsame: 2\nbase: &b {x: 1, y: on}\nmerged: {<<: *b, x: 2}\nquoted: 'off'\nlong: |\n  yes\n1: one\n";
    std::fs::write(home.file(), format!("words:\n{}{odd}", lines.collect::<String>())).unwrap();
    let script = "import json, sys, yaml\nodd = ['inf', '-inf', 'nan']\n\
        plain = lambda it: {str(k): plain(v) for k, v in it.items()} if isinstance(it, dict) else str(it) if str(it) in odd else it\n\
        print(json.dumps(plain(yaml.safe_load(open(sys.argv[1]))), default=str))";
    let mut command = tokio::process::Command::new(python);
    let output = command.args(["-c", script]).arg(home.file()).output().await.unwrap();
    let (text, complaint) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let theirs: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}{complaint}"));
    let ours = json_in(&home.ours(&["config", "list", "-o", "json"]).await);
    for (at, word) in words.iter().enumerate() {
        let (ours, theirs) = (&ours["words"][format!("w{at}")], &theirs["words"][format!("w{at}")]);
        // What is no number of JSON stays the text that it is.
        let is_odd = [".inf", ".nan"].iter().any(|end| word.to_lowercase().ends_with(end));
        assert_eq!(*ours, if is_odd { Value::from(*word) } else { theirs.clone() }, "{word}");
    }
    for key in ["same", "base", "merged", "quoted", "long", "1"] {
        assert_eq!(ours[key], theirs[key], "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_python_writes_stops_us_and_what_stops_python_we_can_repair() {
    let home = Home::new();
    for (key, value) in
        [("service.ssl.verify", "False"), ("http.timeout", "60"), ("my.clock", "1:30"), ("my.word", "yes")]
    {
        if home.python(&["config", "set", key, value]).await.is_none() {
            return;
        }
    }
    let theirs = json_in(&home.python(&["config", "list", "--output", "json"]).await.unwrap());
    let ours = json_in(&home.ours(&["config", "list", "-o", "json"]).await);
    for pointer in ["/service/ssl/verify", "/http/timeout", "/my/clock", "/my/word"] {
        assert_eq!(ours.pointer(pointer), theirs.pointer(pointer), "{pointer} in {}", read(&home.file()));
    }
    home.python(&["config", "set", "a.yes", "v"]).await.unwrap();
    let ours = json_in(&home.ours(&["config", "list", "-o", "json"]).await);
    assert_eq!(ours["a"], json!({"true": "v"}), "with this no Python client starts any more");
    home.ours(&["config", "unset", "a.true"]).await;
    home.ours(&["config", "set", "service.ssl.verify", "False"]).await;
    let theirs = json_in(&home.python(&["config", "list", "--output", "json"]).await.unwrap());
    assert_eq!(theirs["service"]["ssl"]["verify"], json!(false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_commands_list_the_same_repos_with_the_same_fields() {
    let lake = TestLake::start().await;
    for name in ["first", "second"] {
        let request = NewRepo::new(name).with_description("seen by both");
        lake.client().create_repo_object(lake.org(), request).await.unwrap();
    }
    let home = Home::at(&lake);
    let Some(theirs) = home.python(&["repo", "list", "local", "--output", "json"]).await else { return };
    let (theirs, ours) =
        (json_in(&theirs), json_in(&home.ours(&["repo", "list", "local", "--output", "json"]).await));
    let rows = |listed: &Value| {
        let pick = |row: &Value| {
            let id = row.get("_id").or_else(|| row.get("id")).cloned();
            json!([
                id,
                row["name"],
                row["org"],
                row["kind"],
                row["description"],
                row["prefix"],
                row["bucket"]["nickname"]
            ])
        };
        let mut rows: Vec<String> =
            listed.as_array().unwrap().iter().map(|row| pick(row).to_string()).collect();
        rows.sort();
        rows
    };
    assert_eq!(rows(&ours), rows(&theirs));
    assert_eq!(rows(&ours).len(), 2);
}
