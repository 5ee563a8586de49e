//! What the crates below log, on stderr: warnings always, more with `-v`, `RUST_LOG` or `log_level`.

use arraylake_core::Config;
use tracing_subscriber::EnvFilter;

/// Crates of others that warn about what we handle.
const HUSHED: &str = "s3s=off,aws_config=error,aws_smithy_runtime=error,icechunk=error";

/// Begins to log. A process logs once: the second call changes nothing.
pub(crate) fn begin(quiet: bool, verbose: u8, config: Option<&Config>) {
    let level = config.and_then(|config| config.text("log_level")).map(|level| level.to_lowercase());
    let base = match (verbose, level.as_deref()) {
        (0, Some("debug")) | (2, _) => "debug",
        (0, Some("info")) | (1, _) => "info",
        (3.., _) => "trace",
        _ if quiet => "error",
        _ => "warn",
    };
    let ours = "arraylake_core arraylake_transport arraylake_icechunk arraylake_local arraylake_cli";
    let ours: Vec<String> = ours.split(' ').map(|name| format!("{name}={base}")).collect();
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("warn,{HUSHED},{}", ours.join(","))));
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    let _ = if verbose > 0 { lines.try_init() } else { lines.without_time().with_target(false).try_init() };
}
