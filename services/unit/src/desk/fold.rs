//! Records into the view of a unit. What is written is true: nothing here refuses.

use domain::{
    case::{
        Dispute, Finding, Ladder,
        fact::{Called, Fact},
        source::may_say,
    },
    envelope::Envelope,
    evidence::Evidence,
    id::{CaseId, UnitId},
    moment::Moment,
    outage::Outage,
    party::Party,
    task::{Task, TaskId},
};
use kit::{inbox::accepted_at, tx::Tx, view};
use proto::{
    record::{Received, Record},
    unit::TaskState,
};

use super::{
    COPIED, Desk, claim, copy_key, id_of, of_case, reader_key, state_key, task, task_key, tasks,
    trace_key,
};

impl Desk {
    pub(super) fn fold(&self, tx: &mut Tx<'_>, record: &Record) -> Result<(), view::Error> {
        if let Some(change) = record.change.as_ref().filter(|change| change.kind == COPIED) {
            tx.remove(change.data.clone());
        }
        for (case_id, fact, _) in self.said(record) {
            for id in self.targets(tx, &case_id, &fact)? {
                self.fold_own(tx, &id, &fact, Moment(record.at_ms))?;
            }
        }
        for received in &record.received {
            if let Some(outage) = self.was_away(received) {
                self.fold_away(tx, &outage)?;
            }
            let Some((case_id, fact, envelope)) = self.heard(received) else { continue };
            for id in self.targets(tx, &case_id, &fact)? {
                self.fold_heard(tx, &id, &fact, &envelope, accepted_at(received))?;
            }
        }
        Ok(())
    }

