//! Virtual chunk containers: what an answer of `/open` grants, put into a config and an authorisation map.

use std::collections::{BTreeMap, HashMap};
#[cfg(any(feature = "gcs", feature = "azure"))]
use std::sync::Arc;

use arraylake_types::{ExtraConfig, Platform, RepoName, StorageCredentials, VirtualChunkCredentials};
use icechunk::config::Credentials;
#[cfg(feature = "azure")]
use icechunk::storage::AzureCredentials;
#[cfg(feature = "gcs")]
use icechunk::storage::GcsCredentials;
use icechunk::storage::S3Options;
use icechunk::virtual_chunks::VirtualChunkContainer;
use icechunk::{ObjectStoreConfig, RepositoryConfig};

#[cfg(any(feature = "gcs", feature = "azure"))]
use crate::credentials::Fetcher;
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
        authorised.insert(key, Some(signer(access, &entry.platform, link, repo)));
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
    let supported = match &entry.platform {
        Platform::Gs => cfg!(feature = "gcs"),
        Platform::Azure => cfg!(feature = "azure"),
        platform => platform.is_s3_like(),
    };
    Ok(match (&entry.credentials, &entry.platform) {
        _ if !supported => None,
        // Nothing names the account of an Azure container but credentials.
        (None, Platform::Azure) => None,
        (None, _) => Some(Access::Anonymous),
        (Some(StorageCredentials::S3(_)), platform) if !platform.is_s3_like() => None,
        (Some(StorageCredentials::Gcs(_)), platform) if *platform != Platform::Gs => None,
        (Some(StorageCredentials::Azure(_)), platform) if *platform != Platform::Azure => None,
        (Some(_), _) => Some(Access::Fetched(Scope::Container(prefix.to_owned()))),
    })
}

fn container(
    prefix: String,
    name: Option<String>,
    entry: &VirtualChunkCredentials,
) -> Result<VirtualChunkContainer, String> {
    let store = store(&prefix, entry);
    match name {
        Some(name) => VirtualChunkContainer::new_named(name, prefix, store),
        None => VirtualChunkContainer::new(prefix, store),
    }
}

fn store(prefix: &str, entry: &VirtualChunkCredentials) -> ObjectStoreConfig {
    match &entry.platform {
        #[cfg(feature = "gcs")]
        Platform::Gs => ObjectStoreConfig::Gcs(elsewhere("base_url", entry)),
        #[cfg(feature = "azure")]
        Platform::Azure => {
            let mut options = elsewhere("endpoint", entry);
            if let Some(StorageCredentials::Azure(signature)) = &entry.credentials {
                options.insert("account".to_owned(), signature.storage_account.clone());
            }
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

/// Who signs for a container; the store and the credentials must be of one kind.
fn signer(access: Access, platform: &Platform, link: &Link, repo: &RepoName) -> Credentials {
    match (platform, access) {
        #[cfg(feature = "gcs")]
        (Platform::Gs, Access::Anonymous) => Credentials::Gcs(GcsCredentials::Anonymous),
        #[cfg(feature = "gcs")]
        (Platform::Gs, Access::Fetched(scope)) => {
            let fetcher = Fetcher::new(link.clone(), repo.clone(), scope);
            Credentials::Gcs(GcsCredentials::Refreshable(Arc::new(fetcher)))
        }
        #[cfg(feature = "azure")]
        (Platform::Azure, Access::Fetched(scope)) => {
            let fetcher = Fetcher::new(link.clone(), repo.clone(), scope);
            Credentials::Azure(AzureCredentials::Refreshable(Arc::new(fetcher)))
        }
        (_, access) => Credentials::S3(credentials(access, link, repo)),
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
