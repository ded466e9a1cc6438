//! What was not taken outside, through the code by which the worker's door reads it.

use connector::subscription;
use domain::rejection::Rejection;
use proto::outside::{ListUndeliveredRequest, ResolveUndeliveredRequest, Settlement};

use super::{Read, command, decoded, next_page, reason, seed};

pub(super) const METHODS: [(&str, Read); 2] =
    [("ListUndelivered", list), ("ResolveUndelivered", resolve)];

fn list(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListUndeliveredRequest>(bytes, |request| {
        subscription::undelivered(&request).map(drop)
    })
}

fn resolve(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ResolveUndeliveredRequest>(bytes, |request| subscription::resolve(request).map(drop))
}

/// A good request of each.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let subscription = "grid".to_owned();
    let listing = ListUndeliveredRequest { subscription: subscription.clone(), page: next_page() };
    let settling = ResolveUndeliveredRequest {
        command: command(),
        subscription,
        numbers: vec![12, 7, 12],
        settlement: Settlement::PutBack.into(),
        reason: reason(),
    };
    vec![seed("ListUndelivered", &listing), seed("ResolveUndelivered", &settling)]
}
