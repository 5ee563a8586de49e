//! A plausible field of air temperature: warm at the equator, warmer by day, a wave travelling east.

use std::f64::consts::TAU;

use sha2::{Digest as _, Sha256};

/// Two-metre temperature over time, latitude and longitude.
pub(crate) struct Field {
    /// Hours since the first of January 2025.
    pub(crate) time: Vec<f64>,
    /// Degrees north.
    pub(crate) lat: Vec<f32>,
    /// Degrees east.
    pub(crate) lon: Vec<f32>,
    /// Kelvin, longitude fastest.
    pub(crate) t2m: Vec<f32>,
}

impl Field {
    /// So many hours on a grid of one degree, at the middle of each cell.
    pub(crate) fn generate(hours: u16) -> Self {
        let time: Vec<f64> = (0..hours).map(f64::from).collect();
        let lat: Vec<f32> = (0..180u16).map(|row| 89.5 - f32::from(row)).collect();
        let lon: Vec<f32> = (0..360u16).map(|column| 0.5 + f32::from(column)).collect();
        let mut t2m = Vec::with_capacity(time.len() * lat.len() * lon.len());
        for &hour in &time {
            for &lat in &lat {
                t2m.extend(lon.iter().map(|&lon| temperature(hour, f64::from(lat), f64::from(lon))));
            }
        }
        Self { time, lat, lon, t2m }
    }

    /// Length of each dimension.
    pub(crate) fn shape(&self) -> [u64; 3] {
        [self.time.len() as u64, self.lat.len() as u64, self.lon.len() as u64]
    }

    /// The values of one chunk, which lies wholly inside.
    pub(crate) fn chunk(&self, start: [usize; 3], size: [usize; 3]) -> Vec<f32> {
        let (rows, columns) = (self.lat.len(), self.lon.len());
        let mut values = Vec::with_capacity(size.iter().product());
        for hour in start[0]..start[0] + size[0] {
            for row in start[1]..start[1] + size[1] {
                let begin = (hour * rows + row) * columns + start[2];
                values.extend_from_slice(&self.t2m[begin..begin + size[2]]);
            }
        }
        values
    }
}

fn temperature(hour: f64, lat: f64, lon: f64) -> f32 {
    let latitude = lat.to_radians();
    let base = 255.0 + 45.0 * latitude.cos().powi(2);
    let local_hour = hour + lon / 15.0;
    let day = 6.0 * latitude.cos() * (TAU * (local_hour - 15.0) / 24.0).cos();
    let wave = 4.0 * (2.0 * latitude).sin().abs() * (TAU * (5.0 * lon / 360.0 - hour / 120.0)).sin();
    #[expect(clippy::cast_possible_truncation, reason = "kelvins fit a float of any size")]
    let kelvin = (base + day + wave) as f32;
    kelvin
}

/// The first 16 digits of the SHA-256 of the values.
pub(crate) fn checksum(values: &[f32]) -> String {
    let mut hash = Sha256::new();
    for value in values {
        hash.update(value.to_le_bytes());
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
