//! The desk of a unit that decides about violations: within its power, each number once, without a
//! bus.

use proto::credit_wire::{
    ConfirmViolationRequest, ListViolationsRequest, RevokeViolationRequest, Violation,
    ViolationState, violation_service_client::ViolationServiceClient,
};

use super::*;

type Client = ViolationServiceClient<Channel>;

/// Wenshan with the powers and the rules of credit of Dengfeng.
pub(super) fn town() -> Town {
    let dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/cities/dengfeng"));
    let dengfeng = pack::load(&kit::pack::files(dir).unwrap()).unwrap();
    let mut town = Town::new();
    let mut city = wenshan();
    (city.credit, city.powers) = (dengfeng.credit, dengfeng.powers);
    town.city = Arc::new(city);
    town
}

fn desk(host: &Running, town: &Town, unit: &str) -> Client {
    ViolationServiceClient::new(host.channel(town, &format!("unit/{unit}")))
}

fn mud(request: &str, decision: &str) -> ConfirmViolationRequest {
    ConfirmViolationRequest {
        command: asks(request),
        object: "hauler-1".into(),
        code: "mud_on_road".into(),
        fact: "truck-7-mud".into(),
        decision: decision.into(),
        at_ms: NOW.0 - 1_000,
    }
}

async fn confirm(desk: &mut Client, asked: ConfirmViolationRequest) -> Result<Violation, Status> {
    Ok(desk.confirm_violation(asked).await?.into_inner().violation.unwrap())
}

async fn revoke(desk: &mut Client, request: &str, decision: &str) -> Result<Violation, Status> {
    let request = RevokeViolationRequest {
        command: asks(request),
        object: "hauler-1".into(),
        decision: decision.into(),
        reason: "the wrong truck".into(),
    };
    Ok(desk.revoke_violation(request).await?.into_inner().violation.unwrap())
}

async fn listed(desk: &mut Client) -> Vec<(String, ViolationState)> {
    let answer = desk.list_violations(ListViolationsRequest::default()).await.unwrap();
    let one = |violation: Violation| (violation.decision.clone(), violation.state());
    answer.into_inner().violations.into_iter().map(one).collect()
}

#[tokio::test]
async fn a_unit_confirms_and_revokes_within_its_power_while_there_is_no_bus() {
    let town = town();
    let host = town.start(&["enforcement", "public_security"]).await;
    let mut ours = desk(&host, &town, "enforcement");
    let taken = confirm(&mut ours, mud("a", "d-1")).await.unwrap();
    assert_eq!(
        (taken.points, taken.state(), &*taken.unit),
        (4, ViolationState::Charged, "enforcement")
    );
    assert_eq!(confirm(&mut ours, mud("a", "d-1")).await.unwrap(), taken, "a repeat");
    let again = confirm(&mut ours, mud("b", "d-1")).await.unwrap_err();
    assert_eq!(reason(&again), "ALREADY_CONFIRMED");

    let speeding = ConfirmViolationRequest { code: "speeding".into(), ..mud("c", "d-2") };
    assert_eq!(reason(&confirm(&mut ours, speeding).await.unwrap_err()), "NOT_ITS_POWER");
    let strange = ConfirmViolationRequest { code: "x".into(), ..mud("d", "d-2") };
    assert_eq!(reason(&confirm(&mut ours, strange).await.unwrap_err()), "UNKNOWN_CODE");
    let early = ConfirmViolationRequest { at_ms: NOW.0 + 300_001, ..mud("e", "d-2") };
    assert_eq!(reason(&confirm(&mut ours, early).await.unwrap_err()), "HAPPENS_LATER");

    let mut police = desk(&host, &town, "public_security");
    assert_eq!(reason(&revoke(&mut police, "f", "d-1").await.unwrap_err()), "UNKNOWN_DECISION");
    let revoked = revoke(&mut ours, "g", "d-1").await.unwrap();
    assert_eq!(
        (revoked.state(), &*revoked.revoked_reason),
        (ViolationState::Revoked, "the wrong truck")
    );
    assert_eq!(reason(&revoke(&mut ours, "h", "d-1").await.unwrap_err()), "ALREADY_REVOKED");
    assert_eq!(listed(&mut ours).await, [("d-1".to_owned(), ViolationState::Revoked)]);

    let sent = host.waiting("enforcement");
    let sent: Vec<(&str, &str)> =
        sent.iter().map(|one| (one.id.as_str(), one.subject.as_str())).collect();
    let id = |word: &str| format!("credit/hauler-1/enforcement/d-1/{word}");
    let (confirm, revoke) = (id("confirm"), id("revoke"));
    let subject = "credit/wenshan/hauler-1";
    assert_eq!(sent, [(&*confirm, subject), (&*revoke, subject)], "nothing of what was refused");
    host.end().await;
}

#[tokio::test]
async fn a_city_without_rules_of_credit_scores_nobody() {
    let town = Town::new();
    let host = town.start(&["enforcement"]).await;
    let refused = confirm(&mut desk(&host, &town, "enforcement"), mud("a", "d-1")).await;
    assert_eq!(reason(&refused.unwrap_err()), "NO_CREDIT_RULES");
    assert!(host.waiting("enforcement").is_empty());
    host.end().await;
}
