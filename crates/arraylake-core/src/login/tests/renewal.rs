//! Logins that are used and renewed, and files that are not what they should be.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_refused_refresh_is_an_error_that_says_to_log_in_and_keeps_the_file() {
    let refusal = json(403, r#"{"error":"invalid_grant","error_description":"Unknown token."}"#);
    let desk = Desk::new([json(401, "{}"), json(200, SETTINGS), refusal]).with_file(&tokens("i", "r"));
    let error = desk.builder().build().unwrap().get_user().await.unwrap_err();
    assert!(error.needs_login() && error.is_unauthenticated(), "{error}");
    let text = error.to_string();
    assert!(
        text.starts_with("get user failed: ") && text.contains("invalid_grant: Unknown token."),
        "{text}"
    );
    assert_eq!(desk.kept().refresh_token.expose(), "r");
}

#[tokio::test]
async fn without_a_login_the_first_call_says_how_to_log_in_and_sends_nothing() {
    let desk = Desk::new([]);
    let error = desk.builder().build().unwrap().get_orgs().await.unwrap_err();
    assert!(error.needs_login(), "{error}");
    assert!(error.to_string().contains("arraylake auth login"), "{error}");
    assert!(desk.script.requests().is_empty());
    assert!(!desk.home.path().join(".arraylake").exists(), "nothing is made");
}

