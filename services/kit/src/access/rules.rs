//! The schema and the policies of a pack, compiled and judged against each other.
//!
//! Each action of the schema that can be asked for has the words for its refusal as annotations:
//! `@refusal("NOT_YOUR_CASE") @words("…") @field("case_id")`. Each policy has an `@id`, by which it
//! is spoken of. All faults come at once; rules with one are not used.

use std::{collections::BTreeMap, str::FromStr as _};

use cedar_policy::{
    ActionConstraint, Effect, Entities, Entity, EntityId, EntityNamespace, EntityTypeName,
    EntityUid, Policy, PolicyId, PolicySet, Schema, SchemaFragment, ValidationMode, Validator,
};
use domain::pack::{
    Faults,
    access::{Texts, is_policy},
};
use miette::Diagnostic;
use sha2::{Digest as _, Sha256};

use super::people::{self, People};

/// The file of the schema.
pub(super) const SCHEMA: &str = "access/schema.cedarschema";

/// The namespace of everything.
const NAMESPACE: &str = "Muster";

/// Compiled rules.
pub(super) struct Rules {
    pub(super) schema: Schema,
    pub(super) policies: PolicySet,
    /// The types of the schema by their names without the namespace.
    pub(super) types: BTreeMap<String, EntityTypeName>,
    /// What can be asked for, by its id.
    pub(super) actions: BTreeMap<String, Action>,
    pub(super) people: People,
    pub(super) hash: String,
}

/// What can be asked for.
pub(super) struct Action {
    pub(super) uid: EntityUid,
    /// The action and the groups that it is in.
    pub(super) entities: Vec<Entity>,
    pub(super) refusal: String,
    pub(super) words: String,
    pub(super) field: String,
    /// Whether any policy names it to permit it.
    pub(super) is_permitted: bool,
}

/// Compiles; nothing when the schema or a file of policies can't be read: what rests on it is not
/// judged, so that one fault at the root is not a hundred behind it.
pub(super) fn compile(texts: &Texts, faults: &mut Faults) -> Option<Rules> {
    let people = people::read(texts, faults);
    let schema = schema(texts, faults);
    let policies = policies(texts, faults);
    let ((fragment, schema), (policies, lines)) = (schema?, policies?);
    validate(texts, &schema, &policies, &lines, faults);
    let types = schema.entity_types().map(|name| (name.basename().to_owned(), name.clone()));
    let types = types.collect();
    let actions = actions(&fragment, &schema, &policies, faults)?;
    Some(Rules { types, actions, people, hash: hash(texts), schema, policies })
}

