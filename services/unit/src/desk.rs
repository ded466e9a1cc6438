//! The rules of one unit over its own state: what its desk may do, and what comes for it.
//!
//! A desk command is one record: the fact, the answer, the envelope to the record of the case.
//! A look-up is one record too, also when nothing is found: who asked is never lost. What comes
//! counts only from the party whose word it is, and only when it is for this unit.

mod fold;
pub(crate) mod lookup;
pub(crate) mod notice;
pub(crate) mod question;

use std::sync::Arc;

use domain::{
    case::fact::Fact,
    evidence::Digest,
    id::{CaseId, EnvelopeId, PersonId, UnitId},
    moment::Moment,
    pack::City,
    party::Party,
    rejection::Rejection,
    task::{self, Desk as AtHand, State, Task},
};
use kit::{
    access::Access,
    store::{Decision, Machine, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::{record::Record, register::LookUpRequest, unit::TaskState};

use crate::{
    asking::{Inquiry, Replying, Telling},
    module::Module,
    wire,
};

/// What the change of a piece that is at its lead is called.
pub(crate) const COPIED: &str = "copied";

/// One unit's rules.
pub(crate) struct Desk {
    pub(crate) unit: UnitId,
    pub(crate) city: Arc<City>,
    /// What the policies of the city say about those who ask.
    pub(crate) access: Access,
    pub(crate) module: Box<dyn Module>,
}

/// What one unit can be told.
pub(crate) enum Command {
    /// The desk acts on a task.
    Act(Box<Act>),
    /// Somebody looks a key up.
    LookUp(Box<LookUpRequest>),
    /// A piece of evidence is at its lead.
    Copied(Vec<u8>),
    /// The unit asks another.
    Ask(Box<Inquiry>),
    /// A person of the unit replies to a question.
    Reply(Box<Replying>),
    /// The unit's service replies to a question by itself.
    ReplyItself(String),
    /// The deadline of a question may be over.
    EndUnanswered(String),
    /// The unit tells others something.
    SendNotice(Box<Telling>),
}

/// What the desk does.
pub(crate) struct Act {
    /// The case.
    pub(crate) case_id: CaseId,
    /// Who acts.
    pub(crate) person: PersonId,
    /// What they do.
    pub(crate) command: task::Command,
    /// What is in the evidence store, and what the pack asks for.
    pub(crate) at_hand: AtHand,
    /// The caller's trace context, for a call that had none.
    pub(crate) traceparent: String,
}

impl Machine for Desk {
    type Command = Command;
    type Fact = ();
    const LAYOUT: u32 = 2;

    fn party(&self) -> Party {
        Party::unit(&self.unit)
    }

    fn decide(&self, tx: &Tx<'_>, command: Command, now: Moment) -> Result<Decision, Refusal> {
        match command {
            Command::Act(act) => self.act(tx, *act, now),
            Command::LookUp(asked) => Ok(self.look_up(&asked, now)?),
            Command::Copied(key) if tx.get(&key)?.is_none() => Ok(Decision::default()),
            Command::Copied(key) => Ok(Decision::change(COPIED, key, Vec::new(), Vec::new())),
            Command::Ask(inquiry) => self.ask(tx, *inquiry, now),
            Command::Reply(replying) => self.reply(tx, *replying, now),
            Command::ReplyItself(question_id) => self.reply_itself(tx, &question_id, now),
            Command::EndUnanswered(question_id) => self.end_unanswered(tx, question_id, now),
            Command::SendNotice(telling) => self.send_notice(tx, *telling, now),
        }
    }

    fn apply(&self, tx: &mut Tx<'_>, _place: u64, record: &Record) -> Result<(), view::Error> {
        self.fold(tx, record)?;
        self.fold_questions(tx, record)?;
        self.fold_notices(tx, record)
    }
}

impl Desk {
    fn act(&self, tx: &Tx<'_>, act: Act, now: Moment) -> Result<Decision, Refusal> {
        let Act { case_id, person, command, at_hand, traceparent } = act;
        let mut task = task(tx, &case_id)?.ok_or_else(|| unknown(&case_id))?;
        self.check_named(&command)?;
        self.module.check(&task, &command)?;
        let fact = task::decide(&task, command, &at_hand)?;
        task.apply(&fact, now);
        let call_trace = tx.get(&trace_key(&case_id))?;
        let call_trace = call_trace.and_then(|text| String::from_utf8(text).ok());
        let (kind, body) = proto::fact::write(&fact);
        let outgoing = Outgoing {
            actor: Some(person),
            // One case is one trace: the call brought it. A caller's own is the second choice.
            traceparent: Some(call_trace.unwrap_or(traceparent)),
            ..Outgoing::new(
                envelope_id(&task, word(&fact))?,
                &subject(&self.city, &case_id),
                (kind.clone(), body.clone()),
            )
        };
        let answer = wire::task_out(&self.city.calendar, &task).encode_to_vec();
        Ok(Decision::change(&kind, body, vec![outgoing], answer))
    }

    /// A refusal may name a unit of the city, and not itself.
    fn check_named(&self, command: &task::Command) -> Result<(), Rejection> {
        let task::Command::Refuse { named_unit: Some(named), .. } = command else { return Ok(()) };
        if self.city.unit(named).is_none() || *named == self.unit {
            let message = format!("{named} is no other unit of {}", self.city.id);
            return Err(Rejection::invalid("UNKNOWN_UNIT", "named_unit", message));
        }
        Ok(())
    }
}

fn envelope_id(task: &Task, word: &str) -> Result<EnvelopeId, Rejection> {
    let (round, unit) = (task.call.round, &task.call.unit);
    proto::convert::id("case_id", format!("{}/{round}/{word}/{unit}", task.case_id))
}

fn word(fact: &Fact) -> &'static str {
    match fact {
        Fact::Accepted { .. } => "accepted",
        Fact::Refused { .. } => "refused",
        Fact::Arrived { .. } => "arrived",
        Fact::Disposed { .. } => "disposed",
        _ => "declared",
    }
}

/// The subject of a case.
fn subject(city: &City, case_id: &CaseId) -> String {
    format!("case/{}/{case_id}", city.id)
}

/// There is no such task here.
pub(crate) fn unknown(case_id: &CaseId) -> Rejection {
    let message = format!("this unit has no task in the case {case_id}");
    Rejection::unknown("UNKNOWN_TASK", "case_id", message)
}

/// The task of a case.
pub(crate) fn task(tx: &Tx<'_>, case_id: &CaseId) -> Result<Option<Task>, view::Error> {
    Ok(tx.get(&task_key(case_id))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// Up to `limit` tasks by case, from a case on; only those in a state where one is given.
pub(crate) fn tasks(
    tx: &Tx<'_>,
    state: Option<TaskState>,
    from: &[u8],
    limit: usize,
) -> Result<Vec<Task>, view::Error> {
    let prefix = state.map_or_else(|| b"t".to_vec(), state_prefix);
    let found = tx.scan(&prefix, &[&prefix, from].concat(), limit)?;
    let cases = found.into_iter().filter_map(|(key, _)| {
        let case_id = String::from_utf8(key.get(prefix.len()..)?.to_vec()).ok()?;
        CaseId::parse(case_id).ok()
    });
    let tasks: Result<Vec<Option<Task>>, view::Error> =
        cases.map(|case_id| task(tx, &case_id)).collect();
    Ok(tasks?.into_iter().flatten().collect())
}

fn task_key(case_id: &CaseId) -> Vec<u8> {
    [b"t", case_id.as_str().as_bytes()].concat()
}

fn trace_key(case_id: &CaseId) -> Vec<u8> {
    [b"p", case_id.as_str().as_bytes()].concat()
}

fn state_prefix(state: TaskState) -> Vec<u8> {
    vec![b's', u8::try_from(i32::from(state)).unwrap_or(0)]
}

fn state_key(state: State, case_id: &CaseId) -> Vec<u8> {
    [&state_prefix(wire::state_out(state)), case_id.as_str().as_bytes()].concat()
}

/// The key of evidence that a lead may read (`e`), or has not got yet (`c`).
fn lead_key(kind: u8, lead: &UnitId, digest: &Digest) -> Vec<u8> {
    [&[kind], lead.as_str().as_bytes(), &[0], digest.hex().as_bytes()].concat()
}

/// Whether a unit leads a case to which this piece belongs.
pub(crate) fn shares(tx: &Tx<'_>, lead: &UnitId, digest: &Digest) -> Result<bool, view::Error> {
    Ok(tx.get(&lead_key(b'e', lead, digest))?.is_some())
}

/// A piece of evidence that is not yet at its lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToCopy {
    pub(crate) key: Vec<u8>,
    pub(crate) lead: UnitId,
    pub(crate) digest: Digest,
}

/// What is not yet at its lead, at most `limit`, from a key on.
pub(crate) fn to_copy(tx: &Tx<'_>, from: &[u8], limit: usize) -> Result<Vec<ToCopy>, view::Error> {
    let read = |key: Vec<u8>| {
        let text = std::str::from_utf8(key.get(1..)?).ok()?;
        let (lead, hex) = text.split_once('\0')?;
        let (lead, digest) = (UnitId::parse(lead).ok()?, format!("sha256:{hex}").parse().ok()?);
        Some(ToCopy { key, lead, digest })
    };
    let found = tx.scan(b"c", from, limit)?;
    Ok(found.into_iter().filter_map(|(key, _)| read(key)).collect())
}
