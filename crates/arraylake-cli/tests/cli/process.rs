//! The real program.

use std::process::{Command, Stdio};

use crate::support::Lake;

pub(crate) fn arraylake() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arraylake"));
    command.env_clear().stdin(Stdio::null());
    command
}

#[test]
fn it_tells_its_version_and_its_exit_codes() {
    let version = arraylake().arg("--version").output().unwrap();
    let expected = format!("arraylake {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((version.status.code(), version.stdout), (Some(0), expected.into_bytes()));
    let help = arraylake().arg("help").output().unwrap();
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(text.contains("Exit codes") && text.contains("not logged in"), "{text}");
    let nothing = arraylake().output().unwrap();
    assert_eq!(nothing.status.code(), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_cannot_be_written_is_a_failure() {
    for args in [&["--help"][..], &["--version"], &["completions", "bash"]] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let done = arraylake().args(args).stdout(full).output().unwrap();
        assert_eq!(done.status.code(), Some(1), "{args:?}");
    }
}

#[test]
fn scripts_that_read_json_get_complaints_about_the_command_line_so() {
    for args in [
        &["repo", "get", "-o", "json"][..],
        &["repo", "lst", "--output=jsonl"],
        &["-ojson", "repo", "list", "--nope"],
        &["repo", "list", "a/b", "-o", "json"],
    ] {
        let done = arraylake().args(args).output().unwrap();
        assert_eq!((done.status.code(), done.stdout.len()), (Some(2), 0), "{args:?}");
        let error: serde_json::Value = serde_json::from_slice(&done.stderr).unwrap();
        let (error, message) = (&error["error"], error["error"]["message"].as_str().unwrap());
        assert_eq!((&error["code"], &error["kind"]), (&2.into(), &"usage".into()));
        assert!(message.len() > 10 && !message.starts_with("error") && !message.contains('\n'), "{message}");
    }
    let help = arraylake().args(["-o", "json", "repo"]).output().unwrap();
    assert!(help.stderr.starts_with(b"Repos: "), "whoever asks nothing gets help");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_answers_on_stdout_and_fails_with_a_code() {
    let lake = Lake::start().await;
    let setting = lake.setting();
    let run = async |args: &'static [&'static str]| {
        let mut command = arraylake();
        command.envs(setting.vars.clone()).args(args);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    };
    let good = run(&["org", "list", "-o", "json"]).await;
    assert_eq!(good.status.code(), Some(0));
    assert!(String::from_utf8(good.stdout).unwrap().contains("\"local\""));
    let bad = run(&["repo", "get", "local/nope"]).await;
    assert_eq!((bad.status.code(), bad.stdout.len()), (Some(4), 0));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn output_that_nobody_reads_to_the_end_is_no_failure() {
    let lake = Lake::start().await;
    let vars = lake.setting().vars;
    let run = move |args: &[&str]| {
        let mut command = arraylake();
        command.envs(vars.clone()).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{args:?}");
    };
    let all = move || {
        for args in [
            &["completions", "bash"][..],
            &["man"],
            &["help"],
            &["bucket", "list", "local", "-o", "jsonl"],
            &["config", "list", "--origin"],
        ] {
            run(args);
        }
    };
    tokio::task::spawn_blocking(all).await.unwrap();
}
