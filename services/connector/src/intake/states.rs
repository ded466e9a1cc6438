//! Where a case stands, for the system that gave it: from the record, by our stable words.
//!
//! An envelope of a case is told when it changes the word: what the record had of the case before it, and
//! with it, is folded each time, so that the same envelope always says the same, whatever was killed
//! and however often it comes. Told are the number, our number, the word, the round, and how it was
//! closed: nothing of persons, and nothing of what was seen.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    case::{Course, Fact, Intake, Outcome, Stage, may_say},
    id::{CityId, UnitId},
    moment::Moment,
};
use kit::{client::Channel, server::json};
use proto::{
    bus::{ListEnvelopesRequest, bus_service_client::BusServiceClient},
    envelope::{Wire, from_wire},
    intake::CaseState,
    page::Page,
};
use tonic::Status;

use super::{kept::Kept, note::Note};
use crate::{
    Message,
    record::Record,
    subscription::{Shape, Shaped},
};

/// The type of what is told: a row of `outside.csv` must let it leave.
pub const KIND: &str = "muster.intake.v1.CaseState";

/// How many steps of a case are read at once.
const PAGE: u32 = 500;

/// The name of the subscriber, as the bus and `outside.csv` have it.
pub fn subscription(system: &UnitId) -> String {
    format!("intake.{}", system.as_str().replace('_', "-").to_lowercase())
}

/// Says where the cases of one system stand.
#[derive(Debug)]
pub(super) struct States {
    pub(super) system: UnitId,
    pub(super) city: CityId,
    pub(super) record: Arc<Record<Kept>>,
    pub(super) bus: Channel,
}

/// One thing that was said about a case.
struct Step {
    place: u64,
    at: Moment,
    fact: Fact,
}

#[async_trait]
impl Shape for States {
    async fn shape(&self, place: u64, envelope: Wire) -> Result<Vec<Shaped>, Status> {
        // What can't be read is nothing that a case has folded.
        let Ok(envelope) = from_wire(envelope) else { return Ok(Vec::new()) };
        let Ok(Some(fact)) = proto::fact::read(&envelope.kind, &envelope.body) else {
            return Ok(Vec::new());
        };
        let Some(case_id) = case_of(&self.city, &envelope.subject) else { return Ok(Vec::new()) };
        if !may_say(&envelope.source, &fact) {
            return Ok(Vec::new());
        }
        self.bind(case_id, &fact).await?;
        if !self.record.kept().has_case(case_id) {
            return Ok(Vec::new());
        }
        let story = self.story(&envelope.subject).await?;
        if !story.iter().any(|step| step.place == place) {
            // What is delivered is in the record: it is listed in a moment.
            return Err(Status::unavailable("the record does not list it yet"));
        }
        let key = format!("{}/{}", envelope.source, envelope.id);
        let told = told(&self.system, &story, place);
        let messages = told.into_iter().filter(|(number, _)| self.is_in(number, case_id)).map(
            |(number, standing)| {
                let state =
                    CaseState { number: number.clone(), case_id: case_id.to_owned(), ..standing };
                let key = format!("{key}/{number}");
                Shaped { message: message(&self.city, key, state, envelope.time), fault: None }
            },
        );
        Ok(messages.collect())
    }
}

impl States {
    /// Notes which report has come into this case, before anything of it is passed over.
    async fn bind(&self, case_id: &str, fact: &Fact) -> Result<(), Status> {
        let Some((intake, before)) = intake_of(fact) else { return Ok(()) };
        let Some(number) = number_of(&self.system, intake) else { return Ok(()) };
        let written = self.record.write(|kept, _| {
            let is_new = kept.item(&number).is_some_and(|item| match &item.case_id {
                None => true,
                Some(known) => known != case_id && before.as_deref() == Some(known.as_str()),
            });
            let note = Note::Bound { number, case_id: case_id.to_owned() };
            (is_new.then_some(note).into_iter().collect(), ())
        });
        written.await.map_err(|error| Status::internal(error.to_string()))
    }

    /// Whether a report of ours is in this case, so that nobody has only said that it is.
    fn is_in(&self, number: &str, case_id: &str) -> bool {
        let kept = self.record.kept();
        kept.item(number).is_some_and(|item| item.case_id.as_deref() == Some(case_id))
    }

    /// All that the record has of a case, in order.
    async fn story(&self, subject: &str) -> Result<Vec<Step>, Status> {
        let mut bus = BusServiceClient::new(self.bus.clone()).max_decoding_message_size(16 << 20);
        let (mut steps, mut token) = (Vec::new(), String::new());
        loop {
            let page = Some(Page { size: PAGE, token });
            let request = ListEnvelopesRequest { subject: subject.to_owned(), page };
            let said = bus.list_envelopes(request).await?.into_inner();
            for one in said.recorded {
                let Some(Ok(envelope)) = one.envelope.map(from_wire) else { continue };
                let fact = proto::fact::read(&envelope.kind, &envelope.body).ok().flatten();
                let fact = fact.filter(|fact| may_say(&envelope.source, fact));
                let at = Moment(one.accepted_at_ms);
                steps.extend(fact.map(|fact| Step { place: one.place, at, fact }));
            }
            token = said.next_token;
            if token.is_empty() {
                return Ok(steps);
            }
        }
    }
}

