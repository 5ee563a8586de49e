//! Writing and reading many chunks.

use std::sync::Arc;
use std::time::Instant;

use arraylake_core::v1::CommitOptions;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::ObjectStoreExt as _;
use object_store::aws::AmazonS3;
use object_store::path::Path;

use crate::world::{AT_ONCE, World};

/// Chunks that are written or read in one call, by either side: a caller with a gigabyte does not hold it all.
const BYTES_A_CALL: usize = 64 << 20;

/// Compares writing and reading of so many chunks of a size.
pub(crate) async fn compare(world: &World, kind: &str, count: usize, size: usize) {
    let name = format!("{kind}chunks").replace('_', "-");
    let repo = world.create(&name).await;
    let chunks: Vec<Bytes> = (0..count).map(|number| chunk(number, size)).collect();
    let paths: Vec<String> = (0..count).map(|number| format!("data/root/rust/c{number}")).collect();
    let per_call = (BYTES_A_CALL / size).max(1);
    let start = Instant::now();
    for (paths, chunks) in paths.chunks(per_call).zip(chunks.chunks(per_call)) {
        repo.set_chunks(paths.iter().cloned().zip(chunks.iter().cloned())).await.expect("written");
    }
    let written = start.elapsed().as_secs_f64();
    repo.commit("from Rust", CommitOptions::new()).await.expect("a commit");
    let mut read = 0.0;
    for (paths, chunks) in paths.chunks(per_call).zip(chunks.chunks(per_call)) {
        let start = Instant::now();
        let found = repo.get_chunks(paths.iter().cloned()).await.expect("read");
        // Comparing a gigabyte takes as long as a fifth of reading it.
        read += start.elapsed().as_secs_f64();
        assert!(paths.iter().zip(chunks).all(|(path, chunk)| found[path] == *chunk));
    }
    let (raw_written, raw_read) = raw(world, &name, &chunks).await;
    let numbers = [count, size, per_call].map(|number| number.to_string());
    let python = |what| world.python(&[name.as_str(), what, &numbers[0], &numbers[1], &numbers[2]]);
    report(kind, "write", written, python("write"), raw_written);
    report(kind, "read", read, python("read"), raw_read);
}

fn report(kind: &str, what: &str, ours: f64, python: f64, raw: f64) {
    println!("figure v1_{kind}{what}_vs_python {:.2} times vs python-0.20.0", python / ours);
    println!("figure v1_{kind}{what}_seconds {ours:.2} s vs python-{python:.2}");
    println!("figure v1_{kind}{what}_raw_share {:.2} of-time vs object_store-{raw:.2}", raw / ours);
}

/// A chunk that no other is like; Python makes the same.
fn chunk(number: usize, size: usize) -> Bytes {
    (number as u64).to_le_bytes().into_iter().cycle().take(size).collect()
}

/// Seconds of bare requests for as many objects: writing, reading.
async fn raw(world: &World, name: &str, chunks: &[Bytes]) -> (f64, f64) {
    let store: Arc<AmazonS3> = Arc::new(world.bucket().await);
    let key = |number: usize| Path::from(format!("raw/{name}/{number}"));
    let start = Instant::now();
    let puts = chunks.iter().cloned().enumerate().map(|(number, chunk)| {
        let store = Arc::clone(&store);
        async move { store.put(&key(number), chunk.into()).await }
    });
    let done: Vec<_> =
        futures_util::stream::iter(puts).buffer_unordered(AT_ONCE).try_collect().await.expect("written");
    assert_eq!(done.len(), chunks.len());
    let written = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let gets = chunks.iter().enumerate().map(|(number, chunk)| {
        let (store, range) = (Arc::clone(&store), 0..chunk.len() as u64);
        async move { store.get_range(&key(number), range).await }
    });
    let bytes: usize = futures_util::stream::iter(gets)
        .buffer_unordered(AT_ONCE)
        .try_fold(0, async |sum, bytes| Ok(sum + bytes.len()))
        .await
        .expect("read");
    assert_eq!(bytes, chunks.iter().map(Bytes::len).sum::<usize>());
    (written, start.elapsed().as_secs_f64())
}
