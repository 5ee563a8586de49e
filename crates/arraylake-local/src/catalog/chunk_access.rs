//! Who may read virtual chunk containers: for each a bucket config must lead there, and a policy must cover it.

use std::collections::BTreeMap;

use arraylake_types::{AuthMethod, SubscriptionType, VirtualChunkCredentials};
use serde_json::json;

use super::call::Call;
use super::exchange;
use crate::refusal::Refusal;
use crate::repository::{Container, SOURCE, chunk_folder};
use crate::s3::Access;
use crate::store::{Db, StoredBucket, StoredRepo};

/// What a prefix must not start with: it would lead the reader to its own machine, or anywhere.
const FORBIDDEN: [&str; 4] = ["file://", "memory://", "http://", "https://"];

/// An org whose bucket configs may lead to a container.
struct Lender {
    org: String,
    /// Only what it lets the subscribers of other orgs read.
    public: bool,
}

/// Refuses a prefix that no repo may name.
pub(super) fn check_scheme(prefix: &str) -> Result<(), Refusal> {
    let lower = prefix.to_ascii_lowercase();
    if FORBIDDEN.iter().any(|scheme| lower.starts_with(scheme)) {
        return Err(Refusal::rule(format!("Forbidden virtual chunk container prefix: {prefix}")));
    }
    Ok(())
}

/// Whether a bucket config leads to a container: same object store, same bucket, and a prefix around it.
pub(super) fn leads_to(call: &Call, bucket: &StoredBucket, container: &Container) -> bool {
    let lake = &call.lake;
    let around = bucket.model.url().is_some_and(|url| container.prefix.starts_with(&url));
    let endpoint = container.endpoint.as_deref().filter(|url| !url.is_empty());
    let same = match endpoint {
        Some(url) if lake.is_own_endpoint(url) => bucket.is_local(),
        Some(url) => bucket.model.extra_config.endpoint_url().is_some_and(|own| plain(own) == plain(url)),
        None => call.era.names_no_endpoints() || bucket.model.extra_config.endpoint_url().is_none(),
    };
    around && same
}

fn plain(url: &str) -> &str {
    url.trim_end_matches('/')
}

pub(super) fn is_hmac(bucket: &StoredBucket) -> bool {
    bucket.model.auth_method() == Some(AuthMethod::Hmac)
}

impl Call {
    /// What is needed to read the containers of a repo, each for its prefix alone. `asked` is the repo that the caller
    /// opens, `saved` the containers of the one that holds its data.
    pub(super) fn containers(
        &self,
        db: &Db<'_>,
        asked: &StoredRepo,
        saved: &[Container],
    ) -> Result<BTreeMap<String, VirtualChunkCredentials>, Refusal> {
        let own = Lender { org: asked.model.org.clone(), public: false };
        let mut entries = BTreeMap::new();
        let lenders = match db.subscription_of(asked.model.id.as_str())? {
            None => vec![own],
            // It has all its chunks with it.
            Some(_) if kind(asked) == Some(&SubscriptionType::Private) => vec![own],
            Some(subscription) => {
                let public = subscription.parent_org != own.org;
                let provider = Lender { org: subscription.parent_org.clone(), public };
                if kind(asked) == Some(&SubscriptionType::Filtered) {
                    let parent = exchange::parent(db, &subscription)?;
                    let (prefix, entry) = self.source_chunks(db, asked, parent)?;
                    entries.insert(prefix, entry);
                    vec![own, provider]
                } else {
                    vec![provider]
                }
            }
        };
        for container in saved {
            check_scheme(&container.prefix)?;
            let bucket = allowed(self, db, container, &lenders)?;
            let entry = self.container(&bucket, &container.prefix)?;
            entries.insert(container.prefix.clone(), entry);
        }
        Ok(entries)
    }

