//! Complaints (四个一律): what may be complained about, who finds, and that nothing ends without a
//! finding.

use domain::case::{Fact, fact::Routed};
use proto::{
    accountability::{
        ListBulletinRequest, accountability_service_client::AccountabilityServiceClient,
    },
    case::Complaint,
    whistle::{
        CaseStage as Stage, ConfirmCaseRequest, MergeCaseRequest, RecordFindingRequest,
        SendBackCaseRequest, Verdict, WithdrawCaseRequest,
    },
};

use super::{
    world::{self, World},
    *,
};

const OFFICE: &str = "office/leading_group_office";
const GOVERNMENT: &str = "office/gov_city";

fn complain(running: &Running, request: &str, about: &str, case_id: &str) -> RaiseWhistleRequest {
    RaiseWhistleRequest {
        issue_type: "conduct".into(),
        called_units: vec![],
        description: "an officer was rude".into(),
        complaint: Some(Complaint { about: about.into(), case_id: case_id.into() }),
        ..running.stall(request)
    }
}

fn to(round: u32, judge: &str) -> Fact {
    Fact::Routed(Routed {
        round,
        lead: None,
        candidates: vec![],
        cooperating: vec![],
        responsible: vec![],
        owner: judge.parse().unwrap(),
        basis: "M035".into(),
    })
}

async fn find(running: &Running, party: &str, request: RecordFindingRequest) -> Result<(), Status> {
    running.client(party).record_finding(request).await.map(drop)
}

fn finding(request: &str, case_id: &str, is_upheld: bool) -> RecordFindingRequest {
    RecordFindingRequest {
        command: command(request),
        case_id: case_id.into(),
        is_upheld,
        text: "the recording shows it".into(),
        evidence: vec![],
    }
}

fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> (String, String) {
    let Rejection { reason, field, .. } = refused(answer.unwrap_err());
    (reason, field)
}

fn is(reason: &str, field: &str) -> (String, String) {
    (reason.to_owned(), field.to_owned())
}

#[tokio::test]
async fn a_complaint_says_about_whom_and_about_what_the_community_has_seen() {
    let running = Running::start().await;
    let theirs = RaiseWhistleRequest { grid: "WS-KH-003".into(), ..running.stall("theirs") };
    let theirs = running.client(XISHAN).raise_whistle(theirs).await.unwrap().into_inner().case_id;
    let raise = async |request| {
        let answer = running.client(DONGFENG).raise_whistle(request).await;
        answer.map(|answer| answer.into_inner().case_id)
    };
    let nothing = RaiseWhistleRequest { complaint: None, ..complain(&running, "r", "housing", "") };
    assert_eq!(reason(raise(nothing).await), is("COMPLAINT_MISSING", "complaint"));
    let street = RaiseWhistleRequest {
        issue_type: "mobile_stall".into(),
        ..complain(&running, "r", "housing", "")
    };
    assert_eq!(reason(raise(street).await), is("NOT_A_COMPLAINT", "issue_type"));
    let nobody = complain(&running, "r", "no_such_unit", "");
    assert_eq!(reason(raise(nobody).await), is("UNKNOWN_UNIT", "complaint.about"));
    let nowhere = complain(&running, "r", "housing", "20260101-AAAAAAAA");
    assert_eq!(reason(raise(nowhere).await), is("UNKNOWN_CASE", "complaint.case_id"));
    let others = complain(&running, "r", "housing", &theirs);
    assert_eq!(raise(others).await.map_err(refused).unwrap_err().field, "complaint.case_id");

    let own = running.raise(running.stall("own")).await;
    let id = raise(complain(&running, "r", "enforcement", &own)).await.unwrap();
    let case = running.get(DONGFENG, &id).await.unwrap();
    let about = Complaint { about: "enforcement".into(), case_id: own.clone() };
    assert_eq!(case.complaint, Some(about));
    // The case that it is about leads to it, for who may see it: whom it is about does not.
    for party in [OFFICE, DONGFENG] {
        let seen = running.get(party, &own).await.unwrap().complaints;
        assert_eq!(seen, std::slice::from_ref(&id), "{party}");
    }
    let mut world = World::default();
    world.echo(&running).await;
    world.tell(&running, &own, &[("service/worker", world::called(1, "enforcement"))]).await;
    assert!(running.get("unit/enforcement", &own).await.unwrap().complaints.is_empty());
    assert!(running.get("unit/enforcement", &id).await.is_err());
}

