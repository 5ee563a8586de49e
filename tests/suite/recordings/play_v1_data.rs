//! Recorded calls about documents, chunks and nodes of V1 repos.

use std::collections::BTreeMap;

use arraylake_core::v1::metastore::Listing;
use arraylake_core::v1::types::v1::{Collection, ReferenceData};
use arraylake_core::v1::{AsyncRepo, Error, NodePath};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, from_value, json};

use super::play::Args;
use super::play_v1::{Answer, bad};
use super::values::shown;

/// Makes the call, if it is one of these.
pub(crate) async fn play(repo: &AsyncRepo, args: &Args<'_>) -> Option<Answer> {
    let method = args.0.method();
    Some(match method {
        "ping" => repo.ping().await.map(|()| Value::Null),
        "tree" | "filter_metadata" | "_rename" | "_getsize" => nodes(repo, args).await,
        "_list_dir" | "_list_prefix" | "_list" | "_del_prefix" => listings(repo, args).await,
        "_set_doc" | "_set_docs" | "_del_doc" | "_del_docs" => write_docs(repo, args).await,
        "_get_doc" | "_get_docs" | "_doc_exists" => read_docs(repo, args).await,
        "_set_chunk" | "_set_chunks" | "_del_chunk" | "_del_chunks" => write_chunks(repo, args).await,
        "_get_chunk" | "_get_chunks" | "_chunk_exists" => read_chunks(repo, args).await,
        _ if method.starts_with("add_") => ingest(repo, args).await,
        _ if method.contains("chunk_ref") => references(repo, args).await,
        _ => return None,
    })
}

fn paths(args: &Args<'_>) -> Vec<String> {
    args.get("paths").cloned().and_then(|paths| from_value(paths).ok()).unwrap_or_default()
}

