//! What a flow may ask of the worker: to look at the record, and to carry out steps.
//!
//! Only the contract; the worker implements it. Asking twice is harmless: a step has the same name
//! every time, and the worker sends it once. Every struct is lenient: what is missing has a default
//! wherever a default makes sense.

#![allow(missing_docs, reason = "the macro makes constants of the documented functions")]

use domain::{
    accountability::{self, Sheet},
    approval::{self, Approval},
    case::{Course, Step},
    credit::{self, Credit, Ledger, Waits},
    decision::{self, Decision},
    operation::{self, Operation, Receipts},
    pack::Limits,
};
use serde::{Deserialize, Serialize};
use temporalio_macros::activity_definitions;

/// See [`CaseActivities::look`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The case.
    #[serde(default)]
    pub case_id: String,
}

/// See [`CaseActivities::send`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendSteps {
    /// The case.
    #[serde(default)]
    pub case_id: String,
    /// What is to be done, in this order.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// A case as the record has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Its course.
    pub course: Course,
    /// Its limits.
    #[serde(default)]
    pub limits: Limits,
}

/// What a case's flow asks for.
#[derive(Debug)]
pub struct CaseActivities;

/// What the worker's implementations are tied to.
pub use case_activities::{Look as LookContract, Send as SendContract};

#[activity_definitions]
impl CaseActivities {
    /// Shows the case as the record has it now.
    #[activity(name = "case.look")]
    pub fn look(input: Look) -> Picture {
        unimplemented!()
    }

    /// Carries out steps, each once, and shows the case when the record has them all.
    #[activity(name = "case.send")]
    pub fn send(input: SendSteps) -> Picture {
        unimplemented!()
    }
}

/// See [`SheetActivities::look`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookSheet {
    /// The case.
    #[serde(default)]
    pub case_id: String,
    /// The unit.
    #[serde(default)]
    pub unit: String,
}

/// See [`SheetActivities::send`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendSheetSteps {
    /// Which sheet.
    #[serde(default)]
    pub sheet: LookSheet,
    /// What is to be done, in this order.
    #[serde(default)]
    pub steps: Vec<accountability::Step>,
}

/// A sheet as the record has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetPicture {
    /// As it stands.
    pub sheet: Sheet,
    /// Its limits.
    #[serde(default)]
    pub limits: Limits,
}

/// What a sheet's flow asks for.
#[derive(Debug)]
pub struct SheetActivities;

/// What the worker's implementations are tied to.
pub use sheet_activities::{Look as LookSheetContract, Send as SendSheetContract};

#[activity_definitions]
impl SheetActivities {
    /// Shows the sheet as the record has it now.
    #[activity(name = "accountability.look")]
    pub fn look(input: LookSheet) -> SheetPicture {
        unimplemented!()
    }

    /// Carries out steps, each once, and shows the sheet when the record has them all.
    #[activity(name = "accountability.send")]
    pub fn send(input: SendSheetSteps) -> SheetPicture {
        unimplemented!()
    }
}

/// See [`CreditActivities::look`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookCredit {
    /// Whose.
    #[serde(default)]
    pub object: String,
}

/// See [`CreditActivities::send`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendCreditSteps {
    /// Whose credit.
    #[serde(default)]
    pub credit: LookCredit,
    /// What is to be said, in this order.
    #[serde(default)]
    pub steps: Vec<credit::Step>,
}

/// See [`CreditActivities::deliver`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliver {
    /// Whose credit.
    #[serde(default)]
    pub credit: LookCredit,
    /// Which delivery.
    #[serde(default)]
    pub delivery: String,
}

/// The credit of an object as the record has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditPicture {
    /// As it stands.
    pub ledger: Ledger,
    /// The rules of the city.
    #[serde(default)]
    pub rules: Credit,
    /// How long is waited between two tries.
    #[serde(default)]
    pub waits: Waits,
}

/// What the flow of an object's credit asks for.
#[derive(Debug)]
pub struct CreditActivities;

/// What the worker's implementations are tied to.
pub use credit_activities::{
    Deliver as DeliverContract, Look as LookCreditContract, Send as SendCreditContract,
};

#[activity_definitions]
impl CreditActivities {
    /// Shows the credit as the record has it now.
    #[activity(name = "credit.look")]
    pub fn look(input: LookCredit) -> CreditPicture {
        unimplemented!()
    }

