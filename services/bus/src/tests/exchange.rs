//! Senders and receivers as roles have them, with stores of their own, at a bus that runs: who has
//! what at the moment when it says so. The engine is the local one, looked over its shoulder.

use std::{net::SocketAddr, sync::Mutex};

use domain::{moment::Moment, party::Party};
use kit::{
    client::{self, Channel, Endpoint},
    follow,
    identity::{Authority, Identity, ServerTls},
    inbox, outbox,
    proof::Signed,
    server,
    stats::Counter,
    store::{Decision, Machine, Outgoing, Refusal, Store},
    tx::Tx,
    view,
};
use proto::record::Record;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    Bus,
    conformance::party,
    engine::{
        Ask, Delivery, Engine, Error, Held, Listed, Located, Mailbox, Name, Parcel, Parked, Piece,
        Placing, Receipts, Refused, Resolve, Selection, Start, Status, Subscriber,
    },
};

const SUBJECT: &str = "case/w/1";

/// A role that says how manieth it speaks, to one party, and counts what it hears.
struct Talker {
    own: Party,
    to: Party,
}

impl Machine for Talker {
    type Command = ();
    type Fact = ();
    const LAYOUT: u32 = 1;

    fn party(&self) -> Party {
        self.own.clone()
    }

    fn decide(&self, tx: &Tx<'_>, (): (), _: Moment) -> Result<Decision, Refusal> {
        let count = tx.number(b"said")? + 1;
        let id = format!("word/{count}").parse().unwrap();
        let word = Outgoing::new(id, SUBJECT, ("muster.test.Word".into(), vec![7]));
        let word = Outgoing { recipient: Some(self.to.clone()), ..word };
        Ok(Decision::change("word", Vec::new(), vec![word], Vec::new()))
    }

    fn apply(&self, tx: &mut Tx<'_>, _: u64, record: &Record) -> Result<(), view::Error> {
        for (key, count) in [(b"said", record.outgoing.len()), (b"ears", record.received.len())] {
            let count = tx.number(key)? + count as u64;
            tx.put(key, count.to_be_bytes());
        }
        Ok(())
    }
}

type Talking = Store<Talker>;

fn heard(store: &Talking) -> u64 {
    store.read(|tx| tx.number(b"ears")).unwrap()
}

/// What was seen at the bus.
#[derive(Default)]
struct Seen {
    acknowledged: u64,
    commits: Vec<Party>,
    faults: Vec<String>,
}

/// The local engine, and the stores of those who come to it.
struct Watched {
    engine: Local,
    roles: Arc<Roles>,
}

/// A sender, its receiver, and the two followers.
struct Roles {
    dir: TempDir,
    authority: Authority,
    sender: Talking,
    receiver: Talking,
    followers: [Talking; 2],
    seen: Mutex<Seen>,
}

impl Roles {
    fn new() -> Arc<Roles> {
        let dir = tempfile::tempdir().unwrap();
        let open = |own: &str| {
            let talker = Talker { own: party(own), to: party("unit/housing") };
            let dir = dir.path().join(own.replace('/', "-"));
            std::fs::create_dir(&dir).unwrap();
            Store::open(&dir, talker, Clock::system(), Stats::default()).unwrap()
        };
        let city = "wenshan".parse().unwrap();
        Arc::new(Roles {
            authority: Authority::open_or_create(&dir.path().join("ca"), &city).unwrap(),
            sender: open("unit/enforcement"),
            receiver: open("unit/housing"),
            followers: ["service/worker", "service/gateway"].map(open),
            seen: Mutex::default(),
            dir,
        })
    }

    fn line(&self, own: &Party, bus: SocketAddr) -> (Identity, Channel) {
        let identity = self.authority.issue(own).unwrap();
        let to =
            Endpoint { address: format!("https://{bus}"), server: "service/bus".parse().unwrap() };
        let channel = client::connect_lazy(&identity, &to, &client::Limits::default()).unwrap();
        (identity, channel)
    }

    fn fault(&self, what: &str) {
        self.seen.lock().unwrap().faults.push(what.to_owned());
    }

    fn is_unsettled(&self) -> bool {
        self.sender.outstanding().unwrap().is_unsettled
    }

    fn end(&self) {
        assert_eq!(self.seen.lock().unwrap().faults, [""; 0]);
    }
}

#[async_trait]
impl Engine for Watched {
    fn log_id(&self) -> String {
        self.engine.log_id()
    }

    fn growth(&self) -> watch::Receiver<u64> {
        self.engine.growth()
    }

    async fn begin(&self, source: &Party, parcels: Vec<Parcel>) -> Result<Placing, Error> {
        self.engine.begin(source, parcels).await
    }

    async fn fetch(&self, mailbox: &Party, ask: Ask) -> Result<Vec<Delivery>, Error> {
        self.engine.fetch(mailbox, ask).await
    }

