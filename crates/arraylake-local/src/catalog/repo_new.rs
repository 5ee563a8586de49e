//! New repos.

use arraylake_types::{
    BucketNickname, CreateMode, Metadata, NewRepo, RepoKind, RepoModel, RepoStatus, StatusInitiator,
};

use super::access::Rights;
use super::body::Body;
use super::call::{Answer, Call};
use super::subscribe::subscribe;
use super::{removal, reply};
use crate::random;
use crate::refusal::Refusal;
use crate::repository;
use crate::s3::Access;
use crate::store::{Db, StoredBucket, StoredRepo};

/// Words that stand where names of repos do in addresses of orgs, beside those that every client knows.
const RESERVED: [&str; 6] =
    ["api-clients", "exchange-listings", "exchange-subscriptions", "iceberg", "marketplace", "permissions"];

/// How long the roll-back of a client may take that was given a repo which was there before, in seconds.
const ROLL_BACK_SECONDS: i64 = 120;

/// What is asked for.
#[derive(Debug)]
struct Wanted {
    name: String,
    description: Option<String>,
    nickname: Option<String>,
    kind: RepoKind,
    prefix: Option<String>,
    metadata: Option<Metadata>,
    version: Option<u8>,
}

/// `POST /orgs/{org}/repos`
pub(crate) async fn create(call: Call) -> Answer {
    let mut body = call.body()?;
    let mode = body.any("create_mode", "a create mode").unwrap_or(CreateMode::Register);
    if mode == CreateMode::Subscribe {
        return subscribe(call, body).await;
    }
    let wanted = Wanted::read(body, mode == CreateMode::Import)?;
    match mode {
        CreateMode::Register | CreateMode::Import => add(call, wanted).await,
        CreateMode::Create if wanted.kind == RepoKind::V1 => add(call, wanted).await,
        CreateMode::Create => add_with_repository(call, wanted).await,
        other => Err(Refusal::rule(format!(
            "create_mode \"{other}\" is not known; use \"create\", \"register\", \"import\" or \"subscribe\""
        ))),
    }
}

/// `POST /orgs/{org}/repos/import`
pub(crate) async fn import(call: Call) -> Answer {
    let wanted = Wanted::read(call.body()?, true)?;
    add(call, wanted).await
}

impl Wanted {
    fn read(mut body: Body, import: bool) -> Result<Self, Refusal> {
        let mut wanted = Self {
            version: None,
            name: body.required_text("name"),
            description: body.text("description"),
            nickname: body.text("bucket_nickname").filter(|it| !it.is_empty()),
            kind: body.any("kind", "'icechunk' or 'v1'").unwrap_or(RepoKind::Icechunk),
            // An import may be of a whole bucket; a new repo gets a place of its own.
            prefix: body.text("prefix").map(|it| it.trim().to_owned()).filter(|it| import || !it.is_empty()),
            metadata: body.metadata("metadata"),
        };
        let version: Option<u64> = body.any("spec_version", "1 or 2");
        if version.is_some_and(|version| !matches!(version, 1 | 2)) {
            let _: Option<()> = body.wrong("spec_version", "Input should be 1 or 2", "literal_error");
        }
        wanted.version = version.and_then(|version| u8::try_from(version).ok());
        if import && wanted.prefix.is_none() {
            let _: Option<()> = body.wrong("prefix", "Field required", "missing");
        }
        body.finish()?;
        wanted.check()?;
        Ok(wanted)
    }

    fn check(&self) -> Result<(), Refusal> {
        let mut request = NewRepo::new(&self.name).with_kind(self.kind.clone());
        if let Some(text) = &self.description {
            request = request.with_description(text);
        }
        if let Some(metadata) = &self.metadata {
            request = request.with_metadata(metadata.clone());
        }
        if let Some(prefix) = self.prefix.as_ref().filter(|prefix| !prefix.is_empty()) {
            request = request.with_prefix(prefix);
        }
        request.validate()?;
        check_unreserved(&self.name)?;
        if let Some(nickname) = &self.nickname {
            nickname.parse::<BucketNickname>()?;
        }
        Ok(())
    }
}

/// Refuses a name that stands for something else in addresses of orgs.
pub(super) fn check_unreserved(name: &str) -> Result<(), Refusal> {
    if RESERVED.contains(&name.to_lowercase().as_str()) {
        return Err(Refusal::rule(format!("invalid repo name {name:?}: is reserved")));
    }
    Ok(())
}

/// What became of it.
enum Outcome {
    Made(Box<RepoModel>),
    WasThere(Box<StoredRepo>),
}

async fn add(call: Call, wanted: Wanted) -> Answer {
    let after = call.clone();
    match call.run(move |call, db| insert(call, db, wanted)).await? {
        Outcome::Made(repo) => reply::created(&*repo),
        Outcome::WasThere(repo) => answer_existing(after, *repo).await,
    }
}

