//! [`Console`]: what is printed where and in which format, questions, and progress.

#[cfg(unix)]
mod silence;
mod voice;

use std::fmt;
use std::future::Future;
use std::io::{BufRead, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use serde::Serialize;

pub use self::voice::Voice;
use crate::failure::{Failure, Outcome, Status};
use crate::look::Look;
use crate::mask::mask;
use crate::world::World;

/// What takes less time than this shows no progress.
const PATIENCE: Duration = Duration::from_millis(300);

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Format {
    /// Tables and trees for people.
    #[default]
    #[value(alias = "rich")]
    Table,
    /// JSON, indented.
    Json,
    /// JSON, one line a row.
    Jsonl,
    /// YAML.
    Yaml,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set or TERM is `dumb`; or if CLICOLOR_FORCE is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a run is to print.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Manner {
    /// The form of data.
    pub format: Format,
    /// When colours are used.
    pub colour: Colour,
    /// Whether notes and progress are left out.
    pub quiet: bool,
    /// Whether more is said.
    pub verbose: bool,
}

/// The terminal, or what stands in its place.
pub struct Console {
    out: Box<dyn Write + Send>,
    voice: Voice,
    input: Option<Box<dyn BufRead + Send>>,
    manner: Manner,
    look: Look,
    progress: bool,
    interactive: bool,
    reveal: bool,
}

impl Console {
    /// A console on the streams of a world.
    #[must_use]
    pub fn new(world: World, manner: Manner) -> Self {
        let colour = |terminal: bool| match manner.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if world.var("NO_COLOR").is_some() => false,
            Colour::Auto if world.var("CLICOLOR_FORCE").is_some_and(|text| text != "0") => true,
            Colour::Auto => terminal && world.var("TERM") != Some("dumb"),
        };
        let look = Look {
            colour: colour(world.out_is_terminal),
            width: world.width.filter(|_| world.out_is_terminal),
        };
        Self {
            look,
            progress: world.err_is_terminal && !manner.quiet && world.var("TERM") != Some("dumb"),
            interactive: world.input_is_terminal && world.err_is_terminal,
            voice: Voice {
                quiet: manner.quiet,
                colour: colour(world.err_is_terminal),
                err: Arc::new(Mutex::new(world.err)),
            },
            out: world.out,
            input: Some(world.input),
            manner,
            reveal: false,
        }
    }

    /// The form of data.
    #[must_use]
    pub fn format(&self) -> Format {
        self.manner.format
    }

    /// Whether what is printed is for people.
    #[must_use]
    pub fn is_for_people(&self) -> bool {
        self.manner.format == Format::Table
    }

    /// Whether somebody can be asked.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Prints secrets from here on, because the user asked for it by an option.
    pub fn reveal_secrets(&mut self, asked: bool) {
        self.reveal = asked;
    }

    /// Prints data: for scripts the value itself, its secrets masked; for people the text.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn show<T: Serialize + ?Sized>(&mut self, value: &T, text: impl FnOnce(&Look) -> String) -> Outcome {
        if self.is_for_people() {
            let text = text(&self.look);
            return self.print(&text);
        }
        let broken = |error: &dyn fmt::Display| {
            Failure::new(Status::Other, format!("the answer cannot be written in this form: {error}"))
        };
        let mut value = serde_json::to_value(value).map_err(|error| broken(&error))?;
        if !self.reveal {
            mask(&mut value);
        }
        let text = match (self.manner.format, value) {
            (Format::Yaml, value) => serde_norway::to_string(&value).map_err(|error| broken(&error))?,
            (Format::Jsonl, serde_json::Value::Array(rows)) => {
                rows.iter().map(|row| format!("{row}\n")).collect()
            }
            (Format::Jsonl, value) => value.to_string(),
            (_, value) => serde_json::to_string_pretty(&value).map_err(|error| broken(&error))?,
        };
        self.print(&text)
    }

    /// Prints text to stdout, with an end of line if it has none.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn print(&mut self, text: &str) -> Outcome {
        self.out.write_all(text.as_bytes())?;
        if !text.is_empty() && !text.ends_with('\n') {
            self.out.write_all(b"\n")?;
        }
        Ok(self.out.flush()?)
    }

    /// Prints a line as it is, colours and all; a terminal is spared whatever else would steer it.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn line(&mut self, line: &str) -> Outcome {
        let steers = |c: char| c.is_control() && c != '\t' && !(self.look.colour && c == '\u{1b}');
        if self.look.width.is_some() && line.chars().any(steers) {
            let shown: String = line.chars().filter(|c| !steers(*c)).collect();
            return self.print(&format!("{shown}\n"));
        }
        self.print(&format!("{line}\n"))
    }

    /// Tells people what was done. Nobody hears it with `--quiet`.
    pub fn note(&mut self, text: &str) {
        self.voice.note(text);
    }

    /// Warns.
    pub fn warn(&mut self, text: &str) {
        self.voice.say(AnsiColor::Yellow.on_default().bold(), "warning: ", text);
    }

    /// Says why the run failed, in one line.
    pub fn fail(&mut self, failure: &Failure) {
        if failure.is_silent() {
            return;
        }
        if matches!(self.manner.format, Format::Json | Format::Jsonl) {
            let object = serde_json::json!({"error": {
                "code": failure.status().code(), "kind": failure.status().word(), "message": failure.message(),
                "hint": failure.hint(), "request_id": failure.request_id(),
            }});
            self.voice.say(Style::new(), "", &object.to_string());
            return;
        }
        self.voice.say(AnsiColor::Red.on_default().bold(), "error: ", &failure.to_string());
    }

    /// What speaks to people while something else is under way.
    #[must_use]
    pub fn voice(&self) -> Voice {
        self.voice.clone()
    }

    /// Asks whether to go on, unless `yes` says so already.
    ///
    /// # Errors
    /// If the answer is no, or nobody can be asked.
    pub async fn confirm(&mut self, question: &str, yes: bool) -> Outcome {
        if yes {
            return Ok(());
        }
        if !self.interactive {
            let message = "this needs to be confirmed, and there is no terminal to ask on";
            return Err(Failure::usage(message).with_hint("give --yes"));
        }
        let answer = self.ask(&format!("{question} [y/N] ")).await?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::new(Status::Other, "nothing was done")),
        }
    }

    /// Asks a question and waits for a line.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn ask(&mut self, question: &str) -> Result<String, Failure> {
        self.voice.write(&crate::look::plain(question));
        let Some(mut input) = self.input.take() else { return Err(Failure::interrupted()) };
        // A thread of its own, so that Ctrl-C ends the question at once.
        let read = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            let read = input.read_line(&mut line);
            (input, read.map(|count| (count > 0).then_some(line)))
        });
        let (input, line) = read.await.map_err(|_| Failure::interrupted())?;
        self.input = Some(input);
        match line {
            Ok(Some(line)) => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
            Ok(None) => {
                self.voice.write("\n");
                Err(Failure::new(Status::Other, "nothing was done"))
            }
            Err(error) => Err(Failure::new(Status::Other, format!("the answer cannot be read: {error}"))),
        }
    }

    /// Asks for a secret, which is not shown while it is typed.
    ///
    /// # Errors
    /// If there is no answer, or nobody can be asked.
    pub async fn ask_secret(&mut self, question: &str, instead: &str) -> Result<String, Failure> {
        if !self.interactive {
            let message = format!("{question} is needed, and there is no terminal to ask on");
            return Err(Failure::usage(message).with_hint(instead.to_owned()));
        }
        #[cfg(unix)]
        let _silent = silence::Silence::begin();
        let answer = self.ask(&format!("{question}: ")).await;
        self.voice.write("\n");
        answer
    }

    /// A bar for work that is counted. A terminal shows it, from the first count on and until it is finished or dropped.
    #[must_use]
    pub fn bar(&self, what: &str) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        let template = if self.voice.colour {
            "{spinner:.cyan} {prefix} [{wide_bar:.cyan}] {percent}% {msg} {elapsed:.dim}"
        } else {
            "{spinner} {prefix} [{wide_bar}] {percent}% {msg} {elapsed}"
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(0).with_finish(ProgressFinish::AndClear);
        bar.set_style(style.progress_chars("=> "));
        bar.set_prefix(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    /// Waits for something; if that takes long, a terminal shows what is being waited for.
    pub async fn busy<F: Future>(&self, what: &str, work: F) -> F::Output {
        let mut work = std::pin::pin!(work);
        if !self.progress {
            return work.await;
        }
        if let Ok(done) = tokio::time::timeout(PATIENCE, &mut work).await {
            return done;
        }
        let template = if self.voice.colour {
            "{spinner:.cyan} {msg} {elapsed:.dim}"
        } else {
            "{spinner} {msg} {elapsed}"
        };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
        // It clears its line when it is dropped, also by Ctrl-C.
        let bar = ProgressBar::new_spinner().with_finish(ProgressFinish::AndClear).with_style(style);
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        work.await
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("manner", &self.manner)
            .field("look", &self.look)
            .finish_non_exhaustive()
    }
}
