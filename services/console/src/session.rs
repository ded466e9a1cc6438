//! Who is signed in: sessions in memory, each known by the hash of a random word in a cookie.
//!
//! A session ends when nobody uses it for a while, when it has lasted too long, when its person
//! signs out, when its account is changed in any way, and when the console ends. A page that keeps
//! itself up to date does not count as use.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::moment::Moment;
use kit::clock::Clock;

use crate::{accounts::Account, config::Config, secret, words::Lang};

/// The most sessions of one account; the oldest ends when there is one more.
const OF_ONE: usize = 16;
/// The most sessions of all; then the oldest ends.
const OF_ALL: usize = 20_000;

/// What the browser is known by; only its hash is kept.
pub(crate) type Key = [u8; 32];

/// What is known of somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) name: String,
    pub(crate) version: u64,
    pub(crate) lang: Lang,
    /// The word that every form must bring.
    pub(crate) csrf: String,
    begun: Moment,
    used: Moment,
    notice: Option<Notice>,
}

/// What came of an act, for the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) is_good: bool,
    pub(crate) text: String,
    /// The word for programs, of a refusal.
    pub(crate) code: String,
    /// What the role said, where `text` says it in the language of the visit; may be empty.
    pub(crate) original: String,
}

impl Notice {
    /// Word of what was done.
    pub(crate) fn good(text: impl Into<String>) -> Notice {
        let (code, original) = (String::new(), String::new());
        Notice { is_good: true, text: text.into(), code, original }
    }
}

/// All sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    idle: Duration,
    absolute: Duration,
    clock: Clock,
    all: Mutex<HashMap<Key, Session>>,
}

impl Sessions {
    pub(crate) fn new(config: &Config, clock: Clock) -> Sessions {
        let (idle, absolute) = (config.idle, config.absolute);
        Sessions { idle, absolute, clock, all: Mutex::default() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Key, Session>) -> T) -> T {
        work(&mut self.all.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins one; returns the word for the cookie.
    pub(crate) fn begin(&self, account: &Account, lang: Lang) -> String {
        let (token, now) = (secret::token(), self.clock.now());
        let session = Session {
            name: account.name.clone(),
            version: account.version,
            lang,
            csrf: secret::token(),
            begun: now,
            used: now,
            notice: None,
        };
        self.with(|all| {
            all.retain(|_, one| !self.is_over(one, now));
            make_room(all, |one| one.name == account.name, OF_ONE);
            make_room(all, |_| true, OF_ALL);
            all.insert(secret::digest(&token), session);
        });
        token
    }

    /// The session of a cookie, unless it is over; `is_use` says that a person has done something.
    pub(crate) fn find(&self, key: &Key, is_use: bool) -> Option<Session> {
        let now = self.clock.now();
        self.with(|all| {
            let session = all.get_mut(key)?;
            if self.is_over(session, now) {
                all.remove(key);
                return None;
            }
            if is_use {
                session.used = now;
            }
            Some(session.clone())
        })
    }

    fn is_over(&self, session: &Session, now: Moment) -> bool {
        now.since(session.used) > self.idle || now.since(session.begun) > self.absolute
    }

    /// Ends one.
    pub(crate) fn end(&self, key: &Key) {
        self.with(|all| drop(all.remove(key)));
    }

    /// From now on in this language.
    pub(crate) fn speak(&self, key: &Key, lang: Lang) {
        self.change(key, |session| session.lang = lang);
    }

    /// Leaves word for the next page.
    pub(crate) fn tell(&self, key: &Key, notice: Notice) {
        self.change(key, |session| session.notice = Some(notice));
    }

    /// The word that was left, once.
    pub(crate) fn told(&self, key: &Key) -> Option<Notice> {
        self.with(|all| all.get_mut(key)?.notice.take())
    }

    fn change(&self, key: &Key, change: impl FnOnce(&mut Session)) {
        self.with(|all| {
            if let Some(session) = all.get_mut(key) {
                change(session);
            }
        });
    }
}

/// Ends the oldest of these until there is room for one more.
fn make_room(all: &mut HashMap<Key, Session>, of: impl Fn(&Session) -> bool, most: usize) {
    while all.values().filter(|one| of(one)).count() >= most {
        let oldest = all.iter().filter(|(_, one)| of(one)).min_by_key(|(_, one)| one.used);
        let Some(oldest) = oldest.map(|(key, _)| *key) else { return };
        all.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use domain::id::PersonId;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn account() -> Account {
        Account {
            name: "li.na".to_owned(),
            shown: "李娜".to_owned(),
            party: "unit/housing".parse().unwrap(),
            person: PersonId::parse("li.na").unwrap(),
            lang: Lang::Zh,
            password: None,
            subject: None,
            is_enabled: true,
            version: 3,
        }
    }

    fn sessions() -> (Sessions, Clock) {
        let clock = Clock::fixed(Moment(1_795_312_800_000));
        (Sessions::new(&Config::default(), clock.clone()), clock)
    }

    #[test]
    fn a_session_ends_when_nobody_uses_it_and_a_page_that_looks_is_no_use() {
        let (sessions, clock) = sessions();
        let key = secret::digest(&sessions.begin(&account(), Lang::En));
        for _ in 0..3 {
            clock.advance(MINUTE * 29);
            assert!(sessions.find(&key, true).is_some());
        }
        clock.advance(MINUTE * 20);
        assert!(sessions.find(&key, false).is_some());
        clock.advance(MINUTE * 11);
        assert!(sessions.find(&key, false).is_none());
        assert!(sessions.find(&key, true).is_none());
    }

    #[test]
    fn a_session_ends_after_half_a_day_however_busy_it_is() {
        let (sessions, clock) = sessions();
        let key = secret::digest(&sessions.begin(&account(), Lang::En));
        for _ in 0..36 {
            clock.advance(MINUTE * 20);
            assert!(sessions.find(&key, true).is_some());
        }
        clock.advance(MINUTE);
        assert!(sessions.find(&key, true).is_none());
    }

    #[test]
    fn only_the_hash_of_the_cookie_is_kept_and_a_notice_is_told_once() {
        let (sessions, _) = sessions();
        let token = sessions.begin(&account(), Lang::En);
        let key = secret::digest(&token);
        let kept = format!("{sessions:?}");
        assert!(!kept.contains(&token), "the word itself is nowhere");
        let notice = Notice::good("done");
        sessions.tell(&key, notice.clone());
        assert_eq!(sessions.told(&key), Some(notice));
        assert_eq!(sessions.told(&key), None);
        sessions.end(&key);
        assert!(sessions.find(&key, true).is_none());
    }

    #[test]
    fn one_account_has_so_many_sessions_and_the_oldest_goes() {
        let (sessions, clock) = sessions();
        let mut keys = Vec::new();
        for _ in 0..=OF_ONE {
            keys.push(secret::digest(&sessions.begin(&account(), Lang::En)));
            clock.advance(Duration::from_secs(1));
        }
        assert!(sessions.find(&keys[0], true).is_none());
        assert!(keys[1..].iter().all(|key| sessions.find(key, true).is_some()));
    }
}
