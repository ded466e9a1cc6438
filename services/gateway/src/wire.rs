//! From what the gateway shows to the interface; what comes from there is read in [`crate::asking`].

mod ladder;

use std::time::Duration;

use domain::{
    case::{
        Part, Stage,
        answerable::{Answerable, Owners},
        course::Course,
        jurisdiction::Hearing,
        score::Word,
        standing,
    },
    clock::Language,
    id::UnitId,
    pack::City,
    party::{Kind, Party, Role},
};
use proto::{case::Outcome, convert, whistle as wire};

use crate::{
    again::Answer,
    history::{Passed, Waited},
    matter::Reported,
    precedent::{Item, Opinion, Precedent},
    read::{self, Entry},
    sentence::{self, Lang},
};

fn stage(stage: Stage) -> wire::CaseStage {
    match stage {
        Stage::Raised => wire::CaseStage::Raised,
        Stage::Assigning => wire::CaseStage::Assigning,
        Stage::Disputed => wire::CaseStage::Disputed,
        Stage::Called => wire::CaseStage::Called,
        Stage::Working => wire::CaseStage::Working,
        Stage::Finding => wire::CaseStage::Finding,
        Stage::Confirming => wire::CaseStage::Confirming,
        Stage::Closed => wire::CaseStage::Closed,
    }
}

/// Reads a stage; none for what is not said.
pub(crate) fn stage_in(stage: wire::CaseStage) -> Option<Stage> {
    Some(match stage {
        wire::CaseStage::Unspecified => return None,
        wire::CaseStage::Raised => Stage::Raised,
        wire::CaseStage::Assigning => Stage::Assigning,
        wire::CaseStage::Disputed => Stage::Disputed,
        wire::CaseStage::Called => Stage::Called,
        wire::CaseStage::Working => Stage::Working,
        wire::CaseStage::Finding => Stage::Finding,
        wire::CaseStage::Confirming => Stage::Confirming,
        wire::CaseStage::Closed => Stage::Closed,
    })
}

/// Reads how a case ended; none for what is not said.
pub(crate) fn outcome_in(outcome: Outcome) -> Option<domain::case::Outcome> {
    Some(match outcome {
        Outcome::Unspecified => return None,
        Outcome::Confirmed => domain::case::Outcome::Confirmed,
        Outcome::Unconfirmed => domain::case::Outcome::Unconfirmed,
        Outcome::Merged => domain::case::Outcome::Merged,
        Outcome::Withdrawn => domain::case::Outcome::Withdrawn,
    })
}

/// Writes a case.
pub(crate) fn case(city: &City, shown: &read::Shown) -> wire::Case {
    let matter = &shown.matter;
    let course = &matter.course;
    let outcome = course.outcome.map_or(Outcome::Unspecified, proto::fact::outcome_out);
    let owed = shown.owed.iter().map(|owed| wire::Owed {
        party: owed.party.to_string(),
        duty: proto::fact::duty_out(owed.duty).into(),
        due_at_ms: owed.due.0,
        from_ms: owed.from.0,
        held_to_ms: convert::millis(owed.held_to),
        limit_en: owed.limit.describe(shown.day_ms, Language::English),
        limit_zh: owed.limit.describe(shown.day_ms, Language::Chinese),
    });
    let candidates: &[UnitId] = match course.stage {
        Stage::Assigning => &course.candidates,
        _ => &[],
    };
    wire::Case {
        case_id: matter.id.to_string(),
        stage: stage(course.stage).into(),
        issue_type: matter.issue_type.to_string(),
        grid: matter.grid.to_string(),
        community: course.community.to_string(),
        description: shown.description.clone(),
        owner: course.owner.to_string(),
        round: course.round,
        parts: course.parts.iter().map(|(unit, one)| part(course, unit, one)).collect(),
        owed: owed.collect(),
        raised_at_ms: matter.blown_at.0,
        closed_at_ms: convert::millis(course.closed_at),
        outcome: outcome.into(),
        candidates: convert::texts(candidates),
        is_on_bus: matter.is_on_bus,
        due_at_ms: shown.due.0,
        timeliness: timeliness(standing::is_on_time(course, shown.due)).into(),
        is_satisfied: course.outcome.is_some_and(domain::case::Outcome::is_satisfied),
        reports: matter.reports.iter().map(|one| report(course, one)).collect(),
        proposed: convert::texts(&shown.proposed),
        merged_into: course.merged_into.as_ref().map(ToString::to_string).unwrap_or_default(),
        first_answer: matter.score.first.map(said),
        last_answer: matter.score.last.map(said),
        direct_report: Some(ladder::direct(course, &shown.right)),
        dissatisfied: course.dissatisfied,
        complaint: course.complaint.as_ref().map(proto::fact::complaint_out),
        finding: verdict(course.found_at.map(|_| course.upheld_at.is_some())).into(),
        complaints: convert::texts(&shown.complaints),
        ..local(city, shown)
    }
}

