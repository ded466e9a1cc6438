//! What a caller asks the registry for, as it comes off the wire: parsed and bounded, not yet
//! judged. Pure and total, and public so that it can be fuzzed.

use domain::{
    id::{AmendmentId, GridId, IssueTypeId},
    moment::Moment,
    pack::{City, Day},
    registry::{State, check::NAMED_MAX},
    rejection::Rejection,
};
use proto::{
    amendment, convert,
    registry::{
        Amendment, ApproveAmendmentRequest, HandOverCasesRequest, ListAmendmentsRequest,
        RejectAmendmentRequest, WhoAnswersRequest, WithdrawAmendmentRequest,
    },
};

use super::{HandOver, Wish};

/// A question who answers for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The kind of matter.
    pub issue_type: IssueTypeId,
    /// The cell.
    pub grid: GridId,
    /// The day; none: today.
    pub day: Option<Day>,
}

impl Who {
    /// The day that is meant, and its first moment.
    pub fn on(&self, city: &City, now: Moment) -> (Day, Moment) {
        let day = self.day.unwrap_or_else(|| Day::of(now, city.utc_offset_minutes));
        (day, day.start(city.utc_offset_minutes))
    }
}

/// Reads a question who answers for what.
pub fn who(request: WhoAnswersRequest) -> Result<Who, Rejection> {
    let WhoAnswersRequest { issue_type, grid, day } = request;
    let named = (!day.is_empty()).then(|| amendment::day("day", &day)).transpose()?;
    Ok(Who {
        issue_type: convert::id("issue_type", issue_type)?,
        grid: convert::id("grid", grid)?,
        day: named,
    })
}

/// Reads what is proposed.
pub fn propose(request: Option<Amendment>) -> Result<Wish, Rejection> {
    let said = request.unwrap_or_default();
    let lists = [
        ("issue_types", &said.issue_types),
        ("leads", &said.leads),
        ("cooperating", &said.cooperating),
        ("responsible", &said.responsible),
        ("supersedes", &said.supersedes),
    ];
    for (field, list) in lists {
        bounded(field, list.len())?;
    }
    amendment::amendment_in(said).map(Wish::Propose)
}

fn bounded(field: &str, count: usize) -> Result<(), Rejection> {
    if count <= NAMED_MAX {
        return Ok(());
    }
    let message = format!("{field} names at most {NAMED_MAX}, not {count}");
    Err(Rejection::invalid("TOO_MANY", field, message))
}

/// Reads the id of an amendment.
pub fn amendment_id(text: String) -> Result<AmendmentId, Rejection> {
    amendment::amendment_id(text)
}

/// Reads what is approved.
pub fn approve(request: ApproveAmendmentRequest) -> Result<Wish, Rejection> {
    Ok(Wish::Approve(amendment_id(request.amendment_id)?, request.note))
}

/// Reads what is rejected.
pub fn reject(request: RejectAmendmentRequest) -> Result<Wish, Rejection> {
    Ok(Wish::Reject(amendment_id(request.amendment_id)?, request.reason))
}

/// Reads what is taken back.
pub fn withdraw(request: WithdrawAmendmentRequest) -> Result<Wish, Rejection> {
    Ok(Wish::Withdraw(amendment_id(request.amendment_id)?, request.reason))
}

/// Reads which cases shall be handed over.
pub fn hand_over(request: HandOverCasesRequest) -> Result<HandOver, Rejection> {
    bounded("case_ids", request.case_ids.len())?;
    if request.case_ids.is_empty() {
        let message = "case_ids names nothing; right would be: 1 to 100 cases that are touched";
        return Err(Rejection::invalid("CASES_MISSING", "case_ids", message));
    }
    Ok(HandOver {
        amendment: amendment_id(request.amendment_id)?,
        cases: convert::ids("case_ids", request.case_ids)?,
        lead: convert::optional("lead", request.lead)?,
        digest: request.digest,
    })
}

/// Reads by what a list of amendments is filtered.
pub fn list(
    request: &ListAmendmentsRequest,
) -> Result<(Option<State>, Option<IssueTypeId>), Rejection> {
    let state = amendment::state_in(request.state)?;
    Ok((state, convert::optional("issue_type", request.issue_type.clone())?))
}
