//! What this door asks the city's policies about: cases and whistles, and on whose word.
//!
//! Which party may call which method the server has asked before. Here are the facts of a case that
//! a policy goes by (who whistled, who reported it, which units were called), and who is asked for.
//! That there is a case may be known: its number says nothing.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    accountability::Sheet,
    approval::Approval,
    credit::Ledger,
    decision::{Decision, concerned},
    id::{CommunityId, ObjectId, UnitId},
    operation::Operation,
    pack::{City, People, Road},
    party::Party,
    rejection::Rejection,
};
use kit::access::{Access, Ask, Thing};

use crate::{command::By, door::Door, matter::Matter};

/// What a party may see.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    access: Access,
    city: Arc<City>,
    party: Party,
    sees_all: bool,
}

impl Sight {
    /// The party whose lists these are; none: the lists of all.
    pub(crate) fn scope(&self) -> Option<&Party> {
        (!self.sees_all).then_some(&self.party)
    }

    /// Whether it sees every case.
    pub(crate) fn sees_all(&self) -> bool {
        self.sees_all
    }

    /// Whether the case is in sight.
    pub(crate) fn sees(&self, matter: &Matter) -> bool {
        self.sees_all || self.access.allows(&self.party, &see(&self.city, matter))
    }

    /// Refuses what is not.
    pub(crate) fn check(&self, matter: &Matter) -> Result<(), Rejection> {
        if self.sees_all {
            Ok(())
        } else {
            self.access.check(&self.party, &see(&self.city, matter))
        }
    }
}

/// What this party may see. Who sees not everything sees what concerns it, and that may be nothing.
pub(crate) fn sight(door: &Door, party: &Party) -> Sight {
    let access = &door.access;
    let all = Ask::to("see_all_cases", access.city());
    let (access, city, party) = (access.clone(), Arc::clone(&door.city), party.clone());
    Sight { sees_all: access.allows(&party, &all), access, city, party }
}

/// The role of a person who is a chief of the road that a thing is on, by the pack.
const ROAD_CHIEF: &str = "road_chief";

/// Whether this is a chief of the road who may whistle for it.
pub(crate) fn is_road_whistler(access: &Access, road: &Road, by: &By) -> bool {
    access.allows(&by.party, &on_word("raise_for_road", thing(road), access, Some(road), by))
}

/// On the word of this person, with the roles that the pack gives it.
fn on_word(action: &'static str, on: Thing, access: &Access, road: Option<&Road>, by: &By) -> Ask {
    let ask = Ask::to(action, on).by(access, &by.party, &by.person);
    if !road.is_some_and(|road| road.is_chief(&by.party, &by.person)) {
        return ask;
    }
    let mut roles = access.roles(&by.party, &by.person);
    roles.insert(ROAD_CHIEF.to_owned());
    ask.with("roles", roles)
}

fn thing(road: &Road) -> Thing {
    let thing = Thing::new("Road", road.id.to_string());
    match &road.party {
        Some(party) => thing.with("party", party.clone()),
        None => thing,
    }
}

/// The community that this party is; nobody else whistles but for a road of its own.
pub(crate) fn whistler(access: &Access, by: &By) -> Result<CommunityId, Rejection> {
    let ask = Ask::to("raise_whistle", access.city()).by(access, &by.party, &by.person);
    access.check(&by.party, &ask)?;
    CommunityId::parse(by.party.id.clone())
        .map_err(|error| Rejection::forbidden("NOT_A_COMMUNITY", format!("{}: {error}", by.party)))
}

/// Who may bring evidence for whistles: who whistles, and through whom chiefs of roads do.
pub(crate) fn check_bringer(
    access: &Access,
    people: &People,
    party: &Party,
) -> Result<(), Rejection> {
    let own = people.roads.values().find(|road| road.party.as_ref() == Some(party));
    let for_road = |road: &Road| access.allows(party, &Ask::to("bring_road_evidence", thing(road)));
    if own.is_some_and(for_road) {
        return Ok(());
    }
    access.check(party, &Ask::to("bring_whistle_evidence", access.city()))
}

