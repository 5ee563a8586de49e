//! [`Disk`]: buckets and objects in one directory, and the rules that keep them whole.
//!
//! ```text
//! lock             held while a process serves the directory
//! buckets/<name>/  objects, at the paths of `key_path`
//! uploads/<id>/    multipart uploads under way
//! tmp/             files being written; emptied when the directory is opened
//! ```
//!
//! A writer fills a file in `tmp`, syncs it unless the directory is a temporary one, and renames it into place under the
//! lock of its key. Readers take no lock: an open file is one version of an object, whatever happens to its name.
//! Everything here blocks.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File, TryLockError};
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::SystemTime;

use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use tempfile::{NamedTempFile, TempDir};

use super::conditions::WriteConditions;
use super::key_path::object_path;
use super::object_file::{ObjectMeta, Sealed, read_meta};
use super::walk;

/// Locks are shared by the keys of one hash: there is nothing to clean up, and a clash only costs a short wait.
const STRIPES: usize = 256;
/// A directory can vanish between making it and renaming into it when its last object is deleted; then it is made again.
const PLACE_ATTEMPTS: usize = 64;

/// The directory of an endpoint.
#[derive(Debug)]
pub(super) struct Disk {
    root: PathBuf,
    stripes: Vec<Mutex<()>>,
    /// Held for writing while a bucket goes away, for reading while an object comes into one.
    buckets: RwLock<()>,
    /// Whether objects outlast the machine that serves them.
    lasting: bool,
    _lock: File,
}

impl Disk {
    /// Opens a directory for this process alone and clears what a crash left behind.
    pub(super) fn open(root: &Path, lasting: bool) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        let lock = File::options().create(true).truncate(false).write(true).open(root.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                let message = format!("{} is served by another endpoint", root.display());
                io::Error::new(io::ErrorKind::WouldBlock, message)
            }
            TryLockError::Error(error) => error,
        })?;
        match fs::remove_dir_all(root.join("tmp")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for name in ["tmp", "buckets", "uploads"] {
            fs::create_dir_all(root.join(name))?;
        }
        let stripes = (0..STRIPES).map(|_| Mutex::default()).collect();
        Ok(Self { root: root.to_owned(), stripes, buckets: RwLock::default(), lasting, _lock: lock })
    }

    /// An empty file to fill; it is deleted unless it is put in place.
    pub(super) fn scratch(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(self.root.join("tmp"))
    }

    /// An empty directory to fill.
    pub(super) fn scratch_dir(&self) -> io::Result<TempDir> {
        TempDir::new_in(self.root.join("tmp"))
    }

    /// The directory of multipart uploads.
    pub(super) fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }

    /// The directory of a bucket that exists.
    pub(super) fn bucket(&self, name: &str) -> S3Result<PathBuf> {
        let path = self.bucket_path(name).ok_or_else(|| s3_error!(NoSuchBucket))?;
        if path.is_dir() { Ok(path) } else { Err(s3_error!(NoSuchBucket)) }
    }

    /// Makes a bucket; `false` when it exists already.
    pub(super) fn create_bucket(&self, name: &str) -> S3Result<bool> {
        let path = self.bucket_path(name).ok_or_else(|| s3_error!(InvalidBucketName))?;
        match fs::create_dir(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(internal(error)),
        }
    }

    /// Removes a bucket that holds no object.
    pub(super) fn delete_bucket(&self, name: &str) -> S3Result<()> {
        let _alone = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        let path = self.bucket(name)?;
        if walk::holds_object(&path).map_err(internal)? {
            return Err(s3_error!(BucketNotEmpty));
        }
        let grave = self.scratch_dir().map_err(internal)?;
        fs::rename(path, grave.path().join("bucket")).map_err(internal)
    }

    /// The buckets and when they were made, by name.
    pub(super) fn list_buckets(&self) -> io::Result<Vec<(String, SystemTime)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.root.join("buckets"))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let about = entry.metadata()?;
            found.push((name, about.created().or_else(|_| about.modified())?));
        }
        found.sort();
        Ok(found)
    }

    /// Opens the object that is there now.
    pub(super) fn open_object(&self, bucket: &str, key: &str) -> S3Result<(File, ObjectMeta)> {
        let root = self.bucket_path(bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
        match open(&object_path(&root, key)).map_err(internal)? {
            Some(found) => Ok(found),
            None if root.is_dir() => Err(s3_error!(NoSuchKey)),
            None => Err(s3_error!(NoSuchBucket)),
        }
    }

    /// Puts an object in its place if the conditions hold for the one that is there, and makes it last.
    pub(super) fn put(
        &self,
        bucket: &str,
        key: &str,
        object: Sealed,
        when: &WriteConditions,
    ) -> S3Result<ObjectMeta> {
        let _stays = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        let root = self.bucket(bucket)?;
        let path = object_path(&root, key);
        if self.lasting {
            object.file.as_file().sync_data().map_err(internal)?;
        }
        let new_directories = {
            let _alone = self.lock(&path);
            check(&path, when)?;
            place(object.file, &path).map_err(internal)?
        };
        let changed = match (self.lasting, new_directories) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => usize::MAX,
        };
        for directory in path.ancestors().skip(1).take_while(|path| path.starts_with(&root)).take(changed) {
            sync_directory(directory).map_err(internal)?;
        }
        Ok(object.meta)
    }

    /// Fails early, before data is moved for nothing; [`put`](Self::put) decides.
    pub(super) fn check(&self, bucket: &str, key: &str, when: &WriteConditions) -> S3Result<()> {
        check(&object_path(&self.bucket(bucket)?, key), when)
    }

    /// Deletes an object if it is there and the conditions hold.
    pub(super) fn delete(&self, bucket: &str, key: &str, when: &WriteConditions) -> S3Result<()> {
        let root = self.bucket(bucket)?;
        let path = object_path(&root, key);
        let _alone = self.lock(&path);
        check(&path, when)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(internal(error)),
            _ => {}
        }
        // Directories that are empty now go too; one that is not stops this.
        for parent in path.ancestors().skip(1).take_while(|parent| *parent != root) {
            if fs::remove_dir(parent).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn bucket_path(&self, name: &str) -> Option<PathBuf> {
        s3s::path::check_bucket_name(name).then(|| self.root.join("buckets").join(name))
    }

    fn lock(&self, path: &Path) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        let stripe = usize::try_from(hasher.finish() % STRIPES as u64).unwrap_or_default();
        self.stripes[stripe].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens an object file; `None` when there is none.
pub(super) fn open(path: &Path) -> io::Result<Option<(File, ObjectMeta)>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let meta = read_meta(&file)?;
    Ok(Some((file, meta)))
}

