//! `arraylake bucket credentials`.

use arraylake_core::api::Buckets;
use arraylake_core::types::{
    BucketNickname, BucketRef, CredentialAccess, OrgName, Secret, StorageCredentials,
};
use clap::{Args, ValueEnum};

use super::NameArgs;
use crate::console::Console;
use crate::failure::{Failure, Outcome, Status};
use crate::look::{cell, facts, moment};

/// Gets credentials for a bucket.
///
/// They are masked unless `--show-secrets` or `--export` asks for them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake bucket credentials acme/cold-store
  eval \"$(arraylake bucket credentials acme/cold-store --export)\" && aws s3 ls s3://acme-cold
  arraylake bucket credentials acme/cold-store --access write --show-secrets -o json")]
pub(crate) struct CredentialsArgs {
    #[command(flatten)]
    name: NameArgs,
    /// What they are for.
    #[arg(long, value_enum, default_value_t, value_name = "ACCESS")]
    access: Access,
    /// Prints them instead of masking them.
    #[arg(long)]
    show_secrets: bool,
    /// Prints lines for a shell, which set the variables that tools for this kind of bucket read.
    #[arg(long, conflicts_with = "show_secrets")]
    export: bool,
}

/// What credentials are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Access {
    /// To read.
    #[default]
    Read,
    /// To read and write.
    Write,
}

impl CredentialsArgs {
    pub(crate) fn name(&self) -> &NameArgs {
        &self.name
    }
}

pub(crate) async fn credentials(
    buckets: &dyn Buckets,
    console: &mut Console,
    org: &OrgName,
    nickname: &BucketNickname,
    args: &CredentialsArgs,
) -> Outcome {
    let access = match args.access {
        Access::Read => CredentialAccess::Read,
        Access::Write => CredentialAccess::Write,
    };
    let bucket = BucketRef::from(nickname.clone());
    let work = buckets.get_bucket_credentials(org, &bucket, access);
    let credentials = console.busy("getting credentials", work).await?;
    let fields = fields(&credentials)?;
    if args.export {
        let lines: Vec<String> = fields
            .iter()
            .filter_map(|field| Some(format!("export {}={}\n", field.variable?, quoted(field.text))))
            .collect();
        return console.print(&lines.concat());
    }
    console.reveal_secrets(args.show_secrets);
    console.show(&credentials, |look| {
        let mask = Secret::mask();
        let text = |field: &Field<'_>| {
            let hidden = field.secret && !args.show_secrets;
            Some(cell(if hidden { mask.expose() } else { field.text }))
        };
        let ends = moment(credentials.expiration());
        let ends = if ends.is_empty() { "never".to_owned() } else { ends };
        let rows = fields.iter().map(|field| (field.name, text(field)));
        facts(look, rows.chain([("expires", Some(cell(ends)))]))
    })
}

/// A part of credentials.
struct Field<'c> {
    name: &'static str,
    variable: Option<&'static str>,
    text: &'c str,
    secret: bool,
}

fn fields(credentials: &StorageCredentials) -> Result<Vec<Field<'_>>, Failure> {
    let field = |name, variable, text, secret| Field { name, variable: Some(variable), text, secret };
    Ok(match credentials {
        StorageCredentials::S3(keys) => {
            let mut fields = vec![
                field("access key id", "AWS_ACCESS_KEY_ID", keys.aws_access_key_id.expose(), true),
                field(
                    "secret access key",
                    "AWS_SECRET_ACCESS_KEY",
                    keys.aws_secret_access_key.expose(),
                    true,
                ),
            ];
            if let Some(token) = &keys.aws_session_token {
                fields.push(field("session token", "AWS_SESSION_TOKEN", token.expose(), true));
            }
            fields
        }
        StorageCredentials::Gcs(token) => vec![
            field("access token", "CLOUDSDK_AUTH_ACCESS_TOKEN", token.access_token.expose(), true),
            Field { name: "service account", variable: None, text: &token.principal, secret: false },
        ],
        StorageCredentials::Azure(signature) => vec![
            field("SAS token", "AZURE_STORAGE_SAS_TOKEN", signature.sas_token.expose(), true),
            field("storage account", "AZURE_STORAGE_ACCOUNT", &signature.storage_account, false),
        ],
        _ => {
            let message = "these credentials are of a kind that this version does not know";
            return Err(Failure::new(Status::Server, message));
        }
    })
}

/// A text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_one_word_in_a_shell() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("a'; rm -rf '"), r"'a'\''; rm -rf '\'''");
    }
}
