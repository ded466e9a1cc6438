//! Looking at approvals, decisions and operations, and sending their steps: as for cases.

use std::time::Duration;

use domain::{
    approval, decision,
    id::{ApprovalId, DecisionId, OperationId},
    operation,
    rejection::Rejection,
};
use flows::activities::{ApprovalPicture, DecisionPicture, OperationPicture};

use super::Work;
use crate::{
    approvals, decisions,
    fold::{self, Command, Flow},
    operations,
};

impl Work {
    /// The approval as the fold has it.
    pub fn approval(&self, id: &ApprovalId) -> Result<ApprovalPicture, Rejection> {
        let unknown = || {
            let message = format!("the record has no approval {id} yet");
            Rejection::unknown("UNKNOWN_APPROVAL", "approval_id", message)
        };
        let seen = self.store.read(|tx| {
            let Some(kept) = fold::approval(tx, id)? else { return Ok(None) };
            let limits = self.store.machine().approval_limits(tx, &kept.approval)?;
            Ok(Some((kept, limits)))
        })?;
        let (kept, limits) = seen.ok_or_else(unknown)?;
        Ok(ApprovalPicture { approval: kept.approval, limits })
    }

    /// Sends steps of an approval, each once, and waits until the record has them.
    pub async fn perform_approval(
        &self,
        id: &ApprovalId,
        steps: &[approval::Step],
        patience: Duration,
    ) -> Result<ApprovalPicture, Rejection> {
        let command = |step: &approval::Step| {
            (approvals::step_id(id, step), Command::SendApproval(id.clone(), step.clone()))
        };
        self.carry_out(&Flow::Approval(id.clone()), steps.iter().map(command), patience).await?;
        self.approval(id)
    }

    /// The operation as the fold has it.
    pub fn operation(&self, id: &OperationId) -> Result<OperationPicture, Rejection> {
        let unknown = || {
            let message = format!("the record has no operation {id} yet");
            Rejection::unknown("UNKNOWN_OPERATION", "operation_id", message)
        };
        let seen = self.store.read(|tx| {
            let Some(kept) = fold::operation(tx, id)? else { return Ok(None) };
            let limits = self.store.machine().operation_limits(tx, &kept.operation)?;
            Ok(Some((kept, limits)))
        })?;
        let (kept, limits) = seen.ok_or_else(unknown)?;
        let (operation, receipts) = (kept.operation.outline(), kept.receipts);
        Ok(OperationPicture { operation, receipts, limits })
    }

    /// Sends steps of an operation, each once, and waits until the record has them.
    pub async fn perform_operation(
        &self,
        id: &OperationId,
        steps: &[operation::Step],
        patience: Duration,
    ) -> Result<OperationPicture, Rejection> {
        let command = |step: &operation::Step| {
            (operations::step_id(id, step), Command::SendOperation(id.clone(), step.clone()))
        };
        self.carry_out(&Flow::Operation(id.clone()), steps.iter().map(command), patience).await?;
        self.operation(id)
    }

    /// The decision as the fold has it.
    pub fn decision(&self, id: &DecisionId) -> Result<DecisionPicture, Rejection> {
        let unknown = || {
            let message = format!("the record has no decision {id} yet");
            Rejection::unknown("UNKNOWN_DECISION", "decision_id", message)
        };
        let seen = self.store.read(|tx| {
            let Some(kept) = fold::decision(tx, id)? else { return Ok(None) };
            let limits = self.store.machine().decision_limits(tx, &kept.decision)?;
            Ok(Some((kept, limits)))
        })?;
        let (kept, limits) = seen.ok_or_else(unknown)?;
        Ok(DecisionPicture { decision: kept.decision, limits })
    }

    /// Sends steps of a decision, each once, and waits until the record has them.
    pub async fn perform_decision(
        &self,
        id: &DecisionId,
        steps: &[decision::Step],
        patience: Duration,
    ) -> Result<DecisionPicture, Rejection> {
        let command = |step: &decision::Step| {
            (decisions::step_id(id, step), Command::SendDecision(id.clone(), step.clone()))
        };
        self.carry_out(&Flow::Decision(id.clone()), steps.iter().map(command), patience).await?;
        self.decision(id)
    }
}
