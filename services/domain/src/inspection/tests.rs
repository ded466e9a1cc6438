//! The story of a stop as tables: facts in, whose each finding is, and how it stands.

use super::*;
use crate::{
    credit::ViolationId,
    id::{InspectionId, ObjectId, UnitId, ViolationCode},
    moment::Moment,
    pack::{Day, Power, Powers, tests::mini},
    party::Party,
};

/// The day of the stop, 1970-01-02, in a city without an offset.
pub(crate) const AT: Moment = Moment(90_000_000);

pub(crate) fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

/// Mud is enforcement's, speeding the police's until the day of the stop and the road office's from
/// the next; litter is both's.
pub(crate) fn powers() -> Powers {
    let day = |text: &str| text.parse::<Day>().unwrap();
    let row = |units: &[&str], from: &str, to: Option<&str>| Power {
        zh: String::new(),
        en: String::new(),
        units: units.iter().map(|id| unit(id)).collect(),
        from: day(from),
        to: to.map(day),
    };
    let rows: [(&str, Vec<Power>); 3] = [
        ("mud", vec![row(&["enforcement"], "1970-01-01", None)]),
        (
            "speed",
            vec![
                row(&["police"], "1970-01-01", Some("1970-01-02")),
                row(&["roads"], "1970-01-03", None),
            ],
        ),
        ("litter", vec![row(&["enforcement", "police"], "1970-01-01", None)]),
    ];
    let rows = rows.map(|(code, rows)| (code.parse::<ViolationCode>().unwrap(), rows));
    Powers { utc_offset_minutes: 0, rows: rows.into() }
}

pub(crate) fn found(code: &str, fact: &str) -> Found {
    Found {
        code: code.parse().unwrap(),
        fact: fact.parse().unwrap(),
        at: AT,
        text: "seen".into(),
        evidence: Vec::new(),
    }
}

pub(crate) fn opened(id: &str, by: &str, findings: Vec<Found>) -> Opened {
    Opened {
        id: id.parse().unwrap(),
        unit: unit(by),
        person: "p-1".parse().unwrap(),
        vehicle: Some("plate-1".parse().unwrap()),
        place: "gate".into(),
        at: AT,
        operation: None,
        findings,
    }
}

pub(crate) fn penalty(decision: &str) -> Outcome {
    Outcome::Penalty { decision: decision.parse().unwrap(), kind: "fine".into(), fen: 20_000 }
}

pub(crate) fn settled(id: &str, finding: u32, by: &str, outcome: Outcome) -> Fact {
    let (id, person) = (id.parse().unwrap(), "p-2".parse().unwrap());
    Fact::Settled { id, finding, unit: unit(by), person, outcome }
}

pub(super) fn revoked(id: &str, finding: u32, by: &str) -> Fact {
    let (id, person) = (id.parse().unwrap(), "p-2".parse().unwrap());
    Fact::Revoked { id, finding, unit: unit(by), person, reason: "wrong plate".into() }
}

pub(super) fn decision(by: &str, decision: &str) -> ViolationId {
    ViolationId { unit: unit(by), decision: decision.parse().unwrap() }
}

pub(crate) fn docket() -> Docket {
    Docket::new("hauler".parse::<ObjectId>().unwrap())
}

fn after(facts: &[Fact]) -> Docket {
    let mut docket = docket();
    for fact in facts {
        docket.apply(fact, AT, &powers());
    }
    docket
}

fn standing(docket: &Docket, id: &str, number: u32) -> Standing {
    docket.standing(&id.parse().unwrap(), number).unwrap()
}

fn closed(docket: &Docket, id: &str) -> bool {
    docket.inspections[&id.parse::<InspectionId>().unwrap()].closed_at.is_some()
}

/// One truck: mud, speeding, and something that is in no table.
fn truck() -> Fact {
    let findings = vec![found("mud", "f-1"), found("speed", "f-2"), found("odd", "f-3")];
    Fact::Opened(opened("i-1", "enforcement", findings))
}

