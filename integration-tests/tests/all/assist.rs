//! A unit calls the police (公安保障, M075): a notice of its own that overtakes whatever waits. While
//! they are down it says at once that they have it not, and they have it when they are back.

use std::path::Path;

use proto::{
    bus::{ListEnvelopesRequest, bus_service_client::BusServiceClient},
    muster::envelope::v1::attribute_value::Attr,
    notice::{GetDeliveryRequest, ListNoticesRequest, notice_service_client::NoticeServiceClient},
    page::Command,
    unit::{
        RequestPoliceAssistRequest, RequestPoliceAssistResponse,
        unit_service_client::UnitServiceClient,
    },
};

use crate::{
    city::{City, Part},
    people::{self, line, report_for_duty, whistle},
    s1::stage::until,
};

async fn call(data: &Path, case_id: &str, id: &str) -> RequestPoliceAssistResponse {
    let line = line(data, "unit/enforcement", &["units", "enforcement"]);
    let request = RequestPoliceAssistRequest {
        command: Some(Command { request_id: id.to_owned(), person: "wang".to_owned() }),
        case_id: case_id.to_owned(),
        text: format!("the owner attacks our officers ({id})"),
    };
    UnitServiceClient::new(line).request_police_assist(request).await.unwrap().into_inner()
}

async fn received(data: &Path, notice_id: &str) -> u32 {
    let line = line(data, "unit/enforcement", &["units", "enforcement"]);
    let request = GetDeliveryRequest { notice_id: notice_id.to_owned() };
    NoticeServiceClient::new(line).get_delivery(request).await.unwrap().into_inner().received
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_the_police_says_at_once_whether_they_have_it_and_overtakes_what_waits() {
    let mut city = City::new("standard", &[&["enforcement"], &["public_security"]]);
    let data = city.data().to_owned();
    city.start_temporal().await;
    for part in [Part::Bus, Part::Gateway, Part::Worker, Part::Units(0)] {
        city.start(part);
    }
    people::reachable(&data, &["gateway"]).await;
    let case_id = whistle(&data).await;
    report_for_duty(&data, &case_id).await;

    let called = call(&data, &case_id, "help-1").await;
    assert_eq!((called.unit.as_str(), called.is_received), ("public_security", false));
    assert_eq!(call(&data, &case_id, "help-1").await.notice_id, called.notice_id, "a repeat");
    city.start(Part::Units(1));
    let has_it = async || received(&data, &called.notice_id).await;
    until("received", has_it, |received| *received == 1).await;
    let second = call(&data, &case_id, "help-2").await;
    assert!(second.is_received, "they are there: {second:?}");

    let police = line(&data, "unit/public_security", &["units", "public_security"]);
    let listed = NoticeServiceClient::new(police).list_notices(ListNoticesRequest::default()).await;
    let listed = listed.unwrap().into_inner().notices;
    assert_eq!(listed.len(), 2, "{listed:#?}");
    for notice in &listed {
        assert_eq!((notice.case_id.as_str(), notice.unit.as_str()), (&*case_id, "enforcement"));
        assert!(notice.purpose.contains("公安保障"), "{notice:?}");
    }
    // A subject of its own, before everything else.
    let mut bus = BusServiceClient::new(line(&data, "admin/auditor", &["bus"]));
    let subject = format!("notice/wenshan/{}", called.notice_id);
    let request = ListEnvelopesRequest { subject, page: None };
    let recorded = bus.list_envelopes(request).await.unwrap().into_inner().recorded;
    let envelope = recorded[0].envelope.as_ref().unwrap();
    let priority = envelope.attributes.get("priority").and_then(|value| value.attr.clone());
    assert_eq!(priority, Some(Attr::CeInteger(255)), "{envelope:?}");
    assert!(city.terminate(), "SIGTERM drains a role");
}
