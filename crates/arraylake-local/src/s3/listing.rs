//! `ListObjects` in both versions.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use s3s::dto::*;
use s3s::{S3Response, S3Result, s3_error};

use super::disk::internal;
use super::reading::{etag, modified};
use super::scope::Scope;
use super::service::{Answer, Service};
use super::walk::{Listing, Query, list};

const MAX_KEYS: i32 = 1000;
/// What stays as it is in names that the client wants encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

impl Service {
    /// `ListObjectsV2`
    pub(super) async fn list_v2(
        &self,
        input: ListObjectsV2Input,
        scope: Scope,
    ) -> Answer<ListObjectsV2Output> {
        let after = match &input.continuation_token {
            // A token says more than where the list started.
            Some(token) => {
                percent_decode_str(token).decode_utf8().map_err(|_| s3_error!(InvalidToken))?.into_owned()
            }
            None => input.start_after.clone().unwrap_or_default(),
        };
        let (query, max_keys) =
            query(input.prefix.as_deref(), input.delimiter.as_deref(), after, input.max_keys)?;
        let page = self.page(&input.bucket, query, scope).await?;
        let names =
            Names(input.encoding_type.as_ref().is_some_and(|kind| kind.as_str() == EncodingType::URL));
        let count = page.objects.len() + page.prefixes.len();
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: Some(names.encode(input.prefix.as_deref().unwrap_or_default())),
            delimiter: input.delimiter.as_deref().map(|delimiter| names.encode(delimiter)),
            start_after: input.start_after.as_deref().map(|after| names.encode(after)),
            max_keys: Some(max_keys),
            key_count: i32::try_from(count).ok(),
            is_truncated: Some(page.next.is_some()),
            continuation_token: input.continuation_token,
            next_continuation_token: page
                .next
                .as_deref()
                .map(|next| utf8_percent_encode(next, ENCODED).to_string()),
            common_prefixes: names.prefixes(&page),
            contents: names.objects(&page),
            encoding_type: input.encoding_type,
            request_charged: None,
        }))
    }

    /// `ListObjects`
    pub(super) async fn list_v1(&self, input: ListObjectsInput, scope: Scope) -> Answer<ListObjectsOutput> {
        let after = input.marker.clone().unwrap_or_default();
        let (query, max_keys) =
            query(input.prefix.as_deref(), input.delimiter.as_deref(), after, input.max_keys)?;
        let page = self.page(&input.bucket, query, scope).await?;
        let names =
            Names(input.encoding_type.as_ref().is_some_and(|kind| kind.as_str() == EncodingType::URL));
        Ok(S3Response::new(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: Some(names.encode(input.prefix.as_deref().unwrap_or_default())),
            delimiter: input.delimiter.as_deref().map(|delimiter| names.encode(delimiter)),
            marker: Some(names.encode(input.marker.as_deref().unwrap_or_default())),
            max_keys: Some(max_keys),
            is_truncated: Some(page.next.is_some()),
            next_marker: page.next.as_deref().map(|next| names.encode(next)),
            common_prefixes: names.prefixes(&page),
            contents: names.objects(&page),
            encoding_type: input.encoding_type,
            request_charged: None,
        }))
    }

    async fn page(&self, bucket: &str, query: Query, scope: Scope) -> S3Result<Listing> {
        let bucket = bucket.to_owned();
        self.blocking(move |disk| {
            let root = disk.bucket(&bucket)?;
            list(&root, &query, &|key| scope.may_read(&bucket, key)).map_err(internal)
        })
        .await
    }
}

fn query(
    prefix: Option<&str>,
    delimiter: Option<&str>,
    after: String,
    max_keys: Option<i32>,
) -> S3Result<(Query, i32)> {
    let max_keys = max_keys.unwrap_or(MAX_KEYS).min(MAX_KEYS);
    let limit = usize::try_from(max_keys).map_err(|_| s3_error!(InvalidArgument, "max-keys is negative"))?;
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty()).map(str::to_owned);
    Ok((Query { prefix: prefix.unwrap_or_default().to_owned(), delimiter, after, limit }, max_keys))
}

/// Names in an answer: encoded if the client asked for that, because not every key can be written in XML.
struct Names(bool);

impl Names {
    fn encode(&self, name: &str) -> String {
        if self.0 { utf8_percent_encode(name, ENCODED).to_string() } else { name.to_owned() }
    }

    fn prefixes(&self, page: &Listing) -> Option<CommonPrefixList> {
        let prefixes = page.prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(self.encode(prefix)) });
        Some(prefixes.collect())
    }

    fn objects(&self, page: &Listing) -> Option<ObjectList> {
        let objects = page.objects.iter().map(|(key, meta)| Object {
            key: Some(self.encode(key)),
            size: i64::try_from(meta.size).ok(),
            e_tag: etag(meta),
            last_modified: modified(meta),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..Object::default()
        });
        Some(objects.collect())
    }
}
