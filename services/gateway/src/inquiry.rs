//! `LedgerService`: questions about many cases in, answers out; every rule is elsewhere.

use domain::{moment::Moment, party::Party, rejection::Rejection};
use kit::{page, server::peer, status::status, tx::Tx};
use prost::Message as _;
use proto::{
    ledger::{
        CaseFilter, Count, CountCasesRequest, CountCasesResponse, GetRatesRequest,
        GetRatesResponse, GetTraceRequest, GetTraceResponse, ListStepsRequest, ListStepsResponse,
        Order, SearchCasesRequest, SearchCasesResponse, ledger_service_server::LedgerService,
    },
    page::Page,
};
use tonic::{Request, Response, Status};

use crate::{
    approvals::Approvals,
    decisions::Decisions,
    filter,
    inspections::Inspections,
    known, late, lately,
    operations::Operations,
    picture::{self, Subject},
    search::{self, Cursor, Query},
    service::{Service, blocking, token},
    sheets::Accounts,
    wire,
};

impl Service {
    fn query(
        &self,
        party: &Party,
        filter: Option<CaseFilter>,
        asked: &[u8],
    ) -> Result<Query, Rejection> {
        let mark = [filter.clone().unwrap_or_default().encode_to_vec(), asked.to_vec()].concat();
        let filter = filter::read(filter)?;
        self.store.read(|tx| known::check(tx, &self.store.machine().city, &filter))??;
        Ok(Query::new(filter, self.sight(party), &mark))
    }

    /// Who may see a matter may see its picture.
    fn check_sight(&self, party: &Party, subject: &Subject) -> Result<(), Rejection> {
        match subject {
            Subject::Case(id) => self.reader().matter(&self.sight(party), id).map(drop),
            Subject::Operation(id) => Operations::seen(self, party, id).map(drop),
            Subject::Approval(id) => Approvals::get(self, party, id).map(drop),
            Subject::Decision(id) => Decisions::get(self, party, id).map(drop),
            Subject::Sheet(id) => Accounts::get(self, party, id).map(drop),
            Subject::Stop(id) => Inspections::get(self, party, id).map(drop),
        }
    }
}

#[tonic::async_trait]
impl LedgerService for Service {
    async fn search_cases(
        &self,
        request: Request<SearchCasesRequest>,
    ) -> Result<Response<SearchCasesResponse>, Status> {
        let party = peer(&request)?.party;
        let SearchCasesRequest { filter, page, order } = request.into_inner();
        let wanted = page::wanted(page).map_err(status)?;
        let order = filter::order(order).map_err(status)?;
        let asked = format!("search {}", order.as_str_name());
        let query = self.query(&party, filter, asked.as_bytes()).map_err(status)?;
        let (mut reader, mut yardstick) = (self.reader(), self.yardstick()?);
        let cursor = Cursor::read(&query, &wanted.from, yardstick.now).map_err(status)?;
        yardstick.now = cursor.now;
        let as_of_ms = cursor.now.0;
        let dues = self.dues.clone();
        let (cases, last, examined) = blocking(move || {
            let store = reader.store().clone();
            let query = query.counted_as_asked(&dues, yardstick.now)?;
            let found = match order {
                Order::Unspecified => {
                    store.read(|tx| search::page(tx, &query, &yardstick, &cursor, &wanted))?
                }
                Order::DueFirst => {
                    late::page(&store, &dues, &query, &yardstick, (&cursor, &wanted))?
                }
            };
            let shown = found.matters.into_iter().map(|matter| reader.shown(matter));
            let cases = shown.collect::<Result<Vec<_>, Rejection>>()?;
            let last = found.last.map(|place| cursor.token(&query, &place));
            Ok((cases, last, found.examined))
        })
        .await?;
        let city = &self.store.machine().city;
        let cases = cases.iter().map(|case| wire::case(city, case)).collect();
        let examined = u32::try_from(examined).unwrap_or(u32::MAX);
        Ok(Response::new(SearchCasesResponse {
            cases,
            next_token: token(last),
            as_of_ms,
            examined,
        }))
    }

