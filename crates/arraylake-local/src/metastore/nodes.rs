//! Whole nodes: deleting and moving them with all that lies below.

use serde_json::json;

use super::call::RepoCall;
use crate::catalog::call::Answer;
use crate::catalog::reply;
use crate::refusal::Refusal;
use crate::store::v1::{Entry, Kept, Meta, View};

/// Where nodes have their documents, without what follows their names.
const META: &str = "meta/root/";
const DATA: &str = "data/root/";

/// `DELETE /repos/{org}/{repo}/contents/{collection}/{prefix}`
pub(crate) async fn delete_prefix(call: RepoCall) -> Answer {
    call.write(|call, meta| {
        let Some(kept) = call.kept()? else { return Ok(()) };
        let view = call.view(meta)?;
        let (session, published) = call.writer(meta)?;
        for entry in below((meta, &view), kept, call.path("prefix"), false)? {
            meta.write((&session, published), (kept, &entry.path), None, None)?;
        }
        Ok(())
    })
    .await?;
    reply::ok(&json!({}))
}

/// The documents of a node and of all that lies below it; with a slash at the end, only of what lies below; without a
/// name, all. Of an array with many chunks they are many: what is in them is read only if it is wanted.
fn below(
    (meta, view): (&Meta<'_>, &View),
    kept: Kept,
    prefix: &str,
    with_content: bool,
) -> Result<Vec<Entry>, Refusal> {
    if prefix.is_empty() || prefix.ends_with('/') {
        return Ok(meta.entries(view, kept, prefix, with_content)?);
    }
    let mut entries = meta.entries(view, kept, &format!("{prefix}/"), with_content)?;
    for own in [String::new(), ".array.json".to_owned(), ".group.json".to_owned()] {
        entries.extend(meta.entry(view, kept, &format!("{prefix}{own}"))?);
    }
    Ok(entries)
}

/// `PUT /repos/{org}/{repo}/contents/nodes/rename`
pub(crate) async fn rename(call: RepoCall) -> Answer {
    call.write(|call, meta| {
        let name = |key: &str| call.query(key).unwrap_or_default().trim_matches('/').to_owned();
        let (source, target) = (name("src_path"), name("dst_path"));
        check_places(&source, &target)?;
        let view = call.view(meta)?;
        let moved = Move { meta, view: &view, source, target };
        moved.check_target()?;
        let found = moved.found()?;
        if found.is_empty() {
            return Err(Refusal::rule(format!("No source found to rename at '{}'", moved.source)));
        }
        let (session, published) = call.writer(meta)?;
        for stray in moved.strays()? {
            meta.write((&session, published), (Kept::Chunks, &stray.path), None, None)?;
        }
        for (kept, root, entry) in found {
            let place = format!("{root}{}", moved.target);
            let path = format!("{place}{}", &entry.path[root.len() + moved.source.len()..]);
            meta.write((&session, published), (kept, &path), Some(&entry.content), None)?;
            meta.write((&session, published), (kept, &entry.path), None, None)?;
        }
        Ok(())
    })
    .await?;
    reply::ok(&json!({}))
}

fn check_places(source: &str, target: &str) -> Result<(), Refusal> {
    if source.is_empty() {
        return Err(Refusal::rule("No source: the root cannot be renamed"));
    }
    if target.is_empty() {
        return Err(Refusal::rule("Nothing can be renamed to the root"));
    }
    if target == source || target.strip_prefix(source).is_some_and(|rest| rest.starts_with('/')) {
        return Err(Refusal::rule(format!("'{source}' cannot be renamed to '{target}', which lies in it")));
    }
    Ok(())
}

struct Move<'m> {
    meta: &'m Meta<'m>,
    view: &'m View,
    source: String,
    target: String,
}

impl Move<'_> {
    /// Refuses to move something to where something is.
    fn check_target(&self) -> Result<(), Refusal> {
        let target = format!("{META}{}", self.target);
        let there = below((self.meta, self.view), Kept::Metadata, &target, false)?;
        if there.is_empty() {
            return Ok(());
        }
        Err(Refusal::rule(format!(
            "'{}' cannot be renamed to '{}', which is there",
            self.source, self.target
        )))
    }

    /// Chunks at the target whose array is gone: they would be taken for chunks of what comes there.
    fn strays(&self) -> Result<Vec<Entry>, Refusal> {
        Ok(self.meta.entries(self.view, Kept::Chunks, &format!("{DATA}{}/", self.target), false)?)
    }

    /// All that moves, in the order of creation.
    fn found(&self) -> Result<Vec<(Kept, &'static str, Entry)>, Refusal> {
        let mut found = Vec::new();
        let source = format!("{META}{}", self.source);
        let own = below((self.meta, self.view), Kept::Metadata, &source, true)?;
        let mut own: Vec<_> = own.into_iter().map(|entry| (Kept::Metadata, META, entry)).collect();
        own.sort_by_key(|(.., entry)| entry.made);
        found.append(&mut own);
        let chunks = self.meta.entries(self.view, Kept::Chunks, &format!("{DATA}{}/", self.source), true)?;
        found.extend(chunks.into_iter().map(|entry| (Kept::Chunks, DATA, entry)));
        Ok(found)
    }
}
