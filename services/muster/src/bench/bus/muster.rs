//! Our bus: the role as it ships, in a process of its own, by its gRPC service.
//!
//! One sender publishes on one stream, as many envelopes in a request as are ready, up to
//! [`Load::batch`]; each of the four units has a stream of deliveries, tops its credit up with every
//! piece, and acknowledges what is there at once, signed for together. The turn ends when every acknowledgement is
//! answered, which is when it is on disk. With envelopes waiting, readers are given credit for as
//! many as are sent, so that as many go on waiting.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context;
use domain::{
    id::UnitId,
    party::{Party, Role},
};
use futures::FutureExt as _;
use kit::{
    client::Channel,
    clock::Clock,
    identity::Identity,
    proof::{self, Held},
};
use proto::bus::Proof;
use proto::sealed::{
    AcknowledgeRequest, Delivery, Open, PublishRequest, PublishResponse, SubscribeRequest,
    SubscribeResponse, bus_service_client::BusServiceClient, subscribe_request::Request as Ask,
    subscribe_response::Response as Said,
};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_stream::wrappers::{ReceiverStream, UnboundedReceiverStream};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use super::{
    envelope::{Letters, MAILBOXES},
    flight::{Counts, Flight},
    ground::{Ground, Server},
    turn::{Carried, Load, landed, until},
};

/// How many requests may wait to be written.
const QUEUE: usize = 64;
/// How many places one acknowledgement names at most.
const PLACES: usize = 1_000;
/// With how many under way, and how many in a request, mailboxes are filled.
const FILLING: Load = Load { window: 8_000, span: Duration::MAX, per_second: 0 };
/// How long the bus may take to end.
const GRACE: Duration = Duration::from_secs(30);

/// A bus, and its clients.
pub struct Muster {
    name: &'static str,
    /// Its process.
    pub server: Server,
    sender: Channel,
    readers: Vec<(Identity, Channel)>,
    letters: Letters,
    /// Whether others wait in the mailboxes, so that readers must not be faster than the sender.
    is_paced: bool,
}

impl Muster {
    /// Starts a bus in a folder of this name.
    pub async fn start(ground: &Ground, name: &'static str) -> anyhow::Result<Muster> {
        let worker = Party::service(Role::Worker);
        let server = ground.role(name, &["bus"]).await?;
        let (sender, readers) = channels(ground, &server)?;
        let letters = Letters::new(&ground.city.id, &worker, Clock::system().now());
        server.until(async || publish(sender.clone()).await.map(drop)).await?;
        Ok(Muster { name, server, sender, readers, letters, is_paced: false })
    }

    /// Publishes so many that nobody reads.
    pub async fn fill(&mut self, count: u64) -> anyhow::Result<()> {
        let flight = Arc::new(Flight::new(FILLING.window));
        // Nobody waits for a reader here.
        let unread = usize::try_from(count)?;
        (0..MAILBOXES.len()).for_each(|mailbox| flight.read(mailbox, unread));
        self.is_paced = true;
        let goal = self.letters.made() + count;
        self.send(FILLING, &flight, |made| made < goal).await
    }

    /// Ends the bus and starts it again on what it has; says how long it was from the start to the
    /// first delivery.
    pub async fn restart(self, ground: &Ground) -> anyhow::Result<(Muster, Duration)> {
        let Muster { name, server, letters, is_paced, .. } = self;
        server.guardian.stop(GRACE).await;
        let began = Instant::now();
        let server = ground.role(name, &["bus"]).await?;
        let (sender, readers) = channels(ground, &server)?;
        let first = server.until(async || first_delivery(readers[0].1.clone()).await).await?;
        anyhow::ensure!(first > 0, "the first delivery is empty");
        Ok((Muster { name, server, sender, readers, letters, is_paced }, began.elapsed()))
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.server.guardian.pid()
    }

    /// Plays a turn.
    pub async fn carry(&mut self, load: Load) -> anyhow::Result<Carried> {
        let flight = Arc::new(Flight::new(load.window));
        let over = CancellationToken::new();
        let mut readers = JoinSet::new();
        for (mailbox, line) in self.readers.iter().enumerate() {
            let reader = Reader::open(line.clone(), mailbox, &flight).await?;
            readers.spawn(reader.read(self.is_paced, over.clone()));
        }
        let before = self.letters.made();
        let (began, end) = (Instant::now(), until(load));
        tokio::select! {
            sent = self.send(load, &flight, |_| Instant::now() < end) => sent?,
            Some(ended) = readers.join_next() => {
                ended??;
                anyhow::bail!("a reader ended before the turn did");
            }
        }
        over.cancel();
        while let Some(ended) = readers.join_next().await {
            ended??;
        }
        let seconds = began.elapsed().as_secs_f64();
        let count = self.letters.made() - before;
        Ok(Carried { count, seconds, delays_ms: flight.delays_ms() })
    }