fn verdict(is_upheld: Option<bool>) -> wire::Verdict {
    match is_upheld {
        None => wire::Verdict::Unspecified,
        Some(true) => wire::Verdict::Upheld,
        Some(false) => wire::Verdict::NotUpheld,
    }
}

/// What is of the grid and its people.
fn local(city: &City, shown: &read::Shown) -> wire::Case {
    let matter = &shown.matter;
    let place = matter.place();
    let text = |id: Option<String>| id.unwrap_or_default();
    let owner = |of: fn(&Owners) -> &Answerable| {
        let one = shown.owners.as_ref().map(of);
        let since = convert::millis(one.and_then(|one| one.late_since));
        (text(one.map(|one| one.party.to_string())), since)
    };
    let (territorial_owner, territorial_late_since_ms) = owner(|owners| &owners.territorial);
    let (functional_owner, functional_late_since_ms) = owner(|owners| &owners.functional);
    wire::Case {
        road: text(place.and_then(|place| place.road.as_ref()).map(ToString::to_string)),
        object: text(place.and_then(|place| place.object.as_ref()).map(ToString::to_string)),
        cases_of_object: u32::try_from(shown.cases_of_object).unwrap_or(u32::MAX),
        self_found: matter.is_self_found(),
        territorial_owner,
        territorial_late_since_ms,
        functional_owner,
        functional_late_since_ms,
        level: proto::fact::level_out(matter.level).into(),
        team: proto::fact::members_out(&matter.team),
        ..disputed(city, shown)
    }
}

/// What is of a dispute and of danger.
fn disputed(city: &City, shown: &read::Shown) -> wire::Case {
    let (matter, course) = (&shown.matter, &shown.matter.course);
    wire::Case {
        severity: proto::fact::severity_out(course.severity).into(),
        first_issue_type: matter
            .first_issue_type
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        refused_by: convert::texts(&course.refusers()),
        transfers: course.jurisdiction.transfers,
        hearings: course.jurisdiction.asked.iter().map(hearing).collect(),
        bound_by: course.bound_by().map_or(0, |body| proto::fact::body_out(body).into()),
        evasions: shown.evasions.iter().map(|one| evasion(city, one)).collect(),
        ..wire::Case::default()
    }
}

fn hearing((unit, hearing): (&UnitId, &Hearing)) -> wire::Hearing {
    wire::Hearing {
        unit: unit.to_string(),
        given_at_ms: convert::millis(hearing.given_at),
        silent_at_ms: convert::millis(hearing.silent_at),
    }
}

fn evasion(city: &City, (unit, count): &(UnitId, u32)) -> wire::Evasion {
    let is_flagged = *count >= city.evasions_max;
    wire::Evasion { unit: unit.to_string(), count: *count, is_flagged }
}

/// Writes a ruling.
pub(crate) fn precedent(kept: &Precedent) -> wire::Precedent {
    wire::Precedent {
        case_id: kept.case_id.to_string(),
        round: kept.round,
        issue_type: kept.issue_type.to_string(),
        grid: kept.grid.to_string(),
        lead: kept.lead.to_string(),
        cooperating: convert::texts(&kept.cooperating),
        reason: kept.reason.clone(),
        body: proto::fact::body_out(kept.body).into(),
        ruled_by: kept.ruled_by.to_string(),
        ruled_at_ms: kept.ruled_at.0,
        is_contested: kept.is_contested,
        basis: kept.basis.clone(),
    }
}

/// Writes a case that waits for the joint conference.
pub(crate) fn agenda(item: &Item) -> wire::AgendaItem {
    let Item { matter, question, due, opinions, ruling, contest } = item;
    let opinion = |said: &Opinion| wire::Opinion {
        unit: said.unit.to_string(),
        text: said.text.clone(),
        named_unit: said.named_unit.as_ref().map(ToString::to_string).unwrap_or_default(),
        at_ms: said.at.0,
        is_silent: said.is_silent,
    };
    wire::AgendaItem {
        case_id: matter.id.to_string(),
        issue_type: matter.issue_type.to_string(),
        grid: matter.grid.to_string(),
        question: question.clone(),
        owner: matter.course.owner.to_string(),
        since_ms: convert::millis(matter.course.jurisdiction.convened_at),
        due_at_ms: due.0,
        opinions: opinions.iter().map(opinion).collect(),
        ruling: ruling.as_ref().map(precedent),
        contest: contest.clone(),
    }
}

fn said(word: Word) -> wire::Answer {
    wire::Answer { round: word.round, at_ms: word.at.0, is_satisfied: word.is_satisfied }
}

fn timeliness(is_on_time: Option<bool>) -> wire::Timeliness {
    match is_on_time {
        None => wire::Timeliness::Unspecified,
        Some(true) => wire::Timeliness::OnTime,
        Some(false) => wire::Timeliness::Late,
    }
}

