//! The moment of a cut.
//!
//! A copy must show the device as it was at one moment: it is taken when nobody writes any more.

use std::time::Duration;

use crate::{
    image::Mounted,
    process::{self, Process},
};

/// How a cut is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The processes are stopped when what they have begun is done, then the file system is cut off.
    Stop,
    /// The processes are stopped as they are, and in the same moment the file system is cut off: a
    /// sync may be half done.
    Break,
}

/// Stops all processes and cuts the file system off from its device, so that the kernel writes no
/// more either. Before that somebody may have asked for a sync of everything.
pub async fn strike(
    cut: Cut,
    syncs: bool,
    mounted: &Mounted,
    all: &[&Process],
    mut wait: impl FnMut(u64) -> Duration,
) -> anyhow::Result<()> {
    let ids: Vec<u32> = all.iter().map(|process| process.id()).collect();
    let scissors = mounted.scissors(&ids)?;
    let mut syncing = if syncs { Some(mounted.sync()?) } else { None };
    if cut == Cut::Stop {
        // In the other way the sync may be cut as well.
        syncing.as_mut().map(std::process::Child::wait).transpose()?;
    }
    tokio::time::sleep(wait(30)).await;
    if cut == Cut::Stop {
        process::stop(all).await?;
    }
    scissors.cut()?;
    syncing.as_mut().map(std::process::Child::wait).transpose()?;
    Ok(())
}
