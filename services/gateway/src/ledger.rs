//! Folding the journal into the view: what goes to the bus, and what comes from there.
//!
//! A whistle of our own makes a case at once, and a report of our own is shown at once, as is that
//! a proposal was turned down or a finding lifted: none of that is a step of a flow. Everything else changes a case only when it has come
//! back from the bus, in the bus's order, so that the ledger never shows what the worker can't
//! know. Until then a decision of our own is only noted, against a second one.
//! What can't be read as a fact, is about no case, or is said by who may not, is counted.

use domain::{
    case::{Dispute, Fact, Finding, Ladder, Local, Stage},
    id::CaseId,
    moment::Moment,
    outage::Outage,
    pack::City,
};
use kit::{tx::Tx, view};
use proto::{
    envelope::{Wire, from_wire},
    record::{Received, Record},
};

use crate::{
    approvals, catalog, credit, decisions,
    index::{self, Slot, Tally},
    inspections,
    matter::Matter,
    operations, precedent, road, sheets,
    told::{Spot, Told},
    trail, words,
};

/// Folds one record.
pub(crate) fn fold(
    city: &City,
    tx: &mut Tx<'_>,
    place: u64,
    record: &Record,
) -> Result<(), view::Error> {
    for (index, wire) in (0..).zip(&record.outgoing) {
        if amended(&city.id, tx, wire)? {
            continue;
        }
        if let Some(told) = Told::read(&city.id, wire.clone(), None) {
            leaves(city, tx, &told, Spot { place, index, is_received: false })?;
        } else {
            sheets::leaves(city, tx, wire);
            credit::leaves(city, tx, wire);
            decisions::leaves(city, tx, wire);
            inspections::leaves(city, tx, wire);
            approvals::leaves(city, tx, wire, Moment(record.at_ms))?;
            operations::leaves(city, tx, wire, Moment(record.at_ms))?;
            trail::leaves(tx, wire, Spot { place, index, is_received: false })?;
        }
    }
    for (index, received) in (0..).zip(&record.received) {
        comes(city, tx, received, Spot { place, index, is_received: true })?;
    }
    Ok(())
}

/// Folds what an envelope says about the registry; says whether it is about it.
fn amended(city: &domain::id::CityId, tx: &mut Tx<'_>, wire: &Wire) -> Result<bool, view::Error> {
    if !is_registry(wire) {
        return Ok(false);
    }
    let Ok(envelope) = from_wire(wire.clone()) else { return Ok(false) };
    let Some(fact) = kit::registry::told(city, &envelope) else { return Ok(false) };
    kit::registry::fold(tx, &envelope, &fact)?;
    Ok(true)
}

/// Our own outage, if the envelope is about one.
fn away(city: &domain::id::CityId, wire: &Wire) -> Option<Outage> {
    let is_about = wire.r#type.starts_with("muster.outage.v1.");
    let envelope = is_about.then(|| from_wire(wire.clone()).ok()).flatten()?;
    proto::outage::read(city, &envelope)
}

/// By its type alone: most envelopes are about cases, and are not read twice.
fn is_registry(wire: &Wire) -> bool {
    wire.r#type.starts_with("muster.registry.v1.")
}

fn leaves(city: &City, tx: &mut Tx<'_>, told: &Told, spot: Spot) -> Result<(), view::Error> {
    let id = &told.case_id;
    match &told.fact {
        Fact::Whistled(_) => {
            let before = index::matter(tx, id)?;
            write(city, tx, told, spot, before)?;
        }
        Fact::ReportedAgain(_) | Fact::ToldApart { .. } | Fact::Local(Local::Lifted { .. }) => {
            let before = index::matter(tx, id)?;
            write(city, tx, told, spot, before)?;
        }
        Fact::Merged { into, .. } => index::merge(tx, id, into),
        Fact::Ladder(ladder) => climbs(tx, id, ladder),
        Fact::Assigned { round, .. }
        | Fact::HandedOver { round, .. }
        | Fact::Dispute(Dispute::Ruled { round, .. }) => {
            index::decide(tx, id, Slot::Lead, *round);
        }
        Fact::Dispute(Dispute::Raised { severity, .. }) => {
            index::decide(tx, id, Slot::Severity, *severity as u32);
        }
        Fact::Confirmed { round, .. } | Fact::SentBack { round, .. } => {
            index::decide(tx, id, Slot::Verdict, *round);
        }
        Fact::Timing(timing) => index::decide(tx, id, Slot::Clock, timing.round()),
        Fact::Finding(Finding::Found { round, .. }) => {
            index::decide(tx, id, Slot::Finding, *round);
        }
        _ => {}
    }
    refer(tx, told);
    Ok(())
}

