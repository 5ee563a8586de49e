//! The first page: the orgs of the one who asks.

use arraylake_types::{OrgAction, OrgResponse};
use maud::{Markup, html};

use super::{place, words};
use crate::pages::{Failure, Page, Viewer};
use crate::store::ListQuery;

/// `GET /console`
pub(super) async fn orgs(viewer: Viewer) -> Result<Page, Failure> {
    let orgs = viewer.clone().into_call().run(|call, db| {
        let mut orgs = Vec::new();
        for (org, actions) in db.orgs_of(call.id())? {
            let wanted = ListQuery { org: org.name.clone(), window: Some((0, 1)), ..ListQuery::default() };
            let repos = db.repos(&wanted)?.1;
            orgs.push((org, actions, repos));
        }
        Ok(orgs)
    });
    let orgs = orgs.await?;
    let main = html! {
        @if orgs.is_empty() { p { "You belong to no org of this service." } } @else { (table(&orgs)) }
    };
    Ok(viewer.page(Page::new("Orgs", main)))
}

/// Orgs, what the one who asks may do there, and how many repos they have.
fn table(orgs: &[(OrgResponse, Vec<OrgAction>, u64)]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Orgs" tabindex="0" {
            table {
                caption { (words::count(orgs.len(), "org")) " of yours" }
                thead { tr {
                    th scope="col" { "Org" } th scope="col" { "Name" } th scope="col" { "Repos" }
                    th scope="col" { "Created" } th.wide scope="col" { "You may" }
                } }
                tbody {
                    @for (org, actions, repos) in orgs {
                        @let may: Vec<_> = actions.iter().map(|action| readable(action.as_str())).collect();
                        tr {
                            th scope="row" { a href=(place::org(&org.name)) { (org.name) } }
                            td { (org.display_name) }
                            td { (repos) }
                            td { (words::maybe(org.created)) }
                            td { (may.join(", ")) }
                        }
                    }
                }
            }
        }
    }
}

/// `CAN_READ_REPOS` in words.
fn readable(action: &str) -> String {
    action.trim_start_matches("CAN_").replace('_', " ").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_told_in_words() {
        assert_eq!(readable("CAN_READ_REPOS"), "read repos");
        assert_eq!(readable("SOMETHING_NEW"), "something new");
    }
}
