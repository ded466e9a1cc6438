//! What is refused about events for systems outside. In Wenshan nobody is told any; what is refused
//! where somebody is stands with the connector (`connector … subscription::tests`).

use proto::outside::{
    ListSubscriptionsRequest, ListUndeliveredRequest, ResolveUndeliveredRequest, Settlement,
    outside_service_client::OutsideServiceClient,
};
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, World, command, no},
};

const ADMIN: &str = "admin/root";

impl World {
    fn outside(&self, party: &str) -> OutsideServiceClient<kit::client::Channel> {
        OutsideServiceClient::new(crate::people::line(&self.data, party, &["worker"]))
    }

    async fn settle_outside(
        self,
        party: &str,
        change: impl FnOnce(&mut ResolveUndeliveredRequest),
    ) -> Status {
        let mut request = ResolveUndeliveredRequest {
            command: command("settle-outside"),
            subscription: "grid".into(),
            numbers: vec![1],
            settlement: Settlement::Skip.into(),
            reason: "they do not want it".into(),
        };
        change(&mut request);
        no(self.outside(party).resolve_undelivered(request).await)
    }
}

/// At any time.
pub fn rows() -> Vec<Row> {
    rows! {
        "a unit looks at what goes outside": |w| async move {
            no(w.outside("unit/enforcement").list_subscriptions(ListSubscriptionsRequest {}).await)
        } => PermissionDenied "NO_OVERSEER" "" "an office or an administrator";
        "a community looks at what was not taken": |w| async move {
            let request = ListUndeliveredRequest::default();
            no(w.outside(COMMUNITY).list_undelivered(request).await)
        } => PermissionDenied "NO_OVERSEER" "" "an office or an administrator";
        "what nobody was told": |w| async move {
            let request = ListUndeliveredRequest { subscription: "grid".into(), page: None };
            no(w.outside(ADMIN).list_undelivered(request).await)
        } => NotFound "UNKNOWN_SUBSCRIPTION" "subscription" "none is configured";
        "a unit lets go what was not taken": |w| w.settle_outside("unit/enforcement", |_| ())
            => PermissionDenied "NOT_YOURS" "" "an office or an administrator";
        "nothing is decided": |w| w.settle_outside(ADMIN, |r| r.settlement = 0)
            => InvalidArgument "UNKNOWN_RESOLUTION" "settlement" "SETTLEMENT_SKIP";
        "nothing is settled": |w| w.settle_outside(ADMIN, |r| r.numbers.clear())
            => InvalidArgument "NUMBERS_MISSING" "numbers" "1 to 1000";
        "it is settled without a reason": |w| w.settle_outside(ADMIN, |r| r.reason = " ".into())
            => InvalidArgument "REASON_MISSING" "reason" "why";
        "what nobody was told is settled": |w| w.settle_outside(ADMIN, |_| ())
            => NotFound "UNKNOWN_SUBSCRIPTION" "subscription" "grid";
    }
}
