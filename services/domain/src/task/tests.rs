//! Every state against every command.

use super::*;
use crate::{
    case::Body,
    id::{CommunityId, GridId, IssueTypeId},
    pack::EvidenceKind,
    rejection::Kind,
};

fn task(state: State, is_lead: bool) -> Task {
    let call = Called {
        round: 1,
        unit: UnitId::parse("housing").unwrap(),
        is_lead,
        lead: UnitId::parse("enforcement").unwrap(),
        issue_type: IssueTypeId::parse("noise").unwrap(),
        grid: GridId::parse("g").unwrap(),
        description: String::new(),
        evidence: vec![],
        accept_within_ms: 5,
        arrive_within_ms: 5,
        dispose_within_ms: 5,
        working: vec![],
        by_proxy: false,
        community: CommunityId::parse("c").unwrap(),
        liaison: None,
        instruction: None,
        bound_by: None,
        is_emergency: false,
    };
    let task = Task::begin(CaseId::parse("1").unwrap(), call, Moment(0));
    Task { state, ..task }
}

fn commands() -> Vec<(Command, State)> {
    let words = || "words".to_owned();
    vec![
        (Command::Accept, State::Called),
        (Command::Refuse { reason: words(), named_unit: None }, State::Called),
        (Command::Arrive, State::Accepted),
        (Command::Dispose { summary: words(), evidence: vec![] }, State::Arrived),
        (Command::Declare { summary: words() }, State::Disposed),
    ]
}

#[test]
fn a_command_is_taken_in_its_one_state_and_refused_in_all_others() {
    use State::*;
    for (command, right) in commands() {
        for state in [Called, Accepted, Refused, Arrived, Disposed, Declared, Closed, Superseded] {
            let answer = decide(&task(state, true), command.clone(), &Desk::default());
            assert_eq!(answer.is_ok(), state == right, "{command:?} in {state:?}: {answer:?}");
            if let Err(no) = answer {
                assert_eq!((no.kind, no.reason.as_str()), (Kind::Conflict, "WRONG_STATE"));
            }
        }
    }
}

#[test]
fn only_the_lead_declares() {
    let command = Command::Declare { summary: "done".into() };
    let no = decide(&task(State::Disposed, false), command, &Desk::default()).unwrap_err();
    assert_eq!((no.kind, no.reason.as_str()), (Kind::Forbidden, "NOT_THE_LEAD"));
    assert!(no.message.contains("enforcement"));
}

#[test]
fn evidence_must_be_held_and_enough() {
    let digest = Digest::sha256([7; 32]);
    let piece = Evidence {
        digest: digest.clone(),
        size: 1,
        kind: "photo".into(),
        media_type: "image/jpeg".into(),
    };
    let rules = vec![EvidenceRule { kind: EvidenceKind::Photo, count: 1 }];
    let dispose = |evidence| Command::Dispose { summary: "moved".into(), evidence };
    let arrived = task(State::Arrived, true);
    let reason = |answer: Result<Fact, Rejection>| answer.unwrap_err().reason;

    let bare = Desk { rules: rules.clone(), ..Desk::default() };
    assert_eq!(reason(decide(&arrived, dispose(vec![]), &bare)), "EVIDENCE_MISSING");
    assert_eq!(reason(decide(&arrived, dispose(vec![piece.clone()]), &bare)), "EVIDENCE_MISSING");
    let full = Desk { held: BTreeSet::from([digest.clone()]), rules };
    assert!(decide(&arrived, dispose(vec![piece.clone()]), &full).is_ok());

    let rules = vec![EvidenceRule { kind: EvidenceKind::OffSite, count: 1 }];
    let camera = Desk { held: BTreeSet::from([digest]), rules };
    assert_eq!(reason(decide(&arrived, dispose(vec![piece.clone()]), &camera)), "EVIDENCE_MISSING");
    let seen = Evidence { kind: "off_site".into(), ..piece };
    assert!(decide(&arrived, dispose(vec![seen]), &camera).is_ok(), "nobody has to stand there");
}

#[test]
fn a_refusal_needs_a_reason() {
    let bare = Command::Refuse { reason: "  ".into(), named_unit: None };
    let no = decide(&task(State::Called, true), bare, &Desk::default()).unwrap_err();
    assert_eq!((no.reason.as_str(), no.field.as_str()), ("REASON_MISSING", "reason"));
}

