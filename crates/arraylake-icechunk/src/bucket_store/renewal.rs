//! [`Renewing`]: a store that asks once more, with new keys, where a bucket refused the old ones before their end.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::credentials::{Link, Want};
use crate::error::{refuses_keys, refuses_keys_without_words};

/// As many objects as S3 deletes in one request.
const BATCH: usize = 1000;

/// A store whose credentials are asked for before each request. Cheap to clone.
#[derive(Clone)]
pub(super) struct Renewing {
    inner: Arc<dyn ObjectStore>,
    link: Link,
    want: Want,
}

/// Asks the store below, and once more where it refused the keys.
macro_rules! ask {
    ($self:ident.$method:ident($($argument:expr),*)) => { ask!(refuses_keys: $self.$method($($argument),*)) };
    ($refused:ident: $self:ident.$method:ident($($argument:expr),*)) => {{
        let taken = $self.link.cache.refusals();
        match $self.inner.$method($($argument),*).await {
            Err(error) if $refused(&error) && $self.renews(taken) => $self.inner.$method($($argument),*).await,
            outcome => outcome,
        }
    }};
}

impl Renewing {
    pub(super) fn new(inner: Arc<dyn ObjectStore>, link: Link, want: Want) -> Self {
        Self { inner, link, want }
    }

    /// Whether to ask again after a refusal, which is done with other keys then.
    fn renews(&self, taken: u64) -> bool {
        let renewed = self.link.cache.refused(|want| *want == self.want, taken);
        if renewed {
            tracing::debug!(want = %self.want, "the bucket refused its keys, they are fetched anew");
        }
        renewed
    }

    /// A listing, which says with its first item that it was refused.
    fn listing(
        &self,
        list: impl Fn(&dyn ObjectStore) -> BoxStream<'static, Result<ObjectMeta>> + Send + 'static,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let store = self.clone();
        let begun = async move {
            let taken = store.link.cache.refusals();
            let mut listing = list(store.inner.as_ref());
            match listing.next().await {
                Some(Err(error)) if refuses_keys(&error) && store.renews(taken) => list(store.inner.as_ref()),
                first => stream::iter(first).chain(listing).boxed(),
            }
        };
        stream::once(begun).flatten().boxed()
    }

    /// Deletes some objects. Where keys are refused they are for all that are deleted in one request.
    async fn delete_some(&self, paths: Vec<Path>) -> Vec<Result<Path>> {
        let delete = |paths: &[Path]| {
            let paths = stream::iter(paths.iter().cloned().map(Ok).collect::<Vec<_>>());
            self.inner.delete_stream(paths.boxed()).collect::<Vec<_>>()
        };
        let taken = self.link.cache.refusals();
        let deleted = delete(&paths).await;
        match deleted.first() {
            Some(Err(error)) if refuses_keys(error) && self.renews(taken) => delete(&paths).await,
            _ => deleted,
        }
    }
}

impl fmt::Display for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.inner, f)
    }
}

#[async_trait]
impl ObjectStore for Renewing {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        ask!(self.put_opts(location, payload.clone(), opts.clone()))
    }

    /// The beginning is asked for again; parts are not, since a part that was refused has had its number.
    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        ask!(self.put_multipart_opts(location, opts.clone()))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if options.head {
            return ask!(refuses_keys_without_words: self.get_opts(location, options.clone()));
        }
        ask!(self.get_opts(location, options.clone()))
    }

    async fn get_ranges(&self, location: &Path, ranges: &[std::ops::Range<u64>]) -> Result<Vec<Bytes>> {
        ask!(self.get_ranges(location, ranges))
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        locations
            .chunks(BATCH)
            .then(move |some| {
                let store = store.clone();
                async move {
                    let mut failed = Vec::new();
                    let paths =
                        some.into_iter().filter_map(|path| path.map_err(|error| failed.push(error)).ok());
                    let paths = paths.collect();
                    let mut deleted = store.delete_some(paths).await;
                    deleted.extend(failed.into_iter().map(Err));
                    stream::iter(deleted)
                }
            })
            .flatten()
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let prefix = prefix.cloned();
        self.listing(move |store| store.list(prefix.as_ref()))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let (prefix, offset) = (prefix.cloned(), offset.clone());
        self.listing(move |store| store.list_with_offset(prefix.as_ref(), &offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        ask!(self.list_with_delimiter(prefix))
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        ask!(self.copy_opts(from, to, options.clone()))
    }
}
