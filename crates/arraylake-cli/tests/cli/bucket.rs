//! `arraylake bucket`.

use arraylake_core::prelude::*;
use serde_json::json;

use crate::support::{Lake, anonymous};

#[tokio::test]
async fn bucket_configs_are_listed_and_shown() {
    let lake = Lake::start().await;
    let text = lake.run(&["bucket", "list", "local"]).await.ok().out;
    assert!(text.lines().next().unwrap().starts_with("Nickname   Default  Place"), "{text}");
    assert!(text.contains("s3://delegated-data/") && text.contains("aws_customer_managed_role"), "{text}");
    let text = lake.run(&["bucket", "get", "local/local"]).await.ok().out;
    assert!(
        text.contains("s3-compatible") && text.contains("hmac") && text.contains("use_ssl=false"),
        "{text}"
    );
    let hidden = lake.run(&["bucket", "list", "local", "-o", "json"]).await.ok();
    let shown = lake.run(&["bucket", "list", "local", "-o", "json", "--show-secrets"]).await.ok();
    assert!(hidden.out.contains("**********") && hidden.out != shown.out);
    lake.run(&["bucket", "get", "local/nope"]).await.failed(4);
}

#[tokio::test]
async fn a_bucket_config_is_made_of_options_and_becomes_the_default() {
    let lake = Lake::start().await;
    let args = [
        "bucket",
        "create",
        "local/cold-store",
        "s3://some-bucket/data",
        "--region",
        "us-east-1",
        "--default",
    ];
    let done = lake.run(&args).await.ok();
    assert_eq!(done.err, "created the bucket config cold-store of local\n");
    let made = lake.run(&["bucket", "get", "local/cold-store", "-o", "json"]).await.ok().json();
    let expected = (&json!("s3"), &json!("data"), &json!(true), &json!("anonymous"));
    let found = (&made["platform"], &made["prefix"], &made["is_default"], &made["auth_config"]["method"]);
    assert_eq!(found, expected);
    let error = lake.run(&["bucket", "create", "local/another", "s3://some-bucket"]).await.failed(2).err;
    assert!(error.contains("region_name") && error.contains("--region"), "{error}");
    let error = lake.run(&["bucket", "create", "local/another", "ftp://x"]).await.failed(2).err;
    assert!(error.contains("s3://"), "{error}");
}

#[tokio::test]
async fn a_bucket_config_is_changed_in_parts_and_the_rest_stays() {
    let lake = Lake::start().await;
    let create = ["bucket", "create", "local/cold-store", "s3://some-bucket/data", "--region", "us-east-1"];
    lake.run(&create).await.ok();
    let error = lake.run(&["bucket", "modify", "local/cold-store"]).await.failed(2).err;
    assert!(error.contains("nothing is to be changed"), "{error}");
    let args =
        ["bucket", "modify", "local/cold-store", "--nickname", "archive", "--uri", "s3://other-bucket"];
    assert_eq!(lake.run(&args).await.ok().err, "changed the bucket config archive of local\n");
    let args = ["bucket", "modify", "local/archive", "--endpoint-url", "http://127.0.0.1:9000", "-o", "json"];
    let changed = lake.run(&args).await.ok().json();
    assert_eq!(
        (&changed["platform"], &changed["name"], &changed["prefix"]),
        (&json!("s3-compatible"), &json!("other-bucket"), &json!(""))
    );
    let extra = json!({"region_name": "us-east-1", "endpoint_url": "http://127.0.0.1:9000"});
    assert_eq!(changed["extra_config"], extra);
    let error = lake.run(&["bucket", "modify", "local/archive", "--uri", "ftp://x"]).await.failed(2).err;
    assert!(error.contains("s3://"), "{error}");
    lake.run(&["bucket", "modify", "local/nope", "--region", "x"]).await.failed(4);
}

