//! Tells flows what they must know, until each has been told.
//!
//! What is to be told stands in the fold as a mark; telling twice is harmless. A flow that is not
//! there is started: it looks for itself, so a start tells everything. Whether a case is open is
//! the fold's word and never Temporal's, so a workflow id may be used again: a case that is open
//! in the record has a flow, whatever became of an earlier one.

use std::collections::{BTreeMap, HashMap};

use domain::{
    accountability::SheetId,
    credit::is_owed,
    id::{ApprovalId, CaseId, DecisionId, ObjectId, OperationId},
};
use flows::{
    Accountability, BlackList, EnforcementDecision, JointApproval, JointOperation, WhistleCase,
    accountability::SheetInput, approval::ApprovalInput, attributes, credit::CreditInput,
    decision::DecisionInput, heard::Milestone, operation::OperationInput, whistle::CaseInput,
};
use futures::{StreamExt as _, stream};
use kit::{outbox::Backoff, store::Store};
use temporalio_client::{
    Client, UntypedWorkflow, UntypedWorkflowHandle, WorkflowIdConflictPolicy,
    WorkflowIdReusePolicy, WorkflowSignalOptions, WorkflowStartOptions,
    errors::{WorkflowInteractionError, WorkflowStartError},
};
use temporalio_common::{
    protos::{coresdk::AsJsonPayloadExt as _, temporal::api::common::v1::Header},
    search_attributes::SearchAttributes,
};

use crate::{
    fold::{self, Command, Flow, Fold, Kept, Mark},
    watch::Watch,
};

/// How many marks are taken up at once.
const BATCH: usize = 256;
/// The header in which Temporal's own tools for tracing look for a context.
const TRACE_HEADER: &str = "_tracer-data";
/// How many flows are told at the same time.
const AT_ONCE: usize = 16;

