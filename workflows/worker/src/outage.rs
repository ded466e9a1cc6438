//! Our own outages: noticed, recorded, and charged to nobody.
//!
//! All is well while the bus answers and a session with Temporal answers: then every few seconds a
//! mark goes into the worker's journal. A mark that is far from the one before says that in between
//! something was away: this process, the bus, Temporal, the machine or the line. That time is an
//! outage: it is one record of the worker's journal and one envelope on the bus, and from then on no
//! clock of a party runs in it. It is too long by one mark at most, and never too short.
//!
//! While marks are missing no flow looks, so nothing is decided by clocks that may be wrong. What
//! had waited then goes on as fast as flows are at work at once, and no faster. Each unit with a part
//! in an open case is told once, for its desk, which derives its due moments itself; where they have
//! moved its people have one notice: not one for each case.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use domain::{
    case::{Owed, owes},
    id::{CaseId, RequestId, UnitId},
    moment::Moment,
    outage::Outage,
    pack::{City, Day},
    party::{Party, Role},
    rejection::Rejection,
};
use kit::{
    client::{self, Channel},
    store::{Asked, Store},
};
use proto::bus::{CommitRequest, bus_service_client::BusServiceClient};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request};

use crate::fold::{self, Command, Flow, Fold};

/// How long the bus has to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How soon it is looked again while something is away.
const SOON: Duration = Duration::from_millis(200);
/// How many marks may be missing before no flow looks any more.
const MISSING_MAX: u32 = 3;
/// Between the notices to two units.
const PACE: Duration = Duration::from_millis(50);
/// How many open cases are read at once.
const PAGE: usize = 500;
/// How many cases a notice names; it says how many there are besides.
const NAMED_MAX: usize = 15;

/// Whether all is well.
#[derive(Clone, Debug)]
pub(crate) struct Presence {
    every: Duration,
    /// When Temporal has answered last.
    temporal: Arc<AtomicI64>,
    /// When the last mark was made.
    mark: watch::Sender<Moment>,
}

impl Presence {
    /// With a mark so often.
    pub(crate) fn new(every: Duration) -> Presence {
        let temporal = Arc::new(AtomicI64::new(i64::MIN));
        Presence { every, temporal, mark: watch::Sender::new(Moment(i64::MIN)) }
    }

    /// Temporal has answered.
    pub(crate) fn temporal(&self, now: Moment) {
        self.temporal.store(now.0, Ordering::Release);
    }

    /// All is well, for tests that have no bus.
    #[cfg(test)]
    pub(crate) fn well(&self, now: Moment) {
        self.mark.send_replace(now);
    }

    /// Whether a mark was made lately.
    pub(crate) fn is_well(&self, now: Moment) -> bool {
        self.is_fresh(*self.mark.borrow(), now)
    }

    fn is_fresh(&self, at: Moment, now: Moment) -> bool {
        now.since(at) <= self.every * MISSING_MAX
    }

    /// Waits until all is well, so long at most.
    pub(crate) async fn here(
        &self,
        store: &Store<Fold>,
        patience: Duration,
    ) -> Result<(), Rejection> {
        let mut marks = self.mark.subscribe();
        let well = marks.wait_for(|mark| self.is_fresh(*mark, store.clock().now()));
        let well = tokio::time::timeout(patience, well).await;
        well.map(drop).map_err(|_| {
            let message = "the bus or Temporal was away just now; no clock is trusted yet";
            Rejection::unavailable("AWAY", message)
        })
    }

