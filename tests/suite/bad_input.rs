//! What a caller may get wrong is refused before anything is sent, by the client of either kind in the same words: the
//! value, the rule, and no secret.

use arraylake_blocking::Client;
use arraylake_core::prelude::*;
use arraylake_core::transport::testing::Script;
use arraylake_core::{AsyncClient, ClientBuilder, Config, Error, Result};

/// A builder over a service that must not be asked.
fn builder(script: &Script) -> ClientBuilder {
    let leaf = script.clone();
    AsyncClient::builder()
        .with_config(Config::empty())
        .with_service_uri("http://service.example.com")
        .with_token("ema_MARKER")
        .with_transport(|transport| transport.with_leaf(leaf))
}

/// Checks that nobody was asked and that the error names the value and the rule.
fn check(script: &Script, errors: [Error; 2], value: &str, rule: &str) {
    assert!(script.requests().is_empty(), "{:?}", script.paths());
    for error in errors {
        assert!(error.is_invalid_input(), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(value) && text.contains(rule), "{text}, not {value} and {rule}");
        assert!(!format!("{text} {error:?}").contains("MARKER"), "{text}");
    }
}

/// What comes of building a client of either kind.
fn built(change: impl Fn(ClientBuilder) -> ClientBuilder, value: &str, rule: &str) {
    let script = Script::new([]);
    let builder = || change(builder(&script));
    check(&script, [builder().build().unwrap_err(), Client::build(builder()).unwrap_err()], value, rule);
}

/// What comes of a call of either client.
fn called<T: std::fmt::Debug, F: Future<Output = Result<T>>>(
    call: impl FnOnce(AsyncClient) -> F,
    blocking_call: impl FnOnce(Client) -> Result<T>,
    value: &str,
    rule: &str,
) {
    let script = Script::new([]);
    let client = builder(&script).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(call(client.clone())).unwrap_err();
    check(&script, [error, blocking_call(Client::from(client)).unwrap_err()], value, rule);
}

fn org() -> OrgName {
    "acme".parse().unwrap()
}

#[test]
fn a_repo_name_without_an_org_or_with_more_than_two_parts_or_odd_letters_is_no_name() {
    for bad in ["a", "a/b/c", "../x/y", "a b/c", "", "/b", "a/"] {
        let error = Error::from(bad.parse::<RepoName>().unwrap_err());
        assert!(error.is_invalid_input(), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(&format!("{bad:?}")) && text.contains("must be"), "{text}");
    }
}

#[test]
fn an_empty_token_and_one_of_another_form_are_refused_and_not_quoted() {
    built(|builder| builder.with_token(""), "<0 characters>", "must not be empty");
    built(|builder| builder.with_token("  \n"), "<0 characters>", "must not be empty");
    let rule = "must begin with `ema_`, or with `ey` if it is a JWT";
    built(|builder| builder.with_token("MARKER"), "<6 characters>", rule);
    built(|builder| builder.with_token("ema_MARKER two"), "characters>", "without blanks");
    let jwt = builder(&Script::new([])).with_token("eyJhbGciOiJIUzI1NiJ9.e30.MARKER");
    jwt.build().unwrap();
}

#[test]
fn a_service_uri_without_a_scheme_or_with_another_one_is_refused() {
    for bad in ["api.earthmover.io", "localhost:8000", "ftp://service.example.com", ""] {
        let rule = "must begin with `http://` or `https://`";
        built(|builder| builder.with_service_uri(bad), &format!("{bad:?}"), rule);
    }
    let rule = "must not have a user or a password";
    built(|builder| builder.with_service_uri("http://me:MARKER@service.example.com"), "service URI", rule);
}

#[test]
fn a_bucket_uri_of_a_scheme_that_is_no_object_store_is_refused() {
    for bad in ["ftp://x", "https://bucket.example.com/data", "some-bucket", "file:///data"] {
        let error = Error::from(NewBucket::new("scratch", bad).unwrap_err());
        assert!(error.is_invalid_input());
        let expected = format!("invalid bucket URI {bad:?}: must begin with `s3://`, `gs://` or `az://`");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_bucket_of_s3_without_a_region_is_refused() {
    let request = NewBucket::new("scratch", "s3://some-bucket").unwrap();
    called(
        async |client| client.create_bucket_config(&org(), request.clone()).await,
        |client| client.create_bucket_config(&org(), request.clone()),
        "\"scratch\"",
        "S3 buckets require a region_name",
    );
}

#[test]
fn a_nickname_of_two_characters_is_refused() {
    let faults = [
        NewBucket::new("ab", "s3://some-bucket").unwrap_err(),
        "ab".parse::<BucketNickname>().unwrap_err(),
        NewRepo::new("era5").with_bucket("ab").unwrap_err(),
    ];
    for fault in faults {
        let text = Error::from(fault).to_string();
        assert!(text.contains("\"ab\"") && text.contains("at least 3"), "{text}");
    }
}

#[test]
fn a_change_that_takes_what_a_bucket_of_s3_cannot_be_without_is_refused() {
    let request = ModifyBucket::new()
        .with_platform(arraylake_types::Platform::S3)
        .with_extra_config(arraylake_types::ExtraConfig::new());
    let bucket = || BucketRef::from("cold-store".parse::<BucketNickname>().unwrap());
    called(
        async |client| client.modify_bucket_config(&org(), &bucket(), request.clone()).await,
        |client| client.modify_bucket_config(&org(), &bucket(), request.clone()),
        "\"s3\"",
        "S3 buckets require a region_name",
    );
}

#[test]
fn a_new_repo_whose_name_is_reserved_or_too_long_is_refused() {
    for (name, rule) in [("settings", "reserved"), (&*"x".repeat(129), "128")] {
        called(
            async |client| client.create_repo_object(&org(), NewRepo::new(name)).await,
            |client| client.create_repo_object(&org(), NewRepo::new(name)),
            name,
            rule,
        );
    }
}