    async fn acknowledge(
        &self,
        mailbox: &Party,
        places: Vec<u64>,
        proof: Signed,
    ) -> Result<u32, Error> {
        let ended = self.engine.acknowledge(mailbox, places, proof).await?;
        let acknowledged = {
            let mut seen = self.roles.seen.lock().unwrap();
            seen.acknowledged += u64::from(ended);
            seen.acknowledged
        };
        if heard(&self.roles.receiver) < acknowledged {
            self.roles.fault("acknowledged before it was in the receiver's store");
        }
        Ok(ended)
    }

    async fn read(&self, after: u64, limit: usize) -> Result<Piece, Error> {
        self.engine.read(after, limit).await
    }

    async fn commit(
        &self,
        follower: &Party,
        place: u64,
        proof: Option<Signed>,
    ) -> Result<u64, Error> {
        if proof.is_none() {
            return self.engine.commit(follower, place, proof).await;
        }
        let mut followers = self.roles.followers.iter();
        let store = followers.find(|store| store.machine().own == *follower).unwrap();
        let recorded = self.engine.read(0, 500).await?.recorded.into_iter();
        let upto = recorded.filter(|recorded| recorded.place <= place).count() as u64;
        if heard(store) < upto {
            self.roles.fault("committed before it was in the follower's store");
        }
        self.roles.seen.lock().unwrap().commits.push(follower.clone());
        self.engine.commit(follower, place, proof).await
    }

    async fn receipts(&self, source: &Party, after: u64, max: usize) -> Result<Receipts, Error> {
        self.engine.receipts(source, after, max).await
    }

    async fn refuse(
        &self,
        mailbox: &Party,
        places: Vec<u64>,
        reason: String,
        delay: Duration,
    ) -> Result<Refused, Error> {
        self.engine.refuse(mailbox, places, reason, delay).await
    }

    async fn extend(&self, mailbox: &Party, places: Vec<u64>, lease: Duration) -> u32 {
        self.engine.extend(mailbox, places, lease).await
    }

    async fn release(&self, mailbox: &Party, held: Vec<Held>) {
        self.engine.release(mailbox, held).await;
    }

    async fn parked(
        &self,
        of: Option<&Party>,
        after: Option<(Party, u64)>,
        limit: usize,
    ) -> Result<Vec<Parked>, Error> {
        self.engine.parked(of, after, limit).await
    }

    async fn resolve(&self, resolve: Resolve) -> Result<Vec<Parked>, Error> {
        self.engine.resolve(resolve).await
    }

    async fn before(&self, time: Moment) -> Result<u64, Error> {
        self.engine.before(time).await
    }

    async fn put_subscriber(
        &self,
        party: &Party,
        name: &str,
        selection: Selection,
        start: Start,
    ) -> Result<Subscriber, Error> {
        self.engine.put_subscriber(party, name, selection, start).await
    }

    async fn seek(
        &self,
        party: &Party,
        name: &str,
        place: u64,
        is_acknowledgement: bool,
    ) -> Result<Subscriber, Error> {
        self.engine.seek(party, name, place, is_acknowledgement).await
    }

    async fn remove_subscriber(&self, party: &Party, name: &str) -> Result<(), Error> {
        self.engine.remove_subscriber(party, name).await
    }

    async fn subscribers(
        &self,
        of: Option<&Party>,
        after: Option<(Party, String)>,
        limit: usize,
    ) -> Result<Vec<Subscriber>, Error> {
        self.engine.subscribers(of, after, limit).await
    }

    async fn locate(&self, name: Name) -> Result<Located, Error> {
        self.engine.locate(name).await
    }

    async fn status(&self) -> Result<Status, Error> {
        self.engine.status().await
    }

    async fn list(&self, subject: &str, after: u64, limit: usize) -> Result<Listed, Error> {
        self.engine.list(subject, after, limit).await
    }

    async fn mailboxes(&self, after: Option<&Party>, limit: usize) -> Result<Vec<Mailbox>, Error> {
        self.engine.mailboxes(after, limit).await
    }
}

/// A bus that runs.
struct Serving {
    address: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), crate::Error>>,
}

