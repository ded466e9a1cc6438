//! A proof that is wrong lets nothing go and holds up nothing behind it.

use super::*;
use crate::{
    proof::Held,
    store::tests::owed::{Caller, Stage, sent},
};

fn receipt(receipt_place: u64, one: &Held) -> Receipt {
    let recipient = one.recipient.as_ref().map(ToString::to_string).unwrap_or_default();
    let (number, kind) = (one.number, ReceiptKind::Settled.into());
    Receipt { receipt_place, recipient, number, kind, ..Receipt::default() }
}

async fn hear(
    store: &Store<Caller>,
    stage: &Stage,
    shown: Vec<Shown>,
    receipts: Vec<Receipt>,
) -> Untrusted {
    let mut untrusted = Untrusted::default();
    let proofs = Some(proof::write(shown));
    let response = WatchReceiptsResponse { receipts, log_id: "log".into(), proofs };
    for progress in heed(store, &stage.own, response, &mut untrusted).await.unwrap() {
        store.progress(progress).await.unwrap();
    }
    untrusted
}

fn is_unsettled(store: &Store<Caller>) -> bool {
    store.outstanding().unwrap().is_unsettled
}

#[tokio::test]
async fn a_wrong_proof_lets_nothing_go_and_holds_up_nothing() {
    let stage = Stage::new();
    let store = stage.open().await;
    for _ in 0..2 {
        store.tell("unit/housing").await.unwrap();
    }
    let all = sent(&store);
    let mut wrong = stage.signs("unit/housing", vec![all[0].clone()]);
    wrong.signature[9] ^= 1;
    let right = stage.signs("unit/housing", vec![all[1].clone()]);
    let receipts = vec![receipt(9, &all[0]), receipt(9, &all[1])];
    let untrusted = hear(&store, &stage, vec![wrong, right], receipts).await;
    assert_eq!((store.receipt_place().unwrap(), untrusted.0), (9, None));
    let journalled = store.records(0).filter_map(|found| found.unwrap().1.progress);
    let proofs = journalled.filter_map(|progress| progress.proofs);
    assert_eq!(proofs.map(|one| one.proofs.len()).collect::<Vec<_>>(), [1]);
    assert!(is_unsettled(&store), "the first is kept, whatever the bus says");

    let again = stage.signs("unit/housing", vec![all[0].clone()]);
    hear(&store, &stage, vec![again], Vec::new()).await;
    assert!(!is_unsettled(&store), "and the second was let go before");
}

#[tokio::test]
async fn what_an_authority_vouches_for_that_is_not_known_yet_is_asked_for_again() {
    let (stage, other) = (Stage::new(), Stage::new());
    let store = stage.open().await;
    store.tell("unit/housing").await.unwrap();
    let all = sent(&store);
    let early = other.signs("unit/housing", all.clone());
    let untrusted = hear(&store, &stage, vec![early], vec![receipt(12, &all[0])]).await;
    assert_eq!((store.receipt_place().unwrap(), untrusted.0), (12, Some(9)));
    assert!(is_unsettled(&store));
}
