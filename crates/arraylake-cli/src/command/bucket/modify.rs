//! `arraylake bucket modify`.

use arraylake_core::api::Buckets;
use arraylake_core::types::{
    BucketNickname, BucketRef, BucketResponse, BucketUri, ExtraConfig, ModifyBucket, OrgName, Platform,
};
use clap::Args;

use super::NameArgs;
use super::auth::{Auth, AuthParts};
use super::create::PlaceArgs;
use super::list::show;
use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// Changes a bucket config. What is not named stays as it is.
///
/// Of the credentials of a role single parts can be changed; all others are replaced as a whole, and `--auth` says by
/// what. A service may refuse to change a bucket config that repos use.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake bucket modify acme/cold-store --nickname archive
  arraylake bucket modify acme/cold-store --uri s3://acme-archive/data --region eu-central-1
  arraylake bucket modify acme/cold-store --role reader --secret-file -
  arraylake bucket modify acme/minio --auth hmac --access-key-id ID --secret-file ./secret")]
pub(crate) struct ModifyArgs {
    #[command(flatten)]
    name: NameArgs,
    /// A new nickname.
    #[arg(long, value_name = "NICKNAME")]
    nickname: Option<BucketNickname>,
    /// Another place: `s3://`, `gs://` or `az://`, the name of the bucket, maybe a prefix.
    #[arg(long, value_name = "URI")]
    uri: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    /// How credentials are had from now on.
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Credentials")]
    auth: Option<Auth>,
    #[command(flatten)]
    parts: AuthParts,
}

impl ModifyArgs {
    pub(crate) fn name(&self) -> &NameArgs {
        &self.name
    }

    /// What is to be changed of what is stored.
    async fn request(&self, console: &mut Console, stored: &BucketResponse) -> Result<ModifyBucket, Failure> {
        let mut request = ModifyBucket::new();
        request.nickname = self.nickname.clone();
        let mut platform = stored.platform.clone();
        if let Some(uri) = &self.uri {
            let uri: BucketUri = uri.parse()?;
            // What speaks S3 stays what it is, by whatever name.
            if uri.platform().scheme() != platform.scheme() {
                platform = uri.platform().clone();
            }
            request = request.with_name(uri.name()).with_prefix(uri.prefix());
        }
        if platform == Platform::S3 && self.place.endpoint_url.as_deref().is_some_and(|url| !url.is_empty()) {
            platform = Platform::S3Compatible;
        }
        let platform = self.place.platform.clone().unwrap_or(platform);
        request.platform = (platform != stored.platform).then_some(platform);
        let extra = self.extra(&stored.extra_config);
        if extra != stored.extra_config {
            request = request.with_extra_config(extra);
        }
        request.auth_config = self.parts.change(self.auth, stored.auth_method().as_ref(), console).await?;
        if request == ModifyBucket::new() {
            return Err(Failure::usage("nothing is to be changed")
                .with_hint("see `arraylake bucket modify --help` for what can be"));
        }
        request.validate()?;
        Ok(request)
    }

    /// Region, endpoint and switches, which are sent as a whole.
    fn extra(&self, stored: &ExtraConfig) -> ExtraConfig {
        let mut extra = stored.clone();
        let mut set = |key: &str, value: Option<serde_json::Value>| {
            if let Some(value) = value {
                extra.0.insert(key.to_owned(), value);
            }
        };
        set("region_name", self.place.region.as_deref().map(Into::into));
        set("endpoint_url", self.place.endpoint_url.as_deref().map(Into::into));
        set("use_ssl", self.place.use_ssl.map(Into::into));
        set("force_path_style", self.place.force_path_style.map(Into::into));
        extra
    }
}

pub(crate) async fn modify(
    buckets: &dyn Buckets,
    console: &mut Console,
    org: &OrgName,
    nickname: &BucketNickname,
    args: &ModifyArgs,
) -> Outcome {
    let stored = console.busy("asking the catalog", buckets.get_bucket_config(org, nickname)).await?;
    let request = args.request(console, &stored).await?;
    let bucket = stored.id.map_or_else(|| BucketRef::from(nickname.clone()), BucketRef::from);
    let work = buckets.modify_bucket_config(org, &bucket, request);
    let changed = console.busy(&format!("changing {nickname}"), work).await?;
    if console.is_for_people() {
        console.note(&format!("changed the bucket config {} of {org}", changed.nickname));
        return Ok(());
    }
    show(console, &changed)
}
