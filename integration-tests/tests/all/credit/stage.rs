//! A running Dengfeng with outside systems beside it, and its people: the desks of two units, the
//! office, a unit that punishes jointly.

use std::path::PathBuf;

use domain::moment::Moment;
use kit::{client::Channel, clock::Clock};
use proto::{
    credit_wire::{
        ConfirmViolationRequest, Delivery, DeliveryState, GetScoreRequest, ListDeliveriesRequest,
        ListListedRequest, RemoveListedRequest, RevokeViolationRequest, Score, SkipDeliveryRequest,
        credit_service_client::CreditServiceClient,
        violation_service_client::ViolationServiceClient,
    },
    notice::{ListNoticesRequest, Notice, notice_service_client::NoticeServiceClient},
};
use tempfile::TempDir;
use tonic::Status;

use super::outside::Outside;
use crate::{
    people::{command, identity, line},
    program::{Running, objects, output},
    s1::stage::until,
};

pub const PLATFORM: &str = "ext_zhengzhou_credit";
pub const INTEGRITY: &str = "ext_integrity_system";
pub const CIVILITY: &str = "ext_civility_system";
pub const ENFORCEMENT: &str = "enforcement";
pub const POLICE: &str = "public_security";
const OFFICE: &str = "office/command_hq_office";

/// A running city.
pub struct Stage {
    running: Option<Running>,
    folder: TempDir,
    pub outside: Outside,
}

impl Stage {
    /// With all three outside systems.
    pub async fn open() -> Stage {
        Stage::with(&[PLATFORM, INTEGRITY, CIVILITY]).await
    }

    /// With these outside systems; there is no way to the others.
    pub async fn with(systems: &[&str]) -> Stage {
        let (outside, address) = Outside::open().await;
        let folder = tempfile::tempdir().unwrap();
        let mut stage = Stage { running: None, folder, outside };
        let way = |system: &&str| {
            format!("[systems.{system}]\nurl = \"http://{address}/{system}\"\ndeadline = \"10s\"\n")
        };
        let ways: String = systems.iter().map(way).collect();
        let text = format!("first_wait = \"100ms\"\nlongest_wait = \"1s\"\n{ways}");
        std::fs::create_dir_all(stage.data()).unwrap();
        std::fs::write(stage.data().join("outside.toml"), text).unwrap();
        stage.start();
        stage.outside.trust(identity(&stage.data(), "service/worker").credential().unwrap());
        stage
    }

    fn start(&mut self) {
        let data = self.data();
        let data = data.to_str().unwrap();
        let arguments =
            ["run", "--data", data, "--city", "dengfeng", "--port", "0", "--output", "json"];
        let mut running = Running::start(&arguments);
        running.until("ready");
        self.running = Some(running);
    }

    /// Kills it as a power switch would, and starts it again.
    pub fn restart(&mut self) {
        self.running.take().unwrap().kill();
        self.start();
    }

