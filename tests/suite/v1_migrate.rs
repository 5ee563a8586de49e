//! From V1 to Icechunk, end to end on the local service.

use std::sync::Arc;

use arraylake_core::Error;
use arraylake_core::migrate::{Migration, Scope};
use arraylake_core::v1::{AsyncRepo, Checkout};
use arraylake_icechunk::IcechunkRepo;
use arraylake_icechunk::icechunk::format::manifest::ChunkPayload;
use arraylake_icechunk::icechunk::format::{ChunkIndices, Path};
use arraylake_icechunk::icechunk::repository::VersionInfo;
use arraylake_tests::lake::TestLake;
use arraylake_tests::v1::{array, commit, create, create_icechunk, group, kill_after, node};
use arraylake_types::v1::{ChunkHash, ReferenceData};
use futures_util::TryStreamExt as _;
use zarrs::array::Array;

const ROOT: &str = "meta/root.group.json";

/// Three commits on `main`, one on `dev`, a tag, and data of every kind.
async fn history(lake: &TestLake) -> AsyncRepo {
    let repo = create(lake, &lake.client(), "old").await;
    let mut odd = array(&[2, 3], &[2, 3]);
    odd["chunk_memory_layout"] = "F".into();
    repo.set_docs([
        (ROOT, group("root")),
        ("meta/root/t.array.json", array(&[1200], &[600])),
        ("meta/root/deep/scalar.array.json", array(&[], &[])),
        ("meta/root/odd.array.json", odd),
        ("meta/root/gone.array.json", array(&[2], &[2])),
    ])
    .await
    .unwrap();
    repo.set_chunks([
        ("data/root/t/c0", vec![1; 600]),
        ("data/root/t/c1", vec![2; 600]),
        ("data/root/deep/scalar/c0", vec![9]),
        ("data/root/odd/c0/0", vec![0, 3, 1, 4, 2, 5]),
        ("data/root/gone/c0", vec![1, 2]),
    ])
    .await
    .unwrap();
    let first = commit(&repo, "first").await;
    repo.tag("v1", first.clone(), Some("the beginning")).await.unwrap();

    repo.set_doc("meta/root/t.array.json", array(&[1800], &[600])).await.unwrap();
    repo.set_chunk("data/root/t/c0", vec![3; 600]).await.unwrap();
    repo.del_chunks(["data/root/t/c1"]).await.unwrap();
    repo.set_virtual_ref("data/root/t/c2", "s3://elsewhere/file.nc", 100, 600).await.unwrap();
    repo.delete_node(&node("gone")).await.unwrap();
    commit(&repo, "second").await;
    repo.rename(&node("deep"), &node("deeper")).await.unwrap();
    commit(&repo, "third").await;

    repo.checkout(first, Checkout::new()).await.unwrap();
    repo.new_branch("dev").await.unwrap();
    repo.set_doc(ROOT, group("of dev")).await.unwrap();
    commit(&repo, "aside").await;
    repo.checkout("main", Checkout::new()).await.unwrap();
    repo
}

fn migration(old: &AsyncRepo, new: &IcechunkRepo) -> Migration {
    Migration::new(old.clone(), new.clone()).with_container_check(false)
}

