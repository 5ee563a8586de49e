//! `arraylake bucket modify`.

use arraylake_core::api::Buckets;
use arraylake_core::types::{
    BucketNickname, BucketRef, BucketResponse, BucketUri, ExtraConfig, ModifyBucket, OrgName, Platform,
};
use clap::Args;
use serde_json::Value;

use super::NameArgs;
use super::auth::{Auth, AuthParts};
use super::create::{PlaceArgs, misfit};
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
  arraylake bucket modify acme/minio --unset endpoint-url --unset use-ssl --region eu-central-1
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
    /// Removes a setting: region, endpoint-url, use-ssl, force-path-style, or what else `bucket get` shows; may be
    /// repeated.
    #[arg(long, value_name = "SETTING")]
    unset: Vec<String>,
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
        let extra = self.extra(&stored.extra_config)?;
        let given = self.place.endpoint_url.as_deref().is_some_and(|url| !url.is_empty());
        let removed = stored.extra_config.endpoint_url().is_some() && extra.endpoint_url().is_none();
        match platform {
            Platform::S3 if given => platform = Platform::S3Compatible,
            // Without an endpoint of its own it is that of AWS.
            Platform::S3Compatible if removed => platform = Platform::S3,
            _ => {}
        }
        let platform = self.place.platform.clone().unwrap_or(platform);
        request.platform = (platform != stored.platform).then_some(platform);
        if extra != stored.extra_config {
            request = request.with_extra_config(extra);
        }
        request.auth_config = self.parts.change(self.auth, stored.auth_method().as_ref(), console).await?;
        if request == ModifyBucket::new() {
            return Err(Failure::usage("nothing is to be changed")
                .with_hint("see `arraylake bucket modify --help` for what can be"));
        }
        request.validate_for(stored).map_err(misfit)?;
        Ok(request)
    }

    /// Region, endpoint and switches, which are sent as a whole.
    fn extra(&self, stored: &ExtraConfig) -> Result<ExtraConfig, Failure> {
        let place = &self.place;
        let given: Vec<(&str, Value)> = [
            ("region_name", place.region.as_deref().map(Value::from)),
            ("endpoint_url", place.endpoint_url.as_deref().map(Value::from)),
            ("use_ssl", place.use_ssl.map(Value::from)),
            ("force_path_style", place.force_path_style.map(Value::from)),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
        let mut extra = stored.clone();
        for setting in &self.unset {
            let key = key_of(setting);
            if given.iter().any(|(given, _)| *given == key) {
                return Err(Failure::usage(format!("{setting} is both to be set and to be removed")));
            }
            if extra.0.remove(&key).is_none() {
                let stored: Vec<&str> = stored.0.keys().map(String::as_str).collect();
                let failure = Failure::usage(format!("--unset {setting}: no such setting is stored"));
                return Err(failure.with_hint(format!("there is {}", or_nothing(&stored))));
            }
        }
        extra.0.extend(given.into_iter().map(|(key, value)| (key.to_owned(), value)));
        Ok(extra)
    }
}

/// The stored name of a setting that is given by that of its option.
fn key_of(setting: &str) -> String {
    match setting.trim_start_matches('-') {
        "region" => "region_name".to_owned(),
        other => other.replace('-', "_"),
    }
}

fn or_nothing(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
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
