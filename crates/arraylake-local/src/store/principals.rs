//! People, service accounts and their tokens, of which only the digest is kept.

use arraylake_types::{ApiTokenInfo, Principal, PrincipalId, Secret, Timestamp, UserInfo};
use rusqlite::{OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};

use super::{Db, parsed};

/// What is known of a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenRecord {
    /// Whose it is.
    pub(crate) principal: PrincipalId,
    /// When it was made.
    pub(crate) created: Timestamp,
    /// When it stops working.
    pub(crate) expires: Timestamp,
}

pub(super) fn digest(token: &Secret) -> Vec<u8> {
    Sha256::digest(token.expose()).to_vec()
}

impl Db<'_> {
    /// A principal by its id.
    pub(crate) fn principal(&self, id: PrincipalId) -> rusqlite::Result<Option<Principal>> {
        self.find_principal("id", &id.to_string())
    }

    /// A principal by its id or its e-mail address.
    pub(crate) fn principal_named(&self, text: &str) -> rusqlite::Result<Option<Principal>> {
        match text.parse::<PrincipalId>() {
            Ok(id) => self.principal(id),
            Err(_) => self.find_principal("email", text),
        }
    }

    fn find_principal(&self, column: &str, value: &str) -> rusqlite::Result<Option<Principal>> {
        // A service account's answer carries the expiry of its token; with several, the last one.
        let mut query = self.0.prepare_cached(&format!(
            "SELECT id, client_id, email, first_name, family_name,
                    (SELECT max(expires) FROM token WHERE principal = principal.id)
             FROM principal WHERE {column} = ?1"
        ))?;
        query.query_row([value], principal).optional()
    }

    /// Adds a principal; id and address must be free.
    pub(crate) fn insert_principal(&self, who: &Principal, created: Timestamp) -> rusqlite::Result<()> {
        let (client_id, first, family) = match who {
            Principal::ServiceAccount(account) => (Some(&account.client_id), None, None),
            Principal::User(user) => (None, user.first_name.as_ref(), user.family_name.as_ref()),
            _ => (None, None, None),
        };
        let id = who.id().to_string();
        let values = params![id, client_id, who.email(), first, family, created.unix_seconds()];
        self.0.execute("INSERT INTO principal VALUES (?1, ?2, ?3, ?4, ?5, ?6)", values)?;
        Ok(())
    }

    /// What is known of a token.
    pub(crate) fn token(&self, token: &Secret) -> rusqlite::Result<Option<TokenRecord>> {
        let mut query =
            self.0.prepare_cached("SELECT principal, created, expires FROM token WHERE hash = ?1")?;
        let record = |row: &Row<'_>| {
            Ok(TokenRecord {
                principal: parsed(0, &row.get::<_, String>(0)?)?,
                created: moment(row, 1)?,
                expires: moment(row, 2)?,
            })
        };
        query.query_row([digest(token)], record).optional()
    }

    /// Notes that a token was used.
    pub(crate) fn touch_token(&self, token: &Secret, now: Timestamp) -> rusqlite::Result<()> {
        let change = "UPDATE token SET last_used = ?2 WHERE hash = ?1";
        self.0.execute(change, params![digest(token), now.unix_seconds()])?;
        Ok(())
    }

    /// Adds a token; a token that is known already changes hands.
    pub(crate) fn insert_token(&self, token: &Secret, record: TokenRecord) -> rusqlite::Result<()> {
        let (created, expires) = (record.created.unix_seconds(), record.expires.unix_seconds());
        let values = params![digest(token), record.principal.to_string(), created, expires];
        self.0.execute("INSERT OR REPLACE INTO token VALUES (?1, ?2, ?3, ?4, NULL)", values)?;
        Ok(())
    }
}

fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let seconds = row.get(column)?;
    Timestamp::from_unix(seconds, 0).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, seconds))
}

fn principal(row: &Row<'_>) -> rusqlite::Result<Principal> {
    let id: PrincipalId = parsed(0, &row.get::<_, String>(0)?)?;
    let email: String = row.get(2)?;
    if let Some(client_id) = row.get::<_, Option<String>>(1)? {
        let expires = row.get::<_, Option<i64>>(5)?.and_then(|at| Timestamp::from_unix(at, 0));
        let expires = expires.unwrap_or_else(|| std::time::SystemTime::UNIX_EPOCH.into());
        return Ok(Principal::ServiceAccount(ApiTokenInfo::new(id, client_id, email, expires)));
    }
    let mut user = UserInfo::new(id, email);
    user.first_name = row.get(3)?;
    user.family_name = row.get(4)?;
    Ok(Principal::User(user))
}
