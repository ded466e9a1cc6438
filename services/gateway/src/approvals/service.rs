//! `ApprovalService`: requests in, answers out.

use std::collections::BTreeMap;

use domain::{
    approval::owes,
    id::{ApprovalId, CaseId},
    pack::Limits,
    party::Party,
    rejection::Rejection,
};
use kit::{page, server::peer, status::status, store::Asked};
use proto::{
    approval::{
        ApplyForApprovalRequest, ApplyForApprovalResponse, Approval, GetApprovalRequest,
        GetApprovalResponse, ListApprovalsRequest, ListApprovalsResponse, WithdrawApprovalRequest,
        WithdrawApprovalResponse, approval_service_server::ApprovalService,
    },
    joint,
};
use tonic::{Request, Response, Status};

use super::{
    keys::{self, Kept},
    unknown,
};
use crate::{
    access, asking,
    command::Ask,
    index,
    service::{Service, blocking},
};

/// The door for those who apply, over the same store.
pub(crate) struct Approvals {
    service: Service,
}

impl Approvals {
    /// Beside the door for whistles.
    pub(crate) fn new(service: Service) -> Approvals {
        Approvals { service }
    }

    fn limits(service: &Service, kept: &Kept) -> Result<Limits, Rejection> {
        let approval = &kept.approval;
        let city = &service.store.machine().city;
        let outages = service.store.read(|tx| index::outages(tx, approval.applied_at))?;
        let kind = city.approvals.get(&approval.applied.kind);
        let limits = kind.map(|kind| city.limits(&service.profile, &kind.issue_type));
        Ok(Limits { outages, ..limits.unwrap_or_default() })
    }

    fn list(
        service: &Service,
        party: &Party,
        page: &page::Wanted,
    ) -> Result<(Vec<Approval>, String), Rejection> {
        let sees_all = access::sees_all_approvals(&service.store.machine().access, party);
        let prefix = if sees_all { keys::APPROVALS.to_vec() } else { keys::own(party) };
        if !page.from.is_empty() && !page.from.starts_with(&prefix) {
            let message = "not a token of this list";
            return Err(Rejection::invalid("MALFORMED_TOKEN", "page.token", message));
        }
        let mut found = service.store.read(|tx| tx.scan(&prefix, &page.from, page.size + 1))?;
        let next = page::cut(&mut found, page.size, |(key, _)| [&key[..], &[0]].concat());
        let mut approvals = Vec::with_capacity(found.len());
        for (key, _) in found {
            let Some(id) = keys::own_approval(&prefix, &key) else { continue };
            let Some(kept) = service.store.read(|tx| keys::kept(tx, &id))? else { continue };
            let owed = owes(&kept.approval, &Approvals::limits(service, &kept)?);
            approvals.push(joint::head_out(&kept.approval, &owed));
        }
        Ok((approvals, next))
    }

    /// For who may see it.
    pub(crate) fn get(
        service: &Service,
        party: &Party,
        id: &ApprovalId,
    ) -> Result<Approval, Rejection> {
        let kept = service.store.read(|tx| keys::kept(tx, id))?.ok_or_else(|| unknown(id))?;
        access::check_approval(&service.store.machine().access, &kept.approval, party)?;
        let owed = owes(&kept.approval, &Approvals::limits(service, &kept)?);
        let cases = kept.approval.items.values().filter_map(|item| item.case_id());
        let stages = service.store.read(|tx| {
            let mut stages: BTreeMap<CaseId, &'static str> = BTreeMap::new();
            for case_id in cases {
                if let Some(matter) = index::matter(tx, case_id)? {
                    stages.insert(case_id.clone(), matter.course.stage.word());
                }
            }
            Ok(stages)
        })?;
        Ok(joint::approval_out(&kept.approval, &owed, &stages))
    }
}

#[tonic::async_trait]
impl ApprovalService for Approvals {
    async fn apply_for_approval(
        &self,
        request: Request<ApplyForApprovalRequest>,
    ) -> Result<Response<ApplyForApprovalResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked =
            Asked::of(by.party.clone(), by.request_id.clone(), "ApplyForApproval", &request);
        let plea = asking::application(request).map_err(status)?;
        let answer = self.service.execute(asked, by, Ask::Approval(plea)).await?;
        let approval_id = String::from_utf8_lossy(&answer).into_owned();
        Ok(Response::new(ApplyForApprovalResponse { approval_id }))
    }

    async fn get_approval(
        &self,
        request: Request<GetApprovalRequest>,
    ) -> Result<Response<GetApprovalResponse>, Status> {
        let party = peer(&request)?.party;
        let id = asking::approval_id(request.into_inner().approval_id).map_err(status)?;
        let service = self.service.clone();
        let approval = blocking(move || Approvals::get(&service, &party, &id)).await?;
        Ok(Response::new(GetApprovalResponse { approval: Some(approval) }))
    }

    async fn list_approvals(
        &self,
        request: Request<ListApprovalsRequest>,
    ) -> Result<Response<ListApprovalsResponse>, Status> {
        let party = peer(&request)?.party;
        let page = page::wanted(request.into_inner().page).map_err(status)?;
        let service = self.service.clone();
        let list = move || Approvals::list(&service, &party, &page);
        let (approvals, next_token) = blocking(list).await?;
        Ok(Response::new(ListApprovalsResponse { approvals, next_token }))
    }

    async fn withdraw_approval(
        &self,
        request: Request<WithdrawApprovalRequest>,
    ) -> Result<Response<WithdrawApprovalResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked =
            Asked::of(by.party.clone(), by.request_id.clone(), "WithdrawApproval", &request);
        let plea = asking::withdrawal(request).map_err(status)?;
        self.service.execute(asked, by, Ask::Approval(plea)).await?;
        Ok(Response::new(WithdrawApprovalResponse {}))
    }
}
