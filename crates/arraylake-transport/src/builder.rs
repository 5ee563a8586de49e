//! Builds a [`Transport`](crate::Transport).

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arraylake_types::Secret;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use http_body_util::Full;
use tower::{Layer, Service};

use crate::layer::{Exchange, WarningHook};
use crate::leaf::{Leaf, TlsOptions, certificates};
use crate::stack::{Plan, Stack, stack};
use crate::{RetryPolicy, StaticToken, TokenSource};

/// The name the client gives itself unless told otherwise.
const CLIENT_NAME: &str = "arraylake-rust-sdk";

type MakeStack = Arc<dyn Fn(&Plan) -> Result<Stack, BuildError> + Send + Sync>;
type WrapStack = Arc<dyn Fn(Stack) -> Stack + Send + Sync>;

/// Builds a [`Transport`](crate::Transport); made by [`Transport::builder`](crate::Transport::builder). Only the base URI is required.
#[derive(Clone)]
#[must_use = "nothing happens before `build`"]
pub struct TransportBuilder {
    base_uri: Option<Uri>,
    client: (String, String),
    headers: HeaderMap,
    tokens: Option<Arc<dyn TokenSource>>,
    retry: RetryPolicy,
    attempt_timeout: Duration,
    deadline: Duration,
    connect_timeout: Duration,
    max_response_bytes: usize,
    proxy: ProxyChoice,
    tls: TlsOptions,
    pool: (usize, Duration),
    leaf: Option<MakeStack>,
    layers: Vec<WrapStack>,
    hook: Option<WarningHook>,
    /// The first thing that was wrong; `build` reports it.
    invalid: Option<BuildError>,
}

#[derive(Clone)]
enum ProxyChoice {
    Environment,
    Never,
    #[cfg(feature = "proxy")]
    Always(Uri),
}

impl ProxyChoice {
    #[cfg(feature = "proxy")]
    fn proxies(&self) -> crate::leaf::Proxies {
        match self {
            Self::Environment => crate::leaf::Proxies::from_env(),
            Self::Never => crate::leaf::Proxies::none(),
            Self::Always(uri) => crate::leaf::Proxies::all(uri),
        }
    }
}

impl TransportBuilder {
    /// How many idle connections are kept to a host, unless another number is set.
    pub const POOL_MAX_IDLE: usize = 32;
    /// For how long an idle connection is kept, unless another time is set.
    pub const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(90);

