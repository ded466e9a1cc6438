//! Who does not want a case, who rules, and who helps.
//!
//! Enforcement names environment, and environment names it back; the city government rules, since
//! the office sits in enforcement.

use anyhow::Context;
use domain::party::{Kind, Party};
use kit::client::Channel;
use proto::{
    case::Severity,
    page::Command,
    unit::{
        GiveOpinionRequest, ListDisputesRequest, RefuseTaskRequest, TaskState,
        unit_service_client::UnitServiceClient,
    },
    whistle::{
        GetCaseRequest, RaiseSeverityRequest, RuleDisputeRequest,
        whistle_service_client::WhistleServiceClient,
    },
};
use std::time::Duration;

use crate::{demo::parties::Department, system::System};

/// How often it is looked, a tenth of a second apart, before it is given up.
pub(super) const LOOKS: usize = 600;

/// The two that do not want it.
const PARTIES: [&str; 2] = ["enforcement", "environment"];

/// Those who dispute and decide.
pub(super) struct Quarrel {
    desks: Vec<(Department, UnitServiceClient<Channel>)>,
    helpers: Vec<Department>,
    government: WhistleServiceClient<Channel>,
}

/// On whose word: the same act on the same case is the same command.
pub(super) fn command(case_id: &str, act: &str) -> Option<Command> {
    Some(Command { request_id: format!("{act}/{case_id}"), person: "officer".to_owned() })
}

impl Quarrel {
    /// On this system.
    pub(super) fn new(system: &System) -> anyhow::Result<Quarrel> {
        let line = |unit: &str| system.unit_line(&Party::new(Kind::Unit, unit)?);
        let mut desks = Vec::new();
        for unit in PARTIES {
            let line = line(unit)?;
            desks.push((Department::new(unit, line.clone()), UnitServiceClient::new(line)));
        }
        let mut helpers = Vec::new();
        for unit in &system.city().emergency {
            helpers.push(Department::new(unit.as_str(), line(unit.as_str())?));
        }
        let government = Party::new(Kind::Office, system.city().government.as_str())?;
        let government = WhistleServiceClient::new(system.gateway_line(&government)?);
        Ok(Quarrel { desks, helpers, government })
    }

    /// The lead of that round refuses and names the other one.
    pub(super) async fn refuse(&self, case_id: &str, round: usize) -> anyhow::Result<()> {
        let (department, desk) = &self.desks[round - 1];
        department.clone().task(case_id, u32::try_from(round)?, TaskState::Called).await?;
        let request = RefuseTaskRequest {
            command: command(case_id, "refuse"),
            case_id: case_id.to_owned(),
            reason: "not ours".to_owned(),
            named_unit: PARTIES[2 - round].to_owned(),
            ..Default::default()
        };
        desk.clone().refuse_task(request).await?;
        Ok(())
    }

    /// Both say whose matter it is, when they are asked.
    pub(super) async fn opine(&self, case_id: &str) -> anyhow::Result<()> {
        for (_, desk) in &self.desks {
            let mut desk = desk.clone();
            for look in 0.. {
                anyhow::ensure!(look < LOOKS, "nobody was asked about {case_id}");
                let answer = desk.list_disputes(ListDisputesRequest::default()).await?.into_inner();
                if answer.disputes.iter().any(|dispute| dispute.case_id == case_id) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let request = GiveOpinionRequest {
                command: command(case_id, "opine"),
                case_id: case_id.to_owned(),
                text: "not ours".to_owned(),
                named_unit: String::new(),
            };
            desk.give_opinion(request).await?;
        }
        Ok(())
    }

    /// The city government rules that the second one leads, when both are heard.
    pub(super) async fn rule(&self, case_id: &str) -> anyhow::Result<()> {
        let mut government = self.government.clone();
        for look in 0.. {
            anyhow::ensure!(look < LOOKS, "nobody was heard about {case_id}");
            let request = GetCaseRequest { case_id: case_id.to_owned() };
            let case = government.get_case(request).await?.into_inner().case;
            let case = case.context("a case")?;
            if case.hearings.iter().all(|hearing| hearing.given_at_ms > 0) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let request = RuleDisputeRequest {
            command: command(case_id, "rule"),
            case_id: case_id.to_owned(),
            lead: PARTIES[1].to_owned(),
            cooperating: Vec::new(),
            reason: "it smells".to_owned(),
        };
        government.rule_dispute(request).await?;
        Ok(())
    }

    /// The second one leads that round, with one that helps.
    pub(super) async fn lead(
        &self,
        case_id: &str,
        round: u32,
        helper: Department,
    ) -> anyhow::Result<()> {
        let lead = &self.desks[1].0;
        for state in [TaskState::Called, TaskState::Accepted, TaskState::Arrived] {
            for unit in [lead, &helper] {
                unit.clone().step_of(case_id, round, state).await?;
            }
        }
        lead.clone().step_of(case_id, round, TaskState::Disposed).await
    }

    /// People are in danger.
    pub(super) async fn endanger(&self, case_id: &str) -> anyhow::Result<()> {
        let request = RaiseSeverityRequest {
            command: command(case_id, "endanger"),
            case_id: case_id.to_owned(),
            severity: Severity::Emergency.into(),
            reason: "it smells of gas".to_owned(),
            evidence: Vec::new(),
        };
        self.government.clone().raise_severity(request).await?;
        Ok(())
    }

    /// Those who are called then do their part.
    pub(super) async fn help(&self, case_id: &str) -> anyhow::Result<()> {
        for unit in &self.helpers {
            for state in [TaskState::Called, TaskState::Accepted, TaskState::Arrived] {
                unit.clone().step_of(case_id, 1, state).await?;
            }
        }
        Ok(())
    }
}
