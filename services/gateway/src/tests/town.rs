//! A town of random cases, as the bus's record would tell of them: every step by who may say it, at
//! whole hours, several cases at a time. It follows from a seed.

use std::collections::BTreeMap;

use domain::{
    case::{
        Case, Channel, Fact, Intake, Outcome, Report, Stage, Whistle,
        fact::{Called, Routed},
    },
    envelope::{Envelope, Terms},
    id::{CaseId, UnitId},
    party::{Party, Role},
};
use proto::{envelope::to_wire, record::Received};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::*;

/// An hour.
pub(super) const HOUR: i64 = 3_600_000;

/// Where cases are, and of which community.
const CELLS: [(&str, &str); 4] = [
    ("WS-KH-001", "kaihua_dongfeng"),
    ("WS-KH-002", "kaihua_dongfeng"),
    ("WS-KH-003", "kaihua_xishan"),
    ("WS-WL-001", "wolong_panlong"),
];

/// What they are about.
const ISSUES: [&str; 3] = ["mobile_stall", "street_vending", "overhead_cables"];

/// What is seen.
const SEEN: [&str; 4] =
    ["三个流动摊点占道", "Charging wires out of windows", "井盖 broken", "占道经营,夜间噪声"];

/// Something that was said, by whom and when.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) case_id: CaseId,
    pub(super) source: Party,
    pub(super) fact: Fact,
    pub(super) at: Moment,
}

/// The town.
pub(super) struct Town {
    random: StdRng,
    hour: i64,
    /// The cases as they are.
    pub(super) cases: BTreeMap<CaseId, Case>,
    /// All that was said, in order.
    pub(super) said: Vec<Said>,
    told: usize,
    numbers: BTreeMap<Party, u64>,
}

fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

