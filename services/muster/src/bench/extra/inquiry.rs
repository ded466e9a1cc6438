//! Who complains, who finds, and what follows for whom the complaint is about.
//!
//! A complaint is a case of its own, which ends with a finding. What is upheld opens a sheet: the unit
//! states its case, the office decides, and it is published.

use std::time::Duration;

use anyhow::Context;
use domain::{
    accountability::SheetId,
    id::{CaseId, FormId, IssueTypeId, UnitId},
    party::{Kind, Party},
};
use kit::client::Channel;
use proto::{
    accountability::{
        DecideOutcomeRequest, GetSheetRequest, GiveStatementRequest, ListDemandsRequest,
        SheetStage, accountability_service_client::AccountabilityServiceClient,
        statement_service_client::StatementServiceClient,
    },
    case::{Complaint, Evidence},
    whistle::{
        RaiseWhistleRequest, RecordFindingRequest, whistle_service_client::WhistleServiceClient,
    },
};

use super::quarrel::{LOOKS, command};
use crate::system::System;

/// How long it takes until it is looked again.
const LOOK: Duration = Duration::from_millis(100);

/// Those who find, answer and decide.
pub(super) struct Inquiry {
    about: UnitId,
    kind: IssueTypeId,
    form: FormId,
    office: WhistleServiceClient<Channel>,
    accounts: AccountabilityServiceClient<Channel>,
    desk: StatementServiceClient<Channel>,
}

impl Inquiry {
    /// On this system, about this unit, in whose house the office does not sit.
    pub(super) fn new(system: &System, about: &str) -> anyhow::Result<Inquiry> {
        let city = system.city();
        let office = Party::new(Kind::Office, city.coordinator.as_str())?;
        let office = system.gateway_line(&office)?;
        let desk = system.unit_line(&Party::new(Kind::Unit, about)?)?;
        let form = city.forms.first().context("the city has no form of accountability")?;
        Ok(Inquiry {
            about: UnitId::parse(about)?,
            kind: city.complaint.clone(),
            form: form.id.clone(),
            accounts: AccountabilityServiceClient::new(office.clone()),
            office: WhistleServiceClient::new(office),
            desk: StatementServiceClient::new(desk),
        })
    }

    /// The whistle that complains.
    pub(super) fn complaint(&self, grid: &str, evidence: Vec<Evidence>) -> RaiseWhistleRequest {
        let complaint = Complaint { about: self.about.to_string(), case_id: String::new() };
        RaiseWhistleRequest {
            issue_type: self.kind.to_string(),
            grid: grid.to_owned(),
            description: "an officer sent the residents away".to_owned(),
            complaint: Some(complaint),
            evidence,
            ..RaiseWhistleRequest::default()
        }
    }

    /// The office finds.
    pub(super) async fn find(&self, case_id: &str, is_upheld: bool) -> anyhow::Result<()> {
        let request = RecordFindingRequest {
            command: command(case_id, "find"),
            case_id: case_id.to_owned(),
            is_upheld,
            text: "the recording was looked at".to_owned(),
            evidence: Vec::new(),
        };
        self.office.clone().record_finding(request).await?;
        Ok(())
    }

    /// The sheet that such a complaint opens.
    pub(super) fn sheet(&self, case_id: &CaseId) -> SheetId {
        SheetId { case_id: case_id.clone(), unit: self.about.clone() }
    }

    /// The unit states its case when it is asked, and the office decides when it was heard.
    pub(super) async fn answer(&self, case_id: &str) -> anyhow::Result<()> {
        let mut desk = self.desk.clone();
        for look in 0.. {
            anyhow::ensure!(look < LOOKS, "{} was not asked about {case_id}", self.about);
            let asked = desk.list_demands(ListDemandsRequest::default()).await?.into_inner();
            if asked.sheets.iter().any(|sheet| sheet.case_id == case_id) {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        let request = GiveStatementRequest {
            command: command(case_id, "state"),
            case_id: case_id.to_owned(),
            text: "the officer was alone".to_owned(),
            evidence: Vec::new(),
        };
        desk.give_statement(request).await?;
        self.until(case_id, SheetStage::Deciding).await?;
        let request = DecideOutcomeRequest {
            command: command(case_id, "decide"),
            case_id: case_id.to_owned(),
            unit: self.about.to_string(),
            form: self.form.to_string(),
            reason: "heard".to_owned(),
        };
        self.accounts.clone().decide_outcome(request).await?;
        self.until(case_id, SheetStage::Closed).await
    }

    /// Waits until the sheet is there.
    async fn until(&self, case_id: &str, stage: SheetStage) -> anyhow::Result<()> {
        let mut accounts = self.accounts.clone();
        let (case_id, unit) = (case_id.to_owned(), self.about.to_string());
        let request = GetSheetRequest { case_id, unit };
        for look in 0.. {
            anyhow::ensure!(look < LOOKS, "the sheet of {} was never {stage:?}", request.case_id);
            let found = accounts.get_sheet(request.clone()).await;
            let found = found.ok().and_then(|found| found.into_inner().sheet);
            if found.is_some_and(|sheet| sheet.stage() == stage) {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}
