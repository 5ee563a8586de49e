//! The exchange: listings of repos, and who subscribed to them.

use arraylake_types::{ExchangeListing, Timestamp};
use rusqlite::{OptionalExtension as _, Row, params};

use super::{Db, StoredRepo, Window, from_json, moment, to_json};

/// A repo that shows the data of another one.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    /// Its id.
    pub(crate) id: String,
    /// The id of the repo that shows the data.
    pub(crate) subscriber: String,
    /// The id of the repo that holds the data; it may be gone.
    pub(crate) parent: String,
    /// The org that holds the data.
    pub(crate) parent_org: String,
    /// The id of the listing.
    pub(crate) listing: String,
    /// When it began.
    pub(crate) since: Timestamp,
}

const SELECT: &str = "SELECT id, subscriber, parent, parent_org, listing, since FROM subscription";

impl Db<'_> {
    /// A repo that is not deleted, by its id.
    pub(crate) fn repo_with_id(&self, id: &str) -> rusqlite::Result<Option<StoredRepo>> {
        let Some((org, name)) = self.repo_name(id)? else { return Ok(None) };
        Ok(self.repo(&org, &name)?.filter(|repo| !repo.model.is_ghost()))
    }

    /// A listing by its id.
    pub(crate) fn listing(&self, id: &str) -> rusqlite::Result<Option<ExchangeListing>> {
        let mut query = self.0.prepare_cached("SELECT model FROM listing WHERE id = ?1")?;
        query.query_row([id], |row| from_json(0, row.get_ref(0)?.as_str()?)).optional()
    }

    /// Adds a listing of a repo.
    pub(crate) fn insert_listing(&self, repo: &str, listing: &ExchangeListing) -> rusqlite::Result<()> {
        let values = params![listing.id, listing.org, repo, to_json(listing)?];
        self.0.execute("INSERT INTO listing VALUES (?1, ?2, ?3, ?4)", values)?;
        Ok(())
    }

    /// Adds a subscription; its repo must be there.
    pub(crate) fn insert_subscription(&self, new: &Subscription) -> rusqlite::Result<()> {
        let since = new.since.unix_seconds();
        self.0.execute(
            "INSERT INTO subscription (id, subscriber, parent, parent_org, listing, since)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![new.id, new.subscriber, new.parent, new.parent_org, new.listing, since],
        )?;
        Ok(())
    }

    /// What a repo subscribed to.
    pub(crate) fn subscription_of(&self, repo: &str) -> rusqlite::Result<Option<Subscription>> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE subscriber = ?1"))?;
        query.query_row([repo], subscription).optional()
    }

    /// A page of the subscriptions to a repo, oldest first, and how many there are on all pages.
    pub(crate) fn subscriptions_to(
        &self,
        repo: &str,
        window: Window,
    ) -> rusqlite::Result<(Vec<Subscription>, u64)> {
        let (numbers, total) = self.page(&format!("subscriptions {repo}"), window, || {
            let mut all =
                self.0.prepare_cached("SELECT seq FROM subscription WHERE parent = ?1 ORDER BY seq")?;
            all.query_map([repo], |row| row.get(0))?.collect()
        })?;
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE seq = ?1"))?;
        let rows = numbers.into_iter().map(|number| query.query_row([number], subscription));
        Ok((rows.collect::<Result<_, _>>()?, total))
    }
}

fn subscription(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    Ok(Subscription {
        id: row.get(0)?,
        subscriber: row.get(1)?,
        parent: row.get(2)?,
        parent_org: row.get(3)?,
        listing: row.get(4)?,
        since: moment(row, 5)?,
    })
}
