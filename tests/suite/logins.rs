//! Logins at the local service, by this client and by the Python client, one after the other and at once.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arraylake_core::login::{Login, LoginError, LoginLink, LoginOptions};
use arraylake_core::prelude::*;
use arraylake_core::{AsyncClient, ClientBuilder, Config, Error};
use arraylake_local::{LocalConfig, LoginPolicy};
use arraylake_tests::lake::TestLake;
use arraylake_tests::person;
use arraylake_tests::python::Python;
use arraylake_types::OauthTokens;
use chrono::TimeDelta;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// A lake that counts how often it was asked for tokens and how often by Python, and a home directory for all who log
/// in to it.
struct Desk {
    lake: TestLake,
    home: tempfile::TempDir,
    asked: Arc<AtomicUsize>,
    by_python: watch::Receiver<usize>,
}

impl Desk {
    async fn new(policy: LoginPolicy) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let (python, by_python) = watch::channel(0);
        let config = LocalConfig::temporary().unwrap().with_logins(policy).with_interceptor(move |request| {
            if request.uri.path() == "/oauth/token" {
                counter.fetch_add(1, Ordering::Relaxed);
            }
            if request.headers.get("client-name").is_some_and(|name| name == "arraylake-python-client") {
                python.send_modify(|count| *count += 1);
            }
            None
        });
        let home = tempfile::tempdir().unwrap();
        Self { lake: TestLake::start_with(config).await, home, asked, by_python }
    }

    /// Codes are asked for each second, tokens end after some seconds.
    async fn quick(token_seconds: i64) -> Self {
        let policy = LoginPolicy::new().with_interval(TimeDelta::seconds(1));
        Self::new(policy.with_token_lifetime(TimeDelta::seconds(token_seconds))).await
    }

    fn file(&self) -> PathBuf {
        self.home.path().join("tokens.json")
    }

    fn kept(&self) -> OauthTokens {
        serde_json::from_slice(&std::fs::read(self.file()).unwrap()).unwrap()
    }

    fn vars(&self) -> [(&'static str, String); 3] {
        [
            ("HOME", self.home.path().display().to_string()),
            ("ARRAYLAKE_SERVICE__URI", self.lake.lake().catalog_uri().to_owned()),
            ("ARRAYLAKE_SERVICE__TOKEN_PATH", self.file().display().to_string()),
        ]
    }

    fn builder(&self) -> ClientBuilder {
        let vars = self.vars();
        let vars = vars.iter().map(|(name, value)| (*name, value.as_str()));
        AsyncClient::builder().with_config(Config::from_env_vars(vars))
    }

    fn login(&self) -> Login {
        self.builder().build_login().unwrap()
    }

    /// Logs in by this client; the seeded user confirms.
    async fn log_in(&self) {
        let (sender, mut codes) = tokio::sync::mpsc::unbounded_channel();
        let show = move |link: &LoginLink| sender.send(link.user_code.clone()).unwrap();
        let login = self.login();
        let confirm = async { person::decides(&self.lake, &codes.recv().await.unwrap(), "confirm").await };
        let (done, ()) = tokio::join!(login.login(LoginOptions::new(), &show), confirm);
        assert_eq!(done.unwrap().user.unwrap().email(), "user@example.com");
    }

    /// A Python process with this home; none if those were left out.
    fn python(&self, python: Python, arguments: &[&str]) -> Option<Child> {
        let mut command = Command::new(python.interpreter()?);
        command.arg("-u").arg(format!("{}/python/login.py", env!("CARGO_MANIFEST_DIR"))).args(arguments);
        command
            .envs(self.vars())
            .env("ARRAYLAKE_CONFIG", self.home.path().join("config"))
            .env_remove("ARRAYLAKE_TOKEN");
        command.env("SSL_CERT_FILE", self.lake.lake().ca_file().unwrap());
        command.env("TEST_ORG", self.lake.org().as_str()).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Some(command.spawn().unwrap())
    }

    async fn run_python(&self, python: Python, arguments: &[&str]) -> Option<Value> {
        Some(last_line(self.python(python, arguments)?, arguments).await)
    }
}

/// The JSON that a script says last.
async fn last_line(child: Child, arguments: &[&str]) -> Value {
    let output = child.wait_with_output().await.unwrap();
    let (text, complaints) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?} failed:\n{text}\n{complaints}");
    serde_json::from_str(text.lines().last().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{arguments:?}: {error} in {text}"))
}

/// The first code in what a program prints, which goes on printing.
async fn code_of(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_code = |word: &&str| {
        let halves = word.split_once('-').map(|(one, other)| (one.len(), other.len()));
        halves == Some((4, 4)) && word.chars().all(|c| c == '-' || c.is_ascii_uppercase())
    };
    while let Some(line) = lines.next_line().await.unwrap() {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        if let Some(code) = words.into_iter().find(is_code) {
            let code = code.to_owned();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return code;
        }
    }
    panic!("no code was shown");
}

