//! Which paths there are.

use std::collections::HashSet;

use super::call::RepoCall;
use super::filter::Filter;
use crate::catalog::call::Answer;
use crate::catalog::reply;
use crate::store::v1::Entry;

/// `GET /repos/{org}/{repo}/contents/{collection}/`
pub(crate) async fn list(call: RepoCall) -> Answer {
    let filter = call.query("filter").map(Filter::parse).transpose()?;
    let paths = call.read(move |call, meta| {
        let Some(kept) = call.kept()? else { return Ok(Vec::new()) };
        let view = call.view(meta)?;
        let prefix = call.query("prefix").unwrap_or_default();
        if let Some(filter) = filter {
            let entries = meta.entries(&view, kept, prefix, true)?;
            let passing = entries.into_iter().filter(|entry| filter.passes(&entry.content));
            return Ok(passing.map(|entry| entry.path).collect());
        }
        if call.flag("all_subdirs") {
            let entries = meta.entries(&view, kept, prefix, false)?;
            return Ok(entries.into_iter().map(|entry| entry.path).collect());
        }
        let dir = directory(prefix);
        Ok(children(&meta.entries(&view, kept, &dir, false)?, &dir))
    });
    reply::ok(&paths.await?)
}

/// The directory that a prefix names, with a slash behind it; the root is empty.
fn directory(prefix: &str) -> String {
    match prefix.strip_suffix('/').unwrap_or(prefix) {
        "" if !prefix.starts_with('/') => String::new(),
        name => format!("{name}/"),
    }
}

/// What lies directly in a directory: documents, and directories by their paths without a slash, each once.
fn children(entries: &[Entry], dir: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let child = |entry: &Entry| {
        let end = entry.path[dir.len()..].find('/').map_or(entry.path.len(), |at| dir.len() + at);
        entry.path[..end].to_owned()
    };
    entries.iter().map(child).filter(|path| seen.insert(path.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_slash_behind_it_and_the_root_none() {
        for (prefix, dir) in [("", ""), ("meta/root", "meta/root/"), ("meta/root/", "meta/root/"), ("/", "/")]
        {
            assert_eq!(directory(prefix), dir, "{prefix:?}");
        }
    }
}