fn assigned(finding: u32, to: &str) -> Fact {
    let Fact::Opened(opened) = truck() else { unreachable!() };
    let (person, reason) = ("chen".parse().unwrap(), "nearest".to_owned());
    Fact::Assigned { opened, finding, unit: unit(to), person, reason }
}

#[test]
fn each_finding_goes_to_who_has_the_power_on_its_day_and_what_is_nobodys_to_the_office() {
    let owner = |by: &str, found: &Found| split::owner(&powers(), &unit(by), found);
    let later = Found { at: Moment(AT.0 + 86_400_000), ..found("speed", "f") };
    let rows = [
        ("enforcement", found("mud", "f"), Some("enforcement")),
        ("police", found("mud", "f"), Some("enforcement")),
        ("enforcement", found("speed", "f"), Some("police")),
        ("enforcement", later, Some("roads")),
        ("police", found("litter", "f"), Some("police")),
        ("roads", found("litter", "f"), Some("enforcement")),
        ("police", found("odd", "f"), None),
    ];
    for (by, found, wanted) in rows {
        assert_eq!(owner(by, &found), wanted.map(unit), "{by}: {found:?}");
    }
    let docket = after(&[truck()]);
    let stands: Vec<Standing> = (1..=3).map(|at| standing(&docket, "i-1", at)).collect();
    assert_eq!(stands, [Standing::Pending, Standing::Pending, Standing::Office]);
}

#[test]
fn a_decision_of_a_unit_without_the_power_counts_for_nothing() {
    let beyond = settled("i-1", 2, "enforcement", penalty("d-1"));
    let docket = after(&[truck(), beyond]);
    assert_eq!(standing(&docket, "i-1", 2), Standing::Pending);
    let id = &"i-1".parse().unwrap();
    let check = |number: u32, by: &str| {
        check_settlement(&docket, (id, number), &unit(by), &penalty("d")).map_err(|no| no.reason)
    };
    assert_eq!(check(2, "enforcement"), Err("NOT_ITS_POWER".into()));
    assert_eq!(check(3, "enforcement"), Err("NOT_ITS_POWER".into()));
    assert_eq!(check(4, "enforcement"), Err("UNKNOWN_FINDING".into()));
    assert_eq!(check(2, "police"), Ok(()));
}

#[test]
fn a_stop_is_closed_when_all_its_findings_are_and_a_revocation_opens_nothing() {
    let mut docket = after(&[
        truck(),
        settled("i-1", 1, "enforcement", penalty("d-1")),
        settled("i-1", 2, "police", Outcome::Warning { decision: "d-1".parse().unwrap() }),
    ]);
    assert!(!closed(&docket, "i-1"), "the office has named nobody for the third");
    assert!(docket.apply(&assigned(3, "roads"), AT, &powers()));
    assert!(!docket.apply(&assigned(3, "police"), AT, &powers()), "it has an owner");
    let nothing = Outcome::NotProven { reason: "no such rule".into() };
    assert!(docket.apply(&settled("i-1", 3, "roads", nothing), Moment(AT.0 + 1), &powers()));
    let id: InspectionId = "i-1".parse().unwrap();
    assert_eq!(docket.inspections[&id].closed_at, Some(Moment(AT.0 + 1)));
    assert!(docket.apply(&revoked("i-1", 1, "enforcement"), Moment(AT.0 + 9), &powers()));
    assert_eq!(standing(&docket, "i-1", 1), Standing::Revoked);
    assert_eq!(docket.inspections[&id].closed_at, Some(Moment(AT.0 + 1)));
    // What is revoked is not settled again, not even by its owner.
    assert!(!docket.apply(&settled("i-1", 1, "enforcement", penalty("d-9")), AT, &powers()));
}

