//! Runs the contract suite over every implementation: one test a part and an implementation.

use arraylake_tests::contract::{self, Subject};
use arraylake_tests::lake::TestLake;
use arraylake_types::{BucketNickname, OrgName};

/// One test: a part of the suite on one implementation.
macro_rules! part {
    ([$(#[$attribute:meta])*] $with:ident $role:ident $part:ident) => {
        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $part() {
            super::$with(async |subject: Subject<'_>| contract::$role::$part(subject).await).await;
        }
    };
}

/// One test a part; `$with` makes the subject and hands it to the part.
macro_rules! suite {
    ($attributes:tt $with:ident: $($role:ident: $($part:ident)+;)+) => {
        $(mod $role {
            use super::*;
            suite!(@each $attributes $with $role $($part)+);
        })+
    };
    (@each $attributes:tt $with:ident $role:ident $($part:ident)+) => {
        $(part!($attributes $with $role $part);)+
    };
}

macro_rules! whole_suite {
    ($attributes:tt $with:ident) => {
        suite! { $attributes $with:
            users: the_user_is_known;
            repos:
                a_repo_is_what_it_was_made_to_be
                a_taken_name_is_refused
                a_deleted_repo_is_a_ghost_unless_it_is_removed_at_once
                pages_hold_every_repo_once
                a_filter_finds_by_metadata
                what_is_not_there_is_not_found;
            buckets:
                a_bucket_config_is_what_it_was_made_to_be
                a_taken_nickname_or_place_is_refused
                exactly_one_bucket_config_is_the_default
                a_bucket_config_in_use_cannot_be_deleted
                a_stored_secret_comes_back_masked
                an_unknown_nickname_is_not_found;
        }
    };
}

mod over_http {
    //! The client and the local service, with a socket between them.
    use super::*;

    async fn with_subject(part: impl AsyncFnOnce(Subject<'_>)) {
        let lake = TestLake::start().await;
        let client = lake.client();
        part(Subject { api: &client, org: lake.org(), bucket: lake.bucket() }).await;
    }

    whole_suite!([] with_subject);
}

mod in_process {
    //! The client with the local service as its leaf: no socket at all.
    use super::*;

    async fn with_subject(part: impl AsyncFnOnce(Subject<'_>)) {
        let lake = TestLake::start().await;
        let client = lake.client_without_socket();
        part(Subject { api: &client, org: lake.org(), bucket: lake.bucket() }).await;
    }

    whole_suite!([] with_subject);
}

mod live {
    //! Any service: `ARRAYLAKE_TEST_URI`, `_TOKEN`, `_ORG` and `_BUCKET` name it and a place where anything may be
    //! done. These tests are run by `cargo test -- --ignored` alone.
    use super::*;

    fn variable(name: &str) -> String {
        let name = format!("ARRAYLAKE_TEST_{name}");
        std::env::var(&name).unwrap_or_else(|_| panic!("{name} names no service"))
    }

    async fn with_subject(part: impl AsyncFnOnce(Subject<'_>)) {
        let (uri, token) = (variable("URI"), variable("TOKEN"));
        let org: OrgName = variable("ORG").parse().unwrap();
        let bucket: BucketNickname = variable("BUCKET").parse().unwrap();
        let client = arraylake_core::AsyncClient::builder()
            .with_config(arraylake_core::Config::empty())
            .with_service_uri(uri)
            .with_token(token)
            .build()
            .unwrap();
        part(Subject { api: &client, org: &org, bucket: &bucket }).await;
    }

    whole_suite!([#[ignore = "needs a service, which ARRAYLAKE_TEST_URI names"]] with_subject);
}
