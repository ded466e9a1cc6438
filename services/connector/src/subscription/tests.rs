//! A subscriber that is a real HTTP server: it refuses, is away, and comes back; and the one who posts
//! to it is gone and opened again on what its journal has.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use domain::{
    moment::Moment,
    pack,
    party::{Party, Role},
};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use kit::identity::{Authority, Credential};
use proto::{bus::Delivery, case::TaskAccepted, envelope::to_wire};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{asking::Resolve, *};
use crate::{cursor::Reads as _, signature};

/// The system outside: what it answers for each subject, and what it has taken, in order.
#[derive(Clone, Default)]
struct Outside {
    says: Arc<Mutex<BTreeMap<String, u16>>>,
    came: Arc<Mutex<Vec<String>>>,
    taken: Arc<Mutex<Vec<serde_json::Value>>>,
}

impl Outside {
    async fn open(signer: Credential) -> (Outside, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (outside, address) = (Outside::default(), listener.local_addr().unwrap());
        let serving = outside.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (one, signer) = (serving.clone(), signer.clone());
                let answer = move |request| one.clone().answer(request, signer.clone());
                let io = TokioIo::new(stream);
                tokio::spawn(http1::Builder::new().serve_connection(io, service_fn(answer)));
            }
        });
        (outside, address)
    }

    fn says(&self, subject: &str, status: u16) {
        self.says.lock().unwrap().insert(subject.to_owned(), status);
    }

    async fn answer(
        self,
        request: Request<Incoming>,
        signer: Credential,
    ) -> io::Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let header = |name: &str| Some(head.headers.get(name)?.to_str().ok()?.to_owned());
        let path = head.uri.path_and_query().unwrap().as_str();
        let now = Clock::system().now();
        let key = signature::verify(&signer, ("POST", path, &body[..]), header, now).unwrap();
        let content = header("content-type").unwrap();
        assert!(content.starts_with("application/cloudevents+json"), "{content}");
        let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(event["id"], key);
        self.came.lock().unwrap().push(key);
        let subject = event["subject"].as_str().unwrap().to_owned();
        let status = self.says.lock().unwrap().get(&subject).copied().unwrap_or(200);
        if status == 200 {
            self.taken.lock().unwrap().push(event);
        }
        Ok(Response::builder().status(status).body(Full::default()).unwrap())
    }

    /// The keys that it has taken of a subject, in order.
    fn taken(&self, subject: &str) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        let of = taken.iter().filter(|event| event["subject"] == subject);
        of.map(|event| event["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// A city with rows of `outside.csv`, an identity, and a clock that stands.
struct World {
    dir: TempDir,
    city: Arc<City>,
    identity: Identity,
    clock: Clock,
    outside: Outside,
    asked: BTreeMap<String, Subscription>,
}

fn city(rows: &str) -> Arc<City> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
    let mut files = kit::pack::files(&dir).unwrap();
    let text = format!("subscriber,type,why,source\n{rows}");
    files.insert("outside.csv".to_owned(), text.into_bytes());
    Arc::new(pack::load(&files).unwrap_or_else(|faults| panic!("{faults}")))
}

impl World {
    async fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        let city = city("grid,muster.case.v1.Task*,the grid platform,example\n");
        let authority = Authority::open_or_create(&dir.path().join("identity"), &city.id).unwrap();
        let identity = authority.issue(&Party::service(Role::Worker)).unwrap();
        let (outside, address) = Outside::open(identity.credential().unwrap()).await;
        let asked = Subscription {
            types: vec!["muster.case.v1.Task*".to_owned()],
            subjects: Vec::new(),
            from_beginning: false,
            give_up_after: Duration::from_secs(3_600),
            way: http::Config::to(format!("http://{address}/events")),
        };
        let asked = BTreeMap::from([("grid".to_owned(), asked)]);
        let clock = Clock::fixed(Moment(1_795_303_800_000));
        World { dir, city, identity, clock, outside, asked }
    }

    fn open(&self) -> Result<Subscriptions, Error> {
        let ms = Duration::from_millis;
        let waits = Waits { first: ms(20), longest: ms(50) };
        let world = (&self.city, &self.clock);
        let kept = self.dir.path().join("outside");
        let waits = (waits, &House::default());
        Subscriptions::open(&self.asked, waits, world, &self.identity, (&kept, &Intakes::default()))
    }

    /// The one who posts, as it is opened at this moment.
    fn poster(&self) -> Arc<Poster> {
        Arc::clone(&self.open().unwrap().posters["grid"])
    }
}