    /// Publishes while that is wanted, and waits until all has landed.
    async fn send(
        &mut self,
        load: Load,
        flight: &Arc<Flight>,
        goes_on: impl Fn(u64) -> bool,
    ) -> anyhow::Result<()> {
        let (requests, answers) = publish(self.sender.clone()).await?;
        let sizes = Arc::new(Mutex::new(VecDeque::new()));
        let keeper = tokio::spawn(keep(answers, Arc::clone(&sizes), Arc::clone(flight)));
        let sending = async {
            let (began, before) = (Instant::now(), self.letters.made());
            while goes_on(self.letters.made()) {
                let most = match load.per_second {
                    0 => load.batch(),
                    per_second => {
                        // Each at its time; who is late does not send the more then.
                        let made = f64::from(u32::try_from(self.letters.made() - before)?);
                        let at = Duration::from_secs_f64(made / f64::from(per_second));
                        tokio::time::sleep(at.saturating_sub(began.elapsed())).await;
                        1
                    }
                };
                let count = flight.room(most).await?;
                let (envelopes, counts) = self.letters.take(count)?;
                flight.sent(counts);
                sizes.lock().unwrap_or_else(PoisonError::into_inner).push_back(counts);
                let sent = requests.send(PublishRequest { envelopes }).await;
                sent.context("the bus has ended the stream")?;
            }
            drop(requests);
            anyhow::Ok(())
        };
        let sent = sending.await;
        keeper.await??;
        sent?;
        landed(flight).await
    }
}

/// Where the requests of a stream go in.
pub type Requests = mpsc::Sender<PublishRequest>;

/// Opens a stream of requests.
pub async fn publish(channel: Channel) -> Result<(Requests, Streaming<PublishResponse>), Status> {
    let (requests, queue) = mpsc::channel(QUEUE);
    let answer = BusServiceClient::new(channel).publish(ReceiverStream::new(queue)).await?;
    Ok((requests, answer.into_inner()))
}

/// Hears what is kept, in the order of the requests.
async fn keep(
    mut answers: Streaming<PublishResponse>,
    sizes: Arc<Mutex<VecDeque<Counts>>>,
    flight: Arc<Flight>,
) -> anyhow::Result<()> {
    while let Some(PublishResponse { refusal, .. }) = answers.message().await? {
        if let Some(refusal) = refusal {
            anyhow::bail!("the bus refuses: {} {}", refusal.reason, refusal.message);
        }
        let counts = sizes.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        flight.kept(counts.context("more was answered than was sent")?);
    }
    Ok(())
}

/// The reader of one mailbox, its stream open.
struct Reader {
    identity: Identity,
    clock: Clock,
    mailbox: usize,
    requests: mpsc::UnboundedSender<SubscribeRequest>,
    said: Streaming<SubscribeResponse>,
    flight: Arc<Flight>,
    /// What has come and is not acknowledged, and of which log.
    fetched: Vec<Delivery>,
    log_id: String,
    /// Credit that was given so far.
    credit: u64,
    /// Acknowledgements that are not answered.
    open: usize,
    /// What has come, and what of it was still open when it was acknowledged.
    came: u64,
    acknowledged: u64,
}

impl Reader {
    async fn open(
        (identity, channel): (Identity, Channel),
        mailbox: usize,
        flight: &Arc<Flight>,
    ) -> anyhow::Result<Reader> {
        let credit = flight.credit(mailbox);
        let (requests, said) = subscribe(channel, u32::try_from(credit)?).await?;
        Ok(Reader {
            identity,
            clock: Clock::system(),
            mailbox,
            requests,
            said,
            flight: Arc::clone(flight),
            fetched: Vec::new(),
            log_id: String::new(),
            credit,
            open: 0,
            came: 0,
            acknowledged: 0,
        })
    }

