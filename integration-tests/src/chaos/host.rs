//! The bus as a process of its own, as it ships but for four things: an envelope is delivered four
//! times and not ten, nobody follows, its segments and its bound are small, so that it lets go of its
//! record all the while, and its clock is the machine's and what a file adds to it.
//!
//! That clock is only here, in a program of the tests: no role can be given one by its settings.

use std::{net::SocketAddr, path::Path, time::Duration};

use bus::{Bus, Config};
use domain::{moment::Moment, party::Party};
use kit::{
    access::Access, clock::Clock, identity::Identity, identity::ServerTls, server::Limits,
    stats::Stats, store::House,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Whose mailboxes there are.
pub const UNITS: [&str; 3] = ["unit/housing", "unit/fire_rescue", "unit/market_regulation"];
/// The policies are those of this city.
const PACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/cities/wenshan");
/// How often an envelope is delivered before it is parked.
const ATTEMPTS: u32 = 4;

/// Serves until it is killed.
pub async fn serve(data: &Path, papers: &Path, listen: SocketAddr) -> anyhow::Result<()> {
    let clock = Clock::fixed(moment(data));
    let (ticking, folder) = (clock.clone(), data.to_owned());
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            ticking.set(moment(&folder));
        }
    });
    let recipients = UNITS.iter().map(|unit| unit.parse::<Party>()).collect::<Result<_, _>>()?;
    let (followers, attempts_max) = (Vec::new(), ATTEMPTS);
    let config =
        Config { recipients, followers, attempts_max, house: house(), ..Config::default() };
    let access = Access::of(&*muster::pack::load(Path::new(PACK))?)?;
    let bus = Bus::open(&data.join("bus"), config, access, clock, Stats::default())?;
    let file = |name: &str| papers.join(name);
    let identity =
        Identity::load(&file("ca.pem"), &file("service-bus.pem"), &file("service-bus.key"))?;
    let listener = TcpListener::bind(listen).await?;
    let tls = ServerTls::new(&identity)?;
    Ok(bus.serve(listener, &tls, &Limits::default(), CancellationToken::new()).await?)
}

/// Every few seconds of a run are more than its journal keeps.
fn house() -> House {
    let (keep_bytes, segment_bytes, snapshot_records) = (256 << 10, 64 << 10, 1_000);
    let every = Duration::from_millis(100);
    House { keep_bytes, segment_bytes, snapshot_records, every, ..House::default() }
}

fn moment(data: &Path) -> Moment {
    let added = std::fs::read_to_string(data.with_extension("clock")).unwrap_or_default();
    Clock::system().now() + Duration::from_millis(added.trim().parse().unwrap_or(0))
}
