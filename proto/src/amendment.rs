//! The registry of rights and duties between the domain and the wire, and the bodies of its
//! envelopes.

use domain::{
    id::AmendmentId,
    pack::Day,
    registry::{Amendment, Entry, Fact, Signatory, State},
    rejection::Rejection,
};
use prost::{Message, Name};

use crate::{convert, registry as wire};

const PACKAGE: &str = "muster.registry.v1";

macro_rules! named {
    ($($name:ident),* $(,)?) => {$(
        impl Name for wire::$name {
            const PACKAGE: &'static str = PACKAGE;
            const NAME: &'static str = stringify!($name);
            fn full_name() -> String {
                format!("{}.{}", Self::PACKAGE, Self::NAME)
            }
        }
    )*};
}

named!(AmendmentProposed, AmendmentApproved, AmendmentRejected, AmendmentWithdrawn);

fn pack<M: Message + Name>(message: &M) -> (String, Vec<u8>) {
    (M::full_name(), message.encode_to_vec())
}

fn decode<M: Message + Default>(body: &[u8]) -> Result<M, Rejection> {
    let wrong =
        |error| Rejection::invalid("MALFORMED_BODY", "proto_data", format!("the body: {error}"));
    M::decode(body).map_err(wrong)
}

/// Writes a fact: the name of the body and the body.
pub fn write(fact: &Fact) -> (String, Vec<u8>) {
    let (amendment_id, reason) = (fact.id().to_string(), |note: &String| note.clone());
    match fact {
        Fact::Proposed(_, amendment, by) => pack(&wire::AmendmentProposed {
            amendment_id,
            amendment: Some(amendment_out(amendment)),
            by: Some(signatory_out(by)),
        }),
        Fact::Approved(_, by, note) => pack(&wire::AmendmentApproved {
            amendment_id,
            by: Some(signatory_out(by)),
            note: reason(note),
        }),
        Fact::Rejected(_, by, note) => pack(&wire::AmendmentRejected {
            amendment_id,
            by: Some(signatory_out(by)),
            reason: reason(note),
        }),
        Fact::Withdrawn(_, by, note) => pack(&wire::AmendmentWithdrawn {
            amendment_id,
            by: Some(signatory_out(by)),
            reason: reason(note),
        }),
    }
}

/// Reads a fact; none when a body of this name says nothing about the registry.
pub fn read(kind: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    let name = kind.strip_prefix(PACKAGE).and_then(|name| name.strip_prefix('.'));
    let (id, by) = (amendment_id, signatory_in);
    Ok(match name {
        Some("AmendmentProposed") => {
            let m: wire::AmendmentProposed = decode(body)?;
            let amendment = amendment_in(m.amendment.unwrap_or_default())?;
            Some(Fact::Proposed(id(m.amendment_id)?, amendment, by(m.by)?))
        }
        Some("AmendmentApproved") => {
            let m: wire::AmendmentApproved = decode(body)?;
            Some(Fact::Approved(id(m.amendment_id)?, by(m.by)?, m.note))
        }
        Some("AmendmentRejected") => {
            let m: wire::AmendmentRejected = decode(body)?;
            Some(Fact::Rejected(id(m.amendment_id)?, by(m.by)?, m.reason))
        }
        Some("AmendmentWithdrawn") => {
            let m: wire::AmendmentWithdrawn = decode(body)?;
            Some(Fact::Withdrawn(id(m.amendment_id)?, by(m.by)?, m.reason))
        }
        _ => None,
    })
}

/// Reads the id of an amendment.
pub fn amendment_id(text: String) -> Result<AmendmentId, Rejection> {
    convert::id("amendment_id", text)
}

/// Reads a day.
pub fn day(field: &str, text: &str) -> Result<Day, Rejection> {
    text.parse().map_err(|wrong| {
        let message = format!("{field}: {wrong}; right would be: a day like 2026-07-01");
        Rejection::invalid("MALFORMED_DAY", field, message)
    })
}

/// Reads what an amendment says; how much may be named in a list is judged before.
pub fn amendment_in(m: wire::Amendment) -> Result<Amendment, Rejection> {
    Ok(Amendment {
        issue_types: convert::ids("issue_types", m.issue_types)?,
        territory: convert::optional("territory", m.territory)?,
        leads: convert::ids("leads", m.leads)?,
        is_assigned: m.is_assigned,
        cooperating: convert::ids("cooperating", m.cooperating)?,
        responsible: convert::ids("responsible", m.responsible)?,
        basis: m.basis,
        from: day("from", &m.from)?,
        until: (!m.until.is_empty()).then(|| day("until", &m.until)).transpose()?,
        supersedes: convert::ids("supersedes", m.supersedes)?,
        precedent: convert::optional("precedent_case", m.precedent_case)?,
    })
}

