//! How credentials of a bucket config are had, for the commands that say it.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use arraylake_core::types::{AuthConfig, AuthMethod, ModifyAuth, Other, Secret};
use clap::{Args, ValueEnum};

use crate::console::Console;
use crate::failure::Failure;

/// How credentials are had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Auth {
    /// None are needed.
    #[default]
    Anonymous,
    /// A fixed pair of keys.
    Hmac,
    /// A role at AWS.
    AwsRole,
    /// A service account at Google.
    GcpRole,
    /// Temporary keys of Cloudflare R2.
    R2Role,
    /// Shared access signatures of Azure.
    Azure,
}

/// What the kinds of credentials need.
#[derive(Debug, Default, PartialEq, Args)]
#[command(next_help_heading = "Credentials")]
pub(super) struct AuthParts {
    /// Where the secret is read from: of `hmac` the secret key, of `aws-role` the shared secret, of `r2-role` the API
    /// token. `-` is stdin.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The access key (`hmac`), or the parent key (`r2-role`).
    #[arg(long, value_name = "ID")]
    access_key_id: Option<String>,
    /// The account at AWS or Cloudflare.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The role in that account (`aws-role`).
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// The service account (`gcp-role`).
    #[arg(long, value_name = "EMAIL")]
    service_account: Option<String>,
    /// The tenant (`azure`).
    #[arg(long, value_name = "ID")]
    tenant_id: Option<String>,
    /// The storage account (`azure`, and `anonymous` on Azure).
    #[arg(long, value_name = "NAME")]
    storage_account: Option<String>,
}

impl AuthParts {
    /// An option that was given and is no part of credentials of a kind.
    fn misplaced(&self, auth: Auth) -> Option<&'static str> {
        use Auth::{Anonymous, AwsRole, Azure, GcpRole, Hmac, R2Role};
        let parts: [(&str, bool, &[Auth]); 7] = [
            ("--secret-file", self.secret_file.is_some(), &[Hmac, AwsRole, R2Role]),
            ("--access-key-id", self.access_key_id.is_some(), &[Hmac, R2Role]),
            ("--account", self.account.is_some(), &[AwsRole, R2Role]),
            ("--role", self.role.is_some(), &[AwsRole]),
            ("--service-account", self.service_account.is_some(), &[GcpRole]),
            ("--tenant-id", self.tenant_id.is_some(), &[Azure]),
            ("--storage-account", self.storage_account.is_some(), &[Azure, Anonymous]),
        ];
        let misplaced = parts.iter().find(|(_, given, kinds)| *given && !kinds.contains(&auth));
        misplaced.map(|(option, ..)| *option)
    }

    /// Whole credentials of a kind.
    pub(super) async fn config(&self, auth: Auth, console: &mut Console) -> Result<AuthConfig, Failure> {
        if let Some(option) = self.misplaced(auth) {
            let name = auth.to_possible_value().map(|kind| kind.get_name().to_owned()).unwrap_or_default();
            return Err(Failure::usage(format!("{option} is no part of credentials of the kind `{name}`"))
                .with_hint("say with --auth how they are had"));
        }
        let needed = |value: &Option<String>, option: &str| {
            value.clone().ok_or_else(|| Failure::usage(format!("these credentials need {option}")))
        };
        Ok(match auth {
            Auth::Anonymous => {
                AuthConfig::Anonymous { storage_account: self.storage_account.clone(), other: Other::new() }
            }
            Auth::Hmac => {
                let id = needed(&self.access_key_id, "--access-key-id")?;
                AuthConfig::hmac(id, self.secret(console, "secret access key").await?)
            }
            Auth::AwsRole => {
                let (account, role) = (needed(&self.account, "--account")?, needed(&self.role, "--role")?);
                AuthConfig::aws_role(account, role, self.secret(console, "shared secret").await?)
            }
            Auth::GcpRole => AuthConfig::gcp_role(needed(&self.service_account, "--service-account")?),
            Auth::R2Role => {
                let account = needed(&self.account, "--account")?;
                let parent = needed(&self.access_key_id, "--access-key-id")?;
                AuthConfig::r2_role(account, parent, self.secret(console, "API token").await?)
            }
            Auth::Azure => AuthConfig::azure_delegation(
                needed(&self.tenant_id, "--tenant-id")?,
                needed(&self.storage_account, "--storage-account")?,
            ),
        })
    }

    /// A change of what is stored: parts of a role, if no kind is named. None if nothing is named.
    pub(super) async fn change(
        &self,
        auth: Option<Auth>,
        stored: Option<&AuthMethod>,
        console: &mut Console,
    ) -> Result<Option<ModifyAuth>, Failure> {
        match auth {
            Some(auth) => Ok(Some(self.config(auth, console).await?.into())),
            None if *self == Self::default() => Ok(None),
            None => self.part(stored).map(Some),
        }
    }

    /// Parts of the role that is stored; the rest of it stays.
    fn part(&self, stored: Option<&AuthMethod>) -> Result<ModifyAuth, Failure> {
        let mut taken = Self::default();
        let secret = self.secret_file.as_deref().map(read).transpose()?;
        let change = match stored {
            Some(AuthMethod::AwsCustomerManagedRole | AuthMethod::CustomerManagedRole) => {
                (taken.account, taken.role) = (self.account.clone(), self.role.clone());
                let change = ModifyAuth::aws_role();
                let change = given(change, &self.account, ModifyAuth::with_customer_id);
                let change = given(change, &self.role, ModifyAuth::with_role_name);
                given(change, &secret, ModifyAuth::with_shared_secret)
            }
            Some(AuthMethod::R2CustomerManagedRole) => {
                (taken.account, taken.access_key_id) = (self.account.clone(), self.access_key_id.clone());
                let change = ModifyAuth::r2_role();
                let change = given(change, &self.account, ModifyAuth::with_account_id);
                let change = given(change, &self.access_key_id, ModifyAuth::with_parent_key);
                given(change, &secret, ModifyAuth::with_api_token)
            }
            _ => {
                return Err(Failure::usage("these credentials can only be changed as a whole")
                    .with_hint("say with --auth how they are had"));
            }
        };
        taken.secret_file = self.secret_file.clone();
        if taken != *self {
            return Err(Failure::usage("what is named is no part of the credentials that are stored")
                .with_hint("say with --auth how they are had"));
        }
        Ok(change)
    }

    async fn secret(&self, console: &mut Console, what: &str) -> Result<Secret, Failure> {
        match &self.secret_file {
            Some(path) => read(path),
            None => Ok(Secret::new(console.ask_secret(what, "give it with --secret-file").await?)),
        }
    }
}

/// A change with one more part, if there is one.
fn given<T: Clone>(
    change: ModifyAuth,
    part: &Option<T>,
    with: impl Fn(ModifyAuth, T) -> ModifyAuth,
) -> ModifyAuth {
    match part {
        Some(part) => with(change, part.clone()),
        None => change,
    }
}

fn read(path: &Path) -> Result<Secret, Failure> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = read.map_err(|error| {
        Failure::usage(format!("the secret cannot be read from {}: {error}", path.display()))
    })?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}
