//! The repository of a subscription to a part of another: the nodes that the filter lets through. Chunks stay where they
//! are, or come along.

use arraylake_types::NodeFilter;
use futures_util::StreamExt as _;
use icechunk::Repository;
use icechunk::format::format_constants::SpecVersionBin;
use icechunk::format::manifest::{ChunkPayload, ChunkRef, VirtualChunkLocation, VirtualChunkRef};
use icechunk::format::snapshot::{NodeData, NodeSnapshot};
use icechunk::format::{ByteRange, CHUNKS_FILE_PATH, ChunkIndices, Path};
use icechunk::repository::{RepositoryErrorKind, VersionInfo};
use icechunk::session::{Session, SessionError, get_chunk};

use super::{Chunks, name_of, storage, unreadable};
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::store::StoredRepo;

/// By what name the chunks of the source are referred to.
pub(crate) const SOURCE: &str = "__al_source";

/// Why nothing was made of a source.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error("{0} has chunks outside the repository, which cannot come along")]
    Virtual(Path),
}

/// Makes the repository of a subscription to `source`, at the place of `target`, which must be empty.
pub(crate) async fn make_subset(
    lake: &Lake,
    source: &StoredRepo,
    target: &StoredRepo,
    filter: &NodeFilter,
    chunks: Chunks,
) -> Result<(), Refusal> {
    let to = storage(lake, target).ok_or_else(|| apart(target))?;
    let parent = open_source(lake, source).await?;
    let about = name_of(target);
    let failed = |error: &dyn std::fmt::Display| unreadable(about, error);
    let main = VersionInfo::BranchTipRef("main".to_owned());
    let read = match &parent {
        Some(parent) => Some(parent.readonly_session(&main).await.map_err(|error| failed(&error))?),
        None => None,
    };
    if let Some(read) = read.as_ref().filter(|_| chunks == Chunks::Copied) {
        check_all_come_along(read, filter).await.map_err(|error| unreadable(name_of(source), &error))?;
    }
    // Who reads the source reads the part, too.
    let version = parent.as_ref().map_or(SpecVersionBin::V2, Repository::spec_version);
    let folder = (version == SpecVersionBin::V1).then(|| folder_url(source));
    let how = How { chunks, folder: folder.as_deref() };
    let created = Repository::create(to).spec_version(version).execute().await;
    let created = created.map_err(|error| failed(&error))?;
    let Some(read) = read else { return Ok(()) };
    let mut write = created.writable_session("main").await.map_err(|error| failed(&error))?;
    if copy(&read, &mut write, filter, how).await.map_err(|error| failed(&error))? {
        let commit = write.commit("subscription to a part").execute().await;
        commit.map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// How chunks get into a part.
#[derive(Debug, Clone, Copy)]
struct How<'u> {
    chunks: Chunks,
    /// Where they lie, by which they are referred to in the first version of the format; the second knows containers by
    /// name.
    folder: Option<&'u str>,
}

/// Where the chunks of a repo lie, as a URL.
fn folder_url(repo: &StoredRepo) -> String {
    let bucket = repo.bucket.as_ref().map_or("", |bucket| bucket.model.name.as_str());
    let scheme = repo.bucket.as_ref().and_then(|bucket| bucket.model.platform.scheme()).unwrap_or("s3");
    format!("{scheme}://{bucket}/{}", chunk_folder(&repo.model.prefix))
}

fn apart(repo: &StoredRepo) -> Refusal {
    let (org, name) = name_of(repo);
    Refusal::conflict(format!("The data of {org}/{name} does not lie in the object store of this service"))
}

/// The repository of a source. None if nothing was written there yet.
async fn open_source(lake: &Lake, source: &StoredRepo) -> Result<Option<Repository>, Refusal> {
    let from = storage(lake, source).ok_or_else(|| apart(source))?;
    match Repository::open(from).execute().await {
        Ok(parent) => Ok(Some(parent)),
        Err(error) if matches!(error.kind, RepositoryErrorKind::RepositoryDoesntExist) => Ok(None),
        Err(error) => Err(unreadable(name_of(source), &error)),
    }
}

type Copied<T> = Result<T, CopyError>;

/// What passes, groups before what is in them.
async fn wanted(read: &Session, filter: &NodeFilter) -> Copied<Vec<NodeSnapshot>> {
    let nodes = read.list_nodes(&Path::root()).await?;
    let nodes: Vec<NodeSnapshot> = nodes.collect::<Result<_, SessionError>>()?;
    let mut nodes: Vec<NodeSnapshot> =
        nodes.into_iter().filter(|node| passes(&node.path.to_string(), filter)).collect();
    nodes.sort_by_key(|node| node.path.to_string());
    Ok(nodes)
}

/// Refuses chunks that cannot be copied, before anything is made.
async fn check_all_come_along(read: &Session, filter: &NodeFilter) -> Copied<()> {
    for node in wanted(read, filter).await? {
        if matches!(node.node_data, NodeData::Group) {
            continue;
        }
        let mut chunks = std::pin::pin!(read.array_chunk_iterator(&node.path).await);
        while let Some(chunk) = chunks.next().await {
            if matches!(chunk?.payload, ChunkPayload::Virtual(_)) {
                return Err(CopyError::Virtual(node.path.clone()));
            }
        }
    }
    Ok(())
}

/// Copies what passes. Returns whether there was anything.
async fn copy(read: &Session, write: &mut Session, filter: &NodeFilter, how: How<'_>) -> Copied<bool> {
    let nodes = wanted(read, filter).await?;
    for node in &nodes {
        match &node.node_data {
            // The root of a new repository may be there already.
            NodeData::Group if write.get_node(&node.path).await.is_ok() => {
                write.update_group(&node.path, node.user_data.clone()).await?;
            }
            NodeData::Group => write.add_group(node.path.clone(), node.user_data.clone()).await?,
            NodeData::Array { shape, dimension_names, .. } => {
                let (shape, names) = (shape.clone(), dimension_names.clone());
                write.add_array(node.path.clone(), shape, names, node.user_data.clone()).await?;
                copy_chunks(read, write, &node.path, how).await?;
            }
        }
    }
    Ok(!nodes.is_empty())
}

async fn copy_chunks(read: &Session, write: &mut Session, path: &Path, how: How<'_>) -> Copied<()> {
    let chunks = read.array_chunk_iterator(path).await;
    let mut chunks = std::pin::pin!(chunks);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        let payload = match (chunk.payload, how.chunks) {
            (ChunkPayload::Ref(own), Chunks::Referred) => referred(own, how.folder),
            (ChunkPayload::Ref(_), Chunks::Copied) => taken_along(read, write, path, &chunk.coord).await?,
            (other, _) => Some(other),
        };
        if payload.is_some() {
            write.set_chunk_ref(path.clone(), chunk.coord, payload).await?;
        }
    }
    Ok(())
}

