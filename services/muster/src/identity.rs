//! `muster identity`: who may speak, on the authority of a data folder, while everything runs.
//!
//! It writes the same files that `muster run` watches; a role is never asked. Nothing here makes an
//! authority: who has none is told how to get one.

use std::{path::Path, process::ExitCode, time::Duration};

use anyhow::Context;
use domain::{moment::Moment, pack::Day, party::Party};
use kit::{
    clock::Clock,
    identity::{Authority, Error, Files, Known, Step},
};
use serde_json::json;

use crate::{
    cli::{self, Exchange, Identity, Issue, List, Revoke, Rotate},
    output::Output,
};

/// How long a day is for a certificate.
const DAY: Duration = Duration::from_secs(86_400);

/// Does what was asked.
pub fn act(asked: Identity) -> anyhow::Result<ExitCode> {
    match asked {
        Identity::Issue(asked) => issue(&asked),
        Identity::List(asked) => list(&asked),
        Identity::Rotate(asked) => rotate(&asked),
        Identity::Revoke(asked) => revoke(&asked),
        Identity::Authority(asked) => exchange(&asked),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn authority(data: &Path, days: u64) -> anyhow::Result<Authority> {
    let opened = Authority::open(&data.join("identity"));
    let days = u32::try_from(days).unwrap_or(u32::MAX);
    match opened {
        Ok(authority) => Ok(authority.with_validity(DAY * days)),
        Err(error @ Error::Absent(_)) => Err(error).context(
            "there is nobody to issue or revoke; `muster run --data DIR` makes an authority",
        ),
        Err(error) => Err(error.into()),
    }
}

fn issue(asked: &Issue) -> anyhow::Result<()> {
    let authority = authority(&asked.data, asked.days)?;
    let is_known = |known: &Known| known.issued.party == asked.party && known.revoked.is_some();
    if let Some(known) = authority.known()?.iter().rev().find(|known| is_known(known)) {
        let why = known.revoked.as_ref().map(|revoked| revoked.reason.as_str());
        let why = why.unwrap_or_default();
        tracing::warn!(party = %asked.party, why, "it was revoked before and is let in again");
    }
    std::fs::create_dir_all(&asked.out)
        .with_context(|| format!("nothing can be written to {}", asked.out.display()))?;
    authority.renew(&asked.out, &asked.party)?;
    written(&authority, &asked.party, &Output::new(asked.output))
}

fn rotate(asked: &Rotate) -> anyhow::Result<()> {
    let authority = authority(&asked.data, asked.days)?;
    let output = Output::new(asked.output);
    let parties = match &asked.party {
        Some(party) => vec![party.clone()],
        None => in_files(&authority)?,
    };
    for party in parties {
        authority.rotate(&party)?;
        written(&authority, &party, &output)?;
    }
    Ok(())
}

/// Everybody whose last identity is good and lies in a folder that is there.
fn in_files(authority: &Authority) -> anyhow::Result<Vec<Party>> {
    let (known, now) = (authority.known()?, Clock::system().now());
    let is_last =
        |at: usize, party: &Party| known[at + 1..].iter().all(|k| k.issued.party != *party);
    let is_there = |known: &Known| authority.folder(&known.issued).is_some_and(|dir| dir.is_dir());
    let found = known.iter().enumerate().filter(|(at, known)| {
        is_last(*at, &known.issued.party) && known.is_good(now) && is_there(known)
    });
    Ok(found.map(|(_, known)| known.issued.party.clone()).collect())
}

/// Says what was issued last to a party, and where it is.
fn written(authority: &Authority, party: &Party, output: &Output) -> anyhow::Result<()> {
    let known = authority.known()?;
    let last = known.iter().rev().find(|known| known.issued.party == *party);
    let issued = &last.context("it is not in the register")?.issued;
    let dir = authority.folder(issued).unwrap_or_default();
    let files = Files::of(&dir, party);
    let text = format!(
        "{party} until {}, serial {}\n  {}\n  {}",
        day(issued.until),
        issued.serial,
        files.certificate.display(),
        files.key.display()
    );
    let object = json!({
        "party": party.to_string(), "serial": issued.serial, "until": issued.until.0,
        "certificate": files.certificate, "key": files.key, "authority": files.authority,
        "revocations": files.revocations,
    });
    output.say(text, "identity_issued", object);
    Ok(())
}

fn list(asked: &List) -> anyhow::Result<()> {
    let output = Output::new(asked.output);
    let (now, all) = (Clock::system().now(), authority(&asked.data, 1)?.known()?);
    output
        .tell(format!("{:<32}  {:<28}  {:<10}  {:<10}  STATE", "SERIAL", "PARTY", "FROM", "UNTIL"));
    for known in all {
        let issued = &known.issued;
        let state = state(&known, now);
        let text = format!(
            "{:<32}  {:<28}  {:<10}  {:<10}  {}",
            issued.serial,
            issued.party.to_string(),
            day(issued.from),
            day(issued.until),
            sentence(&known, state)
        );
        let revoked = known.revoked.as_ref();
        let object = json!({
            "serial": issued.serial, "party": issued.party.to_string(), "state": state,
            "from": issued.from.0, "until": issued.until.0, "authority": issued.authority,
            "folder": issued.dir,
            "revoked_at": revoked.map(|revoked| revoked.at.0),
            "reason": revoked.map(|revoked| &revoked.reason),
            "by": revoked.map(|revoked| &revoked.by),
        });
        output.say(text, "identity", object);
    }
    Ok(())
}

fn state(known: &Known, now: Moment) -> &'static str {
    match &known.revoked {
        Some(_) => "revoked",
        None if known.is_good(now) => "good",
        None if now < known.issued.from => "not yet good",
        None => "expired",
    }
}

fn sentence(known: &Known, state: &str) -> String {
    match &known.revoked {
        Some(revoked) => {
            format!("{state} {} by {}: {}", day(revoked.at), revoked.by, revoked.reason)
        }
        None => state.to_owned(),
    }
}

fn revoke(asked: &Revoke) -> anyhow::Result<()> {
    let authority = authority(&asked.data, 1)?;
    let (reason, by) = (asked.reason.as_str(), asked.by.as_str());
    let revoked = if asked.whom.contains('/') {
        authority.revoke(&asked.whom.parse()?, reason, by)?
    } else {
        authority.revoke_serial(&asked.whom, reason, by)?
    };
    let output = Output::new(asked.output);
    for known in revoked {
        let (serial, party) = (&known.issued.serial, known.issued.party.to_string());
        let text = format!("{party} is revoked, serial {serial}");
        let object = json!({"serial": serial, "party": party, "reason": reason, "by": by});
        output.say(text, "identity_revoked", object);
    }
    Ok(())
}

fn exchange(asked: &Exchange) -> anyhow::Result<()> {
    let (step, done) = match asked.step {
        cli::Step::Add => (Step::Add, "a new authority is trusted beside the one that issues"),
        cli::Step::Use => (Step::Use, "the new authority issues; now `rotate --all`"),
        cli::Step::Remove => (Step::Remove, "the old authority is trusted no more"),
    };
    authority(&asked.data, 1)?.exchange(step)?;
    let object = json!({"step": format!("{step:?}").to_lowercase()});
    Output::new(asked.output).say(done, "authority_exchanged", object);
    Ok(())
}

/// The day of a moment, in UTC.
fn day(moment: Moment) -> String {
    Day::of(moment, 0).to_string()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Verb};

    fn muster(line: &str, data: &Path) -> Result<(), String> {
        let words = line.split(' ').map(ToOwned::to_owned);
        let data = ["--data".to_owned(), data.display().to_string()];
        let cli = Cli::try_parse_from(
            ["muster".to_owned(), "identity".to_owned()].into_iter().chain(words).chain(data),
        );
        match cli.map_err(|error| error.to_string())?.verb {
            Verb::Identity(asked) => act(asked).map(drop).map_err(|error| format!("{error:#}")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_whole_life_of_an_identity_is_on_the_command_line() {
        let data = tempfile::tempdir().unwrap();
        let at = data.path();
        let none = muster("list", at).unwrap_err();
        assert!(none.contains("muster run --data"), "{none}");
        let city = domain::id::CityId::parse("wenshan").unwrap();
        Authority::open_or_create(&at.join("identity"), &city).unwrap();
        let out = at.join("out");
        muster(&format!("issue unit/fire --days 10 --out {}", out.display()), at).unwrap();
        let files = Files::of(&out, &"unit/fire".parse().unwrap());
        let identity = files.load().unwrap();
        let left = identity.expires().since(Clock::system().now());
        assert!(left > DAY * 9 && left <= DAY * 10, "{left:?}");
        let before = std::fs::read(&files.certificate).unwrap();
        muster("rotate unit/fire", at).unwrap();
        assert_ne!(std::fs::read(&files.certificate).unwrap(), before);
        for step in ["authority add", "authority use", "rotate --all", "authority remove"] {
            muster(step, at).unwrap();
        }
        identity.replace(&files.load().unwrap()).unwrap();
        muster("revoke unit/fire --reason stolen --by li", at).unwrap();
        muster("list --output json", at).unwrap();
        for (line, expected) in [
            ("revoke unit/fire --reason again", "revoked already, by li: stolen"),
            ("revoke unit/water --reason x", "nothing was issued to unit/water"),
            ("revoke 0123 --reason x", "no certificate with the serial 0123"),
            ("revoke ghost/x --reason x", "kind unit, community, office, admin or service"),
            ("issue ghost/x --out x", "kind unit, community, office, admin or service"),
            ("rotate unit/water", "nothing was issued to unit/water"),
            ("rotate", "required"),
            ("authority use", "next step is Add"),
        ] {
            let refused = muster(line, at).unwrap_err();
            assert!(refused.contains(expected), "{line}: {refused}");
        }
    }
}
