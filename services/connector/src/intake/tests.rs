//! A feed that is a real HTTP server, which is slow, fails, says too much, says nonsense, and goes
//! backwards. Nobody is there to whistle to: what is taken stays open, on disk.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use domain::{
    moment::Moment,
    pack,
    party::{Party, Role},
};
use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use kit::{
    client::{self, Endpoint},
    identity::{Authority, Credential},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::*;
use crate::{intake::kept::Item, signature};

/// What the feed answers next.
#[derive(Clone)]
enum Act {
    Say(Value),
    Text(u16, String),
    Stall,
    /// So many reports as it is asked for, each of a hundred bytes.
    Many,
}

/// The other system: what it answers, the last one for ever; and what it was asked.
#[derive(Clone)]
struct Feeding {
    acts: Arc<Mutex<Vec<Act>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Feeding {
    async fn open(signer: Credential) -> (Feeding, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let feeding = Feeding { acts: Arc::default(), asked: Arc::default() };
        let (serving, address) = (feeding.clone(), listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (one, signer) = (serving.clone(), signer.clone());
                let answer = move |request| one.clone().answer(request, signer.clone());
                let io = TokioIo::new(stream);
                tokio::spawn(http1::Builder::new().serve_connection(io, service_fn(answer)));
            }
        });
        (feeding, address)
    }

    fn does(&self, acts: &[Act]) {
        *self.acts.lock().unwrap() = acts.to_vec();
    }

    async fn answer(
        self,
        request: Request<Incoming>,
        signer: Credential,
    ) -> std::io::Result<Response<Full<Bytes>>> {
        let path = request.uri().path_and_query().unwrap().as_str().to_owned();
        let header = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        let now = Clock::system().now();
        let key = signature::verify(&signer, ("GET", &path, b""), header, now).unwrap();
        assert_eq!(key, "feed/ext_digital_cm");
        self.asked.lock().unwrap().push(path.clone());
        let act = {
            let mut acts = self.acts.lock().unwrap();
            if acts.len() > 1 { acts.remove(0) } else { acts[0].clone() }
        };
        let (status, body) = match act {
            Act::Say(value) => (200, value.to_string()),
            Act::Text(status, text) => (status, text),
            Act::Stall => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                (200, String::new())
            }
            Act::Many => {
                let limit = path.rsplit("limit=").next().unwrap().parse().unwrap();
                let many: Vec<Value> = (0..limit).map(|n| report(&format!("m{n}"), "E")).collect();
                (200, page(many, "many").to_string())
            }
        };
        Ok(Response::builder().status(status).body(Full::from(body)).unwrap())
    }
}

fn report(number: &str, code: &str) -> Value {
    json!({ "number": number, "code": code, "place": "532601001", "description": "x".repeat(50) })
}

fn page(reports: Vec<Value>, next: &str) -> Value {
    json!({ "reports": reports, "next": next })
}

struct World {
    dir: TempDir,
    city: Arc<City>,
    identity: Identity,
    feeding: Feeding,
    config: Config,
}

fn city(outside: &str) -> Arc<City> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
    let mut files = kit::pack::files(&dir).unwrap();
    let text = format!("subscriber,type,why,source\n{outside}");
    files.insert("outside.csv".to_owned(), text.into_bytes());
    Arc::new(pack::load(&files).unwrap_or_else(|faults| panic!("{faults}")))
}

fn system() -> UnitId {
    "ext_digital_cm".parse().unwrap()
}

impl World {
    async fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        let city = city("");
        let authority = Authority::open_or_create(&dir.path().join("identity"), &city.id).unwrap();
        let identity = authority.issue(&Party::service(Role::Worker)).unwrap();
        let (feeding, address) = Feeding::open(identity.credential().unwrap()).await;
        let way = http::Config::to(format!("http://{address}/cases?of=all"));
        let every = Duration::from_millis(20);
        let feed = Some(Feed { way, every, limit: 8, page_bytes: 600 });
        let config = Config { push: false, feed, state: None };
        World { dir, city, identity, feeding, config }
    }

    fn open(&self) -> Result<Intakes, Error> {
        let nobody = Endpoint {
            address: "https://127.0.0.1:9".to_owned(),
            server: Party::service(Role::Gateway),
        };
        let limits = client::Limits::default();
        let line = client::connect_lazy(&self.identity, &nobody, &limits).unwrap();
        let lines = Lines { gateway: line.clone(), bus: line };
        let ms = Duration::from_millis;
        let waits = Waits { first: ms(20), longest: ms(50) };
        let clock = Clock::fixed(Moment(1_795_303_800_000));
        let configured = BTreeMap::from([(system(), self.config.clone())]);
        let kept = self.dir.path().join("intake");
        let kept_so = (waits, &House::default());
        Intakes::open(&configured, kept_so, (&self.city, &clock), (&self.identity, &lines), &kept)
    }

    /// Runs until it is so, and is gone.
    async fn until(&self, what: &str, so: impl Fn(&Source) -> bool) -> Arc<Source> {
        let intakes = self.open().unwrap();
        let source = Arc::clone(&intakes.sources[&system()]);
        let wait = async {
            while !so(&source) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let never = CancellationToken::new();
        tokio::select! {
            () = intakes.run(&never) => {}
            () = wait => {}
            () = tokio::time::sleep(Duration::from_secs(20)) => panic!("never: {what}"),
        }
        Arc::clone(&source)
    }
}

