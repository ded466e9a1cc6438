//! Departments ask each other: each of the four in a process of its own, real registers, a real bus.
//!
//! What is asked is what the documents' scenes ask (M091): may this truck haul, is its plate flagged,
//! may this site build, is this station over its limit.

use std::{path::Path, time::Duration};

use kit::status;
use proto::{
    ask::{
        AnswerQuestionRequest, AskRequest, GetQuestionRequest, ListQuestionsRequest, Matter,
        Question, QuestionState as State, RegisterKey, answer_question_request::Content as Says,
        ask_service_client::AskServiceClient, matter::About, reply::Content,
    },
    bus::{
        ListEnvelopesRequest, ListParkedRequest, ParkedCause, bus_service_client::BusServiceClient,
    },
    page::Command,
};

use crate::{
    city::{City, Part},
    people::line,
};

const DEPARTMENTS: [&[&str]; 4] =
    [&["enforcement"], &["public_security"], &["housing"], &["environment"]];
const LONG: Duration = Duration::from_secs(600);

fn register(register: &str, key: &str) -> About {
    About::RegisterKey(RegisterKey { register: register.into(), key: key.into() })
}

fn door(data: &Path, unit: &str) -> AskServiceClient<kit::client::Channel> {
    AskServiceClient::new(line(data, &format!("unit/{unit}"), &["units", unit]))
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// What one unit asks of another.
struct Asks<'a> {
    data: &'a Path,
    by: &'a str,
    of: &'a str,
    id: &'a str,
}