async fn python_logs_in_and_rust_goes_on(python: Python) {
    let desk = Desk::quick(3600).await;
    let Some(mut child) = desk.python(python, &["login"]) else { return };
    let code = code_of(&mut child).await;
    person::decides(&desk.lake, &code, "confirm").await;
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let client = desk.builder().build().unwrap();
    assert_eq!(client.get_user().await.unwrap().email(), "user@example.com");
    let before = desk.kept();
    desk.login().refresh().await.unwrap();
    assert_ne!(desk.kept().refresh_token, before.refresh_token);
    let seen = desk.run_python(python, &["use"]).await.unwrap();
    assert_eq!(seen["id_token"], desk.kept().id_token.expose(), "the renewed login serves Python, too");
    let seen = desk.run_python(python, &["refresh"]).await.unwrap();
    assert_ne!(seen["id_token"], before.id_token.expose());
    let status = desk.login().status().await.unwrap();
    assert_eq!(status.user.email(), "user@example.com");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_logs_in_rust_uses_and_renews_the_login_and_python_goes_on() {
    python_logs_in_and_rust_goes_on(Python::Current).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_python_logs_in_rust_uses_and_renews_the_login_and_python_goes_on() {
    python_logs_in_and_rust_goes_on(Python::OldZarr2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rust_logs_in_python_uses_and_renews_the_login_and_rust_goes_on() {
    let desk = Desk::quick(3600).await;
    desk.log_in().await;
    let client = desk.builder().build().unwrap();
    client.get_user().await.unwrap();
    let Some(seen) = desk.run_python(Python::Current, &["use"]).await else { return };
    let fields = ["access_token", "id_token", "refresh_token", "expires_in", "token_type"];
    assert_eq!(seen["fields"].as_array().unwrap()[..5], fields.map(Value::from));
    desk.run_python(Python::Current, &["refresh"]).await.unwrap();
    let asked = desk.asked.load(Ordering::Relaxed);
    desk.builder().build().unwrap().get_user().await.unwrap();
    client.get_user().await.unwrap();
    assert_eq!(desk.asked.load(Ordering::Relaxed), asked, "nobody needed to renew what Python had renewed");
}

/// What a process of ours does: for each line that it is sent it asks twice at once, with one client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a part of other tests, in a process of its own"]
async fn a_process_that_asks_for_each_line() {
    if std::env::var_os(PART).is_none() {
        return;
    }
    let client = AsyncClient::from_env().unwrap();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while lines.next_line().await.unwrap().is_some() {
        let (one, other) = tokio::join!(client.get_user(), client.get_user());
        one.and(other).unwrap();
    }
}

/// Tells a process that it is a part of another test.
const PART: &str = "TEST_PART";

/// Another process of this program that runs one of the tests here.
fn process(desk: &Desk, test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", &format!("logins::{test}")]);
    command
        .envs(desk.vars())
        .env("ARRAYLAKE_CONFIG", desk.home.path().join("config"))
        .env_remove("ARRAYLAKE_TOKEN");
    command.env(PART, "1").kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Sends lines to a process. One that has failed says why when its end is looked at.
async fn tell(child: &mut Child, lines: &str) {
    let _ = child.stdin.as_mut().unwrap().write_all(lines.as_bytes()).await;
}

async fn succeeds(child: Child) {
    let output = child.wait_with_output().await.unwrap();
    let text =
        format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_of_each_client_renew_one_login_at_once_and_none_is_logged_out() {
    let mut desk = Desk::quick(3).await;
    desk.log_in().await;
    let Some(one) = desk.python(Python::Current, &["hold", "9"]) else { return };
    // Python empties the file before it writes it, and another one that starts just then takes it for malformed.
    desk.by_python.changed().await.unwrap();
    let other = desk.python(Python::Current, &["hold", "7"]).unwrap();
    let mut ours = [(); 2].map(|()| process(&desk, "a_process_that_asks_for_each_line").spawn().unwrap());
    let asked = desk.asked.load(Ordering::Relaxed);
    let python = async { tokio::join!(last_line(one, &["hold"]), last_line(other, &["hold"])) };
    let mut python = std::pin::pin!(python);
    // Ours keep pace with Python, which takes its time.
    let (one, other) = loop {
        tokio::select! {
            done = &mut python => break done,
            _ = desk.by_python.changed() => for child in &mut ours { tell(child, "\n").await },
        }
    };
    assert!(one["count"].as_u64().unwrap() > 5 && other["count"].as_u64().unwrap() > 5);
    for child in ours {
        succeeds(child).await;
    }
    assert!(desk.asked.load(Ordering::Relaxed) - asked >= 2, "the login was renewed in the meantime");
    desk.login().status().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_calls_in_several_processes_one_renews_a_login_that_has_ended() {
    let strict = LoginPolicy::new().with_interval(TimeDelta::seconds(1)).with_end_on_reuse(true);
    let desk = Desk::new(strict.with_reuse_leeway(TimeDelta::seconds(-1))).await;
    desk.log_in().await;
    // The service does not know this token, though the provider would renew the login.
    let mut ended = desk.kept();
    ended.id_token = "ey.ended.x".into();
    std::fs::write(desk.file(), serde_json::to_vec(&ended).unwrap()).unwrap();
    let before = desk.asked.load(Ordering::Relaxed);
    let mut children = [(); 4].map(|()| process(&desk, "a_process_that_asks_for_each_line").spawn().unwrap());
    for child in &mut children {
        tell(child, "\n\n\n").await;
    }
    for child in children {
        succeeds(child).await;
    }
    assert_eq!(desk.asked.load(Ordering::Relaxed) - before, 1, "grants");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_was_revoked_elsewhere_ends_with_an_error_that_says_so() {
    let desk = Desk::quick(3600).await;
    desk.log_in().await;
    let copy = std::fs::read(desk.file()).unwrap();
    let done = desk.login().logout().await.unwrap();
    assert!(done.was_logged_in && done.not_revoked.is_none() && !desk.file().exists());
    std::fs::write(desk.file(), copy).unwrap();
    let error = desk.login().refresh().await.unwrap_err();
    let Error::Login { source, .. } = &error else { panic!("{error:?}") };
    assert!(matches!(**source, LoginError::Refused { .. }) && error.needs_login(), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_works_by_tls_with_the_certificates_of_the_configuration_and_not_without() {
    let desk = Desk::quick(3600).await;
    desk.log_in().await;
    let address = desk.lake.lake().catalog_uri().replace("http://", "https://");
    let config = |trust: bool| {
        let vars = desk.vars();
        let vars = vars.iter().map(|(name, value)| (*name, value.as_str()));
        let config = Config::from_env_vars(vars).with("service.uri", address.clone());
        let ca = desk.lake.lake().ca_file().unwrap().display().to_string();
        if trust { config.with("service.ssl.cafile", ca) } else { config }
    };
    let client = AsyncClient::builder().with_config(config(true)).build().unwrap();
    assert_eq!(client.get_user().await.unwrap().email(), "user@example.com");
    let error = AsyncClient::builder().with_config(config(false)).build().unwrap().get_user().await;
    assert!(error.unwrap_err().is_connect());
}

/// What a process does whose files cannot grow: the disk is full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a part of another test, in a process of its own"]
async fn a_process_on_a_full_disk() {
    if std::env::var_os(PART).is_none() {
        return;
    }
    let config = Config::load().unwrap();
    let login = AsyncClient::builder().with_config(config.clone()).build_login().unwrap();
    let done = login.refresh().await.unwrap();
    assert!(matches!(done.warnings[..], [LoginError::File { operation: "writing", .. }]), "{done:?}");
    assert!(done.user.is_some(), "the tokens are of use as long as the process lives");
    // The next renewal goes on from the tokens that could not be written.
    let done = login.refresh().await.unwrap();
    assert_eq!(done.warnings.len(), 1);
    let client = AsyncClient::builder().with_config(config).build().unwrap();
    client.get_user().await.unwrap();
    assert!(login.token().await.is_ok());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_the_old_tokens_stay_whole_and_the_new_ones_serve_the_process() {
    let strict = LoginPolicy::new().with_interval(TimeDelta::seconds(1)).with_end_on_reuse(true);
    let desk = Desk::new(strict.with_reuse_leeway(TimeDelta::seconds(-1))).await;
    desk.log_in().await;
    let before = std::fs::read(desk.file()).unwrap();
    let limited = process(&desk, "a_process_on_a_full_disk");
    let limited = limited.as_std();
    // The limit must not kill: a write beyond it fails, as it does on a full disk.
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]).arg(limited.get_program());
    shell.args(limited.get_args()).envs(limited.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env_remove("ARRAYLAKE_TOKEN").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    succeeds(shell.spawn().unwrap()).await;
    assert_eq!(std::fs::read(desk.file()).unwrap(), before);
    assert_eq!(leftovers(desk.home.path()), Vec::<String>::new());
}

/// Files that an interrupted write left behind.
fn leftovers(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
    entries.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.ends_with(".new")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_without_async_is_shared_with_clients_of_the_process() {
    let desk = Desk::quick(3600).await;
    desk.log_in().await;
    let builder = desk.builder();
    let blocking = tokio::task::spawn_blocking(move || {
        let login = arraylake_blocking::Login::build(builder).unwrap();
        let status = login.status().unwrap();
        login.refresh().unwrap();
        let token = login.token().unwrap();
        assert!(login.logout().unwrap().was_logged_in);
        (status.user.email().to_owned(), token)
    });
    let (email, token) = blocking.await.unwrap();
    assert_eq!(email, "user@example.com");
    assert!(token.expose().starts_with("ey"));
    assert!(desk.builder().build().unwrap().get_user().await.unwrap_err().needs_login());
}
