//! The story of a score as tables: facts in, score, list and steps out.

mod properties;

use super::*;
use crate::{
    id::{UnitId, ViolationCode},
    moment::Moment,
    pack::{Power, Powers},
    party::Party,
};

pub(super) fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

fn units(ids: &[&str]) -> Vec<UnitId> {
    ids.iter().map(|id| unit(id)).collect()
}

fn code(id: &str, points: u32, receivers: &[&str]) -> (ViolationCode, CreditCode) {
    let id: ViolationCode = id.parse().unwrap();
    let (receivers, told) =
        (units(receivers), units(if points == 0 { &["civility"] } else { &[] }));
    (id.clone(), CreditCode { id, points, receivers, told })
}

pub(super) fn rules() -> Credit {
    Credit {
        start: 100,
        threshold: 60,
        platform: units(&["platform"]),
        joint: units(&["tax", "works"]),
        removal_people: 2,
        codes: [
            code("mud", 4, &[]),
            code("speed", 3, &[]),
            code("driver", 0, &["civil", "integrity"]),
        ]
        .into(),
    }
}

/// A violation whose fact is of its own.
fn of(by: &str, decision: &str, points: u32) -> Fact {
    about(by, decision, points, decision)
}

pub(super) fn about(by: &str, decision: &str, points: u32, fact: &str) -> Fact {
    let code = match points {
        0 => "driver",
        3 => "speed",
        _ => "mud",
    };
    Fact::Confirmed(Violation {
        id: ViolationId { unit: unit(by), decision: decision.parse().unwrap() },
        code: code.parse().unwrap(),
        fact: fact.parse().unwrap(),
        person: "p-1".parse().unwrap(),
        at: Moment(1),
        points,
    })
}

pub(super) fn revoked(by: &str, decision: &str) -> Fact {
    let id = ViolationId { unit: unit(by), decision: decision.parse().unwrap() };
    Fact::Revoked { id, reason: "wrong plate".into() }
}

/// The ledger after these facts, in their order.
fn after(facts: &[Fact]) -> Ledger {
    let mut facts = facts.iter();
    let first = facts.next().unwrap();
    let mut ledger = Ledger::begin("hauler".parse().unwrap(), first, Moment(1)).unwrap();
    for fact in facts {
        ledger.apply(fact, Moment(2));
    }
    ledger
}

/// What the worker says for a step.
pub(super) fn said(step: &Step) -> Fact {
    match step.clone() {
        Step::List { number, score, threshold } => Fact::Listed { number, score, threshold },
        Step::Correct { number, score } => Fact::Corrected { number, score },
        Step::Start(delivery) => Fact::Started(delivery),
        Step::Notice { cause, unit } => Fact::Noticed { cause, unit, text: String::new() },
    }
}

/// Goes on until nothing is due but what `down` does not take; says what was taken, in order.
pub(super) fn settle(ledger: &mut Ledger, down: &[&str]) -> Vec<String> {
    let mut taken = Vec::new();
    for _ in 0..1_000 {
        let plan = decide(ledger, &rules());
        let up = plan.deliver.iter().filter(|one| !down.contains(&one.receiver.as_str()));
        let facts: Vec<Fact> = plan.steps.iter().map(said).collect();
        let sent: Vec<DeliveryId> = up.cloned().collect();
        if facts.is_empty() && sent.is_empty() {
            return taken;
        }
        for fact in facts {
            assert!(ledger.apply(&fact, Moment(3)), "{fact:?} moves nothing");
        }
        for delivery in sent {
            taken.push(delivery.to_string());
            let fact = Fact::Delivered { delivery, receipt: "r".into() };
            assert!(ledger.apply(&fact, Moment(3)), "{fact:?} moves nothing");
        }
    }
    panic!("it never rests: {ledger:?}");
}

fn told(ledger: &Ledger) -> Vec<String> {
    ledger.noticed.iter().map(|(cause, unit)| format!("{cause} {unit}")).collect()
}

/// 34 points are gone: 66 are left.
fn at_66() -> Vec<Fact> {
    (0..10)
        .map(|n| of("enforcement", &format!("old-{n}"), if n < 6 { 4 } else { 2 }))
        .chain([of("enforcement", "old-10", 2)])
        .collect()
}

