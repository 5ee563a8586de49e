//! What a built storage prints, serialises and sends.

use super::*;
use crate::testing::{first_request, repo, setup};

#[tokio::test]
async fn a_built_storage_neither_prints_nor_serialises_a_secret() {
    for (endpoint, method) in [(PLAIN, "hmac"), (R2, "hmac"), (TIGRIS, "aws_customer_managed_role")] {
        let setup = setup(std::time::Duration::from_secs(3600), std::time::Duration::ZERO);
        let answer = answer(|text| {
            text["repo_bucket"]["platform"] = "s3-compatible".into();
            text["repo_bucket"]["auth_config"] = auth(method);
            text["repo_bucket"]["extra_config"]["endpoint_url"] = endpoint.into();
            text["repo_credentials"] = serde_json::to_value(keys(None)).unwrap();
        });
        let storage = setup.opener().storage(&repo(), &answer, &crate::OpenOptions::new()).await.unwrap();
        let text = format!("{} {storage} {storage:?}", serde_json::to_string(&storage).unwrap());
        assert!(text.contains("arraylake-s3-credentials") && text.contains(endpoint), "{text}");
        assert!(!text.contains(SECRET), "{text}");
        assert_eq!(setup.fake.calls(), 0);
    }
}

#[tokio::test]
async fn storages_of_google_and_azure_neither_print_nor_serialise_a_secret() {
    for (platform, method, cell, name) in [
        ("gs", "gcp_customer_managed_role", TOKEN, "arraylake-gcs-credentials"),
        ("azure", "azure_credential_delegation", SIGNATURE, "arraylake-azure-credentials"),
    ] {
        let setup = setup(std::time::Duration::from_secs(3600), std::time::Duration::ZERO);
        let answer = answer(|text| {
            text["repo_bucket"]["platform"] = platform.into();
            text["repo_bucket"]["auth_config"] = auth(method);
            text["repo_bucket"]["extra_config"] = json!({"endpoint_url": "https://store.example.com"});
            text["repo_credentials"] = cell.credentials.json();
        });
        let storage = setup.opener().storage(&repo(), &answer, &crate::OpenOptions::new()).await.unwrap();
        let text = format!("{} {storage} {storage:?}", serde_json::to_string(&storage).unwrap());
        assert!(text.contains(name) && text.contains("https://store.example.com"), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[tokio::test]
async fn requests_to_google_and_azure_go_to_the_endpoint_and_are_signed_with_what_was_vended() {
    for (platform, method, cell, signed) in [
        ("gs", "gcp_customer_managed_role", TOKEN, format!("authorization: Bearer {SECRET}")),
        ("azure", "azure_credential_delegation", SIGNATURE, "sig=vended".to_owned()),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let setup = setup(std::time::Duration::from_secs(3600), std::time::Duration::ZERO);
        let answer = answer(|text| {
            text["repo_bucket"]["platform"] = platform.into();
            text["repo_bucket"]["auth_config"] = auth(method);
            text["repo_bucket"]["extra_config"] = json!({"endpoint_url": endpoint});
            text["repo_credentials"] = cell.credentials.json();
            if platform == "azure" {
                text["repo_credentials"]["sas_token"] = "sv=1&sig=vended".into();
            }
        });
        let storage = setup.opener().storage(&repo(), &answer, &crate::OpenOptions::new()).await.unwrap();
        let asked = tokio::spawn(async move {
            let settings = storage.default_settings().await.unwrap();
            let ctx = icechunk::storage::StorageContext::unattributed(&settings);
            storage.get_object_conditional(&ctx, "repo", None).await.unwrap_err()
        });
        let head = first_request(listener).await;
        assert!(head.starts_with("GET /") && head.replace("%2F", "/").contains("team/era5/repo"), "{head}");
        assert!(head.to_lowercase().contains(&signed.to_lowercase()), "{head}");
        assert!(matches!(asked.await.unwrap().kind, icechunk::storage::StorageErrorKind::ObjectNotFound));
    }
}
