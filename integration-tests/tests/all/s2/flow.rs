//! The flow of S2: reminded, urged, noticed, reported, instructed, finished, confirmed.

use proto::{
    case::{Duty, Outcome},
    unit::Task,
    whistle::{Case, CaseStage, DirectReportState, HistoryEntry},
};

use super::people::{
    GOVERNMENT, LATE, OFFICE, Voice, direct, opened, part, reason, reported, stuck,
};
use crate::s1::{
    people::{Asked, COMMUNITY},
    stage::Stage,
};

/// The same with time to be reminded in, and to find that it is not late yet.
const REMINDED: [(&str, &str); 4] = [("dispose", "20s,19s,1s"), LATE[1], LATE[2], LATE[3]];

/// The history's entries of a type, by the last part of its name.
fn of<'h>(history: &'h [HistoryEntry], kind: &str) -> Vec<&'h HistoryEntry> {
    history.iter().filter(|entry| entry.r#type.rsplit('.').next() == Some(kind)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_department_is_urged_reported_instructed_and_finishes() {
    let stage = Stage::open(&REMINDED);
    let office = Voice::of(&stage.data, OFFICE);
    let (community, housing, id) = stuck(&stage).await;
    let at_desk = Voice::of(&stage.data, COMMUNITY);
    let government = Voice::of(&stage.data, GOVERNMENT);

    // It has time: nobody is urged. Then it is reminded and urged by itself, and by the office.
    assert_eq!(reason(office.urge("too-soon", &id, "housing").await), "NOT_LATE");
    let is_urged = |case: &Case| part(case, "housing").urgings > 0;
    let case = community.until("urged", &id, is_urged).await;
    assert_eq!((part(&case, "housing").reminders, part(&case, "housing").urgings), (1, 1));
    assert_eq!(office.urge("urge", &id, "housing").await.unwrap(), 1);
    assert_eq!(office.urge("urge", &id, "housing").await.unwrap(), 1, "the same once more");
    let told = |task: &Task| task.urgings == 2 && task.notices == 1;
    let task = housing.until("urged twice, and noticed", &id, told).await;
    assert_eq!(task.contact, "主要领导", "a position, and no name");

    // The workflow tells the community that it may report, and names who has not settled it.
    let case = opened(&community, &id).await;
    assert_eq!(direct(&case).unit, "housing");
    assert_eq!((part(&case, "housing").urgings, part(&case, "housing").notices), (2, 1));
    assert_eq!(reason(government.instruct("soon", &id, "housing").await), "NOT_REPORTED");
    assert_eq!(at_desk.report("report", &id).await.unwrap(), 1);

    // Frozen: nobody ends it or gives it to somebody else, not even before the bus has the report.
    assert_eq!(reason(at_desk.withdraw("withdraw", &id).await), "UNDER_DIRECT_REPORT");
    assert_eq!(reason(office.assign("assign", &id, "enforcement").await), "UNDER_DIRECT_REPORT");
    let case = reported(&community, &id).await;
    assert_eq!(
        (case.stage(), direct(&case).against.as_slice()),
        (CaseStage::Working, &["housing".to_owned()][..])
    );
    assert!(!direct(&case).is_answered_before);
    let owed: Vec<_> = case.owed.iter().map(|owed| (owed.party.as_str(), owed.duty())).collect();
    assert!(owed.contains(&(GOVERNMENT, Duty::Answer)), "{owed:?}");
    assert_eq!(reason(at_desk.report("again", &id).await), "UNDER_DIRECT_REPORT");

    // The answer names the unit and the new limit, and can't be refused.
    assert_eq!(reason(office.instruct("office", &id, "housing").await), "NOT_THE_GOVERNMENT");
    assert_eq!(government.instruct("instruct", &id, "housing").await.unwrap(), 2);
    let task = housing.called(&id, 2).await;
    let instruction = task.call.as_ref().unwrap().instruction.clone().unwrap();
    assert_eq!((instruction.text.as_str(), instruction.within_ms), ("remove it today", 600_000));
    assert_eq!(reason(housing.refuse(&id, 2).await), "INSTRUCTION_BINDS");
    housing.accept(&id, 2).await;
    housing.arrive(&id, 2).await;
    let on_site = |task: &Task| task.state() == proto::unit::TaskState::Arrived;
    let task = housing.until("on site", &id, on_site).await;
    assert_eq!(task.due_at_ms, task.called_at_ms + 600_000, "from the call");
    housing.finish(&id, 2).await;
    community.until("asked to confirm", &id, Asked::confirming).await;
    community.confirm(&id, &[("housing", 3)]).await.unwrap();

    let case = community.until("closed", &id, Asked::closed).await;
    assert_eq!((case.outcome(), case.round), (Outcome::Confirmed, 2));
    // What the facts sheet needs is there when it is closed.
    assert_eq!(direct(&case).state(), DirectReportState::Answered);
    assert_eq!(
        (direct(&case).against.as_slice(), direct(&case).instruction.as_str()),
        (&["housing".to_owned()][..], "remove it today")
    );
    check_history(&community.history(&id).await);
    stage.close();
}

/// Each rung is there once, for whom it is, on whose word; and nobody had to agree to the report.
fn check_history(history: &[HistoryEntry]) {
    let rungs = [
        ("Reminded", "unit/housing", ""),
        ("Urged", "unit/housing", ""),
        ("PartyPressed", "unit/housing", OFFICE),
        ("FirstPersonNoticed", "unit/housing", ""),
        ("DirectReportOpened", COMMUNITY, ""),
        ("ReportedToGovernment", GOVERNMENT, COMMUNITY),
        ("GovernmentInstructed", "", GOVERNMENT),
    ];
    let mut places = Vec::new();
    for (kind, recipient, on_behalf_of) in rungs {
        let found = of(history, kind);
        assert_eq!(found.len(), 1, "{kind}: {history:#?}");
        let said = (found[0].recipient.as_str(), found[0].on_behalf_of.as_str());
        assert_eq!(said, (recipient, on_behalf_of), "{kind}");
        places.push((kind, found[0].place));
    }
    let place = |kind: &str| places.iter().find(|(known, _)| *known == kind).unwrap().1;
    let (opened, filed) = (place("DirectReportOpened"), place("ReportedToGovernment"));
    assert!(opened < filed && filed < place("GovernmentInstructed"), "{places:?}");
    let between = history.iter().filter(|entry| entry.place > opened && entry.place < filed);
    let departments: Vec<_> = between.filter(|entry| entry.source.starts_with("unit/")).collect();
    assert!(departments.is_empty(), "no department has said anything: {departments:#?}");
    let noticed = &of(history, "FirstPersonNoticed")[0].text;
    assert!(noticed.contains("主要领导"), "{noticed}");
}