/// What was decided on the ladder, and is on its way to the bus.
fn climbs(tx: &mut Tx<'_>, id: &CaseId, ladder: &Ladder) {
    let (slot, round) = match ladder {
        Ladder::Pressed { round, number, .. } => (Slot::Press(*number), *round),
        Ladder::Reported { round, .. } => (Slot::Direct, *round),
        Ladder::Instructed { round, .. } => (Slot::Lead, *round),
        Ladder::Withdrawn { .. } => (Slot::Withdraw, 0),
        // The worker says these.
        Ladder::Noticed { .. } | Ladder::RightOpened { .. } => return,
    };
    index::decide(tx, id, slot, round);
}

fn comes(city: &City, tx: &mut Tx<'_>, received: &Received, spot: Spot) -> Result<(), view::Error> {
    if let Some(wire) = &received.envelope
        && amended(&city.id, tx, wire)?
    {
        return Ok(());
    }
    let accepted_at = Some(Moment(received.accepted_at_ms));
    let read = |wire| Told::read(&city.id, wire, accepted_at);
    if let Some(outage) = received.envelope.as_ref().and_then(|wire| away(&city.id, wire)) {
        index::outage(tx, &outage);
        return Ok(());
    }
    trail::comes(tx, received, spot)?;
    if sheets::comes(city, tx, received)?
        || approvals::comes(city, tx, received)?
        || credit::comes(city, tx, received)?
        || decisions::comes(city, tx, received)?
        || inspections::comes(city, tx, received, spot)?
        || operations::comes(city, tx, received)?
    {
        return Ok(());
    }
    let Some(told) = received.envelope.clone().and_then(read) else {
        Tally::PassedOver.count(tx)?;
        return Ok(());
    };
    let before = index::matter(tx, &told.case_id)?;
    let was_open = before.as_ref().is_some_and(|matter| matter.course.stage != Stage::Closed);
    if !write(city, tx, &told, spot, before)? {
        Tally::PassedOver.count(tx)?;
        return Ok(());
    }
    if let Fact::Timing(timing) = &told.fact {
        index::is_on_record(tx, &told.case_id, Slot::Clock, timing.round());
    }
    index::append(tx, &told.case_id, spot)?;
    if was_open {
        sheets::upheld(city, tx, &told)?;
    }
    refer(tx, &told);
    Ok(())
}

/// Writes the case as it is then; says whether there is one.
fn write(
    city: &City,
    tx: &mut Tx<'_>,
    told: &Told,
    spot: Spot,
    before: Option<Matter>,
) -> Result<bool, view::Error> {
    let Some(mut matter) = Matter::fold(before.clone(), told, spot) else { return Ok(false) };
    matter.road_party = road::of(city, &matter).and_then(|road| road.party.clone());
    let closed = |matter: &Matter| matter.course.stage == Stage::Closed;
    if before.is_none() {
        Tally::Raised.count(tx)?;
        if let Some(about) = matter.course.complaint.as_ref().and_then(|one| one.case_id.clone()) {
            index::complain(tx, &about, &matter.id);
        }
    }
    if closed(&matter) && !before.as_ref().is_some_and(closed) {
        Tally::Closed.count(tx)?;
        index::forget_decisions(tx, &matter.id)?;
    }
    precedent::note(tx, told, spot, before.as_ref(), &matter)?;
    index::put(tx, before.as_ref(), &matter)?;
    if let Some(words) = reported(&told.fact) {
        catalog::put_words(tx, &matter, words::kept(words))?;
    }
    Ok(true)
}

/// The words of a report, by which its case is found.
fn reported(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Whistled(whistle) => Some(&whistle.description),
        Fact::ReportedAgain(report) => Some(&report.description),
        _ => None,
    }
}

/// Whoever keeps it: who sees the case sees from now on what its record refers to.
fn refer(tx: &mut Tx<'_>, told: &Told) {
    for piece in told.evidence() {
        index::refer(tx, &piece.digest, &told.case_id);
    }
}
