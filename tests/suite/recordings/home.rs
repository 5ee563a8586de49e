//! The machine that a recorded call was made on: settings, where the service is, and the tokens in a home directory.

use std::path::{Path, PathBuf};

use arraylake_core::{AsyncClient, ClientBuilder, Config};
use serde_json::{Value, json};

use super::leaf::Recorded;
use super::record::Record;

/// Addresses that stand in a recording for ports.
pub(crate) fn with_ports(text: &str) -> String {
    [("CLOSEDPORT", "1"), ("LOGINPORT", "2"), ("PORT", "1")]
        .iter()
        .fold(text.to_owned(), |text, (name, port)| {
            text.replace(&format!("127.0.0.1:{name}"), &format!("127.0.0.1:{port}"))
        })
}

/// A token that a recording names in angle brackets.
fn token_of(name: &str) -> String {
    match name {
        "<jwt>" => "ey.recorded".to_owned(),
        "<api-token>" => "ema_recorded".to_owned(),
        given => given.to_owned(),
    }
}

/// A home directory, and the settings and tokens that the recorded one had.
pub(crate) struct Home {
    dir: tempfile::TempDir,
    config: Config,
    uri: Option<String>,
    token: Option<String>,
}

impl Home {
    pub(crate) fn of(record: &Record) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().to_str().unwrap();
        let mut config = Config::from_env_vars([("HOME", home)]);
        for (key, value) in record.before["config"].as_object().into_iter().flatten() {
            config = match value.as_str() {
                Some(text) => config.with(key, token_of(&with_ports(&text.replace("$HOME", home)))),
                None => config.with(key, value.clone()),
            };
        }
        // A setting of Python for all of them, not noted in each: where repos without a bucket have their chunks.
        if let (Some(0), Some(bucket)) = (
            record.returned["schema_version"].as_u64(),
            record.returned["object_store"]["bucket_name"].as_str(),
        ) {
            config = config.with("chunkstore.uri", format!("s3://{bucket}"));
        }
        let home = Self { uri: service_uri(record), token: token(record), dir, config };
        home.lay_down(record);
        home
    }

    /// A client like the recorded one.
    pub(crate) fn builder(&self, leaf: &Recorded) -> ClientBuilder {
        let leaf = leaf.clone();
        let mut builder = AsyncClient::builder().with_config(self.config.clone());
        if let Some(uri) = &self.uri {
            builder = builder.with_service_uri(uri);
        }
        if let Some(token) = &self.token {
            builder = builder.with_token(token.clone());
        }
        builder.with_transport(|transport| transport.with_leaf(leaf))
    }

    /// The settings as the environment of a program.
    pub(crate) fn vars(&self) -> Vec<(String, String)> {
        let variable = |key: &str| format!("ARRAYLAKE_{}", key.replace('.', "__").to_ascii_uppercase());
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let set = self.config.settings().into_iter().filter(|it| self.config.get(&it.key).is_some());
        let set = set.map(|it| (variable(&it.key), text(&it.value)));
        let mut vars: Vec<(String, String)> = set.collect();
        vars.push(("HOME".to_owned(), self.dir.path().display().to_string()));
        vars.extend(self.uri.iter().map(|uri| (variable("service.uri"), uri.clone())));
        vars.extend(self.token.iter().map(|token| (variable("token"), token.clone())));
        vars
    }

    /// The settings.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Where the home directory is.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes the tokens that were there before into the file where we look for them.
    fn lay_down(&self, record: &Record) {
        let Some(tokens) = tokens(record) else { return };
        let login = self.builder(&Recorded::new(&[])).build_login().unwrap();
        let path = login.token_file();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, tokens).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }

    /// Whether the token files are as they were recorded afterwards, names, content and permissions.
    pub(crate) fn is_as_recorded(&self, record: &Record) -> bool {
        let Some(expected) = record.files.as_object() else { return true };
        let mut paths = Vec::new();
        list(&self.dir.path().join(".arraylake"), &mut paths);
        // Releases before 1.5 had one file for every service.
        let name = |name: &str| if record.version.starts_with('1') { name.to_owned() } else { String::new() };
        let found: Vec<Value> = paths
            .iter()
            .map(|path| {
                let content = std::fs::read_to_string(path).unwrap();
                let content: Value = serde_json::from_str(&content).unwrap_or(Value::from(content));
                let path_name = path.strip_prefix(self.dir.path()).unwrap().to_str().unwrap();
                json!([name(path_name), content, mode(path)])
            })
            .collect();
        let expected: Vec<Value> = expected
            .iter()
            .map(|(path, file)| {
                let path = path.replace("$HOME/", "").replace("127.0.0.1_PORT", "127.0.0.1_1");
                json!([name(&path), file["content"], file["mode"]])
            })
            .collect();
        found == expected
    }
}

/// Where the recorded client looked for the service. The first argument of the class is that, too.
fn service_uri(record: &Record) -> Option<String> {
    let constructed = record.args.get("positional").filter(|_| record.call == "AsyncClient");
    let positional = constructed.and_then(|list| list[0].as_str());
    let given = positional.or(record.before["client"]["service_uri"].as_str());
    let configured = record.before["config"].get("service.uri").is_some();
    let fallback = (!configured).then_some("http://127.0.0.1:PORT");
    given.or(fallback).map(with_ports)
}

/// The API token of the recorded client. Where nothing is said, it had one, unless somebody was logged in.
fn token(record: &Record) -> Option<String> {
    let constructed = (record.call == "AsyncClient").then(|| record.args.get("token")).flatten();
    let given = constructed.or(record.before["client"].get("token")).and_then(Value::as_str);
    let elsewhere = record.auth == "login" || record.before["config"].get("token").is_some();
    given.or((!elsewhere).then_some("<api-token>")).map(token_of)
}

fn list(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => list(&path, found),
            path if path.extension().is_some_and(|ending| ending == "json") => found.push(path),
            _ => {}
        }
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    format!("0o{:o}", path.metadata().unwrap().permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(_: &Path) -> String {
    "0o600".to_owned()
}

/// The tokens that lay in the file. Where nothing is said of it, those of somebody who is logged in.
fn tokens(record: &Record) -> Option<String> {
    match &record.before["token_file"] {
        _ if record.auth != "login" => return None,
        Value::Null => {}
        Value::String(text) => return Some(text.clone()),
        tokens => return Some(tokens.to_string()),
    }
    let begins = matches!(record.method(), "login" | "get_authorize_info");
    let none = begins || record.case.contains("not logged in");
    (!none).then(|| {
        let text = |what: &str| format!("dummy-{what}-token");
        // The first grant was asked for with what lay in the file.
        let refresh = record.form_value("refresh_token").unwrap_or_else(|| text("refresh"));
        json!({"access_token": text("access"), "id_token": text("id"), "refresh_token": refresh,
            "expires_in": 86400, "token_type": "Bearer"})
        .to_string()
    })
}
