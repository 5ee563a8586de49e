use serde_json::json;

use super::*;

fn file(text: &str) -> (tempfile::TempDir, ConfigFile) {
    let dir = tempfile::tempdir().unwrap();
    let file = ConfigFile::at(dir.path().join("config.yaml"));
    if !text.is_empty() {
        fs::write(file.path(), text).unwrap();
    }
    (dir, file)
}

fn text(file: &ConfigFile) -> String {
    fs::read_to_string(file.path()).unwrap()
}

fn read(file: &ConfigFile) -> Value {
    Value::Object(file::parse(file.path(), &text(file)).unwrap())
}

#[test]
fn comments_and_order_stay_and_other_spellings_are_found() {
    let before =
        "# mine\nuser:\n  org: acme # the best\n\nhttp:\n  max-retries: 3\n  # slow lines\n  timeout: 5\n";
    let (_dir, file) = file(before);
    file.set("http.timeout", &"60".into()).unwrap();
    file.set("http.max_retries", &7.into()).unwrap();
    file.set("user.org", &"other".into()).unwrap();
    file.set("user.diagnostics", &"False".into()).unwrap();
    let after = "# mine\nuser:\n  org: other # the best\n  diagnostics: false\n\nhttp:\n  max-retries: 7\n  \
                 # slow lines\n  timeout: 60\n";
    assert_eq!(text(&file), after);
    assert!(file.unset("http.max_retries").unwrap() && file.unset("http.timeout").unwrap());
    assert!(!file.unset("http.timeout").unwrap());
    assert_eq!(text(&file), "# mine\nuser:\n  org: other # the best\n  diagnostics: false\n\n");
}

#[test]
fn a_value_is_changed_where_it_stands_whatever_the_indent() {
    let (_dir, file) =
        file("# mine\nservice:   # here\n    uri: http://old  # the old one\n\ntoken: 'ema_x'\n");
    file.set("service.uri", &"http://new".into()).unwrap();
    file.set("token", &"ema_y".into()).unwrap();
    file.set("service.ssl.verify", &false.into()).unwrap();
    let after = "# mine\nservice:   # here\n    uri: http://new  # the old one\n    ssl:\n      verify: false\n\n\
                 token: ema_y\n";
    assert_eq!(text(&file), after);
}

#[test]
fn files_in_every_form_are_changed_or_refused_and_never_spoilt() {
    let texts = [
        "",
        "# nothing but comments\n",
        "service:\n",
        "service: {}\n",
        "service: {token_path: x}\n",
        "{\"service\": {\"token_path\": \"x, y\"}}\n",
        "service: {token_path: x}",
        "{service: {uri: http://a, proxy: }, token: ema_x}",
        "service:\n  uri:\n",
        "service:\n  uri: |\n    http://old\n",
        "service: &s\n  uri: a\nother: *s\n",
        "service:\r\n  uri: http://old\r\n",
        "a: ünï\nservice:\n  uri: ünï  # ünï\n",
        "service:\n- uri\n",
        "service: x\n",
        "service:\n  uri: http://a\n  uri: http://b\n",
        "? service\n: uri: x\n",
        "---\nservice:\n  uri: x\n...\n",
        "%YAML 1.1\n---\nservice:\n  uri: x\n",
        "service: !!map\n  uri: x\n",
    ];
    for before in texts {
        let (_dir, file) = file(before);
        match file.set("service.uri", &"http://new".into()) {
            Ok(()) => {
                assert_eq!(read(&file)["service"]["uri"], "http://new", "{before:?}");
                // In braces, and where a key stands twice, a line cannot simply go.
                match file.unset("service.uri") {
                    Ok(gone) => assert!(gone, "{before:?}"),
                    Err(error) => assert!(error.to_string().contains("by hand"), "{before:?}: {error}"),
                }
            }
            Err(error) => {
                assert_eq!(text(&file), before);
                let words = error.to_string();
                assert!(words.contains("by hand") || words.contains("section"), "{before:?}: {words}");
            }
        }
    }
}

#[test]
fn what_is_no_key_or_no_value_for_it_changes_nothing() {
    let (_dir, file) = file("a: 1\n");
    for (key, value) in
        [("", "x"), ("a..b", "x"), ("a.yes", "x"), ("on", "x"), ("a b", "x"), ("1", "x"), ("service", "x")]
    {
        assert!(file.set(key, &value.into()).is_err(), "{key}");
    }
    for (key, value) in
        [("http.timeout", "soon"), ("service.ssl.verify", "maybe"), ("service.uri", "x"), ("token", "MARKER")]
    {
        let error = file.set(key, &value.into()).unwrap_err().to_string();
        assert!(!error.contains("MARKER"), "{error}");
    }
    assert_eq!(text(&file), "a: 1\n");
}

#[test]
fn words_that_yaml_would_take_for_something_else_are_written_as_texts() {
    let (_dir, file) = file("");
    for word in ["yes", "No", "null", "1:30", "60", "a #b", "NaN", "~", "0x10", "1e3"] {
        file.set("my.own", &word.into()).unwrap();
        assert_eq!(read(&file)["my"]["own"], word);
        assert!(text(&file).contains(&format!("{word:?}")), "{}", text(&file));
    }
}

#[test]
fn a_key_that_python_wrote_and_cannot_read_any_more_can_be_removed() {
    let (_dir, file) = file("a:\n  yes: v\nservice:\n  uri: http://a\n");
    assert!(file.unset("a.true").unwrap());
    assert_eq!(text(&file), "service:\n  uri: http://a\n");
}

#[test]
fn a_malformed_file_stays_as_it_is() {
    let (_dir, file) = file("a: [1\n");
    assert!(matches!(file.set("user.org", &"acme".into()), Err(ConfigFileError::Malformed(_))));
    assert!(matches!(file.unset("user.org"), Err(ConfigFileError::Malformed(_))));
    assert_eq!(text(&file), "a: [1\n");
}

#[cfg(unix)]
#[test]
fn a_file_with_a_secret_is_for_its_owner_alone_and_others_keep_their_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, file) = file("user:\n  org: acme\n");
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let mode = |file: &ConfigFile| fs::metadata(file.path()).unwrap().permissions().mode() & 0o777;
    file.set("user.org", &"other".into()).unwrap();
    assert_eq!(mode(&file), 0o644);
    file.set("token", &"ema_abc".into()).unwrap();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_new_file_says_what_can_be_set_and_sets_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = ConfigFile::at(dir.path().join("sub").join("config.yaml"));
    assert!(file.init().unwrap() && !file.init().unwrap());
    assert_eq!(read(&file), json!({}));
    let bare = |line: &str| format!("{}\n", line.strip_prefix("# ").unwrap_or(line));
    let all: String = text(&file).lines().skip(1).map(bare).collect();
    let all = yaml::parse(&all).unwrap().unwrap().value();
    assert_eq!(all["service"]["ssl"]["verify"], json!(true), "{all}");
    assert_eq!(all["service"]["uri"], "https://api.earthmover.io", "{all}");
    file.set("service.uri", &"http://new".into()).unwrap();
    assert!(text(&file).ends_with("service:\n  uri: http://new\n"));
}

#[test]
fn json_stays_json() {
    let dir = tempfile::tempdir().unwrap();
    let file = ConfigFile::at(dir.path().join("config.json"));
    file.set("http.timeout", &5.into()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text(&file)).unwrap(), json!({"http": {"timeout": 5}}));
}
