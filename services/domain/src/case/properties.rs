//! What holds of every case, whatever is said about it and in whatever order.
//!
//! Facts are drawn at random over few units and rounds, so that they meet; the largest round is
//! among them. Nothing here depends on which facts a state takes and which it leaves, only on what
//! is promised of all of them.

mod limits;
mod words;

use std::{collections::BTreeSet, time::Duration};

use proptest::{collection::vec, prelude::*};

use self::{
    limits::limits,
    words::{dispute, finding, ladder, proxied, reported, rung, timing, verdict},
};
use super::{
    Intake,
    fact::{Called, Rating, Routed, Rung},
    jurisdiction::{Next, after_refusal, parties},
    *,
};
use crate::{
    clock::Pace,
    id::UnitId,
    outage::Outage,
    pack::{Limit, Limits},
    party::{Kind, Party, Role},
};

mod right;

/// More than any case of four units has steps in its rounds.
const STEPS_MAX: usize = 400;

fn unit() -> impl Strategy<Value = UnitId> {
    prop::sample::select(vec!["a", "b", "c", "d"]).prop_map(|id| UnitId::parse(id).unwrap())
}

fn round() -> impl Strategy<Value = u32> {
    prop_oneof![20 => 0..4_u32, 1 => Just(u32::MAX), 1 => Just(u32::MAX - 1)]
}

fn moment() -> impl Strategy<Value = Moment> {
    prop_oneof![20 => (0..1_000_000_i64).prop_map(Moment), 1 => any::<i64>().prop_map(Moment)]
}

fn whistle() -> Whistle {
    Whistle {
        community: "c1".parse().unwrap(),
        issue_type: "street_vending".parse().unwrap(),
        grid: "g1".parse().unwrap(),
        description: "stalls".into(),
        evidence: vec![],
        called_units: vec![],
        seen_at: Moment(0),
        intake: Intake::default(),
        proposed: vec![],
        severity: Default::default(),
        complaint: None,
    }
}

/// As the worker says it: the owner is the lead, and where there is none, an office.
fn routed() -> impl Strategy<Value = Fact> {
    (round(), prop::option::of(unit()), vec(unit(), 0..3)).prop_map(|(round, lead, beside)| {
        let owner = lead.as_ref().map_or_else(|| "office/o".parse().unwrap(), Party::unit);
        Fact::Routed(Routed {
            round,
            lead,
            candidates: vec![],
            cooperating: beside,
            responsible: vec![],
            owner,
            basis: String::new(),
        })
    })
}

fn assigned() -> impl Strategy<Value = Fact> {
    (round(), unit(), vec(unit(), 0..3)).prop_map(|(round, lead, cooperating)| Fact::Assigned {
        round,
        lead,
        cooperating,
        assigned_by: "office/o".parse().unwrap(),
        note: String::new(),
    })
}

fn handed_over() -> impl Strategy<Value = Fact> {
    (round(), unit(), vec(unit(), 0..3)).prop_map(|(round, lead, cooperating)| Fact::HandedOver {
        round,
        lead,
        cooperating,
        basis: String::new(),
        decided_by: "admin/a".parse().unwrap(),
    })
}

fn call(round: u32, unit: UnitId) -> Fact {
    let whistle = whistle();
    Fact::Called(Called {
        round,
        lead: unit.clone(),
        unit,
        is_lead: true,
        issue_type: whistle.issue_type,
        grid: whistle.grid,
        description: String::new(),
        evidence: vec![],
        accept_within_ms: 0,
        arrive_within_ms: 0,
        dispose_within_ms: 0,
        working: vec![],
        by_proxy: false,
        community: whistle.community,
        liaison: None,
        instruction: None,
        bound_by: None,
        is_emergency: false,
    })
}

fn work() -> impl Strategy<Value = Fact> {
    let named = prop::option::of(unit());
    (0..6_u8, round(), unit(), named).prop_map(|(sort, round, unit, named_unit)| match sort {
        0 => Fact::Accepted { round, unit },
        1 => Fact::Refused { round, unit, reason: "no".into(), named_unit },
        2 => Fact::Arrived { round, unit },
        3 => Fact::Disposed { round, unit, summary: "s".into(), evidence: vec![] },
        4 => Fact::Declared { round, unit, summary: "s".into() },
        _ => call(round, unit),
    })
}

