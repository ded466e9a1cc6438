//! Who may sign in: each person's account, in a journal that says who changed what and when.
//!
//! An account is of one party, under one person id; what that person may do is the pack's to say.
//! The journal is opened for each change and each reading and closed again, so that the command
//! changes accounts while a console runs. Who changes it says so first in a small file beside it; the
//! console looks at that before every request, and reads again when it says something else. An account is never removed: it is disabled, and its name stays.
//! A password is kept as its hash, also in what is past.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::{
    id::PersonId,
    party::{Kind, Party},
};
use journal::Journal;
use serde::{Deserialize, Serialize};

use crate::words::Lang;

/// The most accounts.
const ACCOUNTS_MAX: usize = 100_000;
/// The most characters of a name that is shown.
const SHOWN_MAX: usize = 64;
/// How long another process may have the journal.
const PATIENCE: Duration = Duration::from_secs(5);
/// The file that says something else after each change.
const MARK: &str = "changed";

/// One person's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What the person types to sign in.
    pub name: String,
    /// How the person is called on pages.
    pub shown: String,
    /// For which party the person speaks.
    pub party: Party,
    /// The person in that party, as the pack and the records name it.
    pub person: PersonId,
    /// In which language pages come first.
    pub lang: Lang,
    /// The hash of the password; none where the person signs in elsewhere only.
    pub password: Option<String>,
    /// Whom a provider of OpenID Connect says that the person is.
    pub subject: Option<String>,
    /// Whether the person may sign in.
    #[serde(default = "yes")]
    pub is_enabled: bool,
    /// Counts up with each change: a session of an earlier one is over.
    #[serde(default)]
    pub version: u64,
}

fn yes() -> bool {
    true
}

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// There is a new account.
    Added(Account),
    /// The account may not sign in any more.
    Disabled {
        /// Which.
        name: String,
    },
    /// It may again.
    Enabled {
        /// Which.
        name: String,
    },
    /// It has another password.
    Password {
        /// Which.
        name: String,
        /// The hash.
        password: String,
    },
}

/// A change as it is written.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    by: String,
    change: Change,
}

