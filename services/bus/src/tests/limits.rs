//! What a fetch asks for, within the limits of the bus.

use proto::sealed;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::service::Door;

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_asks_within_the_limits() {
    let folder = Folder::new();
    let door = Door::new(
        folder.open().await,
        conformance::config(),
        access(),
        Clock::system(),
        CancellationToken::new(),
    );
    let of = |max_envelopes, wait_ms, lease_ms| {
        let asked = door.ask(sealed::FetchRequest { max_envelopes, wait_ms, lease_ms });
        (asked.max, asked.wait.as_millis(), asked.lease.as_millis())
    };
    assert_eq!(of(0, 0, 0), (100, 0, 30_000));
    assert_eq!(of(7, 8, 9), (7, 8, 9));
    assert_eq!(of(u32::MAX, u32::MAX, u32::MAX), (1_000, 30_000, 600_000));
}