#[test]
fn the_second_penalty_for_one_fact_has_no_effect_until_the_office_says_which_stands() {
    let second = Fact::Opened(opened("i-2", "police", vec![found("litter", "f-1")]));
    let mut docket = after(&[
        Fact::Opened(opened("i-1", "enforcement", vec![found("mud", "f-1")])),
        second,
        settled("i-1", 1, "enforcement", penalty("d-1")),
        settled("i-2", 1, "police", penalty("d-2")),
    ]);
    assert_eq!(standing(&docket, "i-1", 1), Standing::Penalized);
    assert_eq!(standing(&docket, "i-2", 1), Standing::Double);
    assert!(closed(&docket, "i-1") && !closed(&docket, "i-2"));
    assert_eq!(docket.doubles(), ["f-1".parse().unwrap()]);
    let (fact, stands) = ("f-1".parse().unwrap(), decision("police", "d-2"));
    let wrong = check_choice(&docket, &fact, &decision("roads", "d-2"), "why").unwrap_err();
    assert_eq!((&*wrong.reason, &*wrong.field), ("UNKNOWN_DECISION", "stands"));
    let aside = check_choice(&docket, &fact, &stands, "it saw it").unwrap();
    assert_eq!(aside, [decision("enforcement", "d-1")]);
    let (person, reason) = ("chen".parse().unwrap(), "it saw it".to_owned());
    let chosen = Fact::Chosen { fact: fact.clone(), stands, aside, person, reason };
    assert!(docket.apply(&chosen, AT, &powers()));
    assert!(!docket.apply(&chosen, AT, &powers()));
    assert_eq!(standing(&docket, "i-1", 1), Standing::SetAside);
    assert_eq!(standing(&docket, "i-2", 1), Standing::Penalized);
    assert!(closed(&docket, "i-2"));
    let none = check_choice(&docket, &fact, &decision("police", "d-2"), "why").unwrap_err();
    assert_eq!(none.reason, "NOT_A_DOUBLE");
}

#[test]
fn when_the_first_penalty_is_revoked_the_second_stands_by_itself() {
    let mut docket = after(&[
        Fact::Opened(opened(
            "i-1",
            "enforcement",
            vec![found("mud", "f-1"), found("litter", "f-1")],
        )),
        settled("i-1", 1, "enforcement", penalty("d-1")),
        settled("i-1", 2, "enforcement", penalty("d-1")),
        settled("i-1", 2, "enforcement", penalty("d-2")),
    ]);
    assert_eq!(standing(&docket, "i-1", 2), Standing::Double);
    assert!(docket.apply(&revoked("i-1", 1, "enforcement"), AT, &powers()));
    assert_eq!(standing(&docket, "i-1", 2), Standing::Penalized);
    assert!(closed(&docket, "i-1"));
}

#[test]
fn each_thing_that_is_refused_has_its_reason() {
    let docket = after(&[truck(), settled("i-1", 1, "enforcement", penalty("d-1"))]);
    let id: InspectionId = "i-1".parse().unwrap();
    let city = mini();
    let opening = |change: fn(&mut Opened)| {
        let mut one = opened("i-9", "police", vec![found("mud", "f")]);
        change(&mut one);
        check_opening(&docket, &one, AT).unwrap_err().reason
    };
    let settling = |number, by: &str, outcome| {
        check_settlement(&docket, (&id, number), &unit(by), &outcome).unwrap_err().reason
    };
    let much =
        Outcome::Penalty { decision: "d".parse().unwrap(), kind: "f".into(), fen: FEN_MAX + 1 };
    let unsaid = Outcome::Penalty { decision: "d".parse().unwrap(), kind: " ".into(), fen: 0 };
    let assign = |number, to: &str, why: &str| {
        check_assignment(&docket, (&id, number), &city, &unit(to), why).unwrap_err().reason
    };
    let revoke = |number, by: &str, why: &str| {
        check_revocation(&docket, (&id, number), &unit(by), why).unwrap_err().reason
    };
    let rows = [
        (opening(|one| one.place.clear()), "PLACE_MISSING"),
        (opening(|one| one.findings.clear()), "FINDINGS_MISSING"),
        (opening(|one| one.findings = vec![found("mud", "f"); 31]), "FINDINGS_MISSING"),
        (opening(|one| one.findings[0].text.clear()), "TEXT_MISSING"),
        (opening(|one| one.findings[0].text = "x".repeat(2_001)), "TEXT_TOO_LONG"),
        (opening(|one| one.findings[0].at = Moment(0)), "MOMENT_MISSING"),
        (opening(|one| one.at = Moment(AT.0 + 300_001)), "HAPPENS_LATER"),
        (settling(1, "enforcement", penalty("d-2")), "ALREADY_SETTLED"),
        (settling(2, "police", much), "TOO_MUCH"),
        (settling(2, "police", unsaid), "PENALTY_MISSING"),
        (settling(2, "police", Outcome::NotProven { reason: " ".into() }), "REASON_MISSING"),
        (assign(1, "housing", "why"), "HAS_AN_OWNER"),
        (assign(3, "media", "why"), "UNKNOWN_UNIT"),
        (assign(3, "housing", ""), "REASON_MISSING"),
        (revoke(2, "police", "why"), "NOT_SETTLED"),
        (revoke(1, "enforcement", ""), "REASON_MISSING"),
        (revoke(1, "police", "why"), "NOT_ITS_POWER"),
    ];
    for (reason, wanted) in rows {
        assert_eq!(reason, wanted);
    }
}