/// Makes the repository, too. It comes before the entry: whoever finds the entry finds the data.
async fn add_with_repository(call: Call, wanted: Wanted) -> Answer {
    let version = wanted.version;
    let drawn = call.clone().run(move |call, db| {
        let (_, drawn) = draw_up(call, db, wanted)?;
        if let Drawn::New(repo, replaced) = &drawn {
            check_own_place(db, repo, replaced.as_deref())?;
        }
        Ok(drawn)
    });
    let (repo, replaced) = match drawn.await? {
        Drawn::New(repo, replaced) => (*repo, replaced),
        Drawn::There(repo) => return answer_existing(call, *repo).await,
    };
    repository::create(&call.lake, &repo, version).await?;
    let (entry, lake) = (repo.clone(), std::sync::Arc::clone(&call.lake));
    let added = call.run(move |call, db| {
        let rights = call.org_to_write(db, call.path("org"))?;
        replaced.as_ref().map_or(Ok(()), |old| db.delete_repo(old))?;
        check_free(db, &entry.model)?;
        // Somebody may have taken a part of it in the meantime.
        check_own_place(db, &entry, None)?;
        db.insert_repo(&entry)?;
        reply::created(&call.show_repo(db, entry, &rights, Access::ReadWrite)?)
    });
    let added = added.await;
    if added.is_err() {
        removal::take_back(&lake, repo).await;
    }
    added
}

/// Refuses a name that another repo has.
pub(super) fn check_free(db: &Db<'_>, model: &RepoModel) -> Result<(), Refusal> {
    let (org, name) = (&model.org, &model.name);
    if db.repo(org, name)?.is_some() {
        return Err(Refusal::conflict(format!("repo {org}/{name} already exists")));
    }
    Ok(())
}

fn check_own_place(db: &Db<'_>, repo: &StoredRepo, replaced: Option<&RepoModel>) -> Result<(), Refusal> {
    let Some(bucket) = &repo.bucket else { return Ok(()) };
    check_place(db, &repo.model.org, bucket, &repo.model.prefix, replaced)
}

/// A repo that is not kept yet, or the one that is there.
enum Drawn {
    /// With the entry whose place it takes, which goes when this one comes and not before.
    New(Box<StoredRepo>, Option<Box<RepoModel>>),
    There(Box<StoredRepo>),
}

fn insert(call: &Call, db: &Db<'_>, wanted: Wanted) -> Result<Outcome, Refusal> {
    let (rights, drawn) = draw_up(call, db, wanted)?;
    match drawn {
        Drawn::There(repo) => Ok(Outcome::WasThere(repo)),
        Drawn::New(repo, replaced) => {
            replaced.map_or(Ok(()), |old| db.delete_repo(&old))?;
            db.insert_repo(&repo)?;
            Ok(Outcome::Made(Box::new(call.show_repo(db, *repo, &rights, Access::ReadWrite)?)))
        }
    }
}

fn draw_up(call: &Call, db: &Db<'_>, wanted: Wanted) -> Result<(Rights, Drawn), Refusal> {
    let org = call.path("org");
    let rights = call.org_to_write(db, org)?;
    let mut replaced = None;
    if let Some(found) = db.repo(org, &wanted.name)? {
        // Whoever makes a repo anew right after a roll-back that was passed over has been told that it is gone. Then it
        // is, and its data stays.
        let now = call.lake.now().unix_seconds();
        if !db.take_passed(&found.model, &call.id().to_string(), &call.session, now)? {
            return Ok((rights, Drawn::There(Box::new(existing(call, found)?))));
        }
        replaced = Some(Box::new(found.model));
    }
    let bucket = bucket(db, org, &wanted)?;
    let prefix = prefix(&wanted, bucket.as_ref());
    if let Some(bucket) =
        bucket.as_ref().filter(|_| wanted.kind != RepoKind::V1 && !call.era.leaves_places_to_icechunk())
    {
        check_place(db, org, bucket, &prefix, replaced.as_deref())?;
    }
    let now = call.lake.now();
    let id = random::repo_id(now.unix_seconds()).parse()?;
    let mut model = RepoModel::new(id, org, wanted.name, now);
    model.description = wanted.description;
    model.metadata = wanted.metadata;
    model.kind = wanted.kind;
    model.prefix = prefix;
    model.created_by = Some(call.id().to_string());
    model.status = RepoStatus::default().into();
    model.status.message = Some("new repo creation".to_owned());
    model.status.initiated_by = StatusInitiator::principal(call.id());
    Ok((rights, Drawn::New(Box::new(StoredRepo { model, bucket }), replaced)))
}

