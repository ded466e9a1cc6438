//! Every fact of an operation goes there and back.

use super::*;

fn facts() -> Vec<Fact> {
    let unit = |id: &str| id.parse().unwrap();
    let by = || "office/o".parse().unwrap();
    let need = Need {
        unit: unit("a"),
        people: 2,
        vehicles: 1,
        powers: vec!["seize".into()],
        is_must: true,
    };
    let crew = Crew {
        people: vec!["p".parse().unwrap()],
        vehicles: vec!["v".parse().unwrap()],
        powers: vec!["fine".into()],
    };
    let repeat = |free_days| Repeat {
        every_days: 7,
        free_days,
        until: Some(Moment(9)),
        regular: Some(Moment(8)),
    };
    let plan = |free_days| Plan {
        kind: Some("muck".parse().unwrap()),
        coordinator: by(),
        goal: "g".into(),
        area: Area { grids: vec!["G-1".parse().unwrap()], subdistricts: vec![unit("s")] },
        from: Moment(1),
        to: Moment(2),
        needs: vec![need.clone()],
        quorum: 1,
        within_ms: 7,
        pace: Pace::Working,
        repeat: Some(repeat(free_days)),
        series: Some("O1".parse().unwrap()),
        occurrence: 2,
    };
    let order = |sort| {
        Fact::Ordered(Order {
            id: "c-1".parse().unwrap(),
            sort,
            from: by(),
            to: unit("a"),
            text: "t".into(),
            grid: Some("G-1".parse().unwrap()),
        })
    };
    let ended = |how| Fact::Ended { how, by: by(), reason: "r".into(), is_series: true };
    let work = Work {
        id: "1".parse().unwrap(),
        grid: "G-1".parse().unwrap(),
        issue_type: "i".parse().unwrap(),
        units: vec![unit("a")],
        text: "t".into(),
    };
    let summary = Summary {
        came: vec![unit("a")],
        late: vec![unit("b")],
        absent: vec![unit("c")],
        not_reached: vec![unit("d")],
        silent: vec![unit("e")],
        declined: vec![unit("f")],
        pending: vec![unit("g")],
        orders_open: vec!["c-1".parse().unwrap()],
        findings: vec!["I1".parse().unwrap()],
    };
    vec![
        Fact::Planned(plan(FreeDays::Hold)),
        Fact::Planned(plan(FreeDays::Skip)),
        Fact::Planned(Plan { repeat: None, ..plan(FreeDays::Move) }),
        Fact::Added { need: need.clone(), by: by() },
        Fact::Registered { units: vec![unit("a")] },
        Fact::Invited { plan: plan(FreeDays::Move), need, due: Moment(3) },
        Fact::Confirmed { unit: unit("a"), crew },
        Fact::Declined { unit: unit("a"), reason: "r".into(), substitute: Some(unit("b")) },
        Fact::Declined { unit: unit("a"), reason: "r".into(), substitute: None },
        Fact::Assessed { not_reached: vec![unit("a")], late: vec![unit("b")] },
        Fact::Started { members: vec![unit("a")] },
        Fact::Briefed { unit: unit("a"), members: vec![unit("b")], goal: "g".into() },
        Fact::BriefingRead { unit: unit("a") },
        Fact::CheckedIn { unit: unit("a"), at: Moment(4) },
        order(Sort::Order),
        order(Sort::Reassign),
        order(Sort::Assist),
        order(Sort::HandOver),
        Fact::Answered {
            unit: unit("a"),
            order: "c-1".parse().unwrap(),
            is_taken: true,
            text: "t".into(),
        },
        Fact::Found { unit: unit("a"), inspection: "I1".parse().unwrap() },
        ended(Ending::Over),
        ended(Ending::Stopped),
        ended(Ending::Aborted),
        ended(Ending::NoQuorum),
        Fact::ReleaseAsked { unit: unit("a") },
        Fact::Released { units: vec![unit("a")] },
        Fact::Settled { unit: unit("a"), by: by(), reason: "r".into() },
        Fact::Summarised(summary),
        Fact::Repeated { next: Some("O1.3".parse().unwrap()) },
        Fact::Repeated { next: None },
        Fact::FollowUp { works: vec![work], by: by() },
        Fact::WorkBegun { batch: 3, cases: vec!["O1-1".parse().unwrap()] },
    ]
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