/// A chunk of the source as one of the target's own.
async fn taken_along(
    read: &Session,
    write: &Session,
    path: &Path,
    at: &ChunkIndices,
) -> Copied<Option<ChunkPayload>> {
    let Some(bytes) = get_chunk(read.get_chunk_reader(path, at, &ByteRange::ALL).await?).await? else {
        return Ok(None);
    };
    Ok(Some(write.get_chunk_writer(path, at)?(bytes).await?))
}

/// A chunk of the source as one in the container that leads there.
fn referred(own: ChunkRef, folder: Option<&str>) -> Option<ChunkPayload> {
    let location = match folder {
        Some(folder) => VirtualChunkLocation::from_url(&format!("{folder}{}", own.id)).ok()?,
        None => VirtualChunkLocation::from_vcc_path(SOURCE, &own.id.to_string()).ok()?,
    };
    let (offset, length) = (own.offset, own.length);
    Some(ChunkPayload::Virtual(VirtualChunkRef { location, offset, length, checksum: None }))
}

/// The folder of a repository where its chunks lie, below its prefix.
pub(crate) fn chunk_folder(prefix: &str) -> String {
    format!("{}/{CHUNKS_FILE_PATH}/", prefix.trim_matches('/')).trim_start_matches('/').to_owned()
}

/// Whether a node is let through: it is one of those that are asked for, below one, or on the way to one.
fn passes(path: &str, filter: &NodeFilter) -> bool {
    let covers = |outer: &String| {
        let outer = outer.trim_end_matches('/');
        path == outer
            || path.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
            || outer.is_empty()
    };
    let leads =
        |inner: &String| path == "/" || inner.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    let included = filter.include_paths.is_empty()
        || filter.include_paths.iter().any(|wanted| covers(wanted) || leads(wanted));
    included && !filter.exclude_paths.iter().any(covers)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filter(include: &[&str], exclude: &[&str]) -> NodeFilter {
        let paths = json!({"include_paths": include, "exclude_paths": exclude});
        serde_json::from_value(paths).unwrap()
    }

    #[test]
    fn a_filter_lets_through_what_is_asked_for_and_the_way_to_it() {
        let one = filter(&["/data/t"], &["/data/t/raw"]);
        for path in ["/", "/data", "/data/t", "/data/t/x"] {
            assert!(passes(path, &one), "{path}");
        }
        for path in ["/dat", "/data/tt", "/other", "/data/t/raw", "/data/t/raw/x"] {
            assert!(!passes(path, &one), "{path}");
        }
        assert!(passes("/a/b", &filter(&[], &["/c"])));
        assert!(passes("/a/b", &filter(&["/"], &[])) && !passes("/a", &filter(&["/"], &["/"])));
    }

    #[test]
    fn the_folder_of_chunks_lies_below_the_prefix() {
        assert_eq!(chunk_folder("a/b"), "a/b/chunks/");
        assert_eq!(chunk_folder(""), "chunks/");
    }
}
