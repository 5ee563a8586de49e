//! What is said about V1 repos: sessions, commits, branches, tags, documents and trees.
//!
//! The older kind of repo keeps its metadata in the service, the *metastore*, and its chunks in a bucket. All its
//! routes begin with `/repos/{org}/{repo}`; these are the messages of both sides, so that a client and a metastore
//! share them.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`id`] | [`CommitId`], [`SessionId`] |
//! | [`time`] | [`WireTime`], with or without an offset, as it came |
//! | [`span`] | [`TimeSpan`], the durations of sessions |
//! | [`session`] | [`NewSession`], [`SessionInfo`], [`SessionExpirationUpdate`] |
//! | [`commit`] | [`NewCommit`], [`Commit`], [`NewCommitReply`], [`RebaseReply`] |
//! | [`refs`] | [`Branch`], [`UpdateBranch`], [`Tag`], [`NewTag`], [`Acknowledged`] |
//! | [`docs`] | [`Collection`], [`NewDoc`], [`Doc`], [`SessionPath`], [`DocSession`], [`PathSize`] |
//! | [`tree`] | [`Tree`], [`ArrayDoc`] |
//! | [`mod@reference`] | [`ReferenceData`], [`ChunkHash`], [`SchemaVersion`] |

pub mod commit;
pub mod docs;
pub mod id;
pub mod reference;
pub mod refs;
pub mod session;
pub mod span;
pub mod time;
pub mod tree;

pub use commit::{Commit, NewCommit, NewCommitReply, RebaseReply};
pub use docs::{Collection, Doc, DocSession, NewDoc, PathSize, SessionPath};
pub use id::{CommitId, SessionId};
pub use reference::{ChunkHash, ReferenceData, SchemaVersion};
pub use refs::{Acknowledged, Branch, NewTag, Tag, UpdateBranch};
pub use session::{NewSession, SessionExpirationUpdate, SessionInfo, SessionType};
pub use span::TimeSpan;
pub use time::WireTime;
pub use tree::{ArrayDoc, Entries, Tree};
