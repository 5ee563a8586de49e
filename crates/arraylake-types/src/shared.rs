//! [`Shared`]: parts that many repos have in common, read once and one in memory for all of them.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::recall::{Part, Reading};
use crate::{AuthConfig, BucketResponse, OptimizationConfig, Permission, RepoStatus};

/// A part that several repos may share in memory; reads like what it holds. Changing it makes a copy, if it is shared.
///
/// ```
/// use arraylake_types::{Shared, RepoStatus};
/// let (mut one, other) = (Shared::from(RepoStatus::default()), Shared::from(RepoStatus::default()));
/// one.message = Some("mine alone".to_owned());
/// assert_eq!(other.message, None);
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Shared<T>(Arc<T>);

/// A bucket config that several repos may share in memory.
pub type SharedBucket = Shared<BucketResponse>;

impl<T: Clone> Shared<T> {
    /// The value by itself; a copy if others share it.
    #[must_use]
    pub fn into_inner(self) -> T {
        Arc::unwrap_or_clone(self.0)
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<'a, T> IntoIterator for &'a Shared<T>
where
    &'a T: IntoIterator,
{
    type Item = <&'a T as IntoIterator>::Item;
    type IntoIter = <&'a T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (&*self.0).into_iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// By this name, our own reader of JSON knows that the text of a value is wanted.
pub(crate) const SHARED: &str = "$arraylake::Shared";

impl<'de, T: Part> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value<T>(PhantomData<T>);
        impl<'de, T: Part> Visitor<'de> for Value<T> {
            type Value = Shared<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value that others may share")
            }
            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Shared<T>, E> {
                Reading::part(text).map(Shared).map_err(E::custom)
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<Shared<T>, D::Error> {
                T::deserialize(value).map(Shared::from)
            }
        }
        deserializer.deserialize_newtype_struct(SHARED, Value(PhantomData))
    }
}

impl Part for BucketResponse {
    /// Not with keys, nor with what might be keys: they are gone when the last of their repos is.
    fn may_be_kept(&self) -> bool {
        let access = match &self.auth_config {
            Some(AuthConfig::Hmac { .. } | AuthConfig::R2Role { .. } | AuthConfig::Other { .. }) => false,
            other => other.as_ref().is_none_or(|config| config.other().is_empty()),
        };
        let is_key = |name: &String| ["key", "secret", "token"].iter().any(|word| name.contains(word));
        access && !self.extra_config.0.keys().any(is_key)
    }
}

impl Part for RepoStatus {}
impl Part for OptimizationConfig {}
impl Part for Vec<Permission> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RepoModel, Rows};

    fn row(name: &str, bucket: &str) -> String {
        format!(
            r#"{{"_id":"aa","org":"acme","name":"{name}","kind":"icechunk","bucket":{bucket},"prefix":"p"}}"#
        )
    }

    const ONE: &str = r#"{"nickname":"one","platform":"s3","name":"b1"}"#;
    const TWO: &str = r#"{"nickname":"two","platform":"s3","name":"b2"}"#;

    #[test]
    fn rows_with_the_same_bucket_share_it_and_others_do_not() {
        let body = format!("[{},{},{}]", row("a", ONE), row("b", TWO), row("c", ONE));
        let rows = Rows::<RepoModel>::from_slice(body.as_bytes()).unwrap();
        let [a, b, c] = [0, 1, 2].map(|at: usize| rows[at].bucket.clone().unwrap());
        assert!(Arc::ptr_eq(&a.0, &c.0));
        assert_eq!((a.nickname.as_str(), b.nickname.as_str()), ("one", "two"));
        assert!(!Reading::is_under_way(), "nothing is kept");
    }

    #[test]
    fn what_is_changed_in_one_row_stays_the_same_in_others() {
        let body = format!("[{},{}]", row("a", ONE), row("b", ONE));
        let mut rows = Rows::<RepoModel>::from_slice(body.as_bytes()).unwrap();
        rows.items[0].bucket.as_mut().unwrap().nickname = "other".to_owned();
        assert_eq!(rows[1].bucket.as_ref().unwrap().nickname, "one");
    }

    #[test]
    fn a_bucket_that_cannot_be_read_spoils_its_own_row_alone() {
        for wrong in
            [r#"{"nickname":"one"}"#, "[]", "5", r#"{"nickname":"\ud800","platform":"s3","name":"b"}"#]
        {
            let body = format!("[{},{}]", row("a", ONE), row("b", wrong));
            let rows = Rows::<RepoModel>::from_slice(body.as_bytes());
            if let Ok(rows) = rows {
                assert_eq!((rows.len(), rows.bad.len()), (1, 1), "{wrong}");
            } else {
                // No JSON at all: nothing can be told of the rows.
                assert!(wrong.contains("ud800"), "{wrong}");
            }
            assert!(!Reading::is_under_way());
        }
    }

    #[test]
    fn more_buckets_than_are_remembered_are_all_read() {
        let rows: Vec<String> = (0..2 * crate::recall::MAX_KNOWN)
            .map(|number| row("a", &format!(r#"{{"nickname":"n{number}","platform":"s3","name":"b"}}"#)))
            .collect();
        let rows = Rows::<RepoModel>::from_slice(format!("[{}]", rows.join(",")).as_bytes()).unwrap();
        for (number, row) in rows.iter().enumerate() {
            assert_eq!(row.bucket.as_ref().unwrap().nickname, format!("n{number}"));
        }
    }

    #[test]
    fn a_null_bucket_is_none_and_a_repo_by_itself_is_read_as_ever() {
        let rows = Rows::<RepoModel>::from_slice(format!("[{}]", row("a", "null")).as_bytes()).unwrap();
        assert!(rows[0].bucket.is_none());
        let value: serde_json::Value = serde_json::from_str(&row("a", ONE)).unwrap();
        let repo: RepoModel = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(repo, serde_json::from_str(&row("a", ONE)).unwrap());
        assert_eq!(serde_json::to_value(&repo).unwrap()["bucket"]["name"], value["bucket"]["name"]);
    }
}
