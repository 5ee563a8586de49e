//! Texts of a chunk in one document: in JSON or MessagePack, as numcodecs writes arrays of objects.
//!
//! A document is a list: the elements, nested as the dimensions are, then the data type of NumPy, then the shape.

mod item;

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeSeq as _, Serializer};

use self::item::{BARE, Item};

/// What NumPy calls the type of objects.
const OBJECTS: &str = "|O";
/// A chunk of texts.
#[derive(Debug, PartialEq)]
pub(super) struct Texts<'d> {
    pub(super) texts: Vec<Cow<'d, str>>,
    pub(super) shape: Vec<u64>,
}

impl<'d> Texts<'d> {
    /// Reads a document in JSON. `may_lack` says whether an element may be nothing, which becomes an empty text.
    pub(super) fn of_json(document: &'d [u8], may_lack: bool) -> Result<Self, String> {
        let items = match serde_json::from_slice(document) {
            Ok(items) => items,
            // Python writes `NaN` where JSON has no word; it is an element like any other that is no text.
            Err(error) => {
                let bare = crate::json::with_bare_words(document, |word| format!(r#"{{"{BARE}":"{word}"}}"#));
                let items = bare.and_then(|text| {
                    let items: Vec<Item<'_>> = serde_json::from_str(&text).ok()?;
                    Some(items.into_iter().map(Item::into_owned).collect())
                });
                items.ok_or_else(|| format!("the chunk is no JSON: {error}"))?
            }
        };
        Self::of_items(items, may_lack)
    }

    /// Reads a document in MessagePack.
    pub(super) fn of_message_pack(document: &'d [u8], may_lack: bool) -> Result<Self, String> {
        let items = rmp_serde::from_slice(document);
        Self::of_items(items.map_err(|error| format!("the chunk is no MessagePack: {error}"))?, may_lack)
    }

    fn of_items(mut items: Vec<Item<'d>>, may_lack: bool) -> Result<Self, String> {
        let shape = match items.pop() {
            Some(Item::List(lengths)) => lengths.iter().map(Item::number).collect::<Option<Vec<u64>>>(),
            _ => None,
        };
        let shape = shape.ok_or("the chunk does not end with a shape")?;
        match items.pop() {
            Some(Item::Text(data_type)) if data_type == OBJECTS => {}
            Some(Item::Text(data_type)) => {
                return Err(format!("the chunk is of the type {data_type}, not of objects"));
            }
            _ => return Err("the chunk does not tell its data type".to_owned()),
        }
        let mut flat = Flat { texts: Vec::new(), at: Vec::new(), may_lack };
        match shape.as_slice() {
            // One element is in the list all the same.
            [] => flat.take(items, &[1], true)?,
            shape => flat.take(items, shape, false)?,
        }
        Ok(Self { texts: flat.texts, shape })
    }

    /// Writes a document in JSON; with nothing but the characters of ASCII if that is wanted.
    pub(super) fn to_json(&self, ascii: bool) -> Result<Vec<u8>, String> {
        let json = serde_json::to_string(self).map_err(|error| error.to_string())?;
        Ok(if ascii { escaped(&json) } else { json }.into_bytes())
    }

    /// Writes a document in MessagePack.
    pub(super) fn to_message_pack(&self) -> Result<Vec<u8>, String> {
        if self.shape.is_empty() {
            return Err("Python has no way to write an array without dimensions".to_owned());
        }
        rmp_serde::to_vec(self).map_err(|error| error.to_string())
    }
}

/// What is beyond ASCII becomes an escape, as Python writes it.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character < '\x7f' {
            text.push(character);
        } else {
            let mut units = [0; 2];
            text.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

/// Elements on their way out of nested lists.
struct Flat<'d> {
    texts: Vec<Cow<'d, str>>,
    at: Vec<usize>,
    may_lack: bool,
}

impl<'d> Flat<'d> {
    fn take(&mut self, items: Vec<Item<'d>>, shape: &[u64], is_single: bool) -> Result<(), String> {
        let Some((length, inner)) = shape.split_first() else { return Ok(()) };
        if items.len() as u64 != *length {
            return Err(format!(
                "the chunk has {} elements at {:?} where its shape says {length}",
                items.len(),
                self.at
            ));
        }
        for (index, item) in items.into_iter().enumerate() {
            if !is_single {
                self.at.push(index);
            }
            match item {
                Item::List(items) if !inner.is_empty() => self.take(items, inner, false)?,
                item if inner.is_empty() => {
                    self.texts.push(item.into_text(self.may_lack).map_err(|what| {
                        format!("element {:?} of the chunk is {what}, and no text", self.at)
                    })?)
                }
                item => {
                    return Err(format!("the chunk has {item} at {:?} where its shape says a list", self.at));
                }
            }
            self.at.pop();
        }
        Ok(())
    }
}

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let first = self.shape.first().map_or(1, |length| *length as usize);
        let mut list = serializer.serialize_seq(Some(first + 2))?;
        match self.shape.split_first() {
            Some((_, inner)) if !inner.is_empty() => {
                let count = inner.iter().product::<u64>() as usize;
                for texts in self.texts.chunks(count.max(1)) {
                    list.serialize_element(&Nested { texts, shape: inner })?;
                }
            }
            _ => self.texts.iter().try_for_each(|text| list.serialize_element(text))?,
        }
        list.serialize_element(OBJECTS)?;
        list.serialize_element(&self.shape)?;
        list.end()
    }
}

