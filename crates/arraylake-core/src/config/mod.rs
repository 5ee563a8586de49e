//! Settings: what the environment and the shared configuration files say, and where each of them came from.
//!
//! The files, names and precedence are those of the Python client, so that both read one configuration:
//! explicit arguments, then `ARRAYLAKE_*` variables (`ARRAYLAKE_SERVICE__URI` is `service.uri`), then the files of
//! `$ARRAYLAKE_CONFIG` or `~/.config/arraylake` in name order, then defaults. Loading creates nothing.
//!
//! | what the Python client does | what is done here |
//! | --- | --- |
//! | reads YAML 1.1: `off` is false, `1:30` is 90 | the same; what is written means the same in YAML 1.2 |
//! | takes `True` and `300` in a variable for what they look like, and `true` for a text | the same; a text counts as true or false where one is asked for |
//! | takes an empty variable for an empty text, and fails | an empty variable is not set |
//! | takes any text for true | `'False'` in a file does not switch verification off either, but is pointed out: [`Config::complaints`] |
//! | takes `service.ssl.cafile` for a certificate of the client | its certificates are trusted, as the name says |
//! | fails at a key that is no text, or at a setting that is a section elsewhere | the key is written out; the more specific one wins |
//! | makes directories and files when it is imported | nothing is made |

mod complaints;
#[cfg(feature = "config-file")]
mod edit;
mod env;
#[cfg(feature = "config-file")]
mod file;
mod known;
mod literal;
#[cfg(feature = "config-file")]
mod rules;
#[cfg(feature = "config-file")]
mod scalar;
#[cfg(feature = "config-file")]
mod text;
#[cfg(feature = "config-file")]
mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

#[cfg(feature = "config-file")]
pub use self::edit::{ConfigFile, ConfigFileError};
pub use self::known::{KNOWN, KnownSetting, SettingKind, is_known, known, nearest};

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// An environment variable, by name.
    Environment(String),
    /// A configuration file.
    File(PathBuf),
    /// Code: [`Config::with`].
    Explicit,
    /// Nobody set it: what holds without a setting.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Explicit => f.write_str("an argument"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A configuration file that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the configuration file {path} cannot be read: {reason}")]
#[non_exhaustive]
pub struct ConfigError {
    /// The file.
    pub path: String,
    /// What is wrong with it, with the line. No value is quoted: the file may hold a token.
    pub reason: String,
}

/// A setting, its value, and where that came from.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Setting {
    /// Its name, with all its parts.
    pub key: String,
    /// Its value, secret or not.
    pub value: Value,
    /// Who set it.
    pub origin: Origin,
}

impl Setting {
    /// Whether the value must not be shown unless somebody asks for it.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        is_secret(&self.key)
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.is_secret() { "(hidden)".to_owned() } else { self.value.to_string() };
        write!(f, "{}: {value} from {}", self.key, self.origin)
    }
}

/// Settings by dotted key (`service.uri`), each with its origin.
///
/// ```
/// use arraylake_core::Config;
/// let env = [("ARRAYLAKE_SERVICE__URI", "http://127.0.0.1:8000"), ("ARRAYLAKE_TOKEN", "")];
/// let config = Config::from_env_vars(env);
/// assert_eq!(config.text("service.uri").as_deref(), Some("http://127.0.0.1:8000"));
/// assert_eq!(config.text("token"), None, "empty means unset");
/// assert_eq!(config.origin("service.uri").unwrap().to_string(), "ARRAYLAKE_SERVICE__URI");
/// ```
#[derive(Clone, Default)]
pub struct Config {
    settings: BTreeMap<String, (Value, Origin)>,
    home: Option<PathBuf>,
}

impl Config {
    /// No settings at all: defaults everywhere.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads the configuration files and the environment of this process.
    ///
    /// # Errors
    /// If a file is there but is not well-formed. Files that may not be read are passed over.
    pub fn load() -> Result<Self, ConfigError> {
        let vars: Vec<(String, String)> = std::env::vars().collect();
        Self::load_from(&vars)
    }

