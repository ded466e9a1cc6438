//! What is done about a task: each a form with a request id, so that sending it twice is one act.

use axum::{extract::Path, response::Response};
use domain::id::UnitId;
use kit::client::Spoken;
use proto::{
    case::Severity,
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, ClaimTaskRequest, DeclareCaseRequest,
        DisposeTaskRequest, GiveOpinionRequest, RaiseSeverityRequest, RefuseTaskRequest,
        RequestPoliceAssistRequest, unit_service_client::UnitServiceClient,
    },
};

use super::{desk, list::address, order::Act, photo};
use crate::{form::Posted, trouble::Trouble, words::desk as w};

/// The most photographs of one disposal.
const PHOTOS_MAX: usize = 10;

/// Does it, and goes back to the task with word of it.
pub(crate) async fn act(
    Path((case_id, word)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Trouble> {
    let act = Act::ALL.into_iter().find(|act| act.word() == word);
    let act = act.ok_or_else(Trouble::not_found)?;
    let back = address(&case_id, &posted.form.text("for"));
    let done = does(&posted, act, case_id).await;
    posted.visit.answer(&back, done)
}

async fn does(posted: &Posted, act: Act, case_id: String) -> Result<String, Trouble> {
    let (unit, mut client) = desk(&posted.visit)?;
    let (form, command) = (&posted.form, Some(posted.command()));
    let on_behalf_of = form.text("for");
    let done = match act {
        Act::Claim | Act::Release => {
            let (holder, is_given_back) = (form.text("holder"), act == Act::Release);
            let request =
                ClaimTaskRequest { command, case_id, holder, is_given_back, on_behalf_of };
            client.claim_task(request).await?;
            if is_given_back { w::DID_RELEASE } else { w::DID_CLAIM }
        }
        Act::Accept => {
            client.accept_task(AcceptTaskRequest { command, case_id, on_behalf_of }).await?;
            w::DID_ACCEPT
        }
        Act::Refuse => {
            let (reason, named_unit) = (form.text("reason"), form.text("named_unit"));
            let request = RefuseTaskRequest { command, case_id, reason, named_unit, on_behalf_of };
            client.refuse_task(request).await?;
            w::DID_REFUSE
        }
        Act::Arrive => {
            client.arrive_task(ArriveTaskRequest { command, case_id, on_behalf_of }).await?;
            w::DID_ARRIVE
        }
        Act::Dispose => {
            dispose(posted, &unit, client, case_id).await?;
            w::DID_DISPOSE
        }
        Act::Declare => {
            let summary = form.text("summary");
            client.declare_case(DeclareCaseRequest { command, case_id, summary }).await?;
            w::DID_DECLARE
        }
        Act::Raise => {
            raise(posted, client, case_id).await?;
            w::DID_RAISE
        }
        Act::Police => {
            let text = form.text("text");
            let request = RequestPoliceAssistRequest { command, case_id, text };
            let answer = client.request_police_assist(request).await?.into_inner();
            if answer.is_received { w::POLICE_HAVE } else { w::POLICE_NOT_YET }
        }
        Act::Opine => {
            let (text, named_unit) = (form.text("text"), form.text("named_unit"));
            client.give_opinion(GiveOpinionRequest { command, case_id, text, named_unit }).await?;
            w::DID_OPINE
        }
    };
    Ok(posted.visit.say(done).to_owned())
}

/// The photographs first: what is named in the record is in the store.
async fn dispose(
    posted: &Posted,
    unit: &UnitId,
    mut client: UnitServiceClient<Spoken>,
    case_id: String,
) -> Result<(), Trouble> {
    let (form, visit) = (&posted.form, &posted.visit);
    let files: Vec<_> = form.files("photo").collect();
    if files.len() > PHOTOS_MAX {
        let text = format!("at most {PHOTOS_MAX} photographs are taken at once");
        return Err(Trouble::invalid("TOO_MANY_PHOTOGRAPHS", text));
    }
    let mut evidence = Vec::with_capacity(files.len());
    for file in files {
        let piece = photo::bring(visit, unit, file).await?;
        if !evidence.contains(&piece) {
            evidence.push(piece);
        }
    }
    let (command, summary) = (Some(posted.command()), form.text("summary"));
    let on_behalf_of = form.text("for");
    let request = DisposeTaskRequest { command, case_id, summary, evidence, on_behalf_of };
    client.dispose_task(request).await?;
    Ok(())
}

async fn raise(
    posted: &Posted,
    mut client: UnitServiceClient<Spoken>,
    case_id: String,
) -> Result<(), Trouble> {
    let form = &posted.form;
    let severity = match form.text("severity").as_str() {
        "serious" => Severity::Serious,
        "emergency" => Severity::Emergency,
        _ => Severity::Unspecified,
    };
    let request = RaiseSeverityRequest {
        command: Some(posted.command()),
        case_id,
        severity: severity.into(),
        reason: form.text("reason"),
        evidence: Vec::new(),
    };
    client.raise_severity(request).await?;
    Ok(())
}
