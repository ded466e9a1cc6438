//! Handing open cases over to who answers for them by an amendment that is in force (M037): one, or
//! a batch that a person has reviewed.
//!
//! A preview says what would become of each case, and a digest of all that. Doing it names the
//! digest: when anything is another meanwhile, nothing is done. All cases are one record, so that
//! no batch is half done. The new lead begins the next round; the units that are not called again
//! are told. The public clock goes on.

use domain::{
    case::{Fact, order::can_be_handed_over},
    id::{CaseId, UnitId},
    moment::Moment,
    party::{Kind, Party},
    registry::{Entry, State, check, force},
    rejection::Rejection,
    routing::{self, Routing, power},
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
};
use prost::Message as _;
use proto::{
    convert,
    registry::{HandOver as Shown, HandOverCasesResponse},
};
use sha2::{Digest as _, Sha256};

use super::{HandOver, touched::is_touched};
use crate::{
    access, answer,
    command::By,
    door::Door,
    index::{self, Slot},
    ladder,
    matter::Matter,
    raise, told,
};

/// What becomes of one case.
struct Move {
    matter: Matter,
    round: u32,
    lead: UnitId,
    cooperating: Vec<UnitId>,
    released: Vec<UnitId>,
    basis: String,
}

/// What it would do; the same as it does, as long as nothing changes.
pub(super) fn preview(
    door: &Door,
    tx: &Tx<'_>,
    by: &By,
    asked: &HandOver,
    now: Moment,
) -> Result<HandOverCasesResponse, Refusal> {
    Ok(shown(&asked.amendment.to_string(), &moves(door, tx, by, asked, now)?))
}

/// Decides; the answer is what was handed over, as the interface says it.
pub(super) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    asked: &HandOver,
    now: Moment,
) -> Result<Decision, Refusal> {
    let moves = moves(door, tx, &by, asked, now)?;
    let answer = shown(&asked.amendment.to_string(), &moves);
    check_digest(&asked.digest, &answer.digest)?;
    let mut outgoing = Vec::new();
    for moved in &moves {
        say(door, &by, moved, &mut outgoing)?;
    }
    let data = asked.amendment.as_str().as_bytes().to_vec();
    Ok(Decision::change("hand-over", data, outgoing, answer.encode_to_vec()))
}

fn check_digest(said: &str, found: &str) -> Result<(), Rejection> {
    if said.is_empty() {
        let message = "cases are handed over after a preview; right would be: the digest of one";
        return Err(Rejection::invalid("PREVIEW_MISSING", "digest", message));
    }
    if said == found {
        return Ok(());
    }
    let message = "it is not any more what the preview showed; look at another one";
    Err(Rejection::conflict("PREVIEW_STALE", message).at("digest"))
}

fn moves(
    door: &Door,
    tx: &Tx<'_>,
    by: &By,
    asked: &HandOver,
    now: Moment,
) -> Result<Vec<Move>, Refusal> {
    let id = &asked.amendment;
    let entry = kit::registry::entry(tx, id)?.ok_or_else(|| check::unknown(id))?;
    if entry.state != State::Approved {
        let message = format!("{id} is {}, and moves nothing", entry.state.word());
        return Err(Rejection::conflict("NOT_IN_FORCE", message).at("amendment_id").into());
    }
    let mut moves: Vec<Move> = Vec::new();
    for case_id in &asked.cases {
        if moves.iter().any(|moved| moved.matter.id == *case_id) {
            let message = format!("case_ids names {case_id} twice; right would be: once");
            return Err(Rejection::invalid("NAMED_TWICE", "case_ids", message).into());
        }
        moves.push(one(door, tx, by, &entry, (case_id, asked.lead.as_ref()), now)?);
    }
    Ok(moves)
}

/// What becomes of a case; refused where it may not be handed over.
fn one(
    door: &Door,
    tx: &Tx<'_>,
    by: &By,
    entry: &Entry,
    (case_id, lead): (&CaseId, Option<&UnitId>),
    now: Moment,
) -> Result<Move, Refusal> {
    let no = |no: Rejection| Refusal::from(no.at("case_ids"));
    let matter = index::matter(tx, case_id)?.ok_or_else(|| no(answer::unknown(case_id)))?;
    access::check_hander(&door.access, &matter, by)?;
    let routing = in_force(door, tx, entry, &matter, now)?;
    if !is_touched(&door.city, &entry.amendment, &matter) {
        let message = format!("{} does not touch {case_id}, or its lead has it already", entry.id);
        return Err(no(Rejection::conflict("NOT_TOUCHED", message)));
    }
    let stage = matter.course.stage.word();
    let is_merged = index::merged_into(tx, &matter)?.is_some();
    if is_merged || !can_be_handed_over(&matter.course) {
        let message = format!(
            "{case_id} is {stage}; it is handed over while it is assigning, called or working"
        );
        return Err(no(Rejection::conflict("WRONG_STAGE", message)));
    }
    ladder::check_free(tx, &matter).map_err(|refusal| match refusal {
        Refusal::Rejected(rejection) => no(rejection),
        other => other,
    })?;
    let round = matter.course.round.saturating_add(1);
    if index::is_decided(tx, case_id, Slot::Lead, round)? {
        let message = format!("who leads round {round} of {case_id} is decided already");
        return Err(no(Rejection::conflict("ALREADY_ANSWERED", message)));
    }
    let (lead, cooperating) = called(door, by, &routing, &matter, lead)?;
    check_house(door, &matter, by, &lead).map_err(no)?;
    let is_called = |unit: &UnitId| *unit == lead || cooperating.contains(unit);
    let had = matter.course.parts.iter();
    let had = had.filter(|(_, part)| part.called_at.is_some() && !part.outlives_its_round());
    let released = had.map(|(unit, _)| unit).filter(|unit| !is_called(unit)).cloned().collect();
    Ok(Move { matter, round, lead, cooperating, released, basis: routing.basis })
}

