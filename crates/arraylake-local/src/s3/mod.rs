//! The S3 endpoint: one directory served as buckets and objects, safe when many write at once and when the process is
//! killed.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`Endpoint`] (`endpoint`) | what the rest of the crate uses |
//! | `server` | the HTTP service |
//! | [`CredentialStore`], [`Scope`], [`TemporaryKeys`] | who may do what; `guard` asks them |
//! | `service` | the S3 operations, with `reading`, `writing`, `listing`, `uploading` |
//! | `disk` | buckets and objects as files, with `key_path`, `object_file`, `walk`, `multipart` |
//! | `buffers` | memory for the bodies of answers |
//!
//! Addresses are path-style: `http://127.0.0.1:<port>/<bucket>/<key>`.

mod buffers;
mod clock;
mod conditions;
mod credentials;
mod disk;
mod endpoint;
mod guard;
mod hex;
#[cfg(feature = "icechunk")]
mod inside;
mod key_path;
mod listing;
mod multipart;
mod object_file;
mod reading;
mod receive;
mod scope;
mod server;
mod service;
mod stream;
mod temporary;
mod uploading;
mod walk;
mod writing;

pub use clock::Clock;
pub use credentials::{CredentialStore, S3Key};
pub use endpoint::{Endpoint, StoredObject};
#[cfg(feature = "icechunk")]
pub(crate) use inside::Before;
pub use scope::{Access, Grant, Scope};
pub use server::S3Server;
pub use temporary::{MintedKey, TEMPORARY_KEY_PREFIX, TemporaryKeys};
