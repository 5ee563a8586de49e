//! What the crates below log, on stderr: warnings always, more with `-v`, `RUST_LOG` or `log_level`.

use arraylake_core::Config;
use tracing_subscriber::EnvFilter;

/// Crates of others that warn about what we handle.
const HUSHED: &str = "s3s=off,aws_config=error,aws_smithy_runtime=error,icechunk=error";

/// Crates of ours that log.
const OURS: [&str; 6] = [
    "arraylake_core",
    "arraylake_transport",
    "arraylake_icechunk",
    "arraylake_v1",
    "arraylake_local",
    "arraylake_cli",
];

/// Begins to log. A process logs once: the second call changes nothing.
pub(crate) fn begin(quiet: bool, verbose: u8, config: Option<&Config>) {
    let level = config.and_then(|config| config.text("log_level")).map(|level| level.to_lowercase());
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(filter(quiet, verbose, level.as_deref())));
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    let _ = if verbose > 0 { lines.try_init() } else { lines.without_time().with_target(false).try_init() };
}

/// What is logged unless `RUST_LOG` says otherwise.
fn filter(quiet: bool, verbose: u8, level: Option<&str>) -> String {
    let base = match (verbose, level) {
        (0, Some("debug")) | (2, _) => "debug",
        (0, Some("info")) | (1, _) => "info",
        (3.., _) => "trace",
        _ if quiet => "error",
        _ => "warn",
    };
    let ours = OURS.map(|name| format!("{name}={base}")).join(",");
    // Each call is a line of this crate.
    let calls = if verbose == 1 { ",arraylake_transport=debug" } else { "" };
    format!("warn,{HUSHED},{ours}{calls}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_shows_calls_twice_shows_details() {
        assert!(filter(false, 1, None).ends_with("arraylake_cli=info,arraylake_transport=debug"));
        assert!(filter(false, 2, Some("info")).ends_with("arraylake_cli=debug"));
        assert!(filter(false, 0, Some("debug")).ends_with("arraylake_cli=debug"));
        assert!(filter(true, 0, None).ends_with("arraylake_cli=error"));
        for verbose in 0..4 {
            EnvFilter::try_new(filter(false, verbose, None)).unwrap();
        }
    }
}
