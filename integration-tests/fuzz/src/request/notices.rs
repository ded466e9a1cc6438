//! Who was told by SMS or webhook, through the code by which the worker's door reads it.

use connector::notification;
use domain::rejection::Rejection;
use proto::notification::{ListNotificationsRequest, NotificationState, SendAgainRequest};

use super::{Read, command, decoded, next_page, reason, seed};

pub(super) const METHODS: [(&str, Read); 2] = [("ListNotifications", list), ("SendAgain", again)];

fn list(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListNotificationsRequest>(bytes, |request| notification::listing(request).map(drop))
}

fn again(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<SendAgainRequest>(bytes, |request| notification::resend(&request).map(drop))
}

/// A good request of each.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let listing = ListNotificationsRequest {
        case_id: "WS20261122-7QK3M9ZT".to_owned(),
        receiver: "unit/enforcement/duty".to_owned(),
        state: NotificationState::Failed.into(),
        page: next_page(),
    };
    let sending = SendAgainRequest { command: command(), number: 12, reason: reason() };
    vec![seed("ListNotifications", &listing), seed("SendAgain", &sending)]
}
