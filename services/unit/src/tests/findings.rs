//! The desk at the checkpoint: one stop is split by the table of powers, each unit settles its own
//! without a bus, what is proven counts for credit once, and the register of seizures has no gap.

use domain::{credit::ViolationId, inspection::Fact as Said};
use proto::inspection_wire::{
    DecisionRef, EndSeizureRequest, Finding, FindingState, Found, Inspection, ListFindingsRequest,
    NotProven, OpenInspectionRequest, Outcome, Penalty, RevokeFindingRequest, SeizeVehicleRequest,
    Seizure, SeizureEnd, SettleFindingRequest, finding_service_client::FindingServiceClient,
    outcome::Outcome as How, seize_vehicle_request::About,
};

use super::{violations::town, *};

type Client = FindingServiceClient<Channel>;

const POLICE: &str = "public_security";

fn desk(host: &Running, town: &Town, unit: &str) -> Client {
    FindingServiceClient::new(host.channel(town, &format!("unit/{unit}")))
}

fn found(code: &str, fact: &str) -> Found {
    Found {
        code: code.into(),
        fact: fact.into(),
        at_ms: NOW.0 - 1_000,
        text: "seen by two".into(),
        evidence: vec![],
    }
}

fn stop(request: &str, findings: Vec<Found>) -> OpenInspectionRequest {
    OpenInspectionRequest {
        command: asks(request),
        object: "hauler-1".into(),
        vehicle: "plate-7".into(),
        place: "the east gate".into(),
        at_ms: NOW.0 - 500,
        operation_id: String::new(),
        findings,
    }
}

async fn open(desk: &mut Client, asked: OpenInspectionRequest) -> Result<Inspection, Status> {
    Ok(desk.open_inspection(asked).await?.into_inner().inspection.unwrap())
}

fn penalty(decision: &str, fen: u64) -> How {
    How::Penalty(Penalty { decision: decision.into(), kind: "罚款".into(), fen })
}

async fn settle(
    desk: &mut Client,
    (id, finding): (&str, u32),
    outcome: How,
) -> Result<Finding, Status> {
    let request = SettleFindingRequest {
        command: asks(
            &format!("settle-{id}-{finding}-{outcome:?}")
                .replace(|c: char| !c.is_ascii_alphanumeric(), ""),
        ),
        inspection_id: id.into(),
        finding,
        outcome: Some(Outcome { outcome: Some(outcome) }),
    };
    Ok(desk.settle_finding(request).await?.into_inner().finding.unwrap())
}

async fn revoke(desk: &mut Client, id: &str, finding: u32) -> Result<Finding, Status> {
    let request = RevokeFindingRequest {
        command: asks(&format!("revoke-{finding}")),
        inspection_id: id.into(),
        finding,
        reason: "another truck".into(),
    };
    Ok(desk.revoke_finding(request).await?.into_inner().finding.unwrap())
}

async fn listed(desk: &mut Client, is_pending: bool) -> Vec<(u32, FindingState)> {
    let request = ListFindingsRequest { page: None, is_pending };
    let found = desk.list_findings(request).await.unwrap().into_inner().findings;
    found.iter().map(|finding| (finding.number, finding.state())).collect()
}

/// The words of what a unit has said, with for whom.
fn sent(host: &Running, unit: &str) -> Vec<(String, String)> {
    let word = |one: Envelope| {
        let to = one.recipient.map(|to| to.to_string()).unwrap_or_default();
        (one.kind.rsplit('.').next().unwrap().to_owned(), to)
    };
    host.waiting(unit).into_iter().map(word).collect()
}

fn pair(word: &str, to: &str) -> (String, String) {
    (word.into(), to.into())
}

