//! What the bus's record would say: facts of others, and the gateway's own coming back.

use std::collections::BTreeMap;

use domain::{
    case::{
        Duty, Fact, Outcome,
        fact::{Called, Routed, Rung},
    },
    envelope::Envelope,
    moment::Moment,
    party::Party,
};
use proto::{
    envelope::{from_wire, to_wire},
    record::{Progress, Received},
};

use super::*;

/// The rest of the city, as far as the gateway hears of it.
#[derive(Default)]
pub(super) struct World {
    numbers: BTreeMap<Party, u64>,
    place: u64,
}

impl World {
    /// The gateway's own envelopes, back from the bus.
    pub(super) async fn echo(&mut self, running: &Running) {
        self.echo_first(running, 1_000).await;
    }

    /// So many of them, the first.
    pub(super) async fn echo_first(&mut self, running: &Running, count: usize) {
        let store = running.gateway.store();
        let sent = store.unpublished(kit::store::Load::count(count), &Default::default()).unwrap();
        let mut published = Vec::new();
        let mut back = Vec::new();
        for one in sent {
            published.push(one.name);
            back.push(self.accepted(from_wire(one.wire).unwrap()));
        }
        store.receive(back).await.unwrap();
        store.progress(Progress { published, ..Progress::default() }).await.unwrap();
    }

    /// The bus accepts an envelope, a second after the one before.
    fn accepted(&mut self, envelope: Envelope) -> Received {
        self.place += 1;
        let at = NOW.0 + 1_000 * i64::try_from(self.place).unwrap();
        let envelope = Some(to_wire(&envelope));
        Received { place: self.place, accepted_at_ms: at, envelope, log_id: "log".into() }
    }

    /// Somebody says something about a case.
    pub(super) fn said(&mut self, source: &str, case_id: &str, fact: &Fact) -> Received {
        let (kind, body) = proto::fact::write(fact);
        self.wrote(source, &format!("case/wenshan/{case_id}"), kind, body)
    }

    /// Somebody sends an envelope with any body.
    pub(super) fn wrote(
        &mut self,
        source: &str,
        subject: &str,
        kind: String,
        body: Vec<u8>,
    ) -> Received {
        let source: Party = source.parse().unwrap();
        // The gateway has numbers of its own below these.
        let number = self.numbers.entry(source.clone()).or_insert(1_000);
        *number += 1;
        let number = *number;
        self.accepted(Envelope {
            id: format!("e/{number}").parse().unwrap(),
            source,
            kind,
            subject: subject.into(),
            time: NOW,
            recipient: None,
            number,
            actor: None,
            on_behalf_of: None,
            traceparent: None,
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body,
        })
    }

    /// All of it reaches the gateway in one record.
    pub(super) async fn tell(&mut self, running: &Running, case_id: &str, said: &[(&str, Fact)]) {
        let received = said.iter().map(|(source, fact)| self.said(source, case_id, fact));
        let received = received.collect();
        running.gateway.store().receive(received).await.unwrap();
    }

    /// A whistle for two units, from the route to the lead's declaration.
    pub(super) async fn work_through(&mut self, running: &Running, case_id: &str, round: u32) {
        self.tell(running, case_id, &[("service/worker", routed(round, true))]).await;
        for unit in ["enforcement", "environment"] {
            self.tell(running, case_id, &work(round, unit)).await;
        }
        self.tell(running, case_id, &[("unit/enforcement", declared(round))]).await;
    }

    /// A whistle for two units, from the route to its closing as confirmed.
    pub(super) async fn settle(&mut self, running: &Running, case_id: &str) {
        self.work_through(running, case_id, 1).await;
        let confirmed = Fact::Confirmed { round: 1, ratings: vec![] };
        let said = [("service/gateway", confirmed), ("service/worker", closed(1))];
        self.tell(running, case_id, &said).await;
    }
}

pub(super) fn routed(round: u32, has_lead: bool) -> Fact {
    let unit = |id: &str| id.parse().unwrap();
    let (lead, owner) = match has_lead {
        true => (Some(unit("enforcement")), "unit/enforcement"),
        false => (None, "office/leading_group_office"),
    };
    Fact::Routed(Routed {
        round,
        lead,
        candidates: vec![unit("natural_resources"), unit("housing")],
        cooperating: vec![unit("environment")],
        responsible: vec![unit("subdistrict_kaihua")],
        owner: owner.parse().unwrap(),
        basis: "WS-C02".into(),
    })
}

pub(super) fn called(round: u32, unit: &str) -> Fact {
    Fact::Called(Called {
        round,
        unit: unit.parse().unwrap(),
        is_lead: unit == "enforcement",
        lead: "enforcement".parse().unwrap(),
        issue_type: "mobile_stall".parse().unwrap(),
        grid: "WS-KH-001".parse().unwrap(),
        description: "x".into(),
        evidence: vec![],
        accept_within_ms: 1,
        arrive_within_ms: 1,
        dispose_within_ms: 1,
        working: vec![],
        by_proxy: false,
        community: "kaihua_dongfeng".parse().unwrap(),
        liaison: None,
        instruction: None,
        bound_by: None,
        is_emergency: false,
    })
}

pub(super) fn accepted(round: u32, id: &str) -> Fact {
    Fact::Accepted { round, unit: id.parse().unwrap() }
}

pub(super) fn declared(round: u32) -> Fact {
    Fact::Declared { round, unit: "enforcement".parse().unwrap(), summary: "cleared".into() }
}

pub(super) fn closed(round: u32) -> Fact {
    Fact::Closed { round, outcome: Outcome::Confirmed }
}

pub(super) fn unconfirmed(round: u32) -> Fact {
    Fact::Closed { round, outcome: Outcome::Unconfirmed }
}

pub(super) fn urged(round: u32, unit: &str) -> Fact {
    let party = format!("unit/{unit}").parse().unwrap();
    Fact::Urged(Rung { round, party, duty: Duty::Accept, due: Moment(NOW.0 + 60_000) })
}

/// A unit's part from the call to the end.
fn work(round: u32, id: &'static str) -> Vec<(&'static str, Fact)> {
    let unit = || id.parse().unwrap();
    let party: &'static str =
        if id == "enforcement" { "unit/enforcement" } else { "unit/environment" };
    let disposed = Fact::Disposed { round, unit: unit(), summary: "gone".into(), evidence: vec![] };
    vec![
        ("service/worker", called(round, id)),
        (party, accepted(round, id)),
        (party, Fact::Arrived { round, unit: unit() }),
        (party, disposed),
    ]
}
