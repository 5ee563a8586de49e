//! [`Guard`]: checks who signed a request and whether the key may do what it asks.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::{
    CopyObjectInput, CopySource, ListMultipartUploadsInput, ListObjectsInput, ListObjectsV2Input,
    UploadPartCopyInput,
};
use s3s::path::S3Path;
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::clock::Clock;
use super::credentials::{CredentialStore, S3Key};
use super::scope::{Access, Grant, Scope};
use super::temporary::{TEMPORARY_KEY_PREFIX, TemporaryKeys, TokenProblem};

const TOKEN: &str = "x-amz-security-token";

/// Decides on every request. What the key may do goes with the request, for the operations that touch more objects than
/// the one in the path.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    pub(super) store: Arc<dyn CredentialStore>,
    pub(super) temporary: TemporaryKeys,
    pub(super) clock: Clock,
}

#[async_trait::async_trait]
impl S3Auth for Guard {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key.starts_with(TEMPORARY_KEY_PREFIX) {
            return Ok(SecretKey::from(self.temporary.secret(access_key).expose()));
        }
        Ok(SecretKey::from(self.registered(access_key)?.secret.expose()))
    }
}

#[async_trait::async_trait]
impl S3Access for Guard {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let mut scope = match cx.credentials() {
            Some(credentials) => self.scope(&credentials.access_key, session_token(cx).as_deref())?,
            None => Scope::Grants(Vec::new()),
        };
        if let (Scope::Grants(grants), Some(bucket)) = (&mut scope, cx.s3_path().get_bucket_name())
            && self.store.is_public(bucket)
        {
            grants.push(Grant::new(bucket, "", Access::Read));
        }
        if !allows(&scope, cx.s3_op().name(), cx.s3_path(), cx.credentials().is_some()) {
            return Err(s3_error!(AccessDenied));
        }
        cx.extensions_mut().insert(scope);
        Ok(())
    }

    async fn copy_object(&self, req: &mut S3Request<CopyObjectInput>) -> S3Result<()> {
        self.check_source(&scope_of(req), &req.input.copy_source)
    }

    async fn upload_part_copy(&self, req: &mut S3Request<UploadPartCopyInput>) -> S3Result<()> {
        self.check_source(&scope_of(req), &req.input.copy_source)
    }

    async fn list_objects(&self, req: &mut S3Request<ListObjectsInput>) -> S3Result<()> {
        check_list(&scope_of(req), &req.input.bucket, req.input.prefix.as_deref())
    }

    async fn list_objects_v2(&self, req: &mut S3Request<ListObjectsV2Input>) -> S3Result<()> {
        check_list(&scope_of(req), &req.input.bucket, req.input.prefix.as_deref())
    }

    async fn list_multipart_uploads(&self, req: &mut S3Request<ListMultipartUploadsInput>) -> S3Result<()> {
        check_list(&scope_of(req), &req.input.bucket, req.input.prefix.as_deref())
    }
}

/// What the key behind a request may do; nothing when it was never checked.
pub(super) fn scope_of<T>(req: &S3Request<T>) -> Scope {
    req.extensions.get().cloned().unwrap_or(Scope::Grants(Vec::new()))
}

impl Guard {
    fn registered(&self, access_key: &str) -> S3Result<S3Key> {
        let key = self.store.lookup(access_key).ok_or_else(|| s3_error!(InvalidAccessKeyId))?;
        if key.expires_at.is_some_and(|at| self.clock.now() >= at) {
            return Err(expired());
        }
        Ok(key)
    }

    fn scope(&self, access_key: &str, token: Option<&str>) -> S3Result<Scope> {
        if access_key.starts_with(TEMPORARY_KEY_PREFIX) {
            return self.temporary.scope(access_key, token.unwrap_or_default()).map_err(
                |problem| match problem {
                    TokenProblem::Invalid => s3_error!(InvalidToken),
                    TokenProblem::Expired => expired(),
                },
            );
        }
        let key = self.registered(access_key)?;
        match key.session_token {
            Some(wanted) if token != Some(wanted.expose()) => Err(s3_error!(InvalidToken)),
            _ => Ok(key.scope),
        }
    }

    fn check_source(&self, scope: &Scope, source: &CopySource) -> S3Result<()> {
        let CopySource::Bucket { bucket, key, .. } = source else { return Err(s3_error!(NotImplemented)) };
        if scope.may_read(bucket, key) || self.store.is_public(bucket) {
            Ok(())
        } else {
            Err(s3_error!(AccessDenied))
        }
    }
}

/// Whether the key may ask for this at all. Lists, copies and the deletion of many objects are looked at more closely
/// once their arguments are known.
fn allows(scope: &Scope, operation: &str, path: &S3Path, signed: bool) -> bool {
    match (operation, path) {
        ("GetObject" | "HeadObject", S3Path::Object { bucket, key }) => scope.may_read(bucket, key),
        (
            "PutObject"
            | "CopyObject"
            | "DeleteObject"
            | "CreateMultipartUpload"
            | "UploadPart"
            | "UploadPartCopy"
            | "CompleteMultipartUpload"
            | "AbortMultipartUpload"
            | "ListParts",
            S3Path::Object { bucket, key },
        ) => scope.may_write(bucket, key),
        (
            "HeadBucket"
            | "GetBucketLocation"
            | "ListObjects"
            | "ListObjectsV2"
            | "ListMultipartUploads"
            | "DeleteObjects",
            S3Path::Bucket { bucket },
        ) => scope.sees_bucket(bucket),
        ("ListBuckets", _) => signed,
        ("PostObject", _) => false,
        _ => scope.is_admin(),
    }
}

fn check_list(scope: &Scope, bucket: &str, prefix: Option<&str>) -> S3Result<()> {
    if scope.may_list(bucket, prefix.unwrap_or_default()) { Ok(()) } else { Err(s3_error!(AccessDenied)) }
}

/// The token is in a header, or in the query of a presigned URL.
fn session_token(cx: &S3AccessContext<'_>) -> Option<String> {
    if let Some(value) = cx.headers().get(TOKEN) {
        return value.to_str().ok().map(str::to_owned);
    }
    cx.uri().query()?.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let decode = || percent_encoding::percent_decode_str(value).decode_utf8().ok();
        name.eq_ignore_ascii_case(TOKEN).then(decode)?.map(|value| value.into_owned())
    })
}

fn expired() -> S3Error {
    s3_error!(ExpiredToken, "The key has expired")
}
