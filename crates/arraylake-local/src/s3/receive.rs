//! Taking in the body of a request: small ones stay in memory until they are written, long ones go to the disk in
//! batches while the next batch arrives. Checksums that the client sends are verified.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use bytes::Bytes;
use futures_util::StreamExt;
use s3s::checksum::ChecksumHasher;
use s3s::dto::{Checksum, StreamingBlob};
use s3s::{S3Error, S3ErrorCode, S3Result, StdError, TrailingHeaders, s3_error};
use tokio::task::JoinHandle;

use super::disk::{Disk, internal};
use super::object_file::{Draft, Writer};

/// How much is gathered before it goes to the disk. Usual chunks are smaller, and then are written in one go.
const BATCH: usize = 2 << 20;

/// What the client says about the body.
#[derive(Debug, Default)]
pub(super) struct Expected {
    pub(super) length: Option<i64>,
    /// Base64 of the MD5.
    pub(super) md5: Option<String>,
    /// Name of the algorithm, where the sum itself may come after the body.
    pub(super) algorithm: Option<String>,
    pub(super) sums: Checksum,
    pub(super) trailers: Option<TrailingHeaders>,
}

/// A body that has arrived, of which the last batch is not yet on the disk.
pub(super) struct Received {
    writer: Option<Writer>,
    rest: Vec<Bytes>,
    expected: Expected,
}

/// Reads the body to its end.
pub(super) async fn receive(
    disk: &Arc<Disk>,
    body: Option<StreamingBlob>,
    expected: Expected,
) -> S3Result<Received> {
    let (mut pending, mut rest, mut gathered) = (None, Vec::new(), 0);
    let mut body = body.ok_or_else(|| s3_error!(IncompleteBody))?;
    while let Some(part) = body.next().await {
        let part = part.map_err(bad_body)?;
        gathered += part.len();
        rest.push(part);
        if gathered >= BATCH {
            let writer = settle(pending.take()).await?;
            let (disk, hashes, batch) = (Arc::clone(disk), hashes(&expected), std::mem::take(&mut rest));
            pending = Some(tokio::task::spawn_blocking(move || write(&disk, writer, hashes, &batch)));
            gathered = 0;
        }
    }
    let writer = settle(pending).await?;
    Ok(Received { writer, rest, expected })
}

impl Received {
    /// Writes what is left and verifies all of it. Blocks.
    pub(super) fn finish(self, disk: &Disk) -> S3Result<Draft> {
        let hashes = hashes(&self.expected);
        let draft = write(disk, self.writer, hashes, &self.rest)?.finish();
        verify(&draft, self.expected)?;
        Ok(draft)
    }
}

async fn settle(pending: Option<JoinHandle<S3Result<Writer>>>) -> S3Result<Option<Writer>> {
    match pending {
        Some(task) => task.await.map_err(stopped)?.map(Some),
        None => Ok(None),
    }
}

/// A task that panicked or was stopped, as the client sees it.
pub(super) fn stopped(error: tokio::task::JoinError) -> S3Error {
    S3Error::with_source(S3ErrorCode::InternalError, Box::new(error))
}

/// What is computed while the body arrives: sums, and whether the MD5 is among them.
type Hashes = (ChecksumHasher, bool);

fn write(disk: &Disk, writer: Option<Writer>, hashes: Hashes, batch: &[Bytes]) -> S3Result<Writer> {
    let mut writer = match (writer, hashes) {
        (Some(writer), _) => writer,
        (None, (sums, md5)) => {
            let writer = Writer::new(disk.scratch().map_err(internal)?, sums);
            if md5 { writer.with_md5() } else { writer }
        }
    };
    writer.write(batch).map_err(internal)?;
    Ok(writer)
}

/// Only what the client sends.
fn hashes(expected: &Expected) -> Hashes {
    let wanted = |name: &str, sum: &Option<String>| {
        sum.is_some()
            || expected.algorithm.as_deref().is_some_and(|algorithm| algorithm.eq_ignore_ascii_case(name))
    };
    let sums = &expected.sums;
    let hasher = ChecksumHasher {
        crc32: wanted("CRC32", &sums.checksum_crc32).then(Default::default),
        crc32c: wanted("CRC32C", &sums.checksum_crc32c).then(Default::default),
        crc64nvme: wanted("CRC64NVME", &sums.checksum_crc64nvme).then(Default::default),
        sha1: wanted("SHA1", &sums.checksum_sha1).then(Default::default),
        sha256: wanted("SHA256", &sums.checksum_sha256).then(Default::default),
    };
    (hasher, expected.md5.is_some())
}

fn verify(draft: &Draft, expected: Expected) -> S3Result<()> {
    if expected.length.is_some_and(|length| u64::try_from(length) != Ok(draft.size)) {
        return Err(s3_error!(IncompleteBody));
    }
    let trailers = expected.trailers.and_then(|trailers| trailers.take()).unwrap_or_default();
    let named = [
        ("x-amz-checksum-crc32", &draft.sums.checksum_crc32, expected.sums.checksum_crc32),
        ("x-amz-checksum-crc32c", &draft.sums.checksum_crc32c, expected.sums.checksum_crc32c),
        ("x-amz-checksum-crc64nvme", &draft.sums.checksum_crc64nvme, expected.sums.checksum_crc64nvme),
        ("x-amz-checksum-sha1", &draft.sums.checksum_sha1, expected.sums.checksum_sha1),
        ("x-amz-checksum-sha256", &draft.sums.checksum_sha256, expected.sums.checksum_sha256),
    ];
    for (name, computed, sent) in named {
        let sent = sent.or_else(|| Some(trailers.get(name)?.to_str().ok()?.to_owned()));
        if let (Some(computed), Some(sent)) = (computed, sent)
            && *computed != sent
        {
            return Err(s3_error!(BadDigest, "{name} does not match the body"));
        }
    }
    if expected.md5.is_some_and(|sent| draft.md5.is_none_or(|md5| sent != STANDARD.encode(md5))) {
        return Err(s3_error!(BadDigest, "Content-MD5 does not match the body"));
    }
    Ok(())
}

/// The streams under a body check its signature and hash, and say so in words only.
fn bad_body(error: StdError) -> S3Error {
    let code = if error.to_string().contains("Mismatch") {
        S3ErrorCode::BadDigest
    } else {
        S3ErrorCode::IncompleteBody
    };
    S3Error::with_source(code, error)
}
