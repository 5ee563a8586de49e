//! [`Before`]: what is done to bytes before they are compressed.

use std::io::{Result, Write as _};

use lzma_rust2::filter::bcj::{BcjReader, BcjWriter};
use lzma_rust2::filter::delta::{DeltaReader, DeltaWriter};
use serde_json::Value;

use super::all;

/// The number by which Python knows the filter.
const DELTA: u64 = 3;

/// What is done to bytes before they are compressed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Before {
    /// Differences are taken of bytes at such a distance.
    Delta(usize),
    /// Addresses in the code of a machine are made absolute, counted from such a place.
    Addresses(Machine, usize),
}

/// A machine, as far as filters know it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Machine {
    X86,
    PowerPc,
    Ia64,
    Arm,
    ArmThumb,
    Sparc,
}

impl Machine {
    /// By the number that Python has for it; and the multiple of which a place must be.
    fn of_filter(id: u64) -> Option<(Self, u64)> {
        Some(match id {
            4 => (Self::X86, 1),
            5 => (Self::PowerPc, 4),
            6 => (Self::Ia64, 16),
            7 => (Self::Arm, 4),
            8 => (Self::ArmThumb, 2),
            9 => (Self::Sparc, 4),
            _ => return None,
        })
    }
}

impl Before {
    /// By the configuration of a filter.
    pub(super) fn new(filter: &Value) -> std::result::Result<Self, String> {
        let number = |key: &str, usual: u64| match filter.get(key) {
            None | Some(Value::Null) => Some(usual),
            Some(number) => number.as_u64(),
        };
        let id = filter["id"].as_u64().unwrap_or_default();
        if id == DELTA {
            let distance = number("dist", 1).filter(|distance| (1..=256).contains(distance));
            let distance = distance.ok_or_else(|| format!("knows no distance {filter}"))?;
            return Ok(Self::Delta(distance as usize));
        }
        let machine = Machine::of_filter(id);
        let (machine, multiple) =
            machine.ok_or_else(|| format!("knows no filter {filter} before the last of the format 3"))?;
        let place = number("start_offset", 0).and_then(|place| u32::try_from(place).ok());
        let place = place.filter(|place| u64::from(*place).is_multiple_of(multiple));
        let place = place.ok_or_else(|| format!("knows no place {filter} from which to count"))?;
        Ok(Self::Addresses(machine, place as usize))
    }

    pub(super) fn encode(self, plain: &[u8]) -> Result<Vec<u8>> {
        let changed = Vec::with_capacity(plain.len());
        match self {
            Self::Delta(distance) => {
                let mut writer = DeltaWriter::new(changed, distance);
                writer.write_all(plain)?;
                Ok(writer.into_inner())
            }
            Self::Addresses(machine, place) => {
                let mut writer = match machine {
                    Machine::X86 => BcjWriter::new_x86(changed, place),
                    Machine::PowerPc => BcjWriter::new_ppc(changed, place),
                    Machine::Ia64 => BcjWriter::new_ia64(changed, place),
                    Machine::Arm => BcjWriter::new_arm(changed, place),
                    Machine::ArmThumb => BcjWriter::new_arm_thumb(changed, place),
                    Machine::Sparc => BcjWriter::new_sparc(changed, place),
                };
                writer.write_all(plain)?;
                writer.finish()
            }
        }
    }

    pub(super) fn decode(self, changed: &[u8], most: u64) -> Result<Vec<u8>> {
        match self {
            Self::Delta(distance) => all(DeltaReader::new(changed, distance), most),
            Self::Addresses(machine, place) => {
                let reader = match machine {
                    Machine::X86 => BcjReader::new_x86(changed, place),
                    Machine::PowerPc => BcjReader::new_ppc(changed, place),
                    Machine::Ia64 => BcjReader::new_ia64(changed, place),
                    Machine::Arm => BcjReader::new_arm(changed, place),
                    Machine::ArmThumb => BcjReader::new_arm_thumb(changed, place),
                    Machine::Sparc => BcjReader::new_sparc(changed, place),
                };
                all(reader, most)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::chunks::HashMethod;

    /// Bytes in which each machine finds addresses.
    fn code() -> Vec<u8> {
        let mut state = 1_u32;
        let next = |_| {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            match (state >> 16) as u8 {
                0..16 => 0,
                16..24 => 0xe8,
                byte => byte,
            }
        };
        (0..65_536).map(next).collect()
    }

    #[test]
    fn addresses_of_each_machine_are_changed_as_python_changes_them_and_back() {
        let code = code();
        for (id, digest) in [
            (4, "9d957d8ea70f9173"),
            (5, "7158ca2aae1c7f4f"),
            (6, "060b40999329b122"),
            (7, "5fcdddc2f11efd6e"),
            (8, "07cd9e3880ebfd0a"),
            (9, "8b32ae41bc3951d6"),
        ] {
            let before = Before::new(&json!({"id": id, "start_offset": 32})).unwrap();
            let changed = before.encode(&code).unwrap();
            assert!(changed != code && changed.len() == code.len(), "filter {id}");
            assert!(HashMethod::Sha256.digest(&changed).token.starts_with(digest), "filter {id}");
            assert!(before.decode(&changed, u64::MAX).unwrap() == code, "filter {id}");
        }
    }

    #[test]
    fn filters_that_do_not_exist_are_named() {
        for (filter, named) in [
            (json!({"id": 10}), "filter"),
            (json!({"id": 7, "start_offset": 2}), "place"),
            (json!({"id": 4, "start_offset": -1}), "place"),
            (json!({"id": 3, "dist": 257}), "distance"),
        ] {
            let error = Before::new(&filter).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
