//! Iceberg namespaces, as far as they are managed: the catalog protocol of Iceberg itself is not spoken here, so that
//! no namespace ever holds a table.

use std::collections::BTreeMap;

use arraylake_types::{Metadata, NewRepo, OrgAction, Page, RepoName, RepoVisibility};
use serde_json::{Value, json};

use super::access::{Rights, denied};
use super::body::Body;
use super::call::{Answer, Call};
use super::facts::FactChange;
use super::namespace_list::Order;
use super::paging::Paging;
use super::repo_change::{check_public_bucket, visibility_of};
use super::{reply, repo_new};
use crate::random;
use crate::refusal::Refusal;
use crate::store::{Db, Namespace, StoredBucket};

#[derive(Debug)]
struct Wanted {
    name: String,
    nickname: Option<String>,
    visibility: RepoVisibility,
    description: Option<String>,
    metadata: Option<Metadata>,
    properties: BTreeMap<String, String>,
}

impl Wanted {
    fn read(mut body: Body) -> Result<Self, Refusal> {
        let wanted = Self {
            name: body.required_text("name"),
            nickname: body.text("bucket_nickname").filter(|it| !it.is_empty()),
            visibility: read_visibility(&mut body).unwrap_or_default(),
            description: body.text("description"),
            metadata: body.metadata("metadata"),
            properties: body.any("properties", "an object of strings").unwrap_or_default(),
        };
        body.finish()?;
        // The rules for names, descriptions and metadata are those of repos, but no word stands for anything else here.
        RepoName::new(&"any".parse()?, &wanted.name)?;
        let mut request = NewRepo::new("any");
        if let Some(text) = &wanted.description {
            request = request.with_description(text);
        }
        if let Some(metadata) = &wanted.metadata {
            request = request.with_metadata(metadata.clone());
        }
        request.validate()?;
        if wanted.name.eq_ignore_ascii_case("paginated") {
            let text = format!("invalid namespace name {:?}: is reserved", wanted.name);
            return Err(Refusal::rule(text));
        }
        Ok(wanted)
    }
}

fn read_visibility(body: &mut Body) -> Option<RepoVisibility> {
    let text = body.text("visibility")?;
    Some(visibility_of(text, body))
}

/// `POST /orgs/{org}/iceberg/namespaces`
pub(crate) async fn create(call: Call) -> Answer {
    let wanted = Wanted::read(call.body()?)?;
    call.run(move |call, db| {
        let org = call.path("org");
        let rights = call.org_to_write(db, org)?;
        if let Some(found) = db.namespace(org, &wanted.name)? {
            let more =
                if found.deleted_at.is_some() { ": it was deleted, but its name is still held" } else { "" };
            let text = format!("namespace {org}/{} already exists{more}", wanted.name);
            return Err(Refusal::conflict(text));
        }
        let bucket = repo_new::bucket_or_default(db, org, wanted.nickname.as_deref())?;
        check_visibility(&wanted.name, &wanted.visibility, Some(&bucket))?;
        let namespace = placed(call, db, wanted, &bucket)?;
        db.put_namespace(&namespace)?;
        reply::created(&shown(db, &namespace, &rights)?)
    })
    .await
}

fn check_visibility(
    name: &str,
    visibility: &RepoVisibility,
    bucket: Option<&StoredBucket>,
) -> Result<(), Refusal> {
    match bucket.filter(|_| *visibility != RepoVisibility::Private) {
        Some(bucket) => check_public_bucket(&format!("namespace {name}"), bucket),
        None => Ok(()),
    }
}

fn placed(call: &Call, db: &Db<'_>, wanted: Wanted, bucket: &StoredBucket) -> Result<Namespace, Refusal> {
    let own = format!("iceberg/{}-{}", random::letters(6), repo_new::ascii(&wanted.name));
    let outer = &bucket.model.prefix;
    let prefix = if outer.is_empty() { own } else { format!("{outer}/{own}") };
    if db.overlapping(bucket, &prefix, "")?.is_some() {
        return Err(Refusal::conflict(format!("Prefix \"{prefix}\" overlaps a repo")));
    }
    let now = call.lake.now();
    Ok(Namespace {
        id: uuid::Uuid::new_v4().to_string(),
        org: call.path("org").to_owned(),
        name: wanted.name,
        bucket_id: bucket.id,
        prefix,
        visibility: wanted.visibility,
        properties: wanted.properties,
        description: wanted.description,
        metadata: wanted.metadata,
        created: now,
        updated: now,
        deleted_at: None,
    })
}

/// `GET /orgs/{org}/iceberg/namespaces/{name}`
pub(crate) async fn get(call: Call) -> Answer {
    call.run(|call, db| {
        let (namespace, rights) = named(call, db)?;
        reply::ok(&shown(db, &namespace, &rights)?)
    })
    .await
}

