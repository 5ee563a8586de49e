//! [`ComputeClient`]: the compute services of one org.

use std::time::Duration;

use arraylake_transport::{Error as TransportError, ErrorKind};
use arraylake_types::{
    ComputeRegion, DeploymentInfo, EnableService, InvalidInput, LogQuery, OrgName, Rows, ServiceReply,
    ServiceStatus, UpdateService,
};

use crate::api::Compute;
use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::{Error, Result};
use crate::logs::LogLines;

/// How much longer than the service was told to wait we wait for a line.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait before asking again how a service is.
const PAUSE: Duration = Duration::from_secs(3);

/// The compute services of one org, under the names of the Python client. Cheap to clone.
///
/// All but [`stream_logs`](Self::stream_logs) are calls of the role [`Compute`], which can be mocked.
#[derive(Clone, Debug)]
pub struct ComputeClient {
    client: AsyncClient,
    org: OrgName,
}

impl AsyncClient {
    /// The compute services of an org. Sends nothing.
    #[must_use]
    pub fn get_services(&self, org: &OrgName) -> ComputeClient {
        ComputeClient { client: self.clone(), org: org.clone() }
    }
}

impl ComputeClient {
    /// The org.
    #[must_use]
    pub fn org(&self) -> &OrgName {
        &self.org
    }

    /// Enables a service: [`enable_service`](Compute::enable_service).
    ///
    /// # Errors
    /// See there.
    pub async fn enable(&self, request: EnableService) -> Result<ServiceReply> {
        self.client.enable_service(&self.org, request).await
    }

    /// Lists the services: [`list_enabled_services`](Compute::list_enabled_services).
    ///
    /// # Errors
    /// See there.
    pub async fn list_enabled(&self) -> Result<Rows<DeploymentInfo>> {
        self.client.list_enabled_services(&self.org).await
    }

    /// How a service is: [`get_service_status`](Compute::get_service_status).
    ///
    /// # Errors
    /// See there.
    pub async fn get_status(&self, service_id: &str) -> Result<ServiceReply> {
        self.client.get_service_status(&self.org, service_id).await
    }

    /// What a service has logged: [`get_service_logs`](Compute::get_service_logs).
    ///
    /// # Errors
    /// See there.
    pub async fn get_logs(&self, service_id: &str, query: LogQuery) -> Result<String> {
        self.client.get_service_logs(&self.org, service_id, query).await
    }

    /// What a service logs, line by line as it arrives.
    ///
    /// `GET /compute/orgs/{org}/services/{id}/logs`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such service.
    pub async fn stream_logs(&self, service_id: &str, query: LogQuery) -> Result<LogLines> {
        let patience = PATIENCE + Duration::from_secs(u64::from(query.follow_timeout));
        let body = self.client.stream(logs_call(&self.org, service_id, &query)?).await?;
        Ok(LogLines::new(body, patience))
    }

