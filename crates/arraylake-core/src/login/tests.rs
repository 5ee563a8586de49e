mod renewal;

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use arraylake_transport::testing::{Script, Step, json, refuse, silence, status};
use base64::Engine as _;

use super::*;
use crate::prelude::*;
use crate::{AsyncClient, ClientBuilder};

const SETTINGS: &str = r#"{"domain":"login.example.com","client_id":"c"}"#;
const USER: &str =
    r#"{"id":"22222222-2222-4222-8222-222222222222","first_name":"Ada","email":"ada@example.com"}"#;
const CODE: &str = r#"{"device_code":"d","user_code":"AB-CD","verification_uri":"https://login.example.com/a","expires_in":60,"interval":5}"#;

/// A home directory and a scripted network.
struct Desk {
    home: tempfile::TempDir,
    script: Script,
}

impl Desk {
    fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { home: tempfile::tempdir().unwrap(), script: Script::new(steps) }
    }

    fn builder(&self) -> ClientBuilder {
        let home = self.home.path().to_str().unwrap();
        let leaf = self.script.clone();
        AsyncClient::builder()
            .with_config(Config::from_env_vars([("HOME", home)]))
            .with_service_uri("http://service.example.com")
            .with_transport(|transport| transport.with_leaf(leaf))
    }

    fn login(&self) -> Login {
        self.builder().build_login().unwrap()
    }

    fn file(&self) -> PathBuf {
        self.home.path().join(".arraylake/tokens/service.example.com.json")
    }

    fn with_file(self, text: &str) -> Self {
        std::fs::create_dir_all(self.file().parent().unwrap()).unwrap();
        std::fs::write(self.file(), text).unwrap();
        self
    }

    fn kept(&self) -> OauthTokens {
        serde_json::from_slice(&std::fs::read(self.file()).unwrap()).unwrap()
    }

    fn bodies(&self) -> Vec<String> {
        let text =
            |request: &arraylake_transport::Request| String::from_utf8(request.body().to_vec()).unwrap();
        self.script.requests().iter().map(text).filter(|body| !body.is_empty()).collect()
    }
}

fn tokens(id: &str, refresh: &str) -> String {
    format!(
        r#"{{"access_token":"a-{id}","id_token":"{id}","refresh_token":"{refresh}","expires_in":86400,"token_type":"Bearer"}}"#
    )
}

/// A token that ends so many seconds from now, made an hour before.
fn jwt(from_now: i64) -> String {
    let end = jwt::now() + from_now;
    let claims = format!(r#"{{"iat":{},"exp":{end}}}"#, end - 3600);
    format!("e30.{}.x", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims))
}

fn quiet(_: &LoginLink) {}