    /// As [`Config::load`], from a given environment.
    ///
    /// # Errors
    /// As there.
    pub fn load_from(vars: &[(String, String)]) -> Result<Self, ConfigError> {
        #[cfg(feature = "config-file")]
        let mut config = file::read(vars)?;
        #[cfg(not(feature = "config-file"))]
        let mut config = Self::empty();
        config.merge_env(vars.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        Ok(config)
    }

    /// Reads environment variables alone.
    pub fn from_env_vars<'a>(vars: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut config = Self::empty();
        config.merge_env(vars);
        config
    }

    /// The home directory of the environment that was read; none if none was.
    #[must_use]
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// Sets a key, above files and environment.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.set(&canonical(key), value.into(), &Origin::Explicit);
        self
    }

    fn merge_env<'a>(&mut self, vars: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let mut vars: Vec<(&str, &str)> = vars.into_iter().collect();
        // A section before the keys in it, whatever the order of the environment.
        vars.sort_by_key(|(name, _)| name.len());
        #[cfg(feature = "config-file")]
        for (name, text) in vars.iter().filter(|(name, _)| *name == env::INHERITED) {
            for (key, value) in env::inherited(text) {
                self.set(&canonical(&key), value, &Origin::Environment((*name).to_owned()));
            }
        }
        for (name, text) in vars {
            if (name == "HOME" || (name == "USERPROFILE" && self.home.is_none())) && !text.is_empty() {
                self.home = Some(PathBuf::from(text));
            }
            if let Some(key) = env::key(name) {
                let origin = Origin::Environment(name.to_owned());
                // An empty variable is what a shell leaves behind; it is no value anyone can use.
                if !text.is_empty() {
                    self.set(&key, env::literal(text), &origin);
                }
            }
        }
    }

    /// Sets a key to a scalar, or every key below it to the fields of a mapping; what stood there goes.
    fn set(&mut self, key: &str, value: Value, origin: &Origin) {
        if let Value::Object(fields) = value {
            self.settings.remove(key);
            for (name, value) in fields {
                self.set(&format!("{key}.{}", canonical(&name)), value, origin);
            }
            return;
        }
        let below = format!("{key}.");
        self.settings.retain(|old, _| old != key && !old.starts_with(&below));
        if !value.is_null() {
            self.settings.insert(key.to_owned(), (value, origin.clone()));
        }
    }

    /// Where a setting came from.
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.settings.get(&canonical(key)).map(|(_, origin)| origin)
    }

    /// Every key that is set, in alphabetical order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.settings.keys().map(String::as_str)
    }

    /// Every setting with its origin, in alphabetical order: those that are set, and those that this client heeds and
    /// that hold by default.
    ///
    /// ```
    /// use arraylake_core::{Config, Origin};
    /// let config = Config::empty().with("user.org", "acme");
    /// let found = config.settings().into_iter().find(|setting| setting.key == "service.uri").unwrap();
    /// assert_eq!((found.value, found.origin), ("https://api.earthmover.io".into(), Origin::Default));
    /// ```
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let set = self.settings.iter().map(|(key, (value, origin))| Setting {
            key: key.clone(),
            value: value.clone(),
            origin: origin.clone(),
        });
        let unset = KNOWN.iter().filter(|known| known.is_heeded && self.get(known.key).is_none());
        let defaults = unset.filter_map(|known| {
            let (key, value) = (known.key.to_owned(), known.default_value()?);
            Some(Setting { key, value, origin: Origin::Default })
        });
        let mut all: Vec<Setting> = set.chain(defaults).collect();
        all.sort_by(|one, other| one.key.cmp(&other.key));
        all
    }

    /// What is odd about the settings, one line each: unknown keys, values of another kind, values that the Python
    /// client takes for something else. No value is quoted.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        complaints::of(self)
    }

    /// A setting as it stands.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.settings.get(&canonical(key)).map(|(value, _)| value)
    }

    /// A setting as text; numbers are written out, an empty text counts as unset.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A setting as a boolean: a real one, or one of the usual words in any case.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        flag(self.get(key)?)
    }

    /// A setting as a whole number.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A setting as a length of time in seconds, with or without a fraction.
    #[must_use]
    pub fn seconds(&self, key: &str) -> Option<Duration> {
        let seconds = match self.get(key)? {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        Duration::try_from_secs_f64(seconds).ok().filter(|length| !length.is_zero())
    }
}

