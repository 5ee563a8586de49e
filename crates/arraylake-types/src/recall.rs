//! [`Recall`]: answers that have parts in common with earlier ones, read with less work.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use crate::cursor::Cursor;

/// How many different values of a type are remembered. Orgs have few.
pub(crate) const MAX_KNOWN: usize = 8;

/// The longest text that is remembered from one answer to the next, in bytes.
const MAX_KEPT: usize = 4096;

/// Reads answers, and remembers the parts that repos share: the bucket, the status, the permissions. A part with the
/// same text as before is not read again, and is one in memory with the earlier one ([`Shared`](crate::Shared)).
///
/// For those who read many answers, as a client does. Clones remember together. It keeps eight values of each kind, the
/// last ones that came, and no bucket config that holds keys.
///
/// ```
/// use arraylake_types::{Recall, RepoModel};
/// let recall = Recall::new();
/// let text = r#"{"_id":"aa","org":"acme","name":"era5","kind":"icechunk","status":{"mode":"online"}}"#;
/// let repo: RepoModel = recall.read(text.as_bytes())?;
/// assert_eq!(repo, recall.read(text.as_bytes())?);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Recall(Arc<Mutex<Kept>>);

/// Shared with those who read at the moment, and replaced when something new has come.
type Kept = Arc<Vec<Known>>;

impl Recall {
    /// Remembers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads JSON. Checking the whole text for UTF-8 once is much cheaper than doing so text by text.
    ///
    /// # Errors
    /// As `serde_json`.
    pub fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, serde_json::Error> {
        match std::str::from_utf8(body) {
            Ok(text) => {
                let reading = Reading::begin(self);
                let value = Cursor::read(text);
                drop(reading);
                value.or_else(|_| serde_json::from_str(text))
            }
            Err(_) => serde_json::from_slice(body),
        }
    }

    fn kept(&self) -> Kept {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps what was not known before; the oldest of a kind have to go.
    fn keep(&self, fresh: Vec<Known>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Known> = fresh.into_iter().filter(|known| known.may_be_kept).collect();
        if all.is_empty() {
            return;
        }
        for known in kept.iter() {
            if !all.iter().any(|one| one.is(known.kind, &known.text)) && count(&all, known.kind) < MAX_KNOWN {
                all.push(known.clone());
            }
        }
        *kept = Arc::new(all);
    }
}

impl fmt::Debug for Recall {
    /// Only how much it is: what is remembered is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recall({} parts)", self.kept().len())
    }
}

/// A part of an answer that other answers may have in common with it.
pub trait Part: DeserializeOwned + Send + Sync + 'static {
    /// Whether it may be remembered when the answer is gone.
    fn may_be_kept(&self) -> bool {
        true
    }
}

/// A value, and what its text was.
#[derive(Clone)]
struct Known {
    kind: TypeId,
    text: Arc<str>,
    value: Arc<dyn Any + Send + Sync>,
    may_be_kept: bool,
}

impl Known {
    fn of<T: Part>(text: &str, value: &Arc<T>) -> Self {
        let may_be_kept = value.may_be_kept() && text.len() <= MAX_KEPT;
        Self { kind: TypeId::of::<T>(), text: text.into(), value: Arc::clone(value) as _, may_be_kept }
    }

    fn is(&self, kind: TypeId, text: &str) -> bool {
        self.kind == kind && *self.text == *text
    }
}

fn count(known: &[Known], kind: TypeId) -> usize {
    known.iter().filter(|known| known.kind == kind).count()
}

thread_local! {
    /// The parts of the answer that this thread is reading; none if it reads no answer.
    static PARTS: RefCell<Option<Parts>> = const { RefCell::new(None) };
}

struct Parts {
    /// From earlier answers.
    kept: Kept,
    /// From this one.
    fresh: Vec<Known>,
}

/// While it lives, parts with the same text are the same in memory.
pub(crate) struct Reading<'a>(&'a Recall);

impl<'a> Reading<'a> {
    pub(crate) fn begin(recall: &'a Recall) -> Self {
        PARTS.set(Some(Parts { kept: recall.kept(), fresh: Vec::new() }));
        Self(recall)
    }

    #[cfg(test)]
    pub(crate) fn is_under_way() -> bool {
        PARTS.with_borrow(Option::is_some)
    }

    /// How long the part is with which this text begins, if it is known. Parts are objects and arrays: none goes on
    /// after its last bracket.
    pub(crate) fn known(text: &str) -> Option<usize> {
        PARTS.with_borrow(|parts| {
            let parts = parts.as_ref()?;
            let mut all = parts.fresh.iter().chain(&*parts.kept);
            all.find(|known| text.as_bytes().starts_with(known.text.as_bytes())).map(|known| known.text.len())
        })
    }

