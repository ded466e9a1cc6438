//! Who may do what: the one place where it is decided, by the policies of the city's pack.
//!
//! [`Access`] is the pack's `access/` compiled: a schema, policies, and the roles of people. The
//! server asks it whether this party may call this method at all; handlers ask what depends on
//! the thing: whose envelope, whose case, which register and why. What a handler knows of the
//! thing it states as facts ([`Thing`]), and the policy says what follows.
//!
//! Nothing is allowed that no policy permits; an evaluation that fails denies, also where another
//! policy permits; an action, a type or a fact that the schema does not know denies. What is
//! refused carries the words that the schema has for it, and is recorded, see [`Refusals`].
//! A pack whose rules have a fault makes no `Access`, and so no role that serves.

mod ask;
mod method;
mod people;
mod refusals;
mod rules;
pub mod table;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use cedar_policy::{Authorizer, Context, Decision, Entities, Entity, EntityId, EntityUid, Request};
use domain::{
    id::PersonId,
    pack::{City, Fault, Faults, access::Texts},
    party::{Kind, Party, Role},
    rejection::Rejection,
};

use self::rules::{Action, Rules};
pub use self::{
    ask::{Ask, Fact, Facts, Thing},
    method::methods,
    refusals::{Refusals, Refused, Written, read as read_refusals},
};
use crate::clock::Clock;

/// How many decisions are remembered; then all are forgotten.
const REMEMBERED: usize = 4_096;
/// How many packs have their compiled rules kept.
const COMPILED: usize = 8;
/// The rules without a fault that this process compiled last: whoever loads the pack and each role of
/// it ask for the same ones.
static LAST: Mutex<VecDeque<Arc<Rules>>> = Mutex::new(VecDeque::new());

/// The rules of a city, compiled. Clones share them.
#[derive(Clone)]
pub struct Access {
    inner: Arc<Inner>,
    refusals: Option<Arc<Refusals>>,
}

struct Inner {
    city: Parties,
    rules: Arc<Rules>,
    authorizer: Authorizer,
    /// What was decided, by exactly what was asked: rules and city do not change.
    remembered: RwLock<HashMap<(Party, Ask), bool>>,
}

/// Who is who in the city, as far as policies may ask.
struct Parties {
    id: String,
    members: BTreeSet<Party>,
    entity: Thing,
}

/// What was decided, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may.
    pub is_allowed: bool,
    /// The policies that decided, by their ids; none when nothing permits it.
    pub by: Vec<String>,
    /// What failed in the evaluation; any of it denies.
    pub errors: Vec<String>,
}

/// Everything that is wrong with the rules of a pack, by file and line.
pub fn faults(texts: &Texts) -> Vec<Fault> {
    let mut faults = Faults::default();
    let _rules = compiled(texts, &mut faults);
    let _rows = table::read(texts, &mut faults);
    faults.sorted().iter().cloned().collect()
}

/// The rules of these texts; they are compiled once. Nothing when they have a fault.
fn compiled(texts: &Texts, faults: &mut Faults) -> Option<Arc<Rules>> {
    let hash = rules::hash(texts);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(rules) = last.iter().find(|rules| rules.hash == hash) {
        return Some(rules.clone());
    }
    let rules = rules::compile(texts, faults)?;
    method::check(&rules, faults);
    if !faults.is_empty() {
        return None;
    }
    let rules = Arc::new(rules);
    last.truncate(COMPILED - 1);
    last.push_front(rules.clone());
    Some(rules)
}

impl Access {
    /// The rules of a city; all faults at once when they have any.
    pub fn of(city: &City) -> Result<Access, Faults> {
        let mut faults = Faults::default();
        let Some(rules) = compiled(&city.access, &mut faults) else { return Err(faults.sorted()) };
        let inner = Inner {
            city: Parties::of(city),
            rules,
            authorizer: Authorizer::new(),
            remembered: RwLock::default(),
        };
        Ok(Access { inner: Arc::new(inner), refusals: None })
    }

