//! [`ComputeClient`]: the compute services of one org.

use std::time::Duration;

use arraylake_core::OpeneoConnection;
use arraylake_core::types::{
    ComputeRegion, DeploymentInfo, EnableService, LogQuery, OrgName, Rows, ServiceReply, ServiceStatus,
    UpdateService,
};
use tokio::runtime::Handle;

use crate::runtime;
use crate::{Client, Result};

/// The compute services of one org, under the names of the Python client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ComputeClient {
    client: Client,
    org: OrgName,
}

impl Client {
    /// The compute services of an org. Sends nothing.
    #[must_use]
    pub fn get_services(&self, org: &OrgName) -> ComputeClient {
        ComputeClient { client: self.clone(), org: org.clone() }
    }
}

impl Client {
    /// An openEO service of an org:
    /// [`AsyncClient::get_openeo_connection`](arraylake_core::AsyncClient::get_openeo_connection).
    ///
    /// # Errors
    /// See there.
    pub fn get_openeo_connection(
        &self,
        org: &OrgName,
        deployment_name: Option<&str>,
    ) -> Result<OpeneoConnection> {
        let (org, name) = (org.clone(), deployment_name.map(str::to_owned));
        self.run(|client| async move { client.get_openeo_connection(&org, name.as_deref()).await })
    }
}

impl ComputeClient {
    /// The org.
    #[must_use]
    pub fn org(&self) -> &OrgName {
        &self.org
    }

    /// Enables a service: [`Client::enable_service`].
    ///
    /// # Errors
    /// See there.
    pub fn enable(&self, request: EnableService) -> Result<ServiceReply> {
        self.client.enable_service(&self.org, request)
    }

    /// Lists the services: [`Client::list_enabled_services`].
    ///
    /// # Errors
    /// See there.
    pub fn list_enabled(&self) -> Result<Rows<DeploymentInfo>> {
        self.client.list_enabled_services(&self.org)
    }

    /// How a service is: [`Client::get_service_status`].
    ///
    /// # Errors
    /// See there.
    pub fn get_status(&self, service_id: &str) -> Result<ServiceReply> {
        self.client.get_service_status(&self.org, service_id)
    }

    /// What a service has logged: [`Client::get_service_logs`].
    ///
    /// # Errors
    /// See there.
    pub fn get_logs(&self, service_id: &str, query: LogQuery) -> Result<String> {
        self.client.get_service_logs(&self.org, service_id, query)
    }

    /// What a service logs, line by line as it arrives.
    ///
    /// `GET /compute/orgs/{org}/services/{id}/logs`
    ///
    /// # Errors
    /// [`is_not_found`](arraylake_core::Error::is_not_found) if there is no such service.
    pub fn stream_logs(&self, service_id: &str, query: LogQuery) -> Result<LogLines> {
        let (org, id) = (self.org.clone(), service_id.to_owned());
        let lines = self
            .client
            .run(move |api| async move { api.get_services(&org).stream_logs(&id, query).await })?;
        Ok(LogLines { lines: Some(lines), handle: self.client.handle() })
    }

    /// Waits until a service is ready, and returns how it is then: available, asleep until the next request, or in a
    /// state that it does not leave by itself.
    ///
    /// # Errors
    /// [`is_timeout`](arraylake_core::Error::is_timeout) if it takes longer than `limit`;
    /// [`is_not_found`](arraylake_core::Error::is_not_found) if there is no such service.
    pub fn wait_until_available(&self, service_id: &str, limit: Duration) -> Result<ServiceStatus> {
        let (org, id) = (self.org.clone(), service_id.to_owned());
        self.client
            .run(move |api| async move { api.get_services(&org).wait_until_available(&id, limit).await })
    }

    /// Changes a service: [`Client::update_service`].
    ///
    /// # Errors
    /// See there.
    pub fn update(&self, service_id: &str, request: UpdateService) -> Result<DeploymentInfo> {
        self.client.update_service(&self.org, service_id, request)
    }

    /// Where services can run: [`Client::list_service_regions`].
    ///
    /// # Errors
    /// See there.
    pub fn regions(&self) -> Result<Rows<ComputeRegion>> {
        self.client.list_service_regions(&self.org)
    }

    /// Disables a service: [`Client::disable_service`].
    ///
    /// # Errors
    /// See there.
    pub fn disable(&self, service_id: &str) -> Result<ServiceReply> {
        self.client.disable_service(&self.org, service_id)
    }
}

/// Log lines of a compute service, as they arrive. Dropping it ends the request.
#[derive(Debug)]
#[must_use = "lines are read by `next`"]
pub struct LogLines {
    lines: Option<arraylake_core::LogLines>,
    handle: Option<Handle>,
}

impl Iterator for LogLines {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut lines = self.lines.take()?;
        let (lines, line) = runtime::wait(self.handle.as_ref(), async move {
            let line = lines.next().await;
            (lines, line)
        });
        let line = line.transpose()?;
        if line.is_ok() {
            self.lines = Some(lines);
        }
        Some(line)
    }
}
