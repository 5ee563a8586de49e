//! Requests about compute services: [`EnableService`], [`UpdateService`], [`LogQuery`].

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::InvalidInput;
use crate::{OrgName, ServiceType, Timestamp};

/// Request: `POST /compute/orgs/{org}/services`. Only what is set is sent, so that the service's defaults hold.
///
/// ```
/// use arraylake_types::{EnableService, ServiceType};
/// let request = EnableService::new(ServiceType::Edr).with_sku("xs").with_replicas(0, 3);
/// request.validate()?;
/// assert!(EnableService::new(ServiceType::Edr).with_deployment_name("My-Edr").validate().is_err());
/// # Ok::<(), arraylake_types::InvalidInput>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EnableService {
    /// What protocol it speaks.
    pub service_type: ServiceType,
    /// Whether it answers without a token.
    pub is_public: bool,
    /// Everything else that is set.
    pub fields: Map<String, Value>,
}

impl EnableService {
    /// A service that asks for a token. Newer services also want [`with_sku`](Self::with_sku).
    #[must_use]
    pub fn new(service_type: ServiceType) -> Self {
        Self { service_type, is_public: false, fields: Map::new() }
    }

    /// Lets everybody use it.
    #[must_use]
    pub fn with_public(mut self) -> Self {
        self.is_public = true;
        self
    }

    /// Sets the size of the machine, as it is sold.
    #[must_use]
    pub fn with_sku(self, code: impl Into<String>) -> Self {
        self.with("sku_code", code.into())
    }

    /// Sets where it runs; cannot be changed later.
    #[must_use]
    pub fn with_region(self, region: impl Into<String>) -> Self {
        self.with("region", region.into())
    }

    /// Names the deployment: at most 16 lower-case letters, digits and `-`, the last not at either end.
    #[must_use]
    pub fn with_deployment_name(self, name: impl Into<String>) -> Self {
        self.with("deployment_name", name.into())
    }

    /// Sets the fewest and the most replicas.
    #[must_use]
    pub fn with_replicas(self, min: u32, max: u32) -> Self {
        self.with("min_replicas", min).with("max_replicas", max)
    }

    /// Sets any further field of the service config. Services ignore those they do not know.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(key.to_owned(), value.into());
        self
    }

    /// The body for an org.
    #[must_use]
    pub fn body(&self, org: &OrgName) -> Value {
        let mut body = self.fields.clone();
        body.insert("service_type".to_owned(), self.service_type.as_str().into());
        body.insert("org".to_owned(), org.as_str().into());
        body.insert("is_public".to_owned(), self.is_public.into());
        Value::Object(body)
    }

    /// Checks the rules: a known protocol, a legal deployment name, no more replicas at least than at most.
    ///
    /// # Errors
    /// Names the first value that breaks a rule.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        if let ServiceType::Other(text) = &self.service_type {
            let rule = format!("must be one of {}", ServiceType::KNOWN.join(", "));
            return Err(InvalidInput::new("service type", text, rule));
        }
        if let Some(key) =
            ["service_type", "org", "is_public"].iter().find(|key| self.fields.contains_key(**key))
        {
            return Err(InvalidInput::new("service field", *key, "is set by the call itself"));
        }
        if let Some(name) = self.fields.get("deployment_name").and_then(Value::as_str) {
            check_deployment_name(name)?;
        }
        let count = |key| self.fields.get(key).and_then(Value::as_u64);
        check_replicas(count("min_replicas"), count("max_replicas"))
    }
}

fn check_deployment_name(name: &str) -> Result<(), InvalidInput> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=16).contains(&name.len())
        && name.chars().all(legal)
        && !name.starts_with('-')
        && !name.ends_with('-')
    {
        return Ok(());
    }
    let rule = "must be at most 16 lower-case letters, digits and `-`, which may not be at either end";
    Err(InvalidInput::new("deployment name", name, rule))
}

fn check_replicas(min: Option<u64>, max: Option<u64>) -> Result<(), InvalidInput> {
    match (min, max) {
        (Some(min), Some(max)) if min > max => Err(InvalidInput::new(
            "replicas",
            format!("{min} to {max}"),
            "must be no fewer at most than at least",
        )),
        _ => Ok(()),
    }
}

/// Request: `PATCH /compute/orgs/{org}/services/{id}`. What is not set stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UpdateService {
    /// Size of the machine, as it is sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku_code: Option<String>,
    /// Fewest replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_replicas: Option<u32>,
    /// Most replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_replicas: Option<u32>,
}