#[tokio::test]
async fn a_stop_is_split_and_each_unit_settles_its_own_while_there_is_no_bus() {
    let town = town();
    let host = town.start(&["enforcement", POLICE]).await;
    let mut ours = desk(&host, &town, "enforcement");
    let findings = vec![found("mud_on_road", "f-1"), found("speeding", "f-2"), found("odd", "f-3")];
    let opened = open(&mut ours, stop("a", findings.clone())).await.unwrap();
    let owners: Vec<&str> = opened.findings.iter().map(|finding| &*finding.owner).collect();
    assert_eq!(owners, ["enforcement", POLICE, ""]);
    assert_eq!((opened.open, &*opened.operation_id), (3, ""));
    assert_eq!(open(&mut ours, stop("a", findings)).await.unwrap(), opened, "a repeat");
    let told = ["", "unit/public_security", "office/leading_group_office"];
    let told = told.map(|to| pair("InspectionOpened", to));
    assert_eq!(sent(&host, "enforcement"), told);

    let id = &*opened.inspection_id;
    assert_eq!(listed(&mut ours, true).await, [(1, FindingState::Pending)]);
    let beyond = settle(&mut ours, (id, 2), penalty("d-1", 1)).await.unwrap_err();
    assert_eq!(reason(&beyond), "NOT_ITS_POWER");
    let mut police = desk(&host, &town, POLICE);
    let unheard = settle(&mut police, (id, 2), penalty("d-1", 1)).await.unwrap_err();
    assert_eq!(reason(&unheard), "UNKNOWN_INSPECTION", "it waits at the bus");
    host.carry("enforcement", POLICE).await;
    assert_eq!(listed(&mut police, true).await, [(2, FindingState::Pending)]);
    let unproven = How::NotProven(NotProven { reason: "the camera was dark".into() });
    let settled = settle(&mut police, (id, 2), unproven).await.unwrap();
    assert_eq!(settled.state(), FindingState::NotProven);
    let again = settle(&mut police, (id, 2), penalty("d-1", 1)).await.unwrap_err();
    assert_eq!(reason(&again), "ALREADY_SETTLED");
    assert!(listed(&mut police, true).await.is_empty());
    let to_opener = pair("FindingSettled", "unit/enforcement");
    assert_eq!(sent(&host, POLICE), [pair("FindingSettled", ""), to_opener]);
    host.end().await;
}

#[tokio::test]
async fn a_proven_finding_counts_for_credit_once_and_a_revocation_is_said_for_both() {
    let town = town();
    let host = town.start(&["enforcement"]).await;
    let mut ours = desk(&host, &town, "enforcement");
    let findings = vec![found("mud_on_road", "f-1"), found("spillage", "f-2")];
    let opened = open(&mut ours, stop("a", findings)).await.unwrap();
    let id = &*opened.inspection_id;
    settle(&mut ours, (id, 1), penalty("d-1", 20_000)).await.unwrap();
    let used = settle(&mut ours, (id, 2), penalty("d-1", 1)).await.unwrap_err();
    assert_eq!(reason(&used), "ALREADY_CONFIRMED");
    settle(&mut ours, (id, 2), penalty("d-2", 1)).await.unwrap();
    let expected = ["InspectionOpened", "FindingSettled", "ViolationConfirmed", "FindingSettled"];
    let words = || sent(&host, "enforcement").into_iter().map(|(word, _)| word).collect::<Vec<_>>();
    assert_eq!(words(), expected, "spilling takes no points in Dengfeng");

    let request = proto::credit_wire::RevokeViolationRequest {
        command: asks("beside"),
        object: "hauler-1".into(),
        decision: "d-1".into(),
        reason: "x".into(),
    };
    let channel = host.channel(&town, "unit/enforcement");
    let mut beside =
        proto::credit_wire::violation_service_client::ViolationServiceClient::new(channel);
    let beside = beside.revoke_violation(request).await.unwrap_err();
    assert_eq!(reason(&beside), "SETTLES_A_FINDING");
    let revoked = revoke(&mut ours, id, 1).await.unwrap();
    assert_eq!((revoked.state(), &*revoked.note), (FindingState::Revoked, "another truck"));
    let twice = revoke(&mut ours, id, 1).await.unwrap();
    assert_eq!(twice, revoked, "a repeat");
    assert_eq!(words()[4..], ["FindingRevoked", "ViolationRevoked"]);
    assert_eq!(listed(&mut ours, false).await[0], (1, FindingState::Revoked));
    host.end().await;
}