/// Who says whether the matter is settled; `road` is the one that it is on.
pub(crate) fn check_judge(
    access: &Access,
    matter: &Matter,
    road: Option<&Road>,
    by: &By,
) -> Result<(), Rejection> {
    access.check(&by.party, &on_word("judge_case", case(matter), access, road, by))
}

/// Who lifts a case: who has it at its level, which is `holder`.
pub(crate) fn check_lifter(
    access: &Access,
    matter: &Matter,
    holder: &Party,
    by: &By,
) -> Result<(), Rejection> {
    let on = case(matter).with("holder", holder.clone());
    access.check(&by.party, &on_word("lift_case", on, access, None, by))
}

/// Who forms a special team for a case.
pub(crate) fn check_former(access: &Access, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check(access, "form_team", matter, by)
}

/// Who says which matter a case is about.
pub(crate) fn check_sorter(access: &Access, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check(access, "sort_case", matter, by)
}

/// Who says which unit leads.
pub(crate) fn check_assigner(access: &Access, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check(access, "assign_case", matter, by)
}

/// Who proposes or decides what of the registry.
pub(crate) fn check_amender(
    access: &Access,
    action: &'static str,
    by: &By,
) -> Result<(), Rejection> {
    let ask = Ask::to(action, access.city()).by(access, &by.party, &by.person);
    access.check(&by.party, &ask)
}

/// Who hands an open case over.
pub(crate) fn check_hander(access: &Access, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check(access, "hand_over_case", matter, by)
}

/// Who rules whose matter a case is.
pub(crate) fn check_ruler(access: &Access, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check(access, "rule_case", matter, by)
}

/// Who says that a case is worse than it was.
pub(crate) fn check_raiser(access: &Access, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check(access, "raise_case", matter, by)
}

/// Who decides about the clocks of a case.
pub(crate) fn check_timer(access: &Access, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check(access, "time_case", matter, by)
}

/// Who says whether a complaint is right.
pub(crate) fn check_finder(access: &Access, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check(access, "record_finding", matter, by)
}

/// What a party may see of sheets: all, or only its own.
pub(crate) fn sees_all_sheets(access: &Access, party: &Party) -> bool {
    access.allows(party, &Ask::to("see_all_sheets", access.city()))
}

/// Who sees one sheet.
pub(crate) fn check_sheet(access: &Access, sheet: &Sheet, party: &Party) -> Result<(), Rejection> {
    if sees_all_sheets(access, party) {
        return Ok(());
    }
    access.check(party, &Ask::to("see_sheet", sheet_of(sheet)))
}

/// Who decides about it.
pub(crate) fn check_decider(access: &Access, sheet: &Sheet, by: &By) -> Result<(), Rejection> {
    let ask = Ask::to("decide_sheet", sheet_of(sheet)).by(access, &by.party, &by.person);
    access.check(&by.party, &ask)
}

fn sheet_of(sheet: &Sheet) -> Thing {
    Thing::new("Sheet", sheet.id.to_string())
        .with("unit", sheet.party())
        .with("judge", sheet.opened.judge.clone())
}

/// Who sees the credit of an object.
pub(crate) fn check_score(
    access: &Access,
    ledger: &Ledger,
    party: &Party,
) -> Result<(), Rejection> {
    access.check(party, &Ask::to("see_score", score_of(ledger)))
}

/// Who decides about it.
pub(crate) fn check_minder(access: &Access, ledger: &Ledger, by: &By) -> Result<(), Rejection> {
    let ask = Ask::to("mind_credit", score_of(ledger)).by(access, &by.party, &by.person);
    access.check(&by.party, &ask)
}

/// The units that have decided about an object, or were told of it.
fn score_of(ledger: &Ledger) -> Thing {
    let decided = ledger.violations.iter().map(|held| &held.violation.id.unit);
    let told = ledger.noticed.iter().map(|(_, unit)| unit);
    let units: BTreeSet<Party> = decided.chain(told).map(Party::unit).collect();
    Thing::new("Score", ledger.object.to_string()).with("units", units)
}

