//! The two macros behind every schema: open enums and lenient structs.
//!
//! `open_enum!` makes an enum whose unknown texts land in `Other`. `wire_struct!` writes `Serialize` and
//! `Deserialize` by hand instead of deriving them, for four things that derive cannot do together: null counts as
//! missing, a field has several spellings and both may come at once, unknown fields are kept, and none of it
//! buffers the input (`#[serde(flatten)]` would, at half the speed).

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, Visitor};

/// Reads a field into its place: null empties it. Large fields are moved once less than as an `Option`.
pub(crate) struct Slot<'a, T>(pub(crate) &'a mut Option<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Slot<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Slot<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        *self.0 = None;
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        *self.0 = Some(T::deserialize(deserializer)?);
        Ok(())
    }
}

/// What is said of a key besides the field that it means.
#[derive(Default)]
pub(crate) struct KeyNotes {
    /// It is not the first of the field's spellings.
    pub(crate) further: bool,
    /// What it is, if it means no field.
    pub(crate) unknown: String,
}

macro_rules! open_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        ///
        /// Open: a text this version does not know is kept in `Other` and written back unchanged.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
            /// A value this version does not know.
            Other(String),
        }

        impl $name {
            /// Every known value, in the order of the declaration.
            pub const KNOWN: &'static [&'static str] = &[$($text),+];

            /// The text on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $text,)+ Self::Other(text) => text }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text { $($text => Self::$variant,)+ other => Self::Other(other.to_owned()) }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() { $($text => Self::$variant,)+ _ => Self::Other(text) }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a text")
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        Ok($name::from(text))
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}

/// `pub name: Type = required("key" | "other spelling")` must be there and not null;
/// `= lenient("key")` becomes the type's default when missing or null; `= or(value, "key")` becomes `value`.
/// The first spelling is the one written, and the one that wins when several come.
macro_rules! wire_struct {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$fmeta:meta])* pub $field:ident : $ty:ty = $kind:ident ( $($args:tt)+ ),)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        $vis struct $name {
            $($(#[$fmeta])* pub $field: $ty,)+
            /// Fields this version does not know.
            pub other: $crate::Other,
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap as _;
                let mut map = serializer.serialize_map(None)?;
                $(map.serialize_entry(wire_struct!(@key $kind ($($args)+)), &self.$field)?;)+
                for (key, value) in &self.other {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct WireVisitor;
                // Nothing but a number, which stays in a register. With the text of unknown keys inside it would be
                // written and read back in different widths, which takes longer than all the rest of a key.
                #[derive(Clone, Copy)]
                #[expect(non_camel_case_types, reason = "one variant a field, under the field's own name")]
                enum WireKey { $($field,)+ Unknown }
                struct Name<'a>(&'a mut $crate::wire::KeyNotes);
                impl<'de> serde::de::DeserializeSeed<'de> for Name<'_> {
                    type Value = WireKey;
                    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<WireKey, D::Error> {
                        deserializer.deserialize_identifier(self)
                    }
                }
                impl serde::de::Visitor<'_> for Name<'_> {
                    type Value = WireKey;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a field name")
                    }
                    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<WireKey, E> {
                        $(wire_struct!(@match self, key, $field, $kind ($($args)+));)+
                        key.clone_into(&mut self.0.unknown);
                        Ok(WireKey::Unknown)
                    }
                }
                impl<'de> serde::de::Visitor<'de> for WireVisitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("the fields of ", stringify!($name)))
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        $(let mut $field: Option<$ty> = None;)+
                        let mut other = $crate::Other::new();
                        let mut notes = $crate::wire::KeyNotes::default();
                        while let Some(key) = map.next_key_seed(Name(&mut notes))? {
                            match key {
                                // The first spelling counts, wherever it stands.
                                $(WireKey::$field if std::mem::take(&mut notes.further) && $field.is_some() => {
                                    map.next_value::<serde::de::IgnoredAny>()?;
                                }
                                WireKey::$field => map.next_value_seed($crate::wire::Slot(&mut $field))?,)+
                                WireKey::Unknown => {
                                    other.insert(std::mem::take(&mut notes.unknown), map.next_value()?);
                                }
                            }
                        }
                        $(let $field = wire_struct!(@take $field, $kind ($($args)+));)+
                        Ok($name { $($field,)+ other })
                    }
                }
                deserializer.deserialize_map(WireVisitor)
            }
        }
    };
    (@key required($first:literal $(| $more:literal)*)) => { $first };
    (@key lenient($first:literal $(| $more:literal)*)) => { $first };
    (@key or($default:expr, $first:literal $(| $more:literal)*)) => { $first };
    (@match $name:ident, $key:ident, $field:ident, or($default:expr, $($keys:tt)+)) => {
        wire_struct!(@match $name, $key, $field, lenient($($keys)+));
    };
    (@match $name:ident, $key:ident, $field:ident, $kind:ident($first:literal $(| $more:literal)*)) => {
        if $key == $first { return Ok(WireKey::$field); }
        $(if $key == $more { $name.0.further = true; return Ok(WireKey::$field); })*
    };
    (@take $field:ident, required($first:literal $(| $more:literal)*)) => {
        match $field { Some(value) => value, None => return Err(serde::de::Error::missing_field($first)) }
    };
    (@take $field:ident, lenient($($keys:tt)+)) => { $field.unwrap_or_default() };
    (@take $field:ident, or($default:expr, $($keys:tt)+)) => { $field.unwrap_or_else(|| $default) };
}
