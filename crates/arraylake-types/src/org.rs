//! Orgs: [`OrgResponse`], one of the user's, and [`OrgInfo`].

use serde_json::Value;

use crate::optimization::GcConfig;
use crate::{Other, Timestamp};

wire_struct! {
    /// An org of the user. Row of `GET /user/orgs`.
    pub struct OrgResponse {
        /// Id.
        pub id: String = required("id" | "_id"),
        /// Name.
        pub name: String = required("name"),
        /// When it was created.
        pub created: Option<Timestamp> = lenient("created"),
        /// Name for people.
        pub display_name: String = lenient("display_name"),
        /// Free text.
        pub description: Option<String> = lenient("description"),
        /// Picture.
        pub avatar_url: Option<String> = lenient("avatar_url"),
        /// Whom to write to.
        pub contact_email: Option<String> = lenient("contact_email"),
        /// Creator.
        pub created_by: Option<String> = lenient("created_by"),
        /// A word, such as `active`.
        pub status: String = or("active".to_owned(), "status"),
        /// The caller's permissions, as they come.
        pub permissions: Vec<Value> = lenient("permissions"),
    }
}

impl OrgResponse {
    /// An org with an id and a name.
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>, created: Timestamp) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            created: Some(created),
            display_name: String::new(),
            description: None,
            avatar_url: None,
            contact_email: None,
            created_by: None,
            status: "active".to_owned(),
            permissions: Vec::new(),
            other: Other::new(),
        }
    }
}

wire_struct! {
    /// An org. Answer of `GET /orgs/{org}`.
    pub struct OrgInfo {
        /// Id.
        pub id: String = required("id" | "_id"),
        /// Name.
        pub name: String = required("name"),
        /// Garbage collection for all its repos.
        pub gc_config: GcConfig = lenient("gc_config"),
    }
}

impl OrgInfo {
    /// An org with an id and a name.
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), gc_config: GcConfig::default(), other: Other::new() }
    }
}
