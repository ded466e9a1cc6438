//! Another city system reports: what its code does not say waits for the office, which opens it, settles it
//! by the form and turns another one down; and who was told of the case by SMS stands on its page.

use std::{fs, path::Path};

use proto::{
    intake::{BringReportRequest, Said, intake_service_client::IntakeServiceClient},
    notification::NotificationState,
};

use crate::{
    browser::{DESK, Window},
    city::{City, OFFICE},
    outside::Outside,
    people::{identity, line},
    told,
};

const SYSTEM: &str = "ext_digital_cm";

/// The system brings its reports, and people are told by SMS through this gateway.
fn ways(data: &Path, sms: std::net::SocketAddr) {
    let addresses = data.with_file_name("addresses.csv");
    fs::write(&addresses, format!("receiver,way,address\n{}\n", told::LIAISON)).unwrap();
    let text = format!(
        "first_wait = \"100ms\"\nlongest_wait = \"300ms\"\n[intake.{SYSTEM}]\npush = true\n\
         [notices]\naddresses = {:?}\ngather = \"50ms\"\n[notices.ways.sms]\nkind = \"sms\"\n\
         url = \"http://{sms}/sms\"\nreport = \"http://{sms}/report\"\n",
        addresses.display().to_string()
    );
    fs::write(data.join("outside.toml"), text).unwrap();
}

/// The system brings a report whose code nobody knows.
async fn brings(city: &City, number: &str, seen: &str) {
    let line = line(Path::new(city.data()), &format!("unit/{SYSTEM}"), &["worker"]);
    let said = Said {
        code: "E-9999".into(),
        place: "532601001".into(),
        description: seen.into(),
        ..Said::default()
    };
    let (number, said) = (number.to_owned(), Some(said));
    let request = BringReportRequest { number, said, ..BringReportRequest::default() };
    IntakeServiceClient::new(line).bring_report(request).await.unwrap();
}

/// Settles the report that waits, with a double click; the number of its case.
async fn settles(city: &City, office: &Window, number: &str) -> String {
    let form = format!("#resolve-{SYSTEM}-{number}");
    office.choose(&format!("{form} [name=issue]"), "signal_fault").await;
    office.attach(&format!("{form} [name=photo]"), &city.photograph("lamp")).await;
    office.click_twice(&format!("{form} [data-act=resolve-report]")).await;
    office.until("#notice", "已立案：").await;
    let said = office.text("#notice").await;
    said.trim().rsplit('：').next().unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_another_system_is_settled_and_who_was_told_of_its_case_is_seen() {
    let (outside, sms) = Outside::open().await;
    let city = City::with(&[], |data| ways(data, sms));
    outside.trust(identity(Path::new(city.data()), "service/worker").credential().unwrap());
    outside.reports("{\"state\":\"delivered\"}");
    city.accounts(&[&OFFICE]);
    let (office, _line) = city.signed_in(&OFFICE, DESK).await;
    office.click("[data-act=go-intake]").await;
    office.until("#no-report", "没有等候处理的报告").await;
    brings(&city, "12319-7", "路口红绿灯不亮").await;
    brings(&city, "12319-8", "邻市路面破损").await;
    // Nobody loads the page again.
    office.until("[data-report='12319-7']", "路口红绿灯不亮").await;
    office.until("[data-report='12319-7']", "E-9999").await;
    office.is_accessible().await;
    office.picture("intake-zh").await;
    let case = settles(&city, &office, "12319-7").await;

    office.write(&format!("#turn-down-{SYSTEM}-12319-8 textarea"), "不属于本市").await;
    office.click(&format!("#turn-down-{SYSTEM}-12319-8 [data-act=turn-down-report]")).await;
    office.until("#notice", "已不予受理").await;
    office.until("#no-report", "没有等候处理的报告").await;
    office.go_to("/cases?state=open").await;
    assert_eq!(office.count("[data-case]").await, 1, "a double click is one case");
    office.go_to(&format!("/cases/{case}")).await;
    office.until("#given-by", "12319-7").await;
    office.until("h1", &case).await;
    told::is_seen(&office, [NotificationState::Delivered, NotificationState::Failed]).await;
    office.close().await;
}
