//! [`ClientBuilder`]: arguments, then environment, then configuration files, then defaults.

use std::fmt;
use std::time::Duration;

use arraylake_transport::{RetryPolicy, TokenSource, Transport, TransportBuilder};
use arraylake_types::{ApiToken, InvalidInput, Secret};

use crate::access::Access;
use crate::client::AsyncClient;
use crate::config::{Config, Origin};
use crate::error::{Error, Result};
#[cfg(feature = "login")]
use crate::login::Login;
use crate::uri::ServiceUri;

type Adjust = Box<dyn FnOnce(TransportBuilder) -> TransportBuilder + Send>;

/// Builds an [`AsyncClient`]. Building is synchronous, starts nothing and works outside a runtime.
///
/// ```
/// use arraylake_core::{AsyncClient, Config};
/// let client = AsyncClient::builder()
///     .with_config(Config::empty())
///     .with_service_uri("http://127.0.0.1:8000")
///     .with_token("ema_abc123")
///     .build()?;
/// assert_eq!(client.service_uri().to_string(), "http://127.0.0.1:8000");
/// # Ok::<(), arraylake_core::Error>(())
/// ```
#[must_use = "nothing happens before `build`"]
pub struct ClientBuilder {
    service_uri: Option<String>,
    token: Option<Secret>,
    brings_token: bool,
    config: Option<Config>,
    adjust: Vec<Adjust>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self { service_uri: None, token: None, brings_token: false, config: None, adjust: Vec::new() }
    }

    /// Where the service is; without it, `service.uri` of the configuration, else the public service.
    pub fn with_service_uri(mut self, uri: impl Into<String>) -> Self {
        self.service_uri = Some(uri.into());
        self
    }

    /// The API token; without it, `token` of the configuration, else the login at the service.
    pub fn with_token(mut self, token: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// A token source of your own.
    pub fn with_token_source(mut self, source: impl TokenSource + 'static) -> Self {
        self.brings_token = true;
        self.with_transport(|transport| transport.with_token_source(source))
    }

    /// Sends no token at all, whatever the configuration says.
    pub fn without_token(mut self) -> Self {
        self.brings_token = true;
        self
    }

    /// Settings of your own, instead of the environment and the configuration files.
    pub fn with_config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// When and how often requests are sent again.
    pub fn with_retry(self, policy: RetryPolicy) -> Self {
        self.with_transport(|transport| transport.with_retry(policy))
    }

    /// The most that one exchange may take.
    pub fn with_attempt_timeout(self, limit: Duration) -> Self {
        self.with_transport(move |transport| transport.with_attempt_timeout(limit))
    }

    /// The most that a whole call may take, retries and all.
    pub fn with_deadline(self, limit: Duration) -> Self {
        self.with_transport(move |transport| transport.with_deadline(limit))
    }

    /// Adjusts the stack below: a leaf or layers of your own, proxies, certificates, pool. Runs after the
    /// configuration has been applied.
    ///
    /// ```
    /// use arraylake_core::transport::testing::{Script, json};
    /// use arraylake_core::{AsyncClient, Config, prelude::*};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> arraylake_core::Result<()> {
    /// let user = r#"{"id":"22222222-2222-4222-8222-222222222222","first_name":"Ada","email":"ada@example.com"}"#;
    /// let leaf = Script::new([json(200, user)]);
    /// let client = AsyncClient::builder()
    ///     .with_config(Config::empty())
    ///     .with_token("ema_abc123")
    ///     .with_transport(|transport| transport.with_leaf(leaf))
    ///     .build()?;
    /// assert_eq!(client.get_user().await?.email(), "ada@example.com");
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_transport(
        mut self,
        adjust: impl FnOnce(TransportBuilder) -> TransportBuilder + Send + 'static,
    ) -> Self {
        self.adjust.push(Box::new(adjust));
        self
    }

    /// Makes the client. Its token is the first there is of these: an argument, `token` of the configuration, the
    /// login at the service. Nobody needs to be logged in yet: that is found out by the first call.
    ///
    /// # Errors
    /// If a configuration file is malformed, a value breaks a rule, or there is no token and no place for a login.
    pub fn build(self) -> Result<AsyncClient> {
        let parts = self.parts()?;
        let mut transport = parts.transport;
        let mut access = Access::Own;
        if !parts.brings_token && !transport.has_token_source() {
            access = access_of(parts.token, &parts.config, &parts.service_uri, &transport)?;
            transport = match &access {
                Access::Token { token, .. } => transport.with_token(token.clone()),
                #[cfg(feature = "login")]
                Access::Login(login) => transport.with_token_source(login.clone()),
                Access::Own => transport,
            };
        }
        Ok(AsyncClient::new(transport.build()?, parts.service_uri, access, &parts.config))
    }

    /// Makes the login of the service: to log in, out, or to see how it stands. Needs no token.
    ///
    /// # Errors
    /// If a configuration file is malformed, a value breaks a rule, or there is no place for a login.
    #[cfg(feature = "login")]
    pub fn build_login(self) -> Result<Login> {
        let parts = self.parts()?;
        Login::new(&parts.config, &parts.service_uri, parts.transport.without_token_source())
    }

    fn parts(self) -> Result<Parts> {
        let config = match self.config {
            Some(config) => config,
            None => Config::load()?,
        };
        let service_uri = service_uri(self.service_uri, &config)?;
        let mut transport = Transport::builder().with_base_uri(service_uri.uri().clone());
        transport = configured(transport, &config)?;
        for adjust in self.adjust {
            transport = adjust(transport);
        }
        Ok(Parts { config, service_uri, transport, token: self.token, brings_token: self.brings_token })
    }
}

