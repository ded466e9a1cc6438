//! The service of those who look after what other systems report, and of the systems themselves. Who may
//! call it, the policies say; in whose name a report is brought, the certificate.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    id::UnitId,
    pack::{City, suggest},
    party::Party,
    rejection::Rejection,
};
use kit::{
    access::{Access, Ask},
    page,
    server::peer,
    status::status,
};
use proto::intake::{
    BringReportRequest, BringReportResponse, GetReportRequest, GetReportResponse,
    ListReportsRequest, ListReportsResponse, ListSourcesRequest, ListSourcesResponse, Report,
    ReportState, ResolveReportRequest, ResolveReportResponse, Source as Shown,
    TurnDownReportRequest, TurnDownReportResponse, intake_service_server::IntakeService,
};
use tonic::{Request, Response, Status};

use super::{
    asking::{self, Listed, Word},
    decide,
    kept::{Item, Stand},
    note::{By, Given},
    source::{self, Source},
    states,
    why::Why,
};

/// The service.
#[derive(Clone)]
pub struct Door {
    sources: Arc<BTreeMap<UnitId, Arc<Source>>>,
    city: Arc<City>,
    access: Access,
}

impl Door {
    pub(super) fn new(
        sources: Arc<BTreeMap<UnitId, Arc<Source>>>,
        city: Arc<City>,
        access: Access,
    ) -> Door {
        Door { sources, city, access }
    }

    /// Whether this person of this party settles reports.
    fn may_settle(&self, party: &Party, word: &Word) -> Result<(), Rejection> {
        let ask = Ask::to("settle_report", self.access.city());
        self.access.check(party, &ask.by(&self.access, party, &word.person))
    }

    fn source(&self, system: &UnitId) -> Result<&Arc<Source>, Rejection> {
        self.sources.get(system).ok_or_else(|| {
            let known = self.sources.keys().map(UnitId::as_str).collect::<Vec<_>>().join(", ");
            let right = if known.is_empty() { "none is configured".to_owned() } else { known };
            let message = format!("{system} gives us no cases; right would be: {right}");
            Rejection::unknown("UNKNOWN_SOURCE", "system", message)
        })
    }

    fn list(&self, listed: &Listed) -> Result<(Vec<Report>, String), Rejection> {
        if let Some(system) = &listed.system {
            self.source(system)?;
        }
        let mut found = Vec::new();
        for (system, source) in self.sources.iter() {
            let is_wanted = listed.system.as_ref().is_none_or(|wanted| wanted == system);
            let after = match &listed.after {
                Some((of, place)) if of == system => *place,
                Some((of, _)) if of > system => continue,
                _ => 0,
            };
            let most = (listed.size + 1).saturating_sub(found.len());
            if !is_wanted || most == 0 {
                continue;
            }
            let is_in = |item: &Item| {
                listed.state == ReportState::Unspecified || state(item) == listed.state
            };
            let page = source.parts.record.kept().page(after, most, is_in);
            found.extend(page.into_iter().map(|(place, item)| (source, place, item)));
        }
        let next = page::cut(&mut found, listed.size, |(source, place, _)| {
            asking::token(&source.parts.system, *place)
        });
        Ok((found.iter().map(|(source, _, item)| self.shown(source, item)).collect(), next))
    }

    fn shown(&self, source: &Source, item: &Item) -> Report {
        let system = &source.parts.system;
        let is_again = matches!(item.stand, Stand::Raised { is_again: true });
        let (reason, reason_code, reason_zh) = why(item);
        let issue_type = decide::issue_type(&self.city, system, item);
        let by = item.by.as_ref().map(|by| format!("{} ({})", by.person, by.party));
        Report {
            system: system.to_string(),
            number: item.report.number.clone(),
            state: state(item).into(),
            reason,
            case_id: item.case_id.clone().unwrap_or_default(),
            is_again,
            came_at_ms: item.came_at_ms,
            said: Some(item.report.said()),
            pieces: u32::try_from(item.pieces().len()).unwrap_or(u32::MAX),
            changed: item.changed.as_ref().map(super::report::Report::said),
            changed_at_ms: item.changed_at_ms,
            changes: item.changes,
            issue_type: issue_type.map(ToString::to_string).unwrap_or_default(),
            grid: decide::cell(&self.city, system, item)
                .map(ToString::to_string)
                .unwrap_or_default(),
            settled_by: by.unwrap_or_default(),
            reason_code,
            reason_zh,
        }
    }

    fn check(&self, given: &Given) -> Result<(), Rejection> {
        if let Some(issue) =
            given.issue_type.as_ref().filter(|id| !self.city.issues.contains_key(*id))
        {
            let known = self.city.issues.keys().map(|id| id.as_str());
            let right = suggest(issue.as_str(), known, "an issue type of the city pack");
            let message = format!("there is no issue type {issue}; right would be: {right}");
            return Err(Rejection::unknown("UNKNOWN_ISSUE_TYPE", "issue_type", message));
        }
        if let Some(cell) = given.grid.as_ref().filter(|id| !self.city.grid.contains_key(*id)) {
            let known = self.city.grid.keys().map(|id| id.as_str());
            let right = suggest(cell.as_str(), known, "a cell of the grid");
            let message = format!("there is no cell {cell}; right would be: {right}");
            return Err(Rejection::unknown("UNKNOWN_GRID", "grid", message));
        }
        Ok(())
    }

    async fn resolve(
        &self,
        party: Party,
        request: ResolveReportRequest,
    ) -> Result<Report, Rejection> {
        let (word, given, contents) = asking::resolve(request)?;
        self.may_settle(&party, &word)?;
        let source = self.source(&word.named.system)?;
        self.check(&given)?;
        let item =
            source.resolve(&word.named.number, (given, contents), by(source, party, &word)).await?;
        Ok(self.shown(source, &item))
    }

