//! The plays: a plain case, and one more for each thing that a case may add.
//!
//! One lead and one cooperating unit, as in the standard case. Each play ends when its case is
//! closed.

use anyhow::Context;
use clap::ValueEnum;
use domain::{
    accountability::SheetId,
    id::CaseId,
    party::{Kind, Party},
};
use proto::{
    unit::TaskState,
    whistle::{Case, CaseStage, RaiseWhistleRequest},
};

use super::{inquiry::Inquiry, quarrel::Quarrel};
use crate::{
    demo::{
        parties::{Caller, Department},
        photo::picture,
    },
    system::System,
};

const ISSUE: &str = "street_vending";
const UNITS: [&str; 2] = ["enforcement", "market_regulation"];

/// A thing that a case may add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Extra {
    /// Nothing.
    Plain,
    /// The community sends it back once.
    Rework,
    /// The lead refuses and names another, which leads.
    Transfer,
    /// The other one refuses as well: opinions, and a ruling.
    Dispute,
    /// People are in danger: helpers are called beside the two.
    Danger,
    /// The lead is late: reminded, urged, noticed, reported directly, instructed.
    Direct,
    /// A complaint about a unit, which is found to be wrong.
    Complaint,
    /// A complaint that is upheld: the unit states its case, and it is decided what follows.
    Sheet,
}

impl Extra {
    /// Everything that is measured; the plain case first.
    pub(super) const ALL: [Extra; 8] = [
        Extra::Plain,
        Extra::Rework,
        Extra::Direct,
        Extra::Transfer,
        Extra::Dispute,
        Extra::Danger,
        Extra::Complaint,
        Extra::Sheet,
    ];

    /// The word for scripts.
    pub(super) fn word(self) -> &'static str {
        match self {
            Extra::Plain => "plain",
            Extra::Rework => "rework",
            Extra::Transfer => "transfer",
            Extra::Dispute => "dispute",
            Extra::Danger => "danger",
            Extra::Direct => "direct",
            Extra::Complaint => "complaint",
            Extra::Sheet => "sheet",
        }
    }

    /// Its name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Extra::Plain => "a plain case",
            Extra::Rework => "a rework round (返工)",
            Extra::Transfer => "a refusal and a transfer (移送)",
            Extra::Dispute => "a dispute and a ruling (裁定)",
            Extra::Danger => "people in danger (应急)",
            Extra::Direct => "a direct report (直报)",
            Extra::Complaint => "a complaint, found about (投诉)",
            Extra::Sheet => "a sheet, decided (追责)",
        }
    }

    /// Whether it has a flow of its own, all of which it costs.
    pub(super) fn has_own_flow(self) -> bool {
        matches!(self, Extra::Complaint | Extra::Sheet)
    }
}

/// Everybody who plays.
pub(super) struct Stage {
    community: Caller,
    government: Caller,
    grid: String,
    units: Vec<Department>,
    quarrel: Quarrel,
    inquiry: Inquiry,
}

impl Stage {
    /// On this system.
    pub(super) fn new(system: &System) -> anyhow::Result<Stage> {
        let cell = system.city().grid.values().next().context("the grid has no cell")?;
        let community = Party::new(Kind::Community, cell.community.as_str())?;
        let community = Caller::new("li.na", system.gateway_line(&community)?);
        let government = Party::new(Kind::Office, system.city().government.as_str())?;
        let government = Caller::new("zhao", system.gateway_line(&government)?);
        let mut units = Vec::new();
        for unit in UNITS {
            let line = system.unit_line(&Party::new(Kind::Unit, unit)?)?;
            units.push(Department::new(unit, line));
        }
        let (quarrel, inquiry) = (Quarrel::new(system)?, Inquiry::new(system, UNITS[1])?);
        Ok(Stage { community, government, grid: cell.id.to_string(), units, quarrel, inquiry })
    }

    /// The sheet that was opened in such a case.
    pub(super) fn sheet(&self, case_id: &CaseId) -> SheetId {
        self.inquiry.sheet(case_id)
    }

    /// Plays it once.
    pub(super) async fn play(&self, extra: Extra, number: u32) -> anyhow::Result<CaseId> {
        let act = format!("{}/{number}", extra.word());
        if extra.has_own_flow() {
            return self.complain(&act, extra).await;
        }
        let case_id = self.raise(&act).await?;
        match extra {
            Extra::Plain | Extra::Direct | Extra::Complaint | Extra::Sheet => {}
            Extra::Transfer => return self.other_leads(&case_id, Extra::Transfer).await,
            Extra::Dispute => return self.other_leads(&case_id, Extra::Dispute).await,
            Extra::Danger => {
                self.until(&case_id, CaseStage::Called, 1).await?;
                self.quarrel.endanger(&case_id).await?;
                self.quarrel.help(&case_id).await?;
            }
            Extra::Rework => {
                self.work(&case_id, 1).await?;
                let case = self.until(&case_id, CaseStage::Confirming, 1).await?;
                self.community.clone().send_back(&case, "the stalls are back").await?;
            }
        }
        if extra == Extra::Direct {
            self.report(&case_id).await?;
        }
        let round = if matches!(extra, Extra::Plain | Extra::Danger) { 1 } else { 2 };
        self.work(&case_id, round).await?;
        let case = self.until(&case_id, CaseStage::Confirming, round).await?;
        self.community.clone().confirm(&case).await?;
        self.until(&case_id, CaseStage::Closed, round).await?;
        Ok(case_id.parse()?)
    }

