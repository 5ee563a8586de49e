//! From a bucket config to a storage: [`plan`] decides, without doing anything.

use std::sync::Arc;

use arraylake_types::{
    AuthConfig, AuthMethod, BucketResponse, ExtraConfig, OpenRepo, Platform, StorageCredentials,
};
use icechunk::Storage;
use icechunk::storage::Settings;
use icechunk::storage::s3_config::S3ChecksumAlgorithm;

use crate::credentials::{Scope, bucket_keys};
use crate::{Error, ErrorKind, StorageOverrides};

mod build;

#[cfg(any(feature = "gcs", feature = "azure"))]
pub(crate) use self::build::object_store_options;

/// A storage in the form that icechunk takes.
pub type RepoStorage = Arc<dyn Storage + Send + Sync>;

/// Which of icechunk's storages a bucket needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Constructor {
    /// S3 and what is like it.
    S3,
    /// Cloudflare R2.
    R2,
    /// Tigris, in its consistent mode.
    Tigris,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
}

impl Constructor {
    fn takes(self, keys: &StorageCredentials) -> bool {
        match self {
            Self::S3 | Self::R2 | Self::Tigris => matches!(keys, StorageCredentials::S3(_)),
            Self::Gcs => matches!(keys, StorageCredentials::Gcs(_)),
            Self::Azure => matches!(keys, StorageCredentials::Azure(_)),
        }
    }
}

/// How requests to a bucket are signed. Never by what the environment happens to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Not at all.
    Anonymous,
    /// With keys from the credential cache, under a scope. Constant keys too: icechunk would print and serialise
    /// what it holds itself.
    Fetched(Scope),
}

/// A storage, before it is built. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoragePlan {
    /// Which storage.
    pub constructor: Constructor,
    /// Name of the bucket, or of the container on Azure.
    pub bucket: String,
    /// Storage account; on Azure alone.
    pub account: Option<String>,
    /// Prefix of all keys, without a slash at its beginning; may be empty.
    pub prefix: String,
    /// Region; always set for what is like S3, since the SDK looks for an unset one in the environment and on the
    /// network. Empty for others.
    pub region: String,
    /// Endpoint, if it is not the provider's own.
    pub endpoint_url: Option<String>,
    /// Whether plain HTTP is allowed.
    pub allow_http: bool,
    /// Whether the bucket name goes into the path.
    pub force_path_style: bool,
    /// After how many seconds without progress a download is given up.
    pub network_stream_timeout_seconds: Option<u32>,
    /// Whether the caller pays for requests.
    pub requester_pays: bool,
    /// Which checksum goes with what is written; none leaves it to the SDK.
    pub checksum_algorithm: Option<S3ChecksumAlgorithm>,
    /// How requests are signed.
    pub access: Access,
}

/// Decides which storage an answer of `/open` means. Pure: nothing is asked, read or built.
///
/// # Errors
/// [`ErrorKind::Unsupported`] if this version cannot use the platform with the method, [`ErrorKind::Config`] if a
/// region is missing where none can be guessed or an override is of another platform, [`ErrorKind::Credentials`] if the
/// service gave no keys or the wrong ones.
pub fn plan(answer: &OpenRepo, overrides: &StorageOverrides) -> Result<StoragePlan, Error> {
    let bucket = &answer.repo_bucket;
    let config = overridden(&bucket.extra_config, overrides);
    let constructor = constructor(bucket, &config)?;
    check(constructor, overrides)?;
    let region = region(constructor, &config, &bucket.name)?;
    let by_both = overrides.dualstack && constructor == Constructor::S3 && config.endpoint_url().is_none();
    Ok(StoragePlan {
        constructor,
        bucket: bucket.name.clone(),
        account: (constructor == Constructor::Azure).then(|| account(answer)).transpose()?,
        prefix: answer.repo_prefix.trim_start_matches('/').to_owned(),
        endpoint_url: match config.endpoint_url() {
            None if by_both => Some(dualstack(&region)?),
            own => own.map(str::to_owned),
        },
        region,
        allow_http: config.allow_http(),
        force_path_style: match constructor {
            Constructor::S3 => config.force_path_style(),
            Constructor::R2 => true,
            Constructor::Tigris | Constructor::Gcs | Constructor::Azure => false,
        },
        network_stream_timeout_seconds: overrides.network_stream_timeout_seconds,
        requester_pays: overrides.requester_pays,
        checksum_algorithm: overrides.checksum_algorithm,
        access: access(answer, constructor)?,
    })
}

