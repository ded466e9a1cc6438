//! A unit marks its part disposed without having arrived, or without what shows it: refused.

use kit::status;

use super::people::People;
use crate::s1::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn disposed_without_arrival_or_evidence_is_refused_and_changes_nothing() {
    let stage = Stage::open(&[]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let id = community.raise("whistle", |_| ()).await.unwrap();
    for (unit, whose) in [(&people.housing, ""), (&people.housing, "power_company")] {
        unit.accept(&id, 1, whose).await;
        let early = unit.dispose((&id, 1), whose, 1).await.unwrap_err();
        let no = status::rejection(&early);
        assert_eq!(no.reason, "WRONG_STATE");
        assert!(no.message.contains("it must be arrived"), "{}", no.message);
        unit.arrive(&id, 1, whose).await;
        let bare = unit.dispose((&id, 1), whose, 0).await.unwrap_err();
        assert_eq!(status::rejection(&bare).reason, "EVIDENCE_MISSING", "what the pack asks for");
    }
    let arrived = |case: &proto::whistle::Case| {
        case.parts.iter().filter(|part| part.arrived_at_ms > 0).count() == 2
    };
    let case = community.until("both on site", &id, arrived).await;
    assert!(case.parts.iter().all(|part| part.disposed_at_ms == 0), "{case:#?}");
    let disposed = |step: &proto::whistle::HistoryEntry| step.text.contains("has done its part");
    assert!(!community.history(&id).await.iter().any(disposed));
    // Done right it is taken, with the same request.
    people.housing.dispose((&id, 1), "power_company", 1).await.unwrap();
    stage.close();
}
