//! The raw limit of the wire: an empty stream of tonic, with the envelopes and the TLS of the bus.
//!
//! What comes in on a bidirectional stream goes out on it again: each envelope passes the wire
//! twice, as it does from a sender through the bus to a reader, in the bus's own requests and
//! deliveries. Nothing is kept, looked at or handed from one stream to another. The server is a
//! process of its own, with the listener and the limits of every role.

use std::{
    convert::Infallible,
    path::Path,
    pin::Pin,
    process::ExitCode,
    sync::Arc,
    task::{Context as Turn, Poll},
    time::Instant,
};

use anyhow::Context;
use domain::party::{Party, Role};
use futures::{Stream, StreamExt as _, future::BoxFuture};
use kit::{
    access::Access,
    client::Channel,
    clock::Clock,
    identity::ServerTls,
    server::{self, Services},
};
use proto::sealed::{Delivery, FetchResponse, PublishRequest};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Request, Response, Status, Streaming,
    body::Body,
    client,
    codegen::{Service, http},
    server::{Grpc, NamedService, StreamingService},
};
use tonic_prost::ProstCodec;

use super::{
    envelope::Letters,
    flight::{Counts, Flight},
    ground::{Ground, Server},
    turn::{Carried, Load, landed, until},
};
use crate::role::Ready;

/// How many requests may wait to be written.
const QUEUE: usize = 16;

/// The service that does nothing, under the name of the bus: the policies let its sender in.
#[derive(Clone, Copy, Debug)]
pub struct Empty;

impl NamedService for Empty {
    const NAME: &'static str = "muster.bus.v1.BusService";
}

impl Service<http::Request<Body>> for Empty {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Turn<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(
            async move { Ok(Grpc::new(ProstCodec::default()).streaming(Carry, request).await) },
        )
    }
}

/// Its one method.
struct Carry;

impl StreamingService<PublishRequest> for Carry {
    type Response = FetchResponse;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<FetchResponse, Status>> + Send>>;
    type Future = std::future::Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<PublishRequest>>) -> Self::Future {
        let out = request.into_inner().map(|came| came.map(back));
        std::future::ready(Ok(Response::new(Box::pin(out))))
    }
}

fn back(request: PublishRequest) -> FetchResponse {
    let delivery = |envelope| Delivery { attempt: 1, envelope, ..Delivery::default() };
    let deliveries = request.envelopes.into_iter().map(delivery).collect();
    FetchResponse { deliveries, log_id: String::new() }
}

/// Serves it until it is told to end.
pub async fn serve(config: &Path) -> anyhow::Result<ExitCode> {
    let Ready { config, city, identity, listener, shutdown } = Ready::read(config).await?;
    let services = Services::new(&Access::of(&city)?, Role::Bus).with(Empty);
    server::serve(listener, &ServerTls::new(&identity)?, services, &config.limits, shutdown)
        .await?;
    Ok(ExitCode::SUCCESS)
}

/// The client's side.
pub struct EmptyStream {
    server: Server,
    channel: Channel,
    letters: Letters,
}

impl EmptyStream {
    /// Starts the server.
    pub async fn start(ground: &Ground) -> anyhow::Result<EmptyStream> {
        let sender = Party::service(Role::Worker);
        let server = ground.role("empty", &["bench", "empty-stream"]).await?;
        let channel = ground.channel(&server, &sender)?;
        let letters = Letters::new(&ground.city.id, &sender, Clock::system().now());
        server.until(async || open(channel.clone()).await.map(drop)).await?;
        Ok(EmptyStream { server, channel, letters })
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.server.guardian.pid()
    }

    /// Plays a turn.
    pub async fn carry(&mut self, load: Load) -> anyhow::Result<Carried> {
        let flight = Arc::new(Flight::new(load.window));
        let (requests, answers) = open(self.channel.clone()).await?;
        let (sizes, sent) = mpsc::unbounded_channel();
        let before = self.letters.made();
        let reader = tokio::spawn(read(answers, sent, Arc::clone(&flight)));
        let (began, end) = (Instant::now(), until(load));
        while Instant::now() < end {
            let count = flight.room(load.batch()).await?;
            let (envelopes, counts) = self.letters.take(count)?;
            flight.sent(counts);
            sizes.send(counts).context("the reader has ended")?;
            let sent = requests.send(PublishRequest { envelopes }).await;
            sent.context("the stream has ended")?;
        }
        landed(&flight).await?;
        let seconds = began.elapsed().as_secs_f64();
        drop(requests);
        drop(sizes);
        reader.await??;
        let count = self.letters.made() - before;
        Ok(Carried { count, seconds, delays_ms: flight.delays_ms() })
    }
}

async fn open(
    channel: Channel,
) -> Result<(mpsc::Sender<PublishRequest>, Streaming<FetchResponse>), Status> {
    let (requests, queue) = mpsc::channel(QUEUE);
    let mut grpc = client::Grpc::new(channel);
    let ready = grpc.ready().await;
    ready.map_err(|error| Status::unavailable(error.to_string()))?;
    let path = http::uri::PathAndQuery::from_static("/muster.bus.v1.BusService/Publish");
    let request = Request::new(ReceiverStream::new(queue));
    let answer = grpc.streaming(request, path, ProstCodec::default()).await?;
    Ok((requests, answer.into_inner()))
}

async fn read(
    mut answers: Streaming<FetchResponse>,
    mut sent: mpsc::UnboundedReceiver<Counts>,
    flight: Arc<Flight>,
) -> anyhow::Result<()> {
    while let Some(answer) = answers.message().await? {
        let counts = sent.recv().await.context("more has come than was sent")?;
        let count: usize = counts.iter().sum();
        anyhow::ensure!(answer.deliveries.len() == count, "not what was sent has come");
        flight.kept(counts);
        for (mailbox, count) in counts.into_iter().enumerate() {
            flight.read(mailbox, count);
        }
    }
    Ok(())
}
