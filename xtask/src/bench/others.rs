//! What is measured beside ours by `cargo xtask bench listing` and `open`: the Python client, and a program on the published crate.

use std::path::PathBuf;

use crate::{
    process::{Result, target_dir},
    published,
    test::python,
};

/// Makes them, and says where they are.
pub(super) fn prepare() -> Result<Vec<(&'static str, PathBuf)>> {
    let current = &python::INTEROP[0];
    let interpreter = current.python(&target_dir()?)?;
    Ok(vec![(current.variable, interpreter), ("ARRAYLAKE_BENCH_PUBLISHED", published::build(true)?)])
}
