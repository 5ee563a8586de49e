//! [`Diagnostics`]: about the service and about this machine.

use arraylake_types::{ServiceInfo, UserDiagnostics};
use async_trait::async_trait;
use http::Method;

use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::Result;

/// About the service and about this machine. Nothing about the machine leaves it unless it is asked for here.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Diagnostics: Send + Sync {
    /// What the service says of itself: its version. Sends no token.
    ///
    /// `GET /`
    ///
    /// # Errors
    /// If the service cannot be reached.
    async fn get_service_info(&self) -> Result<ServiceInfo>;

    /// Tells the service what is in the report, and nothing else.
    ///
    /// `POST /user/diagnostics`
    ///
    /// # Errors
    /// [`is_unauthenticated`](crate::Error::is_unauthenticated) if the token is not valid.
    async fn send_diagnostics(&self, report: UserDiagnostics) -> Result<()>;
}

#[async_trait]
impl Diagnostics for AsyncClient {
    async fn get_service_info(&self) -> Result<ServiceInfo> {
        self.call(Call::get("get service info", &[""]).anonymous()).await?.read()
    }

    async fn send_diagnostics(&self, report: UserDiagnostics) -> Result<()> {
        let call = Call::new("send diagnostics", Method::POST, &["user", "diagnostics"]);
        self.call(call.json(&report)?.idempotent()).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json};

    use super::*;
    use crate::test_support::client_over;

    #[tokio::test]
    async fn the_service_is_asked_without_a_token() {
        let script = Script::new([json(200, r#"{"arraylake_api_version":"9"}"#)]);
        let info = client_over(&script).get_service_info().await.unwrap();
        assert_eq!(info.arraylake_api_version.as_deref(), Some("9"));
        assert_eq!((script.paths()[0].as_str(), script.tokens()[0].as_str()), ("/", ""));
    }

    #[tokio::test]
    async fn a_report_holds_what_was_put_into_it_and_nothing_else() {
        let script = Script::new([json(200, "{}")]);
        let report = UserDiagnostics::new().with_system("os", "plan9");
        client_over(&script).send_diagnostics(report).await.unwrap();
        let expected = r#"{"system":{"os":"plan9"},"versions":null,"config":null,"service":null}"#;
        assert_eq!(script.requests()[0].body(), expected);
    }
}
