//! [`OpeneoConnection`]: what a client of openEO needs to use an org's service.

use std::fmt;

use arraylake_types::{DeploymentInfo, InvalidInput, OrgName, Secret, ServiceType};

use crate::api::Compute;
use crate::client::AsyncClient;
use crate::error::Result;

/// Where an openEO service answers, and a token for it: all that a client of openEO has to be told.
///
/// The service speaks the openEO API, of which this crate knows nothing: its requests carry
/// `Authorization: Bearer {token}`.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct OpeneoConnection {
    /// The address of the service, to which the paths of the openEO API are appended.
    pub url: String,
    /// The token, renewed when this was made. That of a login ends after a while; ask for another connection then.
    pub token: Secret,
    /// What the service is.
    pub service: DeploymentInfo,
}

impl fmt::Debug for OpeneoConnection {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpeneoConnection").field("url", &self.url).finish_non_exhaustive()
    }
}

impl AsyncClient {
    /// An openEO service of an org: the one of a name, or the only one. A service without a name of its own goes by
    /// `openeo`.
    ///
    /// `GET /compute/orgs/{org}/services`
    ///
    /// ```no_run
    /// # async fn example() -> arraylake_core::Result<()> {
    /// let client = arraylake_core::AsyncClient::from_env()?;
    /// let service = client.get_openeo_connection(&"acme".parse()?, None).await?;
    /// println!("openEO answers at {}", service.url);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`is_invalid_input`](crate::Error::is_invalid_input) if there is no such service, or more than one and no name;
    /// nobody is logged in.
    pub async fn get_openeo_connection(
        &self,
        org: &OrgName,
        deployment_name: Option<&str>,
    ) -> Result<OpeneoConnection> {
        let services = self.list_enabled_services(org).await?;
        let is_openeo = |it: &DeploymentInfo| it.config.service_type == ServiceType::Openeo;
        let services = services.into_iter().filter(is_openeo).collect();
        let service = choose(services, deployment_name)?;
        let token = self.access().token().await?;
        Ok(OpeneoConnection { url: service.url.clone(), token, service })
    }
}

fn choose(services: Vec<DeploymentInfo>, name: Option<&str>) -> Result<DeploymentInfo, InvalidInput> {
    let (mut named, mut all) = (Vec::new(), Vec::new());
    for service in services {
        let own = service.config.deployment_name.clone().unwrap_or_else(|| "openeo".to_owned());
        all.push(own.clone());
        if name.is_none_or(|name| name == own) {
            named.push(service);
        }
    }
    let bad = |rule: String| InvalidInput::new("openEO service", name.unwrap_or_default(), rule);
    match (named.pop(), named.is_empty()) {
        (Some(service), true) => Ok(service),
        (Some(_), false) => Err(bad(format!("must be named: there are {}", all.join(", ")))),
        (None, _) if all.is_empty() => Err(bad("must be enabled first: the org has none".to_owned())),
        (None, _) => Err(bad(format!("must be one of those there are: {}", all.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json};

    use super::*;
    use crate::test_support::client_over;

    fn service(kind: &str, name: &str) -> String {
        format!(
            r#"{{"name":"{kind}-1","url":"https://compute.example.com/{kind}","status":"available",
            "config":{{"service_type":"{kind}","org":"acme","deployment_name":{name}}}}}"#
        )
    }

    async fn connect(services: &[String], name: Option<&str>) -> Result<OpeneoConnection> {
        let script = Script::new([json(200, format!("[{}]", services.join(",")))]);
        client_over(&script).get_openeo_connection(&"acme".parse().unwrap(), name).await
    }

    #[tokio::test]
    async fn the_only_service_of_the_kind_is_taken_and_its_token_is_not_shown() {
        let found = connect(&[service("edr", "null"), service("openeo", "null")], None).await.unwrap();
        assert_eq!(
            (found.url.as_str(), found.token.expose()),
            ("https://compute.example.com/openeo", "ema_MARKER")
        );
        assert!(!format!("{found:?}").contains("MARKER"), "{found:?}");
    }

    #[tokio::test]
    async fn a_service_is_found_by_its_name_and_one_without_by_that_of_its_kind() {
        let both = [service("openeo", "null"), service("openeo", "\"second\"")];
        for name in ["openeo", "second"] {
            assert!(connect(&both, Some(name)).await.is_ok(), "{name}");
        }
        let error = connect(&both, None).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("openeo, second"), "{error}");
        let error = connect(&both, Some("nope")).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("nope"), "{error}");
    }

    #[tokio::test]
    async fn an_org_without_such_a_service_is_told_so() {
        let error = connect(&[service("edr", "null")], None).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("enabled"), "{error}");
    }
}
