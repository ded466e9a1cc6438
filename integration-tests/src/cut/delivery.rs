//! At the end of a life: what the bus took for the unit is in the unit's own journal, once.

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::Context as _;
use journal::{Journal, Options};
use prost::Message as _;
use proto::{
    bus::{ListMailboxesRequest, bus_service_client::BusServiceClient},
    record::Record,
};

use crate::{
    check::Found,
    content,
    notes::Published,
    roles::{Office, UNIT},
};

/// How long the unit may take to empty its mailbox.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until nothing is left for the unit.
pub async fn settle(office: &Office) -> anyhow::Result<()> {
    let mut bus = BusServiceClient::new(office.bus("admin/cut")?);
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let listed = bus.list_mailboxes(ListMailboxesRequest::default()).await?.into_inner();
        let ours = listed.mailboxes.iter().find(|mailbox| mailbox.party == UNIT);
        let depth = ours.map_or(0, |mailbox| mailbox.depth);
        if depth == 0 {
            return Ok(());
        }
        anyhow::ensure!(tokio::time::Instant::now() < end, "{depth} envelopes stay in the mailbox");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Looks for the envelopes in the journal of the unit, which nobody has open.
pub fn received<'n>(
    journal: &Path,
    wanted: impl Iterator<Item = &'n Published>,
) -> anyhow::Result<Found> {
    let journal = Journal::open(journal, Options::default())?;
    let mut times = BTreeMap::<String, u64>::new();
    for found in journal.scan(1) {
        let record = Record::decode(found?.body.as_slice())?;
        for received in record.received {
            let wire = received.envelope.context("what is received is an envelope")?;
            *times.entry(content::hash(&wire.encode_to_vec())).or_default() += 1;
        }
    }
    let mut found = Found::default();
    for one in wanted {
        found.checked += 1;
        let times = times.get(&one.hash).copied().unwrap_or(0);
        if times != 1 {
            found.lost.push(format!("{} is {times} times in the unit's journal", one.id));
        }
    }
    Ok(found)
}
