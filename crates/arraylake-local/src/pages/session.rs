//! [`WebSessions`]: who is signed in at which browser.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use arraylake_types::PrincipalId;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest as _, Sha256};

use crate::random;
use crate::refusal::Refusal;

/// How long a browser stays signed in.
const LIFETIME: TimeDelta = TimeDelta::hours(12);
/// How many may be signed in at once; beyond that the one that ends first must go.
const MOST: usize = 1000;

/// The sessions of browsers. They end with the process.
#[derive(Default)]
pub(crate) struct WebSessions {
    open: Mutex<HashMap<Vec<u8>, Session>>,
}

#[derive(Clone, Copy)]
struct Session {
    who: PrincipalId,
    ends: DateTime<Utc>,
}

impl WebSessions {
    /// Signs somebody in, until `latest` at most. Returns the cookie to set.
    pub(crate) fn begin(
        &self,
        headers: &HeaderMap,
        who: PrincipalId,
        now: DateTime<Utc>,
        latest: DateTime<Utc>,
    ) -> Result<HeaderValue, Refusal> {
        let secret = random::letters(40);
        let mut open = self.lock();
        open.retain(|_, session| session.ends > now);
        if open.len() >= MOST
            && let Some(first) = open.iter().min_by_key(|(_, it)| it.ends).map(|(key, _)| key.clone())
        {
            open.remove(&first);
        }
        open.insert(digest(&secret), Session { who, ends: latest.min(now + LIFETIME) });
        cookie(headers, &secret)
    }

    /// Who is signed in at the browser that sends these headers.
    pub(crate) fn who(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Option<PrincipalId> {
        let session = *self.lock().get(&digest(secret_of(headers)?))?;
        (session.ends > now).then_some(session.who)
    }

    /// Signs the browser out that sends these headers. Returns the cookie to set.
    pub(crate) fn end(&self, headers: &HeaderMap) -> Result<HeaderValue, Refusal> {
        if let Some(secret) = secret_of(headers) {
            self.lock().remove(&digest(secret));
        }
        cookie(headers, "; Max-Age=0")
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Only digests are kept and looked up, so that the time it takes says nothing about a cookie.
fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

/// Cookies do not tell ports apart: the name does, so that two services on one machine do not sign each other out.
fn cookie_name(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let port = if port.bytes().all(|byte| byte.is_ascii_digit()) { port } else { "" };
    format!("arraylake-console-{port}")
}

fn cookie(headers: &HeaderMap, value: &str) -> Result<HeaderValue, Refusal> {
    let name = cookie_name(headers);
    HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict"))
        .map_err(|error| Refusal::internal("a cookie", &error))
}

fn secret_of(headers: &HeaderMap) -> Option<&str> {
    let name = cookie_name(headers);
    let texts = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

impl fmt::Debug for WebSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebSessions(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &'static str, cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers
    }

    fn somebody() -> PrincipalId {
        uuid::Uuid::new_v4().into()
    }

    /// What a browser sends back.
    fn returned(set: &HeaderValue) -> String {
        set.to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    #[test]
    fn a_browser_is_known_by_its_cookie_until_it_signs_out_or_the_session_ends() {
        let (sessions, now, host) = (WebSessions::default(), Utc::now(), "127.0.0.1:80");
        let (one, other) = (somebody(), somebody());
        let latest = now + TimeDelta::days(1);
        let first = sessions.begin(&headers(host, ""), one, now, latest).unwrap();
        let second = sessions.begin(&headers(host, ""), other, now, now + TimeDelta::hours(1)).unwrap();
        let (first, second) = (returned(&first), returned(&second));
        let who = |cookie: &str, at| sessions.who(&headers(host, cookie), at);
        assert_eq!(who(&format!("x=y; {first}"), now), Some(one));
        assert_eq!(who(&second, now), Some(other));
        assert_eq!(who(&second, now + TimeDelta::hours(2)), None, "the token it began with has expired");
        assert_eq!(who(&first, now + LIFETIME), None);
        assert_eq!(sessions.who(&headers("127.0.0.1:81", &first), now), None, "another service");
        let gone = sessions.end(&headers(host, &first)).unwrap();
        assert!(gone.to_str().unwrap().contains("Max-Age=0"));
        assert_eq!((who(&first, now), who(&second, now)), (None, Some(other)));
    }

    #[test]
    fn no_more_than_a_bounded_number_is_kept() {
        let (sessions, now) = (WebSessions::default(), Utc::now());
        for _ in 0..MOST + 10 {
            sessions.begin(&HeaderMap::new(), somebody(), now, now + TimeDelta::days(1)).unwrap();
        }
        assert_eq!(sessions.lock().len(), MOST);
    }

    #[test]
    fn a_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let sessions = WebSessions::default();
        let now = Utc::now();
        let set = sessions.begin(&HeaderMap::new(), somebody(), now, now + LIFETIME).unwrap();
        let set = set.to_str().unwrap();
        assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{set}");
    }
}
