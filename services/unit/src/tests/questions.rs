//! Questions between two units that the test carries the envelopes of, so that each may be late,
//! lost for a while, or brought twice.

use proto::{
    ask::{
        AnswerQuestionRequest, AskRequest, Direction, GetQuestionRequest, ListQuestionsRequest,
        Matter, Question, QuestionAsked, QuestionState as State, RegisterKey,
        answer_question_request::Content as Says, ask_service_client::AskServiceClient,
        matter::About, reply::Content,
    },
    body,
    page::Page,
};

use super::*;
use crate::desk::Command;

type Questions = AskServiceClient<Channel>;

const MINUTE: i64 = 60_000;

fn plate(key: &str) -> About {
    About::RegisterKey(RegisterKey { register: "plates".into(), key: key.into() })
}

fn asking(id: &str, about: About) -> AskRequest {
    AskRequest {
        command: asks(id),
        unit: "housing".into(),
        purpose: "a muck truck at the east gate".into(),
        case_id: "c1".into(),
        matter: Some(Matter { about: Some(about) }),
        deadline_at_ms: NOW.0 + MINUTE,
    }
}

async fn ask(client: &mut Questions, asked: AskRequest) -> Result<Question, Status> {
    Ok(client.ask(asked).await?.into_inner().question.unwrap())
}

async fn get(client: &mut Questions, id: &str, wait_ms: u32) -> Question {
    let request = GetQuestionRequest { question_id: id.into(), wait_ms };
    client.get_question(request).await.unwrap().into_inner().question.unwrap()
}

async fn reply(client: &mut Questions, id: &str, of: &str, says: Says) -> Result<Question, Status> {
    let (command, question_id) = (asks(id), of.to_owned());
    let request = AnswerQuestionRequest { command, question_id, content: Some(says) };
    Ok(client.answer_question(request).await?.into_inner().question.unwrap())
}

async fn becomes(client: &mut Questions, id: &str, state: State) -> Question {
    eventually(&format!("{id} {state:?}"), async || get(client, id, 0).await.state() == state)
        .await;
    get(client, id, 0).await
}

async fn list(client: &mut Questions, direction: Direction, state: State) -> Vec<String> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(Page { size: 1, token });
        let request =
            ListQuestionsRequest { direction: direction.into(), state: state.into(), page };
        let answer = client.list_questions(request).await.unwrap().into_inner();
        found.extend(answer.questions.into_iter().map(|one| one.question_id));
        token = answer.next_token;
        if token.is_empty() {
            return found;
        }
    }
}

fn content(question: &Question) -> Content {
    question.reply.clone().unwrap().content.unwrap()
}

fn refusal(question: &Question) -> String {
    match content(question) {
        Content::Refusal(refusal) => refusal.reason,
        other => panic!("{other:?}"),
    }
}

struct Pair {
    town: Town,
    host: Running,
    asker: Questions,
    asked: Questions,
}

impl Pair {
    async fn new() -> Pair {
        Pair::of(Town::new()).await
    }

    async fn of(town: Town) -> Pair {
        let host = town.start(&["enforcement", "housing"]).await;
        let asker = Questions::new(host.channel(&town, "unit/enforcement"));
        let asked = Questions::new(host.channel(&town, "unit/housing"));
        Pair { town, host, asker, asked }
    }

    async fn there(&self) {
        self.host.carry("enforcement", "housing").await;
    }

    async fn back(&self) {
        self.host.carry("housing", "enforcement").await;
    }

    /// Cuts the process and starts it again on the same folders.
    async fn killed(self) -> Pair {
        self.host.task.abort();
        let _cut = self.host.task.await;
        drop(self.host.stores);
        Pair::of(self.town).await
    }
}

