//! [`LogLine`]: a line that a compute service has logged, taken apart.

use crate::Timestamp;

/// A line that a compute service has logged, as far as it can be taken apart.
///
/// Lines look like `2024-05-01T12:00:00.5Z stderr F INFO: ready`: when it was written, where to, whether it is a whole
/// line (`F`) or a part of one (`P`), and the text. What looks otherwise is all text.
///
/// ```
/// use arraylake_types::LogLine;
/// let line = LogLine::parse("2024-05-01T12:00:00.5Z stderr F INFO: ready");
/// assert_eq!((line.message(), line.stream.as_deref()), ("INFO: ready", Some("stderr")));
/// assert_eq!(line.time.unwrap().unix_seconds(), 1_714_564_800);
/// assert_eq!(LogLine::parse("ready").message(), "ready");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogLine {
    /// When it was written.
    pub time: Option<Timestamp>,
    /// Where to: `stdout` or `stderr`.
    pub stream: Option<String>,
    /// Whether the next line goes on with the text.
    pub is_partial: bool,
    /// The line as it came.
    pub raw: String,
    /// Where in it the text begins.
    start: usize,
}

impl LogLine {
    /// Takes a line apart.
    #[must_use]
    pub fn parse(line: impl Into<String>) -> Self {
        let raw = line.into();
        let Some((time, rest)) = timed(&raw) else {
            return Self { time: None, stream: None, is_partial: false, raw, start: 0 };
        };
        let (stream, is_partial, text) = match labelled(rest) {
            Some((stream, flag, text)) => (Some(stream.to_owned()), flag == "P", text),
            None => (None, false, rest),
        };
        let start = raw.len() - text.len();
        Self { time: Some(time), stream, is_partial, raw, start }
    }

    /// The text.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.raw[self.start..]
    }
}

impl From<String> for LogLine {
    fn from(line: String) -> Self {
        Self::parse(line)
    }
}

impl std::fmt::Display for LogLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.raw)
    }
}

/// The time at the beginning, and what follows. A number is no time here: lines may begin with one.
fn timed(line: &str) -> Option<(Timestamp, &str)> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let time = word.contains('T').then(|| word.parse().ok()).flatten()?;
    Some((time, rest))
}

fn labelled(rest: &str) -> Option<(&str, &str, &str)> {
    let (stream, rest) = rest.split_once(' ').filter(|(word, _)| matches!(*word, "stdout" | "stderr"))?;
    let (flag, text) = rest.split_once(' ').unwrap_or((rest, ""));
    matches!(flag, "F" | "P").then_some((stream, flag, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart_as_far_as_it_can_be() {
        let time = "2024-05-01T12:00:00.000000001Z";
        for (rest, stream, is_partial, message) in [
            (" stderr F INFO: one  two", Some("stderr"), false, "INFO: one  two"),
            (" stdout P half", Some("stdout"), true, "half"),
            (" stdout F", Some("stdout"), false, ""),
            (" stdout X odd", None, false, "stdout X odd"),
            (" bare text", None, false, "bare text"),
            ("", None, false, ""),
        ] {
            let line = LogLine::parse(format!("{time}{rest}"));
            assert!(line.time.is_some(), "{rest}");
            assert_eq!(
                (line.stream.as_deref(), line.is_partial, line.message()),
                (stream, is_partial, message)
            );
            assert_eq!(line.to_string(), format!("{time}{rest}"));
        }
    }

    #[test]
    fn what_does_not_begin_with_a_time_is_all_text() {
        for text in
            ["", " ", "1714564800 requests", "Traceback (most recent call last):", "2024 was a year", "T é"]
        {
            let line = LogLine::parse(text);
            assert_eq!((line.time, line.stream.as_deref(), line.message()), (None, None, text));
        }
    }
}
