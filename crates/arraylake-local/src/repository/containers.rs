//! Virtual chunk containers in the config that a repository keeps beside its data.

use std::collections::HashMap;

use icechunk::config::S3Options;
use icechunk::repository::RepositoryErrorKind;
use icechunk::virtual_chunks::VirtualChunkContainer;
use icechunk::{ObjectStoreConfig, Repository};

use super::{Container, NewContainer, name_of, storage, unreadable};
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::store::StoredRepo;

/// The containers in the config of a repo, in the order of their prefixes. None where there is no repository yet, or
/// where it lies out of reach.
pub(crate) async fn containers(lake: &Lake, repo: &StoredRepo) -> Result<Vec<Container>, Refusal> {
    let Some(storage) = storage(lake, repo) else { return Ok(Vec::new()) };
    let config = match Repository::fetch_config(storage).await {
        Ok(config) => config,
        Err(error) if matches!(error.kind, RepositoryErrorKind::RepositoryDoesntExist) => None,
        Err(error) => return Err(unreadable(name_of(repo), &error)),
    };
    let saved = config.iter().flat_map(|(config, _)| config.virtual_chunk_containers());
    let mut saved: Vec<Container> = saved.map(read).collect();
    saved.sort_by(|one, other| one.prefix.cmp(&other.prefix));
    Ok(saved)
}

fn read(saved: &VirtualChunkContainer) -> Container {
    let endpoint = match &saved.store {
        ObjectStoreConfig::S3(options)
        | ObjectStoreConfig::S3Compatible(options)
        | ObjectStoreConfig::Tigris(options) => options.endpoint_url.clone(),
        _ => None,
    };
    // Written without the slash by some versions.
    Container { prefix: format!("{}/", saved.url_prefix().trim_end_matches('/')), endpoint }
}

/// Takes containers out of the config of a repo, and puts others in. One that is there keeps its name.
pub(crate) async fn change_containers(
    lake: &Lake,
    repo: &StoredRepo,
    add: Vec<NewContainer>,
    remove: &[String],
) -> Result<(), Refusal> {
    let (org, name) = name_of(repo);
    let absent =
        |why: &str| Refusal::conflict(format!("The config of {org}/{name} cannot be changed: {why}"));
    let Some(storage) = storage(lake, repo) else {
        return Err(absent("its data does not lie in the object store of this service"));
    };
    let opened = match Repository::open(storage).execute().await {
        Ok(opened) => opened,
        Err(error) if matches!(error.kind, RepositoryErrorKind::RepositoryDoesntExist) => {
            return Err(absent("there is no repository yet"));
        }
        Err(error) => return Err(unreadable((org, name), &error)),
    };
    let mut config = opened.config().clone();
    let mut kept: HashMap<String, VirtualChunkContainer> =
        config.virtual_chunk_containers().map(|it| (read(it).prefix, it.clone())).collect();
    for prefix in remove {
        kept.remove(prefix);
    }
    for wanted in add {
        let named = kept.get(&wanted.prefix).and_then(|it| it.name().map(str::to_owned));
        kept.insert(wanted.prefix.clone(), built(wanted, named).map_err(Refusal::rule)?);
    }
    config.clear_virtual_chunk_containers();
    for container in kept.into_values() {
        config.set_virtual_chunk_container(container).map_err(Refusal::rule)?;
    }
    let failed = |error: icechunk::repository::RepositoryError| unreadable((org, name), &error);
    opened.reopen(Some(config), None).await.map_err(failed)?.save_config().await.map_err(failed)?;
    Ok(())
}

fn built(wanted: NewContainer, named: Option<String>) -> Result<VirtualChunkContainer, String> {
    let scheme = wanted.prefix.split_once("://").map_or("", |(scheme, _)| scheme);
    let store = match scheme {
        "gs" => ObjectStoreConfig::Gcs(HashMap::new()),
        "az" => {
            let account = wanted.account.map(|account| ("account".to_owned(), account));
            ObjectStoreConfig::Azure(account.into_iter().collect())
        }
        _ => {
            let mut options = S3Options::default()
                .with_region(wanted.region.unwrap_or_else(|| "us-east-1".to_owned()))
                .with_anonymous(wanted.anonymous)
                .with_allow_http(wanted.allow_http)
                .with_force_path_style(wanted.force_path_style);
            if let Some(url) = wanted.endpoint {
                options = options.with_endpoint_url(url);
            }
            ObjectStoreConfig::S3(options)
        }
    };
    match named {
        Some(name) => VirtualChunkContainer::new_named(name, wanted.prefix, store),
        None => VirtualChunkContainer::new(wanted.prefix, store),
    }
}
