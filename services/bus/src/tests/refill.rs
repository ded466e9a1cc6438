//! A bus that has lost its folder: those who have sent fill it again, those who receive go on.

use std::collections::BTreeMap;

use domain::{id::EnvelopeId, moment::Moment, party::Party};
use kit::{
    client::{self, Channel, Endpoint},
    follow,
    identity::{Authority, Identity, ServerTls},
    inbox, outbox, server,
    store::{Decision, Draft, Machine, Outgoing, Refusal, Store},
    tx::Tx,
    view,
};
use proto::record::Record;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::Bus;

/// Says things to another party, and counts how often each took effect here.
struct Speaker(Party);

impl Machine for Speaker {
    type Command = (Party, u64);
    type Fact = ();
    const LAYOUT: u32 = 1;

    fn party(&self) -> Party {
        self.0.clone()
    }

    fn decide(
        &self,
        _: &Tx<'_>,
        (to, count): (Party, u64),
        _: Moment,
    ) -> Result<Decision, Refusal> {
        let id = EnvelopeId::parse(format!("{to}/{count}")).unwrap();
        let outgoing = Outgoing {
            recipient: Some(to),
            ..Outgoing::new(id, &format!("case/w/{}", count % 3), ("t.T".into(), vec![7; 100]))
        };
        let drafts = vec![Draft { outgoing: vec![outgoing], ..Draft::default() }];
        Ok(Decision { drafts, answer: Vec::new() })
    }

    fn apply(&self, tx: &mut Tx<'_>, _: u64, record: &Record) -> Result<(), view::Error> {
        for received in &record.received {
            let envelope = received.envelope.clone().unwrap_or_default();
            let key = format!("a{}/{}", envelope.source, envelope.id);
            let count = tx.number(key.as_bytes())? + 1;
            tx.put(key, count.to_be_bytes());
        }
        Ok(())
    }
}

struct World {
    authority: Authority,
    address: String,
    folder: TempDir,
    stores: BTreeMap<&'static str, Store<Speaker>>,
    stop: CancellationToken,
}

const PARTIES: [&str; 4] =
    ["unit/enforcement", "unit/housing", "service/worker", "service/gateway"];

impl World {
    async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let authority =
            Authority::open_or_create(&folder.path().join("ca"), &"wenshan".parse().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stores = PARTIES.map(|party| {
            let speaker = Speaker(party.parse().unwrap());
            let dir = folder.path().join(party);
            (party, Store::open(&dir, speaker, Clock::system(), Stats::default()).unwrap())
        });
        let stores = stores.into_iter().collect();
        let stop = CancellationToken::new();
        World { authority: authority.unwrap(), address, folder, stores, stop }
    }

    fn channel(&self, party: &str) -> (Identity, Channel) {
        let identity = self.authority.issue(&party.parse().unwrap()).unwrap();
        let address = format!("https://{}", self.address);
        let to = Endpoint { address, server: "service/bus".parse().unwrap() };
        let channel = client::connect_lazy(&identity, &to, &client::Limits::default()).unwrap();
        (identity, channel)
    }

    /// Everybody exchanges with the bus, whether it is there or not.
    fn exchange(&self) {
        for (party, store) in &self.stores {
            let ((identity, bus), stop) = (self.channel(party), self.stop.clone());
            let sender = (store.clone(), identity.clone(), bus.clone(), stop.clone());
            tokio::spawn(outbox::run(sender.0, sender.1, sender.2, sender.3));
            if party.starts_with("unit/") {
                tokio::spawn(inbox::run(store.clone(), identity, bus, stop));
            } else {
                tokio::spawn(follow::run(store.clone(), identity, bus, stop));
            }
        }
    }

    /// The bus on what is left of its folder.
    async fn bus(&self) -> (CancellationToken, JoinHandle<Result<(), crate::Error>>) {
        let listener = TcpListener::bind(&self.address).await.unwrap();
        let tls = self.authority.issue(&"service/bus".parse().unwrap()).unwrap();
        let tls = ServerTls::new(&tls).unwrap();
        let recipients = PARTIES.map(|party| party.parse().unwrap()).to_vec();
        let config = Config { recipients, ..conformance::config() };
        let engine = opened(&self.folder.path().join("bus"), &config, Clock::system()).await;
        let bus = Bus::on(Arc::new(engine), config, access(), Clock::system());
        let (shutdown, limits) = (CancellationToken::new(), server::Limits::default());
        let stop = shutdown.clone();
        let task = tokio::spawn(async move { bus.serve(listener, &tls, &limits, stop).await });
        (shutdown, task)
    }

    async fn say(&self, counts: std::ops::Range<u64>) {
        for count in counts {
            for (from, to) in [(PARTIES[0], PARTIES[1]), (PARTIES[2], PARTIES[0])] {
                self.stores[from].tell((to.parse().unwrap(), count)).await.unwrap();
            }
        }
    }

    /// How often each envelope took effect at a party.
    fn effects(&self, party: &str) -> Vec<u64> {
        let found = self.stores[party].read(|tx| tx.scan(b"a", b"", usize::MAX)).unwrap();
        found.into_iter().map(|(_, count)| view::number(Some(&count))).collect()
    }

    fn is_settled(&self) -> bool {
        self.stores.values().all(|store| !store.outstanding().unwrap().is_unsettled)
    }

    /// Waits until everybody has everything and every sender knows it.
    async fn settled(&self, count: usize) {
        let all = |party, count| self.effects(party).len() == count;
        let done = || {
            self.is_settled()
                && all(PARTIES[0], count)
                && all(PARTIES[1], count)
                && all(PARTIES[2], 2 * count)
                && all(PARTIES[3], 2 * count)
        };
        for _ in 0..2_000 {
            if done() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let effects = PARTIES.map(|party| self.effects(party).len());
        panic!("never settled: {effects:?} of {count}, all let go: {}", self.is_settled());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_lost_its_folder_is_filled_again_and_nothing_takes_effect_twice() {
    let world = World::new().await;
    world.exchange();
    let (stop, task) = world.bus().await;
    world.say(0..20).await;
    world.settled(20).await;
    stop.cancel();
    task.await.unwrap().unwrap();

    // Some is said while it is away, and its folder is gone when it comes back.
    world.say(20..25).await;
    std::fs::remove_dir_all(world.folder.path().join("bus")).unwrap();
    let (stop, task) = world.bus().await;
    world.say(25..30).await;
    world.settled(30).await;
    for party in PARTIES {
        assert!(world.effects(party).iter().all(|count| *count == 1), "{party}");
    }

    // The new log has all that was ever said, settled or not, in each sender's order.
    let engine = world.channel("service/worker");
    let mut follower = proto::bus::bus_service_client::BusServiceClient::new(engine.1);
    let mut record = follower.follow(proto::bus::FollowRequest::default()).await.unwrap();
    let mut said = BTreeMap::<String, Vec<u64>>::new();
    while said.values().map(Vec::len).sum::<usize>() < 60 {
        let piece = record.get_mut().message().await.unwrap().unwrap();
        for one in piece.recorded {
            let envelope = proto::envelope::from_wire(one.envelope.unwrap()).unwrap();
            said.entry(envelope.source.to_string()).or_default().push(envelope.number);
        }
    }
    let all: Vec<u64> = (1..=30).collect();
    assert_eq!(said.into_values().collect::<Vec<_>>(), [all.clone(), all]);
    world.stop.cancel();
    stop.cancel();
    task.await.unwrap().unwrap();
}
