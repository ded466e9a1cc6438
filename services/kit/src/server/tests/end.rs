//! Deadlines, and how a server ends.

use tonic_health::pb::health_check_response::ServingStatus as Said;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;

use super::*;

#[tokio::test]
async fn a_call_ends_at_the_servers_deadline_or_at_the_clients() {
    let city = City::new("wenshan");
    let (deadline, deadline_max) = (Duration::from_millis(100), Duration::from_secs(2));
    let limits = Limits { deadline, deadline_max, ..Limits::default() };
    let running = Running::start(&city.identity("service/bus"), limits).await;
    let channel = running.channel(&city.identity("unit/fire"));
    // The client asks for longer than the server's own deadline, and gets it.
    call(&channel, "Slow", Some(Duration::from_secs(5))).await.unwrap();
    let late = call(&channel, "Hang", Some(Duration::from_millis(100))).await.unwrap_err();
    assert!(matches!(late.code(), Code::DeadlineExceeded | Code::Cancelled), "{late}");
    // It asks for more than there is.
    let began = std::time::Instant::now();
    let late = call(&channel, "Hang", Some(Duration::from_secs(60))).await.unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded);
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    let hanging = running.probe.hanging.clone();
    eventually("the handlers are gone", || hanging.load(Ordering::SeqCst) == 0).await;
    running.end().await;
}

#[tokio::test]
async fn a_stream_outlives_the_deadline() {
    let city = City::new("wenshan");
    let deadline = Duration::from_secs(1);
    let limits = Limits { deadline, ..Limits::default() };
    let running = Running::start(&city.identity("service/bus"), limits).await;
    let channel = running.channel(&city.identity("unit/fire"));
    // The connection stands: what is timed is the stream.
    healthy(&channel).await.unwrap();
    let request = client::deadline(Request::new(Default::default()), deadline);
    let mut watch = HealthClient::new(channel).watch(request).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), Said::Serving);
    let next = tokio::time::timeout(deadline * 2, watch.message()).await;
    assert!(next.is_err(), "{next:?}");
    running.end().await;
}

#[tokio::test]
async fn what_is_in_flight_finishes_and_watchers_are_told() {
    let city = City::new("wenshan");
    let running = Running::start(&city.identity("service/bus"), Limits::default()).await;
    let (address, shutdown) = (running.address, running.shutdown.clone());
    let channel = running.channel(&city.identity("unit/fire"));
    let mut watch =
        HealthClient::new(channel.clone()).watch(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(watch.get_mut().message().await.unwrap().unwrap().status(), Said::Serving);
    let slow = tokio::spawn(async move { call(&channel, "Slow", None).await });
    let hanging = running.probe.hanging.clone();
    eventually("the call is in flight", || hanging.load(Ordering::SeqCst) == 1).await;
    shutdown.cancel();
    assert_eq!(watch.get_mut().message().await.unwrap().unwrap().status(), Said::NotServing);
    assert!(watch.get_mut().message().await.unwrap().is_none());
    let refused = async { while tokio::net::TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, refused).await.unwrap();
    slow.await.unwrap().unwrap();
    running.end().await;
}

#[tokio::test]
async fn what_does_not_finish_is_cut() {
    let city = City::new("wenshan");
    let limits = Limits { drain: Duration::from_millis(200), ..Limits::default() };
    let running = Running::start(&city.identity("service/bus"), limits).await;
    let hanging = running.probe.hanging.clone();
    let channel = running.channel(&city.identity("unit/fire"));
    let call = tokio::spawn({
        let channel = channel.clone();
        async move { call(&channel, "Hang", None).await }
    });
    let mut stream = ServerReflectionClient::new(channel)
        .server_reflection_info(tokio_stream::pending())
        .await
        .unwrap()
        .into_inner();
    eventually("the call hangs", || hanging.load(Ordering::SeqCst) == 1).await;
    running.end().await;
    assert!(call.await.unwrap().is_err());
    assert!(stream.message().await.is_err());
    eventually("the handler is gone", || hanging.load(Ordering::SeqCst) == 0).await;
}

#[tokio::test]
async fn a_server_whose_future_is_dropped_leaves_nothing_behind() {
    let city = City::new("wenshan");
    let running = Running::start(&city.identity("service/bus"), Limits::default()).await;
    let hanging = running.probe.hanging.clone();
    let channel = running.channel(&city.identity("unit/fire"));
    let call = tokio::spawn(async move { call(&channel, "Hang", None).await });
    eventually("the call hangs", || hanging.load(Ordering::SeqCst) == 1).await;
    running.task.abort();
    assert!(call.await.unwrap().is_err());
    eventually("the handler is gone", || hanging.load(Ordering::SeqCst) == 0).await;
}

#[tokio::test]
async fn a_channel_finds_the_server_again() {
    let city = City::new("wenshan");
    let server = city.identity("service/bus");
    let running = Running::start(&server, Limits::default()).await;
    let address = running.address;
    let channel = running.channel(&city.identity("unit/fire"));
    healthy(&channel).await.unwrap();
    running.end().await;
    let away = healthy(&channel).await.unwrap_err();
    assert_eq!(away.code(), Code::Unavailable, "{away}");
    let listener = TcpListener::bind(address).await.unwrap();
    let running = Running::on(listener, &server, Limits::default());
    healthy(&channel).await.unwrap();
    running.end().await;
}
