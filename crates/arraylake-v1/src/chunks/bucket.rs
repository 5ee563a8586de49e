//! [`BucketAccess`]: stores over S3 and Google buckets, by what a bucket config says.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arraylake_types::{AuthConfig, BucketResponse, ExtraConfig, Platform, S3Credentials, Secret};
use object_store::aws::{AmazonS3Builder, AwsCredential};
use object_store::client::{HttpClient, HttpConnector};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig, StaticCredentialProvider};

use super::credentials::{Fresh, S3Keys};
use super::read::explain;
use super::{BucketUri, KeySource, Scheme};
use crate::error::{Error, ErrorKind, Result};

/// How buckets are reached: endpoint, region and keys. Cheap to clone. One of them opens every bucket that the
/// references of a repo name, since all are read with the same keys.
///
/// What fails because of the network or of a busy service is sent again: 30 times in two and a half minutes at most,
/// with growing pauses. What is refused is not.
#[derive(Clone)]
pub struct BucketAccess {
    config: ExtraConfig,
    signing: Signing,
    /// What temporary keys are for.
    home: Scheme,
    ambient: Option<bool>,
    connector: Option<Shared>,
}

/// How requests are signed.
#[derive(Clone)]
enum Signing {
    /// With these keys, for S3.
    Keys(S3Credentials),
    /// With keys that the service hands out.
    Fresh(Fresh),
    /// Not at all.
    Anonymous,
    /// With what the machine has.
    Ambient,
}

impl BucketAccess {
    /// For repos without a bucket config, with options such as `endpoint_url`, `region_name`, `use_ssl`,
    /// `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token` and `anon`. Without keys among them, those
    /// of the machine are used; see [`with_ambient_credentials`](Self::with_ambient_credentials).
    #[must_use]
    pub fn new(config: ExtraConfig) -> Self {
        let signing = signing(&config);
        Self { config, signing, home: Scheme::S3, ambient: None, connector: None }
    }

    /// As a bucket config says. Temporary keys come from `keys`.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if V1 repos cannot be on that platform,
    /// [`Credentials`](ErrorKind::Credentials) if there is no way to keys that are needed.
    pub fn of_bucket(bucket: &BucketResponse, keys: Option<Arc<dyn KeySource>>) -> Result<Self> {
        let home = Self::uri(bucket)?.scheme;
        let missing = || {
            let message = format!("bucket {} needs keys, and there are none", bucket.nickname);
            Error::new(ErrorKind::Credentials, message)
        };
        let fetched = |keys: Option<Arc<dyn KeySource>>| keys.map(Fresh::new).map(Signing::Fresh);
        let mut access = Self { home, ..Self::new(bucket.extra_config.clone()) };
        access.signing = match &bucket.auth_config {
            Some(AuthConfig::Hmac { access_key_id, secret_access_key, .. }) => {
                match (usable(access_key_id.as_ref()), usable(secret_access_key.as_ref())) {
                    (Some(id), Some(secret)) => Signing::Keys(S3Credentials::new(id, secret)),
                    _ => fetched(keys).ok_or_else(missing)?,
                }
            }
            Some(config) if config.method().is_delegated() => fetched(keys).ok_or_else(missing)?,
            _ => access.signing,
        };
        Ok(access)
    }

