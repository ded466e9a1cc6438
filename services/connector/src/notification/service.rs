//! The service of those who look after who was told. Who may call it, the policies say; of one case
//! whoever may see the case.

use std::sync::Arc;

use domain::{id::CaseId, party::Party, rejection::Rejection};
use kit::{
    access::{Access, Ask},
    page,
    server::peer,
    status::status,
    store::Asked,
    tx::Tx,
    view,
};
use proto::notification::{
    Again, ListNotificationsRequest, ListNotificationsResponse, Notification, NotificationState,
    SendAgainRequest, SendAgainResponse, notification_service_server::NotificationService,
};
use tonic::{Request, Response, Status};

use super::{
    Cases,
    address::Addresses,
    asking::{self, Listing},
    book::{self, Command},
    kept::{self, Kept, Note, State},
    send::Teller,
};

/// How many are looked at for one page.
const STRIDE: usize = 5_000;

/// The service.
#[derive(Clone, Debug)]
pub struct Door {
    /// None where nobody is told anything.
    teller: Option<Arc<Teller>>,
    cases: Arc<dyn Cases>,
    access: Access,
}

impl Door {
    pub(super) fn new(teller: Option<Arc<Teller>>, cases: Arc<dyn Cases>, access: Access) -> Door {
        Door { teller, cases, access }
    }

    /// Whether somebody may read that list.
    fn check(&self, party: &Party, case_id: Option<&CaseId>) -> Result<(), Rejection> {
        let all = Ask::to("see_all_cases", self.access.city());
        let sees_all = self.access.check(party, &all);
        let (Some(case_id), Err(_)) = (case_id, &sees_all) else { return sees_all };
        let case = self.cases.case(case_id).ok_or_else(|| {
            let message = format!("there is no case {case_id}");
            Rejection::unknown("UNKNOWN_CASE", "case_id", message)
        })?;
        self.access.check(party, &Ask::to("see_case", case))
    }

    fn list(&self, asked: &Listing) -> Result<(Vec<Notification>, String), Rejection> {
        let Some(teller) = &self.teller else { return Ok((Vec::new(), String::new())) };
        let (mut found, looked) = teller.store.read(|tx| found(tx, asked))?;
        let behind = |(number, _): &(u64, Kept)| number.to_be_bytes().to_vec();
        let mut next = page::cut(&mut found, asked.wanted.size, behind);
        // More may be behind what was looked at.
        if let Some(looked) = looked.filter(|_| next.is_empty()) {
            next = page::token(&looked.to_be_bytes());
        }
        let addresses = Addresses::read(&teller.config.addresses).ok();
        let shown = |(number, kept)| shown(teller, addresses.as_ref(), number, kept);
        Ok((found.into_iter().map(shown).collect(), next))
    }

    async fn again(
        &self,
        party: Party,
        request: SendAgainRequest,
    ) -> Result<Notification, Rejection> {
        let word = asking::resend(&request)?;
        let number = word.number;
        let unknown = || {
            let message = format!("there is no notification {number}");
            Rejection::unknown("UNKNOWN_NOTIFICATION", "number", message)
        };
        let teller = self.teller.as_ref().ok_or_else(unknown)?;
        let asked = Asked::of(party.clone(), word.request_id, "SendAgain", &request);
        let again = kept::Again {
            party: party.to_string(),
            person: word.person,
            reason: word.reason,
            ..Default::default()
        };
        teller.store.execute(asked, Command::Say(Note::Again { number, again })).await?;
        let kept = teller.store.read(|tx| book::kept(tx, number))?.ok_or_else(unknown)?;
        teller.at_once(&kept.told);
        let addresses = Addresses::read(&teller.config.addresses).ok();
        Ok(shown(teller, addresses.as_ref(), number, kept))
    }
}

type Found = (Vec<(u64, Kept)>, Option<u64>);

/// Those that are asked for, in order, one more than a page; and the last that was looked at where
/// there may be more behind it.
fn found(tx: &Tx<'_>, asked: &Listing) -> Result<Found, view::Error> {
    let prefix = match (&asked.case_id, asked.receiver.as_str(), asked.state) {
        (Some(case_id), ..) => book::at_case(case_id.as_str()),
        (None, "", Some(state)) => book::at_state(state),
        (None, "", None) => b"n".to_vec(),
        (None, receiver, _) => book::at_receiver(receiver),
    };
    let from = [&prefix[..], &(asked.after.saturating_add(1)).to_be_bytes()].concat();
    let keys = tx.scan(&prefix, &from, STRIDE)?;
    let is_cut = keys.len() == STRIDE;
    let (mut found, mut looked) = (Vec::new(), None);
    for (key, _) in &keys {
        let number = book::last(key);
        looked = Some(number);
        let Some(kept) = book::kept(tx, number)? else { continue };
        let is_asked = (asked.receiver.is_empty() || asked.receiver == kept.told.receiver)
            && asked.state.is_none_or(|state| state == kept.state);
        if is_asked {
            found.push((number, kept));
        }
        if found.len() > asked.wanted.size {
            break;
        }
    }
    Ok((found, looked.filter(|_| is_cut)))
}

fn shown(teller: &Teller, addresses: Option<&Addresses>, number: u64, kept: Kept) -> Notification {
    let way = teller.ways.get(&kept.told.way);
    let masked = way.and_then(|way| {
        let address = addresses?.find(&kept.told.receiver, &kept.told.way)?;
        Some(address.masked(way.asked.kind))
    });
    let reason = match kept.state {
        State::Waiting => teller.trouble(number),
        _ => kept.reason.clone(),
    };
    let state = match kept.state {
        State::Waiting => NotificationState::Waiting,
        State::Taken => NotificationState::Taken,
        State::Delivered => NotificationState::Delivered,
        State::Failed => NotificationState::Failed,
    };
    let said = |one: kept::Again| {
        let kept::Again { party, person, reason, at } = one;
        Again { person, party, reason, at_ms: at.0 }
    };
    Notification {
        number,
        key: kept.key(),
        state: state.into(),
        reason,
        is_final: kept.is_final,
        at_ms: kept.told.at.0,
        state_at_ms: kept.state_at.0,
        summary: kept.summary.unwrap_or_default(),
        masked_address: masked.unwrap_or_default(),
        again: kept.again.into_iter().map(said).collect(),
        event: kept.told.event,
        receiver: kept.told.receiver,
        way: kept.told.way,
        case_id: kept.told.case_id,
        text: kept.told.text,
    }
}

#[tonic::async_trait]
impl NotificationService for Door {
    async fn list_notifications(
        &self,
        request: Request<ListNotificationsRequest>,
    ) -> Result<Response<ListNotificationsResponse>, Status> {
        let party = peer(&request)?.party;
        let asked = asking::listing(request.into_inner()).map_err(status)?;
        self.check(&party, asked.case_id.as_ref()).map_err(status)?;
        let (notifications, next_token) = self.list(&asked).map_err(status)?;
        Ok(Response::new(ListNotificationsResponse { notifications, next_token }))
    }

    async fn send_again(
        &self,
        request: Request<SendAgainRequest>,
    ) -> Result<Response<SendAgainResponse>, Status> {
        let party = peer(&request)?.party;
        let notification = self.again(party, request.into_inner()).await.map_err(status)?;
        Ok(Response::new(SendAgainResponse { notification: Some(notification) }))
    }
}