/// Refuses a place that another repo has, unless that one goes.
pub(super) fn check_place(
    db: &Db<'_>,
    org: &str,
    bucket: &StoredBucket,
    prefix: &str,
    replaced: Option<&RepoModel>,
) -> Result<(), Refusal> {
    let except = replaced.map_or("", |old| old.id.as_str());
    let Some((of, name)) = db.overlapping(bucket, prefix, except)? else { return Ok(()) };
    // Who may not read the other org does not learn its names.
    let other = if of == org { format!("{of}/{name}") } else { "of another org".to_owned() };
    Err(Refusal::conflict(format!("Prefix \"{prefix}\" overlaps repo {other}")))
}

/// Newer Python clients are given the repo that is there, all others are refused.
fn existing(call: &Call, found: StoredRepo) -> Result<StoredRepo, Refusal> {
    let (org, name) = (&found.model.org, &found.model.name);
    if found.model.is_ghost() {
        let text = format!("repo {org}/{name} already exists: it was deleted, but its name is still held");
        return Err(Refusal::conflict(text));
    }
    if call.era.is_given_what_exists() {
        return Ok(found);
    }
    Err(Refusal::conflict(format!("repo {org}/{name} already exists")))
}

/// Answers with the repo that is there. If it holds data, the client will find that out and delete what it takes for
/// its own new entry: that one deletion is to be passed over.
async fn answer_existing(call: Call, repo: StoredRepo) -> Answer {
    let holds_data = holds_data(&call, &repo).await;
    call.run(move |call, db| {
        let rights = call.org_to_write(db, call.path("org"))?;
        if holds_data {
            let until = call.lake.now().unix_seconds() + ROLL_BACK_SECONDS;
            db.spare(&repo.model, &call.id().to_string(), &call.session, until)?;
        }
        reply::created(&call.show_repo(db, repo, &rights, Access::ReadWrite)?)
    })
    .await
}

/// Whether there is an Icechunk repository. Nobody knows for buckets elsewhere; there the answer is yes.
async fn holds_data(call: &Call, repo: &StoredRepo) -> bool {
    let Some(bucket) = repo.bucket.as_ref().filter(|bucket| bucket.is_local()) else { return true };
    for file in ["repo", "refs/branch.main/ref.json"] {
        let key = format!("{}/{file}", repo.model.prefix);
        let read = call.lake.endpoint.read(&bucket.model.name, key.trim_start_matches('/')).await;
        if !matches!(read, Ok(None)) {
            return true;
        }
    }
    false
}

fn bucket(db: &Db<'_>, org: &str, wanted: &Wanted) -> Result<Option<StoredBucket>, Refusal> {
    if wanted.nickname.is_none() && wanted.kind == RepoKind::V1 {
        return Ok(None);
    }
    bucket_or_default(db, org, wanted.nickname.as_deref()).map(Some)
}

/// The bucket config of a name, or else the default of the org.
pub(super) fn bucket_or_default(
    db: &Db<'_>,
    org: &str,
    nickname: Option<&str>,
) -> Result<StoredBucket, Refusal> {
    if let Some(nickname) = nickname {
        let missing = || Refusal::rule(format!("bucket {nickname} does not exist"));
        return db.bucket_named(org, nickname.trim())?.ok_or_else(missing);
    }
    let missing = || Refusal::rule(format!("Org {org} has no default bucket; name a bucket that exists"));
    db.default_bucket(org)?.ok_or_else(missing)
}

/// The complete prefix: what was asked for is relative to the bucket config.
fn prefix(wanted: &Wanted, bucket: Option<&StoredBucket>) -> String {
    if wanted.kind == RepoKind::V1 {
        return String::new();
    }
    complete_prefix(wanted.prefix.as_deref(), &wanted.name, bucket)
}

/// The same of a prefix that may be given, or else is made from a name.
pub(super) fn complete_prefix(given: Option<&str>, name: &str, bucket: Option<&StoredBucket>) -> String {
    let own = given.map_or_else(|| generated(name), str::to_owned);
    let outer = bucket.map_or("", |bucket| bucket.model.prefix.as_str());
    [outer, &own].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// A place of its own, by which people know the repo.
fn generated(name: &str) -> String {
    format!("{}_{}", random::letters(8), ascii(name))
}

/// A name for keys; Icechunk's are ASCII.
pub(super) fn ascii(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_prefix_tells_the_name_in_ascii() {
        let prefix = generated("ifs-hres-archivé");
        assert_eq!(prefix.split_once('_').unwrap().0.len(), 8);
        assert!(prefix.ends_with("_ifs_hres_archiv_"), "{prefix}");
    }

    #[test]
    fn a_reserved_word_is_no_name() {
        for name in ["Iceberg", "repos", "permissions"] {
            let body = Body::parse(format!(r#"{{"name": "{name}"}}"#).as_bytes()).unwrap();
            assert!(Wanted::read(body, false).unwrap_err().message().contains("is reserved"));
        }
    }
}