#[tokio::test]
async fn what_the_office_names_or_sets_aside_is_on_the_desk() {
    let town = town();
    let host = town.start(&["enforcement", "transport"]).await;
    let mut ours = desk(&host, &town, "enforcement");
    let findings = vec![found("odd", "f-1"), found("mud_on_road", "f-2")];
    let opened = open(&mut ours, stop("a", findings)).await.unwrap();
    let id = &*opened.inspection_id;
    settle(&mut ours, (id, 2), penalty("d-1", 1)).await.unwrap();
    let first = host.waiting("enforcement").remove(0);
    let Some(Said::Opened(stop)) = proto::inspection::read(&first.kind, &first.body).unwrap()
    else {
        panic!("no stop")
    };
    let (person, reason) = ("chen".parse().unwrap(), String::from("it is nearest"));
    let unit = "transport".parse().unwrap();
    let assigned = Said::Assigned { opened: stop, finding: 1, unit, person, reason };
    let subject = "inspection/wenshan/hauler-1";
    host.gets("service/gateway", "transport", 1, subject, proto::inspection::write(&assigned))
        .await;
    let mut other = desk(&host, &town, "transport");
    assert_eq!(listed(&mut other, true).await, [(1, FindingState::Pending)]);
    let settled = settle(&mut other, (id, 1), penalty("t-1", 1)).await.unwrap();
    assert_eq!(settled.state(), FindingState::Penalized);

    let of = |unit: &str, decision: &str| ViolationId {
        unit: unit.parse().unwrap(),
        decision: decision.parse().unwrap(),
    };
    let chosen = Said::Chosen {
        fact: "f-2".parse().unwrap(),
        stands: of(POLICE, "d-9"),
        aside: vec![of("enforcement", "d-1")],
        person: "chen".parse().unwrap(),
        reason: "theirs came first".into(),
    };
    let chosen = || proto::inspection::write(&chosen);
    host.gets("unit/transport", "enforcement", 1, subject, chosen()).await;
    assert_eq!(listed(&mut ours, false).await, [(2, FindingState::Penalized)], "not its to say");
    host.gets("service/gateway", "enforcement", 1, subject, chosen()).await;
    assert_eq!(listed(&mut ours, false).await, [(2, FindingState::SetAside)]);
    let wire = DecisionRef { unit: "enforcement".into(), decision: "d-1".into() };
    assert_eq!(proto::inspection::decision_in("x", Some(wire)).unwrap(), of("enforcement", "d-1"));
    host.end().await;
}

fn seizing(request: &str, vehicle: &str, about: About) -> SeizeVehicleRequest {
    SeizeVehicleRequest {
        command: asks(request),
        object: String::new(),
        vehicle: vehicle.into(),
        kind: "电动三轮车".into(),
        place: "the yard".into(),
        at_ms: NOW.0 - 100,
        reason: "no plate".into(),
        about: Some(about),
    }
}

async fn seize(desk: &mut Client, asked: SeizeVehicleRequest) -> Result<Seizure, Status> {
    Ok(desk.seize_vehicle(asked).await?.into_inner().seizure.unwrap())
}

