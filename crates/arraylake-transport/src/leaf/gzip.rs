//! Undoes gzip.

use std::io::Read;

use bytes::{Buf, Bytes};
use flate2::bufread::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use crate::{Error, ErrorKind};

/// Larger packed bodies are unpacked on a thread of their own, so that other calls go on meanwhile.
const INLINE: usize = 64 << 10;

/// Room made ahead for the plain bytes; a small body must not claim much memory.
const MAX_AHEAD: usize = 32 << 20;

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
    let guess = packed.len().saturating_mul(4).min(MAX_AHEAD).min(limit);
    let mut plain = Vec::with_capacity(guess);
    // One byte more than allowed tells too large from just right.
    let mut reader = MultiGzDecoder::new(packed.reader()).take((limit as u64).saturating_add(1));
    reader.read_to_end(&mut plain).map_err(|error| Error::new(ErrorKind::Decode, error))?;
    if plain.len() > limit {
        return Err(Error::bare(ErrorKind::TooLarge));
    }
    Ok(plain.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(plain: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap().into()
    }

    fn response(body: Bytes) -> http::Response<Bytes> {
        let builder =
            http::Response::builder().header("content-encoding", "GZip").header("content-length", body.len());
        builder.body(body).unwrap()
    }

    #[tokio::test]
    async fn a_packed_body_is_unpacked_and_no_longer_called_packed() {
        // The second is large enough for a thread of its own.
        for plain in [b"hello".to_vec(), (0..200_000).flat_map(|_| fastrand::u8(..).to_be_bytes()).collect()]
        {
            let response = unpacked(response(packed(&plain)), plain.len()).await.unwrap();
            assert_eq!(response.body(), &plain);
            assert!(response.headers().is_empty(), "{:?}", response.headers());
        }
    }

    #[tokio::test]
    async fn a_small_body_that_unpacks_to_a_huge_one_is_refused() {
        let bomb = packed(&vec![0; 10_000_000]);
        assert!(bomb.len() < 100_000);
        let error = unpacked(response(bomb), 9_999_999).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }

    #[tokio::test]
    async fn nonsense_and_a_body_cut_short_are_decode_errors() {
        let mut short = packed(b"hello hello hello");
        short.truncate(short.len() - 9);
        for body in [short, Bytes::from_static(b"not gzip")] {
            assert_eq!(unpacked(response(body), 1000).await.unwrap_err().kind(), ErrorKind::Decode);
        }
    }

    #[tokio::test]
    async fn the_answer_to_a_head_stays_as_it_is() {
        let response = unpacked(response(Bytes::new()), 1000).await.unwrap();
        assert_eq!(response.headers()["content-encoding"], "GZip");
    }
}