fn seized(number: u32, vehicle: &str) -> Seized {
    Seized {
        id: SeizureId { unit: unit("police"), number },
        person: "p-2".parse().unwrap(),
        vehicle: vehicle.parse().unwrap(),
        kind: "三轮车".into(),
        place: "yard".into(),
        at: AT,
        reason: "no plate".into(),
        about: About::Inspection("i-1".parse().unwrap()),
    }
}

#[test]
fn a_seizure_is_numbered_ended_once_with_a_reason_and_never_leaves_the_register() {
    let mut docket = after(&[Fact::Seized(seized(1, "v-1")), Fact::Seized(seized(1, "v-2"))]);
    assert_eq!(docket.seizures.len(), 1, "a number is of one seizure");
    assert_eq!(check_seizure(&docket, &seized(2, "v-1"), AT).unwrap_err().reason, "ALREADY_SEIZED");
    let id = seized(1, "v-1").id;
    let (end, person) = (End::Released, "p-2".parse().unwrap());
    let ended = Fact::Ended { id: id.clone(), end, person, reason: "paid".into() };
    assert_eq!(check_ending(&docket, &id, "").unwrap_err().reason, "REASON_MISSING");
    assert_eq!(check_ending(&docket, &id, "paid"), Ok(()));
    assert!(docket.apply(&ended, AT, &powers()) && !docket.apply(&ended, AT, &powers()));
    assert_eq!(check_ending(&docket, &id, "again").unwrap_err().reason, "ALREADY_ENDED");
    let unknown = SeizureId { number: 7, ..id.clone() };
    assert_eq!(check_ending(&docket, &unknown, "x").unwrap_err().reason, "UNKNOWN_SEIZURE");
    assert!(docket.seizures[&id].ended.is_some());
    assert_eq!(check_seizure(&docket, &seized(2, "v-1"), AT), Ok(()), "it may be seized again");
    assert_eq!("police/1".parse::<SeizureId>().unwrap(), id);
    assert!("police".parse::<SeizureId>().is_err() && "police/x".parse::<SeizureId>().is_err());
}

#[test]
fn each_thing_counts_from_whom_it_is_to_say() {
    let end = Fact::Ended {
        id: seized(1, "v").id,
        end: End::Disposed,
        person: "p".parse().unwrap(),
        reason: "r".into(),
    };
    let chosen = Fact::Chosen {
        fact: "f".parse().unwrap(),
        stands: decision("police", "d"),
        aside: Vec::new(),
        person: "p".parse().unwrap(),
        reason: "r".into(),
    };
    let facts = [
        (truck(), "unit/enforcement"),
        (settled("i-1", 1, "police", penalty("d")), "unit/police"),
        (revoked("i-1", 1, "police"), "unit/police"),
        (Fact::Seized(seized(1, "v")), "unit/police"),
        (end, "unit/police"),
        (assigned(3, "roads"), "service/gateway"),
        (chosen, "service/gateway"),
    ];
    for (fact, right) in facts {
        for source in ["unit/police", "unit/enforcement", "service/worker", "service/gateway"] {
            let source: Party = source.parse().unwrap();
            assert_eq!(may_say(&source, &fact), source.to_string() == right, "{fact:?}");
        }
    }
}