fn items(args: &Args<'_>) -> Map<String, Value> {
    args.get("items").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn node(args: &Args<'_>, key: &str) -> Result<NodePath, Error> {
    let text = args.text(key);
    let bare = ["meta/root", "data/root"].iter().find_map(|root| text.strip_prefix(root));
    bare.unwrap_or(text).parse().map_err(|_| bad(key))
}

async fn nodes(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    match args.0.method() {
        "tree" => {
            let depth = args.number("depth").and_then(|depth| u32::try_from(depth).ok()).unwrap_or(10);
            // Python puts `meta/` before whatever it is given.
            let prefix = args.text("prefix").trim_start_matches("meta/");
            let group: NodePath = prefix.trim_start_matches("root").parse().map_err(|_| bad("prefix"))?;
            let tree = repo.tree(&group, depth, args.get("filter").and_then(Value::as_str)).await?;
            let names = |tree: &Value| {
                tree["trees"].as_object().map(|trees| trees.keys().cloned().collect::<Vec<_>>())
            };
            let ours = shown(&tree);
            Ok(if names(&ours) == names(&args.0.returned) { Value::Null } else { ours })
        }
        "filter_metadata" => {
            let found = repo.filter_metadata(args.text("filter")).await?;
            Ok(found.iter().map(|node| json!(node.as_str())).collect())
        }
        "_rename" => {
            repo.rename(&node(args, "src_path")?, &node(args, "dst_path")?).await.map(|()| Value::Null)
        }
        _ => repo.getsize(&node(args, "prefix")?).await.map(|size| json!(size.total_chunk_bytes)),
    }
}

/// Which collection a path is in; both for the empty one.
fn collections(prefix: &str) -> Result<Vec<Collection>, Error> {
    match prefix {
        "" => Ok(vec![Collection::Chunks, Collection::Metadata]),
        _ if prefix.starts_with("meta") => Ok(vec![Collection::Metadata]),
        _ if prefix.starts_with("data") => Ok(vec![Collection::Chunks]),
        _ => Err(bad("prefix")),
    }
}

async fn listings(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    let prefix = args.text("prefix");
    let mut found: Vec<String> = Vec::new();
    for collection in collections(prefix)? {
        found.extend(match args.0.method() {
            "_del_prefix" => {
                repo.del_prefix(&collection, prefix).await?;
                Vec::new()
            }
            // Python shows what is in it by its name alone.
            "_list_dir" => {
                let below = format!("{}/", prefix.trim_end_matches('/'));
                let found = repo.list_dir(&collection, prefix).await?;
                found.iter().map(|path| path.strip_prefix(&below).unwrap_or(path).to_owned()).collect()
            }
            "_list_prefix" => repo.list_prefix(&collection, prefix).await?,
            _ => {
                let mut listing = Listing::of_prefix(prefix);
                listing.filter = args.get("filter").and_then(Value::as_str).map(str::to_owned);
                let view = repo.session()?.view();
                repo.metastore().list(&collection, &view, &listing).await?
            }
        });
    }
    found.sort();
    Ok(if args.0.method() == "_del_prefix" { Value::Null } else { found.into() })
}

async fn write_docs(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    match args.0.method() {
        "_set_doc" => repo.set_doc(args.text("path"), args.get("content")).await?,
        "_set_docs" => repo.set_docs(items(args)).await?,
        "_del_doc" => repo.del_doc(args.text("path")).await?,
        _ => repo.del_docs(paths(args)).await?,
    }
    Ok(Value::Null)
}

async fn read_docs(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    match args.0.method() {
        "_get_doc" => repo.get_doc::<Value>(args.text("path")).await,
        "_get_docs" => repo.get_docs::<Value>(paths(args)).await.map(shown),
        _ => repo.doc_exists(args.text("path")).await.map(Value::from),
    }
}

/// Bytes, as they are recorded in one of three ways.
fn bytes(recorded: &Value) -> Bytes {
    if let Some(text) = recorded["bytes"].as_str() {
        return Bytes::copy_from_slice(text.as_bytes());
    }
    if let Some(text) = recorded["base64"].as_str() {
        return STANDARD.decode(text).unwrap().into();
    }
    // Of long ones only the length is recorded; they count upwards.
    let length = recorded["length"].as_u64().unwrap_or_default();
    (0..length).map(|number| (number % 256) as u8).collect()
}

async fn write_chunks(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    let path = args.text("path");
    match args.0.method() {
        "_set_chunk" => repo.set_chunk(path, bytes(&args.0.args["data"])).await?,
        "_set_chunks" => {
            let items = items(args);
            repo.set_chunks(items.iter().map(|(path, data)| (path.clone(), bytes(data)))).await?;
        }
        "_del_chunk" => repo.del_chunk(path).await?,
        _ => repo.del_chunks(paths(args)).await?,
    }
    Ok(Value::Null)
}

async fn read_chunks(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    let path = args.text("path");
    match args.0.method() {
        "_get_chunk" => {
            let got = repo.get_chunk(path).await?;
            let same = match args.0.returned.get("length") {
                Some(length) => *length == json!(got.len()),
                None => got == bytes(&args.0.returned),
            };
            Ok(if same { Value::Null } else { json!(got.len()) })
        }
        "_get_chunks" => {
            let got = repo.get_chunks(paths(args)).await?;
            let theirs = args.0.returned.as_object().cloned().unwrap_or_default();
            let theirs: BTreeMap<String, Bytes> =
                theirs.iter().map(|(path, data)| (path.clone(), bytes(data))).collect();
            Ok(if got == theirs { Value::Null } else { json!(got.len()) })
        }
        _ => repo.chunk_exists(path).await.map(Value::from),
    }
}

async fn references(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    let read = |value: &Value| from_value::<ReferenceData>(value.clone()).map_err(|_| bad("reference"));
    match args.0.method() {
        "_get_chunk_ref" => repo.get_chunk_ref(args.text("path")).await.map(shown),
        "_get_chunk_refs" => repo.get_chunk_refs(paths(args)).await.map(shown),
        "_set_chunk_ref" => {
            let reference = read(&args.0.args["reference_data"])?;
            repo.set_chunk_ref(args.text("path"), reference).await.map(|()| Value::Null)
        }
        _ => {
            let items = items(args);
            let references = items.iter().map(|(path, value)| Ok((path.clone(), read(value)?)));
            let references = references.collect::<Result<Vec<_>, Error>>()?;
            repo.set_chunk_refs(references).await.map(|()| Value::Null)
        }
    }
}

async fn ingest(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    let below = node(args, "path")?;
    match args.0.method() {
        "add_kerchunk_references" => {
            let text = args.0.args["refs"].to_string();
            repo.add_kerchunk_references(text.as_bytes(), &below).await?;
        }
        "add_virtual_netcdf" => repo.add_virtual_netcdf(args.text("netcdf_uri"), &below).await?,
        "add_virtual_grib" => repo.add_virtual_grib(args.text("grib_uri"), &below).await?,
        "add_virtual_tiff" => repo.add_virtual_tiff(args.text("tiff_uri"), &below).await?,
        _ => repo.add_virtual_zarr(args.text("zarr_uri"), &below).await?,
    }
    Ok(Value::Null)
}
