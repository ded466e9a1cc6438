//! The local engine under the conformance suite, under random interleavings, and behind its door.

mod aside;
mod away;
mod door;
mod exchange;
mod flood;
mod limits;
mod local;
mod proofs;
pub mod random;
mod refill;
mod room;
mod streams;
mod told;
mod urgent;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use kit::{access::Access, clock::Clock, stats::Stats, store};
use tempfile::TempDir;

use crate::{
    Config,
    conformance::{self, Stage},
    engine::Engine,
    local::Local,
};

/// More than any wait in these tests, less than anybody's patience.
const PATIENCE: Duration = Duration::from_secs(20);

/// The rules of Wenshan, but for what is sent: here everybody who sends may send any type.
fn access() -> Access {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
    let mut city = domain::pack::load(&kit::pack::files(&dir).unwrap()).unwrap();
    let any = r#"@id("any") permit (principal, action == Muster::Action::"publish", resource)
        when { principal == resource.source };"#;
    city.access.insert("access/letters.cedar".to_owned(), any.to_owned());
    Access::of(&city).unwrap()
}

/// A folder that goes away.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }
}

#[async_trait]
impl Stage for Folder {
    async fn open(&self) -> Arc<dyn Engine> {
        Arc::new(opened(self.0.path(), &conformance::config(), Clock::system()).await)
    }
}

/// Opens once the one before has let go of its journal, which it does behind our back.
async fn opened(dir: &Path, config: &Config, clock: Clock) -> Local {
    let open = async {
        loop {
            match Local::open(dir, config, clock.clone(), Stats::default()) {
                Err(store::Error::Journal(journal::Error::Locked { .. })) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                // sled's own lock is let go of a moment after the journal's.
                Err(store::Error::View(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
                opened => return opened.unwrap(),
            }
        }
    };
    tokio::time::timeout(PATIENCE, open).await.unwrap()
}
