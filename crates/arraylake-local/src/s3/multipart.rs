//! Multipart uploads on the disk: a directory per upload, with a note of what it is for and a file per part.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

use super::conditions::WriteConditions;
use super::disk::{Disk, internal, open};
use super::object_file::{Attributes, ObjectMeta, Sealed, join, joint_etag};

const NOTE: &str = "upload.json";
/// Clients that fail do not clean up after themselves, so uploads this old are dropped when the directory is opened.
const MAX_AGE: TimeDelta = TimeDelta::days(7);

/// What an upload is for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) attributes: Attributes,
    /// Seconds since 1970.
    started: i64,
}

/// A part as the client names it when it completes an upload.
#[derive(Debug)]
pub(super) struct NamedPart {
    pub(super) number: i32,
    pub(super) etag: Option<String>,
}

impl Upload {
    pub(super) fn new(bucket: String, key: String, attributes: Attributes, now: DateTime<Utc>) -> Self {
        Self { bucket, key, attributes, started: now.timestamp() }
    }

    pub(super) fn started(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.started, 0).unwrap_or_default()
    }
}

impl Disk {
    /// Starts an upload and returns its id.
    pub(super) fn start_upload(&self, upload: &Upload) -> S3Result<String> {
        self.bucket(&upload.bucket)?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        let start = || {
            let directory = self.scratch_dir()?;
            fs::write(directory.path().join(NOTE), serde_json::to_vec(upload)?)?;
            fs::rename(directory.keep(), self.uploads().join(&id))
        };
        start().map_err(internal)?;
        Ok(id)
    }

    /// The upload with this id, if it is one for this object.
    pub(super) fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<Upload> {
        let path = self.upload_path(id)?.join(NOTE);
        let note = fs::read(path).map_err(|error| missing_upload(error, id))?;
        let upload: Upload = serde_json::from_slice(&note).map_err(|error| internal(error.into()))?;
        if upload.bucket != bucket || upload.key != key {
            return Err(s3_error!(NoSuchUpload));
        }
        Ok(upload)
    }

    /// Puts a part in its place; one of the same number is replaced.
    pub(super) fn put_part(&self, id: &str, number: i32, part: Sealed) -> S3Result<ObjectMeta> {
        let path = self.upload_path(id)?.join(part_name(number)?);
        part.file.persist(path).map_err(|failed| missing_upload(failed.error, id))?;
        Ok(part.meta)
    }

    /// The parts of an upload, by number.
    pub(super) fn parts(&self, id: &str) -> S3Result<Vec<(i32, ObjectMeta)>> {
        let entries = fs::read_dir(self.upload_path(id)?).map_err(|error| missing_upload(error, id))?;
        let mut parts = Vec::new();
        for entry in entries {
            let path = entry.map_err(internal)?.path();
            let number =
                path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("part-"));
            let Some(number) = number.and_then(|number| number.parse().ok()) else { continue };
            if let Some((_, meta)) = open(&path).map_err(internal)? {
                parts.push((number, meta));
            }
        }
        parts.sort_unstable_by_key(|(number, _)| *number);
        Ok(parts)
    }

    /// Makes the object of the named parts and ends the upload. When a condition fails the upload goes on.
    pub(super) fn complete_upload(
        &self,
        upload: Upload,
        id: &str,
        named: &[NamedPart],
        when: &WriteConditions,
        now: DateTime<Utc>,
    ) -> S3Result<ObjectMeta> {
        self.check(&upload.bucket, &upload.key, when)?;
        let (mut parts, mut tags) = (Vec::with_capacity(named.len()), Vec::with_capacity(named.len()));
        for (at, part) in named.iter().enumerate() {
            if at > 0 && part.number <= named[at - 1].number {
                return Err(s3_error!(InvalidPartOrder));
            }
            let (file, meta) = self.open_part(id, part)?;
            tags.push(meta.etag);
            parts.push((file, meta.size));
        }
        let size = parts.iter().map(|(_, size)| size).sum();
        let etag = joint_etag(tags.iter().map(String::as_str));
        let meta = ObjectMeta::new(size, etag, now, upload.attributes);
        let object = join(self.scratch().map_err(internal)?, &parts, meta).map_err(internal)?;
        let meta = self.put(&upload.bucket, &upload.key, object, when)?;
        // The object is there, so a failure to clear up must not look like a failure to write it.
        if let Err(error) = self.end_upload(id) {
            tracing::debug!(?error, "a completed upload was not removed");
        }
        Ok(meta)
    }

    /// Forgets an upload and its parts.
    pub(super) fn end_upload(&self, id: &str) -> S3Result<()> {
        let grave = self.scratch_dir().map_err(internal)?;
        // Renamed first, so that it is gone at once and a crash in between leaves nothing.
        fs::rename(self.upload_path(id)?, grave.path().join("upload"))
            .map_err(|error| missing_upload(error, id))
    }

    /// The uploads under way, with their ids.
    pub(super) fn open_uploads(&self) -> io::Result<Vec<(String, Upload)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.uploads())? {
            let entry = entry?;
            let Ok(note) = fs::read(entry.path().join(NOTE)) else { continue };
            if let (Ok(id), Ok(upload)) = (entry.file_name().into_string(), serde_json::from_slice(&note)) {
                found.push((id, upload));
            }
        }
        Ok(found)
    }

    /// Drops uploads that nobody is going to finish.
    pub(super) fn drop_old_uploads(&self, now: DateTime<Utc>) -> io::Result<()> {
        for (id, upload) in self.open_uploads()? {
            if now - upload.started() > MAX_AGE {
                fs::remove_dir_all(self.uploads().join(id))?;
            }
        }
        Ok(())
    }

    fn open_part(&self, id: &str, part: &NamedPart) -> S3Result<(File, ObjectMeta)> {
        let path = self.upload_path(id)?.join(part_name(part.number)?);
        // A part torn by a power failure counts as one that never came.
        let found = open(&path).ok().flatten().ok_or_else(|| s3_error!(InvalidPart))?;
        if part.etag.as_ref().is_some_and(|etag| *etag != found.1.etag) {
            return Err(s3_error!(InvalidPart));
        }
        Ok(found)
    }

    fn upload_path(&self, id: &str) -> S3Result<PathBuf> {
        let id = uuid::Uuid::parse_str(id).map_err(|_| s3_error!(NoSuchUpload))?;
        Ok(self.uploads().join(id.simple().to_string()))
    }
}

fn part_name(number: i32) -> S3Result<String> {
    if (1..=10_000).contains(&number) {
        return Ok(format!("part-{number:05}"));
    }
    Err(s3_error!(InvalidArgument, "Part numbers go from 1 to 10000"))
}

fn missing_upload(error: io::Error, id: &str) -> s3s::S3Error {
    if error.kind() == io::ErrorKind::NotFound {
        return s3_error!(NoSuchUpload, "There is no upload {id}");
    }
    internal(error)
}
