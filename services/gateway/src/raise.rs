//! Taking a whistle: by a community, for its own grid, with evidence, for units of the route. Where
//! its matter has a case already, it is a report that goes there.

use std::time::Duration;

use domain::{
    case::{Fact, Ground, Intake, Report, Whistle},
    evidence::Evidence,
    id::{CaseId, CommunityId, EnvelopeId},
    moment::Moment,
    pack::{City, Step},
    registry::Registry,
    rejection::Rejection,
    routing,
    task::{self, Desk},
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
};

use crate::{
    again::{self, Answer, Found, Hint},
    command::{By, Raise, Shown},
    complaint,
    door::Door,
    index, number, road, told,
};

/// How far a caller's clock may be ahead of ours.
pub(crate) const AHEAD: Duration = Duration::from_secs(300);

/// The longest address, in characters.
const ADDRESS_MAX: usize = 200;

/// Decides about a whistle; the answer is the number of the case.
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    raise: Raise,
    now: Moment,
) -> Result<Decision, Refusal> {
    let city = &*door.city;
    let community = road::whistler(door, &by, &raise)?;
    let Raise { same_as, different_from, .. } = &raise;
    let hint = Hint { same_as: same_as.clone(), different_from: different_from.clone() };
    let shown = raise.shown.clone();
    let registry = kit::registry::about_issue(tx, &raise.issue_type)?;
    let whistle = whistle(city, &registry, community, raise, now)?;
    complaint::check_whistle(door, tx, &by, &whistle)?;
    match again::find(door, tx, &by, &whistle, &hint, now)? {
        Found::Same(matter, ground) => {
            // What shows it has been shown already: somebody who phones has no photograph.
            let evidence = check_shown(shown, Vec::new())?;
            Ok(again::link(city, by, &matter, report(whistle, evidence, ground, now))?)
        }
        Found::New(proposed) => {
            let rules = city.evidence(&whistle.issue_type, Step::Whistle);
            let evidence = check_shown(shown, rules).map_err(|no| or_same_as(no, &proposed))?;
            begin(city, tx, by, Whistle { evidence, proposed, ..whistle }, now)
        }
    }
}

/// What a whistle is when its matter has a case already.
fn report(whistle: Whistle, evidence: Vec<Evidence>, ground: Ground, now: Moment) -> Report {
    Report {
        reporter: whistle.community,
        intake: whistle.intake,
        description: whistle.description,
        evidence,
        seen_at: whistle.seen_at,
        reported_at: now,
        ground,
        merged_from: None,
    }
}

/// Where evidence is missing, the caller may know that it is not needed.
fn or_same_as(mut no: Rejection, proposed: &[CaseId]) -> Rejection {
    if no.reason == "EVIDENCE_MISSING" && !proposed.is_empty() {
        let cases: Vec<&str> = proposed.iter().map(CaseId::as_str).collect();
        no.message += &format!("; or same_as, if it is the matter of {}", cases.join(", "));
    }
    no
}

/// A case of its own.
fn begin(
    city: &City,
    tx: &Tx<'_>,
    by: By,
    whistle: Whistle,
    now: Moment,
) -> Result<Decision, Refusal> {
    let proposed = whistle.proposed.iter().map(ToString::to_string).collect();
    let case_id = free_number(city, tx, &by, now)?;
    let id = envelope_id(format!("{case_id}/0/raise"))?;
    let subject = told::subject(&city.id, &case_id);
    let fact = proto::fact::write(&Fact::Whistled(whistle));
    let outgoing = Outgoing {
        actor: Some(by.person),
        on_behalf_of: Some(by.party),
        traceparent: Some(by.trace),
        ..Outgoing::new(id, &subject, fact)
    };
    let answer = Answer { case_id: case_id.to_string(), is_again: false, proposed };
    let data = case_id.as_str().as_bytes().to_vec();
    Ok(Decision::change("whistle", data, vec![outgoing], answer.write()))
}

