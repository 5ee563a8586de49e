//! [`Number`]: types of numbers, and what codecs do to them.

use num_traits::AsPrimitive;

/// A type of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
}

/// How numbers are moved and stretched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) offset: f64,
    pub(super) scale: f64,
}

/// Runs the code for the type that a number has.
macro_rules! with {
    ($number:expr, $name:ident => $code:expr) => {
        match $number {
            Number::I8 => {
                type $name = i8;
                $code
            }
            Number::I16 => {
                type $name = i16;
                $code
            }
            Number::I32 => {
                type $name = i32;
                $code
            }
            Number::I64 => {
                type $name = i64;
                $code
            }
            Number::U8 => {
                type $name = u8;
                $code
            }
            Number::U16 => {
                type $name = u16;
                $code
            }
            Number::U32 => {
                type $name = u32;
                $code
            }
            Number::U64 => {
                type $name = u64;
                $code
            }
            Number::F32 => {
                type $name = f32;
                $code
            }
            Number::F64 => {
                type $name = f64;
                $code
            }
        }
    };
}

/// A number in the order of bytes of this machine.
trait Element: Copy {
    fn read(bytes: &[u8]) -> Self;
    fn write(self, to: &mut Vec<u8>);
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
}

macro_rules! elements {
    ($plus:path, $minus:path: $($type:ty),*) => {$(
        impl Element for $type {
            fn read(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<$type>()];
                own.copy_from_slice(bytes);
                Self::from_ne_bytes(own)
            }

            fn write(self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_ne_bytes());
            }

            fn plus(self, other: Self) -> Self {
                $plus(self, other)
            }

            fn minus(self, other: Self) -> Self {
                $minus(self, other)
            }
        }
    )*};
}

elements!(Self::wrapping_add, Self::wrapping_sub: i8, i16, i32, i64, u8, u16, u32, u64);
elements!(std::ops::Add::add, std::ops::Sub::sub: f32, f64);

impl Number {
    /// The type that NumPy calls `<i4`, `|u1` or `f8`; none if it is of another kind.
    pub(super) fn of_numpy(text: &str) -> Option<Self> {
        Some(match text.strip_prefix(['<', '>', '|', '=']).unwrap_or(text) {
            "i1" => Self::I8,
            "i2" => Self::I16,
            "i4" => Self::I32,
            "i8" => Self::I64,
            "u1" => Self::U8,
            "u2" => Self::U16,
            "u4" => Self::U32,
            "u8" => Self::U64,
            "f4" => Self::F32,
            "f8" => Self::F64,
            _ => return None,
        })
    }

    /// Its name in Zarr v3.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// Bytes of one.
    pub(super) fn size(self) -> usize {
        with!(self, T => size_of::<T>())
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// The floats with which numcodecs reckons.
    pub(super) fn float(self) -> Self {
        if self == Self::F32 { Self::F32 } else { Self::F64 }
    }

    /// Floats without the offset, stretched and rounded.
    pub(super) fn scaled(self, bytes: Vec<u8>, Scale { offset, scale }: Scale) -> Vec<u8> {
        match self {
            Self::F32 => map(&bytes, |this: f32| ((this - offset as f32) * scale as f32).round_ties_even()),
            Self::F64 => map(&bytes, |this: f64| ((this - offset) * scale).round_ties_even()),
            _ => bytes,
        }
    }

    /// The other way round.
    pub(super) fn unscaled(self, bytes: Vec<u8>, Scale { offset, scale }: Scale) -> Vec<u8> {
        match self {
            Self::F32 => map(&bytes, |this: f32| this / scale as f32 + offset as f32),
            Self::F64 => map(&bytes, |this: f64| this / scale + offset),
            _ => bytes,
        }
    }

    /// The first element, and the difference of each other one from the one before it.
    pub(super) fn differences(self, bytes: &[u8]) -> Vec<u8> {
        with!(self, T => scan(bytes, |before: Option<(T, T)>, this: T| match before {
            Some((before, _)) => this.minus(before),
            None => this,
        }))
    }

    /// The other way round. Integers wrap.
    pub(super) fn sums(self, bytes: &[u8]) -> Vec<u8> {
        with!(self, T => scan(bytes, |before: Option<(T, T)>, this: T| match before {
            Some((_, sum)) => sum.plus(this),
            None => this,
        }))
    }

    /// Elements as another type, as NumPy casts them.
    pub(super) fn cast(self, bytes: Vec<u8>, to: Self) -> Vec<u8> {
        if self == to {
            return bytes;
        }
        with!(self, A => with!(to, B => map(&bytes, |this: A| -> B { this.as_() })))
    }

    /// Elements rounded to so many decimal digits, by a power of two, as numcodecs does.
    pub(super) fn rounded(self, bytes: &[u8], digits: i32) -> Vec<u8> {
        let exponent = (10.0_f64).powi(-digits).log10();
        let exponent = if exponent < 0.0 { exponent.floor() } else { exponent.ceil() };
        let scale = (10.0_f64.powf(-exponent)).log2().ceil().exp2();
        match self {
            Self::F32 => map(bytes, |this: f32| (this * scale as f32).round_ties_even() / scale as f32),
            Self::F64 => map(bytes, |this: f64| (this * scale).round_ties_even() / scale),
            _ => bytes.to_vec(),
        }
    }
}

fn map<A: Element, B: Element>(bytes: &[u8], change: impl Fn(A) -> B) -> Vec<u8> {
    let mut changed = Vec::with_capacity(bytes.len() / size_of::<A>() * size_of::<B>());
    for this in bytes.chunks_exact(size_of::<A>()) {
        change(A::read(this)).write(&mut changed);
    }
    changed
}

/// Makes each element of itself and of the one before it: of what that was, and what it became.
fn scan<T: Element>(bytes: &[u8], change: impl Fn(Option<(T, T)>, T) -> T) -> Vec<u8> {
    let mut changed = Vec::with_capacity(bytes.len());
    let mut before = None;
    for this in bytes.chunks_exact(size_of::<T>()) {
        let this = T::read(this);
        let made = change(before, this);
        made.write(&mut changed);
        before = Some((this, made));
    }
    changed
}