/// Why a flow was not told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the flow is not started")]
    Start(#[from] WorkflowStartError),
    #[error("the flow is not told")]
    Signal(#[from] WorkflowInteractionError),
    #[error(transparent)]
    Store(#[from] domain::rejection::Rejection),
}

/// Starts flows and tells them.
#[derive(Clone)]
pub(crate) struct Teller {
    pub(crate) store: Store<Fold>,
    pub(crate) client: Client,
    pub(crate) task_queue: String,
    pub(crate) watch: Watch,
}

impl Teller {
    /// Runs until it is dropped, or the store is gone.
    pub(crate) async fn run(&self) {
        let mut applied = self.store.applied();
        let mut backoff = Backoff::default();
        loop {
            applied.borrow_and_update();
            match self.pass().await {
                Ok(0) => {
                    backoff = Backoff::default();
                    if applied.changed().await.is_err() {
                        return;
                    }
                }
                Ok(_) => backoff = Backoff::default(),
                Err(error) => {
                    tracing::debug!(error = chain(&error), "flows are not told now");
                    backoff.wait().await;
                }
            }
        }
    }

    /// Tells what there is, and says how many; the first fault when none could be told.
    async fn pass(&self) -> Result<usize, Error> {
        let marks = self.store.read(|tx| fold::marks(tx, BATCH))?;
        let told = stream::iter(marks).map(|(flow, mark)| self.settle(flow, mark));
        let told: Vec<Result<(), Error>> = told.buffer_unordered(AT_ONCE).collect().await;
        let count = told.iter().filter(|told| told.is_ok()).count();
        match told.into_iter().find_map(Result::err) {
            Some(error) if count == 0 => Err(error),
            _ => Ok(count),
        }
    }

    async fn settle(&self, flow: Flow, mark: Mark) -> Result<(), Error> {
        self.watch.told(&flow);
        if let Err(error) = self.tell(&flow, &mark).await {
            self.watch.not_told(&flow, chain(&error)).await;
            return Err(error);
        }
        self.store.tell(Command::Told(flow, mark)).await?;
        Ok(())
    }

    pub(crate) async fn tell(&self, flow: &Flow, mark: &Mark) -> Result<(), Error> {
        if mark.is_start {
            return self.start(flow).await;
        }
        let told = Milestone { id: mark.id.clone(), name: mark.name.clone() };
        let options = WorkflowSignalOptions::builder().request_id(mark.id.clone());
        let options = options.maybe_header(self.header(flow)).build();
        let id = self.workflow(flow);
        let told = match flow {
            Flow::Case(_) => {
                let handle = self.client.get_workflow_handle::<WhistleCase>(id);
                handle.signal(WhistleCase::milestone, told, options).await
            }
            Flow::Sheet(_) => {
                let handle = self.client.get_workflow_handle::<Accountability>(id);
                handle.signal(Accountability::milestone, told, options).await
            }
            Flow::Credit(_) => {
                let handle = self.client.get_workflow_handle::<BlackList>(id);
                handle.signal(BlackList::milestone, told, options).await
            }
            Flow::Approval(_) => {
                let handle = self.client.get_workflow_handle::<JointApproval>(id);
                handle.signal(JointApproval::milestone, told, options).await
            }
            Flow::Decision(_) => {
                let handle = self.client.get_workflow_handle::<EnforcementDecision>(id);
                handle.signal(EnforcementDecision::milestone, told, options).await
            }
            Flow::Operation(_) => {
                let handle = self.client.get_workflow_handle::<JointOperation>(id);
                handle.signal(JointOperation::milestone, told, options).await
            }
        };
        match told {
            Err(WorkflowInteractionError::NotFound(_)) => self.start(flow).await,
            told => Ok(told?),
        }
    }

    /// Starts the flow of what is open; one that runs already is left alone.
    pub(crate) async fn start(&self, flow: &Flow) -> Result<(), Error> {
        match flow {
            Flow::Case(case_id) => self.start_case(flow, case_id).await,
            Flow::Sheet(sheet) => self.start_sheet(flow, sheet).await,
            Flow::Credit(object) => self.start_credit(flow, object).await,
            Flow::Approval(id) => self.start_approval(flow, id).await,
            Flow::Decision(id) => self.start_decision(flow, id).await,
            Flow::Operation(id) => self.start_operation(flow, id).await,
        }
    }

    async fn start_case(&self, flow: &Flow, case_id: &CaseId) -> Result<(), Error> {
        let Some(kept) = self.store.read(|tx| fold::kept(tx, case_id))? else { return Ok(()) };
        if kept.course.closed_at.is_some() {
            return Ok(());
        }
        let summary = format!("{} at {}", kept.issue_type, kept.grid);
        let options = self.options(flow, attributes(&kept), summary);
        let input = CaseInput::of(case_id.as_str());
        self.client.start_workflow(WhistleCase::run, input, options).await?;
        Ok(())
    }

    async fn start_sheet(&self, flow: &Flow, id: &SheetId) -> Result<(), Error> {
        let Some(kept) = self.store.read(|tx| fold::sheet(tx, id))? else { return Ok(()) };
        if kept.sheet.stage == domain::accountability::Stage::Closed {
            return Ok(());
        }
        let issue_type = kept.sheet.opened.issue_type;
        let shown = attributes::ISSUE_TYPE.value_set(issue_type.to_string());
        let summary = format!("{} answers for {}", id.unit, id.case_id);
        let options = self.options(flow, SearchAttributes::new([shown]), summary);
        self.client.start_workflow(Accountability::run, SheetInput::of(id), options).await?;
        Ok(())
    }

    async fn start_credit(&self, flow: &Flow, object: &ObjectId) -> Result<(), Error> {
        let Some(kept) = self.store.read(|tx| fold::credit(tx, object))? else { return Ok(()) };
        if !is_owed(&kept.ledger, &self.store.machine().credit_rules()) {
            return Ok(());
        }
        let summary = format!("credit of {object}");
        let options = self.options(flow, SearchAttributes::default(), summary);
        self.client.start_workflow(BlackList::run, CreditInput::of(object), options).await?;
        Ok(())
    }

    async fn start_approval(&self, flow: &Flow, id: &ApprovalId) -> Result<(), Error> {
        let Some(kept) = self.store.read(|tx| fold::approval(tx, id))? else { return Ok(()) };
        let approval = kept.approval;
        if approval.is_closed() {
            return Ok(());
        }
        let summary = format!("{}, {} items", approval.applied.kind, approval.items.len());
        let options = self.options(flow, SearchAttributes::default(), summary);
        self.client.start_workflow(JointApproval::run, ApprovalInput::of(id), options).await?;
        Ok(())
    }

    async fn start_decision(&self, flow: &Flow, id: &DecisionId) -> Result<(), Error> {
        let Some(kept) = self.store.read(|tx| fold::decision(tx, id))? else { return Ok(()) };
        let decision = kept.decision;
        if decision.is_over() {
            return Ok(());
        }
        let summary = format!("{} of {}", decision.draft.kind, decision.draft.by.unit);
        let options = self.options(flow, SearchAttributes::default(), summary);
        self.client
            .start_workflow(EnforcementDecision::run, DecisionInput::of(id), options)
            .await?;
        Ok(())
    }

    async fn start_operation(&self, flow: &Flow, id: &OperationId) -> Result<(), Error> {
        let Some(kept) = self.store.read(|tx| fold::operation(tx, id))? else { return Ok(()) };
        let operation = kept.operation;
        if operation.is_closed() {
            return Ok(());
        }
        let summary = format!("{}, {} units", operation.plan.goal, operation.members.len());
        let options = self.options(flow, SearchAttributes::default(), summary);
        self.client.start_workflow(JointOperation::run, OperationInput::of(id), options).await?;
        Ok(())
    }

    fn options(
        &self,
        flow: &Flow,
        attributes: SearchAttributes,
        summary: String,
    ) -> WorkflowStartOptions {
        WorkflowStartOptions::new(self.task_queue.clone(), self.workflow(flow))
            .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicate)
            .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting)
            .search_attributes(attributes)
            .static_summary(summary)
            .enable_eager_workflow_start(true)
            .maybe_header(self.header(flow))
            .build()
    }

    /// The trace of what a flow is about, as tools beside Temporal read it. The flow itself does not:
    /// the record has the same, also where Temporal has lost it.
    fn header(&self, flow: &Flow) -> Option<Header> {
        let known = self.store.read(|tx| fold::traceparent(tx, flow)).ok().flatten()?;
        let context = BTreeMap::from([("traceparent", known)]).as_json_payload().ok()?;
        Some(Header { fields: HashMap::from([(TRACE_HEADER.to_owned(), context)]) })
    }

    /// The flow that has this id, whatever it is.
    pub(crate) fn handle(&self, workflow: &str) -> UntypedWorkflowHandle<Client> {
        self.client.get_workflow_handle::<UntypedWorkflow>(workflow.to_owned())
    }

    /// The workflow id of a flow.
    pub(crate) fn workflow(&self, flow: &Flow) -> String {
        flow.workflow(&self.store.machine().city().id)
    }
}

fn attributes(kept: &Kept) -> SearchAttributes {
    SearchAttributes::new([
        attributes::GRID.value_set(kept.grid.to_string()),
        attributes::ISSUE_TYPE.value_set(kept.issue_type.to_string()),
    ])
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text += &format!(": {cause}");
        next = cause.source();
    }
    text
}