/// What a builder comes to, before the token.
struct Parts {
    config: Config,
    service_uri: ServiceUri,
    transport: TransportBuilder,
    token: Option<Secret>,
    brings_token: bool,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("service_uri", &self.service_uri)
            .field("token", &self.token)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// A fault of a value out of the configuration says where the value came from.
fn with_origin(mut fault: InvalidInput, config: &Config, key: &str) -> InvalidInput {
    if let Some(origin) = config.origin(key) {
        fault.rule = format!("{} (it comes from {origin})", fault.rule);
    }
    fault
}

fn service_uri(argument: Option<String>, config: &Config) -> Result<ServiceUri> {
    if let Some(text) = argument {
        return Ok(text.parse()?);
    }
    let text = config.text("service.uri").unwrap_or_else(|| ServiceUri::DEFAULT.to_owned());
    Ok(text.parse().map_err(|fault| with_origin(fault, config, "service.uri"))?)
}

/// The token: an argument, else the configuration, else the login.
fn access_of(
    argument: Option<Secret>,
    config: &Config,
    service_uri: &ServiceUri,
    transport: &TransportBuilder,
) -> Result<Access> {
    if let Some(token) = argument {
        let token = token.expose().parse::<ApiToken>()?.into_secret();
        return Ok(Access::Token { token, origin: Origin::Explicit });
    }
    let Some(text) = config.text("token") else { return login(config, service_uri, transport) };
    let token = text.parse::<ApiToken>().map_err(|fault| with_origin(fault, config, "token"))?;
    let origin = config.origin("token").cloned().unwrap_or(Origin::Explicit);
    Ok(Access::Token { token: token.into_secret(), origin })
}

#[cfg(feature = "login")]
fn login(config: &Config, service_uri: &ServiceUri, transport: &TransportBuilder) -> Result<Access> {
    if !Login::has_place(config, service_uri) {
        return Err(Error::NoToken);
    }
    Ok(Access::Login(Login::new(config, service_uri, transport.clone())?))
}

#[cfg(not(feature = "login"))]
fn login(_: &Config, _: &ServiceUri, _: &TransportBuilder) -> Result<Access> {
    Err(Error::NoToken)
}

/// Applies what the configuration says about the transport.
fn configured(mut transport: TransportBuilder, config: &Config) -> Result<TransportBuilder> {
    if let Some(limit) = config.seconds("http.timeout") {
        transport = transport.with_deadline(limit);
    }
    if let Some(retries) = config.number("http.max_retries").and_then(|count| u32::try_from(count).ok()) {
        transport = transport.with_retry(RetryPolicy::new().with_max_retries(retries));
    }
    let idle = config.number("http.max_keepalive_connections").and_then(|count| usize::try_from(count).ok());
    let life = config.seconds("http.keepalive_expiry");
    if idle.is_some() || life.is_some() {
        let idle = idle.unwrap_or(TransportBuilder::POOL_MAX_IDLE);
        transport = transport.with_pool_idle(idle, life.unwrap_or(TransportBuilder::POOL_IDLE_TIMEOUT));
    }
    if let Some(path) = config.text("service.ssl.cafile") {
        let pem = std::fs::read(&path).map_err(|_| {
            let fault = InvalidInput::new("certificate file", path, "must be a file that can be read");
            with_origin(fault, config, "service.ssl.cafile")
        })?;
        transport = transport.with_ca_pem(pem);
    }
    #[cfg(feature = "proxy")]
    if let Some(proxy) = config.text("service.proxy") {
        let uri = proxy.parse().map_err(|_| InvalidInput::new("proxy", "<hidden>", "must be a URI"))?;
        transport = transport.with_proxy(uri);
    }
    // Only a real boolean, or a variable set for this process, may weaken TLS; a text in a file is a likely mistake.
    let verify = config.get("service.ssl.verify");
    let from_env = matches!(config.origin("service.ssl.verify"), Some(Origin::Environment(_)));
    if verify == Some(&false.into()) || (from_env && config.flag("service.ssl.verify") == Some(false)) {
        tracing::warn!("certificates are not verified: service.ssl.verify is false");
        transport = transport.with_danger_accept_invalid_certs(true);
    }
    Ok(transport)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_env(vars: &[(&str, &str)]) -> Result<AsyncClient> {
        ClientBuilder::new().with_config(Config::from_env_vars(vars.iter().copied())).build()
    }

    #[test]
    fn an_argument_wins_over_the_configuration_and_that_over_the_default() {
        let vars = [("ARRAYLAKE_SERVICE__URI", "http://env:1"), ("ARRAYLAKE_TOKEN", "ema_env")];
        assert_eq!(from_env(&vars).unwrap().service_uri().to_string(), "http://env:1");
        assert_eq!(from_env(&vars[1..]).unwrap().service_uri().to_string(), ServiceUri::DEFAULT);
        let config = Config::from_env_vars(vars);
        let client =
            ClientBuilder::new().with_config(config).with_service_uri("http://arg:2").build().unwrap();
        assert_eq!(client.service_uri().to_string(), "http://arg:2");
    }

    #[test]
    fn a_bad_value_is_named_with_its_rule_and_its_origin_and_a_token_is_never_quoted() {
        let error = from_env(&[("ARRAYLAKE_TOKEN", "MARKER")]).unwrap_err().to_string();
        assert!(error.contains("ARRAYLAKE_TOKEN") && error.contains("`ema_`"), "{error}");
        assert!(!error.contains("MARKER"), "{error}");
        let error = from_env(&[("ARRAYLAKE_SERVICE__URI", "localhost:8000")]).unwrap_err().to_string();
        assert!(error.contains("\"localhost:8000\"") && error.contains("ARRAYLAKE_SERVICE__URI"), "{error}");
        let error = ClientBuilder::new().with_config(Config::empty()).with_token("").build().unwrap_err();
        assert!(error.to_string().contains("must not be empty"), "{error}");
    }

    #[test]
    fn without_a_token_the_error_says_how_to_give_one() {
        let error = from_env(&[]).unwrap_err();
        assert!(matches!(error, Error::NoToken));
        assert!(error.to_string().contains("ARRAYLAKE_TOKEN"), "{error}");
        ClientBuilder::new().with_config(Config::empty()).without_token().build().unwrap();
    }

    #[test]
    fn the_defaults_that_are_shown_are_those_that_hold() {
        let shown = |key| crate::config::known(key).unwrap().default_value().unwrap().as_u64().unwrap();
        assert_eq!(shown("http.max_keepalive_connections"), TransportBuilder::POOL_MAX_IDLE as u64);
        assert_eq!(shown("http.keepalive_expiry"), TransportBuilder::POOL_IDLE_TIMEOUT.as_secs());
    }

    #[test]
    fn no_debug_text_of_a_builder_or_a_client_holds_the_token() {
        let builder = ClientBuilder::new()
            .with_config(Config::from_env_vars([("ARRAYLAKE_TOKEN", "ema_MARKER")]))
            .with_token("ema_MARKER");
        assert!(!format!("{builder:?}").contains("MARKER"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("MARKER"));
    }
}