#[tokio::test]
async fn a_register_answers_by_itself_and_both_journals_say_who_why_and_what() {
    let Pair { town: _town, host, mut asker, mut asked } = Pair::new().await;
    let question = ask(&mut asker, asking("q1", plate("A1"))).await.unwrap();
    assert_eq!((question.state(), question.asked_at_ms), (State::Open, NOW.0));
    assert_eq!(ask(&mut asker, asking("q1", plate("A1"))).await.unwrap(), question, "a repeat");
    let other = ask(&mut asker, asking("q1", plate("B2"))).await.unwrap_err();
    assert_eq!(reason(&other), "REQUEST_ID_REUSED");

    host.carry("enforcement", "housing").await;
    let id = question.question_id;
    becomes(&mut asked, &id, State::Answered).await;
    let waiting = get(&mut asker, &id, 10_000);
    let (answered, ()) = tokio::join!(waiting, host.carry("housing", "enforcement"));
    assert_eq!(answered.state(), State::Answered);
    let Content::Found(found) = content(&answered) else { panic!("{answered:?}") };
    assert_eq!((found.rows.len(), found.opinion.as_str()), (2, "plates A1 2 2023-11-15"));

    let envelopes = |unit: &str| -> Vec<Envelope> {
        let out = |record: &Record| record.outgoing.clone();
        let came = |record: &Record| {
            record.received.iter().filter_map(|one| one.envelope.clone()).collect::<Vec<_>>()
        };
        let all =
            host.records(unit).iter().flat_map(|one| [out(one), came(one)].concat()).collect();
        let all: Vec<proto::envelope::Wire> = all;
        all.into_iter().map(|wire| proto::envelope::from_wire(wire).unwrap()).collect()
    };
    assert_eq!(envelopes("enforcement"), envelopes("housing"), "the same two, each once");
    let [first, second] = &envelopes("housing")[..] else { panic!() };
    assert_eq!(first.terms.purpose.as_deref(), Some("a muck truck at the east gate"));
    assert_eq!(first.terms.expires, Some(Moment(NOW.0 + MINUTE)));
    assert_eq!(first.actor.as_ref().unwrap().as_str(), "li.na");
    let what = body::read::<QuestionAsked>(&first.kind, &first.body).unwrap();
    assert_eq!((what.case_id.as_str(), what.matter.unwrap().about), ("c1", Some(plate("A1"))));
    assert_eq!(
        (second.source.to_string(), &second.subject),
        ("unit/housing".into(), &first.subject)
    );
    assert!(first.traceparent.is_some());
    assert_eq!(second.traceparent, first.traceparent, "a reply is in the trace of its question");
    assert_eq!(list(&mut asker, Direction::Out, State::Answered).await, [id.as_str()]);
    assert_eq!(list(&mut asked, Direction::In, State::Unspecified).await, [id.as_str()]);
    assert!(list(&mut asked, Direction::Out, State::Unspecified).await.is_empty());
    host.end().await;
}

#[tokio::test]
async fn what_the_registers_do_not_say_is_refused_with_its_reason() {
    let Pair { town: _town, host, mut asker, asked: _ } = Pair::new().await;
    let nobody = About::RegisterKey(RegisterKey { register: "sites".into(), key: "A1".into() });
    let curious = AskRequest { purpose: "curiosity".into(), ..asking("q3", plate("A1")) };
    let mut expected = Vec::new();
    for (asked, why) in [
        (asking("q1", plate("Z9")), "UNKNOWN_KEY"),
        (asking("q2", nobody), "UNKNOWN_REGISTER"),
        (curious, "PURPOSE_NOT_ALLOWED"),
    ] {
        expected.push((ask(&mut asker, asked).await.unwrap().question_id, why));
    }
    host.carry("enforcement", "housing").await;
    eventually("three replies", async || host.waiting("housing").len() == 3).await;
    host.carry("housing", "enforcement").await;
    for (id, why) in expected {
        let question = get(&mut asker, &id, 0).await;
        assert_eq!((question.state(), refusal(&question).as_str()), (State::Refused, why));
    }
    host.end().await;
}