    /// The chunks that a filtered subscription shares with its parent: the subscription itself is the policy.
    fn source_chunks(
        &self,
        db: &Db<'_>,
        asked: &StoredRepo,
        parent: Option<StoredRepo>,
    ) -> Result<(String, VirtualChunkCredentials), Refusal> {
        let gone = || {
            let (org, name) = (&asked.model.org, &asked.model.name);
            Refusal::conflict(format!("Repo {org}/{name} is orphaned: the repo it subscribed to is gone"))
        };
        let parent = parent.ok_or_else(gone)?;
        let bucket = parent.bucket.as_ref().ok_or_else(gone)?;
        let scheme = bucket.model.platform.scheme().unwrap_or("s3");
        let folder = chunk_folder(&parent.model.prefix);
        let prefix = format!("{scheme}://{}/{folder}", bucket.model.name);
        let mut entry = self.container(bucket, &prefix)?;
        if is_hmac(bucket) && bucket.is_local() {
            // The keys of the whole bucket stay where they are; these reach no further than the chunks.
            let grant = crate::s3::Grant::new(&bucket.model.name, folder.trim_end_matches('/'), Access::Read);
            let (id, secret) = self.lake.ring.for_grant(db, grant)?;
            entry.credentials = Some(arraylake_types::S3Credentials::new(id, secret).into());
        }
        entry.runtime_vcc_name = Some(SOURCE.to_owned());
        Ok((prefix, entry))
    }

    fn container(&self, bucket: &StoredBucket, prefix: &str) -> Result<VirtualChunkCredentials, Refusal> {
        let (model, extra) = (&bucket.model, &bucket.model.extra_config);
        let own = bucket.is_local().then(|| self.lake.s3_uri_by(bucket.local_host()));
        let value = json!({
            "credentials": null,
            "org": bucket.org,
            "bucket_nickname": model.nickname,
            "platform": model.platform,
            "runtime_vcc_name": null,
            "region": extra.region(),
            "endpoint_url": own.as_deref().or(extra.endpoint_url()),
            "allow_http": extra.allow_http(),
            "force_path_style": extra.force_path_style(),
        });
        let mut entry: VirtualChunkCredentials =
            serde_json::from_value(value).map_err(|error| Refusal::internal("a container", &error))?;
        if !is_hmac(bucket) {
            let scheme = model.platform.scheme().unwrap_or_default();
            let root = format!("{scheme}://{}/", model.name);
            let keys = prefix.strip_prefix(&root).unwrap_or_default();
            entry.credentials = self.vend(bucket, model, (keys, Access::Read))?;
        }
        Ok(entry)
    }
}

/// What kind of subscription a repo is, if it is one.
fn kind(repo: &StoredRepo) -> Option<&SubscriptionType> {
    repo.model.subscription.as_ref().map(|info| &info.subscription_type)
}

/// The bucket config through which a container may be read. Fixed keys are not for others, whatever a policy says.
fn allowed(
    call: &Call,
    db: &Db<'_>,
    container: &Container,
    lenders: &[Lender],
) -> Result<StoredBucket, Refusal> {
    let prefix = &container.prefix;
    let (mut leading, mut open) = (false, false);
    let mut best: Option<StoredBucket> = None;
    for lender in lenders {
        let policies = db.chunk_policies(&lender.org)?;
        for bucket in db.buckets(&lender.org)?.into_iter().filter(|it| leads_to(call, it, container)) {
            leading = true;
            if is_hmac(&bucket) {
                continue;
            }
            open = true;
            let covered = policies.iter().any(|policy| {
                policy.bucket == bucket.id
                    && (policy.public || !lender.public)
                    && prefix.starts_with(&policy.url_prefix)
            });
            let closer = |known: &StoredBucket| known.model.prefix.len() < bucket.model.prefix.len();
            if covered && best.as_ref().is_none_or(closer) {
                best = Some(bucket);
            }
        }
    }
    let what = format!("Virtual chunk container {prefix}");
    let uncovered = format!("{what} is not covered by any Virtual Chunk Access Policy");
    best.ok_or_else(|| {
        Refusal::forbidden(match (leading, open) {
            // These know no other reason.
            _ if call.era.names_no_endpoints() => uncovered,
            (false, _) => format!("{what} has no corresponding bucket configuration"),
            (_, false) => format!("{what} lies in buckets using HMAC credentials, which cannot be shared"),
            _ => uncovered,
        })
    })
}
