//! The rules of the fold: what is sent for a step, and what a record changes.

use domain::{
    approval,
    case::{Course, Fact, Stage, Step, decide, may_say},
    decision,
    envelope::Envelope,
    id::CaseId,
    moment::Moment,
    operation,
    party::{Party, Role},
    rejection::Rejection,
};
use kit::{
    store::{Decision, Draft, Machine, Refusal},
    tx::Tx,
    view,
};
use proto::record::{Received, Record};
use serde::Serialize;

use super::{
    Command, Flow, Fold, Kept, Mark, away, incidents, sight,
    state::{case_key, kept, key, mark, refusal, under_way, whistle},
};
use crate::{
    credit::object_of,
    sheets::sheet_of,
    steps::{self, Known, case_of},
};

/// The change that says that a flow was told.
const TOLD: &str = "told";

impl Machine for Fold {
    type Command = Command;
    type Fact = ();
    const LAYOUT: u32 = 5;

    fn party(&self) -> Party {
        Party::service(Role::Worker)
    }

    fn decide(&self, tx: &Tx<'_>, command: Command, _now: Moment) -> Result<Decision, Refusal> {
        match command {
            Command::Send(case_id, step) => self.send(tx, &case_id, &step),
            Command::SendSheet(sheet, step) => self.send_sheet(tx, &sheet, &step),
            Command::SendCredit(object, step) => self.send_credit(tx, &object, &step),
            Command::Answered(object, delivery, answer) => {
                self.answered(tx, &object, &delivery, answer)
            }
            Command::SendApproval(id, step) => self.send_approval(tx, &id, &step),
            Command::SendDecision(id, step) => self.send_decision(tx, &id, &step),
            Command::SendOperation(id, step) => self.send_operation(tx, &id, &step),
            Command::Told(flow, told) => {
                if mark(tx, &flow)?.as_ref() != Some(&told) {
                    return Ok(Decision::unchanged(Vec::new()));
                }
                let data = json(&(flow, told));
                Ok(Decision::change(TOLD, data, Vec::new(), Vec::new()))
            }
            Command::Here(now, outage_after) => self.here(tx, now, outage_after),
            Command::Tell(outage, unit, text) => self.tell_unit(tx, &outage, &unit, text),
            Command::AllTold(outage) => Fold::all_told(tx, &outage),
            Command::Stuck(flow, opened) => incidents::stuck_now(tx, &flow, *opened),
            Command::Passed(flow) => incidents::passed(tx, &flow),
            Command::Resolve(id, resolved) => incidents::resolve(tx, id, resolved),
            Command::Carried(id) => incidents::carried(tx, id),
        }
    }

    fn apply(&self, tx: &mut Tx<'_>, _place: u64, record: &Record) -> Result<(), view::Error> {
        if let Some(change) = record.change.as_ref().filter(|change| change.kind == TOLD)
            && let Ok((flow, told)) = serde_json::from_slice::<(Flow, Mark)>(&change.data)
            && mark(tx, &flow)?.as_ref() == Some(&told)
        {
            tx.remove(key(b't', &flow));
        }
        if let Some(change) = &record.change {
            away::fold(tx, change)?;
            incidents::fold(tx, change, Moment(record.at_ms))?;
        }
        for wire in &record.outgoing {
            let Ok(envelope) = proto::envelope::from_wire(wire.clone()) else { continue };
            if let Some(flow) = self.flow_of(&envelope.subject) {
                tx.put(under_way(&flow, envelope.id.as_str()), "");
                Fold::sends(tx, &flow, &envelope);
            }
        }
        for received in &record.received {
            self.receive(tx, received)?;
        }
        self.arrives(tx, record)
    }
}

pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

impl Fold {
    fn send(&self, tx: &Tx<'_>, case_id: &CaseId, step: &Step) -> Result<Decision, Refusal> {
        let Some(kept) = kept(tx, case_id)? else {
            let message = format!("the record has no case {case_id} yet");
            return Err(Rejection::unknown("UNKNOWN_CASE", "case_id", message).into());
        };
        let limits = self.limits(tx, &kept)?;
        let whistle = whistle(tx, case_id)?;
        let Some(whistle) = whistle.filter(|_| steps::is_wanted(&kept.course, &limits, step))
        else {
            return Ok(Decision::unchanged(Vec::new()));
        };
        let registry = kit::registry::about_issue(tx, &kept.issue_type)?;
        let known = Known {
            case_id,
            whistle: &whistle,
            course: &kept.course,
            limits: &limits,
            traceparent: kept.traceparent.as_deref(),
            registry: &registry,
        };
        let outgoing = steps::envelopes(&self.city, &known, step);
        if outgoing.is_empty() {
            return Ok(Decision::unchanged(Vec::new()));
        }
        let drafts = vec![Draft { outgoing, ..Draft::default() }];
        Ok(Decision { drafts, answer: Vec::new() })
    }

    fn flow_of(&self, subject: &str) -> Option<Flow> {
        let city = &self.city.id;
        let case = case_of(city, subject).map(Flow::Case);
        let sheet = || sheet_of(city, subject).map(Flow::Sheet);
        let approval = || approval::of_subject(city, subject).map(Flow::Approval);
        let credit = || object_of(city, subject).map(Flow::Credit);
        let decision = || decision::of_subject(city, subject).map(Flow::Decision);
        let operation = || operation::of_subject(city, subject).map(Flow::Operation);
        let joint = case.or_else(sheet).or_else(approval).or_else(credit);
        joint.or_else(decision).or_else(operation)
    }

