//! The console as a browser meets it: pages over HTTP, cookies, forms; the roles behind it are real.

mod browser;
mod door;
mod pages;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;

use crate::program::{Running, muster};

/// A password that everybody in these tests has.
const PASSWORD: &str = "a long pass phrase";

/// A system with its console.
struct Scene {
    _folder: TempDir,
    data: PathBuf,
    console: String,
    _running: Running,
}

impl Scene {
    fn start() -> Scene {
        Scene::start_with(|_| ())
    }

    /// The same with something in its data folder before it runs.
    fn start_with(prepare: impl FnOnce(&Path)) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        prepare(&data);
        let text = data.to_str().unwrap();
        let arguments =
            ["run", "--data", text, "--city", "wenshan", "--port", "0", "--output", "json"];
        let mut running = Running::start(&arguments);
        let ready = running.until("ready");
        let console = ready["console"].as_str().unwrap().to_owned();
        let doors = std::fs::read_to_string(data.join("endpoints.json")).unwrap();
        assert!(doors.contains(&console), "endpoints.json names the console: {doors}");
        Scene { _folder: folder, data, console, _running: running }
    }

    /// A browser that has never been here.
    fn browser(&self) -> browser::Browser {
        browser::Browser::at(&self.console)
    }

    /// A browser of somebody who has signed in, with an account that is made for it.
    async fn signed_in(&self, name: &str, party: &str) -> browser::Browser {
        account(
            &self.data,
            &["add", name, "--shown", name, "--party", party, "--person", name],
            true,
        );
        let mut browser = self.browser();
        let page = browser.sign_in(name, PASSWORD).await;
        assert_eq!(page.status, 303, "{}", page.text);
        browser
    }
}

/// `muster accounts …`, with the password on standard input.
fn account(data: &Path, arguments: &[&str], is_good: bool) {
    let all = [&["accounts"], arguments, &["--data", data.to_str().unwrap()]].concat();
    let mut child = muster(&all).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    // A verb that asks for none has gone before it is written.
    let _gone = child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes());
    assert_eq!(child.wait().unwrap().success(), is_good, "{arguments:?}");
}
