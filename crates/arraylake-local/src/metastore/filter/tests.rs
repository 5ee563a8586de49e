use super::*;

const DOCUMENT: &str = r#"{"attributes": {
    "flags": [{"spec": ["a", "b", "c", "d", "e"]}], "band": "c", "number": 10, "numbers": [1, 2, 3, 4, 5],
    "eo:val": 12, "someNaN": "NaN", "created:at:time": "2021-05-10 22:22:23", "some": {"nested": {"prop": "foo"}}}}"#;

fn passes(filter: &str) -> bool {
    Filter::parse(filter).unwrap().passes(DOCUMENT)
}

#[test]
fn what_is_true_of_the_attributes_passes() {
    for filter in [
        "contains(flags[0].spec, 'a')",
        "flags[0].spec[0] == 'a'",
        "flags[0].spec[-1] == 'e'",
        "flags[0].spec[0:2] == ['a', 'b']",
        "numbers[::-2] == `[5, 3, 1]`",
        "flags[0].spec[2] == band",
        "foo == bar",
        "contains(keys(@), 'flags') && contains(keys(@), 'band') && flags[0].spec[2] == band",
        "someNaN == 'NaN'",
        "someNaN != `NaN`",
        "number >= `3` && number <= `15.5`",
        "number == `10.0`",
        r#""eo:val" == `12`"#,
        r#""created:at:time" <= `2022-05-01`"#,
        "some.nested.prop",
        "!missing",
    ] {
        assert!(passes(filter), "{filter}");
    }
}

#[test]
fn what_is_not_true_does_not_pass() {
    for filter in [
        "(!flags == `5` || flags == `10`) && foo == `10`",
        "foo[0] == `10`",
        r#"contains(keys(@), "foo") && contains(keys(@), "bar") && foo == bar"#,
        "someNaN == NaN",
        "someNaN == `NaN`",
        "missing == `NaN`",
        "number < 'text'",
        "contains(number, `1`)",
        "numbers[5]",
    ] {
        assert!(!passes(filter), "{filter}");
    }
}

#[test]
fn a_document_without_attributes_never_passes() {
    let filter = Filter::parse("a == b").unwrap();
    assert!(!filter.passes("{}") && !filter.passes(r#"{"foo": {"attributes": {}}}"#));
    assert!(filter.passes(r#"{"attributes": {}}"#));
}

#[test]
fn what_is_not_supported_is_named() {
    for filter in [
        "avg(numbers)",
        "foo[?(a == `1` || b ==`2`) && c == `5`]",
        "foo | bar",
        "sort_by(Contents, &Date)",
        "foo[*].a",
        "foo.*",
        "foo[]",
        "{a: b}",
    ] {
        let refusal = Filter::parse(filter).unwrap_err().message();
        assert!(refusal.starts_with("Functionality"), "{filter}: {refusal}");
    }
    assert!(passes("band == 'c' || 'a|b' == `a|b`"));
}

#[test]
fn what_is_no_expression_is_refused() {
    for filter in ["XXC****&&", "a ==", "a == 'b", "10"] {
        let refusal = Filter::parse(filter).unwrap_err().message();
        assert!(refusal.contains("invalid token"), "{filter}: {refusal}");
    }
    let refusal = Filter::parse("title == 10").unwrap_err().message();
    assert!(
        refusal.starts_with(r#"invalid token: Parse error at column 9, token "10" (NUMBER), for expression"#)
    );
}