/// Writes what an amendment says.
pub fn amendment_out(amendment: &Amendment) -> wire::Amendment {
    let text = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    wire::Amendment {
        issue_types: convert::texts(&amendment.issue_types),
        territory: amendment.territory.as_ref().map(ToString::to_string).unwrap_or_default(),
        leads: convert::texts(&amendment.leads),
        is_assigned: amendment.is_assigned,
        cooperating: convert::texts(&amendment.cooperating),
        responsible: convert::texts(&amendment.responsible),
        basis: amendment.basis.clone(),
        from: amendment.from.to_string(),
        until: text(amendment.until),
        supersedes: convert::texts(&amendment.supersedes),
        precedent_case: amendment.precedent.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn signatory_in(m: Option<wire::Signatory>) -> Result<Signatory, Rejection> {
    let wire::Signatory { party, person } = m.unwrap_or_default();
    let party = convert::party("by.party", &party)?;
    Ok(Signatory { party, person: convert::id("by.person", person)? })
}

/// Writes who proposed or decided.
pub fn signatory_out(by: &Signatory) -> wire::Signatory {
    wire::Signatory { party: by.party.to_string(), person: by.person.to_string() }
}

/// Reads a state to filter by; none for all.
pub fn state_in(state: i32) -> Result<Option<State>, Rejection> {
    use wire::AmendmentState as Wire;
    Ok(match Wire::try_from(state) {
        Ok(Wire::Unspecified) => None,
        Ok(Wire::Proposed) => Some(State::Proposed),
        Ok(Wire::Approved) => Some(State::Approved),
        Ok(Wire::Rejected) => Some(State::Rejected),
        Ok(Wire::Withdrawn) => Some(State::Withdrawn),
        Err(_) => {
            let message = format!("there is no state {state} of an amendment");
            return Err(Rejection::invalid("MALFORMED_STATE", "state", message));
        }
    })
}

fn state_out(state: State) -> wire::AmendmentState {
    match state {
        State::Proposed => wire::AmendmentState::Proposed,
        State::Approved => wire::AmendmentState::Approved,
        State::Rejected => wire::AmendmentState::Rejected,
        State::Withdrawn => wire::AmendmentState::Withdrawn,
    }
}

/// Writes an amendment and what became of it.
pub fn entry_out(entry: &Entry) -> wire::AmendmentEntry {
    wire::AmendmentEntry {
        amendment_id: entry.id.to_string(),
        amendment: Some(amendment_out(&entry.amendment)),
        state: state_out(entry.state).into(),
        proposed_by: Some(signatory_out(&entry.proposed_by)),
        proposed_at_ms: entry.proposed_at.0,
        decided_by: entry.decided_by.as_ref().map(signatory_out),
        decided_at_ms: convert::millis(entry.decided_at),
        note: entry.note.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Vec<Fact> {
        let amendment = Amendment {
            territory: Some("subdistrict_kaihua".parse().unwrap()),
            until: Some("2026-12-31".parse().unwrap()),
            supersedes: vec!["A1".parse().unwrap()],
            responsible: vec!["subdistricts".parse().unwrap()],
            ..Amendment::from_precedent(
                "20261122-7QK3M9ZT".parse().unwrap(),
                "open_air_bbq".parse().unwrap(),
                "enforcement".parse().unwrap(),
                vec!["environment".parse().unwrap()],
                "ruled".to_owned(),
                "2026-07-01".parse().unwrap(),
            )
        };
        let id = || "A20260620-7QK3M9ZT".parse().unwrap();
        let by =
            || Signatory { party: "admin/li".parse().unwrap(), person: "li.na".parse().unwrap() };
        vec![
            Fact::Proposed(id(), amendment, by()),
            Fact::Approved(id(), by(), String::new()),
            Fact::Rejected(id(), by(), "no".into()),
            Fact::Withdrawn(id(), by(), "no".into()),
        ]
    }

    #[test]
    fn every_fact_goes_there_and_back_and_damage_is_a_refusal() {
        for fact in facts() {
            let (kind, body) = write(&fact);
            assert_eq!(read(&kind, &body).unwrap(), Some(fact), "{kind}");
            for end in 0..body.len() {
                // Whatever is left is read or refused, and never a panic.
                let _read = read(&kind, &body[..end]);
            }
            assert!(read(&kind, &[]).is_err(), "{kind} of nothing");
            assert_eq!(read("muster.case.v1.CaseRouted", &body).unwrap(), None);
        }
    }
}
