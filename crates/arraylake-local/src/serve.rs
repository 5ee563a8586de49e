//! [`serve`]: catalog and S3 endpoint behind sockets.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use arraylake_types::Secret;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::connections::accept;
use crate::catalog;
use crate::config::LocalConfig;
use crate::error::{LocalError, LocalErrorKind};
use crate::service::LocalService;
use crate::tls::Tls;

mod connections;
mod traffic;

/// A lake that is being served. It stops when this is dropped; [`shutdown`](Self::shutdown) also waits for that.
#[derive(Debug)]
pub struct RunningLake {
    service: LocalService,
    catalog_uri: String,
    s3_uri: String,
    tls: Arc<Tls>,
    stop: watch::Sender<bool>,
    tasks: Vec<Guarded>,
}

/// A task that ends with its handle.
#[derive(Debug)]
struct Guarded(JoinHandle<()>);

impl Drop for Guarded {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Opens a lake and serves its catalog and its S3 endpoint.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use arraylake_local::{LocalConfig, serve};
///
/// let lake = serve(LocalConfig::temporary()?).await?;
/// assert!(lake.catalog_uri().starts_with("http://127.0.0.1:"));
/// lake.shutdown().await;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The directory is in use or unusable, the seed breaks a rule, or a port is taken.
pub async fn serve(config: LocalConfig) -> Result<RunningLake, LocalError> {
    let open = tokio::task::spawn_blocking(move || LocalService::open(config)).await;
    let service = open.map_err(|error| LocalError::io("opening", io::Error::other(error)))??;
    let lake = Arc::clone(service.lake());
    let (last_catalog, last_s3) = lake.last_ports()?;
    let catalog = bind(lake.config.host, lake.config.port, last_catalog).await?;
    let s3 = bind(lake.config.host, lake.config.s3_port, last_s3).await?;
    let (catalog_uri, s3_uri) = (uri(&catalog)?, uri(&s3)?);
    lake.serving(port(&catalog)?, port(&s3)?, s3_uri.clone())?;
    if let Err(refusal) = catalog::sweep(&lake).await {
        tracing::warn!(reason = refusal.message(), "deleted repos could not be removed");
    }
    let (stop, stopped) = watch::channel(false);
    let tls = Arc::new(Tls::new(&lake.config.dir, lake.config.host));
    let catalog_service = TowerToHyperService::new(service.clone());
    let tasks = vec![
        Guarded(tokio::spawn(accept(catalog, catalog_service, Some(Arc::clone(&tls)), stopped.clone()))),
        Guarded(tokio::spawn(accept(s3, lake.endpoint.service(), None, stopped))),
    ];
    Ok(RunningLake { service, catalog_uri, s3_uri, tls, stop, tasks })
}

impl RunningLake {
    /// The address of the catalog.
    #[must_use]
    pub fn catalog_uri(&self) -> &str {
        &self.catalog_uri
    }

    /// The address of the S3 endpoint.
    #[must_use]
    pub fn s3_uri(&self) -> &str {
        &self.s3_uri
    }

    /// A certificate that vouches for the catalog's by TLS, which the same port speaks. Python clients need it to log
    /// in, as the value of `SSL_CERT_FILE`: they put `https://` before the name of the login provider.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn ca_file(&self) -> Result<PathBuf, LocalError> {
        self.tls.ca_file().map_err(|error| LocalError::io("the certificate", error))
    }

    /// The token of the seeded user.
    #[must_use]
    pub fn token(&self) -> Secret {
        self.service.token()
    }

    /// The token for the routes under `/_local/`.
    #[must_use]
    pub fn admin_token(&self) -> Secret {
        self.service.admin_token()
    }

    /// The org that each lake has from the start.
    #[must_use]
    pub fn org(&self) -> &'static str {
        self.service.org()
    }

    /// The catalog without its socket, to be a client's innermost service.
    #[must_use]
    pub fn service(&self) -> LocalService {
        self.service.clone()
    }

    /// Lets the requests that are under way end, for ten seconds at most, then stops. Connections without a request, or
    /// with a part of a head only, are closed at once, and those of clients that fall silent a moment later. The directory
    /// is free after that.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        for task in &mut self.tasks {
            let _ = (&mut task.0).await;
        }
    }
}

/// A listener on the port that is asked for, else on the one of last time if it is free, else on any.
async fn bind(host: IpAddr, wanted: Option<u16>, last: Option<u16>) -> Result<TcpListener, LocalError> {
    if let Some(port) = wanted {
        return TcpListener::bind((host, port)).await.map_err(|error| taken(host, port, error));
    }
    if let Some(port) = last
        && let Ok(listener) = TcpListener::bind((host, port)).await
    {
        return Ok(listener);
    }
    TcpListener::bind((host, 0)).await.map_err(|error| LocalError::io(format!("listening on {host}"), error))
}

fn taken(host: IpAddr, port: u16, error: io::Error) -> LocalError {
    if error.kind() == io::ErrorKind::AddrInUse {
        let message = format!("port {port} of {host} is taken; choose another, or none for a free one");
        return LocalError::new(LocalErrorKind::PortTaken, message);
    }
    LocalError::io(format!("listening on {}:{port}", bracketed(host)), error)
}

fn port(listener: &TcpListener) -> Result<u16, LocalError> {
    Ok(address(listener)?.port())
}

fn uri(listener: &TcpListener) -> Result<String, LocalError> {
    let address = address(listener)?;
    // Nobody can connect to "any address"; those on this machine can to its own.
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
        ip => bracketed(ip),
    };
    Ok(format!("http://{host}:{}", address.port()))
}

fn address(listener: &TcpListener) -> Result<SocketAddr, LocalError> {
    listener.local_addr().map_err(|error| LocalError::io("listening", error))
}

/// An address as it stands in a URI.
pub(crate) fn bracketed(host: IpAddr) -> String {
    match host {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}
