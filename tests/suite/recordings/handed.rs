//! What is handed to icechunk, in one picture for both sides: what Python gave it, and what we did.
//!
//! Storages of ours are looked at by their serialised form, which holds all that was given to icechunk's constructors.

use arraylake_core::icechunk::icechunk::config::Credentials;
use arraylake_core::icechunk::{IcechunkRepo, RepoStorage};
use serde_json::{Map, Value, json};

use super::play_object_stores;
use super::record::Record;
use super::watched_store;

/// Constructors of Python's icechunk, and what is of their kind.
const CONSTRUCTORS: [(&str, &str); 5] = [
    ("icechunk.s3_storage", "S3"),
    ("icechunk.r2_storage", "S3"),
    ("icechunk.tigris_storage", "Tigris"),
    ("icechunk.gcs_storage", "Gcs"),
    ("icechunk.azure_storage", "Azure"),
];

/// What Python handed over; what raised there and then was not.
pub(crate) fn recorded(record: &Record) -> Map<String, Value> {
    let mut picture = Map::new();
    if record.is_of_v1() {
        picture.insert("objects".to_owned(), watched_store::recorded(record));
    }
    if let Some(store) = play_object_stores::recorded_of_v1(record) {
        picture.insert("chunk store".to_owned(), store);
    }
    if let Some(store) = play_object_stores::recorded(record) {
        picture.insert("object store".to_owned(), store);
    }
    for call in record.storage.iter().filter(|call| call.get("raised").is_none()) {
        let function = call["function"].as_str().unwrap_or_default();
        let kwargs = &call["kwargs"];
        if let Some((_, kind)) = CONSTRUCTORS.iter().find(|(name, _)| *name == function) {
            picture.insert("storage".to_owned(), recorded_storage(function, kind, kwargs));
        } else if function.starts_with("icechunk.Repository.set_default") {
            picture.insert("author".to_owned(), call["args"][0].clone());
        } else if function.starts_with("icechunk.Repository") {
            picture.insert("config".to_owned(), recorded_config(&kwargs["config"]));
            picture.insert("containers".to_owned(), recorded_containers(&kwargs["config"]));
            let authorized =
                kwargs["authorize_virtual_chunk_access"].as_object().cloned().unwrap_or_default();
            let kinds = authorized.iter().map(|(prefix, keys)| (prefix.clone(), recorded_credentials(keys)));
            picture.insert("authorized".to_owned(), Value::Object(kinds.collect()));
            if let Some(version) = kwargs.get("spec_version").filter(|version| !version.is_null()) {
                picture.insert("spec_version".to_owned(), version.clone());
            }
        }
    }
    picture
}

fn recorded_storage(function: &str, kind: &str, kwargs: &Value) -> Value {
    let is_r2 = function == "icechunk.r2_storage";
    let set = |key: &str| kwargs.get(key).is_some_and(|value| !value.is_null() && *value != false);
    let credentials = if set("anonymous") {
        "anonymous"
    } else if set("get_credentials") {
        "renewed"
    } else if set("from_env") {
        "of the environment"
    } else if set("access_key_id") || set("sas_token") {
        "fixed"
    } else {
        "whatever is found"
    };
    let mut picture = json!({
        "kind": kind,
        "bucket": kwargs.get("bucket").or(kwargs.get("container")),
        "prefix": kwargs["prefix"],
        "credentials": credentials,
    });
    if kind == "Azure" {
        picture["account"] = kwargs["account"].clone();
    }
    if matches!(kind, "S3" | "Tigris") {
        // What this constructor makes of it.
        let region = if is_r2 && !set("region") { &json!("auto") } else { &kwargs["region"] };
        picture["region"] = region.clone();
        picture["endpoint_url"] = kwargs["endpoint_url"].clone();
        picture["allow_http"] = set("allow_http").into();
        picture["force_path_style"] = (is_r2 || set("force_path_style")).into();
        picture["network_stream_timeout_seconds"] = kwargs["network_stream_timeout_seconds"].clone();
    }
    picture
}

/// What of a config was set, without the containers.
fn recorded_config(config: &Value) -> Value {
    let mut set = config.as_object().cloned().unwrap_or_default();
    set.retain(|key, value| {
        !matches!(key.as_str(), "icechunk" | "virtual_chunk_containers") && !value.is_null()
    });
    set.into_iter().map(|(key, value)| (key, plain(&value))).collect::<Map<_, _>>().into()
}

