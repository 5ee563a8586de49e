//! The page of a repo: what the catalog knows of it, and what it holds at a version.

use arraylake_types::RepoModel;
use http::StatusCode;
use maud::{Markup, html};

use super::{history, place, tree, words};
use crate::contents::{self, Contents, Version};
use crate::pages::{CONSOLE, Failure, Page, Viewer};
use crate::refusal::Refusal;
use crate::store::StoredRepo;

/// `GET /console/orgs/{org}/repos/{repo}`, with `branch`, `tag` or `snapshot`.
pub(super) async fn repo(viewer: Viewer) -> Result<Page, Failure> {
    let found = viewer.clone().into_call().run(|call, db| {
        let mut repo = call.repo(db)?.repo;
        call.show_parent(db, &mut repo.model)?;
        Ok(repo)
    });
    let repo = found.await?;
    let contents = contents::of(&viewer.lake, &repo, wanted(&viewer)).await;
    let missing = contents.as_ref().is_err_and(|refusal| refusal.status() == StatusCode::NOT_FOUND);
    let (org, name) = (repo.model.org.as_str(), repo.model.name.as_str());
    let main = html! {
        @if let Some(text) = repo.model.description.as_deref().filter(|text| !text.is_empty()) { p { (text) } }
        (about(&repo))
        (held((org, name), &contents))
    };
    let page = Page::new(name, main)
        .with_heading(html! { span.quiet { "Repo " } (org) "/" (name) })
        .with_status(if missing { StatusCode::NOT_FOUND } else { StatusCode::OK })
        .below("Orgs", CONSOLE)
        .below(org, place::org(org));
    Ok(viewer.page(page))
}

fn wanted(viewer: &Viewer) -> Option<Version> {
    let text = |name: &str| viewer.query(name).map(str::to_owned);
    (text("snapshot").map(Version::Snapshot))
        .or_else(|| text("tag").map(Version::Tag))
        .or_else(|| text("branch").map(Version::Branch))
}

fn about(repo: &StoredRepo) -> Markup {
    let model: &RepoModel = &repo.model;
    let mut facts = vec![
        ("Kind", html! { (model.kind) }),
        (
            "Status",
            html! { (words::state(model)) @if let Some(why) = &model.status.message { " " span.quiet { (why) } } },
        ),
        ("Bucket", bucket(repo)),
        ("Visibility", html! { (model.visibility.as_str().to_lowercase().replace('_', " ")) }),
        ("Created", words::maybe(model.created)),
        ("Changed", words::maybe(model.updated)),
        ("Id", html! { code { (model.id) } }),
    ];
    if let Some(metadata) = model.metadata.as_ref().filter(|metadata| !metadata.0.is_empty()) {
        facts.push(("Metadata", words::attributes(&metadata.0)));
    }
    words::facts(&facts)
}

fn bucket(repo: &StoredRepo) -> Markup {
    let Some(bucket) = &repo.bucket else { return words::bucket(None) };
    let scheme = bucket.model.platform.scheme().unwrap_or("bucket");
    html! {
        (bucket.model.nickname) " " code { (scheme) "://" (bucket.model.name) "/" (repo.model.prefix) }
        span.quiet { @if bucket.is_local() { ", local" } @else { ", elsewhere" } }
    }
}

fn held(name: (&str, &str), contents: &Result<Contents, Refusal>) -> Markup {
    match contents {
        Ok(contents) => html! {
            (versions(name, contents))
            (tree::section(contents))
            (history::section(name, contents))
        },
        Err(refusal) => html! {
            h2 { "Contents" }
            p.notice.warn { (refusal.message()) }
            p { a href=(place::repo(name)) { "Show the repo as it is now" } }
        },
    }
}

/// Links to all branches and tags, the one that is shown among them.
fn versions(name: (&str, &str), contents: &Contents) -> Markup {
    let branches = contents.branches.iter().cloned().map(Version::Branch).collect::<Vec<_>>();
    let tags = contents.tags.iter().cloned().map(Version::Tag).collect::<Vec<_>>();
    html! {
        h2 #branches { "Branches" }
        @if branches.is_empty() { p { "There are none yet." } } @else { (choice(name, "branches", &branches, contents)) }
        @if !tags.is_empty() {
            h2 #tags { "Tags" }
            (choice(name, "tags", &tags, contents))
        }
        @if let Some(Version::Snapshot(id)) = &contents.version {
            p.notice { "Shown as of " (contents.unit) " " code { (id) } ". " a href=(place::repo(name)) { "Show the newest" } }
        }
    }
}

fn choice(name: (&str, &str), label: &str, all: &[Version], contents: &Contents) -> Markup {
    html! {
        nav aria-labelledby=(label) {
            ul.chips {
                @for version in all {
                    @let current = (contents.version.as_ref() == Some(version)).then_some("true");
                    li { a href=(place::version(name, version)) aria-current=[current] { (version.text()) } }
                }
            }
        }
    }
}
