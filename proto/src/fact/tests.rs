//! Every fact goes there and back; what can't be read is refused by name.

use domain::{
    case::{
        Body, Channel, Complaint, Dispute, Finding, Ground, Intake, Ladder, Level, Local, Place,
        Point, Proxied, Report, Severity, TeamMember, Timing, fact::Instruction, ground,
    },
    evidence::{Digest, Evidence},
    pack::Datum,
};

use super::*;

fn evidence() -> Vec<Evidence> {
    vec![Evidence {
        digest: Digest::sha256([1; 32]),
        size: 5,
        kind: "photo".into(),
        media_type: "image/png".into(),
    }]
}

fn intake() -> Intake {
    let point = Point { lon_e7: -1, lat_e7: 233_690_000, datum: Datum::Gcj02 };
    Intake {
        channel: Channel::Hotline,
        external_id: Some("12319-77".parse().unwrap()),
        system: Some("ext_digital_cm".parse().unwrap()),
        place: Place {
            address: "东门".into(),
            point: Some(point),
            road: Some("WS-KH-R1".parse().unwrap()),
            object: Some("91532601MA6K".parse().unwrap()),
        },
    }
}

fn again(ground: Ground, merged_from: Option<&str>) -> Fact {
    Fact::ReportedAgain(Report {
        reporter: "c".parse().unwrap(),
        intake: intake(),
        description: "still loud".into(),
        evidence: evidence(),
        seen_at: Moment(4),
        reported_at: Moment(5),
        ground,
        merged_from: merged_from.map(|id| id.parse().unwrap()),
    })
}

#[test]
fn every_channel_and_every_datum_goes_there_and_back_and_no_other_is_read() {
    for channel in Channel::ALL {
        for datum in [Datum::Wgs84, Datum::Gcj02, Datum::Cgcs2000] {
            let point = Some(Point { lon_e7: 1, lat_e7: 2, datum });
            let place = Place { point, ..Place::default() };
            let intake = Intake { channel, place, ..Intake::default() };
            let wire = report::intake_out(&intake);
            assert_eq!(report::intake_in(Some(wire)).unwrap(), intake);
        }
    }
    let absent = report::intake_in(None).unwrap();
    assert_eq!((absent.channel, absent), (Channel::Grid, Intake::default()));
    let wrong = |change: fn(&mut case::Intake)| {
        let mut wire = report::intake_out(&intake());
        change(&mut wire);
        let refused = report::intake_in(Some(wire)).unwrap_err();
        (refused.reason, refused.field)
    };
    let wanted = |reason: &str, field: &str| (reason.to_owned(), field.to_owned());
    assert_eq!(wrong(|w| w.channel = 99), wanted("MALFORMED_CHANNEL", "intake.channel"));
    let beyond: fn(&mut case::Intake) = |w| w.point.as_mut().unwrap().lat_e7 = 900_000_001;
    assert_eq!(wrong(beyond), wanted("MALFORMED_POINT", "intake.point"));
    let no_datum: fn(&mut case::Intake) = |w| w.point.as_mut().unwrap().datum = 0;
    assert_eq!(wrong(no_datum), wanted("MALFORMED_POINT", "intake.point"));
    assert_eq!(
        wrong(|w| w.external_id = "7 7".into()),
        wanted("MALFORMED_ID", "intake.external_id")
    );
    assert_eq!(wrong(|w| w.road = "路".into()), wanted("MALFORMED_ID", "intake.road"));
    assert_eq!(wrong(|w| w.object = "店".into()), wanted("MALFORMED_ID", "intake.object"));
}

/// What is said about a matter that was reported before.
fn known_matter() -> Vec<Fact> {
    vec![
        Fact::Closed { round: 0, outcome: Outcome::Merged },
        Fact::Closed { round: 0, outcome: Outcome::Withdrawn },
        again(Ground::Person, Some("20261122-1")),
        again(Ground::SameNumber, None),
        again(Ground::SamePlace(0), None),
        Fact::Merged {
            into: "20261122-1".parse().unwrap(),
            confirmed_by: "office/o".parse().unwrap(),
            note: "n".into(),
        },
        Fact::ToldApart {
            other: "20261122-1".parse().unwrap(),
            said_by: "community/c".parse().unwrap(),
            note: String::new(),
        },
    ]
}

/// What is said on the ground.
fn on_the_ground() -> Vec<Fact> {
    let member = |person: &str| TeamMember {
        unit: "housing".parse().unwrap(),
        person: person.parse().unwrap(),
    };
    let lifted = [Level::Community, Level::Subdistrict, Level::City].map(|to| Local::Lifted {
        to,
        upper: "unit/sub_a".parse().unwrap(),
        reason: "why".into(),
        lifted_by: "community/c".parse().unwrap(),
    });
    let teamed = Local::Teamed {
        members: vec![member("p-1"), member("p-2")],
        note: String::new(),
        formed_by: "office/o".parse().unwrap(),
    };
    lifted.into_iter().chain([teamed]).map(Fact::Local).collect()
}

