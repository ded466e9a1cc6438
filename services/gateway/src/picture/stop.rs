//! A stop on its way: each finding waits for its owner, or for the office.
//!
//! Whether a second penalty for one fact waits for the office follows from all that was said about
//! the object; only what is about this stop is a step of its picture.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    envelope::Envelope,
    id::{InspectionId, ObjectId},
    inspection::{Docket, Fact, Standing, may_say, of_subject},
    moment::Moment,
    pack::City,
    party::{Kind, Party},
    picture::Owed,
    rejection::Rejection,
};

use super::course::Course;
use crate::{read::Reader, told::Spot, yardstick::Yardstick};

/// See the module's doc.
pub(super) struct Stop {
    city: Arc<City>,
    id: InspectionId,
    own: BTreeSet<(u64, u32, bool)>,
    docket: Option<Docket>,
}

fn placed(spot: Spot) -> (u64, u32, bool) {
    (spot.place, spot.index, spot.is_received)
}

/// Whom the first step of a stop is about.
pub(super) fn object_of(
    reader: &mut Reader,
    first: Option<Spot>,
) -> Result<Option<ObjectId>, Rejection> {
    let Some(spot) = first else { return Ok(None) };
    let envelope = reader.envelope(spot)?;
    Ok(envelope.and_then(|(envelope, _)| of_subject(&reader.city().id, &envelope.subject)))
}

impl Stop {
    /// Before anything was said; its own steps stand there.
    pub(super) fn new(yardstick: &Yardstick, id: InspectionId, own: Vec<Spot>) -> Stop {
        let own = own.into_iter().map(placed).collect();
        Stop { city: Arc::clone(&yardstick.city), id, own, docket: None }
    }

    fn office(&self) -> Party {
        Party { kind: Kind::Office, id: self.city.coordinator.to_string() }
    }
}

impl Course for Stop {
    fn take(&mut self, envelope: &Envelope, at: Moment) -> bool {
        let Some(object) = of_subject(&self.city.id, &envelope.subject) else { return false };
        let fact: Option<Fact> =
            proto::inspection::read(&envelope.kind, &envelope.body).ok().flatten();
        let Some(fact) = fact.filter(|fact| may_say(&envelope.source, fact)) else { return false };
        let docket = self.docket.get_or_insert_with(|| Docket::new(object));
        docket.apply(&fact, at, &self.city.powers);
        true
    }

    fn owes(&self, _yardstick: &Yardstick) -> Vec<Owed> {
        let Some(docket) = &self.docket else { return Vec::new() };
        let findings = docket.inspections.get(&self.id).into_iter().flat_map(|one| &one.findings);
        let owed = |(number, finding): (&u32, &domain::inspection::Finding)| {
            let (party, duty) = match docket.standing(&self.id, *number)? {
                Standing::Pending => (Party::unit(finding.owner.as_ref()?), "settle"),
                Standing::Office => (self.office(), "assign"),
                Standing::Double => (self.office(), "choose"),
                _ => return None,
            };
            Some(Owed { about: number.to_string(), ..Owed::new(party, duty) })
        };
        findings.filter_map(owed).collect()
    }

    fn is_over(&self) -> bool {
        let one = self.docket.as_ref().and_then(|docket| docket.inspections.get(&self.id));
        one.is_some_and(|one| one.closed_at.is_some())
    }

    fn part_of(&self) -> Vec<String> {
        let one = self.docket.as_ref().and_then(|docket| docket.inspections.get(&self.id));
        let operation = one.and_then(|one| one.opened.operation.as_ref());
        let city = &self.city.id;
        operation.map(|id| domain::operation::subject(city, id)).into_iter().collect()
    }

    fn shows(&self, spot: Spot) -> bool {
        self.own.contains(&placed(spot))
    }
}
