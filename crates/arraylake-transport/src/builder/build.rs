//! The last step of the builder: from settings to a stack.

use super::TransportBuilder;
use crate::Transport;
use crate::layer::{RetryLayer, WarningsLayer, client_headers};
use crate::leaf::{ClientOptions, HyperLeaf, Leaf};
use crate::origin::BaseUri;
use crate::stack::{Plan, stack};
use crate::transport::About;

/// A transport cannot be built as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There is no base URI.
    #[error("a transport needs a base URI")]
    NoBaseUri,
    /// The base URI is of no use.
    #[error("the base URI cannot be used: {0}")]
    BaseUri(&'static str),
    /// A header does not fit into HTTP.
    #[error("not fit for a header: {0}")]
    Header(String),
    /// The token does not fit into a header.
    #[error("the token holds characters that do not fit into a header")]
    Token,
    /// The proxy is of no use.
    #[error("the proxy cannot be used: {0}")]
    Proxy(&'static str),
    /// The CA certificates are of no use.
    #[error("the CA certificates cannot be used: {0}")]
    Certificate(&'static str),
}

impl TransportBuilder {
    /// Builds the transport. Nothing is sent, started or spawned; it works outside a runtime.
    ///
    /// # Errors
    /// A setting is missing or of no use.
    pub fn build(self) -> Result<Transport, BuildError> {
        if let Some(error) = self.invalid {
            return Err(error);
        }
        let base_uri = self.base_uri.clone().ok_or(BuildError::NoBaseUri)?;
        let base = BaseUri::new(&base_uri)?;
        if self.tokens.is_some()
            && !base.origin().is_https()
            && !base.origin().is_loopback()
            && self.leaf.is_none()
        {
            tracing::warn!("the token will travel unprotected: the base URI is not https");
        }
        let mut headers = client_headers(&self.client.0, &self.client.1)?;
        headers.extend(self.headers.clone());
        let plan = Plan {
            base_uri: base_uri.clone(),
            headers,
            tokens: self.tokens.clone(),
            retry: RetryLayer::new(self.retry.clone()),
            warnings: WarningsLayer::new(self.hook.clone()),
            deadline: self.deadline,
            attempt_timeout: self.attempt_timeout,
            max_response_bytes: self.max_response_bytes,
        };
        let whole = match &self.leaf {
            Some(make) => make(&plan)?,
            None => stack(&plan, Leaf::new(self.network(), self.max_response_bytes))?,
        };
        let whole = self.layers.iter().fold(whole, |stack, wrap| wrap(stack));
        Ok(Transport::built(whole, About { base_uri, retry: plan.retry }))
    }

    fn network(&self) -> HyperLeaf {
        if self.tls.accept_invalid {
            tracing::warn!("certificates are not verified");
        }
        HyperLeaf::new(ClientOptions {
            connect_timeout: self.connect_timeout,
            max_idle: self.pool.0,
            idle_timeout: self.pool.1,
            tls: self.tls.clone(),
            #[cfg(feature = "proxy")]
            proxies: self.proxy.proxies(),
        })
    }
}
