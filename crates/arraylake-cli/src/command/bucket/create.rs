//! `arraylake bucket create`.

use arraylake_core::api::Buckets;
use arraylake_core::types::{BucketNickname, InvalidInput, NewBucket, OrgName, Platform};
use clap::Args;

use super::NameArgs;
use super::auth::{Auth, AuthParts};
use super::list::show;
use crate::console::Console;
use crate::failure::{Failure, Outcome};

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
    #[command(flatten)]
    place: PlaceArgs,
    /// Makes it the bucket config for new repos.
    #[arg(long)]
    default: bool,
    /// How credentials are had.
    #[arg(long, value_enum, default_value_t, value_name = "KIND", help_heading = "Credentials")]
    auth: Auth,
    #[command(flatten)]
    parts: AuthParts,
}

/// How an object store is reached.
#[derive(Debug, Args)]
pub(super) struct PlaceArgs {
    /// What speaks S3 there; by default what the other options say.
    #[arg(long, value_name = "PLATFORM")]
    pub(super) platform: Option<Platform>,
    /// The region; needed for AWS.
    #[arg(long)]
    pub(super) region: Option<String>,
    /// The endpoint of an object store that is not AWS.
    #[arg(long, value_name = "URL")]
    pub(super) endpoint_url: Option<String>,
    /// Whether the endpoint is reached by TLS.
    #[arg(long, value_name = "BOOL")]
    pub(super) use_ssl: Option<bool>,
    /// Whether the name of the bucket goes into the path and not into the host.
    #[arg(long, value_name = "BOOL")]
    pub(super) force_path_style: Option<bool>,
}

impl CreateArgs {
    pub(crate) fn name(&self) -> &NameArgs {
        &self.name
    }

    async fn request(&self, console: &mut Console, nickname: &BucketNickname) -> Result<NewBucket, Failure> {
        let mut request = NewBucket::new(nickname.as_str(), &self.uri)?;
        if let Some(region) = &self.place.region {
            request = request.with_region(region);
        }
        if let Some(url) = &self.place.endpoint_url {
            request = request.with_endpoint_url(url);
        }
        if let Some(platform) = &self.place.platform {
            request = request.with_platform(platform.clone());
        }
        if let Some(flag) = self.place.use_ssl {
            request = request.with_use_ssl(flag);
        }
        if let Some(flag) = self.place.force_path_style {
            request = request.with_force_path_style(flag);
        }
        let request = request.with_auth(self.parts.config(self.auth, console).await?);
        request.validate().map_err(misfit)?;
        Ok(request)
    }
}

/// A value that breaks a rule, with the option that gives what is lacking.
pub(super) fn misfit(fault: InvalidInput) -> Failure {
    let options = [("region_name", "--region"), ("endpoint_url", "--endpoint-url")];
    match options.into_iter().find(|(setting, _)| fault.rule.contains(setting)) {
        Some((_, option)) => Failure::from(fault).with_hint(format!("name it with {option}")),
        None => fault.into(),
    }
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
