//! What the benchmarks share.

/// The middle one.
pub(crate) fn median<T: PartialOrd>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    let middle = values.len() / 2;
    values.swap_remove(middle)
}
