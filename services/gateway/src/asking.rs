//! What a caller asks the gateway for, as it comes off the wire: parsed and bounded, not yet judged.
//!
//! Pure and total: whatever bytes a stranger sends end as a value of the domain or as a refusal
//! that names the field. What the evidence store has comes in as a function; nothing else is looked
//! up. It is public so that it can be fuzzed.

pub mod clock;
mod credit;
mod decree;
mod ground;
mod inspection;
mod joint;
mod operation;

use domain::{
    accountability::SheetId,
    case::{Channel, Intake, Stage},
    evidence::Digest,
    id::{CaseId, IdError, IssueTypeId},
    moment::Moment,
    pack::Datum,
    party::Party,
    rejection::Rejection,
};
use proto::{
    accountability::DecideOutcomeRequest,
    case::Evidence,
    convert,
    fact::ratings_in,
    page,
    whistle::{
        AssignCaseRequest, CaseStage, ConfirmCaseRequest, InstructUnitRequest, MergeCaseRequest,
        RaiseSeverityRequest, RaiseWhistleRequest, RecordFindingRequest, ReportToGovernmentRequest,
        RuleDisputeRequest, SendBackCaseRequest, TellCaseApartRequest, UrgeCaseRequest,
        WithdrawCaseRequest,
    },
};

pub use self::{
    credit::{object, put_back, remove, skip},
    decree::{decision_id, supervision},
    ground::{lift, team},
    inspection::{assignment, choice},
    joint::{application, approval_id, withdrawal},
    operation::{draft, ending, follow_up, invitation, operation_id, order, settlement},
};
pub use crate::{
    command::{By, Climb, Judgement, LocalWord, Raise, Shown, Word, Worse},
    index::List,
};

/// How many units, or how many other cases, a whistle or an assignment may name.
const NAMED_MAX: usize = 100;

/// Reads on whose word a command stands.
pub fn by(party: Party, command: Option<page::Command>) -> Result<By, Rejection> {
    let page::Command { request_id, person } = command.unwrap_or_default();
    Ok(By {
        party,
        request_id: convert::id("command.request_id", request_id)?,
        person: convert::id("command.person", person)?,
        trace: kit::trace::current().to_string(),
    })
}

/// Reads the number of a case.
pub fn case_id(text: String) -> Result<CaseId, Rejection> {
    convert::id("case_id", text)
}

/// Reads a whistle; a point that names no datum is in the city's.
pub fn raise(
    request: RaiseWhistleRequest,
    datum: Datum,
    held: impl Fn(&Digest) -> Option<u64>,
) -> Result<Raise, Rejection> {
    Ok(Raise {
        issue_type: convert::id("issue_type", request.issue_type)?,
        grid: convert::id("grid", request.grid)?,
        description: request.description,
        shown: shown(request.evidence, held)?,
        called_units: named("called_units", request.called_units)?,
        seen_at: (request.seen_at_ms != 0).then_some(Moment(request.seen_at_ms)),
        intake: intake(datum, request.intake)?,
        same_as: convert::optional("same_as", request.same_as)?,
        different_from: named("different_from", request.different_from)?,
        severity: proto::fact::severity_or_normal(request.severity)?,
        complaint: request.complaint.map(proto::fact::complaint_in).transpose()?,
    })
}

fn intake(datum: Datum, mut intake: Option<proto::case::Intake>) -> Result<Intake, Rejection> {
    if let Some(point) = intake.as_mut().and_then(|intake| intake.point.as_mut())
        && point.datum == i32::from(proto::case::Datum::Unspecified)
    {
        point.datum = proto::report::datum_out(datum).into();
    }
    let intake = proto::report::intake_in(intake)?;
    if matches!(intake.channel, Channel::Approval | Channel::Operation) {
        let message =
            "the work of an approval or an operation follows from it, and nobody whistles";
        return Err(Rejection::invalid("MALFORMED_CHANNEL", "intake.channel", message));
    }
    Ok(intake)
}

/// Reads who shall lead.
pub fn assign(request: AssignCaseRequest) -> Result<(CaseId, Word), Rejection> {
    let AssignCaseRequest { case_id: case, lead, cooperating, note, .. } = request;
    let lead = convert::id("lead", lead)?;
    let cooperating = named("cooperating", cooperating)?;
    Ok((case_id(case)?, Word::Assign { lead, cooperating, note }))
}

/// Reads whose matter a case is.
pub fn rule(request: RuleDisputeRequest) -> Result<(CaseId, Word), Rejection> {
    let RuleDisputeRequest { case_id: case, lead, cooperating, reason, .. } = request;
    let lead = convert::id("lead", lead)?;
    let cooperating = named("cooperating", cooperating)?;
    Ok((case_id(case)?, Word::Rule { lead, cooperating, reason }))
}

/// Reads how bad a case is.
pub fn worsen(
    request: RaiseSeverityRequest,
    held: impl Fn(&Digest) -> Option<u64>,
) -> Result<Worse, Rejection> {
    let RaiseSeverityRequest { case_id: case, severity, reason, evidence, .. } = request;
    let severity = proto::fact::severity_in(severity)?;
    Ok(Worse { case_id: case_id(case)?, severity, reason, shown: shown(evidence, held)? })
}

/// Reads a kind of matter.
pub fn issue_type(text: String) -> Result<IssueTypeId, Rejection> {
    convert::id("issue_type", text)
}