/// Why accounts can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The journal.
    #[error("the accounts in {}: {source}", dir.display())]
    Journal {
        /// Where.
        dir: PathBuf,
        /// Why.
        #[source]
        source: journal::Error,
    },
    /// The file beside the journal.
    #[error("can't write {}", path.display())]
    Mark {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The name is taken, also by an account that is disabled.
    #[error("there is an account {0} already; a name is never given again")]
    Taken(String),
    /// There is no such account.
    #[error("there is no account {0}")]
    Unknown(String),
    /// The account has a wrong form.
    #[error("{0}")]
    Form(&'static str),
}

/// All accounts of a console, as they are now.
#[derive(Clone, Debug)]
pub struct Accounts {
    dir: PathBuf,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    accounts: Arc<BTreeMap<String, Arc<Account>>>,
    /// What the file beside the journal said before they were read; none when they never were.
    seen: Option<String>,
}

impl Accounts {
    /// The accounts whose journal is in this folder; there need not be one yet.
    pub fn of(dir: &Path) -> Accounts {
        Accounts { dir: dir.to_owned(), known: Arc::default() }
    }

    /// All of them, by name. Blocks while it reads.
    pub fn all(&self) -> Result<Arc<BTreeMap<String, Arc<Account>>>, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.mark();
        if known.seen.as_ref() == Some(&now) {
            return Ok(Arc::clone(&known.accounts));
        }
        if !self.journal().is_dir() {
            return Ok(Arc::default());
        }
        let accounts = fold(&self.opened()?).map_err(|source| self.failed(source))?;
        known.accounts = Arc::new(accounts.into_iter().map(|(k, v)| (k, Arc::new(v))).collect());
        known.seen = Some(now);
        Ok(Arc::clone(&known.accounts))
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Result<Option<Arc<Account>>, Error> {
        Ok(self.all()?.get(name).cloned())
    }

    /// Writes a change, said by `by`; it is on disk when this returns. Blocks.
    pub fn change(&self, by: &str, change: Change) -> Result<(), Error> {
        let journal = self.opened()?;
        let accounts = fold(&journal).map_err(|source| self.failed(source))?;
        check(&accounts, &change)?;
        // Before it is written, and while nobody else can read: who reads later reads it.
        let mark = self.dir.join(MARK);
        std::fs::write(&mark, crate::secret::token())
            .map_err(|source| Error::Mark { path: mark, source })?;
        let written = Written { by: by.to_owned(), change };
        let body = serde_json::to_vec(&written).unwrap_or_default();
        let appended = journal.append_blocking(vec![body]).and_then(|_| journal.close());
        appended.map_err(|source| self.failed(source))
    }

    fn journal(&self) -> PathBuf {
        self.dir.join("journal")
    }

    fn failed(&self, source: journal::Error) -> Error {
        Error::Journal { dir: self.dir.clone(), source }
    }

    /// Opens the journal; waits for another process that has it.
    fn opened(&self) -> Result<Journal, Error> {
        let options = || journal::Options {
            segment_bytes: 8 << 20,
            room_bytes: 64 << 10,
            ..journal::Options::default()
        };
        let begun = Instant::now();
        loop {
            match Journal::open(self.journal(), options()) {
                Err(journal::Error::Locked { .. }) if begun.elapsed() < PATIENCE => pause(),
                opened => return opened.map_err(|source| self.failed(source)),
            }
        }
    }

    /// What the file beside the journal says; nothing where there is none.
    fn mark(&self) -> String {
        std::fs::read_to_string(self.dir.join(MARK)).unwrap_or_default()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the lock of another process tells nobody when it goes"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

/// The accounts as all changes have left them. What another release has written is passed over.
fn fold(journal: &Journal) -> Result<BTreeMap<String, Account>, journal::Error> {
    let mut accounts = BTreeMap::new();
    for record in journal.scan(1) {
        let record = record?;
        let Ok(Written { change, .. }) = serde_json::from_slice(&record.body) else {
            tracing::warn!(place = record.place, "a change of accounts can't be read");
            continue;
        };
        apply(&mut accounts, change, record.place);
    }
    Ok(accounts)
}

fn apply(accounts: &mut BTreeMap<String, Account>, change: Change, version: u64) {
    let mut with = |name: &str, become_other: &dyn Fn(&mut Account)| {
        if let Some(account) = accounts.get_mut(name) {
            become_other(account);
            account.version = version;
        }
    };
    match change {
        Change::Disabled { name } => with(&name, &|one| one.is_enabled = false),
        Change::Enabled { name } => with(&name, &|one| one.is_enabled = true),
        Change::Password { name, password } => {
            with(&name, &|one| one.password = Some(password.clone()));
        }
        Change::Added(account) => {
            accounts.insert(account.name.clone(), Account { version, ..account });
        }
    }
}

fn check(accounts: &BTreeMap<String, Account>, change: &Change) -> Result<(), Error> {
    let name = match change {
        Change::Added(account) => return check_new(accounts, account),
        Change::Disabled { name } | Change::Enabled { name } | Change::Password { name, .. } => {
            name
        }
    };
    if accounts.contains_key(name) { Ok(()) } else { Err(Error::Unknown(name.clone())) }
}

fn check_new(accounts: &BTreeMap<String, Account>, new: &Account) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    let length = new.name.len();
    let shown = new.shown.chars().count();
    let subject = |one: &Account| new.subject.is_some() && one.subject == new.subject;
    match () {
        () if !(2..=32).contains(&length) || !new.name.chars().all(plain) => {
            Err(Error::Form("a name has 2 to 32 of a-z, 0-9, '.', '-' and '_'"))
        }
        () if !(1..=SHOWN_MAX).contains(&shown) || new.shown.chars().any(char::is_control) => {
            Err(Error::Form("the shown name has 1 to 64 characters"))
        }
        () if new.party.kind == Kind::Service => {
            Err(Error::Form("nobody signs in as a role of Muster; right would be unit/housing"))
        }
        () if new.password.is_none() && new.subject.is_none() => {
            Err(Error::Form("an account needs a password, or a subject of OpenID Connect"))
        }
        () if accounts.contains_key(&new.name) => Err(Error::Taken(new.name.clone())),
        () if accounts.values().any(subject) => {
            Err(Error::Form("another account has this subject of OpenID Connect"))
        }
        () if accounts.len() >= ACCOUNTS_MAX => Err(Error::Form("there are too many accounts")),
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> Account {
        Account {
            name: name.to_owned(),
            shown: "李娜".to_owned(),
            party: "unit/housing".parse().unwrap(),
            person: PersonId::parse("li.na").unwrap(),
            lang: Lang::Zh,
            password: Some("$argon2id$".to_owned()),
            subject: None,
            is_enabled: true,
            version: 0,
        }
    }

    fn named(name: &str) -> String {
        name.to_owned()
    }

    #[test]
    fn accounts_are_kept_and_each_change_is_seen_by_who_has_them_open() {
        let dir = tempfile::tempdir().unwrap();
        let (console, command) = (Accounts::of(dir.path()), Accounts::of(dir.path()));
        assert!(console.all().unwrap().is_empty(), "and no journal is made by looking");
        assert!(!dir.path().join("journal").exists());
        command.change("root", Change::Added(account("li.na"))).unwrap();
        let first = console.get("li.na").unwrap().unwrap();
        assert!(first.is_enabled && first.party.to_string() == "unit/housing");
        command.change("root", Change::Disabled { name: named("li.na") }).unwrap();
        let second = console.get("li.na").unwrap().unwrap();
        assert!(!second.is_enabled && second.version > first.version);
        command.change("root", Change::Enabled { name: named("li.na") }).unwrap();
        let password = Change::Password { name: named("li.na"), password: named("$other") };
        command.change("root", password).unwrap();
        let third = Accounts::of(dir.path()).get("li.na").unwrap().unwrap();
        assert!(third.is_enabled && third.password.as_deref() == Some("$other"));
        assert_eq!(console.get("li.na").unwrap().unwrap(), third);
    }

    #[test]
    fn looking_again_reads_nothing_again() {
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::of(dir.path());
        accounts.change("root", Change::Added(account("li.na"))).unwrap();
        let (one, other) = (accounts.all().unwrap(), accounts.all().unwrap());
        assert!(Arc::ptr_eq(&one, &other));
    }

    #[test]
    fn what_is_no_account_is_refused_with_what_would_be_right() {
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::of(dir.path());
        accounts.change("root", Change::Added(account("li.na"))).unwrap();
        let good = account("wang");
        let wrong = [
            (Account { name: named("Li Na"), ..good.clone() }, "2 to 32"),
            (Account { name: named("x"), ..good.clone() }, "2 to 32"),
            (Account { shown: String::new(), ..good.clone() }, "1 to 64"),
            (Account { shown: named("a\nb"), ..good.clone() }, "1 to 64"),
            (Account { party: "service/bus".parse().unwrap(), ..good.clone() }, "as a role"),
            (Account { password: None, ..good.clone() }, "needs a password"),
            (account("li.na"), "already"),
        ];
        for (account, word) in wrong {
            let error = accounts.change("root", Change::Added(account)).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        let nobody = Change::Disabled { name: named("ghost") };
        assert!(accounts.change("root", nobody).unwrap_err().to_string().contains("ghost"));
        assert_eq!(accounts.all().unwrap().len(), 1);
    }
}