#[test]
fn two_violations_take_it_from_66_to_59_and_the_platform_is_told_once() {
    let mut ledger = after(&at_66());
    assert_eq!((ledger.score(100), settle(&mut ledger, &[])), (66, vec![]));
    ledger.apply(&of("enforcement", "mud-1", 4), Moment(2));
    assert_eq!((ledger.score(100), settle(&mut ledger, &[])), (62, vec![]));
    ledger.apply(&of("police", "speed-1", 3), Moment(2));
    assert_eq!(ledger.score(100), 59);
    assert_eq!(settle(&mut ledger, &[]), ["platform/listed/1"]);
    assert_eq!(told(&ledger), ["listed/1 tax", "listed/1 works"]);
    ledger.apply(&of("police", "speed-2", 3), Moment(2));
    assert_eq!(settle(&mut ledger, &[]), Vec::<String>::new(), "it is on the list already");
}

#[test]
fn a_score_of_exactly_60_is_not_on_the_list() {
    let mut ledger = after(&at_66());
    ledger.apply(&of("enforcement", "mud-1", 6), Moment(2));
    assert_eq!((ledger.score(100), settle(&mut ledger, &[])), (60, vec![]));
    assert!(ledger.listed().is_none());
}

#[test]
fn two_confirmations_at_the_same_moment_are_one_crossing_in_either_order() {
    let both = [of("enforcement", "mud-1", 8), of("police", "speed-1", 8)];
    for order in [[0, 1], [1, 0]] {
        let mut ledger = after(&at_66());
        for index in order {
            ledger.apply(&both[index], Moment(2));
        }
        assert_eq!(settle(&mut ledger, &[]), ["platform/listed/1"]);
        assert_eq!((ledger.score(100), ledger.listings.len()), (50, 1));
    }
}

#[test]
fn one_fact_is_charged_once_and_the_second_confirmation_is_a_double() {
    let mut ledger = after(&[
        about("enforcement", "a", 4, "truck-1-mud"),
        about("police", "b", 3, "truck-1-mud"),
    ]);
    assert_eq!(ledger.score(100), 96);
    let standings = |ledger: &Ledger| [ledger.standing(0).unwrap(), ledger.standing(1).unwrap()];
    assert_eq!(standings(&ledger), [Standing::Charged, Standing::Double]);
    ledger.apply(&revoked("enforcement", "a"), Moment(2));
    assert_eq!(standings(&ledger), [Standing::Revoked, Standing::Charged]);
    assert_eq!(ledger.score(100), 97, "the other decision stands for the fact now");
    assert!(!ledger.apply(&about("enforcement", "a", 4, "x"), Moment(2)), "it is decided");
}

#[test]
fn a_revoked_decision_is_corrected_where_the_listing_went_and_the_history_stays() {
    let mut ledger = after(&at_66());
    ledger.apply(&of("enforcement", "mud-1", 4), Moment(2));
    ledger.apply(&of("police", "speed-1", 3), Moment(2));
    settle(&mut ledger, &[]);
    ledger.apply(&revoked("police", "speed-1"), Moment(2));
    assert_eq!(ledger.score(100), 62);
    assert_eq!(settle(&mut ledger, &[]), ["platform/corrected/1"]);
    assert_eq!(told(&ledger)[..2], ["listed/1 tax", "listed/1 works"]);
    assert_eq!(told(&ledger)[2..], ["corrected/1 tax", "corrected/1 works"]);
    assert!(matches!(ledger.listings[0].ended, Some((Ending::Corrected, _))));
    assert_eq!(ledger.violations.len(), at_66().len() + 2, "nothing is forgotten");
    ledger.apply(&of("police", "speed-2", 3), Moment(2));
    assert_eq!(settle(&mut ledger, &[]), ["platform/listed/2"], "another crossing");
}

#[test]
fn what_was_never_tried_is_not_sent_and_what_may_have_arrived_is_sent_and_then_corrected() {
    let crossing = of("enforcement", "much", 41);
    let mut ledger = after(std::slice::from_ref(&crossing));
    ledger.apply(&said(&decide(&ledger, &rules()).steps[0]), Moment(2));
    ledger.apply(&revoked("enforcement", "much"), Moment(2));
    assert_eq!(settle(&mut ledger, &[]), Vec::<String>::new(), "listed and nobody was told");

    let mut ledger = after(&[crossing]);
    assert_eq!(settle(&mut ledger, &["platform"]), Vec::<String>::new());
    assert_eq!(told(&ledger), Vec::<String>::new(), "nobody punishes before the platform has it");
    ledger.apply(&revoked("enforcement", "much"), Moment(2));
    assert_eq!(settle(&mut ledger, &[]), ["platform/listed/1", "platform/corrected/1"]);
    assert_eq!(told(&ledger), Vec::<String>::new());
}

