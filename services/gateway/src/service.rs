//! `WhistleService`: requests in, answers out; every rule is elsewhere.

mod ground;

use std::{pin::Pin, sync::Arc};

use domain::{id::CaseId, party::Party, rejection::Rejection, routing};
use kit::{
    evidence::EvidenceStore,
    page,
    server::peer,
    status::{internal, status},
    store::{Asked, Store},
};
use proto::{
    convert,
    whistle::{
        AssignCaseRequest, AssignCaseResponse, ConfirmCaseRequest, ConfirmCaseResponse,
        ExtendLimitRequest, ExtendLimitResponse, GetCaseRequest, GetCaseResponse, HoldClockRequest,
        HoldClockResponse, InstructUnitRequest, InstructUnitResponse, ListAgendaRequest,
        ListAgendaResponse, ListCasesRequest, ListCasesResponse, ListHistoryRequest,
        ListHistoryResponse, ListPrecedentsRequest, ListPrecedentsResponse, MergeCaseRequest,
        MergeCaseResponse, RaiseSeverityRequest, RaiseSeverityResponse, RaiseWhistleRequest,
        RaiseWhistleResponse, RecordFindingRequest, RecordFindingResponse,
        ReportToGovernmentRequest, ReportToGovernmentResponse, ResumeClockRequest,
        ResumeClockResponse, RuleDisputeRequest, RuleDisputeResponse, SendBackCaseRequest,
        SendBackCaseResponse, TellCaseApartRequest, TellCaseApartResponse, UrgeCaseRequest,
        UrgeCaseResponse, WatchCasesRequest, WatchCasesResponse, WithdrawCaseRequest,
        WithdrawCaseResponse, whistle_service_server::WhistleService,
    },
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::{
    access::{self, Sight},
    asking,
    clock::Order,
    command::{Ask, By, Climb, Command, Merge, Word},
    door::Door,
    dues::Dues,
    history::{self, History},
    read::Reader,
    watch::{Step, Watch},
    wire,
    yardstick::Yardstick,
};

/// How many answers a watcher may be behind before its reading waits.
const WATCH_AHEAD: usize = 16;

/// The service over one store.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) store: Store<Door>,
    pub(crate) evidence: EvidenceStore,
    pub(crate) profile: Arc<str>,
    pub(crate) dues: Dues,
    pub(crate) watches: Arc<Semaphore>,
    pub(crate) shutdown: CancellationToken,
}

impl Service {
    pub(crate) fn reader(&self) -> Reader {
        Reader::new(self.store.clone(), Arc::clone(&self.profile))
    }

    /// The limits in force, now.
    pub(crate) fn yardstick(&self) -> Result<Yardstick, Status> {
        self.dues.yardstick().map_err(status)
    }

    pub(crate) fn sight(&self, party: &Party) -> Sight {
        access::sight(self.store.machine(), party)
    }

    pub(crate) async fn execute(&self, asked: Asked, by: By, ask: Ask) -> Result<Vec<u8>, Status> {
        let answer = self.store.execute(asked, Command { by, ask }).await.map_err(status)?;
        Ok(answer.bytes)
    }

    async fn time(&self, asked: Asked, by: By, order: Order) -> Result<u32, Status> {
        let profile = Arc::clone(&self.profile);
        let answer = self.execute(asked, by, Ask::Clock { order, profile }).await?;
        Ok(wire::round(&answer))
    }

    async fn answer(
        &self,
        asked: Asked,
        by: By,
        (case_id, word): (CaseId, Word),
    ) -> Result<u32, Status> {
        let answer = self.execute(asked, by, Ask::Answer { case_id, word }).await?;
        Ok(wire::round(&answer))
    }

    async fn climb(
        &self,
        asked: Asked,
        by: By,
        (case_id, climb): (CaseId, Climb),
    ) -> Result<u32, Status> {
        let answer = self.execute(asked, by, Ask::Climb { case_id, climb }).await?;
        Ok(wire::round(&answer))
    }
}