#[tokio::test]
async fn who_owns_it_finds_once_and_the_community_has_the_word_after_it() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(complain(&running, "r", "housing", "")).await;
    world.echo(&running).await;
    let early = find(&running, OFFICE, finding("f", &id, true)).await;
    assert_eq!(reason(early), is("NOT_THE_JUDGE", "case_id"), "the worker owns it yet");
    world.tell(&running, &id, &[("service/worker", to(1, OFFICE))]).await;
    assert_eq!(running.get(OFFICE, &id).await.unwrap().stage(), Stage::Finding);

    let confirm =
        ConfirmCaseRequest { command: command("confirm"), case_id: id.clone(), ratings: vec![] };
    let early = running.client(DONGFENG).confirm_case(confirm.clone()).await;
    assert_eq!(reason(early), is("WRONG_STAGE", "case_id"), "nothing is found yet");
    let withdraw = WithdrawCaseRequest {
        command: command("withdraw"),
        case_id: id.clone(),
        reason: "never mind".into(),
    };
    let withdrawn = running.client(DONGFENG).withdraw_case(withdraw).await;
    assert_eq!(reason(withdrawn), is("FINDING_MISSING", "case_id"));
    let other = find(&running, GOVERNMENT, finding("f", &id, true)).await;
    assert_eq!(reason(other), is("NOT_THE_JUDGE", "case_id"));
    let silent = RecordFindingRequest { text: " ".into(), ..finding("f", &id, true) };
    assert_eq!(reason(find(&running, OFFICE, silent).await), is("TEXT_MISSING", "text"));

    find(&running, OFFICE, finding("f", &id, true)).await.unwrap();
    find(&running, OFFICE, finding("f", &id, true)).await.expect("a repeat is the first answer");
    let again = find(&running, OFFICE, finding("f2", &id, false)).await;
    assert_eq!(reason(again), is("ALREADY_ANSWERED", "case_id"));
    world.echo(&running).await;
    let case = running.get(DONGFENG, &id).await.unwrap();
    assert_eq!((case.stage(), case.finding()), (Stage::Confirming, Verdict::Upheld));
    let late = find(&running, OFFICE, finding("f3", &id, false)).await;
    assert_eq!(reason(late).0, "WRONG_STAGE");

    // Not accepted: the government finds.
    let back = SendBackCaseRequest {
        command: command("back"),
        case_id: id.clone(),
        reason: "nobody was asked".into(),
        evidence: vec![],
    };
    running.client(DONGFENG).send_back_case(back).await.unwrap();
    world.echo(&running).await;
    world.tell(&running, &id, &[("service/worker", to(2, GOVERNMENT))]).await;
    let case = running.get(DONGFENG, &id).await.unwrap();
    assert_eq!((case.finding(), case.dissatisfied), (Verdict::Unspecified, 1));
    assert!(case.first_answer.is_some_and(|answer| !answer.is_satisfied));
    find(&running, GOVERNMENT, finding("g", &id, false)).await.unwrap();
    world.echo(&running).await;
    running.client(DONGFENG).confirm_case(confirm).await.unwrap();
}

#[tokio::test]
async fn a_matter_of_the_street_has_no_finding_and_two_complaints_are_two() {
    let running = Running::start().await;
    let mut world = World::default();
    let street = running.raise(running.stall("street")).await;
    let first = running.raise(complain(&running, "first", "housing", "")).await;
    let mut community = running.client(DONGFENG);
    let second = community.raise_whistle(complain(&running, "b", "enforcement", "")).await;
    let second = second.unwrap().into_inner();
    assert!(!second.is_again && second.proposed.is_empty(), "about another unit: {second:?}");
    let same = community.raise_whistle(complain(&running, "c", "housing", "")).await;
    assert_eq!(same.unwrap().into_inner().proposed, std::slice::from_ref(&first));
    world.echo(&running).await;

    let none = find(&running, OFFICE, finding("f", &street, true)).await;
    assert_eq!(reason(none), is("NOT_A_COMPLAINT", "case_id"));
    let merge = MergeCaseRequest {
        command: command("merge"),
        case_id: second.case_id,
        same_as: first,
        note: String::new(),
    };
    let merged = running.client(OFFICE).merge_case(merge).await;
    assert_eq!(reason(merged), is("OTHER_COMPLAINT", "same_as"), "no complaint is lost in another");
}

#[tokio::test]
async fn an_upheld_complaint_is_in_the_bulletin_once_when_it_is_closed() {
    let running = Running::start().await;
    let mut world = World::default();
    let bulletin = async || {
        let accounts = AccountabilityServiceClient::new(running.channel(DONGFENG));
        let answer = accounts.clone().list_bulletin(ListBulletinRequest::default()).await;
        let entries = answer.unwrap().into_inner().entries.into_iter();
        entries.map(|entry| entry.unit).collect::<Vec<_>>()
    };
    for (unit, is_upheld) in [("housing", true), ("environment", false)] {
        let id = running.raise(complain(&running, unit, unit, "")).await;
        world.echo(&running).await;
        world.tell(&running, &id, &[("service/worker", to(1, OFFICE))]).await;
        find(&running, OFFICE, finding(&format!("find/{unit}"), &id, is_upheld)).await.unwrap();
        world.echo(&running).await;
        let before = bulletin().await.len();
        assert_eq!(before, usize::from(!is_upheld), "not before it is closed");
        let closed = || ("service/worker", world::unconfirmed(1));
        world.tell(&running, &id, &[closed(), closed()]).await;
    }
    assert_eq!(bulletin().await, ["housing"]);
}