#[tokio::test]
async fn a_register_of_seizures_has_no_gap_and_an_entry_ends_once() {
    let town = town();
    let host = town.start(&[POLICE]).await;
    let mut desk = desk(&host, &town, POLICE);
    let opened = open(&mut desk, stop("a", vec![found("speeding", "f-1")])).await.unwrap();
    let of = |id: &str| About::InspectionId(id.into());
    let stranger = seize(&mut desk, seizing("x", "v-1", of("I-other-1"))).await.unwrap_err();
    assert_eq!(reason(&stranger), "UNKNOWN_INSPECTION");
    let no_case = seizing("y", "v-1", About::CaseId("20261122-7QK3M9ZT".into()));
    let no_case = SeizeVehicleRequest { object: "hauler-1".into(), ..no_case };
    assert_eq!(reason(&seize(&mut desk, no_case).await.unwrap_err()), "UNKNOWN_TASK");
    let mut numbers = Vec::new();
    for vehicle in ["v-1", "v-2"] {
        let asked = || seizing(vehicle, vehicle, of(&opened.inspection_id));
        let seizure = seize(&mut desk, asked()).await.unwrap();
        assert_eq!(seize(&mut desk, asked()).await.unwrap(), seizure, "a repeat");
        numbers.push(seizure.seized.unwrap().seizure);
    }
    assert_eq!(numbers, ["public_security/1", "public_security/2"]);
    let same = seize(&mut desk, seizing("z", "v-1", of(&opened.inspection_id))).await.unwrap_err();
    assert_eq!(reason(&same), "ALREADY_SEIZED");
    let end = |request: &str, seizure: &str| EndSeizureRequest {
        command: asks(request),
        seizure: seizure.into(),
        end: SeizureEnd::Released.into(),
        reason: "paid and registered".into(),
    };
    let ended = desk.end_seizure(end("e", &numbers[0])).await.unwrap().into_inner().seizure;
    assert_eq!(ended.unwrap().end(), SeizureEnd::Released);
    let again = desk.end_seizure(end("f", &numbers[0])).await.unwrap_err();
    assert_eq!(reason(&again), "ALREADY_ENDED");
    for none in ["public_security/9", "enforcement/1"] {
        let none = desk.end_seizure(end(none, none)).await.unwrap_err();
        assert_eq!(reason(&none), "UNKNOWN_SEIZURE");
    }
    host.end().await;
    let host = town.start(&[POLICE]).await;
    let mut desk = self::desk(&host, &town, POLICE);
    let third = seize(&mut desk, seizing("g", "v-3", of(&opened.inspection_id))).await.unwrap();
    assert_eq!(third.seized.unwrap().seizure, "public_security/3", "also after it was shut");
    host.end().await;
}

#[tokio::test]
async fn a_vehicle_is_one_however_its_plate_is_written() {
    let town = town();
    let host = town.start(&[POLICE]).await;
    let mut desk = desk(&host, &town, POLICE);
    let found = vec![found("speeding", "speeding:云ha1234:2026-11-22")];
    let asked = OpenInspectionRequest {
        object: "云HA1234".into(),
        vehicle: "云h·a1234".into(),
        ..stop("a", found)
    };
    let opened = open(&mut desk, asked).await.unwrap();
    assert_eq!((opened.object.as_str(), opened.vehicle.as_str()), ("CN-YN.HA1234", "CN-YN.HA1234"));
    let fact = opened.findings[0].found.clone().unwrap().fact;
    assert_eq!(fact, "speeding:CN-YN.HA1234:2026-11-22");
    let of = || About::InspectionId(opened.inspection_id.clone());
    seize(&mut desk, seizing("b", "云Ｈ Ａ１２３４", of())).await.unwrap();
    let same = seize(&mut desk, seizing("c", "云H·A1234", of())).await.unwrap_err();
    assert_eq!(reason(&same), "ALREADY_SEIZED");
    let wrong = seize(&mut desk, seizing("d", "云H·A123", of())).await.unwrap_err();
    assert_eq!(reason(&wrong), "MALFORMED_PLATE");
    assert!(wrong.message().contains("right would be: 云H·A1234"), "{}", wrong.message());
    host.end().await;
}

#[tokio::test]
async fn what_shows_a_finding_must_be_there_and_goes_to_its_owner() {
    let town = town();
    let host = town.start(&["enforcement"]).await;
    let mut ours = desk(&host, &town, "enforcement");
    let piece = super::evidence::photo(&host, &town, "enforcement", b"ninety of sixty").await;
    let with = |piece| Found { evidence: vec![piece], ..found("speeding", "f-1") };
    let other = proto::case::Evidence { size: 1, ..piece.clone() };
    let missing = open(&mut ours, stop("a", vec![with(other)])).await.unwrap_err();
    assert_eq!(reason(&missing), "EVIDENCE_MISSING");
    let to_copy = || {
        let store = &host.stores["enforcement"];
        store.read(|tx| crate::desk::to_copy(tx, b"", 10)).unwrap()
    };
    assert!(to_copy().is_empty());
    open(&mut ours, stop("b", vec![with(piece.clone())])).await.unwrap();
    let to_copy = to_copy();
    let (lead, digest) = (to_copy[0].lead.as_str(), to_copy[0].digest.to_string());
    assert_eq!((to_copy.len(), lead, digest), (1, POLICE, piece.digest));
    host.end().await;
}
