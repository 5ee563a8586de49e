//! [`RepoOrder`]: the repos of an org in the order of lists, remembered from page to page.
//!
//! SQL would walk over all the rows before a page each time, and count all rows for each page, so that listing an org
//! would take time with the square of its size.

use rusqlite::params;

use super::Db;

/// The order of the org that was listed last.
#[derive(Debug, Default)]
pub(crate) struct RepoOrder {
    /// How many changes the records had seen. Any other number, and this is worth nothing.
    at: Option<u64>,
    org: String,
    ghosts: bool,
    /// The repos by their numbers, newest first.
    rows: Vec<i64>,
}

impl Db<'_> {
    /// The numbers of the repos on a page, and how many there are on all pages.
    pub(super) fn page(
        &self,
        org: &str,
        ghosts: bool,
        (skip, take): (u64, u64),
    ) -> rusqlite::Result<(Vec<i64>, u64)> {
        let mut order = self.1.borrow_mut();
        let now = Some(self.0.total_changes());
        if order.at != now || order.org != org || order.ghosts != ghosts {
            let mut query = self.0.prepare_cached(
                "SELECT seq FROM repo WHERE org = ?1 AND (?2 OR ghost = 0) ORDER BY updated DESC, seq DESC",
            )?;
            let rows = query.query_map(params![org, ghosts], |row| row.get(0))?.collect::<Result<_, _>>()?;
            *order = RepoOrder { at: now, org: org.to_owned(), ghosts, rows };
        }
        let total = order.rows.len();
        let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).min(total);
        let (start, end) = (place(skip), place(skip.saturating_add(take)));
        Ok((order.rows[start..end].to_vec(), total as u64))
    }
}
