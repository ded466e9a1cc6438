//! Accountability (M034) from the sheet to the bulletin: heard, or silent; decided by people; and
//! what follows is published.

use kit::status;
use proto::accountability::{Sheet, SheetStage};

use super::people::{COMMUNITY, People, Person};
use crate::s1::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_unit_states_its_case_it_is_decided_once_and_what_follows_is_published() {
    let stage = Stage::open(&[]);
    let people = People::of(&stage.data);
    let id = people.community.raise("whistle", |_| ()).await.unwrap();
    people.rounds_in_vain(&id, 3).await;
    let demand = people.housing.demand(&id).await;
    assert_eq!((demand.stage(), demand.owed_by.as_str()), (SheetStage::Stating, "unit/housing"));

    let early = people.office.decide(&id, "housing", "public_criticism").await.unwrap_err();
    let early = status::rejection(&early);
    let right = ["NOT_HEARD_YET", "UNKNOWN_SHEET"];
    assert!(right.contains(&early.reason.as_str()), "{early:?}");
    people.housing.state(&id, "the residents hang them out again at night").await.unwrap();
    let heard = |sheet: &Sheet| sheet.stage() == SheetStage::Deciding;
    let sheet = people.office.sheet(&id, "housing", heard).await;
    assert_eq!(sheet.statement, "the residents hang them out again at night");
    assert_eq!((sheet.is_silent, sheet.statement_evidence.len()), (false, 1));
    let other = people.government.decide(&id, "housing", "public_criticism").await.unwrap_err();
    assert_eq!(status::rejection(&other).reason, "NOT_THE_JUDGE");
    people.office.decide(&id, "housing", "public_criticism").await.unwrap();

    let done = |sheet: &Sheet| sheet.stage() == SheetStage::Closed;
    let sheet = people.office.sheet(&id, "housing", done).await;
    assert_eq!(sheet.form, "public_criticism");
    let gate = crate::people::line(&stage.data, "admin/root", &["gateway"]);
    let drawn = crate::traced::pictured(gate, &format!("accountability/{id}/housing")).await;
    let waits = crate::traced::waits(&drawn);
    assert!(waits.contains("unit/housing state"), "{waits:?}");
    assert_eq!(drawn.spans[0].links[0].subject, format!("case/wenshan/{id}"));
    assert_eq!(drawn.spans[0].links[0].trace_id, drawn.trace_id);
    for party in [COMMUNITY, "unit/fire_rescue"] {
        let entries = Person::of(&stage.data, party).bulletin(1).await;
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].unit.as_str(), entries[0].case_id.as_str()), ("housing", &*id));
        assert!(entries[0].text.contains("通报批评"), "{}", entries[0].text);
    }
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_recorded_and_nothing_that_follows_is_not_published() {
    let stage = Stage::open(&[("statement", "3s,1s,1s")]);
    let people = People::of(&stage.data);
    let id = people.community.raise("whistle", |_| ()).await.unwrap();
    people.rounds_in_vain(&id, 3).await;
    let silent = |sheet: &Sheet| sheet.is_silent;
    let sheet = people.office.sheet(&id, "housing", silent).await;
    assert_eq!((sheet.stage(), sheet.statement.as_str()), (SheetStage::Deciding, ""));
    people.office.decide(&id, "housing", "").await.unwrap();
    let done = |sheet: &Sheet| sheet.stage() == SheetStage::Closed;
    let sheet = people.office.sheet(&id, "housing", done).await;
    assert_eq!((sheet.is_decided, sheet.form.as_str(), sheet.bulletin.as_str()), (true, "", ""));
    assert!(people.community.bulletin(0).await.is_empty());
    people.housing.told("told what follows", &id, |sheet| sheet.is_decided).await;
    let late = people.housing.state(&id, "too late").await.unwrap_err();
    assert_eq!(status::rejection(&late).reason, "ALREADY_DECIDED");
    stage.close();
}
