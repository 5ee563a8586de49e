//! Buckets of V1 repos that note what is asked of them. Whatever is read is
//! there, and is nothing but zeros unless it was put there.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use serde_json::Value;

use super::record::Record;

/// What was asked of all buckets of a call, each request in words, and what was put into them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<String>>>, Arc<Mutex<HashMap<String, Bytes>>>);

impl Asked {
    fn note(&self, words: String) {
        self.0.lock().unwrap().push(words);
    }

    /// All of it, in no order: much of it goes on at once.
    pub(crate) fn sorted(&self) -> Value {
        sorted(self.0.lock().unwrap().clone())
    }
}

fn sorted(mut words: Vec<String>) -> Value {
    words.sort();
    words.into()
}

/// The same for what was recorded.
pub(crate) fn recorded(record: &Record) -> Value {
    let words = record.storage.iter().map(|call| {
        let kwargs = &call["kwargs"];
        let text = |key: &str| kwargs[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| kwargs[key].as_u64().unwrap_or_default();
        let place = format!("{}/{}", text("bucket"), text("key"));
        match call["function"].as_str().unwrap_or_default() {
            "S3ObjectStore.put_data" => format!("put {place}, {} bytes", number("length")),
            "S3ObjectStore.pull_data" => {
                let first = number("start_byte");
                format!("get {place}, {first} to {}", first + number("length"))
            }
            "S3ObjectStore.ping" => format!("list {}", text("bucket")),
            other => other.to_owned(),
        }
    });
    sorted(words.collect())
}

/// A bucket.
#[derive(Debug)]
pub(crate) struct Watched {
    bucket: String,
    asked: Asked,
}

impl Watched {
    pub(crate) fn over(bucket: &str, asked: &Asked) -> Arc<dyn ObjectStore> {
        Arc::new(Self { bucket: bucket.to_owned(), asked: asked.clone() })
    }

    fn never<T>(&self, what: &str) -> Result<T> {
        self.asked.note(format!("{what} in {}", self.bucket));
        Err(Error::NotImplemented { operation: what.to_owned(), implementer: "a watched bucket".to_owned() })
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.bucket)
    }
}

#[async_trait]
impl ObjectStore for Watched {
    async fn put_opts(&self, location: &Path, payload: PutPayload, _: PutOptions) -> Result<PutResult> {
        let (length, place) = (payload.content_length(), format!("{}/{location}", self.bucket));
        self.asked.note(format!("put {place}, {length} bytes"));
        self.asked.1.lock().unwrap().insert(place, payload.into());
        Ok(PutResult { e_tag: None, version: None, extensions: Default::default() })
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.never("put in parts")
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let range = match options.range {
            Some(GetRange::Bounded(range)) => range,
            _ => 0..16,
        };
        self.asked.note(format!("get {}/{location}, {} to {}", self.bucket, range.start, range.end));
        let length = usize::try_from(range.end - range.start).unwrap();
        let kept = self.asked.1.lock().unwrap().get(&format!("{}/{location}", self.bucket)).cloned();
        let bytes = match kept {
            Some(kept) => kept.slice(usize::try_from(range.start).unwrap()..).slice(..length),
            None => Bytes::from(vec![0; length]),
        };
        let meta = ObjectMeta {
            location: location.clone(),
            last_modified: chrono::DateTime::UNIX_EPOCH,
            size: u64::MAX,
            e_tag: None,
            version: None,
        };
        let payload = GetResultPayload::Stream(stream::iter([Ok(bytes)]).boxed());
        Ok(GetResult { payload, meta, range, attributes: Attributes::new(), extensions: Default::default() })
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        stream::iter([self.never("delete")]).boxed()
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.asked.note(format!("list {}", self.bucket));
        stream::empty().boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        self.asked.note(format!("list {}", self.bucket));
        Ok(ListResult { common_prefixes: Vec::new(), objects: Vec::new(), extensions: Default::default() })
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        self.never("copy")
    }
}
