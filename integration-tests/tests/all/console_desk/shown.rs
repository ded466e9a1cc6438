//! What a unit has shown in a case, in the browsers of who sees that case and of who does not.

use proto::whistle::HistoryEntry;

use super::{
    browser::{Browser, Field},
    desk::{called, disposal},
    person, photograph,
};
use crate::{s1::stage::until, s13::stage::Stage};

/// A unit that is called and does not lead.
const UNIT: &str = "environment";

/// The unit reports for duty, on site, and shows what it has done.
async fn shows(stage: &Stage, case: &str, photo: &[u8]) {
    stage.desk(UNIT).arrive(case).await;
    let mut browser = person(stage, "wang", &format!("unit/{UNIT}")).await;
    let (csrf, id) = disposal(&mut browser, case).await;
    let fields = [
        Field::Text("csrf", &csrf),
        Field::Text("request_id", &id),
        Field::Text("summary", "the filter is in"),
        Field::File("photo", photo),
    ];
    let answer = browser.send(&format!("/desk/{case}/dispose"), &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let is_done = |step: &HistoryEntry| {
        step.r#type.ends_with("TaskDisposed") && step.evidence_of == format!("unit/{UNIT}")
    };
    let shown = |steps: &Vec<HistoryEntry>| steps.iter().any(is_done);
    until("the record has it", async || stage.history(case).await, shown).await;
}

/// The address of the unit's photograph on the page of the case.
async fn link(browser: &mut Browser, case: &str) -> String {
    let page = browser.get(&format!("/cases/{case}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let links = page.body.split("src=\"/evidence/").skip(1);
    let links = links.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
    let mut of_unit = links.filter(|link| link.contains(&format!("of=unit/{UNIT}")));
    format!("/evidence/{}", of_unit.next().unwrap_or_else(|| panic!("{}", page.body)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photograph_of_one_unit_is_seen_by_whoever_sees_the_case_and_by_nobody_else() {
    let stage = Stage::open("wenshan", |_| ()).await;
    let case = called(&stage).await;
    let lead = stage.called(&case, 1).await;
    assert_ne!(lead, UNIT);
    shows(&stage, &case, &photograph("the filter is in")).await;

    let mut at = String::new();
    for (name, party) in [
        ("sun", "unit/transport"),
        ("zhou", &*format!("unit/{lead}")),
        ("qian", "unit/environment"),
        ("li", "community/kaihua_dongfeng"),
        ("wu", "office/leading_group_office"),
    ] {
        let mut browser = person(&stage, name, party).await;
        at = link(&mut browser, &case).await;
        let found = browser.get(&at).await;
        assert_eq!(found.status, 200, "{party}: {}", found.body);
        assert!(found.body.ends_with("the filter is in"), "{party}: {}", found.body);
    }
    // Whose cases these are not: the same answer as for what is nowhere.
    let nowhere = format!("/evidence/sha256:{}?of=unit/{UNIT}&kind=image/jpeg", "0".repeat(64));
    for (name, party) in [("chen", "unit/housing"), ("zheng", "community/wolong_panlong")] {
        let mut browser = person(&stage, name, party).await;
        for at in [&at, &nowhere] {
            let refused = browser.get(at).await;
            assert_eq!(refused.status, 404, "{party}: {}", refused.body);
            assert!(refused.body.contains("UNKNOWN_EVIDENCE"), "{party}: {}", refused.body);
        }
    }
    stage.close().await;
}
