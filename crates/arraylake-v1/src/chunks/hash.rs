//! [`HashMethod`]: digests by the names of Python functions.

use std::fmt;
use std::str::FromStr;

use arraylake_types::InvalidInput;
use arraylake_types::v1::ChunkHash;
use aws_lc_rs::digest;
use md5::Digest as _;

/// How the digest of a chunk is made, by the name of a Python function, which is what references say.
///
/// ```
/// use arraylake_v1::chunks::HashMethod;
/// let method: HashMethod = "hashlib.md5".parse().unwrap();
/// assert_eq!(method.digest(b"abc").token, "900150983cd24fb0d6963f7d28e17f72");
/// assert!("hashlib.crc".parse::<HashMethod>().unwrap_err().to_string().contains("hashlib.crc"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashMethod {
    /// `hashlib.sha256`
    #[default]
    Sha256,
    /// `hashlib.sha1`
    Sha1,
    /// `hashlib.sha224`
    Sha224,
    /// `hashlib.sha384`
    Sha384,
    /// `hashlib.sha512`
    Sha512,
    /// `hashlib.md5`
    Md5,
    /// `hashlib.blake2b`, 64 bytes long
    Blake2b,
    /// `hashlib.blake2s`, 32 bytes long
    Blake2s,
    /// `xxhash.xxh32`
    Xxh32,
    /// `xxhash.xxh64`
    Xxh64,
    /// `xxhash.xxh3_64`
    Xxh3,
    /// `xxhash.xxh128`
    Xxh128,
    /// `xxhash.xxh3_128`, another name of the one before
    Xxh3Wide,
}

const NAMES: [(HashMethod, &str); 13] = [
    (HashMethod::Sha256, "hashlib.sha256"),
    (HashMethod::Sha1, "hashlib.sha1"),
    (HashMethod::Sha224, "hashlib.sha224"),
    (HashMethod::Sha384, "hashlib.sha384"),
    (HashMethod::Sha512, "hashlib.sha512"),
    (HashMethod::Md5, "hashlib.md5"),
    (HashMethod::Blake2b, "hashlib.blake2b"),
    (HashMethod::Blake2s, "hashlib.blake2s"),
    (HashMethod::Xxh32, "xxhash.xxh32"),
    (HashMethod::Xxh64, "xxhash.xxh64"),
    (HashMethod::Xxh3, "xxhash.xxh3_64"),
    (HashMethod::Xxh128, "xxhash.xxh128"),
    (HashMethod::Xxh3Wide, "xxhash.xxh3_128"),
];

impl HashMethod {
    /// The name of the Python function.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(method, _)| *method == self).map_or("", |(_, name)| name)
    }

    /// The digest of bytes, with its method, as references carry it.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> ChunkHash {
        ChunkHash::new(self.as_str(), self.token(bytes))
    }

    fn token(self, bytes: &[u8]) -> String {
        match self {
            Self::Sha256 => sha(&digest::SHA256, bytes),
            Self::Sha1 => sha(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes),
            Self::Sha224 => sha(&digest::SHA224, bytes),
            Self::Sha384 => sha(&digest::SHA384, bytes),
            Self::Sha512 => sha(&digest::SHA512, bytes),
            Self::Md5 => hex(&md5::Md5::digest(bytes)),
            Self::Blake2b => hex(&blake2::Blake2b512::digest(bytes)),
            Self::Blake2s => hex(&blake2::Blake2s256::digest(bytes)),
            Self::Xxh32 => format!("{:08x}", twox_hash::XxHash32::oneshot(0, bytes)),
            Self::Xxh64 => format!("{:016x}", twox_hash::XxHash64::oneshot(0, bytes)),
            Self::Xxh3 => format!("{:016x}", twox_hash::XxHash3_64::oneshot(bytes)),
            Self::Xxh128 | Self::Xxh3Wide => format!("{:032x}", twox_hash::XxHash3_128::oneshot(bytes)),
        }
    }
}

impl FromStr for HashMethod {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let known = NAMES.iter().find(|(_, name)| *name == text).map(|(method, _)| *method);
        known.ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(_, name)| *name).collect();
            InvalidInput::new("hash method", text, format!("must be one of {}", names.join(", ")))
        })
    }
}

impl fmt::Display for HashMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// By the library that does TLS: every chunk that is written is hashed, and it is the fastest at it.
fn sha(algorithm: &'static digest::Algorithm, bytes: &[u8]) -> String {
    hex(digest::digest(algorithm, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Python's functions of these names give them for `abc`.
    const OF_ABC: [(&str, &str); 11] = [
        ("hashlib.sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("hashlib.sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("hashlib.sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
        (
            "hashlib.sha384",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        ),
        (
            "hashlib.sha512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        ("hashlib.md5", "900150983cd24fb0d6963f7d28e17f72"),
        ("hashlib.blake2s", "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"),
        ("xxhash.xxh32", "32d153ff"),
        ("xxhash.xxh64", "44bc2cf5ad770999"),
        ("xxhash.xxh3_64", "78af5f94892f3950"),
        ("xxhash.xxh128", "06b05ab6733a618578af5f94892f3950"),
    ];

    #[test]
    fn digests_are_those_of_the_python_functions() {
        for (name, token) in OF_ABC {
            let method: HashMethod = name.parse().unwrap();
            assert_eq!(method.digest(b"abc"), ChunkHash::new(name, token));
        }
        for (method, name) in NAMES {
            assert_eq!(name.parse::<HashMethod>().unwrap(), method);
        }
        assert_eq!(HashMethod::Blake2b.digest(b"").token.len(), 128);
    }
}