    /// Ends it in order.
    pub fn close(mut self) {
        assert!(self.running.take().unwrap().terminate());
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn desk(&self, unit: &str) -> ViolationServiceClient<Channel> {
        let line = line(&self.data(), &format!("unit/{unit}"), &["units", unit]);
        ViolationServiceClient::new(line)
    }

    fn office(&self) -> CreditServiceClient<Channel> {
        CreditServiceClient::new(line(&self.data(), OFFICE, &["gateway"]))
    }

    /// A unit confirms a violation whose fact is of its own.
    pub async fn confirms(
        &self,
        unit: &str,
        object: &str,
        code: &str,
        decision: &str,
    ) -> Result<(), Status> {
        self.confirms_fact(unit, object, code, (decision, decision)).await
    }

    /// The same of a named fact.
    pub async fn confirms_fact(
        &self,
        unit: &str,
        object: &str,
        code: &str,
        (decision, fact): (&str, &str),
    ) -> Result<(), Status> {
        let Moment(now) = Clock::system().now();
        let request = ConfirmViolationRequest {
            command: command("p.officer", &format!("confirm-{object}-{decision}")),
            object: object.into(),
            code: code.into(),
            fact: fact.into(),
            decision: decision.into(),
            at_ms: now - 60_000,
        };
        self.desk(unit).confirm_violation(request).await.map(drop)
    }

    /// So many violations of this kind.
    pub async fn confirms_many(&self, unit: &str, object: &str, code: &str, count: usize) {
        for number in 0..count {
            self.confirms(unit, object, code, &format!("{code}-{number}")).await.unwrap();
        }
    }

    /// A unit revokes its own decision.
    pub async fn revokes(&self, unit: &str, object: &str, decision: &str) {
        let request = RevokeViolationRequest {
            command: command("p.officer", &format!("revoke-{object}-{decision}")),
            object: object.into(),
            decision: decision.into(),
            reason: "another truck of the same colour".into(),
        };
        self.desk(unit).revoke_violation(request).await.unwrap();
    }

    /// The score, when it is so.
    pub async fn score(&self, object: &str, what: &str, is_so: impl Fn(&Score) -> bool) -> Score {
        let look = async || {
            let request = GetScoreRequest { object: object.into() };
            let answer = self.office().get_score(request).await;
            answer.ok().and_then(|answer| answer.into_inner().score)
        };
        until(what, look, |score| score.as_ref().is_some_and(&is_so)).await.unwrap()
    }

    /// The score, when as many violations are in the record, and nothing is left to do.
    pub async fn settled(&self, object: &str, points: i64) -> Score {
        let is_done = |one: &Delivery| {
            matches!(one.state(), DeliveryState::Delivered | DeliveryState::Skipped)
        };
        self.score(object, "it is settled", |score| {
            score.score == points && score.deliveries.iter().all(is_done)
        })
        .await
    }

    /// What is not with the outside yet.
    pub async fn deliveries(&self) -> Vec<Delivery> {
        let asked = ListDeliveriesRequest::default();
        self.office().list_deliveries(asked).await.unwrap().into_inner().deliveries
    }

    /// Who is on the list.
    pub async fn listed(&self) -> Vec<String> {
        let asked = ListListedRequest::default();
        let listed = self.office().list_listed(asked).await.unwrap().into_inner().listed;
        listed.into_iter().map(|one| one.object).collect()
    }

    /// What `muster credit` says.
    pub fn asks(&self, words: &[&str]) -> Vec<serde_json::Value> {
        let data = self.data();
        let way = ["--data", data.to_str().unwrap(), "--output", "json"];
        let found = output(&[&["credit"], words, &way].concat());
        assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
        objects(&found)
    }

    /// The office says that something need not go.
    pub async fn skips(&self, object: &str, delivery: &str) {
        let request = SkipDeliveryRequest {
            command: command("p.office", &format!("skip-{delivery}")),
            object: object.into(),
            delivery: delivery.into(),
            reason: "told by letter".into(),
        };
        self.office().skip_delivery(request).await.unwrap();
    }

    /// A person of the office says that an object be taken off the list.
    pub async fn removes(&self, object: &str, person: &str) -> Result<bool, Status> {
        let request = RemoveListedRequest {
            command: command(person, &format!("remove-{person}")),
            object: object.into(),
            reason: "a year without violations".into(),
        };
        Ok(self.office().remove_listed(request).await?.into_inner().is_removed)
    }

    /// What a unit was told about an object, when it is so much.
    pub async fn notices(&self, unit: &str, count: usize) -> Vec<Notice> {
        let line = line(&self.data(), &format!("unit/{unit}"), &["units", unit]);
        let look = async || {
            let mut desk = NoticeServiceClient::new(line.clone());
            let listed = desk.list_notices(ListNoticesRequest::default()).await;
            listed.map(|listed| listed.into_inner().notices).unwrap_or_default()
        };
        until("the unit is told", look, |notices| notices.len() == count).await
    }
}