#[test]
fn what_is_parked_waits_for_a_person_who_puts_it_back_or_skips_it() {
    let person = || "p-9".parse().unwrap();
    let parked = || {
        let mut ledger = after(&[of("enforcement", "much", 41)]);
        settle(&mut ledger, &["platform"]);
        let delivery = decide(&ledger, &rules()).deliver.remove(0);
        let (owner, reason) = ("office/o".parse().unwrap(), String::from("422 no such company"));
        let skip =
            Fact::Skipped { delivery: delivery.clone(), person: person(), reason: "x".into() };
        assert!(!ledger.apply(&skip, Moment(3)), "only what is parked is skipped");
        let fact = Fact::Parked { delivery: delivery.clone(), reason, owner };
        assert!(ledger.apply(&fact, Moment(3)) && !is_owed(&ledger, &rules()));
        (ledger, delivery, skip)
    };
    let (mut ledger, delivery, _) = parked();
    let put = Fact::PutBack { delivery, person: person(), reason: "it is known now".into() };
    assert!(ledger.apply(&put, Moment(4)) && is_owed(&ledger, &rules()));
    assert_eq!(settle(&mut ledger, &[]), ["platform/listed/1"], "the key stays");
    assert!(!ledger.apply(&put, Moment(5)), "what is there is there");
    let (mut ledger, _, skip) = parked();
    assert!(ledger.apply(&skip, Moment(4)));
    assert_eq!((settle(&mut ledger, &[]), told(&ledger).len()), (vec![], 2));
    ledger.apply(&revoked("enforcement", "much"), Moment(5));
    assert_eq!(settle(&mut ledger, &[]), Vec::<String>::new(), "nothing was there to correct");
}

#[test]
fn an_uncivil_act_goes_to_both_and_one_of_two_is_seen_and_a_revoked_one_is_corrected_at_both() {
    let mut ledger = after(&[of("police", "driver-1", 0)]);
    assert_eq!(settle(&mut ledger, &["civil"]), ["integrity/shared/police/driver-1"]);
    let states: Vec<bool> = ledger.deliveries.iter().map(Delivery::is_done).collect();
    assert_eq!(states, [false, true], "one of two");
    assert_eq!(settle(&mut ledger, &[]), ["civil/shared/police/driver-1"]);
    assert_eq!(told(&ledger), ["shared/police/driver-1 civility"]);
    ledger.apply(&revoked("police", "driver-1"), Moment(5));
    let both = ["civil/withdrawn/police/driver-1", "integrity/withdrawn/police/driver-1"];
    assert_eq!(settle(&mut ledger, &[]), both);
    assert_eq!(told(&ledger).len(), 2);
}

#[test]
fn what_is_not_confirmed_begins_nothing_and_a_double_is_shared_once() {
    let object = "driver".parse().unwrap();
    assert_eq!(Ledger::begin(object, &revoked("police", "driver-1"), Moment(1)), None);
    let mut ledger =
        after(&[about("police", "a", 0, "crossing-7"), about("police", "b", 0, "crossing-7")]);
    assert_eq!(settle(&mut ledger, &[]).len(), 2);
}

#[test]
fn two_different_people_take_it_off_the_list_and_only_something_new_puts_it_back() {
    let party = || "office/o".parse().unwrap();
    let word = |ledger: &Ledger, person: &str| {
        remove(ledger, &rules(), &person.parse().unwrap(), &party(), "mended".into())
    };
    let mut ledger = after(&[of("enforcement", "much", 41)]);
    assert_eq!(word(&ledger, "li").unwrap_err().reason, "NOT_LISTED");
    settle(&mut ledger, &[]);
    let first = word(&ledger, "li").unwrap();
    assert!(!first.is_final && ledger.apply(&Fact::Removal(first), Moment(4)));
    assert!(ledger.listed().is_some(), "one alone removes nothing");
    assert_eq!(word(&ledger, "li").unwrap_err().reason, "SAME_PERSON");
    let second = word(&ledger, "wang").unwrap();
    assert!(second.is_final && ledger.apply(&Fact::Removal(second), Moment(5)));
    assert_eq!(settle(&mut ledger, &[]), ["platform/removed/1"]);
    assert_eq!(told(&ledger)[2..], ["removed/1 tax", "removed/1 works"]);
    assert_eq!((ledger.score(100), ledger.listed()), (59, None));
    ledger.apply(&of("police", "speed-1", 3), Moment(6));
    assert_eq!(settle(&mut ledger, &[]), ["platform/listed/2"]);
}