#[tokio::test]
async fn single_settings_are_removed_and_one_that_is_not_there_is_named() {
    let lake = Lake::start().await;
    let create = ["bucket", "create", "local/store", "s3://some-bucket", "--region", "us-east-1"];
    let place = ["--endpoint-url", "http://127.0.0.1:9000", "--use-ssl", "false"];
    lake.run(&[&create[..], &place].concat()).await.ok();
    let modify = ["bucket", "modify", "local/store", "-o", "json"];
    let changed = lake.run(&[&modify[..], &["--unset", "use-ssl"]].concat()).await.ok().json();
    let extra = json!({"region_name": "us-east-1", "endpoint_url": "http://127.0.0.1:9000"});
    assert_eq!((&changed["platform"], &changed["extra_config"]), (&json!("s3-compatible"), &extra));
    let changed = lake.run(&[&modify[..], &["--unset", "endpoint_url"]].concat()).await.ok().json();
    assert_eq!(
        (&changed["platform"], &changed["extra_config"]),
        (&json!("s3"), &json!({"region_name": "us-east-1"}))
    );
    for (args, words) in [
        (&["--unset", "use-ssl"][..], "no such setting is stored; there is region_name"),
        (&["--unset", "region", "--region", "x"], "both to be set and to be removed"),
    ] {
        let error = lake.run(&[&modify[..3], args].concat()).await.failed(2).err;
        assert!(error.contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_setting_that_the_platform_cannot_be_without_is_not_removed_and_nothing_is_sent() {
    let lake = Lake::start().await;
    let create = ["bucket", "create", "local/store", "s3://some-bucket", "--region", "us-east-1"];
    lake.run(&create).await.ok();
    for (args, words) in [
        (
            &["--unset", "region"][..],
            r#"invalid bucket "store": S3 buckets require a region_name; name it with --region"#,
        ),
        (&["--platform", "s3-compatible"], "require an endpoint_url; name it with --endpoint-url"),
    ] {
        // Exit code 2 says that nothing was sent; the service's own refusal would be a 5.
        let error = lake.run(&[&["bucket", "modify", "local/store"], args].concat()).await.failed(2).err;
        assert!(error.contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_nickname_that_is_taken_is_told_from_a_bucket_config_that_is_in_use() {
    let lake = Lake::start().await;
    let create = ["bucket", "create", "local/store", "s3://some-bucket", "--region", "us-east-1"];
    lake.run(&create).await.ok();
    let error = lake.run(&["bucket", "modify", "local/store", "--nickname", "delegated"]).await.failed(5).err;
    assert!(error.contains("choose another name") && !error.contains("bucket repos"), "{error}");
}

#[tokio::test]
async fn of_a_role_parts_are_changed_and_other_credentials_as_a_whole() {
    let lake = Lake::start().await;
    let file = lake.home().join("secret");
    std::fs::write(&file, "MARKER-one\n").unwrap();
    let secret = ["--secret-file", file.to_str().unwrap()];
    let create =
        ["bucket", "create", "local/role", "s3://some-bucket", "--region", "us-east-1", "--auth", "aws-role"];
    lake.run(&[&create[..], &["--account", "1", "--role", "old"], &secret].concat()).await.ok();
    let modify = ["bucket", "modify", "local/role"];
    let error = lake.run(&[&modify[..], &["--tenant-id", "x"]].concat()).await.failed(2).err;
    assert!(error.contains("no part of the credentials"), "{error}");
    let args = [&modify[..], &["--role", "new", "-o", "json", "-q"]].concat();
    let changed = lake.run(&args).await.ok();
    let auth = &changed.json()["auth_config"];
    assert_eq!((&auth["external_role_name"], &auth["external_customer_id"]), (&json!("new"), &json!("1")));
    assert!(!changed.out.contains("MARKER"), "{changed:?}");
    let hmac = [&modify[..], &["--auth", "hmac", "--access-key-id", "id"], &secret, &["-o", "json"]].concat();
    assert_eq!(lake.run(&hmac).await.ok().json()["auth_config"]["method"], "hmac");
    let error = lake.run(&[&modify[..], &["--access-key-id", "other"]].concat()).await.failed(2).err;
    assert!(error.contains("as a whole") && error.contains("--auth"), "{error}");
}

#[tokio::test]
async fn a_secret_is_read_from_a_file_or_typed_and_never_shown() {
    let lake = Lake::start().await;
    let file = lake.home().join("secret");
    std::fs::write(&file, "MARKER-of-a-file\n").unwrap();
    let common = ["--endpoint-url", "http://127.0.0.1:9000", "--auth", "hmac", "--access-key-id", "id"];
    let create = |nickname: &'static str, uri: &'static str| {
        [&["bucket", "create", nickname, uri], &common[..]].concat()
    };
    let args = [
        create("local/from-file", "s3://bucket-one"),
        vec!["--secret-file", file.to_str().unwrap(), "-o", "json"],
    ];
    let done = lake.run(&args.concat()).await.ok();
    assert!(!done.out.contains("MARKER") && done.json()["auth_config"]["method"] == "hmac", "{done:?}");
    let args = create("local/typed", "s3://bucket-two");
    let error = lake.run(&args).await.failed(2).err;
    assert!(error.contains("--secret-file"), "{error}");
    let done = lake.setting().with_typed("MARKER-typed\n").run(&args).await.ok();
    assert!(done.err.contains("secret access key: ") && !done.err.contains("MARKER"), "{done:?}");
    for (nickname, secret) in [("from-file", "MARKER-of-a-file"), ("typed", "MARKER-typed")] {
        let name = format!("local/{nickname}");
        let shown = lake.run(&["bucket", "get", &name, "-o", "json", "--show-secrets"]).await.ok().json();
        assert_eq!(shown["auth_config"]["secret_access_key"], secret);
    }
}

#[tokio::test]
async fn what_is_no_part_of_the_kind_of_credentials_is_refused_and_not_left_out() {
    let lake = Lake::start().await;
    let create = ["bucket", "create", "local/store", "s3://some-bucket", "--region", "us-east-1"];
    for (args, words) in [
        (&["--access-key-id", "id"][..], "--access-key-id is no part of credentials of the kind `anonymous`"),
        (&["--auth", "gcp-role", "--service-account", "a", "--role", "r"], "--role is no part"),
    ] {
        let error = lake.run(&[&create[..], args].concat()).await.failed(2).err;
        assert!(error.contains(words) && error.contains("--auth"), "{error}");
    }
    lake.run(&["bucket", "get", "local/store"]).await.failed(4);
}

#[tokio::test]
async fn a_bucket_that_needs_no_credentials_is_not_called_a_name_that_is_taken() {
    let lake = Lake::start().await;
    lake.client().create_bucket_config(&lake.org(), anonymous("cold-store")).await.unwrap();
    let error = lake.run(&["bucket", "credentials", "local/cold-store"]).await.failed(5).err;
    assert!(error.contains("anonymous") && !error.contains("another name"), "{error}");
}

#[tokio::test]
async fn credentials_are_masked_unless_they_are_asked_for() {
    let lake = Lake::start().await;
    let hidden = lake.run(&["bucket", "credentials", "local/delegated"]).await.ok().out;
    assert!(hidden.contains("session token      **********") && hidden.contains("expires"), "{hidden}");
    let hidden = lake.run(&["bucket", "credentials", "local/delegated", "-o", "json"]).await.ok().json();
    assert_eq!(hidden["aws_secret_access_key"], "**********");
    let args =
        ["bucket", "credentials", "local/delegated", "--access", "write", "-o", "json", "--show-secrets"];
    let shown = lake.run(&args).await.ok().json();
    assert!(shown["aws_session_token"].as_str().unwrap().len() > 20);
    let lines = lake.run(&["bucket", "credentials", "local/delegated", "--export"]).await.ok().out;
    let names: Vec<&str> = lines.lines().map(|line| line.split_once('=').unwrap().0).collect();
    let expected = ["export AWS_ACCESS_KEY_ID", "export AWS_SECRET_ACCESS_KEY", "export AWS_SESSION_TOKEN"];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn repos_of_a_bucket_are_listed_and_a_bucket_in_use_stays() {
    let lake = Lake::start().await;
    let (client, org) = (lake.client(), lake.org());
    client.create_bucket_config(&org, anonymous("cold-store")).await.unwrap();
    client.create_repo_object(&org, NewRepo::new("era5").with_bucket("cold-store").unwrap()).await.unwrap();
    assert!(lake.run(&["bucket", "repos", "local/cold-store"]).await.ok().out.contains("era5"));
    for change in
        [&["delete", "local/cold-store", "--yes"][..], &["modify", "local/cold-store", "--region", "x"]]
    {
        let error = lake.run(&[&["bucket"], change].concat()).await.failed(5).err;
        assert!(error.contains("409") && error.contains("arraylake bucket repos"), "{error}");
    }
    lake.run(&["repo", "delete", "local/era5", "--yes", "--immediate", "--retain-data"]).await.ok();
    let asked = lake.setting().with_typed("y\n").run(&["bucket", "delete", "local/cold-store"]).await.ok();
    assert!(asked.err.contains("The bucket s3://some-bucket/data/ stays"), "{asked:?}");
    lake.run(&["bucket", "set-default", "local/cold-store"]).await.failed(4);
    lake.run(&["bucket", "set-default", "local/delegated"]).await.ok();
}
