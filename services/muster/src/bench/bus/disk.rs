//! The raw limit of the disk: the same bytes appended to a file, and `fdatasync` for each window.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;

use super::{
    envelope::BYTES,
    turn::{Carried, Load, until},
};

/// A file that is only appended to.
pub struct Disk {
    file: File,
}

impl Disk {
    /// A new file in this folder.
    pub fn create(folder: &Path) -> anyhow::Result<Disk> {
        let path = folder.join("raw");
        let file = File::create_new(&path);
        Ok(Disk { file: file.with_context(|| format!("can't make {}", path.display()))? })
    }

    /// Plays a turn.
    pub async fn carry(&mut self, load: Load) -> anyhow::Result<Carried> {
        let file = self.file.try_clone()?;
        tokio::task::spawn_blocking(move || append(file, load)).await?
    }
}

fn append(mut file: File, load: Load) -> anyhow::Result<Carried> {
    let window: Vec<u8> = (0..=u8::MAX).cycle().take(load.window * BYTES).collect();
    let (began, end) = (Instant::now(), until(load));
    let mut delays_ms = Vec::new();
    let mut spent = Duration::ZERO;
    while Instant::now() < end {
        let before = Instant::now();
        file.write_all(&window)?;
        file.sync_data()?;
        delays_ms.push(before.elapsed().as_secs_f64() * 1_000.0);
        spent = began.elapsed();
    }
    let count = (delays_ms.len() * load.window) as u64;
    Ok(Carried { count, seconds: spent.as_secs_f64(), delays_ms })
}
