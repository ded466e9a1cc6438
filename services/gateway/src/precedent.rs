//! Rulings kept for the next case of their kind, the agenda of the joint conference, and who evades.
//!
//! A projection of the record like the ledger: written when the ruling comes back from the bus, read
//! with its words from the journal. A ruling that was contested is marked and stays. A precedent is
//! offered as an amendment of the registry; whether it becomes one, two people decide there.

use domain::{
    case::{Body, Dispute, Duty, Fact, owes},
    id::{CaseId, GridId, IssueTypeId, UnitId},
    moment::Moment,
    pack::{City, Day},
    party::Party,
    rejection::Rejection,
};
use kit::{page::Wanted, tx::Tx, view};
use serde::{Deserialize, Serialize};

use crate::{
    index,
    matter::Matter,
    read::{Page, Reader},
    told::{Spot, Told},
};

/// How many refusals against rulings are counted one by one.
const EVASIONS_COUNTED: usize = 1_000;

/// A ruling as it is kept: its words are in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    case_id: CaseId,
    grid: GridId,
    spot: Spot,
    is_contested: bool,
}

/// A ruling as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Precedent {
    pub(crate) case_id: CaseId,
    pub(crate) round: u32,
    pub(crate) issue_type: IssueTypeId,
    pub(crate) grid: GridId,
    pub(crate) lead: UnitId,
    pub(crate) cooperating: Vec<UnitId>,
    pub(crate) reason: String,
    pub(crate) body: Body,
    pub(crate) ruled_by: Party,
    pub(crate) ruled_at: Moment,
    pub(crate) is_contested: bool,
    pub(crate) basis: String,
}

/// What a unit said, or that it said nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opinion {
    pub(crate) unit: UnitId,
    pub(crate) text: String,
    pub(crate) named_unit: Option<UnitId>,
    pub(crate) at: Moment,
    pub(crate) is_silent: bool,
}

/// A case that waits for the joint conference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) matter: Matter,
    pub(crate) question: String,
    pub(crate) due: Moment,
    pub(crate) opinions: Vec<Opinion>,
    pub(crate) ruling: Option<Precedent>,
    pub(crate) contest: String,
}

/// Notes what a fact has changed in a case, beside the case itself.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    told: &Told,
    spot: Spot,
    before: Option<&Matter>,
    matter: &Matter,
) -> Result<(), view::Error> {
    let Some(before) = before else { return Ok(()) };
    let (of, now) = (&before.course.jurisdiction, &matter.course.jurisdiction);
    for (unit, round) in now.evaded.iter().skip(of.evaded.len()) {
        tx.put(index::evasion(unit, &matter.issue_type, &matter.id, *round), []);
    }
    match &told.fact {
        // Before it has its turn a ruling changes nothing.
        Fact::Dispute(Dispute::Ruled { round, .. })
            if before.course.round < *round && matter.course.round >= *round =>
        {
            let (case_id, grid) = (matter.id.clone(), matter.grid.clone());
            let kept = Kept { case_id, grid, spot, is_contested: false };
            put(tx, &matter.issue_type, *round, &kept);
        }
        Fact::Dispute(Dispute::Contested { round, .. })
            if of.contested_at.is_none() && now.contested_at.is_some() =>
        {
            let key = index::precedent(&matter.issue_type, &matter.id, *round);
            if let Some(kept) = tx.get(&key)?.and_then(|kept| read(&kept)) {
                put(tx, &matter.issue_type, *round, &Kept { is_contested: true, ..kept });
            }
        }
        _ => {}
    }
    Ok(())
}

fn put(tx: &mut Tx<'_>, issue_type: &IssueTypeId, round: u32, kept: &Kept) {
    let key = index::precedent(issue_type, &kept.case_id, round);
    tx.put(key, serde_json::to_vec(kept).unwrap_or_default());
}

fn read(json: &[u8]) -> Option<Kept> {
    serde_json::from_slice(json).ok()
}

/// How often a unit has refused a kind of matter against rulings, in all cases.
pub(crate) fn evasions(
    tx: &Tx<'_>,
    unit: &UnitId,
    issue_type: &IssueTypeId,
) -> Result<u32, view::Error> {
    let found = tx.scan(&index::evasions(unit, issue_type), b"", EVASIONS_COUNTED)?;
    Ok(u32::try_from(found.len()).unwrap_or(u32::MAX))
}

