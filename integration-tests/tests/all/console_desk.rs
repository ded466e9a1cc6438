//! What a unit does in a browser, on real parts: its desk, an operation, the page for the field.
//!
//! A browser here keeps cookies, finds forms in pages and sends them as they are, over HTTP.

mod browser;
mod desk;
mod field;
mod operation;
mod shown;

use console::{
    Lang,
    accounts::{Account, Accounts, Change},
};

use self::browser::Browser;
use crate::s13::stage::Stage;

/// What everybody types here.
const PASSWORD: &str = "a long enough password";

/// A person who is signed in and speaks for a party.
async fn person(stage: &Stage, name: &str, party: &str) -> Browser {
    let account = Account {
        name: name.to_owned(),
        shown: format!("{name} in person"),
        party: party.parse().unwrap(),
        person: name.parse().unwrap(),
        lang: Lang::En,
        password: Some(console::password::hash(PASSWORD).unwrap()),
        subject: None,
        is_enabled: true,
        version: 0,
    };
    let accounts = Accounts::of(&stage.data().join("console"));
    let added = move || accounts.change("a test", Change::Added(account));
    tokio::task::spawn_blocking(added).await.unwrap().unwrap();
    let mut browser = Browser::at(&address(stage));
    browser.sign_in(name, PASSWORD).await;
    browser
}

/// Where the console is.
fn address(stage: &Stage) -> String {
    let doors = std::fs::read(stage.data().join("endpoints.json")).unwrap();
    let doors: serde_json::Value = serde_json::from_slice(&doors).unwrap();
    let url = doors["console"].as_str().unwrap();
    url.trim_start_matches("http://").trim_end_matches('/').to_owned()
}

/// A photograph: the least that is one.
fn photograph(text: &str) -> Vec<u8> {
    [b"\xff\xd8\xff\xe0", text.as_bytes()].concat()
}
