//! A running city with people who may sign in, and the lines to its console.

use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;

use crate::{browser::Window, driver::Driver, link::Link, program::muster, stage::Stage};

/// What everybody's password is here.
pub const PASSWORD: &str = "correct horse battery";

/// A picture of one point.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 13, b'I', b'D', b'A', b'T',
    0x78, 0x9c, 0x63, 0x60, 0x60, 0xf8, 0xcf, 0xc0, 0, 0, 3, 1, 1, 0, 0xc9, 0xfe, 0x92, 0xef, 0, 0,
    0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

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
/// Housing.
pub const HOUSING: Person = Person { name: "chen.jing", shown: "陈静", party: "unit/housing" };
/// Natural resources.
pub const LAND: Person =
    Person { name: "zhao.min", shown: "赵敏", party: "unit/natural_resources" };
/// The environment.
pub const ENVIRONMENT: Person =
    Person { name: "sun.li", shown: "孙丽", party: "unit/environment" };
/// The police.
pub const POLICE: Person =
    Person { name: "he.jun", shown: "何军", party: "unit/public_security" };
/// Transport.
pub const TRANSPORT: Person = Person { name: "lin.tao", shown: "林涛", party: "unit/transport" };
/// The city government.
pub const GOVERNMENT: Person =
    Person { name: "xu.hong", shown: "徐红", party: "office/gov_city" };
/// Who operates the system.
pub const OPERATOR: Person = Person { name: "zhou.ming", shown: "周明", party: "admin/operator" };
/// Development and reform.
pub const PLANNING: Person = Person { name: "qian.bo", shown: "钱波", party: "unit/dev_reform" };

/// A city that runs.
pub struct City {
    pub driver: Driver,
    data: PathBuf,
    console: SocketAddr,
    /// What runs it; none where its processes are somebody else's.
    _stage: Option<Stage>,
}

impl City {
    /// Limits that nobody reaches, but for those stages that are named.
    pub fn open(limits: &[(&str, &str)]) -> City {
        City::with(limits, |_| ())
    }

    /// The same with something in its data folder before it runs.
    pub fn with(limits: &[(&str, &str)], prepare: impl FnOnce(&Path)) -> City {
        let stage = Stage::with(limits, prepare);
        let doors = std::fs::read(stage.data.join("endpoints.json")).unwrap();
        let doors: Value = serde_json::from_slice(&doors).unwrap();
        let url = doors["console"].as_str().unwrap();
        let console = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        let city = City::at(&stage.data, console);
        City { _stage: Some(stage), ..city }
    }

    /// A city that runs beside this, with its console there.
    pub fn at(data: &Path, console: SocketAddr) -> City {
        City { driver: Driver::start(), data: data.to_owned(), console, _stage: None }
    }

    /// The data folder, for commands.
    pub fn data(&self) -> &str {
        self.data.to_str().unwrap()
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

    /// A photograph, another one for each word: what a file chooser of a browser takes.
    pub fn photograph(&self, of: &str) -> String {
        let name: String = of.bytes().map(|byte| format!("{byte:02x}")).collect();
        let path = self.data.join(format!("{name}.png"));
        std::fs::write(&path, [PNG, of.as_bytes()].concat()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Blows the whistle in a window of a community, with a photograph; the number of the case.
    pub async fn whistle(&self, grid: &Window, issue: &str, seen: &str) -> String {
        grid.go_to("/cases/new").await;
        grid.choose("#issue", issue).await;
        grid.write("#description", seen).await;
        grid.attach("#whistle-photos", &self.photograph(seen)).await;
        grid.click("[data-act=whistle]").await;
        grid.find("#facts").await;
        let path = grid.path().await;
        path.trim_start_matches("/cases/").to_owned()
    }

    /// A line to the console, which can be cut.
    pub async fn link(&self) -> Link {
        Link::to(self.console).await
    }

    /// A window in which this person has signed in, by a line of its own.
    pub async fn signed_in(&self, person: &Person, size: (u32, u32)) -> (Window, Link) {
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