fn fact() -> impl Strategy<Value = Fact> {
    let closed = round().prop_map(|round| Fact::Closed { round, outcome: Outcome::Unconfirmed });
    prop_oneof![
        4 => routed(),
        2 => assigned(),
        2 => handed_over(),
        16 => work(),
        4 => verdict(),
        2 => rung(),
        3 => timing(),
        2 => finding(),
        3 => proxied(),
        1 => closed,
        3 => ladder(),
        8 => dispute().prop_map(Fact::Dispute),
        1 => Just(Fact::Whistled(whistle())),
    ]
}

/// How far the round has come with which a story begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Upto {
    Nothing,
    LeadRefused,
    Disputed,
    Contested,
    Called,
    Disposed,
    Declared,
    Confirmed,
    SentBack,
}

const ALL: [Upto; 9] = [
    Upto::Nothing,
    Upto::LeadRefused,
    Upto::Disputed,
    Upto::Contested,
    Upto::Called,
    Upto::Disposed,
    Upto::Declared,
    Upto::Confirmed,
    Upto::SentBack,
];

/// Facts of one round, in order, so that cases come far; then anything.
fn told() -> impl Strategy<Value = Vec<(Fact, Moment)>> {
    let first = prop_oneof![6 => Just(1), 1 => Just(u32::MAX)];
    let begun = (first, unit(), vec(unit(), 0..2), prop::sample::select(ALL.to_vec()))
        .prop_map(|(round, lead, beside, upto)| begun(round, &lead, &beside, upto));
    let more = prop_oneof![vec((fact(), moment()), 0..3), vec((fact(), moment()), 0..40)];
    (begun, more).prop_map(|(begun, more)| {
        let begun = begun.into_iter().zip((1..).map(|second| Moment(second * 1_000)));
        begun.chain(more).collect()
    })
}

fn begun(round: u32, lead: &UnitId, beside: &[UnitId], upto: Upto) -> Vec<Fact> {
    if upto == Upto::Nothing {
        return Vec::new();
    }
    let mut facts = vec![route(round, Some(lead), beside)];
    let units: BTreeSet<&UnitId> = beside.iter().chain([lead]).collect();
    facts.extend(units.iter().map(|unit| call(round, (*unit).clone())));
    if matches!(upto, Upto::LeadRefused | Upto::Disputed | Upto::Contested) {
        let (unit, reason) = (lead.clone(), "no".into());
        facts.push(Fact::Refused { round, unit, reason, named_unit: None });
    }
    if matches!(upto, Upto::Disputed | Upto::Contested) {
        let (owner, reason) = ("office/o".parse().unwrap(), "so".into());
        let units = vec![lead.clone()];
        facts.push(Fact::Dispute(Dispute::Opened { round, units, reason, owner, within_ms: 7 }));
    }
    if upto == Upto::Contested && round < u32::MAX {
        facts.extend(contested(round + 1, lead));
    }
    for unit in units.into_iter().filter(|_| upto >= Upto::Disposed) {
        let unit = || unit.clone();
        facts.push(Fact::Accepted { round, unit: unit() });
        facts.push(Fact::Arrived { round, unit: unit() });
        facts.push(Fact::Disposed { round, unit: unit(), summary: "s".into(), evidence: vec![] });
    }
    if upto >= Upto::Declared {
        facts.push(Fact::Declared { round, unit: lead.clone(), summary: "s".into() });
    }
    match upto {
        Upto::Confirmed => facts.push(Fact::Confirmed { round, ratings: vec![] }),
        Upto::SentBack => {
            facts.push(Fact::SentBack { round, reason: "no".into(), evidence: vec![] });
        }
        _ => {}
    }
    facts
}

/// The lead is told to lead, and does not want to.
fn contested(round: u32, lead: &UnitId) -> [Fact; 3] {
    let ruled = Dispute::Ruled {
        round,
        lead: lead.clone(),
        cooperating: vec![],
        reason: "so".into(),
        body: Body::Office,
        ruled_by: "office/o".parse().unwrap(),
    };
    let contested = Dispute::Contested { round, unit: lead.clone(), reason: "no".into() };
    [Fact::Dispute(ruled), call(round, lead.clone()), Fact::Dispute(contested)]
}

fn route(round: u32, lead: Option<&UnitId>, beside: &[UnitId]) -> Fact {
    Fact::Routed(Routed {
        round,
        lead: lead.cloned(),
        candidates: vec![],
        cooperating: beside.to_vec(),
        responsible: vec![],
        owner: lead.map_or_else(|| "office/o".parse().unwrap(), Party::unit),
        basis: String::new(),
    })
}

/// A complaint as well as a matter of the street.
fn anything() -> impl Strategy<Value = Case> {
    prop::option::of(unit()).prop_map(|about| {
        let mut case = raised();
        case.course.complaint = about.map(|about| Complaint { about, case_id: None });
        case
    })
}

