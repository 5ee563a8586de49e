//! `arraylake bucket create`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use arraylake_core::api::Buckets;
use arraylake_core::types::{AuthConfig, BucketNickname, NewBucket, OrgName, Platform, Secret};
use clap::{Args, ValueEnum};

use super::NameArgs;
use super::list::show;
use crate::console::Console;
use crate::failure::{Failure, Outcome, Status};

/// Makes a bucket config. The bucket itself must be there already.
///
/// A secret that the kind of credentials needs is asked for on the terminal, or read from `--secret-file`: on the command
/// line everybody on the machine could see it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake bucket create acme/public s3://some-bucket/data --region us-east-1
  arraylake bucket create acme/minio s3://data --endpoint-url http://127.0.0.1:9000 --use-ssl false \\
      --auth hmac --access-key-id ID --secret-file ./secret
  arraylake bucket create acme/cold-store s3://acme-cold --region eu-central-1 \\
      --auth aws-role --account 123456789012 --role arraylake --secret-file -
  arraylake bucket create acme/blue gs://acme-blue --auth gcp-role --service-account lake@acme.iam.gserviceaccount.com")]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    name: NameArgs,
    /// Where it is: `s3://`, `gs://` or `az://`, the name of the bucket, maybe a prefix.
    uri: String,
    /// What speaks S3 there; by default what the other options say.
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,
    /// The region; needed for AWS.
    #[arg(long)]
    region: Option<String>,
    /// The endpoint of an object store that is not AWS.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Whether the endpoint is reached by TLS.
    #[arg(long, value_name = "BOOL")]
    use_ssl: Option<bool>,
    /// Whether the name of the bucket goes into the path and not into the host.
    #[arg(long, value_name = "BOOL")]
    force_path_style: Option<bool>,
    #[command(flatten)]
    auth: AuthArgs,
    /// Makes it the bucket config for new repos.
    #[arg(long)]
    default: bool,
}

/// How credentials are had.
#[derive(Debug, Args)]
#[command(next_help_heading = "Credentials")]
struct AuthArgs {
    /// How credentials are had.
    #[arg(long, value_enum, default_value_t, value_name = "KIND")]
    auth: Auth,
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

/// How credentials are had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Auth {
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

impl CreateArgs {
    pub(crate) fn name(&self) -> &NameArgs {
        &self.name
    }

    async fn request(&self, console: &mut Console, nickname: &BucketNickname) -> Result<NewBucket, Failure> {
        let mut request = NewBucket::new(nickname.as_str(), &self.uri)?;
        if let Some(region) = &self.region {
            request = request.with_region(region);
        }
        if let Some(url) = &self.endpoint_url {
            request = request.with_endpoint_url(url);
        }
        if let Some(platform) = &self.platform {
            request = request.with_platform(platform.clone());
        }
        if let Some(flag) = self.use_ssl {
            request = request.with_use_ssl(flag);
        }
        if let Some(flag) = self.force_path_style {
            request = request.with_force_path_style(flag);
        }
        let request = request.with_auth(self.auth.config(console).await?);
        request.validate()?;
        Ok(request)
    }
}

impl AuthArgs {
    async fn config(&self, console: &mut Console) -> Result<AuthConfig, Failure> {
        let needed = |value: &Option<String>, option: &str| {
            value.clone().ok_or_else(|| Failure::usage(format!("these credentials need {option}")))
        };
        Ok(match self.auth {
            Auth::Anonymous => AuthConfig::Anonymous { storage_account: self.storage_account.clone() },
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

    async fn secret(&self, console: &mut Console, what: &str) -> Result<Secret, Failure> {
        let text = match &self.secret_file {
            Some(path) => read(path)?,
            None => console.ask_secret(what, "give it with --secret-file").await?,
        };
        Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| {
        Failure::new(Status::Usage, format!("the secret cannot be read from {}: {error}", path.display()))
    })
}

pub(crate) async fn create(
    buckets: &dyn Buckets,
    console: &mut Console,
    org: &OrgName,
    nickname: &BucketNickname,
    args: &CreateArgs,
) -> Outcome {
    let request = args.request(console, nickname).await?;
    let work = async {
        let mut made = buckets.create_bucket_config(org, request).await?;
        if args.default {
            buckets.set_default_bucket_config(org, nickname).await?;
            made.is_default = true;
        }
        Ok::<_, arraylake_core::Error>(made)
    };
    let made = console.busy(&format!("creating {nickname}"), work).await?;
    if console.is_for_people() {
        console.note(&format!("created the bucket config {nickname} of {org}"));
        return Ok(());
    }
    show(console, &made)
}
