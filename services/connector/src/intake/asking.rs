//! What is asked about reports of other systems, as it comes off the wire: parsed and bounded. Pure.

use domain::{
    id::{PersonId, RequestId, UnitId},
    pack::Datum,
    rejection::Rejection,
};
use kit::page::{self, Wanted};
use proto::{
    convert,
    intake::{
        BringReportRequest, GetReportRequest, ListReportsRequest, ReportState,
        ResolveReportRequest, TurnDownReportRequest,
    },
};

use super::{
    note::Given,
    report::{self, Brought},
};

/// The longest reason that goes back, in characters.
const REASON_MAX: usize = 500;
const DESCRIPTION_MAX: usize = 2_000;

/// Which report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) system: UnitId,
    pub(super) number: String,
}

/// On whose word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) named: Named,
    pub(super) person: PersonId,
    pub(super) request_id: RequestId,
}

/// Which reports are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) system: Option<UnitId>,
    pub(super) state: ReportState,
    pub(super) size: usize,
    /// Behind which: the system, and the place with it.
    pub(super) after: Option<(UnitId, u64)>,
}

pub(super) fn named(system: String, number: String) -> Result<Named, Rejection> {
    Ok(Named { system: convert::id("system", system)?, number })
}

fn word(command: Option<proto::page::Command>, named: Named) -> Result<Word, Rejection> {
    let command = command.unwrap_or_default();
    Ok(Word {
        named,
        request_id: convert::id("command.request_id", command.request_id)?,
        person: convert::id("command.person", command.person)?,
    })
}

pub(super) fn resolve(
    request: ResolveReportRequest,
) -> Result<(Word, Given, Vec<Vec<u8>>), Rejection> {
    let word = word(request.command, named(request.system, request.number)?)?;
    let length = request.description.chars().count();
    if length > DESCRIPTION_MAX {
        let message = format!("a description has at most {DESCRIPTION_MAX} characters");
        return Err(Rejection::invalid("TEXT_TOO_LONG", "description", message));
    }
    let (evidence, contents) = report::shown(request.evidence)?;
    let given = Given {
        issue_type: convert::optional("issue_type", request.issue_type)?,
        grid: convert::optional("grid", request.grid)?,
        description: request.description,
        evidence,
        same_as: convert::optional("same_as", request.same_as)?,
    };
    Ok((word, given, contents))
}

pub(super) fn turn_down(request: TurnDownReportRequest) -> Result<(Word, String), Rejection> {
    let word = word(request.command, named(request.system, request.number)?)?;
    let length = request.reason.trim().chars().count();
    if length == 0 || length > REASON_MAX {
        let message = format!("right would be: why, in 1 to {REASON_MAX} characters");
        return Err(Rejection::invalid("REASON_MISSING", "reason", message));
    }
    Ok((word, request.reason.trim().to_owned()))
}

pub(super) fn list(request: ListReportsRequest) -> Result<Listed, Rejection> {
    let state = ReportState::try_from(request.state).map_err(|_| {
        let message = format!("there is no state {}", request.state);
        Rejection::invalid("MALFORMED_STATE", "state", message)
    })?;
    let system = convert::optional("system", request.system)?;
    let Wanted { size, from } = page::wanted(request.page)?;
    let after = if from.is_empty() { None } else { Some(behind(&from)?) };
    Ok(Listed { system, state, size, after })
}

/// The token of a list: the place, and the system.
pub(super) fn token(system: &UnitId, place: u64) -> Vec<u8> {
    [&place.to_be_bytes()[..], system.as_str().as_bytes()].concat()
}

fn behind(token: &[u8]) -> Result<(UnitId, u64), Rejection> {
    let wrong = || {
        let message = "not a token of this list";
        Rejection::invalid("MALFORMED_TOKEN", "page.token", message)
    };
    let (place, system) = token.split_first_chunk::<8>().ok_or_else(wrong)?;
    let system = std::str::from_utf8(system).map_err(|_| wrong())?;
    Ok((UnitId::parse(system).map_err(|_| wrong())?, u64::from_be_bytes(*place)))
}

pub(super) fn bring(request: BringReportRequest, datum: Datum) -> Result<Brought, Rejection> {
    report::of_request(request, datum)
}

/// Whether this says what a report is.
pub fn resolving(request: ResolveReportRequest) -> Result<(), Rejection> {
    resolve(request).map(drop)
}

/// Whether this turns a report down.
pub fn turning_down(request: TurnDownReportRequest) -> Result<(), Rejection> {
    turn_down(request).map(drop)
}

/// Whether this lists reports.
pub fn reports(request: ListReportsRequest) -> Result<(), Rejection> {
    list(request).map(drop)
}

/// Whether this names a report.
pub fn reading(request: GetReportRequest) -> Result<(), Rejection> {
    named(request.system, request.number).map(drop)
}

/// Whether this is a report.
pub fn bringing(request: BringReportRequest) -> Result<(), Rejection> {
    bring(request, Datum::Cgcs2000).map(drop)
}
