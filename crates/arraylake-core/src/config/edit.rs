//! [`ConfigFile`]: changes a configuration file so that both it and its comments stay readable.
//!
//! The Python client reads YAML 1.1, where `yes` and `1:30` are no texts. What is written here means the same to it as
//! to YAML 1.2.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use arraylake_types::InvalidInput;
use serde_json::{Map, Value};

use super::text::Text;
use super::{ConfigError, KNOWN, canonical, file, is_secret, rules, scalar, yaml};
use crate::file::{Mode, replace};

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
    /// The file is written in a way in which a key cannot be changed by itself.
    #[error("the configuration file {} is laid out in a way that is not changed here; edit it by hand", path.display())]
    #[non_exhaustive]
    Layout {
        /// The file.
        path: PathBuf,
    },
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
        let (parts, value) = (rules::parts(key)?, rules::value(key, value)?);
        let (text, mut data) = self.read()?;
        put(&mut data, &parts, value.clone())
            .map_err(|rule| InvalidInput::new("configuration key", key, rule))?;
        self.write(&data, |root| Text::new(&text, root).with(&parts, &scalar::written(&value)), &text)
    }

    /// Removes a key, and sections that are empty after that. Whether it was there.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn unset(&self, key: &str) -> Result<bool, ConfigFileError> {
        let parts: Vec<String> = key.split('.').map(str::to_owned).collect();
        let (text, mut data) = self.read()?;
        if !remove(&mut data, &parts) {
            return Ok(false);
        }
        self.write(&data, |root| Text::new(&text, root).without(&parts), &text)?;
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
        let text = if self.is_json() { "{}\n".to_owned() } else { template() };
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

    /// Writes the text as it is edited, if it says what it should then. JSON is written anew: it has no comments.
    fn write(
        &self,
        wanted: &Map<String, Value>,
        edit: impl FnOnce(Option<yaml::Node>) -> String,
        before: &str,
    ) -> Result<(), ConfigFileError> {
        let edited = match self.is_json() {
            true => format!("{:#}\n", Value::Object(wanted.clone())),
            false => edit(yaml::parse(before).ok().flatten()),
        };
        if file::parse(&self.path, &edited).ok().as_ref() != Some(wanted) {
            return Err(ConfigFileError::Layout { path: self.path.clone() });
        }
        self.replace(&edited, holds_secret(wanted))
    }

    /// With a secret in it, it is for its owner alone.
    fn replace(&self, text: &str, secret: bool) -> Result<(), ConfigFileError> {
        let mode = if secret { Mode::Secret } else { Mode::Kept };
        replace(&self.path, text.as_bytes(), mode).map_err(|error| self.failed("writing", error))
    }

    fn failed(&self, operation: &'static str, source: io::Error) -> ConfigFileError {
        ConfigFileError::Io { operation, path: self.path.clone(), source }
    }
}

fn holds_secret(data: &Map<String, Value>) -> bool {
    data.iter().any(|(key, value)| match value {
        Value::Object(fields) => holds_secret(fields),
        value => !value.is_null() && is_secret(key),
    })
}

fn put(data: &mut Map<String, Value>, parts: &[String], value: Value) -> Result<(), &'static str> {
    let Some((first, rest)) = parts.split_first() else { return Ok(()) };
    let name = spelled(data, first);
    if rest.is_empty() {
        if data.get(&name).is_some_and(Value::is_object) {
            return Err("is a section in this file: name a key in it");
        }
        data.insert(name, value);
        return Ok(());
    }
    match data.entry(name).or_insert(Value::Null) {
        Value::Object(section) => put(section, rest, value),
        empty @ Value::Null => {
            let mut section = Map::new();
            put(&mut section, rest, value)?;
            *empty = Value::Object(section);
            Ok(())
        }
        _ => Err("goes into a section, which is no section in this file"),
    }
}

/// Whether something was there; sections that are left empty go along.
fn remove(data: &mut Map<String, Value>, parts: &[String]) -> bool {
    let Some((first, rest)) = parts.split_first() else { return false };
    let name = spelled(data, first);
    if rest.is_empty() {
        return data.remove(&name).is_some();
    }
    let Some(Value::Object(section)) = data.get_mut(&name) else { return false };
    let removed = remove(section, rest);
    if removed && section.is_empty() {
        data.remove(&name);
    }
    removed
}

/// A part of a key as the file spells it: `-` and `_` are the same.
fn spelled(data: &Map<String, Value>, part: &str) -> String {
    let found = data.keys().find(|key| canonical(key) == canonical(part));
    found.cloned().unwrap_or_else(|| part.to_owned())
}

/// A file that sets nothing and names every key that this client heeds.
fn template() -> String {
    let mut text =
        "# Configuration of Arraylake clients; `arraylake config list --origin` shows what is in effect.\n"
            .to_owned();
    let mut section: Vec<&str> = Vec::new();
    for known in KNOWN.iter().filter(|known| known.is_heeded) {
        let parts: Vec<&str> = known.key.split('.').collect();
        let (name, parents) = parts.split_last().map_or(("", &[][..]), |(name, parents)| (*name, parents));
        let same = section.iter().zip(parents).take_while(|(one, other)| one == other).count();
        for (depth, parent) in parents.iter().enumerate().skip(same) {
            text += &format!("# {}{parent}:\n", "  ".repeat(depth));
        }
        section = parents.to_vec();
        let line = format!("# {}{name}: {}", "  ".repeat(parents.len()), known.default);
        text += &format!("{}  # {}\n", line.trim_end(), known.about);
    }
    text
}

#[cfg(test)]
mod tests;
