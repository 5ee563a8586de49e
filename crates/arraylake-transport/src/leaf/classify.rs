//! Foreign errors and the kind each of them is.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy;

use super::Source;
use crate::{Error, ErrorKind};

/// An error from sending a request and awaiting the headers of its answer.
pub(super) fn sent(error: Source) -> Error {
    named(error, ErrorKind::Other)
}

/// An error from reading the body of an answer.
pub(super) fn received(error: Source) -> Error {
    named(error, ErrorKind::Interrupted)
}

/// An error from making a connection with TLS.
pub(super) fn connecting(error: Source) -> Error {
    let has_tls = chain(&*error).any(|cause| cause.is::<rustls::Error>());
    named(error, if has_tls { ErrorKind::Tls } else { ErrorKind::Connect })
}

fn named(error: Source, fallback: ErrorKind) -> Error {
    match error.downcast::<Error>() {
        // A leaf that speaks our language.
        Ok(own) => *own,
        Err(foreign) => {
            let kind = kind_of(&*foreign, fallback);
            Error::new(kind, foreign)
        }
    }
}

type Cause<'a> = &'a (dyn StdError + 'static);

fn chain<'a>(error: Cause<'a>) -> impl Iterator<Item = Cause<'a>> {
    std::iter::successors(Some(error), |&cause: &Cause<'a>| match cause.downcast_ref::<io::Error>() {
        // An io error names the source of what it wraps, and not what it wraps.
        Some(io) => io.get_ref().map(|inner| inner as _),
        None => cause.source(),
    })
}

fn kind_of(error: Cause<'_>, fallback: ErrorKind) -> ErrorKind {
    if let Some(own) = chain(error).find_map(|cause| cause.downcast_ref::<Error>()) {
        return own.kind();
    }
    // While connecting, the fallback is already exact: an io error then means that nothing was sent.
    if matches!(fallback, ErrorKind::Connect | ErrorKind::Tls) {
        return fallback;
    }
    if chain(error).any(|cause| cause.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect))
    {
        return ErrorKind::Connect;
    }
    let known = chain(error).find_map(|cause| {
        let of_hyper = cause.downcast_ref::<hyper::Error>().and_then(kind_of_hyper);
        of_hyper.or_else(|| cause.downcast_ref::<io::Error>().and_then(|io| kind_of_io(io.kind())))
    });
    known.unwrap_or(fallback)
}

fn kind_of_hyper(error: &hyper::Error) -> Option<ErrorKind> {
    if error.is_user() {
        Some(ErrorKind::Request)
    } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        Some(ErrorKind::Interrupted)
    } else if error.is_timeout() {
        Some(ErrorKind::Timeout)
    } else if error.is_parse() {
        Some(ErrorKind::Decode)
    } else {
        None
    }
}

fn kind_of_io(kind: io::ErrorKind) -> Option<ErrorKind> {
    match kind {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable => Some(ErrorKind::Connect),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Some(ErrorKind::Interrupted),
        io::ErrorKind::TimedOut => Some(ErrorKind::Timeout),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_errors_are_told_apart_however_deep_they_lie() {
        let nested = |kind| io::Error::other(io::Error::new(kind, "inner"));
        assert_eq!(sent(nested(io::ErrorKind::ConnectionRefused).into()).kind(), ErrorKind::Connect);
        assert_eq!(sent(nested(io::ErrorKind::UnexpectedEof).into()).kind(), ErrorKind::Interrupted);
        assert_eq!(sent("what?".into()).kind(), ErrorKind::Other);
        assert_eq!(received("what?".into()).kind(), ErrorKind::Interrupted);
    }

    #[test]
    fn an_error_of_our_own_stays_what_it_is() {
        let own = Error::new(ErrorKind::TooLarge, "inner");
        let error = received(own.into());
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(error.source().unwrap().to_string(), "inner");
        let wrapped = io::Error::other(Error::bare(ErrorKind::Proxy));
        assert_eq!(sent(wrapped.into()).kind(), ErrorKind::Proxy);
    }
}
