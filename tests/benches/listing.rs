//! `cargo xtask bench listing`: requests and time of the catalog's calls, beside those of the other clients.
//!
//! | figure | what is compared |
//! | --- | --- |
//! | `requests_CALL` | requests to the catalog that a call takes, against the Python client and the published crate |
//! | `list_10k_50ms_*` | listing 10,000 repos from a service that takes 50 ms for each answer |
//! | `decode_*` | reading 10 MB of repos, against `serde_json::Value` and the types of the published crate |
//! | `local_list_*` | listing 10,000 and 100,000 repos of the local service: the same time for each repo |
//! | `stream_*` | memory of a program that streams 10 pages, and of one that streams 100 |
//!
//! `ARRAYLAKE_TEST_VENV_PYTHON` names the interpreter that has the Python client, `ARRAYLAKE_BENCH_PUBLISHED` the program
//! of `tests/published`; without one of them its figures are left out.
#![expect(clippy::print_stdout, reason = "the figures are read from the standard output")]
#![expect(clippy::expect_used, reason = "a benchmark that cannot run has nothing to report")]

#[path = "listing/decode.rs"]
mod decode;
#[path = "listing/local.rs"]
mod local;
#[path = "listing/memory.rs"]
mod memory;
#[path = "listing/requests.rs"]
mod requests;
#[path = "catalog/server.rs"]
mod server;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use arraylake_core::prelude::*;
use arraylake_core::{AsyncClient, Config};
use serde_json::Value;

/// How long the service takes for each answer.
const DELAY: Duration = Duration::from_millis(50);

/// A program of another client, by the variable that names it.
fn peer(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        eprintln!("{variable} is not set: its figures are left out");
    }
    found
}

/// The interpreter with the Python client.
fn python() -> Option<PathBuf> {
    peer("ARRAYLAKE_TEST_VENV_PYTHON")
}

/// The program on the published crate.
fn published() -> Option<PathBuf> {
    peer("ARRAYLAKE_BENCH_PUBLISHED")
}

/// A script of `tests/python` as somebody with a token, away from the configuration of whoever runs this.
fn script(python: &PathBuf, name: &str, uri: &str, token: &str, org: &str) -> Command {
    let home = std::env::temp_dir();
    let mut command = Command::new(python);
    command.arg(format!("{}/python/{name}", env!("CARGO_MANIFEST_DIR")));
    command.env("HOME", &home).env("ARRAYLAKE_CONFIG", &home).env("NO_PROXY", "*").env("no_proxy", "*");
    command.env("ARRAYLAKE_SERVICE__URI", uri).env("ARRAYLAKE_TOKEN", token).env("TEST_ORG", org);
    command.stderr(Stdio::inherit());
    command
}

fn client(uri: &str, token: &str) -> AsyncClient {
    AsyncClient::builder()
        .with_config(Config::empty())
        .with_service_uri(uri)
        .with_token(token)
        .build()
        .expect("a client")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

fn median<T: PartialOrd>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    let middle = values.len() / 2;
    values.swap_remove(middle)
}

/// All repos from a service that is far away. Each client is new, as a program that lists once is.
fn far_away(address: SocketAddr) {
    let uri = format!("http://{address}");
    let org: OrgName = "my-org".parse().expect("a name");
    let runtime = runtime();
    let times = (0..5).map(|_| {
        let client = client(&uri, "ema_x");
        let start = Instant::now();
        let rows = runtime.block_on(client.list_repos(&org, ListRepos::new())).expect("a listing");
        assert_eq!((rows.items.len(), rows.bad.len()), (server::REPOS, 0));
        start.elapsed().as_secs_f64()
    });
    let ours = median(times.collect::<Vec<_>>());
    println!("figure list_10k_50ms_seconds {ours:.3} s vs budget-0.5");
    let Some(python) = python() else { return };
    let output = script(&python, "list.py", &uri, "ema_x", "my-org").output().expect("Python runs");
    let said: Value = serde_json::from_slice(&output.stdout).expect("Python says how long it took");
    assert_eq!(said["repos"], server::REPOS);
    let theirs = said["seconds"].as_f64().expect("a number");
    println!("figure list_10k_50ms_vs_python {:.1} x vs python-{theirs:.2}s", theirs / ours);
}

fn main() {
    // A program started by this one, to be measured from outside.
    if memory::is_child() {
        return memory::child();
    }
    let prompt = server::start(Duration::ZERO);
    requests::table();
    far_away(server::start(DELAY));
    decode::figures();
    memory::figures(prompt);
    local::figures();
}
