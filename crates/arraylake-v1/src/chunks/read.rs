//! Reading: from references to bytes, with as few requests as the objects allow.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arraylake_types::v1::ReferenceData;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{GetOptions, GetResultPayload, ObjectStore};

use super::ranges::Plan;
use super::spare::Spare;
use super::store::spawn;
use super::{ChunkStore, HashMethod, ObjectRange, Place};
use crate::error::{Error, ErrorKind, Result};

/// One object, and what is wanted of it.
struct Wanted {
    store: Arc<dyn ObjectStore>,
    key: Path,
    plan: Plan,
    /// Which of the references each wanted range belongs to.
    owners: Vec<usize>,
}

impl ChunkStore {
    /// The bytes of a chunk. Nothing is sent for those that are in the reference.
    ///
    /// # Errors
    /// [`InvalidReference`](ErrorKind::InvalidReference), [`ChunkMissing`](ErrorKind::ChunkMissing) if its object is
    /// gone, [`HashMismatch`](ErrorKind::HashMismatch) if the bytes are to be checked and are others,
    /// [`Storage`](ErrorKind::Storage), [`Credentials`](ErrorKind::Credentials).
    pub async fn get(&self, reference: &ReferenceData) -> Result<Bytes> {
        let found = ObjectRange::of(reference)?;
        let bytes = match &found.place {
            Place::Inline(bytes) => bytes.clone(),
            place => {
                let wanted = found.offset..found.offset + found.length;
                self.fetch(place, std::slice::from_ref(&wanted)).await?.pop().unwrap_or_default()
            }
        };
        if self.inner.options.validate {
            verify(reference, &bytes)?;
        }
        Ok(bytes)
    }

    /// Parts of a chunk, counted from its beginning, in the order in which they are wanted. Near ones are fetched
    /// together. They cannot be checked against the digest, which is that of the whole.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) if a range does not lie within the chunk, else as [`get`](Self::get).
    pub async fn get_ranges(&self, reference: &ReferenceData, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let found = ObjectRange::of(reference)?;
        if let Some(bad) = ranges.iter().find(|range| range.start > range.end || range.end > found.length) {
            let message =
                format!("bytes {}..{} are not within a chunk of {}", bad.start, bad.end, found.length);
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        if let Place::Inline(bytes) = &found.place {
            // Within the length, which was measured in memory.
            return Ok(ranges
                .iter()
                .map(|range| bytes.slice(range.start as usize..range.end as usize))
                .collect());
        }
        let wanted: Vec<_> =
            ranges.iter().map(|range| found.offset + range.start..found.offset + range.end).collect();
        self.fetch(&found.place, &wanted).await
    }

    async fn fetch(&self, place: &Place, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let (store, key) = self.object(place)?;
        let options = &self.inner.options;
        let plan = Plan::new(ranges, options.max_request_size, options.coalesce_size);
        // Those who ask for single chunks, such as Zarr, make them their own, which would copy what is lent.
        let answers = answers(&store, &key, &plan, options.concurrency.get(), &Spare::none()).await?;
        plan.assemble(&answers).ok_or_else(|| cut_short(&key))
    }

    /// The bytes of many chunks, in the order of their references. What lies near each other in one object is fetched
    /// together, and so much at once as the options say. The first failure ends it. None stands for chunks whose
    /// objects are gone, if the options say that this is no error. The memory of chunks that are dropped is used again
    /// ([`ChunkOptions::reuse_memory`](super::ChunkOptions::reuse_memory)).
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn get_many<'r>(
        &self,
        references: impl IntoIterator<Item = &'r ReferenceData>,
    ) -> Result<Vec<Option<Bytes>>> {
        let references: Vec<&ReferenceData> = references.into_iter().collect();
        let mut found: Vec<Option<Bytes>> = vec![None; references.len()];
        let objects = self.objects(&references, &mut found)?;
        let fetches = objects.into_iter().map(|wanted| {
            let store = self.clone();
            spawn(async move { store.fetch_object(wanted).await })
        });
        let mut fetches = stream::iter(fetches).buffer_unordered(self.inner.options.concurrency.get());
        while let Some((owners, parts)) = fetches.try_next().await? {
            for (owner, bytes) in owners.into_iter().zip(parts) {
                found[owner] = Some(bytes);
            }
        }
        if self.inner.options.validate {
            for (reference, bytes) in references.iter().zip(&found) {
                bytes.as_ref().map_or(Ok(()), |bytes| verify(reference, bytes))?;
            }
        }
        Ok(found)
    }

    /// Groups references by object, in the order in which objects first occur; inline ones are answered at once.
    fn objects(&self, references: &[&ReferenceData], found: &mut [Option<Bytes>]) -> Result<Vec<Wanted>> {
        let mut known: HashMap<Place, usize> = HashMap::new();
        let mut objects: Vec<(Place, Vec<Range<u64>>, Vec<usize>)> = Vec::new();
        for (index, reference) in references.iter().enumerate() {
            let ObjectRange { place, offset, length } = ObjectRange::of(reference)?;
            if let Place::Inline(bytes) = place {
                found[index] = Some(bytes);
                continue;
            }
            let at = *known.entry(place).or_insert_with_key(|place| {
                objects.push((place.clone(), Vec::new(), Vec::new()));
                objects.len() - 1
            });
            objects[at].1.push(offset..offset + length);
            objects[at].2.push(index);
        }
        let options = &self.inner.options;
        let plan = |(place, ranges, owners): (Place, Vec<_>, _)| {
            let (store, key) = self.object(&place)?;
            let plan = Plan::new(&ranges, options.max_request_size, options.coalesce_size);
            Ok(Wanted { store, key, plan, owners })
        };
        objects.into_iter().map(plan).collect()
    }