/// A report is answered when its case is closed, with how that ended.
fn report(course: &Course, reported: &Reported) -> wire::Report {
    let unspecified = (proto::case::Ground::Unspecified, 0);
    let (ground, metres) = reported.ground.map_or(unspecified, proto::report::ground_out);
    let answer = course.outcome.map_or(Outcome::Unspecified, proto::fact::outcome_out);
    let merged_from = reported.merged_from.as_ref();
    wire::Report {
        reporter: reported.reporter.to_string(),
        intake: Some(proto::report::intake_out(&reported.intake)),
        reported_at_ms: reported.at.0,
        ground: ground.into(),
        metres,
        merged_from: merged_from.map(ToString::to_string).unwrap_or_default(),
        answered_at_ms: convert::millis(course.closed_at),
        answer: answer.into(),
    }
}

fn part(course: &Course, unit: &UnitId, part: &Part) -> wire::Part {
    let party = Party::unit(unit);
    let told = |rungs: &std::collections::BTreeSet<domain::case::fact::Rung>| {
        let count = rungs.iter().filter(|rung| rung.party == party).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    wire::Part {
        unit: unit.to_string(),
        is_lead: course.lead.as_ref() == Some(unit),
        called_at_ms: convert::millis(part.called_at),
        accepted_at_ms: convert::millis(part.accepted_at),
        refused_at_ms: convert::millis(part.refused_at),
        arrived_at_ms: convert::millis(part.arrived_at),
        disposed_at_ms: convert::millis(part.disposed_at),
        reminders: told(&course.reminded),
        urgings: told(&course.urged).saturating_add(pressed(course, &party)),
        notices: told(&course.noticed),
        stars: part.stars.map_or(0, u32::from),
        proxy: part.proxy.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

/// How often it was urged by hand.
fn pressed(course: &Course, party: &Party) -> u32 {
    let count = course.pressed.values().filter(|pressed| *pressed == party).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Writes a step.
pub(crate) fn entry(city: &City, entry: &Entry) -> wire::HistoryEntry {
    let told = &entry.told;
    let envelope = &told.envelope;
    let text = |party: &Option<Party>| party.as_ref().map(ToString::to_string).unwrap_or_default();
    wire::HistoryEntry {
        place: entry.place,
        case_id: told.case_id.to_string(),
        at_ms: envelope.time.0,
        accepted_at_ms: convert::millis(told.accepted_at),
        source: envelope.source.to_string(),
        actor: envelope.actor.as_ref().map(ToString::to_string).unwrap_or_default(),
        on_behalf_of: text(&envelope.on_behalf_of),
        recipient: text(&envelope.recipient),
        r#type: envelope.kind.clone(),
        text: sentence::told(Lang::En, city, told),
        text_zh: sentence::told(Lang::Zh, city, told),
        words: sentence::own_words(&told.fact).to_owned(),
        ..wire::HistoryEntry::default()
    }
}

/// Writes a step with its clocks.
pub(crate) fn passed(city: &City, passed: &Passed) -> wire::HistoryEntry {
    let Passed { entry: step, blown_at, waited: waits, course } = passed;
    wire::HistoryEntry {
        public_ms: millis(step.told.at().since(*blown_at)),
        waited_for: waits.iter().map(waited).collect(),
        stage: stage(course.stage).into(),
        round: course.round,
        owner: course.owner.to_string(),
        evidence: convert::evidence_out(step.told.evidence()),
        evidence_of: store(&step.told),
        ..entry(city, step)
    }
}

/// In whose store the evidence of a step is; empty where it has none.
fn store(told: &crate::told::Told) -> String {
    let source = &told.envelope.source;
    match told.evidence() {
        [] => String::new(),
        _ if source.kind == Kind::Unit => source.to_string(),
        _ => Party::service(Role::Gateway).to_string(),
    }
}

/// Writes a clock of somebody who was waited for.
pub(crate) fn waited(waited: &Waited) -> wire::Waited {
    let Waited { owed, clocks, at, has_ended } = waited;
    let ms = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    wire::Waited {
        party: owed.party.to_string(),
        duty: proto::fact::duty_out(owed.duty).into(),
        since_ms: owed.from.0,
        due_at_ms: owed.due.0,
        used_ms: ms(clocks.consumed_ms),
        is_over: *at > owed.due,
        has_ended: *has_ended,
        left_ms: ms(clocks.left_ms),
        is_working_time: !clocks.pace.is_around(),
        is_held: owed.held_to.is_some_and(|end| *at < end),
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Reads what became of a whistle from an answer of the store.
pub(crate) fn raised(answer: &[u8]) -> wire::RaiseWhistleResponse {
    let Answer { case_id, is_again, proposed } = Answer::read(answer);
    wire::RaiseWhistleResponse { case_id, is_again, proposed }
}

/// Reads the number of a case from one.
pub(crate) fn goes_on(answer: &[u8]) -> String {
    String::from_utf8_lossy(answer).into_owned()
}

/// Reads a round from one.
pub(crate) fn round(answer: &[u8]) -> u32 {
    answer.try_into().map_or(0, u32::from_be_bytes)
}
