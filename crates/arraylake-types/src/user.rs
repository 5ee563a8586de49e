//! Who is asking: [`Principal`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Author, Other, PrincipalId, Timestamp};

wire_struct! {
    /// A person.
    pub struct UserInfo {
        /// Id.
        pub id: PrincipalId = required("id"),
        /// Given name.
        pub first_name: Option<String> = lenient("first_name"),
        /// Family name.
        pub family_name: Option<String> = lenient("family_name"),
        /// E-mail address.
        pub email: String = required("email"),
    }
}

impl UserInfo {
    /// A person known by an address only.
    #[must_use]
    pub fn new(id: PrincipalId, email: impl Into<String>) -> Self {
        Self { id, first_name: None, family_name: None, email: email.into(), other: Other::new() }
    }
}

wire_struct! {
    /// A service account.
    pub struct ApiTokenInfo {
        /// Id.
        pub id: PrincipalId = required("id"),
        /// Name of the account.
        pub client_id: String = lenient("client_id"),
        /// E-mail address.
        pub email: String = required("email"),
        /// When its token stops working, in Unix seconds.
        pub expiration: Option<Value> = lenient("expiration"),
    }
}

impl ApiTokenInfo {
    /// A service account whose token works until a moment.
    #[must_use]
    pub fn new(
        id: PrincipalId,
        client_id: impl Into<String>,
        email: impl Into<String>,
        expires: Timestamp,
    ) -> Self {
        Self {
            id,
            client_id: client_id.into(),
            email: email.into(),
            expiration: Some(Value::from(expires.unix_seconds())),
            other: Other::new(),
        }
    }

    /// When its token stops working. Services write a number or a text; both are read.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        serde_json::from_value(self.expiration.clone()?).ok()
    }
}

/// Whose token is in use.
///
/// Answer of `GET /user`. A person's answer has the key `first_name`, a service account's has `client_id`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Principal {
    /// A person.
    User(UserInfo),
    /// A service account.
    ServiceAccount(ApiTokenInfo),
}

impl Principal {
    /// Id.
    #[must_use]
    pub fn id(&self) -> PrincipalId {
        match self {
            Self::User(user) => user.id,
            Self::ServiceAccount(account) => account.id,
        }
    }

    /// E-mail address.
    #[must_use]
    pub fn email(&self) -> &str {
        match self {
            Self::User(user) => &user.email,
            Self::ServiceAccount(account) => &account.email,
        }
    }

    /// Who commits: the names that are known, joined, and the address.
    #[must_use]
    pub fn author(&self) -> Author {
        let name = match self {
            Self::User(user) => {
                let names = [user.first_name.as_deref(), user.family_name.as_deref()];
                let known: Vec<&str> = names.into_iter().flatten().filter(|name| !name.is_empty()).collect();
                (!known.is_empty()).then(|| known.join(" "))
            }
            Self::ServiceAccount(_) => None,
        };
        Author::new(name, self.email())
    }
}

impl<'de> Deserialize<'de> for Principal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let is_account = value.get("first_name").is_none() && value.get("client_id").is_some();
        if is_account {
            serde_json::from_value(value).map(Self::ServiceAccount)
        } else {
            serde_json::from_value(value).map(Self::User)
        }
        .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "22222222-2222-4222-8222-222222222222";

    #[test]
    fn a_person_and_a_service_account_are_told_apart() {
        let user: Principal =
            serde_json::from_str(&format!(r#"{{"id":"{ID}","first_name":null,"email":"a@example.com"}}"#))
                .unwrap();
        assert!(matches!(user, Principal::User(_)));
        assert_eq!(user.author().name, None, "nobody is called `None None`");
        let account: Principal = serde_json::from_str(&format!(
            r#"{{"id":"{ID}","client_id":"ci","email":"ci@example.com","expiration":4070908800.0}}"#
        ))
        .unwrap();
        let Principal::ServiceAccount(account) = account else { panic!("a service account") };
        assert_eq!(account.expires().unwrap().unix_seconds(), 4_070_908_800);
    }
}