/// What a value means as a boolean.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::String(word) => match word.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// `-` and `_` are the same in every part of a key.
fn canonical(key: &str) -> String {
    key.replace('-', "_")
}

/// Whether the value of a key must not be shown.
fn is_secret(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    last == "proxy" || ["token", "secret", "password", "key"].iter().any(|end| last.ends_with(end))
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (key, (value, origin)) in &self.settings {
            let shown = if is_secret(key) { "(hidden)".to_owned() } else { value.to_string() };
            map.entry(key, &format_args!("{shown} from {origin}"));
        }
        map.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_what_is_secret() {
        let config =
            Config::from_env_vars([("ARRAYLAKE_TOKEN", "MARKER"), ("ARRAYLAKE_SERVICE__PROXY", "MARKER")]);
        assert!(!format!("{config:?}").contains("MARKER"));
        assert_eq!(config.keys().collect::<Vec<_>>(), ["service.proxy", "token"]);
    }

    #[test]
    fn each_setting_knows_where_it_came_from_and_secrets_are_not_shown() {
        let config = Config::from_env_vars([("ARRAYLAKE_TOKEN", "MARKER")]).with("http.timeout", 5);
        let settings = config.settings();
        let find = |key: &str| settings.iter().find(|setting| setting.key == key).unwrap();
        assert_eq!(find("token").origin, Origin::Environment("ARRAYLAKE_TOKEN".into()));
        let origins = (&find("http.timeout").origin, &find("service.uri").origin);
        assert_eq!(origins, (&Origin::Explicit, &Origin::Default));
        assert!(settings.is_sorted_by(|one, next| one.key < next.key));
        assert!(find("token").is_secret() && !format!("{settings:?}").contains("MARKER"));
    }

    #[test]
    fn a_section_in_a_variable_is_a_section_and_the_more_specific_variable_wins() {
        let vars = [
            ("ARRAYLAKE_SERVICE", "{'uri': 'http://a', 'proxy': 'p'}"),
            ("ARRAYLAKE_SERVICE__URI", "http://b"),
        ];
        for order in [[0, 1], [1, 0]] {
            let config = Config::from_env_vars(order.map(|at| vars[at]));
            assert_eq!(config.text("service.uri").as_deref(), Some("http://b"));
            assert_eq!(config.text("service.proxy").as_deref(), Some("p"));
        }
    }

    #[test]
    fn a_null_takes_a_whole_section_away() {
        let mut config =
            Config::from_env_vars([("ARRAYLAKE_SERVICE__URI", "x"), ("ARRAYLAKE_SERVICE__PROXY", "y")]);
        config.set("service", Value::Null, &Origin::Explicit);
        assert_eq!(config.keys().count(), 0);
    }

    #[test]
    fn words_and_numbers_are_understood_in_every_spelling() {
        let config = Config::empty().with("a", "OFF").with("b-c", "12").with("d", 0.5).with("e", true);
        assert_eq!(config.flag("a"), Some(false));
        assert_eq!(config.number("b_c"), Some(12));
        assert_eq!(config.seconds("d"), Some(Duration::from_millis(500)));
        assert_eq!(config.flag("e"), Some(true));
        assert_eq!(config.seconds("a"), None);
    }
}
