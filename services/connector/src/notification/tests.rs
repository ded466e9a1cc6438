//! People are told by a real HTTP server that is a gateway: it takes, fails, refuses, hangs, breaks off,
//! and says what became of it; and the one who tells is gone and opened again on what its book has.

mod gateway;

use std::{collections::BTreeMap, fs};

use domain::{
    case::{Duty, Fact, fact::Rung},
    moment::Moment,
    pack,
    party::{Party, Role},
};
use kit::{identity::Authority, store::Outgoing};
use proto::{bus::Delivery, envelope::to_wire, notice::NoticeGiven};
use tempfile::TempDir;

use self::gateway::{Act, Gateway};
use super::{
    kept::{Again, Kept, Note, State},
    *,
};
use crate::cursor::Reads as _;

const NUMBER: &str = "13812345678";
const DUTY: &str = "unit/enforcement/duty";

/// What is known of cases: one of Dongfeng's.
#[derive(Debug)]
pub(super) struct One;

impl Cases for One {
    fn knows(&self, _: &str, _: u64) -> bool {
        true
    }

    fn community(&self, _: &CaseId) -> Option<CommunityId> {
        Some("kaihua_dongfeng".parse().unwrap())
    }

    fn case(&self, _: &CaseId) -> Option<Thing> {
        None
    }
}

struct World {
    dir: TempDir,
    city: Arc<City>,
    identity: Identity,
    clock: Clock,
    gateway: Gateway,
    config: Config,
}

impl World {
    async fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
        let city = pack::load(&kit::pack::files(&pack).unwrap()).unwrap();
        let authority = Authority::open_or_create(&dir.path().join("identity"), &city.id).unwrap();
        let identity = authority.issue(&Party::service(Role::Worker)).unwrap();
        let (gateway, address) = Gateway::open(identity.credential().unwrap()).await;
        let addresses = dir.path().join("addresses.csv");
        let rows = format!("{DUTY},sms,{NUMBER}\nperson/p-201,sms,{NUMBER}\n");
        fs::write(&addresses, format!("receiver,way,address\n{rows}")).unwrap();
        let way = format!(
            "kind = \"sms\"\nurl = \"http://{address}/sms\"\nlanguage = \"en\"\n\
             deadline = \"10s\"\ngive_up_after = \"1h\"\nreport_within = \"10m\"\n"
        );
        let way: Way = toml::from_str(&way).unwrap();
        let ways = BTreeMap::from([("sms".to_owned(), way)]);
        let gather = Duration::from_millis(10);
        let config = Config { addresses, ways, gather, per_hour: 5, ..Config::default() };
        let clock = Clock::fixed(Moment(1_795_303_800_000));
        World { dir, city: Arc::new(city), identity, clock, gateway, config }
    }

    fn with_report(mut self) -> World {
        let way = self.config.ways.get_mut("sms").unwrap();
        way.report = way.url.as_ref().map(|url| url.replace("/sms", "/report?from=muster"));
        self
    }

    fn open(&self) -> Result<Notifications, Error> {
        let ms = Duration::from_millis;
        let parts = Parts {
            city: &self.city,
            clock: &self.clock,
            identity: &self.identity,
            waits: Waits { first: ms(20), longest: ms(50) },
            cases: Arc::new(One),
            house: House::default(),
        };
        Notifications::open(&self.config, parts, &self.dir.path().join("notices"))
    }

    /// The one who tells, as it is opened at this moment: once the one before has let go.
    async fn teller(&self) -> Arc<Teller> {
        for _ in 0..4_000 {
            if let Ok(Notifications { teller: Some(teller), .. }) = self.open() {
                teller.note_log("log").await.unwrap();
                return teller;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the book does not open");
    }

    fn envelope(&self, id: &str, fact: &Fact) -> Delivery {
        let case = id.split('/').next().unwrap();
        let outgoing = Outgoing::new(
            id.parse().unwrap(),
            &format!("case/wenshan/{case}"),
            proto::fact::write(fact),
        );
        let source = Party::service(Role::Worker);
        let envelope = outgoing.numbered(source, 1, self.clock.now());
        Delivery { place: 1, envelope: Some(to_wire(&envelope)), ..Delivery::default() }
    }

    /// A unit is late in a case.
    fn urged(&self, case: usize) -> Delivery {
        let party = "unit/enforcement".parse().unwrap();
        let rung = Rung { round: 1, party, duty: Duty::Accept, due: Moment(1_795_303_740_000) };
        self.envelope(&format!("C{case}/urge/1"), &Fact::Urged(rung))
    }
}

impl World {
    /// A notice from one unit to the police; of the highest priority it is a call.
    fn police(&self, priority: u8) -> Delivery {
        let given = NoticeGiven {
            case_id: "C1".into(),
            text: "he has a knife".into(),
            ..NoticeGiven::default()
        };
        let (id, subject) = (format!("help/{priority}"), "notice/wenshan/enforcement/1");
        let called = Outgoing::new(id.parse().unwrap(), subject, proto::body::write(&given));
        let recipient = Some(Party::unit(&self.city.police));
        let called = Outgoing { recipient, priority, ..called };
        let source = "unit/enforcement".parse().unwrap();
        let envelope = called.numbered(source, 1 + u64::from(priority), self.clock.now());
        Delivery { place: 2, envelope: Some(to_wire(&envelope)), ..Delivery::default() }
    }
}

fn all(teller: &Teller) -> Vec<(u64, Kept)> {
    let read = |tx: &kit::tx::Tx<'_>| tx.scan(b"n", b"n", 1_000);
    let found = teller.store.read(read).unwrap();
    let kept = |value: &[u8]| serde_json::from_slice(value).unwrap();
    found.iter().map(|(key, value)| (book::last(key), kept(value))).collect()
}

fn states(teller: &Teller) -> Vec<(State, String)> {
    all(teller).into_iter().map(|(_, kept)| (kept.state, kept.reason)).collect()
}

/// Waits until it is so, while what waits is sent and asked about.
async fn until(teller: &Teller, what: &str, so: impl Fn() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        never = teller.send() => match never {},
        never = teller.ask() => match never {},
        () = wait => {}
        () = tokio::time::sleep(Duration::from_secs(20)) => {
            panic!("never: {what}: {:#?}", states(teller))
        }
    }
}

