//! The cache under paused time, and what fetchers print and serialise.

use std::time::Duration;

use icechunk::storage::S3CredentialsFetcher;
use tokio::time::{Instant, advance, sleep};

use arraylake_types::RepoName;

use super::*;
use crate::testing::{SECRET, answer, keys, repo, setup};
use crate::{CredentialError, CredentialErrorKind};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(50);

#[tokio::test(start_paused = true)]
async fn a_week_of_hourly_credentials_is_one_fetch_every_56_minutes_and_never_a_failure() {
    let setup = setup(HOUR, MOMENT);
    let end = Instant::now() + 7 * 24 * HOUR;
    while Instant::now() < end {
        let keys = setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
        let left = keys.expiration().unwrap().to_chrono() - (setup.clock)().to_chrono();
        assert!(left.num_seconds() > 180, "icechunk would ask again at once: {left}");
        sleep(Duration::from_secs(17)).await;
    }
    assert!((175..=183).contains(&setup.fake.calls()), "{}", setup.fake.calls());
}

#[tokio::test(start_paused = true)]
async fn sixty_four_callers_share_one_fetch() {
    let setup = setup(HOUR, MOMENT);
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (cache, source) = (setup.cache.clone(), std::sync::Arc::clone(&setup.source));
            tokio::spawn(async move { cache.get(&source, &repo(), &Scope::Bucket).await.is_ok() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    assert_eq!(setup.fake.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_takes_nothing_from_the_others() {
    let setup = setup(HOUR, MINUTE / 4);
    let repo = repo();
    let impatient = tokio::time::timeout(MOMENT, setup.cache.get(&setup.source, &repo, &Scope::Bucket));
    assert!(impatient.await.is_err());
    setup.cache.get(&setup.source, &repo, &Scope::Bucket).await.unwrap();
    assert_eq!(setup.fake.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_felt_only_when_the_credentials_end() {
    let (setup, begin) = (setup(HOUR, MOMENT), Instant::now());
    setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
    setup.fake.set_down(true);
    advance(HOUR - 4 * MINUTE).await;
    let before = setup.fake.calls();
    while setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.is_ok() {
        sleep(Duration::from_secs(1)).await;
    }
    assert!(begin.elapsed() >= HOUR - MINUTE / 2, "{:?}", begin.elapsed());
    assert!(setup.fake.calls() - before < 3 * 210 / 5, "{}", setup.fake.calls() - before);
    let error = setup.cache.last_error(&repo()).unwrap();
    assert!(error.is_transient());
    setup.fake.set_down(false);
    sleep(Duration::from_secs(2)).await;
    setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
    assert!(setup.cache.last_error(&repo()).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_remembered_for_half_a_minute_and_not_retried() {
    let setup = setup(HOUR, MOMENT);
    for _ in 0..2 {
        setup.fake.failures.lock().unwrap().push_back(CredentialError::refused("not allowed"));
    }
    for _ in 0..10 {
        let error = setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap_err();
        assert_eq!(error.to_string(), "not allowed");
    }
    assert_eq!(setup.fake.calls(), 1);
    advance(31 * Duration::from_secs(1)).await;
    setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap_err();
    assert_eq!(setup.fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn transient_failures_are_retried_inside_and_the_service_names_the_pause() {
    let setup = setup(HOUR, MOMENT);
    let busy = CredentialError::transient("busy").with_retry_after(Duration::from_secs(7));
    setup.fake.failures.lock().unwrap().extend([busy, CredentialError::transient("reset")]);
    let begin = Instant::now();
    setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
    assert_eq!(setup.fake.calls(), 3);
    assert!(begin.elapsed() >= Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_fails_within_a_minute() {
    let setup = setup(HOUR, HOUR);
    let begin = Instant::now();
    let error = setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap_err();
    assert!(error.is_transient() && begin.elapsed() < MINUTE);
}

#[tokio::test(start_paused = true)]
async fn credentials_shorter_than_any_margin_are_fetched_at_most_every_five_seconds() {
    for life in [0, 3, 20, 60] {
        let setup = setup(Duration::from_secs(life), Duration::ZERO);
        for _ in 0..600 {
            setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
            sleep(Duration::from_millis(100)).await;
        }
        assert!((2..=13).contains(&setup.fake.calls()), "{life}: {}", setup.fake.calls());
    }
}

#[tokio::test(start_paused = true)]
async fn what_open_brought_needs_no_fetch_and_constants_outlive_an_outage() {
    let setup = setup(HOUR, MOMENT);
    let hmac = answer(|text| {
        let auth =
            serde_json::json!({"method": "hmac", "access_key_id": SECRET, "secret_access_key": SECRET});
        text["repo_bucket"]["auth_config"] = auth;
    });
    setup.cache.seed(&repo(), &hmac);
    setup.cache.get(&setup.source, &repo(), &Scope::Open).await.unwrap();
    assert_eq!(setup.fake.calls(), 0);
    setup.fake.set_down(true);
    advance(24 * HOUR).await;
    let keys = setup.cache.get(&setup.source, &repo(), &Scope::Open).await.unwrap();
    assert!(keys.expiration().is_none() && setup.fake.calls() > 0);
}

#[tokio::test(start_paused = true)]
async fn one_open_renews_all_containers_and_a_missing_one_was_revoked() {
    let setup = setup(HOUR, MOMENT);
    *setup.fake.answer.lock().unwrap() = answer(|text| {
        let entry = serde_json::json!({"platform": "s3", "credentials": keys(None)});
        text["virtual_chunk_credentials"] = serde_json::json!({"s3://a/": entry, "s3://b/": entry});
    });
    for prefix in ["s3://a/", "s3://b/"] {
        let scope = Scope::Container(prefix.to_owned());
        setup.cache.get(&setup.source, &repo(), &scope).await.unwrap();
    }
    assert_eq!(setup.fake.calls(), 1);
    let scope = Scope::Container("s3://gone/".to_owned());
    let error = setup.cache.get(&setup.source, &repo(), &scope).await.unwrap_err();
    assert_eq!(error.kind(), CredentialErrorKind::Revoked);
    assert!(error.to_string().contains("s3://gone/"));
}

#[tokio::test(start_paused = true)]
async fn refused_keys_are_dropped_unless_they_took_the_place_of_others_that_just_were() {
    let setup = setup(HOUR, MOMENT);
    for (pause, dropped, calls) in
        [(Duration::ZERO, true, 2), (Duration::ZERO, false, 2), (MINUTE, true, 3), (MOMENT, false, 3)]
    {
        setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
        advance(pause).await;
        assert_eq!(setup.cache.invalidate(&repo()), dropped);
        setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
        assert_eq!(setup.fake.calls(), calls);
    }
    assert!(!setup.cache.invalidate(&"acme/another".parse().unwrap()), "there is nothing");
}

#[tokio::test(start_paused = true)]
async fn the_cache_is_bounded() {
    let setup = setup(HOUR, Duration::ZERO);
    for number in 0..1100 {
        let name: RepoName = format!("acme/repo{number}").parse().unwrap();
        setup.cache.get(&setup.source, &name, &Scope::Bucket).await.unwrap();
    }
    assert_eq!(format!("{:?}", setup.cache), "CredentialCache { entries: 1024, .. }");
}

#[test]
fn keys_outlive_the_runtime_that_began_their_fetch() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let setup = first.block_on(async { setup(HOUR, MOMENT) });
    first.block_on(async {
        let (patience, repo) = (Duration::from_millis(5), repo());
        let got = tokio::time::timeout(patience, setup.cache.get(&setup.source, &repo, &Scope::Bucket));
        assert!(got.await.is_err());
    });
    drop(first);
    second.block_on(setup.cache.get(&setup.source, &repo(), &Scope::Bucket)).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_fetcher_serialises_to_names_and_comes_back_detached() {
    let setup = setup(HOUR, MOMENT);
    let link = setup.opener().link;
    let fetcher = Fetcher::new(link, repo(), Scope::Container("s3://a/".to_owned()));
    setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
    let fetcher: &dyn S3CredentialsFetcher = &fetcher;
    let text = serde_json::to_string(fetcher).unwrap();
    assert!(text.contains("arraylake-s3-credentials") && text.contains("https://api.example.com"), "{text}");
    assert!(!text.contains(SECRET) && !format!("{fetcher:?}").contains(SECRET));
    let back: Box<dyn S3CredentialsFetcher> = serde_json::from_str(&text).unwrap();
    let error = back.get().await.unwrap_err();
    assert!(error.starts_with(MARKER) && error.contains("acme/era5"), "{error}");
    assert!(error.contains("a client of https://api.example.com"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn nothing_prints_a_secret() {
    let setup = setup(HOUR, MOMENT);
    setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
    let text = format!("{:?} {:?} {:?}", setup.cache, setup.opener(), setup.source);
    assert!(!text.contains(SECRET), "{text}");
}

/// Credentials as a service gives them whose clock is so many seconds behind this machine's: by ours they have ended.
#[tokio::test(start_paused = true)]
async fn a_clock_that_runs_ahead_of_the_services_costs_a_fetch_every_five_seconds_and_no_failure() {
    let setup = setup(HOUR, Duration::ZERO);
    let ours = setup.clock;
    let ahead = move || (ours().to_chrono() + chrono::TimeDelta::hours(2)).into();
    let cache = CredentialCache::with_clock(ahead);
    for _ in 0..60 {
        cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
        sleep(Duration::from_secs(1)).await;
    }
    assert!((10..=13).contains(&setup.fake.calls()), "{}", setup.fake.calls());
}

/// The other way round they seem to live on: they are used until the bucket refuses them.
#[tokio::test(start_paused = true)]
async fn a_clock_that_runs_behind_the_services_finds_out_from_the_bucket() {
    let setup = setup(HOUR, Duration::ZERO);
    let ours = setup.clock;
    let behind = move || (ours().to_chrono() - chrono::TimeDelta::hours(2)).into();
    let cache = CredentialCache::with_clock(behind);
    cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
    advance(2 * HOUR).await;
    cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
    assert_eq!(setup.fake.calls(), 1);
    assert!(cache.invalidate(&repo()), "refused");
    cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
    assert_eq!(setup.fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn many_entries_of_one_moment_are_not_all_due_at_one_moment() {
    let setup = setup(HOUR, Duration::ZERO);
    let names: Vec<RepoName> = (0..100).map(|number| format!("acme/repo{number}").parse().unwrap()).collect();
    for name in &names {
        setup.cache.get(&setup.source, name, &Scope::Bucket).await.unwrap();
    }
    // In the middle of the time in which they become due, some are and some are not.
    advance(HOUR - Duration::from_secs(228)).await;
    for name in &names {
        setup.cache.get(&setup.source, name, &Scope::Bucket).await.unwrap();
    }
    let renewed = setup.fake.calls() - names.len();
    assert!((10..=90).contains(&renewed), "{renewed}");
}

#[tokio::test(start_paused = true)]
async fn repos_that_refer_to_the_same_place_do_not_share_keys_of_virtual_chunks() {
    let setup = setup(HOUR, MOMENT);
    *setup.fake.answer.lock().unwrap() = answer(|text| {
        text["virtual_chunk_credentials"] =
            serde_json::json!({"s3://a/": {"platform": "s3", "credentials": keys(None)}});
    });
    let scope = Scope::Container("s3://a/".to_owned());
    for (asked, name) in ["acme/one", "acme/two", "acme/one"].into_iter().enumerate() {
        setup.cache.get(&setup.source, &name.parse().unwrap(), &scope).await.unwrap();
        assert_eq!(setup.fake.calls(), (asked + 1).min(2), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_was_refused_before_others_were_fetched_is_told_to_ask_again_and_nobody_else() {
    let setup = setup(HOUR, Duration::ZERO);
    let own = |want: &Want| want.is_of_bucket(&repo());
    assert!(setup.cache.refused(own, 0), "there are none yet, so newer ones will come");
    setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
    let before = setup.cache.refusals();
    assert!(setup.cache.refused(own, before), "the first drops them");
    setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
    assert!(setup.cache.refused(own, before), "others had the same");
    assert!(!setup.cache.refused(own, setup.cache.refusals()), "these are the newest");
    assert_eq!(setup.fake.calls(), 2);
    let container = Want::Repo(repo(), Scope::Container("s3://a/".to_owned()));
    assert!(setup.cache.refused(|want| *want == container, 0));
    setup.cache.get(&setup.source, &repo(), &Scope::Bucket).await.unwrap();
    assert_eq!(setup.fake.calls(), 2, "the keys of a container are others");
}

/// Icechunk keeps credentials itself, and asks when less than a random time is left: one to two minutes for S3, two to
/// three elsewhere.
#[tokio::test(start_paused = true)]
async fn a_week_of_reads_by_icechunk_is_as_many_fetches_and_no_read_has_spent_keys() {
    for least in [60, 120] {
        let setup = setup(HOUR, MOMENT);
        let fetcher = Fetcher::new(setup.opener().link, repo(), Scope::Bucket);
        let (end, mut asked) = (Instant::now() + 7 * 24 * HOUR, 0);
        let mut kept: Option<icechunk::storage::S3StaticCredentials> = None;
        while Instant::now() < end {
            let now = (setup.clock)().to_chrono();
            let left = |keys: &icechunk::storage::S3StaticCredentials| {
                (keys.expires_after.unwrap() - now).num_seconds()
            };
            let buffer = fastrand::i64(least..least + 60);
            if kept.as_ref().is_none_or(|keys| left(keys) < buffer) {
                kept = Some(S3CredentialsFetcher::get(&fetcher).await.unwrap());
                asked += 1;
            }
            assert!(left(kept.as_ref().unwrap()) >= 60, "spent");
            sleep(Duration::from_secs(13)).await;
        }
        assert!((165..=183).contains(&setup.fake.calls()), "{}", setup.fake.calls());
        assert!(asked <= 190, "icechunk asks about once an hour, not before each read: {asked}");
    }
}
