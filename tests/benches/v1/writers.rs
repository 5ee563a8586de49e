//! Many writers on one branch.

use std::time::Instant;

use arraylake_core::v1::{AsyncRepo, Checkout, CommitOptions};
use serde_json::json;

use crate::world::World;

const WRITERS: usize = 8;

/// Eight writers commit so many times each; every commit must be there, each writer's in order.
pub(crate) async fn race(world: &World, commits: usize) {
    let repo = world.create("writers").await;
    repo.set_doc("meta/root.group.json", json!({"attributes": {}})).await.expect("a document");
    repo.commit("root", CommitOptions::new()).await.expect("a commit");
    let mut tasks = tokio::task::JoinSet::new();
    let start = Instant::now();
    for writer in 0..WRITERS {
        tasks.spawn(write(world.open("writers").await, writer, commits));
    }
    let retries: u32 = tasks.join_all().await.into_iter().sum();
    let seconds = start.elapsed().as_secs_f64();
    repo.checkout("main", Checkout::read_only()).await.expect("a checkout");
    let log = repo.commit_log().await.expect("a log");
    for writer in 0..WRITERS {
        let begin = format!("{writer}/");
        let own: Vec<&str> =
            log.iter().map(|it| it.message.as_str()).filter(|it| it.starts_with(&begin)).collect();
        let expected: Vec<String> = (0..commits).rev().map(|turn| format!("{writer}/{turn}")).collect();
        assert_eq!(own, expected, "commits of a writer are lost or out of order");
    }
    println!("figure v1_8_writers_commits {} commits vs {}", log.len() - 1, WRITERS * commits);
    println!("figure v1_8_writers_retries {retries} retries vs none");
    println!("figure v1_8_writers_seconds {seconds:.2} s vs none");
}

/// Commits one reference at a time; returns how often a commit had to be tried again.
async fn write(repo: AsyncRepo, writer: usize, commits: usize) -> u32 {
    let mut retries = 0;
    for turn in 0..commits {
        let name = format!("{writer}/{turn}");
        repo.set_virtual_ref(&format!("data/root/a/c{name}"), "s3://elsewhere/file", 0, 8)
            .await
            .expect("a reference");
        let outcome = repo.commit(&name, CommitOptions::new()).await.expect("a commit");
        retries += outcome.attempts() - 1;
    }
    retries
}