#[test]
fn a_task_ends_when_its_case_is_handed_over_and_begins_again_with_a_later_call() {
    let handed_over = |round| Fact::HandedOver {
        round,
        lead: "housing".parse().unwrap(),
        cooperating: vec![],
        basis: String::new(),
        decided_by: "admin/li".parse().unwrap(),
    };
    let mut task = task(State::Arrived, true);
    let round = task.call.round;
    assert!(!task.apply(&handed_over(round), Moment(1)), "that began this round");
    assert!(task.apply(&handed_over(round + 1), Moment(2)));
    let due = task.due_at(&crate::calendar::Calendar::default());
    assert_eq!((task.state, due), (State::Superseded, None));
    let call = Called { round: round + 2, ..task.call.clone() };
    assert!(task.apply(&Fact::Called(call), Moment(3)));
    assert_eq!(task.state, State::Called);
}

#[test]
fn what_is_instructed_can_not_be_refused_and_is_due_in_one_go() {
    let instruction = |within_ms| Some(Instruction { text: "at once".into(), within_ms });
    let refuse = Command::Refuse { reason: "not ours".into(), named_unit: None };
    let mut task = task(State::Called, true);
    assert!(decide(&task, refuse.clone(), &Desk::default()).is_ok());
    task.call.instruction = instruction(7);
    let no = decide(&task, refuse.clone(), &Desk::default()).unwrap_err();
    assert_eq!((no.kind, no.reason.as_str()), (Kind::Conflict, "INSTRUCTION_BINDS"));
    assert!(no.field == "case_id" && no.message.contains("at once"), "{no}");
    assert!(decide(&task, Command::Accept, &Desk::default()).is_ok());
    // 5 ms for each step, but no more than 7 from the call.
    let calendar = crate::calendar::Calendar::default();
    let due = |state, changed, task: &Task| {
        Task { state, changed_at: Moment(changed), ..task.clone() }.due_at(&calendar)
    };
    assert_eq!(due(State::Called, 0, &task), Some(Moment(5)));
    assert_eq!(due(State::Accepted, 4, &task), Some(Moment(7)));
    assert_eq!(due(State::Arrived, 1, &task), Some(Moment(7)));
    // In rework the ordinary limits hold again, and it still binds.
    task.call.instruction = instruction(0);
    assert_eq!(due(State::Arrived, 6, &task), Some(Moment(11)));
    assert!(decide(&task, refuse, &Desk::default()).is_err());
}

#[test]
fn urgings_by_hand_and_notices_are_counted_in_their_round() {
    let mut task = task(State::Called, true);
    let party: crate::party::Party = "unit/housing".parse().unwrap();
    let pressed = |round| {
        Fact::Ladder(Ladder::Pressed {
            round,
            party: party.clone(),
            number: 1,
            note: String::new(),
            pressed_by: "office/o".parse().unwrap(),
        })
    };
    let rung = |round| crate::case::fact::Rung {
        round,
        party: party.clone(),
        duty: crate::case::Duty::Accept,
        due: Moment(5),
    };
    let noticed =
        |round| Fact::Ladder(Ladder::Noticed { rung: rung(round), contact: "主要领导".into() });
    assert!(task.apply(&pressed(1), Moment(6)) && !task.apply(&pressed(2), Moment(6)));
    assert!(task.apply(&noticed(1), Moment(6)) && !task.apply(&noticed(2), Moment(6)));
    assert_eq!((task.urgings, task.notices, task.contact.as_str()), (1, 1, "主要领导"));
    assert_eq!((task.state, task.changed_at), (State::Called, Moment(0)), "its time runs on");
}

fn bound_by(body: Option<Body>, is_lead: bool) -> Task {
    let mut task = task(State::Called, is_lead);
    task.call.bound_by = body;
    task
}

fn reason(answer: Result<Fact, Rejection>) -> String {
    answer.map_or_else(|no| no.reason, |_| String::new())
}

#[test]
fn a_refusal_against_a_ruling_is_said_once_and_the_task_stands() {
    let refuse = || Command::Refuse { reason: "no".into(), named_unit: None };
    let mut task = bound_by(Some(Body::Office), true);
    let said = decide(&task, refuse(), &Desk::default()).unwrap();
    assert!(task.apply(&said, Moment(1)));
    assert_eq!((task.state, task.has_evaded), (State::Called, true));
    let no = decide(&task, refuse(), &Desk::default()).unwrap_err();
    assert_eq!((no.kind, no.reason.as_str()), (Kind::Conflict, "BOUND_BY_RULING"));
    assert!(no.message.contains("the office has ruled"), "{no}");
    assert!(decide(&task, Command::Accept, &Desk::default()).is_ok());
    // Who only helps is not bound.
    let mut helper = bound_by(Some(Body::Office), false);
    let said = decide(&helper, refuse(), &Desk::default()).unwrap();
    helper.apply(&said, Moment(1));
    assert_eq!(helper.state, State::Refused);
}