/// Police may decide about speeding, and enforcement about mud; on a day each.
fn powers() -> Powers {
    let row = |unit_id: &str| Power {
        zh: String::new(),
        en: String::new(),
        units: units(&[unit_id]),
        from: "1970-01-01".parse().unwrap(),
        to: Some("1970-01-01".parse().unwrap()),
    };
    let rows = [("speed", "police"), ("mud", "enforcement")];
    let rows = rows.map(|(code, unit)| (code.parse().unwrap(), vec![row(unit)]));
    Powers { utc_offset_minutes: 480, rows: rows.into() }
}

#[test]
fn a_unit_decides_within_its_power_and_what_it_says_beyond_counts_for_nothing() {
    let day = |hour: i64| Moment(hour * 3_600_000);
    let check = |by: &str, code: &str, at| powers().check(&unit(by), &code.parse().unwrap(), at);
    assert_eq!(check("police", "speed", day(1)), Ok(()));
    let refused = check("enforcement", "speed", day(1)).unwrap_err();
    assert_eq!((&*refused.reason, &*refused.field), ("NOT_ITS_POWER", "code"));
    assert!(refused.message.ends_with("right would be: police"), "{}", refused.message);
    // Where clocks are eight hours ahead the day is over at 16:00 of UTC.
    assert_eq!(check("police", "speed", day(16)).unwrap_err().reason, "NOT_ITS_POWER");
    assert_eq!(rules().code(&"x".parse().unwrap()).unwrap_err().reason, "UNKNOWN_CODE");
    let said = |by: &str| of(by, "a", 3);
    let counts_from = |by: &str| counts(&Party::unit(&unit(by)), &said(by), &powers());
    assert!(counts_from("police") && !counts_from("enforcement"));
    assert!(!counts(&Party::unit(&unit("x")), &said("police"), &powers()));
}

#[test]
fn each_thing_counts_from_whom_it_is_to_say() {
    let id = DeliveryId { receiver: unit("platform"), cause: Cause::Listed(1) };
    let (delivery, person, reason) = (id.clone(), "p".parse().unwrap(), String::from("r"));
    let facts = [
        (of("police", "a", 3), "unit/police"),
        (revoked("police", "a"), "unit/police"),
        (Fact::Started(id), "service/worker"),
        (Fact::PutBack { delivery, person, reason }, "service/gateway"),
        (Fact::Listed { number: 1, score: 59, threshold: 60 }, "service/worker"),
    ];
    for (fact, right) in facts {
        for source in ["unit/police", "unit/x", "service/worker", "service/gateway", "office/o"] {
            // Which of two penalties stands, the office says: the gateway may revoke as well.
            let is_office = matches!(fact, Fact::Revoked { .. }) && source == "service/gateway";
            let wanted = source == right || is_office;
            assert_eq!(may_say(&source.parse().unwrap(), &fact), wanted, "{fact:?} of {source}");
        }
    }
}

#[test]
fn waits_double_up_to_the_longest_and_ids_go_there_and_back() {
    let waits = Waits { first_ms: 5_000, longest_ms: 60_000 };
    let seconds = [1, 2, 3, 4, 5, 400].map(|tries| waits.after(tries).as_secs());
    assert_eq!(seconds, [5, 10, 20, 40, 60, 60]);
    for text in
        ["p/listed/1", "p/removed/2", "p/corrected/3", "p/shared/u/d-1/a", "p/withdrawn/u/d"]
    {
        assert_eq!(text.parse::<DeliveryId>().unwrap().to_string(), text);
    }
    for text in ["", "p", "p/listed", "p/listed/x", "p/shared/u", "p/no/1"] {
        assert!(text.parse::<DeliveryId>().is_err(), "{text:?}");
    }
}
