//! Compute services, as the service describes them: [`DeploymentInfo`], [`ServiceConfig`], [`ComputeRegion`].

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;

open_enum! {
    /// What protocol a compute service speaks.
    pub enum ServiceType {
        /// OPeNDAP 2.
        Dap2 = "dap2",
        /// OGC Environmental Data Retrieval.
        Edr = "edr",
        /// OGC Web Map Service.
        Wms = "wms",
        /// Zarr over HTTP.
        Zarr = "zarr",
        /// Map tiles.
        Tiles = "tiles",
        /// openEO.
        Openeo = "openeo",
        /// SQL.
        Sql = "sql",
    }
}

open_enum! {
    /// How a compute service is.
    #[derive(Default)]
    pub enum ServiceStatus {
        /// Ready.
        Available = "available",
        /// Being made or changed.
        Progressing = "progressing",
        /// Not known.
        #[default]
        Unknown = "unknown",
        /// Broken.
        Error = "error",
        /// Scaled to zero; the next request starts it.
        Sleeping = "sleeping",
        /// Stopped.
        Stopped = "stopped",
        /// Suspended by the customer.
        Suspended = "suspended",
        /// Suspended because a quota is used up.
        QuotaExceeded = "quota_exceeded",
        /// Suspended with its org.
        OrgSuspended = "org_suspended",
    }
}

wire_struct! {
    /// How a compute service is configured, as answered.
    pub struct ServiceConfig {
        /// What protocol it speaks.
        pub service_type: ServiceType = required("service_type"),
        /// Name of the org.
        pub org: String = lenient("org"),
        /// Whether it answers without a token.
        pub is_public: bool = lenient("is_public"),
        /// Name of the deployment; none means that of the protocol.
        pub deployment_name: Option<String> = lenient("deployment_name"),
        /// Fewest replicas.
        pub min_replicas: Option<u32> = lenient("min_replicas"),
        /// Most replicas.
        pub max_replicas: Option<u32> = lenient("max_replicas"),
        /// Size of the machine, as it is sold.
        pub sku_code: Option<String> = lenient("sku_code"),
        /// Where it runs.
        pub region: Option<String> = lenient("region"),
        /// How much it logs.
        pub log_level: Option<String> = lenient("log_level"),
    }
}

impl fmt::Display for ServiceConfig {
    /// `{type}://{org}`, and the deployment name if it has one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.service_type, self.org)?;
        self.deployment_name.as_ref().map_or(Ok(()), |name| write!(f, "/{name}"))
    }
}

wire_struct! {
    /// A compute service that is enabled. Row of `GET /compute/orgs/{org}/services`.
    pub struct DeploymentInfo {
        /// Its id in further calls.
        pub name: String = required("name"),
        /// Where it answers.
        pub url: String = lenient("url"),
        /// When it was enabled.
        pub created: Option<Timestamp> = lenient("created"),
        /// How it is configured.
        pub config: ServiceConfig = required("config"),
        /// How it is.
        pub status: ServiceStatus = lenient("status"),
        /// Replicas that are ready.
        pub ready_replicas: u32 = lenient("ready_replicas"),
        /// Where it runs.
        pub region: Option<String> = lenient("region"),
    }
}

wire_struct! {
    /// A place where compute services run. Row of `GET /compute/orgs/{org}/regions`.
    pub struct ComputeRegion {
        /// Name.
        pub name: String = required("name"),
        /// Where that is, for people.
        pub location: Option<String> = lenient("location"),
        /// Whether services run there unless told otherwise.
        pub default: bool = lenient("default"),
    }
}

/// An answer without a fixed form: a `message` for people, and whatever else comes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceReply(pub Value);

impl ServiceReply {
    /// The message for people.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.get("message")?.as_str()
    }

    /// Id of the service, if the answer names it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.get("name")?.as_str()
    }

    /// How the service is, if the answer says so.
    #[must_use]
    pub fn status(&self) -> Option<ServiceStatus> {
        self.0.get("status")?.as_str().map(ServiceStatus::from)
    }
}

wire_struct! {
    /// How the whole of the compute services is set up. Answer of `GET /compute/config`, for administrators.
    pub struct ComputeConfig {
        /// The service they belong to.
        pub service_uri: String = lenient("service_uri"),
        /// Below which domain they answer.
        pub domain: String = lenient("domain"),
        /// A word, such as `dev`.
        pub env: Option<String> = lenient("env"),
        /// Where their images are.
        pub container_repository: String = lenient("container_repository"),
        /// Access to the cluster.
        pub kube_config: Option<KubeConfig> = lenient("kube_config"),
        /// The former domain.
        pub legacy_domain: Option<String> = lenient("legacy_domain"),
        /// Access to the meter.
        pub openmeter_api_key: Option<crate::Secret> = lenient("openmeter_api_key"),
    }
}

/// Access to a cluster: real on the wire, hidden in `Debug`.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KubeConfig(pub Value);

impl fmt::Debug for KubeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KubeConfig(..)")
    }
}

wire_struct! {
    /// Which orgs were loaded. Answer of `POST /compute/load`, for administrators.
    pub struct LoadResults {
        /// Those that were.
        pub succeeded: Vec<String> = lenient("succeeded"),
        /// Those that were not.
        pub failed: Vec<String> = lenient("failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_of_a_type_and_status_nobody_knows_survives() {
        let text =
            r#"{"name":"x-1","url":"u","config":{"service_type":"ogc","org":"acme"},"status":"hibernating"}"#;
        let info: DeploymentInfo = serde_json::from_str(text).unwrap();
        assert_eq!((info.status.as_str(), info.config.to_string().as_str()), ("hibernating", "ogc://acme"));
        assert_eq!(serde_json::to_value(&info).unwrap()["status"], "hibernating");
    }

    #[test]
    fn access_to_a_cluster_is_not_printed() {
        let text = r#"{"kube_config":{"token":"MARKER"},"openmeter_api_key":"MARKER"}"#;
        let config: ComputeConfig = serde_json::from_str(text).unwrap();
        assert!(!format!("{config:?}").contains("MARKER"));
    }
}