#[test]
fn a_ruling_is_contested_by_its_lead_and_never_the_conferences() {
    let table = [
        (Some(Body::Office), true, ""),
        (Some(Body::Government), true, ""),
        (Some(Body::Conference), true, "RULING_IS_FINAL"),
        (Some(Body::Office), false, "NO_RULING"),
        (None, true, "NO_RULING"),
    ];
    for (body, is_lead, right) in table {
        let contest = Command::Contest { reason: "no".into() };
        let answer = decide(&bound_by(body, is_lead), contest, &Desk::default());
        assert_eq!(reason(answer), right, "{body:?} {is_lead}");
    }
}

#[test]
fn only_a_lead_that_nothing_binds_types_the_matter_anew() {
    let table = [
        (None, true, "dust", "", ""),
        (None, true, "", "over_there", ""),
        (None, true, "noise", "", "SAME_ISSUE_TYPE"),
        (None, true, "noise", "g", "SAME_ISSUE_TYPE"),
        (None, true, "", "", "SAME_ISSUE_TYPE"),
        (None, false, "dust", "", "NOT_THE_LEAD"),
        (None, false, "", "over_there", "NOT_THE_LEAD"),
        (Some(Body::Office), true, "dust", "", "BOUND_BY_RULING"),
    ];
    for (body, is_lead, issue_type, grid, right) in table {
        let (issue_type, grid) = (issue_type.parse().ok(), grid.parse().ok());
        let retype = Command::Retype { issue_type, grid, reason: "so".into() };
        let answer = decide(&bound_by(body, is_lead), retype, &Desk::default());
        assert_eq!(reason(answer), right, "{body:?} {is_lead}");
    }
}

#[test]
fn a_severity_is_raised_from_any_open_state_and_never_said_twice() {
    let raise = |severity| {
        let (reason, evidence) = ("gas".to_owned(), vec![]);
        Command::Raise { severity, reason, evidence }
    };
    let mut task = task(State::Arrived, false);
    for (severity, right) in [
        (Severity::Normal, "SEVERITY_NOT_RAISED"),
        (Severity::Serious, ""),
        (Severity::Serious, "SEVERITY_NOT_RAISED"),
        (Severity::Emergency, ""),
        (Severity::Serious, "SEVERITY_NOT_RAISED"),
    ] {
        let answer = decide(&task, raise(severity), &Desk::default());
        if let Ok(fact) = &answer {
            task.apply(fact, Moment(1));
        }
        assert_eq!(reason(answer), right, "{severity:?}");
    }
    assert_eq!(task.state, State::Arrived, "the task goes on");
    task.state = State::Closed;
    let answer = decide(&task, raise(Severity::Emergency), &Desk::default());
    assert_eq!(reason(answer), "WRONG_STATE");
}

#[test]
fn danger_begins_a_task_again_only_where_there_was_nothing_more_to_do() {
    let alert = |task: &Task| Called { is_emergency: true, ..task.call.clone() };
    for (state, right) in [
        (State::Refused, State::Called),
        (State::Disposed, State::Called),
        (State::Accepted, State::Accepted),
        (State::Arrived, State::Arrived),
    ] {
        let mut task = task(state, false);
        let call = Fact::Called(alert(&task));
        assert!(task.apply(&call, Moment(1)));
        assert_eq!((task.state, task.call.is_emergency), (right, true), "{state:?}");
        assert!(!task.apply(&call, Moment(2)), "once");
    }
}