    /// The bucket of a bucket config.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if V1 repos cannot be on that platform.
    pub fn uri(bucket: &BucketResponse) -> Result<BucketUri> {
        let scheme = match &bucket.platform {
            Platform::S3 | Platform::S3Compatible | Platform::Minio => Scheme::S3,
            Platform::Gs => Scheme::Gs,
            other => {
                let message =
                    format!("bucket {} is on platform `{other}`, where V1 repos cannot be", bucket.nickname);
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        };
        Ok(BucketUri::new(scheme, bucket.name.as_str())?)
    }

    /// Whether the keys of this machine are used where the config has none: those in the environment, and those that
    /// the cloud gives to its machines. Unless this is set they are used if the environment names some, and requests
    /// are not signed otherwise. Files with profiles are not read.
    #[must_use]
    pub fn with_ambient_credentials(mut self, ambient: bool) -> Self {
        self.ambient = Some(ambient);
        self
    }

    /// How connections are made, in place of the usual way.
    #[must_use]
    pub fn with_http_connector(mut self, connector: Arc<dyn HttpConnector>) -> Self {
        self.connector = Some(Shared(connector));
        self
    }

    /// Opens a bucket. Nothing is sent.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) if the options make no sense, [`Unsupported`](ErrorKind::Unsupported) if this
    /// program was built without that kind.
    pub fn open(&self, bucket: &BucketUri) -> Result<Arc<dyn ObjectStore>> {
        match bucket.scheme {
            Scheme::S3 => self.s3(&bucket.name),
            Scheme::Gs => self.google(&bucket.name),
        }
        .map_err(|error| explain("open bucket", &bucket.name, &error))
    }

    fn s3(&self, bucket: &str) -> object_store::Result<Arc<dyn ObjectStore>> {
        let (signing, ambient) = self.signing_of(Scheme::S3);
        let mut builder = if ambient { AmazonS3Builder::from_env() } else { AmazonS3Builder::new() };
        builder = match signing {
            Signing::Keys(keys) => {
                builder.with_credentials(Arc::new(StaticCredentialProvider::new(AwsCredential {
                    key_id: keys.aws_access_key_id.expose().to_owned(),
                    secret_key: keys.aws_secret_access_key.expose().to_owned(),
                    token: keys.aws_session_token.as_ref().map(|token| token.expose().to_owned()),
                })))
            }
            Signing::Fresh(fresh) => builder.with_credentials(Arc::new(S3Keys(fresh.clone()))),
            _ if ambient => builder,
            _ => builder.with_skip_signature(true),
        };
        if let Some(region) = self.config.region() {
            builder = builder.with_region(region);
        }
        builder = match self.config.endpoint_url() {
            Some(url) => builder.with_endpoint(url).with_virtual_hosted_style_request(false),
            // A dot would not be covered by the certificate.
            None => builder.with_virtual_hosted_style_request(!bucket.contains('.')),
        };
        if let Some(connector) = &self.connector {
            builder = builder.with_http_connector(connector.clone());
        }
        let store = builder
            .with_bucket_name(bucket)
            .with_unsigned_payload(is_private(self.config.endpoint_url()))
            .with_retry(retries())
            .with_client_options(client(self.config.allow_http()))
            .build()?;
        Ok(Arc::new(store))
    }

    #[cfg(feature = "gcs")]
    fn google(&self, bucket: &str) -> object_store::Result<Arc<dyn ObjectStore>> {
        use object_store::gcp::GoogleCloudStorageBuilder as Builder;
        let (signing, ambient) = self.signing_of(Scheme::Gs);
        let mut builder = if ambient { Builder::from_env() } else { Builder::new() };
        builder = match signing {
            Signing::Fresh(fresh) => {
                builder.with_credentials(Arc::new(super::credentials::GoogleKeys(fresh.clone())))
            }
            _ if ambient => builder,
            // Writes are signed in any case, and would look for keys on the network.
            _ => builder.with_credentials(Arc::new(super::credentials::NoKeys)).with_skip_signature(true),
        };
        if let Some(url) = self.config.endpoint_url() {
            builder = builder.with_base_url(url);
        }
        if let Some(connector) = &self.connector {
            builder = builder.with_http_connector(connector.clone());
        }
        let store = builder
            .with_bucket_name(bucket)
            .with_retry(retries())
            .with_client_options(client(self.config.allow_http()))
            .build()?;
        Ok(Arc::new(store))
    }

    #[cfg(not(feature = "gcs"))]
    #[expect(clippy::unused_self, reason = "as its twin")]
    fn google(&self, _: &str) -> object_store::Result<Arc<dyn ObjectStore>> {
        let source = "this program was built without the feature `gcs`".into();
        Err(object_store::Error::NotSupported { source })
    }

    /// How requests to such a bucket are signed, and whether with what the machine has. Keys of one provider open no
    /// bucket of another.
    fn signing_of(&self, scheme: Scheme) -> (&Signing, bool) {
        let signing = match &self.signing {
            Signing::Keys(_) if scheme != Scheme::S3 => &Signing::Ambient,
            Signing::Fresh(_) if scheme != self.home => &Signing::Ambient,
            signing => signing,
        };
        let ambient = matches!(signing, Signing::Ambient)
            && self.ambient.unwrap_or_else(|| environment_has_keys(scheme));
        (signing, ambient)
    }
}

/// By the options alone.
fn signing(config: &ExtraConfig) -> Signing {
    let text = |key| config.0.get(key).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
    let flag = |key| config.0.get(key).and_then(serde_json::Value::as_bool).unwrap_or_default();
    if flag("anon") || text("token") == Some("anon") {
        return Signing::Anonymous;
    }
    match (text("aws_access_key_id"), text("aws_secret_access_key")) {
        (Some(id), Some(secret)) => {
            let mut keys = S3Credentials::new(id, secret);
            keys.aws_session_token = text("aws_session_token").map(Secret::new);
            Signing::Keys(keys)
        }
        _ => Signing::Ambient,
    }
}

fn usable(key: Option<&Secret>) -> Option<Secret> {
    key.filter(|key| !key.is_mask() && !key.is_empty()).cloned()
}

fn environment_has_keys(scheme: Scheme) -> bool {
    let names: &[&str] = match scheme {
        Scheme::S3 => &[
            "AWS_ACCESS_KEY_ID",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ],
        Scheme::Gs => &[
            "GOOGLE_APPLICATION_CREDENTIALS",
            "GOOGLE_SERVICE_ACCOUNT",
            "GOOGLE_SERVICE_ACCOUNT_PATH",
            "GOOGLE_SERVICE_ACCOUNT_KEY",
        ],
    };
    names.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Whether nobody can change what travels: there TLS, or this machine itself, makes a digest of each payload
/// needless.
fn is_private(endpoint: Option<&str>) -> bool {
    let Some(url) = endpoint else { return true };
    let Some(rest) = url.strip_prefix("http://") else { return true };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    ["127.", "localhost", "[::1]"].iter().any(|local| host.starts_with(local))
}

/// Pauses begin at half a second, so that 30 of them outlast any short outage, however the dice fall.
fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(10),
            base: 2.0,
        },
        max_retries: 30,
        retry_timeout: Duration::from_secs(150),
    }
}

fn client(allow_http: bool) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(allow_http)
        // A chunk may be large and the line slow; silence is noticed earlier.
        .with_timeout(Duration::from_secs(300))
        .with_read_timeout(Duration::from_secs(60))
}

/// One connector for many buckets.
#[derive(Clone, Debug)]
struct Shared(Arc<dyn HttpConnector>);

impl HttpConnector for Shared {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        self.0.connect(options)
    }
}

impl fmt::Debug for BucketAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signing = match &self.signing {
            Signing::Keys(_) => "keys",
            Signing::Fresh(_) => "temporary keys",
            Signing::Anonymous => "anonymous",
            Signing::Ambient => "ambient",
        };
        // Options may hold keys.
        f.debug_struct("BucketAccess")
            .field("endpoint_url", &self.config.endpoint_url())
            .field("region", &self.config.region())
            .field("signing", &signing)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
