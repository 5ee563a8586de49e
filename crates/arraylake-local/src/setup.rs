//! What clients cannot make: orgs, people, tokens, keys. Used by the seed and by the admin routes.

use std::collections::BTreeMap;

use arraylake_types::{
    ApiToken, ApiTokenInfo, OrgAction, OrgName, OrgResponse, Principal, PrincipalId, Secret, Timestamp,
    UserInfo,
};
use serde::Deserialize;

use crate::keyring::KeyRing;
use crate::random;
use crate::refusal::Refusal;
use crate::s3::{CredentialStore as _, Grant, S3Key, Scope, TEMPORARY_KEY_PREFIX};
use crate::store::{Db, TokenRecord};

/// Tokens work until the year 2100 unless told otherwise.
const FAR: i64 = 4_102_444_800;

/// Domains that clients take for no domain of an e-mail address.
const BAD_DOMAINS: [&str; 6] = ["localhost", "local", "test", "invalid", "onion", "arpa"];

/// What may be done, org by org.
pub(crate) type OrgActions = BTreeMap<String, Vec<OrgAction>>;

/// A person or a service account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    pub(crate) email: String,
    #[serde(default)]
    pub(crate) id: Option<PrincipalId>,
    #[serde(default)]
    pub(crate) first_name: Option<String>,
    #[serde(default)]
    pub(crate) family_name: Option<String>,
    #[serde(default)]
    pub(crate) service_account: bool,
    #[serde(default)]
    pub(crate) permissions: OrgActions,
}

/// A key of the S3 endpoint; without grants it may do everything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
    #[serde(default)]
    pub(crate) grants: Option<Vec<Grant>>,
}

/// Every right in an org.
pub(crate) fn everything() -> Vec<OrgAction> {
    vec![OrgAction::CanManageUsers, OrgAction::CanWriteRepos, OrgAction::CanReadRepos]
}

/// Adds an org.
pub(crate) fn add_org(
    db: &Db<'_>,
    name: &str,
    display: &str,
    now: Timestamp,
) -> Result<OrgResponse, Refusal> {
    let name: OrgName = name.parse()?;
    if db.org(name.as_str())?.is_some() {
        return Err(Refusal::conflict(format!("org {name} already exists")));
    }
    let mut org = OrgResponse::new(random::repo_id(now.unix_seconds()), name.as_str(), now);
    org.display_name = display.to_owned();
    db.insert_org(&org)?;
    Ok(org)
}

/// Adds a person or a service account.
pub(crate) fn add_user(db: &Db<'_>, wanted: &NewUser, now: Timestamp) -> Result<Principal, Refusal> {
    check_email(&wanted.email)?;
    if db.principal_named(&wanted.email)?.is_some() {
        return Err(Refusal::conflict(format!("user {} already exists", wanted.email)));
    }
    let id = wanted.id.unwrap_or_else(|| uuid::Uuid::new_v4().into());
    if db.principal(id)?.is_some() {
        return Err(Refusal::conflict(format!("user {id} already exists")));
    }
    let who = if wanted.service_account {
        Principal::ServiceAccount(ApiTokenInfo::new(id, id.to_string(), &wanted.email, far()))
    } else {
        let mut user = UserInfo::new(id, &wanted.email);
        user.first_name = wanted.first_name.clone();
        user.family_name = wanted.family_name.clone();
        Principal::User(user)
    };
    db.insert_principal(&who, now)?;
    grant(db, id, &wanted.permissions)?;
    Ok(who)
}

/// Sets what a principal may do in orgs.
pub(crate) fn grant(db: &Db<'_>, who: PrincipalId, permissions: &OrgActions) -> Result<(), Refusal> {
    for (org, actions) in permissions {
        if db.org(org)?.is_none() {
            return Err(Refusal::missing(format!("org {org} not found")));
        }
        if let Some(odd) = actions.iter().find(|action| matches!(action, OrgAction::Other(_))) {
            return Err(Refusal::rule(format!("{odd} is no action of an org")));
        }
        db.grant_org(org, who, actions)?;
    }
    Ok(())
}

/// Adds a token of a principal; without a text it gets a random one.
pub(crate) fn add_token(
    db: &Db<'_>,
    who: PrincipalId,
    text: Option<&str>,
    expires: Option<Timestamp>,
    now: Timestamp,
) -> Result<Secret, Refusal> {
    let token = match text {
        Some(text) => text.parse::<ApiToken>()?.into_secret(),
        None => Secret::new(format!("ema_{}", random::letters(40))),
    };
    let expires = expires.map_or_else(far, Timestamp::truncated);
    db.insert_token(&token, TokenRecord { principal: who, created: now, expires })?;
    Ok(token)
}

/// Adds a key of the S3 endpoint. The same key again is no error.
pub(crate) fn add_key(db: &Db<'_>, ring: &KeyRing, wanted: &NewKey) -> Result<(), Refusal> {
    let id = wanted.access_key_id.as_str();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !(3..=128).contains(&id.len()) || !id.chars().all(plain) || id.starts_with(TEMPORARY_KEY_PREFIX) {
        let rule = "must be 3 to 128 ASCII letters, digits, `-`, `_` or `.`, not beginning with `ASIA`";
        return Err(Refusal::rule(format!("access_key_id {rule}")));
    }
    if wanted.secret_access_key.expose().len() < 8 {
        return Err(Refusal::rule("secret_access_key must be at least 8 characters long"));
    }
    let scope = wanted.grants.clone().map_or(Scope::Admin, Scope::Grants);
    let key = S3Key::new(wanted.secret_access_key.clone(), scope);
    match ring.lookup(id) {
        Some(known) if known.secret == key.secret && known.scope == key.scope => Ok(()),
        Some(_) => Err(Refusal::conflict(format!("S3 key {id} already exists"))),
        None => Ok(ring.add(db, id, key)?),
    }
}

fn far() -> Timestamp {
    Timestamp::from_unix(FAR, 0).unwrap_or_else(|| std::time::SystemTime::UNIX_EPOCH.into())
}

/// Clients read addresses strictly: one that they refuse would make every answer with it useless.
pub(crate) fn check_email(email: &str) -> Result<(), Refusal> {
    let domain = email.split_once('@').filter(|(user, _)| !user.is_empty()).map_or("", |(_, domain)| domain);
    let last = domain.rsplit('.').next().unwrap_or_default();
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '@';
    if !domain.contains('.') || last.is_empty() || BAD_DOMAINS.contains(&last) || domain.contains(odd) {
        let text = format!("e-mail {email:?}: clients want a domain with a dot, such as example.com");
        return Err(Refusal::rule(text));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_clients_refuse_is_refused() {
        for bad in ["me", "@example.com", "me@localhost", "me@b.local", "me@b.test", "me@x y.com", "me@"] {
            assert!(check_email(bad).is_err(), "{bad}");
        }
        check_email("me@example.com").unwrap();
        check_email("me@b.internal").unwrap();
    }
}
