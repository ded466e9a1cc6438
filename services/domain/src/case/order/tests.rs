//! Whatever the order across sources, the same facts lead to the same course.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use crate::{
    case::{Body, Case, Dispute, Fact, Ladder, Outcome, Severity, Stage, fact::*},
    id::UnitId,
    moment::Moment,
    party::Party,
};

const AT: Moment = Moment(7);
const UNITS: [&str; 3] = ["a", "b", "c"];

type Said = (&'static str, Fact);

fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

fn raised() -> Case {
    let whistle = Whistle {
        community: "c1".parse().unwrap(),
        issue_type: "street_vending".parse().unwrap(),
        grid: "g1".parse().unwrap(),
        description: String::new(),
        evidence: vec![],
        called_units: vec![],
        seen_at: AT,
        intake: Default::default(),
        proposed: vec![],
        severity: Default::default(),
        complaint: None,
    };
    Case::begin("1".parse().unwrap(), &Fact::Whistled(whistle), AT).unwrap()
}

fn routed(round: u32, lead: Option<&str>) -> Fact {
    let owner = lead.map_or("office/o".parse().unwrap(), |lead| Party::unit(&unit(lead)));
    let cooperating = UNITS.into_iter().filter(|id| Some(*id) != lead).map(unit).collect();
    Fact::Routed(Routed {
        round,
        lead: lead.map(unit),
        candidates: vec![],
        cooperating,
        responsible: vec![],
        owner,
        basis: String::new(),
    })
}

fn called(case: &Case, id: &UnitId) -> Fact {
    Fact::Called(Called {
        round: case.course.round,
        unit: id.clone(),
        is_lead: case.course.lead.as_ref() == Some(id),
        lead: case.course.lead.clone().unwrap(),
        issue_type: case.whistle.issue_type.clone(),
        grid: case.whistle.grid.clone(),
        description: String::new(),
        evidence: vec![],
        accept_within_ms: 0,
        arrive_within_ms: 0,
        dispose_within_ms: 0,
        working: vec![],
        by_proxy: false,
        community: case.whistle.community.clone(),
        liaison: None,
        instruction: None,
        bound_by: None,
        is_emergency: false,
    })
}

/// All that somebody may say next.
fn next(case: &Case) -> Vec<Said> {
    let course = &case.course;
    let round = course.round;
    let mut said = Vec::new();
    if course.stage == Stage::Closed {
        return said;
    }
    let is_stuck = ladder(case, &mut said);
    if is_stuck {
        if !course.is_contested() {
            work(case, &mut said);
        }
        return said;
    }
    if course.stage == Stage::Raised {
        said.push(("worker", routed(1, Some("a"))));
    } else if course.stage == Stage::Disputed {
        disputed(case, &mut said);
    } else if course.is_contested() {
        let (agenda, owner) = (String::new(), "office/g".parse().unwrap());
        said.push(("worker", Fact::Dispute(Dispute::Convened { round, agenda, owner })));
    } else if course.lead_refused() {
        refused(case, &mut said);
    } else if course.stage == Stage::Assigning {
        let (lead, cooperating) = (unit("b"), vec![unit("c")]);
        let assigned_by = "office/o".parse().unwrap();
        let note = String::new();
        let fact = Fact::Assigned { round: round + 1, lead, cooperating, assigned_by, note };
        said.push(("gateway", fact));
    } else if course.stage == Stage::Confirming && course.sent_back == round {
        said.push(("worker", routed(round + 1, course.lead.as_ref().map(UnitId::as_str))));
    } else if course.confirmed_at.is_some() {
        said.push(("worker", Fact::Closed { round, outcome: Outcome::Confirmed }));
    } else if course.stage == Stage::Confirming {
        said.push(("gateway", Fact::Confirmed { round, ratings: vec![] }));
        let reason = String::new();
        said.push(("gateway", Fact::SentBack { round, reason, evidence: vec![] }));
        said.push(("worker", Fact::Closed { round, outcome: Outcome::Unconfirmed }));
    }
    let is_free = !course.lead_refused() && !course.is_contested();
    if matches!(course.stage, Stage::Called | Stage::Working) && is_free {
        work(case, &mut said);
    }
    danger(case, &mut said);
    said
}

/// What may be said on the ladder; whether nothing but that and the units' work may be said.
fn ladder(case: &Case, said: &mut Vec<Said>) -> bool {
    let course = &case.course;
    let round = course.round;
    let say = |ladder| Fact::Ladder(ladder);
    if course.direct.is_frozen() {
        said.push(("gateway", say(instructed(round + 1))));
        return true;
    }
    let is_called = course.parts.values().any(|part| part.called_at.is_some());
    if is_called && course.confirmed_at.is_none() && round < 6 {
        if course.direct.opened.is_none() {
            said.push(("worker", say(Ladder::RightOpened { round, unit: unit("a"), due: AT })));
        }
        // Also before anybody has told the community: the right is there by the limits.
        said.push(("gateway", say(reported(round))));
    }
    false
}

fn reported(round: u32) -> Ladder {
    Ladder::Reported {
        round,
        against: vec![unit("a")],
        reason: String::new(),
        evidence: vec![],
        reported_by: "community/c1".parse().unwrap(),
        to: "office/g".parse().unwrap(),
        is_answered_before: false,
    }
}

fn instructed(round: u32) -> Ladder {
    Ladder::Instructed {
        round,
        lead: unit("a"),
        cooperating: vec![unit("c")],
        within_ms: 7,
        text: String::new(),
        instructed_by: "office/g".parse().unwrap(),
    }
}

/// What follows a refusal.
fn refused(case: &Case, said: &mut Vec<Said>) {
    let course = &case.course;
    let (round, reason) = (course.round, String::new());
    let from = course.lead.clone().unwrap();
    let (to, cooperating) = (unit(if from == unit("b") { "c" } else { "b" }), vec![unit("a")]);
    let transferred =
        Dispute::Transferred { round: round + 1, from, to, cooperating, reason: reason.clone() };
    let (units, owner) = (vec![unit("a"), unit("c")], "office/o".parse().unwrap());
    let opened = Dispute::Opened { round, units, reason, owner, within_ms: 7 };
    said.push(("worker", routed(round + 1, None)));
    said.push(("worker", Fact::Dispute(transferred)));
    said.push(("worker", Fact::Dispute(opened)));
}

/// Opinions, silence and the ruling.
fn disputed(case: &Case, said: &mut Vec<Said>) {
    let course = &case.course;
    let round = course.round;
    for (id, hearing) in &course.jurisdiction.asked {
        let source = UNITS.into_iter().find(|name| *name == id.as_str()).unwrap();
        let (unit, text) = (id.clone(), String::new());
        if hearing.given_at.is_none() {
            let opinion = Dispute::Opinion { round, unit: unit.clone(), text, named_unit: None };
            said.push((source, Fact::Dispute(opinion)));
        }
        if hearing.silent_at.is_none() {
            said.push(("worker", Fact::Dispute(Dispute::Silent { round, unit })));
        }
    }
    let is_last = course.jurisdiction.convened_at.is_some();
    let ruled = Dispute::Ruled {
        round: round + 1,
        lead: unit("c"),
        cooperating: vec![unit("b")],
        reason: String::new(),
        body: if is_last { Body::Conference } else { Body::Office },
        ruled_by: "office/o".parse().unwrap(),
    };
    said.push(("gateway", Fact::Dispute(ruled)));
}

/// It may be worse at any time, and then somebody is called beside whatever runs.
fn danger(case: &Case, said: &mut Vec<Said>) {
    let course = &case.course;
    if course.severity < Severity::Emergency && course.round > 0 {
        let (severity, reason) = (Severity::Emergency, String::new());
        let raised_by = "office/o".parse().unwrap();
        let raised = Dispute::Raised { severity, reason, evidence: vec![], raised_by };
        said.push(("gateway", Fact::Dispute(raised)));
    }
}

fn work(case: &Case, said: &mut Vec<Said>) {
    let round = case.course.round;
    for (id, part) in &case.course.parts {
        let source = UNITS.into_iter().find(|name| *name == id.as_str()).unwrap();
        let unit = id.clone();
        let (summary, evidence) = (String::new(), vec![]);
        if part.called_at.is_none() {
            said.push(("worker", called(case, id)));
        } else if part.accepted_at.is_none() && part.refused_at.is_none() {
            let (reason, named_unit) = (String::new(), None);
            if case.course.bound_by() == Some(Body::Office) && case.course.lead.as_ref() == Some(id)
            {
                let (unit, reason) = (id.clone(), String::new());
                said.push((source, Fact::Dispute(Dispute::Contested { round, unit, reason })));
            }
            said.push((source, Fact::Accepted { round, unit: unit.clone() }));
            // Against a ruling it is kept and moves nothing but the count.
            let is_kept = case.course.jurisdiction.evaded.contains(&(unit.clone(), round));
            if !is_kept && !case.course.direct.is_binding(round) {
                said.push((source, Fact::Refused { round, unit, reason, named_unit }));
            }
        } else if part.accepted_at.is_some() && part.arrived_at.is_none() {
            said.push((source, Fact::Arrived { round, unit }));
        } else if part.arrived_at.is_some() && part.disposed_at.is_none() {
            said.push((source, Fact::Disposed { round, unit, summary, evidence }));
        } else if case.course.lead.as_ref() == Some(id) && case.course.declared_at.is_none() {
            said.push((source, Fact::Declared { round, unit, summary }));
        }
    }
}

/// A history as it happens, and the case at its end.
fn history(choices: &[usize]) -> (Vec<Said>, Case) {
    let mut case = raised();
    let mut said = Vec::new();
    for choice in choices {
        let next = next(&case);
        let Some(chosen) = next.get(choice % next.len().max(1)) else { break };
        assert!(case.apply(&chosen.1, AT), "{chosen:?} moves {case:?}");
        assert!(case.course.early.is_empty());
        said.push(chosen.clone());
    }
    (said, case)
}

proptest! {
    #[test]
    fn the_order_across_sources_does_not_matter(
        choices in prop::collection::vec(0_usize..1_000, 1..80),
        picks in prop::collection::vec(0_usize..1_000, 80),
    ) {
        let (said, straight) = history(&choices);
        let mut sources = BTreeMap::<&str, VecDeque<Fact>>::new();
        for (source, fact) in said {
            sources.entry(source).or_default().push_back(fact);
        }
        let mut shuffled = raised();
        for pick in picks {
            let waiting: Vec<_> = sources.values_mut().filter(|facts| !facts.is_empty()).collect();
            let count = waiting.len().max(1);
            let Some(facts) = waiting.into_iter().nth(pick % count) else { break };
            let fact = facts.pop_front().unwrap();
            shuffled.apply(&fact, AT);
            // Saying it twice is saying it once.
            shuffled.apply(&fact, AT);
        }
        // It is worse or not when the case is closed: what is said after that changes nothing.
        if straight.course.stage == Stage::Closed {
            shuffled.course.severity = straight.course.severity;
        }
        // An instruction rests on no answer: a refusal against a ruling that comes after it is in the
        // record only, and never more is counted than was said.
        let (counted, said) =
            (&mut shuffled.course.jurisdiction.evaded, &straight.course.jurisdiction.evaded);
        prop_assert!(counted.iter().all(|one| said.contains(one)));
        counted.clone_from(said);
        prop_assert_eq!(shuffled, straight);
    }
}