#[tokio::test]
async fn what_is_no_question_is_not_taken() {
    let Pair { town, host, mut asker, asked: _ } = Pair::new().await;
    let good = || asking("q", plate("A1"));
    let words = |text: &str| Some(Matter { about: Some(About::Text(text.into())) });
    for (asked, expected) in [
        (AskRequest { purpose: " ".into(), ..good() }, "PURPOSE_MISSING"),
        (AskRequest { purpose: "由".repeat(400), ..good() }, "PURPOSE_MISSING"),
        (AskRequest { unit: "enforcement".into(), ..good() }, "ASKS_ITSELF"),
        (AskRequest { unit: "nobody".into(), ..good() }, "UNKNOWN_UNIT"),
        (AskRequest { deadline_at_ms: NOW.0, ..good() }, "DEADLINE_PASSED"),
        (AskRequest { deadline_at_ms: i64::MAX, ..good() }, "DEADLINE_TOO_FAR"),
        (AskRequest { matter: None, ..good() }, "QUESTION_MISSING"),
        (AskRequest { matter: words(""), ..good() }, "QUESTION_MISSING"),
        (asking("q", plate("")), "KEY_MISSING"),
        (AskRequest { command: None, ..good() }, "COMMAND_MISSING"),
    ] {
        assert_eq!(reason(&ask(&mut asker, asked).await.unwrap_err()), expected);
    }
    let mut office = Questions::new(host.channel(&town, "office/leading_group_office"));
    assert_eq!(reason(&ask(&mut office, good()).await.unwrap_err()), "NOT_A_UNIT");
    assert!(host.records("enforcement").is_empty());
    host.end().await;
}

#[tokio::test]
async fn people_answer_what_is_asked_in_words_once() {
    let pair = Pair::new().await;
    let (mut asker, mut asked) = (pair.asker.clone(), pair.asked.clone());
    let words = |text: &str| About::Text(text.into());
    let one = ask(&mut asker, asking("q1", words("who builds there?"))).await.unwrap().question_id;
    let two = ask(&mut asker, asking("q2", words("and there?"))).await.unwrap().question_id;
    pair.there().await;
    assert_eq!(list(&mut asked, Direction::In, State::Open).await, [one.as_str(), two.as_str()]);
    let says = Says::Text("the first company".into());
    let after = reply(&mut asked, "a1", &one, says.clone()).await.unwrap();
    assert_eq!(reply(&mut asked, "a1", &one, says.clone()).await.unwrap(), after, "a repeat");
    let again = reply(&mut asked, "a2", &one, Says::Text("no".into())).await.unwrap_err();
    assert_eq!(reason(&again), "ALREADY_REPLIED");
    let own = reply(&mut asker, "a3", &one, Says::Text("no".into())).await.unwrap_err();
    assert_eq!(reason(&own), "NOT_YOUR_QUESTION");
    let none =
        reply(&mut asked, "a4", "enforcement/99", Says::Text("no".into())).await.unwrap_err();
    assert_eq!(reason(&none), "UNKNOWN_QUESTION");
    reply(&mut asked, "a5", &two, Says::Refusal("we may not say".into())).await.unwrap();
    pair.back().await;
    let (first, second) = (get(&mut asker, &one, 0).await, get(&mut asker, &two, 0).await);
    assert_eq!(content(&first), Content::Text("the first company".into()));
    assert_eq!((first.state(), first.reply.unwrap().person.as_str()), (State::Answered, "li.na"));
    assert_eq!((second.state(), refusal(&second).as_str()), (State::Refused, "DECLINED"));
    pair.host.end().await;
}

#[tokio::test]
async fn no_reply_in_time_is_recorded_once_and_a_late_one_is_kept_as_late() {
    let pair = Pair::new().await;
    let (mut asker, mut asked) = (pair.asker.clone(), pair.asked.clone());
    let id = ask(&mut asker, asking("q1", About::Text("who?".into()))).await.unwrap().question_id;
    pair.there().await;
    pair.town.clock.advance(Duration::from_millis(MINUTE as u64));
    let end = Command::EndUnanswered(id.clone());
    let answer = pair.host.stores["enforcement"].tell(end).await.unwrap();
    assert_eq!(answer.place, 0, "what comes at the deadline itself is in time");
    pair.town.clock.advance(Duration::from_millis(1));
    let over = becomes(&mut asker, &id, State::Unanswered).await;
    assert_eq!((over.reply, over.is_late, over.state_at_ms), (None, false, NOW.0 + MINUTE + 1));

    reply(&mut asked, "a1", &id, Says::Text("somebody".into())).await.unwrap();
    pair.back().await;
    let late = get(&mut asker, &id, 0).await;
    assert_eq!((late.state(), late.is_late), (State::Unanswered, true));
    assert_eq!(content(&late), Content::Text("somebody".into()));
    assert_eq!(late.state_at_ms, over.state_at_ms);
    let ends = |record: &Record| {
        record.change.as_ref().is_some_and(|one| one.kind.ends_with("QuestionUnanswered"))
    };
    assert_eq!(pair.host.records("enforcement").iter().filter(|one| ends(one)).count(), 1);
    assert_eq!(list(&mut asker, Direction::Out, State::Unanswered).await, [id]);
    assert!(list(&mut asker, Direction::Out, State::Open).await.is_empty());
    pair.host.end().await;
}

