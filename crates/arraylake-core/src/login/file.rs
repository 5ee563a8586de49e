//! The token file: read with patience, written whole or not at all, locked while a login is renewed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use arraylake_types::OauthTokens;
use arraylake_types::error::describe_json_error;

use super::error::LoginError;
use crate::file::{Mode, make_dir, replace};

/// How long a file that makes no sense is given: other clients empty it before they write it.
const SETTLING: [u64; 4] = [10, 30, 60, 100];
/// How long another process may hold the lock: longer than a renewal may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads the tokens; none if there is no file.
pub(super) async fn read(path: PathBuf) -> Result<Option<OauthTokens>, LoginError> {
    for pause in SETTLING {
        match read_once(path.clone()).await {
            Err(LoginError::Malformed { .. }) => tokio::time::sleep(Duration::from_millis(pause)).await,
            outcome => return outcome,
        }
    }
    read_once(path).await
}

async fn read_once(path: PathBuf) -> Result<Option<OauthTokens>, LoginError> {
    blocking("reading", &path.clone(), move || match fs::read(&path) {
        Ok(bytes) => parse(&path, &bytes).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LoginError::file("reading", &path, error)),
    })
    .await
}

fn parse(path: &Path, bytes: &[u8]) -> Result<OauthTokens, LoginError> {
    let malformed = |reason: String| LoginError::Malformed { path: path.to_owned(), reason };
    if bytes.trim_ascii().is_empty() {
        return Err(malformed("it is empty".to_owned()));
    }
    let tokens: OauthTokens =
        serde_json::from_slice(bytes).map_err(|error| malformed(describe_json_error(&error)))?;
    if tokens.id_token.is_empty() {
        return Err(malformed("its `id_token` is empty".to_owned()));
    }
    Ok(tokens)
}

/// Writes the tokens: a new file beside the old one, for its owner alone, takes its place once it is whole.
pub(super) async fn write(path: PathBuf, tokens: OauthTokens) -> Result<(), LoginError> {
    blocking("writing", &path.clone(), move || {
        let failed = |error| LoginError::file("writing", &path, error);
        let text = serde_json::to_vec(&tokens).map_err(|error| failed(error.into()))?;
        replace(&path, &text, Mode::Secret).map_err(failed)
    })
    .await
}

/// Looks whether the tokens could be written, before anybody goes to the trouble of logging in.
pub(super) async fn probe(path: PathBuf) -> Result<(), LoginError> {
    blocking("writing", &path.clone(), move || {
        crate::file::probe(&path).map_err(|error| LoginError::file("writing", &path, error))
    })
    .await
}

/// Removes the file; whether there was one.
pub(super) async fn remove(path: PathBuf) -> Result<bool, LoginError> {
    blocking("removing", &path.clone(), move || match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(LoginError::file("removing", &path, error)),
    })
    .await
}

/// The right to renew a login, held against other processes until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "it is locked while it is open")] File);

impl Lock {
    /// Waits for the lock beside a token file. The lock file stays when it is let go: removing it would let two
    /// processes hold two different ones.
    pub(super) async fn take(token_file: &Path) -> Result<Self, LoginError> {
        let path = lock_path(token_file);
        let failed = |error| LoginError::file("locking", token_file, error);
        let file = open_lock(&path).map_err(failed)?;
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(10);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if tokio::time::Instant::now() >= end => {
                    return Err(LoginError::Busy { path });
                }
                Err(TryLockError::WouldBlock) => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(Duration::from_millis(200));
        }
    }
}

fn lock_path(token_file: &Path) -> PathBuf {
    let mut name = token_file.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    token_file.with_file_name(name)
}

fn open_lock(path: &Path) -> io::Result<File> {
    make_dir(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Runs what waits for a disk away from the threads that drive futures.
async fn blocking<T: Send + 'static>(
    operation: &'static str,
    path: &Path,
    job: impl FnOnce() -> Result<T, LoginError> + Send + 'static,
) -> Result<T, LoginError> {
    match tokio::task::spawn_blocking(job).await {
        Ok(outcome) => outcome,
        Err(error) => Err(LoginError::file(operation, path, io::Error::other(error))),
    }
}