/// An office decides nothing about its own house: neither that a case leaves it, nor that one comes.
fn check_house(door: &Door, matter: &Matter, by: &By, lead: &UnitId) -> Result<(), Rejection> {
    if by.party.kind != Kind::Office {
        return Ok(());
    }
    let mut course = matter.course.clone();
    course.involved.insert(lead.clone());
    power::check_ruler(&door.city, &course, &by.party)
}

/// The route of such a matter today, which must be that of the amendment.
fn in_force(
    door: &Door,
    tx: &Tx<'_>,
    entry: &Entry,
    matter: &Matter,
    now: Moment,
) -> Result<Routing, Refusal> {
    let registry = kit::registry::about_issue(tx, &matter.issue_type)?;
    let (city, issue, grid) = (&door.city, &matter.issue_type, &matter.grid);
    let version = routing::version_on(city, &registry, issue, grid, now);
    let found = version.ok().and_then(force::Version::entry).is_some_and(|one| one.id == entry.id);
    if !found {
        let message = format!(
            "{} is not in force today for {issue} at {grid}; it is from {} on, unless another \
             stands in its place",
            entry.id, entry.amendment.from
        );
        return Err(Rejection::conflict("NOT_IN_FORCE", message).at("amendment_id").into());
    }
    Ok(routing::route(city, &registry, issue, grid, None, now)?)
}

/// Who leads and who is called beside it; of what the whistle called, what the new route has too.
fn called(
    door: &Door,
    by: &By,
    routing: &Routing,
    matter: &Matter,
    lead: Option<&UnitId>,
) -> Result<(UnitId, Vec<UnitId>), Rejection> {
    let mut beside = routing.cooperating.clone();
    if !matter.called_units.is_empty() {
        beside.retain(|unit| matter.called_units.contains(unit));
    }
    let lead = match (&routing.lead, lead) {
        (Some(only), None) => return Ok((only.clone(), beside)),
        (Some(only), Some(named)) if only == named => return Ok((only.clone(), beside)),
        (_, Some(named)) => named,
        (None, None) => {
            let names: Vec<&str> = routing.candidates.iter().map(UnitId::as_str).collect();
            let right = if names.is_empty() { "a unit".to_owned() } else { names.join(", ") };
            let message = format!("one lead must be named; right would be: {right}");
            return Err(Rejection::invalid("LEAD_MISSING", "lead", message));
        }
    };
    let is_candidate = routing.candidates.is_empty() || routing.candidates.contains(lead);
    if !is_candidate {
        let names: Vec<&str> = routing.candidates.iter().map(UnitId::as_str).collect();
        let message = format!("{lead} does not lead by it; right would be: {}", names.join(", "));
        return Err(Rejection::invalid("NOT_A_LEAD", "lead", message));
    }
    // Where the amendment leaves it open, naming a lead is assigning one.
    let called = routing::check_assignment(&door.city, routing, &by.party, lead, &[])?;
    Ok((lead.clone(), called.into_iter().filter(|unit| beside.contains(unit)).collect()))
}

fn shown(amendment: &str, moves: &[Move]) -> HandOverCasesResponse {
    let show = |moved: &Move| Shown {
        case_id: moved.matter.id.to_string(),
        round: moved.round,
        from: moved.matter.course.owner.to_string(),
        lead: moved.lead.to_string(),
        cooperating: convert::texts(&moved.cooperating),
        released: convert::texts(&moved.released),
    };
    let cases: Vec<Shown> = moves.iter().map(show).collect();
    let whole = HandOverCasesResponse { cases, digest: amendment.to_owned() };
    let digest = Sha256::digest(whole.encode_to_vec());
    let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    HandOverCasesResponse { digest, ..whole }
}

/// To the record, and to each unit that the case goes on without.
fn say(door: &Door, by: &By, moved: &Move, outgoing: &mut Vec<Outgoing>) -> Result<(), Rejection> {
    let Move { matter, round, lead, cooperating, released, basis } = moved;
    let fact = Fact::HandedOver {
        round: *round,
        lead: lead.clone(),
        cooperating: cooperating.clone(),
        basis: basis.clone(),
        decided_by: by.party.clone(),
    };
    let to = std::iter::once(None).chain(released.iter().map(|unit| Some(Party::unit(unit))));
    for recipient in to {
        let whom = recipient.as_ref().map(|party| format!("/{party}")).unwrap_or_default();
        let id = raise::envelope_id(format!("{}/{round}/hand-over{whom}", matter.id))?;
        outgoing.push(Outgoing {
            recipient,
            actor: Some(by.person.clone()),
            on_behalf_of: Some(by.party.clone()),
            // One case is one trace, whoever speaks and however much later.
            traceparent: matter.trace.clone().or_else(|| Some(by.trace.clone())),
            ..Outgoing::new(
                id,
                &told::subject(&door.city.id, &matter.id),
                proto::fact::write(&fact),
            )
        });
    }
    Ok(())
}
