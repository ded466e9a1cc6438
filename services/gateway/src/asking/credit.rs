//! What people decide about lists and deliveries, as it comes off the wire.

use domain::{id::ObjectId, rejection::Rejection};
use proto::{
    convert,
    credit_wire::{PutBackDeliveryRequest, RemoveListedRequest, SkipDeliveryRequest},
};

use crate::{command::Minding, credit::Mind};

/// Reads whose credit.
pub fn object(text: String) -> Result<ObjectId, Rejection> {
    convert::id("object", text)
}

/// Reads what is to be tried again.
pub fn put_back(request: PutBackDeliveryRequest) -> Result<Minding, Rejection> {
    let PutBackDeliveryRequest { object: about, delivery, reason, .. } = request;
    let mind = Mind::PutBack(proto::credit::delivery(delivery)?);
    Ok(Minding { object: object(about)?, mind, reason })
}

/// Reads what need not go.
pub fn skip(request: SkipDeliveryRequest) -> Result<Minding, Rejection> {
    let SkipDeliveryRequest { object: about, delivery, reason, .. } = request;
    let mind = Mind::Skip(proto::credit::delivery(delivery)?);
    Ok(Minding { object: object(about)?, mind, reason })
}

/// Reads who is taken off the list.
pub fn remove(request: RemoveListedRequest) -> Result<Minding, Rejection> {
    let RemoveListedRequest { object: about, reason, .. } = request;
    Ok(Minding { object: object(about)?, mind: Mind::Remove, reason })
}
