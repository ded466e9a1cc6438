//! The driver of the browser, as a process of its own that ends with the test.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// What it says when it listens, before the port.
const STARTED: &str = "started successfully on port ";

/// Debian's `chromedriver`, listening on loopback.
pub struct Driver {
    child: Child,
    /// Where it listens.
    pub port: u16,
}

impl Driver {
    /// Starts it; a machine without one is told how to get it.
    pub fn start() -> Driver {
        let mut command = Command::new("chromedriver");
        let started = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = started.unwrap_or_else(|error| {
            panic!("no chromedriver ({error}): apt-get install chromium chromium-driver")
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once(STARTED)?;
            port.trim_end_matches('.').trim().parse().ok()
        });
        // Whoever does not read it any more must not stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Driver { child, port: port.expect("chromedriver says on which port it listens") }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}
