//! Recorded calls that open repositories, or make them: catalog and icechunk together.

use arraylake_core::icechunk::StorageOverrides;
use arraylake_core::icechunk::icechunk::format::format_constants::SpecVersionBin;
use arraylake_core::icechunk::icechunk::storage::Settings;
use arraylake_core::icechunk::icechunk::virtual_chunks::VirtualChunkContainer;
use arraylake_core::icechunk::icechunk::{ObjectStoreConfig, RepositoryConfig};
use arraylake_core::prelude::*;
use arraylake_core::v1::Checkout;
use arraylake_core::{AsyncClient, Result};
use serde_json::{Map, Value, from_value};

use super::fake_bucket::FakeBucket;
use super::handed;
use super::play::{Args, Played, bad};
use super::play_keys::containers;
use super::play_object_stores;

/// Makes the call, if it is one of these.
pub(crate) async fn play(client: &AsyncClient, args: &Args<'_>) -> Option<Played> {
    let known = ["get_repo", "create_repo", "import_repo", "get_or_create_repo", "get_icechunk_storage"];
    if !known.contains(&args.0.method()) {
        return None;
    }
    let bucket = FakeBucket::of(args.0).await;
    let outcome = match args.0.method() {
        "get_icechunk_storage" => storage(client, args, &bucket).await.map(|()| None),
        _ => open(client, args, &bucket).await.map(Some),
    };
    let mut handed = Map::new();
    if let Some(built) = bucket.built() {
        handed.insert("storage".to_owned(), built);
    }
    if let Ok(Some(Repo::Icechunk(repo))) = &outcome {
        handed.extend(handed::repository(repo, args.0));
    }
    if let Ok(Some(Repo::V1(repo))) = &outcome
        && args.0.returned["class"] == "BaseChunkstore"
    {
        handed.extend(play_object_stores::of_v1(repo, args.0).map(|store| ("chunk store".to_owned(), store)));
    }
    Some(Played { handed, ..Played::from(outcome.map(drop)) })
}

async fn storage(client: &AsyncClient, args: &Args<'_>, bucket: &FakeBucket) -> Result<()> {
    let options = bucket.over(OpenOptions::new());
    client.get_icechunk_storage(&args.repo()?, options).await.map(drop)
}

async fn open(client: &AsyncClient, args: &Args<'_>, bucket: &FakeBucket) -> Result<Repo> {
    let repo = args.repo()?;
    let mut options = bucket.over(options(args)?);
    let granted = args.0.method() != "get_repo" && args.get("authorize_virtual_chunk_access").is_some();
    if granted {
        for (prefix, credentials) in containers(client, args, "authorize_virtual_chunk_access").await? {
            options = options.with_container_credentials(prefix, credentials);
        }
    }
    match args.0.method() {
        "get_repo" => client.get_repo(&repo, options).await,
        "import_repo" => client.import_repo(repo.org(), import(args, &repo)?, options).await,
        "create_repo" if args.flag("import_existing") => {
            client.import_repo(repo.org(), import(args, &repo)?, options).await
        }
        "create_repo" => client.create_repo(repo.org(), new_repo(args, &repo)?, options).await,
        _ => client.get_or_create_repo(repo.org(), new_repo(args, &repo)?, options).await,
    }
}

fn new_repo(args: &Args<'_>, repo: &RepoName) -> Result<NewRepo> {
    let mut request = NewRepo::new(repo.repo());
    request.bucket_nickname = args.read("bucket_config_nickname", from_value)?;
    request.description = args.read("description", from_value)?;
    request.metadata = args.read("metadata", from_value)?;
    request.prefix = args.read("prefix", from_value)?;
    // Whoever got or created a repo then, got one of whichever kind was there.
    let is_early = args.0.version.starts_with('0');
    let of_v1 = is_early && args.0.method() == "get_or_create_repo" && args.0.case.contains("v1");
    match args.get("kind").and_then(Value::as_str).or(of_v1.then_some("v1")) {
        Some(kind) => Ok(request.with_kind(kind.into())),
        None => Ok(request),
    }
}

