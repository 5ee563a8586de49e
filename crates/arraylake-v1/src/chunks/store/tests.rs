use std::fmt::{self, Display};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use object_store::chunked::ChunkedStore;
use object_store::memory::InMemory;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMultipartOptions,
    PutOptions, PutResult,
};

use super::*;
use crate::chunks::HashMethod;
use crate::chunks::read::verify;

/// An object store in memory that counts what is asked of it, and may refuse writes.
#[derive(Debug, Default)]
struct Counting {
    store: InMemory,
    puts: AtomicUsize,
    gets: AtomicUsize,
    under_way: AtomicUsize,
    most: AtomicUsize,
    refuse_puts_after: Option<usize>,
}

impl Display for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counting")
    }
}

#[async_trait]
impl ObjectStore for Counting {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        let count = self.puts.fetch_add(1, Ordering::SeqCst);
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        if self.refuse_puts_after.is_some_and(|allowed| count >= allowed) {
            let source = "the disk is full".into();
            return Err(object_store::Error::Generic { store: "counting", source });
        }
        self.store.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.store.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        self.store.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.store.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.store.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.store.copy_opts(from, to, options).await
    }
}

fn counted(counting: Counting) -> (ChunkStore, Arc<Counting>) {
    let counting = Arc::new(counting);
    let store = Arc::clone(&counting) as Arc<dyn ObjectStore>;
    (ChunkStore::new(store, Layout::v1("pre/5f3a").unwrap()), counting)
}

fn session(id: &str) -> SessionId {
    id.parse().unwrap()
}

fn chunk(fill: u8) -> Bytes {
    vec![fill; 4096].into()
}

fn virtual_reference(store: &ChunkStore, range: Range<u64>) -> ReferenceData {
    store
        .virtual_reference(&session("s"), "s3://files/a/file.nc", range.start, range.end - range.start)
        .unwrap()
}

/// A store with a file of 256 bytes in a bucket that is not its own.
async fn with_file() -> (ChunkStore, Arc<Counting>) {
    let files = Arc::new(Counting::default());
    let bytes: Vec<u8> = (0..=255).collect();
    files.store.put(&path("a/file.nc").unwrap(), bytes.into()).await.unwrap();
    let store = ChunkStore::in_memory(Layout::v1("5f3a").unwrap());
    let bucket = "s3://files".parse().unwrap();
    (store.with_bucket(bucket, Arc::clone(&files) as Arc<dyn ObjectStore>), files)
}

#[tokio::test]
async fn a_chunk_is_in_the_bucket_under_its_hash_and_its_session_before_there_is_a_reference() {
    let (store, counting) = counted(Counting::default());
    let reference = store.put(&session("b709"), chunk(7)).await.unwrap();
    let hash = HashMethod::Sha256.digest(&chunk(7));
    let key = path(&format!("pre/5f3a/chunks/{}.b709", hash.token)).unwrap();
    assert_eq!(counting.store.get(&key).await.unwrap().bytes().await.unwrap(), chunk(7));
    assert_eq!(reference, ReferenceData::materialized(4096, hash, session("b709")));
    assert_eq!(store.get(&reference).await.unwrap(), chunk(7));
}

