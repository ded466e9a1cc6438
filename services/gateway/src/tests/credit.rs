//! Credit at the gateway: what the record says is shown to whom it concerns, one of two is seen, and
//! people decide about the list and what is parked, one after the other.

use domain::{
    credit::{Cause, DeliveryId, Fact as Said, Violation, ViolationId},
    party::Party,
};
use proto::credit_wire::{
    Delivery, DeliveryState, GetScoreRequest, ListDeliveriesRequest, ListListedRequest,
    PutBackDeliveryRequest, RemoveListedRequest, Score, SkipDeliveryRequest,
    credit_service_client::CreditServiceClient,
};

use super::{world::World, *};

const OFFICE: &str = "office/leading_group_office";

/// Wenshan with the powers and the rules of credit of Dengfeng.
pub(super) async fn start() -> Running {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/dengfeng");
    let dengfeng = pack::load(&kit::pack::files(&folder).unwrap()).unwrap();
    let mut city = (*city()).clone();
    (city.credit, city.powers) = (dengfeng.credit, dengfeng.powers);
    let city = Arc::new(city);
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_create(&dir.path().join("ca"), &city.id).unwrap();
    Running::open_in(dir, authority, "https://127.0.0.1:1", city).await
}

fn confirmed(unit: &str, decision: &str, points: u32) -> Said {
    Said::Confirmed(Violation {
        id: id(unit, decision),
        code: "speeding".parse().unwrap(),
        fact: decision.parse().unwrap(),
        person: "p-1".parse().unwrap(),
        at: NOW,
        points,
    })
}

fn id(unit: &str, decision: &str) -> ViolationId {
    ViolationId { unit: unit.parse().unwrap(), decision: decision.parse().unwrap() }
}

fn to(receiver: &str, cause: Cause) -> DeliveryId {
    DeliveryId { receiver: receiver.parse().unwrap(), cause }
}

fn parked(delivery: DeliveryId) -> Said {
    let owner: Party = OFFICE.parse().unwrap();
    Said::Parked { delivery, reason: "422 no such company".into(), owner }
}

impl World {
    async fn credit(&mut self, running: &Running, said: &[(&str, Said)]) {
        let mut received = Vec::new();
        for (source, fact) in said {
            let (kind, body) = proto::credit::write(fact);
            received.push(self.wrote(source, "credit/wenshan/hauler-1", kind, body));
        }
        running.gateway.store().receive(received).await.unwrap();
    }

    /// It is on the list, and the platform refuses it.
    async fn listed(&mut self, running: &Running) -> DeliveryId {
        let delivery = to("ext_zhengzhou_credit", Cause::Listed(1));
        let listed = Said::Listed { number: 1, score: 59, threshold: 60 };
        let worker = "service/worker";
        self.credit(
            running,
            &[
                ("unit/public_security", confirmed("public_security", "d-1", 41)),
                (worker, listed),
                (worker, Said::Started(delivery.clone())),
                (worker, parked(delivery.clone())),
            ],
        )
        .await;
        delivery
    }
}

impl Running {
    fn credits(&self, party: &str) -> CreditServiceClient<Channel> {
        CreditServiceClient::new(self.channel(party))
    }

    async fn score(&self, party: &str) -> Result<Score, Rejection> {
        let request = GetScoreRequest { object: "hauler-1".into() };
        let answer = self.credits(party).get_score(request).await.map_err(refused)?;
        Ok(answer.into_inner().score.unwrap())
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        let answer = self.credits(OFFICE).list_deliveries(ListDeliveriesRequest::default()).await;
        answer.unwrap().into_inner().deliveries
    }

    async fn on_list(&self) -> Vec<(String, i64)> {
        let answer = self.credits(OFFICE).list_listed(ListListedRequest::default()).await;
        let listed = answer.unwrap().into_inner().listed.into_iter();
        listed.map(|one| (one.object, one.score)).collect()
    }

    async fn remove(&self, request: &str, person: &str) -> Result<bool, Rejection> {
        let command = Some(Command { request_id: request.into(), person: person.into() });
        let (object, reason) = ("hauler-1".into(), "mended its ways".into());
        let request = RemoveListedRequest { command, object, reason };
        let answer = self.credits(OFFICE).remove_listed(request).await.map_err(refused)?;
        Ok(answer.into_inner().is_removed)
    }

    async fn put_back(&self, request: &str, delivery: &DeliveryId) -> Result<(), Rejection> {
        let (object, delivery) = ("hauler-1".into(), delivery.to_string());
        let reason = "it is known there now".into();
        let request =
            PutBackDeliveryRequest { command: command(request), object, delivery, reason };
        self.credits(OFFICE).put_back_delivery(request).await.map(drop).map_err(refused)
    }

    async fn skip(&self, request: &str, delivery: &DeliveryId) -> Result<(), Rejection> {
        let (object, delivery) = ("hauler-1".into(), delivery.to_string());
        let reason = "told by letter".into();
        let request = SkipDeliveryRequest { command: command(request), object, delivery, reason };
        self.credits(OFFICE).skip_delivery(request).await.map(drop).map_err(refused)
    }
}