/// What a party may see of enforcement decisions: all, or only what concerns it.
pub(crate) fn sees_all_decisions(access: &Access, city: &City, party: &Party) -> bool {
    let procedure = Thing::new("Procedure", city.id.to_string());
    let procedure = procedure.with("supervisors", supervisors(city));
    access.allows(party, &Ask::to("see_all_decisions", procedure))
}

/// Who sees one decision.
pub(crate) fn check_decision(
    access: &Access,
    city: &City,
    decision: &Decision,
    party: &Party,
) -> Result<(), Rejection> {
    if sees_all_decisions(access, city, party) {
        return Ok(());
    }
    access.check(party, &Ask::to("see_decision", decision_of(city, decision)))
}

/// Who supervises it.
pub(crate) fn check_supervisor(
    access: &Access,
    city: &City,
    decision: &Decision,
    by: &By,
) -> Result<(), Rejection> {
    let ask = Ask::to("supervise_decision", decision_of(city, decision));
    access.check(&by.party, &ask.by(access, &by.party, &by.person))
}

fn supervisors(city: &City) -> BTreeSet<Party> {
    let named = city.procedure.iter().flat_map(|procedure| &procedure.supervisors);
    named.cloned().collect()
}

fn decision_of(city: &City, decision: &Decision) -> Thing {
    let units: BTreeSet<Party> = concerned(decision).iter().map(Party::unit).collect();
    Thing::new("Decision", decision.id.to_string())
        .with("units", units)
        .with("supervisors", supervisors(city))
}

/// What a party may see of stops and seizures: all, or only what concerns it.
pub(crate) fn sees_all_dockets(access: &Access, party: &Party) -> bool {
    access.allows(party, &Ask::to("see_all_dockets", access.city()))
}

/// Who sees a stop or a seizure: whoever has a part in it.
pub(crate) fn check_docket(
    access: &Access,
    object: &ObjectId,
    units: &BTreeSet<UnitId>,
    party: &Party,
) -> Result<(), Rejection> {
    if sees_all_dockets(access, party) {
        return Ok(());
    }
    access.check(party, &Ask::to("see_docket", docket(object, units)))
}

/// Who decides about findings where no unit can.
pub(crate) fn check_chooser(access: &Access, object: &ObjectId, by: &By) -> Result<(), Rejection> {
    let thing = docket(object, &BTreeSet::new());
    access.check(&by.party, &Ask::to("decide_finding", thing).by(access, &by.party, &by.person))
}

fn docket(object: &ObjectId, units: &BTreeSet<UnitId>) -> Thing {
    let units: BTreeSet<Party> = units.iter().map(Party::unit).collect();
    Thing::new("Docket", object.to_string()).with("units", units)
}

/// Who applies for a joint approval.
pub(crate) fn check_applicant(access: &Access, by: &By) -> Result<(), Rejection> {
    let ask = Ask::to("apply_for_approval", access.city()).by(access, &by.party, &by.person);
    access.check(&by.party, &ask)
}

/// What a party may see of approvals: all, or only what concerns it.
pub(crate) fn sees_all_approvals(access: &Access, party: &Party) -> bool {
    access.allows(party, &Ask::to("see_all_approvals", access.city()))
}

/// Who sees one approval.
pub(crate) fn check_approval(
    access: &Access,
    approval: &Approval,
    party: &Party,
) -> Result<(), Rejection> {
    if sees_all_approvals(access, party) {
        return Ok(());
    }
    access.check(party, &Ask::to("see_approval", approval_of(approval)))
}

/// Who takes it back.
pub(crate) fn check_taker_back(
    access: &Access,
    approval: &Approval,
    by: &By,
) -> Result<(), Rejection> {
    let ask = Ask::to("withdraw_approval", approval_of(approval));
    access.check(&by.party, &ask.by(access, &by.party, &by.person))
}

fn approval_of(approval: &Approval) -> Thing {
    let applied = &approval.applied;
    let asked = applied.approvers.iter().chain(&applied.asked).map(Party::unit);
    Thing::new("Approval", approval.id.to_string())
        .with("applicant", applied.applicant.clone())
        .with("asked", asked.collect::<BTreeSet<Party>>())
}

