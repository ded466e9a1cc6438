//! Records into what a desk knows of stops. What is written is true: nothing here refuses.

use domain::{
    credit::ViolationId,
    id::ObjectId,
    inspection::{Docket, Fact, may_say, of_subject},
    moment::Moment,
    party::Party,
};
use kit::{inbox::accepted_at, tx::Tx, view};
use proto::{envelope::Wire, record::Record};

use super::{
    super::{keep_trace, violation},
    Desk, lead_of, shelf, stop,
};
use crate::desk::{copy_key, reader_key};

impl Desk {
    pub(in crate::desk) fn fold_inspections(
        &self,
        tx: &mut Tx<'_>,
        record: &Record,
    ) -> Result<(), view::Error> {
        for wire in &record.outgoing {
            self.fold_inspection(tx, wire, Moment(record.at_ms))?;
        }
        for received in &record.received {
            if let Some(wire) = &received.envelope {
                self.fold_inspection(tx, wire, accepted_at(received))?;
            }
        }
        Ok(())
    }

    fn fold_inspection(&self, tx: &mut Tx<'_>, wire: &Wire, at: Moment) -> Result<(), view::Error> {
        let Some((object, fact)) = self.read_inspection(wire) else { return Ok(()) };
        if shelf::is_of_another(tx, &object, &fact)? {
            return Ok(());
        }
        let mut docket = shelf::docket(tx, &object)?.unwrap_or_else(|| Docket::new(object));
        if !docket.apply(&fact, at, &self.city.powers) {
            return Ok(());
        }
        if let Fact::Opened(opened) | Fact::Assigned { opened, .. } = &fact {
            keep_trace(tx, &stop(&opened.id), wire)?;
        }
        if let Fact::Seized(seized) = &fact {
            shelf::count(tx, seized.id.number);
        }
        if let Fact::Opened(opened) | Fact::Assigned { opened, .. } = &fact
            && opened.unit == self.unit
        {
            self.share(tx, &docket, &opened.id);
        }
        if let Fact::Chosen { aside, reason, .. } = &fact {
            self.set_aside(tx, &docket.object, aside, reason)?;
        }
        shelf::put(tx, &self.unit, &docket);
        Ok(())
    }

    /// What shows a finding goes to its owner, and may be read by it.
    fn share(&self, tx: &mut Tx<'_>, docket: &Docket, id: &domain::id::InspectionId) {
        let findings = docket.inspections.get(id).into_iter().flat_map(|one| one.findings.values());
        for finding in findings {
            let Some(owner) = lead_of(finding, &self.unit) else { continue };
            for piece in &finding.found.evidence {
                let known = reader_key(&Party::unit(owner), &piece.digest);
                if matches!(tx.get(&known), Ok(None)) {
                    tx.put(known, b"");
                    tx.put(copy_key(owner, &piece.digest), b"");
                }
            }
        }
    }

    /// For credit, the office's choice revokes the decision of this unit that does not stand.
    fn set_aside(
        &self,
        tx: &mut Tx<'_>,
        object: &ObjectId,
        aside: &[ViolationId],
        reason: &str,
    ) -> Result<(), view::Error> {
        for id in aside.iter().filter(|id| id.unit == self.unit) {
            if let Some(held) = violation::held(tx, object, &id.decision)? {
                let revoked = held.revoked.clone().or(Some(reason.to_owned()));
                violation::put(tx, &violation::Held { revoked, ..held });
            }
        }
        Ok(())
    }

    /// What this unit said, and what came for it, from the party whose word it is.
    fn read_inspection(&self, wire: &Wire) -> Option<(ObjectId, Fact)> {
        if !wire.r#type.starts_with("muster.inspection.v1.") {
            return None;
        }
        let envelope = proto::envelope::from_wire(wire.clone()).ok()?;
        let object = of_subject(&self.city.id, &envelope.subject)?;
        let own = Party::unit(&self.unit);
        let is_ours = envelope.source == own || envelope.recipient == Some(own);
        let fact = proto::inspection::read(&envelope.kind, &envelope.body).ok()??;
        (is_ours && may_say(&envelope.source, &fact)).then_some((object, fact))
    }
}
