//! Every fact of an operation goes there and back.

use domain::{id::UnitId, party::Party};

use super::*;

fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

fn by() -> Party {
    "office/o".parse().unwrap()
}

fn need() -> Need {
    let powers = vec!["seize".into()];
    Need { unit: unit("a"), people: 2, vehicles: 1, powers, is_must: true }
}

fn plan(free_days: FreeDays) -> Plan {
    let (until, regular) = (Some(Moment(9)), Some(Moment(8)));
    Plan {
        kind: Some("muck".parse().unwrap()),
        coordinator: by(),
        goal: "g".into(),
        area: Area { grids: vec!["G-1".parse().unwrap()], subdistricts: vec![unit("s")] },
        from: Moment(1),
        to: Moment(2),
        needs: vec![need()],
        quorum: 1,
        within_ms: 7,
        pace: Pace::Working,
        repeat: Some(Repeat { every_days: 7, free_days, until, regular }),
        series: Some("O1".parse().unwrap()),
        occurrence: 2,
    }
}

fn order(sort: Sort) -> Fact {
    Fact::Ordered(Order {
        id: "c-1".parse().unwrap(),
        sort,
        from: by(),
        to: unit("a"),
        text: "t".into(),
        grid: Some("G-1".parse().unwrap()),
    })
}

fn ended(how: Ending) -> Fact {
    Fact::Ended { how, by: by(), reason: "r".into(), is_series: true }
}

fn summary() -> Summary {
    Summary {
        came: vec![unit("a")],
        late: vec![unit("b")],
        absent: vec![unit("c")],
        not_reached: vec![unit("d")],
        silent: vec![unit("e")],
        declined: vec![unit("f")],
        pending: vec![unit("g")],
        orders_open: vec!["c-1".parse().unwrap()],
        findings: vec!["I1".parse().unwrap()],
    }
}

/// What units say.
fn said() -> Vec<Fact> {
    let crew = Crew {
        people: vec!["p".parse().unwrap()],
        vehicles: vec!["v".parse().unwrap()],
        powers: vec!["fine".into()],
    };
    let order = "c-1".parse().unwrap();
    vec![
        Fact::Confirmed { unit: unit("a"), crew },
        Fact::Declined { unit: unit("a"), reason: "r".into(), substitute: Some(unit("b")) },
        Fact::Declined { unit: unit("a"), reason: "r".into(), substitute: None },
        Fact::BriefingRead { unit: unit("a") },
        Fact::CheckedIn { unit: unit("a"), at: Moment(4) },
        Fact::Answered {
            unit: unit("a"),
            order,
            is_taken: true,
            text: "t".into(),
            at: Some(Moment(9)),
        },
        Fact::Found { unit: unit("a"), inspection: "I1".parse().unwrap() },
    ]
}

/// What the coordinator and the worker say.
fn led() -> Vec<Fact> {
    let work = Work {
        id: "1".parse().unwrap(),
        grid: "G-1".parse().unwrap(),
        issue_type: "i".parse().unwrap(),
        units: vec![unit("a")],
        text: "t".into(),
    };
    vec![
        Fact::Planned(plan(FreeDays::Hold)),
        Fact::Planned(plan(FreeDays::Skip)),
        Fact::Planned(Plan { repeat: None, ..plan(FreeDays::Move) }),
        Fact::Added { need: need(), by: by() },
        Fact::Registered { units: vec![unit("a")] },
        Fact::Invited { plan: plan(FreeDays::Move), need: need(), due: Moment(3) },
        Fact::Assessed { not_reached: vec![unit("a")], late: vec![unit("b")] },
        Fact::Started { members: vec![unit("a")] },
        Fact::Briefed { unit: unit("a"), members: vec![unit("b")], goal: "g".into() },
        Fact::ReleaseAsked { unit: unit("a") },
        Fact::Released { units: vec![unit("a")] },
        Fact::Settled { unit: unit("a"), by: by(), reason: "r".into() },
        Fact::Summarised(summary()),
        Fact::Repeated { next: Some("O1.3".parse().unwrap()) },
        Fact::Repeated { next: None },
        Fact::FollowUp { works: vec![work], by: by() },
        Fact::WorkBegun { batch: 3, cases: vec!["O1-1".parse().unwrap()] },
    ]
}

fn facts() -> Vec<Fact> {
    let orders = [Sort::Order, Sort::Reassign, Sort::Assist, Sort::HandOver].map(order);
    let ends = [Ending::Over, Ending::Stopped, Ending::Aborted, Ending::NoQuorum].map(ended);
    [led(), said(), orders.to_vec(), ends.to_vec()].concat()
}

#[test]
fn every_fact_of_an_operation_goes_there_and_back() {
    for fact in facts() {
        let (kind, body) = write(&fact);
        assert_eq!(read(&kind, &body).unwrap(), Some(fact), "{kind}");
    }
}

#[test]
fn what_is_no_fact_of_an_operation_is_passed_over_or_refused_by_name() {
    assert_eq!(read("muster.case.v1.Urged", b"").unwrap(), None);
    assert_eq!(read("muster.operation.v1.Nothing", b"").unwrap(), None);
    for fact in facts() {
        let kind = write(&fact).0;
        assert_eq!(read(&kind, b"\xff").unwrap_err().reason, "MALFORMED_BODY", "{kind}");
    }
    for kind in ["OperationPlanned", "UnitInvited", "PartConfirmed", "TeamOrder", "OperationEnded"]
    {
        assert!(
            read(&format!("{PACKAGE}{kind}"), b"").is_err(),
            "{kind}: an empty one says nothing"
        );
    }
}