/// What the bus delivers: the acceptance of a task, by its place and its subject.
fn came(place: u64, subject: &str) -> Delivery {
    let accepted = TaskAccepted { round: 3, ..TaskAccepted::default() };
    let body = proto::body::write(&accepted);
    let outgoing = kit::store::Outgoing::new(format!("e{place}").parse().unwrap(), subject, body);
    let actor = Some("li.na".parse().unwrap());
    let outgoing = kit::store::Outgoing { actor, ..outgoing };
    let source = "unit/enforcement".parse().unwrap();
    let envelope = outgoing.numbered(source, place, Moment(1_795_303_800_123));
    Delivery { place, envelope: Some(to_wire(&envelope)), ..Delivery::default() }
}

fn key(place: u64) -> String {
    format!("unit/enforcement/e{place}")
}

/// Waits until it is so, while what was not taken is tried on.
async fn until(poster: &Poster, what: &str, so: impl Fn() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        never = poster.retry() => match never {},
        () = wait => {}
        () = tokio::time::sleep(Duration::from_secs(20)) => panic!("never: {what}"),
    }
}

fn word(numbers: &[u64], is_skipped: bool) -> Resolve {
    let (subscription, person) = ("grid".to_owned(), "li.na".to_owned());
    Resolve { subscription, numbers: numbers.to_vec(), is_skipped, person, reason: "r".into() }
}

#[tokio::test]
async fn what_leaves_is_an_event_that_anybody_can_read_and_names_no_person() {
    let world = World::new().await;
    world.poster().batch(vec![came(7, "case/wenshan/c")], "log").await.unwrap();
    let event = world.outside.taken.lock().unwrap()[0].clone();
    assert_eq!((&event["specversion"], &event["id"]), (&"1.0".into(), &key(7).into()));
    assert_eq!(event["source"], "/muster/wenshan/unit/enforcement");
    assert_eq!(event["type"], "muster.case.v1.TaskAccepted");
    assert_eq!(event["time"], "2026-11-21T23:30:00.123Z");
    assert_eq!(event["data"], serde_json::json!({ "round": 3 }));
    assert!(!event.to_string().contains("li.na"), "{event}");
}

#[tokio::test]
async fn what_is_not_taken_waits_with_its_subject_alone_and_survives_who_posts() {
    let world = World::new().await;
    world.outside.says("a", 503);
    let all: Vec<_> = [(1, "a"), (2, "b"), (3, "a"), (4, "b")].map(|(p, s)| came(p, s)).into();
    let poster = world.poster();
    poster.batch(all.clone(), "log").await.unwrap();
    assert_eq!((world.outside.taken("a").len(), world.outside.taken("b").len()), (0, 2));
    assert_eq!(poster.counts(), (2, 0));
    // It is gone before the cursor went on: the same comes again to the one after it.
    drop(poster);
    let poster = world.poster();
    assert_eq!(poster.counts(), (2, 0), "what was kept is on disk");
    poster.batch(all, "log").await.unwrap();
    assert_eq!(poster.counts(), (2, 0), "what is known is not kept twice");
    poster.batch(vec![came(5, "a")], "log").await.unwrap();
    assert_eq!(world.outside.came.lock().unwrap().iter().filter(|one| **one == key(5)).count(), 0);
    world.outside.says("a", 200);
    until(&poster, "all is taken", || poster.counts() == (0, 0)).await;
    assert_eq!(world.outside.taken("a"), [key(1), key(3), key(5)], "in order, each once");
    drop(poster);
    assert_eq!(world.poster().counts(), (0, 0));
}

