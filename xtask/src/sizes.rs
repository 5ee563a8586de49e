//! `cargo xtask sizes`: small files, small functions.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::Span;
use syn::{
    Attribute, Block, ImplItemFn, Item, ItemFn, ItemMod, Meta, Signature, TraitItemFn,
    punctuated::Punctuated,
    spanned::Spanned,
    token::Comma,
    visit::{self, Visit},
};

use crate::{
    codegen,
    process::{Error, Result, read, root},
};

const FILE_LINES: usize = 400;
const MEDIAN_LINES: usize = 150;
const FUNCTION_LINES: usize = 40;

/// Measures every hand-written source file.
pub(crate) fn run() -> Result<()> {
    let root = root();
    let mut problems = Vec::new();
    let mut crates: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for path in sources(&root)? {
        let relative = path.strip_prefix(&root).unwrap_or(&path);
        if codegen::GENERATED.iter().any(|generated| relative == Path::new(generated)) {
            continue;
        }
        let name = relative.display().to_string();
        let measured = measure(&name, &read(&path)?)?;
        crates.entry(crate_of(relative)).or_default().push(measured.lines);
        problems.extend(measured.problems);
    }
    for (name, lines) in crates {
        let (files, median) = (lines.len(), median(lines));
        println!("sizes: {name}: {files} files, median {median} lines");
        if median > MEDIAN_LINES {
            problems.push(format!("{name}: the median file has {median} lines, {MEDIAN_LINES} are allowed"));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!("sizes:\n  {}", problems.join("\n  "))))
}

