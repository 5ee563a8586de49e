//! Logins: codes that wait for a person, and the tokens of those who were let in. Only digests are kept.

use arraylake_types::{PrincipalId, Secret};
use rusqlite::{OptionalExtension as _, Row, params};

use super::principals::digest;
use super::{Db, parsed};

/// A code that waits for a person, or no longer does. Times are Unix milliseconds.
#[derive(Debug, Clone)]
pub(crate) struct LoginCode {
    /// What the person compares.
    pub(crate) user_code: String,
    /// When it is of no use any longer.
    pub(crate) expires: i64,
    /// When the client asked last; none if it has not yet.
    pub(crate) asked: Option<i64>,
    /// What became of it.
    pub(crate) state: CodeState,
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeState {
    /// Nobody has looked at it yet.
    Waiting,
    /// Somebody said no.
    Denied,
    /// Somebody said yes.
    Confirmed(PrincipalId),
}

/// A refresh token.
#[derive(Debug, Clone)]
pub(crate) struct RefreshToken {
    /// The login it belongs to.
    pub(crate) login: String,
    /// Whose login it is.
    pub(crate) principal: PrincipalId,
    /// When it was replaced by the next one, in Unix milliseconds.
    pub(crate) replaced: Option<i64>,
}

impl Db<'_> {
    /// Adds a code, and forgets those that ended a day ago.
    pub(crate) fn insert_login_code(
        &self,
        device: &Secret,
        code: &LoginCode,
        now: i64,
    ) -> rusqlite::Result<()> {
        const DAY: i64 = 86_400_000;
        self.0.execute("DELETE FROM login_code WHERE expires < ?1", [now - DAY])?;
        self.0.execute("DELETE FROM login_token WHERE expires < ?1", [now - DAY])?;
        let insert = "INSERT INTO login_code (device, code, expires, state) VALUES (?1, ?2, ?3, 'waiting')";
        self.0.execute(insert, params![digest(device), code.user_code, code.expires])?;
        Ok(())
    }

    /// A code by what the client has of it.
    pub(crate) fn login_code(&self, device: &Secret) -> rusqlite::Result<Option<LoginCode>> {
        let mut query = self.0.prepare_cached(&format!("{CODE} WHERE device = ?1"))?;
        query.query_row([digest(device)], login_code).optional()
    }

    /// A code by what the person has of it.
    pub(crate) fn login_code_named(&self, user_code: &str) -> rusqlite::Result<Option<LoginCode>> {
        let mut query = self.0.prepare_cached(&format!("{CODE} WHERE code = ?1"))?;
        query.query_row([user_code], login_code).optional()
    }

    /// Notes that the client has asked.
    pub(crate) fn touch_login_code(&self, device: &Secret, now: i64) -> rusqlite::Result<()> {
        let change = "UPDATE login_code SET asked = ?2 WHERE device = ?1";
        self.0.execute(change, params![digest(device), now])?;
        Ok(())
    }

    /// Notes what a person said.
    pub(crate) fn decide_login_code(&self, user_code: &str, state: CodeState) -> rusqlite::Result<()> {
        let (word, who) = match state {
            CodeState::Waiting => ("waiting", None),
            CodeState::Denied => ("denied", None),
            CodeState::Confirmed(who) => ("confirmed", Some(who.to_string())),
        };
        let change = "UPDATE login_code SET state = ?2, principal = ?3 WHERE code = ?1";
        self.0.execute(change, params![user_code, word, who])?;
        Ok(())
    }

    /// Forgets a code: it works once.
    pub(crate) fn delete_login_code(&self, device: &Secret) -> rusqlite::Result<()> {
        self.0.execute("DELETE FROM login_code WHERE device = ?1", [digest(device)])?;
        Ok(())
    }

    /// Begins a login.
    pub(crate) fn insert_login(&self, id: &str, who: PrincipalId, now: i64) -> rusqlite::Result<()> {
        self.0.execute("INSERT INTO login VALUES (?1, ?2, ?3)", params![id, who.to_string(), now])?;
        Ok(())
    }

    /// Ends a login: it cannot be renewed any longer.
    pub(crate) fn delete_login(&self, id: &str) -> rusqlite::Result<()> {
        self.0.execute("DELETE FROM login WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Adds a refresh token of a login.
    pub(crate) fn insert_refresh_token(&self, token: &Secret, login: &str) -> rusqlite::Result<()> {
        self.0.execute("INSERT INTO login_refresh VALUES (?1, ?2, NULL)", params![digest(token), login])?;
        Ok(())
    }

    /// A refresh token.
    pub(crate) fn refresh_token(&self, token: &Secret) -> rusqlite::Result<Option<RefreshToken>> {
        let mut query = self.0.prepare_cached(
            "SELECT login.id, login.principal, login_refresh.replaced
             FROM login_refresh JOIN login ON login.id = login_refresh.login WHERE hash = ?1",
        )?;
        let token_of = |row: &Row<'_>| {
            Ok(RefreshToken {
                login: row.get(0)?,
                principal: parsed(1, &row.get::<_, String>(1)?)?,
                replaced: row.get(2)?,
            })
        };
        query.query_row([digest(token)], token_of).optional()
    }

    /// Notes that a refresh token has been replaced, unless it was before.
    pub(crate) fn replace_refresh_token(&self, token: &Secret, now: i64) -> rusqlite::Result<()> {
        let change = "UPDATE login_refresh SET replaced = ?2 WHERE hash = ?1 AND replaced IS NULL";
        self.0.execute(change, params![digest(token), now])?;
        Ok(())
    }

    /// Adds a token that calls are made with.
    pub(crate) fn insert_login_token(
        &self,
        token: &Secret,
        who: PrincipalId,
        expires: i64,
    ) -> rusqlite::Result<()> {
        let values = params![digest(token), who.to_string(), expires];
        self.0.execute("INSERT INTO login_token VALUES (?1, ?2, ?3)", values)?;
        Ok(())
    }

    /// Whose a token of a login is, and when it ends, in Unix milliseconds.
    pub(crate) fn login_token(&self, token: &Secret) -> rusqlite::Result<Option<(PrincipalId, i64)>> {
        let mut query =
            self.0.prepare_cached("SELECT principal, expires FROM login_token WHERE hash = ?1")?;
        let whose = |row: &Row<'_>| Ok((parsed(0, &row.get::<_, String>(0)?)?, row.get(1)?));
        query.query_row([digest(token)], whose).optional()
    }
}

const CODE: &str = "SELECT code, expires, asked, state, principal FROM login_code";

fn login_code(row: &Row<'_>) -> rusqlite::Result<LoginCode> {
    let state = match (row.get::<_, String>(3)?.as_str(), row.get::<_, Option<String>>(4)?) {
        ("confirmed", Some(who)) => CodeState::Confirmed(parsed(4, &who)?),
        ("waiting", _) => CodeState::Waiting,
        _ => CodeState::Denied,
    };
    Ok(LoginCode { user_code: row.get(0)?, expires: row.get(1)?, asked: row.get(2)?, state })
}
