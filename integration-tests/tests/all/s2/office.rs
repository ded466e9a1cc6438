//! The late department is the one in which the office sits: it may urge, and nothing else.

use proto::whistle::Case;

use super::people::{GOVERNMENT, LATE, OFFICE, Unit, Voice, heap, opened, part, reason, reported};
use crate::s1::{
    people::{Asked, COMMUNITY, Community},
    stage::Stage,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_office_urges_its_own_department_and_neither_closes_nor_rules() {
    let stage = Stage::open(&LATE);
    let (community, lead) = (Community::of(&stage.data), Unit::of(&stage.data, "enforcement"));
    let (office, government) = (Voice::of(&stage.data, OFFICE), Voice::of(&stage.data, GOVERNMENT));
    let at_desk = Voice::of(&stage.data, COMMUNITY);
    let stalls = async |act: &str, grid: &str| {
        let raised = community.raise(act, 2, |request| {
            request.grid = grid.to_owned();
            request.intake = None;
            request.called_units = vec!["enforcement".into()];
        });
        raised.await.unwrap().case_id
    };
    let id = stalls("stalls", "WS-KH-001").await;
    let twin = stalls("twin", "WS-KH-002").await;
    lead.accept(&id, 1).await;
    lead.arrive(&id, 1).await;
    opened(&community, &id).await;

    // It may urge: that is no favour.
    assert_eq!(office.urge("urge", &id, "enforcement").await.unwrap(), 1);
    let is_urged = |case: &Case| part(case, "enforcement").urgings == 2;
    community.until("urged by the office", &id, is_urged).await;
    // It neither ends the case as another one's matter, nor gives it away, nor answers for it.
    assert_eq!(reason(office.merge("merge", &id, &twin).await), "NOT_THE_RULER");
    assert_eq!(reason(office.assign("assign", &id, "housing").await), "WRONG_STAGE");
    assert_eq!(reason(office.withdraw("withdraw", &id).await), "NOT_YOUR_CASE");
    at_desk.report("report", &id).await.unwrap();
    reported(&community, &id).await;
    assert_eq!(reason(office.assign("late", &id, "housing").await), "UNDER_DIRECT_REPORT");
    assert_eq!(reason(office.instruct("instruct", &id, "housing").await), "NOT_THE_GOVERNMENT");
    // It still may urge.
    assert_eq!(office.urge("more", &id, "enforcement").await.unwrap(), 2);

    // What it may not, the government may; and where its own department is no party, it may too.
    government.merge("twin", &twin, &stalls("third", "WS-KH-002").await).await.unwrap();
    community.until("merged", &twin, Asked::closed).await;
    let heaps = [heap(&community, "heap").await, heap(&community, "same").await];
    let housing = Unit::of(&stage.data, "housing");
    for heap in &heaps {
        housing.called(heap, 1).await;
    }
    office.merge("heaps", &heaps[1], &heaps[0]).await.unwrap();
    stage.close();
}