async fn messages(repo: &IcechunkRepo, branch: &str) -> Vec<String> {
    let version = VersionInfo::BranchTipRef(branch.to_owned());
    let line = repo.repository().ancestry(&version).await.unwrap();
    line.map_ok(|snapshot| snapshot.message).try_collect().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_commits_while_a_history_is_moved_is_not_taken_away() {
    let lake = TestLake::start().await;
    let (old, new) = (history(&lake).await, create_icechunk(&lake, "new").await);
    let (other, once) = (new.clone(), std::sync::Once::new());
    let meddle = move || {
        let commit = async {
            let mut session = other.writable_session("main").await.unwrap();
            session.commit("not of the migration").allow_empty(true).execute().await.unwrap();
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(commit));
    };
    let moved = migration(&old, &new).with_progress(move |_| once.call_once(&meddle)).run().await;
    moved.unwrap_err();
    assert_eq!(messages(&new, "main").await[0], "not of the migration");
}

#[tokio::test]
async fn the_whole_history_comes_along_and_is_found_to_be_the_same() {
    let lake = TestLake::start().await;
    let (old, new) = (history(&lake).await, create_icechunk(&lake, "new").await);
    let migration = migration(&old, &new);
    let report = migration.run().await.unwrap();
    assert_eq!((report.commits, report.branches, report.tags), (4, 2, 1));
    assert_eq!((report.virtual_references, &report.left_out), (1, &Vec::new()));
    let found = migration.verify().await.unwrap();
    assert_eq!(found.differences, Vec::<String>::new());
    assert!(found.commits == 4 && found.chunks >= 6 && found.virtual_references == 1, "{found:?}");

    assert_eq!(messages(&new, "main").await[..3], ["third", "second", "first"]);
    assert_eq!(messages(&new, "dev").await[..2], ["aside", "first"]);
    let branches = new.repository().list_branches().await.unwrap();
    assert_eq!(branches.into_iter().collect::<Vec<_>>(), ["dev", "main"]);

    let store = Arc::new(new.store("main").await.unwrap());
    let scalar = Array::async_open(Arc::clone(&store), "/deeper/scalar").await.unwrap();
    assert_eq!(scalar.async_retrieve_array_subset::<Vec<u8>>(&scalar.subset_all()).await.unwrap(), [9]);
    let odd = Array::async_open(Arc::clone(&store), "/odd").await.unwrap();
    let values = odd.async_retrieve_array_subset::<Vec<u8>>(&odd.subset_all()).await.unwrap();
    assert_eq!(values, [0, 1, 2, 3, 4, 5], "the order of Fortran was kept");
    let session = new.readonly_session("main").await.unwrap();
    let at = Path::try_from("/t").unwrap();
    let payload = session.get_chunk_ref(&at, &ChunkIndices(vec![2])).await.unwrap();
    let Some(ChunkPayload::Virtual(kept)) = payload else { panic!("{payload:?}") };
    assert_eq!((kept.location.url(), kept.offset, kept.length), ("s3://elsewhere/file.nc", 100, 600));
    assert!(session.get_chunk_ref(&at, &ChunkIndices(vec![1])).await.unwrap().is_none());
    let tagged = new.readonly_session_at(&VersionInfo::TagRef("v1".into())).await.unwrap();
    assert!(tagged.get_chunk_ref(&at, &ChunkIndices(vec![1])).await.unwrap().is_some());
}

#[tokio::test]
async fn a_second_run_brings_what_was_committed_since_and_a_third_one_nothing() {
    let lake = TestLake::start().await;
    let (old, new) = (history(&lake).await, create_icechunk(&lake, "new").await);
    migration(&old, &new).run().await.unwrap();
    old.set_chunk("data/root/t/c1", vec![8; 600]).await.unwrap();
    commit(&old, "later").await;
    let report = migration(&old, &new).run().await.unwrap();
    assert_eq!((report.commits, report.commits_before, report.chunks), (1, 4, 1));
    assert_eq!(messages(&new, "main").await[..2], ["later", "third"]);
    let report = migration(&old, &new).run().await.unwrap();
    assert_eq!((report.commits, report.commits_before), (0, 5));
    assert!(migration(&old, &new).verify().await.unwrap().is_clean());
}

#[tokio::test]
async fn the_latest_state_is_one_commit() {
    let lake = TestLake::start().await;
    let (old, new) = (history(&lake).await, create_icechunk(&lake, "new").await);
    let latest = || migration(&old, &new).with_scope(Scope::Latest { branch: "main".into() });
    let report = latest().run().await.unwrap();
    assert_eq!((report.commits, report.branches, report.tags), (1, 1, 0));
    assert_eq!(messages(&new, "main").await.len(), 2, "and the empty beginning");
    let found = latest().verify().await.unwrap();
    assert!(found.is_clean() && found.virtual_references == 1, "{found:?}");
    old.set_doc(ROOT, group("changed")).await.unwrap();
    commit(&old, "later").await;
    assert_eq!(latest().run().await.unwrap().documents, 1);
    assert!(latest().verify().await.unwrap().is_clean());
    let error = migration(&old, &new).run().await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }) && error.to_string().contains("latest"), "{error}");
}

