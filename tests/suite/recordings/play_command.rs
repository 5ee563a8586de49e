//! Recorded command lines, run by our program in this process.

use std::io::{Cursor, sink};

use arraylake_cli::{Cli, Network, World};
use clap::Parser as _;
use serde_json::Value;

use super::home::Home;
use super::kinds::Outcome;
use super::leaf::Recorded;
use super::record::Record;

/// What every recorded command line begins with.
pub(crate) const PROGRAM: &str = "arraylake ";

/// Runs the command line, if it is one.
pub(crate) async fn play(record: &Record, home: &Home, leaf: &Recorded) -> Option<Outcome> {
    if !record.call.starts_with(PROGRAM) {
        return None;
    }
    let Ok(cli) = Cli::try_parse_from(words(&record.call)) else {
        return Some(Err("not a command line of ours".to_owned()));
    };
    let (leaf, out) = (leaf.clone(), sink());
    let network = Network::new(move |builder| {
        let leaf = leaf.clone();
        builder.with_transport(|transport| transport.with_leaf(leaf))
    });
    let world = World {
        vars: home.vars(),
        out: Box::new(out),
        err: Box::new(sink()),
        input: Box::new(Cursor::new(Vec::new())),
        out_is_terminal: false,
        err_is_terminal: false,
        input_is_terminal: false,
        network: Some(network),
        width: None,
    };
    let status = arraylake_cli::run(cli, world).await;
    Some(exit(status.code().into()))
}

/// What an exit code says: which one it is, each program decides by itself.
pub(crate) fn exit(code: i64) -> Outcome {
    if code == 0 { Ok(()) } else { Err("an exit code that is not 0".to_owned()) }
}

/// The recorded exit code, if there is one.
pub(crate) fn recorded(record: &Record) -> Option<Outcome> {
    record.returned.get("exit_code").and_then(Value::as_i64).map(exit)
}

/// The words of a line that is recorded without quotes: what follows an option up to the next one is its value.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_value = false;
    for word in line.split(' ') {
        let is_option = word.starts_with("--");
        match words.last_mut() {
            Some(value) if in_value && !is_option => *value = format!("{value} {word}"),
            _ => {
                in_value = !is_option && words.last().is_some_and(|last| last.starts_with("--"));
                words.push(word.to_owned());
            }
        }
    }
    words
}

#[test]
fn a_line_without_quotes_is_taken_apart_at_its_options() {
    let line = "arraylake repo set-status a/b maintenance --message back soon --output json";
    let expected = [
        "arraylake",
        "repo",
        "set-status",
        "a/b",
        "maintenance",
        "--message",
        "back soon",
        "--output",
        "json",
    ];
    assert_eq!(words(line), expected);
}
