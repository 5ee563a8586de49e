//! Where the pages of the console are.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::contents::Version;

/// What is written as it is in a part of a path or a query.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// The page of an org.
pub(super) fn org(org: &str) -> String {
    format!("/console/orgs/{}", escaped(org))
}

/// The page of a repo, at its main branch.
pub(super) fn repo(name: (&str, &str)) -> String {
    format!("{}/repos/{}", org(name.0), escaped(name.1))
}

/// The page of a repo at a version.
pub(super) fn version(name: (&str, &str), version: &Version) -> String {
    let (kind, text) = match version {
        Version::Branch(text) => ("branch", text),
        Version::Tag(text) => ("tag", text),
        Version::Snapshot(text) => ("snapshot", text),
    };
    format!("{}?{kind}={}", repo(name), escaped(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_within_their_part_of_the_address() {
        assert_eq!(repo(("my-org", "my_repo.v2")), "/console/orgs/my-org/repos/my_repo.v2");
        let tag = Version::Tag("a/b?c#d&e=f g".to_owned());
        let place = version(("o", "../x"), &tag);
        assert_eq!(place, "/console/orgs/o/repos/..%2Fx?tag=a%2Fb%3Fc%23d%26e%3Df%20g");
    }
}
