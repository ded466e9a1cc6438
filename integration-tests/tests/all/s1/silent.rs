//! The community never confirms: a reminder, then the configured default, and no satisfaction.

use kit::status;
use proto::{
    case::{Duty, Outcome},
    whistle::Timeliness,
};

use super::{
    people::{Asked, CALLED, COMMUNITY, People},
    stage::Stage,
};

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_reminded_then_closed_as_not_confirmed_and_never_satisfied() {
    let stage = Stage::open(&[("confirm", "20s,19s,1s")]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let id = community.whistle().await;
    people.work(&id).await;
    let asked = community.until("asked to confirm", &id, Asked::confirming).await;
    let owed: Vec<_> = asked.owed.iter().map(|owed| (owed.party.as_str(), owed.duty())).collect();
    assert_eq!(owed, [(COMMUNITY, Duty::Confirm)]);

    let case = community.until("closed", &id, Asked::closed).await;
    assert_eq!((case.outcome(), case.is_satisfied), (Outcome::Unconfirmed, false));
    assert!(case.parts.iter().all(|part| part.stars == 0), "{case:#?}");
    // The units were in time all the same: it is not they who were silent.
    assert_eq!(case.timeliness(), Timeliness::OnTime);
    let history = community.history(&id).await;
    let place = |kind: &str| {
        let found = history.iter().find(|entry| entry.r#type.ends_with(kind));
        found.unwrap_or_else(|| panic!("no {kind}: {history:#?}"))
    };
    let (reminded, closed) = (place(".Reminded"), place(".CaseClosed"));
    assert_eq!(reminded.recipient, COMMUNITY);
    assert!(reminded.place < closed.place, "{history:#?}");
    assert_eq!(closed.text, "Closed without the community's word, which is no satisfaction");

    // A word that comes later changes nothing.
    let late = community.confirm(&id, &[(CALLED[0], 5), (CALLED[1], 5)]).await.unwrap_err();
    assert_eq!(status::rejection(&late).reason, "WRONG_STAGE");
    assert!(!community.case(&id).await.is_satisfied);
    stage.close();
}
