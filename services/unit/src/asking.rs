//! What a caller asks a unit for, as it comes off the wire: parsed and bounded, not yet judged.
//!
//! Pure and total: whatever bytes a stranger sends end as a value of the domain or as a refusal
//! that names the field. Nothing is looked up here. It is public so that it can be fuzzed.

mod between;
mod credit;
mod decree;
mod inspection;
mod joint;
mod team;

pub use self::{
    joint::review,
    team::{Said, answer, arrival, asking, confirmation as coming, finding, part_id, refusal},
};
pub(crate) use between::call;
pub use between::{
    ASSISTANCE, Inquiry, Replying, Telling, assistance, inquiry, listed, notice_id, purpose,
    question_id, replying, telling,
};
pub use credit::{Decided, confirmation, revocation};
pub use decree::{draft, proceeding};
use domain::{
    evidence::Evidence,
    id::{CaseId, PersonId, RequestId, UnitId},
    party::Party,
    rejection::Rejection,
    task::{self, TaskId},
};
pub use inspection::{Inspecting, ending, opening, seizing, settlement, taking_back};
use kit::{page, store::Asked};
use prost::Message;
use proto::{
    accountability::GiveStatementRequest,
    convert,
    page::Command,
    register::LookUpRequest,
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, ClaimTaskRequest, ContestRulingRequest,
        DeclareCaseRequest, DisposeTaskRequest, GiveOpinionRequest, ListDisputesRequest,
        RaiseSeverityRequest, RefuseTaskRequest, RetypeTaskRequest, TaskState,
    },
};

/// The longest purpose of a look-up, in characters.
const PURPOSE_MAX: usize = 500;
/// The longest key of a look-up, in characters.
const KEY_MAX: usize = 200;

/// On whose word a command stands: the party of the connection, a person that it names.
pub struct Word {
    /// The caller, its id of the request, what the request is.
    pub asked: Asked,
    /// Who acts.
    pub person: PersonId,
}

/// Reads on whose word a command stands.
pub fn word(
    caller: Party,
    method: &str,
    command: Option<Command>,
    content: &impl Message,
) -> Result<Word, Rejection> {
    let command = command.ok_or_else(|| {
        Rejection::invalid("COMMAND_MISSING", "command", "command says who asks, and its id")
    })?;
    let request_id: RequestId = convert::id("command.request_id", command.request_id)?;
    let person = convert::id("command.person", command.person)?;
    Ok(Word { asked: Asked::of(caller, request_id, method, content), person })
}

/// A request that acts on a task.
pub trait Act: Message + Clone + Default {
    /// What the method is called in the fingerprint of a request.
    const METHOD: &str;
    /// Who asks.
    fn command(&self) -> Option<Command>;
    /// Reads the case, and what is to be done.
    fn read(self) -> Result<(TaskId, task::Command), Rejection>;
}

macro_rules! acts {
    ($($request:ident { $($field:ident),* } for $place:expr => $command:expr),* $(,)?) => {$(
        impl Act for $request {
            const METHOD: &str = stringify!($request);
            fn command(&self) -> Option<Command> {
                self.command.clone()
            }
            fn read(self) -> Result<(TaskId, task::Command), Rejection> {
                let place: fn(&$request) -> &str = $place;
                let id = task_id(self.case_id.clone(), place(&self).to_owned())?;
                let $request { $($field,)* .. } = self;
                Ok((id, $command))
            }
        }
    )*};
}

acts! {
    AcceptTaskRequest {} for |request| &request.on_behalf_of => task::Command::Accept,
    RefuseTaskRequest { reason, named_unit } for |request| &request.on_behalf_of => {
        let named_unit = convert::optional("named_unit", named_unit)?;
        task::Command::Refuse { reason, named_unit }
    },
    ArriveTaskRequest {} for |request| &request.on_behalf_of => task::Command::Arrive,
    DisposeTaskRequest { summary, evidence } for |request| &request.on_behalf_of => {
        let evidence = convert::evidence("evidence", evidence)?;
        task::Command::Dispose { summary, evidence }
    },
    DeclareCaseRequest { summary } for |_| "" => task::Command::Declare { summary },
    ContestRulingRequest { reason } for |_| "" => task::Command::Contest { reason },
    RetypeTaskRequest { issue_type, reason, grid } for |_| "" => {
        let issue_type = convert::optional("issue_type", issue_type)?;
        let grid = convert::optional("grid", grid)?;
        task::Command::Retype { issue_type, grid, reason }
    },
    RaiseSeverityRequest { severity, reason, evidence } for |_| "" => {
        let severity = proto::fact::severity_in(severity)?;
        let evidence = convert::evidence("evidence", evidence)?;
        task::Command::Raise { severity, reason, evidence }
    },
}

