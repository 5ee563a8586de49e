//! [`Item`]: what may stand in a document, whatever its format.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The key under which stands what JSON has no word for.
pub(super) const BARE: &str = "bare word";

/// Something in a document.
#[derive(Debug)]
pub(super) enum Item<'d> {
    Text(Cow<'d, str>),
    List(Vec<Self>),
    Number(u64),
    Nothing,
    /// Something else, in words.
    Other(String),
}

impl<'d> Item<'d> {
    pub(super) fn number(&self) -> Option<u64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// As an element; what it is instead if it is no text. Where nothing was written Python leaves nothing, or the fill
    /// value 0, which stands for an empty text.
    pub(super) fn into_text(self, may_lack: bool) -> Result<Cow<'d, str>, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Nothing | Self::Number(0) if may_lack => Ok(Cow::Borrowed("")),
            other => Err(other.to_string()),
        }
    }

    pub(super) fn into_owned(self) -> Item<'static> {
        match self {
            Self::Text(text) => Item::Text(Cow::Owned(text.into_owned())),
            Self::List(items) => Item::List(items.into_iter().map(Item::into_owned).collect()),
            Self::Number(number) => Item::Number(number),
            Self::Nothing => Item::Nothing,
            Self::Other(what) => Item::Other(what),
        }
    }
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("a text"),
            Self::List(_) => f.write_str("a list"),
            Self::Number(number) => write!(f, "the number {number}"),
            Self::Nothing => f.write_str("nothing"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl<'d> Deserialize<'d> for Item<'d> {
    fn deserialize<D: Deserializer<'d>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Items)
    }
}

struct Items;

impl<'d> Visitor<'d> for Items {
    type Value = Item<'d>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an element")
    }

    fn visit_borrowed_str<E>(self, text: &'d str) -> Result<Item<'d>, E> {
        Ok(Item::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Item<'d>, E> {
        Ok(Item::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Item<'d>, E> {
        Ok(Item::Number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Item<'d>, E> {
        Ok(u64::try_from(number).map_or_else(|_| Item::Other(format!("the number {number}")), Item::Number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Item<'d>, E> {
        Ok(Item::Other(format!("the number {number}")))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Item<'d>, E> {
        Ok(Item::Other(format!("the boolean {value}")))
    }

    fn visit_unit<E>(self) -> Result<Item<'d>, E> {
        Ok(Item::Nothing)
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Item<'d>, E> {
        Ok(Item::Other(format!("{} bytes", bytes.len())))
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut list: A) -> Result<Item<'d>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Item::List(items))
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Item<'d>, A::Error> {
        let mut what = "an object".to_owned();
        while let Some((key, value)) = map.next_entry()? {
            if let (Item::Text(key), Item::Text(word)) = (key, value)
                && key == BARE
            {
                what = word.into_owned();
            }
        }
        Ok(Item::Other(what))
    }
}
