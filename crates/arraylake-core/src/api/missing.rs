//! Routes that an older service lacks, told from things that are not there.

use http::StatusCode;

use crate::error::Error;

/// What services say about a path that they do not know.
const NO_SUCH_ROUTE: &str = "Not Found";

/// Whether the service says that it lacks the route. A refusal that names something else is none of that, nor is a bare
/// 404.
///
/// For calls that make something: asked at an older route for what is not there, a service could make something else.
pub(crate) fn is_plainly_missing_route(error: &Error) -> bool {
    match error.status() {
        Some(StatusCode::METHOD_NOT_ALLOWED) => true,
        Some(StatusCode::NOT_FOUND) => error.detail() == Some(NO_SUCH_ROUTE),
        _ => false,
    }
}

/// Whether a refusal names a thing that is not there; then it says nothing about the route.
#[cfg(feature = "icechunk")]
pub(crate) fn names_a_thing(error: &Error) -> bool {
    error.detail().is_some_and(|detail| detail != NO_SUCH_ROUTE)
}
