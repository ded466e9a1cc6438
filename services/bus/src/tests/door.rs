//! The bus over real sockets and certificates: who may do what, and that streams go on and end.

use std::{collections::HashMap, net::SocketAddr, sync::Mutex};

use domain::{envelope::Envelope, id::CityId};
use kit::{
    client::{self, Channel, Endpoint},
    identity::{Authority, Identity, Peer, ServerTls},
    server, status,
};
use proto::{
    bus::{
        AcknowledgeRequest, CommitRequest, FetchRequest, FollowRequest, ListEnvelopesRequest,
        ListMailboxesRequest, PublishBatchRequest, WatchReceiptsRequest,
        bus_service_client::BusServiceClient,
    },
    envelope::{Wire, to_wire},
    page::Page,
    sealed::{self, bus_service_server::BusService as _},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status};

use super::*;
use crate::{Bus, Error, conformance::envelope, service::Door};

pub type Client = BusServiceClient<Channel>;

/// A bus that runs, with the authority of its city.
pub struct City {
    folder: Folder,
    authority: Papers,
    address: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
    identities: Mutex<HashMap<String, Identity>>,
}

/// An authority, with the folder in which it notes what it issues.
struct Papers {
    authority: Authority,
    _dir: tempfile::TempDir,
}

impl std::ops::Deref for Papers {
    type Target = Authority;
    fn deref(&self) -> &Authority {
        &self.authority
    }
}

fn authority(city: &str) -> Papers {
    let dir = tempfile::tempdir().unwrap();
    let city = CityId::parse(city).unwrap();
    Papers { authority: Authority::open_or_create(dir.path(), &city).unwrap(), _dir: dir }
}

async fn serve(
    dir: &Path,
    authority: &Authority,
    config: &Config,
    clock: Clock,
) -> (SocketAddr, CancellationToken, JoinHandle<Result<(), Error>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let identity = authority.issue(&"service/bus".parse().unwrap()).unwrap();
    let tls = ServerTls::new(&identity).unwrap();
    let engine = opened(dir, config, clock.clone()).await;
    let bus = Bus::on(Arc::new(engine), config.clone(), access(), clock);
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let limits = server::Limits::default();
    let task = tokio::spawn(async move { bus.serve(listener, &tls, &limits, stop).await });
    (address, shutdown, task)
}

impl City {
    pub async fn start() -> City {
        City::with(|_| {}).await
    }

    /// A bus that is configured in another way.
    pub async fn with(change: impl Fn(&mut Config)) -> City {
        City::at(Clock::system(), change).await
    }

    /// The same, by a clock that the test may have in its hands.
    pub async fn at(clock: Clock, change: impl Fn(&mut Config)) -> City {
        let (folder, authority) = (Folder::new(), authority("wenshan"));
        let mut config = conformance::config();
        change(&mut config);
        let (address, shutdown, task) = serve(folder.0.path(), &authority, &config, clock).await;
        let identities = Mutex::default();
        City { folder, authority, address, shutdown, task, identities }
    }

    /// Stops within patience, whatever is open.
    pub async fn stop(&mut self) {
        self.shutdown.cancel();
        tokio::time::timeout(PATIENCE, &mut self.task).await.unwrap().unwrap().unwrap();
    }

    pub async fn restart(&mut self) {
        self.stop().await;
        let config = conformance::config();
        let clock = Clock::system();
        let serving = serve(self.folder.0.path(), &self.authority, &config, clock).await;
        (self.address, self.shutdown, self.task) = serving;
    }

    pub fn client(&self, party: &str) -> Client {
        self.client_of(&self.identity(party))
    }

    /// The one identity of a party.
    pub fn identity(&self, party: &str) -> Identity {
        let mut identities = self.identities.lock().unwrap();
        let issue = || self.authority.issue(&party.parse().unwrap()).unwrap();
        identities.entry(party.to_owned()).or_insert_with(issue).clone()
    }

    /// A line to the bus, as this party.
    pub fn channel(&self, party: &str) -> Channel {
        self.channel_of(&self.identity(party))
    }

    fn client_of(&self, identity: &Identity) -> Client {
        BusServiceClient::new(self.channel_of(identity))
    }

    fn channel_of(&self, identity: &Identity) -> Channel {
        let address = format!("https://{}", self.address);
        let to = Endpoint { address, server: "service/bus".parse().unwrap() };
        client::connect_lazy(identity, &to, &client::Limits::default()).unwrap()
    }
}