    /// The same rules, with refusals recorded in a journal of their own in `dir`.
    pub fn recorded(self, dir: &Path, clock: Clock) -> Access {
        let refusals = Refusals::new(dir, clock, self.hash());
        Access { refusals: Some(Arc::new(refusals)), ..self }
    }

    /// The first half of the hash of the pack's rules, in hex: which ones were in force.
    pub fn hash(&self) -> &str {
        &self.inner.rules.hash
    }

    /// Whether the party may call this method at all at this role's door.
    pub fn may_call(&self, caller: &Party, path: &str, door: Role) -> Result<(), Rejection> {
        let method = path.trim_start_matches('/');
        self.check(caller, &Ask::to(method.to_owned(), Thing::new("Door", door.word())))
    }

    /// Whether there is such a party: units and communities are those of the pack, an office is a
    /// unit's, and administrators and roles are known by their certificates alone.
    pub fn knows(&self, party: &Party) -> bool {
        let unit = || Party { kind: Kind::Unit, id: party.id.clone() };
        match party.kind {
            Kind::Unit | Kind::Community => self.inner.city.members.contains(party),
            Kind::Office => self.inner.city.members.contains(&unit()),
            Kind::Admin | Kind::Service => true,
        }
    }

    /// Whether the party may do this; if not, in the words of the schema.
    pub fn check(&self, caller: &Party, ask: &Ask) -> Result<(), Rejection> {
        if self.allows(caller, ask) { Ok(()) } else { Err(self.inner.refuse(caller, ask)) }
    }

    /// The same as yes or no, for what is not refused but shown less of.
    ///
    /// What was decided is remembered, but not by words that a caller chooses freely: a path that
    /// is no method, a person, a purpose.
    pub fn allows(&self, caller: &Party, ask: &Ask) -> bool {
        if !self.inner.rules.actions.contains_key(ask.action()) || !ask.context().is_empty() {
            return self.decide(caller, ask).is_allowed;
        }
        let key = (caller.clone(), ask.clone());
        let remembered = self.inner.remembered.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = remembered.get(&key) {
            return *known;
        }
        drop(remembered);
        let is_allowed = self.decide(caller, ask).is_allowed;
        let mut remembered = self.inner.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(key, is_allowed);
        is_allowed
    }

    /// Decides anew, and says by what.
    pub fn decide(&self, caller: &Party, ask: &Ask) -> Verdict {
        match self.inner.evaluate(caller, ask) {
            Ok(verdict) => verdict,
            Err(error) => Verdict { is_allowed: false, by: Vec::new(), errors: vec![error] },
        }
    }

    /// The roles that the pack gives to a person of a party.
    pub fn roles(&self, party: &Party, person: &PersonId) -> BTreeSet<String> {
        self.inner.rules.people.roles(party, person.as_str())
    }

    /// The city of these rules, as a thing to ask about.
    pub fn city(&self) -> Thing {
        self.inner.city.entity.clone()
    }

    /// Records a refusal; the server does so for every call that it or a handler refuses. A handler
    /// does it for one that is not the answer of a call, but one among the answers of a stream.
    pub async fn record(&self, refused: Refused) {
        match &self.refusals {
            Some(refusals) => refusals.record(refused).await,
            None => tracing::warn!(caller = %refused.caller, "refused: {}", refused.message),
        }
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("hash", &self.hash()).finish_non_exhaustive()
    }
}

impl Parties {
    fn of(city: &City) -> Parties {
        let units = city.units.keys().map(Party::unit);
        let community = |id: &str| Party { kind: Kind::Community, id: id.to_owned() };
        let communities = city.communities.keys().map(|id| community(id.as_str()));
        let entity = Thing::new("City", city.id.to_string())
            .with("coordinator", Party::unit(&city.coordinator))
            .with("government", Party::unit(&city.government));
        Parties { id: city.id.to_string(), members: units.chain(communities).collect(), entity }
    }
}