impl Reader {
    /// The rulings about a kind of matter, by case.
    pub(crate) fn precedents(
        &mut self,
        issue_type: &IssueTypeId,
        page: &Wanted,
    ) -> Result<Page<Precedent>, Rejection> {
        let (found, next) = self.page(&index::precedents(issue_type), page)?;
        let mut precedents = Vec::with_capacity(found.len());
        for kept in found.iter().filter_map(|(_, json)| read(json)) {
            let told = self.told(kept.spot)?;
            precedents
                .extend(told.and_then(|told| precedent(self.city(), issue_type, &kept, told)));
        }
        Ok((precedents, next))
    }

    /// The cases that wait for the joint conference, by case.
    pub(crate) fn agenda(&mut self, page: &Wanted) -> Result<Page<Item>, Rejection> {
        let (found, next) = self.page(index::AGENDA, page)?;
        let mut items = Vec::with_capacity(found.len());
        for (key, _) in found {
            let Some(id) = index::listed_case(index::AGENDA, &key) else { continue };
            // A case that was decided since is not on the agenda.
            if let Some(matter) = self.store().read(|tx| index::matter(tx, &id))? {
                items.push(self.item(matter)?);
            }
        }
        Ok((items, next))
    }

    fn item(&mut self, matter: Matter) -> Result<Item, Rejection> {
        let limits = self.limits(&matter)?;
        let owed = owes(&matter.course, &limits);
        let due = owed.iter().find(|owed| owed.duty == Duty::Rule).map(|owed| owed.due);
        let mut item = Item {
            question: String::new(),
            due: due.unwrap_or_default(),
            opinions: Vec::new(),
            ruling: None,
            contest: String::new(),
            matter,
        };
        let prefix = index::history(&item.matter.id);
        let lines = self.store().read(|tx| tx.scan(&prefix, b"", usize::MAX))?;
        for (key, value) in lines {
            let Some((_, spot)) = index::line(&key, &value) else { continue };
            if let Some(told) = self.told(spot)? {
                self.hear(&mut item, told);
            }
        }
        Ok(item)
    }

    /// What was said of the dispute, as far as it has come; each thing once, whoever it went to.
    fn hear(&self, item: &mut Item, told: Told) {
        let at = told.at();
        let Fact::Dispute(said) = &told.fact else { return };
        match said {
            Dispute::Opinion { unit, text, named_unit, .. } => item.opinions.push(Opinion {
                unit: unit.clone(),
                text: text.clone(),
                named_unit: named_unit.clone(),
                at,
                is_silent: false,
            }),
            Dispute::Silent { unit, .. } => item.opinions.push(Opinion {
                unit: unit.clone(),
                text: String::new(),
                named_unit: None,
                at,
                is_silent: true,
            }),
            Dispute::Ruled { .. } => {
                let (case_id, grid) = (item.matter.id.clone(), item.matter.grid.clone());
                let kept = Kept { case_id, grid, spot: item.matter.whistle, is_contested: true };
                item.ruling = precedent(self.city(), &item.matter.issue_type, &kept, told);
            }
            Dispute::Contested { reason, .. } => item.contest.clone_from(reason),
            Dispute::Convened { agenda, .. } => item.question.clone_from(agenda),
            _ => {}
        }
    }
}

fn precedent(city: &City, issue_type: &IssueTypeId, kept: &Kept, told: Told) -> Option<Precedent> {
    let ruled_at = told.at();
    let Fact::Dispute(ruled) = told.fact else { return None };
    let Dispute::Ruled { round, lead, cooperating, reason, body, ruled_by } = ruled else {
        return None;
    };
    let day = Day::of(ruled_at, city.utc_offset_minutes);
    let (case_id, word) = (&kept.case_id, body.word());
    let basis = format!("ruled by {word} in {case_id} on {day}: {reason}");
    Some(Precedent {
        case_id: kept.case_id.clone(),
        round,
        issue_type: issue_type.clone(),
        grid: kept.grid.clone(),
        lead,
        cooperating,
        reason,
        body,
        ruled_by,
        ruled_at,
        is_contested: kept.is_contested,
        basis,
    })
}