    /// Runs until the token is cancelled.
    pub(crate) async fn run(
        &self,
        store: &Store<Fold>,
        bus: Channel,
        outage_after: Duration,
        shutdown: &CancellationToken,
    ) {
        let mut client = BusServiceClient::new(bus);
        loop {
            let wait = match self.look(store, &mut client, outage_after).await {
                Ok(true) => self.every,
                Ok(false) => SOON,
                Err(error) => {
                    tracing::warn!(%error, "no mark could be made");
                    SOON
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Makes a mark if all is well; says whether it is.
    async fn look(
        &self,
        store: &Store<Fold>,
        client: &mut BusServiceClient<Channel>,
        outage_after: Duration,
    ) -> Result<bool, Rejection> {
        let temporal = Moment(self.temporal.load(Ordering::Acquire));
        if !self.is_fresh(temporal, store.clock().now()) || !answers(store, client).await? {
            return Ok(false);
        }
        let now = store.clock().now();
        store.tell(Command::Here(now, outage_after)).await?;
        self.mark.send_replace(now);
        if let Some(outage) = store.read(fold::untold)? {
            tell_units(store, &outage).await?;
        }
        Ok(true)
    }
}

/// Whether the bus answers: asking how far it is with our commits changes nothing.
async fn answers(
    store: &Store<Fold>,
    client: &mut BusServiceClient<Channel>,
) -> Result<bool, Rejection> {
    let log_id = store
        .followed()
        .map_err(|error| Rejection::unavailable("STORE_FAILED", error.to_string()))?;
    let request = CommitRequest { log_id: log_id.log_id, ..CommitRequest::default() };
    let asked = client.commit(client::deadline(Request::new(request), PATIENCE)).await;
    Ok(match asked {
        Ok(_) => true,
        // What it refuses it has heard.
        Err(status) => !matches!(
            status.code(),
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown
        ),
    })
}

/// Tells each unit of an open case once.
async fn tell_units(store: &Store<Fold>, outage: &Outage) -> Result<(), Rejection> {
    for (unit, moved) in moved(store, outage)? {
        let text = (!moved.is_empty()).then(|| text(store.machine().city(), outage, &moved));
        let name = format!("outage/{}/{unit}", outage.from.0);
        let asked = Asked {
            caller: Party::service(Role::Worker),
            request_id: proto::convert::id::<RequestId>("request_id", name.as_str())?,
            // A repeat after a restart may see cases that have gone on since: it is the same notice.
            fingerprint: Sha256::digest(name.as_str()).into(),
        };
        store.execute(asked, Command::Tell(outage.clone(), unit, text)).await?;
        tokio::time::sleep(PACE).await;
    }
    store.tell(Command::AllTold(outage.clone())).await?;
    Ok(())
}

type Moved = BTreeMap<UnitId, Vec<(CaseId, Owed)>>;

/// The units that are at work, and what each owes whose due moment the outage has moved. What a unit
/// did meanwhile may not be in the record yet, so it is told also where nothing has moved.
fn moved(store: &Store<Fold>, outage: &Outage) -> Result<Moved, Rejection> {
    let mut found = Moved::new();
    let mut after: Option<Flow> = None;
    loop {
        let open = store.read(|tx| fold::open(tx, after.as_ref(), PAGE))?;
        let Some(last) = open.last() else { return Ok(found) };
        after = Some(last.clone());
        for flow in open {
            let Flow::Case(case_id) = flow else { continue };
            let seen = store.read(|tx| {
                let Some(kept) = fold::kept(tx, &case_id)? else { return Ok(None) };
                let limits = store.machine().limits(tx, &kept)?;
                Ok(Some((kept, limits)))
            })?;
            let Some((kept, limits)) = seen else { continue };
            for (unit, _) in kept.course.parts.iter().filter(|(_, part)| !part.is_done()) {
                found.entry(unit.clone()).or_default();
            }
            let owed = owes(&kept.course, &limits).into_iter();
            let touched = |owed: &Owed| {
                owed.from < outage.to && outage.from < owed.due && !owed.before.is_empty()
            };
            for owed in owed.filter(touched) {
                let Some(unit) = kept.course.told(&owed.party).as_unit() else { continue };
                found.entry(unit).or_default().push((case_id.clone(), owed));
            }
        }
    }
}

/// A moment by the city's clock.
fn local(city: &City, at: Moment) -> String {
    let day = Day::of(at, city.utc_offset_minutes);
    let minutes = (at.0 - day.start(city.utc_offset_minutes).0) / 60_000;
    format!("{day} {:02}:{:02}", minutes / 60, minutes % 60)
}

/// The notice, in both languages.
fn text(city: &City, outage: &Outage, moved: &[(CaseId, Owed)]) -> String {
    let time = |at: Moment| local(city, at);
    let (from, to) = (time(outage.from), time(outage.to));
    let mut text = format!(
        "系统故障时段 {from} 至 {to} 不计入贵单位时限。\
         Muster was away from {from} to {to}; none of that time is charged to you.\n"
    );
    for (case_id, owed) in moved.iter().take(NAMED_MAX) {
        text += &format!("{case_id} {}: {}\n", owed.duty.word(), time(owed.due));
    }
    if let Some(more) = moved.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        text += &format!("+ {more}\n");
    }
    text
}
