//! Multipart uploads: start, parts, completion, lists.

use s3s::dto::*;
use s3s::{S3Response, S3Result, TrailingHeaders, s3_error};

use super::conditions::{ReadConditions, WriteConditions};
use super::disk::internal;
use super::multipart::{NamedPart, Upload};
use super::object_file::{Attributes, ObjectMeta, Writer, read_at};
use super::reading::{etag, modified};
use super::receive::{Expected, receive};
use super::scope::Scope;
use super::service::{Answer, Service};

/// How much of a copied part is in memory at a time.
const PIECE: u64 = 1 << 20;

impl Service {
    /// `CreateMultipartUpload`
    pub(super) async fn start_multipart(
        &self,
        input: CreateMultipartUploadInput,
    ) -> Answer<CreateMultipartUploadOutput> {
        let attributes = Attributes {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            metadata: input.metadata.unwrap_or_default(),
        };
        let upload = Upload::new(input.bucket.clone(), input.key.clone(), attributes, self.clock.now());
        let id = self.blocking(move |disk| disk.start_upload(&upload)).await?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            checksum_algorithm: input.checksum_algorithm,
            ..Default::default()
        }))
    }

    /// `UploadPart`
    pub(super) async fn put_part(
        &self,
        input: UploadPartInput,
        trailers: Option<TrailingHeaders>,
    ) -> Answer<UploadPartOutput> {
        let sums = Checksum {
            checksum_crc32: input.checksum_crc32,
            checksum_crc32c: input.checksum_crc32c,
            checksum_crc64nvme: input.checksum_crc64nvme,
            checksum_sha1: input.checksum_sha1,
            checksum_sha256: input.checksum_sha256,
            ..Checksum::default()
        };
        let algorithm = input.checksum_algorithm.map(|algorithm| algorithm.as_str().to_owned());
        let (length, md5) = (input.content_length, input.content_md5);
        let received =
            receive(&self.disk, input.body, Expected { length, md5, algorithm, sums, trailers }).await?;
        let now = self.clock.now();
        self.blocking(move |disk| {
            disk.upload(&input.bucket, &input.key, &input.upload_id)?;
            let draft = received.finish(disk)?;
            let meta = ObjectMeta::new(draft.size, draft.etag(), now, Attributes::default());
            let sums = draft.sums.clone();
            let part = draft.seal(meta).map_err(internal)?;
            let meta = disk.put_part(&input.upload_id, input.part_number, part)?;
            Ok(S3Response::new(UploadPartOutput {
                e_tag: etag(&meta),
                checksum_crc32: sums.checksum_crc32,
                checksum_crc32c: sums.checksum_crc32c,
                checksum_crc64nvme: sums.checksum_crc64nvme,
                checksum_sha1: sums.checksum_sha1,
                checksum_sha256: sums.checksum_sha256,
                ..Default::default()
            }))
        })
        .await
    }

    /// `UploadPartCopy`
    pub(super) async fn copy_part(&self, input: UploadPartCopyInput) -> Answer<UploadPartCopyOutput> {
        let when = ReadConditions::from(&input);
        let CopySource::Bucket { bucket, key, .. } = input.copy_source else {
            return Err(s3_error!(NotImplemented));
        };
        let now = self.clock.now();
        self.blocking(move |disk| {
            disk.upload(&input.bucket, &input.key, &input.upload_id)?;
            let (file, of) = disk.open_object(&bucket, &key)?;
            when.check_source(&of)?;
            let wanted = source_range(input.copy_source_range.as_deref(), of.size)?;
            let mut writer = Writer::new(disk.scratch().map_err(internal)?, Default::default());
            let mut at = wanted.start;
            while at < wanted.end {
                let length = PIECE.min(wanted.end - at);
                let piece = read_at(&file, at, length).map_err(internal)?;
                writer.write(&[piece.into()]).map_err(internal)?;
                at += length;
            }
            let draft = writer.finish();
            let meta = ObjectMeta::new(draft.size, draft.etag(), now, Attributes::default());
            let part = draft.seal(meta).map_err(internal)?;
            let meta = disk.put_part(&input.upload_id, input.part_number, part)?;
            let result =
                CopyPartResult { e_tag: etag(&meta), last_modified: modified(&meta), ..Default::default() };
            Ok(S3Response::new(UploadPartCopyOutput { copy_part_result: Some(result), ..Default::default() }))
        })
        .await
    }

    /// `CompleteMultipartUpload`
    pub(super) async fn complete_multipart(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let named = named_parts(input.multipart_upload)?;
        let when = WriteConditions { if_match: input.if_match, if_none_match: input.if_none_match };
        let now = self.clock.now();
        self.blocking(move |disk| {
            let upload = disk.upload(&input.bucket, &input.key, &input.upload_id)?;
            let meta = disk.complete_upload(upload, &input.upload_id, &named, &when, now)?;
            Ok(S3Response::new(CompleteMultipartUploadOutput {
                location: Some(format!("/{}/{}", input.bucket, input.key)),
                bucket: Some(input.bucket),
                key: Some(input.key),
                e_tag: etag(&meta),
                ..Default::default()
            }))
        })
        .await
    }

    /// `AbortMultipartUpload`
    pub(super) async fn abort_multipart(
        &self,
        input: AbortMultipartUploadInput,
    ) -> Answer<AbortMultipartUploadOutput> {
        self.blocking(move |disk| {
            disk.upload(&input.bucket, &input.key, &input.upload_id)?;
            disk.end_upload(&input.upload_id)
        })
        .await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    /// `ListParts`: all of them on one page.
    pub(super) async fn list_upload_parts(&self, input: ListPartsInput) -> Answer<ListPartsOutput> {
        self.blocking(move |disk| {
            disk.upload(&input.bucket, &input.key, &input.upload_id)?;
            let first = input.part_number_marker.unwrap_or_default();
            let found = disk.parts(&input.upload_id)?.into_iter().filter(|(number, _)| *number > first);
            let parts = found.map(|(number, meta)| Part {
                part_number: Some(number),
                size: i64::try_from(meta.size).ok(),
                e_tag: etag(&meta),
                last_modified: modified(&meta),
                ..Part::default()
            });
            Ok(S3Response::new(ListPartsOutput {
                parts: Some(parts.collect()),
                is_truncated: Some(false),
                bucket: Some(input.bucket),
                key: Some(input.key),
                upload_id: Some(input.upload_id),
                ..ListPartsOutput::default()
            }))
        })
        .await
    }

    /// `ListMultipartUploads`: all of them on one page.
    pub(super) async fn list_uploads(
        &self,
        input: ListMultipartUploadsInput,
        scope: Scope,
    ) -> Answer<ListMultipartUploadsOutput> {
        self.blocking(move |disk| {
            disk.bucket(&input.bucket)?;
            let prefix = input.prefix.clone().unwrap_or_default();
            let mut found = disk.open_uploads().map_err(internal)?;
            found.retain(|(_, upload)| {
                let wanted = upload.bucket == input.bucket && upload.key.starts_with(&prefix);
                wanted && scope.may_read(&upload.bucket, &upload.key)
            });
            found.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
            let uploads = found.into_iter().map(|(id, upload)| MultipartUpload {
                initiated: Some(std::time::SystemTime::from(upload.started()).into()),
                key: Some(upload.key),
                upload_id: Some(id),
                ..MultipartUpload::default()
            });
            Ok(S3Response::new(ListMultipartUploadsOutput {
                uploads: Some(uploads.collect()),
                bucket: Some(input.bucket),
                prefix: input.prefix,
                is_truncated: Some(false),
                ..ListMultipartUploadsOutput::default()
            }))
        })
        .await
    }
}

fn named_parts(upload: Option<CompletedMultipartUpload>) -> S3Result<Vec<NamedPart>> {
    let parts = upload.and_then(|upload| upload.parts).filter(|parts| !parts.is_empty());
    let parts = parts.ok_or_else(|| s3_error!(MalformedXML, "No part is named"))?;
    let named = parts.into_iter().map(|part| {
        let number = part.part_number.ok_or_else(|| s3_error!(MalformedXML, "A part has no number"))?;
        Ok(NamedPart { number, etag: part.e_tag.map(ETag::into_value) })
    });
    named.collect()
}

/// The part of the source to copy; unlike the range of a GET it must lie within the object.
fn source_range(range: Option<&str>, size: u64) -> S3Result<std::ops::Range<u64>> {
    let Some(text) = range else { return Ok(0..size) };
    match Range::parse(text) {
        Ok(Range::Int { first, last: Some(last) }) if first <= last && last < size => Ok(first..last + 1),
        Ok(_) => Err(s3_error!(InvalidRange)),
        Err(_) => Err(s3_error!(InvalidArgument)),
    }
}
