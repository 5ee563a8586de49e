//! [`Cursor`]: reads JSON that is mostly plain, and jumps over what is known already.
//!
//! `serde_json` looks at every byte of a value to find its end, and cannot be told that the next four hundred are those
//! of the row before. This reader can. It reads objects, arrays and texts without escapes by itself and hands
//! everything else to `serde_json`. It may refuse what `serde_json` would take: who uses it asks `serde_json` then,
//! whose errors say more, too.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::de::StrRead;
use serde_json::value::RawValue;
use serde_json::{Error, Result};

use crate::recall::Reading;
use crate::shared::SHARED;

/// Containers inside one another that are read here; what is deeper is left to `serde_json`, which has a limit.
const MAX_DEPTH: u8 = 8;

/// What is left of a JSON text.
pub(crate) struct Cursor<'de> {
    rest: &'de str,
    depth: u8,
}

impl<'de> Cursor<'de> {
    /// Reads a whole text.
    pub(crate) fn read<T: serde::Deserialize<'de>>(text: &'de str) -> Result<T> {
        let mut cursor = Self { rest: text, depth: 0 };
        let value = T::deserialize(&mut cursor)?;
        match cursor.peek() {
            None => Ok(value),
            Some(_) => Err(unusual()),
        }
    }

    /// The next byte that is not blank.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        let next = *self.rest.as_bytes().first()?;
        if next > b' ' {
            return Some(next);
        }
        self.rest = self.rest.trim_start_matches([' ', '\n', '\r', '\t']);
        self.rest.as_bytes().first().copied()
    }

    /// The next so many bytes.
    #[inline]
    fn take(&mut self, length: usize) -> Result<&'de str> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(unusual)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<()> {
        if self.peek() != Some(byte) {
            return Err(unusual());
        }
        self.take(1).map(drop)
    }

    /// Passes a word such as `null`, if it comes next.
    fn word(&mut self, word: &str) -> bool {
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// The text that comes next, if it stands there as it is, without escapes.
    #[inline]
    fn plain_text(&mut self) -> Option<&'de str> {
        let (text, rest) =
            self.rest.strip_prefix('"').and_then(|rest| rest.split_at_checked(plain(rest.as_bytes())))?;
        self.rest = rest.strip_prefix('"')?;
        Some(text)
    }

    /// The value that comes next, unread.
    fn value(&mut self) -> Result<&'de str> {
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<&RawValue>();
        let value = values.next().ok_or_else(unusual)??.get();
        self.take(values.byte_offset())?;
        Ok(value)
    }

    /// The value that comes next, for `serde_json` to read.
    fn slowly(&mut self) -> Result<serde_json::Deserializer<StrRead<'de>>> {
        self.value().map(serde_json::Deserializer::from_str)
    }

    /// Reads a container, whose last byte is `end`.
    fn inside<T>(&mut self, end: u8, read: impl FnOnce(&mut Inside<'_, 'de>) -> Result<T>) -> Result<T> {
        self.take(1)?;
        self.depth += 1;
        let mut inside = Inside { cursor: self, end, state: State::Begun };
        let value = read(&mut inside)?;
        if !matches!(inside.state, State::Ended) {
            return Err(unusual());
        }
        self.depth -= 1;
        Ok(value)
    }
}

/// Nobody is told this: the text is read once more, by `serde_json`.
#[cold]
fn unusual() -> Error {
    Error::custom("not read here")
}

/// How many bytes at the start are those of a text without escapes; eight are looked at at once.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    // The lowest bit that is set is right; those above may come from borrowing.
    let less = |word: u64, than: u8| word.wrapping_sub(EACH * u64::from(than)) & !word & (EACH << 7);
    let (words, tail) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let is = |byte: u8| less(word ^ (EACH * u64::from(byte)), 1);
        let found = is(b'"') | is(b'\\') | less(word, b' ');
        if found != 0 {
            return 8 * at + found.trailing_zeros() as usize / 8;
        }
    }
    let found = tail.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '));
    bytes.len() - tail.len() + found.unwrap_or(tail.len())
}

macro_rules! by_serde_json {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.slowly()?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Cursor<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'"') => match self.plain_text() {
                Some(text) => visitor.visit_borrowed_str(text),
                None => self.slowly()?.deserialize_any(visitor),
            },
            Some(b'{') if self.depth < MAX_DEPTH => self.inside(b'}', |members| visitor.visit_map(members)),
            Some(b'[') if self.depth < MAX_DEPTH => self.inside(b']', |items| visitor.visit_seq(items)),
            Some(b'n') if self.word("null") => visitor.visit_unit(),
            Some(b't') if self.word("true") => visitor.visit_bool(true),
            Some(b'f') if self.word("false") => visitor.visit_bool(false),
            _ => self.slowly()?.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'n') if self.word("null") => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match (name, self.peek()) {
            (SHARED, Some(b'{' | b'[')) => {
                let text = match Reading::known(self.rest) {
                    Some(length) => self.take(length)?,
                    None => self.value()?,
                };
                visitor.visit_borrowed_str(text)
            }
            // What `serde_json` says to itself, by a name that no type has.
            _ if name.starts_with('$') => self.slowly()?.deserialize_newtype_struct(name, visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.slowly()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        self.slowly()?.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value> {
        self.slowly()?.deserialize_tuple(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.slowly()?.deserialize_tuple_struct(name, length, visitor)
    }

    serde::forward_to_deserialize_any! { bool str string identifier seq map struct }

    by_serde_json! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_bytes deserialize_byte_buf
        deserialize_unit deserialize_ignored_any
    }
}

/// Inside an object or an array.
struct Inside<'a, 'de> {
    cursor: &'a mut Cursor<'de>,
    end: u8,
    state: State,
}

/// How far a container is read.
enum State {
    Begun,
    Going,
    Ended,
}

impl Inside<'_, '_> {
    /// Passes the comma, or the end.
    #[inline]
    fn has_more(&mut self) -> Result<bool> {
        match (&self.state, self.cursor.peek()) {
            (State::Ended, _) => return Ok(false),
            (_, Some(next)) if next == self.end => {
                self.state = State::Ended;
                return self.cursor.take(1).map(|_| false);
            }
            (State::Begun, _) => self.state = State::Going,
            (State::Going, _) => self.cursor.expect(b',')?,
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for &mut Inside<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.has_more()? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.cursor).map(Some)
    }
}

impl<'de> MapAccess<'de> for &mut Inside<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if !self.has_more()? {
            return Ok(None);
        }
        match self.cursor.peek() {
            Some(b'"') => match self.cursor.plain_text() {
                Some(key) => seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some),
                None => seed.deserialize(&mut self.cursor.slowly()?).map(Some),
            },
            _ => Err(unusual()),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        self.cursor.expect(b':')?;
        seed.deserialize(&mut *self.cursor)
    }
}

#[cfg(test)]
mod tests;
