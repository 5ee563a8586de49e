//! The hash `lookup3` of Bob Jenkins over bytes, as HDF5 has it.

/// The hash of bytes, beginning from a value.
pub(super) fn lookup3(bytes: &[u8], begin: u32) -> u32 {
    // The length counts modulo 2^32.
    let first = 0xdead_beef_u32.wrapping_add(bytes.len() as u32).wrapping_add(begin);
    let mut state = [first; 3];
    let mut rest = bytes;
    while rest.len() > 12 {
        let (block, later) = rest.split_at(12);
        add(&mut state, block);
        mix(&mut state);
        rest = later;
    }
    if !rest.is_empty() {
        add(&mut state, rest);
        finish(&mut state);
    }
    state[2]
}

/// Adds up to twelve bytes, as three numbers in little order.
fn add(state: &mut [u32; 3], block: &[u8]) {
    for (word, bytes) in state.iter_mut().zip(block.chunks(4)) {
        let number = bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
        *word = word.wrapping_add(number);
    }
}

fn mix([a, b, c]: &mut [u32; 3]) {
    for rotations in [[4, 6, 8], [16, 19, 4]] {
        *a = a.wrapping_sub(*c) ^ c.rotate_left(rotations[0]);
        *c = c.wrapping_add(*b);
        *b = b.wrapping_sub(*a) ^ a.rotate_left(rotations[1]);
        *a = a.wrapping_add(*c);
        *c = c.wrapping_sub(*b) ^ b.rotate_left(rotations[2]);
        *b = b.wrapping_add(*a);
    }
}

fn finish([a, b, c]: &mut [u32; 3]) {
    let step = |to: &mut u32, by: u32, rotation: u32| *to = (*to ^ by).wrapping_sub(by.rotate_left(rotation));
    step(c, *b, 14);
    step(a, *c, 11);
    step(b, *a, 25);
    step(c, *b, 16);
    step(a, *c, 4);
    step(b, *a, 14);
    step(c, *b, 24);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_author() {
        for (bytes, begin, hash) in [
            ("", 0, 0xdead_beef),
            ("", 0xdead_beef, 0xbd5b_7dde),
            ("Four score and seven years ago", 0, 0x1777_0551),
            ("Four score and seven years ago", 1, 0xcd62_8161),
        ] {
            assert_eq!(lookup3(bytes.as_bytes(), begin), hash, "{bytes:?}");
        }
    }
}
