//! Configuration files: YAML and JSON below `$ARRAYLAKE_CONFIG` or `~/.config/arraylake`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Config, ConfigError, Origin, canonical, yaml};

/// Reads every file, in name order, the last one winning.
pub(super) fn read(vars: &[(String, String)]) -> Result<Config, ConfigError> {
    let mut config = Config::empty();
    let Some(place) = place(vars) else { return Ok(config) };
    for path in files(&place) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let value = parse(&path, &text)?;
        let origin = Origin::File(path);
        for (name, value) in value {
            config.set(&canonical(&name), value, &origin);
        }
    }
    Ok(config)
}

fn variable<'a>(vars: &'a [(String, String)], name: &str) -> Option<&'a str> {
    vars.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

pub(super) fn place(vars: &[(String, String)]) -> Option<PathBuf> {
    let home = variable(vars, "HOME").or_else(|| variable(vars, "USERPROFILE"));
    match (variable(vars, "ARRAYLAKE_CONFIG"), home) {
        (Some(path), Some(home)) if path == "~" || path.starts_with("~/") => {
            Some(Path::new(home).join(path.trim_start_matches(['~', '/'])))
        }
        (Some(path), _) => Some(PathBuf::from(path)),
        (None, home) => Some(Path::new(home?).join(".config").join("arraylake")),
    }
}

fn files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| has_known_ending(path)).collect();
    paths.sort();
    paths
}

/// Whether a file is one of configuration, by its name.
pub(super) fn has_known_ending(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_ascii_lowercase();
    matches!(ending.as_str(), "json" | "yaml" | "yml")
}

/// Reads the text of a file. Nothing of it is quoted: it may hold a token.
pub(super) fn parse(path: &Path, text: &str) -> Result<serde_json::Map<String, Value>, ConfigError> {
    let fault = |reason: String| ConfigError { path: path.display().to_string(), reason };
    // JSON may hold tabs, which YAML does not take everywhere.
    if let Ok(fields) = serde_json::from_str(text) {
        return Ok(fields);
    }
    let node = yaml::parse(text).map_err(|error| {
        let line = error.line.map_or_else(String::new, |line| format!(" (line {line})"));
        fault(format!("{}{line}", error.what))
    })?;
    match node.map(|node| node.value()) {
        None | Some(Value::Null) => Ok(serde_json::Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(fault("its top level is not a mapping".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(dir: &Path, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut vars = vec![("ARRAYLAKE_CONFIG".to_owned(), dir.display().to_string())];
        vars.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        vars
    }

    #[test]
    fn files_are_read_in_name_order_and_the_environment_wins() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("a.json"),
            r#"{"service": {"uri": "http://a"}, "http": {"timeout": 5}}"#,
        )
        .unwrap();
        std::fs::write(dir.path().join("b.YAML"), "service:\n  uri: http://b\ntoken: ema_file\n").unwrap();
        std::fs::write(dir.path().join("c.txt"), "service: {uri: http://c}").unwrap();
        let config = Config::load_from(&vars(dir.path(), &[("ARRAYLAKE_TOKEN", "ema_env")])).unwrap();
        assert_eq!(config.text("service.uri").as_deref(), Some("http://b"));
        assert_eq!(config.number("http.timeout"), Some(5));
        assert_eq!(config.text("token").as_deref(), Some("ema_env"));
        assert!(config.origin("service.uri").unwrap().to_string().ends_with("b.YAML"));
    }

    #[test]
    fn what_a_python_process_hands_down_lies_between_files_and_variables() {
        use base64::Engine as _;
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.yaml"), "service: {uri: http://file}\nlog_level: INFO\n").unwrap();
        let json = r#"{"service.uri": "http://inherited", "log_level": "DEBUG"}"#;
        let text = base64::engine::general_purpose::URL_SAFE.encode(json);
        let more = [("ARRAYLAKE_LOG_LEVEL", "x"), ("ARRAYLAKE__INTERNAL_INHERIT_CONFIG", text.as_str())];
        let config = Config::load_from(&vars(dir.path(), &more)).unwrap();
        assert_eq!(config.text("service.uri").as_deref(), Some("http://inherited"));
        assert_eq!(config.text("log_level").as_deref(), Some("x"));
    }

    #[test]
    fn a_malformed_file_is_named_with_its_line_and_not_quoted() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("config.yaml"), "token: ema_MARKER\nservice: [MARKER\n").unwrap();
        let error = Config::load_from(&vars(dir.path(), &[])).unwrap_err().to_string();
        assert!(
            error.contains("config.yaml") && error.contains("line") && !error.contains("MARKER"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_yaml_or_no_mapping_is_an_error_that_says_so() {
        let dir = tempfile::tempdir().unwrap();
        for (text, words) in [
            ("- a\n- b\n", "not a mapping"),
            ("just words", "not a mapping"),
            ("a: [", "not well-formed"),
            ("a: 1\n--- \nb: 2\n", "more than one document"),
        ] {
            std::fs::write(dir.path().join("config.yaml"), text).unwrap();
            let error = Config::load_from(&vars(dir.path(), &[])).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("config.yaml"), "{error}");
        }
    }

    #[test]
    fn files_that_the_python_client_wrote_are_read_as_it_reads_them() {
        let dir = tempfile::tempdir().unwrap();
        let text = "user:\n  diagnostics: off\nservice:\n  ssl:\n    verify: 'False'\nhttp:\n  timeout: '60'\nx: 1:30\n";
        std::fs::write(dir.path().join("config.yaml"), text).unwrap();
        let config = Config::load_from(&vars(dir.path(), &[])).unwrap();
        assert_eq!(config.get("user.diagnostics"), Some(&Value::Bool(false)));
        assert_eq!(config.get("service.ssl.verify"), Some(&Value::from("False")));
        assert_eq!(config.number("http.timeout"), Some(60));
        assert_eq!(config.get("x"), Some(&Value::from(90)));
        let complaints = config.complaints();
        assert!(
            complaints[0].contains("service.ssl.verify") && complaints[0].contains("config.yaml"),
            "{complaints:?}"
        );
        assert!(
            complaints.iter().any(|line| line.starts_with("nobody knows a setting \"x\"")),
            "{complaints:?}"
        );
    }

    #[test]
    fn files_and_directories_that_may_not_be_read_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.yaml"), [0xff, 0xfe, 0x00]).unwrap();
        std::fs::create_dir(dir.path().join("b.yaml")).unwrap();
        std::fs::write(dir.path().join("c.yaml"), "log_level: INFO\n").unwrap();
        let config = Config::load_from(&vars(dir.path(), &[])).unwrap();
        assert_eq!(config.text("log_level").as_deref(), Some("INFO"));
    }

    #[test]
    fn nothing_there_is_nothing_set_and_nothing_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("missing");
        let config = Config::load_from(&vars(&missing, &[])).unwrap();
        assert_eq!(config.keys().count(), 0);
        assert!(!missing.exists());
    }
}
