//! Thirty bollards in one request: twelve stay and are upgraded, eighteen are removed, each with its
//! own work task, done with a photograph and closed.

use std::collections::BTreeSet;

use kit::status;
use proto::{case::Channel, whistle::Case};

use super::people::{
    APPLICANT, APPROVED, ENFORCEMENT, POLICE, Says, application, apply, at_work, dengfeng, desk,
    eventually, item, item_of, listed, says, seen,
};
use crate::{
    s7::people::Doors as _,
    s13::stage::Stage,
    traced::{pictured, waits},
};

fn survey() -> Vec<proto::approval::Proposal> {
    let outcome = |number: u32| if number <= 12 { "keep" } else { "remove" };
    (1..=30).map(|number| item(&format!("{number:02}"), outcome(number))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_bollards_are_reviewed_by_both_and_each_has_its_one_work_task() {
    let stage = dengfeng("30m,10m,10m").await;
    let id = apply(&stage, application("survey", "bollards", survey())).await.unwrap();
    let again = apply(&stage, application("survey", "bollards", survey())).await.unwrap();
    assert_eq!(again, id, "the same request is the same approval");
    let other = apply(&stage, application("survey", "bollards", vec![item("1", "keep")])).await;
    assert_eq!(status::rejection(&other.unwrap_err()).reason, "REQUEST_ID_REUSED");
    let fresh = seen(&stage, APPLICANT, &id).await.unwrap();
    assert_eq!((fresh.open, fresh.approved, fresh.items.len()), (30, 0, 30), "seen at once");

    let all: Vec<String> = survey().into_iter().map(|one| one.id).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let reflecting = Says::Yes(&["reflecting, by the national safety rules"]);
    says(&stage, POLICE, (&id, "keep"), &all[..12], reflecting).await.unwrap();
    assert_eq!(desk(&stage, POLICE, true).await.len(), 1, "eighteen wait for it");
    says(&stage, POLICE, (&id, "remove"), &all[12..], Says::Yes(&[])).await.unwrap();
    assert!(desk(&stage, POLICE, true).await.is_empty(), "nothing waits for it any more");
    says(&stage, ENFORCEMENT, (&id, "all"), &all, Says::Yes(&["by night"])).await.unwrap();

    let approval =
        eventually(&stage, "at work", &id, |one| one.approved == 30 && at_work(one)).await;
    let cases: BTreeSet<&str> = approval.items.iter().map(|one| one.case_id.as_str()).collect();
    assert_eq!(cases.len(), 30, "one task for each");
    let texts = |item: &str| -> Vec<String> {
        item_of(&approval, item).conditions.iter().map(|one| one.text.clone()).collect()
    };
    assert_eq!(texts("01"), ["reflecting, by the national safety rules", "by night"]);
    assert_eq!(texts("30"), ["by night"]);

    is_done(&stage, &id, "01", &["enforcement"]).await;
    is_done(&stage, &id, "30", &["enforcement", "transport"]).await;
    let told = desk(&stage, "transport", false).await;
    assert_eq!((told.len(), told[0].approved), (1, 30), "who applied is told");
    assert_eq!(told[0].items[0].state(), APPROVED);
    is_pictured(&stage, &id).await;
    stage.close().await;
}

/// Both were waited for, and each approved item is linked to its case, which is in the same trace.
async fn is_pictured(stage: &Stage, id: &str) {
    let drawn = pictured(stage.gate("admin/li"), &format!("approval/{id}")).await;
    let both = ["unit/enforcement opine", "unit/public_security opine"];
    assert_eq!(waits(&drawn).into_iter().collect::<Vec<_>>(), both);
    let links: Vec<_> = drawn.spans.iter().flat_map(|span| &span.links).collect();
    assert_eq!(links.len(), 30);
    assert!(links.iter().all(|link| link.trace_id == drawn.trace_id));
    let case = pictured(stage.gate("admin/li"), &format!("case/{id}-01")).await;
    assert_eq!(case.spans[0].links[0].subject, format!("approval/dengfeng/{id}"));
    assert!(links.iter().any(|link| link.span_id == case.spans[0].span_id));
}

/// The work of an item is done with a photograph by these units, the lead first, and closed.
async fn is_done(stage: &Stage, id: &str, item: &str, units: &[&str]) {
    let case_id = format!("{id}-{item}");
    assert_eq!(stage.called(&case_id, 1).await, units[0], "the lead of the matter");
    let case: Case = stage.case(&case_id).await;
    let mut called: Vec<&str> = case.parts.iter().map(|part| part.unit.as_str()).collect();
    called.sort_unstable();
    assert_eq!(called, units);
    let intake = case.reports[0].intake.clone().unwrap();
    assert_eq!(intake.channel(), Channel::Approval);
    assert_eq!(intake.external_id, format!("{id}/{item}"), "linked to the item");
    for unit in units {
        let desk = stage.desk(unit);
        desk.arrive(&case_id).await;
        desk.dispose(&case_id).await;
    }
    stage.desk(units[0]).declare(&case_id).await;
    stage.confirm("songyang_first", &case_id, units).await;
    let closed = |one: &proto::approval::Approval| item_of(one, item).case_stage == "closed";
    eventually(stage, "closed", id, closed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bollard_without_approval_is_an_ordinary_case_of_the_registry() {
    let stage = dengfeng("30m,10m,10m").await;
    let now = kit::clock::Clock::system().now();
    let case = stage.whistle("songyang_first", "bollard_irregular", "DF-SY-001", now).await;
    assert_eq!(stage.called(&case, 1).await, "enforcement");
    let reports = stage.case(&case).await.reports;
    assert_ne!(reports[0].intake.clone().unwrap().channel(), Channel::Approval);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn approvals_are_listed_in_pages_to_whom_they_concern_and_to_offices() {
    let stage = dengfeng("30m,10m,10m").await;
    let mut ids = Vec::new();
    for act in ["a", "b", "c"] {
        let one = application(act, "bollards", vec![item("1", "keep")]);
        ids.push(apply(&stage, one).await.unwrap());
    }
    ids.sort();
    for party in [APPLICANT, "unit/public_security", "office/command_hq_office", "admin/li"] {
        let (first, token) = listed(&stage, party, 2, "").await;
        let (rest, end) = listed(&stage, party, 2, &token).await;
        assert_eq!(([first, rest].concat(), end.as_str()), (ids.clone(), ""), "{party}");
    }
    assert_eq!(listed(&stage, "unit/water", 2, "").await, (vec![], String::new()));
    let no = seen(&stage, "unit/water", &ids[0]).await.unwrap_err();
    assert_eq!(status::rejection(&no).reason, "NOT_YOUR_APPROVAL");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_applies_with_a_table_at_the_command_line_and_sees_who_owes() {
    let stage = dengfeng("30m,10m,10m").await;
    let file = stage.data().with_file_name("survey.csv");
    std::fs::write(&file, "id,grid,outcome,text\n1,DF-SY-001,keep,at the school\n").unwrap();
    let (data, file) = (stage.data(), file.to_str().unwrap().to_owned());
    let by = ["--person", "li.na", "--as", "office/command_hq_office"];
    let apply = ["approvals", "apply", "bollards", "--title", "lane", "--items", &file];
    let shown = crate::operate::shown(&data, &[&apply[..], &by].concat());
    assert!(shown.contains("nothing was changed"), "{shown}");
    assert!(crate::operate::said(&data, &["approvals", "list"]).is_empty(), "a preview");
    let said = crate::operate::said(&data, &[&apply[..], &by, &["--yes"]].concat());
    let id = said[0]["approval_id"].as_str().unwrap();
    let list = crate::operate::said(&data, &["approvals", "list"]);
    assert_eq!((list[0]["approval_id"].as_str(), list[0]["open"].as_u64()), (Some(id), Some(1)));
    assert_eq!(list[0]["owed"].as_array().unwrap().len(), 2);
    let no = Says::No("a gate is there");
    says(&stage, POLICE, (id, "no"), &["1"], no).await.unwrap();
    let look = || crate::operate::shown(&data, &["approvals", "show", id]);
    let shown = crate::operate::until(look, |text| text.contains("refused")).await;
    assert!(shown.contains("public_security no: a gate is there"), "{shown}");
    let back = ["approvals", "withdraw", id, "--reason", "another survey"];
    let refused = crate::operate::refused(&data, &[&back[..], &by, &["--yes"]].concat());
    assert!(refused.contains("complete already"), "{refused}");
    stage.close().await;
}