#[tokio::test]
async fn what_is_refused_waits_for_a_person_who_puts_it_back_or_lets_it_go() {
    let world = World::new().await;
    world.outside.says("a", 422);
    world.outside.says("b", 422);
    let poster = world.poster();
    let all = [(1, "a"), (2, "a"), (3, "b"), (4, "b"), (5, "c")];
    poster.batch(all.map(|(p, s)| came(p, s)).into(), "log").await.unwrap();
    assert_eq!((poster.counts(), world.outside.taken("c").len()), ((4, 2), 1));
    let shown = poster.shown();
    assert!(shown.parked == 2 && shown.taken == 1, "{shown:?}");
    let find = |at: u64| {
        let page = poster.record.kept().page(0, 100);
        page.into_iter().find(|(_, item)| item.message.key == key(at)).unwrap()
    };
    let (one, two, three) = (find(1), find(2), find(3));
    assert_eq!((one.1.parked.as_deref(), two.1.parked), (Some("422"), None));
    let no = poster.settle("admin/li", &word(&[two.0], true)).await.unwrap_err();
    assert_eq!(no.reason, "NOT_PARKED", "it waits for another, and not for a person");

    world.outside.says("a", 200);
    assert_eq!(poster.settle("admin/li", &word(&[one.0], false)).await, Ok(1));
    assert_eq!(poster.settle("admin/li", &word(&[one.0], false)).await, Ok(0), "a repeat");
    until(&poster, "a is taken", || world.outside.taken("a").len() == 2).await;
    assert_eq!(world.outside.taken("a"), [key(1), key(2)]);
    world.outside.says("b", 200);
    assert_eq!(poster.settle("admin/li", &word(&[three.0], true)).await, Ok(1));
    until(&poster, "b goes on", || poster.counts() == (0, 0)).await;
    assert_eq!(world.outside.taken("b"), [key(4)], "what was let go is not posted");
    drop(poster);
    let again = world.poster();
    assert_eq!(again.settle("admin/li", &word(&[three.0], true)).await, Ok(0), "known for good");
}

#[tokio::test]
async fn who_is_away_for_too_long_has_a_person_asked() {
    let world = World::new().await;
    world.outside.says("a", 500);
    let poster = world.poster();
    poster.batch(vec![came(1, "a")], "log").await.unwrap();
    let tries = || world.outside.came.lock().unwrap().len();
    until(&poster, "it is tried on", || tries() > 2).await;
    assert_eq!(poster.counts(), (1, 0));
    world.clock.advance(Duration::from_secs(3_600));
    until(&poster, "a person is asked", || poster.counts() == (1, 1)).await;
    let (_, item) = poster.record.kept().page(0, 1).remove(0);
    assert!(item.parked.unwrap().starts_with("not taken for 3600s: 500"));
}

#[tokio::test]
async fn what_no_row_lets_out_stays_inside_and_who_asks_for_it_is_told() {
    let mut world = World::new().await;
    let poster = world.poster();
    world.city = city("grid,muster.case.v1.TaskDisposed,the grid platform,example\n");
    drop(poster);
    for (types, wanted) in [
        (&["muster.case.v1.*"][..], "lets \"muster.case.v1.*\" leave"),
        (&["*"], "lets \"*\" leave"),
        (&[], "1 to 100"),
    ] {
        world.asked.get_mut("grid").unwrap().types = types.iter().map(|s| (*s).into()).collect();
        let why = world.open().unwrap_err().to_string();
        assert!(why.contains(wanted), "{why}");
    }
    // Also where it is delivered all the same.
    world.asked.get_mut("grid").unwrap().types = vec!["muster.case.v1.TaskDisposed".to_owned()];
    let poster = world.poster();
    poster.batch(vec![came(1, "a")], "log").await.unwrap();
    assert_eq!((poster.counts(), world.outside.came.lock().unwrap().len()), ((0, 0), 0));
}
