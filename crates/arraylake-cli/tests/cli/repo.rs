//! `arraylake repo`: entries of the catalog.

use arraylake_core::prelude::*;
use clap::Parser as _;
use serde_json::json;

use crate::support::Lake;

async fn with_entries(names: &[&str]) -> Lake {
    let lake = Lake::start().await;
    for name in names {
        let request = NewRepo::new(*name).with_description(format!("about {name}"));
        lake.client().create_repo_object(&lake.org(), request).await.unwrap();
    }
    lake
}

#[tokio::test]
async fn repos_are_listed_as_a_table_for_people() {
    let lake = with_entries(&["first", "second"]).await;
    let done = lake.run(&["repo", "list", "local"]).await.ok();
    let lines: Vec<&str> = done.out.lines().collect();
    assert!(lines[0].starts_with("Name    Kind      Bucket  Status  Updated"), "{done:?}");
    assert_eq!(lines.len(), 3);
    assert!(done.out.contains("first   icechunk  local   online"), "{done:?}");
    assert!(done.out.contains("about second") && done.err.is_empty(), "{done:?}");
}

#[tokio::test]
async fn scripts_get_the_rows_as_they_are_on_the_wire_in_three_forms() {
    let lake = with_entries(&["first", "second"]).await;
    let rows = lake.run(&["repo", "list", "local", "--output", "json"]).await.ok().json();
    let names: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"first") && rows[0]["status"]["mode"] == "online" && rows[0]["_id"].is_string());
    let lines = lake.run(&["repo", "list", "local", "-o", "jsonl"]).await.ok().out;
    let again: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json!(again), rows);
    let yaml = lake.run(&["repo", "list", "local", "-o", "yaml"]).await.ok().out;
    assert_eq!(serde_norway::from_str::<serde_json::Value>(&yaml).unwrap(), rows);
}

#[tokio::test]
async fn an_empty_listing_is_empty_for_scripts_and_a_note_for_people() {
    let lake = Lake::start().await;
    let done = lake.run(&["repo", "list", "local"]).await.ok();
    assert_eq!((done.out.as_str(), done.err.as_str()), ("", "no repos in local\n"));
    assert_eq!(lake.run(&["repo", "list", "local", "-o", "json"]).await.ok().out, "[]\n");
    assert_eq!(lake.run(&["repo", "list", "local", "-q"]).await.ok().err, "");
}

#[tokio::test]
async fn the_org_comes_from_the_argument_the_option_or_the_configuration() {
    let lake = with_entries(&["first"]).await;
    let plain = lake.setting();
    assert!(plain.run(&["repo", "list", "--org", "local"]).await.ok().out.contains("first"));
    let configured = plain.clone().with_var("ARRAYLAKE_USER__ORG", "local");
    assert!(configured.run(&["repo", "list"]).await.ok().out.contains("first"));
    assert!(configured.run(&["repo", "get", "first"]).await.ok().out.contains("local/first"));
    let error = plain.run(&["repo", "list"]).await.failed(2).err;
    assert!(error.contains("--org") && error.contains("user.org"), "{error}");
}

