//! From V1 to Icechunk where nodes were moved: a service may tell no more than that.

use std::sync::Arc;

use arraylake_core::migrate::Migration;
use arraylake_tests::faults::Telling;
use arraylake_tests::lake::TestLake;
use arraylake_tests::v1::{array, commit, create, create_icechunk, group, kill_after, node};
use zarrs::array::Array;

#[tokio::test]
async fn a_group_that_a_service_says_was_moved_brings_all_that_is_in_it() {
    let lake = TestLake::start().await;
    let telling = Telling::new(&lake);
    let client = telling.client(&lake);
    let (old, new) = (create(&lake, &client, "old").await, create_icechunk(&lake, "new").await);
    let fill = |n: u8| (0..3).map(move |at| (at, vec![10 * n + at; 2]));
    for (n, name) in [(1, "g/a"), (2, "g/deep/b"), (3, "h/a")] {
        old.set_doc(&format!("meta/root/{name}.array.json"), array(&[6], &[2])).await.unwrap();
        let chunks = fill(n).map(|(at, bytes)| (format!("data/root/{name}/c{at}"), bytes));
        old.set_chunks(chunks).await.unwrap();
    }
    old.set_docs([("meta/root/g.group.json", group("g")), ("meta/root/h.group.json", group("h"))])
        .await
        .unwrap();
    commit(&old, "written").await;
    // Where an array of the same shape was, another one comes.
    old.delete_node(&node("h")).await.unwrap();
    old.rename(&node("g"), &node("h")).await.unwrap();
    let moved = commit(&old, "moved").await;
    old.set_chunk("data/root/h/a/c1", vec![99; 2]).await.unwrap();
    commit(&old, "later").await;
    telling.tell_nodes_of(&moved, &["meta/root/g.group.json", "meta/root/h.group.json"]);
    let migration = Migration::new(old, new.clone());
    migration.run().await.unwrap();
    let found = migration.verify().await.unwrap();
    // Those of three arrays, of two again in their new place, and one that was written later.
    assert_eq!((found.commits, found.chunks, found.differences), (3, 9 + 6 + 1, Vec::new()));
    let store = Arc::new(new.store("main").await.unwrap());
    for (path, expected) in [("/h/a", [10, 10, 99, 99, 12, 12]), ("/h/deep/b", [20, 20, 21, 21, 22, 22])] {
        let there = Array::async_open(Arc::clone(&store), path).await.unwrap();
        let values = there.async_retrieve_array_subset::<Vec<u8>>(&there.subset_all()).await.unwrap();
        assert_eq!(values, expected, "{path}");
    }
    assert!(Array::async_open(store, "/g/a").await.is_err());
}

#[tokio::test]
async fn a_run_that_is_killed_while_a_moved_array_comes_along_leaves_out_none_of_its_chunks() {
    const CHUNKS: usize = 2000;
    let lake = TestLake::start().await;
    let telling = Telling::new(&lake);
    let (old, new) =
        (create(&lake, &telling.client(&lake), "old").await, create_icechunk(&lake, "new").await);
    let value = |n: usize| (n % 251) as u8 + 1;
    old.set_doc("meta/root/a.array.json", array(&[CHUNKS as u64], &[1])).await.unwrap();
    old.set_chunks((0..CHUNKS).map(|n| (format!("data/root/a/c{n}"), vec![value(n)]))).await.unwrap();
    commit(&old, "written").await;
    old.rename(&node("a"), &node("b")).await.unwrap();
    let moved = commit(&old, "moved").await;
    telling.tell_nodes_of(&moved, &["meta/root/a.array.json", "meta/root/b.array.json"]);
    let migration = Migration::new(old, new.clone());
    // Four batches and the commit, and two of the four that come along.
    kill_after(migration.clone(), 4 + 1 + 2).await;
    let report = migration.run().await.unwrap();
    assert_eq!((report.commits, report.commits_before), (1, 1));
    assert!(report.chunks > 0 && report.chunks < CHUNKS, "{} chunks were moved again", report.chunks);
    let found = migration.verify().await.unwrap();
    assert_eq!((found.chunks, found.differences), (2 * CHUNKS, Vec::new()));
    let there = Array::async_open(Arc::new(new.store("main").await.unwrap()), "/b").await.unwrap();
    let values = there.async_retrieve_array_subset::<Vec<u8>>(&there.subset_all()).await.unwrap();
    assert_eq!(values, (0..CHUNKS).map(value).collect::<Vec<_>>());
}
