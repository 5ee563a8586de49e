//! Writing without HTTP, for the rest of this crate: the same files, the same conditions, no keys asked for.

use std::io;

use bytes::Bytes;
use s3s::S3ErrorCode;
use s3s::checksum::ChecksumHasher;
use s3s::dto::{ETag, ETagCondition};

use super::conditions::WriteConditions;
use super::disk::internal;
use super::endpoint::{Endpoint, plain};
use super::object_file::{Attributes, ObjectMeta, Writer};

/// What must be there for a write to be done.
#[derive(Debug, Clone)]
pub(crate) enum Before {
    /// Anything, or nothing.
    Anything,
    /// Nothing.
    Nothing,
    /// The object with this ETag.
    This(String),
}

impl Endpoint {
    /// Writes an object and returns its ETag; `None` when what must be there is not.
    pub(crate) async fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        content_type: Option<String>,
        before: Before,
    ) -> io::Result<Option<String>> {
        let when = match before {
            Before::Anything => WriteConditions::default(),
            Before::Nothing => {
                WriteConditions { if_none_match: Some(ETagCondition::Any), ..WriteConditions::default() }
            }
            Before::This(etag) => {
                let etag = Some(ETagCondition::ETag(ETag::Strong(etag)));
                WriteConditions { if_match: etag, ..WriteConditions::default() }
            }
        };
        let (bucket, key, now) = (bucket.to_owned(), key.to_owned(), self.inner().clock.now());
        let written = self.inner().blocking(move |disk| {
            let mut writer = Writer::new(disk.scratch().map_err(internal)?, ChecksumHasher::default());
            writer.write(&[bytes]).map_err(internal)?;
            let draft = writer.finish();
            let attributes = Attributes { content_type, ..Attributes::default() };
            let meta = ObjectMeta::new(draft.size, draft.etag(), now, attributes).with_checksums(&draft.sums);
            Ok(disk.put(&bucket, &key, draft.seal(meta).map_err(internal)?, &when)?.etag)
        });
        match written.await {
            Err(error) if *error.code() == S3ErrorCode::PreconditionFailed => Ok(None),
            other => other.map(Some).map_err(plain),
        }
    }

    /// Deletes an object if it is there.
    pub(crate) async fn delete(&self, bucket: &str, key: &str) -> io::Result<()> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let delete =
            self.inner().blocking(move |disk| disk.delete(&bucket, &key, &WriteConditions::default()));
        delete.await.map_err(plain)
    }
}
