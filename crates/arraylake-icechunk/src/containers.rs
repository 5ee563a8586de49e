//! Virtual chunk containers: what an answer of `/open` grants, put into a config and an authorisation map.

use std::collections::{BTreeMap, HashMap};

use arraylake_types::{ExtraConfig, RepoName, StorageCredentials, VirtualChunkCredentials};
use icechunk::config::Credentials;
use icechunk::storage::S3Options;
use icechunk::virtual_chunks::VirtualChunkContainer;
use icechunk::{ObjectStoreConfig, RepositoryConfig};

use crate::credentials::{Link, Scope};
use crate::storage::{Access, credentials};
use crate::{Error, ErrorKind, OpenOptions};

/// Credentials by URL prefix, as icechunk wants them.
pub(crate) type Authorised = HashMap<String, Option<Credentials>>;

/// Places on the machine of whoever opens, or anywhere on the network: nothing a catalog may point at.
const FORBIDDEN: [&str; 4] = ["file", "memory", "http", "https"];

/// Adds every container of an answer to `config`, and returns who may read what. All of them, since containers in
/// a config replace the stored ones.
pub(crate) fn register(
    granted: &BTreeMap<String, VirtualChunkCredentials>,
    config: &mut RepositoryConfig,
    link: &Link,
    repo: &RepoName,
) -> Result<Authorised, Error> {
    let mut authorised = Authorised::new();
    for (prefix, entry) in granted {
        let Some(access) = access(prefix, entry)? else {
            tracing::warn!(%repo, prefix, platform = %entry.platform, "virtual chunks there cannot be read");
            continue;
        };
        let bad = |reason| Error::config(format!("{repo}: virtual chunks under {prefix}: {reason}"));
        let key = with_slash(prefix);
        // The caller's own container of that prefix keeps its name.
        let own = config.get_virtual_chunk_container(&key).and_then(|own| own.name()).map(str::to_owned);
        let name = entry.runtime_vcc_name.clone().or(own);
        let container = container(key.clone(), name, entry).map_err(bad)?;
        config.set_virtual_chunk_container(container).map_err(bad)?;
        authorised.insert(key, Some(Credentials::S3(credentials(access, link, repo))));
    }
    Ok(authorised)
}

/// Adds credentials that the caller brings, and refuses containers of the caller that nobody gave any for.
pub(crate) fn bring_own(
    options: &OpenOptions,
    authorised: &mut Authorised,
    repo: &RepoName,
) -> Result<(), Error> {
    for (prefix, credentials) in &options.containers {
        authorised.insert(with_slash(prefix), Some(credentials.clone()));
    }
    let declared = options.config.iter().flat_map(RepositoryConfig::virtual_chunk_containers);
    let mut prefixes: Vec<_> = declared
        .map(|container| with_slash(container.url_prefix()))
        .filter(|prefix| !authorised.contains_key(prefix))
        .collect();
    prefixes.sort();
    if prefixes.is_empty() {
        return Ok(());
    }
    let message = format!("{repo}: no access to the virtual chunks under {}", prefixes.join(", "));
    Err(Error::new(ErrorKind::UnauthorizedContainers { prefixes }, message))
}

/// None if this version cannot read there.
fn access(prefix: &str, entry: &VirtualChunkCredentials) -> Result<Option<Access>, Error> {
    let scheme = prefix.split_once("://").map_or("", |(scheme, _)| scheme);
    if FORBIDDEN.iter().any(|forbidden| scheme.eq_ignore_ascii_case(forbidden)) {
        return Err(Error::config(format!("the service may not grant virtual chunks under {prefix}")));
    }
    Ok(match &entry.credentials {
        _ if !entry.platform.is_s3_like() => None,
        None => Some(Access::Anonymous),
        Some(StorageCredentials::S3(_)) => Some(Access::Fetched(Scope::Container(prefix.to_owned()))),
        Some(_) => None,
    })
}

fn container(
    prefix: String,
    name: Option<String>,
    entry: &VirtualChunkCredentials,
) -> Result<VirtualChunkContainer, String> {
    let options = options(entry);
    let store = if prefix.starts_with("tigris://") {
        ObjectStoreConfig::Tigris(options)
    } else {
        ObjectStoreConfig::S3(options)
    };
    match name {
        Some(name) => VirtualChunkContainer::new_named(name, prefix, store),
        None => VirtualChunkContainer::new(prefix, store),
    }
}

fn options(entry: &VirtualChunkCredentials) -> S3Options {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let endpoint = text(&entry.endpoint_url);
    let config = ExtraConfig::new().with("endpoint_url", endpoint.clone().unwrap_or_default());
    // Unlike a repo's own bucket this one may go unread, so a missing region is no reason to fail: it is guessed.
    let guess = if config.is_r2() { "auto" } else { "us-east-1" };
    let options = S3Options::default()
        .with_region(text(&entry.region).unwrap_or_else(|| guess.to_owned()))
        .with_anonymous(entry.credentials.is_none())
        .with_allow_http(entry.allow_http || config.allow_http())
        .with_force_path_style(entry.force_path_style || config.is_r2());
    match endpoint {
        Some(url) => options.with_endpoint_url(url),
        None => options,
    }
}

fn with_slash(prefix: &str) -> String {
    format!("{}/", prefix.trim_end_matches('/'))
}
