//! [`Voice`]: what is said to people, on stderr.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use anstyle::Style;

/// Speaks to people, on stderr. Cheap to clone.
#[derive(Clone)]
pub struct Voice {
    pub(super) err: Arc<Mutex<Box<dyn Write + Send>>>,
    pub(super) quiet: bool,
    pub(super) colour: bool,
}

impl Voice {
    /// Tells people something. Nobody hears it with `--quiet`.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.say(Style::new(), "", text);
        }
    }

    /// Tells people what they have to know to go on, with `--quiet` too.
    pub fn tell(&self, text: &str) {
        self.say(Style::new(), "", text);
    }

    pub(super) fn say(&self, style: Style, label: &str, text: &str) {
        let label = match label {
            "" => String::new(),
            label if self.colour => format!("{style}{label}{style:#}"),
            label => label.to_owned(),
        };
        self.write(&format!("{label}{}\n", crate::look::plain(text)));
    }

    /// Nobody may be reading: what is said here is no result.
    pub(super) fn write(&self, text: &str) {
        let mut err = self.err.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = err.write_all(text.as_bytes());
        let _ = err.flush();
    }
}

impl fmt::Debug for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Voice")
            .field("quiet", &self.quiet)
            .field("colour", &self.colour)
            .finish_non_exhaustive()
    }
}
