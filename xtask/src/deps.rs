//! `cargo xtask deps`: how many crates a user of ours builds, and which ones never.

use std::collections::{BTreeMap, BTreeSet};

use crate::process::{Error, Result, cargo, output};

/// Most crates in the tree of `arraylake-types`, itself included.
pub(crate) const TYPES_BUDGET: usize = 18;
/// Most crates in the tree of `arraylake-core` without default features, itself included.
pub(crate) const CORE_BUDGET: usize = 65;

/// A crate's name and version.
type Crate = (String, String);

/// A tree and what must hold for it.
struct Rule {
    package: &'static str,
    default_features: bool,
    budget: Option<usize>,
    forbidden: fn(&str) -> bool,
    /// Two versions of one crate are an error.
    unique: bool,
}

const LIGHT: Rule =
    Rule { package: "", default_features: false, budget: None, forbidden: is_heavy, unique: true };

const RULES: &[Rule] = &[
    Rule { package: "arraylake-types", budget: Some(TYPES_BUDGET), ..LIGHT },
    Rule { package: "arraylake-transport", ..LIGHT },
    Rule { package: "arraylake-core", budget: Some(CORE_BUDGET), ..LIGHT },
    Rule { package: "arraylake-blocking", ..LIGHT },
    Rule {
        package: "arraylake-icechunk",
        default_features: true,
        // One cryptography library is enough, and icechunk brings aws-lc.
        forbidden: |name| name == "ring",
        unique: false,
        ..LIGHT
    },
];

/// Checks all trees and prints their sizes.
pub(crate) fn run() -> Result<()> {
    let mut problems = Vec::new();
    for rule in RULES {
        let crates = tree(rule.package, rule.default_features)?;
        let budget = rule.budget.map_or(String::new(), |budget| format!(" of at most {budget}"));
        let features = if rule.default_features { "" } else { " --no-default-features" };
        println!("deps: {}{features}: {} crates{budget}", rule.package, crates.len());
        problems.extend(judge(rule, &crates));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!("dependencies:\n  {}", problems.join("\n  "))))
}

/// The crates that a package's normal dependencies come to, itself included.
pub(crate) fn tree(package: &str, default_features: bool) -> Result<BTreeSet<Crate>> {
    let mut command = cargo();
    command.args(["tree", "--locked", "-e", "normal", "--prefix", "none", "--no-dedupe"]);
    command.args(["-p", package]);
    if !default_features {
        command.arg("--no-default-features");
    }
    Ok(parse(&output(&mut command)?))
}

/// Reads lines like `serde_derive v1.0.229 (proc-macro)`.
fn parse(text: &str) -> BTreeSet<Crate> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        })
        .collect()
}

/// What a client of the catalog alone must not build.
fn is_heavy(name: &str) -> bool {
    // aws-lc is the cryptography of rustls; openssl-probe only knows where the system keeps its certificates.
    let fine = ["aws-lc-rs", "aws-lc-sys", "openssl-probe"];
    let heavy =
        ["icechunk", "arraylake-icechunk", "arraylake-v1", "object_store", "aws-", "reqwest", "openssl"];
    !fine.contains(&name) && heavy.iter().any(|prefix| name.starts_with(prefix))
}

fn judge(rule: &Rule, crates: &BTreeSet<Crate>) -> Vec<String> {
    let package = rule.package;
    let mut problems = Vec::new();
    if let Some(budget) = rule.budget.filter(|budget| crates.len() > *budget) {
        problems.push(format!("{package}: {} crates, {budget} are allowed", crates.len()));
    }
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, version) in crates {
        versions.entry(name).or_default().push(version);
    }
    for (name, versions) in versions {
        if (rule.forbidden)(name) {
            problems.push(format!(
                "{package}: {name} must not be in its tree (see `cargo tree -p {package} -i {name}`)"
            ));
        }
        if rule.unique && versions.len() > 1 {
            problems.push(format!("{package}: {name} is there as {}", versions.join(" and ")));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { package: "light", budget: Some(3), ..LIGHT };

    #[test]
    fn a_crate_shown_twice_is_counted_once() {
        let crates =
            parse("light v0.1.0 (/somewhere)\nsyn v2.0.1\nserde_derive v1.0.0 (proc-macro)\nsyn v2.0.1\n");
        assert_eq!(crates.len(), 3);
        assert_eq!(judge(&RULE, &crates), Vec::<String>::new());
    }

    #[test]
    fn a_tree_above_its_budget_is_a_problem() {
        let problems = judge(&RULE, &parse("a v1\nb v1\nc v1\nd v1"));
        assert_eq!(problems, ["light: 4 crates, 3 are allowed"]);
    }

    #[test]
    fn two_versions_are_a_problem_in_light_trees_only() {
        let crates = parse("light v0.1.0\nsyn v1.0.0\nsyn v2.0.0");
        assert_eq!(judge(&RULE, &crates), ["light: syn is there as v1.0.0 and v2.0.0"]);
        assert!(judge(&Rule { unique: false, ..RULE }, &crates).is_empty());
    }

    #[test]
    fn heavy_crates_are_named_and_the_cryptography_is_not_among_them() {
        for name in [
            "icechunk",
            "icechunk-types",
            "arraylake-v1",
            "object_store",
            "aws-sdk-s3",
            "reqwest",
            "openssl-sys",
        ] {
            assert!(is_heavy(name), "{name}");
        }
        for name in ["aws-lc-rs", "aws-lc-sys", "openssl-probe", "hyper"] {
            assert!(!is_heavy(name), "{name}");
        }
    }
}
