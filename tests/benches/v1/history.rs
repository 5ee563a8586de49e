//! What grows with a repo: references of a commit, nodes of a tree, commits of a log. Each is measured in full and at a
//! tenth of it, by a client of its own.

use std::time::Instant;

use arraylake_core::types::Author;
use arraylake_core::types::v1::{
    ChunkHash, Collection, CommitId, NewCommit, NewDoc, NewSession, ReferenceData, UpdateBranch,
};
use arraylake_core::v1::metastore::View;
use arraylake_core::v1::{AsyncRepo, Checkout, CommitOptions, Metastore, NodePath};
use serde_json::json;

use crate::apart::{self, Cost};
use crate::world::World;

/// Groups among which the arrays of a tree are spread.
const GROUPS: usize = 100;

/// What a client is measured at.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// Writes so many references into a session.
    References,
    /// Commits so many references, writing them before.
    Commit,
    /// Reads the tree.
    Tree,
    /// Reads the log.
    Log,
}

impl Part {
    const ALL: [Self; 4] = [Self::References, Self::Commit, Self::Tree, Self::Log];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::References => "references",
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Log => "log",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// Seconds that it takes.
    pub(crate) async fn run(self, world: &World, repo: &str, count: usize) -> f64 {
        let repo = world.open(repo).await;
        match self {
            Self::References => set_references(&repo, count).await,
            Self::Commit => {
                set_references(&repo, count).await;
                timed(async || assert!(repo.commit("all", CommitOptions::new()).await.expect("one").is_new()))
                    .await
            }
            Self::Tree => {
                let tree = async || repo.tree(&NodePath::root(), 10, None).await.expect("a tree");
                timed(async || {
                    let arrays =
                        tree().await.trees.iter().map(|(_, group)| group.arrays.len()).sum::<usize>();
                    assert_eq!(arrays, count);
                })
                .await
            }
            Self::Log => {
                repo.checkout("main", Checkout::read_only()).await.expect("a checkout");
                timed(async || assert_eq!(repo.commit_log().await.expect("a log").len(), count)).await
            }
        }
    }
}

async fn timed(work: impl AsyncFnOnce()) -> f64 {
    let start = Instant::now();
    work().await;
    start.elapsed().as_secs_f64()
}

/// Says how something grew from a tenth to the whole.
fn figures(name: &str, what: &str, small: Cost, large: Cost) {
    println!("figure v1_{name}_seconds {:.3} s vs {what}", large.seconds);
    println!("figure v1_{name}_growth {:.2} times vs linear", large.seconds / small.seconds / 10.0);
    println!("figure v1_{name}_memory {:.0} MiB vs a-tenth-{:.0}", large.memory, small.memory);
}

/// Commits so many references at once.
pub(crate) async fn references(world: &World, count: usize) {
    for (part, name) in [(Part::References, "set_100k"), (Part::Commit, "commit_100k")] {
        let (few, many) = (format!("{}-few", part.name()), format!("{}-many", part.name()));
        world.create(&few).await;
        world.create(&many).await;
        let small = apart::run(world, part, &few, count.div_ceil(10)).await;
        let large = apart::run(world, part, &many, count).await;
        figures(name, &format!("{count}-references"), small, large);
    }
}

async fn set_references(repo: &AsyncRepo, count: usize) -> f64 {
    let session = repo.session().expect("a session").id.clone();
    let reference = |number: usize| {
        let hash = ChunkHash::new("hashlib.sha256", format!("{number:064x}"));
        ReferenceData::materialized(1000, hash, session.clone())
    };
    let rows = (0..count).map(|number| (format!("data/root/a/c{number}"), reference(number)));
    timed(async || repo.set_chunk_refs(rows).await.expect("references")).await
}

/// The tree of so many arrays.
pub(crate) async fn tree(world: &World, count: usize) {
    let small = time_tree(world, "tree-few", count.div_ceil(10)).await;
    let large = time_tree(world, "tree-many", count).await;
    figures("tree_10k", &format!("{count}-arrays"), small, large);
}

async fn time_tree(world: &World, name: &str, count: usize) -> Cost {
    let repo = world.create(name).await;
    let array = json!({"attributes": {"units": "K"}, "data_type": "<f8", "shape": [10, 10], "fill_value": 0,
        "chunk_grid": {"type": "regular", "chunk_shape": [5, 5], "separator": "/"}, "chunk_memory_layout": "C",
        "extensions": []});
    let docs = (0..count).map(|at| (format!("meta/root/g{}/a{at}.array.json", at % GROUPS), array.clone()));
    repo.set_docs(docs).await.expect("documents");
    repo.commit("arrays", CommitOptions::new()).await.expect("a commit");
    apart::run(world, Part::Tree, name, count).await
}

/// The log of so many commits; and what a commit costs on top of few and of many.
pub(crate) async fn log(world: &World, count: usize) {
    let repo = world.create("log").await;
    let tenth = count.div_ceil(10);
    let start = Instant::now();
    let base = make_commits(repo.metastore(), tenth, None).await;
    let early = start.elapsed().as_secs_f64() / tenth as f64;
    let small = apart::run(world, Part::Log, "log", tenth).await;
    let base = make_commits(repo.metastore(), count - 2 * tenth, Some(base)).await;
    let start = Instant::now();
    make_commits(repo.metastore(), tenth, Some(base)).await;
    let late = start.elapsed().as_secs_f64() / tenth as f64;
    println!("figure v1_commit_small_milliseconds {:.2} ms vs the-first-{:.2}", late * 1e3, early * 1e3);
    let large = apart::run(world, Part::Log, "log", count).await;
    figures("log_50k", &format!("{count}-commits"), small, large);
}

/// Makes commits one behind the other, each of one document, with no more requests than needed.
async fn make_commits(metastore: &Metastore, count: usize, mut base: Option<CommitId>) -> CommitId {
    let author = Author::new(Some("Ada".to_owned()), "ada@example.com");
    for number in 0..count {
        let request = NewSession::new(Some("main".to_owned()), base.clone(), &author).expect("a session");
        let session = metastore.create_session(&request).await.expect("a session");
        let view = View::new(session.id.clone(), base.clone());
        let doc =
            NewDoc::new(session.id.clone(), "meta/root.group.json", json!({"attributes": {"n": number}}));
        metastore.add_docs(&Collection::Metadata, &view, &[doc]).await.expect("a document");
        let commit =
            NewCommit::new(session.id.clone(), session.start_time, base.clone(), &author, "one of many");
        let commit = metastore.new_commit(&commit.expect("a commit")).await.expect("a commit");
        let update = match base {
            Some(base) => UpdateBranch::advance("main", base, commit.clone()),
            None => UpdateBranch::create("main", commit.clone()),
        };
        metastore.update_branch(&update).await.expect("the branch moves");
        base = Some(commit);
    }
    base.expect("at least one commit")
}
