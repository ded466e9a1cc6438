//! A notice to two receivers over a real bus, one of them down: one of two until it is back (M099).

use std::{path::Path, time::Duration};

use proto::{
    bus::{ListEnvelopesRequest, bus_service_client::BusServiceClient},
    muster::envelope::v1::attribute_value::Attr,
    notice::{
        GetDeliveryRequest, ListNoticesRequest, SendNoticeRequest,
        notice_service_client::NoticeServiceClient,
    },
    page::Command,
};

use crate::{
    city::{City, Part},
    people::{self, line},
};

fn door(data: &Path, unit: &str) -> NoticeServiceClient<kit::client::Channel> {
    NoticeServiceClient::new(line(data, &format!("unit/{unit}"), &["units", unit]))
}

/// The traffic police tell the integrity system's office and the civility office.
async fn tell(data: &Path, id: &str, text: &str, corrects: &str) -> String {
    let units = ["dev_reform", "propaganda"].map(str::to_owned).to_vec();
    let told = SendNoticeRequest {
        command: Some(Command { request_id: id.into(), person: "li.na".into() }),
        units: if corrects.is_empty() { units } else { vec![] },
        text: text.into(),
        purpose: "integrity and civility records".into(),
        case_id: String::new(),
        corrects: corrects.into(),
    };
    let mut last = None;
    for _ in 0..600 {
        match door(data, "public_security").send_notice(told.clone()).await {
            Ok(sent) => return sent.into_inner().notice.unwrap().notice_id,
            Err(refused) => last = Some(refused),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no notice is taken: {last:?}");
}

/// Waits until so many of how many have it.
async fn standing(data: &Path, id: &str, expected: (u32, usize)) {
    let mut last = None;
    for _ in 0..900 {
        let request = GetDeliveryRequest { notice_id: id.into() };
        let found = door(data, "public_security").get_delivery(request).await;
        let found = found.map(tonic::Response::into_inner);
        let stands = found.as_ref().map(|found| (found.received, found.receivers.len()));
        if stands.is_ok_and(|stands| stands == expected) {
            return;
        }
        last = Some(found);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{id} is never {expected:?}: {last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_down_is_tried_until_it_has_it_and_the_correction_comes_after() {
    let mut city = City::new("standard", &[&["public_security"], &["dev_reform"], &["propaganda"]]);
    let data = city.data().to_owned();
    city.start_temporal().await;
    // The worker and the gateway follow the record: nothing has arrived before they have it.
    let parts = [Part::Bus, Part::Gateway, Part::Worker, Part::Units(0), Part::Units(1)];
    parts.into_iter().for_each(|part| city.start(part));
    people::reachable(&data, &["gateway"]).await;

    let first = tell(&data, "n1", "ran a red light", "").await;
    standing(&data, &first, (1, 2)).await;
    let second = tell(&data, "n2", "revoked", &first).await;
    standing(&data, &second, (1, 2)).await;
    city.kill(Part::Units(0));
    city.start(Part::Units(0));
    assert_eq!(tell(&data, "n1", "ran a red light", "").await, first, "a repeat");
    standing(&data, &first, (1, 2)).await;
    city.start(Part::Units(2));
    standing(&data, &first, (2, 2)).await;
    standing(&data, &second, (2, 2)).await;

    for unit in ["dev_reform", "propaganda"] {
        let listed = door(&data, unit).list_notices(ListNoticesRequest::default()).await.unwrap();
        let listed = listed.into_inner().notices;
        let said: Vec<(&str, &str)> =
            listed.iter().map(|one| (one.text.as_str(), one.corrected_by.as_str())).collect();
        assert_eq!(said, [("ran a red light", second.as_str()), ("revoked", "")], "{unit}");
    }
    // The record itself shows the link.
    let mut bus = BusServiceClient::new(line(&data, "admin/auditor", &["bus"]));
    let subject = format!("notice/wenshan/{first}");
    let listed = bus.list_envelopes(ListEnvelopesRequest { subject, page: None }).await.unwrap();
    let listed = listed.into_inner().recorded;
    let links =
        listed.iter().filter_map(|one| one.envelope.as_ref()).filter_map(|envelope| match envelope
            .attributes
            .get("corrects")?
            .attr
            .as_ref()?
        {
            Attr::CeString(id) => Some(id.clone()),
            _ => None,
        });
    let of = |unit: &str| format!("notice/{first}/unit/{unit}");
    assert_eq!(links.collect::<Vec<_>>(), [of("dev_reform"), of("propaganda")]);
    assert!(city.terminate(), "SIGTERM drains a role");
}
