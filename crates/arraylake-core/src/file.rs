//! Files that are replaced in one step: readers see the old one or the new one, whatever happens in between.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Its owner alone.
    Secret,
    /// Whoever could read it before; of a new file its owner alone.
    #[cfg(feature = "config-file")]
    Kept,
}

/// Puts new contents in the place of a file, or where there is none yet. Behind a link, in that of the file it leads to.
pub(crate) fn replace(path: &Path, contents: &[u8], mode: Mode) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let dir = make_dir(&path)?;
    // A temporary file is for its owner alone from the start.
    let mut file = tempfile::Builder::new().prefix(".arraylake-").suffix(".new").tempfile_in(dir)?;
    file.write_all(contents)?;
    if mode != Mode::Secret
        && let Ok(old) = fs::metadata(&path)
    {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

/// Looks whether a file could be written, and leaves nothing behind. It may still fail: the disk may be full by then.
#[cfg(feature = "login")]
pub(crate) fn probe(path: &Path) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let above = path.ancestors().skip(1).find(|dir| dir.exists());
    let dir = above.filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new().prefix(".arraylake-").suffix(".new").tempfile_in(dir).map(drop)
}

/// The directory of a file, made for its owner alone if it is missing.
pub(crate) fn make_dir(path: &Path) -> io::Result<&Path> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !dir.is_dir() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir)?;
    }
    Ok(dir)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_behind_a_link_is_replaced_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("sub/file"), dir.path().join("link"));
        replace(&file, b"one", Mode::Secret).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"two", Mode::Secret).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(dir.path().join("sub")).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(dir.path().join("sub")).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_replaced_leaves_no_traces() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("is-a-directory");
        fs::create_dir(&file).unwrap();
        replace(&file, b"x", Mode::Secret).unwrap_err();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let below = file.join("file");
        fs::write(&below, "").unwrap();
        replace(&below.join("no-place"), b"x", Mode::Secret).unwrap_err();
    }

    #[cfg(feature = "login")]
    #[test]
    fn whether_a_file_could_be_written_is_seen_beforehand_and_makes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        probe(&dir.path().join("new/deep/file")).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        probe(&file).unwrap();
        for bad in [file.join("below"), dir.path().to_owned()] {
            probe(&bad).unwrap_err();
        }
    }
}