/// An error of the file system as the client sees it.
pub(super) fn internal(error: io::Error) -> S3Error {
    if error.kind() == io::ErrorKind::InvalidFilename {
        return S3Error::with_source(S3ErrorCode::KeyTooLongError, Box::new(error));
    }
    tracing::warn!(%error, "the file system refused an operation of the S3 endpoint");
    S3Error::with_source(S3ErrorCode::InternalError, Box::new(error))
}

fn check(path: &Path, when: &WriteConditions) -> S3Result<()> {
    if when.is_empty() {
        return Ok(());
    }
    let current = open(path).map_err(internal)?;
    when.check(current.as_ref().map(|(_, meta)| meta))
}

/// Renames a file into its place, and says whether directories had to be made for it.
fn place(mut file: NamedTempFile, path: &Path) -> io::Result<bool> {
    let mut attempts = 0;
    loop {
        match file.persist(path) {
            Ok(_) => return Ok(attempts > 0),
            Err(failed) if failed.error.kind() == io::ErrorKind::NotFound && attempts < PLACE_ATTEMPTS => {
                file = failed.file;
            }
            Err(failed) => return Err(failed.error),
        }
        attempts += 1;
        if let Some(parent) = path.parent() {
            match fs::create_dir_all(parent) {
                // A parent of the parent can vanish just as well.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
}

/// Makes the names in a directory last. It may be gone again by now, with the object deleted; then there is nothing to do.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(directory) => directory.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::Bytes;
    use s3s::checksum::ChecksumHasher;
    use s3s::dto::ETagCondition;

    use super::super::object_file::{Attributes, Writer, read_at};
    use super::*;

    fn disk() -> (TempDir, Disk) {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::open(dir.path(), true).unwrap();
        disk.create_bucket("data").unwrap();
        (dir, disk)
    }

    fn put(disk: &Disk, key: &str, data: Vec<u8>, when: &WriteConditions) -> S3Result<ObjectMeta> {
        let mut writer = Writer::new(disk.scratch().unwrap(), ChecksumHasher::default());
        writer.write(&[Bytes::from(data)]).unwrap();
        let draft = writer.finish();
        let meta = ObjectMeta::new(draft.size, draft.etag(), chrono::Utc::now(), Attributes::default());
        disk.put("data", key, draft.seal(meta).unwrap(), when)
    }

    #[test]
    fn objects_of_a_temporary_directory_come_into_place_like_others() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::open(dir.path(), false).unwrap();
        disk.create_bucket("data").unwrap();
        put(&disk, "a/b", b"one".to_vec(), &WriteConditions::default()).unwrap();
        put(&disk, "a/b", b"two".to_vec(), &WriteConditions::default()).unwrap();
        let (file, meta) = disk.open_object("data", "a/b").unwrap();
        assert_eq!(read_at(&file, 0, meta.size).unwrap(), b"two");
    }

    #[test]
    fn readers_never_see_half_an_object() {
        let (_dir, disk) = disk();
        let (writers, reads) = (AtomicUsize::new(3), AtomicUsize::new(0));
        put(&disk, "k", vec![0; 100], &WriteConditions::default()).unwrap();
        std::thread::scope(|scope| {
            for writer in 1..=3_u8 {
                let (disk, writers) = (&disk, &writers);
                scope.spawn(move || {
                    for turn in 0..150 {
                        let data = vec![writer; usize::from(writer) * 70_000 + turn];
                        put(disk, "k", data, &WriteConditions::default()).unwrap();
                    }
                    writers.fetch_sub(1, Ordering::SeqCst);
                });
            }
            scope.spawn(|| {
                while writers.load(Ordering::SeqCst) > 0 {
                    let (file, meta) = disk.open_object("data", "k").unwrap();
                    let data = read_at(&file, 0, meta.size).unwrap();
                    let tag = twox_hash::XxHash3_128::oneshot(&data);
                    assert_eq!(format!("{tag:032x}-1"), meta.etag);
                    reads.fetch_add(1, Ordering::SeqCst);
                }
            });
        });
        assert!(reads.load(Ordering::SeqCst) > 10);
    }

    #[test]
    fn conditions_hold_when_threads_race() {
        let (_dir, disk) = disk();
        put(&disk, "counter", b"0".to_vec(), &WriteConditions::default()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut done = 0;
                    while done < 100 {
                        let (file, meta) = disk.open_object("data", "counter").unwrap();
                        let count = String::from_utf8(read_at(&file, 0, meta.size).unwrap()).unwrap();
                        let next = (count.parse::<u32>().unwrap() + 1).to_string();
                        let if_match = Some(ETagCondition::parse_http_header(meta.etag.as_bytes()).unwrap());
                        let when = WriteConditions { if_match, ..WriteConditions::default() };
                        done += u32::from(put(&disk, "counter", next.into_bytes(), &when).is_ok());
                    }
                });
            }
        });
        let (file, meta) = disk.open_object("data", "counter").unwrap();
        assert_eq!(read_at(&file, 0, meta.size).unwrap(), b"800");
    }

    #[test]
    fn directories_may_vanish_while_objects_come() {
        let (dir, disk) = disk();
        std::thread::scope(|scope| {
            for name in ["a", "b", "c", "d"] {
                let disk = &disk;
                scope.spawn(move || {
                    let key = format!("x/y/z/{name}");
                    for _ in 0..100 {
                        put(disk, &key, vec![1], &WriteConditions::default()).unwrap();
                        disk.open_object("data", &key).unwrap();
                        disk.delete("data", &key, &WriteConditions::default()).unwrap();
                    }
                });
            }
        });
        assert_eq!(dir.path().join("buckets/data").read_dir().unwrap().count(), 0);
    }

    #[test]
    fn what_a_crash_left_is_cleared() {
        let (dir, disk) = disk();
        put(&disk, "k", vec![1], &WriteConditions::default()).unwrap();
        drop(disk);
        fs::write(dir.path().join("tmp/half"), b"half").unwrap();
        let disk = Disk::open(dir.path(), true).unwrap();
        assert_eq!(dir.path().join("tmp").read_dir().unwrap().count(), 0);
        assert!(disk.open_object("data", "k").is_ok());
    }
}
