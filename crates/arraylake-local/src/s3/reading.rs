//! GET and HEAD of an object.

use std::fs::File;

use s3s::dto::*;
use s3s::{S3Response, S3Result, s3_error};

use super::buffers::{self, Buffers};
use super::conditions::ReadConditions;
use super::disk::internal;
use super::object_file::ObjectMeta;
use super::service::{Answer, Service};
use super::stream::{FileStream, Whole};

impl Service {
    /// `GetObject`
    pub(super) async fn get(&self, input: GetObjectInput) -> Answer<GetObjectOutput> {
        let buffers = self.buffers.clone();
        self.blocking(move |disk| {
            let (file, meta) = disk.open_object(&input.bucket, &input.key)?;
            ReadConditions::from(&input).check(&meta)?;
            let wanted = span(input.range, meta.size)?;
            let checksums = input.checksum_mode.is_some() && input.range.is_none();
            let mut output = describe(&meta, checksums);
            let length = wanted.end - wanted.start;
            output.content_length = i64::try_from(length).ok();
            if input.range.is_some() {
                output.content_range =
                    Some(format!("bytes {}-{}/{}", wanted.start, wanted.end - 1, meta.size));
            }
            output.body = Some(body(file, wanted.start, length, buffers).map_err(internal)?);
            Ok(S3Response::new(output))
        })
        .await
    }

    /// `HeadObject`
    pub(super) async fn head(&self, input: HeadObjectInput) -> Answer<HeadObjectOutput> {
        self.blocking(move |disk| {
            let (_, meta) = disk.open_object(&input.bucket, &input.key)?;
            ReadConditions::from(&input).check(&meta)?;
            let known = describe(&meta, input.checksum_mode.is_some());
            Ok(S3Response::new(HeadObjectOutput {
                accept_ranges: known.accept_ranges,
                content_length: i64::try_from(meta.size).ok(),
                content_type: known.content_type,
                content_encoding: known.content_encoding,
                content_disposition: known.content_disposition,
                content_language: known.content_language,
                cache_control: known.cache_control,
                checksum_crc32: known.checksum_crc32,
                checksum_crc32c: known.checksum_crc32c,
                checksum_crc64nvme: known.checksum_crc64nvme,
                checksum_sha1: known.checksum_sha1,
                checksum_sha256: known.checksum_sha256,
                e_tag: known.e_tag,
                last_modified: known.last_modified,
                metadata: known.metadata,
                ..HeadObjectOutput::default()
            }))
        })
        .await
    }
}

/// The ETag of an object as it goes over the wire.
pub(super) fn etag(meta: &ObjectMeta) -> Option<ETag> {
    Some(ETag::Strong(meta.etag.clone()))
}

/// When an object was written, as it goes over the wire.
pub(super) fn modified(meta: &ObjectMeta) -> Option<Timestamp> {
    Some(std::time::SystemTime::from(meta.modified()).into())
}

fn span(range: Option<Range>, size: u64) -> S3Result<std::ops::Range<u64>> {
    let Some(range) = range else { return Ok(0..size) };
    // No range of an empty object can be had.
    range.check(size).ok().filter(|span| !span.is_empty()).ok_or_else(|| s3_error!(InvalidRange))
}

/// What fits into a buffer is read at once.
fn body(file: File, start: u64, length: u64, buffers: Buffers) -> std::io::Result<StreamingBlob> {
    match usize::try_from(length) {
        Ok(length) if length <= buffers::SIZE => {
            let bytes = buffers.read(&file, start, length)?;
            Ok(StreamingBlob::new(Whole((!bytes.is_empty()).then_some(bytes))))
        }
        _ => Ok(StreamingBlob::new(FileStream::new(file, start, length, buffers))),
    }
}

/// What GET and HEAD say about an object. Checksums are of the whole object and of no use with a part of it.
fn describe(meta: &ObjectMeta, checksums: bool) -> GetObjectOutput {
    let attributes = meta.attributes.clone();
    let sums = if checksums { meta.checksums() } else { Checksum::default() };
    GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_type: attributes.content_type,
        content_encoding: attributes.content_encoding,
        content_disposition: attributes.content_disposition,
        content_language: attributes.content_language,
        cache_control: attributes.cache_control,
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        e_tag: etag(meta),
        last_modified: modified(meta),
        metadata: (!attributes.metadata.is_empty()).then_some(attributes.metadata),
        ..GetObjectOutput::default()
    }
}