#[tokio::test(start_paused = true)]
async fn a_401_refreshes_once_for_all_calls_of_all_clients_of_a_process() {
    let desk = Desk::new([json(200, USER), json(200, USER)]).with_file(&tokens("i", "r"));
    let (one, other) = (desk.builder().build().unwrap(), desk.builder().build().unwrap());
    // Both have read the file before all three call at once: reading takes time of its own.
    one.get_user().await.and(other.get_user().await).unwrap();
    for _ in 0..3 {
        desk.script.push(json(401, "{}"));
    }
    desk.script.push(json(200, SETTINGS));
    desk.script.push(json(200, tokens("i2", "r2")));
    for _ in 0..3 {
        desk.script.push(json(200, USER));
    }
    let (a, b, c) = tokio::join!(one.get_user(), one.get_user(), other.get_user());
    a.and(b).and(c).unwrap();
    let grants = desk.bodies();
    assert_eq!(grants, ["grant_type=refresh_token&client_id=c&refresh_token=r"]);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_was_renewed_elsewhere_is_picked_up_without_asking_the_provider() {
    let desk = Desk::new([json(200, USER), json(401, "{}"), json(200, USER)]).with_file(&tokens("i", "r"));
    let client = desk.builder().build().unwrap();
    client.get_user().await.unwrap();
    let desk = desk.with_file(&tokens("elsewhere", "r2"));
    client.get_user().await.unwrap();
    assert_eq!(desk.script.tokens(), ["i", "i", "elsewhere"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_program_that_has_ended_as_well_is_renewed_and_not_picked_up() {
    let desk =
        Desk::new([json(200, USER), json(401, "{}"), json(200, SETTINGS)]).with_file(&tokens("i", "r"));
    let client = desk.builder().build().unwrap();
    client.get_user().await.unwrap();
    let desk = desk.with_file(&tokens(&jwt(-10), "r2"));
    let new = jwt(3600);
    desk.script.push(json(200, tokens(&new, "r3")));
    desk.script.push(json(200, USER));
    client.get_user().await.unwrap();
    assert_eq!(desk.script.tokens().last().unwrap(), &new);
    assert_eq!(desk.bodies(), ["grant_type=refresh_token&client_id=c&refresh_token=r2"]);
}

#[tokio::test(start_paused = true)]
async fn a_program_that_knows_no_lock_and_was_faster_is_waited_for() {
    let refusal = json(403, r#"{"error":"invalid_grant"}"#);
    let desk = Desk::new([json(401, "{}"), json(200, SETTINGS), refusal, json(200, USER)])
        .with_file(&tokens("i", "r"));
    let client = desk.builder().build().unwrap();
    let path = desk.file();
    let faster = async {
        while desk.script.remaining() > 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        std::fs::write(path, tokens("faster", "r2")).unwrap();
    };
    let (user, ()) = tokio::join!(client.get_user(), faster);
    user.unwrap();
    assert_eq!(desk.script.tokens().last().unwrap(), "faster");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_does_not_lose_the_tokens_that_were_granted() {
    let desk = Desk::new([json(401, "{}"), json(200, SETTINGS), json(200, tokens("i2", "r2")), silence()])
        .with_file(&tokens("i", "r"));
    let client = desk.builder().build().unwrap();
    let call = tokio::spawn(async move { client.get_user().await });
    while desk.script.remaining() > 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    call.abort();
    while desk.kept().refresh_token.expose() != "r2" {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_provider_holds_a_call_up_for_half_a_minute_and_no_longer() {
    let desk = Desk::new([json(401, "{}"), json(200, SETTINGS), silence()]).with_file(&tokens("i", "r"));
    let begin = tokio::time::Instant::now();
    let error = desk.builder().build().unwrap().get_user().await.unwrap_err();
    assert!(error.is_timeout() && !error.needs_login(), "{error}");
    assert_eq!(begin.elapsed().as_secs(), 30);
    assert_eq!(desk.script.remaining(), 0, "a grant that may have arrived is not asked for twice");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_shortly_before_its_end() {
    let (old, new) = (jwt(59), jwt(3600));
    let desk = Desk::new([json(200, SETTINGS), json(200, tokens(&new, "r2")), json(200, USER)])
        .with_file(&tokens(&old, "r"));
    desk.builder().build().unwrap().get_user().await.unwrap();
    assert_eq!(desk.script.tokens().last().unwrap(), &new);
    let desk = Desk::new([json(200, USER)]).with_file(&tokens(&jwt(120), "r"));
    desk.builder().build().unwrap().get_user().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_renewed_ahead_of_time_is_sent_as_long_as_the_service_takes_it() {
    let desk = Desk::new([refuse(), refuse(), refuse(), json(200, USER), json(200, USER)])
        .with_file(&tokens(&jwt(30), "r"));
    let client = desk.builder().build().unwrap();
    client.get_user().await.unwrap();
    client.get_user().await.unwrap();
    assert_eq!(desk.script.remaining(), 0, "the provider is left alone for a moment");
}

#[tokio::test(start_paused = true)]
async fn a_clock_ten_minutes_off_costs_one_renewal_and_nothing_else() {
    // By the clock of this machine, tokens of five minutes have ended before they come.
    let fresh = |number: i64| {
        let made = jwt::now() - 600;
        let claims = format!(r#"{{"iat":{made},"exp":{},"jti":{number}}}"#, made + 300);
        format!("e30.{}.x", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims))
    };
    let desk = Desk::new([json(200, SETTINGS), json(200, tokens(&fresh(2), "r2"))])
        .with_file(&tokens(&fresh(1), "r"));
    for _ in 0..3 {
        desk.script.push(json(200, USER));
    }
    let client = desk.builder().build().unwrap();
    for _ in 0..3 {
        client.get_user().await.unwrap();
    }
    assert_eq!(desk.script.remaining(), 0);
    // The other way round: ended, though the clock says otherwise. The 401 tells.
    let desk = Desk::new([json(401, "{}"), json(200, SETTINGS), json(200, tokens(&jwt(3000), "r2"))])
        .with_file(&tokens(&jwt(300), "r"));
    desk.script.push(json(200, USER));
    desk.builder().build().unwrap().get_user().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_malformed_token_file_is_named_and_never_quoted_and_a_new_login_replaces_it() {
    for text in [
        "",
        "not json MARKER",
        r#"{"id_token":"MARKER"}"#,
        "[1]",
        r#"{"access_token":"MARKER","id_token":"","refresh_token":"","expires_in":1,"token_type":""}"#,
        "\u{0}MARKER",
    ] {
        let desk =
            Desk::new([json(200, SETTINGS), json(200, CODE), json(200, tokens("i", "r")), json(200, USER)])
                .with_file(text);
        let error = desk.builder().build().unwrap().get_user().await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(error.needs_login() && shown.contains("service.example.com.json"), "{shown}");
        assert!(!shown.contains("MARKER"), "{shown}");
        desk.login().login(LoginOptions::new(), &quiet).await.unwrap();
        assert_eq!(desk.kept().id_token.expose(), "i");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_file_that_cannot_be_read_is_an_error_of_its_own() {
    let desk = Desk::new([]);
    std::fs::create_dir_all(desk.file()).unwrap();
    let error = desk.builder().build().unwrap().get_user().await.unwrap_err();
    assert!(matches!(why(error), LoginError::File { operation: "reading", .. }));
}

#[tokio::test(start_paused = true)]
async fn what_another_client_put_into_the_file_stays_there() {
    let file = tokens("i", "r").replace('}', r#","scope":"openid"}"#);
    let answer = r#"{"access_token":"a2","id_token":"i2","expires_in":60.0,"token_type":"Bearer"}"#;
    let desk = Desk::new([json(200, SETTINGS), json(200, answer), json(200, USER)]).with_file(&file);
    desk.login().refresh().await.unwrap();
    let kept = desk.kept();
    assert_eq!((kept.other["scope"].as_str(), kept.refresh_token.expose()), (Some("openid"), "r"));
}
