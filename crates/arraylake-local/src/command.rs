//! The command `serve`: of the program `arraylake-local`, and of others that offer the same.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use clap::Args;

use crate::pages::CONSOLE;
use crate::{LocalConfig, LocalError, RunningLake, Seed, serve};

/// Serves the catalog and an S3 endpoint on one directory.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  serve --dir ./lake
  serve --dir ./lake --port 8000 --seed people.yaml")]
pub struct ServeArgs {
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

impl ServeArgs {
    /// What they mean.
    ///
    /// # Errors
    /// The seed cannot be read.
    pub fn into_config(self) -> Result<LocalConfig, LocalError> {
        let lifetime = TimeDelta::seconds(self.credential_lifetime);
        let mut config = LocalConfig::new(self.dir).with_host(self.host).with_credential_lifetime(lifetime);
        if let Some(port) = self.port {
            config = config.with_port(port);
        }
        if let Some(port) = self.s3_port {
            config = config.with_s3_port(port);
        }
        if let Some(seed) = &self.seed {
            config = config.with_seed(Seed::read(seed)?);
        }
        if self.accept_any_token {
            config = config.with_any_token();
        }
        Ok(config)
    }
}

/// Serves until Ctrl-C or SIGTERM; requests that are under way may end, unless it comes twice. What to tell the user, once it serves, goes to `greet`.
///
/// # Errors
/// As [`serve`].
pub async fn serve_until_stopped(args: ServeArgs, greet: impl FnOnce(&str)) -> Result<(), LocalError> {
    let dir = args.dir.clone();
    let lake = serve(args.into_config()?).await?;
    greet(&greeting(&lake, &dir));
    stop_signal().await;
    tokio::select! {
        () = lake.shutdown() => {}
        // Who asks twice does not want to wait.
        () = stop_signal() => {}
    }
    Ok(())
}

fn greeting(lake: &RunningLake, dir: &Path) -> String {
    let (catalog, s3) = (lake.catalog_uri(), lake.s3_uri());
    let (token, admin) = (lake.token(), lake.admin_token());
    let certificate = match lake.ca_file() {
        // The shell of a client may be in another directory.
        Ok(path) => {
            let path = std::path::absolute(&path).unwrap_or(path);
            format!("that, the Python client needs\n  export SSL_CERT_FILE={}", path.display())
        }
        Err(error) => format!("that, the Python client needs a certificate, which is missing: {error}"),
    };
    format!(
        "A local Arraylake on {}\n  catalog      {catalog}\n  console      {catalog}{CONSOLE}\n  S3 endpoint  {s3}\n  org          {}\n  \
         admin token  {}\n\nPaste this into the shell of a client:\n  \
         export ARRAYLAKE_SERVICE__URI={catalog}\n  export ARRAYLAKE_TOKEN={}\n\n\
         To log in instead: `arraylake auth login`; for {certificate}\n\nCtrl-C stops it.\n",
        dir.display(),
        lake.org(),
        admin.expose(),
        token.expose(),
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_certificate_that_cannot_be_made_is_said_and_the_lake_serves() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("tls"), "in the way").unwrap();
        let lake = serve(LocalConfig::new(dir.path())).await.unwrap();
        let said = greeting(&lake, dir.path());
        assert!(said.contains("a certificate, which is missing: "), "{said}");
        assert!(!said.contains("SSL_CERT_FILE="), "{said}");
        lake.shutdown().await;
    }
}
