//! Taking back what was issued, and issuing it again.

use super::{
    Authority, Entry, Error, Identity, Keys, Known, Moment, Party, Register, Revoked, file, now,
};

/// The longest reason and the longest name that are kept.
const REASON_MAX: usize = 500;

impl Authority {
    /// Revokes every certificate of a party that has time left. Whoever watches the lists refuses
    /// it, and cuts what is open with it, at the next look.
    pub fn revoke(&self, party: &Party, reason: &str, by: &str) -> Result<Vec<Known>, Error> {
        self.revoke_those(reason, by, |register, now| {
            let all = register.known.iter().filter(|known| known.issued.party == *party);
            let good: Vec<Known> = all.filter(|known| is_open(known, now)).cloned().collect();
            match (good.is_empty(), register.last_of(party)) {
                (false, _) => Ok(good),
                (true, None) => refused(format!("nothing was issued to {party} here")),
                (true, Some(last)) => Err(over(last)),
            }
        })
    }

    /// Revokes the one certificate with this serial number.
    pub fn revoke_serial(&self, serial: &str, reason: &str, by: &str) -> Result<Vec<Known>, Error> {
        self.revoke_those(reason, by, |register, now| {
            let found = register.known.iter().find(|known| known.issued.serial == serial);
            match found {
                None => refused(format!("no certificate with the serial {serial} was issued here")),
                Some(known) if is_open(known, now) => Ok(vec![known.clone()]),
                Some(known) => Err(over(known)),
            }
        })
    }

    fn revoke_those(
        &self,
        reason: &str,
        by: &str,
        which: impl FnOnce(&Register, Moment) -> Result<Vec<Known>, Error>,
    ) -> Result<Vec<Known>, Error> {
        for (what, text) in [("the reason", reason), ("the name of who revokes", by)] {
            if text.trim().is_empty() || text.len() > REASON_MAX {
                return refused(format!("{what} must have 1 to {REASON_MAX} bytes"));
            }
        }
        let _lock = file::lock(&self.dir)?;
        let (keys, mut register) = (Keys::read(&self.dir)?, Register::read(&self.dir)?);
        let at = now();
        let mut found = which(&register, at)?;
        for known in &mut found {
            let serial = known.issued.serial.clone();
            let revoked = Revoked { serial, at, reason: reason.to_owned(), by: by.to_owned() };
            register.add(Entry::Revoked(revoked.clone()))?;
            known.revoked = Some(revoked);
        }
        self.publish(&keys, &register)?;
        Ok(found)
    }

    /// Issues anew to a party that has had an identity, in the files where that lies. The one
    /// before goes on until its time is over or it is revoked by its serial number: who has not yet
    /// read the new files still needs it.
    pub fn rotate(&self, party: &Party) -> Result<Identity, Error> {
        let dir = {
            let _lock = file::lock(&self.dir)?;
            let register = Register::read(&self.dir)?;
            let Some(last) = register.last_of(party) else {
                return refused(format!("nothing was issued to {party} here"));
            };
            self.folder(&last.issued)
        };
        match dir {
            Some(dir) if dir.is_dir() => self.renew(&dir, party),
            Some(dir) => refused(format!("the folder {} is no longer there", dir.display())),
            None => refused(format!("the identity of {party} is in no file")),
        }
    }
}

fn is_open(known: &Known, now: Moment) -> bool {
    known.revoked.is_none() && now < known.issued.until
}

/// Why there is nothing to revoke.
fn over(known: &Known) -> Error {
    let (party, serial) = (&known.issued.party, &known.issued.serial);
    Error::Refused(match &known.revoked {
        Some(by) => format!("{serial} of {party} is revoked already, by {}: {}", by.by, by.reason),
        None => format!("{serial} of {party} has no time left, so nobody takes it any more"),
    })
}

fn refused<T>(why: String) -> Result<T, Error> {
    Err(Error::Refused(why))
}
