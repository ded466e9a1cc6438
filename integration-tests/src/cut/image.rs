//! A file system of its own in a file, through a loop device: what is copied from the file is what
//! the device was really given.
//!
//! Bytes that a process has written and nobody has synced are in memory and not in the file: a copy
//! of the file is what a machine finds that lost its power then. A mounted image is unmounted when
//! it is dropped; the mounts are seen by nobody outside, see `privacy`.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, ensure};

/// Stops processes and cuts a file system off, in microseconds: ext4's `EXT4_IOC_SHUTDOWN`, in its
/// way 2, writes nothing more, not even the log. Begins when it is given a line.
const CUT: &str = "
import fcntl, os, signal, struct, sys
device = os.open(sys.argv[1], os.O_RDONLY)
print('ready', flush=True)
sys.stdin.readline()
for process in sys.argv[2:]:
    try:
        os.kill(int(process), signal.SIGSTOP)
    except ProcessLookupError:
        pass
fcntl.ioctl(device, 0x8004587D, struct.pack('I', 2))
";

/// A file system in a file.
#[derive(Debug)]
pub struct Image {
    path: PathBuf,
}

/// Where an image is mounted.
#[derive(Debug)]
pub struct Mounted {
    at: PathBuf,
}

impl Image {
    /// Makes an empty file system of this size.
    pub fn make(path: PathBuf, bytes: u64) -> anyhow::Result<Image> {
        File::create(&path)?.set_len(bytes)?;
        run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&path))?;
        Ok(Image { path })
    }

    /// Copies what the device has now.
    pub fn copy(&self, path: PathBuf) -> anyhow::Result<Image> {
        run(Command::new("cp").arg("--sparse=always").arg(&self.path).arg(&path))?;
        Ok(Image { path })
    }

    /// Mounts it; a journal of the file system that was cut is worked off by the kernel here.
    pub fn mount(&self, at: &Path) -> anyhow::Result<Mounted> {
        std::fs::create_dir_all(at)?;
        run(Command::new("mount").args(["-o", "loop"]).arg(&self.path).arg(at))?;
        Ok(Mounted { at: at.to_owned() })
    }

    /// Deletes it.
    pub fn remove(self) -> anyhow::Result<()> {
        Ok(std::fs::remove_file(&self.path)?)
    }
}

impl Mounted {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Gets ready to cut the file system off from its device under these processes.
    pub fn scissors(&self, processes: &[u32]) -> anyhow::Result<Scissors> {
        let mut command = Command::new("python3");
        command.args(["-c", CUT]).arg(&self.at);
        command.args(processes.iter().map(ToString::to_string));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = String::new();
        let output = child.stdout.take().context("it has an output")?;
        BufReader::new(output).read_line(&mut said)?;
        ensure!(said == "ready\n", "the file system can't be cut off");
        Ok(Scissors { child })
    }

    /// Begins to write all that waits to the device; fails when it is cut off in the middle.
    pub fn sync(&self) -> anyhow::Result<Child> {
        Ok(Command::new("sync").arg("-f").arg(&self.at).stderr(Stdio::null()).spawn()?)
    }

    /// Unmounts it.
    pub fn unmount(self) -> anyhow::Result<()> {
        let unmounted = run(Command::new("umount").arg(&self.at));
        std::mem::forget(self);
        unmounted
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let lazily = Command::new("umount").arg("--lazy").arg(&self.at).output();
        drop(lazily);
    }
}

/// What cuts a file system off.
#[derive(Debug)]
pub struct Scissors {
    child: Child,
}

impl Scissors {
    /// Stops the processes and cuts. None of them says anything from here on, and what was being
    /// synced stays as it is, half done: a kernel calls such a sync a success now and then, so
    /// nobody may go on to acknowledge by it.
    pub fn cut(mut self) -> anyhow::Result<()> {
        // The line's end begins it; so does the end of the input.
        drop(self.child.stdin.take());
        ensure!(self.child.wait()?.success(), "the file system was not cut off");
        Ok(())
    }
}

/// Runs a command to its end; what it said is in the error.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("can't start {name}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}", said.trim());
    Ok(())
}
