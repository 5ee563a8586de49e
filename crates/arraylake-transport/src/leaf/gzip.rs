//! Undoes gzip.

use std::io::Read;

use bytes::{Buf, Bytes};
use flate2::bufread::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use crate::{Error, ErrorKind};

/// Larger packed bodies are unpacked on a thread of their own, so that other calls go on meanwhile.
const INLINE: usize = 64 << 10;

/// The response with its body unpacked, which may be `limit` bytes long.
pub(super) async fn unpacked(
    mut response: http::Response<Bytes>,
    limit: usize,
) -> Result<http::Response<Bytes>, Error> {
    let is_gzip = response.headers().get(CONTENT_ENCODING).is_some_and(|value| {
        value.as_bytes().eq_ignore_ascii_case(b"gzip") || value.as_bytes().eq_ignore_ascii_case(b"x-gzip")
    });
    // The answer to a HEAD names an encoding and has no body.
    if !is_gzip || response.body().is_empty() {
        return Ok(response);
    }
    let packed = std::mem::take(response.body_mut());
    *response.body_mut() = if packed.len() <= INLINE {
        unpack(packed, limit)?
    } else {
        let task = tokio::task::spawn_blocking(move || unpack(packed, limit));
        task.await.map_err(|panicked| Error::new(ErrorKind::Decode, panicked))??
    };
    response.headers_mut().remove(CONTENT_ENCODING);
    response.headers_mut().remove(CONTENT_LENGTH);
    Ok(response)
}

fn unpack(packed: Bytes, limit: usize) -> Result<Bytes, Error> {
    let mut plain = Vec::with_capacity(packed.len().saturating_mul(4).min(limit));
    // One byte more than allowed tells too large from just right.
    let mut reader = MultiGzDecoder::new(packed.reader()).take((limit as u64).saturating_add(1));
    reader.read_to_end(&mut plain).map_err(|error| Error::new(ErrorKind::Decode, error))?;
    if plain.len() > limit {
        return Err(Error::bare(ErrorKind::TooLarge));
    }
    Ok(plain.into())
}