    async fn fetch_object(&self, wanted: Wanted) -> Result<(Vec<usize>, Vec<Bytes>)> {
        let Wanted { store, key, plan, owners } = wanted;
        let at_once = self.inner.options.concurrency.get();
        let answers = match answers(&store, &key, &plan, at_once, &self.inner.spare).await {
            Err(error) if *error.kind() == ErrorKind::ChunkMissing && self.inner.options.fill_missing => {
                return Ok((Vec::new(), Vec::new()));
            }
            answers => answers?,
        };
        let parts = plan.assemble(&answers).ok_or_else(|| cut_short(&key))?;
        Ok((owners, parts))
    }
}

/// The answers to all requests of a plan, so many at once.
async fn answers(
    store: &Arc<dyn ObjectStore>,
    key: &Path,
    plan: &Plan,
    at_once: usize,
    spare: &Spare,
) -> Result<Vec<Bytes>> {
    // What a closure borrows would tie down whoever spawns this.
    let requests = plan.requests().to_vec().into_iter();
    let requests = requests.map(|range| request(Arc::clone(store), key.clone(), range, spare.clone()));
    stream::iter(requests).buffered(at_once).try_collect().await
}

async fn request(store: Arc<dyn ObjectStore>, key: Path, range: Range<u64>, spare: Spare) -> Result<Bytes> {
    let failed = |error| explain("read chunk", key.as_ref(), &error);
    let length = usize::try_from(range.end - range.start).unwrap_or_default();
    let options = GetOptions::new().with_range(Some(range));
    let found = store.get_opts(&key, options).await.map_err(failed)?;
    if !matches!(found.payload, GetResultPayload::Stream(_)) {
        return found.bytes().await.map_err(failed);
    }
    collect(found.into_stream(), length, &spare).await.map_err(failed)
}

/// The pieces of an answer, put together as they arrive: what a piece came in is used for the next one then, and is
/// still in the cache. One that is the whole answer is not copied.
async fn collect(
    mut pieces: BoxStream<'static, object_store::Result<Bytes>>,
    length: usize,
    spare: &Spare,
) -> object_store::Result<Bytes> {
    let first = pieces.try_next().await?.unwrap_or_default();
    if first.len() >= length {
        return Ok(first);
    }
    let mut whole = spare.lend(length);
    whole.push(&first);
    drop(first);
    while let Some(piece) = pieces.try_next().await? {
        whole.push(&piece);
    }
    Ok(whole.into_bytes())
}

fn cut_short(key: &Path) -> Error {
    let message = format!("read chunk failed: object {:?} is shorter than its reference says", key.as_ref());
    Error::new(ErrorKind::Storage, message)
}

/// Checks the bytes of a chunk against the digest in its reference. Virtual references have none and always pass.
///
/// # Errors
/// [`HashMismatch`](ErrorKind::HashMismatch) with both digests, [`Unsupported`](ErrorKind::Unsupported) if this
/// version does not know the method.
pub fn verify(reference: &ReferenceData, bytes: &[u8]) -> Result<()> {
    let Some(hash) = &reference.hash else { return Ok(()) };
    let method: HashMethod = hash.method.parse().map_err(|fault: arraylake_types::InvalidInput| {
        Error::new(ErrorKind::Unsupported, format!("the chunk cannot be checked: {fault}"))
    })?;
    let actual = method.digest(bytes).token;
    if actual == hash.token {
        return Ok(());
    }
    let message = format!(
        "the bytes of the chunk are not those that were written: {method} gives {actual}, and the reference says {}",
        hash.token
    );
    Err(Error::new(ErrorKind::HashMismatch, message))
}

/// What an object store said, in one line. Its own words may hold keys (S3 quotes tokens in its answers), so of the
/// body of a refusal only the code is kept.
pub(super) fn explain(operation: &str, key: &str, error: &object_store::Error) -> Error {
    if let Some(own) = behind(error) {
        return Error::new(own.kind().clone(), format!("{operation} {key:?} failed: {own}"));
    }
    let kind = match error {
        object_store::Error::NotFound { .. } => ErrorKind::ChunkMissing,
        object_store::Error::NotSupported { .. } | object_store::Error::NotImplemented { .. } => {
            ErrorKind::Unsupported
        }
        _ => ErrorKind::Storage,
    };
    let what = match error {
        object_store::Error::NotFound { .. } => {
            "there is no such object, though something refers to it".to_owned()
        }
        object_store::Error::PermissionDenied { .. } => format!("access denied{}", code(&error.to_string())),
        object_store::Error::Unauthenticated { .. } => {
            format!("the keys for the bucket are refused{}", code(&error.to_string()))
        }
        other => without_body(&other.to_string()),
    };
    Error::new(kind, format!("{operation} {key:?} failed: {what}"))
}

/// An error of ours that went through the object store: why there are no keys.
fn behind(error: &object_store::Error) -> Option<&Error> {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(own) = error.downcast_ref::<Error>() {
            return Some(own);
        }
        source = error.source();
    }
    None
}

fn code(text: &str) -> String {
    let inner = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    inner.map_or(String::new(), |(code, _)| format!(" ({code})"))
}

fn without_body(text: &str) -> String {
    let head = text.split(['<', '{', '\n']).next().unwrap_or_default().trim_end_matches([' ', ':']);
    format!("{head}{}", code(text))
}