fn why(error: Error) -> LoginError {
    match error {
        Error::Login { source, .. } => *source,
        other => panic!("no error of a login: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_shows_page_and_code_waits_as_it_is_told_and_stores_the_tokens() {
    let pending = || json(403, r#"{"error":"authorization_pending"}"#);
    let slow = json(429, r#"{"error":"slow_down"}"#);
    let desk = Desk::new([
        json(200, SETTINGS),
        json(200, CODE),
        pending(),
        slow,
        pending(),
        json(200, tokens("i", "r")),
        json(200, USER),
    ]);
    let shown = Mutex::new(Vec::new());
    let begin = tokio::time::Instant::now();
    let show = |link: &LoginLink| shown.lock().unwrap().push(link.clone());
    let done = desk.login().login(LoginOptions::new(), &show).await.unwrap();
    // 5 and 5, then 10 and 10.
    assert_eq!(begin.elapsed().as_secs(), 30);
    assert_eq!(done.user.unwrap().email(), "ada@example.com");
    assert!(!done.was_logged_in && done.warnings.is_empty());
    let shown = shown.into_inner().unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (shown[0].url.as_str(), shown[0].user_code.as_str()),
        ("https://login.example.com/a", "AB-CD")
    );
    assert_eq!(std::fs::read_to_string(desk.file()).unwrap(), tokens("i", "r"));
    assert_eq!(desk.script.tokens().last().unwrap(), "i");
    let first = &desk.bodies()[0];
    assert_eq!(first, "client_id=c&scope=email%20openid%20profile%20offline_access");
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn tokens_and_what_holds_them_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk =
        Desk::new([json(200, SETTINGS), json(200, CODE), json(200, tokens("i", "r")), json(200, USER)]);
    desk.login().login(LoginOptions::new(), &quiet).await.unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&desk.file()), 0o600);
    assert_eq!(mode(desk.file().parent().unwrap()), 0o700);
    assert_eq!(mode(&desk.home.path().join(".arraylake")), 0o700);
}

#[tokio::test(start_paused = true)]
async fn a_denied_and_an_expired_code_store_nothing() {
    for (word, expired) in [("access_denied", false), ("expired_token", true)] {
        let refusal = json(403, format!(r#"{{"error":"{word}"}}"#));
        let desk = Desk::new([json(200, SETTINGS), json(200, CODE), refusal]);
        let error = why(desk.login().login(LoginOptions::new(), &quiet).await.unwrap_err());
        assert!(matches!((error, expired), (LoginError::Denied, false) | (LoginError::Expired, true)));
        assert!(!desk.file().exists());
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_that_cannot_be_written_is_seen_before_a_person_is_asked() {
    let desk = Desk::new([]);
    std::fs::write(desk.home.path().join(".arraylake"), "a file where a directory should be").unwrap();
    let shown = Mutex::new(false);
    let show = |_: &LoginLink| *shown.lock().unwrap() = true;
    let error = why(desk.login().login(LoginOptions::new(), &show).await.unwrap_err());
    assert!(matches!(error, LoginError::File { operation: "writing", .. }), "{error}");
    assert!(!*shown.lock().unwrap() && desk.script.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn tokens_that_cannot_be_kept_are_revoked() {
    let desk =
        Desk::new([json(200, SETTINGS), json(200, CODE), json(200, tokens("i", "r")), json(200, "{}")]);
    let in_the_way = desk.file();
    // While the person confirms, something takes the place of the file.
    let show = move |_: &LoginLink| std::fs::create_dir_all(&in_the_way).unwrap();
    let error = why(desk.login().login(LoginOptions::new(), &show).await.unwrap_err());
    assert!(matches!(error, LoginError::File { operation: "writing", .. }), "{error}");
    assert_eq!(desk.script.paths().last().unwrap(), "/oauth/revoke");
    assert_eq!(desk.bodies().last().unwrap(), "client_id=c&token=r");
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_is_closed_ends_in_an_expired_code_and_stores_nothing() {
    let desk = Desk::new([json(200, SETTINGS), json(200, CODE)]);
    for _ in 0..11 {
        desk.script.push(json(403, r#"{"error":"authorization_pending"}"#));
    }
    let begin = tokio::time::Instant::now();
    let error = why(desk.login().login(LoginOptions::new(), &quiet).await.unwrap_err());
    assert!(matches!(error, LoginError::Expired));
    assert_eq!((begin.elapsed().as_secs(), desk.file().exists()), (60, false));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_goes_away_while_a_person_confirms_is_asked_again() {
    let desk = Desk::new([json(200, SETTINGS), json(200, CODE)]);
    for step in [status(503), refuse(), refuse(), refuse(), json(200, tokens("i", "r")), json(200, USER)] {
        desk.script.push(step);
    }
    desk.login().login(LoginOptions::new(), &quiet).await.unwrap();
    assert_eq!(desk.script.remaining(), 0);
}

#[tokio::test]
async fn a_provider_that_is_down_is_no_question_of_logging_in() {
    let desk = Desk::new([refuse(), refuse(), refuse()]);
    let error = desk.login().login(LoginOptions::new(), &quiet).await.unwrap_err();
    assert!(error.is_connect() && !error.needs_login() && !error.is_unauthenticated(), "{error}");
    assert!(error.to_string().contains("get login settings"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_browser_is_opened_only_if_asked_for_and_its_failure_is_told_and_no_end() {
    struct Prompt(Mutex<Vec<&'static str>>);
    impl LoginPrompt for Prompt {
        fn show(&self, _: &LoginLink) {
            self.0.lock().unwrap().push("shown");
        }
        fn browser_opened(&self, outcome: std::io::Result<()>) {
            self.0.lock().unwrap().push(if outcome.is_ok() { "opened" } else { "not opened" });
        }
    }
    for (browser, expected) in [(true, vec!["shown", "not opened"]), (false, vec!["shown"])] {
        let steps = [json(200, SETTINGS), json(200, CODE), json(200, tokens("i", "r")), json(200, USER)];
        let desk = Desk::new(steps);
        let options = LoginOptions::new().with_browser(browser);
        let options = options.with_opener(|_| Err(std::io::Error::other("no browser")));
        let prompt = Prompt(Mutex::default());
        desk.login().login(options, &prompt).await.unwrap();
        assert_eq!(prompt.0.into_inner().unwrap(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_logged_in_already_is_renewed_and_anew_asks_again() {
    let desk = Desk::new([json(200, SETTINGS), json(200, tokens("i2", "r2")), json(200, USER)])
        .with_file(&tokens("i", "r"));
    let login = desk.login();
    let done = login.login(LoginOptions::new(), &quiet).await.unwrap();
    assert!(done.was_logged_in);
    assert_eq!(desk.kept().refresh_token.expose(), "r2");
    for step in [json(200, CODE), json(200, tokens("other", "r3")), json(200, USER)] {
        desk.script.push(step);
    }
    let done = login.login(LoginOptions::new().with_anew(true), &quiet).await.unwrap();
    assert!(!done.was_logged_in);
    assert_eq!(desk.kept().id_token.expose(), "other");
}

#[tokio::test(start_paused = true)]
async fn a_logout_removes_the_file_then_revokes_the_refresh_token() {
    let desk = Desk::new([json(200, SETTINGS), json(200, "{}"), status(200)]).with_file(&tokens("i", "r"));
    let login = desk.login();
    let done = login.logout().await.unwrap();
    assert!(done.was_logged_in && done.not_revoked.is_none());
    assert!(!desk.file().exists());
    assert_eq!(desk.script.paths()[1..], ["/oauth/revoke", "/v2/logout"]);
    assert_eq!(desk.bodies(), ["client_id=c&token=r"]);
    assert!(why(login.token().await.unwrap_err()).needs_login());
}

#[tokio::test(start_paused = true)]
async fn a_logout_without_a_network_removes_the_file_and_says_what_was_not_revoked() {
    let desk = Desk::new(std::iter::repeat_n(refuse(), 6)).with_file(&tokens("i", "r"));
    let done = desk.login().logout().await.unwrap();
    assert!(done.was_logged_in && !desk.file().exists());
    let reason = done.not_revoked.unwrap();
    assert!(reason.cause().unwrap().is_connect(), "{reason}");
    let desk = Desk::new([]).with_file("malformed");
    let done = desk.login().forget().await.unwrap();
    assert!(done.was_logged_in && !desk.file().exists() && desk.script.requests().is_empty());
    assert!(!desk.login().forget().await.unwrap().was_logged_in);
}

#[tokio::test(start_paused = true)]
async fn the_status_names_the_user_and_renews_a_login_that_has_ended() {
    let desk = Desk::new([json(401, "{}"), json(200, SETTINGS), json(200, tokens(&jwt(3600), "r2"))])
        .with_file(&tokens("i", "r"));
    desk.script.push(json(200, USER));
    let status = desk.login().status().await.unwrap();
    assert_eq!(status.user.email(), "ada@example.com");
    assert!(status.expires.unwrap().unix_seconds() > jwt::now());
}

#[tokio::test(start_paused = true)]
async fn a_user_who_cannot_be_asked_for_does_not_undo_the_login() {
    let desk = Desk::new([json(200, SETTINGS), json(200, CODE), json(200, tokens("i", "r")), status(500)]);
    let done = desk.login().login(LoginOptions::new(), &quiet).await.unwrap();
    assert!(done.user.is_none() && done.warnings.len() == 1);
    assert!(desk.file().exists());
    // A service from before names and addresses were taken over.
    let steps =
        [json(200, SETTINGS), json(200, CODE), json(200, tokens("i", "r")), status(404), json(200, USER)];
    let desk = Desk::new(steps);
    let done = desk.login().login(LoginOptions::new(), &quiet).await.unwrap();
    assert_eq!(done.user.unwrap().email(), "ada@example.com");
}

#[tokio::test(start_paused = true)]
async fn no_text_of_a_login_holds_a_token() {
    let refusal = json(500, r#"{"detail":"MARKER"}"#);
    let desk = Desk::new([json(200, SETTINGS), refusal]).with_file(&tokens("MARKER", "MARKER"));
    let login = desk.login();
    let error = login.refresh().await.unwrap_err();
    let client = desk.builder().build().unwrap();
    let shown = format!("{login:?} {:?} {} {client:?}", client.access(), client.access());
    assert!(!shown.contains("MARKER"), "{shown}");
    assert!(!format!("{error:?}").contains("\"r\""), "{error:?}");
}
