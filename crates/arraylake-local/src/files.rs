//! Files for their owner alone, and the lock on a lake.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;

use arraylake_types::Secret;

use crate::error::{LocalError, LocalErrorKind};

/// Makes the directory of a lake, for its owner alone, and takes it. The lock goes with the file.
pub(crate) fn take_lake(dir: &Path) -> Result<File, LocalError> {
    let name = dir.display();
    let io = |error| LocalError::io(format!("the directory {name}"), error);
    if !dir.is_dir() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(io)?;
    }
    let lock = private().truncate(false).open(dir.join("lock")).map_err(io)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            let message = format!("{name} is in use: another local Arraylake works on it");
            Err(LocalError::new(LocalErrorKind::InUse, message))
        }
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes an empty file unless there is one.
pub(crate) fn touch_private(path: &Path) -> io::Result<()> {
    private().truncate(false).open(path).map(drop)
}

/// A secret kept in a file.
pub(crate) fn read_secret(path: &Path) -> io::Result<Option<Secret>> {
    match fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => Ok(Some(Secret::new(text.trim()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Keeps a secret in a file, whole or not at all.
pub(crate) fn write_secret(path: &Path, secret: &Secret) -> io::Result<()> {
    replace(path, secret.expose(), private())
}

/// Keeps a text that anybody may read in a file, whole or not at all.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    replace(path, text, OpenOptions::new().write(true).create(true).to_owned())
}

fn replace(path: &Path, text: &str, mut options: OpenOptions) -> io::Result<()> {
    let scratch = path.with_extension("new");
    let mut file = options.truncate(true).open(&scratch)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(scratch, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lake_is_taken_once_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let lake = dir.path().join("a/lake");
        let lock = take_lake(&lake).unwrap();
        assert_eq!(take_lake(&lake).unwrap_err().kind(), LocalErrorKind::InUse);
        drop(lock);
        take_lake(&lake).unwrap();
    }

    #[test]
    #[cfg(unix)]
    fn a_secret_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        assert_eq!(read_secret(&path).unwrap(), None);
        write_secret(&path, &Secret::new("ema_x")).unwrap();
        assert_eq!(read_secret(&path).unwrap(), Some(Secret::new("ema_x")));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
