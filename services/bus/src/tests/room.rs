//! A record that lets go of what is in its archive: its view, its chain, and what is wrong with a copy.

use proto::bus::{
    Behind, FollowRequest, GetStatusRequest, Open, PutSubscriberRequest, ReaderKind,
    RemoveSubscriberRequest, Start, SubscribeRequest, start, subscribe_request::Request as Asked,
    subscribe_response::Response as Said,
};

use super::{
    door::{City, Client, call},
    *,
};
use crate::{
    conformance::{
        envelope, publish,
        room::{room, rounds},
    },
    engine::Room,
};

fn is_small(room: &Room) -> bool {
    room.first > 80 && room.journal_bytes <= 8_192 + 4_096
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_made_anew_the_same_from_archive_and_journal_which_are_one_chain() {
    let folder = Folder::new();
    let (dir, config) = (folder.0.path(), conformance::config());
    let engine = opened(dir, &config, Clock::system()).await;
    rounds(&engine).await;
    room(&engine, is_small).await;
    let before = engine.dump();
    drop(engine);
    let engine = opened(dir, &config, Clock::system()).await;
    assert_eq!(engine.dump(), before);
    drop(engine);
    drop(opened(dir, &config, Clock::system()).await);
    std::fs::remove_dir_all(dir.join("view")).unwrap();
    let engine = opened(dir, &config, Clock::system()).await;
    assert_eq!(engine.dump(), before);
    publish(&engine, vec![envelope("unit/fire", 1, "case/w/1")]).await;
    let last = engine.dump().0;
    drop(engine);
    drop(opened(dir, &config, Clock::system()).await);
    let verified = journal::verify(dir.join("journal")).unwrap();
    assert_eq!(verified.records, last);
    assert!(verified.trimmed > 3 && verified.segments > verified.archived, "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_copy_lets_nothing_go_and_is_named_with_who_must_act() {
    let folder = Folder::new();
    let (dir, config) = (folder.0.path(), conformance::config());
    let engine = opened(dir, &config, Clock::system()).await;
    let mut number = 0;
    let mut more = async |count| {
        for _ in 0..count {
            number += 1;
            publish(&engine, vec![envelope("", number, "case/w/9")]).await;
        }
    };
    more(60).await;
    let first = room(&engine, |room| room.first > 1 && room.archived >= room.first).await.first;
    let copy = dir.join("archive").join(format!("{first:020}.seg"));
    let mut bytes = std::fs::read(&copy).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&copy, bytes).unwrap();
    more(60).await;
    let held = room(&engine, |room| room.hold.is_some()).await;
    let hold = held.hold.unwrap();
    assert_eq!(hold.by, "archive");
    assert!(hold.why.contains(&copy.display().to_string()), "{}", hold.why);
    assert_eq!(held.first, first);
    // It serves on, and whoever looks at its folder is told as well.
    more(10).await;
    let told = kit::store::Kept::of(dir).unwrap();
    assert_eq!(told.hold.map(|hold| hold.by), Some("archive".to_owned()));
    std::fs::remove_file(&copy).unwrap();
    let over = room(&engine, |room| room.hold.is_none() && is_small(room)).await;
    assert!(over.first > first, "{over:?}");
}

async fn status(client: &mut Client) -> proto::bus::Room {
    client.get_status(GetStatusRequest {}).await.unwrap().into_inner().room.unwrap()
}

/// Waits for a state of the room that is seen over the wire.
async fn until(client: &mut Client, is_so: impl Fn(&proto::bus::Room) -> bool) -> proto::bus::Room {
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let room = status(client).await;
        if is_so(&room) {
            return room;
        }
        assert!(tokio::time::Instant::now() < end, "{room:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What a subscriber of everything reads, so many of it.
async fn subscribed(client: &mut Client, count: usize) -> Vec<u64> {
    let open = Open { subscriber: "all".into(), credit: 1_000, lease_ms: 0 };
    let open = SubscribeRequest { request: Some(Asked::Open(open)) };
    let (to, requests) = tokio::sync::mpsc::channel(1);
    to.send(open).await.unwrap();
    let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
    let mut stream = client.subscribe(requests).await.unwrap().into_inner();
    let mut places = Vec::new();
    while places.len() < count {
        let said = tokio::time::timeout(PATIENCE, stream.message()).await.unwrap();
        if let Some(Said::Deliveries(piece)) = said.unwrap().unwrap().response {
            places.extend(piece.deliveries.into_iter().map(|one| one.place));
        }
    }
    places
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_and_subscribes_reads_on_from_the_archive_and_an_abandoned_one_can_be_ended() {
    let mut city = City::start().await;
    let (mut sender, mut admin) = (city.client("unit/enforcement"), city.client("admin/root"));
    let start = Some(Start { start: Some(start::Start::AfterPlace(0)) });
    let all = PutSubscriberRequest { name: "all".into(), selection: None, start };
    admin.put_subscriber(all).await.unwrap();
    let mut places = Vec::new();
    for number in 1..=40 {
        let taken = sender.publish_batch(call([number])).await.unwrap().into_inner();
        places.extend(taken.placements.iter().map(|placed| placed.place));
    }
    until(&mut admin, |room| room.first_place > places[9]).await;
    // What is at hand is gone with the process.
    city.restart().await;
    let mut admin = city.client("admin/root");
    let follow = FollowRequest::default();
    let mut follower = city.client("service/worker");
    let mut record = follower.follow(follow).await.unwrap().into_inner();
    let mut followed = Vec::new();
    while followed.len() < places.len() {
        let piece = tokio::time::timeout(PATIENCE, record.message()).await.unwrap();
        let piece = piece.unwrap().unwrap().recorded;
        followed.extend(piece.into_iter().map(|one| one.place));
    }
    assert_eq!(followed, places);
    assert_eq!(subscribed(&mut admin, places.len()).await, places);

    let room = status(&mut admin).await;
    assert_eq!((room.bound_bytes, room.hold.is_none()), (8_192, true), "{room:?}");
    assert!(room.archive_bytes > 0 && room.view_bytes > 0 && room.archive_free_bytes > 0);
    let kind = ReaderKind::Subscriber.into();
    let one = Behind { kind, party: "admin/root".into(), subscriber: "all".into(), place: 1 };
    assert!(room.behind.contains(&one), "{room:?}");
    admin.remove_subscriber(RemoveSubscriberRequest { name: "all".into() }).await.unwrap();
    until(&mut admin, |room| !room.behind.contains(&one)).await;
    city.stop().await;
}
