//! One file per object: the data, then what is known about it, then a footer. Because all of it is one file that comes
//! into place by one rename, data and description never belong to different writes.
//!
//! ```text
//! data | JSON of ObjectMeta | length of the JSON (u32) | CRC-32 of the JSON (u32) | MAGIC
//! ```

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Md5};
use s3s::dto::Checksum;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use twox_hash::XxHash3_128;

const MAGIC: &[u8; 8] = b"ALOBJ-1\n";
const FOOTER: u64 = 16;
/// How much of the end is read at first: enough for nearly every description.
const TAIL: u64 = 1536;

/// What is known about an object besides its data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ObjectMeta {
    pub(super) size: u64,
    pub(super) etag: String,
    /// Nanoseconds since 1970.
    modified: i64,
    #[serde(flatten)]
    pub(super) attributes: Attributes,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    checksums: HashMap<String, String>,
}

/// What the writer of an object says about it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Attributes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<String>,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    pub(super) metadata: HashMap<String, String>,
}

impl ObjectMeta {
    pub(super) fn new(size: u64, etag: String, modified: DateTime<Utc>, attributes: Attributes) -> Self {
        let modified = modified.timestamp_nanos_opt().unwrap_or_default();
        Self { size, etag, modified, attributes, checksums: HashMap::new() }
    }

    /// Remembers checksums of the whole object, so that readers can ask for them.
    pub(super) fn with_checksums(mut self, sums: &Checksum) -> Self {
        let named = [
            ("crc32", &sums.checksum_crc32),
            ("crc32c", &sums.checksum_crc32c),
            ("crc64nvme", &sums.checksum_crc64nvme),
            ("sha1", &sums.checksum_sha1),
            ("sha256", &sums.checksum_sha256),
        ];
        let known = named.into_iter().filter_map(|(name, sum)| Some((name.to_owned(), sum.clone()?)));
        self.checksums = known.collect();
        self
    }

    /// The checksums of the whole object that its writer gave.
    pub(super) fn checksums(&self) -> Checksum {
        let sum = |name| self.checksums.get(name).cloned();
        Checksum {
            checksum_crc32: sum("crc32"),
            checksum_crc32c: sum("crc32c"),
            checksum_crc64nvme: sum("crc64nvme"),
            checksum_sha1: sum("sha1"),
            checksum_sha256: sum("sha256"),
            ..Checksum::default()
        }
    }

    pub(super) fn modified(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(self.modified)
    }
}

/// Reads what is known about the object in `file`.
pub(super) fn read_meta(mut file: &File) -> io::Result<ObjectMeta> {
    let length = file.metadata()?.len();
    let mut tail = read_at(file, length.saturating_sub(TAIL), length.min(TAIL))?;
    let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("object file: {what}"));
    let footer = tail.len().checked_sub(16).ok_or_else(|| damaged("too short"))?;
    if &tail[footer + 8..] != MAGIC {
        return Err(damaged("no footer"));
    }
    let number = |at: usize| u32::from_le_bytes([tail[at], tail[at + 1], tail[at + 2], tail[at + 3]]);
    let (json_length, sum) = (u64::from(number(footer)), number(footer + 4));
    let data = length.checked_sub(FOOTER + json_length).ok_or_else(|| damaged("bad length"))?;
    if json_length + FOOTER > TAIL {
        file.seek(SeekFrom::Start(data))?;
        tail = vec![0; usize::try_from(json_length).map_err(|_| damaged("bad length"))?];
        file.read_exact(&mut tail)?;
    } else {
        tail.truncate(footer);
        tail.drain(..footer - usize::try_from(json_length).unwrap_or_default());
    }
    if Crc32::checksum_u32(&tail) != sum {
        return Err(damaged("description does not match its checksum"));
    }
    let meta: ObjectMeta = serde_json::from_slice(&tail)?;
    if meta.size == data { Ok(meta) } else { Err(damaged("wrong size")) }
}

