//! The people and systems of the table: each wrong request is a right one with one thing changed.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use kit::client::Channel;
use proto::{
    bus::{ListEnvelopesRequest, PublishBatchRequest, bus_service_client::BusServiceClient},
    case::{Evidence, Rating},
    envelope::Wire,
    evidence::{UploadRequest, evidence_service_client::EvidenceServiceClient},
    page::{Command, Page},
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, DeclareCaseRequest, DisposeTaskRequest,
        GetTaskRequest, TaskState, unit_service_client::UnitServiceClient,
    },
    whistle::{
        Case, CaseStage, ConfirmCaseRequest, ListCasesRequest, ListHistoryRequest,
        RaiseWhistleRequest, whistle_service_client::WhistleServiceClient,
    },
};
use sha2::{Digest, Sha256};
use tonic::{Response, Status};

use crate::people::{self, case, eventually, line};

pub const COMMUNITY: &str = "community/kaihua_dongfeng";
/// A unit without a service of its own, so that nobody else sends in its name.
pub const SENDER: &str = "unit/traffic_police";
pub const LEAD: &str = "enforcement";
pub const BESIDE: &str = "market_regulation";

/// How often a state is looked at, a tenth of a second apart, before it is given up.
const LOOKS: usize = 600;

/// A running system with one open case.
#[derive(Clone)]
pub struct World {
    pub data: PathBuf,
    pub case_id: String,
}

/// The refusal, or that there was none.
pub fn no<T>(answer: Result<Response<T>, Status>) -> Status {
    answer.map_or_else(|status| status, |_| Status::ok("it was taken"))
}

pub fn command(request_id: &str) -> Option<Command> {
    people::command("li.na", request_id)
}

pub fn digest(text: &str) -> String {
    let hash: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hash}")
}

pub fn piece(text: &str) -> Evidence {
    Evidence {
        digest: digest(text),
        size: text.len() as u64,
        kind: "photo".into(),
        media_type: "image/jpeg".into(),
    }
}

/// A whistle with nothing wrong.
pub fn whistle(request_id: &str) -> RaiseWhistleRequest {
    RaiseWhistleRequest {
        command: command(request_id),
        issue_type: "street_vending".into(),
        grid: "WS-KH-001".into(),
        description: "stalls block the pavement".into(),
        evidence: vec![piece("one"), piece("two")],
        called_units: vec![LEAD.into(), BESIDE.into()],
        ..RaiseWhistleRequest::default()
    }
}

/// An envelope with nothing wrong, from a party that sends nothing else.
pub fn envelope() -> domain::envelope::Envelope {
    domain::envelope::Envelope {
        id: "e1".parse().unwrap(),
        source: SENDER.parse().unwrap(),
        kind: "com.example.Remark".into(),
        subject: "remarks/1".into(),
        time: domain::moment::Moment(1_795_303_800_000),
        recipient: None,
        number: 1,
        actor: None,
        on_behalf_of: None,
        traceparent: None,
        priority: 0,
        terms: domain::envelope::Terms::default(),
        body: b"a remark".to_vec(),
    }
}

impl World {
    /// Brings the evidence and blows the whistle; waits until both units are called.
    pub async fn begin(data: &Path) -> World {
        let mut world = World { data: data.to_owned(), case_id: String::new() };
        for text in ["one", "two"] {
            world.upload(COMMUNITY, &["gateway"], text).await;
        }
        let answer = world.gateway(COMMUNITY).raise_whistle(whistle("open")).await.unwrap();
        world.case_id = answer.into_inner().case_id;
        for unit in [LEAD, BESIDE] {
            world.task(unit, TaskState::Called).await;
        }
        world
    }

    pub fn gateway(&self, party: &str) -> WhistleServiceClient<Channel> {
        WhistleServiceClient::new(line(&self.data, party, &["gateway"]))
            .max_encoding_message_size(64 << 20)
    }