impl Asks<'_> {
    /// Asks as soon as the unit's own service is up; answers the question's id.
    async fn ask(&self, about: About, purpose: &str, within: Duration) -> String {
        let Asks { data, by, of, id } = *self;
        let within = i64::try_from(within.as_millis()).unwrap();
        let asked = AskRequest {
            command: Some(Command { request_id: id.into(), person: "li.na".into() }),
            unit: of.into(),
            purpose: purpose.into(),
            case_id: "20261122-7QK3M9ZT".into(),
            matter: Some(Matter { about: Some(about) }),
            deadline_at_ms: now_ms() + within,
        };
        let mut last = None;
        for _ in 0..600 {
            match door(data, by).ask(asked.clone()).await {
                Ok(answer) => return answer.into_inner().question.unwrap().question_id,
                Err(refused) => last = Some(refused),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{by} can't ask: {last:?}");
    }
}

/// The question at one of its units, once it stands so.
async fn becomes(data: &Path, unit: &str, id: &str, state: State) -> Question {
    let mut last = None;
    for _ in 0..600 {
        let request = GetQuestionRequest { question_id: id.into(), wait_ms: 0 };
        let found = door(data, unit).get_question(request).await;
        let question = found.map(|found| found.into_inner().question.unwrap());
        match question {
            Ok(question) if question.state() == state => return question,
            other => last = Some(other),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{id} is never {state:?} at {unit}: {last:?}");
}

/// All that a unit was asked and has asked.
async fn audit(data: &Path, unit: &str) -> Vec<Question> {
    let listed = door(data, unit).list_questions(ListQuestionsRequest::default()).await.unwrap();
    listed.into_inner().questions
}

fn bus(data: &Path) -> BusServiceClient<kit::client::Channel> {
    BusServiceClient::new(line(data, "admin/auditor", &["bus"]))
}

/// Waits until the bus has the question.
async fn at_bus(data: &Path, id: &str) {
    let mut last = None;
    for _ in 0..600 {
        let subject = format!("question/wenshan/{id}");
        let request = ListEnvelopesRequest { subject, page: None };
        let listed = bus(data).list_envelopes(request).await.map(tonic::Response::into_inner);
        if listed.as_ref().is_ok_and(|listed| !listed.recorded.is_empty()) {
            return;
        }
        last = Some(listed);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the bus never has {id}: {last:?}");
}

/// Waits until the bus has parked the question, since it has expired.
async fn parked(data: &Path, id: &str) {
    let mut last = None;
    for _ in 0..600 {
        let listed = bus(data).list_parked(ListParkedRequest::default()).await;
        let listed = listed.map(|listed| listed.into_inner().parked);
        let of = |envelope: &proto::envelope::Wire| envelope.id.contains(&format!("/{id}/"));
        let is_there = |listed: &Vec<proto::bus::Parked>| {
            let mut parked = listed.iter().filter(|one| one.cause() == ParkedCause::Expired);
            parked.any(|one| one.envelope.as_ref().is_some_and(of))
        };
        if listed.as_ref().is_ok_and(is_there) {
            return;
        }
        last = Some(listed);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{id} is never parked: {last:?}");
}

fn content(question: &Question) -> Content {
    question.reply.clone().unwrap().content.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_department_answers_from_its_registers_and_refuses_with_a_reason() {
    let mut city = City::new("standard", &DEPARTMENTS);
    let data = city.data().to_owned();
    let units = (0..DEPARTMENTS.len()).map(Part::Units);
    units.chain([Part::Bus]).for_each(|part| city.start(part));

    for (by, of, about, purpose, says) in [
        (
            "public_security",
            "enforcement",
            register("haulage_permits", "云h·a1037"),
            "a muck truck at the east gate",
            "WS-ZT-2026-101",
        ),
        (
            "enforcement",
            "public_security",
            register("plates", "云HA1074"),
            "joint inspection: a muck truck at the east gate",
            "云H·A1074 is flagged: obscured_plate on 2026-02-15",
        ),
        (
            "environment",
            "housing",
            register("sites", "WS-GD-009"),
            "dust beside a site",
            "no construction permit in force",
        ),
        (
            "housing",
            "environment",
            register("readings", "WS-HB-01"),
            "a complaint about a site's dust",
            "over the limit of 80 ug/m3: 92.5 on 2026-11-02",
        ),
    ] {
        let asks = Asks { data: &data, by, of, id: "q1" };
        let id = asks.ask(about, purpose, LONG).await;
        let question = becomes(&data, by, &id, State::Answered).await;
        let Content::Found(found) = content(&question) else { panic!("{question:?}") };
        let rows = format!("{:?} {}", found.rows, found.opinion);
        assert!(rows.contains(says), "{of}: {rows}");
        // Both have who, why and what, and the same answer.
        let there = audit(&data, of).await.into_iter().find(|one| one.question_id == id).unwrap();
        assert_eq!((&there.asking_unit[..], &there.asking_person[..]), (by, "li.na"));
        assert_eq!((&there.purpose[..], &there.matter), (purpose, &question.matter));
        assert_eq!(there.reply, question.reply);
    }
    for (of, about, purpose, why) in [
        ("public_security", register("plates", "云HA1074"), "curiosity", "PURPOSE_NOT_ALLOWED"),
        ("housing", register("secrets", "1"), "a case", "UNKNOWN_REGISTER"),
        ("environment", register("readings", "WS-HB-99"), "a case", "UNKNOWN_KEY"),
    ] {
        let asks = Asks { data: &data, by: "enforcement", of, id: of };
        let id = asks.ask(about, purpose, LONG).await;
        let question = becomes(&data, "enforcement", &id, State::Refused).await;
        let Content::Refusal(no) = content(&question) else { panic!("{question:?}") };
        assert_eq!(no.reason, why, "{}", no.message);
    }
    assert!(city.terminate(), "SIGTERM drains a role");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_down_or_killed_in_between_a_question_is_answered_once() {
    let mut city = City::new("standard", &[&["enforcement"], &["public_security"]]);
    let data = city.data().to_owned();
    let (asker, asked) = (Part::Units(0), Part::Units(1));
    // Nothing else is up: it is taken, and asked twice with the same id it is one question.
    city.start(asker);
    let asks = Asks { data: &data, by: "enforcement", of: "public_security", id: "q1" };
    let plate = || register("plates", "云HA1074");
    let id = asks.ask(plate(), "joint inspection", LONG).await;
    city.kill(asker);
    city.start(Part::Bus);
    city.start(asker);
    becomes(&data, "enforcement", &id, State::Open).await;
    // The bus has it, and the asked unit is up before the deadline.
    at_bus(&data, &id).await;
    city.kill(Part::Bus);
    city.start(Part::Bus);
    city.start(asked);
    becomes(&data, "public_security", &id, State::Answered).await;
    for part in [asked, asker, Part::Bus] {
        city.kill(part);
        city.start(part);
    }
    becomes(&data, "enforcement", &id, State::Answered).await;

    let words = About::Text("who drove it?".into());
    let words = Asks { id: "q2", ..asks }.ask(words, "joint inspection", LONG).await;
    becomes(&data, "public_security", &words, State::Open).await;
    city.kill(asked);
    city.start(asked);
    becomes(&data, "public_security", &words, State::Open).await;
    let request = AnswerQuestionRequest {
        command: Some(Command { request_id: "a1".into(), person: "wang".into() }),
        question_id: words.clone(),
        content: Some(Says::Text("a driver of the first company".into())),
    };
    door(&data, "public_security").answer_question(request.clone()).await.unwrap();
    city.kill(asked);
    city.start(asked);
    let answered = becomes(&data, "enforcement", &words, State::Answered).await;
    assert_eq!(answered.reply.as_ref().unwrap().person, "wang");
    becomes(&data, "public_security", &words, State::Answered).await;
    door(&data, "public_security").answer_question(request).await.unwrap();
    for unit in ["enforcement", "public_security"] {
        let ids: Vec<String> =
            audit(&data, unit).await.into_iter().map(|q| q.question_id).collect();
        assert_eq!(ids, [id.as_str(), words.as_str()], "{unit}");
    }
    assert!(city.terminate(), "SIGTERM drains a role");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_is_down_beyond_the_deadline_leaves_a_clear_outcome_and_harms_no_later_question()
 {
    let mut city = City::new("standard", &[&["enforcement"], &["housing"]]);
    let data = city.data().to_owned();
    let asked = Part::Units(1);
    city.start(Part::Bus);
    city.start(Part::Units(0));
    let asks = Asks { data: &data, by: "enforcement", of: "housing", id: "q1" };
    // The first call waits for the service; what counts begins with the second.
    let site = || register("sites", "WS-GD-001");
    let early = Asks { id: "q0", ..asks }.ask(site(), "a case", LONG).await;
    // The bus is there too: what is late then is late by itself.
    at_bus(&data, &early).await;
    let id = asks.ask(site(), "a case", Duration::from_secs(10)).await;
    let over = becomes(&data, "enforcement", &id, State::Unanswered).await;
    assert_eq!((over.reply, over.is_late), (None, false));
    assert!(over.state_at_ms > over.deadline_at_ms);
    parked(&data, &id).await;

    city.start(asked);
    let late = Asks { id: "q2", ..asks }.ask(site(), "a case", LONG).await;
    for id in [&early, &late] {
        becomes(&data, "enforcement", id, State::Answered).await;
    }
    let there: Vec<String> =
        audit(&data, "housing").await.into_iter().map(|one| one.question_id).collect();
    assert!(!there.contains(&id), "housing never saw it: {there:?}");
    becomes(&data, "enforcement", &id, State::Unanswered).await;
    let request = GetQuestionRequest { question_id: "enforcement/999".into(), wait_ms: 20_000 };
    let refused = door(&data, "enforcement").get_question(request).await.unwrap_err();
    assert_eq!(status::rejection(&refused).reason, "UNKNOWN_QUESTION", "at once");
    assert!(city.terminate(), "SIGTERM drains a role");
}
