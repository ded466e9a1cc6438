//! The gateway beside a bus that comes late: what was taken goes there and comes back.

use std::{pin::Pin, sync::Mutex};

use kit::server;
use proto::bus::{
    CommitRequest, CommitResponse, FollowRequest, FollowResponse, Placement, PublishBatchRequest,
    PublishBatchResponse, Recorded, WatchReceiptsRequest, WatchReceiptsResponse,
    bus_service_server::{BusService, BusServiceServer},
};
use tokio::sync::watch;
use tokio_stream::{Stream, StreamExt as _, wrappers::WatchStream};
use tonic::{Request, Response};

use super::*;

/// As little of a bus as the gateway can live with: one sender, all in memory.
struct Little {
    recorded: watch::Sender<Vec<Recorded>>,
    committed: Arc<Mutex<u64>>,
}

type Answer<T> = Result<Response<T>, Status>;
type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl BusService for Little {
    async fn publish_batch(
        &self,
        request: Request<PublishBatchRequest>,
    ) -> Answer<PublishBatchResponse> {
        let mut placements = Vec::new();
        self.recorded.send_modify(|recorded| {
            for envelope in request.into_inner().envelopes {
                let place = recorded.len() as u64 + 1;
                let accepted_at_ms = NOW.0 + 7_000;
                recorded.push(Recorded { place, accepted_at_ms, envelope: Some(envelope) });
                placements.push(Placement { place, accepted_at_ms, is_duplicate: false });
            }
        });
        Ok(Response::new(PublishBatchResponse { placements, log_id: "log".into() }))
    }

    async fn follow(&self, request: Request<FollowRequest>) -> Answer<Streamed<FollowResponse>> {
        let after = request.into_inner().after_place;
        let stream = WatchStream::new(self.recorded.subscribe()).map(move |recorded| {
            // All of it each time: what came before is passed over by its number.
            let recorded = recorded.into_iter().filter(|one| one.place > after).collect();
            Ok(FollowResponse { log_id: "log".into(), recorded, upto: 0 })
        });
        Ok(Response::new(Box::pin(stream)))
    }

    async fn commit(&self, request: Request<CommitRequest>) -> Answer<CommitResponse> {
        let place = request.into_inner().place;
        let mut committed = self.committed.lock().unwrap();
        *committed = place.max(*committed);
        Ok(Response::new(CommitResponse { place: *committed }))
    }

    async fn watch_receipts(
        &self,
        _: Request<WatchReceiptsRequest>,
    ) -> Answer<Streamed<WatchReceiptsResponse>> {
        Ok(Response::new(Box::pin(tokio_stream::pending())))
    }
}

#[tokio::test]
async fn what_was_taken_without_a_bus_goes_there_when_it_comes_and_is_committed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    drop(listener);
    let running = Running::beside(&address).await;
    let id = running.raise(running.stall("r1")).await;
    assert!(!running.get(DONGFENG, &id).await.unwrap().is_on_bus);

    let listener = TcpListener::bind(address.trim_start_matches("https://")).await.unwrap();
    let identity = running.authority.issue(&"service/bus".parse().unwrap()).unwrap();
    let committed = Arc::new(Mutex::new(0));
    let bus = Little { recorded: watch::Sender::default(), committed: Arc::clone(&committed) };
    let stop = CancellationToken::new();
    let end = stop.clone();
    let bus = tokio::spawn(async move {
        let access = kit::access::Access::of(&city()).unwrap();
        let services = server::Services::new(&access, domain::party::Role::Bus);
        let services = services.with(BusServiceServer::new(bus));
        let tls = ServerTls::new(&identity).unwrap();
        let limits = Limits { drain: Duration::from_millis(10), ..Limits::default() };
        server::serve(listener, &tls, services, &limits, end).await.unwrap();
    });
    eventually("the whistle is back from the bus", async || {
        running.get(DONGFENG, &id).await.unwrap().is_on_bus.then_some(())
    })
    .await;
    eventually("it is committed", async || (*committed.lock().unwrap() == 1).then_some(())).await;
    let history = running.history(DONGFENG, &id).await.unwrap();
    assert_eq!((history[0].place, history[0].accepted_at_ms), (1, NOW.0 + 7_000));
    assert_eq!(running.get(DONGFENG, &id).await.unwrap().raised_at_ms, NOW.0);
    running.stop().await;
    stop.cancel();
    bus.await.unwrap();
}
