//! [`LocalConfig`]: which directory, which ports, who may come in.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use tempfile::TempDir;

use crate::identity::LoginPolicy;
use crate::s3::Clock;
use crate::seed::Seed;

/// What answers in place of the service, for tests of clients.
pub(crate) type Interceptor =
    Arc<dyn Fn(&http::request::Parts) -> Option<http::Response<Bytes>> + Send + Sync>;

/// How long temporary credentials work unless told otherwise.
const CREDENTIAL_LIFETIME: TimeDelta = TimeDelta::hours(1);

/// How a lake is opened and served.
#[derive(Clone)]
#[non_exhaustive]
pub struct LocalConfig {
    pub(crate) dir: PathBuf,
    pub(crate) host: IpAddr,
    pub(crate) port: Option<u16>,
    pub(crate) s3_port: Option<u16>,
    pub(crate) seed: Seed,
    pub(crate) accept_any_token: bool,
    pub(crate) credential_lifetime: TimeDelta,
    pub(crate) logins: LoginPolicy,
    pub(crate) clock: Clock,
    pub(crate) interceptor: Option<Interceptor>,
    pub(crate) temporary: Option<Arc<TempDir>>,
}

impl LocalConfig {
    /// A lake in `dir`, on 127.0.0.1, on the ports it had last time or on free ones.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: None,
            s3_port: None,
            seed: Seed::default(),
            accept_any_token: false,
            credential_lifetime: CREDENTIAL_LIFETIME,
            logins: LoginPolicy::new(),
            clock: Clock::system(),
            interceptor: None,
            temporary: None,
        }
    }

    /// A lake in a directory of its own that goes away with the last service on it. For the same reason nothing in it
    /// waits for the disk: a power failure may lose what was written, a kill loses nothing.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn temporary() -> io::Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut config = Self::new(dir.path().join("lake"));
        config.temporary = Some(Arc::new(dir));
        Ok(config)
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Listens on another address than 127.0.0.1.
    #[must_use]
    pub fn with_host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// Serves the catalog on this port and no other; 0 is any free one.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Serves S3 on this port and no other; 0 is any free one.
    #[must_use]
    pub fn with_s3_port(mut self, port: u16) -> Self {
        self.s3_port = Some(port);
        self
    }

    /// Adds what the seed holds, as far as it is not there yet.
    #[must_use]
    pub fn with_seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Takes every bearer token that it does not know for one of the seeded user.
    #[must_use]
    pub fn with_any_token(mut self) -> Self {
        self.accept_any_token = true;
        self
    }

    /// How long temporary credentials work.
    #[must_use]
    pub fn with_credential_lifetime(mut self, lifetime: TimeDelta) -> Self {
        self.credential_lifetime = lifetime;
        self
    }

    /// How long logins and their codes work.
    #[must_use]
    pub fn with_logins(mut self, policy: LoginPolicy) -> Self {
        self.logins = policy;
        self
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Lets `answer` see each request to the catalog first: what it returns is the answer, as a fault would be.
    #[must_use]
    pub fn with_interceptor(
        mut self,
        answer: impl Fn(&http::request::Parts) -> Option<http::Response<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        self.interceptor = Some(Arc::new(answer));
        self
    }
}

impl fmt::Debug for LocalConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalConfig")
            .field("dir", &self.dir)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("s3_port", &self.s3_port)
            .field("accept_any_token", &self.accept_any_token)
            .finish_non_exhaustive()
    }
}
