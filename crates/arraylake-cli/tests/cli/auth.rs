//! `arraylake auth` against the login provider of the local service.

use arraylake_local::LoginPolicy;
use chrono::TimeDelta;

use crate::person::{LOGIN, config, log_in, person, quick};
use crate::support::Lake;

#[tokio::test]
async fn a_login_shows_address_and_code_and_serves_until_the_logout() {
    let lake = Lake::start_with(config(quick())).await;
    let person = person(&lake);
    assert!(person.run(&["auth", "status"]).await.failed(3).err.contains("arraylake auth login"));
    let done = log_in(&lake, &person, &LOGIN, "confirm").await.ok();
    let address = format!("{}/activate?user_code=", lake.running.catalog_uri());
    assert!(done.err.contains(&address) && done.err.contains("within 15 minutes"), "{done:?}");
    assert!(done.err.contains("logged in as user@example.com"), "{done:?}");
    let token = person.run(&["auth", "token"]).await.ok().out;
    assert!(token.starts_with("ey") && !done.err.contains(token.trim_end()), "{token}");
    let status = person.run(&["auth", "status"]).await.ok().out;
    assert!(status.contains("user@example.com") && status.contains("login in"), "{status}");
    let status = person.run(&["auth", "status", "-o", "json"]).await.ok();
    assert!(status.json()["by"] == "login" && !status.out.contains(token.trim_end()), "{status:?}");
    assert!(person.run(&["org", "list"]).await.ok().out.contains("local"));
    let done = person.run(&["auth", "refresh"]).await.ok();
    assert!(done.err.contains("renewed"), "{done:?}");
    let renewed = person.run(&["auth", "token", "-o", "json"]).await.ok().json();
    assert_ne!(renewed["token"], token.trim_end());
    let done = person.run(&LOGIN).await.ok();
    assert!(done.err.contains("a login that was there"), "nobody has to confirm anything: {done:?}");
    assert!(person.run(&["auth", "logout"]).await.ok().err.contains("logged out"));
    person.run(&["auth", "token"]).await.failed(3);
    assert_eq!(person.run(&["auth", "logout"]).await.ok().err, "nobody was logged in\n");
    person.run(&["auth", "refresh"]).await.failed(3);
    let error = lake.run(&["auth", "refresh"]).await.failed(3).err;
    assert!(error.contains("no login to renew: the API token from ARRAYLAKE_TOKEN is used"), "{error}");
}

#[tokio::test]
async fn scripts_get_the_user_and_the_address_is_shown_even_to_the_quiet() {
    let lake = Lake::start_with(config(quick())).await;
    let args = [&LOGIN[..], &["-q", "-o", "json"]].concat();
    let done = log_in(&lake, &person(&lake), &args, "confirm").await.ok();
    assert_eq!(done.json()["email"], "user@example.com");
    assert_eq!(done.err.lines().count(), 2, "{done:?}");
}

#[tokio::test]
async fn anew_somebody_has_to_confirm_although_there_is_a_login() {
    let lake = Lake::start_with(config(quick())).await;
    let person = person(&lake);
    log_in(&lake, &person, &LOGIN, "confirm").await.ok();
    let before = person.run(&["auth", "token"]).await.ok().out;
    let anew = [&LOGIN[..], &["--anew"]].concat();
    let denied = log_in(&lake, &person, &anew, "deny").await;
    assert_eq!(denied.code, 5, "{denied:?}");
    assert_eq!(person.run(&["auth", "token"]).await.ok().out, before, "the login that was there stays");
    log_in(&lake, &person, &anew, "confirm").await.ok();
    assert_ne!(person.run(&["auth", "token"]).await.ok().out, before);
}

#[tokio::test]
async fn a_token_that_is_about_to_end_is_renewed_before_it_is_printed_or_sent() {
    let lake = Lake::start_with(config(quick().with_token_lifetime(TimeDelta::seconds(1)))).await;
    let person = person(&lake);
    log_in(&lake, &person, &LOGIN, "confirm").await.ok();
    let seen = [person.run(&["auth", "token"]).await.ok().out, person.run(&["auth", "token"]).await.ok().out];
    assert!(person.run(&["org", "list"]).await.ok().out.contains("local"), "{seen:?}");
}

#[tokio::test]
async fn logged_out_elsewhere_a_refresh_token_is_worth_nothing() {
    let strict = LoginPolicy::with_end_on_reuse(quick(), true);
    let lake = Lake::start_with(config(strict)).await;
    let file = lake.home().join("tokens.json");
    let person = person(&lake).with_var("ARRAYLAKE_SERVICE__TOKEN_PATH", file.to_str().unwrap());
    log_in(&lake, &person, &LOGIN, "confirm").await.ok();
    let copy = std::fs::read(&file).unwrap();
    person.run(&["auth", "logout"]).await.ok();
    std::fs::write(&file, copy).unwrap();
    let error = person.run(&["auth", "refresh"]).await.failed(3).err;
    assert!(error.contains("refused to renew") && error.contains("arraylake auth login"), "{error}");
}

#[tokio::test]
async fn an_api_token_goes_before_a_login_and_says_where_it_came_from() {
    let lake = Lake::start().await;
    let status = lake.run(&["auth", "status"]).await.ok().out;
    assert!(
        status.contains("API token from ARRAYLAKE_TOKEN") && status.contains("user@example.com"),
        "{status}"
    );
    assert_eq!(lake.run(&["auth", "token"]).await.ok().out.trim_end(), lake.running.token().expose());
    let wrong = lake.setting().with_var("ARRAYLAKE_TOKEN", "ema_wrong");
    wrong.run(&["auth", "status"]).await.failed(3);
}
