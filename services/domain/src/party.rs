//! Who is speaking: the identity that a certificate carries.
//!
//! `spiffe://<city>/<kind>/<id>`. A field of a message never says which unit sent it: the party is
//! read from the connection alone, and an envelope's source must be that party.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::id::{CityId, CommunityId, IdError, UnitId};

/// What sort of party it is; decides what it may do at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A unit's own service or the department system behind it (单位).
    Unit,
    /// A community or its workstation (社区).
    Community,
    /// A coordinator: the leading-group office, the city government (办公室、市政府).
    Office,
    /// A workflow administrator (管理员).
    Admin,
    /// One of Muster's own roles: `gateway`, `worker`, `bus`.
    Service,
}

impl Kind {
    const ALL: [(Kind, &'static str); 5] = [
        (Kind::Unit, "unit"),
        (Kind::Community, "community"),
        (Kind::Office, "office"),
        (Kind::Admin, "admin"),
        (Kind::Service, "service"),
    ];

    /// The word in a URI.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Unit => "unit",
            Kind::Community => "community",
            Kind::Office => "office",
            Kind::Admin => "admin",
            Kind::Service => "service",
        }
    }
}

/// A party of one city, written `unit/enforcement`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Party {
    /// What sort.
    pub kind: Kind,
    /// Its id within the sort.
    pub id: String,
}

/// Why a text is not a party.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartyError {
    /// Not `<kind>/<id>` with a kind that there is.
    #[error("{0:?} is not <kind>/<id> with kind unit, community, office, admin or service")]
    Form(String),
    /// Not `spiffe://<city>/<kind>/<id>`.
    #[error("{0:?} is not spiffe://<city>/<kind>/<id>")]
    Uri(String),
    /// The id has a wrong form.
    #[error("the id of the party is wrong: {0}")]
    Id(#[from] IdError),
}

impl Party {
    /// Builds a party; the id must have the form of an id and no slash.
    pub fn new(kind: Kind, id: impl Into<String>) -> Result<Party, PartyError> {
        let id = id.into();
        crate::id::check(&id)?;
        if id.contains('/') {
            return Err(IdError::Character('/').into());
        }
        Ok(Party { kind, id })
    }

    /// The service of a unit.
    pub fn unit(unit: &UnitId) -> Party {
        Party { kind: Kind::Unit, id: unit.to_string() }
    }

    /// A community, as who whistles.
    pub fn community(community: &CommunityId) -> Party {
        Party { kind: Kind::Community, id: community.to_string() }
    }

    /// One of Muster's own roles.
    pub fn service(role: Role) -> Party {
        Party { kind: Kind::Service, id: role.word().to_owned() }
    }

    /// The unit, when it is one.
    pub fn as_unit(&self) -> Option<UnitId> {
        (self.kind == Kind::Unit).then(|| UnitId::parse(self.id.clone()).ok()).flatten()
    }

    /// Whether it is this role.
    pub fn is(&self, role: Role) -> bool {
        self.kind == Kind::Service && self.id == role.word()
    }

    /// Checks the text of a party without making one: its sort and its id.
    pub fn check(text: &str) -> Result<(Kind, &str), PartyError> {
        let form = || PartyError::Form(shown(text));
        let (word, id) = text.split_once('/').ok_or_else(form)?;
        let (kind, _) = Kind::ALL.into_iter().find(|(_, w)| *w == word).ok_or_else(form)?;
        crate::id::check(id)?;
        if id.contains('/') {
            return Err(IdError::Character('/').into());
        }
        Ok((kind, id))
    }

    /// Whether it is one that takes what is for it from a mailbox, or by following the record.
    /// Communities, offices and administrators have no service that would: they see the ledger,
    /// which is made of what followers have.
    pub fn fetches(&self) -> bool {
        matches!(self.kind, Kind::Unit | Kind::Service)
    }

    /// The URI in a certificate.
    pub fn uri(&self, city: &CityId) -> String {
        format!("spiffe://{city}/{self}")
    }

    /// Reads the URI of a certificate.
    pub fn from_uri(uri: &str) -> Result<(CityId, Party), PartyError> {
        let form = || PartyError::Uri(shown(uri));
        let rest = uri.strip_prefix("spiffe://").ok_or_else(form)?;
        let (city, party) = rest.split_once('/').ok_or_else(form)?;
        Ok((CityId::parse(city)?, party.parse()?))
    }
}

/// As much of a text as a refusal repeats: who has sent it may have sent a megabyte.
fn shown(text: &str) -> String {
    text.chars().take(2 * crate::id::LENGTH_MAX).collect()
}

/// Muster's own roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The message bus.
    Bus,
    /// The door for people, and the ledger.
    Gateway,
    /// The one that talks to Temporal.
    Worker,
    /// A process that hosts units.
    Units,
    /// The console, which speaks for the people who are signed in to it.
    Console,
}

impl Role {
    /// The word in a URI and in a server's name.
    pub fn word(self) -> &'static str {
        match self {
            Role::Bus => "bus",
            Role::Gateway => "gateway",
            Role::Worker => "worker",
            Role::Units => "units",
            Role::Console => "console",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.word(), self.id)
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Party({self})")
    }
}

impl FromStr for Party {
    type Err = PartyError;
    fn from_str(text: &str) -> Result<Party, PartyError> {
        let (kind, id) = Party::check(text)?;
        Ok(Party { kind, id: id.to_owned() })
    }
}

impl TryFrom<String> for Party {
    type Error = PartyError;
    fn try_from(text: String) -> Result<Party, PartyError> {
        text.parse()
    }
}

impl From<Party> for String {
    fn from(party: Party) -> String {
        party.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_goes_there_and_back() {
        let city = CityId::parse("wenshan").unwrap();
        let party: Party = "unit/enforcement".parse().unwrap();
        assert_eq!(party.uri(&city), "spiffe://wenshan/unit/enforcement");
        assert_eq!(Party::from_uri(&party.uri(&city)).unwrap(), (city, party));
    }

    #[test]
    fn what_is_no_party_is_refused() {
        for wrong in ["", "unit", "unit/", "unit/a/b", "ghost/x", "unit/ä"] {
            assert!(wrong.parse::<Party>().is_err(), "{wrong}");
        }
        for wrong in ["https://wenshan/unit/a", "spiffe://wenshan", "spiffe:///unit/a"] {
            assert!(Party::from_uri(wrong).is_err(), "{wrong}");
        }
    }
}
