//! PUT, copy and deletion of objects.

use s3s::dto::*;
use s3s::{S3Response, TrailingHeaders, s3_error};

use super::conditions::{ReadConditions, WriteConditions};
use super::disk::internal;
use super::object_file::{Attributes, ObjectMeta, join};
use super::reading::{etag, modified};
use super::receive::{Expected, receive};
use super::scope::Scope;
use super::service::{Answer, Service};

impl Service {
    /// `PutObject`
    pub(super) async fn put(
        &self,
        input: PutObjectInput,
        trailers: Option<TrailingHeaders>,
    ) -> Answer<PutObjectOutput> {
        let when = WriteConditions { if_match: input.if_match, if_none_match: input.if_none_match };
        let attributes = Attributes {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            metadata: input.metadata.unwrap_or_default(),
        };
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
        let (bucket, key, clock) = (input.bucket, input.key, self.clock.clone());
        self.blocking(move |disk| {
            let draft = received.finish(disk)?;
            let meta = ObjectMeta::new(draft.size, draft.etag(), clock.now(), attributes)
                .with_checksums(&draft.sums);
            let meta = disk.put(&bucket, &key, draft.seal(meta).map_err(internal)?, &when)?;
            Ok(S3Response::new(put_output(&meta)))
        })
        .await
    }

    /// `CopyObject`
    pub(super) async fn copy(&self, input: CopyObjectInput) -> Answer<CopyObjectOutput> {
        let when = ReadConditions::from(&input);
        let CopySource::Bucket { bucket, key, .. } = input.copy_source else {
            return Err(s3_error!(NotImplemented));
        };
        let replace = input
            .metadata_directive
            .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
        let attributes = replace.then_some(Attributes {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            metadata: input.metadata.unwrap_or_default(),
        });
        let now = self.clock.now();
        self.blocking(move |disk| {
            // The open file is one version of the source, whoever writes to its key from here on.
            let (source, of) = disk.open_object(&bucket, &key)?;
            when.check_source(&of)?;
            disk.bucket(&input.bucket)?;
            let sums = of.checksums();
            let meta = ObjectMeta::new(of.size, of.etag, now, attributes.unwrap_or(of.attributes))
                .with_checksums(&sums);
            let scratch = disk.scratch().map_err(internal)?;
            let object = join(scratch, &[(source, of.size)], meta).map_err(internal)?;
            let meta = disk.put(&input.bucket, &input.key, object, &WriteConditions::default())?;
            let result =
                CopyObjectResult { e_tag: etag(&meta), last_modified: modified(&meta), ..Default::default() };
            Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..Default::default() }))
        })
        .await
    }

    /// `DeleteObject`
    pub(super) async fn delete(&self, input: DeleteObjectInput) -> Answer<DeleteObjectOutput> {
        let when = WriteConditions { if_match: input.if_match, if_none_match: None };
        self.blocking(move |disk| disk.delete(&input.bucket, &input.key, &when)).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    /// `DeleteObjects`: each key is judged on its own, and one that may not be deleted does not spare the others.
    pub(super) async fn delete_many(
        &self,
        input: DeleteObjectsInput,
        scope: Scope,
    ) -> Answer<DeleteObjectsOutput> {
        let quiet = input.delete.quiet.unwrap_or_default();
        self.blocking(move |disk| {
            disk.bucket(&input.bucket)?;
            let (mut deleted, mut errors) = (Vec::new(), Vec::new());
            for object in input.delete.objects {
                let when = WriteConditions {
                    if_match: object.e_tag.map(ETagCondition::ETag),
                    ..WriteConditions::default()
                };
                let done = if scope.may_write(&input.bucket, &object.key) {
                    disk.delete(&input.bucket, &object.key, &when)
                } else {
                    Err(s3_error!(AccessDenied, "Access denied"))
                };
                let key = Some(object.key);
                match done {
                    Ok(()) if quiet => {}
                    Ok(()) => deleted.push(DeletedObject { key, ..DeletedObject::default() }),
                    Err(error) => errors.push(Error {
                        key,
                        code: Some(error.code().as_str().to_owned()),
                        message: error.message().map(str::to_owned),
                        version_id: None,
                    }),
                }
            }
            let (deleted, errors) = (Some(deleted), Some(errors));
            Ok(S3Response::new(DeleteObjectsOutput { deleted, errors, ..Default::default() }))
        })
        .await
    }
}

fn put_output(meta: &ObjectMeta) -> PutObjectOutput {
    let sums = meta.checksums();
    PutObjectOutput {
        e_tag: etag(meta),
        checksum_crc32: sums.checksum_crc32,
        checksum_crc32c: sums.checksum_crc32c,
        checksum_crc64nvme: sums.checksum_crc64nvme,
        checksum_sha1: sums.checksum_sha1,
        checksum_sha256: sums.checksum_sha256,
        ..PutObjectOutput::default()
    }
}
