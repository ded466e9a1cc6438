//! Exchanging an authority for a new one while everybody works.
//!
//! Three steps, each one rename: the new one is added, and everybody who watches its files trusts
//! both; the new one issues, and everybody gets a new identity; the old one is removed. Between two
//! steps all must have read their files. Each step refuses when it is not its turn.

use super::{Access, Authority, Error, FORMER, Keys, Known, Party, Register, file, fresh, now};

/// A step of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A new authority is made and trusted beside the one that issues.
    Add,
    /// The new one issues from now on; the old one is still trusted.
    Use,
    /// The old one is trusted no more.
    Remove,
}

impl Authority {
    /// Takes the next step.
    pub fn exchange(&self, step: Step) -> Result<(), Error> {
        let _lock = file::lock(&self.dir)?;
        let (keys, register) = (Keys::read(&self.dir)?, Register::read(&self.dir)?);
        let right = match (keys.certificates().len(), keys.is_exchanged()) {
            (0 | 1, _) => Step::Add,
            (_, false) => Step::Use,
            (_, true) => Step::Remove,
        };
        if step != right {
            let message = format!("it is not the turn of {step:?}: the next step is {right:?}");
            return Err(Error::Refused(message));
        }
        match step {
            Step::Add => self.add()?,
            Step::Use => self.put_first(&keys)?,
            Step::Remove => self.remove(&keys, &register)?,
        }
        self.publish(&Keys::read(&self.dir)?, &register)
    }

    fn add(&self) -> Result<(), Error> {
        let (certificate, key) = fresh(&self.city)?;
        let dir = &self.dir;
        let (keys, pem) = (file::read(&dir.join("ca.key"))?, file::read(&dir.join("ca.pem"))?);
        file::write(dir, "ca.key", &format!("{keys}{key}"), Access::Owner)?;
        file::write(dir, "ca.pem", &format!("{pem}{certificate}"), Access::All)
    }

    fn put_first(&self, keys: &Keys) -> Result<(), Error> {
        let mut pems = blocks(keys.pem());
        if keys.issuers().len() < 2 {
            return Err(Error::Keyless(self.dir.join("ca.key")));
        }
        pems.reverse();
        file::write(&self.dir, "ca.pem", &pems.concat(), Access::All)
    }

    fn remove(&self, keys: &Keys, register: &Register) -> Result<(), Error> {
        let (left, now) = (left_behind(register, &keys.name()), now());
        let left: Vec<String> = left
            .into_iter()
            .filter(|known| known.is_good(now))
            .map(|known| known.issued.party.to_string())
            .collect();
        if !left.is_empty() {
            let message = format!(
                "these have no identity of the new authority yet: {}; rotate or revoke them first",
                left.join(", ")
            );
            return Err(Error::Refused(message));
        }
        let mut pems = blocks(keys.pem());
        let first = pems.remove(0);
        // What it has signed for stays good; a repeat after a crash names it once.
        let mut former = blocks(&self.former()?);
        pems.retain(|pem| !former.contains(pem));
        former.append(&mut pems);
        file::write(&self.dir, FORMER, &former.concat(), Access::All)?;
        file::write(&self.dir, "ca.pem", &first, Access::All)?;
        let secrets = blocks(&file::read(&self.dir.join("ca.key"))?);
        let newest = secrets.last().cloned().unwrap_or_default();
        file::write(&self.dir, "ca.key", &newest, Access::Owner)
    }
}

/// What each party had last, where that is not of the authority with this name.
fn left_behind<'a>(register: &'a Register, name: &str) -> Vec<&'a Known> {
    let mut parties: Vec<&Party> = register.known.iter().map(|known| &known.issued.party).collect();
    parties.sort();
    parties.dedup();
    let last = parties.into_iter().filter_map(|party| register.last_of(party));
    last.filter(|known| known.issued.authority != name).collect()
}

/// The blocks of a PEM text, each with its end.
fn blocks(pem: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in pem.lines() {
        let last = blocks.len() - 1;
        blocks[last] += line;
        blocks[last] += "\n";
        if line.starts_with("-----END") {
            blocks.push(String::new());
        }
    }
    blocks.retain(|block| block.contains("-----BEGIN"));
    blocks
}
