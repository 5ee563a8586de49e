//! [`Lake`]: everything behind the routes.

use std::fs::File;
use std::sync::{Arc, PoisonError, RwLock};

use arraylake_types::{PrincipalId, Secret, Timestamp};

use crate::config::LocalConfig;
use crate::error::{LocalError, LocalErrorKind};
use crate::keyring::KeyRing;
use crate::pages::WebSessions;
use crate::s3::Endpoint;
use crate::seed;
use crate::store::{LOCAL_ENDPOINT, Store};
use crate::{files, random};

/// Everything behind the routes: records, objects, keys.
#[derive(Debug)]
pub(crate) struct Lake {
    pub(crate) config: LocalConfig,
    pub(crate) store: Store,
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) endpoint: Endpoint,
    /// Who is signed in at a browser.
    pub(crate) web: WebSessions,
    /// The seeded user, who owns the ready token.
    pub(crate) owner: PrincipalId,
    pub(crate) token: Secret,
    pub(crate) admin_token: Secret,
    s3_uri: RwLock<String>,
    _lock: File,
}

/// Which port was used last, under the name of a setting.
const S3_PORT: &str = "s3_port";
const CATALOG_PORT: &str = "catalog_port";

impl Lake {
    /// Opens the directory, makes what is missing, and sows the seed. Blocks.
    pub(crate) fn open(config: LocalConfig) -> Result<Self, LocalError> {
        let lock = files::take_lake(&config.dir)?;
        let lasting = config.temporary.is_none();
        let store = Store::open(&config.dir.join("catalog.sqlite"), lasting)?;
        let ring = Arc::new(store.run_now(KeyRing::load)?);
        let keys = Arc::<KeyRing>::clone(&ring);
        let open = if lasting { Endpoint::open } else { Endpoint::open_temporary };
        let endpoint = open(&config.dir.join("s3"), keys, config.clock.clone())
            .map_err(|error| LocalError::io("the objects", error))?;
        let (token, _) = kept_secret(&config, "token", "ema_")?;
        let (admin_token, _) = kept_secret(&config, "admin-token", "admin_")?;
        let now = Timestamp::from(config.clock.now()).truncated();
        let sown = |db: &crate::store::Db<'_>| seed::first(db, &ring, &token, &config.seed, now);
        let owner = store.run_now(sown).map_err(unusable)?;
        let port = store.run_now(|db| db.setting(S3_PORT))?.unwrap_or_else(|| "0".to_owned());
        let s3_uri = RwLock::new(format!("http://{}:{port}", crate::serve::bracketed(config.host)));
        let web = WebSessions::default();
        let lake =
            Self { config, store, ring, endpoint, web, owner, token, admin_token, s3_uri, _lock: lock };
        for bucket in seed::BUCKETS {
            lake.make_bucket(bucket)?;
        }
        seed::sow(&lake, &lake.config.seed)?;
        Ok(lake)
    }

    /// The current time in whole seconds.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from(self.config.clock.now()).truncated()
    }

    /// The same in milliseconds since 1970, as logins keep it.
    pub(crate) fn now_millis(&self) -> i64 {
        self.config.clock.now().timestamp_millis()
    }

    /// The address of the S3 endpoint; that of last time while it is not served.
    pub(crate) fn s3_uri(&self) -> String {
        self.s3_uri.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The address of the S3 endpoint with another name of this machine, if one is given.
    pub(crate) fn s3_uri_by(&self, host: Option<&str>) -> String {
        let own = self.s3_uri();
        let port = own.rsplit(':').next().unwrap_or_default();
        host.map_or_else(|| own.clone(), |host| format!("http://{host}:{port}"))
    }

    /// Whether a URL is that of the S3 endpoint.
    pub(crate) fn is_own_endpoint(&self, url: &str) -> bool {
        url == LOCAL_ENDPOINT || self.own_host(url).is_some()
    }

    /// By which name of this machine a URL leads to the S3 endpoint, if it does.
    pub(crate) fn own_host(&self, url: &str) -> Option<String> {
        let (own, url) = (self.s3_uri(), url.trim_end_matches('/'));
        let (host, port) = url.strip_prefix("http://")?.rsplit_once(':')?;
        let same = port != "0" && own.rsplit(':').next() == Some(port);
        (url == own || (same && ["127.0.0.1", "localhost", "[::1]"].contains(&host))).then(|| host.to_owned())
    }

    /// Makes a bucket of the S3 endpoint unless it is there.
    pub(crate) fn make_bucket(&self, name: &str) -> Result<bool, LocalError> {
        self.endpoint.create_bucket(name).map_err(|error| LocalError::io(format!("the bucket {name}"), error))
    }

    /// The ports of last time.
    pub(crate) fn last_ports(&self) -> Result<(Option<u16>, Option<u16>), LocalError> {
        let both = self
            .store
            .run_now(|db| Ok::<_, rusqlite::Error>((db.setting(CATALOG_PORT)?, db.setting(S3_PORT)?)));
        let (catalog, s3) = both?;
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
        Ok((number(catalog), number(s3)))
    }

    /// The address of the catalog as it was served last, by the records.
    pub(crate) fn catalog_uri(&self, db: &crate::store::Db<'_>) -> rusqlite::Result<String> {
        let host = crate::serve::bracketed(self.config.host);
        let port = db.setting(CATALOG_PORT)?.map(|port| format!(":{port}")).unwrap_or_default();
        Ok(format!("http://{host}{port}"))
    }

    /// Remembers the addresses that are served now.
    pub(crate) fn serving(&self, catalog_port: u16, s3_port: u16, s3_uri: String) -> Result<(), LocalError> {
        self.store.run_now(|db| {
            db.set_setting(CATALOG_PORT, &catalog_port.to_string())?;
            db.set_setting(S3_PORT, &s3_port.to_string())
        })?;
        *self.s3_uri.write().unwrap_or_else(PoisonError::into_inner) = s3_uri;
        Ok(())
    }
}

/// A secret in a file of the lake, made when it is missing.
fn kept_secret(config: &LocalConfig, name: &str, start: &str) -> Result<(Secret, bool), LocalError> {
    let path = config.dir.join(name);
    let io = |error| LocalError::io(format!("the file {}", path.display()), error);
    if let Some(secret) = files::read_secret(&path).map_err(io)? {
        return Ok((secret, false));
    }
    let secret = Secret::new(format!("{start}{}", random::letters(40)));
    files::write_secret(&path, &secret).map_err(io)?;
    Ok((secret, true))
}

fn unusable(refusal: crate::refusal::Refusal) -> LocalError {
    LocalError::new(LocalErrorKind::Unusable, refusal.message())
}
