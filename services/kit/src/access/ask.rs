//! What is asked: an action, on a thing with its facts, under circumstances.
//!
//! Facts are the handlers' part: they come from the connection, the record and the pack, never from
//! a field by which a caller describes itself. The circumstances (person, roles, purpose) are what
//! the caller asserts, and a policy that trusts them says so by reading `context`.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use cedar_policy::RestrictedExpression;
use domain::{id::PersonId, party::Party};

use super::{Access, rules::Rules};

type Name = Cow<'static, str>;

/// What is true of a thing or of the circumstances, by name.
pub type Facts = BTreeMap<Name, Fact>;

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Words.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Somebody.
    Party(Party),
    /// Several of them, or nobody.
    Parties(BTreeSet<Party>),
    /// Several words, or none.
    Texts(BTreeSet<String>),
}

/// A question about what a party may do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    action: Name,
    on: Thing,
    context: Facts,
}

/// What it is done to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Thing {
    kind: Name,
    id: Name,
    facts: Facts,
}

impl Thing {
    /// A thing of a type that the schema has.
    pub fn new(kind: impl Into<Name>, id: impl Into<Name>) -> Thing {
        Thing { kind: kind.into(), id: id.into(), facts: Facts::new() }
    }

    /// What is true of it.
    pub fn with(mut self, name: impl Into<Name>, fact: impl Into<Fact>) -> Thing {
        self.facts.insert(name.into(), fact.into());
        self
    }

    /// Its type.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Its name among those of its type.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// All that was said of it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }
}

impl Ask {
    /// To do this to that.
    pub fn to(action: impl Into<Name>, on: Thing) -> Ask {
        Ask { action: action.into(), on, context: Facts::new() }
    }

    /// Under this circumstance.
    pub fn with(mut self, name: impl Into<Name>, fact: impl Into<Fact>) -> Ask {
        self.context.insert(name.into(), fact.into());
        self
    }

    /// On the word of this person, with the roles that the pack gives it.
    pub fn by(self, access: &Access, party: &Party, person: &PersonId) -> Ask {
        let roles = access.roles(party, person);
        self.with("person", person.to_string()).with("roles", roles)
    }

    /// The action.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The thing.
    pub fn on(&self) -> &Thing {
        &self.on
    }

    /// The circumstances.
    pub fn context(&self) -> &Facts {
        &self.context
    }

    /// The words for a refusal, with `{caller}`, `{city}`, `{resource}` and facts filled in.
    pub(super) fn fill(&self, words: &str, caller: &Party, city: &str) -> String {
        let mut filled = words
            .replace("{caller}", &caller.to_string())
            .replace("{city}", city)
            .replace("{resource}", self.on.id());
        for (name, fact) in self.on.facts.iter().chain(&self.context) {
            filled = filled.replace(&format!("{{{name}}}"), &fact.to_string());
        }
        filled
    }
}

impl Rules {
    /// Facts as the policy engine takes them.
    pub(super) fn pairs(
        &self,
        facts: &Facts,
    ) -> Result<Vec<(String, RestrictedExpression)>, String> {
        let pair = |(name, fact): (&Name, &Fact)| Ok((name.to_string(), self.expression(fact)?));
        facts.iter().map(pair).collect()
    }

    fn expression(&self, fact: &Fact) -> Result<RestrictedExpression, String> {
        let party = |party: &Party| {
            let uid = self.uid("Party", &party.to_string())?;
            Ok(RestrictedExpression::new_entity_uid(uid))
        };
        Ok(match fact {
            Fact::Text(text) => RestrictedExpression::new_string(text.clone()),
            Fact::Flag(flag) => RestrictedExpression::new_bool(*flag),
            Fact::Party(one) => party(one)?,
            Fact::Parties(all) => {
                let all: Result<Vec<_>, String> = all.iter().map(party).collect();
                RestrictedExpression::new_set(all?)
            }
            Fact::Texts(all) => {
                let text = |text: &String| RestrictedExpression::new_string(text.clone());
                RestrictedExpression::new_set(all.iter().map(text))
            }
        })
    }
}

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |all: Vec<&str>| all.join(", ");
        match self {
            Fact::Text(text) => f.write_str(text),
            Fact::Flag(flag) => flag.fmt(f),
            Fact::Party(party) => party.fmt(f),
            Fact::Parties(all) => {
                let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                f.write_str(&all.join(", "))
            }
            Fact::Texts(all) => f.write_str(&list(all.iter().map(String::as_str).collect())),
        }
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Fact {
        Fact::Text(text)
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Fact {
        Fact::Text(text.to_owned())
    }
}

impl From<bool> for Fact {
    fn from(flag: bool) -> Fact {
        Fact::Flag(flag)
    }
}

impl From<Party> for Fact {
    fn from(party: Party) -> Fact {
        Fact::Party(party)
    }
}

impl From<BTreeSet<Party>> for Fact {
    fn from(parties: BTreeSet<Party>) -> Fact {
        Fact::Parties(parties)
    }
}

impl From<BTreeSet<String>> for Fact {
    fn from(texts: BTreeSet<String>) -> Fact {
        Fact::Texts(texts)
    }
}
