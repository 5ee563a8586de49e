//! Conditional requests: `If-Match` and its kin, for reading, writing and the source of a copy.

use chrono::{DateTime, Utc};
use http::{HeaderMap, header};
use s3s::dto::{
    CopyObjectInput, ETag, ETagCondition, GetObjectInput, HeadObjectInput, Timestamp, UploadPartCopyInput,
};
use s3s::{S3Error, S3Result, s3_error};

use super::object_file::ObjectMeta;

/// Conditions on the object that a write replaces.
#[derive(Debug, Default)]
pub(super) struct WriteConditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

impl WriteConditions {
    pub(super) fn is_empty(&self) -> bool {
        self.if_match.is_none() && self.if_none_match.is_none()
    }

    /// Checks the conditions against the object that is there now.
    pub(super) fn check(&self, current: Option<&ObjectMeta>) -> S3Result<()> {
        if self.if_match.as_ref().is_some_and(|wanted| !current.is_some_and(|now| matches(wanted, now))) {
            return Err(s3_error!(PreconditionFailed, "The object is not the one named by If-Match"));
        }
        if self
            .if_none_match
            .as_ref()
            .is_some_and(|unwanted| current.is_some_and(|now| matches(unwanted, now)))
        {
            return Err(s3_error!(PreconditionFailed, "The object exists already"));
        }
        Ok(())
    }
}

/// Conditions on an object that is read.
#[derive(Debug, Default)]
pub(super) struct ReadConditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
    pub(super) if_modified_since: Option<Timestamp>,
    pub(super) if_unmodified_since: Option<Timestamp>,
}

/// Out of requests that name the same conditions, and have no trait in common.
macro_rules! read_conditions {
    ($($request:ty),+: $if_match:ident, $if_none_match:ident, $modified:ident, $unmodified:ident) => {$(
        impl From<&$request> for ReadConditions {
            fn from(request: &$request) -> Self {
                Self {
                    if_match: request.$if_match.clone(),
                    if_none_match: request.$if_none_match.clone(),
                    if_modified_since: request.$modified.clone(),
                    if_unmodified_since: request.$unmodified.clone(),
                }
            }
        }
    )+};
}

read_conditions!(GetObjectInput, HeadObjectInput:
    if_match, if_none_match, if_modified_since, if_unmodified_since);
read_conditions!(CopyObjectInput, UploadPartCopyInput:
    copy_source_if_match, copy_source_if_none_match, copy_source_if_modified_since, copy_source_if_unmodified_since);

impl ReadConditions {
    /// Checks for GET and HEAD: 412, or 304 when the reader has the object already.
    pub(super) fn check(&self, meta: &ObjectMeta) -> S3Result<()> {
        if self.is_another(meta) {
            return Err(s3_error!(PreconditionFailed));
        }
        if self.is_known(meta) { Err(not_modified(meta)) } else { Ok(()) }
    }

    /// Checks for the source of a copy, where every failure is a 412.
    pub(super) fn check_source(&self, meta: &ObjectMeta) -> S3Result<()> {
        if self.is_another(meta) || self.is_known(meta) {
            return Err(s3_error!(PreconditionFailed, "The source does not meet the conditions"));
        }
        Ok(())
    }

    /// ETags count more than times: a time is looked at only where no ETag is given.
    fn is_another(&self, meta: &ObjectMeta) -> bool {
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(wanted), _) => !matches(wanted, meta),
            (None, Some(since)) => seconds(meta.modified()) > *since,
            (None, None) => false,
        }
    }

    fn is_known(&self, meta: &ObjectMeta) -> bool {
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(known), _) => matches(known, meta),
            (None, Some(since)) => seconds(meta.modified()) <= *since,
            (None, None) => false,
        }
    }
}

fn matches(condition: &ETagCondition, meta: &ObjectMeta) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.value() == meta.etag,
    }
}

/// Times in headers have whole seconds, so only those are compared.
fn seconds(time: DateTime<Utc>) -> Timestamp {
    Timestamp::from(std::time::SystemTime::from(
        DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time),
    ))
}

fn not_modified(meta: &ObjectMeta) -> S3Error {
    let mut error = s3_error!(NotModified);
    if let Ok(etag) = ETag::Strong(meta.etag.clone()).to_http_header() {
        error.set_headers(HeaderMap::from_iter([(header::ETAG, etag)]));
    }
    error
}

#[cfg(test)]
mod tests {
    use s3s::S3ErrorCode;

    use super::super::object_file::Attributes;
    use super::*;

    fn etag(text: &str) -> Option<ETagCondition> {
        Some(ETagCondition::parse_http_header(text.as_bytes()).unwrap())
    }

    fn meta() -> ObjectMeta {
        ObjectMeta::new(
            0,
            "abc".to_owned(),
            DateTime::from_timestamp(100, 500).unwrap(),
            Attributes::default(),
        )
    }

    #[test]
    fn writes_compare_quoted_and_bare_etags() {
        for text in ["abc", "\"abc\"", "*"] {
            let conditions = WriteConditions { if_match: etag(text), ..WriteConditions::default() };
            assert!(conditions.check(Some(&meta())).is_ok(), "{text}");
            let failed = conditions.check(None).unwrap_err();
            assert_eq!(failed.code(), &S3ErrorCode::PreconditionFailed);
        }
        let other = WriteConditions { if_match: etag("\"abd\""), ..WriteConditions::default() };
        assert!(other.check(Some(&meta())).is_err());
        let create = WriteConditions { if_none_match: etag("*"), ..WriteConditions::default() };
        assert!(create.check(None).is_ok());
        assert!(create.check(Some(&meta())).is_err());
    }

    #[test]
    fn a_reader_who_has_the_object_gets_a_304() {
        let known = ReadConditions { if_none_match: etag("\"abc\""), ..ReadConditions::default() };
        assert_eq!(known.check(&meta()).unwrap_err().code(), &S3ErrorCode::NotModified);
        assert_eq!(known.check_source(&meta()).unwrap_err().code(), &S3ErrorCode::PreconditionFailed);
        let since = Some(seconds(DateTime::from_timestamp(100, 0).unwrap()));
        let recent = ReadConditions { if_modified_since: since.clone(), ..ReadConditions::default() };
        assert!(recent.check(&meta()).is_err());
        let old = ReadConditions { if_unmodified_since: since, ..ReadConditions::default() };
        assert!(old.check(&meta()).is_ok());
    }
}