#[tonic::async_trait]
impl WhistleService for Service {
    async fn raise_whistle(
        &self,
        request: Request<RaiseWhistleRequest>,
    ) -> Result<Response<RaiseWhistleResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "RaiseWhistle", &request);
        let evidence = self.evidence.clone();
        let datum = self.store.machine().city.datum;
        let raise = move || asking::raise(request, datum, |digest| evidence.size(digest));
        let raise = blocking(raise).await?;
        let answer = self.execute(asked, by, Ask::Raise(raise)).await?;
        Ok(Response::new(wire::raised(&answer)))
    }

    async fn merge_case(
        &self,
        request: Request<MergeCaseRequest>,
    ) -> Result<Response<MergeCaseResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "MergeCase", &request);
        let (case_id, same_as, note) = asking::merge(request).map_err(status)?;
        let (mut reader, ends) = (self.reader(), case_id.clone());
        let words = blocking(move || reader.words(&ends)).await?;
        let merge = Ask::Merge(Merge { case_id, same_as, note, words });
        let answer = self.execute(asked, by, merge).await?;
        Ok(Response::new(MergeCaseResponse { case_id: wire::goes_on(&answer) }))
    }

    async fn tell_case_apart(
        &self,
        request: Request<TellCaseApartRequest>,
    ) -> Result<Response<TellCaseApartResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "TellCaseApart", &request);
        let (case_id, other, note) = asking::tell_apart(request).map_err(status)?;
        self.execute(asked, by, Ask::TellApart { case_id, other, note }).await?;
        Ok(Response::new(TellCaseApartResponse {}))
    }

    async fn hold_clock(
        &self,
        request: Request<HoldClockRequest>,
    ) -> Result<Response<HoldClockResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "HoldClock", &request);
        let order = asking::clock::hold(request).map_err(status)?;
        let round = self.time(asked, by, order).await?;
        Ok(Response::new(HoldClockResponse { round }))
    }

    async fn resume_clock(
        &self,
        request: Request<ResumeClockRequest>,
    ) -> Result<Response<ResumeClockResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "ResumeClock", &request);
        let order = asking::clock::resume(request).map_err(status)?;
        let round = self.time(asked, by, order).await?;
        Ok(Response::new(ResumeClockResponse { round }))
    }

    async fn extend_limit(
        &self,
        request: Request<ExtendLimitRequest>,
    ) -> Result<Response<ExtendLimitResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "ExtendLimit", &request);
        let order = asking::clock::extend(request).map_err(status)?;
        let round = self.time(asked, by, order).await?;
        Ok(Response::new(ExtendLimitResponse { round }))
    }

    async fn assign_case(
        &self,
        request: Request<AssignCaseRequest>,
    ) -> Result<Response<AssignCaseResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "AssignCase", &request);
        let word = asking::assign(request).map_err(status)?;
        let round = self.answer(asked, by, word).await?;
        Ok(Response::new(AssignCaseResponse { round }))
    }

    async fn confirm_case(
        &self,
        request: Request<ConfirmCaseRequest>,
    ) -> Result<Response<ConfirmCaseResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "ConfirmCase", &request);
        let word = asking::confirm(request).map_err(status)?;
        let round = self.answer(asked, by, word).await?;
        Ok(Response::new(ConfirmCaseResponse { round }))
    }

    async fn send_back_case(
        &self,
        request: Request<SendBackCaseRequest>,
    ) -> Result<Response<SendBackCaseResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "SendBackCase", &request);
        let evidence = self.evidence.clone();
        let word = move || asking::send_back(request, |digest| evidence.size(digest));
        let round = self.answer(asked, by, blocking(word).await?).await?;
        Ok(Response::new(SendBackCaseResponse { round }))
    }

    async fn rule_dispute(
        &self,
        request: Request<RuleDisputeRequest>,
    ) -> Result<Response<RuleDisputeResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "RuleDispute", &request);
        let word = asking::rule(request).map_err(status)?;
        let round = self.answer(asked, by, word).await?;
        Ok(Response::new(RuleDisputeResponse { round }))
    }

    async fn raise_severity(
        &self,
        request: Request<RaiseSeverityRequest>,
    ) -> Result<Response<RaiseSeverityResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let severity = request.severity;
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "RaiseSeverity", &request);
        let evidence = self.evidence.clone();
        let worse = move || asking::worsen(request, |digest| evidence.size(digest));
        self.execute(asked, by, Ask::Worsen(blocking(worse).await?)).await?;
        Ok(Response::new(RaiseSeverityResponse { severity }))
    }

    async fn list_agenda(
        &self,
        request: Request<ListAgendaRequest>,
    ) -> Result<Response<ListAgendaResponse>, Status> {
        let page = page::wanted(request.into_inner().page).map_err(status)?;
        let mut reader = self.reader();
        let (items, next) = blocking(move || reader.agenda(&page)).await?;
        let items = items.iter().map(wire::agenda).collect();
        Ok(Response::new(ListAgendaResponse { items, next_token: token(next) }))
    }

    async fn list_precedents(
        &self,
        request: Request<ListPrecedentsRequest>,
    ) -> Result<Response<ListPrecedentsResponse>, Status> {
        let ListPrecedentsRequest { issue_type, page } = request.into_inner();
        let issue_type = asking::issue_type(issue_type).map_err(status)?;
        routing::check_issue(&self.store.machine().city, &issue_type).map_err(status)?;
        let page = page::wanted(page).map_err(status)?;
        let mut reader = self.reader();
        let (kept, next) = blocking(move || reader.precedents(&issue_type, &page)).await?;
        let precedents = kept.iter().map(wire::precedent).collect();
        Ok(Response::new(ListPrecedentsResponse { precedents, next_token: token(next) }))
    }

    async fn urge_case(
        &self,
        request: Request<UrgeCaseRequest>,
    ) -> Result<Response<UrgeCaseResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "UrgeCase", &request);
        let climb = asking::urge(request).map_err(status)?;
        let number = self.climb(asked, by, climb).await?;
        Ok(Response::new(UrgeCaseResponse { number }))
    }

    async fn report_to_government(
        &self,
        request: Request<ReportToGovernmentRequest>,
    ) -> Result<Response<ReportToGovernmentResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let (caller, id) = (by.party.clone(), by.request_id.clone());
        let asked = Asked::of(caller, id, "ReportToGovernment", &request);
        let evidence = self.evidence.clone();
        let climb = move || asking::report(request, |digest| evidence.size(digest));
        let round = self.climb(asked, by, blocking(climb).await?).await?;
        Ok(Response::new(ReportToGovernmentResponse { round }))
    }

    async fn withdraw_case(
        &self,
        request: Request<WithdrawCaseRequest>,
    ) -> Result<Response<WithdrawCaseResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "WithdrawCase", &request);
        let climb = asking::withdraw(request).map_err(status)?;
        self.climb(asked, by, climb).await?;
        Ok(Response::new(WithdrawCaseResponse {}))
    }

    async fn instruct_unit(
        &self,
        request: Request<InstructUnitRequest>,
    ) -> Result<Response<InstructUnitResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "InstructUnit", &request);
        let climb = asking::instruct(request).map_err(status)?;
        let round = self.climb(asked, by, climb).await?;
        Ok(Response::new(InstructUnitResponse { round }))
    }

    async fn record_finding(
        &self,
        request: Request<RecordFindingRequest>,
    ) -> Result<Response<RecordFindingResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "RecordFinding", &request);
        let evidence = self.evidence.clone();
        let word = move || asking::find(request, |digest| evidence.size(digest));
        let round = self.answer(asked, by, blocking(word).await?).await?;
        Ok(Response::new(RecordFindingResponse { round }))
    }

    async fn get_case(
        &self,
        request: Request<GetCaseRequest>,
    ) -> Result<Response<GetCaseResponse>, Status> {
        let sight = self.sight(&peer(&request)?.party);
        let case_id = asking::case_id(request.into_inner().case_id).map_err(status)?;
        let mut reader = self.reader();
        let shown = blocking(move || {
            let matter = reader.matter(&sight, &case_id)?;
            reader.shown_to(&sight, matter)
        });
        let case = Some(wire::case(&self.store.machine().city, &shown.await?));
        Ok(Response::new(GetCaseResponse { case }))
    }

    async fn list_cases(
        &self,
        request: Request<ListCasesRequest>,
    ) -> Result<Response<ListCasesResponse>, Status> {
        let sight = self.sight(&peer(&request)?.party);
        let ListCasesRequest { stage, only_open, page } = request.into_inner();
        let list = asking::list(stage, only_open).map_err(status)?;
        let page = page::wanted(page).map_err(status)?;
        let mut reader = self.reader();
        let (cases, next) = blocking(move || match list {
            Some(list) => reader.list(&sight, list, &page),
            None => Ok((Vec::new(), None)),
        })
        .await?;
        let city = &self.store.machine().city;
        let cases = cases.iter().map(|case| wire::case(city, case)).collect();
        Ok(Response::new(ListCasesResponse { cases, next_token: token(next) }))
    }

    type WatchCasesStream = Pin<Box<dyn Stream<Item = Result<WatchCasesResponse, Status>> + Send>>;

    async fn watch_cases(
        &self,
        request: Request<WatchCasesRequest>,
    ) -> Result<Response<Self::WatchCasesStream>, Status> {
        let sight = self.sight(&peer(&request)?.party);
        let WatchCasesRequest { after_place, case_id, only_new } = request.into_inner();
        let only = convert::optional("case_id", case_id).map_err(status)?;
        let reader = self.reader();
        if let Some(case_id) = &only {
            reader.matter(&sight, case_id).map_err(status)?;
        }
        let place = Arc::clone(&self.watches).try_acquire_owned().map_err(|_| {
            status(Rejection::exhausted("TOO_MANY_WATCHES", "too many watch already; try again"))
        })?;
        let after = if only_new { reader.last_place().map_err(status)? } else { after_place };
        let watch = Watch::new(reader, sight, only, after);
        let (sender, answers) = mpsc::channel(WATCH_AHEAD);
        tokio::spawn(send(self.clone(), watch, sender, place));
        Ok(Response::new(Box::pin(ReceiverStream::new(answers))))
    }

    async fn list_history(
        &self,
        request: Request<ListHistoryRequest>,
    ) -> Result<Response<ListHistoryResponse>, Status> {
        let sight = self.sight(&peer(&request)?.party);
        let ListHistoryRequest { case_id, page } = request.into_inner();
        let case_id = asking::case_id(case_id).map_err(status)?;
        let page = page::wanted(page).map_err(status)?;
        let (mut reader, yardstick) = (self.reader(), self.yardstick()?);
        let History { steps: (steps, next), waits } = blocking(move || {
            let matter = reader.matter(&sight, &case_id)?;
            history::read(&mut reader, &yardstick, &matter, &page)
        })
        .await?;
        let city = &self.store.machine().city;
        let entries = steps.iter().map(|passed| wire::passed(city, passed)).collect();
        let waits_for = waits.iter().map(wire::waited).collect();
        Ok(Response::new(ListHistoryResponse { entries, next_token: token(next), waits_for }))
    }
}

