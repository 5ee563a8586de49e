//! The page of an org: its repos, and its buckets for those who may read all of it.

use arraylake_types::RepoModel;
use maud::{Markup, html};

use super::{place, words};
use crate::catalog::wanted_repos;
use crate::pages::{CONSOLE, Failure, Page, Viewer};
use crate::store::{StoredBucket, StoredRepo};

/// How many repos are on one page.
const SIZE: u64 = 100;

/// What the page shows.
struct Shown {
    repos: Vec<StoredRepo>,
    total: u64,
    buckets: Vec<StoredBucket>,
}

/// `GET /console/orgs/{org}`
pub(super) async fn org(viewer: Viewer) -> Result<Page, Failure> {
    let number = viewer.query("page").and_then(|page| page.parse().ok()).unwrap_or(1_u64).clamp(1, 1 << 32);
    let shown = viewer.clone().into_call().run(move |call, db| {
        let (rights, mut wanted) = wanted_repos(call, db)?;
        wanted.window = Some(((number - 1) * SIZE, SIZE));
        let (repos, total) = db.repos(&wanted)?;
        let buckets = if rights.read() { db.buckets(&wanted.org)? } else { Vec::new() };
        Ok(Shown { repos, total, buckets })
    });
    let shown = shown.await?;
    let name = viewer.path("org");
    let main = html! {
        h2 #repos { "Repos" }
        @if shown.repos.is_empty() {
            p { @if number == 1 { "There are none yet." } @else { "There are none on this page." } }
        } @else {
            (repos(name, &shown))
        }
        (pages(name, number, shown.total))
        @if !shown.buckets.is_empty() {
            h2 #buckets { "Buckets" }
            (buckets(&shown.buckets))
        }
    };
    let heading = html! { span.quiet { "Org " } (name) };
    Ok(viewer.page(Page::new(name, main).with_heading(heading).below("Orgs", CONSOLE)))
}

fn repos(org: &str, shown: &Shown) -> Markup {
    html! {
        div.scroll role="region" aria-labelledby="repos" tabindex="0" {
            table {
                caption { (shown.total) @if shown.total == 1 { " repo" } @else { " repos" } ", last changed first" }
                thead { tr {
                    th scope="col" { "Repo" } th scope="col" { "Kind" } th scope="col" { "Bucket" }
                    th scope="col" { "Status" } th scope="col" { "Changed" } th.wide scope="col" { "Description" }
                } }
                tbody { @for repo in &shown.repos { (row(org, repo)) } }
            }
        }
    }
}

fn row(org: &str, repo: &StoredRepo) -> Markup {
    let model: &RepoModel = &repo.model;
    html! {
        tr {
            th scope="row" { a href=(place::repo((org, &model.name))) { (model.name) } }
            td { (model.kind) @if model.subscription.is_some() { ", subscription" } }
            td { (words::bucket(repo.bucket.as_ref().map(|bucket| &bucket.model))) }
            td { (words::state(model)) }
            td { (words::maybe(model.updated)) }
            td { (model.description.as_deref().unwrap_or_default()) }
        }
    }
}

fn pages(org: &str, number: u64, total: u64) -> Markup {
    let (here, last) = (place::org(org), total.div_ceil(SIZE));
    html! {
        @if last > 1 || number > 1 {
            nav aria-label="Pages of repos" {
                ul.chips {
                    @if number > 1 { li { a href={ (here) "?page=" (number - 1) } rel="prev" { "Newer" } } }
                    @if number < last { li { a href={ (here) "?page=" (number + 1) } rel="next" { "Older" } } }
                }
                p.quiet { "Page " (number) " of " (last.max(1)) }
            }
        }
    }
}

fn buckets(buckets: &[StoredBucket]) -> Markup {
    html! {
        div.scroll role="region" aria-labelledby="buckets" tabindex="0" {
            table {
                caption { (words::count(buckets.len(), "bucket config")) }
                thead { tr {
                    th scope="col" { "Nickname" } th scope="col" { "Platform" } th scope="col" { "Place" }
                    th scope="col" { "Where" } th scope="col" { "Keys" }
                } }
                tbody {
                    @for bucket in buckets {
                        @let model = &bucket.model;
                        tr {
                            th scope="row" { (model.nickname) @if model.is_default { span.quiet { " (default)" } } }
                            td { (model.platform) }
                            td { code { (model.url().unwrap_or_else(|| model.name.clone())) } }
                            td { @if bucket.is_local() { "local" } @else { "elsewhere" } }
                            td { @match model.auth_method() { Some(method) => (method), None => "none" } }
                        }
                    }
                }
            }
        }
    }
}
