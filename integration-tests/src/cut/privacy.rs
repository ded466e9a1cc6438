//! A mount table of our own: nobody outside sees our mounts, and they go when the last of us goes,
//! however it ends. In it the machine also seems to have another boot id when we say so.
//!
//! Needs root and loop devices, and says what is missing.

use std::{
    fs,
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};

use crate::image::run;

const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// What must be there, and how to get it.
pub fn check() -> anyhow::Result<()> {
    let owner = fs::metadata("/proc/self").context("there is no /proc")?.uid();
    ensure!(
        owner == 0,
        "file systems are mounted and cut here: run it as root (sudo just power-cut)"
    );
    ensure!(
        Path::new("/dev/loop-control").exists(),
        "there are no loop devices: `modprobe loop`, or give the container --privileged and /dev"
    );
    for tool in ["mkfs.ext4", "mount", "umount", "unshare", "setpriv", "python3"] {
        let found = Command::new(tool).arg("--help").output();
        ensure!(
            found.is_ok(),
            "there is no {tool}: install util-linux, mount, e2fsprogs and python3"
        );
    }
    Ok(())
}

/// Goes on as the same process with the same arguments, in a mount table of its own.
/// Returns only when that fails.
pub fn enter() -> anyhow::Error {
    let exe = match std::env::current_exe() {
        Ok(exe) => exe,
        Err(error) => return error.into(),
    };
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "--"]).arg(exe).arg("--inside");
    anyhow::Error::new(command.args(std::env::args_os().skip(1)).exec())
        .context("can't start unshare")
}

/// The boot id that is seen here, and by every process that is started from here.
#[derive(Debug)]
pub struct Boot {
    file: PathBuf,
    number: u64,
}

impl Boot {
    /// Lays one of ours over the kernel's.
    pub fn begin(dir: &Path) -> anyhow::Result<Boot> {
        let file = dir.join("boot_id");
        let mut boot = Boot { file, number: 0 };
        boot.again()?;
        run(Command::new("mount").arg("--bind").arg(&boot.file).arg(BOOT_ID))?;
        Ok(boot)
    }

    /// The machine was started again.
    pub fn again(&mut self) -> anyhow::Result<()> {
        self.number += 1;
        let id = format!("00000000-0000-4000-8000-{:012}\n", self.number);
        Ok(fs::write(&self.file, id)?)
    }
}

impl Drop for Boot {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(BOOT_ID).output());
    }
}
