//! Documents, one or many: bounded batches, a bounded number of them at once.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arraylake_types::v1::{Collection, Doc, NewDoc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::AsyncRepo;
use crate::error::{Error, ErrorKind, Result};
use crate::json::Known;
use crate::metastore::View;
use crate::path::{check, node_of_chunk};

impl AsyncRepo {
    /// Stores a document: any value that is a JSON object. Numbers that JSON does not know become texts (`"NaN"`,
    /// `"Infinity"`, `"-Infinity"`), as which filters find them; Python loses them.
    ///
    /// `PUT /repos/{org}/{repo}/contents/metadata/_bulk_set`
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly), [`SessionExpired`](ErrorKind::SessionExpired), [`Invalid`](ErrorKind::Invalid)
    /// if the path does not begin with `meta/`, or the value is no object.
    pub async fn set_doc(&self, path: &str, content: impl Serialize) -> Result<()> {
        self.set_docs([(path, content)]).await
    }

    /// Stores documents; see [`set_doc`](Self::set_doc). Of several for one path the last one counts. If one batch fails others may have been stored, in a session
    /// that is not committed.
    ///
    /// # Errors
    /// As [`set_doc`](Self::set_doc).
    pub async fn set_docs<P: Into<String>, T: Serialize>(
        &self,
        docs: impl IntoIterator<Item = (P, T)>,
    ) -> Result<()> {
        self.put(&Collection::Metadata, docs).await
    }

    /// A document. `POST /repos/{org}/{repo}/contents/metadata/_bulk_get`
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Decode`](ErrorKind::Decode) if it is not of that type.
    pub async fn get_doc<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let mut found = self.get_docs([path]).await?;
        found.remove(path).ok_or_else(|| missing("document", path))
    }

    /// Documents by their paths; those that are not there are left out.
    ///
    /// # Errors
    /// As [`get_doc`](Self::get_doc), but for what is missing.
    pub async fn get_docs<T: DeserializeOwned>(
        &self,
        paths: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<BTreeMap<String, T>> {
        self.fetch(&Collection::Metadata, paths).await
    }

    /// Whether there is a document.
    ///
    /// # Errors
    /// If the path does not begin with `meta/`.
    pub async fn doc_exists(&self, path: &str) -> Result<bool> {
        Ok(!self.fetch::<Box<RawValue>>(&Collection::Metadata, [path]).await?.is_empty())
    }

    /// Deletes a document.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`ReadOnly`](ErrorKind::ReadOnly).
    pub async fn del_doc(&self, path: &str) -> Result<()> {
        self.writable()?;
        if !self.doc_exists(path).await? {
            return Err(missing("document", path));
        }
        self.del_docs([path]).await
    }

    /// Deletes documents; those that are not there are no error.
    /// `PUT /repos/{org}/{repo}/contents/metadata/_bulk_delete`
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly), [`SessionExpired`](ErrorKind::SessionExpired).
    pub async fn del_docs(&self, paths: impl IntoIterator<Item = impl Into<String>>) -> Result<()> {
        self.delete(&Collection::Metadata, paths).await
    }

    pub(crate) async fn put<P: Into<String>, T: Serialize>(
        &self,
        collection: &Collection,
        docs: impl IntoIterator<Item = (P, T)>,
    ) -> Result<()> {
        drop(self.writing().await);
        let view = self.writable()?.view();
        self.put_in(&view, collection, docs).await
    }

    /// As [`put`](Self::put), in the session of a view, which may be another one by now.
    pub(crate) async fn put_in<P: Into<String>, T: Serialize>(
        &self,
        view: &View,
        collection: &Collection,
        docs: impl IntoIterator<Item = (P, T)>,
    ) -> Result<()> {
        let mut all = Vec::new();
        for (path, content) in docs {
            let path = path.into();
            check(collection, &path)?;
            let content = as_object(&path, &content)?;
            all.push(NewDoc::new(view.session.clone(), path, content));
        }
        keep_last(&mut all);
        let batches = into_batches(all, self.options().batch_size.get());
        let _writing = self.writing().await;
        let store = async |batch: Vec<_>| self.metastore().add_docs(collection, view, &batch).await;
        self.at_once(batches, store).await.map(drop)
    }

    pub(crate) async fn fetch<T: DeserializeOwned>(
        &self,
        collection: &Collection,
        paths: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<BTreeMap<String, T>> {
        let view = self.session()?.view();
        self.fetch_at(collection, &view, paths).await
    }

    /// As [`fetch`](Self::fetch), from any view.
    pub(crate) async fn fetch_at<T: DeserializeOwned>(
        &self,
        collection: &Collection,
        view: &View,
        paths: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<BTreeMap<String, T>> {
        let paths: BTreeSet<String> = paths.into_iter().map(Into::into).collect();
        for path in &paths {
            check(collection, path)?;
        }
        let batches = self.batches(collection, paths);
        let read_batch = async |batch: Vec<String>| {
            let paths: Vec<&str> = batch.iter().map(String::as_str).collect();
            self.metastore().get_docs(collection, view, &paths).await
        };
        let rows = self.at_once(batches, read_batch).await?;
        let mut found = BTreeMap::new();
        for doc in rows.into_iter().flatten() {
            if let Some((path, content)) = read(doc)? {
                found.insert(path, content);
            }
        }
        Ok(found)
    }

    /// Pieces for one request each. The service wants all chunks of a request to be of one array.
    fn batches(&self, collection: &Collection, paths: BTreeSet<String>) -> Vec<Vec<String>> {
        let size = self.options().batch_size.get();
        if *collection != Collection::Chunks {
            return into_batches(paths, size);
        }
        let mut nodes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in paths {
            let node = node_of_chunk(&path);
            match nodes.get_mut(node) {
                Some(chunks) => chunks.push(path),
                None => drop(nodes.insert(node.to_owned(), vec![path])),
            }
        }
        nodes.into_values().flat_map(|paths| into_batches(paths, size)).collect()
    }

    pub(crate) async fn delete(
        &self,
        collection: &Collection,
        paths: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<()> {
        let paths: BTreeSet<String> = paths.into_iter().map(Into::into).collect();
        for path in &paths {
            check(collection, path)?;
        }
        let _writing = self.writing().await;
        let view = self.writable()?.view();
        if paths.is_empty() {
            return Ok(());
        }
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        self.metastore().del_docs(collection, &view, &paths).await
    }
}

/// Drops what the same call writes again later: batches travel side by side, so that either could come last.
fn keep_last<T>(docs: &mut Vec<NewDoc<T>>) {
    let mut seen = HashSet::with_capacity(docs.len());
    let last: Vec<bool> = docs.iter().rev().map(|doc| seen.insert(doc.path.as_str())).collect();
    if last.contains(&false) {
        let mut last = last.into_iter().rev();
        docs.retain(|_| last.next().unwrap_or(true));
    }
}

/// Pieces of at most `size`. They own what is in them, so that the future that sends them may go to another thread.
fn into_batches<T>(all: impl IntoIterator<Item = T>, size: usize) -> Vec<Vec<T>> {
    let mut all = all.into_iter();
    std::iter::from_fn(|| Some(all.by_ref().take(size).collect::<Vec<T>>()).filter(|batch| !batch.is_empty()))
        .collect()
}

pub(crate) fn missing(what: &str, path: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no {what} {path:?}"))
}

/// The JSON of a document, which must be an object.
fn as_object(path: &str, content: &impl Serialize) -> Result<Box<RawValue>> {
    let bad = |rule: String| arraylake_types::InvalidInput::new("document", path, rule);
    let json = serde_json::value::to_raw_value(&Known(content)).map_err(|error| bad(error.to_string()))?;
    if json.get().starts_with('{') { Ok(json) } else { Err(bad("must be a JSON object".to_owned()).into()) }
}

/// Path and content of a row; nothing for what is deleted.
pub(crate) fn read<T: DeserializeOwned>(doc: Doc<Box<RawValue>>) -> Result<Option<(String, T)>> {
    let Some(content) = doc.content.filter(|_| !doc.deleted) else { return Ok(None) };
    match serde_json::from_str(content.get()) {
        Ok(content) => Ok(Some((doc.path, content))),
        Err(error) => {
            let reason = arraylake_types::error::describe_json_error(&error);
            Err(Error::new(ErrorKind::Decode, format!("document {:?} cannot be read: {reason}", doc.path)))
        }
    }
}
