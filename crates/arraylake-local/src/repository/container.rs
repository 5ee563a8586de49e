//! What is said about virtual chunk containers, whether or not this program can read repositories.

/// A container in the config of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Container {
    /// Its URL, ending in a slash.
    pub(crate) prefix: String,
    /// The address of its object store, if it is not the usual one.
    pub(crate) endpoint: Option<String>,
}

/// A container to be put in.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "icechunk"), expect(dead_code, reason = "nothing writes it then"))]
pub(crate) struct NewContainer {
    pub(crate) prefix: String,
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
    /// The storage account of Azure.
    pub(crate) account: Option<String>,
    pub(crate) anonymous: bool,
    pub(crate) allow_http: bool,
    pub(crate) force_path_style: bool,
}