/// What is said when a case does not go as it should.
fn hard_times() -> Vec<Fact> {
    let unit = || "housing".parse().unwrap();
    let (round, reason) = (2, "why".to_owned());
    let acts = [
        Fact::Accepted { round, unit: unit() },
        Fact::Refused { round, unit: unit(), reason: reason.clone(), named_unit: Some(unit()) },
        Fact::Arrived { round, unit: unit() },
        Fact::Disposed { round, unit: unit(), summary: reason.clone(), evidence: evidence() },
    ];
    let mut facts: Vec<Fact> = ladder().into_iter().map(Fact::Ladder).collect();
    facts.extend(disputes().into_iter().map(Fact::Dispute));
    facts.extend(timing().into_iter().map(Fact::Timing));
    facts.extend(findings().into_iter().map(Fact::Finding));
    facts.extend(acts.map(|act| Fact::Proxied(Proxied::new(unit(), act).unwrap())));
    facts.push(Fact::HandedOver {
        round,
        lead: unit(),
        cooperating: vec![unit()],
        basis: reason,
        decided_by: "office/o".parse().unwrap(),
    });
    facts
}

fn ladder() -> Vec<Ladder> {
    let unit = || "housing".parse().unwrap();
    let office = || "office/o".parse().unwrap();
    let (round, reason, text) = (2, "why".to_owned(), "text".to_owned());
    let rung =
        Rung { round, party: "unit/housing".parse().unwrap(), duty: Duty::Dispose, due: Moment(9) };
    let units = vec![unit()];
    vec![
        Ladder::Pressed {
            round,
            party: "unit/housing".parse().unwrap(),
            number: 3,
            note: String::new(),
            pressed_by: office(),
        },
        Ladder::Noticed { rung, contact: "主要领导".into() },
        Ladder::RightOpened { round, unit: unit(), due: Moment(9) },
        Ladder::Reported {
            round,
            against: units.clone(),
            reason: reason.clone(),
            evidence: evidence(),
            reported_by: "community/c".parse().unwrap(),
            to: office(),
            is_answered_before: true,
        },
        Ladder::Withdrawn {
            round,
            reason: reason.clone(),
            withdrawn_by: "unit/subdistrict_kaihua".parse().unwrap(),
        },
        Ladder::Instructed {
            round,
            lead: unit(),
            cooperating: units.clone(),
            within_ms: 7,
            text: text.clone(),
            instructed_by: office(),
        },
    ]
}

fn timing() -> Vec<Timing> {
    let unit = || "housing".parse().unwrap();
    let office = || "office/o".parse().unwrap();
    let (round, reason) = (2, "why".to_owned());
    vec![
        Timing::Held { round, unit: unit(), reason: reason.clone(), decided_by: office() },
        Timing::Resumed { round, unit: unit(), decided_by: office() },
        Timing::Extended {
            round,
            unit: unit(),
            duty: Duty::Arrive,
            by_ms: 60_000,
            reason: reason.clone(),
            decided_by: office(),
        },
    ]
}

fn findings() -> Vec<Finding> {
    let unit = || "housing".parse().unwrap();
    let office = || "office/o".parse().unwrap();
    let (round, reason, text) = (2, "why".to_owned(), "text".to_owned());
    let units = vec![unit()];
    let grounds = vec![
        ground::Ground::Late { round, duty: Duty::Find, due: Moment(1), urged_at: Moment(2) },
        ground::Ground::Reworked { times: 3 },
        ground::Ground::Reported { reported_at: Moment(8) },
        ground::Ground::Evaded { times: 3 },
        ground::Ground::Upheld { found_at: Moment(3) },
    ];
    vec![
        Finding::Consulted { round, units: units.clone(), reason: reason.clone() },
        Finding::Found { round, is_upheld: true, text, evidence: evidence(), found_by: office() },
        Finding::Accounted { round, unit: unit(), grounds },
    ]
}

fn disputes() -> Vec<Dispute> {
    let unit = || "housing".parse().unwrap();
    let (round, reason, text) = (2, "why".to_owned(), "text".to_owned());
    let (units, office) = (vec![unit()], || "office/o".parse().unwrap());
    let mut said = vec![
        Dispute::Transferred {
            round,
            from: unit(),
            to: unit(),
            cooperating: vec![unit()],
            reason: reason.clone(),
        },
        Dispute::Opened {
            round,
            units: units.clone(),
            reason: reason.clone(),
            owner: office(),
            within_ms: 7,
        },
        Dispute::Opinion { round, unit: unit(), text: text.clone(), named_unit: Some(unit()) },
        Dispute::Silent { round, unit: unit() },
        Dispute::Contested { round, unit: unit(), reason: reason.clone() },
        Dispute::Convened { round, agenda: text, owner: "office/gov_city".parse().unwrap() },
        Dispute::Retyped {
            grid: Some("kaihua_3".parse().unwrap()),
            round,
            unit: unit(),
            issue_type: "noise".parse().unwrap(),
            reason: reason.clone(),
        },
    ];
    said.extend([Body::Office, Body::Government, Body::Conference].map(|body| Dispute::Ruled {
        round,
        lead: unit(),
        cooperating: units.clone(),
        reason: reason.clone(),
        body,
        ruled_by: office(),
    }));
    said.extend(Severity::ALL.map(|severity| Dispute::Raised {
        severity,
        reason: reason.clone(),
        evidence: evidence(),
        raised_by: office(),
    }));
    said
}

