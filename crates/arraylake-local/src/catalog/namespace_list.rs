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

    fn apply(&self, rows: &mut Vec<(i64, Namespace)>) {
        rows.retain(|(_, row)| self.rank(row).is_some());
        rows.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
        match self.sort.as_str() {
            "relevance" => rows.sort_by_key(|(_, row)| Reverse(self.rank(row))),
            "created" => rows.sort_by_key(|(_, row)| row.created),
            "updated" => rows.sort_by_key(|(_, row)| row.updated),
            // By name they are sorted, and they all have as many tables: none.
            _ => {}
        }
        if !self.ascending {
            rows.reverse();
        }
    }
}

/// Which namespaces are wanted.
#[derive(Debug)]
struct Wanted {
    ghosts: bool,
    filter: Option<Metadata>,
    order: Order,
}

impl Wanted {
    fn of(call: &Call, filter: Option<Metadata>, order: Order) -> Self {
        Self { ghosts: call.flag("include_ghosts"), filter: filter.filter(|it| !it.0.is_empty()), order }
    }

    /// All that are wanted, in their order.
    fn rows(&self, db: &Db<'_>, org: &str, rights: &Rights) -> rusqlite::Result<Vec<(i64, Namespace)>> {
        let mut rows = db.namespaces(org)?;
        rows.retain(|(_, row)| may_see(row, rights) && (self.ghosts || row.deleted_at.is_none()));
        if let Some(filter) = &self.filter {
            rows.retain(|(_, row)| row.metadata.as_ref().is_some_and(|facts| passes(facts, filter)));
        }
        self.order.apply(&mut rows);
        Ok(rows)
    }
}

/// `GET /orgs/{org}/iceberg/namespaces`
pub(crate) async fn plain(call: Call) -> Answer {
    let newest = Order { search: None, sort: "updated".to_owned(), ascending: false };
    call.run(move |call, db| {
        let (org, rights) = (call.path("org"), rights(call, db)?);
        let rows = Wanted::of(call, None, newest).rows(db, org, &rights)?;
        let rows: Result<Vec<Value>, _> = rows.iter().map(|(_, row)| shown(db, row, &rights)).collect();
        reply::ok(&rows?)
    })
    .await
}

/// `GET /orgs/{org}/iceberg/namespaces/paginated`
pub(crate) async fn paginated(call: Call) -> Answer {
    let paging = Paging::of(&call)?;
    let order = Order::of(&call, &["relevance", "updated", "created", "name", "tables"])?;
    let filter = call.query("filter_metadata").map(repo_list::facts).transpose()?;
    call.run(move |call, db| {
        let (org, rights) = (call.path("org"), rights(call, db)?);
        let wanted = Wanted::of(call, filter, order);
        let list = format!("namespaces {org} {} {wanted:?}", rights.read());
        let numbers = || Ok(wanted.rows(db, org, &rights)?.into_iter().map(|(number, _)| number).collect());
        let (rows, total) = db.namespace_page(&list, paging.window(), numbers)?;
        let rows: Result<Vec<Value>, _> = rows.iter().map(|row| shown(db, row, &rights)).collect();
        reply::ok(&paging.page_of(rows?, total))
    })
    .await
}

/// What the caller may do in the org. Those who may do nothing there learn of it by what they may see.
fn rights(call: &Call, db: &Db<'_>) -> Result<Rights, Refusal> {
    let org = call.path("org");
    let rights = call.org(db, org)?;
    if rights.are_none() {
        let numbers = || {
            let seen = |(number, row): (i64, Namespace)| may_see(&row, &rights).then_some(number);
            Ok(db.namespaces(org)?.into_iter().filter_map(seen).collect())
        };
        if db.namespace_page(&format!("namespaces {org} for anybody"), (0, 0), numbers)?.1 == 0 {
            return Err(denied());
        }
    }
    Ok(rights)
}

/// The names of the namespaces that the caller may see and that are not deleted.
pub(super) fn visible(call: &Call, db: &Db<'_>) -> Result<Vec<String>, Refusal> {
    let rights = rights(call, db)?;
    let order = Order { search: None, sort: "name".to_owned(), ascending: true };
    let wanted = Wanted { ghosts: false, filter: None, order };
    let rows = wanted.rows(db, call.path("org"), &rights)?;
    Ok(rows.into_iter().map(|(_, row)| row.name).collect())
}
