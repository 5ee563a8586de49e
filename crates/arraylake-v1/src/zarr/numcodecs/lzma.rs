//! [`Lzma`]: the formats in which Python's module `lzma` writes.

mod before;

use std::io::{Read, Result, Write as _};

use lzma_rust2::{
    Lzma2Options, Lzma2Reader, Lzma2Writer, LzmaOptions, LzmaReader, LzmaWriter, XzOptions, XzReader,
    XzWriter,
};
use serde_json::{Map, Value};

use self::before::Before;

/// The most memory that a stream may ask for, in KiB.
const MEMORY: u32 = 256 << 10;
/// Numbers by which Python knows filters.
const LZMA2: u64 = 0x21;
const LZMA1: u64 = 0x4000_0000_0000_0001;

/// How a stream is made and read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lzma {
    /// It tells how it was made; and how much time to take for making one.
    Xz(u32),
    /// The same in the older format.
    Alone(u32),
    /// It tells nothing.
    Raw(Raw),
}

/// How a stream was made that does not tell it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Raw {
    /// What is done before it is compressed, one after the other.
    before: Vec<Before>,
    /// Whether it is of the older kind, which ends with a mark.
    is_older: bool,
    preset: u32,
    dictionary: u32,
    /// `lc`, `lp` and `pb`.
    bits: [u32; 3],
}

impl Lzma {
    /// By the configuration that numcodecs writes.
    pub(super) fn new(fields: &Map<String, Value>) -> std::result::Result<Self, String> {
        match fields.get("format").and_then(Value::as_u64).unwrap_or(1) {
            1 => Ok(Self::Xz(preset(fields))),
            2 => Ok(Self::Alone(preset(fields))),
            3 => Raw::new(fields.get("filters").unwrap_or(&Value::Null)).map(Self::Raw),
            other => Err(format!("does not know the format {other}")),
        }
    }

    pub(super) fn encode(&self, plain: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::Xz(preset) => {
                let mut writer = XzWriter::new(Vec::new(), XzOptions::with_preset(*preset))?;
                writer.write_all(plain)?;
                writer.finish()
            }
            Self::Alone(preset) => {
                let options = LzmaOptions::with_preset(*preset);
                let mut writer = LzmaWriter::new_use_header(Vec::new(), &options, None)?;
                writer.write_all(plain)?;
                writer.finish()
            }
            Self::Raw(raw) => raw.encode(plain),
        }
    }

    /// All that a stream holds, but not more than so many bytes.
    pub(super) fn decode(&self, encoded: &[u8], most: u64) -> Result<Vec<u8>> {
        match self {
            Self::Xz(_) => all(XzReader::new(encoded, true), most),
            Self::Alone(_) => all(LzmaReader::new_mem_limit(encoded, MEMORY, None)?, most),
            Self::Raw(raw) => raw.decode(encoded, most),
        }
    }
}

/// How much time to take; Python's default is 6, and 9 the most.
fn preset(fields: &Map<String, Value>) -> u32 {
    // A flag may say to take even more.
    let level = fields.get("preset").and_then(Value::as_u64).map(|preset| preset & 0x1f);
    level.map_or(6, |level| level.min(9) as u32)
}

fn all(reader: impl Read, most: u64) -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    reader.take(most).read_to_end(&mut plain)?;
    Ok(plain)
}

impl Raw {
    /// By a list of filters, the last of which compresses.
    fn new(filters: &Value) -> std::result::Result<Self, String> {
        let filters = filters.as_array().map(Vec::as_slice).unwrap_or_default();
        let Some((Value::Object(last), before)) = filters.split_last() else {
            return Err("needs `filters` to read the format 3".to_owned());
        };
        let before = before.iter().map(Before::new).collect::<std::result::Result<_, _>>()?;
        let is_older = match last.get("id").and_then(Value::as_u64) {
            Some(LZMA1) => true,
            Some(LZMA2) => false,
            _ => return Err(format!("knows no last filter {} of the format 3", Value::Object(last.clone()))),
        };
        let preset = preset(last);
        let usual = LzmaOptions::with_preset(preset);
        let number = |key: &str, usual: u32| match last.get(key) {
            None | Some(Value::Null) => Some(usual),
            Some(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        };
        let bits = [number("lc", usual.lc), number("lp", usual.lp), number("pb", usual.pb)];
        let dictionary = number("dict_size", usual.dict_size);
        match (dictionary, bits) {
            (Some(dictionary @ 4096..), [Some(lc), Some(lp), Some(pb @ 0..=4)])
                if lc.saturating_add(lp) <= 4 && dictionary >> 10 <= MEMORY =>
            {
                Ok(Self { before, is_older, preset, dictionary, bits: [lc, lp, pb] })
            }
            _ => Err(format!("cannot have the sizes of {}", Value::Object(last.clone()))),
        }
    }

    fn options(&self) -> LzmaOptions {
        let [lc, lp, pb] = self.bits;
        LzmaOptions { dict_size: self.dictionary, lc, lp, pb, ..LzmaOptions::with_preset(self.preset) }
    }

    fn encode(&self, plain: &[u8]) -> Result<Vec<u8>> {
        let mut changed = plain.to_vec();
        for before in &self.before {
            changed = before.encode(&changed)?;
        }
        if self.is_older {
            let mut writer = LzmaWriter::new_no_header(Vec::new(), &self.options(), true)?;
            writer.write_all(&changed)?;
            return writer.finish();
        }
        let options = Lzma2Options { lzma_options: self.options(), chunk_size: None };
        let mut writer = Lzma2Writer::new(Vec::new(), options);
        writer.write_all(&changed)?;
        writer.finish()
    }

    fn decode(&self, encoded: &[u8], most: u64) -> Result<Vec<u8>> {
        let [lc, lp, pb] = self.bits;
        let mut plain = if self.is_older {
            all(LzmaReader::new(encoded, u64::MAX, lc, lp, pb, self.dictionary, None)?, most)?
        } else {
            all(Lzma2Reader::new(encoded, self.dictionary, None), most)?
        };
        for before in self.before.iter().rev() {
            plain = before.decode(&plain, most)?;
        }
        Ok(plain)
    }
}