/// The whistle, without its evidence.
fn whistle(
    city: &City,
    registry: &Registry,
    community: CommunityId,
    raise: Raise,
    now: Moment,
) -> Result<Whistle, Rejection> {
    let Raise {
        issue_type,
        grid,
        description,
        called_units,
        seen_at,
        intake,
        severity,
        complaint,
        ..
    } = raise;
    task::text("DESCRIPTION_MISSING", "description", &description)?;
    check_address(&intake)?;
    let seen_at = seen(seen_at, now)?;
    let called = (!called_units.is_empty()).then_some(called_units.as_slice());
    routing::route(city, registry, &issue_type, &grid, called, seen_at).map_err(|no| {
        // What the routing calls the time of the event is this field here.
        if no.field == "event_time" { no.at("seen_at_ms") } else { no }
    })?;
    check_grid(city, &community, &grid)?;
    let (evidence, proposed) = (Vec::new(), Vec::new());
    Ok(Whistle {
        community,
        issue_type,
        grid,
        description,
        evidence,
        called_units,
        seen_at,
        intake,
        proposed,
        severity,
        complaint,
    })
}

fn check_address(intake: &Intake) -> Result<(), Rejection> {
    let length = intake.place.address.chars().count();
    if length <= ADDRESS_MAX {
        return Ok(());
    }
    let message = format!("an address has at most {ADDRESS_MAX} characters, this one has {length}");
    Err(Rejection::invalid("TEXT_TOO_LONG", "intake.address", message))
}

fn seen(seen_at: Option<Moment>, now: Moment) -> Result<Moment, Rejection> {
    let seen_at = seen_at.unwrap_or(now);
    if seen_at > now + AHEAD {
        let (ahead, most) = (seen_at.since(now).as_secs(), AHEAD.as_secs());
        let message = format!(
            "seen_at_ms is {ahead} s ahead of the gateway's clock; right would be: Unix \
             milliseconds of the past, by a clock that is at most {most} s ahead"
        );
        return Err(Rejection::invalid("SEEN_IN_THE_FUTURE", "seen_at_ms", message));
    }
    Ok(seen_at)
}

fn check_grid(
    city: &City,
    community: &CommunityId,
    grid: &domain::id::GridId,
) -> Result<(), Rejection> {
    let own = city.community(community).map(|community| community.cells.as_slice());
    let own = own.unwrap_or_default();
    if own.contains(grid) {
        return Ok(());
    }
    let right: Vec<&str> = own.iter().map(|cell| cell.as_str()).collect();
    let message = format!("{grid} is not of {community}; right would be: {}", right.join(", "));
    Err(Rejection::forbidden("GRID_OF_ANOTHER_COMMUNITY", message).at("grid"))
}

/// Checks evidence against what the store has and what the pack wants; a size that was not said is
/// the store's.
pub(crate) fn check_shown(
    shown: Shown,
    rules: Vec<domain::pack::EvidenceRule>,
) -> Result<Vec<Evidence>, Rejection> {
    let Shown { mut pieces, held } = shown;
    task::check_evidence(&pieces, &Desk { held: held.keys().cloned().collect(), rules })?;
    for piece in &mut pieces {
        let size = held.get(&piece.digest).copied().unwrap_or(piece.size);
        if piece.size == 0 {
            piece.size = size;
        }
        if piece.size != size || piece.kind.len() > 64 || piece.media_type.len() > 128 {
            let digest = &piece.digest;
            let message = format!("{digest} has {size} bytes, its kind at most 64, its type 128");
            return Err(Rejection::invalid("EVIDENCE_MALFORMED", "evidence", message));
        }
    }
    Ok(pieces)
}

/// The best number that no case has. A repeat of the request was answered before it came here, so
/// whoever has it is another.
fn free_number(city: &City, tx: &Tx<'_>, by: &By, now: Moment) -> Result<CaseId, Refusal> {
    for number in number::candidates(city, &by.party, &by.request_id, now) {
        if index::matter(tx, &number)?.is_none() {
            return Ok(number);
        }
    }
    let message = "every number of this request is taken; ask with another id";
    Err(Rejection::conflict("NO_NUMBER", message).at("command.request_id").into())
}

/// An id of ours as one of an envelope.
pub(crate) fn envelope_id(text: String) -> Result<EnvelopeId, Rejection> {
    EnvelopeId::parse(text)
        .map_err(|no| Rejection::invalid("MALFORMED_ID", "case_id", no.to_string()))
}
