use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{Recall, RepoModel};

const BODIES: &str = include_str!("../../tests/fixtures/Repo.jsonl");

#[test]
fn recorded_repos_are_read_here_and_as_serde_json_reads_them() {
    for line in BODIES.lines() {
        assert_eq!(Cursor::read::<Value>(line).unwrap(), serde_json::from_str::<Value>(line).unwrap());
        let body = serde_json::from_str::<Value>(line).unwrap()["body"].to_string();
        let recall = Recall::new();
        for _ in 0..2 {
            let _reading = Reading::begin(&recall);
            let read = Cursor::read::<RepoModel>(&body).ok();
            assert_eq!(read, serde_json::from_str(&body).ok());
        }
    }
}

#[test]
fn what_is_no_json_is_not_read() {
    for text in [
        "",
        " ",
        "{",
        "[",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{,}",
        r#"{"a":1,}"#,
        r#"{"a"}"#,
        r#"{"a":}"#,
        "{a:1}",
        r#"{5:1}"#,
        r#"{"a" 1}"#,
        r#"{"a":1 "b":2}"#,
        r#"{"a":1]"#,
        "[1}",
        "nul",
        "nulll",
        "truefalse",
        "[] []",
        r#"["a]"#,
        r#"["\x"]"#,
        "[\"\u{1}\"]",
        r#"["\ud800"]"#,
        "\u{feff}[]",
        "[01]",
        "[+1]",
        "[NaN]",
        "\u{a0}[]",
    ] {
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        assert!(Cursor::read::<Value>(text).is_err(), "{text}");
    }
}

#[test]
fn deep_values_escapes_and_blanks_are_read_too() {
    let deep = format!("{}5{}", "[".repeat(100), "]".repeat(100));
    for text in
        [deep.as_str(), " { \"\\u0061\" : [ \"\\n\" , null ,\ttrue\r\n] , \"ü\" : \"€\" } ", "-1.5e3", "\"\""]
    {
        assert_eq!(Cursor::read::<Value>(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }
}

#[test]
fn a_part_that_only_begins_like_a_known_one_is_read_by_itself() {
    let recall = Recall::new();
    let row = |permissions: &str| {
        format!(r#"{{"_id":"aa","org":"o","name":"n","kind":"v1","permissions":{permissions}}}"#)
    };
    for permissions in
        ["[]", r#"[{"principal_id":"22222222-2222-4222-8222-222222222222","actions":[]}]"#, "[]", "[ ]"]
    {
        let repo: RepoModel = recall.read(row(permissions).as_bytes()).unwrap();
        assert_eq!(repo, serde_json::from_str(&row(permissions)).unwrap());
    }
    assert!(recall.read::<RepoModel>(row("[]]").as_bytes()).is_err());
}

proptest! {
    #[test]
    fn a_text_that_is_read_here_is_read_alike_by_serde_json(
        line in 0..64_usize, at in any::<prop::sample::Index>(), new in r#"[\[\]{},:"\\ a0é\u{1}-]{0,3}"#, cut in 0..3_usize,
    ) {
        let lines: Vec<&str> = BODIES.lines().collect();
        let mut text = lines[line % lines.len()].to_owned();
        let at = text.floor_char_boundary(at.index(text.len()));
        let end = text.ceil_char_boundary((at + cut).min(text.len()));
        text.replace_range(at..end, &new);
        if let Ok(value) = Cursor::read::<Value>(&text) {
            prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
        }
    }

    #[test]
    fn the_end_of_a_plain_text_is_found(text in "[ -~é€\u{7f}]{0,30}[\"\\\\\u{0}-\u{1f}]?[ -~é\"]{0,12}") {
        let expected = text.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\');
        prop_assert_eq!(plain(text.as_bytes()), expected.unwrap_or(text.len()));
    }
}
