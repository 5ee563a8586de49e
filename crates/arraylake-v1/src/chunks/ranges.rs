//! [`Plan`]: which requests bring the wanted bytes of one object. Near ones are joined, long ones split.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

/// Where the bytes of one wanted range come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// Nothing was wanted.
    Nowhere,
    /// A part of one request, counted from its own beginning.
    Slice { request: usize, within: Range<u64> },
    /// Several requests, one after the other.
    Joined { requests: Range<usize> },
}

/// Requests for parts of one object, and how the wanted ranges are made of the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    requests: Vec<Range<u64>>,
    sources: Vec<Source>,
}

impl Plan {
    /// Plans for the wanted ranges, in any order. No request is longer than `max` bytes, which must not be 0; ranges are
    /// joined if at most `coalesce` bytes lie between them.
    ///
    /// ```
    /// use arraylake_v1::chunks::ranges::Plan;
    /// assert_eq!(Plan::new(&[0..10, 10..18], 100, 0).requests(), [0..18]);
    /// assert_eq!(Plan::new(&[0..10], 3, 0).requests(), [0..3, 3..6, 6..9, 9..10]);
    /// ```
    #[must_use]
    pub fn new(wanted: &[Range<u64>], max: u64, coalesce: u64) -> Self {
        let max = max.max(1);
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by_key(|index| (wanted[*index].start, wanted[*index].end));
        let mut plan = Self { requests: Vec::new(), sources: vec![Source::Nowhere; wanted.len()] };
        let mut group: Option<usize> = None;
        for index in order {
            let range = &wanted[index];
            let length = range.end.saturating_sub(range.start);
            if length == 0 {
                continue;
            }
            if length > max {
                plan.sources[index] = plan.split(range, max);
                continue;
            }
            let request = match group {
                Some(group) if plan.admits(group, range, max, coalesce) => group,
                _ => {
                    plan.requests.push(range.clone());
                    plan.requests.len() - 1
                }
            };
            group = Some(request);
            let joined = &mut plan.requests[request];
            joined.end = joined.end.max(range.end);
            let within = range.start - joined.start..range.end - joined.start;
            plan.sources[index] = Source::Slice { request, within };
        }
        plan
    }

    fn admits(&self, group: usize, range: &Range<u64>, max: u64, coalesce: u64) -> bool {
        let joined = &self.requests[group];
        let gap = range.start.saturating_sub(joined.end);
        gap <= coalesce && joined.end.max(range.end) - joined.start <= max
    }

    fn split(&mut self, range: &Range<u64>, max: u64) -> Source {
        let first = self.requests.len();
        let mut start = range.start;
        while start < range.end {
            let end = start.saturating_add(max).min(range.end);
            self.requests.push(start..end);
            start = end;
        }
        Source::Joined { requests: first..self.requests.len() }
    }

    /// The ranges to ask for.
    #[must_use]
    pub fn requests(&self) -> &[Range<u64>] {
        &self.requests
    }

    /// The wanted ranges, in the order in which they were wanted, made of the answers to
    /// [`requests`](Self::requests). Only what was split is copied. None if an answer is missing or too short.
    #[must_use]
    pub fn assemble(&self, answers: &[Bytes]) -> Option<Vec<Bytes>> {
        let fits = |(answer, range): (&Bytes, &Range<u64>)| answer.len() as u64 == range.end - range.start;
        if answers.len() != self.requests.len() || !answers.iter().zip(&self.requests).all(fits) {
            return None;
        }
        self.sources.iter().map(|source| bytes(source, answers)).collect()
    }
}

fn bytes(source: &Source, answers: &[Bytes]) -> Option<Bytes> {
    match source {
        Source::Nowhere => Some(Bytes::new()),
        Source::Slice { request, within } => {
            let (start, end) = (usize::try_from(within.start).ok()?, usize::try_from(within.end).ok()?);
            Some(answers.get(*request)?.slice(start..end))
        }
        Source::Joined { requests } => {
            let parts = answers.get(requests.clone())?;
            let mut whole = BytesMut::with_capacity(parts.iter().map(Bytes::len).sum());
            for part in parts {
                whole.extend_from_slice(part);
            }
            Some(whole.freeze())
        }
    }
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "one range is what is meant")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn requests(wanted: &[Range<u64>], max: u64, coalesce: u64) -> Vec<Range<u64>> {
        Plan::new(wanted, max, coalesce).requests
    }

    #[test]
    fn requests_are_those_of_the_contract() {
        assert_eq!(requests(&[0..10], 5, 0), [0..5, 5..10]);
        assert_eq!(requests(&[0..10], 3, 0), [0..3, 3..6, 6..9, 9..10]);
        assert_eq!(requests(&[0..10, 10..18], 100, 0), [0..18]);
        assert_eq!(requests(&[0..10, 12..20], 100, 1), [0..10, 12..20]);
        assert_eq!(requests(&[0..10, 10..18], 10, 100), [0..10, 10..18]);
    }

    #[test]
    fn a_range_within_another_does_not_shorten_the_request() {
        assert_eq!(requests(&[0..10, 2..4, 10..12], 100, 0), [0..12]);
    }

    #[test]
    fn answers_that_are_too_short_make_nothing() {
        let plan = Plan::new(&[0..4, 5..5], 100, 0);
        assert_eq!(plan.assemble(&[Bytes::from_static(b"abc")]), None);
        assert_eq!(plan.assemble(&[]), None);
        let whole = Bytes::from_static(b"abcd");
        assert_eq!(plan.assemble(std::slice::from_ref(&whole)), Some(vec![whole, Bytes::new()]));
    }

    proptest! {
        #[test]
        fn whatever_is_wanted_comes(
            wanted in proptest::collection::vec((0u64..200, 0u64..60), 0..20),
            max in 1u64..80,
            coalesce in 0u64..20,
        ) {
            let object: Bytes = (0..=255u8).chain(0..=255).collect();
            let cut = |range: &Range<u64>| object.slice(range.start as usize..range.end as usize);
            let wanted: Vec<_> = wanted.into_iter().map(|(start, length)| start..start + length).collect();
            let plan = Plan::new(&wanted, max, coalesce);
            prop_assert!(plan.requests().iter().all(|range| range.end - range.start <= max));
            let answers: Vec<Bytes> = plan.requests().iter().map(cut).collect();
            let expected: Vec<Bytes> = wanted.iter().map(cut).collect();
            prop_assert_eq!(plan.assemble(&answers).unwrap(), expected);
        }
    }
}
