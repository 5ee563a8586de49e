//! The real program in a pseudo-terminal.

use std::process::Command;
use std::time::Duration;

use arraylake_core::prelude::*;
use rexpect::session::{PtySession, spawn_command};

use crate::support::{Lake, Setting};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn spawn(setting: &Setting, args: &[&str]) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arraylake"));
    command.env_clear().envs(setting.vars.clone()).env("TERM", "xterm-256color").args(args);
    spawn_command(command, Some(u64::try_from(PATIENCE.as_millis()).unwrap())).unwrap()
}

/// The exit code, out of what the waiting brings, whose type has no name here.
pub(crate) fn code(session: &PtySession) -> u8 {
    let ended = format!("{:?}", session.process().wait().unwrap());
    let code = ended.strip_prefix("Exited(").and_then(|rest| rest.trim_end_matches(')').rsplit(' ').next());
    code.and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{ended}"))
}

async fn lake() -> Lake {
    let lake = Lake::start().await;
    lake.client().create_repo_object(&lake.org(), NewRepo::new("era5")).await.unwrap();
    lake
}

/// What a person does at the terminal, on a thread of its own beside the service.
pub(crate) async fn at_the_terminal(lake: &Lake, story: impl FnOnce(Setting) + Send + 'static) {
    let setting = lake.setting();
    tokio::task::spawn_blocking(move || story(setting)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_sees_colours_and_is_asked() {
    let lake = lake().await;
    at_the_terminal(&lake, |setting| {
        let mut list = spawn(&setting, &["repo", "list", "local"]);
        let text = list.exp_eof().unwrap();
        assert!(text.contains("era5") && text.contains('\u{1b}'), "{text:?}");
        let mut plain = spawn(&setting.clone().with_var("NO_COLOR", "1"), &["repo", "list", "local"]);
        assert!(!plain.exp_eof().unwrap().contains('\u{1b}'));
        let mut delete = spawn(&setting, &["repo", "delete", "local/era5"]);
        delete.exp_string("[y/N]").unwrap();
        delete.send_line("y").unwrap();
        delete.exp_string("deleted local/era5").unwrap();
        assert_eq!(code(&delete), 0);
    })
    .await;
    lake.run(&["repo", "get", "local/era5"]).await.failed(4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_at_a_question_ends_at_once_and_changes_nothing() {
    let lake = lake().await;
    at_the_terminal(&lake, |setting| {
        let mut delete = spawn(&setting, &["repo", "delete", "local/era5"]);
        delete.exp_string("[y/N]").unwrap();
        delete.send_control('c').unwrap();
        let rest = delete.exp_eof().unwrap();
        assert!(!rest.contains("error") && rest.ends_with('\n'), "{rest:?}");
        assert_eq!(code(&delete), 130);
    })
    .await;
    lake.run(&["repo", "get", "local/era5"]).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_at_each_other_prompt_ends_at_once_and_changes_nothing() {
    let lake = lake().await;
    let enable = ["compute", "enable", "local", "edr", "-s", "small", "-o", "json"];
    let service = lake.run(&enable).await.ok().json()["name"].as_str().unwrap().to_owned();
    let disabled = service.clone();
    at_the_terminal(&lake, move |setting| {
        let person = setting.clone().with_var("ARRAYLAKE_TOKEN", "");
        let prompts: [(&Setting, &[&str], &str); 3] = [
            (&setting, &["bucket", "delete", "local/delegated"], "[y/N]"),
            (&setting, &["compute", "disable", "local", &disabled], "[y/N]"),
            (&person, &["auth", "login", "--no-browser"], "confirm code"),
        ];
        for (setting, args, prompt) in prompts {
            let mut session = spawn(setting, args);
            session.exp_string(prompt).unwrap();
            session.send_control('c').unwrap();
            let rest = session.exp_eof().unwrap();
            assert!(!rest.contains("error") && rest.ends_with('\n'), "{args:?}: {rest:?}");
            assert_eq!(code(&session), 130, "{args:?}");
        }
    })
    .await;
    lake.run(&["bucket", "get", "local/delegated"]).await.ok();
    lake.run(&["compute", "status", "local", &service]).await.ok();
    assert!(!lake.home().join(".arraylake").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_not_shown_while_it_is_typed() {
    let lake = lake().await;
    let args = [
        "bucket",
        "create",
        "local/typed",
        "s3://bucket-two",
        "--endpoint-url",
        "http://127.0.0.1:9000",
        "--auth",
        "hmac",
        "--access-key-id",
        "id",
    ];
    at_the_terminal(&lake, move |setting| {
        let mut given_up = spawn(&setting, &args);
        given_up.exp_string("secret access key: ").unwrap();
        given_up.send_control('c').unwrap();
        given_up.exp_eof().unwrap();
        assert_eq!(code(&given_up), 130);
        let mut create = spawn(&setting, &args);
        create.exp_string("secret access key: ").unwrap();
        create.send_line("MARKER").unwrap();
        let rest = create.exp_eof().unwrap();
        assert!(rest.contains("created") && !rest.contains("MARKER"), "{rest:?}");
        assert_eq!(code(&create), 0);
    })
    .await;
    let made = lake.run(&["bucket", "get", "local/typed", "-o", "json", "--show-secrets"]).await.ok().json();
    assert_eq!(made["auth_config"]["secret_access_key"], "MARKER");
}

/// A service that makes an entry, never says where its bucket is, and tells what it was asked.
#[cfg(feature = "icechunk")]
fn service_that_stops_half_way() -> (String, std::sync::mpsc::Receiver<String>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let (tell, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = vec![0; 64 * 1024];
            let length = stream.read(&mut bytes).unwrap();
            let line =
                String::from_utf8_lossy(&bytes[..length]).lines().next().unwrap_or_default().to_owned();
            let repo = r#"{"id": "65f0c0ffee0123456789abcd", "org": "local", "name": "era5"}"#;
            let (status, body) =
                if line.starts_with("POST") { ("201 Created", repo) } else { ("200 OK", "{}") };
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n");
            if line.starts_with("GET") {
                held.push(stream);
            } else {
                write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
            }
            if tell.send(line).is_err() {
                break;
            }
        }
    });
    (uri, asked)
}

#[cfg(feature = "icechunk")]
#[test]
fn ctrl_c_or_the_end_of_the_machine_in_the_middle_of_a_creation_takes_the_entry_back() {
    let ctrl_c = |session: &mut PtySession| session.send_control('c').unwrap();
    let terminate =
        |session: &mut PtySession| session.process_mut().signal(rexpect::process::Signal::SIGTERM).unwrap();
    for end in [ctrl_c as fn(&mut PtySession), terminate] {
        is_taken_back_after(end);
    }
}

#[cfg(feature = "icechunk")]
fn is_taken_back_after(end: fn(&mut PtySession)) {
    let (uri, asked) = service_that_stops_half_way();
    let setting =
        Setting::default().with_var("ARRAYLAKE_TOKEN", "ema_abc").with_var("ARRAYLAKE_SERVICE__URI", &uri);
    let mut create = spawn(&setting, &["repo", "create", "local/era5"]);
    assert!(asked.recv_timeout(PATIENCE).unwrap().starts_with("POST /orgs/local/repos "));
    assert!(asked.recv_timeout(PATIENCE).unwrap().starts_with("GET /repos/local/era5/open "));
    end(&mut create);
    let undone = asked.recv_timeout(PATIENCE).unwrap();
    assert!(undone.starts_with("DELETE /orgs/local/era5?immediate=true&retain_data=true "), "{undone}");
    create.exp_eof().unwrap();
    assert_eq!(code(&create), 130);
}
