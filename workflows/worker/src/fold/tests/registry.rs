//! The registry in the fold: a case is routed by the day of its event, and one that is handed over
//! begins again with who answers for it now.

use domain::{
    case::Outcome,
    registry::{Amendment, Fact as Said, Signatory},
};

use super::*;

/// Street vending goes to housing from a day on. The matter of these tests was seen on 18 November.
fn amendment(from: &str) -> Amendment {
    let (case_id, issue) = ("1".parse().unwrap(), "street_vending".parse().unwrap());
    let from = from.parse().unwrap();
    let basis = "NT-1.2".to_owned();
    Amendment::from_precedent(case_id, issue, unit("housing"), vec![], basis, from)
}

fn by(name: &str) -> Signatory {
    Signatory { party: format!("admin/{name}").parse().unwrap(), person: name.parse().unwrap() }
}

impl Desk {
    async fn hear_amended(&mut self, source: &str, said: &Said) {
        let (kind, body) = proto::amendment::write(said);
        self.numbers += 1;
        let envelope = Envelope {
            id: format!("e{}", self.numbers).parse().unwrap(),
            source: source.parse().unwrap(),
            kind,
            subject: "registry/wenshan".into(),
            time: Moment(1),
            recipient: None,
            number: self.numbers,
            actor: None,
            on_behalf_of: None,
            traceparent: None,
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body,
        };
        self.take(proto::envelope::to_wire(&envelope), 1).await;
    }

    /// Proposed by one, and approved by another as this source says.
    async fn amend(&mut self, from: &str, source: &str) {
        let proposed = Said::Proposed("a".parse().unwrap(), amendment(from), by("li"));
        self.hear_amended("service/gateway", &proposed).await;
        let approved = Said::Approved("a".parse().unwrap(), by("wang"), String::new());
        self.hear_amended(source, &approved).await;
    }

    /// Who leads once it is routed.
    async fn lead(&mut self) -> Option<UnitId> {
        let whistle = steps::tests::whistle("street_vending", "");
        self.hear("service/gateway", &Fact::Whistled(whistle), 1).await;
        self.send(Step::Route).await.unwrap();
        self.bring_back(2).await;
        self.kept().course.lead
    }
}

#[tokio::test]
async fn a_case_is_routed_by_what_was_in_force_on_the_day_of_its_event() {
    for (from, source, lead) in [
        ("2026-11-18", "service/gateway", "housing"),
        ("2026-11-19", "service/gateway", "enforcement"),
        ("2026-11-18", "unit/housing", "enforcement"),
        ("2026-11-18", "service/worker", "enforcement"),
    ] {
        let mut desk = Desk::new();
        desk.amend(from, source).await;
        assert_eq!(desk.lead().await, Some(unit(lead)), "from {from}, approved by {source}");
    }
}

#[tokio::test]
async fn after_a_restart_it_routes_as_before() {
    let mut desk = Desk::new();
    desk.amend("2026-11-18", "service/gateway").await;
    let dump = desk.store.dump().unwrap();
    let Desk { dir, store, numbers, place, published } = desk;
    drop(store);
    let store = loop {
        // The writer of the store ends a moment after its last handle.
        let fold = Fold::new(Arc::new(steps::tests::wenshan()), "");
        let clock = Clock::fixed(Moment(1_000_000));
        match Store::open(dir.path(), fold, clock, Stats::default()) {
            Ok(store) => break store,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let mut desk = Desk { dir, store, numbers, place, published };
    assert_eq!(desk.store.dump().unwrap(), dump);
    assert_eq!(desk.lead().await, Some(unit("housing")));
}

#[tokio::test]
async fn a_case_keeps_its_lead_until_it_is_handed_over_and_then_calls_the_new_one() {
    let mut desk = Desk::new();
    assert_eq!(desk.lead().await, Some(unit("enforcement")));
    desk.told().await;
    desk.send(Step::Call(1, unit("enforcement"))).await.unwrap();
    desk.bring_back(3).await;
    desk.amend("2026-11-19", "service/gateway").await;
    assert_eq!((desk.kept().course.round, desk.told().await), (1, None), "nothing moves by itself");

    let handed_over = Fact::HandedOver {
        round: 2,
        lead: unit("housing"),
        cooperating: vec![unit("environment")],
        basis: "amendment a".into(),
        decided_by: "admin/li".parse().unwrap(),
    };
    desk.hear("unit/housing", &handed_over, 4).await;
    assert_eq!(desk.kept().course.round, 1, "a unit hands nothing over");
    desk.hear("service/gateway", &handed_over, 5).await;
    assert_eq!(desk.told().await.as_deref(), Some("CaseHandedOver"), "the flow must call");
    let course = desk.kept().course;
    assert_eq!((course.round, course.owner), (2, Party::unit(&unit("housing"))));
    assert_eq!(desk.send(Step::Call(2, unit("housing"))).await.unwrap(), 1);
    let late = Step::Call(1, unit("market_regulation"));
    assert_eq!(desk.send(late).await.unwrap(), 0, "that round is over");
    desk.hear("service/gateway", &handed_over, 6).await;
    assert_eq!(desk.told().await, None, "a repeat changes nothing");
    assert_eq!(desk.send(Step::Close(2, Outcome::Confirmed)).await.unwrap(), 0);
}