pub fn call(numbers: impl IntoIterator<Item = u64>) -> PublishBatchRequest {
    let make = |number| to_wire(&envelope("unit/housing", number, "case/w/1"));
    PublishBatchRequest { envelopes: numbers.into_iter().map(make).collect() }
}

fn blank<T: Default>() -> Request<T> {
    Request::new(T::default())
}

fn ask(wait_ms: u32) -> FetchRequest {
    FetchRequest { max_envelopes: 0, wait_ms, lease_ms: 0 }
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, Status>) -> (Code, String) {
    let status = outcome.unwrap_err();
    (status.code(), status::rejection(&status).reason)
}

fn code<T: std::fmt::Debug>(outcome: Result<T, Status>) -> Code {
    outcome.unwrap_err().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_goes_from_its_sender_to_its_receipt() {
    let mut city = City::start().await;
    let mut sender = city.client("unit/enforcement");
    let mut receiver = city.client("unit/housing");
    let published = sender.publish_batch(call(1..=2)).await.unwrap().into_inner();
    let places: Vec<u64> = published.placements.iter().map(|placed| placed.place).collect();
    assert!(!published.log_id.is_empty());

    let fetched = receiver.fetch(ask(0)).await.unwrap().into_inner();
    let (fetched, log_id) = (fetched.deliveries, fetched.log_id);
    assert_eq!(log_id, published.log_id);
    assert_eq!(fetched.iter().map(|one| one.place).collect::<Vec<_>>(), places);
    assert_eq!((fetched[0].attempt, fetched[0].accepted_at_ms > 0), (1, true));
    assert_eq!(fetched[0].envelope.as_ref(), call([1]).envelopes.first());
    // What has the same place in another log is another envelope.
    for another in ["", "another"] {
        let log_id = another.to_owned();
        let request = AcknowledgeRequest { places: places.clone(), log_id, proof: None };
        let changed = (Code::OutOfRange, "LOG_CHANGED".to_owned());
        assert_eq!(refusal(receiver.acknowledge(request).await), changed);
    }
    let proof = Some(city.sign("unit/housing", &log_id, &call(1..=2).envelopes));
    let request = AcknowledgeRequest { places: places.clone(), log_id, proof };
    let ended = receiver.acknowledge(request).await.unwrap().into_inner();
    assert_eq!(ended.newly_acknowledged, 2);

    let watch = WatchReceiptsRequest { after_place: 0, log_id: String::new() };
    let mut receipts = sender.watch_receipts(watch).await.unwrap().into_inner();
    for role in ["service/worker", "service/gateway"] {
        let mut follower = city.client(role);
        let request = FollowRequest::default();
        let mut record = follower.follow(request).await.unwrap().into_inner();
        let piece = record.message().await.unwrap().unwrap();
        assert_eq!(piece.recorded.len(), 2);
        let proof = Some(city.sign(role, &piece.log_id, &call(1..=2).envelopes));
        let request = CommitRequest { place: places[1], log_id: piece.log_id, proof };
        assert_eq!(follower.commit(request).await.unwrap().into_inner().place, places[1]);
    }
    let (mut settled, mut signers) = (Vec::new(), Vec::new());
    while settled.is_empty() {
        let piece = receipts.message().await.unwrap().unwrap();
        settled = piece.receipts;
        signers.extend(piece.proofs.unwrap_or_default().proofs.into_iter().map(|one| one.signer));
    }
    assert_eq!(signers, ["unit/housing", "service/worker", "service/gateway"]);
    assert_eq!(settled.iter().map(|one| one.place).collect::<Vec<_>>(), places);
    assert_eq!((settled[0].recipient.as_str(), settled[0].number), ("unit/housing", 1));
    assert_eq!((settled[1].recipient.as_str(), settled[1].number), ("unit/housing", 2));
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sends_as_another_or_follows_uninvited() {
    let mut city = City::start().await;
    let mut unit = city.client("unit/housing");
    let denied = |reason: &str| (Code::PermissionDenied, reason.to_owned());
    assert_eq!(refusal(unit.publish_batch(call([1])).await), denied("NOT_YOUR_SOURCE"));
    let follow = || FollowRequest::default();
    assert_eq!(refusal(unit.follow(follow()).await), denied("NO_FOLLOWER"));
    let commit = CommitRequest::default;
    assert_eq!(refusal(unit.commit(commit()).await), denied("NO_FOLLOWER"));
    let list = || ListEnvelopesRequest { subject: "case/w/1".into(), page: None };
    assert_eq!(refusal(unit.list_envelopes(list()).await), denied("NO_FOLLOWER"));
    let mailboxes = || ListMailboxesRequest { page: None };
    assert_eq!(refusal(unit.list_mailboxes(mailboxes()).await), denied("NOT_YOURS"));

    let mut admin = city.client("admin/root");
    drop(admin.follow(follow()).await.unwrap());
    admin.list_envelopes(list()).await.unwrap();
    admin.list_mailboxes(mailboxes()).await.unwrap();
    assert_eq!(refusal(admin.commit(commit()).await), denied("NO_FOLLOWER"));
    let mut office = city.client("office/city");
    office.list_mailboxes(mailboxes()).await.unwrap();
    assert_eq!(refusal(office.follow(follow()).await), denied("NO_FOLLOWER"));
    let mut other = city.client("service/units");
    assert_eq!(refusal(other.follow(follow()).await), denied("NO_FOLLOWER"));
    assert_eq!(refusal(other.commit(commit()).await), denied("NO_FOLLOWER"));

    // Another's mailbox can't be opened: it is the caller's own that is empty here.
    let published =
        city.client("unit/enforcement").publish_batch(call([1])).await.unwrap().into_inner();
    let mut fire = city.client("unit/fire");
    assert!(fire.fetch(ask(0)).await.unwrap().into_inner().deliveries.is_empty());
    let proof = Some(city.sign("unit/fire", &published.log_id, &call([1]).envelopes));
    let request = AcknowledgeRequest { places: vec![2], log_id: published.log_id, proof };
    assert_eq!(refusal(fire.acknowledge(request).await).1, "NOT_IN_MAILBOX");
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_no_certificate_of_this_city_is_not_heard() {
    let mut city = City::start().await;
    for stranger in [authority("wenshan"), authority("wuhan")] {
        let identity = stranger.issue(&"unit/enforcement".parse().unwrap()).unwrap();
        // Neither side trusts the other; that the server refuses is what its own tests show.
        assert_eq!(
            code(city.client_of(&identity).publish_batch(call([1])).await),
            Code::Unavailable
        );
    }
    city.stop().await;

    // And where a connection names no party, every call says so.
    let folder = Folder::new();
    let door = Door::new(
        folder.open().await,
        conformance::config(),
        access(),
        Clock::system(),
        CancellationToken::new(),
    );
    let none = Code::Unauthenticated;
    assert_eq!(code(door.publish_batch(blank()).await), none);
    assert_eq!(code(door.fetch(blank()).await), none);
    assert_eq!(code(door.acknowledge(blank()).await), none);
    assert_eq!(code(door.follow(blank()).await.map(drop)), none);
    assert_eq!(code(door.commit(blank()).await), none);
    assert_eq!(code(door.watch_receipts(blank()).await.map(drop)), none);
    assert_eq!(code(door.list_envelopes(blank()).await), none);
    assert_eq!(code(door.list_mailboxes(blank()).await), none);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_or_too_much_is_named() {
    let mut city = City::start().await;
    let mut sender = city.client("unit/enforcement");
    let invalid = |reason: &str| (Code::InvalidArgument, reason.to_owned());
    let large = |bytes| {
        let body = vec![1; bytes];
        let envelope = Envelope { body, ..envelope("", 1, "case/w/1") };
        PublishBatchRequest { envelopes: vec![to_wire(&envelope)] }
    };
    let nothing = PublishBatchRequest { envelopes: Vec::new() };
    assert_eq!(refusal(sender.publish_batch(nothing).await), invalid("WRONG_COUNT"));
    assert_eq!(refusal(sender.publish_batch(call(1..=1_001)).await), invalid("WRONG_COUNT"));
    let malformed = PublishBatchRequest { envelopes: vec![Wire::default()] };
    assert_eq!(refusal(sender.publish_batch(malformed).await), invalid("MALFORMED_ENVELOPE"));
    assert_eq!(refusal(sender.publish_batch(large(1 << 20)).await), invalid("TOO_LARGE"));
    sender.publish_batch(large((1 << 20) - 1_000)).await.unwrap();
    // Beyond the limit of messages: refused before it is read.
    assert_eq!(refusal(sender.publish_batch(large(5 << 20)).await), invalid("TOO_LARGE"));

    let none = AcknowledgeRequest::default();
    assert_eq!(refusal(sender.acknowledge(none).await), invalid("WRONG_COUNT"));
    let many = AcknowledgeRequest { places: vec![1; 1_001], ..Default::default() };
    assert_eq!(refusal(sender.acknowledge(many).await), invalid("WRONG_COUNT"));
    let mut admin = city.client("admin/root");
    let list = |subject: &str, token: &str| ListEnvelopesRequest {
        subject: subject.into(),
        page: Some(Page { size: 1, token: token.into() }),
    };
    assert_eq!(refusal(admin.list_envelopes(list("", "")).await), invalid("MALFORMED_ID"));
    let odd = admin.list_envelopes(list("case/w/1", "0102")).await;
    assert_eq!(refusal(odd), invalid("MALFORMED_TOKEN"));
    let page = Some(Page { size: 1, token: "ff".into() });
    let odd = admin.list_mailboxes(ListMailboxesRequest { page }).await;
    assert_eq!(refusal(odd), invalid("MALFORMED_TOKEN"));
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_and_a_conflict_say_what_would_be_right() {
    let mut city = City::start().await;
    let mut sender = city.client("unit/enforcement");
    sender.publish_batch(call(1..=2)).await.unwrap();
    let status = sender.publish_batch(call([4])).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(status::rejection(&status).reason, "NUMBER_GAP");
    assert_eq!(status::metadata(&status, "expected").as_deref(), Some("3"));
    assert!(status::metadata(&status, "log_id").is_some_and(|log_id| log_id.len() == 32));
    let changed = Envelope { body: vec![9], ..envelope("unit/housing", 2, "case/w/1") };
    let other = PublishBatchRequest { envelopes: vec![to_wire(&changed)] };
    let reused = (Code::AlreadyExists, "ENVELOPE_ID_REUSED".to_owned());
    assert_eq!(refusal(sender.publish_batch(other).await), reused);
    let ghost = PublishBatchRequest { envelopes: vec![to_wire(&envelope("unit/ghost", 1, "c"))] };
    let unknown = (Code::NotFound, "UNKNOWN_RECIPIENT".to_owned());
    assert_eq!(refusal(sender.publish_batch(ghost).await), unknown);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_survives_the_bus_and_streams_resume() {
    let mut city = City::start().await;
    let first =
        city.client("unit/enforcement").publish_batch(call(1..=3)).await.unwrap().into_inner();
    let place = first.placements[1].place;
    city.restart().await;

    let again =
        city.client("unit/enforcement").publish_batch(call(1..=3)).await.unwrap().into_inner();
    assert!(again.placements.iter().all(|placed| placed.is_duplicate));
    assert_eq!(again.log_id, first.log_id);
    let mut worker = city.client("service/worker");
    let resume =
        FollowRequest { after_place: place, log_id: first.log_id.clone(), ..Default::default() };
    let mut record = worker.follow(resume).await.unwrap().into_inner();
    let piece = record.message().await.unwrap().unwrap();
    assert_eq!(piece.recorded.len(), 1);
    assert_eq!(piece.recorded[0].place, first.placements[2].place);
    // It goes on as the record grows, and passes what is no envelope.
    let mut receiver = city.client("unit/housing");
    let log_id = first.log_id.clone();
    let proof = Some(city.sign("unit/housing", &log_id, &call([2]).envelopes));
    let request = AcknowledgeRequest { places: vec![place], log_id, proof };
    receiver.acknowledge(request).await.unwrap();
    city.client("unit/enforcement").publish_batch(call([4])).await.unwrap();
    let piece = record.message().await.unwrap().unwrap();
    assert_eq!(piece.recorded.len(), 1);

    let changed = (Code::OutOfRange, "LOG_CHANGED".to_owned());
    let follow = |after_place, log_id: &str| FollowRequest {
        after_place,
        log_id: log_id.into(),
        ..Default::default()
    };
    assert_eq!(refusal(worker.follow(follow(0, "another")).await), changed);
    assert_eq!(refusal(worker.follow(follow(1_000, "")).await), changed);
    let status = worker.follow(follow(0, "another")).await.unwrap_err();
    assert_eq!(status::metadata(&status, "log_id").as_ref(), Some(&first.log_id));
    let watch =
        |after_place, log_id: &str| WatchReceiptsRequest { after_place, log_id: log_id.into() };
    assert_eq!(refusal(worker.watch_receipts(watch(0, "another")).await), changed);
    assert_eq!(refusal(worker.watch_receipts(watch(1_000, "")).await), changed);
    let commit = |place, log_id: &str| {
        let proof = Some(city.sign("service/worker", log_id, &call(1..=2).envelopes));
        CommitRequest { place, log_id: log_id.into(), proof }
    };
    assert_eq!(refusal(worker.commit(commit(1, "another")).await), changed);
    assert_eq!(refusal(worker.commit(commit(1, "")).await), changed);
    assert_eq!(refusal(worker.commit(commit(1_000, &first.log_id)).await), changed);
    worker.commit(commit(place, &first.log_id)).await.unwrap();
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_open_ends_with_the_bus() {
    let mut city = City::start().await;
    let mut worker = city.client("service/worker");
    let request = FollowRequest::default();
    let mut record = worker.follow(request).await.unwrap().into_inner();
    let watch = WatchReceiptsRequest { after_place: 0, log_id: String::new() };
    let mut receipts = worker.watch_receipts(watch).await.unwrap().into_inner();
    let mut unit = city.client("unit/housing");
    let waiting = tokio::spawn(async move { unit.fetch(ask(30_000)).await });
    // The wait has begun when a call on the same server has been answered after it.
    city.client("unit/fire").fetch(ask(0)).await.unwrap();
    city.stop().await;
    assert!(record.message().await.unwrap().is_none());
    assert!(receipts.message().await.unwrap().is_none());
    // It was answered in peace, or had not yet come through the door.
    let waited = waiting.await.unwrap();
    assert!(waited.as_ref().map_or(true, |found| found.get_ref().deliveries.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged() {
    let mut city = City::start().await;
    let mut sender = city.client("unit/enforcement");
    sender.publish_batch(call(1..=3)).await.unwrap();
    let fire =
        PublishBatchRequest { envelopes: vec![to_wire(&envelope("unit/fire", 1, "case/w/2"))] };
    sender.publish_batch(fire).await.unwrap();
    let mut admin = city.client("admin/root");
    let (mut token, mut numbers) = (String::new(), Vec::new());
    loop {
        let page = Some(Page { size: 2, token });
        let request = ListEnvelopesRequest { subject: "case/w/1".into(), page };
        let listed = admin.list_envelopes(request).await.unwrap().into_inner();
        numbers.push(listed.recorded.len());
        token = listed.next_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(numbers, [2, 1]);
    let page = |token| Some(Page { size: 1, token });
    let request = ListMailboxesRequest { page: page(String::new()) };
    let first = admin.list_mailboxes(request).await.unwrap().into_inner();
    assert_eq!((first.mailboxes[0].party.as_str(), first.mailboxes[0].depth), ("unit/fire", 1));
    let request = ListMailboxesRequest { page: page(first.next_token) };
    let second = admin.list_mailboxes(request).await.unwrap().into_inner();
    assert_eq!((second.mailboxes[0].depth, second.next_token.as_str()), (3, ""));
    assert!(second.mailboxes[0].oldest_accepted_at_ms > 0);
    city.stop().await;
}

/// A call that has come in on a connection of this party.
pub fn from<T>(party: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let city = CityId::parse("wenshan").unwrap();
    request.extensions_mut().insert(Peer { city, party: party.parse().unwrap() });
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_that_waits_is_answered_when_the_bus_ends() {
    let folder = Folder::new();
    let shutdown = CancellationToken::new();
    let config = Config { wait_max: PATIENCE * 100, ..conformance::config() };
    let door = Arc::new(Door::new(
        folder.open().await,
        config,
        access(),
        Clock::system(),
        shutdown.clone(),
    ));
    let waits = door.clone();
    let long = sealed::FetchRequest { wait_ms: u32::MAX, ..Default::default() };
    let waiting = tokio::spawn(async move { waits.fetch(from("unit/housing", long)).await });
    shutdown.cancel();
    let answered = tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap().unwrap();
    assert!(answered.into_inner().deliveries.is_empty());
}
