//! Whose flow: a case's, a sheet's of a unit that has to answer in it, an approval's, that of an
//! object's credit, or a decision's., or an operation's.,

use std::fmt;

use domain::{
    accountability::SheetId,
    id::{ApprovalId, CaseId, CityId, DecisionId, ObjectId, OperationId, UnitId},
};
use flows::policy;
use serde::{Deserialize, Serialize};

/// Stands between the case and the unit, and before an approval; no id has it.
const JOINT: char = '\0';
/// Stands before a decision, between two of these; no id has its space.
const DECISION: &str = " decision";

/// One flow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Flow {
    /// A case's.
    Case(CaseId),
    /// A sheet's.
    Sheet(SheetId),
    /// That of an object's credit.
    Credit(ObjectId),
    /// An approval's.
    Approval(ApprovalId),
    /// A decision's.
    Decision(DecisionId),
    /// An operation's.
    Operation(OperationId),
}

impl Flow {
    /// What it is about.
    pub fn kind(&self) -> &'static str {
        match self {
            Flow::Case(_) => "case",
            Flow::Sheet(_) => "sheet",
            Flow::Credit(_) => "credit",
            Flow::Approval(_) => "approval",
            Flow::Decision(_) => "decision",
            Flow::Operation(_) => "operation",
        }
    }

    /// Its workflow id.
    pub fn workflow(&self, city: &CityId) -> String {
        match self {
            Flow::Case(case_id) => policy::case_workflow(city, case_id),
            Flow::Sheet(sheet) => policy::sheet_workflow(city, sheet),
            Flow::Credit(object) => policy::credit_workflow(city, object),
            Flow::Approval(approval) => policy::approval_workflow(city, approval),
            Flow::Decision(decision) => policy::decision_workflow(city, decision),
            Flow::Operation(operation) => policy::operation_workflow(city, operation),
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flow::Case(case_id) => write!(f, "{case_id}"),
            Flow::Sheet(SheetId { case_id, unit }) => write!(f, "{case_id}{JOINT}{unit}"),
            Flow::Credit(object) => write!(f, "{JOINT}{JOINT}{object}"),
            Flow::Approval(approval) => write!(f, "{JOINT}{approval}"),
            Flow::Decision(decision) => write!(f, "{JOINT}{JOINT}{DECISION}{JOINT}{decision}"),
            Flow::Operation(operation) => write!(f, "{JOINT}{JOINT}{JOINT}{operation}"),
        }
    }
}

impl From<Flow> for String {
    fn from(flow: Flow) -> String {
        flow.to_string()
    }
}

impl TryFrom<String> for Flow {
    type Error = domain::id::IdError;
    fn try_from(text: String) -> Result<Flow, Self::Error> {
        match text.split_once(JOINT) {
            None => CaseId::parse(text).map(Flow::Case),
            Some(("", rest)) => match rest.strip_prefix(JOINT) {
                Some(rest) => match rest.split_once(JOINT) {
                    Some(("", operation)) => OperationId::parse(operation).map(Flow::Operation),
                    Some((DECISION, decision)) => DecisionId::parse(decision).map(Flow::Decision),
                    _ => ObjectId::parse(rest).map(Flow::Credit),
                },
                None => ApprovalId::parse(rest).map(Flow::Approval),
            },
            Some((case_id, unit)) => {
                let (case_id, unit) = (CaseId::parse(case_id)?, UnitId::parse(unit)?);
                Ok(Flow::Sheet(SheetId { case_id, unit }))
            }
        }
    }
}
