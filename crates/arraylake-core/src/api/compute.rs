//! [`Compute`]: compute services.

use std::collections::BTreeMap;

use arraylake_types::{
    ComputeConfig, ComputeRegion, DeploymentInfo, EnableService, LoadResults, LogQuery, OrgName, Rows,
    ServiceReply, UpdateService,
};
use async_trait::async_trait;
use http::Method;
use serde_json::Value;

use crate::call::Call;
use crate::client::AsyncClient;
use crate::compute::check_service_id;
use crate::error::Result;

/// Compute services: servers of common protocols beside the data of an org.
///
/// The names of the Python client are those of [`ComputeClient`](crate::ComputeClient).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Compute: Send + Sync {
    /// Enables a service. The answer has a message for people.
    ///
    /// `POST /compute/orgs/{org}/services`
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_conflict`](crate::Error::is_conflict) if there is such a
    /// service; [`is_unknown_outcome`](crate::Error::is_unknown_outcome) if the answer was lost.
    async fn enable_service(&self, org: &OrgName, request: EnableService) -> Result<ServiceReply>;

    /// Lists the services of an org. A row that cannot be read is reported in [`Rows::bad`].
    ///
    /// `GET /compute/orgs/{org}/services`
    ///
    /// # Errors
    /// If there is no such org, or the token does not allow it.
    async fn list_enabled_services(&self, org: &OrgName) -> Result<Rows<DeploymentInfo>>;

    /// How a service is.
    ///
    /// `GET /compute/orgs/{org}/services/{id}`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such service.
    async fn get_service_status(&self, org: &OrgName, service_id: &str) -> Result<ServiceReply>;

    /// What a service has logged, all lines in one text.
    ///
    /// `GET /compute/orgs/{org}/services/{id}/logs`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such service.
    async fn get_service_logs(&self, org: &OrgName, service_id: &str, query: LogQuery) -> Result<String>;

    /// Changes size and replicas of a service, as far as they are set.
    ///
    /// `PATCH /compute/orgs/{org}/services/{id}`
    ///
    /// # Errors
    /// If nothing is to be changed, before anything is sent; if there is no such service.
    async fn update_service(
        &self,
        org: &OrgName,
        service_id: &str,
        request: UpdateService,
    ) -> Result<DeploymentInfo>;

    /// Disables a service. The answer has a message for people.
    ///
    /// `DELETE /compute/orgs/{org}/services/{id}`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such service.
    async fn disable_service(&self, org: &OrgName, service_id: &str) -> Result<ServiceReply>;

    /// Where services of an org can run.
    ///
    /// `GET /compute/orgs/{org}/regions`
    ///
    /// # Errors
    /// If there is no such org, or the service is older than regions.
    async fn list_service_regions(&self, org: &OrgName) -> Result<Rows<ComputeRegion>>;

    /// How the whole of the compute services is set up; for administrators.
    ///
    /// `GET /compute/config`
    ///
    /// # Errors
    /// [`is_forbidden`](crate::Error::is_forbidden) for anybody else.
    async fn get_compute_config(&self) -> Result<ComputeConfig>;

    /// The configurations of all services of all orgs; for administrators.
    ///
    /// `GET /compute/dump`
    ///
    /// # Errors
    /// [`is_forbidden`](crate::Error::is_forbidden) for anybody else.
    async fn dump_compute_configs(&self) -> Result<BTreeMap<String, Vec<Value>>>;

    /// Enables the services of a dump; for administrators.
    ///
    /// `POST /compute/load`
    ///
    /// # Errors
    /// [`is_forbidden`](crate::Error::is_forbidden) for anybody else.
    async fn load_compute_configs(&self, configs: BTreeMap<String, Vec<Value>>) -> Result<LoadResults>;
}

#[async_trait]
impl Compute for AsyncClient {
    async fn enable_service(&self, org: &OrgName, request: EnableService) -> Result<ServiceReply> {
        const OPERATION: &str = "enable service";
        request.validate()?;
        let call = Call::new(OPERATION, Method::POST, &services(org)).json(&request.body(org))?;
        self.call_once(OPERATION, call).await?.read()
    }

    async fn list_enabled_services(&self, org: &OrgName) -> Result<Rows<DeploymentInfo>> {
        self.call(Call::get("list services", &services(org))).await?.read_with(Rows::from_slice)
    }

    async fn get_service_status(&self, org: &OrgName, service_id: &str) -> Result<ServiceReply> {
        check_service_id(service_id)?;
        self.call(Call::get("get service status", &service(org, service_id))).await?.read()
    }

    async fn get_service_logs(&self, org: &OrgName, service_id: &str, query: LogQuery) -> Result<String> {
        let mut lines = self.get_services(org).stream_logs(service_id, query).await?;
        let mut text = String::new();
        while let Some(line) = lines.next().await? {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&line);
        }
        // Services before 0.16 answer one JSON text instead of lines.
        Ok(serde_json::from_str(&text).unwrap_or(text))
    }

    async fn update_service(
        &self,
        org: &OrgName,
        service_id: &str,
        request: UpdateService,
    ) -> Result<DeploymentInfo> {
        check_service_id(service_id)?;
        request.validate()?;
        let call = Call::new("update service", Method::PATCH, &service(org, service_id)).json(&request)?;
        // Sent twice it says the same.
        self.call(call.idempotent()).await?.read()
    }

    async fn disable_service(&self, org: &OrgName, service_id: &str) -> Result<ServiceReply> {
        check_service_id(service_id)?;
        self.call(Call::new("disable service", Method::DELETE, &service(org, service_id))).await?.read()
    }

    async fn list_service_regions(&self, org: &OrgName) -> Result<Rows<ComputeRegion>> {
        let path = ["compute", "orgs", org.as_str(), "regions"];
        self.call(Call::get("list service regions", &path)).await?.read_with(Rows::from_slice)
    }

    async fn get_compute_config(&self) -> Result<ComputeConfig> {
        self.call(Call::get("get compute config", &["compute", "config"]).sensitive()).await?.read()
    }

    async fn dump_compute_configs(&self) -> Result<BTreeMap<String, Vec<Value>>> {
        self.call(Call::get("dump compute configs", &["compute", "dump"])).await?.read()
    }

    async fn load_compute_configs(&self, configs: BTreeMap<String, Vec<Value>>) -> Result<LoadResults> {
        const OPERATION: &str = "load compute configs";
        let call = Call::new(OPERATION, Method::POST, &["compute", "load"]).json(&configs)?;
        self.call_once(OPERATION, call).await?.read()
    }
}

fn services(org: &OrgName) -> [&str; 4] {
    ["compute", "orgs", org.as_str(), "services"]
}

fn service<'a>(org: &'a OrgName, id: &'a str) -> [&'a str; 5] {
    ["compute", "orgs", org.as_str(), "services", id]
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, bytes, json};
    use arraylake_types::ServiceType;

    use super::*;
    use crate::test_support::client_over;

    const INFO: &str = r#"{"name":"edr-1","url":"u","config":{"service_type":"ogc"},"status":"hibernating"}"#;

    fn org() -> OrgName {
        "acme".parse().unwrap()
    }

    #[tokio::test]
    async fn a_service_is_enabled_seen_changed_and_disabled() {
        let reply = r#"{"message":"being created","name":"edr-1","status":"progressing"}"#;
        let script = Script::new([
            json(200, reply),
            json(200, format!(r#"[{INFO},{{"url":"no name"}}]"#)),
            json(200, reply),
            json(200, INFO),
            json(200, r#"{"message":"gone"}"#),
        ]);
        let client = client_over(&script);
        let services = client.get_services(&org());
        let enabled = services.enable(EnableService::new(ServiceType::Edr).with_sku("xs")).await.unwrap();
        assert_eq!(enabled.message(), Some("being created"));
        let rows = services.list_enabled().await.unwrap();
        assert_eq!((rows[0].status.as_str(), rows.bad.len()), ("hibernating", 1));
        assert_eq!(services.get_status("edr-1").await.unwrap().name(), Some("edr-1"));
        services.update("edr-1", UpdateService::new().with_max_replicas(2)).await.unwrap();
        assert_eq!(services.disable("edr-1").await.unwrap().message(), Some("gone"));
        assert_eq!(script.requests()[3].body(), &r#"{"max_replicas":2}"#);
        assert_eq!(script.paths()[4], "/compute/orgs/acme/services/edr-1");
    }

    #[tokio::test]
    async fn logs_of_both_eras_are_one_text() {
        let script = Script::new([bytes(200, "one\ntwo\n"), json(200, r#""one\ntwo""#)]);
        let client = client_over(&script);
        for _ in 0..2 {
            let text = client.get_service_logs(&org(), "edr-1", LogQuery::new()).await.unwrap();
            assert_eq!(text, "one\ntwo");
        }
        assert_eq!(script.paths()[0], "/compute/orgs/acme/services/edr-1/logs?follow_timeout=30");
    }

    #[tokio::test]
    async fn a_bad_request_never_leaves() {
        let script = Script::new([]);
        let client = client_over(&script);
        let bad = EnableService::new(ServiceType::Edr).with_deployment_name("My-Edr");
        assert!(client.enable_service(&org(), bad).await.unwrap_err().is_invalid_input());
        let nothing = UpdateService::new();
        assert!(client.update_service(&org(), "edr-1", nothing).await.unwrap_err().is_invalid_input());
        assert!(script.requests().is_empty());
    }
}
