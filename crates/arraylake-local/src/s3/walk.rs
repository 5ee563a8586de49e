//! Listing: the keys of a bucket in order, from the directories they are kept in.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use super::disk::open;
use super::key_path::{Entry, decode, directory_path, object_path};
use super::object_file::ObjectMeta;

/// What to list.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) prefix: String,
    /// Keys that have this after the prefix are rolled up; never empty.
    pub(super) delimiter: Option<String>,
    /// Only what comes after this.
    pub(super) after: String,
    pub(super) limit: usize,
}

/// One page of a list, in order.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) objects: Vec<(String, ObjectMeta)>,
    pub(super) prefixes: Vec<String>,
    /// The last name on this page, when there is more.
    pub(super) next: Option<String>,
}

/// Lists the objects of the bucket at `root` of which `visible` approves.
pub(super) fn list(root: &Path, query: &Query, visible: &dyn Fn(&str) -> bool) -> io::Result<Listing> {
    let mut walk = Walk { root, query, visible, page: Listing::default(), last: None };
    if query.limit > 0 {
        let start = query.prefix.rsplit_once('/').map(|(parents, _)| parents);
        let base = start.map(|parents| format!("{parents}/")).unwrap_or_default();
        let _ = walk.directory(&directory_path(root, start), &base)?;
    }
    Ok(walk.page)
}

/// Whether there is any object below a directory.
pub(super) fn holds_object(directory: &Path) -> io::Result<bool> {
    for entry in entries(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        match name.to_str().and_then(decode) {
            Some(Entry::Object(_)) => return Ok(true),
            Some(_) if holds_object(&entry.path())? => return Ok(true),
            _ => {}
        }
    }
    Ok(false)
}

/// Every key that starts with `base`, which is empty or ends in a slash, in any order.
pub(super) fn keys(root: &Path, base: &str) -> io::Result<Vec<String>> {
    let (mut keys, mut directories) = (Vec::new(), vec![base.to_owned()]);
    while let Some(base) = directories.pop() {
        let mut names = Vec::new();
        read_level(&directory_path(root, base.strip_suffix('/')), base.as_bytes(), &mut names)?;
        for name in names {
            let list = if is_directory(&name, &base) { &mut directories } else { &mut keys };
            list.push(name);
        }
    }
    Ok(keys)
}

/// Whether a name found at `base` is that of a directory: only those have a slash beyond the base.
fn is_directory(name: &str, base: &str) -> bool {
    name.len() > base.len() && name.ends_with('/')
}

struct Walk<'a> {
    root: &'a Path,
    query: &'a Query,
    visible: &'a dyn Fn(&str) -> bool,
    page: Listing,
    /// The last name that went on the page.
    last: Option<String>,
}

