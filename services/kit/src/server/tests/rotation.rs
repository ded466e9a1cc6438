//! Certificates, authorities and lists that are exchanged under load, through real files.

use std::sync::atomic::AtomicBool;

use super::*;
use crate::identity::{Files, Step};

/// How often the files are looked at here.
const EVERY: Duration = Duration::from_millis(20);

/// An identity that follows its files in the authority's folder.
pub(super) fn watched(city: &City, party: &str) -> Identity {
    let party: Party = party.parse().unwrap();
    city.authority.issue_to(city.path(), &party).unwrap();
    let files = Files::of(city.path(), &party);
    let identity = files.load().unwrap();
    files.watch(&identity, EVERY);
    identity
}

/// Waits for the next replacement of each, which `step` brings about.
pub(super) async fn taken(identities: &[&Identity], step: impl FnOnce()) {
    let mut changes: Vec<_> = identities.iter().map(|identity| identity.changes()).collect();
    step();
    for change in &mut changes {
        eventually("the files are taken", || change.seen()).await;
    }
}

/// Calls without end, on one channel and on a new one each time, and counts.
struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    callers: Vec<JoinHandle<Result<(), Status>>>,
}

impl Load {
    fn start(running: &Running, identity: &Identity) -> Load {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let kept = running.channel(identity);
        let to = format!("https://{}", running.address);
        let callers = (0..6).map(|number| {
            let (stop, done, kept) = (stop.clone(), done.clone(), kept.clone());
            let (identity, address) = (identity.clone(), to.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let server = "service/bus".parse().unwrap();
                    let to = Endpoint { address: address.clone(), server };
                    let fresh = || connect_lazy(&identity, &to, &client::Limits::default());
                    // Two are always new, two stay on their channel, two are slow on it.
                    let channel = if number < 2 { fresh().unwrap() } else { kept.clone() };
                    call(&channel, if number < 4 { "Who" } else { "Slow" }, None).await?;
                    done.fetch_add(1, Ordering::SeqCst);
                }
                Ok(())
            })
        });
        let callers = callers.collect();
        Load { stop, done, callers }
    }

    /// Waits until many more calls were answered.
    async fn goes_on(&self) {
        let before = self.done.load(Ordering::SeqCst);
        let done = || self.done.load(Ordering::SeqCst) > before + 50;
        eventually("the calls go on", || {
            done() || self.callers.iter().any(JoinHandle::is_finished)
        })
        .await;
    }

    async fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        for caller in self.callers {
            let ended = tokio::time::timeout(PATIENCE, caller).await.unwrap().unwrap();
            ended.unwrap_or_else(|failed| panic!("a call failed: {failed:?}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_and_the_authority_are_exchanged_under_load_with_no_failed_call() {
    let city = City::new("wenshan");
    let (bus, unit) = (watched(&city, "service/bus"), watched(&city, "unit/fire"));
    let old = city.authority.pem().to_owned();
    let running = Running::start(&bus, Limits::default()).await;
    let load = Load::start(&running, &unit);
    load.goes_on().await;
    let rotate = |party: &str| drop(city.authority.rotate(&party.parse().unwrap()).unwrap());
    taken(&[&unit], || rotate("unit/fire")).await;
    load.goes_on().await;
    taken(&[&bus], || rotate("service/bus")).await;
    load.goes_on().await;
    taken(&[&bus, &unit], || city.authority.exchange(Step::Add).unwrap()).await;
    load.goes_on().await;
    // The two renames of this step may be taken one at a time; what counts comes with the next.
    city.authority.exchange(Step::Use).unwrap();
    load.goes_on().await;
    let early = city.authority.exchange(Step::Remove).unwrap_err().to_string();
    assert!(early.contains("unit/fire"), "{early}");
    let before = [unit.pem(), bus.pem()];
    rotate("unit/fire");
    rotate("service/bus");
    eventually("both are new", || unit.pem() != before[0] && bus.pem() != before[1]).await;
    load.goes_on().await;
    city.authority.exchange(Step::Remove).unwrap();
    eventually("the old authority is forgotten", || {
        [&unit, &bus].iter().all(|identity| !identity.trusts(&old))
    })
    .await;
    load.goes_on().await;
    load.end().await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_revoked_is_cut_and_let_in_no_more_and_the_others_go_on() {
    let city = City::new("wenshan");
    let (bus, good) = (watched(&city, "service/bus"), watched(&city, "unit/fire"));
    // What is stolen goes on with the files as they were.
    let stolen = city.identity("unit/thief");
    let running = Running::start(&bus, Limits::default()).await;
    let (theirs, ours) = (running.channel(&stolen), running.channel(&good));
    let load = Load::start(&running, &good);
    let hangs = |channel: Channel| tokio::spawn(async move { call(&channel, "Hang", None).await });
    let (cut, goes_on) = (hangs(theirs.clone()), hangs(ours.clone()));
    let hanging = running.probe.hanging.clone();
    eventually("both are in", || hanging.load(Ordering::SeqCst) >= 2).await;
    let thief: Party = "unit/thief".parse().unwrap();
    city.authority.revoke(&thief, "the key was stolen", "li").unwrap();
    let ended = tokio::time::timeout(PATIENCE, cut).await.expect("the open call is cut").unwrap();
    assert!(ended.is_err());
    for channel in [theirs, running.channel(&stolen)] {
        let refused = healthy(&channel).await.unwrap_err();
        let kind = crate::status::rejection(&refused).kind;
        assert_eq!(kind, domain::rejection::Kind::Unavailable, "{refused}");
    }
    assert!(!goes_on.is_finished());
    healthy(&ours).await.unwrap();
    load.goes_on().await;
    load.end().await;
    goes_on.abort();
    // Issued anew, it comes in again.
    let again = city.authority.issue(&thief).unwrap();
    healthy(&running.channel(&again)).await.unwrap();
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_revoked_is_left() {
    let city = City::new("wenshan");
    let (bus, unit) = (city.identity("service/bus"), watched(&city, "unit/fire"));
    let running = Running::start(&bus, Limits::default()).await;
    let channel = running.channel(&unit);
    let call = tokio::spawn({
        let channel = channel.clone();
        async move { call(&channel, "Hang", None).await }
    });
    let hanging = running.probe.hanging.clone();
    eventually("the call hangs", || hanging.load(Ordering::SeqCst) == 1).await;
    city.authority.revoke(bus.party(), "the machine was stolen", "li").unwrap();
    let ended = tokio::time::timeout(PATIENCE, call).await.expect("the call is cut").unwrap();
    assert!(ended.is_err());
    assert!(healthy(&channel).await.is_err());
    assert!(healthy(&running.channel(&unit)).await.is_err());
    running.end().await;
}