fn raised() -> Case {
    Case::begin("1".parse().unwrap(), &Fact::Whistled(whistle()), Moment(0)).unwrap()
}

fn after(mut case: Case, told: &[(Fact, Moment)]) -> Case {
    for (fact, at) in told {
        case.apply(fact, *at);
    }
    case
}

/// Who must own a case at each stage.
fn check_owner(course: &Course) {
    let right = match (course.stage, &course.lead) {
        (Stage::Raised, _) => course.owner.is(Role::Worker),
        (Stage::Assigning | Stage::Disputed | Stage::Finding, _) => {
            course.owner.kind == Kind::Office
        }
        (Stage::Confirming, None) => {
            course.complaint.is_some() && course.owner.kind == Kind::Office
        }
        // It may be closed from any stage.
        (Stage::Closed, _) => true,
        (_, lead) => lead.as_ref().map(Party::unit).as_ref() == Some(&course.owner),
    };
    assert!(right, "{} owns a case that is {}", course.owner, course.stage.word());
}

/// What the worker would send for a step.
fn said(course: &Course, step: Step) -> Fact {
    match step {
        Step::Route => route(1, Some(&UnitId::parse("a").unwrap()), &[]),
        Step::Reassign(round) => refused(course, round),
        Step::Reroute(round) => route(round, Some(&UnitId::parse("d").unwrap()), &[]),
        Step::NoteSilence(round, unit) => Fact::Dispute(Dispute::Silent { round, unit }),
        Step::Convene(round) => {
            let (agenda, owner) = ("who".into(), "office/o".parse().unwrap());
            Fact::Dispute(Dispute::Convened { round, agenda, owner })
        }
        Step::Alert => {
            let Fact::Called(called) = call(course.round, UnitId::parse("b").unwrap()) else {
                unreachable!()
            };
            Fact::Called(Called { is_emergency: true, is_lead: false, ..called })
        }
        Step::Rework(round) => {
            let lead = course.lead.clone();
            let units: Vec<UnitId> =
                course.parts.keys().filter(|unit| Some(*unit) != lead.as_ref()).cloned().collect();
            route(round, lead.as_ref(), &units)
        }
        Step::Call(round, unit) => call(round, unit),
        Step::Consult(round) => {
            let units = course.called.iter().cloned().collect();
            Fact::Finding(Finding::Consulted { round, units, reason: "again".into() })
        }
        Step::Account(round, unit) => {
            Fact::Finding(Finding::Accounted { round, unit, grounds: vec![] })
        }
        Step::Remind(rung) => Fact::Reminded(rung),
        Step::Urge(rung) => Fact::Urged(rung),
        Step::Notice(rung) => Fact::Ladder(Ladder::Noticed { rung, contact: String::new() }),
        Step::OpenRight(round, unit, due) => Fact::Ladder(Ladder::RightOpened { round, unit, due }),
        Step::Close(round, outcome) => Fact::Closed { round, outcome },
    }
}

