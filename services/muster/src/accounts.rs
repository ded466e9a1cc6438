//! `muster accounts`: who may sign in to the console, while it runs or not.
//!
//! There is no account that is not made here, and none with a password that somebody else knows: the
//! password is asked for twice at a terminal, without showing it, or is the one line of standard input.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use console::{
    Lang,
    accounts::{self, Account, Change},
    password,
};
use domain::{pack::City, party::Party};
use kit::access::Access;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde_json::json;

use crate::{
    cli::accounts::{Accounts, Add, Kept, List, One, Pages},
    output::Output,
    pack,
};

/// The folder of the accounts in the data folder of a system.
pub fn folder(data: &Path) -> PathBuf {
    data.join("console")
}

/// How to make the first account, where there is none.
pub fn first(data: &Path, city: &City) -> Option<String> {
    let none = accounts::Accounts::of(&folder(data)).all().ok()?.is_empty();
    let coordinator = &city.coordinator;
    none.then(|| {
        format!(
            "\nNobody can sign in to the console yet. The first account, for example:\n  \
             muster accounts add NAME --shown NAME --party office/{coordinator} --person NAME \
             --city {} --data {}",
            city.id,
            data.display()
        )
    })
}

/// Does what was asked, where it may wait for a person and for the disk.
pub async fn run(asked: Accounts) -> anyhow::Result<ExitCode> {
    tokio::task::spawn_blocking(move || act(asked)).await?
}

fn act(asked: Accounts) -> anyhow::Result<ExitCode> {
    match asked {
        Accounts::Add(asked) => add(&asked),
        Accounts::List(asked) => list(&asked),
        Accounts::Disable(One { name, word }) => {
            let change = Change::Disabled { name: name.clone() };
            said(&name, &word, change, "disabled")
        }
        Accounts::Enable(One { name, word }) => {
            let change = Change::Enabled { name: name.clone() };
            said(&name, &word, change, "enabled")
        }
        Accounts::Password(One { name, word }) => {
            let change = Change::Password { name: name.clone(), password: asked_for()? };
            said(&name, &word, change, "changed")
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

fn add(asked: &Add) -> anyhow::Result<()> {
    let city = pack::load(&crate::policy::folder(&asked.pack))?;
    known(&city, &asked.party)?;
    let password = match &asked.subject {
        Some(_) => None,
        None => Some(asked_for()?),
    };
    let account = Account {
        name: asked.name.clone(),
        shown: asked.shown.clone(),
        party: asked.party.clone(),
        person: asked.person.clone(),
        lang: match asked.language {
            Pages::Zh => Lang::Zh,
            Pages::En => Lang::En,
        },
        password,
        subject: asked.subject.clone(),
        is_enabled: true,
        version: 0,
    };
    said(&asked.name, &asked.word, Change::Added(account), "added")
}

/// A party that the console could not speak for would be refused at every page.
fn known(city: &City, party: &Party) -> anyhow::Result<()> {
    let is_known = Access::of(city)?.knows(party);
    anyhow::ensure!(is_known, "{} has no {party}; right would be: a party of its pack", city.id);
    Ok(())
}

fn said(
    name: &str,
    word: &crate::cli::accounts::Said,
    change: Change,
    what: &str,
) -> anyhow::Result<()> {
    let dir = kept(&word.kept);
    accounts::Accounts::of(&dir).change(&word.by, change)?;
    let text = format!("The account {name} is {what}.");
    Output::new(word.output).say(text, "account", json!({ "name": name, "what": what }));
    Ok(())
}

fn list(asked: &List) -> anyhow::Result<()> {
    let output = Output::new(asked.output);
    for account in accounts::Accounts::of(&kept(&asked.kept)).all()?.values() {
        let state = if account.is_enabled { "enabled" } else { "disabled" };
        let by = match (&account.password, &account.subject) {
            (_, Some(subject)) => format!("OpenID Connect {subject}"),
            _ => "password".to_owned(),
        };
        let Account { name, shown, party, person, .. } = account.as_ref();
        let text = format!("{name:<24} {state:<9} {party} {person}  {shown}  ({by})");
        let object = json!({
            "name": name, "shown": shown, "party": party, "person": person.to_string(),
            "is_enabled": account.is_enabled, "subject": account.subject,
        });
        output.say(text, "account", object);
    }
    Ok(())
}

fn kept(kept: &Kept) -> PathBuf {
    match (&kept.accounts, &kept.data) {
        (Some(dir), _) => dir.clone(),
        (None, data) => folder(data.as_deref().unwrap_or(Path::new("."))),
    }
}

/// The hash of a password that is asked for.
fn asked_for() -> anyhow::Result<String> {
    let stdin = io::stdin();
    let password = if stdin.is_terminal() {
        let first = unseen("Password: ")?;
        anyhow::ensure!(first == unseen("Again: ")?, "the two are not the same");
        first
    } else {
        line()?
    };
    Ok(password::hash(&password)?)
}

fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("no password can be read")?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}

/// Reads a line from the terminal without showing it.
fn unseen(prompt: &str) -> anyhow::Result<String> {
    let terminal = io::stdin();
    let before = tcgetattr(&terminal)?;
    let mut silent = before.clone();
    silent.local_modes &= !LocalModes::ECHO;
    let mut say = io::stderr().lock();
    say.write_all(prompt.as_bytes())?;
    say.flush()?;
    tcsetattr(&terminal, OptionalActions::Now, &silent)?;
    let read = line();
    tcsetattr(&terminal, OptionalActions::Now, &before)?;
    say.write_all(b"\n")?;
    read
}
