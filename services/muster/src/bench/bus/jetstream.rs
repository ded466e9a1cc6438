//! NATS JetStream by its own client, as its documentation recommends.
//!
//! A stream on files for each mailbox, which is faster for it than one stream of four subjects, since
//! four then sync side by side; publishing goes on while acknowledgements are under way; a durable
//! pull consumer for each mailbox whose messages come as a stream of batches, each acknowledged by
//! itself (it syncs no single one of these: a consumer's state is written from time to time). The
//! sender and every reader have a connection of their own, by mutual TLS. A message is the same 1,024
//! bytes; it is not decoded, and it has no id by which JetStream would look for repeats: both would
//! only cost it more.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use async_nats::{
    Client, ConnectOptions,
    jetstream::{self, consumer::PullConsumer, consumer::pull, context::PublishAckFuture, stream},
};
use domain::{
    id::UnitId,
    party::{Party, Role},
};
use futures::StreamExt as _;
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    envelope::{BYTES, MAILBOXES},
    flight::{Counts, Flight},
    ground::{Ground, LOOK, PATIENCE, Server},
    nats::{self, Sync},
    turn::{Carried, Load, landed, until},
};

/// How many messages a reader asks for at a time.
const BATCH: usize = 500;
/// How many may be with a reader that it has not acknowledged; its default is 1,000.
const PENDING: i64 = 10_000;

/// A server, and its clients.
pub struct JetStream {
    server: Server,
    sender: jetstream::Context,
    readers: Vec<Reader>,
    made: u64,
}

/// The reader of one mailbox.
#[derive(Clone)]
struct Reader {
    client: Client,
    consumer: PullConsumer,
}

impl JetStream {
    /// Starts the server, connects, and makes the streams and their consumers.
    pub async fn start(ground: &Ground, sync: Sync) -> anyhow::Result<JetStream> {
        let server = nats::start(ground, sync).await?;
        let worker = Party::service(Role::Worker);
        let client = server.until(async || connect(ground, &server, &worker).await).await?;
        let sender = jetstream::new(client);
        let mut readers = Vec::new();
        for unit in MAILBOXES {
            let config = stream::Config {
                name: unit.to_owned(),
                subjects: vec![format!("mailbox.{unit}")],
                storage: stream::StorageType::File,
                ..stream::Config::default()
            };
            sender.create_stream(config).await?;
            readers.push(Reader::open(ground, &server, unit).await?);
        }
        Ok(JetStream { server, sender, readers, made: 0 })
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
        for (mailbox, reader) in self.readers.iter().cloned().enumerate() {
            readers.spawn(reader.read(mailbox, Arc::clone(&flight), over.clone()));
        }
        let before = self.made;
        let began = Instant::now();
        tokio::select! {
            sent = self.send(load, Arc::clone(&flight)) => sent?,
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
        Ok(Carried { count: self.made - before, seconds, delays_ms: flight.delays_ms() })
    }

    async fn send(&mut self, load: Load, flight: Arc<Flight>) -> anyhow::Result<()> {
        let mut keepers = JoinSet::new();
        let acks = std::array::from_fn::<_, { MAILBOXES.len() }, _>(|mailbox| {
            let (acks, waiting) = mpsc::unbounded_channel();
            keepers.spawn(keep(mailbox, waiting, Arc::clone(&flight)));
            acks
        });
        let filling: Vec<u8> = (0..=u8::MAX).cycle().take(BYTES).collect();
        let end = until(load);
        while Instant::now() < end {
            for _ in 0..flight.room(load.window).await? {
                let mailbox = usize::try_from(self.made % MAILBOXES.len() as u64)?;
                self.made += 1;
                let mut payload = filling.clone();
                payload[..8].copy_from_slice(&self.made.to_be_bytes());
                flight.sent(one(mailbox));
                let subject = format!("mailbox.{}", MAILBOXES[mailbox]);
                let ack = self.sender.publish(subject, payload.into()).await?;
                acks[mailbox].send(ack).context("nobody waits for acknowledgements")?;
            }
        }
        drop(acks);
        while let Some(ended) = keepers.join_next().await {
            ended??;
        }
        landed(&flight).await
    }
}

impl Reader {
    async fn open(ground: &Ground, server: &Server, unit: &str) -> anyhow::Result<Reader> {
        let client = connect(ground, server, &Party::unit(&UnitId::parse(unit)?)).await?;
        let stream = jetstream::new(client.clone()).get_stream(unit).await?;
        let config = pull::Config {
            durable_name: Some(unit.to_owned()),
            max_ack_pending: PENDING,
            ..pull::Config::default()
        };
        Ok(Reader { client, consumer: stream.create_consumer(config).await? })
    }

    /// Reads until the turn is over, and until the server has every acknowledgement.
    async fn read(
        mut self,
        mailbox: usize,
        flight: Arc<Flight>,
        over: CancellationToken,
    ) -> anyhow::Result<()> {
        let mut last = 0;
        let mut messages = self.consumer.stream().max_messages_per_batch(BATCH).messages().await?;
        loop {
            let message = tokio::select! {
                message = messages.next() => message.context("the messages have ended")??,
                () = over.cancelled() => break,
            };
            let number = message.payload.first_chunk().copied().map_or(0, u64::from_be_bytes);
            message.ack().await.map_err(anyhow::Error::from_boxed)?;
            // What was delivered before comes again.
            if number > last {
                last = number;
                flight.read(mailbox, 1);
            }
        }
        self.client.flush().await?;
        let settled = tokio::time::timeout(PATIENCE, self.settled()).await;
        settled.context("not every acknowledgement has come")?
    }

    async fn settled(&mut self) -> anyhow::Result<()> {
        while self.consumer.info().await?.num_ack_pending > 0 {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}

/// Waits for acknowledgements in the order of what was published to a mailbox.
async fn keep(
    mailbox: usize,
    mut waiting: mpsc::UnboundedReceiver<PublishAckFuture>,
    flight: Arc<Flight>,
) -> anyhow::Result<()> {
    while let Some(ack) = waiting.recv().await {
        ack.await?;
        flight.kept(one(mailbox));
    }
    Ok(())
}

fn one(mailbox: usize) -> Counts {
    let mut counts = Counts::default();
    counts[mailbox] = 1;
    counts
}

async fn connect(ground: &Ground, server: &Server, party: &Party) -> anyhow::Result<Client> {
    ground.identity(party)?;
    let stem = party.to_string().replace('/', "-");
    let [certificate, key] = ["pem", "key"].map(|end| ground.paper(&format!("{stem}.{end}")));
    let options = ConnectOptions::new()
        .require_tls(true)
        .add_root_certificates(ground.paper("ca.pem"))
        .add_client_certificate(certificate, key)
        .connection_timeout(Duration::from_secs(5));
    Ok(options.connect(format!("tls://127.0.0.1:{}", server.port)).await?)
}