fn numbers(source: &Source) -> Vec<String> {
    let all = source.parts.record.kept().page(0, 100, |_| true);
    all.into_iter().map(|(_, item): (u64, Item)| item.report.number).collect()
}

fn cursor(source: &Source) -> String {
    source.parts.record.kept().cursor().to_owned()
}

#[tokio::test]
async fn a_feed_is_read_once_whatever_it_says_and_goes_on_where_it_was() {
    let mut world = World::new().await;
    world.config.feed.as_mut().unwrap().way.deadline = Duration::from_secs(1);
    world.feeding.does(&[
        Act::Text(500, "down".into()),
        Act::Text(200, "<html>".into()),
        Act::Stall,
        Act::Say(page(
            vec![report("1", "E-0301"), json!({ "code": 7 }), report("1", "E-0301")],
            "c/2 é",
        )),
        Act::Say(page(vec![report("1", "E-0301"), report("2", "E-0301")], "c/3")),
        // Backwards: what is known is known, and other content is seen.
        Act::Say(page(vec![report("1", "E-0302"), report("2", "E-0301")], "c/1")),
    ]);
    let source = world.until("it is read", |source| cursor(source) == "c/1").await;
    let found = numbers(&source);
    assert_eq!((found.len(), found[0].as_str(), found[2].as_str()), (3, "1", "2"));
    assert!(found[1].starts_with("unreadable-"), "{found:?}");
    assert_eq!(source.item("1").unwrap().changes, 1);
    let asked = world.feeding.asked.lock().unwrap().clone();
    assert_eq!(asked[0], "/cases?of=all&after=&limit=8");
    assert!(asked.contains(&"/cases?of=all&after=c%2F2%20%C3%A9&limit=8".to_owned()), "{asked:?}");
    drop(source);
    // Gone and opened again: it goes on behind what is on disk, and takes nothing twice.
    world.feeding.asked.lock().unwrap().clear();
    world
        .feeding
        .does(&[Act::Say(page(vec![report("1", "E-0302"), report("3", "E-0301")], "c/4"))]);
    let source = world.until("it goes on", |source| cursor(source) == "c/4").await;
    assert_eq!((numbers(&source).len(), source.item("1").unwrap().changes), (4, 1));
    assert_eq!(world.feeding.asked.lock().unwrap()[0], "/cases?of=all&after=c%2F1&limit=8");
    assert_eq!(source.parts.record.kept().counts(), (3, 1), "nobody is there to whistle to");
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_in_smaller_ones() {
    let world = World::new().await;
    world.feeding.does(&[Act::Many]);
    let source = world.until("a small page is read", |source| cursor(source) == "many").await;
    assert!(!numbers(&source).is_empty());
    let asked = world.feeding.asked.lock().unwrap().clone();
    let limits: Vec<&str> =
        asked.iter().map(|path| path.rsplit("limit=").next().unwrap()).take(3).collect();
    assert_eq!(limits[..2], ["8", "4"]);
}

#[tokio::test]
async fn a_feed_that_brings_nothing_new_is_not_asked_at_once() {
    let mut world = World::new().await;
    world.config.feed.as_mut().unwrap().every = Duration::from_secs(60);
    let round = |next| Act::Say(page(vec![report("1", "E-0301")], next));
    world.feeding.does(&[round("a"), round("b"), round("a")]);
    // It goes on running for as long as some rounds would take.
    let seen = std::sync::OnceLock::new();
    let is_over = |source: &Source| {
        cursor(source) == "b"
            && seen.get_or_init(std::time::Instant::now).elapsed() > Duration::from_millis(200)
    };
    world.until("it has gone round", is_over).await;
    assert_eq!(world.feeding.asked.lock().unwrap().len(), 2, "it may go in circles");
}

#[tokio::test]
async fn what_makes_no_sense_is_said_before_anything_is_read() {
    let mut world = World::new().await;
    let good = world.config.clone();
    let tell = Tell { way: http::Config::to("http://h/"), give_up_after: give_up_after() };
    let with = |change: fn(&mut Config, Tell)| {
        let mut config = good.clone();
        change(&mut config, tell.clone());
        config
    };
    let rows: [(Config, &str); 6] = [
        (with(|c, _| c.feed = None), "nothing comes from it"),
        (with(|c, _| c.feed.as_mut().unwrap().limit = 1_001), "feed.limit"),
        (with(|c, _| c.feed.as_mut().unwrap().page_bytes = 0), "feed.page_bytes"),
        (with(|c, _| c.feed.as_mut().unwrap().every = Duration::ZERO), "feed.every"),
        (with(|c, _| c.feed.as_mut().unwrap().way.url = "ftp://h".into()), "url"),
        (with(|c, tell| c.state = Some(tell)), "no row of outside.csv lets muster.intake.v1"),
    ];
    for (config, wanted) in rows {
        world.config = config;
        let why = world.open().unwrap_err().to_string();
        assert!(why.contains(wanted), "{why}");
    }
    world.config = with(|c, tell| c.state = Some(tell));
    world.city = city("intake.ext-digital-cm,muster.intake.v1.CaseState,why,example\n");
    assert_eq!(world.open().unwrap().states().count(), 1);
    let mut files = kit::pack::files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan"),
    )
    .unwrap();
    files.remove("intake.csv");
    world.city = Arc::new(pack::load(&files).unwrap());
    let why = world.open().unwrap_err().to_string();
    assert!(why.contains("no row of intake.csv names it"), "{why}");
}