pub(crate) fn token(next: Option<Vec<u8>>) -> String {
    next.map(|key| page::token(&key)).unwrap_or_default()
}

type Answers = mpsc::Sender<Result<WatchCasesResponse, Status>>;

/// Sends what is there and what comes; ends when the watcher has gone or the gateway stops.
async fn send(service: Service, watch: Watch, answers: Answers, _place: OwnedSemaphorePermit) {
    let work = watching(&service, watch, &answers);
    let end = tokio::select! {
        end = work => end,
        () = answers.closed() => return,
        () = service.shutdown.cancelled() => {
            status(Rejection::unavailable("STOPPING", "the gateway is stopping; try again"))
        }
    };
    // Where the watcher is slow there is no room for the reason; the end says it as well.
    let _no_room = answers.try_send(Err(end));
}

async fn watching(service: &Service, mut watch: Watch, answers: &Answers) -> Status {
    let mut applied = service.store.applied();
    loop {
        applied.borrow_and_update();
        let next = tokio::task::spawn_blocking(move || {
            let next = watch.next();
            (watch, next)
        });
        let (steps, is_more) = match next.await {
            Ok((same, Ok(next))) => {
                watch = same;
                next
            }
            Ok((_, Err(rejection))) => return status(rejection),
            Err(fault) => return internal(fault),
        };
        for step in &steps {
            if answers.send(Ok(seen(service, step))).await.is_err() {
                return Status::cancelled("the watcher has gone");
            }
        }
        if !is_more && applied.changed().await.is_err() {
            return status(Rejection::unavailable("STOPPING", "the gateway is stopping"));
        }
    }
}

fn seen(service: &Service, step: &Step) -> WatchCasesResponse {
    WatchCasesResponse {
        place: step.entry.place,
        entry: Some(wire::entry(&service.store.machine().city, &step.entry)),
        case: Some(wire::case(&service.store.machine().city, &step.case)),
    }
}

/// Off the runtime's own threads: journals are files.
pub(crate) async fn blocking<T, W>(work: W) -> Result<T, Status>
where
    T: Send + 'static,
    W: FnOnce() -> Result<T, Rejection> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.map_err(internal)?.map_err(status)
}
