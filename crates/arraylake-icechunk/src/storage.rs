//! From a bucket config to a storage: [`plan`] decides, without doing anything.

use std::sync::Arc;

use arraylake_types::{
    AuthMethod, BucketResponse, ExtraConfig, OpenRepo, Platform, RepoName, StorageCredentials,
};
use icechunk::Storage;
use icechunk::storage::{
    S3Credentials, S3Options, Settings, new_r2_storage, new_s3_storage, new_tigris_storage,
};

use crate::credentials::{Link, S3Fetcher, Scope, bucket_keys};
use crate::{Error, ErrorKind, StorageOverrides};

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
    /// Name of the bucket.
    pub bucket: String,
    /// Prefix of all keys, without a slash at its beginning; may be empty.
    pub prefix: String,
    /// Region; always set, since the SDK looks for an unset one in the environment and on the network.
    pub region: String,
    /// Endpoint, if it is not Amazon's.
    pub endpoint_url: Option<String>,
    /// Whether plain HTTP is allowed.
    pub allow_http: bool,
    /// Whether the bucket name goes into the path.
    pub force_path_style: bool,
    /// After how many seconds without progress a download is given up.
    pub network_stream_timeout_seconds: Option<u32>,
    /// Whether the caller pays for requests.
    pub requester_pays: bool,
    /// How requests are signed.
    pub access: Access,
}

/// Decides which storage an answer of `/open` means. Pure: nothing is asked, read or built.
///
/// # Errors
/// [`ErrorKind::Unsupported`] if this version cannot use the platform with the method, [`ErrorKind::Config`] if a
/// region is missing where none can be guessed, [`ErrorKind::Credentials`] if the service gave no keys or the wrong
/// ones.
pub fn plan(answer: &OpenRepo, overrides: &StorageOverrides) -> Result<StoragePlan, Error> {
    let bucket = &answer.repo_bucket;
    let config = overridden(&bucket.extra_config, overrides);
    let constructor = constructor(bucket, &config)?;
    Ok(StoragePlan {
        constructor,
        bucket: bucket.name.clone(),
        prefix: answer.repo_prefix.trim_start_matches('/').to_owned(),
        region: region(constructor, &config, &bucket.name)?,
        endpoint_url: config.endpoint_url().map(str::to_owned),
        allow_http: config.allow_http(),
        force_path_style: match constructor {
            Constructor::S3 => config.force_path_style(),
            Constructor::R2 => true,
            Constructor::Tigris => false,
        },
        network_stream_timeout_seconds: overrides.network_stream_timeout_seconds,
        requester_pays: overrides.requester_pays,
        access: access(answer)?,
    })
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

/// The platform's column of the table: which methods go with it, and the endpoint decides the rest.
fn constructor(bucket: &BucketResponse, config: &ExtraConfig) -> Result<Constructor, Error> {
    use AuthMethod as Method;
    // Tigris before R2: its hosts are looked for first.
    let by_endpoint = if config.is_tigris() {
        Constructor::Tigris
    } else if config.is_r2() {
        Constructor::R2
    } else {
        Constructor::S3
    };
    let supported = match (&bucket.platform, bucket.auth_method()) {
        (Platform::S3 | Platform::S3Compatible | Platform::Minio, None) => true,
        (Platform::S3 | Platform::S3Compatible | Platform::Minio, Some(method)) => match method {
            Method::Hmac | Method::Anonymous | Method::BucketPolicy => true,
            Method::AwsCustomerManagedRole | Method::CustomerManagedRole => true,
            Method::R2CustomerManagedRole => {
                bucket.platform == Platform::S3Compatible && by_endpoint == Constructor::R2
            }
            _ => false,
        },
        _ => false,
    };
    if supported { Ok(by_endpoint) } else { Err(unsupported(bucket)) }
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

fn region(constructor: Constructor, config: &ExtraConfig, bucket: &str) -> Result<String, Error> {
    match (constructor, config.region()) {
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

/// Decided by the credentials that came; by the method only where none came.
fn access(answer: &OpenRepo) -> Result<Access, Error> {
    let bucket = &answer.repo_bucket;
    let method = bucket.auth_method();
    if method == Some(AuthMethod::Anonymous) {
        return Ok(Access::Anonymous);
    }
    match (bucket_keys(answer), method) {
        (Some(StorageCredentials::S3(_)), _) => Ok(Access::Fetched(Scope::of_bucket(answer))),
        (Some(_), _) => Err(Error::new(
            ErrorKind::Credentials,
            format!("the service gave credentials for bucket {} that are not for S3", bucket.nickname),
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

impl StoragePlan {
    /// Builds the storage. Nothing is sent.
    pub(crate) fn build(self, link: &Link, repo: &RepoName) -> Result<Arc<dyn Storage + Send + Sync>, Error> {
        let options = self.options();
        let credentials = Some(credentials(self.access, link, repo));
        // An empty prefix may hold an old layout, which only a look tells; any other cannot.
        let rooted = if self.prefix.is_empty() { None } else { Some(false) };
        let (bucket, prefix) = (self.bucket, Some(self.prefix));
        let (reading, writing) = (Vec::new(), Vec::new());
        match self.constructor {
            Constructor::S3 => new_s3_storage(options, bucket, prefix, credentials, reading, writing, rooted),
            Constructor::R2 => {
                new_r2_storage(options, Some(bucket), prefix, None, credentials, reading, writing, rooted)
            }
            Constructor::Tigris => {
                new_tigris_storage(options, bucket, prefix, credentials, false, reading, writing, rooted)
            }
        }
        .map_err(Error::from_storage)
    }

    fn options(&self) -> S3Options {
        let mut options = S3Options::default()
            .with_region(&self.region)
            .with_allow_http(self.allow_http)
            .with_force_path_style(self.force_path_style)
            .with_requester_pays(self.requester_pays);
        if let Some(url) = &self.endpoint_url {
            options = options.with_endpoint_url(url);
        }
        if let Some(seconds) = self.network_stream_timeout_seconds {
            options = options.with_network_stream_timeout_seconds(seconds);
        }
        options
    }
}

/// What icechunk is given to sign with; never its `Static`, never nothing, which would mean the environment.
pub(crate) fn credentials(access: Access, link: &Link, repo: &RepoName) -> S3Credentials {
    match access {
        Access::Anonymous => S3Credentials::Anonymous,
        Access::Fetched(scope) => {
            S3Credentials::Refreshable(Arc::new(S3Fetcher::new(link.clone(), repo.clone(), scope)))
        }
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
