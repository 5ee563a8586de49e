//! What a compute service is asked to be like. Clients read it back in every list, one by one strictly: a field of another
//! type than they know would cost them the whole list.

use serde_json::{Map, Value, json};

use super::body::Body;
use crate::refusal::Refusal;

const KINDS: [&str; 7] = ["dap2", "edr", "wms", "zarr", "tiles", "openeo", "sql"];
const LOG_LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/// Numbers, of every release of the client.
const NUMBERS: [&str; 16] = [
    "replicas",
    "cache_ttl",
    "cache_size",
    "dataset_cache_ttl",
    "dataset_cache_size",
    "store_cache_ttl",
    "store_cache_size",
    "cache_max_age",
    "icechunk_cache_chunk_bytes",
    "icechunk_cache_chunk_ref_count",
    "zarr_concurrency",
    "zarr_codec_pipeline_batch_size",
    "zarr_max_workers",
    "tiles_num_threads",
    "tiles_num_concurrent_data_loads",
    "tiles_max_renderable_size",
];
const TEXTS: [&str; 6] =
    ["service_version", "sku_code", "cpu_request", "cpu_limit", "memory_request", "memory_limit"];
const SWITCHES: [&str; 2] = ["use_dask", "spot"];

/// The one region there is: this machine.
pub(super) const REGION: &str = "local";

/// Reads the config of a service of an org. What is not known is kept, for newer clients know more.
pub(super) fn read(mut config: Map<String, Value>, org: &str) -> Result<Map<String, Value>, Refusal> {
    config.retain(|_, value| !value.is_null());
    let mut body = Body::of(config.clone());
    let kind = body.required_text("service_type");
    let _: Option<bool> = body.required("is_public", "a valid boolean");
    let named = body.required_text("org");
    let (label, region, level) = (body.text("deployment_name"), body.text("region"), body.text("log_level"));
    read_others(&mut body);
    body.finish()?;
    if !KINDS.contains(&kind.as_str()) {
        return Err(Refusal::rule(format!("service_type: {kind:?} is none of {KINDS:?}")));
    }
    if named != org {
        return Err(Refusal::rule(format!("org: {named:?} is not the org in the path")));
    }
    if label.as_deref().is_some_and(|label| !is_label(label)) {
        let rule = "at most 16 lower-case letters, digits and '-', which stands at neither end";
        return Err(Refusal::rule(format!("deployment_name: must be {rule}")));
    }
    if let Some(region) = region.filter(|region| region != REGION) {
        return Err(Refusal::rule(format!("region: {region:?} is not available; there is {REGION:?}")));
    }
    if let Some(level) = level.filter(|level| !LOG_LEVELS.contains(&level.as_str())) {
        return Err(Refusal::rule(format!("log_level: {level:?} is none of {LOG_LEVELS:?}")));
    }
    let defaults =
        [("min_replicas", json!(1)), ("max_replicas", json!(24)), ("deployment_name", Value::Null)];
    for (key, value) in defaults {
        config.entry(key).or_insert(value);
    }
    check_replicas(&config)?;
    Ok(config)
}

/// The fields that stand for themselves.
fn read_others(body: &mut Body) {
    read_replicas(body);
    for key in NUMBERS {
        let _: Option<i64> = body.any(key, "a valid integer");
    }
    for key in TEXTS {
        let _ = body.text(key);
    }
    for key in SWITCHES {
        let _: Option<bool> = body.any(key, "a valid boolean");
    }
}

fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=16).contains(&label.len())
        && label.bytes().all(plain)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A text among the fields of a config.
pub(super) fn word<'c>(config: &'c Map<String, Value>, key: &str) -> Option<&'c str> {
    config.get(key)?.as_str()
}

/// The fewest and the most replicas.
pub(super) fn read_replicas(body: &mut Body) {
    for key in ["min_replicas", "max_replicas"] {
        let _: Option<u32> = body.any(key, "a valid integer, 0 or more");
    }
}

/// Refuses more replicas at least than at most.
pub(super) fn check_replicas(config: &Map<String, Value>) -> Result<(), Refusal> {
    let number = |key: &str| config.get(key).and_then(Value::as_u64).unwrap_or_default();
    if number("min_replicas") > number("max_replicas") {
        return Err(Refusal::rule("min_replicas must not be greater than max_replicas"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_of_another_type_than_clients_know_is_kept() {
        let config = |key: &str, value: Value| {
            let mut config = json!({"service_type": "edr", "org": "acme", "is_public": true});
            config[key] = value;
            read(config.as_object().cloned().unwrap(), "acme")
        };
        for (key, bad) in [
            ("cache_max_age", json!("1h")),
            ("store_cache_ttl", json!(1.5)),
            ("sku_code", json!(5)),
            ("use_dask", json!("no")),
            ("spot", json!(1)),
            ("log_level", json!("TRACE")),
            ("service_type", json!("ftp")),
        ] {
            assert!(config(key, bad).unwrap_err().message().contains(key), "{key}");
        }
        for (key, good) in [("log_level", json!("DEBUG")), ("spot", Value::Null), ("of_tomorrow", json!([1]))]
        {
            config(key, good).unwrap();
        }
    }
}
