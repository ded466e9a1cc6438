//! Notices to several: who has it is known at any moment, and a correction comes after.

use proto::{
    bus::{NumberRange, Portion, Proofs, ShownPortion, ShownProof},
    notice::{
        GetDeliveryRequest, GetDeliveryResponse, ListNoticesRequest, Notice, ReceiverState,
        SendNoticeRequest, notice_service_client::NoticeServiceClient,
    },
    record::{Progress, Settled},
};

use super::*;

pub(super) type Notices = NoticeServiceClient<Channel>;

const UNITS: [&str; 3] = ["public_security", "propaganda", "dev_reform"];

pub(super) fn telling(id: &str, text: &str) -> SendNoticeRequest {
    SendNoticeRequest {
        command: asks(id),
        units: vec!["propaganda".into(), "dev_reform".into(), "propaganda".into()],
        text: text.into(),
        purpose: "integrity and civility".into(),
        case_id: "c1".into(),
        corrects: String::new(),
    }
}

fn correcting(id: &str, corrects: &str) -> SendNoticeRequest {
    SendNoticeRequest { corrects: corrects.into(), units: vec![], ..telling(id, "revoked") }
}

pub(super) async fn send(client: &mut Notices, told: SendNoticeRequest) -> Result<Notice, Status> {
    Ok(client.send_notice(told).await?.into_inner().notice.unwrap())
}

async fn delivery(client: &mut Notices, id: &str) -> Result<GetDeliveryResponse, Status> {
    Ok(client.get_delivery(GetDeliveryRequest { notice_id: id.into() }).await?.into_inner())
}

/// "1 of 2: propaganda".
async fn standing(client: &mut Notices, id: &str) -> String {
    let GetDeliveryResponse { receivers, received } = delivery(client, id).await.unwrap();
    let has = receivers.iter().filter(|one| one.state() == ReceiverState::Received);
    let has: Vec<&str> = has.map(|one| one.unit.as_str()).collect();
    assert_eq!(has.len(), received as usize);
    format!("{received} of {}: {}", receivers.len(), has.join(" "))
}

async fn list(client: &mut Notices) -> Vec<Notice> {
    client.list_notices(ListNoticesRequest::default()).await.unwrap().into_inner().notices
}

async fn settle(host: &Running, recipient: &str, number: u64, is_skipped: bool) {
    let recipient = format!("unit/{recipient}");
    let range = NumberRange { first: number, last: number };
    let portion =
        Portion { recipient: recipient.clone(), numbers: vec![range], ..Portion::default() };
    let portions = vec![ShownPortion { portion: Some(portion), ..ShownPortion::default() }];
    let proof = ShownProof { signer: recipient.clone(), portions, ..ShownProof::default() };
    // Who never had it has signed nothing.
    let proofs = if is_skipped { Vec::new() } else { vec![proof] };
    let proofs = Some(Proofs { proofs, ..Proofs::default() });
    let settled = vec![Settled { recipient, number, is_skipped }];
    let progress = Progress { settled, proofs, ..Progress::default() };
    host.stores["public_security"].progress(progress).await.unwrap();
}

#[tokio::test]
async fn it_is_one_of_two_until_both_have_it_also_after_a_kill() {
    let town = Town::new();
    let host = town.start(&UNITS).await;
    let mut police = Notices::new(host.channel(&town, "unit/public_security"));
    let notice = send(&mut police, telling("n1", "ran a red light")).await.unwrap();
    assert_eq!(notice.receivers, ["dev_reform", "propaganda"]);
    assert_eq!(send(&mut police, telling("n1", "ran a red light")).await.unwrap(), notice);
    let id = notice.notice_id;
    let waiting = host.waiting("public_security");
    let ids: Vec<&str> = waiting.iter().map(|one| one.id.as_str()).collect();
    let of = |unit: &str| format!("notice/{id}/unit/{unit}");
    assert_eq!(ids, [of("dev_reform"), of("propaganda")]);
    assert!(waiting.iter().all(|one| one.terms.group == Some(format!("notice/{id}"))));
    assert_eq!(standing(&mut police, &id).await, "0 of 2: ");
    settle(&host, "propaganda", 1, false).await;
    assert_eq!(standing(&mut police, &id).await, "1 of 2: propaganda");
    settle(&host, "propaganda", 1, false).await;
    host.task.abort();
    let _cut = host.task.await;
    drop(host.stores);

    let host = town.start(&UNITS).await;
    let mut police = Notices::new(host.channel(&town, "unit/public_security"));
    assert_eq!(standing(&mut police, &id).await, "1 of 2: propaganda");
    let left: Vec<String> =
        host.waiting("public_security").iter().map(|one| one.id.to_string()).collect();
    assert_eq!(left, [of("dev_reform")], "the other is still to be sent");
    settle(&host, "dev_reform", 1, false).await;
    assert_eq!(standing(&mut police, &id).await, "2 of 2: dev_reform propaganda");
    host.end().await;
}

