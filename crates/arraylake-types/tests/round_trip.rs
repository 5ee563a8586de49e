//! Random valid answers are read, written and read again without a change.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use arraylake_types::{BucketResponse, OpenRepo, Page, RepoModel, RepoSubscription, StorageCredentials};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn uuid() -> impl Strategy<Value = String> {
    "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"
}

fn id() -> impl Strategy<Value = String> {
    "[0-9a-f]{24}"
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9_ü][a-zA-Z0-9_.-]{1,20}"
}

/// Times as services write them.
fn time() -> impl Strategy<Value = String> {
    (1990..2090_u32, 1..13_u32, 1..29_u32, 0..24_u32, 0..60_u32, option::of(1..999_999_u32)).prop_map(
        |(year, month, day, hour, minute, micros)| {
            let fraction = micros.map(|micros| format!(".{micros:06}")).unwrap_or_default();
            format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:07{fraction}+00:00")
        },
    )
}

/// Facts of a repo: scalars and lists of scalars.
fn facts() -> impl Strategy<Value = Value> {
    let scalar = || {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            // Eighths: other fractions may come back off by the last bit, as serde_json reads them here.
            any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
            ".{0,8}".prop_map(Value::from),
        ]
    };
    let value = prop_oneof![scalar(), vec(scalar(), 0..3).prop_map(Value::from)];
    vec(("[a-z]{1,6}", value), 0..4).prop_map(|facts| Value::Object(facts.into_iter().collect()))
}

fn auth() -> impl Strategy<Value = Value> {
    let masked = option::of(Just("**********"));
    prop_oneof![
        option::of(name()).prop_map(|account| json!({"method": "anonymous", "storage_account": account})),
        (name(), name()).prop_map(|(id, key)| {
            json!({"method": "hmac", "access_key_id": id, "secret_access_key": key})
        }),
        (name(), masked).prop_map(|(role, secret)| {
            json!({"method": "aws_customer_managed_role", "external_customer_id": "1",
                "external_role_name": role, "shared_secret": secret})
        }),
        name().prop_map(|it| json!({"method": "gcp_customer_managed_role", "target_service_account": it})),
        (name(), name()).prop_map(|(tenant, account)| {
            json!({"method": "azure_credential_delegation", "tenant_id": tenant, "storage_account": account})
        }),
    ]
}

fn bucket() -> impl Strategy<Value = Value> {
    let platform = prop_oneof![Just("s3"), Just("s3-compatible"), Just("minio"), Just("gs"), Just("azure")];
    let extra = option::of(any::<bool>()).prop_map(|ssl| match ssl {
        Some(ssl) => json!({"use_ssl": ssl, "region_name": "eu-west-1"}),
        None => json!({}),
    });
    (uuid(), name(), platform, "[a-z0-9/]{0,20}", extra, auth(), time(), any::<bool>()).prop_map(
        |(id, name, platform, prefix, extra, auth, time, default)| {
            json!({"id": id, "nickname": name, "platform": platform, "name": "data", "prefix": prefix,
                "extra_config": extra, "auth_config": auth, "created": time, "updated": time,
                "created_by": "a@example.com", "is_default": default, "em_managed": false, "health": null})
        },
    )
}

fn repo() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![Just("icechunk"), Just("v1"), Just("zip")];
    let mode = prop_oneof![Just("online"), Just("maintenance"), Just("offline")];
    let optional = (option::of(bucket()), option::of(facts()), option::of(".{0,20}"), option::of(time()));
    let seconds = option::of(any::<u32>().prop_map(|number| f64::from(number) / 8.0));
    (id(), name(), kind, mode, time(), uuid(), optional, seconds).prop_map(
        |(id, name, kind, mode, time, who, (bucket, facts, text, deleted), age)| {
            json!({"_id": id, "org": "acme", "name": name, "created": time, "updated": time,
                "description": text, "metadata": facts, "created_by": who, "visibility": "PRIVATE",
                "subscription": null, "bucket": bucket, "kind": kind, "prefix": "a/b",
                "status": {"mode": mode, "message": text, "initiated_by": {"principal_id": who},
                    "is_user_modifiable": true, "estimated_end_time": deleted},
                "optimization_config": {"window": null, "expiration_config": null,
                    "gc_config": {"extra_gc_roots": ["A"], "dangling_chunks": age, "enabled": false}},
                "permissions": [{"principal_id": who, "actions": ["CAN_READ", "CAN_WRITE"]}],
                "deleted_at": deleted, "retain_data": deleted.is_some()})
        },
    )
}

