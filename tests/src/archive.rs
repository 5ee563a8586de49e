//! An array whose chunks lie in a file that was there before: virtual chunks.

use std::sync::Arc;

use arraylake_icechunk::IcechunkRepo;
use arraylake_icechunk::icechunk::format::ChunkIndices;
use arraylake_icechunk::icechunk::format::manifest::{ChunkPayload, VirtualChunkLocation, VirtualChunkRef};
use zarrs::array::{Array, ArrayBuilder, ArrayError, data_type};

/// The name of the file below its prefix.
pub const FILE: &str = "old.bin";

/// What is in the file.
pub fn bytes() -> Vec<u8> {
    (0..=255u8).cycle().take(4000).collect()
}

/// Commits the array `/old`, whose chunks of 1000 bytes lie in files below these URL prefixes by turns.
pub async fn refer(repo: &IcechunkRepo, prefixes: &[String]) {
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    let array = ArrayBuilder::new(vec![4000], vec![1000], data_type::uint8(), 0u8);
    array.build(Arc::clone(&store), "/old").unwrap().async_store_metadata().await.unwrap();
    let mut session = store.session().write().await;
    for (chunk, prefix) in (0..4u32).zip(prefixes.iter().cycle()) {
        let location = VirtualChunkLocation::from_url(&format!("{prefix}{FILE}")).unwrap();
        let offset = u64::from(chunk) * 1000;
        let reference = VirtualChunkRef { location, offset, length: 1000, checksum: None };
        let (path, payload) = ("/old".try_into().unwrap(), Some(ChunkPayload::Virtual(reference)));
        session.set_chunk_ref(path, ChunkIndices(vec![chunk]), payload).await.unwrap();
    }
    drop(session);
    store.commit("by reference").await.unwrap();
}

/// Reads the array as it was committed.
///
/// # Errors
/// If a chunk cannot be read.
pub async fn read(repo: &IcechunkRepo) -> Result<Vec<u8>, ArrayError> {
    let array = Array::async_open(Arc::new(repo.store("main").await.unwrap()), "/old").await.unwrap();
    array.async_retrieve_array_subset::<Vec<u8>>(&array.subset_all()).await
}
