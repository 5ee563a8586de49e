//! Which requests serve a list of ranges of one chunk.

use std::ops::Range;

use bytes::Bytes;
use zarrs_storage::byte_range::{ByteRange, InvalidByteRangeError};

/// Ranges nearer to each other than this are fetched together: a request costs about as much time as this many bytes.
const NEAR: u64 = 1 << 20;

/// A range in numbers, if the value has it.
pub(super) fn resolve(range: ByteRange, size: u64) -> Result<Range<u64>, InvalidByteRangeError> {
    let resolved = match range {
        ByteRange::FromStart(start, None) => Some(start..size),
        ByteRange::FromStart(start, Some(length)) => start.checked_add(length).map(|end| start..end),
        ByteRange::Suffix(length) => size.checked_sub(length).map(|start| start..size),
    };
    resolved
        .filter(|range| range.start <= range.end && range.end <= size)
        .ok_or_else(|| InvalidByteRangeError::new(range, size))
}

/// What to fetch: neighbours joined, in order; everything at once if most of it is wanted.
pub(super) fn join(wanted: &[Range<u64>], size: u64) -> Vec<Range<u64>> {
    let mut sorted: Vec<_> = wanted.iter().filter(|range| !range.is_empty()).cloned().collect();
    sorted.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match joined.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(NEAR) => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    let total: u64 = joined.iter().map(|range| range.end - range.start).sum();
    // Not for one range: it is what was asked for.
    if joined.len() > 1 && total >= size / 4 * 3 {
        joined.truncate(1);
        joined[0] = 0..size;
    }
    joined
}

/// The bytes of a range, from what was fetched.
pub(super) fn cut(fetched: &[(Range<u64>, Bytes)], range: &Range<u64>) -> Option<Bytes> {
    if range.is_empty() {
        return Some(Bytes::new());
    }
    let (whole, bytes) =
        fetched.iter().find(|(whole, _)| whole.start <= range.start && range.end <= whole.end)?;
    let offset = |position: u64| usize::try_from(position - whole.start).ok();
    let (start, end) = (offset(range.start)?, offset(range.end)?);
    (end <= bytes.len()).then(|| bytes.slice(start..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn ranges_outside_of_the_value_are_refused() {
        assert_eq!(resolve(ByteRange::FromStart(2, None), 5).unwrap(), 2..5);
        assert_eq!(resolve(ByteRange::FromStart(5, None), 5).unwrap(), 5..5);
        assert_eq!(resolve(ByteRange::Suffix(2), 5).unwrap(), 3..5);
        for range in [
            ByteRange::FromStart(6, None),
            ByteRange::FromStart(1, Some(5)),
            ByteRange::FromStart(u64::MAX, Some(2)),
            ByteRange::Suffix(6),
        ] {
            assert!(resolve(range, 5).is_err(), "{range}");
        }
    }

    #[test]
    fn neighbours_are_fetched_together_and_most_of_it_as_a_whole() {
        assert_eq!(join(&[10 * MIB..11 * MIB, 0..4, 8..12], 100 * MIB), [0..12, 10 * MIB..11 * MIB]);
        assert_eq!(join(&[0..40 * MIB, 50 * MIB..100 * MIB], 100 * MIB), vec![0..100 * MIB; 1]);
        assert_eq!(join(&[0..90, 9..9], 100), vec![0..90; 1]);
        assert!(join(&[], 100).is_empty() && join(&[7..7, 9..9], 100).is_empty());
    }

    #[test]
    fn what_was_fetched_serves_every_range() {
        let fetched = [(4..8, Bytes::from_static(b"4567"))];
        assert_eq!(cut(&fetched, &(5..7)).unwrap(), "56");
        assert_eq!(cut(&fetched, &(100..100)).unwrap(), "");
        assert_eq!(cut(&fetched, &(3..5)), None);
        assert_eq!(cut(&[(4..8, Bytes::from_static(b"45"))], &(5..7)), None, "a truncated answer");
    }
}
