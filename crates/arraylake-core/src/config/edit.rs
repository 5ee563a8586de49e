//! [`ConfigFile`]: changes a configuration file so that both it and its comments stay readable.
//!
//! The Python client reads YAML 1.1, where `yes` and `1:30` are no texts. What is written here means the same to it as
//! to YAML 1.2.

mod yaml;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use arraylake_types::InvalidInput;
use serde_json::{Map, Value};

use super::{ConfigError, canonical, file, is_secret, known};

/// A configuration file that is changed key by key.
///
/// Comments and order stay. The file is replaced in one step; if it holds a secret, only its owner may read it.
///
/// ```
/// use arraylake_core::ConfigFile;
/// let dir = tempfile::tempdir()?;
/// let file = ConfigFile::at(dir.path().join("config.yaml"));
/// file.set("http.timeout", &60.into())?;
/// file.set("service.uri", &"http://127.0.0.1:8000".into())?;
/// let text = std::fs::read_to_string(file.path())?;
/// assert_eq!(text, "http:\n  timeout: 60\nservice:\n  uri: http://127.0.0.1:8000\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: PathBuf,
}

/// A configuration file that could not be changed. It is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFileError {
    /// The file is not well-formed.
    #[error(transparent)]
    Malformed(#[from] ConfigError),
    /// A key or a value breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidInput),
    /// There is no home directory for the file.
    #[error("there is no place for a configuration file: set HOME or ARRAYLAKE_CONFIG")]
    NoPlace,
    /// The file cannot be read or written.
    #[error("{operation} the configuration file {} failed: {source}", path.display())]
    #[non_exhaustive]
    Io {
        /// `reading` or `writing`.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl ConfigFile {
    /// The file of the user: `config.yaml` in `$ARRAYLAKE_CONFIG` or `~/.config/arraylake`, or the file that the
    /// variable names.
    ///
    /// # Errors
    /// If there is no home directory.
    pub fn of_user(vars: &[(String, String)]) -> Result<Self, ConfigFileError> {
        let place = file::place(vars).ok_or(ConfigFileError::NoPlace)?;
        let names_a_file = place.is_file() || (!place.is_dir() && file::has_known_ending(&place));
        Ok(Self { path: if names_a_file { place } else { place.join("config.yaml") } })
    }

    /// Any file. `.json` is JSON, all else YAML.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sets a key; the file is made if it is missing. A text becomes a boolean or a number where the key is known to be
    /// one: see [`known`](super::known).
    ///
    /// # Errors
    /// [`ConfigFileError::Invalid`] if the key is no key or its value not one for it; if the file is malformed or
    /// cannot be written.
    pub fn set(&self, key: &str, value: &Value) -> Result<(), ConfigFileError> {
        let (parts, value) = (known::parts(key)?, known::value(key, value)?);
        let (text, mut data) = self.read()?;
        let parts = spelled(&data, &parts);
        put(&mut data, &parts, value.clone());
        let edited = (!self.is_json()).then(|| yaml::set(&text, &parts, &value));
        self.write(edited, &data)
    }

    /// Removes a key, and sections that are empty after that. Whether it was there.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn unset(&self, key: &str) -> Result<bool, ConfigFileError> {
        let parts = known::parts(key)?;
        let (text, mut data) = self.read()?;
        let parts = spelled(&data, &parts);
        if !remove(&mut data, &parts) {
            return Ok(false);
        }
        let edited = (!self.is_json()).then(|| yaml::unset(&text, &parts));
        self.write(edited, &data)?;
        Ok(true)
    }

    /// Makes the file, with every known key in a comment. Whether it was not there yet.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn init(&self) -> Result<bool, ConfigFileError> {
        if self.path.exists() {
            return Ok(false);
        }
        let text = if self.is_json() { "{}\n".to_owned() } else { known::template() };
        self.replace(&text, false)?;
        Ok(true)
    }

    fn is_json(&self) -> bool {
        self.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
    }

    fn read(&self) -> Result<(String, Map<String, Value>), ConfigFileError> {
        match fs::read_to_string(&self.path) {
            Ok(text) => {
                let data = file::parse(&self.path, &text)?;
                Ok((text, data))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((String::new(), Map::new())),
            Err(error) => Err(self.failed("reading", error)),
        }
    }

    /// Writes the edited text if it says what it should, else the data alone, without the comments of a file that is
    /// written in a way that no line of it can be changed by itself.
    fn write(&self, edited: Option<String>, data: &Map<String, Value>) -> Result<(), ConfigFileError> {
        let is_right = |text: &String| file::parse(&self.path, text).is_ok_and(|read| read == *data);
        let text = match edited.filter(is_right) {
            Some(text) => text,
            None if self.is_json() => format!("{:#}\n", Value::Object(data.clone())),
            None => yaml::whole(data),
        };
        self.replace(&text, holds_secret("", data))
    }

    /// Puts the new file in the place of the old one in one step. Behind a link, in that of the file it leads to.
    fn replace(&self, text: &str, secret: bool) -> Result<(), ConfigFileError> {
        let failed = |error| self.failed("writing", error);
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(dir).map_err(failed)?;
        let mut file = tempfile::Builder::new().prefix(".config-").tempfile_in(dir).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        // A temporary file is for its owner alone.
        if !secret {
            let permissions = fs::metadata(&path).map(|old| old.permissions()).ok().or_else(usual);
            if let Some(permissions) = permissions {
                file.as_file().set_permissions(permissions).map_err(failed)?;
            }
        }
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    fn failed(&self, operation: &'static str, source: io::Error) -> ConfigFileError {
        ConfigFileError::Io { operation, path: self.path.clone(), source }
    }
}

/// What a new file without secrets may have: readable by all, writable by its owner.
fn usual() -> Option<fs::Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    #[cfg(not(unix))]
    None
}

