//! Random names and secrets, from the randomness of the operating system.

use uuid::Uuid;

const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Consonants that cannot be taken for each other or for a digit, and spell no words.
const CONSONANTS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// So many lower-case letters and digits.
pub(crate) fn letters(count: usize) -> String {
    pick(LETTERS, count)
}

/// A code that people compare and type: two times four consonants.
pub(crate) fn user_code() -> String {
    format!("{}-{}", pick(CONSONANTS, 4), pick(CONSONANTS, 4))
}

fn pick(alphabet: &[u8], count: usize) -> String {
    // What lies above the largest multiple in a byte would favour the first letters. Bytes 6 and 8 of a UUID are not
    // random throughout.
    let fair = 256 - 256 % alphabet.len();
    let bytes = std::iter::repeat_with(|| *Uuid::new_v4().as_bytes()).flat_map(|id| {
        id.into_iter().enumerate().filter(|(at, _)| !matches!(at, 6 | 8)).map(|(_, byte)| byte)
    });
    let fair = bytes.map(usize::from).filter(|byte| *byte < fair);
    fair.take(count).map(|byte| char::from(alphabet[byte % alphabet.len()])).collect()
}

/// A repo id: the time in seconds and randomness, 24 hexadecimal digits.
pub(crate) fn repo_id(seconds: i64) -> String {
    let id = Uuid::new_v4().simple().to_string();
    format!("{:08x}{}{}", seconds & 0xffff_ffff, &id[..8], &id[24..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_as_many_as_asked_for_and_differ() {
        let text = letters(40);
        assert_eq!(text.len(), 40);
        assert!(text.bytes().all(|byte| LETTERS.contains(&byte)));
        assert_ne!(text, letters(40));
    }

    #[test]
    fn a_code_is_made_of_consonants() {
        let code = user_code();
        assert_eq!((code.len(), code.find('-')), (9, Some(4)));
        assert!(code.bytes().all(|byte| byte == b'-' || CONSONANTS.contains(&byte)));
    }

    #[test]
    fn a_repo_id_has_24_hexadecimal_digits() {
        let id = repo_id(1_700_000_000);
        assert_eq!(id.len(), 24);
        assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
