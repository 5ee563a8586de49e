//! `arraylake repo`: what is in a repository.

use arraylake_core::icechunk::icechunk::format::Path;
use arraylake_core::icechunk::icechunk::format::snapshot::{ArrayShape, DimensionName};
use arraylake_core::prelude::*;
use serde_json::json;

use crate::support::Lake;

/// A repo with a group, an array, two commits, a branch and a tag.
async fn with_data() -> Lake {
    let lake = Lake::start().await;
    lake.run(&["repo", "create", "local/era5"]).await.ok();
    let client = lake.client();
    let repo = client.get_repo(&"local/era5".parse().unwrap(), OpenOptions::new()).await.unwrap();
    let repo = repo.into_icechunk().unwrap();
    let mut session = repo.writable_session("main").await.unwrap();
    let document = |attributes: serde_json::Value| {
        json!({"zarr_format": 3, "node_type": "group", "attributes": attributes}).to_string().into()
    };
    session.add_group(Path::root(), document(json!({"title": "made up"}))).await.unwrap();
    session.add_group(Path::new("/surface").unwrap(), document(json!({}))).await.unwrap();
    let array = json!({
        "zarr_format": 3, "node_type": "array", "data_type": "float32", "shape": [24, 180],
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [6, 90]}}, "attributes": {"units": "K"},
    });
    let shape = ArrayShape::new([(24, 4), (180, 2)]).unwrap();
    let names = Some(vec![DimensionName::from("time"), DimensionName::from("lat")]);
    session
        .add_array(Path::new("/surface/t2m").unwrap(), shape, names, array.to_string().into())
        .await
        .unwrap();
    let id = session.commit("the field").execute().await.unwrap();
    repo.repository().create_tag("v1.0", &id).await.unwrap();
    repo.repository().create_branch("dev", &id).await.unwrap();
    lake
}

#[tokio::test]
async fn a_repo_is_created_whole_and_can_be_read() {
    let lake = with_data().await;
    let text = lake.run(&["repo", "tree", "local/era5"]).await.ok().out;
    assert_eq!(text, "local/era5\n└── surface\n    └── t2m (time: 24, lat: 180) float32\n");
    let text = lake.run(&["repo", "tree", "local/era5", "--attributes", "--depth", "1"]).await.ok().out;
    assert_eq!(text, "local/era5\n├── @title: made up\n└── surface\n");
    let text = lake.run(&["repo", "tree", "local/era5", "--prefix", "surface/"]).await.ok().out;
    assert_eq!(text, "local/era5/surface\n└── t2m (time: 24, lat: 180) float32\n");
}

#[tokio::test]
async fn scripts_get_the_tree_as_nodes_within_nodes() {
    let lake = with_data().await;
    let tree = lake.run(&["repo", "tree", "local/era5", "--tag", "v1.0", "-o", "json"]).await.ok().json();
    let array = &tree["children"][0]["children"][0];
    let expected = json!({
        "name": "t2m", "path": "/surface/t2m", "node_type": "array", "shape": [24, 180], "data_type": "float32",
        "chunk_shape": [6, 90], "dimension_names": ["time", "lat"], "attributes": {"units": "K"},
    });
    assert_eq!((array, &tree["attributes"]["title"]), (&expected, &json!("made up")));
}

#[tokio::test]
async fn commits_branches_and_tags_are_listed() {
    let lake = with_data().await;
    let text = lake.run(&["repo", "log", "local/era5"]).await.ok().out;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].contains("the field") && lines[1].contains("Local User <user@example.com>"), "{text}");
    let commits = lake.run(&["repo", "log", "local/era5", "-n", "1", "-o", "json"]).await.ok().json();
    let id = commits[0]["id"].as_str().unwrap().to_owned();
    assert_eq!((commits.as_array().unwrap().len(), &commits[0]["message"]), (1, &json!("the field")));
    let branches = lake.run(&["repo", "branches", "local/era5", "-o", "json"]).await.ok().json();
    assert_eq!(branches, json!([{"name": "dev", "snapshot_id": id}, {"name": "main", "snapshot_id": id}]));
    let tags = lake.run(&["repo", "tags", "local/era5"]).await.ok().out;
    assert_eq!(tags, format!("Name  Snapshot\nv1.0  {id}\n"));
    let older = lake.run(&["repo", "tree", "local/era5", "--snapshot", &id]).await.ok().out;
    assert!(older.contains("t2m"), "{older}");
}

#[tokio::test]
async fn a_branch_tag_or_snapshot_that_is_not_there_is_not_found() {
    let lake = with_data().await;
    for args in [["--branch", "nope"], ["--tag", "nope"], ["--snapshot", "VY76P925PRY57WFEK410"]] {
        lake.run(&[&["repo", "log", "local/era5"], &args[..]].concat()).await.failed(4);
        let error = lake.run(&[&["repo", "tree", "local/era5"], &args[..]].concat()).await.failed(4).err;
        assert!(error.contains("arraylake repo branches"), "{error}");
    }
    let error = lake.run(&["repo", "tree", "local/era5", "--snapshot", "zzz"]).await.failed(2).err;
    assert!(error.contains("no id of a snapshot"), "{error}");
}

