//! What the text of an error says.

use super::answers::MAX_DETAIL;
use super::*;

#[test]
fn the_text_of_a_refusal_is_one_line_with_operation_status_detail_and_request_id() {
    let mut error = ApiError::new("get repo", StatusCode::NOT_FOUND, br#"{"detail":"no\nsuch repo"}"#, true);
    error.request_id = Some("r-1".into());
    assert_eq!(error.to_string(), "get repo failed with 404 Not Found: no such repo [request-id: r-1]");
    let error = Error::from(Box::new(error));
    assert!(error.is_not_found() && !error.is_conflict());
    assert_eq!((error.operation(), error.request_id()), (Some("get repo"), Some("r-1")));
}

#[test]
fn a_long_detail_is_cut_at_a_character() {
    let body = format!(r#"{{"detail":"{}"}}"#, "é".repeat(3000));
    let error = ApiError::new("x", StatusCode::BAD_REQUEST, body.as_bytes(), true);
    assert!(error.detail.unwrap().len() <= MAX_DETAIL + 3);
}