#[tokio::test]
async fn one_repo_is_shown_with_its_place_and_its_facts() {
    let lake = with_entries(&[]).await;
    let args = ["repo", "create", "local/era5", "--entry-only", "--metadata", "project=ocean"];
    let done = lake.run(&args).await.ok();
    assert_eq!((done.out.as_str(), done.err.as_str()), ("", "created local/era5\n"));
    let text = lake.run(&["repo", "get", "local/era5"]).await.ok().out;
    for part in ["local/era5", "icechunk", "online", "project=ocean", "s3://local-data/"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let model = lake.run(&["repo", "get", "local/era5", "-o", "json"]).await.ok().json();
    assert_eq!(model["metadata"], json!({"project": "ocean"}));
}

#[tokio::test]
async fn secrets_of_a_bucket_are_masked_unless_they_are_asked_for() {
    let lake = with_entries(&["first"]).await;
    for form in ["json", "yaml", "jsonl"] {
        let hidden = lake.run(&["repo", "get", "local/first", "-o", form]).await.ok().out;
        assert!(hidden.contains("secret_access_key") && hidden.contains("**********"), "{hidden}");
    }
    let args = ["repo", "get", "local/first", "-o", "json", "--show-secrets"];
    let shown = lake.run(&args).await.ok().json();
    let secret = shown["bucket"]["auth_config"]["secret_access_key"].as_str().unwrap();
    assert!(!secret.contains('*') && secret.len() > 10);
    let hidden = lake.run(&["repo", "list", "local", "-o", "json"]).await.ok().out;
    assert!(!hidden.contains(secret));
}

#[tokio::test]
async fn facts_and_description_are_changed_and_scripts_get_the_result() {
    let lake = with_entries(&["first"]).await;
    let args = ["repo", "modify", "local/first", "--add-metadata", r#"{"a": 1, "b": "x"}"#, "-o", "json"];
    assert_eq!(lake.run(&args).await.ok().json()["metadata"], json!({"a": 1, "b": "x"}));
    let args = ["repo", "modify", "local/first", "-r", "a", "-u", "b=y", "--description", "", "-o", "json"];
    let changed = lake.run(&args).await.ok().json();
    assert_eq!((&changed["metadata"], &changed["description"]), (&json!({"b": "y"}), &json!("")));
    let error = lake.run(&["repo", "modify", "local/first"]).await.failed(2).err;
    assert!(error.contains("nothing is to be changed"), "{error}");
}

#[tokio::test]
async fn a_deletion_asks_first_and_says_what_becomes_of_the_data() {
    let lake = with_entries(&["first"]).await;
    let no = lake.setting().with_typed("n\n").run(&["repo", "delete", "local/first"]).await;
    assert_eq!(no.code, 1);
    assert!(
        no.err.contains("can be restored for some days") && no.err.contains("nothing was done"),
        "{no:?}"
    );
    lake.run(&["repo", "get", "local/first"]).await.ok();
    let yes = lake.setting().with_typed("yes\n").run(&["repo", "delete", "local/first"]).await.ok();
    assert!(yes.err.contains("deleted local/first"), "{yes:?}");
    lake.run(&["repo", "get", "local/first"]).await.failed(4);
}

#[tokio::test]
async fn without_a_terminal_a_deletion_needs_yes() {
    let lake = with_entries(&["first"]).await;
    let error = lake.run(&["repo", "delete", "local/first"]).await.failed(2).err;
    assert!(error.contains("--yes"), "{error}");
    lake.run(&["repo", "get", "local/first"]).await.ok();
    lake.run(&["repo", "delete", "local/first", "--yes"]).await.ok();
    // What Python's command calls it.
    lake.run(&["repo", "delete", "local/first", "--confirm", "--immediate", "--retain-data"]).await.ok();
    let rows = lake.run(&["repo", "list", "local", "--include-deleted", "-o", "json"]).await.ok().json();
    assert_eq!(rows, json!([]), "the entry is gone for good");
}

#[tokio::test]
async fn a_repo_that_is_not_there_cannot_be_deleted() {
    let lake = Lake::start().await;
    for args in [
        vec!["repo", "delete", "local/nope", "--yes"],
        vec!["repo", "delete", "local/nope", "--yes", "--immediate"],
    ] {
        let error = lake.run(&args).await.failed(4).err;
        assert!(error.contains("arraylake repo list"), "{error}");
    }
}

#[tokio::test]
async fn a_repo_is_put_under_maintenance_and_back_online_and_a_mode_nobody_knows_is_refused() {
    let lake = with_entries(&["era5"]).await;
    let args = ["repo", "set-status", "local/era5", "maintenance", "--message", "back soon"];
    assert_eq!(lake.run(&args).await.ok().out, "maintenance. back soon\n");
    let status = lake.run(&["repo", "get-status", "local/era5", "-o", "json"]).await.ok().json();
    assert_eq!((&status["mode"], &status["message"]), (&json!("maintenance"), &json!("back soon")));
    assert_eq!(lake.run(&["repo", "set-status", "local/era5", "online"]).await.ok().out, "online\n");
    let fault =
        arraylake_cli::Cli::try_parse_from(["arraylake", "repo", "set-status", "local/era5", "asleep"]);
    assert!(fault.unwrap_err().to_string().contains("online, maintenance or offline"));
}
