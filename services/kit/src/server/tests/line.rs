//! A channel that is in use leaves its old connection when its certificate changes, and how soon what
//! is revoked is known by the times that ship.

use super::{
    rotation::{taken, watched},
    *,
};
use crate::identity::{EVERY, Files};

/// What stands between a client and its server, and counts their connections.
#[derive(Clone, Default)]
struct Relay {
    laid: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

impl Relay {
    async fn start(&self, to: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let relay = self.clone();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let open = Hanging::new(&relay.open);
                relay.laid.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut far = tokio::net::TcpStream::connect(to).await.unwrap();
                    let _end = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                    drop(open);
                });
            }
        });
        address
    }

    /// How many connections there were, and how many there are.
    fn count(&self) -> (usize, usize) {
        (self.laid.load(Ordering::SeqCst), self.open.load(Ordering::SeqCst))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_in_use_leaves_its_old_connection_and_what_is_under_way_there_ends_well() {
    let city = City::new("wenshan");
    let (bus, unit) = (city.identity("service/bus"), watched(&city, "unit/fire"));
    let running = Running::start(&bus, Limits::default()).await;
    let relay = Relay::default();
    let address = format!("https://{}", relay.start(running.address).await);
    let to = Endpoint { address, server: "service/bus".parse().unwrap() };
    let channel = connect_lazy(&unit, &to, &client::Limits::default()).unwrap();
    for _ in 0..3 {
        call(&channel, "Who", None).await.unwrap();
    }
    assert_eq!(relay.count(), (1, 1), "one connection carries all calls");

    // A call is under way when the certificate changes, and the next one begins before it has ended.
    let slow = channel.clone();
    let under_way = tokio::spawn(async move { call(&slow, "Slow", None).await });
    let hanging = running.probe.hanging.clone();
    eventually("it is under way", || hanging.load(Ordering::SeqCst) == 1).await;
    let party = unit.party().clone();
    taken(&[&unit], || drop(city.authority.rotate(&party).unwrap())).await;
    call(&channel, "Who", None).await.unwrap();
    assert_eq!(relay.count().0, 2, "it goes by the new certificate, so by a new connection");
    under_way.await.unwrap().unwrap();
    eventually("the old connection is left", || relay.count() == (2, 1)).await;
    // Both live on: who lets go of the last one closes the connection.
    let clone = channel.clone();
    for one in [&clone, &channel] {
        call(one, "Who", None).await.unwrap();
    }
    assert_eq!(relay.count(), (2, 1), "and all go by the new one");
    running.end().await;
}

/// As often as the files are read where Muster runs, and a minute is far more than that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_revoked_is_out_within_a_minute_by_the_times_that_ship() {
    assert!(
        EVERY * 4 < Duration::from_secs(60),
        "a look, another one that was missed, and the cut"
    );
    let city = City::new("wenshan");
    let party: Party = "service/bus".parse().unwrap();
    city.authority.issue_to(city.path(), &party).unwrap();
    let files = Files::of(city.path(), &party);
    let bus = files.load().unwrap();
    files.watch(&bus, EVERY);
    let stolen = city.identity("unit/thief");
    let running = Running::start(&bus, Limits::default()).await;
    let channel = running.channel(&stolen);
    healthy(&channel).await.unwrap();
    let open = tokio::spawn(async move { call(&channel, "Hang", None).await });
    city.authority.revoke(stolen.party(), "the key was stolen", "li").unwrap();
    let ended = tokio::time::timeout(EVERY * 4, open).await.expect("it is cut").unwrap();
    assert!(ended.is_err());
    assert!(healthy(&running.channel(&stolen)).await.is_err());
    running.end().await;
}
