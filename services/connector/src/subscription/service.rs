//! The service of those who look after subscriptions. Who may call it, the policies say.

use std::{collections::BTreeMap, sync::Arc};

use domain::rejection::Rejection;
use kit::{page, server::peer, status::status};
use proto::outside::{
    ListSubscriptionsRequest, ListSubscriptionsResponse, ListUndeliveredRequest,
    ListUndeliveredResponse, ResolveUndeliveredRequest, ResolveUndeliveredResponse, Undelivered,
    outside_service_server::OutsideService,
};
use tonic::{Request, Response, Status};

use super::{asking, kept::Item, post::Poster};

/// The service.
#[derive(Clone, Debug)]
pub struct Door {
    posters: Arc<BTreeMap<String, Arc<Poster>>>,
}

impl Door {
    pub(super) fn new(posters: Arc<BTreeMap<String, Arc<Poster>>>) -> Door {
        Door { posters }
    }

    fn named(&self, name: &str) -> Result<&Arc<Poster>, Rejection> {
        self.posters.get(name).ok_or_else(|| {
            let known = self.posters.keys().cloned().collect::<Vec<_>>().join(", ");
            let right = if known.is_empty() { "none is configured".to_owned() } else { known };
            let message = format!("there is no subscription {name:?}; right would be: {right}");
            Rejection::unknown("UNKNOWN_SUBSCRIPTION", "subscription", message)
        })
    }
}

#[tonic::async_trait]
impl OutsideService for Door {
    async fn list_subscriptions(
        &self,
        _: Request<ListSubscriptionsRequest>,
    ) -> Result<Response<ListSubscriptionsResponse>, Status> {
        let subscriptions = self.posters.values().map(|poster| poster.shown()).collect();
        Ok(Response::new(ListSubscriptionsResponse { subscriptions }))
    }

    async fn list_undelivered(
        &self,
        request: Request<ListUndeliveredRequest>,
    ) -> Result<Response<ListUndeliveredResponse>, Status> {
        let request = request.into_inner();
        let (wanted, after) = asking::undelivered(&request).map_err(status)?;
        let poster = self.named(&request.subscription).map_err(status)?;
        let mut found = poster.record.kept().page(after, wanted.size + 1);
        let next_token =
            page::cut(&mut found, wanted.size, |(number, _)| number.to_be_bytes().to_vec());
        let undelivered = found.into_iter().map(shown).collect();
        Ok(Response::new(ListUndeliveredResponse { undelivered, next_token }))
    }

    async fn resolve_undelivered(
        &self,
        request: Request<ResolveUndeliveredRequest>,
    ) -> Result<Response<ResolveUndeliveredResponse>, Status> {
        let party = peer(&request)?.party.to_string();
        let word = asking::resolve(request.into_inner()).map_err(status)?;
        let poster = self.named(&word.subscription).map_err(status)?;
        let settled = poster.settle(&party, &word).await.map_err(status)?;
        Ok(Response::new(ResolveUndeliveredResponse { settled }))
    }
}

fn shown((number, item): (u64, Item)) -> Undelivered {
    let Item { message, since_ms, parked, .. } = item;
    Undelivered {
        number,
        key: message.key,
        r#type: message.kind,
        subject: message.subject,
        since_ms,
        parked_reason: parked.unwrap_or_default(),
    }
}