/// Elements, nested as dimensions are.
struct Nested<'t> {
    texts: &'t [Cow<'t, str>],
    shape: &'t [u64],
}

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.shape {
            [] | [_] => serializer.collect_seq(self.texts),
            [_, inner @ ..] => {
                let count = inner.iter().product::<u64>() as usize;
                serializer
                    .collect_seq(self.texts.chunks(count.max(1)).map(|texts| Nested { texts, shape: inner }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'t>(texts: &[&'t str], shape: &[u64]) -> Texts<'t> {
        Texts { texts: texts.iter().map(|text| Cow::Borrowed(*text)).collect(), shape: shape.to_vec() }
    }

    #[test]
    fn texts_are_written_as_python_writes_them_and_read_again() {
        let grid = texts(&["a", "k\u{fc}hl", "", "\u{1f30a}\x7f\n", "\"", "\\"], &[2, 3]);
        let json = br#"[["a","k\u00fchl",""],["\ud83c\udf0a\u007f\n","\"","\\"],"|O",[2,3]]"#;
        assert_eq!(String::from_utf8(grid.to_json(true).unwrap()).unwrap().as_bytes(), json);
        assert_eq!(Texts::of_json(json, false).unwrap(), grid);
        assert_eq!(Texts::of_json(&grid.to_json(false).unwrap(), false).unwrap(), grid);
        let packed = grid.to_message_pack().unwrap();
        assert_eq!(packed[..8], *b"\x94\x93\xa1a\xa5k\xc3\xbc");
        assert!(packed.ends_with(b"\xa2|O\x92\x02\x03"));
        assert_eq!(Texts::of_message_pack(&packed, false).unwrap(), grid);
    }

    #[test]
    fn an_array_without_dimensions_has_one_text() {
        let one = texts(&["a"], &[]);
        assert_eq!(one.to_json(true).unwrap(), br#"["a","|O",[]]"#);
        assert_eq!(Texts::of_json(br#"["a","|O",[]]"#, false).unwrap(), one);
        assert!(one.to_message_pack().unwrap_err().contains("without dimensions"));
        let error = Texts::of_json(br#"[1,"|O",[]]"#, false).unwrap_err();
        assert_eq!(error, "element [] of the chunk is the number 1, and no text");
    }

    #[test]
    fn what_was_never_written_is_an_empty_text_where_the_fill_value_is_one() {
        let json = br#"["a",null,0,"|O",[3]]"#;
        assert_eq!(Texts::of_json(json, true).unwrap(), texts(&["a", "", ""], &[3]));
        let error = Texts::of_json(json, false).unwrap_err();
        assert_eq!(error, "element [1] of the chunk is nothing, and no text");
    }

    #[test]
    fn an_element_that_is_no_text_is_named() {
        for (json, named) in [
            (r#"["a",5,"|O",[2]]"#, "element [1] of the chunk is the number 5"),
            (r#"["a",-5,"|O",[2]]"#, "element [1] of the chunk is the number -5"),
            (r#"["a",0.5,"|O",[2]]"#, "element [1] of the chunk is the number 0.5"),
            (r#"[true,"a","|O",[2]]"#, "element [0] of the chunk is the boolean true"),
            (r#"[["a"],["b"],"|O",[2]]"#, "element [0] of the chunk is a list"),
            (r#"[["a",{"b":[1]}],["c","d"],"|O",[2,2]]"#, "element [0, 1] of the chunk is an object"),
            (r#"[["a","b"],["c",NaN],"|O",[2,2]]"#, "element [1, 1] of the chunk is NaN"),
            (r#"["a","b","|O",[2,1]]"#, "a text at [0] where its shape says a list"),
            (r#"["a","b","|O",[3]]"#, "2 elements at [] where its shape says 3"),
            (r#"["a","b","<U1",[2]]"#, "the type <U1"),
            (r#"["a","b",[2]]"#, "the type b"),
            (r#"["a","b"]"#, "does not end with a shape"),
            (r#"[[1],[2]]"#, "data type"),
            ("[]", "does not end with a shape"),
            ("{", "no JSON"),
        ] {
            let error = Texts::of_json(json.as_bytes(), true).unwrap_err();
            assert!(error.contains(named), "{json}: {error}");
        }
        let error = Texts::of_message_pack(b"\x93\xc4\x01a\xa2|O\x91\x01", true).unwrap_err();
        assert_eq!(error, "element [0] of the chunk is 1 bytes, and no text");
        assert!(Texts::of_message_pack(b"\x93", true).unwrap_err().contains("no MessagePack"));
    }
}
