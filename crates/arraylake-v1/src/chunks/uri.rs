//! [`BucketUri`]: the address of a bucket.

use std::fmt;
use std::str::FromStr;

use arraylake_types::InvalidInput;

/// How a bucket is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scheme {
    /// S3 and what is like it: `s3://`.
    S3,
    /// Google Cloud Storage: `gs://`.
    Gs,
}

impl Scheme {
    /// What URIs begin with, without `://`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gs => "gs",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A bucket: `s3://name` or `gs://name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct BucketUri {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// Its name.
    pub name: String,
}

impl BucketUri {
    /// A bucket by its name.
    ///
    /// # Errors
    /// If the name is empty or holds a slash.
    pub fn new(scheme: Scheme, name: impl Into<String>) -> Result<Self, InvalidInput> {
        let name = name.into();
        if name.is_empty() || name.contains('/') {
            return Err(InvalidInput::new("bucket name", name, "must be a text without slashes"));
        }
        Ok(Self { scheme, name })
    }

    /// Splits the URI of an object, or of a prefix, into bucket and key. Slashes around the key are dropped.
    ///
    /// # Errors
    /// If the scheme is neither `s3` nor `gs`, or there is no bucket.
    pub fn split(uri: &str) -> Result<(Self, &str), InvalidInput> {
        let bad = || InvalidInput::new("URI", uri, "must be `s3://` or `gs://`, a bucket, `/` and a key");
        let (scheme, rest) = [Scheme::S3, Scheme::Gs]
            .into_iter()
            .find_map(|scheme| Some((scheme, uri.strip_prefix(scheme.as_str())?.strip_prefix("://")?)))
            .ok_or_else(bad)?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let bucket = Self::new(scheme, bucket).map_err(|_| bad())?;
        Ok((bucket, key.trim_matches('/')))
    }
}

impl FromStr for BucketUri {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let (bucket, key) = Self::split(text)?;
        if !key.is_empty() {
            return Err(InvalidInput::new("bucket", text, "must be a bucket without a key"));
        }
        Ok(bucket)
    }
}

impl fmt::Display for BucketUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.name)
    }
}