/// Reads `length` bytes from `offset` on.
pub(super) fn read_at(mut file: &File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.seek(SeekFrom::Start(offset))?;
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Data of an object on its way to the disk, hashed as it goes.
pub(super) struct Writer {
    file: NamedTempFile,
    size: u64,
    tag: XxHash3_128,
    md5: Option<Md5>,
    sums: ChecksumHasher,
}

/// Data that has been written, with its hashes; not yet an object.
pub(super) struct Draft {
    file: NamedTempFile,
    pub(super) size: u64,
    tag: u128,
    /// The MD5, where it was asked for.
    pub(super) md5: Option<[u8; 16]>,
    pub(super) sums: Checksum,
}

/// A whole object file, to be put in its place.
pub(super) struct Sealed {
    pub(super) file: NamedTempFile,
    pub(super) meta: ObjectMeta,
}

impl Writer {
    pub(super) fn new(file: NamedTempFile, sums: ChecksumHasher) -> Self {
        Self { file, size: 0, tag: XxHash3_128::new(), md5: None, sums }
    }

    /// Computes the MD5 too.
    pub(super) fn with_md5(self) -> Self {
        Self { md5: Some(Md5::new()), ..self }
    }

    pub(super) fn write(&mut self, parts: &[Bytes]) -> io::Result<()> {
        for part in parts {
            self.file.as_file_mut().write_all(part)?;
            self.tag.write(part);
            if let Some(md5) = &mut self.md5 {
                md5.update(part);
            }
            self.sums.update(part);
            self.size += part.len() as u64;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Draft {
        let (tag, md5) = (self.tag.finish_128(), self.md5.map(Md5::finalize));
        Draft { file: self.file, size: self.size, tag, md5, sums: self.sums.finalize() }
    }
}

impl Draft {
    /// Names the data. It ends like that of an upload in parts, because S3 promises for those, and only those, that it
    /// is no MD5: computing one would be the most costly part of writing.
    pub(super) fn etag(&self) -> String {
        etag(self.tag, 1)
    }

    /// Adds the description. Nothing is synced yet.
    pub(super) fn seal(self, meta: ObjectMeta) -> io::Result<Sealed> {
        seal(self.file, meta)
    }
}

fn etag(tag: u128, parts: usize) -> String {
    format!("{tag:032x}-{parts}")
}

/// The ETag of an object made of parts, from theirs.
pub(super) fn joint_etag<'a>(parts: impl ExactSizeIterator<Item = &'a str>) -> String {
    let (count, mut tag) = (parts.len(), XxHash3_128::new());
    parts.for_each(|part| tag.write(part.as_bytes()));
    etag(tag.finish_128(), count)
}

/// Appends description and footer to the data in `file`.
fn seal(mut file: NamedTempFile, meta: ObjectMeta) -> io::Result<Sealed> {
    let mut end = serde_json::to_vec(&meta)?;
    let length = u32::try_from(end.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    let sum = Crc32::checksum_u32(&end);
    end.extend_from_slice(&length.to_le_bytes());
    end.extend_from_slice(&sum.to_le_bytes());
    end.extend_from_slice(MAGIC);
    file.as_file_mut().write_all(&end)?;
    Ok(Sealed { file, meta })
}

/// An object file made of the data of other object files, one after the other. The kernel copies where it can.
pub(super) fn join(mut file: NamedTempFile, sources: &[(File, u64)], meta: ObjectMeta) -> io::Result<Sealed> {
    for (source, size) in sources {
        (&*source).rewind()?;
        let copied = io::copy(&mut source.take(*size), file.as_file_mut())?;
        if copied != *size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    seal(file, meta)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(data: &'static [u8], attributes: Attributes) -> Sealed {
        let mut writer = Writer::new(NamedTempFile::new().unwrap(), ChecksumHasher::default());
        writer.write(&[Bytes::from_static(data)]).unwrap();
        let draft = writer.finish();
        let meta = ObjectMeta::new(draft.size, draft.etag(), Utc::now(), attributes);
        draft.seal(meta).unwrap()
    }

    #[test]
    fn a_description_is_read_back_whatever_its_size() {
        for value in ["", "short", &"long".repeat(1000)] {
            let metadata = HashMap::from([("note".to_owned(), value.to_owned())]);
            let sealed = sealed(b"data", Attributes { metadata, ..Attributes::default() });
            let meta = read_meta(sealed.file.as_file()).unwrap();
            assert_eq!((meta.size, meta.attributes.metadata["note"].as_str()), (4, value));
            assert_eq!(meta.etag, etag(XxHash3_128::oneshot(b"data"), 1));
            assert_eq!(meta.modified(), sealed.meta.modified());
            assert_eq!(read_at(sealed.file.as_file(), 1, 2).unwrap(), b"at");
        }
    }

    #[test]
    fn a_damaged_file_is_noticed() {
        let sealed = sealed(b"data", Attributes::default());
        let length = sealed.file.as_file().metadata().unwrap().len();
        sealed.file.as_file().set_len(length - 1).unwrap();
        assert_eq!(read_meta(sealed.file.as_file()).unwrap_err().kind(), io::ErrorKind::InvalidData);
        sealed.file.as_file().set_len(3).unwrap();
        assert_eq!(read_meta(sealed.file.as_file()).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