impl Inner {
    fn evaluate(&self, caller: &Party, ask: &Ask) -> Result<Verdict, String> {
        let rules = &self.rules;
        let unknown = || format!("the schema has no action {}", ask.action());
        let action = rules.actions.get(ask.action()).ok_or_else(unknown)?;
        let resource = rules.uid(ask.on().kind(), ask.on().id())?;
        let entities = self.entities(caller, ask, action, &resource)?;
        let context = Context::from_pairs(rules.pairs(ask.context())?);
        let context = context.map_err(|error| error.to_string())?;
        let caller = rules.uid("Party", &caller.to_string())?;
        let request =
            Request::new(caller, action.uid.clone(), resource, context, Some(&rules.schema));
        let request = request.map_err(|error| error.to_string())?;
        let response = self.authorizer.is_authorized(&request, &rules.policies, &entities);
        let by = response.diagnostics().reason().map(ToString::to_string).collect();
        let errors: Vec<String> =
            response.diagnostics().errors().map(ToString::to_string).collect();
        let is_allowed = response.decision() == Decision::Allow && errors.is_empty();
        Ok(Verdict { is_allowed, by, errors })
    }

    /// What this question is about, and nothing else: the caller with its kind and its city, the
    /// action with its groups, the thing with its facts.
    fn entities(
        &self,
        caller: &Party,
        ask: &Ask,
        action: &Action,
        resource: &EntityUid,
    ) -> Result<Entities, String> {
        let rules = &self.rules;
        let named = rules.uid("Party", &caller.to_string())?;
        // Who is both caller and thing is one entity.
        let of_itself = *resource == named;
        let caller = Entity::new_no_attrs(named, self.parents(caller)?);
        let thing = if of_itself {
            None
        } else {
            let parents = self.parents_of_thing(ask)?;
            let facts = rules.pairs(ask.on().facts())?.into_iter().collect();
            let thing = Entity::new(resource.clone(), facts, parents);
            Some(thing.map_err(|error| error.to_string())?)
        };
        let all = [caller].into_iter().chain(thing).chain(action.entities.iter().cloned());
        Entities::from_entities(all, None).map_err(|error| error.to_string())
    }

    /// What a party is in: its kind, and the city when it is one of its own.
    fn parents(&self, party: &Party) -> Result<HashSet<EntityUid>, String> {
        let kind = self.rules.uid("Kind", party.kind.word())?;
        let is_ours = self.city.members.contains(party);
        let city = is_ours.then(|| self.rules.uid("City", &self.city.id)).transpose()?;
        Ok([kind].into_iter().chain(city).collect())
    }

    /// A thing is in nothing, but where it is a party itself.
    fn parents_of_thing(&self, ask: &Ask) -> Result<HashSet<EntityUid>, String> {
        match (ask.on().kind(), ask.on().id().parse::<Party>()) {
            ("Party", Ok(party)) => self.parents(&party),
            ("Party", Err(error)) => Err(error.to_string()),
            _ => Ok(HashSet::new()),
        }
    }

    fn refuse(&self, caller: &Party, ask: &Ask) -> Rejection {
        let Some(action) = self.rules.actions.get(ask.action()) else {
            let message = format!(
                "{caller} may not call {}: no policy knows it; right would be: a method that \
                 reflection lists",
                ask.action()
            );
            return Rejection::forbidden("NO_POLICY", message);
        };
        let message = ask.fill(&action.words, caller, &self.city.id);
        Rejection::forbidden(&action.refusal, message).at(&action.field)
    }
}

impl Rules {
    /// The name of a thing, if the schema knows its type.
    fn uid(&self, kind: &str, id: &str) -> Result<EntityUid, String> {
        let known = self.types.get(kind).ok_or_else(|| format!("the schema has no type {kind}"))?;
        Ok(EntityUid::from_type_name_and_id(known.clone(), EntityId::new(id)))
    }
}
