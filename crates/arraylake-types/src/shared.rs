//! [`SharedBucket`]: the bucket of a repo, read once for all the repos of a page that have the same one.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::BucketResponse;

/// How many different buckets of a page are remembered. Orgs have few.
const MAX_KNOWN: usize = 8;

/// A bucket config that several repos may share in memory; reads like a [`BucketResponse`].
#[derive(Clone, PartialEq)]
pub struct SharedBucket(Arc<BucketResponse>);

impl SharedBucket {
    /// The config, to change it for this repo alone.
    pub fn make_mut(&mut self) -> &mut BucketResponse {
        Arc::make_mut(&mut self.0)
    }

    /// The config by itself; a copy if others share it.
    #[must_use]
    pub fn into_inner(self) -> BucketResponse {
        Arc::unwrap_or_clone(self.0)
    }
}

impl From<BucketResponse> for SharedBucket {
    fn from(bucket: BucketResponse) -> Self {
        Self(Arc::new(bucket))
    }
}

impl Deref for SharedBucket {
    type Target = BucketResponse;

    fn deref(&self) -> &BucketResponse {
        &self.0
    }
}

impl fmt::Debug for SharedBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for SharedBucket {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedBucket {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !Page::is_being_read() {
            return BucketResponse::deserialize(deserializer).map(Self::from);
        }
        // Passing over a text is much cheaper than reading it.
        let text = <&RawValue>::deserialize(deserializer)?.get();
        Page::bucket(text).map_err(serde::de::Error::custom)
    }
}

type Known = Vec<(Box<str>, SharedBucket)>;

thread_local! {
    /// The buckets of the page that this thread is reading, by their texts; none if it reads no page.
    static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) };
}

/// While it lives, buckets with the same text are the same in memory.
///
/// For JSON text that is read by `serde_json` without a break: other readers cannot tell the text of a value.
pub(crate) struct Page(());

impl Page {
    pub(crate) fn begin() -> Self {
        KNOWN.set(Some(Vec::new()));
        Self(())
    }

    fn is_being_read() -> bool {
        KNOWN.with_borrow(Option::is_some)
    }

    fn bucket(text: &str) -> serde_json::Result<SharedBucket> {
        let find = |known: &Option<Known>| {
            let (_, bucket) = known.iter().flatten().rev().find(|(same, _)| **same == *text)?;
            Some(bucket.clone())
        };
        if let Some(bucket) = KNOWN.with_borrow(find) {
            return Ok(bucket);
        }
        let bucket: SharedBucket = serde_json::from_str::<BucketResponse>(text)?.into();
        KNOWN.with_borrow_mut(|known| match known {
            Some(known) if known.len() < MAX_KNOWN => known.push((text.into(), bucket.clone())),
            _ => {}
        });
        Ok(bucket)
    }
}

impl Drop for Page {
    /// Nothing of the answer, which may hold keys, is kept.
    fn drop(&mut self) {
        KNOWN.set(None);
    }
}

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
        assert!(!Page::is_being_read(), "nothing is kept");
    }

    #[test]
    fn what_is_changed_in_one_row_stays_the_same_in_others() {
        let body = format!("[{},{}]", row("a", ONE), row("b", ONE));
        let mut rows = Rows::<RepoModel>::from_slice(body.as_bytes()).unwrap();
        rows.items[0].bucket.as_mut().unwrap().make_mut().nickname = "other".to_owned();
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
            assert!(!Page::is_being_read());
        }
    }

    #[test]
    fn more_buckets_than_are_remembered_are_all_read() {
        let rows: Vec<String> = (0..2 * MAX_KNOWN)
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
