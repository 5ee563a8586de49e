//! [`Known`]: values on their way to JSON, which knows no NaN and no infinity.

use std::fmt::Display;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// A value whose numbers that JSON does not know become texts: `"NaN"`, `"Infinity"`, `"-Infinity"`. `serde_json` by
/// itself would lose them, as the Python client does.
pub(crate) struct Known<'v, T: ?Sized>(pub(crate) &'v T);

impl<T: Serialize + ?Sized> Serialize for Known<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Texts(serializer))
    }
}

/// A serializer, or a part of one, that hands everything on but for those numbers.
struct Texts<S>(S);

/// Calls that are handed on as they are.
macro_rules! as_they_are {
    ($($name:ident: $type:ty),*) => {$(
        fn $name(self, value: $type) -> Result<S::Ok, S::Error> {
            self.0.$name(value)
        }
    )*};
}

/// The numbers.
macro_rules! numbers {
    ($($name:ident: $type:ty),*) => {$(
        fn $name(self, value: $type) -> Result<S::Ok, S::Error> {
            match value {
                _ if value.is_nan() => self.0.serialize_str("NaN"),
                <$type>::INFINITY => self.0.serialize_str("Infinity"),
                <$type>::NEG_INFINITY => self.0.serialize_str("-Infinity"),
                _ => self.0.$name(value),
            }
        }
    )*};
}

impl<S: Serializer> Serializer for Texts<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Texts<S::SerializeSeq>;
    type SerializeTuple = Texts<S::SerializeTuple>;
    type SerializeTupleStruct = Texts<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Texts<S::SerializeTupleVariant>;
    type SerializeMap = Texts<S::SerializeMap>;
    type SerializeStruct = Texts<S::SerializeStruct>;
    type SerializeStructVariant = Texts<S::SerializeStructVariant>;

    numbers!(serialize_f32: f32, serialize_f64: f64);
    as_they_are!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
        serialize_unit_struct: &'static str
    );

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_none()
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Known(value))
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Known(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_variant(name, index, variant, &Known(value))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.0.serialize_seq(length).map(Texts)
    }

    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.0.serialize_tuple(length).map(Texts)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.0.serialize_tuple_struct(name, length).map(Texts)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.0.serialize_tuple_variant(name, index, variant, length).map(Texts)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.0.serialize_map(length).map(Texts)
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Self::SerializeStruct, S::Error> {
        self.0.serialize_struct(name, length).map(Texts)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.0.serialize_struct_variant(name, index, variant, length).map(Texts)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

/// What holds other values.
macro_rules! parts {
    ($($trait:ident: $($method:ident($($key:ident: $type:ty)?)),+;)*) => {$(
        impl<S: $trait> $trait for Texts<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            $(fn $method<T: Serialize + ?Sized>(&mut self, $($key: $type,)? value: &T) -> Result<(), S::Error> {
                self.0.$method($($key,)? &Known(value))
            })+

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        }
    )*};
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key(), serialize_value();
    SerializeStruct: serialize_field(key: &'static str);
    SerializeStructVariant: serialize_field(key: &'static str);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::value::RawValue;

    use super::*;

    #[derive(Serialize)]
    enum Kind {
        Unit,
        One(f32),
        Two(f64, f64),
        Named { at: f64 },
    }

    #[derive(Serialize)]
    struct Odd<'a> {
        one: f64,
        list: Vec<Option<f32>>,
        map: BTreeMap<&'static str, (f64, char)>,
        kinds: [Kind; 4],
        raw: &'a RawValue,
        #[serde(flatten)]
        rest: BTreeMap<String, f64>,
    }

    #[test]
    fn numbers_that_json_does_not_know_become_texts_wherever_they_are_and_all_else_stays() {
        let odd = Odd {
            one: f64::NAN,
            list: vec![Some(f32::INFINITY), None, Some(0.5)],
            map: BTreeMap::from([("m", (f64::NEG_INFINITY, 'c'))]),
            kinds: [
                Kind::Unit,
                Kind::One(f32::NAN),
                Kind::Two(1.0, f64::NAN),
                Kind::Named { at: f64::INFINITY },
            ],
            raw: serde_json::from_str("{\"kept\":  1}").unwrap(),
            rest: BTreeMap::from([("flat".to_owned(), f64::NAN)]),
        };
        let text = concat!(
            r#"{"one":"NaN","list":["Infinity",null,0.5],"map":{"m":["-Infinity","c"]},"#,
            r#""kinds":["Unit",{"One":"NaN"},{"Two":[1.0,"NaN"]},{"Named":{"at":"Infinity"}}],"#,
            r#""raw":{"kept":  1},"flat":"NaN"}"#
        );
        assert_eq!(serde_json::to_string(&Known(&odd)).unwrap(), text);
    }
}
