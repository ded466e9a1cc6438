//! The rules of one unit over its own state: what its desk may do, and what comes for it.
//!
//! A desk command is one record: the fact, the answer, the envelope to the record of the case.
//! A look-up is one record too, also when nothing is found: who asked is never lost. What comes
//! counts only from the party whose word it is, and only when it is for this unit.

mod claim;
pub(crate) mod contact;
pub(crate) mod dispute;
mod fold;
pub(crate) mod inspection;
pub(crate) mod lookup;
pub(crate) mod notice;
pub(crate) mod procedure;
pub(crate) mod question;
pub(crate) mod review;
pub(crate) mod sheet;
pub(crate) mod team;
pub(crate) mod violation;

use std::sync::Arc;

use domain::{
    case::{Dispute, Proxied, fact::Fact},
    evidence::Digest,
    id::{CaseId, ContactId, EnvelopeId, PersonId, UnitId},
    moment::Moment,
    pack::City,
    party::Party,
    rejection::Rejection,
    routing,
    task::{self, Desk as AtHand, State, Task, TaskId},
};
use kit::{
    access::Access,
    store::{Decision, Machine, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::{
    contact_wire::ReadContactRequest, envelope::Wire, muster::envelope::v1::attribute_value::Attr,
    record::Record, register::LookUpRequest, unit::TaskState,
};

use crate::{
    asking::{Claiming, Inquiry, Opinion, Replying, Telling},
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
    /// A person of the unit says that it works on a task.
    Claim(Box<Claiming>),
    /// The unit says whose matter a case is.
    Opine(Box<Opinion>),
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
    /// The unit states its case, where it has to answer.
    State(Box<sheet::Statement>),
    /// The unit decides about a violation.
    Rule(Box<violation::Ruled>),
    /// The unit gives its opinion about items of a joint approval.
    Review(Box<review::Review>),
    /// The unit drafts an enforcement decision, or says a word about one.
    Proceed(Box<procedure::Procedure>),
    /// Another unit hands a telephone number over.
    TakeContact(Box<contact::Taking>),
    /// Somebody reads one.
    ReadContact(Box<ReadContactRequest>),
    /// What came of one.
    ReportContact(Box<contact::Reporting>),
    /// One was deleted.
    EraseContact(ContactId),
    /// A person of the unit says something of a stop or a seizure.
    Inspect(Box<inspection::Said>),
    /// The unit says something of its part in a joint operation.
    Team(Box<team::Telling>),
}

/// What the desk does.
pub(crate) struct Act {
    /// Which task.
    pub(crate) task: TaskId,
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
    const LAYOUT: u32 = 9;

    fn party(&self) -> Party {
        Party::unit(&self.unit)
    }

    fn decide(&self, tx: &Tx<'_>, command: Command, now: Moment) -> Result<Decision, Refusal> {
        match command {
            Command::Act(act) => self.act(tx, *act, now),
            Command::Claim(claiming) => self.take(tx, *claiming, now),
            Command::Opine(opinion) => self.opine(tx, *opinion, now),
            Command::LookUp(asked) => Ok(self.look_up(&asked, now)?),
            Command::Copied(key) if tx.get(&key)?.is_none() => Ok(Decision::default()),
            Command::Copied(key) => Ok(Decision::change(COPIED, key, Vec::new(), Vec::new())),
            Command::Ask(inquiry) => self.ask(tx, *inquiry, now),
            Command::Reply(replying) => self.reply(tx, *replying, now),
            Command::ReplyItself(question_id) => self.reply_itself(tx, &question_id, now),
            Command::EndUnanswered(question_id) => self.end_unanswered(tx, question_id, now),
            Command::SendNotice(telling) => self.send_notice(tx, *telling, now),
            Command::State(statement) => self.state(tx, *statement, now),
            Command::Rule(ruled) => self.rule(tx, *ruled, now),
            Command::Review(review) => self.review(tx, *review, now),
            Command::Proceed(procedure) => self.proceed(tx, *procedure, now),
            Command::TakeContact(taking) => self.take_contact(tx, *taking, now),
            Command::ReadContact(asked) => self.read_contact(tx, &asked),
            Command::ReportContact(reporting) => self.report_contact(tx, *reporting, now),
            Command::EraseContact(id) => self.erase_contact(tx, &id),
            Command::Inspect(said) => self.inspect(tx, *said, now),
            Command::Team(telling) => self.tell(tx, *telling, now),
        }
    }

    fn apply(&self, tx: &mut Tx<'_>, _place: u64, record: &Record) -> Result<(), view::Error> {
        self.fold(tx, record)?;
        self.fold_claims(tx, record)?;
        fold_traces(tx, record)?;
        self.fold_disputes(tx, record)?;
        self.fold_questions(tx, record)?;
        self.fold_sheets(tx, record)?;
        self.fold_violations(tx, record)?;
        self.fold_reviews(tx, record)?;
        self.fold_procedures(tx, record)?;
        self.fold_inspections(tx, record)?;
        self.fold_contacts(tx, record)?;
        self.fold_teams(tx, record)?;
        self.fold_notices(tx, record)
    }
}

impl Desk {
    fn act(&self, tx: &Tx<'_>, act: Act, now: Moment) -> Result<Decision, Refusal> {
        let Act { task: id, person, command, at_hand, traceparent } = act;
        let mut task = task(tx, &id)?.ok_or_else(|| unknown(&id))?;
        let case_id = id.case_id;
        self.check_named(&command)?;
        // What a department knows of its own work says nothing about another's.
        if id.in_place_of.is_none() {
            self.module.check(&task, &command)?;
        }
        let fact = task::decide(&task, command, &at_hand)?;
        let name = word(&fact);
        let fact = match &id.in_place_of {
            None => fact,
            Some(_) => Fact::Proxied(proxied(&self.unit, fact)?),
        };
        task.apply(&fact, now);
        // One case is one trace: the call brought it. A caller's own is the second choice.
        let traceparent = traced(tx, case_id.as_str(), traceparent)?;
        let (kind, body) = proto::fact::write(&fact);
        let outgoing = Outgoing {
            actor: Some(person),
            on_behalf_of: id.in_place_of.as_ref().map(Party::unit),
            traceparent: Some(traceparent),
            ..Outgoing::new(
                envelope_id(&task, &name)?,
                &subject(&self.city, &case_id),
                (kind.clone(), body.clone()),
            )
        };
        let answer = wire::task_out(&self.city.calendar, &task).encode_to_vec();
        Ok(Decision::change(&kind, body, vec![outgoing], answer))
    }

    /// A refusal may name a unit of the city, and not itself; a matter is of a kind, and in a cell,
    /// that it has.
    fn check_named(&self, command: &task::Command) -> Result<(), Rejection> {
        if let task::Command::Retype { issue_type, grid, .. } = command {
            issue_type.iter().try_for_each(|kind| routing::check_issue(&self.city, kind))?;
            return grid.iter().try_for_each(|at| routing::check_grid(&self.city, at).map(drop));
        }
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

/// The word of a fact, which a unit says once in a round.
fn word(fact: &Fact) -> String {
    let word = match fact {
        Fact::Dispute(Dispute::Raised { severity, .. }) => {
            return format!("raised-{}", severity.word());
        }
        Fact::Accepted { .. } => "accepted",
        Fact::Refused { .. } => "refused",
        Fact::Arrived { .. } => "arrived",
        Fact::Disposed { .. } => "disposed",
        Fact::Dispute(Dispute::Contested { .. }) => "contested",
        Fact::Dispute(Dispute::Retyped { .. }) => "retyped",
        _ => "declared",
    };
    word.to_owned()
}

/// What the lead does in another's place; it declares in nobody's.
fn proxied(by: &UnitId, fact: Fact) -> Result<Proxied, Rejection> {
    Proxied::new(by.clone(), fact).ok_or_else(|| {
        Rejection::forbidden("NOT_THE_LEAD", "nobody declares in another's place").at("case_id")
    })
}

/// The subject of a case.
fn subject(city: &City, case_id: &CaseId) -> String {
    format!("case/{}/{case_id}", city.id)
}

/// There is no such task here.
pub(crate) fn unknown(id: &TaskId) -> Rejection {
    let TaskId { case_id, in_place_of } = id;
    let message = match in_place_of {
        None => format!("this unit has no task in the case {case_id}"),
        Some(unit) => format!("this unit acts for no {unit} in the case {case_id}"),
    };
    Rejection::unknown("UNKNOWN_TASK", "case_id", message)
}

/// A task.
pub(crate) fn task(tx: &Tx<'_>, id: &TaskId) -> Result<Option<Task>, view::Error> {
    Ok(tx.get(&task_key(id))?.and_then(|json| serde_json::from_slice(&json).ok()))
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
    let ids = found.into_iter().filter_map(|(key, _)| read_id(key.get(prefix.len()..)?));
    let tasks: Result<Vec<Option<Task>>, view::Error> = ids.map(|id| task(tx, &id)).collect();
    Ok(tasks?.into_iter().flatten().collect())
}

/// The tasks of a case: the unit's own, and those of the units in whose place it acts.
pub(crate) fn of_case(tx: &Tx<'_>, case_id: &CaseId) -> Result<Vec<TaskId>, view::Error> {
    let own = TaskId { case_id: case_id.clone(), in_place_of: None };
    let mut ids = Vec::new();
    if tx.get(&task_key(&own))?.is_some() {
        ids.push(own.clone());
    }
    let others = [&task_key(&own)[..], &[0]].concat();
    let found = tx.scan(&others, b"", usize::MAX)?.into_iter();
    ids.extend(found.filter_map(|(key, _)| read_id(key.get(1..)?)));
    Ok(ids)
}

/// `<case>`, or `<case>` 0 `<unit>` of one in whose place this unit acts.
pub(crate) fn id_bytes(id: &TaskId) -> Vec<u8> {
    let case_id = id.case_id.as_str().as_bytes();
    match &id.in_place_of {
        None => case_id.to_vec(),
        Some(unit) => [case_id, &[0], unit.as_str().as_bytes()].concat(),
    }
}

fn read_id(bytes: &[u8]) -> Option<TaskId> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (case_id, unit) = match text.split_once('\0') {
        None => (text, None),
        Some((case_id, unit)) => (case_id, Some(UnitId::parse(unit).ok()?)),
    };
    Some(TaskId { case_id: CaseId::parse(case_id).ok()?, in_place_of: unit })
}

/// Which task of this desk it is.
pub(crate) fn id_of(desk: &UnitId, task: &Task) -> TaskId {
    let unit = &task.call.unit;
    TaskId { case_id: task.case_id.clone(), in_place_of: (unit != desk).then(|| unit.clone()) }
}

fn task_key(id: &TaskId) -> Vec<u8> {
    [b"t", &id_bytes(id)[..]].concat()
}

/// Of a case by its number, and of anything else by its subject.
fn trace_key(of: &str) -> Vec<u8> {
    [b"p", of.as_bytes()].concat()
}

/// The trace to which what is said belongs: that in which it came, or else the caller's own.
fn traced(tx: &Tx<'_>, of: &str, own: String) -> Result<String, view::Error> {
    Ok(came(tx, of)?.unwrap_or(own))
}

/// The trace in which it came.
fn came(tx: &Tx<'_>, of: &str) -> Result<Option<String>, view::Error> {
    Ok(tx.get(&trace_key(of))?.and_then(|text| String::from_utf8(text).ok()))
}

/// Keeps the trace in which a question, a sheet, an approval, an operation or a decision came first,
/// or in which this desk has begun it; calls bring that of a case.
fn fold_traces(tx: &mut Tx<'_>, record: &Record) -> Result<(), view::Error> {
    let received = record.received.iter().filter_map(|received| received.envelope.as_ref());
    for wire in received.chain(&record.outgoing) {
        let (Some(subject), Some(trace)) = (text(wire, "subject"), text(wire, "traceparent"))
        else {
            continue;
        };
        if TRACED.iter().any(|prefix| subject.starts_with(prefix)) {
            keep(tx, subject, trace)?;
        }
    }
    Ok(())
}

fn keep(tx: &mut Tx<'_>, of: &str, trace: &str) -> Result<(), view::Error> {
    if tx.get(&trace_key(of))?.is_none() {
        tx.put(trace_key(of), trace.as_bytes());
    }
    Ok(())
}

/// Keeps the trace in which something came or was begun here first.
fn keep_trace(tx: &mut Tx<'_>, of: &str, wire: &Wire) -> Result<(), view::Error> {
    text(wire, "traceparent").map_or(Ok(()), |trace| keep(tx, of, trace))
}

/// What beside a case is spoken about later in the trace in which it came.
const TRACED: [&str; 5] = ["question/", "accountability/", "approval/", "operation/", "decision/"];

fn text<'w>(wire: &'w Wire, name: &str) -> Option<&'w str> {
    match wire.attributes.get(name)?.attr.as_ref()? {
        Attr::CeString(text) => Some(text),
        _ => None,
    }
}

fn state_prefix(state: TaskState) -> Vec<u8> {
    vec![b's', u8::try_from(i32::from(state)).unwrap_or(0)]
}

fn state_key(state: State, id: &TaskId) -> Vec<u8> {
    [state_prefix(wire::state_out(state)), id_bytes(id)].concat()
}

/// The key of evidence that a party may read.
fn reader_key(reader: &Party, digest: &Digest) -> Vec<u8> {
    [b"e", reader.to_string().as_bytes(), &[0], digest.hex().as_bytes()].concat()
}

/// The key of evidence that a lead has not got yet.
fn copy_key(lead: &UnitId, digest: &Digest) -> Vec<u8> {
    [b"c", lead.as_str().as_bytes(), &[0], digest.hex().as_bytes()].concat()
}

/// Whether this piece belongs to a case that a party leads, or for which it whistled.
pub(crate) fn shares(tx: &Tx<'_>, reader: &Party, digest: &Digest) -> Result<bool, view::Error> {
    Ok(tx.get(&reader_key(reader, digest))?.is_some())
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
