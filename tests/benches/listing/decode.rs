//! Reading 10 MB of repos.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use arraylake_core::types::{RepoModel, Rows};
use serde_json::Value;

use crate::{median, published, server};

const ROUNDS: usize = 15;

pub(crate) fn figures() {
    let text = serde_json::to_vec(&server::rows()).expect("JSON");
    let size = text.len() as f64 / 1e6;
    let (mut ours, mut value) = (Vec::new(), Vec::new());
    // By turns, so that a machine that is busy for a while slows both.
    for _ in 0..ROUNDS {
        ours.push(seconds(|| {
            let rows = Rows::<RepoModel>::from_slice(&text).expect("rows");
            assert!(rows.bad.is_empty());
            rows
        }));
        value.push(seconds(|| serde_json::from_slice::<Value>(&text).expect("JSON")));
    }
    let ratio = median(ours.iter().zip(&value).map(|(ours, value)| value / ours));
    let (ours, value) = (median(ours), median(value));
    println!("figure decode_mb_per_s {:.0} MB/s vs value-{:.0}", size / ours, size / value);
    println!("figure decode_vs_value {ratio:.2} x vs serde_json-value");
    if let Some(theirs) = theirs(&text) {
        println!(
            "figure decode_vs_published {:.2} x vs arraylake-0.15.1-{:.0}MB/s",
            theirs / ours,
            size / theirs
        );
    }
}

/// What is read is freed after the clock has stopped.
fn seconds<T>(read: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    let read = black_box(read());
    let elapsed = start.elapsed().as_secs_f64();
    drop(read);
    elapsed
}

/// The same text by the types of the published crate, which do not read nearly as much of it.
fn theirs(text: &[u8]) -> Option<f64> {
    let program = published()?;
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("repos.json");
    std::fs::write(&file, text).expect("a file");
    let output = Command::new(program).arg("decode").arg(&file).arg(ROUNDS.to_string()).output();
    let output = output.expect("the published crate runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).trim().parse().expect("seconds"))
}