#[test]
fn what_is_owed_is_due_in_the_time_of_its_limit_and_a_held_clock_has_no_end() {
    use crate::calendar::tests::{at, calendar};
    let (calendar, hour) = (calendar(), 3_600_000);
    let mut owed = task(State::Called, false);
    (owed.call.accept_within_ms, owed.call.working) = (2 * hour, vec![Duty::Accept]);
    (owed.changed_at, owed.call.unit) = (at("2026-12-18 11:30"), "housing".parse().unwrap());
    assert_eq!(owed.due_at(&calendar), Some(at("2026-12-21 10:00")));
    let (round, unit) = (1, owed_unit);
    let decided_by: crate::party::Party = "office/o".parse().unwrap();
    let say = |timing: Timing| Fact::Timing(timing);
    let held =
        Timing::Held { round, unit: unit(), reason: "r".into(), decided_by: decided_by.clone() };
    assert!(owed.apply(&say(held.clone()), at("2026-12-18 11:45")));
    assert!(!owed.apply(&say(held), at("2026-12-18 11:50")), "it is held already");
    assert_eq!((owed.state, owed.due_at(&calendar)), (State::Called, None));
    let resumed = Timing::Resumed { round, unit: unit(), decided_by: decided_by.clone() };
    assert!(owed.apply(&say(resumed), at("2026-12-21 10:00")));
    assert_eq!(owed.due_at(&calendar), Some(at("2026-12-21 11:45")));
    let (duty, by_ms, reason) = (Duty::Accept, hour, "r".to_owned());
    let other = Timing::Extended {
        round: 2,
        unit: unit(),
        duty,
        by_ms,
        reason: reason.clone(),
        decided_by: decided_by.clone(),
    };
    assert!(!owed.apply(&say(other), at("2026-12-21 10:00")), "another round");
    let more = Timing::Extended { round, unit: unit(), duty, by_ms, reason, decided_by };
    assert!(owed.apply(&say(more), at("2026-12-21 10:00")));
    assert_eq!(owed.due_at(&calendar), Some(at("2026-12-21 14:45")));
    // The next duty is around the clock.
    owed.apply(&Fact::Accepted { round, unit: unit() }, at("2026-12-21 11:00"));
    assert_eq!(owed.due_at(&calendar), Some(Moment(at("2026-12-21 11:00").0 + 5)));
}

fn owed_unit() -> UnitId {
    "housing".parse().unwrap()
}

#[test]
fn a_task_ends_when_others_are_instructed_also_where_a_round_was_begun_meanwhile() {
    let instructed = |round| {
        Fact::Ladder(Ladder::Instructed {
            round,
            lead: "enforcement".parse().unwrap(),
            cooperating: vec![],
            within_ms: 1,
            text: "today".into(),
            instructed_by: "office/g".parse().unwrap(),
        })
    };
    for (round, ends) in [(1, false), (2, true), (3, true)] {
        let mut task = task(State::Arrived, true);
        task.call.round = 2;
        assert_eq!(task.apply(&instructed(round), Moment(9)), ends, "{round}");
        assert_eq!(task.state == State::Superseded, ends, "{round}");
    }
}

#[test]
fn our_own_outages_are_not_charged_and_the_last_ones_are_kept() {
    let calendar = crate::calendar::Calendar::default();
    let away = |from, to| Outage { from: Moment(from), to: Moment(to) };
    let mut task = task(State::Called, true);
    assert_eq!(task.due_at(&calendar), Some(Moment(5)));
    assert!(task.away(&away(2, 12)) && !task.away(&away(2, 12)), "each once");
    assert!(!task.away(&away(-9, 0)), "before the call");
    assert_eq!(task.due_at(&calendar), Some(Moment(15)));
    // What is over when a duty begins is none of its time; all of an instruction is from the call.
    task.apply(&Fact::Accepted { round: 1, unit: owed_unit() }, Moment(13));
    assert_eq!(task.due_at(&calendar), Some(Moment(18)));
    task.call.instruction = Some(Instruction { text: "at once".into(), within_ms: 7 });
    assert_eq!(task.due_at(&calendar), Some(Moment(17)));
    let (duty, reason, unit) = (Duty::Accept, "r".to_owned(), task.call.unit.clone());
    let decided_by = "office/g".parse().unwrap();
    let more = Timing::Extended { round: 1, unit, duty, by_ms: 3, reason, decided_by };
    assert!(task.apply(&Fact::Timing(more), Moment(13)));
    task.apply(&Fact::Arrived { round: 1, unit: owed_unit() }, Moment(14));
    assert_eq!(task.due_at(&calendar), Some(Moment(20)), "more for a step is more for all of it");
    // An outage after a hold that nobody has ended moves nothing: it is held.
    let (unit, decided_by) = (task.call.unit.clone(), "office/g".parse().unwrap());
    let held = Timing::Held { round: 1, unit, reason: "r".into(), decided_by };
    assert!(task.apply(&Fact::Timing(held), Moment(15)) && task.away(&away(16, 18)));
    assert_eq!(task.due_at(&calendar), None);
    for from in 0..1_000 {
        task.away(&away(100 + from, 200 + from));
    }
    assert_eq!(task.outages.len(), OUTAGES_MAX, "a limit on everything");
    assert_eq!(task.outages.last(), Some(&away(1_099, 1_199)));
    task.state = State::Disposed;
    assert!(!task.away(&away(1, 5_000)), "it owes nothing");
}
