//! Virtual data: files that somebody has, as groups and arrays of the repo.

use arraylake_types::v1::Collection;

use super::AsyncRepo;
use crate::chunks::ReferenceSet;
use crate::error::{Error, ErrorKind, Result};
use crate::path::NodePath;

impl AsyncRepo {
    /// Puts a reference set of kerchunk, as JSON text, below a node. Data in the set are written like any other chunk,
    /// references stay references.
    ///
    /// `PUT /repos/{org}/{repo}/contents/{collection}/_bulk_set`
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) if the set is malformed, before anything is sent; [`ReadOnly`](ErrorKind::ReadOnly),
    /// [`SessionExpired`](ErrorKind::SessionExpired), [`Storage`](ErrorKind::Storage).
    pub async fn add_kerchunk_references(&self, references: &[u8], below: &NodePath) -> Result<()> {
        self.writable()?;
        self.add_reference_set(ReferenceSet::from_json(references, below)?).await
    }

    /// Puts what a set of references comes to into the repo: data first, then documents, then the references to chunks.
    ///
    /// # Errors
    /// As [`add_kerchunk_references`](Self::add_kerchunk_references).
    pub async fn add_reference_set(&self, set: ReferenceSet) -> Result<()> {
        let view = self.writable()?.view();
        for key in &set.skipped {
            tracing::warn!(repo = %self.name(), key, "a reference that means nothing is left out");
        }
        let references = self.chunkstore()?.references(&view.session, set.chunks).await?;
        self.put_in(&view, &Collection::Metadata, set.documents).await?;
        self.put_in(&view, &Collection::Chunks, references).await
    }

    /// Looks through a Zarr v2 hierarchy in a bucket and puts it below a node, each chunk as a reference to its object.
    /// Chunks are not read.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if there is no such hierarchy, [`Invalid`](ErrorKind::Invalid) if the URI does not
    /// begin with `s3://` or `gs://`; [`ReadOnly`](ErrorKind::ReadOnly), [`Storage`](ErrorKind::Storage).
    pub async fn add_virtual_zarr(&self, uri: &str, below: &NodePath) -> Result<()> {
        self.writable()?;
        let set = self.chunkstore()?.scan_zarr(uri, below).await?;
        self.add_reference_set(set).await
    }

    /// Not in Rust: what is in the file is found out by kerchunk or VirtualiZarr, whose references
    /// [`add_kerchunk_references`](Self::add_kerchunk_references) takes.
    ///
    /// # Errors
    /// Always [`Unsupported`](ErrorKind::Unsupported), with the way that there is.
    pub async fn add_virtual_netcdf(&self, uri: &str, below: &NodePath) -> Result<()> {
        Err(elsewhere("netCDF and HDF5", "kerchunk.hdf.SingleHdf5ToZarr", uri, below))
    }

    /// As [`add_virtual_netcdf`](Self::add_virtual_netcdf).
    ///
    /// # Errors
    /// As there.
    pub async fn add_virtual_grib(&self, uri: &str, below: &NodePath) -> Result<()> {
        Err(elsewhere("GRIB", "kerchunk.grib2.scan_grib", uri, below))
    }

    /// As [`add_virtual_netcdf`](Self::add_virtual_netcdf).
    ///
    /// # Errors
    /// As there.
    pub async fn add_virtual_tiff(&self, uri: &str, below: &NodePath) -> Result<()> {
        Err(elsewhere("TIFF", "kerchunk.tiff.tiff_to_zarr", uri, below))
    }
}

fn elsewhere(kind: &str, tool: &str, uri: &str, below: &NodePath) -> Error {
    let message = format!(
        "{uri} cannot be put below {below}: {kind} files are not looked into here; make references with `{tool}` in \
         Python and give their JSON to `add_kerchunk_references`"
    );
    Error::new(ErrorKind::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::tests::{body, done, tail, writing};
    use super::*;
    use crate::chunks::{ChunkStore, Layout};

    const SET: &str = concat!(
        r#"{"version": 1, "refs": {".zgroup": "{\"zarr_format\": 2}", "x/.zarray": "{\"zarr_format\": 2, "#,
        r#"\"shape\": [4], \"chunks\": [2], \"dtype\": \"<f4\", \"compressor\": null, \"filters\": null, "#,
        r#"\"fill_value\": null, \"order\": \"C\"}", "x/0": ["s3://files/a.nc", 100, 8], "#,
        r#""x/1": "base64:AACAPwAAgD8="}}"#,
    );

    fn node(path: &str) -> NodePath {
        path.parse().unwrap()
    }

    #[tokio::test]
    async fn documents_of_a_reference_set_are_stored_before_its_chunks_and_references_stay_references() {
        let (repo, script) = writing([done(), done()]).await;
        let repo = repo.with_chunkstore(ChunkStore::in_memory(Layout::v1("p").unwrap()));
        repo.add_kerchunk_references(SET.as_bytes(), &node("model")).await.unwrap();
        let sent = tail(&script, 3);
        assert!(sent[0].starts_with("/contents/metadata/_bulk_set"), "{sent:?}");
        assert!(sent[1].starts_with("/contents/chunks/_bulk_set"), "{sent:?}");
        let documents: Vec<Value> = body(&script, 3).as_array().unwrap().clone();
        let paths: Vec<&str> = documents.iter().map(|doc| doc["path"].as_str().unwrap()).collect();
        assert_eq!(paths, ["meta/root/model.group.json", "meta/root/model/x.array.json"]);
        let chunks = body(&script, 4);
        assert_eq!(chunks[0]["content"]["uri"], "s3://files/a.nc");
        assert_eq!(chunks[0]["content"]["hash"], Value::Null);
        assert!(chunks[1]["content"]["uri"].as_str().unwrap().starts_with("inline://"));
    }

    #[tokio::test]
    async fn a_reference_set_that_is_malformed_and_files_of_other_kinds_send_nothing() {
        let (repo, script) = writing([]).await;
        let repo = repo.with_chunkstore(ChunkStore::in_memory(Layout::v1("p").unwrap()));
        for bad in ["{", r#"{"x/0": 7}"#, r#"{"x/0": ["s3://b/k", -1, 2]}"#] {
            assert!(repo.add_kerchunk_references(bad.as_bytes(), &node("m")).await.is_err(), "{bad}");
        }
        for outcome in [
            repo.add_virtual_netcdf("s3://b/a.nc", &node("m")).await,
            repo.add_virtual_grib("s3://b/a.grib", &node("m")).await,
            repo.add_virtual_tiff("s3://b/a.tiff", &node("m")).await,
        ] {
            let error = outcome.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("add_kerchunk_references"), "{error}");
        }
        assert_eq!(script.paths().len(), 3);
    }
}
