//! What the worker is told about telling people: where addresses are, and which ways there are.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use domain::pack::{City, outside::is_name};
use kit::{config::span, identity::Identity};
use serde::{Deserialize, Serialize};

use crate::http::{self, Http};

/// How people are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The file of addresses, `receiver,way,address`; read when something is sent. It stands outside
    /// of every data folder that is backed up. Must be given with a way.
    pub addresses: PathBuf,
    /// How long something waits for others to the same receiver before it goes. Default 5 s; what is
    /// urgent does not wait.
    #[serde(with = "span")]
    pub gather: Duration,
    /// How many to one receiver go one by one; more at once are summed up. Default 3.
    pub at_once: usize,
    /// How many one receiver is told in an hour by one way; over that they are summed up when there
    /// is room again. Default 20.
    pub per_hour: usize,
    /// How long it is kept who was told, once it is known how that went. Default 90 days.
    #[serde(with = "span")]
    pub keep: Duration,
    /// The ways, as the pack names them. Default none: nobody is told anything.
    pub ways: BTreeMap<String, Way>,
}

impl Default for Config {
    fn default() -> Config {
        let (gather, keep) = (Duration::from_secs(5), Duration::from_secs(90 * 86_400));
        let (addresses, ways) = (PathBuf::new(), BTreeMap::new());
        Config { addresses, gather, at_once: 3, per_hour: 20, keep, ways }
    }
}

/// What sort of way it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The city's SMS gateway takes `{key, to, text}`; an address is a telephone number.
    Sms,
    /// A URL takes a body; an address is the URL.
    Webhook,
}

/// What a webhook is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A CloudEvent.
    #[default]
    Event,
    /// `{"msgtype":"text","text":{"content":…}}`, as robots of office chats take it.
    Robot,
}

/// In which language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// One way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// What sort.
    pub kind: Kind,
    /// Of `sms`: where the gateway takes messages.
    #[serde(default)]
    pub url: Option<String>,
    /// Of `sms`: where the gateway says what became of a key, asked with `?key=…`. Without it what
    /// the gateway has taken is `taken` for good.
    #[serde(default)]
    pub report: Option<String>,
    /// Of `webhook`: what is posted. Default `event`.
    #[serde(default)]
    pub format: Format,
    /// In which language. Default `zh`.
    #[serde(default)]
    pub language: Language,
    /// With `https`: the PEM file of the authorities by which the other side is believed.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// How long one try may take in all. Default 10 s, at most 15 s.
    #[serde(default = "deadline", with = "span")]
    pub deadline: Duration,
    /// How long after what happened it is worth nothing any more. Default 6 hours.
    #[serde(default = "give_up_after", with = "span")]
    pub give_up_after: Duration,
    /// How long it is asked whether it was delivered. Default 1 hour.
    #[serde(default = "report_within", with = "span")]
    pub report_within: Duration,
}

fn deadline() -> Duration {
    Duration::from_secs(10)
}

fn give_up_after() -> Duration {
    Duration::from_secs(6 * 3_600)
}

fn report_within() -> Duration {
    Duration::from_secs(3_600)
}

/// A way that can be gone.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) asked: Way,
    /// Of `sms`: to the gateway.
    pub(super) gateway: Option<Http>,
    /// Of `sms`: where it says what became of it.
    pub(super) report: Option<Http>,
}

impl Way {
    /// The same for one URL.
    fn to(&self, url: &str) -> http::Config {
        let (trust, deadline) = (self.trust.clone(), self.deadline);
        http::Config { trust, deadline, ..http::Config::to(url) }
    }

    /// A way to an address that is a URL. What is wrong with it is not said: the URL is a secret.
    pub(super) fn webhook(&self, url: &str, identity: &Identity) -> Option<Http> {
        Http::new(&self.to(url), identity.clone()).ok()
    }

    /// Why there is no way to a URL.
    pub(super) fn why_not(&self, url: &str) -> &'static str {
        match url.starts_with("https:") && self.trust.is_none() {
            true => super::NO_TRUST,
            false => super::BAD_ADDRESS,
        }
    }

    fn ready(&self, identity: &Identity) -> Result<Ready, String> {
        let way = |url: &String| Http::new(&self.to(url), identity.clone());
        let gateway = self.url.as_ref().map(way).transpose()?;
        let report = self.report.as_ref().map(way).transpose()?;
        match self.kind {
            Kind::Sms if gateway.is_none() => {
                return Err("url: right would be: where the gateway takes messages".to_owned());
            }
            Kind::Webhook if gateway.is_some() || report.is_some() => {
                return Err(
                    "url, report: a webhook's URL is an address: it stands in the file of \
                            addresses"
                        .to_owned(),
                );
            }
            _ => {}
        }
        // With `https` only in the addresses, a file of authorities that is wrong is seen now.
        if let Some(file) = &self.trust {
            http::trust(file)?;
        }
        if self.give_up_after.is_zero() || self.report_within.is_zero() {
            return Err("give_up_after, report_within: right would be: some time".to_owned());
        }
        Ok(Ready { asked: self.clone(), gateway, report })
    }
}

impl Config {
    /// Whether anybody is told anything in this city.
    pub fn is_used(&self, city: &City) -> bool {
        !self.ways.is_empty() && !city.notifications.is_empty()
    }

    /// The ways that are configured; what is wrong with one, by its name.
    pub(super) fn ready(
        &self,
        identity: &Identity,
    ) -> Result<BTreeMap<String, Ready>, (String, String)> {
        let of = |name: &str, why: &str| (name.to_owned(), why.to_owned());
        if !self.ways.is_empty() && self.addresses.as_os_str().is_empty() {
            return Err(of("addresses", "right would be: the file of addresses"));
        }
        if self.at_once == 0 || self.per_hour == 0 || self.keep.is_zero() {
            return Err(of("at_once, per_hour, keep", "right would be: more than nothing"));
        }
        let mut ready = BTreeMap::new();
        for (name, way) in &self.ways {
            if !is_name(name) {
                return Err(of(name, "right would be: lower-case letters, digits, - and ."));
            }
            ready.insert(name.clone(), way.ready(identity).map_err(|why| of(name, &why))?);
        }
        Ok(ready)
    }
}