    /// The part with this text, read if it is not known.
    pub(crate) fn part<T: Part>(text: &str) -> serde_json::Result<Arc<T>> {
        let kind = TypeId::of::<T>();
        let find = |parts: &Option<Parts>| {
            let parts = parts.as_ref()?;
            let mut same = parts.fresh.iter().chain(&*parts.kept).filter(|known| known.is(kind, text));
            Arc::clone(&same.next()?.value).downcast().ok()
        };
        if let Some(value) = PARTS.with_borrow(find) {
            return Ok(value);
        }
        let value: Arc<T> = Arc::new(serde_json::from_str(text)?);
        PARTS.with_borrow_mut(|parts| {
            if let Some(Parts { fresh, .. }) = parts
                && count(fresh, kind) < MAX_KNOWN
            {
                fresh.push(Known::of(text, &value));
            }
        });
        Ok(value)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Some(Parts { fresh, .. }) = PARTS.take()
            && !fresh.is_empty()
        {
            self.0.keep(fresh);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RepoModel;

    fn repo(recall: &Recall, bucket: &str) -> RepoModel {
        let text = format!(
            r#"{{"_id":"aa","org":"acme","name":"n","kind":"icechunk","bucket":{bucket},"status":{{"mode":"online"}}}}"#
        );
        recall.read(text.as_bytes()).unwrap()
    }

    fn bucket(name: &str, auth: &str) -> String {
        format!(r#"{{"nickname":"{name}","platform":"s3","name":"b","auth_config":{auth}}}"#)
    }

    const ROLE: &str = r#"{"method":"customer_managed_role"}"#;

    fn is_one_in_memory(one: &RepoModel, other: &RepoModel) -> bool {
        std::ptr::eq(&raw const **one.bucket.as_ref().unwrap(), &raw const **other.bucket.as_ref().unwrap())
    }

    #[test]
    fn answers_with_the_same_bucket_share_it_and_others_do_not() {
        let recall = Recall::new();
        let [one, two, again] = ["one", "two", "one"].map(|name| repo(&recall, &bucket(name, ROLE)));
        assert!(is_one_in_memory(&one, &again) && !is_one_in_memory(&one, &two));
        assert!(std::ptr::eq(&raw const *one.status, &raw const *two.status));
        assert_eq!(again, serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap());
        assert!(!is_one_in_memory(&one, &repo(&Recall::new(), &bucket("one", ROLE))));
    }

    #[test]
    fn a_bucket_with_keys_is_not_remembered() {
        let keys = r#"{"method":"hmac","access_key_id":"a","secret_access_key":"s"}"#;
        let with_extra = r#"null,"extra_config":{"aws_secret_access_key":"s"}"#;
        let odd = r#"{"method":"customer_managed_role","password":"p"}"#;
        let others = [r#"{"method":"r2_customer_managed_role"}"#, r#"{"method":"new","token":"t"}"#];
        for auth in [keys, with_extra, odd].into_iter().chain(others) {
            let recall = Recall::new();
            let text = bucket("one", auth);
            let (one, again) = (repo(&recall, &text), repo(&recall, &text));
            assert!(!is_one_in_memory(&one, &again) && one == again, "{auth}");
            assert!(!recall.kept().iter().any(|known| known.text.contains("nickname")), "{auth}");
        }
    }

    #[test]
    fn it_keeps_the_last_ones_and_no_more_than_a_few() {
        let recall = Recall::new();
        let buckets: Vec<String> =
            (0..2 * MAX_KNOWN).map(|number| bucket(&format!("n{number}"), ROLE)).collect();
        let repos: Vec<RepoModel> = buckets.iter().map(|bucket| repo(&recall, bucket)).collect();
        // And the status.
        assert_eq!(recall.kept().len(), MAX_KNOWN + 1);
        assert_eq!(format!("{recall:?}"), "Recall(9 parts)");
        let is_kept = |at: usize| is_one_in_memory(&repos[at], &repo(&recall, &buckets[at]));
        assert!(is_kept(2 * MAX_KNOWN - 1) && is_kept(MAX_KNOWN) && !is_kept(0));
        let long = format!(r#"{{"nickname":"{}","platform":"s3","name":"b"}}"#, "x".repeat(MAX_KEPT));
        assert!(!is_one_in_memory(&repo(&recall, &long), &repo(&recall, &long)));
    }

    #[test]
    fn an_answer_that_cannot_be_read_leaves_no_reading_behind() {
        let recall = Recall::new();
        assert!(recall.read::<RepoModel>(br#"{"_id":"aa","status":{"mode":"#).is_err());
        assert!(recall.read::<RepoModel>(b"\xff").is_err());
        assert!(!Reading::is_under_way());
    }
}