    fn receive(&self, tx: &mut Tx<'_>, received: &Received) -> Result<(), view::Error> {
        let wire = received.envelope.clone().unwrap_or_default();
        let Ok(envelope) = proto::envelope::from_wire(wire) else { return Ok(()) };
        if let Some(fact) = kit::registry::told(&self.city.id, &envelope) {
            return kit::registry::fold(tx, &envelope, &fact);
        }
        let Some(flow) = self.flow_of(&envelope.subject) else { return Ok(()) };
        if envelope.source == self.party() {
            tx.remove(under_way(&flow, envelope.id.as_str()));
        }
        let at = Moment(received.accepted_at_ms);
        let case_id = match flow {
            Flow::Case(case_id) => case_id,
            Flow::Sheet(sheet) => return self.receive_sheet(tx, &sheet, &envelope, at),
            Flow::Credit(object) => return self.receive_credit(tx, &object, &envelope, at),
            Flow::Approval(id) => return self.receive_approval(tx, &id, &envelope, at),
            Flow::Decision(id) => return self.receive_decision(tx, &id, &envelope, at),
            Flow::Operation(id) => return self.receive_operation(tx, &id, &envelope, at),
        };
        let fact = proto::fact::read(&envelope.kind, &envelope.body).ok().flatten();
        let Some(fact) = fact.filter(|fact| may_say(&envelope.source, fact)) else {
            return Ok(());
        };
        match kept(tx, &case_id)? {
            None => begin(tx, &case_id, &envelope, &fact, at),
            Some(kept) => self.go_on(tx, &case_id, kept, &envelope, &fact, at)?,
        }
        sight::note(tx, &case_id, &fact)
    }

    fn go_on(
        &self,
        tx: &mut Tx<'_>,
        case_id: &CaseId,
        mut kept: Kept,
        envelope: &Envelope,
        fact: &Fact,
        at: Moment,
    ) -> Result<(), view::Error> {
        let before = kept.course.clone();
        kept.course.apply(fact, at);
        if kept.course == before {
            return Ok(());
        }
        if let Some(issue_type) = &kept.course.jurisdiction.issue_type {
            kept.issue_type.clone_from(issue_type);
        }
        let evaded = &kept.course.jurisdiction.evaded;
        for (unit, round) in evaded.iter().skip(before.jurisdiction.evaded.len()) {
            tx.put(refusal(unit, &kept.issue_type, case_id, *round), []);
        }
        if kept.course.stage == Stage::Closed {
            for kind in *b"wot" {
                tx.remove(case_key(kind, case_id));
            }
            kept.alarm = None;
            tx.put(case_key(b'c', case_id), json(&kept));
            return Ok(());
        }
        let limits = self.limits(tx, &kept)?;
        // An alarm that has rung was set again by what the flow saw then.
        if kept.alarm.is_some_and(|alarm| alarm <= at) {
            kept.alarm = steps::wakes(&before, &limits, at);
        }
        let plan = decide(&kept.course, &limits, at);
        let earlier = match (plan.wake, kept.alarm) {
            (Some(wake), Some(alarm)) => wake < alarm,
            (wake, None) => wake.is_some(),
            (None, Some(_)) => false,
        };
        // The flow reads its own steps back, so it knows them already.
        let is_own = envelope.source == self.party();
        let is_milestone = !plan.steps.is_empty() || is_turn(&before, &kept.course) || earlier;
        kept.alarm = match is_own || is_milestone {
            true => plan.wake,
            // When the flow looks at what it was told before, it may see this already, and set its
            // alarm by it: what it has set is not known to be earlier than the later of both.
            false => kept.alarm.zip(plan.wake).map(|(alarm, wake)| alarm.max(wake)),
        };
        if is_milestone && !is_own {
            let mark = Mark { is_start: false, ..of(envelope) };
            tx.put(case_key(b't', case_id), json(&mark));
        }
        tx.put(case_key(b'c', case_id), json(&kept));
        Ok(())
    }
}

/// Whether the word has gone to the community.
fn is_turn(before: &Course, after: &Course) -> bool {
    before.stage != Stage::Confirming && after.stage == Stage::Confirming
}

pub(super) fn of(envelope: &Envelope) -> Mark {
    let name = envelope.kind.rsplit('.').next().unwrap_or_default().to_owned();
    Mark { name, id: format!("{}/{}", envelope.source, envelope.id), is_start: true }
}

fn begin(tx: &mut Tx<'_>, case_id: &CaseId, envelope: &Envelope, fact: &Fact, at: Moment) {
    let Fact::Whistled(whistle) = fact else { return };
    let course = Course::of(whistle, at);
    let kept = Kept::of(course, whistle, envelope.traceparent.clone());
    tx.put(case_key(b'c', case_id), json(&kept));
    tx.put(case_key(b'w', case_id), json(whistle));
    tx.put(case_key(b'o', case_id), "");
    tx.put(case_key(b't', case_id), json(&of(envelope)));
}