    /// The tasks that a record may have changed.
    pub(crate) fn touched(&self, tx: &Tx<'_>, record: &Record) -> Result<Vec<TaskId>, view::Error> {
        let said = self.said(record).into_iter();
        let heard = record.received.iter().filter_map(|received| self.heard(received));
        let mut ids: Vec<TaskId> = claim::of(record).into_iter().collect();
        for (case_id, fact, _) in said.chain(heard) {
            ids.extend(self.targets(tx, &case_id, &fact)?);
        }
        for outage in record.received.iter().filter_map(|received| self.was_away(received)) {
            let moved = owing(tx)?.into_iter().filter(|task| task.outages.contains(&outage));
            ids.extend(moved.map(|task| id_of(&self.unit, &task)));
        }
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    /// The tasks that a fact is about.
    fn targets(
        &self,
        tx: &Tx<'_>,
        case_id: &CaseId,
        fact: &Fact,
    ) -> Result<Vec<TaskId>, view::Error> {
        let of = |unit: &UnitId| {
            let in_place_of = (*unit != self.unit).then(|| unit.clone());
            vec![TaskId { case_id: case_id.clone(), in_place_of }]
        };
        Ok(match fact {
            Fact::Called(call) => of(&call.unit),
            Fact::Reminded(rung)
            | Fact::Urged(rung)
            | Fact::Ladder(Ladder::Noticed { rung, .. }) => {
                rung.party.as_unit().as_ref().map(of).unwrap_or_default()
            }
            Fact::Ladder(Ladder::Pressed { party, .. }) => {
                party.as_unit().as_ref().map(of).unwrap_or_default()
            }
            Fact::Proxied(proxied) => proxied.part().map(|(_, unit)| of(unit)).unwrap_or_default(),
            Fact::Timing(timing) => of(timing.unit()),
            Fact::Closed { .. }
            | Fact::HandedOver { .. }
            | Fact::Ladder(Ladder::Instructed { .. })
            | Fact::Finding(Finding::Consulted { .. }) => of_case(tx, case_id)?,
            _ => of(&self.unit),
        })
    }

    /// What the desk said: an envelope is the fact, its subject the case.
    fn said(&self, record: &Record) -> Vec<(CaseId, Fact, Envelope)> {
        let read = |wire: &proto::envelope::Wire| self.read(wire.clone());
        record.outgoing.iter().filter_map(read).collect()
    }

    /// What came for this unit, from the party whose word it is.
    fn heard(&self, received: &Received) -> Option<(CaseId, Fact, Envelope)> {
        let (case_id, fact, envelope) = self.read(received.envelope.clone()?)?;
        let is_for_us = envelope.recipient == Some(Party::unit(&self.unit));
        let ours = match &fact {
            Fact::Called(call) if call.by_proxy => call.lead == self.unit,
            Fact::Called(call) => call.unit == self.unit,
            Fact::Reminded(rung) | Fact::Urged(rung) => {
                is_for_us || rung.party.as_unit().as_ref() == Some(&self.unit)
            }
            Fact::Ladder(Ladder::Pressed { party, .. }) => {
                is_for_us || party.as_unit().as_ref() == Some(&self.unit)
            }
            Fact::Ladder(Ladder::Noticed { rung, .. }) => {
                is_for_us || rung.party.as_unit().as_ref() == Some(&self.unit)
            }
            Fact::Timing(timing) => is_for_us || timing.unit() == &self.unit,
            Fact::Closed { .. }
            | Fact::HandedOver { .. }
            | Fact::Ladder(Ladder::Instructed { .. })
            | Fact::Finding(Finding::Consulted { .. }) => true,
            _ => false,
        };
        (ours && may_say(&envelope.source, &fact)).then_some((case_id, fact, envelope))
    }

    /// What the worker tells this unit of an outage of ours.
    fn was_away(&self, received: &Received) -> Option<Outage> {
        let wire = received.envelope.as_ref()?;
        let is_about = wire.r#type.starts_with("muster.outage.v1.");
        let envelope = is_about.then(|| proto::envelope::from_wire(wire.clone()).ok()).flatten()?;
        let is_ours = envelope.recipient == Some(Party::unit(&self.unit));
        proto::outage::read(&self.city.id, &envelope).filter(|_| is_ours)
    }

    pub(super) fn read(&self, wire: proto::envelope::Wire) -> Option<(CaseId, Fact, Envelope)> {
        let envelope = proto::envelope::from_wire(wire).ok()?;
        let prefix = format!("case/{}/", self.city.id);
        let case_id = CaseId::parse(envelope.subject.strip_prefix(&prefix)?).ok()?;
        match proto::fact::read(&envelope.kind, &envelope.body) {
            Ok(fact) => Some((case_id, fact?, envelope)),
            Err(rejection) => {
                tracing::warn!(unit = %self.unit, %rejection, "an envelope that can't be read");
                None
            }
        }
    }

    fn fold_own(
        &self,
        tx: &mut Tx<'_>,
        id: &TaskId,
        fact: &Fact,
        at: Moment,
    ) -> Result<(), view::Error> {
        let Some(mut now) = task(tx, id)? else { return Ok(()) };
        let before = now.state;
        now.apply(fact, at);
        if let Fact::Disposed { evidence, .. } | Fact::Dispute(Dispute::Raised { evidence, .. }) =
            fact
        {
            self.show(tx, &now.call, evidence);
        }
        tx.remove(state_key(before, id));
        self.put(tx, &now);
        Ok(())
    }

    /// Who whistled sees what came of it; the lead sees it too, and gets a copy.
    fn show(&self, tx: &mut Tx<'_>, call: &Called, evidence: &[Evidence]) {
        for Evidence { digest, .. } in evidence {
            tx.put(reader_key(&Party::community(&call.community), digest), b"");
            if call.lead != self.unit {
                tx.put(reader_key(&Party::unit(&call.lead), digest), b"");
                tx.put(copy_key(&call.lead, digest), b"");
            }
        }
    }

    fn fold_heard(
        &self,
        tx: &mut Tx<'_>,
        id: &TaskId,
        fact: &Fact,
        envelope: &Envelope,
        at: Moment,
    ) -> Result<(), view::Error> {
        let case_id = &id.case_id;
        let before = task(tx, id)?;
        let now = match (&before, fact) {
            (None, Fact::Called(call)) => Some(Task::begin(case_id.clone(), call.clone(), at)),
            (None, _) => None,
            (Some(task), fact) => {
                let mut task = task.clone();
                task.apply(fact, at).then_some(task)
            }
        };
        let Some(now) = now else { return Ok(()) };
        if let (Fact::Called(_), Some(traceparent)) = (fact, &envelope.traceparent) {
            tx.put(trace_key(case_id.as_str()), traceparent.as_bytes());
        }
        if let Some(before) = before {
            tx.remove(state_key(before.state, id));
        }
        self.put(tx, &now);
        Ok(())
    }

    pub(super) fn put(&self, tx: &mut Tx<'_>, task: &Task) {
        let id = id_of(&self.unit, task);
        tx.put(task_key(&id), serde_json::to_vec(task).unwrap_or_default());
        tx.put(state_key(task.state, &id), b"");
    }

    /// What the unit owes is due later by our outage, whatever its system was told meanwhile.
    fn fold_away(&self, tx: &mut Tx<'_>, outage: &Outage) -> Result<(), view::Error> {
        for mut task in owing(tx)? {
            if task.away(outage) {
                self.put(tx, &task);
            }
        }
        Ok(())
    }
}

/// The tasks in which the unit owes something.
fn owing(tx: &Tx<'_>) -> Result<Vec<Task>, view::Error> {
    let mut found = Vec::new();
    for state in [TaskState::Called, TaskState::Accepted, TaskState::Arrived] {
        found.extend(tasks(tx, Some(state), b"", usize::MAX)?);
    }
    Ok(found)
}
