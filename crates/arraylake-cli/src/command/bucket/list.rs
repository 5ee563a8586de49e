//! `arraylake bucket list`, `get` and `repos`.

use arraylake_core::api::Buckets;
use arraylake_core::types::{AuthMethod, BucketNickname, BucketResponse, OrgName};
use clap::Args;

use super::NameArgs;
use crate::command::repo::repo_table;
use crate::command::warn_of_bad_rows;
use crate::console::Console;
use crate::failure::Outcome;
use crate::look::{Mood, cell, facts, moment, mood_cell, table, value};

/// Lists the bucket configs of an org.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake bucket list acme
  arraylake bucket list acme -o json | jq -r '.[] | select(.is_default) | .nickname'")]
pub(crate) struct ListArgs {
    /// The org; by default that of `--org` or `user.org`.
    org: Option<OrgName>,
    /// Prints secrets instead of masking them.
    #[arg(long)]
    show_secrets: bool,
}

impl ListArgs {
    pub(crate) fn org(&self) -> Option<&OrgName> {
        self.org.as_ref()
    }
}

/// Shows a bucket config.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake bucket get acme/cold-store
  arraylake bucket get acme/cold-store -o yaml")]
pub(crate) struct GetArgs {
    #[command(flatten)]
    name: NameArgs,
    /// Prints secrets instead of masking them.
    #[arg(long)]
    show_secrets: bool,
}

impl GetArgs {
    pub(crate) fn name(&self) -> &NameArgs {
        &self.name
    }
}

pub(crate) async fn list(
    buckets: &dyn Buckets,
    console: &mut Console,
    org: &OrgName,
    args: &ListArgs,
) -> Outcome {
    let rows = console.busy("listing bucket configs", buckets.list_bucket_configs(org)).await?;
    warn_of_bad_rows(console, "bucket config", &rows);
    if rows.is_empty() && console.is_for_people() {
        console.note(&format!("no bucket configs in {org}"));
        return Ok(());
    }
    console.reveal_secrets(args.show_secrets);
    console.show(&rows.items, |look| {
        let cells = rows.iter().map(|bucket| {
            let default = if bucket.is_default { mood_cell("yes", Mood::Good) } else { cell("") };
            let (place, method) = (place(bucket), method(bucket));
            let region = bucket.extra_config.region().unwrap_or_default();
            vec![cell(&bucket.nickname), default, cell(place), cell(method), cell(region)]
        });
        table(look, &["Nickname", "Default", "Place", "Credentials", "Region"], cells)
    })
}

fn place(bucket: &BucketResponse) -> String {
    bucket.url().unwrap_or_else(|| format!("{} {}", bucket.platform, bucket.name))
}

fn method(bucket: &BucketResponse) -> String {
    bucket.auth_method().as_ref().map(AuthMethod::to_string).unwrap_or_default()
}

pub(crate) async fn get(
    buckets: &dyn Buckets,
    console: &mut Console,
    org: &OrgName,
    nickname: &BucketNickname,
    args: &GetArgs,
) -> Outcome {
    let bucket = console.busy("asking the catalog", buckets.get_bucket_config(org, nickname)).await?;
    console.reveal_secrets(args.show_secrets);
    show(console, &bucket)
}

/// Prints a bucket config.
pub(crate) fn show(console: &mut Console, bucket: &BucketResponse) -> Outcome {
    console.show(bucket, |look| {
        let at = |at: Option<_>| at.map(|at| cell(moment(Some(at))));
        let extra: Vec<String> =
            bucket.extra_config.0.iter().map(|(key, it)| format!("{key}={}", value(it))).collect();
        facts(
            look,
            [
                ("Nickname", Some(cell(&bucket.nickname))),
                ("Id", bucket.id.map(|id| cell(id.to_string()))),
                ("Platform", Some(cell(bucket.platform.as_str()))),
                ("Place", Some(cell(place(bucket)))),
                ("Credentials", Some(cell(method(bucket)))),
                ("Settings", (!extra.is_empty()).then(|| cell(extra.join(", ")))),
                ("Default", Some(cell(if bucket.is_default { "yes" } else { "no" }))),
                ("Created", at(bucket.created)),
                ("Created by", bucket.created_by.as_ref().map(cell)),
                ("Updated", at(bucket.updated)),
            ],
        )
    })
}

pub(crate) async fn repos(
    buckets: &dyn Buckets,
    console: &mut Console,
    org: &OrgName,
    nickname: &BucketNickname,
) -> Outcome {
    let rows = console.busy("listing repos", buckets.list_repos_for_bucket_config(org, nickname)).await?;
    warn_of_bad_rows(console, "repo", &rows);
    if rows.is_empty() && console.is_for_people() {
        console.note(&format!("no repos in {nickname}"));
        return Ok(());
    }
    console.show(&rows.items, |look| repo_table(look, &rows))
}