impl UpdateService {
    /// Changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the size of the machine, as it is sold.
    #[must_use]
    pub fn with_sku(mut self, code: impl Into<String>) -> Self {
        self.sku_code = Some(code.into());
        self
    }

    /// Sets the fewest replicas.
    #[must_use]
    pub fn with_min_replicas(mut self, count: u32) -> Self {
        self.min_replicas = Some(count);
        self
    }

    /// Sets the most replicas.
    #[must_use]
    pub fn with_max_replicas(mut self, count: u32) -> Self {
        self.max_replicas = Some(count);
        self
    }

    /// Checks that something is to be changed, and that the replicas fit together.
    ///
    /// # Errors
    /// Names the rule.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        if *self == Self::default() {
            return Err(InvalidInput::new("update", "{}", "must change the sku or the replicas"));
        }
        check_replicas(self.min_replicas.map(u64::from), self.max_replicas.map(u64::from))
    }
}

/// Which log lines are wanted: query of `GET /compute/orgs/{org}/services/{id}/logs`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogQuery {
    /// Only so many lines from the end; none means all.
    pub tail: Option<u32>,
    /// Lines that are still to come too.
    pub follow: bool,
    /// Only lines from a moment on.
    pub since: Option<Timestamp>,
    /// Only lines up to a moment.
    pub until: Option<Timestamp>,
    /// For how many seconds lines still to come are waited for.
    pub follow_timeout: u32,
}

impl Default for LogQuery {
    fn default() -> Self {
        Self { tail: None, follow: false, since: None, until: None, follow_timeout: 30 }
    }
}

impl LogQuery {
    /// All lines there are.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only so many lines from the end; 0 means all.
    #[must_use]
    pub fn with_tail(mut self, lines: u32) -> Self {
        self.tail = (lines > 0).then_some(lines);
        self
    }

    /// Lines still to come too, for so many seconds.
    #[must_use]
    pub fn with_follow(mut self, seconds: u32) -> Self {
        (self.follow, self.follow_timeout) = (true, seconds);
        self
    }

    /// Only lines from a moment on.
    #[must_use]
    pub fn with_since(mut self, moment: Timestamp) -> Self {
        self.since = Some(moment);
        self
    }

    /// Only lines up to a moment.
    #[must_use]
    pub fn with_until(mut self, moment: Timestamp) -> Self {
        self.until = Some(moment);
        self
    }

    /// The query, key by key.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("follow_timeout", self.follow_timeout.to_string())];
        if self.follow {
            // The spelling that services have always been sent.
            pairs.push(("follow", "True".to_owned()));
        }
        pairs.extend(self.tail.map(|lines| ("tail", lines.to_string())));
        pairs.extend(self.since.map(|moment| ("since", moment.to_string())));
        pairs.extend(self.until.map(|moment| ("until", moment.to_string())));
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_set_is_sent() {
        let request = EnableService::new(ServiceType::Edr).with("min_replicas", Value::Null);
        let body = request.body(&"acme".parse().unwrap());
        let expected = serde_json::json!({"service_type": "edr", "org": "acme", "is_public": false, "min_replicas": null});
        assert_eq!(body, expected);
    }

    #[test]
    fn deployment_names_and_replicas_have_rules() {
        let named = |name: &str| EnableService::new(ServiceType::Edr).with_deployment_name(name).validate();
        for bad in ["My-Edr", "-x", "x-", "", "xxxxxxxxxxxxxxxxx", "a_b"] {
            assert!(named(bad).is_err(), "{bad}");
        }
        named("a--b").unwrap();
        assert!(EnableService::new(ServiceType::Edr).with_replicas(3, 2).validate().is_err());
        assert!(EnableService::new("ogc".into()).validate().is_err());
        assert!(EnableService::new(ServiceType::Edr).with("org", "x").validate().is_err());
        assert!(UpdateService::new().validate().is_err());
    }

    #[test]
    fn a_log_query_is_spelt_as_services_have_always_been_sent_it() {
        let since: Timestamp = "2024-05-01T12:00:00Z".parse().unwrap();
        let query = LogQuery::new().with_tail(5).with_follow(7).with_since(since);
        let pairs: Vec<String> =
            query.pairs().into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(pairs.join("&"), "follow_timeout=7&follow=True&tail=5&since=2024-05-01T12:00:00+00:00");
        assert_eq!(LogQuery::new().with_tail(0).pairs().len(), 1);
    }
}