    async fn count_cases(
        &self,
        request: Request<CountCasesRequest>,
    ) -> Result<Response<CountCasesResponse>, Status> {
        let party = peer(&request)?.party;
        let CountCasesRequest { filter, group_by, token: from } = request.into_inner();
        let group_by = filter::group_by(group_by).map_err(status)?;
        let page = Some(Page { size: 0, token: from });
        let wanted = page::wanted(page).map_err(|no| status(no.at("token")))?;
        let asked = format!("count {}", group_by.as_str_name());
        let query = self.query(&party, filter, asked.as_bytes()).map_err(status)?;
        let mut yardstick = self.yardstick()?;
        let cursor = Cursor::read(&query, &wanted.from, yardstick.now);
        let cursor = cursor.map_err(|no| status(no.at("token")))?;
        yardstick.now = cursor.now;
        let as_of_ms = cursor.now.0;
        let (store, dues) = (self.store.clone(), self.dues.clone());
        let (tallied, next) = blocking(move || {
            if let Some(tallied) = late::tally(&dues, &query, group_by, cursor.now)? {
                return Ok((tallied, None));
            }
            let query = query.counted_as_asked(&dues, yardstick.now)?;
            let count = |tx: &Tx<'_>| search::tally(tx, &query, &yardstick, group_by, &cursor);
            let tallied = store.read(count)?;
            let next = tallied.last.as_ref().map(|place| cursor.token(&query, place));
            Ok((tallied, next))
        })
        .await?;
        let count = |(value, cases)| Count { value, cases };
        let counts = tallied.counts.into_iter().map(count).collect();
        let total = tallied.total;
        Ok(Response::new(CountCasesResponse { counts, total, next_token: token(next), as_of_ms }))
    }

    async fn get_rates(
        &self,
        request: Request<GetRatesRequest>,
    ) -> Result<Response<GetRatesResponse>, Status> {
        let party = peer(&request)?.party;
        let GetRatesRequest { filter, from_ms, to_ms, group_by } = request.into_inner();
        let rating = filter::rating(filter.as_ref(), from_ms, to_ms, group_by).map_err(status)?;
        let asked = filter.clone().unwrap_or_default();
        let query = self.query(&party, filter, b"rates").map_err(status)?;
        let (store, dues, yardstick) = (self.store.clone(), self.dues.clone(), self.yardstick()?);
        let city = yardstick.city.clone();
        let to = rating.period.to.map_or(yardstick.now, |to| to.min(yardstick.now));
        let (rating, (rates, examined)) = blocking(move || {
            let query = query.counted_in(rating.period, &dues, yardstick.now)?;
            let units = rating.units(&query, &dues)?;
            let rates = store.read(|tx| rating.rates(tx, &query, &yardstick, &units))??;
            Ok((rating, rates))
        })
        .await?;
        let write = |value| rating.write(&city, &asked, value, to);
        let rates = rates.into_iter().map(write).collect();
        let Moment(to_ms) = to;
        Ok(Response::new(GetRatesResponse { rates, to_ms, examined: examined as u64 }))
    }

    async fn list_steps(
        &self,
        request: Request<ListStepsRequest>,
    ) -> Result<Response<ListStepsResponse>, Status> {
        let sight = self.sight(&peer(&request)?.party);
        let ListStepsRequest { since_ms, page } = request.into_inner();
        let wanted = page::wanted(page).map_err(status)?;
        let mut reader = self.reader();
        let since = Moment(since_ms);
        let steps = blocking(move || lately::page(&mut reader, &sight, since, &wanted)).await?;
        let (steps, next) = steps;
        let city = &self.store.machine().city;
        let steps = steps.iter().map(|step| wire::entry(city, step)).collect();
        Ok(Response::new(ListStepsResponse { steps, next_token: token(next) }))
    }

    async fn get_trace(
        &self,
        request: Request<GetTraceRequest>,
    ) -> Result<Response<GetTraceResponse>, Status> {
        let party = peer(&request)?.party;
        let subject = picture::subject(&request.into_inner().subject).map_err(status)?;
        let service = self.clone();
        let yardstick = self.yardstick()?;
        let drawn = blocking(move || {
            // The matter is named by the subject: that is the field at fault.
            service.check_sight(&party, &subject).map_err(|no| no.at("subject"))?;
            picture::draw_other(&mut service.reader(), &yardstick, &subject)
        })
        .await?;
        Ok(Response::new(drawn))
    }
}