impl Town {
    /// Nothing has happened yet.
    pub(super) fn of(seed: u64) -> Town {
        Town {
            random: StdRng::seed_from_u64(seed),
            hour: 0,
            cases: BTreeMap::new(),
            said: Vec::new(),
            told: 0,
            numbers: BTreeMap::new(),
        }
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.random.random_range(0..from.len())]
    }

    /// So many hours pass, in which cases are raised and go on; all of it is told to the gateway.
    pub(super) async fn live(&mut self, running: &Running, hours: i64, raised: usize) {
        for _ in 0..hours {
            self.hour += 1;
            for _ in 0..raised {
                if self.random.random_bool(0.5) {
                    self.raise();
                }
            }
            for case_id in self.cases.keys().cloned().collect::<Vec<_>>() {
                if self.random.random_bool(0.15) {
                    self.go_on(&case_id);
                }
            }
        }
        self.tell(running).await;
    }

    /// What the gateway has not been told is told, and its clock goes on.
    async fn tell(&mut self, running: &Running) {
        let received: Vec<Received> =
            (self.told..self.said.len()).map(|at| self.wire(at)).collect();
        self.told = self.said.len();
        for portion in received.chunks(500) {
            running.gateway.store().receive(portion.to_vec()).await.unwrap();
        }
        running.clock.set(self.now());
    }

    /// A moment after all that was said.
    pub(super) fn now(&self) -> Moment {
        Moment(NOW.0 + self.hour * HOUR + 1)
    }

    fn wire(&mut self, index: usize) -> Received {
        let Said { case_id, source, fact, at } = self.said[index].clone();
        let number = self.numbers.entry(source.clone()).or_insert(1_000);
        *number += 1;
        let (kind, body) = proto::fact::write(&fact);
        let envelope = Envelope {
            id: format!("e/{index}").parse().unwrap(),
            source,
            kind,
            subject: format!("case/wenshan/{case_id}"),
            time: at,
            recipient: None,
            number: *number,
            actor: Some("li.na".parse().unwrap()),
            on_behalf_of: None,
            traceparent: None,
            priority: 0,
            terms: Terms::default(),
            body,
        };
        let (place, accepted_at_ms) = (index as u64 + 1, at.0);
        Received { place, accepted_at_ms, envelope: Some(to_wire(&envelope)), log_id: "log".into() }
    }

    fn say(&mut self, case_id: &CaseId, source: Party, fact: Fact) {
        let at = Moment(NOW.0 + self.hour * HOUR);
        match self.cases.get_mut(case_id) {
            Some(case) => drop(case.apply(&fact, at)),
            None => {
                let case = Case::begin(case_id.clone(), &fact, at).unwrap();
                self.cases.insert(case_id.clone(), case);
            }
        }
        self.said.push(Said { case_id: case_id.clone(), source, fact, at });
    }

    fn raise(&mut self) {
        let case_id: CaseId = format!("20261122-T{:07}", self.cases.len()).parse().unwrap();
        let (grid, community) = *self.pick(&CELLS);
        let intake = self.intake();
        let whistle = Whistle {
            community: community.parse().unwrap(),
            issue_type: self.pick(&ISSUES).parse().unwrap(),
            grid: grid.parse().unwrap(),
            description: (*self.pick(&SEEN)).into(),
            evidence: vec![],
            called_units: vec![],
            seen_at: Moment(NOW.0 + self.hour * HOUR),
            intake,
            proposed: vec![],
            severity: Default::default(),
            complaint: None,
        };
        self.say(&case_id, Party::service(Role::Gateway), Fact::Whistled(whistle));
    }

    fn intake(&mut self) -> Intake {
        let channel = *self.pick(&[Channel::Grid, Channel::Hotline, Channel::Petition]);
        let number = self.random.random_range(0..1_000);
        let external_id =
            (channel == Channel::Hotline).then(|| format!("H-{number}").parse().unwrap());
        Intake { channel, external_id, ..Intake::default() }
    }

    /// One thing that may be said about a case now, or several that follow each other.
    fn go_on(&mut self, case_id: &CaseId) {
        let case = self.cases[case_id].clone();
        let (course, round) = (&case.course, case.course.round);
        let (worker, gateway) = (Party::service(Role::Worker), Party::service(Role::Gateway));
        let pick = self.random.random_range(0..10_u8);
        if course.merged_into.is_some() {
            let fact = Fact::Closed { round, outcome: Outcome::Merged };
            return self.say(case_id, worker, fact);
        }
        let sent_back = course.stage == Stage::Confirming && course.sent_back == round;
        match course.stage {
            Stage::Closed => {}
            Stage::Raised => self.call(case_id, 1, "enforcement"),
            _ if course.lead_refused() => self.call(case_id, round + 1, "housing"),
            Stage::Confirming if sent_back => {
                let lead = course.lead.clone().unwrap();
                self.call(case_id, round + 1, lead.as_str());
            }
            Stage::Confirming if course.confirmed_at.is_some() => {
                self.say(case_id, worker, Fact::Closed { round, outcome: Outcome::Confirmed });
            }
            Stage::Confirming if pick == 0 => {
                self.say(case_id, worker, Fact::Closed { round, outcome: Outcome::Unconfirmed });
            }
            Stage::Confirming if pick < 4 => {
                let fact = Fact::SentBack { round, reason: "still there".into(), evidence: vec![] };
                self.say(case_id, gateway, fact);
            }
            Stage::Confirming => {
                self.say(case_id, gateway, Fact::Confirmed { round, ratings: vec![] });
            }
            _ if pick == 0 => self.report(case_id),
            _ if pick == 1 && self.cases.len() > 1 => {
                let into = self.cases.keys().find(|other| *other != case_id).unwrap().clone();
                let confirmed_by = "office/leading_group_office".parse().unwrap();
                let merged = Fact::Merged { into, confirmed_by, note: String::new() };
                self.say(case_id, gateway, merged);
            }
            _ => self.work(case_id, pick),
        }
    }

    fn report(&mut self, case_id: &CaseId) {
        let (_, community) = *self.pick(&CELLS);
        let report = Report {
            reporter: community.parse().unwrap(),
            intake: self.intake(),
            description: (*self.pick(&SEEN)).into(),
            evidence: vec![],
            seen_at: NOW,
            reported_at: Moment(NOW.0 + self.hour * HOUR),
            ground: domain::case::Ground::Person,
            merged_from: None,
        };
        self.say(case_id, Party::service(Role::Gateway), Fact::ReportedAgain(report));
    }

    /// Routes a round to this lead with two others, and calls them.
    fn call(&mut self, case_id: &CaseId, round: u32, lead: &str) {
        let cooperating = vec![unit("environment"), unit("market_regulation")];
        let routed = Routed {
            round,
            lead: Some(unit(lead)),
            candidates: vec![],
            cooperating: cooperating.clone(),
            responsible: vec![],
            owner: Party::unit(&unit(lead)),
            basis: String::new(),
        };
        self.say(case_id, Party::service(Role::Worker), Fact::Routed(routed));
        let whistle = self.cases[case_id].whistle.clone();
        for unit_id in cooperating.into_iter().chain([unit(lead)]) {
            let called = Called {
                round,
                is_lead: unit_id.as_str() == lead,
                unit: unit_id,
                lead: unit(lead),
                issue_type: whistle.issue_type.clone(),
                grid: whistle.grid.clone(),
                description: String::new(),
                evidence: vec![],
                accept_within_ms: 1,
                arrive_within_ms: 1,
                dispose_within_ms: 1,
                working: vec![],
                by_proxy: false,
                community: whistle.community.clone(),
                liaison: None,
                instruction: None,
                bound_by: None,
                is_emergency: false,
            };
            self.say(case_id, Party::service(Role::Worker), Fact::Called(called));
        }
    }

    /// A unit that is not done yet does the next thing; the lead declares when it is done itself.
    fn work(&mut self, case_id: &CaseId, pick: u8) {
        let course = self.cases[case_id].course.clone();
        let round = course.round;
        let open: Vec<_> = course.parts.iter().filter(|(_, part)| !part.is_done()).collect();
        if open.is_empty() || pick == 9 {
            let lead = course.lead.clone().unwrap();
            if course.parts.get(&lead).is_some_and(|part| part.disposed_at.is_some()) {
                let fact = Fact::Declared { round, unit: lead.clone(), summary: "done".into() };
                self.say(case_id, Party::unit(&lead), fact);
            }
            return;
        }
        let (id, part) = open[usize::from(pick) % open.len()];
        let (unit, reason) = (id.clone(), "not ours".to_owned());
        let fact = match (part.accepted_at, part.arrived_at) {
            (None, _) if pick == 2 => Fact::Refused { round, unit, reason, named_unit: None },
            (None, _) => Fact::Accepted { round, unit },
            (_, None) => Fact::Arrived { round, unit },
            _ => Fact::Disposed { round, unit, summary: "gone".into(), evidence: vec![] },
        };
        self.say(case_id, Party::unit(id), fact);
    }
}