/// What follows a refusal in a city where everybody can lead, and that hands on twice.
fn refused(course: &Course, round: u32) -> Fact {
    match after_refusal(course, 2, |_| true) {
        Next::Transfer(to) => Fact::Dispute(Dispute::Transferred {
            round,
            from: course.lead.clone().unwrap(),
            to,
            cooperating: vec![],
            reason: "no".into(),
        }),
        Next::Dispute => Fact::Dispute(Dispute::Opened {
            round: course.round,
            units: parties(course),
            reason: "no".into(),
            owner: "office/o".parse().unwrap(),
            within_ms: 7,
        }),
        Next::Assign => route(round, None, &[]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_facts_in_any_order_leave_a_case_with_its_one_owner(
        mut case in anything(), told in told()
    ) {
        for (fact, at) in &told {
            let before = case.clone();
            let changed = case.apply(fact, *at);
            prop_assert_eq!(changed, before != case);
            prop_assert_eq!((&before.id, &before.whistle), (&case.id, &case.whistle));
            prop_assert!(case.course.round >= before.course.round, "rounds only go up");
            // Whoever it goes to, the public has waited since the whistle.
            prop_assert_eq!(case.course.raised_at, Moment(0));
            prop_assert!(case.course.severity >= before.course.severity, "it only gets worse");
            check_owner(&case.course);
        }
    }

    #[test]
    fn a_fact_that_was_folded_changes_nothing_when_it_comes_again(
        mut case in anything(), told in told(), later in moment()
    ) {
        for (fact, at) in told {
            case.apply(&fact, at);
            let once = case.clone();
            prop_assert!(!case.apply(&fact, later), "{:?}", fact);
            prop_assert_eq!(&case, &once);
        }
    }

    #[test]
    fn a_closed_case_never_changes(told in told(), more in vec((fact(), moment()), 1..20)) {
        let mut case = after(raised(), &told);
        case.course.stage = Stage::Closed;
        let closed = case.clone();
        for (fact, at) in more {
            prop_assert!(!case.apply(&fact, at), "{:?}", fact);
        }
        prop_assert_eq!(case, closed);
    }

    #[test]
    fn a_reported_case_never_closes_before_the_answer(
        told in told(), more in vec((fact(), moment()), 1..30), limits in limits(), now in moment()
    ) {
        let mut case = after(raised(), &told);
        let course = &case.course;
        prop_assume!(course.stage != Stage::Closed && !course.is_ending());
        let report = reported(course.round, &UnitId::parse("a").unwrap());
        case.apply(&Fact::Ladder(report), Moment(1));
        for (fact, at) in more {
            let waits = case.course.direct.is_frozen();
            let steps = decide(&case.course, &limits, now).steps;
            let ends = |step: &Step| {
                use Step::{Close, Convene, Reassign, Reroute, Rework};
                matches!(step, Close(..) | Reassign(_) | Rework(_) | Reroute(_) | Convene(_))
            };
            prop_assert!(!waits || !steps.iter().any(ends), "{:?}", steps);
            case.apply(&fact, at);
            let still = waits && case.course.direct.is_frozen();
            prop_assert!(!still || case.course.stage != Stage::Closed, "{:?}", fact);
        }
    }

    #[test]
    fn a_plan_wakes_in_the_future_and_names_each_step_once(
        told in told(), limits in limits(), now in moment()
    ) {
        let case = after(raised(), &told);
        let plan = decide(&case.course, &limits, now);
        prop_assert!(plan.wake.is_none_or(|wake| wake > now), "{:?} at {:?}", plan, now);
        for step in &plan.steps {
            let late = matches!(step, Step::Remind(rung) if rung.due <= now);
            prop_assert!(!late, "{} of what is over", step.name());
        }
        let names: BTreeSet<String> = plan.steps.iter().map(Step::name).collect();
        prop_assert_eq!(names.len(), plan.steps.len());
        prop_assert_eq!(decide(&case.course, &limits, now), plan, "the same is decided again");
        let dues: Vec<Moment> = owes(&case.course, &limits).iter().map(|owed| owed.due).collect();
        prop_assert!(dues.is_sorted());
    }

    #[test]
    fn a_step_that_was_taken_is_not_decided_again(
        case in anything(), told in told(), limits in limits(), now in moment()
    ) {
        let mut case = after(case, &told);
        // There is no round after the last that can be counted.
        prop_assume!(case.course.round < u32::MAX);
        for step in decide(&case.course, &limits, now).steps {
            case.apply(&said(&case.course, step.clone()), now);
            let again = decide(&case.course, &limits, now).steps;
            prop_assert!(!again.contains(&step), "{} again", step.name());
        }
    }

    /// Nobody says anything more: the flow does what is decided, sleeps until it is to wake, and
    /// comes to an end, with the case closed or with everybody who owes something urged.
    #[test]
    fn silence_comes_to_an_end_and_somebody_owns_what_is_left(
        case in anything(), told in told(), limits in limits()
    ) {
        let mut case = after(case, &told);
        prop_assume!(case.course.round < u32::MAX - 8);
        let times = told.iter().map(|(_, at)| at.0).filter(|at| (0..2_000_000).contains(at));
        let mut now = Moment(times.max().unwrap_or_default());
        let mut turns = 0;
        loop {
            let plan = decide(&case.course, &limits, now);
            turns += 1;
            prop_assert!(turns < STEPS_MAX, "{:?} at {:?}", plan, now);
            for step in &plan.steps {
                case.apply(&said(&case.course, step.clone()), now);
            }
            match plan.wake {
                _ if !plan.steps.is_empty() => now = now + Duration::from_millis(1),
                Some(wake) => now = wake,
                None => break,
            }
        }
        check_owner(&case.course);
        for owed in owes(&case.course, &limits) {
            let (party, due) = (owed.party, owed.due);
            let urged = case.course.urged.iter().any(|rung| (&rung.party, rung.due) == (&party, due));
            prop_assert!(urged, "{} was not urged", party);
        }
    }
}