fn case_of<'a>(city: &CityId, subject: &'a str) -> Option<&'a str> {
    subject.strip_prefix("case/")?.strip_prefix(city.as_str())?.strip_prefix('/')
}

/// How a report has come in that this says, and the case that it had before.
fn intake_of(fact: &Fact) -> Option<(&Intake, Option<String>)> {
    match fact {
        Fact::Whistled(whistle) => Some((&whistle.intake, None)),
        Fact::ReportedAgain(report) => {
            Some((&report.intake, report.merged_from.as_ref().map(ToString::to_string)))
        }
        _ => None,
    }
}

fn number_of(system: &UnitId, intake: &Intake) -> Option<String> {
    let is_of = intake.system.as_ref() == Some(system);
    intake.external_id.as_ref().filter(|_| is_of).map(ToString::to_string)
}

/// What is told of the step at this place, to each number that the case has with the system then.
fn told(system: &UnitId, story: &[Step], place: u64) -> Vec<(String, CaseState)> {
    let Some(step) = story.iter().find(|step| step.place == place) else { return Vec::new() };
    let until = |end: u64| story.iter().filter(move |step| step.place < end);
    let after = course(until(place + 1));
    let Some(after) = after else { return Vec::new() };
    let before = course(until(place));
    if let Some((intake, _)) = intake_of(&step.fact) {
        let number = number_of(system, intake);
        return number.map(|number| (number, standing(&after, word(&after)))).into_iter().collect();
    }
    let Some(before) = before else { return Vec::new() };
    let is_back = before.sent_back != after.sent_back && after.sent_back == after.round;
    let is_other = word(&before) != word(&after);
    // What was merged goes on in the other case, and is told from there.
    if !(is_back || is_other) || after.outcome == Some(Outcome::Merged) {
        return Vec::new();
    }
    let state = standing(&after, if is_back { "sent_back" } else { word(&after) });
    let intakes = until(place).filter_map(|step| intake_of(&step.fact));
    let mut numbers: Vec<_> = intakes.filter_map(|(intake, _)| number_of(system, intake)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into_iter().map(|number| (number, state.clone())).collect()
}

fn course<'a>(steps: impl Iterator<Item = &'a Step>) -> Option<Course> {
    let mut course: Option<Course> = None;
    for Step { at, fact, .. } in steps {
        match (&mut course, fact) {
            (None, Fact::Whistled(whistle)) => course = Some(Course::of(whistle, *at)),
            (Some(course), fact) => course.apply(fact, *at),
            (None, _) => {}
        }
    }
    course
}

fn word(course: &Course) -> &'static str {
    match course.stage {
        Stage::Raised => "taken",
        Stage::Assigning | Stage::Disputed | Stage::Finding => "deciding",
        Stage::Called => "called",
        Stage::Working => "in_work",
        Stage::Confirming => "declared",
        Stage::Closed => "closed",
    }
}

fn standing(course: &Course, word: &str) -> CaseState {
    let outcome = course.outcome.map(|outcome| match outcome {
        Outcome::Confirmed => "confirmed",
        Outcome::Unconfirmed => "unconfirmed",
        Outcome::Withdrawn => "withdrawn",
        Outcome::Merged => "merged",
    });
    CaseState {
        state: word.to_owned(),
        outcome: outcome.unwrap_or_default().to_owned(),
        round: course.round,
        ..CaseState::default()
    }
}

/// What is told of a report that a person has turned down.
pub(super) fn turned_down(
    city: &CityId,
    system: &UnitId,
    number: &str,
    (reason, at_ms): (&str, i64),
) -> Message {
    let state = CaseState {
        number: number.to_owned(),
        state: "turned_down".to_owned(),
        reason: reason.to_owned(),
        ..CaseState::default()
    };
    message(city, format!("intake/{system}/{number}/turned-down"), state, Moment(at_ms))
}

fn message(city: &CityId, key: String, state: CaseState, at: Moment) -> Message {
    let time = crate::subscription::rfc3339(at);
    Message {
        key,
        source: format!("/muster/{city}/intake"),
        kind: KIND.to_owned(),
        subject: state.number.clone(),
        data: written(&state),
        attributes: [("time".to_owned(), time)].into(),
    }
}

/// In JSON, as every message of ours is.
fn written(state: &CaseState) -> serde_json::Value {
    let (_, bytes) = proto::body::write(state);
    let message = json::Message::named(KIND).and_then(|of| json::Message::decode(&of, &bytes).ok());
    let text = message.and_then(|message| message.write().ok()).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