#[tokio::test]
async fn the_asked_unit_is_back_after_the_deadline_and_looks_nothing_up_for_nobody() {
    let pair = Pair::new().await;
    let (mut asker, mut asked) = (pair.asker.clone(), pair.asked.clone());
    let id = ask(&mut asker, asking("q1", plate("A1"))).await.unwrap().question_id;
    pair.town.clock.advance(Duration::from_millis(MINUTE as u64 + 1));
    becomes(&mut asker, &id, State::Unanswered).await;
    pair.there().await;
    let refused = becomes(&mut asked, &id, State::Refused).await;
    assert_eq!(refusal(&refused), "DEADLINE_PASSED");
    pair.back().await;
    let late = get(&mut asker, &id, 0).await;
    assert_eq!((late.state(), late.is_late), (State::Unanswered, true));
    pair.host.end().await;
}

#[tokio::test]
async fn killed_at_each_step_it_goes_on_where_it_was_and_the_view_is_the_same() {
    let mut pair = Pair::new().await;
    let asked = asking("q1", plate("A1"));
    let id = ask(&mut pair.asker, asked.clone()).await.unwrap().question_id;
    pair = pair.killed().await;
    assert_eq!(ask(&mut pair.asker, asked.clone()).await.unwrap().question_id, id);
    pair.there().await;
    pair = pair.killed().await;
    becomes(&mut pair.asked, &id, State::Answered).await;
    pair = pair.killed().await;
    pair.back().await;
    pair.there().await;
    pair = pair.killed().await;
    assert_eq!(get(&mut pair.asker, &id, 0).await.state(), State::Answered);
    assert_eq!(pair.host.waiting("housing").len(), 1, "one reply, ever");
    let dump = |pair: &Pair| -> Vec<_> {
        pair.host.stores.values().map(|store| store.dump().unwrap()).collect()
    };
    let before = dump(&pair);
    let data = pair.town.data();
    pair.host.task.abort();
    let _cut = pair.host.task.await;
    drop(pair.host.stores);
    drop(pair.town.open(&["enforcement", "housing"]).await);
    for unit in ["enforcement", "housing"] {
        std::fs::remove_dir_all(data.join(unit).join("view")).unwrap();
    }
    let pair = Pair::of(pair.town).await;
    assert_eq!(dump(&pair), before);
    pair.host.end().await;
}

#[tokio::test]
async fn nobody_asks_or_answers_in_the_name_of_another() {
    let pair = Pair::new().await;
    let (mut asker, mut asked) = (pair.asker.clone(), pair.asked.clone());
    let id = ask(&mut asker, asking("q1", plate("A1"))).await.unwrap().question_id;
    pair.there().await;
    becomes(&mut asked, &id, State::Answered).await;
    let question = pair.host.waiting("enforcement").remove(0);
    let said = pair.host.waiting("housing").remove(0);
    let forged = Envelope { source: "unit/water".parse().unwrap(), ..said };
    put(&pair.host, "enforcement", forged).await;
    assert_eq!(get(&mut asker, &id, 0).await.state(), State::Open, "housing has not said it");
    // A new question that water asks, under a name of enforcement's.
    let forged = Envelope {
        source: "unit/water".parse().unwrap(),
        subject: "question/wenshan/enforcement/77".into(),
        ..question
    };
    put(&pair.host, "housing", forged).await;
    assert_eq!(list(&mut asked, Direction::Unspecified, State::Unspecified).await, [id]);
    pair.host.end().await;
}

async fn put(host: &Running, unit: &str, envelope: Envelope) {
    let envelope = Some(proto::envelope::to_wire(&envelope));
    let received = Received { accepted_at_ms: NOW.0, envelope, ..Received::default() };
    host.stores[unit].receive(vec![received]).await.unwrap();
}