fn credentials() -> impl Strategy<Value = Value> {
    prop_oneof![
        (name(), option::of(name()), option::of(time())).prop_map(|(key, token, expires)| {
            json!({"aws_access_key_id": key, "aws_secret_access_key": key, "aws_session_token": token,
                "expiration": expires})
        }),
        (name(), option::of(time())).prop_map(|(token, expires)| {
            json!({"access_token": token, "principal": "p", "expiration": expires})
        }),
        (name(), option::of(time())).prop_map(|(token, expires)| {
            json!({"sas_token": token, "storage_account": "p", "expiration": expires})
        }),
    ]
}

/// Reads, writes and reads again; what was sent is still there.
fn survives<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(sent: &Value, keys: &[&str]) {
    let first: T = serde_json::from_str(&sent.to_string()).unwrap();
    let written = serde_json::to_value(&first).unwrap();
    let second: T = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(first, second);
    for key in keys {
        assert_eq!(written[key], sent[key], "{key}");
    }
}

proptest! {
    #[test]
    fn repos_survive(repo in repo()) {
        survives::<RepoModel>(&repo, &["_id", "org", "name", "kind", "prefix", "description", "metadata"]);
    }

    #[test]
    fn bucket_configs_survive(bucket in bucket()) {
        survives::<BucketResponse>(&bucket, &["nickname", "platform", "prefix", "extra_config", "is_default"]);
    }

    #[test]
    fn credentials_survive(credentials in credentials()) {
        survives::<StorageCredentials>(&credentials, &["aws_session_token", "access_token", "sas_token"]);
    }

    #[test]
    fn open_answers_survive(
        bucket in bucket(), own in option::of(credentials()), lent in option::of(credentials()), id in uuid()
    ) {
        let entry = json!({"credentials": lent, "org": "acme", "bucket_nickname": "main", "platform": "s3",
            "runtime_vcc_name": null, "region": "eu-west-1", "endpoint_url": null, "allow_http": false,
            "force_path_style": true});
        let open = json!({"repo_bucket": bucket, "repo_prefix": "a/b", "repo_credentials": own,
            "virtual_chunk_credentials": {"s3://b/": entry}, "author": {"name": null, "email": "a@example.com"},
            "principal_id": id, "status": {"mode": "online", "initiated_by": {}}});
        survives::<OpenRepo>(&open, &["repo_prefix", "principal_id"]);
    }

    #[test]
    fn subscriptions_survive(id in id(), parent in id(), who in option::of(uuid())) {
        let row = json!({"id": id, "parent_repo": parent, "parent_org": "acme", "subscriber": null,
            "marketplace_listing": parent, "subscribed_at": "2025-01-01T00:00:00", "status": "active",
            "subscription_type": "filtered", "source_filter": null,
            "target_filter": {"nodes": {"include_paths": ["/a"], "exclude_paths": []}}, "exchange_id": who});
        survives::<RepoSubscription>(&row, &["id", "parent_repo", "subscription_type"]);
    }

    #[test]
    fn pages_keep_their_rows_in_order(repos in vec(repo(), 0..6)) {
        let page = json!({"items": repos, "total": repos.len(), "page": 1, "size": 50, "pages": 1});
        let page = Page::<RepoModel>::from_slice(page.to_string().as_bytes()).unwrap();
        assert!(page.rows.bad.is_empty());
        let names: Vec<&str> = page.rows.iter().map(|repo| repo.name.as_str()).collect();
        let sent: Vec<&str> = repos.iter().map(|repo| repo["name"].as_str().unwrap()).collect();
        assert_eq!(names, sent);
    }
}
