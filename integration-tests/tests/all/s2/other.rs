//! Another community tries to report a matter that is not its own.

use proto::whistle::DirectReportState;

use super::people::{LATE, OFFICE, Voice, direct, opened, reason, stuck};
use crate::s1::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn only_the_community_that_whistled_reports_directly() {
    let stage = Stage::open(&LATE);
    let (community, _housing, id) = stuck(&stage).await;
    opened(&community, &id).await;
    let others = [
        ("community/kaihua_xishan", "NOT_YOUR_CASE"),
        // It is nobody else's to do in its place.
        (OFFICE, "NOT_YOUR_CASE"),
        ("unit/housing", "NOT_YOUR_CASE"),
        ("unit/subdistrict_kaihua", "NOT_YOUR_CASE"),
    ];
    for (party, wanted) in others {
        let answer = Voice::of(&stage.data, party).report("report", &id).await;
        assert_eq!(reason(answer), wanted, "{party}");
    }
    let case = community.case(&id).await;
    assert_eq!(direct(&case).state(), DirectReportState::Open, "it is as open as before");
    stage.close();
}
