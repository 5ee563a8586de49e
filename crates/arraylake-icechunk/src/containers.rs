//! Virtual chunk containers: what an answer of `/open` grants, put into a config and an authorisation map.

use std::collections::{BTreeMap, HashMap};

use arraylake_types::{ExtraConfig, Platform, RepoName, StorageCredentials, VirtualChunkCredentials};
use icechunk::config::Credentials;
use icechunk::storage::S3Options;
use icechunk::virtual_chunks::VirtualChunkContainer;
use icechunk::{ObjectStoreConfig, RepositoryConfig};

use crate::container_keys::of_kind;
use crate::credentials::{Link, Scope};
use crate::storage::{Access, Constructor};
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
        let key = with_slash(prefix);
        let own = config.get_virtual_chunk_container(&key);
        let account = account(entry, own);
        let Some(access) = access(prefix, entry, account.as_deref())? else {
            let reason = unreadable(&entry.platform);
            tracing::warn!(%repo, prefix, platform = %entry.platform, reason, "virtual chunks there cannot be read");
            continue;
        };
        let bad = |reason| Error::config(format!("{repo}: virtual chunks under {prefix}: {reason}"));
        // The caller's own container of that prefix keeps its name.
        let name = entry.runtime_vcc_name.clone().or(own.and_then(|own| own.name()).map(str::to_owned));
        let container = container(key.clone(), name, entry, account).map_err(bad)?;
        config.set_virtual_chunk_container(container).map_err(bad)?;
        authorised.insert(key, Some(of_kind(kind(&entry.platform), access.fetcher(link, repo))));
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
fn access(
    prefix: &str,
    entry: &VirtualChunkCredentials,
    account: Option<&str>,
) -> Result<Option<Access>, Error> {
    let scheme = prefix.split_once("://").map_or("", |(scheme, _)| scheme);
    if FORBIDDEN.iter().any(|forbidden| scheme.eq_ignore_ascii_case(forbidden)) {
        return Err(Error::config(format!("the service may not grant virtual chunks under {prefix}")));
    }
    let supported = match &entry.platform {
        Platform::Gs => cfg!(feature = "gcs"),
        Platform::Azure => cfg!(feature = "azure"),
        platform => platform.is_s3_like(),
    };
    Ok(match (&entry.credentials, &entry.platform) {
        _ if !supported => None,
        (_, Platform::Azure) if account.is_none() => None,
        (None, _) => Some(Access::Anonymous),
        (Some(StorageCredentials::S3(_)), platform) if !platform.is_s3_like() => None,
        (Some(StorageCredentials::Gcs(_)), platform) if *platform != Platform::Gs => None,
        (Some(StorageCredentials::Azure(_)), platform) if *platform != Platform::Azure => None,
        (Some(_), _) => Some(Access::Fetched(Scope::Container(prefix.to_owned()))),
    })
}

/// Why virtual chunks cannot be read that are granted.
fn unreadable(platform: &Platform) -> &'static str {
    match platform {
        Platform::Azure if cfg!(feature = "azure") => {
            "the service names no storage account; declare the container with its `account` in your config"
        }
        _ => "this version cannot use the platform with these credentials",
    }
}

/// The storage account of an Azure container. An answer names it with credentials alone; of a public container an
/// endpoint may tell, or the caller's own container of that prefix.
fn account(entry: &VirtualChunkCredentials, own: Option<&VirtualChunkContainer>) -> Option<String> {
    if let Some(StorageCredentials::Azure(signature)) = &entry.credentials {
        return Some(signature.storage_account.clone());
    }
    let url = entry.endpoint_url.as_deref().unwrap_or_default();
    let host = url.split_once("://").map_or("", |(_, rest)| rest);
    let of_endpoint = host.split_once(".blob.core.windows.net").map(|(account, _)| account.to_owned());
    let of_own = || match &own?.store {
        #[cfg(feature = "azure")]
        ObjectStoreConfig::Azure(options) => options.get("account").cloned(),
        _ => None,
    };
    of_endpoint.or_else(of_own).filter(|account| !account.is_empty())
}

fn container(
    prefix: String,
    name: Option<String>,
    entry: &VirtualChunkCredentials,
    account: Option<String>,
) -> Result<VirtualChunkContainer, String> {
    let store = store(&prefix, entry, account);
    match name {
        Some(name) => VirtualChunkContainer::new_named(name, prefix, store),
        None => VirtualChunkContainer::new(prefix, store),
    }
}

#[cfg_attr(not(feature = "azure"), expect(unused_variables, reason = "the account is Azure's"))]
fn store(prefix: &str, entry: &VirtualChunkCredentials, account: Option<String>) -> ObjectStoreConfig {
    match &entry.platform {
        #[cfg(feature = "gcs")]
        Platform::Gs => ObjectStoreConfig::Gcs(elsewhere("base_url", entry)),
        #[cfg(feature = "azure")]
        Platform::Azure => {
            let mut options = elsewhere("endpoint", entry);
            options.extend(account.map(|account| ("account".to_owned(), account)));
            ObjectStoreConfig::Azure(options)
        }
        _ if prefix.starts_with("tigris://") => ObjectStoreConfig::Tigris(options(entry)),
        _ => ObjectStoreConfig::S3(options(entry)),
    }
}

#[cfg(any(feature = "gcs", feature = "azure"))]
fn elsewhere(key: &str, entry: &VirtualChunkCredentials) -> HashMap<String, String> {
    let endpoint = entry.endpoint_url.as_deref().filter(|url| !url.is_empty());
    let http = entry.allow_http || endpoint.is_some_and(|url| url.starts_with("http://"));
    crate::storage::object_store_options(key, endpoint, http)
}

/// Which credentials the store of a container takes.
fn kind(platform: &Platform) -> Constructor {
    match platform {
        Platform::Gs => Constructor::Gcs,
        Platform::Azure => Constructor::Azure,
        _ => Constructor::S3,
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

/// The prefix as icechunk compares it.
pub(crate) fn with_slash(prefix: &str) -> String {
    format!("{}/", prefix.trim_end_matches('/'))
}
