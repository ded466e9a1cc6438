//! `AccountabilityService`: requests in, answers out.

use domain::{accountability::SheetId, pack::Limits, party::Party, rejection::Rejection};
use kit::{page, server::peer, status::status, store::Asked};
use proto::accountability::{
    BulletinEntry, DecideOutcomeRequest, DecideOutcomeResponse, GetSheetRequest, GetSheetResponse,
    ListBulletinRequest, ListBulletinResponse, ListSheetsRequest, ListSheetsResponse, Sheet,
    accountability_service_server::AccountabilityService,
};
use tonic::{Request, Response, Status};

use super::{
    keys::{self, Entry},
    read, unknown,
};
use crate::{
    access, asking,
    command::Ask,
    index,
    service::{Service, blocking},
};

/// The door for those who decide, over the same store.
pub(crate) struct Accounts {
    service: Service,
}

impl Accounts {
    /// Beside the door for whistles.
    pub(crate) fn new(service: Service) -> Accounts {
        Accounts { service }
    }

    fn shown(service: &Service, sheet: &domain::accountability::Sheet) -> Result<Sheet, Rejection> {
        let city = &service.store.machine().city;
        let outages = service.store.read(|tx| index::outages(tx, sheet.opened_at))?;
        let limits = city.limits(&service.profile, &sheet.opened.issue_type);
        Ok(read::sheet_out(city, &Limits { outages, ..limits }, sheet))
    }

    fn list(
        service: &Service,
        party: &Party,
        page: &page::Wanted,
    ) -> Result<(Vec<Sheet>, String), Rejection> {
        let access = &service.store.machine().access;
        let unit = party.as_unit().filter(|_| !access::sees_all_sheets(access, party));
        let prefix = unit.as_ref().map_or_else(|| keys::SHEETS.to_vec(), keys::own);
        check_token(&prefix, page)?;
        let mut found = service.store.read(|tx| tx.scan(&prefix, &page.from, page.size + 1))?;
        let next = page::cut(&mut found, page.size, |(key, _)| [&key[..], &[0]].concat());
        let mut sheets = Vec::with_capacity(found.len());
        for (key, value) in found {
            let sheet = match &unit {
                None => serde_json::from_slice(&value).ok(),
                Some(unit) => match keys::own_sheet(&prefix, unit, &key) {
                    Some(id) => service.store.read(|tx| keys::sheet(tx, &id))?,
                    None => None,
                },
            };
            if let Some(sheet) = sheet {
                sheets.push(Accounts::shown(service, &sheet)?);
            }
        }
        Ok((sheets, next))
    }

    /// For who may see it.
    pub(crate) fn get(service: &Service, party: &Party, id: &SheetId) -> Result<Sheet, Rejection> {
        let found = service.store.read(|tx| keys::sheet(tx, id))?;
        let sheet = found.ok_or_else(|| unknown(id))?;
        access::check_sheet(&service.store.machine().access, &sheet, party)?;
        let facts = read::facts(&mut service.reader(), id)?;
        Ok(Sheet { facts, ..Accounts::shown(service, &sheet)? })
    }

    fn bulletin(
        service: &Service,
        page: &page::Wanted,
    ) -> Result<(Vec<BulletinEntry>, String), Rejection> {
        check_token(keys::BULLETIN, page)?;
        let mut found =
            service.store.read(|tx| tx.scan(keys::BULLETIN, &page.from, page.size + 1))?;
        let next = page::cut(&mut found, page.size, |(key, _)| [&key[..], &[0]].concat());
        let entry = |(key, value): (Vec<u8>, Vec<u8>)| {
            let entry: Entry = serde_json::from_slice(&value).ok()?;
            Some(BulletinEntry {
                number: kit::view::number(key.get(keys::BULLETIN.len()..)),
                at_ms: entry.at.0,
                case_id: entry.sheet.case_id.to_string(),
                unit: entry.sheet.unit.to_string(),
                form: entry.form.map(|form| form.to_string()).unwrap_or_default(),
                text: entry.text,
            })
        };
        Ok((found.into_iter().filter_map(entry).collect(), next))
    }
}

fn check_token(prefix: &[u8], page: &page::Wanted) -> Result<(), Rejection> {
    if page.from.is_empty() || page.from.starts_with(prefix) {
        return Ok(());
    }
    Err(Rejection::invalid("MALFORMED_TOKEN", "page.token", "not a token of this list"))
}

#[tonic::async_trait]
impl AccountabilityService for Accounts {
    async fn list_sheets(
        &self,
        request: Request<ListSheetsRequest>,
    ) -> Result<Response<ListSheetsResponse>, Status> {
        let party = peer(&request)?.party;
        let page = page::wanted(request.into_inner().page).map_err(status)?;
        let service = self.service.clone();
        let list = move || Accounts::list(&service, &party, &page);
        let (sheets, next_token) = blocking(list).await?;
        Ok(Response::new(ListSheetsResponse { sheets, next_token }))
    }

    async fn get_sheet(
        &self,
        request: Request<GetSheetRequest>,
    ) -> Result<Response<GetSheetResponse>, Status> {
        let party = peer(&request)?.party;
        let GetSheetRequest { case_id, unit } = request.into_inner();
        let id = asking::sheet(case_id, unit).map_err(status)?;
        let service = self.service.clone();
        let sheet = blocking(move || Accounts::get(&service, &party, &id)).await?;
        Ok(Response::new(GetSheetResponse { sheet: Some(sheet) }))
    }

    async fn decide_outcome(
        &self,
        request: Request<DecideOutcomeRequest>,
    ) -> Result<Response<DecideOutcomeResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "DecideOutcome", &request);
        let judgement = asking::outcome(request).map_err(status)?;
        self.service.execute(asked, by, Ask::Judge(judgement)).await?;
        Ok(Response::new(DecideOutcomeResponse {}))
    }

    async fn list_bulletin(
        &self,
        request: Request<ListBulletinRequest>,
    ) -> Result<Response<ListBulletinResponse>, Status> {
        let page = page::wanted(request.into_inner().page).map_err(status)?;
        let service = self.service.clone();
        let (entries, next_token) = blocking(move || Accounts::bulletin(&service, &page)).await?;
        Ok(Response::new(ListBulletinResponse { entries, next_token }))
    }
}