    /// Says steps, each once, and shows the credit when the record has them all.
    #[activity(name = "credit.send")]
    pub fn send(input: SendCreditSteps) -> CreditPicture {
        unimplemented!()
    }

    /// Tries an outside system once; shows the credit when the record has what it said.
    #[activity(name = "credit.deliver")]
    pub fn deliver(input: Deliver) -> CreditPicture {
        unimplemented!()
    }
}

/// See [`ApprovalActivities::look`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookApproval {
    /// Its number.
    #[serde(default)]
    pub approval_id: String,
}

/// See [`ApprovalActivities::send`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendApprovalSteps {
    /// Its number.
    #[serde(default)]
    pub approval_id: String,
    /// What is to be done, in this order.
    #[serde(default)]
    pub steps: Vec<approval::Step>,
}

/// An approval as the record has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalPicture {
    /// As it stands.
    pub approval: Approval,
    /// Its limits.
    #[serde(default)]
    pub limits: Limits,
}

/// What an approval's flow asks for.
#[derive(Debug)]
pub struct ApprovalActivities;

/// What the worker's implementations are tied to.
pub use approval_activities::{Look as LookApprovalContract, Send as SendApprovalContract};

#[activity_definitions]
impl ApprovalActivities {
    /// Shows the approval as the record has it now.
    #[activity(name = "approval.look")]
    pub fn look(input: LookApproval) -> ApprovalPicture {
        unimplemented!()
    }

    /// Carries out steps, each once, and shows the approval when the record has them all.
    #[activity(name = "approval.send")]
    pub fn send(input: SendApprovalSteps) -> ApprovalPicture {
        unimplemented!()
    }
}

/// See [`DecisionActivities::look`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookDecision {
    /// Its number.
    #[serde(default)]
    pub decision_id: String,
}

/// See [`DecisionActivities::send`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendDecisionSteps {
    /// Its number.
    #[serde(default)]
    pub decision_id: String,
    /// What is to be done, in this order.
    #[serde(default)]
    pub steps: Vec<decision::Step>,
}

/// A decision as the record has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionPicture {
    /// As it stands.
    pub decision: Decision,
    /// The calendar, and our own outages.
    #[serde(default)]
    pub limits: Limits,
}

/// See [`OperationActivities::look`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookOperation {
    /// Its number.
    #[serde(default)]
    pub operation_id: String,
}

/// See [`OperationActivities::send`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendOperationSteps {
    /// Its number.
    #[serde(default)]
    pub operation_id: String,
    /// What is to be done, in this order.
    #[serde(default)]
    pub steps: Vec<operation::Step>,
}

/// An operation as the record has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationPicture {
    /// As it stands, as much as the flow needs of it.
    pub operation: Operation,
    /// What has arrived at its units.
    #[serde(default)]
    pub receipts: Receipts,
    /// Its limits.
    #[serde(default)]
    pub limits: Limits,
}

/// What a decision's flow asks for.
#[derive(Debug)]
pub struct DecisionActivities;

/// What the worker's implementations are tied to.
pub use decision_activities::{Look as LookDecisionContract, Send as SendDecisionContract};

#[activity_definitions]
impl DecisionActivities {
    /// Shows the decision as the record has it now.
    #[activity(name = "decision.look")]
    pub fn look(input: LookDecision) -> DecisionPicture {
        unimplemented!()
    }

    /// Carries out steps, each once, and shows the decision when the record has them all.
    #[activity(name = "decision.send")]
    pub fn send(input: SendDecisionSteps) -> DecisionPicture {
        unimplemented!()
    }
}

/// What an operation's flow asks for.
#[derive(Debug)]
pub struct OperationActivities;

/// What the worker's implementations are tied to.
pub use operation_activities::{Look as LookOperationContract, Send as SendOperationContract};

#[activity_definitions]
impl OperationActivities {
    /// Shows the operation as the record has it now.
    #[activity(name = "operation.look")]
    pub fn look(input: LookOperation) -> OperationPicture {
        unimplemented!()
    }

    /// Carries out steps, each once, and shows the operation when the record has them all.
    #[activity(name = "operation.send")]
    pub fn send(input: SendOperationSteps) -> OperationPicture {
        unimplemented!()
    }
}