    pub(crate) fn new() -> Self {
        Self {
            base_uri: None,
            client: (CLIENT_NAME.to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            headers: HeaderMap::new(),
            tokens: None,
            retry: RetryPolicy::new(),
            attempt_timeout: Duration::from_secs(60),
            deadline: Duration::from_secs(300),
            connect_timeout: Duration::from_secs(10),
            max_response_bytes: 256 << 20,
            proxy: ProxyChoice::Environment,
            tls: TlsOptions::default(),
            pool: (Self::POOL_MAX_IDLE, Self::POOL_IDLE_TIMEOUT),
            leaf: None,
            layers: Vec::new(),
            hook: None,
            invalid: None,
        }
    }

    /// Where relative requests go. A base path is kept, with or without a slash at its end.
    pub fn with_base_uri(mut self, uri: Uri) -> Self {
        self.base_uri = Some(uri);
        self
    }

    /// Sends a header with every request to the base origin. It replaces a fixed header of the same name.
    pub fn with_header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) => drop(self.headers.insert(name, value)),
            (Ok(name), Err(_)) => self.is_invalid(BuildError::Header(name.to_string())),
            (Err(_), _) => self.is_invalid(BuildError::Header("a header name".to_owned())),
        }
        self
    }

    /// The `user-agent`; by default the client's name and version.
    pub fn with_user_agent(self, user_agent: impl AsRef<str>) -> Self {
        self.with_header(http::header::USER_AGENT, user_agent.as_ref())
    }

    /// What the client calls itself, in all the headers that say so.
    pub fn with_client_name(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.client = (name.into(), version.into());
        self
    }

    /// Where tokens come from. They are sent to the base origin alone.
    pub fn with_token_source(mut self, source: impl TokenSource + 'static) -> Self {
        self.tokens = Some(Arc::new(source));
        self
    }

    /// Sends one token for ever.
    pub fn with_token(self, token: impl Into<Secret>) -> Self {
        self.with_token_source(StaticToken(token.into()))
    }

    /// Sends no token.
    pub fn without_token_source(mut self) -> Self {
        self.tokens = None;
        self
    }

    /// Whether there is a token source.
    #[must_use]
    pub fn has_token_source(&self) -> bool {
        self.tokens.is_some()
    }

    /// When requests are sent again.
    pub fn with_retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How long one exchange may take, to the end of the answer; 60 s by default.
    pub fn with_attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// How long a call may take with all its attempts and pauses; 300 s by default. [`Duration::MAX`]: no limit.
    pub fn with_deadline(mut self, limit: Duration) -> Self {
        self.deadline = limit;
        self
    }

    /// How long making a connection may take; 10 s by default.
    pub fn with_connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How large an answer may be, before and after unpacking; 256 MiB by default.
    pub fn with_max_response_bytes(mut self, limit: usize) -> Self {
        self.max_response_bytes = limit;
        self
    }

    /// Sends everything through this proxy, whatever the environment says: `http://`, `https://` or `socks5://` (with
    /// which the proxy looks names up), with `user:password@` where it asks for them.
    #[cfg(feature = "proxy")]
    pub fn with_proxy(mut self, uri: Uri) -> Self {
        if let Err(error) = crate::leaf::check_proxy(&uri) {
            self.is_invalid(error);
        }
        self.proxy = ProxyChoice::Always(uri);
        self
    }

    /// Uses no proxy, whatever the environment says.
    pub fn without_proxy(mut self) -> Self {
        self.proxy = ProxyChoice::Never;
        self
    }

    /// Trusts the certificates of a PEM file, beside those of the platform.
    pub fn with_ca_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        match certificates(pem.as_ref()) {
            Ok(more) => self.tls.extra.extend(more),
            Err(error) => self.is_invalid(error),
        }
        self
    }

    /// Trusts every certificate. Whoever sits between can then read and change everything, the token included.
    pub fn with_danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.tls.accept_invalid = accept;
        self
    }

    /// How many idle connections are kept to a host, and for how long; by default
    /// [`POOL_MAX_IDLE`](Self::POOL_MAX_IDLE) for [`POOL_IDLE_TIMEOUT`](Self::POOL_IDLE_TIMEOUT).
    pub fn with_pool_idle(mut self, max: usize, timeout: Duration) -> Self {
        self.pool = (max, timeout);
        self
    }

    /// Replaces the network and keeps every layer above it.
    ///
    /// The service takes what hyper's client takes, so a hyper client of your own fits. A service that fails with an
    /// [`Error`](crate::Error) keeps its kind; others are mapped as well as they can be.
    pub fn with_leaf<S, B>(mut self, service: S) -> Self
    where
        S: Service<http::Request<Full<Bytes>>, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn StdError + Send + Sync>>,
        B: http_body::Body + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.leaf =
            Some(Arc::new(move |plan| stack(plan, Leaf::new(service.clone(), plan.max_response_bytes))));
        self
    }

    /// Adds a layer around the whole stack; the one added last is the outermost.
    pub fn with_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<crate::BoxedExchange, Service: Exchange> + Send + Sync + 'static,
    {
        self.layers.push(Arc::new(move |stack| Stack::new(layer.layer(stack))));
        self
    }

    /// Gives the warnings that the service sends along with its answers to `hook`, each text once. They are logged, too.
    pub fn with_warning_hook(mut self, hook: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.hook = Some(Arc::new(hook));
        self
    }

    fn is_invalid(&mut self, error: BuildError) {
        self.invalid.get_or_insert(error);
    }
}

mod build;

pub use self::build::BuildError;

impl fmt::Debug for TransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and the proxy may hold credentials.
        f.debug_struct("TransportBuilder")
            .field("base_uri", &self.base_uri.as_ref().and_then(Uri::host))
            .field("client", &self.client)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("authenticated", &self.tokens.is_some())
            .field("retry", &self.retry)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