/// What means nothing on a platform is refused rather than left undone.
fn check(constructor: Constructor, overrides: &StorageOverrides) -> Result<(), Error> {
    let of_s3 = overrides.requester_pays || overrides.dualstack || overrides.checksum_algorithm.is_some();
    if of_s3 && matches!(constructor, Constructor::Gcs | Constructor::Azure) {
        return Err(Error::config(
            "who pays for requests, checksums and IPv6 can be chosen for what is like S3 alone",
        ));
    }
    Ok(())
}

/// The bucket's switches, under those of the caller.
fn overridden(config: &ExtraConfig, overrides: &StorageOverrides) -> ExtraConfig {
    let mut config = config.clone();
    if let Some(region) = &overrides.region {
        config = config.with("region_name", region.as_str());
    }
    if let Some(url) = &overrides.endpoint_url {
        config = config.with("endpoint_url", url.as_str());
    }
    if let Some(force) = overrides.force_path_style {
        config = config.with("force_path_style", force);
    }
    config
}

/// The table: which methods go with a platform, and for what is like S3 the endpoint decides the rest.
fn constructor(bucket: &BucketResponse, config: &ExtraConfig) -> Result<Constructor, Error> {
    use AuthMethod as Method;
    use Platform::{Azure, Gs, Minio, S3, S3Compatible};
    // Where the caller names another endpoint, a proxy say, the bucket stays what it is.
    let like_s3 = match by_endpoint(&bucket.extra_config) {
        Constructor::S3 => by_endpoint(config),
        own => own,
    };
    match (&bucket.platform, bucket.auth_method()) {
        (
            S3 | S3Compatible | Minio,
            None
            | Some(
                Method::Hmac
                | Method::Anonymous
                | Method::BucketPolicy
                | Method::AwsCustomerManagedRole
                | Method::CustomerManagedRole,
            ),
        ) => Ok(like_s3),
        (S3 | S3Compatible, Some(Method::R2CustomerManagedRole)) if like_s3 == Constructor::R2 => Ok(like_s3),
        (Gs, None | Some(Method::Anonymous | Method::BucketPolicy | Method::GcpCustomerManagedRole))
            if cfg!(feature = "gcs") =>
        {
            Ok(Constructor::Gcs)
        }
        (Azure, Some(Method::Anonymous | Method::AzureCredentialDelegation)) if cfg!(feature = "azure") => {
            Ok(Constructor::Azure)
        }
        _ => Err(unsupported(bucket)),
    }
}

/// Tigris before R2: its hosts are looked for first.
fn by_endpoint(config: &ExtraConfig) -> Constructor {
    if config.is_tigris() {
        Constructor::Tigris
    } else if config.is_r2() {
        Constructor::R2
    } else {
        Constructor::S3
    }
}

fn unsupported(bucket: &BucketResponse) -> Error {
    let platform = bucket.platform.to_string();
    let method = bucket.auth_method().map(|method| method.to_string());
    let name = &bucket.nickname;
    let message = match (&bucket.platform, bucket.auth_method()) {
        (Platform::Other(platform), _) => {
            format!("bucket {name} is on platform `{platform}`, which this version does not know")
        }
        (_, Some(AuthMethod::Other(method))) => {
            format!("bucket {name} has auth method `{method}`, which this version does not know")
        }
        (platform, Some(method)) => {
            format!("bucket {name}: auth method `{method}` on platform `{platform}` is not supported")
        }
        (platform, None) => format!("bucket {name}: platform `{platform}` is not supported"),
    };
    Error::new(ErrorKind::Unsupported { platform, method }, message)
}