/// Reads who claims which task, and who has it as the caller knows.
pub fn claim(request: ClaimTaskRequest) -> Result<Claiming, Rejection> {
    let asked = request.clone();
    let ClaimTaskRequest { command, case_id, holder, is_given_back, on_behalf_of } = request;
    let person = command.map(|command| command.person).unwrap_or_default();
    Ok(Claiming {
        task: task_id(case_id, on_behalf_of)?,
        person: convert::id("command.person", person)?,
        holder: convert::optional("holder", holder)?,
        is_given_back,
        asked,
    })
}

/// A person of a unit says that it works on a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Claiming {
    /// Which.
    pub task: TaskId,
    /// Who.
    pub person: PersonId,
    /// Who has it, as the caller knows.
    pub holder: Option<PersonId>,
    /// Whether it is given back.
    pub is_given_back: bool,
    /// As it is written.
    pub asked: ClaimTaskRequest,
}

/// Reads which task: the unit's own, or that of a unit in whose place it acts.
pub fn task_id(case: String, on_behalf_of: String) -> Result<TaskId, Rejection> {
    let in_place_of = convert::optional("on_behalf_of", on_behalf_of)?;
    Ok(TaskId { case_id: case_id(case)?, in_place_of })
}

/// Reads what a unit has to say about a case.
pub fn statement(request: GiveStatementRequest) -> Result<Stating, Rejection> {
    let GiveStatementRequest { case_id: case, text, evidence, .. } = request;
    let evidence = convert::evidence("evidence", evidence)?;
    Ok(Stating { case_id: case_id(case)?, text, evidence })
}

/// What a unit has to say about a case in which it has to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stating {
    /// The case.
    pub case_id: CaseId,
    /// What it says.
    pub text: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

/// Which disputes are listed.
pub struct Disputes {
    /// Only what waits for the word of the unit.
    pub is_waiting: bool,
    /// Only that about this case; none: all.
    pub case_id: Option<CaseId>,
    /// Which page.
    pub page: page::Wanted,
}

/// Reads which disputes are listed.
pub fn disputes(request: ListDisputesRequest) -> Result<Disputes, Rejection> {
    let ListDisputesRequest { page, is_waiting, case_id } = request;
    let case_id = convert::optional("case_id", case_id)?;
    Ok(Disputes { is_waiting, case_id, page: page::wanted(page)? })
}

/// What a unit says in a dispute.
pub struct Opinion {
    /// The case.
    pub case_id: CaseId,
    /// Who says it.
    pub person: PersonId,
    /// What.
    pub text: String,
    /// Whom it holds responsible.
    pub named_unit: Option<UnitId>,
    /// The caller's trace context.
    pub traceparent: String,
}

/// Reads an opinion.
pub fn opinion(
    request: GiveOpinionRequest,
    person: PersonId,
    traceparent: String,
) -> Result<Opinion, Rejection> {
    let GiveOpinionRequest { case_id: case, text, named_unit, .. } = request;
    task::text("OPINION_MISSING", "text", &text)?;
    let named_unit = convert::optional("named_unit", named_unit)?;
    Ok(Opinion { case_id: case_id(case)?, person, text, named_unit, traceparent })
}

/// Reads the number of a case.
pub fn case_id(text: String) -> Result<CaseId, Rejection> {
    convert::id("case_id", text)
}

/// Reads a state to filter by; none for all.
pub fn state(state: i32) -> Result<Option<TaskState>, Rejection> {
    match TaskState::try_from(state) {
        Ok(TaskState::Unspecified) => Ok(None),
        Ok(state) => Ok(Some(state)),
        Err(_) => {
            let message = format!("there is no state {state}");
            Err(Rejection::invalid("UNKNOWN_STATE", "state", message))
        }
    }
}

/// Checks that the purpose and the key of a look-up are there and not too long.
pub fn look_up(asked: &LookUpRequest) -> Result<(), Rejection> {
    let length = asked.purpose.trim().chars().count();
    if length == 0 || length > PURPOSE_MAX {
        let message = format!("purpose says why, in 1 to {PURPOSE_MAX} characters, not {length}");
        return Err(Rejection::invalid("PURPOSE_MISSING", "purpose", message));
    }
    key("key", &asked.key)
}

fn key(field: &str, key: &str) -> Result<(), Rejection> {
    let length = key.chars().count();
    if length == 0 || length > KEY_MAX {
        let message = format!("key has 1 to {KEY_MAX} characters, not {length}");
        return Err(Rejection::invalid("KEY_MISSING", field, message));
    }
    Ok(())
}
