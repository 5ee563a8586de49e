//! [`Newest`]: puts the pages of a listing of repos together.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use arraylake_types::{BadRow, RepoId, RepoModel, Rows, Timestamp};

/// Repos for which room is made ahead, whatever a service says how many there are.
const MOST_ROOM: u64 = 100_000;

/// One listing of the rows of all pages, the repo changed last first. It may have shifted between two pages, so that
/// a repo comes twice: the first one counts.
///
/// Rows are looked at page by page, while further pages are under way. They are large: only their keys are sorted, and
/// each row is moved once.
pub(super) struct Newest {
    seen: HashSet<Key>,
    /// Place of each row. Among repos changed at once, the order is that of the service.
    order: Vec<(Reverse<Option<Timestamp>>, u32, u32)>,
    pages: Vec<Vec<Option<RepoModel>>>,
    bad: Vec<BadRow>,
}

impl Newest {
    /// Of so many rows, as far as is known.
    pub(super) fn new(total: u64) -> Self {
        let room = usize::try_from(total.min(MOST_ROOM)).unwrap_or_default();
        let (seen, order) = (HashSet::with_capacity(room), Vec::with_capacity(room));
        Self { seen, order, pages: Vec::new(), bad: Vec::new() }
    }

    /// Adds the next page.
    pub(super) fn add(&mut self, mut rows: Rows<RepoModel>) {
        self.bad.append(&mut rows.bad);
        let (page, start) = (self.pages.len() as u32, self.order.len());
        for (row, repo) in (0..).zip(&rows.items) {
            if self.seen.insert(Key::of(&repo.id)) {
                self.order.push((Reverse(repo.updated), page, row));
            }
        }
        // What is in order by pages is soon in order.
        self.order[start..].sort_unstable();
        self.pages.push(rows.items.into_iter().map(Some).collect());
    }

    /// All of them.
    pub(super) fn finish(mut self) -> Rows<RepoModel> {
        self.order.sort();
        let mut rows = Rows::new(Vec::with_capacity(self.order.len()));
        let mut take = |page: u32, row: u32| self.pages.get_mut(page as usize)?.get_mut(row as usize)?.take();
        rows.items.extend(self.order.into_iter().filter_map(|(_, page, row)| take(page, row)));
        rows.bad = self.bad;
        rows
    }
}

/// The id of a repo, in place where it has the usual length.
#[derive(PartialEq, Eq)]
enum Key {
    Usual([u8; 24]),
    Odd(RepoId),
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            // The end is what ids differ in.
            Self::Usual(id) => state.write(&id[8..]),
            Self::Odd(id) => id.hash(state),
        }
    }
}

impl Key {
    fn of(id: &RepoId) -> Self {
        id.as_str().as_bytes().try_into().map_or_else(|_| Self::Odd(id.clone()), Self::Usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(repos: &[(&str, &str)]) -> Rows<RepoModel> {
        let row = |(id, updated): &(&str, &str)| {
            format!(r#"{{"_id":"{id}","org":"acme","name":"n","kind":"v1","updated":{updated}}}"#)
        };
        let rows: Vec<String> = repos.iter().map(row).collect();
        Rows::from_slice(format!("[{},{{}}]", rows.join(",")).as_bytes()).unwrap()
    }

    #[test]
    fn the_one_changed_last_comes_first_and_no_repo_comes_twice() {
        const USUAL: &str = "0123456789abcdef01234567";
        let mut newest = Newest::new(u64::MAX);
        newest.add(rows(&[("aa", "1"), (USUAL, "2"), ("bb", "null"), ("ff", "2")]));
        newest.add(rows(&[(USUAL, "9"), ("aa", "1"), ("cc", "3"), ("0123456789abcdef01234568", "2")]));
        let all = newest.finish();
        let ids: Vec<&str> = all.iter().map(|repo| repo.id.as_str()).collect();
        assert_eq!(ids, ["cc", USUAL, "ff", "0123456789abcdef01234568", "aa", "bb"]);
        assert_eq!(all.bad.len(), 2);
    }
}