    async fn turn_down(
        &self,
        party: Party,
        request: TurnDownReportRequest,
    ) -> Result<Report, Rejection> {
        let (word, reason) = asking::turn_down(request)?;
        self.may_settle(&party, &word)?;
        let source = self.source(&word.named.system)?;
        let item = source.turn_down(&word.named.number, reason, by(source, party, &word)).await?;
        Ok(self.shown(source, &item))
    }

    async fn bring(
        &self,
        party: &Party,
        request: BringReportRequest,
    ) -> Result<BringReportResponse, Rejection> {
        let source = party.as_unit().and_then(|unit| self.sources.get(&unit));
        let source = source.filter(|source| source.parts.config.push).ok_or_else(|| {
            let message = format!(
                "{party} brings no reports here; right would be: a system whose intake is configured \
                 with push"
            );
            Rejection::forbidden("NOT_A_SOURCE", message)
        })?;
        let brought = asking::bring(request, self.city.datum)?;
        let number = brought.report.number.clone();
        source.take(vec![brought], None).await?;
        // It is kept: where the gateway is away, it is tried on.
        if let Err(late) = source.raise(&number).await {
            tracing::warn!(error = %late, "what was brought is whistled later");
        }
        let item = source.item(&number).ok_or_else(|| source::unknown(&number))?;
        let Report { state, case_id, is_again, .. } = self.shown(source, &item);
        Ok(BringReportResponse { state, case_id, is_again })
    }
}

fn by(source: &Source, party: Party, word: &Word) -> By {
    let (person, request_id) = (word.person.clone(), word.request_id.clone());
    By { party, person, request_id, at_ms: source.parts.clock.now().0 }
}

/// Why it waits, or was turned down: in English, by its stable word, and in Chinese. What a person wrote
/// stays as it is.
fn why(item: &Item) -> (String, String, String) {
    match &item.stand {
        Stand::Waiting { reason } => {
            let why = Why::read(reason);
            (reason.clone(), why.code().to_owned(), why.zh())
        }
        Stand::TurnedDown { reason, .. } => (reason.clone(), String::new(), reason.clone()),
        Stand::Open | Stand::Raised { .. } => Default::default(),
    }
}

fn state(item: &Item) -> ReportState {
    match item.stand {
        Stand::Open => ReportState::Open,
        Stand::Waiting { .. } => ReportState::Waiting,
        Stand::Raised { .. } => ReportState::Raised,
        Stand::TurnedDown { .. } => ReportState::TurnedDown,
    }
}

fn listed(source: &Source) -> Shown {
    let parts = &source.parts;
    let kept = parts.record.kept();
    let (open, waiting) = kept.counts();
    let poster = parts.states.as_ref();
    Shown {
        system: parts.system.to_string(),
        feed_host: parts.feed.as_ref().map(crate::http::Http::host).unwrap_or_default(),
        cursor: kept.cursor().to_owned(),
        may_push: parts.config.push,
        state_host: poster.map(|poster| poster.host()).unwrap_or_default(),
        open: open as u64,
        waiting: waiting as u64,
        untold: poster.map(|poster| poster.counts().0 as u64).unwrap_or_default(),
        state_subscription: poster.map(|_| states::subscription(&parts.system)).unwrap_or_default(),
        trouble: source.trouble(),
    }
}

#[tonic::async_trait]
impl IntakeService for Door {
    async fn list_sources(
        &self,
        _: Request<ListSourcesRequest>,
    ) -> Result<Response<ListSourcesResponse>, Status> {
        let sources = self.sources.values().map(|source| listed(source)).collect();
        Ok(Response::new(ListSourcesResponse { sources }))
    }

    async fn list_reports(
        &self,
        request: Request<ListReportsRequest>,
    ) -> Result<Response<ListReportsResponse>, Status> {
        let wanted = asking::list(request.into_inner()).map_err(status)?;
        let (reports, next_token) = self.list(&wanted).map_err(status)?;
        Ok(Response::new(ListReportsResponse { reports, next_token }))
    }

    async fn get_report(
        &self,
        request: Request<GetReportRequest>,
    ) -> Result<Response<GetReportResponse>, Status> {
        let GetReportRequest { system, number } = request.into_inner();
        let named = asking::named(system, number).map_err(status)?;
        let source = self.source(&named.system).map_err(status)?;
        let item = source.item(&named.number);
        let item = item.ok_or_else(|| status(source::unknown(&named.number)))?;
        Ok(Response::new(GetReportResponse { report: Some(self.shown(source, &item)) }))
    }

    async fn resolve_report(
        &self,
        request: Request<ResolveReportRequest>,
    ) -> Result<Response<ResolveReportResponse>, Status> {
        let party = peer(&request)?.party;
        let report = self.resolve(party, request.into_inner()).await.map_err(status)?;
        Ok(Response::new(ResolveReportResponse { report: Some(report) }))
    }

    async fn turn_down_report(
        &self,
        request: Request<TurnDownReportRequest>,
    ) -> Result<Response<TurnDownReportResponse>, Status> {
        let party = peer(&request)?.party;
        let report = self.turn_down(party, request.into_inner()).await.map_err(status)?;
        Ok(Response::new(TurnDownReportResponse { report: Some(report) }))
    }

    async fn bring_report(
        &self,
        request: Request<BringReportRequest>,
    ) -> Result<Response<BringReportResponse>, Status> {
        let party = peer(&request)?.party;
        let answer = self.bring(&party, request.into_inner()).await.map_err(status)?;
        Ok(Response::new(answer))
    }
}
