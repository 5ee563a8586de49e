//! `arraylake-local serve`: starts a lake and says how to reach it.

use std::io::Write as _;
use std::process::ExitCode;

use arraylake_local::command::{ServeArgs, serve_until_stopped};
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// An Arraylake on your own machine.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the catalog and an S3 endpoint on one directory.
    Serve(ServeArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,s3s=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Command::Serve(args) = Cli::parse().command;
    // Nobody may be reading; the lake is served all the same.
    let greet = |text: &str| drop(std::io::stdout().lock().write_all(text.as_bytes()));
    match serve_until_stopped(args, greet).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
