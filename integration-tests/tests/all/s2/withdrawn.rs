//! The subdistrict withdraws a whistle: before a direct report it may, after it never. Who was late
//! before it was withdrawn has to answer for that all the same.

use proto::{
    accountability::SheetStage,
    case::Outcome,
    unit::TaskState,
    whistle::{HistoryEntry, Timeliness},
};

use super::people::{
    LATE, OFFICE, SUBDISTRICT, Unit, Voice, heap, opened, reason, reported, stuck,
};
use crate::{
    s1::{
        people::{Asked, COMMUNITY},
        stage::{Stage, until},
    },
    s11::people::{Person, Unit as Desk},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_subdistrict_withdraws_before_a_direct_report_and_never_after() {
    let stage = Stage::open(&LATE);
    let (community, housing, id) = stuck(&stage).await;
    let (subdistrict, at_desk) =
        (Voice::of(&stage.data, SUBDISTRICT), Voice::of(&stage.data, COMMUNITY));
    opened(&community, &id).await;
    at_desk.report("report", &id).await.unwrap();
    // At once, and when the bus has it.
    assert_eq!(reason(subdistrict.withdraw("one", &id).await), "UNDER_DIRECT_REPORT");
    reported(&community, &id).await;
    for (voice, act) in [(&subdistrict, "two"), (&at_desk, "three")] {
        assert_eq!(reason(voice.withdraw(act, &id).await), "UNDER_DIRECT_REPORT", "{act}");
    }

    // Another heap that nobody has reported: the department is told, and it counts as nothing.
    let other = heap(&community, "other").await;
    housing.called(&other, 1).await;
    let strangers =
        ["unit/subdistrict_wolong", "unit/housing"].map(|party| Voice::of(&stage.data, party));
    for stranger in strangers {
        assert_eq!(reason(stranger.withdraw("stranger", &other).await), "NOT_YOUR_CASE");
    }
    subdistrict.withdraw("other", &other).await.unwrap();
    let case = community.until("closed", &other, Asked::closed).await;
    assert_eq!((case.outcome(), case.is_satisfied), (Outcome::Withdrawn, false));
    assert_eq!(case.timeliness(), Timeliness::Unspecified);
    let closed = |task: &proto::unit::Task| task.state() == TaskState::Closed;
    Unit::of(&stage.data, "housing").until("closed", &other, closed).await;
    assert!(!community.case(&id).await.closed(), "the reported one goes on");
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_late_answers_for_it_though_the_whistle_is_withdrawn() {
    let stage = Stage::open(&[("dispose", "2s,1s,1s")]);
    let (community, _, id) = stuck(&stage).await;
    let history = async || community.history(&id).await;
    let is_urged =
        |steps: &Vec<HistoryEntry>| steps.iter().any(|step| step.r#type.ends_with(".Urged"));
    until("housing is urged", history, is_urged).await;
    // In time, and withdrawn as well: nobody has to answer.
    let other = heap(&community, "other").await;
    let subdistrict = Voice::of(&stage.data, SUBDISTRICT);
    subdistrict.withdraw("other", &other).await.unwrap();
    community.until("closed", &other, Asked::closed).await;
    subdistrict.withdraw("one", &id).await.unwrap();
    let case = community.until("closed", &id, Asked::closed).await;
    assert_eq!((case.outcome(), case.is_satisfied), (Outcome::Withdrawn, false));

    let sheet = Person::of(&stage.data, OFFICE).sheet(&id, "housing", |_| true).await;
    assert_eq!((sheet.grounds.len(), sheet.stage()), (1, SheetStage::Stating), "{sheet:#?}");
    let demand = Desk::of(&stage.data, "housing").demand(&id).await;
    assert_eq!(demand.owed_by, "unit/housing");
    let all = crate::operate::said(&stage.data, &["accountability", "list"]);
    assert_eq!((all.len(), &all[0]["case_id"]), (1, &id.as_str().into()), "{all:?}");
    stage.close();
}
