//! The calls of a login: the service is asked where its login provider is, the provider for codes and tokens.

use std::time::Duration;

use arraylake_transport::uri::query;
use arraylake_transport::{Anonymous, Operation, Request, RetryPolicy, Transport, TransportBuilder, Verdict};
use arraylake_types::error::describe_json_error;
use arraylake_types::{AuthProviderConfig, DeviceCode, OauthError, OauthTokensResponse, Principal, Secret};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use super::error::LoginError;
use crate::error::{ApiError, Error};

/// What a login may do: know who it is, and be renewed.
const SCOPE: &str = "email openid profile offline_access";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long making a connection may take, and a whole call.
const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);

/// The service and its login provider.
#[derive(Debug)]
pub(super) struct Provider {
    transport: Transport,
    config: OnceCell<AuthProviderConfig>,
}

/// What came of asking for tokens.
#[derive(Debug)]
pub(super) enum Grant {
    Tokens(Box<OauthTokensResponse>),
    Refused(OauthError),
}

/// An answer, whatever its status.
struct Reply {
    operation: &'static str,
    status: StatusCode,
    body: Bytes,
}

impl Reply {
    /// The body as a value; a refusal, or a body that is none, is the provider's fault.
    fn read<T: DeserializeOwned>(&self) -> Result<T, LoginError> {
        if !self.status.is_success() {
            return Err(self.refusal());
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let reason = describe_json_error(&error);
            LoginError::provider(format!(
                "{} brought an answer that cannot be read: {reason}",
                self.operation
            ))
        })
    }

    /// The refusal as an error. What a provider says may hold a token, so nothing but its words is quoted.
    fn refusal(&self) -> LoginError {
        Error::from(Box::new(ApiError::new(self.operation, self.status, &self.body, false))).into()
    }

    /// Whether asking again may help.
    fn is_busy(&self) -> bool {
        matches!(self.status.as_u16(), 429 | 502 | 503 | 504)
    }
}

impl Provider {
    /// Over a stack like that of the calls, but with limits of its own. A request that may have arrived is never sent
    /// again: a refresh token works once.
    pub(super) fn new(stack: TransportBuilder) -> Result<Self, Error> {
        let careful =
            RetryPolicy::new().with_max_retries(2).with_classifier(|attempt| match &attempt.outcome {
                arraylake_transport::Outcome::Answer(..) if *attempt.method != Method::GET => Verdict::Stop,
                _ => attempt.verdict(),
            });
        let stack = stack.with_retry(careful).with_connect_timeout(CONNECT);
        let transport = stack.with_attempt_timeout(WHOLE).with_deadline(WHOLE).build()?;
        Ok(Self { transport, config: OnceCell::new() })
    }

    /// Where the login provider is; asked once.
    pub(super) async fn config(&self) -> Result<&AuthProviderConfig, LoginError> {
        let ask = || async {
            let target = query(&[("target", "client")]);
            let request = request(Method::GET, &format!("/auth/config{target}"))?;
            self.send("get login settings", request).await?.read()
        };
        self.config.get_or_try_init(ask).await
    }

    /// Begins a login.
    pub(super) async fn device_code(&self) -> Result<DeviceCode, LoginError> {
        let client = self.config().await?.client_id.clone();
        let form = [("client_id", client.as_str()), ("scope", SCOPE)];
        self.post("get a device code", "/oauth/device/code", &form).await?.read()
    }

    /// Asks whether a login was confirmed. `None`: the provider is busy.
    pub(super) async fn poll(&self, code: &Secret) -> Result<Option<Grant>, LoginError> {
        let client = self.config().await?.client_id.clone();
        let form =
            [("grant_type", DEVICE_GRANT), ("device_code", code.expose()), ("client_id", client.as_str())];
        let reply = self.post("get tokens", "/oauth/token", &form).await?;
        if let Ok(refusal) = serde_json::from_slice::<OauthError>(&reply.body)
            && !reply.status.is_success()
        {
            return Ok(Some(Grant::Refused(refusal)));
        }
        if reply.is_busy() {
            return Ok(None);
        }
        Ok(Some(Grant::Tokens(reply.read()?)))
    }

