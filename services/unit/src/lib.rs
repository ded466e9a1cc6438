//! The service of a unit: its tasks, its desk, its evidence, its registers, what it asks others and
//! tells them; one process hosts many.
//!
//! Each unit has a store of its own (journal first, view second) and its own identity towards the
//! bus; they share a port, and the caller's certificate says whose desk is meant. What a desk does
//! is journalled here, answered, and sent when the bus is there: the desk works while everything
//! else is down. A department plugs in as a [`Module`]: registers, opinions, checks of its own.
//!
//! | record | content |
//! |---|---|
//! | change `muster.case.v1.Task…`, `…CaseDeclared`, `…CaseRetyped`, `…RulingContested`, `…SeverityRaised`, `…OpinionGiven` | what the desk did: the body of the one envelope that goes out with it |
//! | change `muster.unit.v1.ClaimTaskRequest` | which person works on a task, or does not any more; the answer is the task after it |
//! | change `muster.register.v1.LookUpRequest` | who looked what up, and why; the answer is the request's |
//! | change `copied` | a piece of evidence is at its lead; the data is the to-do key |
//! | change `muster.ask.v1.QuestionAsked`, `…Answered`, `…Refused` | the body of the one envelope that goes out with it; the answer is the question after it |
//! | change `muster.ask.v1.QuestionUnanswered` | the deadline of a question of this unit was over without a reply |
//! | change `muster.notice.v1.NoticeGiven` | what is told to several, with an envelope for each |
//! | change `muster.accountability.v1.StatementGiven` | what the unit states where it has to answer; its body goes out with it |
//! | change `muster.credit.v1.ViolationConfirmed`, `…Revoked` | what the unit decides about a violation; its body goes out with it |
//! | change `muster.approval.v1.ReviewGiven` | what the unit says about items of a joint approval; its body goes out with it |
//! | change `muster.decision.v1.…` | what the unit says about an enforcement decision; its body goes out with it |
//! | change `muster.inspection.v1.…` | what the unit finds, settles, takes back or seizes; its body goes out with it, and with a proven finding what it is for credit |
//! | change `muster.contact.v1.ContactTaken`, `…Reported`, `…Erased` | a telephone number that another unit has handed over, without it: where it is kept, what came of it, that it is deleted |
//! | change `muster.contact.v1.ReadContactRequest` | who has read one, and what for |
//! | change `muster.operation.v1.PartConfirmed`, `…Declined`, `BriefingRead`, `Team…`, `OrderAnswered` | what the unit says of its part in a joint operation, and with it what it reserves; its body goes out with it |
//! | received | decisions, operations, approvals, stops, contacts, sheets, questions, replies, notices of other units; calls, disputes, reminders, urgings, closings from the worker; rulings from the gateway; anything else changes nothing |
//!
//! | key of the view | value |
//! |---|---|
//! | `a <case>` | the sheet of a case in which the unit has to answer, as JSON |
//! | `t <task>` | the task in its last round, as JSON; `<task>` is `<case>`, or `<case>` 0 `<unit>` of one in whose place this unit acts |
//! | `s <state> <task>` | nothing: the tasks by state |
//! | `p <case>` | the trace context of the last call |
//! | `p <subject>` | the trace context in which a question, a sheet or an approval came first |
//! | `e <lead> 0 <digest>` | nothing: evidence that this lead may read |
//! | `c <lead> 0 <digest>` | nothing: evidence that is not yet at its lead |
//! | `o <case>` | the dispute about a case in which the unit is asked, as JSON |
//! | `q <question>` | the question, as it is answered to who reads it |
//! | `l <direction> <state> <time> <question>` | its id: by direction and state, each also 0 for any |
//! | `w <question>` | nothing: to which the service replies by itself |
//! | `d <deadline> <question>` | its id: this unit's own that are open |
//! | `n <notice>` | the notice, as it is answered to who reads it |
//! | `m <time> <notice>` | its id: in the order of the journal |
//! | `y <object> 0 <decision>` | a violation as this unit has decided it, as JSON |
//! | `v <approval>` | a joint approval in which the unit is asked, as JSON |
//! | `x <approval>` | nothing: the unit has still to speak about it |
//! | `Gd<decision>` | an enforcement decision that concerns the unit, as JSON |
//! | `Gw<decision>` | nothing: it waits for the unit's word |
//! | `Id<object>` | all that this unit knows of an object's stops and seizures, as JSON |
//! | `Io<inspection>`, `Is<seizure>` | their object |
//! | `In` | the last number in the unit's register of seizures |
//! | `If<inspection> 0 <number>` | nothing: the finding is this unit's |
//! | `Ip<inspection> 0 <number>` | nothing: and not settled |
//! | `Kc<contact>` | a telephone number that was handed over, without it, as JSON |
//! | `Km<mark>`, `Ks<slot>` | its contact |
//! | `Kt<contact>` | where the number is kept, as JSON |
//! | `Kd<until><contact>` | nothing: it is deleted then |
//! | `k <operation>` | the unit's part in a joint operation, as JSON |
//! | `h <operation>` | what the unit holds for it, as JSON; gone when it has let go |
//! | `z <operation>` | nothing: the unit has still to say something in it |
//! | `r <notice>` | the first of its line, which corrections go on |
//!
//! It does not judge limits (the flows do, from the bus's record) and starts nothing by itself.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod asking;
mod clerk;
mod copier;
mod desk;
mod host;
mod module;
mod register;
mod rights;
mod serving;
mod vault;
mod wire;

use serde::{Deserialize, Serialize};

pub use self::{
    host::{Error, Host, Hosting},
    module::{Generic, Module},
    register::{Form, Register, RegisterError, Row, Schema, load},
};

/// The settings of a process that hosts units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What each unit's evidence store allows. Defaults: see there.
    pub evidence: kit::evidence::Limits,
    /// How patient calls to the bus and to other units are. Defaults: see there.
    pub client: kit::client::Limits,
    /// How much room each unit's journal may take; an archive elsewhere has a folder for each unit.
    /// Defaults: see there.
    pub house: kit::store::House,
}

#[cfg(test)]
mod tests;
