//! [`LogLines`]: log lines of a compute service, as they arrive.

use std::fmt;
use std::time::Duration;

use arraylake_transport::{Body, Error as TransportError, ErrorKind};

use crate::error::{Error, Result};

/// A line longer than this is passed on in parts.
const MAX_LINE: usize = 1 << 20;

/// Log lines of a compute service, as they arrive; [`LogLine`](arraylake_types::LogLine) takes one apart. Dropping it ends
/// the request.
///
/// ```no_run
/// # use arraylake_core::{AsyncClient, prelude::*};
/// # async fn example(client: AsyncClient) -> arraylake_core::Result<()> {
/// let services = client.get_services(&"acme".parse()?);
/// let mut lines = services.stream_logs("edr-abc123", LogQuery::new().with_follow(60)).await?;
/// while let Some(line) = lines.next().await? {
///     println!("{line}");
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "lines are read by `next`"]
pub struct LogLines {
    body: Option<Body>,
    /// What has arrived and is not passed on yet.
    buffer: Vec<u8>,
    /// How much of it is known to hold no end of a line.
    seen: usize,
    patience: Duration,
}

impl LogLines {
    pub(crate) fn new(body: Body, patience: Duration) -> Self {
        Self { body: Some(body), buffer: Vec::new(), seen: 0, patience }
    }

    /// The next line, without its end; none once the service has no more. May be dropped and called again without
    /// losing a line.
    ///
    /// # Errors
    /// If the connection breaks, or nothing arrives for longer than the service was asked to wait.
    pub async fn next(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(Some(line));
            }
            let Some(body) = &mut self.body else { return Ok(self.take_rest()) };
            match tokio::time::timeout(self.patience, body.chunk()).await {
                Ok(Some(Ok(chunk))) => self.buffer.extend_from_slice(&chunk),
                Ok(None) => self.body = None,
                Ok(Some(Err(error))) => return Err(self.broken(error)),
                Err(_) => return Err(self.broken(TransportError::bare(ErrorKind::Timeout))),
            }
        }
    }

    fn broken(&mut self, error: TransportError) -> Error {
        self.body = None;
        self.buffer.clear();
        self.seen = 0;
        Error::transport("stream service logs", error)
    }

    fn take_line(&mut self) -> Option<String> {
        let end = self.buffer[self.seen..].iter().position(|byte| *byte == b'\n').map(|at| self.seen + at);
        let Some(end) = end else {
            self.seen = self.buffer.len();
            return (self.seen > MAX_LINE).then(|| self.take_rest()).flatten();
        };
        let rest = self.buffer.split_off(end + 1);
        let line = std::mem::replace(&mut self.buffer, rest);
        self.seen = 0;
        let line = line[..end].strip_suffix(b"\r").unwrap_or(&line[..end]);
        Some(String::from_utf8_lossy(line).into_owned())
    }

    fn take_rest(&mut self) -> Option<String> {
        self.seen = 0;
        let rest = std::mem::take(&mut self.buffer);
        (!rest.is_empty()).then(|| String::from_utf8_lossy(&rest).into_owned())
    }
}

impl fmt::Debug for LogLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLines").field("ended", &self.body.is_none()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    async fn lines(text: impl Into<Bytes>) -> Vec<String> {
        let mut lines = LogLines::new(Body::from(text.into()), Duration::from_secs(1));
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            all.push(line);
        }
        all
    }

    #[tokio::test]
    async fn lines_end_with_either_kind_of_end_or_with_the_answer() {
        assert_eq!(lines("one\r\ntwo\n\nthree").await, ["one", "two", "", "three"]);
        assert_eq!(lines("one\n").await, ["one"]);
        assert!(lines("").await.is_empty());
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_do_not_end_the_stream() {
        assert_eq!(lines(&b"a\xffb\nc"[..]).await, ["a\u{fffd}b", "c"]);
    }

    #[tokio::test]
    async fn a_line_without_end_is_passed_on_in_parts() {
        let parts = lines(vec![b'x'; MAX_LINE + 1]).await;
        assert_eq!(parts.iter().map(String::len).sum::<usize>(), MAX_LINE + 1);
    }
}
