//! `cargo xtask codegen`: what follows mechanically from the role traits of `arraylake-core`, and from the methods of
//! `AsyncRepo` of `arraylake-v1`.
//!
//! Three committed files: the methods of the blocking client and of the blocking V1 repo, and the roles for references
//! and smart pointers.

mod blocking;
mod docs;
mod forward;
mod handle;
mod roles;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
};

use proc_macro2::TokenStream;

use crate::process::{Error, Result, command, read, root, write};
use roles::Role;

const API: &str = "crates/arraylake-core/src/api";
const BLOCKING: &str = "crates/arraylake-blocking/src/generated.rs";
const REPO_SOURCE: &str = "crates/arraylake-v1/src/repo";
const REPO: &str = "crates/arraylake-blocking/src/generated_repo.rs";
const FORWARD: &str = "crates/arraylake-core/src/api/forward.rs";

/// The files this task writes, from the top directory.
pub(crate) const GENERATED: [&str; 3] = [BLOCKING, REPO, FORWARD];

/// Write the files, or only compare them.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Write,
    Check,
}

/// Makes all files from their sources.
pub(crate) fn run(mode: Mode) -> Result<()> {
    let roles = read_roles(&root().join(API))?;
    if roles.is_empty() {
        return Err(Error::new(format!("no `pub trait` with `#[async_trait]` in {API}")));
    }
    let repo = handle::file(&read_handle(&root().join(REPO_SOURCE))?)?;
    let mut stale = Vec::new();
    for (path, tokens) in [(BLOCKING, blocking::file(&roles)), (REPO, repo), (FORWARD, forward::file(&roles))]
    {
        let text = format(tokens)?;
        let target = root().join(path);
        if read(&target).is_ok_and(|old| old == text) {
            continue;
        }
        match mode {
            Mode::Write => {
                write(&target, &text)?;
                println!("codegen: wrote {path}");
            }
            Mode::Check => stale.push(path),
        }
    }
    if stale.is_empty() {
        println!("codegen: {} roles, all files are current", roles.len());
        return Ok(());
    }
    Err(Error::new(format!("not current: {}; run `cargo xtask codegen`", stale.join(", "))))
}

/// The roles of all files, in the order of file names.
fn read_roles(dir: &Path) -> Result<Vec<Role>> {
    let mut all = Vec::new();
    for path in rust_files(dir)? {
        if path.ends_with("mod.rs") || path.ends_with("forward.rs") {
            continue;
        }
        all.extend(roles::parse(&read(&path)?).map_err(|e| Error::new(format!("{}: {e}", path.display())))?);
    }
    Ok(all)
}

/// The methods of `AsyncRepo` in its module, and in the files below, in the order of file names.
fn read_handle(module: &Path) -> Result<Vec<syn::ImplItemFn>> {
    let mut all = Vec::new();
    for path in [vec![module.with_extension("rs")], rust_files(module)?].concat() {
        all.extend(handle::parse(&read(&path)?).map_err(|e| Error::new(format!("{}: {e}", path.display())))?);
    }
    Ok(all)
}

fn rust_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let problem = |e| Error::new(format!("cannot list {}: {e}", dir.display()));
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(dir).map_err(problem)? {
        files.push(entry.map_err(problem)?.path());
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    Ok(files)
}

/// Tokens to the text that `cargo fmt` leaves alone.
fn format(tokens: TokenStream) -> Result<String> {
    let file: syn::File =
        syn::parse2(tokens).map_err(|e| Error::new(format!("the generated code does not parse: {e}")))?;
    rustfmt(&spaced(&prettyplease::unparse(&file)))
}

/// Puts blank lines between items and methods, which the printer sets tight.
fn spaced(text: &str) -> String {
    let mut spaced = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        spaced.push_str(line);
        spaced.push('\n');
        let Some(next) = lines.peek() else {
            break;
        };
        let ends_header = line.starts_with("//!") && !next.starts_with("//!");
        let ends_imports = line.starts_with("use ") && !next.starts_with("use ");
        let ends_item = line == "}" || (line == "    }" && *next != "}");
        if ends_header || ends_imports || ends_item {
            spaced.push('\n');
        }
    }
    spaced
}

fn rustfmt(text: &str) -> Result<String> {
    let problem = |e| Error::new(format!("cannot run rustfmt: {e}"));
    let mut child = command("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(problem)?;
    let Some(mut stdin) = child.stdin.take() else {
        return Err(Error::new("rustfmt has no stdin"));
    };
    // rustfmt reads all of its input before it answers, so that writing first cannot block.
    stdin.write_all(text.as_bytes()).map_err(problem)?;
    drop(stdin);
    let output = child.wait_with_output().map_err(problem)?;
    if !output.status.success() {
        return Err(Error::new(format!("rustfmt failed ({})", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| Error::new("rustfmt gave no UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_and_methods_stand_apart() {
        let tight =
            "//! A.\nuse a;\nuse b;\nimpl A {\n    fn a() {\n    }\n    fn b() {\n    }\n}\nfn c() {}\n";
        let spaced_out = "//! A.\n\nuse a;\nuse b;\n\nimpl A {\n    fn a() {\n    }\n\n    fn b() {\n    }\n}\n\nfn c() {}\n";
        assert_eq!(spaced(tight), spaced_out);
    }

    #[test]
    fn formatted_code_is_what_rustfmt_leaves_alone() {
        let roles = roles::parse(
            "/// Repos.\n#[async_trait]\npub trait Repos { /// One.\n async fn a_rather_long_method_name(&self, \
             repo: &RepoName, another: CreateBucketConfigRequest) -> Result<RepoModel>; }",
        )
        .unwrap();
        for tokens in [blocking::file(&roles), forward::file(&roles)] {
            let text = format(tokens).unwrap();
            assert_eq!(rustfmt(&text).unwrap(), text);
            assert!(text.starts_with("//! "), "{text}");
        }
    }
}
