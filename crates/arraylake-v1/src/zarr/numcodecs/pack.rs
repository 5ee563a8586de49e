//! Booleans, eight in a byte.

/// The number of bits that are too many, then the bits, the first one highest.
pub(super) fn pack(booleans: &[u8]) -> Vec<u8> {
    let spare = (8 - booleans.len() % 8) % 8;
    // Less than eight.
    let mut packed = vec![spare as u8];
    packed.extend(booleans.chunks(8).map(|eight| {
        eight.iter().enumerate().fold(0, |byte, (index, bit)| byte | u8::from(*bit != 0) << (7 - index))
    }));
    packed
}

/// The other way round; none if that is not what these bytes are.
pub(super) fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let (spare, bytes) = packed.split_first()?;
    let length = (8 * bytes.len()).checked_sub(usize::from(*spare))?;
    let bits = bytes.iter().flat_map(|byte| (0..8).map(move |index| byte >> (7 - index) & 1));
    Some(bits.take(length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_packed_and_unpacked_whatever_their_number() {
        for count in 0..20 {
            let booleans: Vec<u8> = (0..count).map(|index| u8::from(index % 3 == 0)).collect();
            let packed = pack(&booleans);
            assert_eq!(packed.len(), 1 + booleans.len().div_ceil(8));
            assert_eq!(unpack(&packed), Some(booleans));
        }
        assert_eq!((unpack(&[]), unpack(&[1])), (None, None));
    }
}