/// The storage account of an Azure container: in the auth config, else with the credentials.
pub(crate) fn account(answer: &OpenRepo) -> Result<String, Error> {
    let configured = match &answer.repo_bucket.auth_config {
        Some(
            AuthConfig::Anonymous { storage_account, .. }
            | AuthConfig::AzureDelegation { storage_account, .. },
        ) => storage_account.clone(),
        _ => None,
    };
    let vended = || match &answer.repo_credentials {
        Some(StorageCredentials::Azure(signature)) => Some(signature.storage_account.clone()),
        _ => None,
    };
    configured.filter(|account| !account.is_empty()).or_else(vended).ok_or_else(|| {
        let nickname = &answer.repo_bucket.nickname;
        Error::config(format!("the bucket config of {nickname} names no storage account"))
    })
}

fn region(constructor: Constructor, config: &ExtraConfig, bucket: &str) -> Result<String, Error> {
    match (constructor, config.region()) {
        (Constructor::Gcs | Constructor::Azure, _) => Ok(String::new()),
        (Constructor::Tigris, None | Some("auto")) => Err(Error::config(format!(
            "bucket {bucket} is on Tigris and needs a region of its own, not `auto`"
        ))),
        (_, Some(region)) => Ok(region.to_owned()),
        (Constructor::R2, None) => Ok("auto".to_owned()),
        (Constructor::S3, None) if config.endpoint_url().is_some() => Ok("us-east-1".to_owned()),
        (Constructor::S3, None) => {
            Err(Error::config(format!("the bucket config of {bucket} names neither region nor endpoint")))
        }
    }
}

/// Where Amazon answers by IPv4 and by IPv6. Its isolated regions do not.
fn dualstack(region: &str) -> Result<String, Error> {
    let parts = region.split('-').collect::<Vec<_>>();
    match parts.as_slice() {
        [_, "iso" | "isob" | "isoe" | "isof", ..] => {
            Err(Error::config(format!("there is no IPv6 in the region {region}")))
        }
        ["cn", ..] => Ok(format!("https://s3.dualstack.{region}.amazonaws.com.cn")),
        _ => Ok(format!("https://s3.dualstack.{region}.amazonaws.com")),
    }
}

/// Decided by the credentials that came; by the method only where none came.
fn access(answer: &OpenRepo, constructor: Constructor) -> Result<Access, Error> {
    let bucket = &answer.repo_bucket;
    let method = bucket.auth_method();
    if method == Some(AuthMethod::Anonymous) {
        return Ok(Access::Anonymous);
    }
    match (bucket_keys(answer), method) {
        (Some(keys), _) if constructor.takes(&keys) => Ok(Access::Fetched(Scope::of_bucket(answer))),
        (Some(_), _) => Err(Error::new(
            ErrorKind::Credentials,
            format!(
                "the service gave credentials for bucket {} that do not fit its platform `{}`",
                bucket.nickname, bucket.platform
            ),
        )),
        (None, Some(AuthMethod::Hmac)) => Err(Error::new(
            ErrorKind::Credentials,
            format!("bucket {} needs keys, and the service gave none", bucket.nickname),
        )),
        (None, Some(method)) if method.is_delegated() && bucket.platform == Platform::Minio => {
            Err(unsupported(bucket))
        }
        (None, Some(method)) if method.is_delegated() => Ok(Access::Fetched(Scope::Bucket)),
        (None, _) => Ok(Access::Anonymous),
    }
}

/// What the bucket config says about conditional writes.
pub(crate) fn settings(config: &ExtraConfig) -> Settings {
    Settings {
        unsafe_use_conditional_update: config.conditional_update(),
        unsafe_use_conditional_create: config.conditional_create(),
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests;