/// `PATCH /orgs/{org}/iceberg/namespaces/{name}`: null and missing both mean unchanged.
pub(crate) async fn modify(call: Call) -> Answer {
    let mut body = call.body()?;
    let (description, facts) = (body.text("description"), FactChange::read(&mut body));
    let visibility = read_visibility(&mut body);
    body.finish()?;
    if let Some(text) = &description {
        NewRepo::new("any").with_description(text).validate()?;
    }
    facts.check()?;
    call.run(move |call, db| {
        let (before, rights) = named_to_write(call, db)?;
        let mut after = before.clone();
        after.description = description.or(after.description);
        after.metadata = facts.apply(after.metadata)?;
        if let Some(visibility) = visibility {
            check_visibility(&after.name, &visibility, db.bucket(&after.org, after.bucket_id)?.as_ref())?;
            after.visibility = visibility;
        }
        if after != before {
            after.updated = call.lake.now();
            db.put_namespace(&after)?;
        }
        reply::ok(&shown(db, &after, &rights)?)
    })
    .await
}

/// `DELETE /orgs/{org}/iceberg/namespaces/{name}`: leaves a ghost that holds its name for some days, or with
/// `immediate=true` nothing.
pub(crate) async fn delete(call: Call) -> Answer {
    if !call.flag("imsure") {
        return Err(Refusal::rule("imsure must be true to delete a namespace"));
    }
    let immediate = call.flag("immediate");
    call.run(move |call, db| {
        let (mut namespace, _) = held(call, db)?;
        if immediate {
            db.delete_namespace(&namespace)?;
        } else if namespace.deleted_at.is_some() {
            return Err(missing(call));
        } else {
            namespace.deleted_at = Some(call.lake.now());
            db.put_namespace(&namespace)?;
        }
        reply::done()
    })
    .await
}

/// `POST /orgs/{org}/iceberg/namespaces/{name}/restore`
pub(crate) async fn restore(call: Call) -> Answer {
    call.run(|call, db| {
        let (mut namespace, _) = held(call, db)?;
        if namespace.deleted_at.take().is_none() {
            let text = format!("namespace {}/{} is not deleted", namespace.org, namespace.name);
            return Err(Refusal::conflict(text));
        }
        namespace.updated = call.lake.now();
        db.put_namespace(&namespace)?;
        reply::done()
    })
    .await
}

/// `GET /orgs/{org}/iceberg/namespaces/{name}/tables/paginated`: there are none.
pub(crate) async fn tables(call: Call) -> Answer {
    let paging = Paging::of(&call)?;
    Order::of(&call, &["relevance", "updated", "created", "name"])?;
    call.run(move |call, db| {
        named(call, db)?;
        let page: Page<Value> = paging.page_of(Vec::new(), 0);
        reply::ok(&page)
    })
    .await
}

fn missing(call: &Call) -> Refusal {
    Refusal::missing(format!("namespace {}/{} not found", call.path("org"), call.path("name")))
}

/// The namespace in the path.
fn named(call: &Call, db: &Db<'_>) -> Result<(Namespace, Rights), Refusal> {
    seen(call, db, call.path("name"), || missing(call))
}

/// A namespace of the org in the path that the caller may see.
pub(super) fn seen(
    call: &Call,
    db: &Db<'_>,
    name: &str,
    missing: impl Fn() -> Refusal,
) -> Result<(Namespace, Rights), Refusal> {
    let org = call.path("org");
    let rights = call.org(db, org)?;
    let unseen = || if rights.read() { missing() } else { denied() };
    let found = db.namespace(org, name)?.filter(|it| it.deleted_at.is_none());
    let found = found.filter(|it| may_see(it, &rights)).ok_or_else(unseen)?;
    Ok((found, rights))
}

fn named_to_write(call: &Call, db: &Db<'_>) -> Result<(Namespace, Rights), Refusal> {
    let (found, rights) = named(call, db)?;
    if rights.write() { Ok((found, rights)) } else { Err(denied()) }
}

/// The namespace in the path to write, or its ghost.
fn held(call: &Call, db: &Db<'_>) -> Result<(Namespace, Rights), Refusal> {
    let org = call.path("org");
    let rights = call.org_to_write(db, org)?;
    let found = db.namespace(org, call.path("name"))?.ok_or_else(|| missing(call))?;
    Ok((found, rights))
}

/// Whether those with these rights may see a namespace.
pub(super) fn may_see(namespace: &Namespace, rights: &Rights) -> bool {
    rights.read() || namespace.visibility == RepoVisibility::AuthenticatedPublic
}

/// A namespace as the caller sees it.
pub(super) fn shown(db: &Db<'_>, namespace: &Namespace, rights: &Rights) -> Result<Value, Refusal> {
    let bucket = db.bucket(&namespace.org, namespace.bucket_id)?;
    let manage = rights.allow(&OrgAction::CanManageUsers);
    let actions = [("CAN_READ", true), ("CAN_WRITE", rights.write()), ("CAN_MANAGE_USERS", manage)];
    let actions: Vec<_> = actions.into_iter().filter(|(_, may)| *may).map(|(action, _)| action).collect();
    Ok(json!({
        "id": namespace.id,
        "org": namespace.org,
        "name": namespace.name,
        "bucket_id": namespace.bucket_id,
        "bucket_nickname": bucket.map(|bucket| bucket.model.nickname),
        "prefix": namespace.prefix,
        "visibility": namespace.visibility,
        "effective_actions": actions,
        "properties": namespace.properties,
        "description": namespace.description,
        "metadata": namespace.metadata,
        "table_count": 0,
        "created": namespace.created,
        "updated": namespace.updated,
        "deleted_at": namespace.deleted_at,
        "health": null,
        "permissions": [],
        "subscription": null,
    }))
}