#[tokio::test]
async fn an_empty_repo_says_that_it_is() {
    let lake = Lake::start().await;
    lake.run(&["repo", "create", "local/empty", "--bucket", "delegated"]).await.ok();
    let done = lake.run(&["repo", "tree", "local/empty"]).await.ok();
    assert!(done.err.contains("neither groups nor arrays"), "{done:?}");
    let done = lake.run(&["repo", "tags", "local/empty"]).await.ok();
    assert_eq!(done.err, "local/empty has no tags\n");
}

#[tokio::test]
async fn a_repository_in_a_bucket_is_imported_and_one_that_is_not_there_leaves_no_entry() {
    let lake = with_data().await;
    let model = lake.run(&["repo", "get", "local/era5", "-o", "json"]).await.ok().json();
    let prefix = model["prefix"].as_str().unwrap().to_owned();
    lake.run(&["repo", "delete", "local/era5", "--yes", "--immediate", "--retain-data"]).await.ok();
    let done = lake.run(&["repo", "import", "local/again", "local", &prefix]).await.ok();
    assert_eq!(done.err, "imported local/again\n");
    assert!(lake.run(&["repo", "tree", "local/again"]).await.ok().out.contains("t2m"));
    let error = lake.run(&["repo", "import", "local/nothing", "nobodys", "place"]).await.failed(5).err;
    assert!(error.contains("arraylake bucket list"), "{error}");
    let error = lake.run(&["repo", "import", "local/nothing", "local", "no/such/place"]).await.failed(4).err;
    assert!(error.contains("arraylake bucket get"), "{error}");
    assert!(error.contains("no/such/place") || error.contains("local/nothing"), "{error}");
    lake.run(&["repo", "get", "local/nothing"]).await.failed(4);
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused() {
    let lake = with_data().await;
    let error = lake.run(&["repo", "create", "local/era5"]).await.failed(5).err;
    assert!(error.contains("409") && error.contains("choose another name"), "{error}");
}

#[cfg(feature = "v1")]
#[tokio::test]
async fn a_v1_repo_without_a_bucket_is_refused_with_what_to_do_and_leaves_no_entry() {
    let lake = Lake::start().await;
    let error = lake.run(&["repo", "create", "local/old", "--kind", "v1"]).await.failed(5).err;
    assert!(error.contains("--bucket"), "{error}");
    lake.run(&["repo", "get", "local/old"]).await.failed(4);
}

/// A V1 repo with a group, an array, a commit and a tag.
#[cfg(feature = "v1")]
async fn with_older_data() -> Lake {
    use arraylake_core::v1::{Checkout, CommitOptions, Ref};
    let lake = Lake::start().await;
    lake.run(&["repo", "create", "local/old", "--kind", "v1", "--bucket", "local"]).await.ok();
    let client = lake.client();
    let repo = client.get_repo(&"local/old".parse().unwrap(), OpenOptions::new()).await.unwrap();
    let repo = repo.into_v1().unwrap();
    repo.checkout("main", Checkout::new()).await.unwrap();
    let group = json!({"attributes": {"title": "made up"}, "extensions": []});
    let array = json!({
        "shape": [24, 180], "data_type": "<f4", "chunk_grid": {"type": "regular", "chunk_shape": [6, 90], "separator": "/"},
        "chunk_memory_layout": "C", "fill_value": 0.0, "extensions": [],
        "attributes": {"units": "K", "_ARRAY_DIMENSIONS": ["time", "lat"]},
    });
    repo.set_docs([("meta/root.group.json", &group), ("meta/root/surface.group.json", &group)])
        .await
        .unwrap();
    repo.set_doc("meta/root/surface/t2m.array.json", &array).await.unwrap();
    repo.commit("the field", CommitOptions::new()).await.unwrap();
    repo.tag("v1.0", Ref::Current, None).await.unwrap();
    lake
}

#[cfg(feature = "v1")]
#[tokio::test]
async fn v1_repos_are_shown_by_the_same_commands() {
    let lake = with_older_data().await;
    let text = lake.run(&["repo", "tree", "local/old"]).await.ok().out;
    assert_eq!(text, "local/old\n└── surface\n    └── t2m (time: 24, lat: 180) float32\n");
    let tree =
        lake.run(&["repo", "tree", "local/old", "--prefix", "surface", "-o", "json"]).await.ok().json();
    assert_eq!(
        (&tree["children"][0]["path"], &tree["children"][0]["chunk_shape"]),
        (&json!("/surface/t2m"), &json!([6, 90]))
    );
    let log = lake.run(&["repo", "log", "local/old"]).await.ok().out;
    assert!(log.contains("the field") && log.contains("Local User <user@example.com>"), "{log}");
    let commits = lake.run(&["repo", "log", "local/old", "-o", "json"]).await.ok().json();
    let id = commits[0]["id"].as_str().unwrap();
    let expected = |name: &str| json!([{"name": name, "snapshot_id": id}]);
    assert_eq!(
        lake.run(&["repo", "branches", "local/old", "-o", "json"]).await.ok().json(),
        expected("main")
    );
    assert_eq!(lake.run(&["repo", "tags", "local/old", "-o", "json"]).await.ok().json(), expected("v1.0"));
    lake.run(&["repo", "log", "local/old", "--commit", id]).await.ok();
    let error = lake.run(&["repo", "log", "local/old", "--branch", "nope"]).await.failed(4).err;
    assert!(error.contains("arraylake repo branches"), "{error}");
    lake.run(&["repo", "log", "local/old", "--snapshot", "nope"]).await.failed(2);
}