    /// Reads until the turn is over, and until every acknowledgement is answered.
    /// Whatever comes twice is a fault here: no turn is as long as a lease.
    async fn read(mut self, is_paced: bool, over: CancellationToken) -> anyhow::Result<()> {
        while !over.is_cancelled() || self.open > 0 {
            let said = tokio::select! {
                said = self.said.message() => said?,
                () = over.cancelled(), if !over.is_cancelled() => continue,
                () = self.flight.more(self.mailbox), if is_paced => {
                    self.top_up()?;
                    continue;
                }
            };
            self.hear(said)?;
            // What is here already is signed for together.
            while self.fetched.len() < PLACES
                && let Some(said) = self.said.message().now_or_never()
            {
                self.hear(said?)?;
            }
            self.take()?;
        }
        let (came, open) = (self.came, self.acknowledged);
        anyhow::ensure!(came == open, "{came} have come, and {open} of them were open");
        Ok(())
    }

    fn hear(&mut self, said: Option<SubscribeResponse>) -> anyhow::Result<()> {
        let said = said.and_then(|said| said.response).context("the bus has ended a stream")?;
        match said {
            Said::Deliveries(fetched) => {
                self.fetched.extend(fetched.deliveries);
                self.log_id = fetched.log_id;
            }
            Said::Acknowledged(answer) => {
                self.open = self.open.saturating_sub(1);
                self.acknowledged += u64::from(answer.newly_acknowledged);
            }
            Said::Refusal(refusal) => anyhow::bail!("the bus refuses: {}", refusal.message),
            Said::Refused(_) | Said::Extended(_) => {}
        }
        Ok(())
    }

    fn take(&mut self) -> anyhow::Result<()> {
        let deliveries = std::mem::take(&mut self.fetched);
        if deliveries.is_empty() {
            return Ok(());
        }
        for piece in deliveries.chunks(PLACES) {
            let places = piece.iter().map(|delivery| delivery.place).collect();
            self.open += 1;
            let proof = Some(self.sign(piece, &self.log_id)?);
            let log_id = self.log_id.clone();
            self.ask(Ask::Acknowledge(AcknowledgeRequest { places, log_id, proof }))?;
        }
        self.came += deliveries.len() as u64;
        self.flight.read(self.mailbox, deliveries.len());
        self.top_up()
    }

    /// Signs as a role does; only that nothing here is kept.
    fn sign(&self, piece: &[Delivery], log_id: &str) -> anyhow::Result<Proof> {
        let held = |delivery: &Delivery| {
            Held::encoded(&delivery.envelope).context("what has come is no envelope")
        };
        let held = piece.iter().map(held);
        let held: Vec<Held> = held.collect::<anyhow::Result<_>>()?;
        Ok(proof::sign(&self.identity, log_id, self.clock.now(), held)?)
    }

    fn top_up(&mut self) -> anyhow::Result<()> {
        let credit = self.flight.credit(self.mailbox);
        let more = credit.saturating_sub(self.credit);
        self.credit += more;
        if more > 0 { self.ask(Ask::Credit(u32::try_from(more)?)) } else { Ok(()) }
    }

    fn ask(&self, ask: Ask) -> anyhow::Result<()> {
        let request = SubscribeRequest { request: Some(ask) };
        self.requests.send(request).context("the bus has ended a stream")
    }
}

type Asking = mpsc::UnboundedSender<SubscribeRequest>;

async fn subscribe(
    channel: Channel,
    credit: u32,
) -> Result<(Asking, Streaming<SubscribeResponse>), Status> {
    let (requests, queue) = mpsc::unbounded_channel();
    let open = Open { credit, ..Open::default() };
    let first = SubscribeRequest { request: Some(Ask::Open(open)) };
    requests.send(first).map_err(|_| Status::cancelled("nobody listens"))?;
    let queue = UnboundedReceiverStream::new(queue);
    let said = BusServiceClient::new(channel).subscribe(queue).await?;
    Ok((requests, said.into_inner()))
}

/// Opens a mailbox, waits for the first delivery, and gives it back by ending the stream.
async fn first_delivery(channel: Channel) -> Result<usize, Status> {
    let (_requests, mut said) = subscribe(channel, 1).await?;
    match said.message().await?.and_then(|said| said.response) {
        Some(Said::Deliveries(fetched)) => Ok(fetched.deliveries.len()),
        _ => Err(Status::internal("the first thing said is no delivery")),
    }
}

type Line = (Identity, Channel);

fn channels(ground: &Ground, server: &Server) -> anyhow::Result<(Channel, Vec<Line>)> {
    let sender = ground.channel(server, &Party::service(Role::Worker))?;
    let reader = |unit: &&str| {
        let party = Party::unit(&UnitId::parse(*unit)?);
        Ok((ground.identity(&party)?, ground.channel(server, &party)?))
    };
    let readers = MAILBOXES.iter().map(reader).collect::<anyhow::Result<_>>()?;
    Ok((sender, readers))
}