    /// The community complains about a unit and confirms what was found.
    async fn complain(&self, act: &str, extra: Extra) -> anyhow::Result<CaseId> {
        let mut community = self.community.clone();
        let evidence = community.bring(&[picture("photo", act)]).await?;
        let whistle = self.inquiry.complaint(&self.grid, evidence);
        let case_id = community.blow(&format!("raise/{act}"), whistle).await?;
        self.until(&case_id, CaseStage::Finding, 1).await?;
        self.inquiry.find(&case_id, extra == Extra::Sheet).await?;
        let case = self.until(&case_id, CaseStage::Confirming, 1).await?;
        community.confirm(&case).await?;
        self.until(&case_id, CaseStage::Closed, 1).await?;
        if extra == Extra::Sheet {
            self.inquiry.answer(&case_id).await?;
        }
        Ok(case_id.parse()?)
    }

    /// The lead does not want it, and another one does it in the end.
    async fn other_leads(&self, case_id: &str, extra: Extra) -> anyhow::Result<CaseId> {
        self.quarrel.refuse(case_id, 1).await?;
        let round = match extra {
            Extra::Dispute => {
                self.quarrel.refuse(case_id, 2).await?;
                self.until(case_id, CaseStage::Disputed, 2).await?;
                self.quarrel.opine(case_id).await?;
                self.quarrel.rule(case_id).await?;
                3
            }
            _ => 2,
        };
        self.quarrel.lead(case_id, round, self.units[1].clone()).await?;
        let case = self.until(case_id, CaseStage::Confirming, round).await?;
        self.community.clone().confirm(&case).await?;
        self.until(case_id, CaseStage::Closed, round).await?;
        Ok(case_id.parse()?)
    }

    /// Nobody does anything until the community may report; the city government instructs both.
    async fn report(&self, case_id: &str) -> anyhow::Result<()> {
        let mut changes = self.community.clone().watch(case_id, 0).await?;
        let is_told = |kind: &str| kind.ends_with(".DirectReportOpened");
        while let Some(change) = changes.message().await? {
            if change.entry.is_some_and(|entry| is_told(&entry.r#type)) {
                self.community.clone().report(case_id, "nobody comes").await?;
                break;
            }
        }
        let is_there = |kind: &str| kind.ends_with(".ReportedToGovernment");
        while let Some(change) = changes.message().await? {
            if change.entry.is_some_and(|entry| is_there(&entry.r#type)) {
                return self.government.clone().instruct(case_id, &UNITS).await;
            }
        }
        anyhow::bail!("the ledger ended before case {case_id} was reported")
    }

    async fn raise(&self, act: &str) -> anyhow::Result<String> {
        let mut community = self.community.clone();
        let whistle = RaiseWhistleRequest {
            issue_type: ISSUE.to_owned(),
            grid: self.grid.clone(),
            description: format!("Stalls before the market gate, {act}"),
            called_units: UNITS.map(str::to_owned).to_vec(),
            evidence: community
                .bring(&[picture("photo", act), picture("photo", &format!("{act}/2"))])
                .await?,
            ..RaiseWhistleRequest::default()
        };
        community.blow(&format!("raise/{act}"), whistle).await
    }

    /// Both units accept, arrive and dispose, and the lead declares.
    async fn work(&self, case_id: &str, round: u32) -> anyhow::Result<()> {
        for state in [TaskState::Called, TaskState::Accepted, TaskState::Arrived] {
            for unit in &self.units {
                unit.clone().step_of(case_id, round, state).await?;
            }
        }
        self.units[0].clone().step_of(case_id, round, TaskState::Disposed).await
    }

    /// Waits until the case is there.
    async fn until(&self, case_id: &str, stage: CaseStage, round: u32) -> anyhow::Result<Case> {
        let mut changes = self.community.clone().watch(case_id, 0).await?;
        while let Some(change) = changes.message().await? {
            let there = |case: &Case| case.stage() == stage && case.round == round;
            if let Some(case) = change.case.filter(there) {
                return Ok(case);
            }
        }
        anyhow::bail!("the ledger ended before case {case_id} was there")
    }
}