#[tokio::test]
async fn a_score_is_for_those_whom_it_concerns_and_others_say_nothing_of_it() {
    let running = start().await;
    let mut world = World::default();
    assert_eq!(running.score(OFFICE).await.unwrap_err().reason, "UNKNOWN_OBJECT");
    world
        .credit(
            &running,
            &[
                ("unit/enforcement", confirmed("public_security", "lie", 90)),
                ("unit/enforcement", confirmed("enforcement", "not-its-power", 90)),
                ("unit/public_security", confirmed("public_security", "d-1", 3)),
                ("unit/public_security", Said::Listed { number: 1, score: 9, threshold: 60 }),
            ],
        )
        .await;
    let score = running.score("unit/public_security").await.unwrap();
    assert_eq!((score.score, score.is_listed, score.violations.len()), (97, false, 1));
    assert_eq!(running.score("unit/housing").await.unwrap_err().reason, "NOT_A_READER");
    assert_eq!(running.score(DONGFENG).await.unwrap_err().reason, "NOT_A_READER");
    let running = running.restart_in().await;
    assert_eq!(running.score(OFFICE).await.unwrap(), score, "after a restart the same");
}

#[tokio::test]
async fn one_of_two_receivers_is_seen_until_both_have_it() {
    let running = start().await;
    let mut world = World::default();
    let of = |receiver: &str| to(receiver, Cause::Shared(id("public_security", "act")));
    let (one, two) = (of("ext_integrity_system"), of("ext_civility_system"));
    let receipt = || String::from("r-1");
    world
        .credit(
            &running,
            &[
                ("unit/public_security", confirmed("public_security", "act", 0)),
                ("service/worker", Said::Started(one.clone())),
                ("service/worker", Said::Started(two.clone())),
                ("service/worker", Said::Delivered { delivery: one, receipt: receipt() }),
                ("service/worker", Said::Delayed { delivery: two.clone(), reason: "503".into() }),
            ],
        )
        .await;
    let open = running.deliveries().await;
    assert_eq!(open.len(), 1, "one of two: {open:?}");
    assert_eq!((&*open[0].receiver, &*open[0].text), ("ext_civility_system", "503"));
    let states = |score: Score| score.deliveries.iter().map(Delivery::state).collect::<Vec<_>>();
    let score = running.score(OFFICE).await.unwrap();
    assert_eq!(states(score), [DeliveryState::Delivered, DeliveryState::Started]);
    let taken = Said::Delivered { delivery: two, receipt: receipt() };
    world.credit(&running, &[("service/worker", taken)]).await;
    assert!(running.deliveries().await.is_empty());
}

#[tokio::test]
async fn what_is_parked_is_put_back_or_skipped_by_a_person_once() {
    let running = start().await;
    let mut world = World::default();
    let delivery = world.listed(&running).await;
    let open = running.deliveries().await;
    assert_eq!((open[0].state(), &*open[0].owner), (DeliveryState::Parked, OFFICE));
    let unknown = to("ext_zhengzhou_credit", Cause::Listed(2));
    assert_eq!(running.put_back("a", &unknown).await.unwrap_err().reason, "UNKNOWN_DELIVERY");
    running.put_back("b", &delivery).await.unwrap();
    running.put_back("b", &delivery).await.unwrap();
    assert_eq!(running.skip("c", &delivery).await.unwrap_err().reason, "UNDER_WAY");
    world.echo(&running).await;
    assert_eq!(running.deliveries().await[0].state(), DeliveryState::Started);
    assert_eq!(running.skip("d", &delivery).await.unwrap_err().reason, "NOT_PARKED");
    world.credit(&running, &[("service/worker", parked(delivery.clone()))]).await;
    running.skip("e", &delivery).await.unwrap();
    world.echo(&running).await;
    assert!(running.deliveries().await.is_empty());
    let score = running.score(OFFICE).await.unwrap();
    assert_eq!(score.deliveries[0].state(), DeliveryState::Skipped);
}

#[tokio::test]
async fn two_people_one_after_the_other_take_an_object_off_the_list() {
    let running = start().await;
    let mut world = World::default();
    world.listed(&running).await;
    assert_eq!(running.on_list().await, [("hauler-1".to_owned(), 59)]);
    assert!(!running.remove("a", "li.na").await.unwrap());
    assert_eq!(running.remove("b", "wang").await.unwrap_err().reason, "UNDER_WAY");
    world.echo(&running).await;
    assert_eq!(running.remove("c", "li.na").await.unwrap_err().reason, "SAME_PERSON");
    assert_eq!(running.on_list().await.len(), 1, "one alone removes nothing");
    assert!(running.remove("d", "wang").await.unwrap());
    world.echo(&running).await;
    assert!(running.on_list().await.is_empty());
    assert_eq!(running.remove("e", "zhao").await.unwrap_err().reason, "NOT_LISTED");
    let score = running.score(OFFICE).await.unwrap();
    assert_eq!((&*score.listings[0].ending, score.listings[0].removals.len()), ("removed", 2));
}
