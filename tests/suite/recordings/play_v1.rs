//! Recorded calls of V1 repos: the repo is opened and checked out first, as it was then.

use arraylake_core::Result;
use arraylake_core::prelude::*;
use arraylake_core::v1::chunks::{BucketUri, ChunkOptions, ChunkStore, Layout};
use arraylake_core::v1::{AsyncRepo, Checkout, Ref};
use serde_json::{Map, Value};

use super::home::Home;
use super::kinds::{kind_of, kind_of_v1};
use super::leaf::Recorded;
use super::memory::{Prelude, REPO};
use super::play::{Args, Played};
use super::record::Record;
use super::watched_store::{Asked, Watched};
use super::{play_v1_data, play_v1_history, play_v1_zarr};

/// What came of a call of a V1 repo: a value to be compared with the recorded one, nothing where there is none.
pub(crate) type Answer = Result<Value, arraylake_core::v1::Error>;

/// Makes the call, if it is one of a V1 repo.
pub(crate) async fn play(record: &Record, home: &Home, leaf: &Recorded) -> Option<Played> {
    if !record.is_of_v1() {
        return None;
    }
    let asked = Asked::default();
    leaf.begin_prelude(Prelude::of(record, is_empty(record)));
    let opened = open(record, home, leaf, &asked).await;
    leaf.end_prelude();
    let repo = match opened {
        Ok(repo) => repo,
        Err(error) => return Some(Played::from(error)),
    };
    let args = Args(record);
    let answer = match play_v1_history::play(&repo, &args).await {
        None => match play_v1_zarr::play(&repo, &args, leaf).await {
            None => play_v1_data::play(&repo, &args).await?,
            Some(answer) => answer,
        },
        Some(answer) => answer,
    };
    let mut handed = Map::new();
    handed.insert("objects".to_owned(), asked.sorted());
    Some(match answer {
        // Null says that there is nothing to compare, or that it was done already.
        Ok(value) => Played { value: Some(value).filter(|it| !it.is_null()), handed, outcome: Ok(()) },
        Err(error) => Played { handed, ..Played::of(Err(kind_of_v1(&error))) },
    })
}

/// Whether nothing was committed to the repo yet.
fn is_empty(record: &Record) -> bool {
    let no_base = |pair: &(String, String)| pair.0 == "base_commit" && pair.1.is_empty();
    let first = |exchange: &super::record::Exchange| {
        let body = exchange.sent.body.as_ref();
        exchange.sent.query.iter().any(no_base)
            || body.is_some_and(|body| body.get("parent_commit").is_some_and(Value::is_null))
    };
    record.case.contains("empty repo") || record.exchanges.iter().any(first)
}

/// Whether the call was made in a session that writes; none if in none.
fn session(record: &Record) -> Option<bool> {
    if record.call.starts_with("LocalWriteSession") {
        return Some(true);
    }
    let mut query = record.exchanges.iter().flat_map(|exchange| &exchange.sent.query);
    let (_, id) = query.find(|(key, _)| key == "session_id")?;
    Some(!id.starts_with("read-"))
}

async fn open(record: &Record, home: &Home, leaf: &Recorded, asked: &Asked) -> Result<AsyncRepo> {
    let client = home.builder(leaf).build()?;
    let store = store(record, home, asked)?;
    let mut options = OpenOptions::new().with_chunkstore(store).without_checkout();
    let checkout = match &record.before["checkout"] {
        Value::Null => {
            session(record).map(|writes| (Ref::from("main"), Checkout::new().with_for_writing(writes)))
        }
        before => {
            let for_writing = before["for_writing"].as_bool().unwrap_or(true);
            let at = before["ref"].as_str().unwrap_or("main");
            Some((Ref::from(at), Checkout::new().with_for_writing(for_writing)))
        }
    };
    if let Some((at, how)) = checkout {
        options = options.with_checkout(at, how);
    }
    let repo = client.get_repo(&Args(record).text("repo").parse()?, options).await?.into_v1()?;
    if record.case == "new branch" {
        let failed = |error| arraylake_core::Error::Unsupported(kind_of_v1(&error));
        repo.new_branch("feature").await.map_err(failed)?;
    }
    Ok(repo)
}

/// The store of the recorded repo, which notes what is asked of its bucket and of others.
fn store(record: &Record, home: &Home, asked: &Asked) -> Result<ChunkStore> {
    let failed = |error| arraylake_core::Error::Unsupported(kind_of_v1(&error));
    let places: Vec<(&str, &str)> = record.storage.iter().filter_map(place).collect();
    let layout = match record.case.starts_with("repo without a bucket") {
        true => Layout::v0(&format!("s3://{}", places.first().map_or("my-chunks", |place| place.0))),
        false => {
            let own = places.iter().find_map(|(_, key)| key.split_once("/chunks/"));
            Layout::of_repo("", own.map_or(REPO, |(id, _)| id))
        }
    };
    let layout = layout.map_err(failed)?;
    let own = match &layout {
        Layout::V0 { .. } => places.first(),
        // What is in no directory of chunks is asked of other buckets; a ping names no key.
        _ => places.iter().find(|(_, key)| key.contains("/chunks/") || key.is_empty()),
    };
    let own = own.map_or("my-bucket-name", |place| place.0);
    let mut store = ChunkStore::new(Watched::over(own, asked), layout);
    for name in record.buckets() {
        let (bucket, _) = BucketUri::split(&format!("s3://{name}"))?;
        store = store.with_bucket(bucket, Watched::over(&name, asked));
    }
    let mut options = ChunkOptions::new();
    if let Some(method) = home.config().text("chunkstore.hash_method") {
        options = options.with_hash_method(method.parse()?);
    }
    Ok(store.with_options(options))
}

/// The bucket and the key that were asked for.
fn place(call: &Value) -> Option<(&str, &str)> {
    Some((call["kwargs"]["bucket"].as_str()?, call["kwargs"]["key"].as_str().unwrap_or_default()))
}

/// A ref, as it was given: by its name, by its id, or the current one.
pub(crate) fn at(args: &Args<'_>, key: &str) -> Ref {
    match args.0.args.get(key) {
        None => Ref::from("main"),
        Some(Value::Null) => Ref::Current,
        // An id that is known to be one.
        Some(Value::String(id)) if args.0.case.starts_with("commit id") => {
            id.parse().map_or_else(|_| Ref::from(id.as_str()), Ref::Commit)
        }
        Some(value) => Ref::from(value.as_str().unwrap_or_default()),
    }
}

/// An error about an argument that cannot be given.
pub(crate) fn bad(what: &str) -> arraylake_core::v1::Error {
    arraylake_types::InvalidInput::new("argument", what, "cannot be given").into()
}

impl From<arraylake_core::Error> for Played {
    fn from(error: arraylake_core::Error) -> Self {
        Self::of(Err(kind_of(&error)))
    }
}
