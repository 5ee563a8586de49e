//! About the service and about this machine: [`ServiceInfo`], [`UserDiagnostics`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

wire_struct! {
    /// What a service says of itself. Answer of `GET /`.
    pub struct ServiceInfo {
        /// Version of its interface.
        pub arraylake_api_version: Option<String> = lenient("arraylake_api_version"),
    }
}

/// Request: `POST /user/diagnostics`. Holds what is put into it and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserDiagnostics {
    /// About the machine.
    pub system: Option<BTreeMap<String, String>>,
    /// Versions of software.
    pub versions: Option<BTreeMap<String, String>>,
    /// Settings; never put secrets here.
    pub config: Option<BTreeMap<String, String>>,
    /// About the service.
    pub service: Option<BTreeMap<String, String>>,
}

impl UserDiagnostics {
    /// Tells nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells something about the machine.
    #[must_use]
    pub fn with_system(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.system.get_or_insert_default().insert(key.into(), value.into());
        self
    }

    /// Tells the version of some software.
    #[must_use]
    pub fn with_version(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.versions.get_or_insert_default().insert(key.into(), value.into());
        self
    }

    /// Tells a setting.
    #[must_use]
    pub fn with_config(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.get_or_insert_default().insert(key.into(), value.into());
        self
    }

    /// Tells something about the service.
    #[must_use]
    pub fn with_service(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.service.get_or_insert_default().insert(key.into(), value.into());
        self
    }
}
