//! What comes back: who has signed for what, and what the bus says has become of it.
//!
//! A signature is checked before it is written down: against the authority of the city as of the time
//! of signing, and against what this role's own journal has sent. One that is wrong is an alarm in
//! the log; it lets nothing go and holds up nothing behind it. One whose authority is not known here
//! is asked for again when our own identity is replaced: the new authority may come later than what
//! it vouches for.

use proto::{
    bus::{
        Proofs, Receipt, ReceiptKind, WatchReceiptsRequest, WatchReceiptsResponse,
        bus_service_client::BusServiceClient,
    },
    record::{Progress, Settled},
};
use tonic::{Request, Status};

use super::{Backoff, recover, undelivered::Undelivered};
use crate::{
    client::Channel,
    identity::{Identity, Unfit},
    proof::{self, Shown, Wrong},
    status,
    store::{Machine, Store},
};

/// Where to read again, once what is trusted has changed: the first that was not known to be good.
#[derive(Debug, Default)]
struct Untrusted(Option<u64>);

impl Untrusted {
    fn note(&mut self, place: u64) {
        self.0 = Some(self.0.map_or(place, |first| first.min(place)));
    }

    /// Where to read on from, when so much was seen.
    fn after(&self, seen: u64) -> u64 {
        self.0.map_or(seen, |first| seen.min(first.saturating_sub(1)))
    }
}

/// Listens for ever.
pub(super) async fn run<M: Machine>(
    store: &Store<M>,
    identity: &Identity,
    mut client: BusServiceClient<Channel>,
    known: &Undelivered,
) {
    let (mut backoff, mut untrusted) = (Backoff::default(), Untrusted::default());
    let mut is_recalled = false;
    loop {
        is_recalled = is_recalled || known.recall(store, &mut client).await.is_ok();
        let mut changes = identity.changes();
        changes.seen();
        let watched = tokio::select! {
            watched = watch(store, identity, (&mut client, known), &mut backoff, &mut untrusted) => {
                watched
            }
            () = changes.changed() => Ok(()),
        };
        if let Err(status) = watched {
            tracing::debug!(source = %store.machine().party(), %status, "no receipts now");
        }
        backoff.wait().await;
    }
}

async fn watch<M: Machine>(
    store: &Store<M>,
    identity: &Identity,
    (client, known): (&mut BusServiceClient<Channel>, &Undelivered),
    backoff: &mut Backoff,
    untrusted: &mut Untrusted,
) -> Result<(), Status> {
    let seen = store.receipt_place().map_err(status::internal)?;
    let after_place = untrusted.after(seen);
    let log_id = store.log().map_err(status::internal)?;
    let request = WatchReceiptsRequest { after_place, log_id };
    let mut stream = match client.watch_receipts(Request::new(request)).await {
        Ok(stream) => stream.into_inner(),
        Err(status) => return Err(recover(store, status).await),
    };
    *backoff = Backoff::default();
    // What is asked for again is known to be so until all of it was heard.
    let (mut found, mut is_again) = (Untrusted::default(), untrusted.0.is_some());
    while let Some(response) = stream.message().await? {
        tell(client, known, &response.receipts).await;
        let mut heard = 0;
        for progress in heed(store, identity, response, &mut found).await? {
            heard = progress.receipt_place;
            store.progress(progress).await.map_err(status::status)?;
        }
        if is_again && heard >= seen {
            (*untrusted, is_again) = (Untrusted::default(), false);
        }
        if let Some(first) = found.0.filter(|_| !is_again) {
            untrusted.note(first);
        }
    }
    Ok(())
}

/// Tells what is not with its receiver, and no more of what is.
async fn tell(client: &mut BusServiceClient<Channel>, known: &Undelivered, receipts: &[Receipt]) {
    for one in receipts {
        match is_final(one) {
            true => known.settled(&one.recipient, one.number),
            false => known.parked(client, one).await,
        }
    }
}

/// What is to be noted of a piece, in order.
async fn heed<M: Machine>(
    store: &Store<M>,
    identity: &Identity,
    response: WatchReceiptsResponse,
    untrusted: &mut Untrusted,
) -> Result<Vec<Progress>, Status> {
    let WatchReceiptsResponse { receipts, log_id, proofs } = response;
    let proofs = proofs.unwrap_or_default();
    let places = receipts.iter().map(|one| one.receipt_place);
    let signed = proofs.proofs.iter().map(|one| one.receipt_place);
    let receipt_place = places.chain(signed).max().unwrap_or(0);
    let proofs = if proofs.proofs.is_empty() {
        None
    } else {
        good(store, identity, proofs, untrusted).await?
    };
    let mut noted = vec![Progress { proofs, log_id, receipt_place, ..Progress::default() }];
    receipts.into_iter().filter(is_final).for_each(|receipt| settle(&mut noted, receipt));
    Ok(noted)
}

/// Those of the proofs that are good; none when none is.
async fn good<M: Machine>(
    store: &Store<M>,
    identity: &Identity,
    proofs: Proofs,
    untrusted: &mut Untrusted,
) -> Result<Option<Proofs>, Status> {
    let (ours, identity) = (store.clone(), identity.clone());
    let checking = tokio::task::spawn_blocking(move || {
        let check = |(place, read): (u64, Result<Shown, Wrong>)| {
            let checked = match read {
                Ok(shown) => ours.check(&shown, &identity)?.map(|()| shown),
                Err(wrong) => Err(wrong),
            };
            Ok::<_, crate::store::Error>((place, checked))
        };
        proof::read(proofs).map(check).collect::<Result<Vec<_>, _>>()
    });
    let checked = checking.await.map_err(status::internal)?.map_err(status::internal)?;
    let mut good = Vec::with_capacity(checked.len());
    for (place, checked) in checked {
        match checked {
            Ok(shown) => good.push(shown),
            Err(wrong) => {
                let source = store.machine().party();
                tracing::error!(%source, place, "ALARM: a receipt proves nothing: {wrong}");
                if matches!(wrong, Wrong::Unfit(Unfit::Untrusted(_))) {
                    untrusted.note(place);
                }
            }
        }
    }
    Ok((!good.is_empty()).then(|| proof::write(good)))
}

/// Whether the bus says that nothing more will become of an envelope: everybody has it, or a person
/// has skipped it. One that is parked is kept; what becomes of it will be told.
fn is_final(receipt: &Receipt) -> bool {
    matches!(receipt.kind(), ReceiptKind::Settled | ReceiptKind::Skipped)
}

/// Adds what is settled to the last progress, or to a new one where others must have it.
fn settle(noted: &mut Vec<Progress>, receipt: Receipt) {
    let is_skipped = receipt.kind() == ReceiptKind::Skipped;
    let Receipt { recipient, number, followers, .. } = receipt;
    let one = Settled { recipient, number, is_skipped };
    match noted.last_mut() {
        Some(last) if last.settled.is_empty() || last.followers == followers => {
            last.followers = followers;
            last.settled.push(one);
        }
        Some(last) => {
            let (log_id, receipt_place) = (last.log_id.clone(), last.receipt_place);
            let (settled, base) = (vec![one], Progress::default());
            noted.push(Progress { settled, followers, log_id, receipt_place, ..base });
        }
        None => {}
    }
}

#[cfg(test)]
mod tests;