#[tokio::test]
async fn whom_a_person_skipped_never_counts_as_having_it() {
    let town = Town::new();
    let host = town.start(&UNITS).await;
    let mut police = Notices::new(host.channel(&town, "unit/public_security"));
    let id = send(&mut police, telling("n1", "ran a red light")).await.unwrap().notice_id;
    settle(&host, "propaganda", 1, true).await;
    settle(&host, "dev_reform", 1, false).await;
    assert_eq!(standing(&mut police, &id).await, "1 of 2: dev_reform");
    let receivers = delivery(&mut police, &id).await.unwrap().receivers;
    assert_eq!(receivers[1].state(), ReceiverState::Skipped);
    host.end().await;
}

#[tokio::test]
async fn a_correction_goes_to_whoever_got_it_and_says_what_it_corrects() {
    let town = Town::new();
    let host = town.start(&UNITS).await;
    let mut police = Notices::new(host.channel(&town, "unit/public_security"));
    let first = send(&mut police, telling("n1", "ran a red light")).await.unwrap().notice_id;
    let other = SendNoticeRequest { units: vec!["water".into()], ..correcting("n2", &first) };
    assert_eq!(reason(&send(&mut police, other).await.unwrap_err()), "OTHER_RECEIVERS");
    let second = send(&mut police, correcting("n2", &first)).await.unwrap();
    assert_eq!((&second.corrects, second.receivers.len()), (&first, 2));
    let again = send(&mut police, correcting("n3", &first)).await.unwrap_err();
    assert_eq!(reason(&again), "ALREADY_CORRECTED");
    let third = send(&mut police, correcting("n3", &second.notice_id)).await.unwrap();

    for envelope in &host.waiting("public_security")[2..4] {
        let (to, corrected) = (envelope.recipient.as_ref().unwrap(), &envelope.terms.corrects);
        assert_eq!(corrected.as_ref().unwrap().as_str(), format!("notice/{first}/{to}"));
        assert_eq!(envelope.subject, format!("notice/wenshan/{first}"), "it comes after");
    }
    host.carry("public_security", "propaganda").await;
    let mut civility = Notices::new(host.channel(&town, "unit/propaganda"));
    let had = list(&mut civility).await;
    let links: Vec<(&str, &str)> =
        had.iter().map(|one| (one.corrects.as_str(), one.corrected_by.as_str())).collect();
    let (second, third) = (second.notice_id.as_str(), third.notice_id.as_str());
    assert_eq!(links, [("", second), (first.as_str(), third), (second, "")]);
    assert_eq!(had[0].receivers, ["propaganda"]);
    // A receiver corrects nothing that it did not say.
    let theirs = send(&mut civility, correcting("n4", &first)).await.unwrap_err();
    assert_eq!(reason(&theirs), "UNKNOWN_NOTICE");
    host.end().await;
}

#[tokio::test]
async fn what_is_no_notice_is_not_taken() {
    let town = Town::new();
    let host = town.start(&UNITS).await;
    let mut police = Notices::new(host.channel(&town, "unit/public_security"));
    let good = || telling("n", "ran a red light");
    let many = (0..51).map(|n| format!("u{n}")).collect();
    for (told, expected) in [
        (SendNoticeRequest { text: " ".into(), ..good() }, "TEXT_MISSING"),
        (SendNoticeRequest { units: vec![], ..good() }, "WRONG_COUNT"),
        (SendNoticeRequest { units: many, ..good() }, "WRONG_COUNT"),
        (SendNoticeRequest { units: vec!["nobody".into()], ..good() }, "UNKNOWN_UNIT"),
        (SendNoticeRequest { units: vec!["public_security".into()], ..good() }, "TELLS_ITSELF"),
        (SendNoticeRequest { purpose: "由".repeat(400), ..good() }, "PURPOSE_MISSING"),
        (correcting("n", "public_security/99"), "UNKNOWN_NOTICE"),
    ] {
        assert_eq!(reason(&send(&mut police, told).await.unwrap_err()), expected);
    }
    assert!(host.records("public_security").is_empty());
    let unknown = delivery(&mut police, "public_security/99").await.unwrap_err();
    assert_eq!(reason(&unknown), "UNKNOWN_NOTICE");
    host.end().await;
}
