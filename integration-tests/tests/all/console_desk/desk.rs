//! A task at the desk of a unit: reported for duty, on site, disposed with a photograph, declared.

use proto::{
    unit::{GetTaskRequest, Task, TaskState, unit_service_client::UnitServiceClient},
    whistle::HistoryEntry,
};

use super::{
    browser::{Browser, Field, form_of, value},
    person, photograph,
};
use crate::{s1::stage::until, s13::stage::Stage};

/// A case of street vending to which enforcement is called.
pub(super) async fn called(stage: &Stage) -> String {
    let now = kit::clock::Clock::system().now();
    let case = stage.whistle("kaihua_dongfeng", "open_air_bbq", "WS-KH-001", now).await;
    stage.called(&case, 1).await;
    case
}

async fn task(stage: &Stage, unit: &str, case_id: &str) -> Task {
    let mut client = UnitServiceClient::new(stage.line(&format!("unit/{unit}")));
    let request = GetTaskRequest { case_id: case_id.into(), on_behalf_of: String::new() };
    client.get_task(request).await.unwrap().into_inner().task.unwrap()
}

/// The words of the form by which a task is disposed.
pub(super) async fn disposal(browser: &mut Browser, case: &str) -> (String, String) {
    let page = browser.get(&format!("/desk/{case}")).await;
    let form = form_of(&page.body, "form-dispose").unwrap_or_else(|| panic!("{}", page.body));
    (value(form, "csrf"), value(form, "request_id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_accepted_arrived_at_and_disposed_with_a_photograph_once() {
    let stage = Stage::open("wenshan", |_| ()).await;
    let case = called(&stage).await;
    let lead = stage.called(&case, 1).await;
    stage.desk(&lead).until(&case, TaskState::Called).await;
    let mut browser = person(&stage, "wang", &format!("unit/{lead}")).await;
    let desk = browser.get("/desk").await;
    assert!(desk.body.contains(&format!("/desk/{case}")), "{}", desk.body);

    let page = format!("/desk/{case}");
    browser.submit(&page, "form-accept", &[("for", "")]).await;
    assert_eq!(task(&stage, &lead, &case).await.state(), TaskState::Accepted);
    let after = browser.submit(&page, "form-arrive", &[("for", "")]).await;
    assert!(after.body.contains("on site"), "{}", after.body);

    let (csrf, id) = disposal(&mut browser, &case).await;
    let photo = photograph("the grill is gone");
    let fields = [
        Field::Text("csrf", &csrf),
        Field::Text("request_id", &id),
        Field::Text("summary", "the grill is gone"),
        Field::File("photo", &photo),
    ];
    let to = format!("/desk/{case}/dispose");
    let no_photo = browser
        .send(
            &to,
            &[
                Field::Text("csrf", &csrf),
                Field::Text("request_id", "none"),
                Field::Text("summary", "x"),
            ],
        )
        .await;
    let told = browser.get(&no_photo.location).await;
    assert!(told.body.contains("EVIDENCE_MISSING"), "the city asks for one: {}", told.body);
    for turn in ["once", "and a reload of the answer"] {
        let answer = browser.send(&to, &fields).await;
        assert_eq!(answer.status, 303, "{turn}: {}", answer.body);
        let told = browser.get(&answer.location).await;
        assert!(told.body.contains("on record as done"), "{turn}: {}", told.body);
    }
    assert_eq!(task(&stage, &lead, &case).await.state(), TaskState::Disposed);
    let is_done = |step: &&HistoryEntry| {
        step.r#type.ends_with("TaskDisposed") && step.source == format!("unit/{lead}")
    };
    let once = |steps: &Vec<HistoryEntry>| steps.iter().filter(is_done).count() == 1;
    until("the record has it once", async || stage.history(&case).await, once).await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_a_unit_sees_and_does_nothing_at_the_desk_of_another() {
    let stage = Stage::open("wenshan", |_| ()).await;
    let case = called(&stage).await;
    let lead = stage.called(&case, 1).await;
    stage.desk(&lead).until(&case, TaskState::Called).await;
    let mut stranger = person(&stage, "zhao", "unit/housing").await;
    let desk = stranger.get("/desk").await;
    assert!(desk.status == 200 && !desk.body.contains(&case), "{}", desk.body);
    let page = stranger.get(&format!("/desk/{case}")).await;
    assert_eq!(page.status, 404, "{}", page.body);
    assert!(page.body.contains("UNKNOWN_TASK"), "{}", page.body);
    // The word of the own session, and the address of another's task.
    let csrf = value(&stranger.get("/desk").await.body, "csrf");
    let fields = [("csrf", &*csrf), ("request_id", "r1"), ("for", "")];
    let answer = stranger.post(&format!("/desk/{case}/accept"), &fields).await;
    assert_eq!(answer.status, 404, "{}", answer.body);
    let behalf = [("csrf", &*csrf), ("request_id", "r2"), ("for", &*lead)];
    let answer = stranger.post(&format!("/desk/{case}/accept"), &behalf).await;
    assert_eq!(answer.status, 404, "nor in its place: {}", answer.body);
    assert_eq!(task(&stage, &lead, &case).await.state(), TaskState::Called);
    // Who is of no unit has no desk, and who is not signed in is led to the door.
    let mut office = person(&stage, "li", "office/leading_group_office").await;
    assert!(office.get("/desk").await.body.contains("NO_DESK"));
    let mut nobody = Browser::at(&super::address(&stage));
    assert_eq!(nobody.get("/desk").await.location, "/sign-in?next=/desk");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asked_whose_matter_it_is_says_it_once_at_its_desk() {
    let stage = Stage::open("wenshan", |_| ()).await;
    let case = called(&stage).await;
    let lead = stage.called(&case, 1).await;
    let page = format!("/desk/{case}");
    for (name, unit, named) in [("wang", &*lead, "housing"), ("zhao", "housing", &*lead)] {
        stage.desk(unit).until(&case, TaskState::Called).await;
        let mut browser = person(&stage, name, &format!("unit/{unit}")).await;
        let refusal = [("for", ""), ("reason", "not ours"), ("named_unit", named)];
        browser.submit(&page, "form-refuse", &refusal).await;
    }
    let mut housing = person(&stage, "chen", "unit/housing").await;
    let is_asked = |page: &String| page.contains("id=\"asked\"");
    let listed = until("asked", async || housing.get("/desk").await.body, is_asked).await;
    assert!(listed.contains(&format!("href=\"{page}\"")), "{listed}");
    let shown = housing.get(&page).await.body;
    let form = form_of(&shown, "form-opine").unwrap_or_else(|| panic!("{shown}"));
    let (csrf, id) = (value(form, "csrf"), value(form, "request_id"));
    let to = format!("{page}/opine");
    let silent = [("csrf", &*csrf), ("request_id", "none"), ("text", " ")];
    let answer = housing.post(&to, &silent).await;
    let told = housing.get(&answer.location).await.body;
    assert!(told.contains("OPINION_MISSING") && told.contains("form-opine"), "{told}");

    let fields = [("csrf", &*csrf), ("request_id", &*id), ("text", "ours"), ("named_unit", "")];
    for turn in ["once", "and a double click"] {
        let answer = housing.post(&to, &fields).await;
        assert_eq!(answer.status, 303, "{turn}: {}", answer.body);
        let told = housing.get(&answer.location).await.body;
        assert!(told.contains("on record") && !told.contains("form-opine"), "{turn}: {told}");
    }
    assert!(!is_asked(&housing.get("/desk").await.body), "nothing waits for its word");
    let other = [("csrf", &*csrf), ("request_id", "other"), ("text", "theirs")];
    let answer = housing.post(&to, &other).await;
    assert!(housing.get(&answer.location).await.body.contains("OPINION_GIVEN"));
    let mut stranger = person(&stage, "sun", "unit/transport").await;
    let csrf = value(&stranger.get("/desk").await.body, "csrf");
    let fields = [("csrf", &*csrf), ("request_id", "r1"), ("text", "ours")];
    let answer = stranger.post(&to, &fields).await;
    assert_eq!(answer.status, 404, "who is not asked has no word: {}", answer.body);
    assert!(answer.body.contains("UNKNOWN_DISPUTE"), "{}", answer.body);
    let said = |step: &&HistoryEntry| step.r#type.ends_with("OpinionGiven");
    let once = |steps: &Vec<HistoryEntry>| steps.iter().filter(said).count() == 1;
    until("the record has it once", async || stage.history(&case).await, once).await;
    stage.close().await;
}
