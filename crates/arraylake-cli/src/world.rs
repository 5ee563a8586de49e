//! [`World`]: what a run touches outside of the process, so that a test can put buffers in its place.

use std::fmt;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::sync::Arc;

use arraylake_core::ClientBuilder;

/// How requests travel, where not over the network of this machine.
#[derive(Clone)]
pub struct Network(Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>);

impl Network {
    /// Adjusts the builder of each client and of each login, after the configuration.
    pub fn new(adjust: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static) -> Self {
        Self(Arc::new(adjust))
    }

    pub(crate) fn adjust(&self, builder: ClientBuilder) -> ClientBuilder {
        (self.0)(builder)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

/// What a run touches outside of the process: environment, standard streams, and whether they are terminals.
pub struct World {
    /// The environment variables.
    pub vars: Vec<(String, String)>,
    /// Where data go.
    pub out: Box<dyn Write + Send>,
    /// Where messages, questions and progress go.
    pub err: Box<dyn Write + Send>,
    /// Where answers to questions come from.
    pub input: Box<dyn BufRead + Send>,
    /// Whether [`out`](Self::out) is a terminal.
    pub out_is_terminal: bool,
    /// Whether [`err`](Self::err) is a terminal.
    pub err_is_terminal: bool,
    /// Whether [`input`](Self::input) is a terminal; nobody is asked anything otherwise.
    pub input_is_terminal: bool,
    /// How requests travel; none means over the network of this machine.
    pub network: Option<Network>,
    /// Width of the terminal in columns; none means that lines are as long as they need to be.
    pub width: Option<u16>,
}

impl World {
    /// The environment and the standard streams of this process.
    #[must_use]
    pub fn real() -> Self {
        let out_is_terminal = std::io::stdout().is_terminal();
        let size = out_is_terminal.then(|| console::Term::stdout().size_checked()).flatten();
        Self {
            vars: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            out: Box::new(std::io::BufWriter::new(std::io::stdout())),
            err: Box::new(std::io::stderr()),
            input: Box::new(BufReader::new(std::io::stdin())),
            out_is_terminal,
            err_is_terminal: std::io::stderr().is_terminal(),
            input_is_terminal: std::io::stdin().is_terminal(),
            network: None,
            width: size.map(|(_, columns)| columns),
        }
    }

    /// A variable that is set and not empty.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        let found = self.vars.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for World {
    /// Names of variables only: their values may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.vars.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("World")
            .field("vars", &names)
            .field("out_is_terminal", &self.out_is_terminal)
            .field("err_is_terminal", &self.err_is_terminal)
            .field("input_is_terminal", &self.input_is_terminal)
            .field("width", &self.width)
            .finish_non_exhaustive()
    }
}
