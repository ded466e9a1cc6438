//! What is refused about who is told by SMS or webhook. Here no way is configured; what is refused of one
//! that was told stands with the connector (`connector … notification::tests`) and with `told`.

use proto::notification::{
    ListNotificationsRequest, SendAgainRequest,
    notification_service_client::NotificationServiceClient,
};
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, World, command, no},
};

const ADMIN: &str = "admin/root";

impl World {
    async fn told(self, party: &str, change: impl FnOnce(&mut ListNotificationsRequest)) -> Status {
        let line = crate::people::line(&self.data, party, &["worker"]);
        let mut request = ListNotificationsRequest { case_id: self.case_id, ..Default::default() };
        change(&mut request);
        no(NotificationServiceClient::new(line).list_notifications(request).await)
    }

    async fn tell_again(self, party: &str, change: impl FnOnce(&mut SendAgainRequest)) -> Status {
        let line = crate::people::line(&self.data, party, &["worker"]);
        let mut request = SendAgainRequest {
            command: command("tell-again"),
            number: 1,
            reason: "the number was put right".into(),
        };
        change(&mut request);
        no(NotificationServiceClient::new(line).send_again(request).await)
    }
}

/// At any time.
pub fn rows() -> Vec<Row> {
    rows! {
        "a unit sees who was told of all": |w| w.told("unit/enforcement", |r| r.case_id.clear())
            => PermissionDenied "NOT_A_READER" "" "an office";
        "a unit sees who was told of another's case": |w| w.told("unit/tourism", |_| ())
            => PermissionDenied "NOT_YOUR_CASE" "case_id" "is not a case of yours";
        "who was told of a case that there is not": |w| w.told(COMMUNITY, |r| {
            r.case_id = "WS20200101-00000000".into();
        }) => NotFound "UNKNOWN_CASE" "case_id" "there is no case";
        "of a case whose number is none": |w| w.told(ADMIN, |r| r.case_id = "no case".into())
            => InvalidArgument "MALFORMED_ID" "case_id" "";
        "who was told by a role": |w| w.told("service/gateway", |_| ())
            => PermissionDenied "NO_OVERSEER" "" "an office or an administrator";
        "those that stand in no way": |w| w.told(ADMIN, |r| r.state = 99)
            => InvalidArgument "UNKNOWN_STATE" "state" "waiting, taken, delivered or failed";
        "whoever has a name that is too long": |w| w.told(ADMIN, |r| r.receiver = "x".repeat(201))
            => InvalidArgument "TEXT_TOO_LONG" "receiver" "200";
        "a page that was not given": |w| w.told(ADMIN, |r| {
            r.page = Some(proto::page::Page { size: 1, token: "00".into() });
        }) => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token of this list";
        "a unit has somebody told again": |w| w.tell_again("unit/enforcement", |_| ())
            => PermissionDenied "NOT_YOURS" "" "an office or an administrator";
        "somebody is told again without a reason": |w| w.tell_again(ADMIN, |r| r.reason = " ".into())
            => InvalidArgument "REASON_MISSING" "reason" "why";
        "nobody says that somebody is told again": |w| w.tell_again(ADMIN, |r| r.command = None)
            => InvalidArgument "MALFORMED_ID" "command.request_id" "";
        "somebody who was never told is told again": |w| w.tell_again(ADMIN, |_| ())
            => NotFound "UNKNOWN_NOTIFICATION" "number" "there is no notification 1";
    }
}