/// Without the names of Python's classes, and without what is nothing.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(key, value)| *key != "icechunk" && !value.is_null());
            fields.map(|(key, value)| (key.clone(), plain(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// What a value has of the fields of another.
fn only(asked: &Value, given: &Value) -> Value {
    match (asked, given) {
        (Value::Object(asked), Value::Object(fields)) => {
            let kept =
                asked.iter().filter_map(|(key, value)| Some((key.clone(), only(value, fields.get(key)?))));
            kept.collect::<Map<_, _>>().into()
        }
        (_, given) => given.clone(),
    }
}

fn recorded_containers(config: &Value) -> Value {
    let containers = config["virtual_chunk_containers"].as_object().cloned().unwrap_or_default();
    let pictures = containers.into_iter().map(|(prefix, container)| {
        let kind = container["store"]["icechunk"].as_str().unwrap_or_default();
        let kind = kind.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        (prefix, container_picture(&container["name"], &kind, &container["store"]["_0"]))
    });
    pictures.collect::<Map<_, _>>().into()
}

fn container_picture(name: &Value, kind: &str, options: &Value) -> Value {
    let mut picture = json!({"name": name, "kind": kind});
    for key in ["region", "endpoint_url", "allow_http", "force_path_style", "base_url"] {
        if let Some(value) = options.get(key) {
            picture[key] = value.clone();
        }
    }
    picture
}

/// In one word: anonymous, fixed, renewed.
pub(crate) fn recorded_credentials(keys: &Value) -> Value {
    let inner =
        keys.get("_0").filter(|inner| inner["icechunk"].as_str().is_some_and(|name| name.contains('.')));
    let class = inner.unwrap_or(keys)["icechunk"].as_str().unwrap_or_default();
    let platform = class.split("Credentials").next().unwrap_or_default().to_ascii_lowercase();
    let how = match class.rsplit('.').next().unwrap_or_default() {
        "Anonymous" => "anonymous",
        "Refreshable" => "renewed",
        "Static" => "fixed",
        "FromEnv" => "of the environment",
        other => other,
    };
    format!("{platform}: {how}").into()
}

/// A storage that we built.
pub(crate) fn storage(storage: &RepoStorage) -> Value {
    let given = serde_json::to_value(storage).unwrap();
    let backend = given.get("backend").unwrap_or(&given);
    let mut picture = json!({
        "kind": kind(&given),
        "bucket": backend.get("bucket").or(backend.get("container")),
        "prefix": backend["prefix"],
        "credentials": how(&backend["credentials"]),
    });
    if let Some(account) = backend.get("account") {
        picture["account"] = account.clone();
    }
    if given["type"] == "S3Storage" {
        for key in
            ["region", "endpoint_url", "allow_http", "force_path_style", "network_stream_timeout_seconds"]
        {
            picture[key] = given["config"][key].clone();
        }
    }
    picture
}

fn kind(given: &Value) -> &'static str {
    match given["backend"]["object_store_provider_type"].as_str() {
        Some("gcs_object_store_provider") => "Gcs",
        Some("azure_object_store_provider") => "Azure",
        Some(_) => "another",
        None if given["extra_write_headers"].to_string().contains("X-Tigris-Consistent") => "Tigris",
        None => "S3",
    }
}

/// How credentials of ours are had.
fn how(keys: &Value) -> &'static str {
    let kind = ["s3_credential_type", "gcs_credential_type", "az_credential_type"];
    match kind.iter().find_map(|key| keys[*key].as_str()) {
        Some("anonymous") => "anonymous",
        Some("refreshable") => "renewed",
        Some("static") => "fixed",
        Some("from_env") => "of the environment",
        _ => "whatever is found",
    }
}

/// Credentials of ours, in the words of [`recorded_credentials`].
pub(crate) fn credentials(keys: &Credentials) -> Value {
    credentials_by_text(&serde_json::to_value(keys).unwrap())
}

fn credentials_by_text(keys: &Value) -> Value {
    let platform = keys["credential_type"].as_str().unwrap_or_default();
    format!("{platform}: {}", how(keys)).into()
}

/// A repository that we opened or created, apart from its storage.
pub(crate) fn repository(repo: &IcechunkRepo, record: &Record) -> Map<String, Value> {
    let opened = repo.repository();
    let config = serde_json::to_value(opened.config()).unwrap();
    let theirs = recorded(record);
    let asked = theirs.get("config").and_then(Value::as_object).cloned().unwrap_or_default();
    // Ours is filled up with defaults; what was asked for is what counts.
    let set = asked.into_iter().map(|(key, value)| (key.clone(), only(&value, &plain(&config[&key]))));
    let containers = opened.config().virtual_chunk_containers().map(|container| {
        let text = serde_json::to_value(container).unwrap();
        let (kind, options) = text["store"].as_object().and_then(|store| store.iter().next()).unwrap();
        (container.url_prefix().to_owned(), container_picture(&text["name"], kind, options))
    });
    let containers: Map<String, Value> = containers.collect();
    let text = serde_json::to_value(opened).unwrap();
    let authorized = text["authorized_virtual_containers"].as_object().cloned().unwrap_or_default();
    let authorized: Map<String, Value> =
        authorized.iter().map(|(prefix, keys)| (prefix.clone(), credentials_by_text(keys))).collect();
    let mut picture = Map::new();
    picture.insert("author".to_owned(), serde_json::to_value(opened.default_commit_metadata()).unwrap());
    picture.insert("config".to_owned(), set.collect::<Map<_, _>>().into());
    picture.insert("containers".to_owned(), containers.into());
    picture.insert("authorized".to_owned(), authorized.into());
    if theirs.contains_key("spec_version") {
        picture.insert("spec_version".to_owned(), (opened.spec_version() as u8).into());
    }
    picture
}

/// Each difference between two pictures, as a line.
pub(crate) fn differences(
    theirs: &Map<String, Value>,
    ours: &Map<String, Value>,
    path: &str,
    lines: &mut Vec<String>,
) {
    let (nothing, empty) = (Value::Null, Map::new());
    let mut keys: Vec<&String> = theirs.keys().chain(ours.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let (their, our) = (theirs.get(key).unwrap_or(&nothing), ours.get(key).unwrap_or(&nothing));
        let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if their.is_object() || our.is_object() {
            let fields = |value: &Value| value.as_object().cloned().unwrap_or_else(|| empty.clone());
            differences(&fields(their), &fields(our), &inner, lines);
        } else if their != our {
            lines.push(format!("icechunk gets {inner}: {our} instead of {their}"));
        }
    }
}