/// The first half of the hash of the texts, in hex.
pub(super) fn hash(texts: &Texts) -> String {
    let mut hash = Sha256::new();
    for (name, text) in texts {
        for part in [name, text] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn schema(texts: &Texts, faults: &mut Faults) -> Option<(SchemaFragment, Schema)> {
    let Some(text) = texts.get(SCHEMA) else {
        faults.push(SCHEMA, None, "there is no such file", "a pack says who may do what");
        return None;
    };
    let fragment = match SchemaFragment::from_cedarschema_str(text) {
        Ok((fragment, _warnings)) => fragment,
        Err(error) => {
            faults.push(SCHEMA, line(text, &error), one_line(&error), "a schema of Cedar");
            return None;
        }
    };
    match Schema::from_schema_fragments([fragment.clone()]) {
        Ok(schema) => Some((fragment, schema)),
        Err(error) => {
            faults.push(SCHEMA, line(text, &error), one_line(&error), "a schema that holds");
            None
        }
    }
}

/// Where each policy is, by its id.
type Lines = BTreeMap<String, (String, u64)>;

fn policies(texts: &Texts, faults: &mut Faults) -> Option<(PolicySet, Lines)> {
    let (mut all, mut lines, mut is_whole) = (PolicySet::new(), Lines::new(), true);
    for (file, text) in texts.iter().filter(|(name, _)| is_policy(name)) {
        match PolicySet::from_str(text) {
            Ok(set) => set.policies().for_each(|policy| {
                add(&mut all, &mut lines, (file, text), policy, faults);
            }),
            Err(errors) => errors.iter().for_each(|error| {
                is_whole = false;
                faults.push(file, line(text, error), one_line(error), "policies of Cedar");
            }),
        }
    }
    is_whole.then_some((all, lines))
}

fn add(
    all: &mut PolicySet,
    lines: &mut Lines,
    (file, text): (&str, &str),
    policy: &Policy,
    faults: &mut Faults,
) {
    let at = policy.to_cedar().and_then(|policy| text.find(&policy));
    let at = at.map_or(1, |at| line_of(text, at));
    let Some(id) = policy.annotation("id").filter(|id| !id.is_empty()) else {
        return faults.push(file, at, "a policy has no name", "@id(\"what-it-says\")");
    };
    if let Some((other, line)) = lines.insert(id.to_owned(), (file.to_owned(), at)) {
        let what = format!("the policy {id} is already in {other}:{line}");
        return faults.push(file, at, what, "each name once");
    }
    if policy.effect() == Effect::Permit && policy.action_constraint() == ActionConstraint::Any {
        return faults.push(file, at, format!("{id} permits every action"), "the actions by name");
    }
    if let Err(error) = all.add(policy.new_id(PolicyId::new(id))) {
        faults.push(file, at, error.to_string(), "a policy that stands by itself");
    }
}

/// Strictly: also what can never hold is a fault.
fn validate(
    texts: &Texts,
    schema: &Schema,
    policies: &PolicySet,
    lines: &Lines,
    faults: &mut Faults,
) {
    let result = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    let errors = result.validation_errors().map(|e| (e.policy_id(), e as &dyn Diagnostic));
    let warnings = result.validation_warnings().map(|w| (w.policy_id(), w as &dyn Diagnostic));
    for (id, found) in errors.chain(warnings) {
        let Some((file, first)) = lines.get(&id.to_string()) else { continue };
        let at = texts.get(file).and_then(|text| line(text, found)).unwrap_or(*first);
        faults.push(file, at, one_line(found), "what the schema allows");
    }
}

fn actions(
    fragment: &SchemaFragment,
    schema: &Schema,
    policies: &PolicySet,
    faults: &mut Faults,
) -> Option<BTreeMap<String, Action>> {
    let namespace = EntityNamespace::from_str(NAMESPACE).ok()?;
    let entities = schema.action_entities().ok()?;
    let mut actions = BTreeMap::new();
    for uid in schema.actions() {
        // What applies to nothing is a group.
        if schema.resources_for_action(uid).is_none_or(|mut all| all.next().is_none()) {
            continue;
        }
        let word = |key: &str| {
            let word = fragment.action_annotation(Some(namespace.clone()), uid.id(), key);
            word.unwrap_or_default().to_owned()
        };
        let (refusal, words, field) = (word("refusal"), word("words"), word("field"));
        if refusal.is_empty() || words.is_empty() {
            let what = format!("{} has no words for its refusal", uid.id().unescaped());
            faults.push(SCHEMA, None, what, "@refusal(\"A_CODE\") and @words(\"a sentence\")");
        }
        let with_groups = with_groups(&entities, uid);
        let is_permitted = policies.policies().any(|policy| permits(policy, &with_groups));
        let id = EntityId::unescaped(uid.id()).to_owned();
        let entities = with_groups.iter().filter_map(|uid| entities.get(uid)).cloned().collect();
        let action = Action { uid: uid.clone(), entities, refusal, words, field, is_permitted };
        actions.insert(id, action);
    }
    Some(actions)
}

fn with_groups(entities: &Entities, uid: &EntityUid) -> Vec<EntityUid> {
    let groups = entities.ancestors(uid).into_iter().flatten().cloned();
    std::iter::once(uid.clone()).chain(groups).collect()
}

fn permits(policy: &Policy, action: &[EntityUid]) -> bool {
    let named = match policy.action_constraint() {
        ActionConstraint::Any => Vec::new(),
        ActionConstraint::Eq(uid) => vec![uid],
        ActionConstraint::In(uids) => uids,
    };
    policy.effect() == Effect::Permit && named.iter().any(|uid| action.contains(uid))
}

/// The line of the first place that an error points to.
fn line(text: &str, error: &(impl Diagnostic + ?Sized)) -> Option<u64> {
    let first = error.labels().and_then(|mut labels| labels.next())?;
    Some(line_of(text, first.offset()))
}

fn line_of(text: &str, at: usize) -> u64 {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count() as u64
}

fn one_line(error: &(impl Diagnostic + ?Sized)) -> String {
    let mut said = error.to_string().replace('\n', " ");
    if let Some(help) = error.help() {
        said += &format!(" ({})", help.to_string().replace('\n', " "));
    }
    said
}