/// All Rust files of the workspace.
fn sources(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut dirs: Vec<PathBuf> = ["crates", "xtask", "tests"].iter().map(|dir| root.join(dir)).collect();
    while let Some(dir) = dirs.pop() {
        let problem = |e| Error::new(format!("cannot list {}: {e}", dir.display()));
        for entry in fs::read_dir(&dir).map_err(problem)? {
            let path = entry.map_err(problem)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let skipped = name.is_none_or(|name| name == "target" || name.starts_with('.'));
            if path.is_dir() && !skipped {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// `crates/<name>`, or the top-level directory.
fn crate_of(relative: &Path) -> String {
    let mut parts = relative.iter().map(|part| part.to_string_lossy());
    let first = parts.next().unwrap_or_default();
    if first == "crates" {
        return parts.next().unwrap_or_default().into_owned();
    }
    first.into_owned()
}

fn median(mut lines: Vec<usize>) -> usize {
    lines.sort_unstable();
    lines.get(lines.len() / 2).copied().unwrap_or(0)
}

struct Measured {
    lines: usize,
    problems: Vec<String>,
}

fn measure(name: &str, source: &str) -> Result<Measured> {
    let file =
        syn::parse_file(source).map_err(|e| Error::new(format!("{name}:{}: {e}", e.span().start().line)))?;
    let mut problems = Vec::new();
    let lines = lines_before_tests(source, &file.items);
    if lines > FILE_LINES {
        problems.push(format!("{name}: {lines} lines before its tests, {FILE_LINES} are allowed"));
    }
    // Long tests are stories, told from top to bottom.
    if !is_test_path(Path::new(name)) {
        let source = source.lines().collect();
        let mut functions = Functions { name, source, problems };
        functions.visit_file(&file);
        problems = functions.problems;
    }
    Ok(Measured { lines, problems })
}

/// Below a `tests` directory, or the file of a `tests` module.
fn is_test_path(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// Lines above the test modules that end the file.
fn lines_before_tests(source: &str, items: &[Item]) -> usize {
    let tests = items.iter().rev().take_while(|item| match item {
        Item::Mod(item) => is_test(&item.attrs),
        _ => false,
    });
    tests.last().map_or(source.lines().count(), |item| first_line(item) - 1)
}

/// Includes attributes and doc comments.
fn first_line(item: &impl Spanned) -> usize {
    item.span().start().line
}

/// Whether an item is there in test builds only.
fn is_test(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        let is_test_fn = attr.path().segments.last().is_some_and(|last| last.ident == "test");
        let needs_test = attr.path().is_ident("cfg")
            && attr.parse_args::<Meta>().is_ok_and(|condition| needs_test(&condition));
        is_test_fn || needs_test
    })
}

fn needs_test(condition: &Meta) -> bool {
    let Meta::List(list) = condition else {
        return condition.path().is_ident("test");
    };
    let parse = Punctuated::<Meta, Comma>::parse_terminated;
    let Ok(parts) = list.parse_args_with(parse) else {
        return false;
    };
    let mut parts = parts.iter();
    if list.path.is_ident("all") {
        parts.any(needs_test)
    } else {
        list.path.is_ident("any") && parts.all(needs_test)
    }
}

struct Functions<'a> {
    name: &'a str,
    source: Vec<&'a str>,
    problems: Vec<String>,
}

impl Functions<'_> {
    fn check(&mut self, first: usize, sig: &Signature, block: &Block) {
        let (start, end) = (line(sig.span()), line(block.brace_token.span.close()));
        let lines = end - start + 1;
        if lines > FUNCTION_LINES && !self.has_reason(first, start) {
            self.problems.push(format!(
                "{}:{start}: `{}` has {lines} lines, {FUNCTION_LINES} are allowed (or a `// long: <reason>` above it)",
                self.name, sig.ident
            ));
        }
    }

    /// Whether `// long: <reason>` stands above the attributes, or between them and the function.
    fn has_reason(&self, first: usize, start: usize) -> bool {
        let above = self.source[..first - 1].iter().rev();
        let comment = above.take_while(|line| line.trim_start().starts_with("//"));
        let among = &self.source[first - 1..start - 1];
        comment.chain(among).any(|line| {
            line.trim_start().strip_prefix("// long:").is_some_and(|reason| !reason.trim().is_empty())
        })
    }
}

fn line(span: Span) -> usize {
    span.start().line
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if !is_test(&item.attrs) {
            self.check(first_line(item), &item.sig, &item.block);
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.check(first_line(item), &item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.check(first_line(item), &item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function of that many lines.
    fn function(lines: usize) -> String {
        format!("fn a() {{\n{}}}\n", "    b();\n".repeat(lines - 2))
    }

    fn problems(source: &str) -> Vec<String> {
        measure("src/a.rs", source).unwrap().problems
    }

    #[test]
    fn a_function_may_have_40_lines_and_no_more() {
        assert_eq!(problems(&function(40)), Vec::<String>::new());
        let problem = &problems(&format!("\n{}", function(41)))[0];
        assert!(problem.starts_with("src/a.rs:2: `a` has 41 lines"), "{problem}");
    }

    #[test]
    fn methods_and_default_bodies_are_functions_too() {
        let body = function(41);
        assert_eq!(problems(&format!("impl A {{\n{body}}}")).len(), 1);
        assert_eq!(problems(&format!("trait A {{\n{body}}}")).len(), 1);
        assert_eq!(problems(&format!("mod a {{\n{body}}}")).len(), 1);
    }

    #[test]
    fn a_reason_above_or_among_the_attributes_lets_a_function_be_long() {
        let long = function(50);
        for above in [
            "// long: a table",
            "// long: a table\n// of names",
            "// long: a\n/// Doc.\n#[inline]",
            "/// Doc.\n// long: a",
        ] {
            assert_eq!(problems(&format!("{above}\n{long}")), Vec::<String>::new(), "{above}");
        }
        for above in ["// long:", "// long: a\n\n", "// long: a\nfn c() {}", "/// long: a"] {
            assert_eq!(problems(&format!("{above}\n{long}")).len(), 1, "{above}");
        }
    }

    #[test]
    fn tests_may_be_long() {
        let long = function(50);
        assert!(problems(&format!("#[cfg(test)]\nmod tests {{\n{long}}}")).is_empty());
        assert!(problems(&format!("#[tokio::test]\n{long}")).is_empty());
        assert!(measure("crates/a/tests/b.rs", &long).unwrap().problems.is_empty());
        assert_eq!(problems(&format!("#[cfg(not(test))]\nmod a {{\n{long}}}")).len(), 1);
    }

    #[test]
    fn the_trailing_tests_do_not_count_into_a_file() {
        let code = "use a;\n".repeat(400);
        let tests = "/// Doc.\n#[cfg(all(test, unix))]\nmod tests {\n\n}\n#[cfg(test)]\nmod more;\n";
        assert_eq!(measure("a.rs", &format!("{code}{tests}")).unwrap().lines, 400);
        assert_eq!(problems(&format!("{code}{tests}")), Vec::<String>::new());
        assert_eq!(problems(&format!("{code}{tests}use a;\n")).len(), 1);
    }

    #[test]
    fn the_median_is_the_middle_file() {
        assert_eq!(median(vec![9, 1, 5]), 5);
        assert_eq!(crate_of(Path::new("crates/arraylake-core/src/lib.rs")), "arraylake-core");
        assert_eq!(crate_of(Path::new("xtask/src/main.rs")), "xtask");
    }
}
