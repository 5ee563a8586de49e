//! Opaque ids. Coming in any text is kept (lower-cased); what an id looks like is the service's business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::InvalidInput;

/// Id of a repo: hexadecimal text, 24 digits on today's services.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RepoId(String);

impl RepoId {
    /// The id as text, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RepoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RepoId {
    type Err = InvalidInput;

    /// Takes hexadecimal digits in either case.
    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidInput::new("repo id", text, "must be hexadecimal digits"));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl<'de> Deserialize<'de> for RepoId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Err(serde::de::Error::custom("an id may not be empty"));
        }
        text.make_ascii_lowercase();
        Ok(Self(text))
    }
}

macro_rules! uuid_id {
    ($(#[$meta:meta])* $name:ident, $what:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID.
            #[must_use]
            pub const fn uuid(&self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidInput;

            /// Takes a UUID with or without hyphens, in either case.
            fn from_str(text: &str) -> Result<Self, InvalidInput> {
                Uuid::try_parse(text.trim())
                    .map(Self)
                    .map_err(|_| InvalidInput::new($what, text, "must be a UUID"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a UUID")
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}

uuid_id! {
    /// Id of a bucket config.
    BucketId, "bucket id"
}
uuid_id! {
    /// Id of a person or a service account.
    PrincipalId, "principal id"
}

uuid_id! {
    /// Id of an Iceberg namespace.
    NamespaceId, "namespace id"
}
uuid_id! {
    /// Id of an Iceberg table.
    TableId, "table id"
}
uuid_id! {
    /// Id of an exchange.
    ExchangeId, "exchange id"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_any_spelling_and_written_in_one() {
        let id: RepoId = serde_json::from_str("\"65F0C0FFEE0123456789ABCD\"").unwrap();
        assert_eq!(id.as_str(), "65f0c0ffee0123456789abcd");
        let bare = "0B7C2A525D0E4A539A5E3D1F6B0C9A11".parse::<BucketId>().unwrap();
        assert_eq!(bare.to_string(), "0b7c2a52-5d0e-4a53-9a5e-3d1f6b0c9a11");
        assert!("../x".parse::<RepoId>().is_err());
        assert!("nope".parse::<PrincipalId>().is_err());
    }
}
