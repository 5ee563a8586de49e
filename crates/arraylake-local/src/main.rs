//! `arraylake-local serve`: starts a lake and says how to reach it.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::ExitCode;

use arraylake_local::{LocalConfig, LocalError, RunningLake, Seed, serve};
use chrono::TimeDelta;
use clap::{Args, Parser, Subcommand};
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

#[derive(Debug, Args)]
struct ServeArgs {
    /// Where everything is kept; made if it is missing.
    #[arg(long)]
    dir: PathBuf,
    /// The address to listen on. Beyond 127.0.0.1, anybody who can reach it meets plain HTTP.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port of the catalog; by default that of last time or a free one.
    #[arg(long)]
    port: Option<u16>,
    /// The port of the S3 endpoint; by default that of last time or a free one.
    #[arg(long)]
    s3_port: Option<u16>,
    /// A YAML or JSON file with orgs, users, tokens, S3 keys and buckets, and bucket configs to add.
    #[arg(long)]
    seed: Option<PathBuf>,
    /// Takes every bearer token that it does not know for one of the seeded user.
    #[arg(long)]
    accept_any_token: bool,
    /// How many seconds temporary credentials work.
    #[arg(long, default_value_t = 3600, value_parser = clap::value_parser!(i64).range(1..=604_800))]
    credential_lifetime: i64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,s3s=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Command::Serve(args) = Cli::parse().command;
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: ServeArgs) -> Result<(), LocalError> {
    let lifetime = TimeDelta::seconds(args.credential_lifetime);
    let dir = args.dir.clone();
    let mut config = LocalConfig::new(args.dir).with_host(args.host).with_credential_lifetime(lifetime);
    if let Some(port) = args.port {
        config = config.with_port(port);
    }
    if let Some(port) = args.s3_port {
        config = config.with_s3_port(port);
    }
    if let Some(seed) = &args.seed {
        config = config.with_seed(Seed::read(seed)?);
    }
    if args.accept_any_token {
        config = config.with_any_token();
    }
    let lake = serve(config).await?;
    greet(&lake, &dir);
    stop_signal().await;
    lake.shutdown().await;
    Ok(())
}

/// Nobody may be reading; the lake is served all the same.
fn greet(lake: &RunningLake, dir: &std::path::Path) {
    let (catalog, s3) = (lake.catalog_uri(), lake.s3_uri());
    let (token, admin) = (lake.token(), lake.admin_token());
    let _ = writeln!(
        std::io::stdout().lock(),
        "A local Arraylake on {}\n  catalog      {catalog}\n  S3 endpoint  {s3}\n  org          {}\n  \
         admin token  {}\n\nPaste this into the shell of a client:\n  \
         export ARRAYLAKE_SERVICE__URI={catalog}\n  export ARRAYLAKE_TOKEN={}\n\nCtrl-C stops it.",
        dir.display(),
        lake.org(),
        admin.expose(),
        token.expose(),
    );
}

/// Waits for Ctrl-C or SIGTERM.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
