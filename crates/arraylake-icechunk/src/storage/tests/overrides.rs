//! What a caller may change about a storage, and what the requests say then.

use super::*;
use crate::testing::{first_request, repo, setup};

/// The head of the request that writes, with these overrides.
async fn written_with(overrides: StorageOverrides) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let setup = setup(std::time::Duration::from_secs(3600), std::time::Duration::ZERO);
    let answer = answer(|text| text["repo_bucket"]["extra_config"]["endpoint_url"] = endpoint.into());
    let options = crate::OpenOptions::new().with_storage(overrides);
    let storage = setup.opener().storage(&repo(), &answer, &options).await.unwrap();
    let asked = tokio::spawn(async move {
        let settings = storage.default_settings().await.unwrap();
        let ctx = icechunk::storage::StorageContext::unattributed(&settings);
        drop(storage.put_object(&ctx, "chunks/a", "x".into(), None, Vec::new(), None).await);
    });
    let head = first_request(listener).await.to_lowercase();
    asked.await.unwrap();
    assert!(head.starts_with("put "), "{head}");
    head
}

#[tokio::test]
async fn who_pays_is_said_where_something_is_written_too() {
    let head = written_with(StorageOverrides::new().with_requester_pays(true)).await;
    assert!(head.contains("x-amz-request-payer: requester"), "{head}");
    let head = written_with(StorageOverrides::new()).await;
    assert!(!head.contains("x-amz-request-payer"), "{head}");
}

#[tokio::test]
async fn the_checksum_is_the_one_that_was_chosen() {
    let chosen = StorageOverrides::new().with_checksum_algorithm(S3ChecksumAlgorithm::Sha256);
    let head = written_with(chosen).await;
    assert!(head.contains("x-amz-checksum-sha256:"), "{head}");
}

#[test]
fn what_means_nothing_on_a_platform_is_refused_rather_than_left_undone() {
    let google = answer(|text| {
        text["repo_bucket"]["platform"] = "gs".into();
        text["repo_bucket"]["auth_config"] = auth("anonymous");
    });
    for overrides in [
        StorageOverrides::new().with_requester_pays(true),
        StorageOverrides::new().with_dualstack(true),
        StorageOverrides::new().with_checksum_algorithm(S3ChecksumAlgorithm::Crc32c),
    ] {
        assert_eq!(plan(&google, &overrides).unwrap_err().kind(), &ErrorKind::Config);
    }
}

#[test]
fn a_bucket_of_amazon_is_reached_by_ipv6_and_no_other_is_moved() {
    let both = StorageOverrides::new().with_dualstack(true);
    let endpoint = |region: &str, own: Option<&str>| {
        let answer = answer(|text| {
            text["repo_bucket"]["extra_config"] = serde_json::json!({"region_name": region});
            if let Some(own) = own {
                text["repo_bucket"]["extra_config"]["endpoint_url"] = own.into();
            }
        });
        plan(&answer, &both).map(|plan| plan.endpoint_url.unwrap())
    };
    let at = |region: &str| endpoint(region, None).unwrap();
    assert_eq!(at("eu-central-1"), "https://s3.dualstack.eu-central-1.amazonaws.com");
    assert_eq!(at("cn-north-1"), "https://s3.dualstack.cn-north-1.amazonaws.com.cn");
    assert_eq!(at("us-gov-west-1"), "https://s3.dualstack.us-gov-west-1.amazonaws.com");
    assert_eq!(endpoint("us-iso-east-1", None).unwrap_err().kind(), &ErrorKind::Config);
    assert_eq!(endpoint("us-east-1", Some(PLAIN)).unwrap(), PLAIN);
    assert!(plan(&answer(|_| ()), &StorageOverrides::new()).unwrap().endpoint_url.is_none());
}

#[tokio::test]
async fn an_endpoint_of_a_bucket_on_plain_s3_is_where_requests_go() {
    let head = written_with(StorageOverrides::new()).await;
    assert!(head.contains("host: 127.0.0.1"), "{head}");
}

#[tokio::test]
async fn the_settings_of_the_caller_hold_from_the_first_request_on() {
    for tries in [1u16, 3] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(std::sync::atomic::AtomicU16::new(0));
        let seen = Arc::clone(&count);
        // Breaks every connection.
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                drop(stream);
            }
        });
        let setup = setup(std::time::Duration::from_secs(3600), std::time::Duration::ZERO);
        let answer = answer(|text| text["repo_bucket"]["extra_config"]["endpoint_url"] = endpoint.into());
        let retries = icechunk::storage::RetriesSettings {
            max_tries: Some(tries.try_into().unwrap()),
            initial_backoff_ms: Some(1),
            max_backoff_ms: Some(1),
        };
        let settings = Settings { retries: Some(retries), ..Settings::default() };
        let options = crate::OpenOptions::new().with_storage_settings(settings);
        let error = setup.opener().open(&repo(), answer, options).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Storage);
        assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), tries);
    }
}