    /// Waits until a service is ready, and returns how it is then: available, asleep until the next request, or in a
    /// state that it does not leave by itself, such as stopped. Asks every three seconds.
    ///
    /// # Errors
    /// [`is_timeout`](crate::Error::is_timeout) if it takes longer than `limit`;
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such service.
    pub async fn wait_until_available(&self, service_id: &str, limit: Duration) -> Result<ServiceStatus> {
        let settled = async {
            loop {
                match self.get_status(service_id).await?.status().unwrap_or_default() {
                    // A newer service may have words for being on the way.
                    ServiceStatus::Progressing | ServiceStatus::Unknown | ServiceStatus::Other(_) => {}
                    settled => return Ok(settled),
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        let late = || Error::transport("wait for service", TransportError::bare(ErrorKind::Timeout));
        tokio::time::timeout(limit, settled).await.unwrap_or_else(|_| Err(late()))
    }

    /// Changes a service: [`update_service`](Compute::update_service).
    ///
    /// # Errors
    /// See there.
    pub async fn update(&self, service_id: &str, request: UpdateService) -> Result<DeploymentInfo> {
        self.client.update_service(&self.org, service_id, request).await
    }

    /// Where services can run: [`list_service_regions`](Compute::list_service_regions).
    ///
    /// # Errors
    /// See there.
    pub async fn regions(&self) -> Result<Rows<ComputeRegion>> {
        self.client.list_service_regions(&self.org).await
    }

    /// Disables a service: [`disable_service`](Compute::disable_service).
    ///
    /// # Errors
    /// See there.
    pub async fn disable(&self, service_id: &str) -> Result<ServiceReply> {
        self.client.disable_service(&self.org, service_id).await
    }
}

/// Checks an id that goes into a path.
pub(crate) fn check_service_id(id: &str) -> Result<(), InvalidInput> {
    match id {
        "" | "." | ".." => Err(InvalidInput::new("service id", id, "must be the name of a service")),
        _ => Ok(()),
    }
}

pub(crate) fn logs_call(org: &OrgName, service_id: &str, query: &LogQuery) -> Result<Call> {
    check_service_id(service_id)?;
    let pairs = query.pairs();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let path = ["compute", "orgs", org.as_str(), "services", service_id, "logs"];
    Ok(Call::get("stream service logs", &path).query(&pairs))
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, bytes, cut, json};

    use super::*;
    use crate::test_support::client_over;

    fn services(script: &Script) -> ComputeClient {
        client_over(script).get_services(&"acme".parse().unwrap())
    }

    #[tokio::test]
    async fn lines_are_read_one_by_one_and_the_query_is_as_services_know_it() {
        let script = Script::new([bytes(200, "one\ntwo\n")]);
        let query = LogQuery::new().with_tail(2).with_follow(7);
        let mut lines = services(&script).stream_logs("edr-1", query).await.unwrap();
        assert_eq!(lines.next().await.unwrap().as_deref(), Some("one"));
        assert_eq!(lines.next().await.unwrap().as_deref(), Some("two"));
        assert_eq!(lines.next().await.unwrap(), None);
        let path = "/compute/orgs/acme/services/edr-1/logs?follow_timeout=7&follow=True&tail=2";
        assert_eq!(script.paths(), [path]);
    }

    #[tokio::test]
    async fn a_refusal_is_an_error_and_not_a_line() {
        let script = Script::new([json(404, r#"{"detail":"no such service"}"#)]);
        let error = services(&script).stream_logs("nope", LogQuery::new()).await.unwrap_err();
        assert!(error.is_not_found() && error.detail() == Some("no such service"), "{error}");
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_is_an_error_after_the_lines_that_came() {
        let script = Script::new([cut()]);
        let mut lines = services(&script).stream_logs("edr-1", LogQuery::new()).await.unwrap();
        assert!(lines.next().await.unwrap_err().is_interrupted());
        assert_eq!(lines.next().await.unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_is_waited_for_until_it_has_settled() {
        let status = |word: &str| json(200, format!(r#"{{"status":"{word}"}}"#));
        let script = Script::new(["progressing", "warming", "available", "stopped"].map(status));
        let services = services(&script);
        let minute = Duration::from_secs(60);
        let start = tokio::time::Instant::now();
        let settled = services.wait_until_available("edr-1", minute).await.unwrap();
        assert_eq!((settled, start.elapsed()), (ServiceStatus::Available, 2 * PAUSE));
        let settled = services.wait_until_available("edr-1", minute).await.unwrap();
        assert_eq!(settled, ServiceStatus::Stopped);
        let script = Script::new((0..20).map(|_| status("progressing")));
        let services = client_over(&script).get_services(&"acme".parse().unwrap());
        let error = services.wait_until_available("edr-1", 10 * PAUSE).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!(script.remaining() > 0, "nobody is asked after that");
    }

    #[tokio::test]
    async fn an_id_that_would_lead_elsewhere_never_leaves() {
        let script = Script::new([]);
        for bad in ["", ".", ".."] {
            assert!(services(&script).get_status(bad).await.unwrap_err().is_invalid_input(), "{bad}");
        }
        assert!(script.requests().is_empty());
    }
}
