//! People and systems as they come in: with a certificate, through the public interfaces.

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use domain::party::Party;
use kit::{
    client::{self, Channel, Endpoint},
    identity::{Authority, Identity},
};
use proto::{
    case::Evidence,
    evidence::{UploadRequest, evidence_service_client::EvidenceServiceClient},
    page::Command,
    unit::{AcceptTaskRequest, ListTasksRequest, unit_service_client::UnitServiceClient},
    whistle::{
        Case, CaseStage, GetCaseRequest, RaiseWhistleRequest,
        whistle_service_client::WhistleServiceClient,
    },
};
use sha2::{Digest, Sha256};

/// What a person says: the same act is the same command.
pub fn command(person: &str, act: &str) -> Option<Command> {
    Some(Command { request_id: act.to_owned(), person: person.to_owned() })
}

/// The same for an act that is another one each time.
pub fn another(person: &str) -> Option<Command> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    command(person, &format!("act-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// A line to the running system as somebody, with a certificate of its own authority.
pub fn line(data: &Path, party: &str, door: &[&str]) -> Channel {
    let identity = identity(data, party);
    client::connect_lazy(&identity, &endpoint(data, door), &client::Limits::default()).unwrap()
}

/// The papers of a party; made if there are none yet.
pub fn identity(data: &Path, party: &str) -> Identity {
    let party: Party = party.parse().unwrap();
    let identity = data.join("identity");
    let authority = Authority::open(&identity);
    let wenshan = || Authority::open_or_create(&identity, &"wenshan".parse().unwrap());
    let authority = authority.or_else(|_| wenshan()).unwrap();
    authority.issue_to(&identity, &party).unwrap()
}

/// Where a door is.
pub fn endpoint(data: &Path, door: &[&str]) -> Endpoint {
    let doors: serde_json::Value =
        serde_json::from_slice(&std::fs::read(data.join("endpoints.json")).unwrap()).unwrap();
    let door = door.iter().fold(&doors, |value, key| &value[key]);
    Endpoint {
        address: door["address"].as_str().unwrap().to_owned(),
        server: door["server"].as_str().unwrap().parse().unwrap(),
    }
}

/// Brings a photograph; the same text is the same photograph.
pub async fn photograph(line: &Channel, text: &str) -> Evidence {
    let hash: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    let digest = format!("sha256:{hash}");
    let size = text.len() as u64;
    let piece = text.to_owned().into_bytes();
    let request = UploadRequest { digest: digest.clone(), size, piece, ..UploadRequest::default() };
    let mut store = EvidenceServiceClient::new(line.clone());
    store.upload(tokio_stream::once(request)).await.unwrap();
    let media_type = "text/plain".to_owned();
    Evidence { digest, size, kind: "photo".to_owned(), media_type }
}

/// Blows the whistle for street vending, calling enforcement alone; answers the case.
pub async fn whistle(data: &Path) -> String {
    whistle_to(data, &["enforcement"]).await
}

/// Blows the whistle for street vending, calling these; answers the case.
pub async fn whistle_to(data: &Path, called: &[&str]) -> String {
    let line = line(data, "community/kaihua_dongfeng", &["gateway"]);
    let evidence = vec![photograph(&line, "one").await, photograph(&line, "two").await];
    let request = RaiseWhistleRequest {
        command: command("li.na", "w1"),
        issue_type: "street_vending".into(),
        grid: "WS-KH-001".into(),
        description: "stalls".into(),
        evidence,
        called_units: called.iter().map(|unit| (*unit).to_owned()).collect(),
        ..RaiseWhistleRequest::default()
    };
    let mut gateway = WhistleServiceClient::new(line);
    gateway.raise_whistle(request).await.unwrap().into_inner().case_id
}

/// The case as its community sees it.
pub async fn case(data: &Path, case_id: &str) -> Case {
    let mut gateway =
        WhistleServiceClient::new(line(data, "community/kaihua_dongfeng", &["gateway"]));
    let request = GetCaseRequest { case_id: case_id.to_owned() };
    gateway.get_case(request).await.unwrap().into_inner().case.unwrap()
}

/// Waits for the case to be in the stage; says the last state when it never is.
pub async fn eventually(data: &Path, case_id: &str, stage: CaseStage) -> Case {
    let mut last = None;
    for _ in 0..600 {
        let case = case(data, case_id).await;
        if case.stage() == stage {
            return case;
        }
        last = Some(case);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never {stage:?}: {last:?}");
}

/// Waits until enforcement is called, reports for duty, and says how many tasks it has.
pub async fn report_for_duty(data: &Path, case_id: &str) -> usize {
    let line = line(data, "unit/enforcement", &["units", "enforcement"]);
    let mut desk = UnitServiceClient::new(line);
    for _ in 0..600 {
        let tasks = desk.list_tasks(ListTasksRequest::default()).await;
        let tasks = tasks.map_or(0, |answer| answer.into_inner().tasks.len());
        if tasks > 0 {
            let command = command("wang", "a1");
            let (case_id, on_behalf_of) = (case_id.to_owned(), String::new());
            let request = AcceptTaskRequest { command, case_id, on_behalf_of };
            desk.accept_task(request).await.unwrap();
            return tasks;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("enforcement was never called");
}

/// Waits until a door answers at all.
pub async fn reachable(data: &Path, door: &[&str]) {
    let channel = line(data, "community/kaihua_dongfeng", door);
    for _ in 0..600 {
        let request = GetCaseRequest { case_id: "none".to_owned() };
        let answer = WhistleServiceClient::new(channel.clone()).get_case(request).await;
        if answer.is_err_and(|status| status.code() == tonic::Code::NotFound) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{door:?} is not reachable");
}
