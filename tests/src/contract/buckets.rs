//! Bucket configs.

use arraylake_types::{AuthConfig, BucketNickname, DeleteRepo, NewBucket, NewRepo, RepoName, Secret};

use super::{Subject, fresh, sure};

fn new_bucket() -> (NewBucket, BucketNickname) {
    let nickname = fresh("store");
    let request = NewBucket::new(&nickname, &format!("s3://{}/some/prefix", fresh("bucket")))
        .unwrap()
        .with_region("eu-west-1");
    (request, nickname.parse().unwrap())
}

/// A bucket config that is made can be got and listed, and says what it was told.
pub async fn a_bucket_config_is_what_it_was_made_to_be(subject: Subject<'_>) {
    let (request, nickname) = new_bucket();
    let made = subject.api.create_bucket_config(subject.org, request.clone()).await.unwrap();
    let got = subject.api.get_bucket_config(subject.org, &nickname).await.unwrap();
    assert_eq!(got, made);
    assert_eq!((&got.name, &got.prefix, &got.platform), (&request.name, &request.prefix, &request.platform));
    assert_eq!(got.extra_config.region(), Some("eu-west-1"));
    assert_eq!(got.auth_config, Some(AuthConfig::anonymous()));
    subject.api.delete_bucket_config(subject.org, &nickname, sure()).await.unwrap();
    assert!(subject.api.get_bucket_config(subject.org, &nickname).await.unwrap_err().is_bucket_not_found());
}

/// Neither a nickname nor a place can be taken twice; another endpoint is another place.
pub async fn a_taken_nickname_or_place_is_refused(subject: Subject<'_>) {
    let (request, nickname) = new_bucket();
    subject.api.create_bucket_config(subject.org, request.clone()).await.unwrap();
    let error = subject.api.create_bucket_config(subject.org, request.clone()).await.unwrap_err();
    assert!(error.is_conflict() && error.detail().unwrap().contains("already exists"), "{error}");
    let (mut elsewhere, other) = new_bucket();
    elsewhere.name.clone_from(&request.name);
    assert!(
        subject.api.create_bucket_config(subject.org, elsewhere.clone()).await.unwrap_err().is_conflict()
    );
    let elsewhere = elsewhere.with_endpoint_url("https://s3.example.com");
    subject.api.create_bucket_config(subject.org, elsewhere).await.unwrap();
    for nickname in [nickname, other] {
        subject.api.delete_bucket_config(subject.org, &nickname, sure()).await.unwrap();
    }
}

/// One bucket config is the default, and it can be chosen.
pub async fn exactly_one_bucket_config_is_the_default(subject: Subject<'_>) {
    let (request, nickname) = new_bucket();
    subject.api.create_bucket_config(subject.org, request).await.unwrap();
    let before = defaults(subject).await;
    subject.api.set_default_bucket_config(subject.org, &nickname).await.unwrap();
    assert_eq!(defaults(subject).await, [nickname.to_string()]);
    subject.api.set_default_bucket_config(subject.org, &before[0].parse().unwrap()).await.unwrap();
    assert_eq!(defaults(subject).await, before);
    subject.api.delete_bucket_config(subject.org, &nickname, sure()).await.unwrap();
}

async fn defaults(subject: Subject<'_>) -> Vec<String> {
    let rows = subject.api.list_bucket_configs(subject.org).await.unwrap();
    assert!(rows.bad.is_empty(), "{:?}", rows.bad);
    rows.into_iter().filter(|bucket| bucket.is_default).map(|bucket| bucket.nickname).collect()
}

/// A bucket config in use lists its repos and cannot be deleted.
pub async fn a_bucket_config_in_use_cannot_be_deleted(subject: Subject<'_>) {
    let (request, nickname) = new_bucket();
    let prefix = request.prefix.clone();
    subject.api.create_bucket_config(subject.org, request).await.unwrap();
    assert!(subject.api.list_repos_for_bucket_config(subject.org, &nickname).await.unwrap().is_empty());
    let name = RepoName::new(subject.org, &fresh("user")).unwrap();
    let repo = NewRepo::new(name.repo()).with_bucket(&nickname).unwrap().with_prefix("inner");
    let made = subject.api.create_repo_object(subject.org, repo).await.unwrap();
    assert_eq!(
        made.prefix,
        format!("{prefix}/inner"),
        "a prefix is relative going out and complete coming in"
    );
    let repos = subject.api.list_repos_for_bucket_config(subject.org, &nickname).await.unwrap();
    assert_eq!(repos.iter().map(|repo| repo.name.as_str()).collect::<Vec<_>>(), [name.repo()]);
    let error = subject.api.delete_bucket_config(subject.org, &nickname, sure()).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    subject
        .api
        .delete_repo(&name, sure(), DeleteRepo::new().with_immediate().with_retain_data())
        .await
        .unwrap();
    subject.api.delete_bucket_config(subject.org, &nickname, sure()).await.unwrap();
}

/// A secret that the service keeps never comes back.
pub async fn a_stored_secret_comes_back_masked(subject: Subject<'_>) {
    let (request, nickname) = new_bucket();
    let request = request.with_auth(AuthConfig::aws_role("123456789012", "role", "shared-MARKER"));
    let made = subject.api.create_bucket_config(subject.org, request).await.unwrap();
    let Some(AuthConfig::AwsRole { shared_secret, external_role_name, .. }) = made.auth_config else {
        panic!("an AWS role comes back as one")
    };
    assert!(shared_secret.as_ref().is_some_and(Secret::is_mask));
    assert_eq!(external_role_name.as_deref(), Some("role"));
    subject.api.delete_bucket_config(subject.org, &nickname, sure()).await.unwrap();
}

/// A nickname that is not there is an error of its own.
pub async fn an_unknown_nickname_is_not_found(subject: Subject<'_>) {
    let nickname: BucketNickname = fresh("nowhere").parse().unwrap();
    let error = subject.api.get_bucket_config(subject.org, &nickname).await.unwrap_err();
    assert!(error.is_bucket_not_found(), "{error}");
    assert!(subject.api.delete_bucket_config(subject.org, &nickname, sure()).await.is_err());
}