impl Serving {
    /// Serves on the engine in a folder of this name, at an address or at a free one.
    async fn start(roles: &Arc<Roles>, name: &str, address: Option<SocketAddr>) -> Serving {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = TcpListener::bind(address.unwrap_or(any)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = conformance::config();
        let engine = opened(&roles.dir.path().join(name), &config, Clock::system()).await;
        let bus = Bus::on(
            Arc::new(Watched { engine, roles: Arc::clone(roles) }),
            config,
            access(),
            Clock::system(),
        );
        let identity = roles.authority.issue(&party("service/bus")).unwrap();
        let tls = ServerTls::new(&identity).unwrap();
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let limits = server::Limits::default();
        let task = tokio::spawn(async move { bus.serve(listener, &tls, &limits, stop).await });
        Serving { address, shutdown, task }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap();
    }
}

/// Waits until it is so.
async fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_that_it_has_something_has_it_and_until_all_do_the_sender_keeps_it() {
    let roles = Roles::new();
    let bus = Serving::start(&roles, "bus", None).await;
    let line = |store: &Talking| roles.line(&store.machine().own, bus.address);
    let (stop, mut beside) = (CancellationToken::new(), JoinSet::new());
    let sender = roles.sender.clone();
    for _ in 0..3 {
        sender.tell(()).await.unwrap();
    }
    let (identity, channel) = line(&sender);
    beside.spawn(outbox::run(sender.clone(), identity, channel, stop.clone()));
    eventually("the bus has it", || !sender.outstanding().unwrap().is_unpublished).await;
    assert_eq!(sender.stats().get(Counter::Sent), 3);
    assert!(roles.is_unsettled(), "the bus alone has it");

    let receiver = roles.receiver.clone();
    let (identity, channel) = line(&receiver);
    beside.spawn(inbox::run(receiver.clone(), identity, channel, stop.clone()));
    eventually("it is acknowledged", || roles.seen.lock().unwrap().acknowledged == 3).await;
    assert!(roles.is_unsettled(), "no follower has it");

    let [worker, gateway] = roles.followers.clone();
    let (identity, channel) = line(&worker);
    beside.spawn(follow::run(worker.clone(), identity, channel, stop.clone()));
    eventually("it is committed", || !roles.seen.lock().unwrap().commits.is_empty()).await;
    assert!(roles.is_unsettled(), "one follower of two has it");

    let (identity, channel) = line(&gateway);
    beside.spawn(follow::run(gateway.clone(), identity, channel, stop.clone()));
    eventually("it is settled", || !roles.is_unsettled()).await;
    assert_eq!([&receiver, &worker, &gateway].map(heard), [3, 3, 3]);
    // What they have signed is in the sender's journal, and none of it was noted twice.
    let records = sender.records(0).map(|found| found.unwrap().1);
    let proofs = records.filter_map(|record| record.progress?.proofs);
    let mut signers: Vec<String> =
        proofs.flat_map(|all| all.proofs).map(|proof| proof.signer).collect();
    signers.dedup();
    let order = ["unit/housing", "service/worker", "service/gateway"];
    assert_eq!(signers, order);
    let counted = |counter| receiver.stats().get(counter);
    assert_eq!((counted(Counter::Applied), counted(Counter::Duplicates)), (3, 0));
    assert!(counted(Counter::Records) > 0);
    stop.cancel();
    beside.join_all().await;
    bus.stop().await;
    roles.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_has_lost_its_record_is_given_all_again_that_is_not_settled() {
    let roles = Roles::new();
    let bus = Serving::start(&roles, "bus", None).await;
    let address = bus.address;
    let (stop, sender) = (CancellationToken::new(), roles.sender.clone());
    let (identity, channel) = roles.line(&sender.machine().own, address);
    let sending = tokio::spawn(outbox::run(sender.clone(), identity, channel, stop.clone()));
    sender.tell(()).await.unwrap();
    eventually("the bus has it", || !sender.outstanding().unwrap().is_unpublished).await;
    bus.stop().await;

    let bus = Serving::start(&roles, "another", Some(address)).await;
    sender.tell(()).await.unwrap();
    let receiver = roles.receiver.clone();
    let (identity, channel) = roles.line(&receiver.machine().own, address);
    let receiving = tokio::spawn(inbox::run(receiver.clone(), identity, channel, stop.clone()));
    eventually("both have come", || heard(&receiver) == 2).await;
    stop.cancel();
    sending.await.unwrap();
    receiving.await.unwrap();
    bus.stop().await;
    roles.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_are_replaced_between_two_receipts_sign_both() {
    let roles = Roles::new();
    let bus = Serving::start(&roles, "bus", None).await;
    let (stop, mut beside, mut identities) = (CancellationToken::new(), JoinSet::new(), Vec::new());
    let sender = roles.sender.clone();
    for store in [&roles.sender, &roles.receiver, &roles.followers[0], &roles.followers[1]] {
        let (identity, channel) = roles.line(&store.machine().own, bus.address);
        identities.push(identity.clone());
        let (store, stop) = (store.clone(), stop.clone());
        match store.machine().own.to_string().as_str() {
            "unit/enforcement" => beside.spawn(outbox::run(store, identity, channel, stop)),
            "unit/housing" => beside.spawn(inbox::run(store, identity, channel, stop)),
            _ => beside.spawn(follow::run(store, identity, channel, stop)),
        };
    }
    for _ in 0..3 {
        sender.tell(()).await.unwrap();
        eventually("it is settled", || !roles.is_unsettled()).await;
        for identity in &identities {
            identity.replace(&roles.authority.issue(identity.party()).unwrap()).unwrap();
        }
    }
    let records = sender.records(0).map(|found| found.unwrap().1);
    let proofs = records.filter_map(|record| record.progress?.proofs);
    let chains = proofs.flat_map(|all| all.chains).map(|chain| chain.certificates);
    let chains: std::collections::BTreeSet<_> = chains.collect();
    assert_eq!(chains.len(), 9, "each of the three has signed with three");
    stop.cancel();
    beside.join_all().await;
    bus.stop().await;
    roles.end();
}