fn import(args: &Args<'_>, repo: &RepoName) -> Result<ImportRepo> {
    let bucket = args.get("bucket_config_nickname").and_then(Value::as_str).unwrap_or("my-bucket");
    let mut request = ImportRepo::new(repo.repo(), bucket, args.text("prefix"))?;
    request.description = args.read("description", from_value)?;
    request.metadata = args.read("metadata", from_value)?;
    Ok(request)
}

fn options(args: &Args<'_>) -> Result<OpenOptions> {
    let mut options = OpenOptions::new().with_read_only(args.flag("read_only"));
    if args.get("checkout").is_some_and(|checkout| *checkout == false) {
        options = options.without_checkout();
    } else if args.0.version.starts_with("0.20") && args.get("read_only") != Some(&false.into()) {
        // From 0.15 on a V1 repo is opened for reading.
        options = options.with_checkout("main", Checkout::read_only());
    }
    if let Some(config) = args.get("config") {
        options = options.with_config(config_of(config)?);
    }
    if let Some(seconds) = args.get("storage_options").map(|given| &given["network_stream_timeout_seconds"]) {
        let seconds = seconds.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
        let seconds = seconds.ok_or_else(|| bad("storage_options"))?;
        let overrides = StorageOverrides::new().with_network_stream_timeout_seconds(seconds);
        options = options.with_storage(overrides);
    }
    match args.number("spec_version") {
        Some(1) => Ok(options.with_spec_version(SpecVersionBin::V1)),
        Some(2) => Ok(options.with_spec_version(SpecVersionBin::V2)),
        Some(_) => Err(bad("spec_version")),
        None => Ok(options),
    }
}

/// A config of Python's icechunk as one of ours.
fn config_of(recorded: &Value) -> Result<RepositoryConfig> {
    if recorded["icechunk"] != "RepositoryConfig" {
        return Err(bad("config"));
    }
    let mut config = RepositoryConfig::default();
    for (key, value) in recorded.as_object().into_iter().flatten() {
        match key.as_str() {
            "icechunk" => {}
            "inline_chunk_threshold_bytes" => {
                config.inline_chunk_threshold_bytes =
                    value.as_u64().and_then(|bytes| u16::try_from(bytes).ok());
            }
            "storage" => config.storage = Some(settings(value)),
            "virtual_chunk_containers" => {
                for (prefix, container) in value.as_object().into_iter().flatten() {
                    let container = container_of(prefix, container)?;
                    config.set_virtual_chunk_container(container).map_err(|_| bad("config"))?;
                }
            }
            other => return Err(bad(other)),
        }
    }
    Ok(config)
}

fn settings(recorded: &Value) -> Settings {
    Settings {
        unsafe_use_conditional_update: recorded["unsafe_use_conditional_update"].as_bool(),
        unsafe_use_conditional_create: recorded["unsafe_use_conditional_create"].as_bool(),
        ..Settings::default()
    }
}

fn container_of(prefix: &str, recorded: &Value) -> Result<VirtualChunkContainer> {
    if recorded["store"]["icechunk"] != "ObjectStoreConfig.S3" {
        return Err(bad("virtual_chunk_containers"));
    }
    let mut options = recorded["store"]["_0"].clone();
    options.as_object_mut().map(|fields| fields.remove("icechunk"));
    let options = from_value(options).map_err(|_| bad("virtual_chunk_containers"))?;
    let store = ObjectStoreConfig::S3(options);
    let made = match recorded["name"].as_str() {
        Some(name) => VirtualChunkContainer::new_named(name.to_owned(), prefix.to_owned(), store),
        None => VirtualChunkContainer::new(prefix.to_owned(), store),
    };
    made.map_err(|_| bad("virtual_chunk_containers"))
}
