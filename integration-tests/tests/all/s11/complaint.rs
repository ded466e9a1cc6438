//! Residents complain about an officer (四个一律): a case of its own that ends with a finding, and is
//! published when it is upheld.

use kit::status;
use proto::{
    case::{Duty, Outcome},
    whistle::{Case, CaseStage, Verdict},
};

use super::people::{OFFICE, People, closed};
use crate::s1::stage::Stage;

fn confirming(case: &Case) -> bool {
    case.stage() == CaseStage::Confirming
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_is_a_case_of_its_own_that_is_not_closed_without_a_finding() {
    // The community's silence would close a matter of the street within seconds.
    let stage = Stage::open(&[("confirm", "4s,2s,1s"), ("find", "6s,3s,1s")]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let about = community.raise("whistle", |_| ()).await.unwrap();
    let id = community.complain("housing", &about).await.unwrap();

    let is_found_about = |case: &Case| case.stage() == CaseStage::Finding;
    let case = community.until("with who finds", &id, is_found_about).await;
    let owed: Vec<_> = case.owed.iter().map(|owed| (owed.party.as_str(), owed.duty())).collect();
    assert_eq!(owed, [(OFFICE, Duty::Find)]);
    assert_eq!(case.complaint.unwrap().case_id, about, "linked to the case");
    assert_eq!(
        people.office.case(&about).await.complaints,
        std::slice::from_ref(&id),
        "and the case to it"
    );
    let housing = super::people::Person::of(&stage.data, "unit/housing");
    assert!(!housing.sees(&id).await, "whom it is about has no part in it");

    // Nobody finds: who owes it is urged, and it stays open, whatever time passes.
    let history = async || community.history(&id).await;
    let urged = |steps: &Vec<proto::whistle::HistoryEntry>| {
        steps.iter().any(|step| step.r#type.ends_with(".Urged") && step.recipient == OFFICE)
    };
    crate::s1::stage::until("the office is urged", history, urged).await;
    let early = community.confirm(&id, &[]).await.unwrap_err();
    assert_eq!(status::rejection(&early).reason, "WRONG_STAGE");
    assert_eq!(community.case(&id).await.stage(), CaseStage::Finding);
    let other = people.government.find(&id, true).await.unwrap_err();
    assert_eq!(status::rejection(&other).reason, "NOT_THE_JUDGE");

    people.office.find(&id, true).await.unwrap();
    let case = community.until("closed", &id, closed).await;
    assert_eq!((case.outcome(), case.is_satisfied), (Outcome::Unconfirmed, false));
    assert_eq!(case.finding(), Verdict::Upheld);

    // Upheld: published without exception, and the unit has to answer.
    let entries = community.bulletin(1).await;
    assert_eq!((entries[0].case_id.as_str(), entries[0].unit.as_str()), (&*id, "housing"));
    let sheet = people.office.sheet(&id, "housing", |_| true).await;
    assert!(sheet.grounds[0].contains("a complaint was upheld"), "{sheet:#?}");
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offices_own_house_is_found_about_by_the_government_and_what_is_not_upheld_is_not_published()
 {
    let stage = Stage::open(&[]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let id = community.complain("enforcement", "").await.unwrap();
    let is_found_about = |case: &Case| case.stage() == CaseStage::Finding;
    let case = community.until("with who finds", &id, is_found_about).await;
    assert_eq!(case.owner, "office/gov_city");
    let own = people.office.find(&id, false).await.unwrap_err();
    assert_eq!(status::rejection(&own).reason, "NOT_THE_JUDGE");
    people.government.find(&id, false).await.unwrap();
    community.until("asked to confirm", &id, confirming).await;
    community.confirm(&id, &[]).await.unwrap();
    let case = community.until("closed", &id, closed).await;
    assert_eq!((case.outcome(), case.finding()), (Outcome::Confirmed, Verdict::NotUpheld));
    assert!(community.bulletin(0).await.is_empty());
    stage.close();
}
