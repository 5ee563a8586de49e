//! [`Context`]: what every command needs to know besides its own arguments.

use std::sync::OnceLock;

use arraylake_core::types::{InvalidInput, OrgName, RepoName};
use arraylake_core::{
    AsyncClient, ClientBuilder, Config, Login, ServiceUri, is_known_setting, known_setting, nearest_setting,
};
use serde_json::Value;

use crate::args::Globals;
use crate::failure::Failure;
use crate::world::Network;

/// What every command needs to know besides its own arguments.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) globals: Globals,
    pub(crate) vars: Vec<(String, String)>,
    pub(crate) network: Option<Network>,
    asked: OnceLock<ServiceUri>,
}

impl Context {
    /// A context without a client.
    pub(crate) fn new(globals: Globals, vars: Vec<(String, String)>, network: Option<Network>) -> Self {
        Self { globals, vars, network, asked: OnceLock::new() }
    }

    /// The configuration: files, environment, then `--config` and `--service-uri`. Read when it is needed, so that a
    /// malformed file does not keep anybody from `arraylake completions`.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let mut config = Config::load_from(&self.vars)?;
        for (key, text) in &self.globals.settings {
            config = config.with(key, setting(key, text)?);
        }
        if let Some(uri) = &self.globals.service_uri {
            config = config.with("service.uri", uri.as_str());
        }
        Ok(config)
    }

    /// Where the service is that is asked; none before there is a client or a login.
    pub(crate) fn asked(&self) -> Option<&ServiceUri> {
        self.asked.get()
    }

    /// A client by the configuration.
    pub(crate) fn client(&self) -> Result<AsyncClient, Failure> {
        let client = self.builder()?.build()?;
        self.asked.get_or_init(|| client.service_uri().clone());
        Ok(client)
    }

    /// The login at the service, whether or not there is an API token.
    pub(crate) fn login(&self) -> Result<Login, Failure> {
        let login = self.builder()?.build_login()?;
        self.asked.get_or_init(|| login.service_uri().clone());
        Ok(login)
    }

    fn builder(&self) -> Result<ClientBuilder, Failure> {
        let builder = AsyncClient::builder().with_config(self.config()?);
        Ok(match &self.network {
            Some(network) => network.adjust(builder),
            None => builder,
        })
    }

    /// The org: as given, else `--org`, else `user.org` of the configuration.
    pub(crate) fn org(&self, given: Option<&OrgName>) -> Result<OrgName, Failure> {
        if let Some(org) = given.or(self.globals.org.as_ref()) {
            return Ok(org.clone());
        }
        match self.config()?.text("user.org") {
            Some(org) => Ok(org.parse()?),
            None => Err(Failure::usage("which org? none was given")
                .with_hint("name it, give --org, or set `user.org` in the configuration")),
        }
    }

    /// A full name of a repo: `ORG/REPO`, or `REPO` where the org is known otherwise.
    pub(crate) fn repo(&self, text: &str) -> Result<RepoName, Failure> {
        if text.contains('/') {
            return Ok(text.parse()?);
        }
        Ok(RepoName::new(&self.org(None)?, text)?)
    }

    /// An org and a name below it: `ORG/NAME`, or `NAME` where the org is known otherwise.
    pub(crate) fn below<T>(&self, text: &str) -> Result<(OrgName, T), Failure>
    where
        T: std::str::FromStr<Err = InvalidInput>,
    {
        match text.split_once('/') {
            Some((org, name)) => Ok((org.parse()?, name.parse()?)),
            None => Ok((self.org(None)?, text.parse()?)),
        }
    }
}

/// A value of `--config`, as what its key is known to be.
fn setting(key: &str, text: &str) -> Result<Value, Failure> {
    match known_setting(key) {
        Some(known) => known.parse(text).map_err(|rule| Failure::usage(format!("--config {key} {rule}"))),
        None if is_known_setting(key) => Ok(loose(text)),
        None => Err(unknown_setting(key)),
    }
}

/// A value without a known kind: booleans and numbers are what they look like, all else is text.
pub(crate) fn loose(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Bool(_) | Value::Number(_))) => value,
        _ => text.into(),
    }
}

/// A key that means nothing to anybody; probably one that does was meant.
pub(crate) fn unknown_setting(key: &str) -> Failure {
    Failure::usage(format!("nobody knows a setting {key:?}")).with_hint(match nearest_setting(key) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`arraylake config init` writes a file that names all".to_owned(),
    })
}