#[tokio::test]
async fn a_run_that_is_killed_in_the_middle_of_a_commit_goes_on_from_there() {
    const CHUNKS: usize = 2000;
    let lake = TestLake::start().await;
    let (old, new) = (create(&lake, &lake.client(), "old").await, create_icechunk(&lake, "new").await);
    old.set_doc("meta/root/a.array.json", array(&[CHUNKS as u64], &[1])).await.unwrap();
    let chunks = (0..CHUNKS).map(|n| (format!("data/root/a/c{n}"), vec![(n % 251) as u8 + 1]));
    old.set_chunks(chunks).await.unwrap();
    commit(&old, "many").await;

    kill_after(migration(&old, &new), 2).await;
    assert!(messages(&new, "main").await.len() == 1, "what is not complete is not shown");

    let again = migration(&old, &new);
    let report = again.run().await.unwrap();
    assert!(report.commits == 1 && report.chunks < CHUNKS, "{} chunks were moved again", report.chunks);
    assert_eq!(messages(&new, "main").await[0], "many");
    assert_eq!(messages(&new, "main").await.len(), 2, "one commit, and the empty beginning");
    let found = again.verify().await.unwrap();
    assert_eq!((found.chunks, found.differences.as_slice()), (CHUNKS, &[][..]));
}

#[tokio::test]
async fn what_cannot_be_moved_is_named_and_what_differs_is_found() {
    let lake = TestLake::start().await;
    let (old, new) = (create(&lake, &lake.client(), "old").await, create_icechunk(&lake, "new").await);
    let mut odd = array(&[2], &[2]);
    odd["attributes"]["filters"] = serde_json::json!([{"id": "categorize", "labels": []}]);
    old.set_docs([("meta/root/a.array.json", array(&[2], &[2])), ("meta/root/d.array.json", odd)])
        .await
        .unwrap();
    let hash = ChunkHash::new("hashlib.sha256", "00");
    let false_hash = ReferenceData::inline("inline://ab", 2, hash, Some(old.session().unwrap().id.clone()));
    old.set_chunk_refs([("data/root/a/c0", false_hash)]).await.unwrap();
    old.set_virtual_ref("data/root/a/c7", "s3://elsewhere/k", 0, 2).await.unwrap();
    commit(&old, "odd").await;
    let error = migration(&old, &new).run().await.unwrap_err().to_string();
    assert!(error.contains("/d") && error.contains("categorize"), "{error}");
    let lenient = migration(&old, &new).with_skip_unsupported(true);
    let report = lenient.run().await.unwrap();
    assert_eq!(report.left_out.len(), 2, "{:?}", report.left_out);
    let found = lenient.verify().await.unwrap();
    assert_eq!(found.differences.len(), 1, "{:?}", found.differences);
    assert!(found.differences[0].contains("data/root/a/c0"), "{:?}", found.differences);
}

#[tokio::test]
async fn a_virtual_reference_without_a_container_is_refused_and_a_repo_with_other_data_is_left_alone() {
    let lake = TestLake::start().await;
    let (old, new) = (history(&lake).await, create_icechunk(&lake, "new").await);
    let error = Migration::new(old.clone(), new.clone()).run().await.unwrap_err().to_string();
    assert!(error.contains("s3://elsewhere/file.nc") && error.contains("container"), "{error}");
    let other = create_icechunk(&lake, "other").await;
    let store = Arc::new(other.writable_store("main").await.unwrap());
    arraylake_tests::dataset::write(&store).await;
    store.commit("mine").await.unwrap();
    let error = migration(&old, &other).run().await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    assert_eq!(messages(&other, "main").await[0], "mine");
}