fn holds_secret(prefix: &str, data: &Map<String, Value>) -> bool {
    data.iter().any(|(key, value)| match value {
        Value::Object(fields) => holds_secret(key, fields),
        value => !value.is_null() && is_secret(&format!("{prefix}.{key}")),
    })
}

/// The parts of a key in the spelling that the file has: `-` and `_` are the same.
fn spelled(data: &Map<String, Value>, parts: &[String]) -> Vec<String> {
    let mut section = Some(data);
    let mut found = Vec::new();
    for part in parts {
        let same = section.and_then(|fields| fields.keys().find(|key| canonical(key) == canonical(part)));
        let name = same.unwrap_or(part).clone();
        section = section.and_then(|fields| fields.get(&name)).and_then(Value::as_object);
        found.push(name);
    }
    found
}

fn put(data: &mut Map<String, Value>, parts: &[String], value: Value) {
    match parts {
        [] => {}
        [last] => drop(data.insert(last.clone(), value)),
        [first, rest @ ..] => {
            let section = data.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if !section.is_object() {
                *section = Value::Object(Map::new());
            }
            if let Value::Object(fields) = section {
                put(fields, rest, value);
            }
        }
    }
}

/// Whether something was there.
fn remove(data: &mut Map<String, Value>, parts: &[String]) -> bool {
    match parts {
        [] => false,
        [last] => data.remove(last).is_some(),
        [first, rest @ ..] => {
            let Some(Value::Object(fields)) = data.get_mut(first) else { return false };
            let removed = remove(fields, rest);
            if removed && fields.is_empty() {
                data.remove(first);
            }
            removed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, ConfigFile) {
        let dir = tempfile::tempdir().unwrap();
        let file = ConfigFile::at(dir.path().join("config.yaml"));
        fs::write(file.path(), text).unwrap();
        (dir, file)
    }

    fn text(file: &ConfigFile) -> String {
        fs::read_to_string(file.path()).unwrap()
    }

    #[test]
    fn comments_and_order_stay_and_other_spellings_are_found() {
        let before = "# mine\nuser:\n  org: acme # the best\n\nhttp:\n  max-retries: 3\n  # slow lines\n  timeout: 5\n";
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
    fn a_file_that_is_written_in_one_line_keeps_its_data() {
        for before in [
            "service: {uri: 'http://a', proxy: null}\ntoken: ema_x",
            "{service: {uri: http://a, proxy: }, token: ema_x}",
        ] {
            let (_dir, file) = file(before);
            file.set("service.uri", &"http://b".into()).unwrap();
            let read = file::parse(file.path(), &text(&file)).unwrap();
            assert_eq!(
                Value::Object(read),
                serde_json::json!({"service": {"uri": "http://b", "proxy": null}, "token": "ema_x"})
            );
        }
    }

    #[test]
    fn what_is_no_key_or_no_value_for_it_changes_nothing() {
        let (_dir, file) = file("a: 1\n");
        for (key, value) in [
            ("", "x"),
            ("a..b", "x"),
            ("a.yes", "x"),
            ("on", "x"),
            ("a b", "x"),
            ("1", "x"),
            ("service", "x"),
        ] {
            assert!(file.set(key, &value.into()).is_err(), "{key}");
        }
        for (key, value) in [
            ("http.timeout", "soon"),
            ("service.ssl.verify", "maybe"),
            ("service.uri", "x"),
            ("token", "MARKER"),
        ] {
            let error = file.set(key, &value.into()).unwrap_err().to_string();
            assert!(!error.contains("MARKER"), "{error}");
        }
        assert_eq!(text(&file), "a: 1\n");
    }

    #[test]
    fn a_malformed_file_stays_as_it_is() {
        let (_dir, file) = file("a: [1\n");
        assert!(matches!(file.set("user.org", &"acme".into()), Err(ConfigFileError::Malformed(_))));
        assert_eq!(text(&file), "a: [1\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_a_secret_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_dir, file) = file("user:\n  org: acme\n");
        let mode = |file: &ConfigFile| fs::metadata(file.path()).unwrap().permissions().mode() & 0o777;
        file.set("user.org", &"other".into()).unwrap();
        assert_ne!(mode(&file) & 0o044, 0);
        file.set("token", &"ema_abc".into()).unwrap();
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn a_new_file_names_every_key_and_sets_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = ConfigFile::at(dir.path().join("sub").join("config.yaml"));
        assert!(file.init().unwrap() && !file.init().unwrap());
        assert!(text(&file).contains("#   uri: https://api.earthmover.io  # where"), "{}", text(&file));
        assert!(file::parse(file.path(), &text(&file)).unwrap().is_empty());
    }

    #[test]
    fn json_stays_json() {
        let dir = tempfile::tempdir().unwrap();
        let file = ConfigFile::at(dir.path().join("config.json"));
        file.set("http.timeout", &5.into()).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&text(&file)).unwrap(),
            serde_json::json!({"http": {"timeout": 5}})
        );
    }
}
