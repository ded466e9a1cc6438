//! The subdistrict withdraws a whistle: before a direct report it may, after it never.

use proto::{case::Outcome, unit::TaskState, whistle::Timeliness};

use super::people::{LATE, SUBDISTRICT, Unit, Voice, heap, opened, reason, reported, stuck};
use crate::s1::{
    people::{Asked, COMMUNITY},
    stage::Stage,
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
