//! Who has sent something that can't be delivered is told at once, also after a start, and whoever
//! asks the bus sees it as well (M075).

use proto::{
    notice::{SendNoticeRequest, notice_service_client::NoticeServiceClient},
    page::Command,
};

use super::{letters, one, said, until};
use crate::{
    city::{City, Part},
    measured::scraped,
    people::line,
};

async fn tell_housing(data: &std::path::Path, id: &str) {
    let mut last = None;
    for _ in 0..300 {
        let line = line(data, "unit/enforcement", &["units", "enforcement"]);
        let told = SendNoticeRequest {
            command: Some(Command { request_id: id.into(), person: "wang".into() }),
            units: vec!["housing".to_owned()],
            text: "come at once".into(),
            purpose: "assistance".into(),
            ..SendNoticeRequest::default()
        };
        match NoticeServiceClient::new(line).send_notice(told).await {
            Ok(_) => return,
            Err(status) => last = Some(status),
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("no notice is taken: {last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_is_told_of_what_is_parked_and_of_what_is_refused_and_when_it_is_over() {
    let mut city = City::new("standard", &[&["enforcement"]]);
    let data = city.data().to_owned();
    let port = City::port();
    let metrics = format!("metrics = \"127.0.0.1:{port}\"");
    city.set(Part::Bus, "", "[rules]\nattempts_max = 1\nmailbox_depth = 1\n");
    city.set(Part::Units(0), &metrics, "");
    city.start(Part::Bus);
    city.start(Part::Units(0));
    letters::up(&data).await;
    let count = |reason: &str| {
        let sender = "muster_sender=\"unit/enforcement\"";
        let head = format!("muster_role_undelivered{{muster_reason=\"{reason}\",{sender}}} ");
        let line =
            scraped(port).lines().find_map(|line| line.strip_prefix(&head).map(str::to_owned));
        line.unwrap_or_default()
    };

    tell_housing(&data, "n1").await;
    // It is sent as soon as the outbox has found the bus.
    let is_there = |rows: &Vec<serde_json::Value>| {
        rows.iter().any(|row| row["party"] == "unit/housing" && row["depth"] == 1)
    };
    until(|| said(&data, &["bus", "mailboxes"]), is_there).await;
    let parked = letters::park(&data, "unit/housing", "the desk is broken").await;
    assert_eq!(parked.len(), 1);
    until(|| count("PARKED"), |count| count == "1").await;
    let log = until(|| city.log(Part::Units(0)), |log| log.contains("ALARM:")).await;
    let alarm = log.lines().find(|line| line.contains("ALARM:")).unwrap();
    assert!(alarm.contains("unit/enforcement/unit/housing/1 is not delivered (PARKED)"), "{alarm}");
    assert!(alarm.contains("office/leading_group_office must put it back"), "{alarm}");

    // The mailbox is full with that one: the bus refuses the next for good.
    tell_housing(&data, "n2").await;
    until(|| count("MAILBOX_FULL"), |count| count == "1").await;
    let log = city.log(Part::Units(0));
    assert!(log.contains("ALARM: the bus refuses what unit/enforcement sends"), "{log}");
    let status = said(&data, &["bus", "status"]);
    let turned = one(&status, "turned");
    assert_eq!((&turned["reason"], &turned["number"]), (&"MAILBOX_FULL".into(), &2.into()));
    assert_eq!(turned["owed_by"][0], "unit/housing");
    let found = said(&data, &["where", "unit/enforcement/unit/housing/2"]);
    assert_eq!(one(&found, "turned")["source"], "unit/enforcement");

    // A sender that is started again asks what had become of it.
    city.kill(Part::Units(0));
    city.start(Part::Units(0));
    until(|| count("PARKED"), |count| count == "1").await;
    let told = city.log(Part::Units(0)).matches("is not delivered (PARKED)").count();
    assert_eq!(told, 2, "once by each process");

    let skip = ["bus", "parked", "skip", "unit/housing", "--all", "--reason", "sent by telephone"];
    said(&data, &[&skip[..], &["--person", "li.na", "--yes"]].concat());
    until(|| count("PARKED"), |count| count == "0").await;
    until(|| count("MAILBOX_FULL"), |count| count == "0").await;
    assert!(city.log(Part::Units(0)).contains("ALARM over"));
    let status = until(|| said(&data, &["bus", "status"]), |said| said[0]["turned"] == 0).await;
    assert!(status.iter().all(|one| one["event"] != "turned"), "it is taken now");
}
