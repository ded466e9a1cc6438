//! A running city with people who may sign in, and the lines to its console.

use std::{
    io::Write as _,
    net::SocketAddr,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::Value;

use crate::{browser::Window, driver::Driver, link::Link, program::muster, stage::Stage};

/// What everybody's password is here.
const PASSWORD: &str = "correct horse battery";

/// Somebody who has an account: the name to sign in with, how it is shown, and for whom it speaks.
pub struct Person {
    pub name: &'static str,
    pub shown: &'static str,
    pub party: &'static str,
}

/// The grid member of a community.
pub const GRID: Person =
    Person { name: "li.na", shown: "李娜", party: "community/kaihua_dongfeng" };
/// The coordination office.
pub const OFFICE: Person =
    Person { name: "wu.wei", shown: "吴伟", party: "office/leading_group_office" };
/// Urban management.
pub const ENFORCEMENT: Person =
    Person { name: "zhang.qiang", shown: "张强", party: "unit/enforcement" };
/// The administrator of the system.
pub const ADMINISTRATOR: Person = Person { name: "admin", shown: "管理员", party: "admin/root" };

/// A city that runs.
pub struct City {
    pub stage: Stage,
    pub driver: Driver,
    console: SocketAddr,
    windows: AtomicU32,
}

impl City {
    /// Limits that nobody reaches, but for those stages that are named.
    pub fn open(limits: &[(&str, &str)]) -> City {
        let stage = Stage::open(limits);
        let doors = std::fs::read(stage.data.join("endpoints.json")).unwrap();
        let doors: Value = serde_json::from_slice(&doors).unwrap();
        let url = doors["console"].as_str().unwrap();
        let console = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        City { stage, driver: Driver::start(), console, windows: AtomicU32::new(0) }
    }

    /// The data folder, for commands.
    pub fn data(&self) -> &str {
        self.stage.data.to_str().unwrap()
    }

    /// Makes accounts by the command, as an administrator does.
    pub fn accounts(&self, people: &[&Person]) {
        for person in people {
            let arguments = [
                "accounts",
                "add",
                person.name,
                "--shown",
                person.shown,
                "--party",
                person.party,
                "--person",
                person.name,
                "--data",
                self.data(),
            ];
            let mut command = muster(&arguments);
            let piped = command.stdin(Stdio::piped()).stdout(Stdio::null());
            let mut child = piped.spawn().unwrap();
            writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
            assert!(child.wait().unwrap().success(), "{arguments:?}");
        }
    }

    /// A line to the console, which can be cut.
    pub async fn link(&self) -> Link {
        Link::to(self.console).await
    }

    /// A window in which this person has signed in, by a line of its own.
    pub async fn signed_in(&self, person: &Person, size: (u32, u32)) -> (Window, Link) {
        self.windows.fetch_add(1, Ordering::Relaxed);
        let link = self.link().await;
        let window = Window::open(&self.driver, size).await;
        window.go(&link.url("/")).await;
        window.write("#name", person.name).await;
        window.write("#password", PASSWORD).await;
        window.click("[data-act=sign-in]").await;
        window.find("[data-act=sign-out]").await;
        (window, link)
    }
}