/// Reads a confirmation.
pub fn confirm(request: ConfirmCaseRequest) -> Result<(CaseId, Word), Rejection> {
    let ratings = ratings_in(request.ratings)?;
    Ok((case_id(request.case_id)?, Word::Confirm { ratings }))
}

/// Reads why a case is sent back.
pub fn send_back(
    request: SendBackCaseRequest,
    held: impl Fn(&Digest) -> Option<u64>,
) -> Result<(CaseId, Word), Rejection> {
    let SendBackCaseRequest { case_id: case, reason, evidence, .. } = request;
    let shown = shown(evidence, held)?;
    Ok((case_id(case)?, Word::SendBack { reason, shown }))
}

/// Reads what was found about a complaint.
pub fn find(
    request: RecordFindingRequest,
    held: impl Fn(&Digest) -> Option<u64>,
) -> Result<(CaseId, Word), Rejection> {
    let RecordFindingRequest { case_id: case, is_upheld, text, evidence, .. } = request;
    let shown = shown(evidence, held)?;
    Ok((case_id(case)?, Word::Find { is_upheld, text, shown }))
}

/// Reads which sheet.
pub fn sheet(case: String, unit: String) -> Result<SheetId, Rejection> {
    Ok(SheetId { case_id: case_id(case)?, unit: convert::id("unit", unit)? })
}

/// Reads what follows for a unit, and why.
pub fn outcome(request: DecideOutcomeRequest) -> Result<Judgement, Rejection> {
    let DecideOutcomeRequest { case_id, unit, form, reason, .. } = request;
    Ok(Judgement { sheet: sheet(case_id, unit)?, form: convert::optional("form", form)?, reason })
}

/// Reads which case ends as the matter of which other, and why.
pub fn merge(request: MergeCaseRequest) -> Result<(CaseId, CaseId, String), Rejection> {
    let MergeCaseRequest { case_id: case, same_as, note, .. } = request;
    Ok((case_id(case)?, convert::id("same_as", same_as)?, note))
}

/// Reads which case is about another matter than which other, and why.
pub fn tell_apart(request: TellCaseApartRequest) -> Result<(CaseId, CaseId, String), Rejection> {
    let TellCaseApartRequest { case_id: case, other, note, .. } = request;
    Ok((case_id(case)?, convert::id("other", other)?, note))
}

/// Reads who is urged.
pub fn urge(request: UrgeCaseRequest) -> Result<(CaseId, Climb), Rejection> {
    let UrgeCaseRequest { case_id: case, party, note, .. } = request;
    let party = convert::party("party", &party)?;
    Ok((case_id(case)?, Climb::Urge { party, note }))
}

/// Reads a direct report.
pub fn report(
    request: ReportToGovernmentRequest,
    held: impl Fn(&Digest) -> Option<u64>,
) -> Result<(CaseId, Climb), Rejection> {
    let ReportToGovernmentRequest { case_id: case, reason, evidence, .. } = request;
    let shown = shown(evidence, held)?;
    Ok((case_id(case)?, Climb::Report { reason, shown }))
}

/// Reads why a case is withdrawn.
pub fn withdraw(request: WithdrawCaseRequest) -> Result<(CaseId, Climb), Rejection> {
    let reason = request.reason;
    Ok((case_id(request.case_id)?, Climb::Withdraw { reason }))
}

/// Reads an instruction.
pub fn instruct(request: InstructUnitRequest) -> Result<(CaseId, Climb), Rejection> {
    let InstructUnitRequest { case_id: case, lead, cooperating, within_ms, text, .. } = request;
    let lead = convert::id("lead", lead)?;
    let cooperating = named("cooperating", cooperating)?;
    Ok((case_id(case)?, Climb::Instruct { lead, cooperating, within_ms, text }))
}

/// Reads which list is wanted; none for one that can only be empty.
pub fn list(stage: i32, only_open: bool) -> Result<Option<List>, Rejection> {
    let wrong = || Rejection::invalid("MALFORMED_STAGE", "stage", format!("no stage {stage}"));
    let stage = match CaseStage::try_from(stage).map_err(|_| wrong())? {
        CaseStage::Unspecified if only_open => return Ok(Some(List::Open)),
        CaseStage::Unspecified => return Ok(Some(List::All)),
        CaseStage::Raised => Stage::Raised,
        CaseStage::Assigning => Stage::Assigning,
        CaseStage::Disputed => Stage::Disputed,
        CaseStage::Called => Stage::Called,
        CaseStage::Working => Stage::Working,
        CaseStage::Finding => Stage::Finding,
        CaseStage::Confirming => Stage::Confirming,
        CaseStage::Closed if only_open => return Ok(None),
        CaseStage::Closed => Stage::Closed,
    };
    Ok(Some(List::In(stage)))
}

fn shown(pieces: Vec<Evidence>, held: impl Fn(&Digest) -> Option<u64>) -> Result<Shown, Rejection> {
    let pieces = convert::evidence("evidence", pieces)?;
    let found = |digest| held(digest).map(|size| (digest.clone(), size));
    let held = pieces.iter().filter_map(|piece| found(&piece.digest)).collect();
    Ok(Shown { pieces, held })
}

fn named<T>(field: &str, texts: Vec<String>) -> Result<Vec<T>, Rejection>
where
    T: TryFrom<String, Error = IdError>,
{
    if texts.len() > NAMED_MAX {
        let message = format!("{field} names at most {NAMED_MAX}, not {}", texts.len());
        return Err(Rejection::invalid("TOO_MANY", field, message));
    }
    convert::ids(field, texts)
}
