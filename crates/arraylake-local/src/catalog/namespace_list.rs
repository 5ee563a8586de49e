//! Lists of Iceberg namespaces: plain, or page by page with search and order.

use std::cmp::Reverse;

use arraylake_types::Metadata;
use serde_json::Value;

use super::access::{Rights, denied};
use super::call::{Answer, Call};
use super::namespaces::{may_see, shown};
use super::paging::Paging;
use super::{reply, repo_list};
use crate::refusal::Refusal;
use crate::store::{Db, Namespace, passes};

/// In which order rows are wanted, and which of them.
#[derive(Debug)]
pub(super) struct Order {
    search: Option<String>,
    sort: String,
    ascending: bool,
}

impl Order {
    /// Reads `search`, `sort` and `direction`. A search puts the best match first, everything else the newest.
    pub(super) fn of(call: &Call, sorts: &[&str]) -> Result<Self, Refusal> {
        let ascending = match call.query("direction").unwrap_or("desc") {
            "asc" => true,
            "desc" => false,
            _ => return Err(reply::bad_query("direction", "Input should be 'asc' or 'desc'", "enum")),
        };
        let search = call.query("search").map(str::to_lowercase);
        let usual = if search.is_some() { "relevance" } else { "updated" };
        let sort = call.query("sort").unwrap_or(usual);
        if !sorts.contains(&sort) {
            return Err(reply::bad_query("sort", &format!("Input should be one of {sorts:?}"), "enum"));
        }
        match (sort, &search) {
            ("relevance", None) => Err(Refusal::rule("sort by relevance needs a search")),
            ("name", Some(_)) => Err(Refusal::rule("a search cannot be sorted by name")),
            (sort, _) => Ok(Self { search, sort: sort.to_owned(), ascending }),
        }
    }

    /// How well a namespace matches: 0 is best, nothing does not match.
    fn rank(&self, row: &Namespace) -> Option<u8> {
        let Some(search) = &self.search else { return Some(0) };
        let name = row.name.to_lowercase();
        let described = || row.description.as_ref().is_some_and(|it| it.to_lowercase().contains(search));
        match () {
            () if name == *search => Some(0),
            () if name.starts_with(search) => Some(1),
            () if name.contains(search) => Some(2),
            () if described() => Some(3),
            () => None,
        }
    }

    fn apply(&self, rows: &mut Vec<Namespace>) {
        rows.retain(|row| self.rank(row).is_some());
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        match self.sort.as_str() {
            "relevance" => rows.sort_by_key(|row| Reverse(self.rank(row))),
            "created" => rows.sort_by_key(|row| row.created),
            "updated" => rows.sort_by_key(|row| row.updated),
            // By name they are sorted, and they all have as many tables: none.
            _ => {}
        }
        if !self.ascending {
            rows.reverse();
        }
    }
}

/// `GET /orgs/{org}/iceberg/namespaces`
pub(crate) async fn plain(call: Call) -> Answer {
    let newest = Order { search: None, sort: "updated".to_owned(), ascending: false };
    call.run(move |call, db| {
        let (rows, rights) = rows(call, db, None)?;
        reply::ok(&ordered(db, rows, &newest, &rights)?)
    })
    .await
}

/// `GET /orgs/{org}/iceberg/namespaces/paginated`
pub(crate) async fn paginated(call: Call) -> Answer {
    let paging = Paging::of(&call)?;
    let order = Order::of(&call, &["relevance", "updated", "created", "name", "tables"])?;
    let filter = call.query("filter_metadata").map(repo_list::facts).transpose()?;
    call.run(move |call, db| {
        let (rows, rights) = rows(call, db, filter.as_ref())?;
        reply::ok(&paging.cut(ordered(db, rows, &order, &rights)?))
    })
    .await
}

fn rows(call: &Call, db: &Db<'_>, filter: Option<&Metadata>) -> Result<(Vec<Namespace>, Rights), Refusal> {
    let org = call.path("org");
    let rights = call.org(db, org)?;
    let mut rows = db.namespaces(org)?;
    rows.retain(|row| may_see(row, &rights));
    if rows.is_empty() && rights.are_none() {
        return Err(denied());
    }
    let ghosts = call.flag("include_ghosts");
    rows.retain(|row| ghosts || row.deleted_at.is_none());
    if let Some(filter) = filter.filter(|filter| !filter.0.is_empty()) {
        rows.retain(|row| row.metadata.as_ref().is_some_and(|facts| passes(facts, filter)));
    }
    Ok((rows, rights))
}

/// The namespaces that the caller may see and that are not deleted, by their names.
pub(super) fn visible(call: &Call, db: &Db<'_>) -> Result<Vec<Namespace>, Refusal> {
    let (mut rows, _) = rows(call, db, None)?;
    rows.retain(|row| row.deleted_at.is_none());
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(rows)
}

fn ordered(
    db: &Db<'_>,
    mut rows: Vec<Namespace>,
    order: &Order,
    rights: &Rights,
) -> Result<Vec<Value>, Refusal> {
    order.apply(&mut rows);
    rows.iter().map(|row| shown(db, row, rights)).collect()
}
