//! What grows with a repo: references of a commit, nodes of a tree, commits of a log.

use std::time::Instant;

use arraylake_core::types::Author;
use arraylake_core::types::v1::{
    ChunkHash, Collection, CommitId, NewCommit, NewDoc, NewSession, ReferenceData, UpdateBranch,
};
use arraylake_core::v1::metastore::View;
use arraylake_core::v1::{AsyncRepo, Checkout, CommitOptions, Metastore, NodePath};
use serde_json::json;

use crate::world::{World, peak_memory};

/// Groups among which the arrays of a tree are spread.
const GROUPS: usize = 100;

fn linear(name: &str, small: f64, large: f64, factor: f64) {
    println!("figure v1_{name}_growth {:.2} times vs linear", large / small / factor);
    println!("figure v1_{name}_memory {:.0} MiB vs none", peak_memory());
}

/// Commits so many references at once; and a tenth of that, to see how it grows.
pub(crate) async fn references(world: &World, count: usize) {
    let repo = world.create("references").await;
    let small = commit_references(&repo, "small", count.div_ceil(10)).await;
    let large = commit_references(&repo, "large", count).await;
    println!("figure v1_commit_100k_seconds {large:.2} s vs {count}-references");
    linear("commit_100k", small, large, 10.0);
}

async fn commit_references(repo: &AsyncRepo, array: &str, count: usize) -> f64 {
    let session = repo.session().expect("a session").id.clone();
    let reference = |number: usize| {
        let hash = ChunkHash::new("hashlib.sha256", format!("{number:064x}"));
        ReferenceData::materialized(1000, hash, session.clone())
    };
    let rows = (0..count).map(|number| (format!("data/root/{array}/c{number}"), reference(number)));
    let start = Instant::now();
    repo.set_chunk_refs(rows).await.expect("references");
    let stored = start.elapsed().as_secs_f64();
    println!("figure v1_set_{array}_references_seconds {stored:.2} s vs {count}-references");
    let start = Instant::now();
    repo.commit(array, CommitOptions::new()).await.expect("a commit");
    start.elapsed().as_secs_f64()
}

/// The tree of so many arrays; and of a tenth of them.
pub(crate) async fn tree(world: &World, count: usize) {
    let small = time_tree(world, "tree-small", count.div_ceil(10)).await;
    let large = time_tree(world, "tree-large", count).await;
    println!("figure v1_tree_10k_seconds {large:.3} s vs {count}-arrays");
    linear("tree_10k", small, large, 10.0);
}

async fn time_tree(world: &World, name: &str, count: usize) -> f64 {
    let repo = world.create(name).await;
    let array = json!({"attributes": {"units": "K"}, "data_type": "<f8", "shape": [10, 10], "fill_value": 0,
        "chunk_grid": {"type": "regular", "chunk_shape": [5, 5], "separator": "/"}, "chunk_memory_layout": "C",
        "extensions": []});
    let docs = (0..count).map(|at| (format!("meta/root/g{}/a{at}.array.json", at % GROUPS), array.clone()));
    repo.set_docs(docs).await.expect("documents");
    repo.commit("arrays", CommitOptions::new()).await.expect("a commit");
    let start = Instant::now();
    let tree = repo.tree(&NodePath::root(), 10, None).await.expect("a tree");
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(tree.trees.iter().map(|(_, group)| group.arrays.len()).sum::<usize>(), count);
    seconds
}

/// The log of so many commits; and of the first tenth of them.
pub(crate) async fn log(world: &World, count: usize) {
    let repo = world.create("log").await;
    let tenth = count.div_ceil(10);
    let base = make_commits(repo.metastore(), tenth, None).await;
    let small = time_log(&repo, tenth).await;
    let start = Instant::now();
    make_commits(repo.metastore(), count - tenth, Some(base)).await;
    let each = start.elapsed().as_secs_f64() / (count - tenth).max(1) as f64;
    println!("figure v1_commit_small_milliseconds {:.2} ms vs none", each * 1000.0);
    let large = time_log(&repo, count).await;
    println!("figure v1_log_50k_seconds {large:.2} s vs {count}-commits");
    linear("log_50k", small, large, 10.0);
}

async fn time_log(repo: &AsyncRepo, count: usize) -> f64 {
    repo.checkout("main", Checkout::read_only()).await.expect("a checkout");
    let start = Instant::now();
    let log = repo.commit_log().await.expect("a log");
    assert_eq!(log.len(), count);
    start.elapsed().as_secs_f64()
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
