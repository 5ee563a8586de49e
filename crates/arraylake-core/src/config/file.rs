//! Configuration files: YAML and JSON below `$ARRAYLAKE_CONFIG` or `~/.config/arraylake`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Config, ConfigError, Origin, canonical};

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

pub(super) fn parse(path: &Path, text: &str) -> Result<serde_json::Map<String, Value>, ConfigError> {
    let fault = |reason: String| ConfigError { path: path.display().to_string(), reason };
    let value: serde_norway::Value = serde_norway::from_str(text).map_err(|error| {
        // The text of a YAML error may quote the file, and the file may hold a token.
        let line = error.location().map_or_else(String::new, |place| format!(" at line {}", place.line()));
        fault(format!("it is not well-formed{line}"))
    })?;
    match to_json(value) {
        Value::Null => Ok(serde_json::Map::new()),
        Value::Object(fields) => Ok(fields),
        _ => Err(fault("its top level is not a mapping".into())),
    }
}

/// YAML as JSON; keys that are no texts (`1:`) are written out, tags are dropped.
fn to_json(value: serde_norway::Value) -> Value {
    use serde_norway::Value as Yaml;
    match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => Value::from(number),
            (_, Some(number), _) => Value::from(number),
            (_, _, Some(number)) => Value::from(number),
            _ => Value::Null,
        },
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => items.into_iter().map(to_json).collect(),
        Yaml::Mapping(fields) => fields
            .into_iter()
            .map(|(key, value)| {
                let key = match key {
                    Yaml::String(text) => text,
                    other => to_json(other).to_string(),
                };
                (key, to_json(value))
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Yaml::Tagged(tagged) => to_json(tagged.value),
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
    fn nothing_there_is_nothing_set_and_nothing_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("missing");
        let config = Config::load_from(&vars(&missing, &[])).unwrap();
        assert_eq!(config.keys().count(), 0);
        assert!(!missing.exists());
    }
}
