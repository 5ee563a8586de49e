//! V1 repos as stores of zarrs, against what the last Python client that writes them makes of the same arrays.

use std::sync::Arc;

use arraylake_core::migrate::{Migration, Scope};
use arraylake_core::prelude::*;
use arraylake_core::v1::{Checkout, CommitOptions};
use arraylake_tests::lake::TestLake;
use arraylake_tests::python::Python;
use arraylake_tests::v1::create_icechunk;
use serde_json::json;
use zarrs::array::{Array, ArrayBytes};
use zarrs::group::{Group, GroupBuilder};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arrays_of_every_kind_that_python_wrote_are_copied_by_zarrs_and_python_sees_no_difference() {
    let lake = TestLake::start().await;
    let bucket = lake.bucket().clone();
    let Some(names) = Python::OldZarr2.run(&lake, "v1_kinds_write.py", &["kinds", bucket.as_str()]).await
    else {
        return;
    };
    let name = RepoName::new(lake.org(), "kinds").unwrap();
    let repo = lake.client().get_repo(&name, OpenOptions::new()).await.unwrap().into_v1().unwrap();
    repo.checkout("main", Checkout::new()).await.unwrap();
    let store = Arc::new(repo.store().unwrap());
    let group = Group::async_open(Arc::clone(&store), "/kinds").await.unwrap();
    let mut seen: Vec<String> = Vec::new();
    GroupBuilder::new().build(Arc::clone(&store), "/copies").unwrap().async_store_metadata().await.unwrap();
    for array in group.async_child_arrays().await.unwrap() {
        let name = array.path().as_str().trim_start_matches("/kinds/").to_owned();
        let path = format!("/copies/{name}");
        let copy = Array::new_with_metadata(Arc::clone(&store), &path, array.metadata().clone()).unwrap();
        copy.async_store_metadata().await.unwrap();
        let bytes: ArrayBytes<'_> = array.async_retrieve_array_subset(&array.subset_all()).await.unwrap();
        copy.async_store_array_subset(&copy.subset_all(), bytes).await.unwrap();
        seen.push(name);
    }
    seen.sort();
    assert_eq!(json!(seen), names["all"]);
    repo.commit("copies", CommitOptions::new()).await.unwrap();
    let Some(told) = Python::OldZarr2.run(&lake, "v1_kinds_compare.py", &["kinds"]).await else { return };
    assert_eq!(told, json!({"count": seen.len(), "faults": []}));
    for (path, named) in [("pickled", "`pickle` is refused"), ("ragged", "`vlen-array` is refused")] {
        let error =
            Array::async_open(Arc::clone(&store), &format!("/odd/{path}")).await.unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
    for (path, named) in [("objects", "element [1] of the chunk is an object"), ("packed", "is the number 5")]
    {
        let array = Array::async_open(Arc::clone(&store), &format!("/odd/{path}")).await.unwrap();
        let error = array.async_retrieve_chunk::<Vec<String>>(&[0]).await.unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arrays_of_every_kind_that_were_moved_to_icechunk_hold_the_same_for_python() {
    let lake = TestLake::start().await;
    let bucket = lake.bucket().clone();
    let written = Python::OldZarr2.run(&lake, "v1_kinds_write.py", &["kinds", bucket.as_str()]).await;
    let Some(names) = written else { return };
    let list = |key: &str| -> Vec<&str> {
        names[key].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect()
    };
    let staying = list("staying");
    let name = RepoName::new(lake.org(), "kinds").unwrap();
    let old = lake.client().get_repo(&name, OpenOptions::new().with_read_only(true)).await.unwrap();
    let new = create_icechunk(&lake, "moved").await;
    let migration = Migration::new(old.into_v1().unwrap(), new)
        .with_scope(Scope::Latest { branch: "main".into() })
        .with_skip_unsupported(true);
    let report = migration.run().await.unwrap();
    let stays = |left: &String| staying.iter().any(|name| left.contains(&format!("/kinds/{name}")));
    let left_out = &report.left_out;
    assert!(left_out.iter().all(|left| left.contains("/odd/") || stays(left)), "{left_out:?}");
    assert!(migration.verify().await.unwrap().is_clean());
    let Some(expected) = Python::OldZarr2.run(&lake, "v1_kinds_values.py", &["kinds"]).await else { return };
    let Some(found) = Python::Current.run(&lake, "v1_kinds_values.py", &["moved"]).await else { return };
    for name in list("all") {
        // In Zarr v3 numcodecs forgets the type to which `quantize` rounds. Of raw bytes the old client makes a field.
        if !["rounded", "voids"].contains(&name) && !staying.contains(&name) {
            assert_eq!(found[name], expected[name], "{name}");
        }
    }
    for name in staying {
        assert_eq!(found[name], serde_json::Value::Null, "{name}");
    }
}
