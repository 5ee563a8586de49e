//! Programs of others that `cargo xtask test` installs.

use std::path::PathBuf;

/// Set where tests that need Python clients or Azurite are left out on purpose.
pub(crate) const NO_INTEROP: &str = "ARRAYLAKE_TEST_NO_INTEROP";
/// Set where tests in a browser are left out on purpose.
pub(crate) const NO_BROWSER: &str = "ARRAYLAKE_TEST_NO_BROWSER";

/// What a variable names; none if another says that the tests that need it were left out.
pub(crate) fn installed(variable: &str, left_out: &str) -> Option<PathBuf> {
    if std::env::var_os(left_out).is_some() {
        return None;
    }
    let Some(path) = std::env::var_os(variable) else {
        panic!("{variable} is not set: run these tests by `cargo xtask test`, which installs what they need");
    };
    Some(path.into())
}