fn settled(teller: &Teller) -> bool {
    all(teller).iter().all(|(_, kept)| kept.is_final)
}

#[tokio::test]
async fn who_is_late_is_told_once_under_one_key_whatever_comes_again() {
    let world = World::new().await;
    let teller = world.teller().await;
    let came = world.urged(7);
    teller.batch(vec![came.clone(), came.clone()], "log").await.unwrap();
    until(&teller, "it is told", || settled(&teller)).await;
    assert_eq!(states(&teller), [(State::Taken, String::new())], "taken, and nobody says more");
    let told = world.gateway.told();
    let (key, (to, text)) = told.first_key_value().unwrap();
    assert_eq!((told.len(), to.as_str()), (1, NUMBER));
    assert_eq!(
        text,
        "Case C7: Urban management & comprehensive enforcement is late; it was due by 2026-11-22 07:29."
    );
    assert_eq!(key.len(), 32);
    // The cursor is set back, and the one who told is gone.
    teller.batch(vec![came.clone()], "log").await.unwrap();
    drop(teller);
    let teller = world.teller().await;
    teller.batch(vec![came], "log").await.unwrap();
    teller.batch(vec![world.urged(8)], "log").await.unwrap();
    until(&teller, "another is told", || all(&teller).len() == 2 && settled(&teller)).await;
    assert_eq!((world.gateway.came().len(), world.gateway.told().len()), (2, 2));
}