/// Who plans a joint operation.
pub(crate) fn check_planner(access: &Access, by: &By) -> Result<(), Rejection> {
    let ask = Ask::to("plan_operation", access.city()).by(access, &by.party, &by.person);
    access.check(&by.party, &ask)
}

/// Who leads one.
pub(crate) fn check_leader(
    access: &Access,
    operation: &Operation,
    by: &By,
) -> Result<(), Rejection> {
    let ask = Ask::to("lead_operation", operation_of(operation));
    access.check(&by.party, &ask.by(access, &by.party, &by.person))
}

/// Who settles what could not be undone.
pub(crate) fn check_settler(
    access: &Access,
    operation: &Operation,
    by: &By,
) -> Result<(), Rejection> {
    let ask = Ask::to("settle_release", operation_of(operation));
    access.check(&by.party, &ask.by(access, &by.party, &by.person))
}

/// What a party may see of operations: all, or only its own.
pub(crate) fn sees_all_operations(access: &Access, party: &Party) -> bool {
    access.allows(party, &Ask::to("see_all_operations", access.city()))
}

/// Who sees one operation.
pub(crate) fn check_operation(
    access: &Access,
    operation: &Operation,
    party: &Party,
) -> Result<(), Rejection> {
    if sees_all_operations(access, party) {
        return Ok(());
    }
    access.check(party, &Ask::to("see_operation", operation_of(operation)))
}

fn operation_of(operation: &Operation) -> Thing {
    let called = operation.members.keys().map(Party::unit);
    Thing::new("Operation", operation.id.to_string())
        .with("coordinator", operation.plan.coordinator.clone())
        .with("called", called.collect::<BTreeSet<Party>>())
}

fn check(access: &Access, action: &'static str, matter: &Matter, by: &By) -> Result<(), Rejection> {
    let ask = Ask::to(action, case(matter)).by(access, &by.party, &by.person);
    access.check(&by.party, &ask)
}

/// Who urges somebody who is late.
pub(crate) fn check_urger(door: &Door, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check_here(door, "urge_case", matter, by)
}

/// Who reports directly to the city government.
pub(crate) fn check_reporter(door: &Door, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check_here(door, "report_directly", matter, by)
}

/// Who withdraws a case.
pub(crate) fn check_withdrawer(door: &Door, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check_here(door, "withdraw_case", matter, by)
}

/// Who answers a direct report.
pub(crate) fn check_instructor(door: &Door, matter: &Matter, by: &By) -> Result<(), Rejection> {
    check_here(door, "instruct_unit", matter, by)
}

/// The same with the subdistrict of the cell among the facts.
fn check_here(
    door: &Door,
    action: &'static str,
    matter: &Matter,
    by: &By,
) -> Result<(), Rejection> {
    let ask = Ask::to(action, here(&door.city, matter)).by(&door.access, &by.party, &by.person);
    door.access.check(&by.party, &ask)
}

fn see(city: &City, matter: &Matter) -> Ask {
    Ask::to("see_case", here(city, matter))
}

fn here(city: &City, matter: &Matter) -> Thing {
    let case = case(matter);
    match city.grid.get(&matter.grid) {
        Some(cell) => case.with("subdistrict", Party::unit(&cell.subdistrict)),
        None => case,
    }
}

fn case(matter: &Matter) -> Thing {
    let reporters: BTreeSet<Party> = matter.reporters().map(Party::community).collect();
    // Who is in the special team works on it as well as who was called.
    let team = matter.team.iter().map(|member| &member.unit);
    let units: BTreeSet<Party> = matter.units.iter().chain(team).map(Party::unit).collect();
    let uppers: BTreeSet<Party> = matter.uppers.iter().map(Party::unit).collect();
    let case = Thing::new("Case", matter.id.to_string())
        .with("community", matter.course.community_party())
        .with("reporters", reporters)
        .with("units", units)
        .with("uppers", uppers)
        .with("owner", matter.course.owner.clone());
    match &matter.road_party {
        Some(party) => case.with("road", party.clone()),
        None => case,
    }
}
