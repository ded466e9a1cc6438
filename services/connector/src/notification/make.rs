//! From an envelope of the record to who is told of it. Pure but for what is asked about the case.

use std::collections::BTreeMap;

use domain::{
    case::{Fact, Ladder, may_say},
    envelope::Envelope,
    id::{CaseId, UnitId},
    moment::Moment,
    pack::{
        City,
        notification::{Event, Rule, Slots, Text, Who, fill, stamp},
    },
    party::{Kind, Party},
};
use proto::{body, notice::NoticeGiven};

use super::{
    Cases,
    config::{Language, Ready},
    kept::{SUMMARY, Told, key},
};

/// The priority of a call for the police: nothing overtakes it.
const POLICE: u8 = u8::MAX;

/// What an envelope says to people.
#[derive(Debug)]
struct Said {
    event: Event,
    case_id: Option<CaseId>,
    /// Who is called or owes.
    about: Party,
    /// The moment that is told: by when it is due, or when it happened.
    time: Moment,
    is_urgent: bool,
}

/// Who is told of an envelope; nobody of most.
pub(super) fn made(
    city: &City,
    ways: &BTreeMap<String, Ready>,
    cases: &dyn Cases,
    envelope: &Envelope,
) -> Vec<Told> {
    let Some(said) = said(city, envelope) else { return Vec::new() };
    let mut all: Vec<Told> = Vec::new();
    for rule in city.notifications.of(said.event) {
        let Some(receiver) = receiver(city, cases, rule, &said) else { continue };
        let Some(text) = city.notifications.text(&rule.text) else { continue };
        let way = &rule.way;
        let told = Told {
            key: key(&[&envelope.source.to_string(), envelope.id.as_str(), &receiver, way]),
            event: said.event.word().to_owned(),
            receiver,
            way: way.clone(),
            case_id: said.case_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            about: said.about.to_string(),
            text: filled(city, language(ways, way), text, &said),
            at: envelope.time,
            is_urgent: said.is_urgent,
            traceparent: envelope.traceparent.clone(),
        };
        // A liaison for whom the person on duty stands in is told once.
        if all.iter().all(|one| one.key != told.key) {
            all.push(told);
        }
    }
    all
}

fn said(city: &City, envelope: &Envelope) -> Option<Said> {
    let event = Event::of(&envelope.kind)?;
    if event == Event::PoliceCalled {
        return police(city, envelope);
    }
    let fact = proto::fact::read(&envelope.kind, &envelope.body).ok()??;
    let case = envelope.subject.strip_prefix("case/")?.strip_prefix(city.id.as_str())?;
    let case_id = CaseId::parse(case.strip_prefix('/')?).ok()?;
    if !may_say(&envelope.source, &fact) {
        return None;
    }
    let at = envelope.time;
    let (about, time, is_urgent) = match fact {
        Fact::Called(called) => (Party::unit(&called.unit), at, called.is_emergency),
        Fact::Reminded(rung) | Fact::Urged(rung) | Fact::Ladder(Ladder::Noticed { rung, .. }) => {
            (rung.party, rung.due, false)
        }
        Fact::Ladder(Ladder::Pressed { party, .. }) => (party, at, false),
        Fact::Ladder(Ladder::RightOpened { unit, due, .. }) => (Party::unit(&unit), due, false),
        Fact::Ladder(Ladder::Instructed { lead, .. }) => (Party::unit(&lead), at, false),
        Fact::Declared { unit, .. } => (Party::unit(&unit), at, false),
        _ => return None,
    };
    Some(Said { event, case_id: Some(case_id), about, time, is_urgent })
}

/// Of the notices between units a call for the police is told, and no other.
fn police(city: &City, envelope: &Envelope) -> Option<Said> {
    let given: NoticeGiven = body::read(&envelope.kind, &envelope.body)?;
    let about = envelope.recipient.clone()?;
    if envelope.priority != POLICE || about != Party::unit(&city.police) {
        return None;
    }
    let (case_id, time) = (CaseId::parse(given.case_id).ok(), envelope.time);
    Some(Said { event: Event::PoliceCalled, case_id, about, time, is_urgent: true })
}

/// Who is told; nobody where a row names one that there is not.
fn receiver(city: &City, cases: &dyn Cases, rule: &Rule, said: &Said) -> Option<String> {
    let unit = said.about.as_unit();
    let community = || cases.community(said.case_id.as_ref()?);
    match rule.who {
        Who::Duty => Some(duty(&said.about)),
        Who::First => unit.map(|unit| format!("{}/first", Party::unit(&unit))),
        Who::Liaison => {
            let unit = unit?;
            let of = community().and_then(|of| city.people.liaison(&unit, &of).cloned());
            Some(of.map_or_else(|| duty(&said.about), |person| format!("person/{person}")))
        }
        Who::Community => Some(Party::community(&community()?).to_string()),
    }
}

/// Who is on duty: of a unit or an office; a community is told itself.
fn duty(party: &Party) -> String {
    match party.kind {
        Kind::Community => party.to_string(),
        _ => format!("{party}/duty"),
    }
}

fn language(ways: &BTreeMap<String, Ready>, way: &str) -> Language {
    ways.get(way).map(|way| way.asked.language).unwrap_or_default()
}

fn chosen(text: &Text, language: Language) -> &str {
    match language {
        Language::Zh => &text.zh,
        Language::En => &text.en,
    }
}

fn filled(city: &City, language: Language, text: &Text, said: &Said) -> String {
    let case = said.case_id.as_ref().map(ToString::to_string).unwrap_or_default();
    let unit = name(city, &said.about, language);
    let time = stamp(said.time, city.utc_offset_minutes);
    fill(chosen(text, language), Slots { case: &case, unit: &unit, time: &time, count: 1 })
}

/// The name of a party as the pack has it.
fn name(city: &City, party: &Party, language: Language) -> String {
    let pick = |zh: &str, en: &str| match language {
        Language::Zh => zh.to_owned(),
        Language::En => en.to_owned(),
    };
    let unit = || {
        let unit = city.unit(&UnitId::parse(party.id.clone()).ok()?)?;
        Some(pick(&unit.zh, &unit.en))
    };
    let community = || {
        let community = city.community(&party.id.parse().ok()?)?;
        Some(pick(&community.zh, &community.en))
    };
    let found = if party.kind == Kind::Community { community() } else { unit() };
    found.unwrap_or_else(|| party.to_string())
}

/// The one in which several go.
pub(super) fn summary(
    city: &City,
    ways: &BTreeMap<String, Ready>,
    first: &Told,
    count: usize,
    now: Moment,
) -> Option<Told> {
    let language = language(ways, &first.way);
    let text = city.notifications.text(domain::pack::notification::SUMMARY)?;
    let own = || first.receiver.parse().ok().filter(|party: &Party| party.kind == Kind::Community);
    let about: Option<Party> = own().or_else(|| first.about.parse().ok());
    let unit = about.as_ref().map(|party| name(city, party, language)).unwrap_or_default();
    let time = stamp(now, city.utc_offset_minutes);
    let slots = Slots { case: "", unit: &unit, time: &time, count };
    Some(Told {
        // What is sent again later may be summed up once more: in another one.
        key: key(&[SUMMARY, &first.key, &now.0.to_string()]),
        event: SUMMARY.to_owned(),
        receiver: first.receiver.clone(),
        way: first.way.clone(),
        case_id: String::new(),
        about: first.about.clone(),
        text: fill(chosen(text, language), slots),
        at: now,
        is_urgent: false,
        traceparent: None,
    })
}

#[cfg(test)]
mod tests;