#[tokio::test]
async fn a_commit_that_only_a_tag_reaches_is_moved_once_and_found_again() {
    let lake = TestLake::start().await;
    let (old, new) = (history(&lake).await, create_icechunk(&lake, "new").await);
    old.tag("of-dev", "dev", None).await.unwrap();
    old.delete_branch("dev").await.unwrap();
    assert_eq!(migration(&old, &new).run().await.unwrap().commits, 4);
    let report = migration(&old, &new).run().await.unwrap();
    assert_eq!((report.commits, report.commits_before), (0, 4));
    let found = migration(&old, &new).verify().await.unwrap();
    assert_eq!((found.commits, found.differences), (4, Vec::new()));
}

#[tokio::test]
async fn an_array_that_is_cut_shrinks_and_grows_keeps_no_chunk_that_was_deleted() {
    let lake = TestLake::start().await;
    let (old, new) = (create(&lake, &lake.client(), "old").await, create_icechunk(&lake, "new").await);
    let shape = async |length: u64, cut: u64| {
        old.set_doc("meta/root/a.array.json", array(&[length], &[cut])).await.unwrap();
    };
    let write = async |numbers: std::ops::Range<u8>, length: usize| {
        let chunks = numbers.map(|n| (format!("data/root/a/c{n}"), vec![n + 1; length]));
        old.set_chunks(chunks).await.unwrap();
    };
    shape(6, 1).await;
    write(0..6, 1).await;
    commit(&old, "six chunks").await;
    // As Zarr shrinks: what lies outside is deleted, but here for one that stays behind.
    shape(2, 1).await;
    old.del_chunks([2, 3, 4].map(|n| format!("data/root/a/c{n}"))).await.unwrap();
    commit(&old, "two chunks").await;
    shape(6, 1).await;
    commit(&old, "grown again").await;
    shape(6, 3).await;
    old.del_chunks([2, 3, 4, 5].map(|n| format!("data/root/a/c{n}"))).await.unwrap();
    write(0..2, 3).await;
    commit(&old, "cut anew").await;
    old.set_doc("meta/root/a.array.json", array(&[2, 3], &[2, 3])).await.unwrap();
    old.del_chunks([0, 1].map(|n| format!("data/root/a/c{n}"))).await.unwrap();
    old.set_chunk("data/root/a/c0/0", vec![9; 6]).await.unwrap();
    commit(&old, "of two dimensions").await;

    let migration = migration(&old, &new);
    migration.run().await.unwrap();
    let found = migration.verify().await.unwrap();
    assert_eq!((found.commits, found.differences), (5, Vec::new()));
    let mut expected =
        vec![vec![9; 6], vec![1, 1, 1, 2, 2, 2], vec![1, 2, 0, 0, 0, 6], vec![1, 2], vec![1, 2, 3, 4, 5, 6]];
    let version = VersionInfo::BranchTipRef("main".into());
    let line = new.repository().ancestry(&version).await.unwrap();
    let ids: Vec<_> = line.map_ok(|snapshot| snapshot.id).try_collect().await.unwrap();
    for (id, expected) in ids.into_iter().zip(expected.drain(..)) {
        let session = new.readonly_session_at(&VersionInfo::SnapshotId(id)).await.unwrap();
        let there = Array::async_open(Arc::new(new.store_of(session)), "/a").await.unwrap();
        let values = there.async_retrieve_array_subset::<Vec<u8>>(&there.subset_all()).await.unwrap();
        assert_eq!(values, expected);
    }
}