    pub fn desk(&self, unit: &str) -> UnitServiceClient<Channel> {
        UnitServiceClient::new(self.unit_line(&format!("unit/{unit}"), unit))
    }

    pub fn unit_line(&self, party: &str, unit: &str) -> Channel {
        line(&self.data, party, &["units", unit])
    }

    pub fn bus(&self, party: &str) -> BusServiceClient<Channel> {
        BusServiceClient::new(line(&self.data, party, &["bus"])).max_encoding_message_size(64 << 20)
    }

    pub fn evidence(&self, party: &str, door: &[&str]) -> EvidenceServiceClient<Channel> {
        EvidenceServiceClient::new(line(&self.data, party, door))
    }

    async fn upload(&self, party: &str, door: &[&str], text: &str) {
        let Evidence { digest, size, .. } = piece(text);
        let piece = text.as_bytes().to_vec();
        let request = UploadRequest { digest, size, piece, ..UploadRequest::default() };
        self.evidence(party, door).upload(tokio_stream::once(request)).await.unwrap();
    }

    /// Waits for a unit's task to be in the state.
    async fn task(&self, unit: &str, state: TaskState) {
        let mut last = None;
        for _ in 0..LOOKS {
            let request =
                GetTaskRequest { case_id: self.case_id.clone(), on_behalf_of: String::new() };
            let task = self.desk(unit).get_task(request).await;
            last = Some(task.map(|answer| answer.into_inner().task.unwrap().state()));
            if matches!(&last, Some(Ok(found)) if *found == state) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the task of {unit} was never {state:?}: {last:?}");
    }

    /// Both units report for duty and are on site.
    pub async fn arrive(&self) {
        for unit in [LEAD, BESIDE] {
            let (command, case_id) = (command("accept"), self.case_id.clone());
            self.desk(unit)
                .accept_task(AcceptTaskRequest { command, case_id, on_behalf_of: String::new() })
                .await
                .unwrap();
            let (command, case_id) = (self::command("arrive"), self.case_id.clone());
            self.desk(unit)
                .arrive_task(ArriveTaskRequest { command, case_id, on_behalf_of: String::new() })
                .await
                .unwrap();
        }
    }

    /// Both units dispose, with a photograph each.
    pub async fn dispose(&self) {
        for unit in [LEAD, BESIDE] {
            self.upload(&format!("unit/{unit}"), &["units", unit], unit).await;
            let request = self.disposal(unit);
            self.desk(unit).dispose_task(request).await.unwrap();
        }
    }

    pub fn disposal(&self, unit: &str) -> DisposeTaskRequest {
        DisposeTaskRequest {
            command: command("dispose"),
            case_id: self.case_id.clone(),
            summary: "cleared".into(),
            evidence: vec![piece(unit)],
            on_behalf_of: String::new(),
        }
    }

    pub fn declaration(&self) -> DeclareCaseRequest {
        let (command, case_id) = (command("declare"), self.case_id.clone());
        DeclareCaseRequest { command, case_id, summary: "the pavement is free".into() }
    }

    /// The lead declares; the community has the word.
    pub async fn declare(&self) {
        self.desk(LEAD).declare_case(self.declaration()).await.unwrap();
        eventually(&self.data, &self.case_id, CaseStage::Confirming).await;
    }

    pub fn confirmation(&self) -> ConfirmCaseRequest {
        let rating = |unit: &str| Rating { unit: unit.into(), stars: 5, comment: "quick".into() };
        ConfirmCaseRequest {
            command: command("confirm"),
            case_id: self.case_id.clone(),
            ratings: vec![rating(LEAD), rating(BESIDE)],
        }
    }

    pub async fn confirm_right(&self) {
        self.gateway(COMMUNITY).confirm_case(self.confirmation()).await.unwrap();
        eventually(&self.data, &self.case_id, CaseStage::Closed).await;
        for unit in [LEAD, BESIDE] {
            self.task(unit, TaskState::Closed).await;
        }
    }

    pub async fn raise_right(&self) {
        let raised = self.gateway(COMMUNITY).raise_whistle(whistle("wrong")).await.unwrap();
        let case_id = raised.into_inner().case_id;
        assert_ne!(case_id, self.case_id);
        eventually(&self.data, &case_id, CaseStage::Called).await;
    }

    /// The envelope is taken with the id and the number with which it was refused. Others, from
    /// clocks that are wrong by twenty minutes and by years, are taken as they are, with the time
    /// at which the bus had them beside.
    pub async fn publish_right(&self) {
        let now = now();
        let minutes = 20 * 60_000;
        let times = [envelope().time.0, now - minutes, now + minutes, 0, 250_000_000_000_000];
        for (number, time) in (1..).zip(times) {
            let id = format!("e{number}").parse().unwrap();
            let time = domain::moment::Moment(time);
            let wire = proto::envelope::to_wire(&domain::envelope::Envelope {
                id,
                number,
                time,
                ..envelope()
            });
            let request = PublishBatchRequest { envelopes: vec![wire] };
            let placed = self.bus(SENDER).publish_batch(request).await.unwrap().into_inner();
            assert!(!placed.placements[0].is_duplicate, "what is refused leaves nothing");
        }
        let listed = self.remarks().await;
        let found: Vec<i64> = listed.iter().map(|(time, _)| *time).collect();
        assert_eq!(found, times, "a sender's clock is the sender's");
        for (time, accepted_at) in listed {
            assert!((now..=self::now()).contains(&accepted_at), "{time}: {accepted_at}");
        }
    }

    /// The remarks: when by their sender's clock, and when the bus had them.
    async fn remarks(&self) -> Vec<(i64, i64)> {
        let request = ListEnvelopesRequest { subject: "remarks/1".into(), page: None };
        let listed = self.bus("admin/root").list_envelopes(request).await.unwrap().into_inner();
        let read = |wire: Option<Wire>| proto::envelope::from_wire(wire.unwrap()).unwrap();
        let times = listed.recorded.into_iter();
        times.map(|one| (read(one.envelope).time.0, one.accepted_at_ms)).collect()
    }

    /// Two whistles were taken of all that were blown: one is closed, one is open with an owner,
    /// and each step of the closed one happened once.
    pub async fn nothing_is_lost(&self) {
        let all = self.cases(false).await;
        let open = self.cases(true).await;
        let closed: Vec<&Case> =
            all.iter().filter(|case| case.stage() == CaseStage::Closed).collect();
        assert_eq!((all.len(), closed.len(), open.len()), (2, 1, 1));
        assert_eq!(closed[0].case_id, self.case_id);
        assert_eq!(open[0].owner, format!("unit/{LEAD}"));
        assert_eq!(case(&self.data, &self.case_id).await.round, 1);
        let request = ListHistoryRequest { case_id: self.case_id.clone(), page: None };
        let history = self.gateway(COMMUNITY).list_history(request).await.unwrap().into_inner();
        let count = |name: &str| {
            let kind = format!("muster.case.v1.{name}");
            history.entries.iter().filter(|entry| entry.r#type == kind).count()
        };
        for (step, times) in [
            ("WhistleRaised", 1),
            ("CaseRouted", 1),
            ("UnitCalled", 2),
            ("TaskAccepted", 2),
            ("TaskArrived", 2),
            ("TaskDisposed", 2),
            ("TaskRefused", 0),
            ("CaseDeclared", 1),
            ("CaseSentBack", 0),
            ("CaseConfirmed", 1),
        ] {
            assert_eq!(count(step), times, "{step}");
        }
    }

    async fn cases(&self, only_open: bool) -> Vec<Case> {
        let page = Some(Page { size: 100, token: String::new() });
        let request = ListCasesRequest { stage: 0, only_open, page };
        let office = "office/leading_group_office";
        self.gateway(office).list_cases(request).await.unwrap().into_inner().cases
    }
}

pub fn now() -> i64 {
    kit::clock::Clock::system().now().0
}