#[tokio::test]
async fn equal_chunks_of_a_session_are_uploaded_once_and_again_for_another_session() {
    let (store, counting) = counted(Counting::default());
    for id in ["a", "a", "b"] {
        store.put(&session(id), chunk(1)).await.unwrap();
    }
    assert_eq!(counting.puts.load(Ordering::SeqCst), 2);
    let forgetful = store.with_options(ChunkOptions::new().with_known_keys(0));
    for _ in 0..2 {
        forgetful.put(&session("a"), chunk(1)).await.unwrap();
    }
    assert_eq!(counting.puts.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn small_chunks_are_in_their_references_and_ask_nothing_of_the_bucket() {
    let (store, counting) = counted(Counting::default());
    for small in [Bytes::new(), Bytes::from_static(b"base64:raw"), vec![0xff; 378].into()] {
        let reference = store.put(&session("s"), small.clone()).await.unwrap();
        assert_eq!((reference.length, reference.sid.is_some()), (small.len() as u64, true));
        assert_eq!(store.get(&reference).await.unwrap(), small);
    }
    assert_eq!((counting.puts.load(Ordering::SeqCst), counting.gets.load(Ordering::SeqCst)), (0, 0));
    // Its base64 is too long; and nothing is inlined where that is turned off.
    store.put(&session("s"), vec![0xff; 379].into()).await.unwrap();
    let never = store.with_options(ChunkOptions::new().with_inline_threshold(None).unwrap());
    never.put(&session("s"), Bytes::new()).await.unwrap();
    assert_eq!(counting.puts.load(Ordering::SeqCst), 2);
}

#[test]
fn a_threshold_over_the_limit_is_refused() {
    let error = ChunkOptions::new().with_inline_threshold(Some(513)).unwrap_err();
    assert!(error.to_string().contains("513") && error.to_string().contains("at most 512"), "{error}");
}

#[tokio::test]
async fn the_older_layout_names_objects_by_their_uri() {
    let store = ChunkStore::in_memory(Layout::v0("s3://old/pre").unwrap());
    let reference = store.put(&session("s"), chunk(3)).await.unwrap();
    let token = HashMethod::Sha256.digest(&chunk(3)).token;
    assert_eq!(reference.uri, Some(format!("s3://old/pre/{token}")));
    assert_eq!(reference.sid, None);
    assert_eq!(store.get(&reference).await.unwrap(), chunk(3));
    let inline = store.put(&session("s"), Bytes::from_static(b"x")).await.unwrap();
    assert_eq!((inline.sid, inline.uri.as_deref()), (None, Some("inline://x")));
}

#[tokio::test]
async fn many_uploads_are_bounded_and_keep_their_order() {
    let (store, counting) = counted(Counting::default());
    let store = store.with_options(ChunkOptions::new().with_concurrency(3.try_into().unwrap()));
    let references = store.put_many(&session("s"), (0..20).map(chunk)).await.unwrap();
    let read = store.get_many(&references).await.unwrap();
    assert_eq!(read, (0..20).map(|fill| Some(chunk(fill))).collect::<Vec<_>>());
    assert_eq!((counting.most.load(Ordering::SeqCst), counting.puts.load(Ordering::SeqCst)), (3, 20));
}

#[tokio::test]
async fn chunks_that_are_read_together_come_in_memory_of_dropped_ones_unless_that_is_off() {
    let in_pieces = Arc::new(ChunkedStore::new(Arc::new(InMemory::new()), 1000));
    let store = ChunkStore::new(in_pieces, Layout::v1("5f3a").unwrap());
    let chunks: [Bytes; 2] = [1, 2].map(|fill| vec![fill; 100_000 + usize::from(fill)].into());
    let [first, second] = &*store.put_many(&session("s"), chunks.clone()).await.unwrap() else {
        unreachable!()
    };
    let read =
        async |store: &ChunkStore, reference| store.get_many([reference]).await.unwrap().remove(0).unwrap();
    let once = read(&store, second).await;
    let place = once.as_ptr();
    assert_eq!(once, chunks[1]);
    drop(once);
    let own = read(&store.with_options(ChunkOptions::new().with_reused_memory(false)), first).await;
    assert_eq!(own, chunks[0]);
    assert_eq!(store.get(first).await.unwrap(), chunks[0]);
    let again = read(&store, first).await;
    assert_eq!((again.as_ptr(), &again), (place, &chunks[0]));
}

#[tokio::test]
async fn a_write_that_fails_in_the_middle_brings_no_references_at_all() {
    let (store, _) = counted(Counting { refuse_puts_after: Some(5), ..Counting::default() });
    let error = store.put_many(&session("s"), (0..20).map(chunk)).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("the disk is full"), "{error}");
    let failed = store.put(&session("s"), chunk(99)).await.unwrap_err();
    assert!(failed.to_string().contains("write chunk \"pre/5f3a/chunks/"), "{failed}");
}

#[tokio::test]
async fn a_reference_to_a_chunk_that_is_gone_is_an_error_that_names_it() {
    let (store, counting) = counted(Counting::default());
    let references = store.put_many(&session("s"), [chunk(1), chunk(2)]).await.unwrap();
    let gone = store.layout().key(references[1].hash.as_ref().unwrap(), &session("s"));
    counting.store.delete(&path(&gone).unwrap()).await.unwrap();
    for error in
        [store.get(&references[1]).await.unwrap_err(), store.get_many(&references).await.unwrap_err()]
    {
        assert_eq!(*error.kind(), ErrorKind::ChunkMissing);
        assert!(error.to_string().contains(&gone), "{error}");
    }
    let filling = store.with_options(ChunkOptions::new().with_fill_value_for_missing_chunks(true));
    assert_eq!(filling.get_many(&references).await.unwrap(), [Some(chunk(1)), None]);
}

#[tokio::test]
async fn a_chunk_whose_hash_does_not_match_is_refused_where_that_is_checked() {
    let (store, counting) = counted(Counting::default());
    let reference = store.put(&session("s"), chunk(1)).await.unwrap();
    let key = store.layout().key(reference.hash.as_ref().unwrap(), &session("s"));
    counting.store.put(&path(&key).unwrap(), PutPayload::from(chunk(2))).await.unwrap();
    assert_eq!(store.get(&reference).await.unwrap(), chunk(2), "not checked unless asked");
    let checking = store.with_options(ChunkOptions::new().with_validation(true));
    for error in
        [checking.get(&reference).await.unwrap_err(), checking.get_many([&reference]).await.unwrap_err()]
    {
        assert_eq!(*error.kind(), ErrorKind::HashMismatch);
        assert!(error.to_string().contains("hashlib.sha256"), "{error}");
    }
    let mut odd = reference;
    odd.hash = Some(arraylake_types::v1::ChunkHash::new("hashlib.crc", "00"));
    assert_eq!(*verify(&odd, b"").unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn an_object_that_is_shorter_than_its_reference_is_an_error() {
    let (store, _) = with_file().await;
    let error = store.get(&virtual_reference(&store, 200..300)).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("a/file.nc"), "{error}");
}

#[tokio::test]
async fn references_into_one_file_are_fetched_together() {
    let (store, files) = with_file().await;
    let store = store.with_options(ChunkOptions::new().with_coalesce_size(4).with_max_request_size(100));
    let references: Vec<_> = [(10..20), (0..10), (24..30), (120..250), (50..50)]
        .map(|range| virtual_reference(&store, range))
        .into_iter()
        .collect();
    let read = store.get_many(&references).await.unwrap();
    let expected: Vec<Option<Bytes>> = [(10..20), (0..10), (24..30), (120..250), (50..50)]
        .map(|range| Some(range.collect::<Vec<u8>>().into()))
        .into();
    assert_eq!(read, expected);
    assert_eq!(files.gets.load(Ordering::SeqCst), 3, "one for the near ones, two for the long one");
}

#[tokio::test]
async fn parts_of_a_chunk_are_counted_from_its_beginning() {
    let (store, _) = with_file().await;
    let reference = virtual_reference(&store, 100..120);
    let parts = store.get_ranges(&reference, &[18..20, 0..2, 5..5]).await.unwrap();
    assert_eq!(parts, [Bytes::from_static(&[118, 119]), Bytes::from_static(&[100, 101]), Bytes::new()]);
    let inline = store.put(&session("s"), Bytes::from_static(b"abcdef")).await.unwrap();
    assert_eq!(
        store.get_ranges(&inline, &[2..4, 0..0]).await.unwrap(),
        [Bytes::from_static(b"cd"), Bytes::new()]
    );
    for reference in [reference, inline] {
        let error = store.get_ranges(&reference, &[0..2, 1..21]).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("1..21"), "{error}");
    }
}

#[tokio::test]
async fn a_bucket_that_nobody_gave_a_way_into_is_named() {
    let store = ChunkStore::in_memory(Layout::v1("5f3a").unwrap());
    let reference = store.virtual_reference(&session("s"), "gs://theirs/file", 0, 1).unwrap();
    let error = store.get(&reference).await.unwrap_err();
    assert!(error.to_string().contains("gs://theirs"), "{error}");
    assert!(store.virtual_reference(&session("s"), "https://x/y", 0, 1).unwrap_err().is_invalid_input());
    store.ping().await.unwrap();
}