fn whistled() -> Fact {
    let unit = || "housing".parse().unwrap();
    Fact::Whistled(Whistle {
        community: "c".parse().unwrap(),
        issue_type: "noise".parse().unwrap(),
        grid: "g".parse().unwrap(),
        description: "loud".into(),
        evidence: evidence(),
        called_units: vec![unit()],
        seen_at: Moment(3),
        intake: intake(),
        proposed: vec!["20261122-1".parse().unwrap()],
        severity: Severity::Emergency,
        complaint: Some(Complaint { about: unit(), case_id: Some("20261122-9".parse().unwrap()) }),
    })
}

fn called() -> Fact {
    let unit = || "housing".parse().unwrap();
    Fact::Called(Called {
        round: 1,
        unit: unit(),
        is_lead: true,
        lead: unit(),
        issue_type: "noise".parse().unwrap(),
        grid: "g".parse().unwrap(),
        description: "loud".into(),
        evidence: evidence(),
        accept_within_ms: 1,
        arrive_within_ms: 2,
        dispose_within_ms: 3,
        working: vec![Duty::Accept],
        by_proxy: true,
        community: "c".parse().unwrap(),
        liaison: Some("p-201".parse().unwrap()),
        instruction: Some(Instruction { text: "now".into(), within_ms: 4 }),
        bound_by: Some(Body::Office),
        is_emergency: true,
    })
}

pub(crate) fn facts() -> Vec<Fact> {
    let unit = || "housing".parse().unwrap();
    let rung = Rung {
        round: 2,
        party: "unit/housing".parse().unwrap(),
        duty: Duty::Dispose,
        due: Moment(9),
    };
    vec![
        whistled(),
        Fact::Routed(Routed {
            round: 1,
            lead: None,
            candidates: vec![unit()],
            cooperating: vec![],
            responsible: vec![unit()],
            owner: "office/o".parse().unwrap(),
            basis: "row".into(),
        }),
        Fact::Assigned {
            round: 2,
            lead: unit(),
            cooperating: vec![unit()],
            assigned_by: "office/o".parse().unwrap(),
            note: "n".into(),
        },
        called(),
        Fact::Accepted { round: 1, unit: unit() },
        Fact::Refused { round: 1, unit: unit(), reason: "no".into(), named_unit: Some(unit()) },
        Fact::Arrived { round: 1, unit: unit() },
        Fact::Disposed { round: 1, unit: unit(), summary: "s".into(), evidence: evidence() },
        Fact::Declared { round: 1, unit: unit(), summary: "s".into() },
        Fact::Confirmed {
            round: 1,
            ratings: vec![Rating { unit: unit(), stars: 5, comment: "good".into() }],
        },
        Fact::SentBack { round: 1, reason: "no".into(), evidence: evidence() },
        Fact::Reminded(rung.clone()),
        Fact::Urged(rung),
        Fact::Closed { round: 1, outcome: Outcome::Unconfirmed },
    ]
}

#[test]
fn every_fact_goes_there_and_back() {
    for fact in facts().into_iter().chain(known_matter()).chain(hard_times()).chain(on_the_ground())
    {
        let (kind, body) = write(&fact);
        assert_eq!(read(&kind, &body).unwrap(), Some(fact), "{kind}");
    }
}

#[test]
fn what_is_no_fact_is_passed_over_and_what_cannot_be_read_is_refused() {
    assert_eq!(read("com.example.Thing", b"?"), Ok(None));
    assert_eq!(read("muster.case.v1.NotYetKnown", b""), Ok(None));
    let broken = read("muster.case.v1.TaskAccepted", &[0xff]).unwrap_err();
    assert_eq!(broken.reason, "MALFORMED_BODY");
    let nowhere = read("muster.case.v1.CaseLifted", &[]).unwrap_err();
    assert_eq!((nowhere.reason.as_str(), nowhere.field.as_str()), ("MALFORMED_LEVEL", "to"));
    let empty = read("muster.case.v1.TaskAccepted", &[]).unwrap_err();
    assert_eq!((empty.reason.as_str(), empty.field.as_str()), ("MALFORMED_ID", "unit"));
}

#[test]
fn every_duty_of_the_wire_is_read() {
    let known = (1..100).filter_map(|number| case::Duty::try_from(number).ok());
    let duties: Vec<Duty> = known.map(|duty| duty_in(duty.into()).unwrap()).collect();
    assert_eq!(duties.len(), Duty::ALL.len());
}