    /// Asks for new tokens.
    pub(super) async fn renew(&self, refresh_token: &Secret) -> Result<Grant, LoginError> {
        let client = self.config().await?.client_id.clone();
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client.as_str()),
            ("refresh_token", refresh_token.expose()),
        ];
        let reply = self.post("renew the login", "/oauth/token", &form).await?;
        if reply.status.is_client_error()
            && let Ok(refusal) = serde_json::from_slice::<OauthError>(&reply.body)
        {
            return Ok(Grant::Refused(refusal));
        }
        Ok(Grant::Tokens(reply.read()?))
    }

    /// Makes a refresh token worthless.
    pub(super) async fn revoke(&self, refresh_token: &Secret) -> Result<(), LoginError> {
        let client = self.config().await?.client_id.clone();
        let form = [("client_id", client.as_str()), ("token", refresh_token.expose())];
        let reply = self.post("revoke the login", "/oauth/revoke", &form).await?;
        if reply.status.is_success() { Ok(()) } else { Err(reply.refusal()) }
    }

    /// Ends the session at the provider.
    pub(super) async fn log_out(&self) -> Result<(), LoginError> {
        let url = self.config().await?.url("/v2/logout");
        let reply = self.send("log out", request(Method::GET, &url)?).await?;
        // A provider may lead a browser on to somewhere else; there is none here.
        if reply.status.is_client_error() || reply.status.is_server_error() {
            return Err(reply.refusal());
        }
        Ok(())
    }

    /// Whose token it is, by `GET /user`.
    pub(super) async fn user(&self, token: &Secret) -> Result<Principal, LoginError> {
        let mut request = request(Method::GET, "/user")?;
        request.headers_mut().insert(AUTHORIZATION, bearer(token)?);
        self.send("get user", request).await?.read()
    }

    /// Lets the service take over name and address from the provider, as is done after a login. Services from before
    /// that are only asked who it is.
    pub(super) async fn update_user(&self, token: &Secret) -> Result<Principal, LoginError> {
        let mut request = request(Method::POST, "/auth/update-user")?;
        request.headers_mut().insert(AUTHORIZATION, bearer(token)?);
        let reply = self.send("update user", request).await?;
        match reply.status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => self.user(token).await,
            _ => reply.read(),
        }
    }

    async fn post(
        &self,
        operation: &'static str,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<Reply, LoginError> {
        let mut request = request(Method::POST, &self.config().await?.url(path))?;
        let body = query(form).split_off(1);
        *request.body_mut() = Bytes::from(body);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        self.send(operation, request).await
    }

    async fn send(&self, operation: &'static str, mut request: Request) -> Result<Reply, LoginError> {
        request.extensions_mut().insert(Operation(operation));
        if !request.headers().contains_key(AUTHORIZATION) {
            request.extensions_mut().insert(Anonymous);
        }
        let failed = |error| LoginError::from(Error::transport(operation, error));
        let response = self.transport.send(request).await.map_err(failed)?;
        let (head, body) = response.into_parts();
        Ok(Reply { operation, status: head.status, body: body.bytes().await.map_err(failed)? })
    }
}

fn request(method: Method, target: &str) -> Result<Request, LoginError> {
    let mut request = Request::default();
    *request.method_mut() = method;
    *request.uri_mut() = target.parse().map_err(|_| {
        LoginError::provider("the service names a login provider whose address is no address")
    })?;
    Ok(request)
}

fn bearer(token: &Secret) -> Result<HeaderValue, LoginError> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
        .map_err(|_| LoginError::provider("its `id_token` does not fit into a header"))?;
    value.set_sensitive(true);
    Ok(value)
}