#[tokio::test]
async fn what_may_go_later_is_tried_under_the_same_key_and_what_is_refused_has_failed() {
    let mut world = World::new().await;
    world.config.ways.get_mut("sms").unwrap().deadline = Duration::from_millis(300);
    let acts = [Act::Say(500, ""), Act::Hang, Act::TakeAndClose, Act::Take];
    world.gateway.does(&acts);
    let teller = world.teller().await;
    teller.batch(vec![world.urged(1)], "log").await.unwrap();
    until(&teller, "it is taken", || settled(&teller)).await;
    let came = world.gateway.came();
    assert!(came.len() >= 4 && came.iter().all(|key| *key == came[0]), "{came:?}");
    assert_eq!(world.gateway.told().len(), 1, "once for the person");
    world.gateway.does(&[Act::Say(400, r#"{"code":"NO_SUCH_NUMBER","to":"13812345678"}"#)]);
    teller.batch(vec![world.urged(2)], "log").await.unwrap();
    until(&teller, "it has failed", || settled(&teller) && all(&teller).len() == 2).await;
    assert_eq!(states(&teller)[1], (State::Failed, "400 NO_SUCH_NUMBER".to_owned()));
    assert_eq!(teller.failures().find(|(way, _)| *way == "sms").unwrap().1, 1);
}

#[tokio::test]
async fn who_has_no_address_or_no_way_is_seen_as_not_told() {
    let world = World::new().await;
    let teller = world.teller().await;
    let rung = |party: &str| Rung {
        round: 1,
        party: party.parse().unwrap(),
        duty: Duty::Rule,
        due: Moment(5),
    };
    let office = Fact::Urged(rung("office/leading_group_office"));
    teller.batch(vec![world.envelope("C1/urge/1", &office)], "log").await.unwrap();
    for priority in [0, u8::MAX] {
        teller.batch(vec![world.police(priority)], "log").await.unwrap();
    }
    until(&teller, "all is over", || settled(&teller)).await;
    let told: Vec<_> = all(&teller)
        .into_iter()
        .map(|(_, kept)| (kept.told.receiver, kept.told.way, kept.reason))
        .collect();
    let of = |receiver: &str, way: &str, why: &str| (receiver.into(), way.into(), why.into());
    assert_eq!(
        told,
        [
            of("office/leading_group_office/duty", "sms", NO_ADDRESS),
            of("unit/public_security/duty", "sms", NO_ADDRESS),
            of("unit/public_security/duty", "robot", NOT_CONFIGURED),
        ],
        "an ordinary notice between units is told nobody"
    );
    assert!(world.gateway.came().is_empty());
}

#[tokio::test]
async fn a_call_for_the_police_waits_for_no_others() {
    let mut world = World::new().await;
    world.config.gather = Duration::from_secs(3_600);
    let rows = format!("{DUTY},sms,{NUMBER}\nunit/public_security/duty,sms,110\n");
    fs::write(&world.config.addresses, format!("receiver,way,address\n{rows}")).unwrap();
    let teller = world.teller().await;
    teller.batch(vec![world.urged(1)], "log").await.unwrap();
    let late = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        teller.batch(vec![world.police(u8::MAX)], "log").await.unwrap();
    };
    let ((), ()) = tokio::join!(
        late,
        until(&teller, "the police are told", || world.gateway.told().len() == 1)
    );
    let told: Vec<String> = world.gateway.told().into_values().map(|(to, _)| to).collect();
    assert_eq!(told, ["110"]);
}

#[tokio::test]
async fn a_robot_is_told_by_its_url_which_is_a_secret() {
    for (format, wanted) in [(Format::Robot, "/text/content"), (Format::Event, "/data/text")] {
        let mut world = World::new().await;
        let sms = world.config.ways["sms"].clone();
        let url = sms.url.clone().unwrap().replace("/sms", "/robot?token=SECRETWORD");
        let rows = format!("receiver,way,address\nunit/public_security/duty,robot,{url}\n");
        fs::write(&world.config.addresses, rows).unwrap();
        let robot = Way { kind: Kind::Webhook, url: None, format, ..sms };
        world.config.ways = BTreeMap::from([("robot".to_owned(), robot)]);
        let teller = world.teller().await;
        teller.batch(vec![world.police(u8::MAX)], "log").await.unwrap();
        until(&teller, "it is told", || settled(&teller)).await;
        let (key, body) = world.gateway.robots().remove(0);
        let text = body.pointer(wanted).unwrap().as_str().unwrap();
        assert!(text.contains("officers need help at once, case C1"), "{body}");
        assert!(!body.to_string().contains("knife"), "no words of people: {body}");
        assert_eq!(all(&teller)[1].1.key(), key);
        assert_eq!(states(&teller)[1].0, State::Taken);
        assert!(files_with(&world.dir.path().join("notices"), "SECRETWORD").is_empty());
    }
}

#[tokio::test]
async fn only_the_gateways_word_makes_it_delivered() {
    let world = World::new().await.with_report();
    let teller = world.teller().await;
    for case in 1..=3 {
        teller.batch(vec![world.urged(case)], "log").await.unwrap();
    }
    until(&teller, "all are asked about", || world.gateway.asked() >= 6).await;
    assert!(states(&teller).iter().all(|(state, _)| *state == State::Taken));
    assert!(!settled(&teller));
    let keys: Vec<String> = all(&teller).iter().map(|(_, kept)| kept.key()).collect();
    world.gateway.reports(&keys[0], r#"{"state":"delivered"}"#);
    world.gateway.reports(&keys[1], r#"{"state":"failed","code":"SWITCHED_OFF"}"#);
    until(&teller, "two are reported", || {
        states(&teller).iter().filter(|(state, _)| *state != State::Taken).count() == 2
    })
    .await;
    world.clock.advance(Duration::from_secs(600));
    until(&teller, "nobody knows of the third", || settled(&teller)).await;
    let failed = format!("{UNDELIVERED} SWITCHED_OFF");
    let wanted = [(State::Delivered, ""), (State::Failed, &*failed), (State::Taken, "NO_REPORT")];
    assert_eq!(states(&teller), wanted.map(|(state, why)| (state, why.to_owned())));

    // A person has the second sent again: it is another message, for the gateway had taken it.
    let number = all(&teller)[1].0;
    let again = Again { person: "li.na".into(), reason: "he is back".into(), ..Again::default() };
    let again = |number| Command::Say(Note::Again { number, again: again.clone() });
    teller.store.tell(again(number)).await.unwrap();
    let no = teller.store.tell(again(number)).await.unwrap_err();
    assert_eq!(no.reason, "NOT_FAILED", "it waits");
    assert_eq!(teller.store.tell(again(9_999)).await.unwrap_err().reason, "UNKNOWN_NOTIFICATION");
    world.gateway.reports(&format!("{}-1", keys[1]), r#"{"state":"delivered"}"#);
    until(&teller, "it is delivered", || settled(&teller)).await;
    let kept = &all(&teller)[1].1;
    assert_eq!((kept.state, kept.again[0].person.as_str()), (State::Delivered, "li.na"));
}

#[tokio::test]
async fn a_flood_goes_as_one_summary_for_the_unit_and_an_hour_has_its_limit() {
    let world = World::new().await;
    world.gateway.does(&[Act::Say(503, "")]);
    let teller = world.teller().await;
    teller.batch(vec![world.urged(0)], "log").await.unwrap();
    until(&teller, "the first is tried", || world.gateway.came().len() > 1).await;
    for case in 1..=8 {
        teller.batch(vec![world.urged(case)], "log").await.unwrap();
    }
    world.gateway.does(&[Act::Take]);
    until(&teller, "all are told", || settled(&teller)).await;
    let texts: Vec<String> = world.gateway.texts();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with("Case C0:"), "{texts:?}");
    let summary = "Urban management & comprehensive enforcement: 8 matters wait";
    assert!(texts[1].starts_with(summary), "{texts:?}");
    let kept = all(&teller);
    let last = kept.last().unwrap();
    assert_eq!((kept.len(), last.1.told.event.as_str()), (10, "summary"));
    let of_it = kept.iter().filter(|(_, one)| one.summary == Some(last.0));
    assert!(of_it.clone().count() == 8 && of_it.clone().all(|(_, one)| one.state == State::Taken));

    // After an outage of ours all of it comes at once: no gateway was away, and it is one summary.
    teller.batch((30..36).map(|case| world.urged(case)).collect(), "log").await.unwrap();
    until(&teller, "it is told", || settled(&teller)).await;
    let texts = world.gateway.texts();
    assert!(texts.len() == 3 && texts[2].contains("6 matters"), "{texts:?}");

    // Three of five in this hour; two more go, and the rest waits for the hour to be over.
    for case in 10..12 {
        teller.batch(vec![world.urged(case)], "log").await.unwrap();
        until(&teller, "it is told", || settled(&teller)).await;
    }
    teller.batch(vec![world.urged(20), world.urged(21)], "log").await.unwrap();
    let quiet = tokio::time::timeout(Duration::from_millis(300), until(&teller, "", || false));
    assert!(quiet.await.is_err());
    assert_eq!(world.gateway.texts().len(), 5);
}

#[tokio::test]
async fn what_comes_one_by_one_for_a_while_is_summed_up_again_and_again() {
    let mut world = World::new().await;
    (world.config.gather, world.config.per_hour) = (Duration::from_millis(150), 100);
    let teller = world.teller().await;
    let began = std::time::Instant::now();
    let coming = async {
        for case in 0..60 {
            teller.batch(vec![world.urged(case)], "log").await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let over = || all(&teller).len() > 60 && settled(&teller);
    let ((), ()) = tokio::join!(coming, until(&teller, "all are told", over));
    let count = world.gateway.texts().len();
    // One for each time of gathering, however long they took to come.
    let most = began.elapsed().div_duration_f64(world.config.gather) + 2.0;
    assert!(count < 60 && count as f64 <= most, "{count} for 60, and {most} would be right");
    let kept = all(&teller);
    assert!(kept.iter().all(|(_, one)| one.state == State::Taken));
    let mut summed = kept.iter().filter(|(_, one)| one.summary.is_some());
    assert!(summed.all(|(_, one)| one.told.event != "summary"), "no summary of summaries");
}

#[tokio::test]
async fn what_is_late_is_worth_nothing_and_what_is_over_is_forgotten() {
    let world = World::new().await;
    world.gateway.does(&[Act::Say(503, "")]);
    let teller = world.teller().await;
    teller.batch(vec![world.urged(1)], "log").await.unwrap();
    until(&teller, "it is tried", || world.gateway.came().len() > 2).await;
    let came = world.urged(2);
    world.clock.advance(Duration::from_secs(3_600));
    teller.batch(vec![came], "log").await.unwrap();
    until(&teller, "they are given up", || settled(&teller)).await;
    let reasons: Vec<_> = states(&teller).into_iter().map(|(_, why)| why).collect();
    assert_eq!(reasons, ["TOO_LATE: 503", "TOO_LATE"]);
    let keep = world.config.keep;
    world.clock.advance(keep.saturating_sub(Duration::from_secs(1)));
    teller.store.tell(Command::Forget).await.unwrap();
    assert_eq!(all(&teller).len(), 2);
    world.clock.advance(Duration::from_secs(1));
    teller.store.tell(Command::Forget).await.unwrap();
    assert!(all(&teller).is_empty());
}

#[tokio::test]
async fn who_is_killed_while_it_tells_sends_the_same_again_and_never_in_a_summary() {
    let world = World::new().await;
    world.gateway.does(&[Act::TakeAndHang]);
    let teller = world.teller().await;
    teller.batch(vec![world.urged(0)], "log").await.unwrap();
    // The gateway has it; the answer never comes, and the one who told is gone.
    until(&teller, "it is there", || world.gateway.told().len() == 1).await;
    for case in 1..=5 {
        teller.batch(vec![world.urged(case)], "log").await.unwrap();
    }
    drop(teller);
    world.gateway.does(&[Act::Take]);
    let teller = world.teller().await;
    until(&teller, "all are told", || settled(&teller)).await;
    let (came, texts) = (world.gateway.came(), world.gateway.texts());
    assert_eq!(came[0], came[1], "the same key");
    assert_eq!(texts.len(), 2, "once, and the others as one: {texts:?}");
    assert!(texts[1].contains("5 matters"), "{texts:?}");
}

#[tokio::test]
async fn a_number_is_in_no_file_but_its_own() {
    let world = World::new().await.with_report();
    world.gateway.does(&[Act::Say(500, NUMBER), Act::Say(400, NUMBER)]);
    let teller = world.teller().await;
    teller.batch(vec![world.urged(1)], "log").await.unwrap();
    until(&teller, "it has failed", || settled(&teller)).await;
    let found = files_with(&world.dir.path().join("notices"), NUMBER);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(files_with(world.dir.path(), NUMBER).len(), 1, "it would be found");
}

fn files_with(dir: &Path, words: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, words));
        } else if fs::read(&path).unwrap().windows(words.len()).any(|w| w == words.as_bytes()) {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn a_configuration_that_makes_no_sense_says_what_would() {
    let mut world = World::new().await;
    let way = world.config.ways["sms"].clone();
    let mut with = |way: Way, wanted: &str| {
        world.config.ways.insert("sms".to_owned(), way);
        let why = world.open().unwrap_err().to_string();
        assert!(why.contains(wanted), "{why}");
    };
    with(Way { url: None, ..way.clone() }, "where the gateway takes messages");
    with(Way { kind: Kind::Webhook, ..way.clone() }, "stands in the file of addresses");
    with(Way { give_up_after: Duration::ZERO, ..way.clone() }, "some time");
    with(Way { url: Some("http://a:secret@h/".into()), ..way.clone() }, "no user or password");
    world.config.ways = BTreeMap::from([("SMS".to_owned(), way.clone())]);
    assert!(world.open().unwrap_err().to_string().contains("lower-case"));
    world.config.ways = BTreeMap::from([("sms".to_owned(), way)]);
    world.config.addresses = std::path::PathBuf::new();
    assert!(world.open().unwrap_err().to_string().contains("the file of addresses"));
    world.config.ways.clear();
    assert!(world.open().unwrap().teller.is_none(), "without a way nobody is told");
}
