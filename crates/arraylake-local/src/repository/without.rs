//! The same without icechunk: no repository can be read, and who needs one is told.

use arraylake_types::NodeFilter;

use super::{Chunks, Container, NewContainer};
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::store::StoredRepo;

/// By what name the chunks of the source of a filtered subscription are referred to.
pub(crate) const SOURCE: &str = "__al_source";

fn left_out<T>() -> Result<T, Refusal> {
    Err(Refusal::conflict("this service was built without the feature `icechunk`"))
}

/// None: what the repository keeps cannot be read.
pub(crate) async fn containers(_: &Lake, _: &StoredRepo) -> Result<Vec<Container>, Refusal> {
    Ok(Vec::new())
}

/// Refuses.
pub(crate) async fn change_containers(
    _: &Lake,
    _: &StoredRepo,
    _: Vec<NewContainer>,
    _: &[String],
) -> Result<(), Refusal> {
    left_out()
}

/// Refuses.
pub(crate) async fn create(_: &Lake, _: &StoredRepo, _: Option<u8>) -> Result<(), Refusal> {
    left_out()
}

/// Refuses.
pub(crate) async fn make_subset(
    _: &Lake,
    _: &StoredRepo,
    _: &StoredRepo,
    _: &NodeFilter,
    _: Chunks,
) -> Result<(), Refusal> {
    left_out()
}

/// The folder of a repository where its chunks lie, below its prefix.
pub(crate) fn chunk_folder(prefix: &str) -> String {
    format!("{}/chunks/", prefix.trim_matches('/')).trim_start_matches('/').to_owned()
}