#[tokio::test]
async fn an_array_whose_chunks_get_other_names_in_one_commit_keeps_all_of_them() {
    const SIDE: u64 = 30;
    let lake = TestLake::start().await;
    let (old, new) = (create(&lake, &lake.client(), "old").await, create_icechunk(&lake, "new").await);
    let path = |n: u64, separator: &str| format!("data/root/a/c{}{separator}{}", n / SIDE, n % SIDE);
    let value = |n: u64, more: u64| vec![((n + more) % 250) as u8 + 1];
    old.set_doc("meta/root/a.array.json", array(&[SIDE, SIDE], &[1, 1])).await.unwrap();
    old.set_chunks((0..SIDE * SIDE).map(|n| (path(n, "/"), value(n, 0)))).await.unwrap();
    commit(&old, "slashes").await;
    old.delete_node(&node("a")).await.unwrap();
    let mut dots = array(&[SIDE, SIDE], &[1, 1]);
    dots["chunk_grid"]["separator"] = ".".into();
    old.set_doc("meta/root/a.array.json", dots).await.unwrap();
    old.set_chunks((0..SIDE * SIDE).map(|n| (path(n, "."), value(n, 7)))).await.unwrap();
    // Left over from somebody who did not look at the array.
    old.set_chunk("data/root/a/c0/0", vec![255]).await.unwrap();
    commit(&old, "dots").await;
    let migration = migration(&old, &new);
    let report = migration.run().await.unwrap();
    assert!(report.left_out.len() == 1 && report.left_out[0].contains("c0/0"), "{:?}", report.left_out);
    let found = migration.verify().await.unwrap();
    assert_eq!((found.commits, found.differences), (2, Vec::new()));
    let there = Array::async_open(Arc::new(new.store("main").await.unwrap()), "/a").await.unwrap();
    let values = there.async_retrieve_array_subset::<Vec<u8>>(&there.subset_all()).await.unwrap();
    assert_eq!(values, (0..SIDE * SIDE).flat_map(|n| value(n, 7)).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_left_out_is_named_once_and_with_it_documents_of_nobody() {
    let lake = TestLake::start().await;
    let (old, new) = (create(&lake, &lake.client(), "old").await, create_icechunk(&lake, "new").await);
    let mut odd = array(&[9], &[1]);
    odd["attributes"]["filters"] = serde_json::json!([{"id": "zfpy"}]);
    old.set_docs([("meta/root/d.array.json", odd), ("meta/notes.json", group("mine"))]).await.unwrap();
    old.set_chunks((0..9).map(|n| (format!("data/root/d/c{n}"), vec![n]))).await.unwrap();
    commit(&old, "odd").await;
    old.set_doc(ROOT, group("root")).await.unwrap();
    old.set_chunk("data/root/d/c0", vec![77]).await.unwrap();
    commit(&old, "later").await;
    let migration = migration(&old, &new).with_skip_unsupported(true);
    let mut left_out = migration.run().await.unwrap().left_out;
    left_out.sort();
    assert_eq!(left_out.len(), 2, "{left_out:?}");
    assert!(left_out[0].starts_with("/d at commit") && left_out[0].contains("zfpy"), "{left_out:?}");
    assert!(left_out[1].starts_with("meta/notes.json"), "{left_out:?}");
    assert!(migration.verify().await.unwrap().is_clean());
}

#[tokio::test]
async fn a_branch_with_a_name_of_the_migration_itself_is_refused_before_anything_is_moved() {
    let lake = TestLake::start().await;
    let (old, new) = (history(&lake).await, create_icechunk(&lake, "new").await);
    old.new_branch("arraylake-migration-mine").await.unwrap();
    old.set_doc(ROOT, group("mine")).await.unwrap();
    commit(&old, "mine").await;
    let error = migration(&old, &new).run().await.unwrap_err().to_string();
    assert!(error.contains("arraylake-migration-mine"), "{error}");
    let branches = new.repository().list_branches().await.unwrap();
    assert_eq!(branches.into_iter().collect::<Vec<_>>(), ["main"]);
}
