//! Filters of subscriptions: which nodes of a repo are meant.

use arraylake_types::DatasetFilter;

use super::body::Body;
use crate::refusal::Refusal;

/// Reads a filter; one that breaks a rule is reported.
pub(super) fn read(body: &mut Body, key: &str) -> Option<DatasetFilter> {
    let fields = body.object(key)?;
    let filter: Option<DatasetFilter> = serde_json::from_value(fields.into()).ok();
    let Some(filter) = filter else {
        return body.wrong(key, "Input should be a dataset filter", "value_error");
    };
    if let Some(rule) = filter.nodes.as_ref().and_then(|nodes| {
        let both = [&nodes.include_paths, &nodes.exclude_paths];
        let empty = both.iter().all(|paths| paths.is_empty());
        let none = "nodes: include_paths and exclude_paths must not both be empty".to_owned();
        empty.then_some(none).or_else(|| both.into_iter().find_map(|paths| broken_rule(paths)))
    }) {
        return body.wrong(key, &rule, "value_error");
    }
    Some(filter)
}

/// What a filtered subscription must say: which part it takes, and that it is a part.
pub(super) fn check_target(filter: Option<&DatasetFilter>) -> Result<(), Refusal> {
    let nodes = filter.and_then(|filter| filter.nodes.as_ref());
    let include = nodes.map(|nodes| nodes.include_paths.as_slice()).unwrap_or_default();
    if include.is_empty() || include == ["/"] {
        let text = "target_filter: a filtered subscription needs nodes.include_paths other than [\"/\"]";
        return Err(Refusal::rule(text));
    }
    Ok(())
}

/// The rule that a list of paths breaks, if it breaks one.
fn broken_rule(paths: &[String]) -> Option<String> {
    let rule = |path: &String| {
        let parts = || path.split('/').skip(1);
        if !path.starts_with('/') || path.starts_with("//") {
            Some("must start with exactly one /")
        } else if path != "/" && parts().any(|part| part.is_empty() || part == ".") {
            Some("must be normalized")
        } else if parts().any(|part| part == "..") {
            Some("must not contain ..")
        } else if path.contains(['*', '?']) {
            Some("must not contain * or ?")
        } else {
            None
        }
    };
    let wrong = paths.iter().find_map(|path| Some(format!("path {path:?} {}", rule(path)?)));
    let twice = || {
        let again = paths.iter().enumerate().find(|(at, path)| paths[..*at].contains(path));
        again.map(|(_, path)| format!("path {path:?} is there twice"))
    };
    wrong.or_else(twice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_no_plain_one_is_named() {
        for bad in ["a", "//a", "/a/", "/a//b", "/./a", "/a/../b", "/a*", "/a?"] {
            assert!(broken_rule(&[bad.to_owned()]).is_some_and(|rule| rule.contains(bad)), "{bad}");
        }
        for good in ["/", "/a", "/a b/ü", "/a/.b"] {
            assert_eq!(broken_rule(&[good.to_owned()]), None, "{good}");
        }
        assert!(broken_rule(&["/a".to_owned(), "/a".to_owned()]).is_some());
    }
}