impl Walk<'_> {
    /// Visits all keys that start with `base`; breaks when the page is full.
    fn directory(&mut self, path: &Path, base: &str) -> io::Result<ControlFlow<()>> {
        let mut names = Vec::new();
        read_level(path, base.as_bytes(), &mut names)?;
        names.retain(|name| self.matters(name, is_directory(name, base)));
        // A directory sorts with its slash, so this is the order of the keys.
        names.sort_unstable();
        for name in names {
            let flow =
                if is_directory(&name, base) { self.subdirectory(&name)? } else { self.object(&name)? };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn subdirectory(&mut self, base: &str) -> io::Result<ControlFlow<()>> {
        let path = directory_path(self.root, base.strip_suffix('/'));
        let rolled_up = self.query.delimiter.as_deref() == Some("/") && base.len() > self.query.prefix.len();
        if !rolled_up {
            return self.directory(&path, base);
        }
        // A directory may be empty for a moment, while its first object comes or after its last has gone.
        if self.passed(base) || !(self.visible)(base) || !holds_object(&path)? {
            return Ok(ControlFlow::Continue(()));
        }
        Ok(self.rolled_up(base))
    }

    fn object(&mut self, key: &str) -> io::Result<ControlFlow<()>> {
        if !(self.visible)(key) {
            return Ok(ControlFlow::Continue(()));
        }
        if let Some(delimiter) = self.query.delimiter.as_deref()
            && let Some(at) = key[self.query.prefix.len()..].find(delimiter)
        {
            let group = &key[..self.query.prefix.len() + at + delimiter.len()];
            let done = self.passed(group) || self.last.as_deref() == Some(group);
            return Ok(if done { ControlFlow::Continue(()) } else { self.rolled_up(group) });
        }
        // An object that was deleted in the meantime is not listed.
        let Some((_, meta)) = open(&object_path(self.root, key))? else {
            return Ok(ControlFlow::Continue(()));
        };
        let flow = self.room(key);
        if flow.is_continue() {
            self.page.objects.push((key.to_owned(), meta));
        }
        Ok(flow)
    }

    fn rolled_up(&mut self, group: &str) -> ControlFlow<()> {
        let flow = self.room(group);
        if flow.is_continue() {
            self.page.prefixes.push(group.to_owned());
        }
        flow
    }

    /// Makes room for one more name, or ends the page.
    fn room(&mut self, name: &str) -> ControlFlow<()> {
        if self.page.objects.len() + self.page.prefixes.len() == self.query.limit {
            self.page.next = self.last.take();
            return ControlFlow::Break(());
        }
        self.last = Some(name.to_owned());
        ControlFlow::Continue(())
    }

    /// Whether an earlier page had this group. A page can start within a group that no page had, if the reader says so.
    fn passed(&self, group: &str) -> bool {
        let after = self.query.after.as_str();
        group == after || (group < after && !after.starts_with(group))
    }

    /// Whether the key, or some key below the directory, can belong on the page.
    fn matters(&self, name: &str, is_directory: bool) -> bool {
        let (prefix, after) = (self.query.prefix.as_str(), self.query.after.as_str());
        if is_directory {
            return (name.starts_with(prefix) || prefix.starts_with(name))
                && (name > after || after.starts_with(name));
        }
        name.starts_with(prefix) && name > after
    }
}

/// Collects what is in a directory, with the names of long segments put together again.
fn read_level(path: &Path, base: &[u8], names: &mut Vec<String>) -> io::Result<()> {
    for entry in entries(path)? {
        let entry = entry?;
        let name = entry.file_name();
        match name.to_str().and_then(decode) {
            Some(Entry::Object(rest)) => names.extend(String::from_utf8([base, &rest].concat()).ok()),
            Some(Entry::Directory(rest)) => {
                names.extend(String::from_utf8([base, &rest, b"/"].concat()).ok())
            }
            Some(Entry::Continued(rest)) => read_level(&entry.path(), &[base, &rest].concat(), names)?,
            None => {}
        }
    }
    Ok(())
}

/// The entries of a directory; one that is gone has none.
fn entries(path: &Path) -> io::Result<impl Iterator<Item = io::Result<fs::DirEntry>>> {
    match fs::read_dir(path) {
        Ok(entries) => Ok(Some(entries).into_iter().flatten()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None.into_iter().flatten()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(keys: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for key in keys {
            let path = object_path(root.path(), key);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = tempfile::NamedTempFile::new_in(root.path()).unwrap();
            let writer =
                super::super::object_file::Writer::new(file, s3s::checksum::ChecksumHasher::default());
            let draft = writer.finish();
            let meta = ObjectMeta::new(
                0,
                draft.etag(),
                chrono::Utc::now(),
                super::super::object_file::Attributes::default(),
            );
            draft.seal(meta).unwrap().file.persist(path).unwrap();
        }
        root
    }

    /// All pages of `limit` names each.
    fn pages(root: &Path, prefix: &str, delimiter: Option<&str>, limit: usize) -> Vec<String> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let delimiter = delimiter.map(str::to_owned);
            let query = Query { prefix: prefix.to_owned(), delimiter, after, limit };
            let page = list(root, &query, &|_| true).unwrap();
            let keys = page.objects.into_iter().map(|(key, _)| key);
            let mut names: Vec<String> = keys.chain(page.prefixes).collect();
            names.sort();
            assert!(names.len() <= limit);
            all.extend(names);
            match page.next {
                Some(next) => after = next,
                None => return all,
            }
        }
    }

    #[test]
    fn keys_come_in_the_order_of_their_bytes() {
        let long = "x".repeat(450);
        let (long_child, long_dash) = (format!("{long}/b"), format!("{long}-"));
        let mut keys =
            ["a", "a/b", "a-b", "a//", "a/", "A", "é/1", "é", "b/c/d", &long, &long_child, &long_dash];
        let bucket = bucket(&keys);
        keys.sort_unstable();
        for limit in [1, 2, 1000] {
            assert_eq!(pages(bucket.path(), "", None, limit), keys);
        }
        assert_eq!(pages(bucket.path(), "a/", None, 1), ["a/", "a//", "a/b"]);
        assert_eq!(pages(bucket.path(), &long[..300], None, 1000).len(), 3);
        assert!(pages(bucket.path(), "nothing/here", None, 1000).is_empty());
    }

    #[test]
    fn a_delimiter_rolls_keys_up() {
        let bucket = bucket(&["p/a/1", "p/a/2", "p/b", "p/c-1", "p/c-2", "q"]);
        fs::create_dir_all(bucket.path().join("p/empty")).unwrap();
        for limit in [1, 1000] {
            assert_eq!(pages(bucket.path(), "p/", Some("/"), limit), ["p/a/", "p/b", "p/c-1", "p/c-2"]);
            assert_eq!(pages(bucket.path(), "p", Some("/"), limit), ["p/"]);
            assert_eq!(pages(bucket.path(), "", Some("/"), limit), ["p/", "q"]);
            assert_eq!(pages(bucket.path(), "p/", Some("-"), limit), ["p/a/1", "p/a/2", "p/b", "p/c-"]);
        }
    }

    #[test]
    fn only_visible_keys_are_listed() {
        let bucket = bucket(&["a/1", "ab/1"]);
        let query = Query { prefix: "a".to_owned(), limit: 10, ..Query::default() };
        let page = list(bucket.path(), &query, &|key| key.starts_with("a/")).unwrap();
        assert_eq!(page.objects.len(), 1);
        assert_eq!(keys(bucket.path(), "a/").unwrap(), ["a/1"]);
        assert_eq!(keys(bucket.path(), "").unwrap().len(), 2);
    }
}
