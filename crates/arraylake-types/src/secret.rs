//! [`Secret`]: text that is never printed by accident.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a service writes in place of a secret that it keeps to itself.
const MASK: &str = "**********";

/// A secret text: real on the wire, hidden in `Debug`. There is no `Display`.
///
/// ```
/// use arraylake_types::Secret;
/// let token = Secret::new("ema_abc");
/// assert_eq!(format!("{token:?}"), "Secret(..)");
/// assert_eq!(token.expose(), "ema_abc");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What a service answers in place of a stored secret: ten asterisks.
    #[must_use]
    pub fn mask() -> Self {
        Self(MASK.to_owned())
    }

    /// The text itself. Every call of this is a place where a secret may leave the program.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is only the mask that stands for a secret kept by the service. A mask must never be sent back.
    #[must_use]
    pub fn is_mask(&self) -> bool {
        self.0 == MASK
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_mask() { "Secret(masked)" } else { "Secret(..)" })
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
