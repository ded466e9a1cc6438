//! The people of S6: handlers, the reviewer of the justice bureau, criminal justice, the police, finance.

use kit::{client::Channel, status};
use proto::{
    case::Evidence,
    decision::{
        Act, AnswerCall, AnswerTransfer, Decision, DecisionStage, Draft, DraftDecisionRequest,
        File, GetDecisionRequest, ListProceduresRequest, ListPublicationsRequest,
        ProceedWithDecisionRequest, Publication, Recording, Review, ReviewVerdict, TransferAnswer,
        decision_service_client::DecisionServiceClient,
        procedure_service_client::ProcedureServiceClient, proceed_with_decision_request::Word,
    },
};
use tonic::Status;

use crate::{people::command, s1::stage::until, s7::people::Doors, s13::stage::Stage};

/// The unit that decides.
pub const OWNER: &str = "natural_resources";
/// Its handler.
pub const HANDLER: &str = "li.na";
/// 市司法局, which reviews.
pub const REVIEWER: &str = "justice";
/// 公安, which comes to help and has suspected crimes.
pub const POLICE: &str = "public_security";
/// Who supervises.
pub const OFFICE: &str = "office/leading_group_office";

/// Wenshan as it ships.
pub async fn wenshan() -> Stage {
    Stage::open("wenshan", |_| ()).await
}

/// One piece of evidence, by its hash.
pub fn piece(digit: char) -> Evidence {
    let digits: String = std::iter::repeat_n(digit, 64).collect();
    Evidence {
        digest: format!("sha256:{digits}"),
        size: 9,
        kind: "photo".into(),
        media_type: "image/jpeg".into(),
    }
}

/// A file.
pub fn file(text: &str) -> Option<File> {
    Some(File { text: text.into(), evidence: vec![piece('7')] })
}

/// A draft of a demolition that housing joins.
pub fn demolition() -> Draft {
    Draft {
        by: None,
        kind: "demolition".into(),
        about: String::new(),
        issue_type: "new_illegal_construction".into(),
        grid: "WS-KH-001".into(),
        object: "Zhang San".into(),
        nature: "a shed without a permit".into(),
        area_m2: 40,
        file: file("found on day one"),
        amount: 0,
        joint: vec!["housing".into()],
        follows: String::new(),
    }
}

/// A draft of a kind that nobody joins.
pub fn small(kind: &str) -> Draft {
    Draft { kind: kind.into(), joint: vec![], ..demolition() }
}

fn desk(stage: &impl Doors, unit: &str) -> ProcedureServiceClient<Channel> {
    ProcedureServiceClient::new(stage.desk(unit))
}

/// A handler drafts; the number.
pub async fn drafts(
    stage: &impl Doors,
    (unit, person): (&str, &str),
    act: &str,
    draft: Draft,
) -> Result<String, String> {
    let request = DraftDecisionRequest { command: command(person, act), draft: Some(draft) };
    match desk(stage, unit).draft_decision(request).await {
        Ok(answer) => Ok(answer.into_inner().decision.unwrap().decision_id),
        Err(no) => Err(status::rejection(&no).reason),
    }
}

/// Somebody says a word; the decision after it, or why not.
pub async fn says(
    stage: &impl Doors,
    (unit, person): (&str, &str),
    (id, act): (&str, &str),
    word: Word,
) -> Result<Decision, Status> {
    let request = ProceedWithDecisionRequest {
        command: command(person, act),
        decision_id: id.into(),
        word: Some(word),
    };
    let answer = desk(stage, unit).proceed_with_decision(request).await?;
    Ok(answer.into_inner().decision.unwrap())
}

/// The reason why a word is refused.
pub async fn refused(
    stage: &impl Doors,
    who: (&str, &str),
    act: (&str, &str),
    word: Word,
) -> String {
    let said = says(stage, who, act, word).await;
    status::rejection(&said.expect_err("this is refused")).reason
}

/// A decision as a desk knows it, when it does.
pub async fn at_desk(stage: &impl Doors, unit: &str, id: &str) -> Option<Decision> {
    let request = ListProceduresRequest::default();
    let listed = desk(stage, unit).list_procedures(request).await.ok()?.into_inner();
    listed.decisions.into_iter().find(|one| one.decision_id == id)
}

/// Whether a decision waits for a word of a unit.
pub async fn waits(stage: &impl Doors, unit: &str, id: &str) -> bool {
    let request = ListProceduresRequest { page: None, is_waiting: true };
    let listed = desk(stage, unit).list_procedures(request).await.unwrap().into_inner();
    listed.decisions.iter().any(|one| one.decision_id == id)
}

/// Waits until a desk knows it so.
pub async fn knows(
    stage: &impl Doors,
    unit: &str,
    id: &str,
    is_so: impl Fn(&Decision) -> bool,
) -> Decision {
    let look = async || at_desk(stage, unit, id).await;
    let found = until(unit, look, |one| one.as_ref().is_some_and(&is_so)).await;
    found.unwrap()
}

/// A decision as a party sees it at the gateway.
pub async fn seen(stage: &impl Doors, party: &str, id: &str) -> Result<Decision, Status> {
    let request = GetDecisionRequest { decision_id: id.into() };
    let mut door = DecisionServiceClient::new(stage.gate(party));
    Ok(door.get_decision(request).await?.into_inner().decision.unwrap())
}

/// Waits until the record has it so.
pub async fn eventually(
    stage: &impl Doors,
    what: &str,
    id: &str,
    is_so: impl Fn(&Decision) -> bool,
) -> Decision {
    let look = async || seen(stage, "admin/li", id).await.ok();
    until(what, look, |one| one.as_ref().is_some_and(&is_so)).await.unwrap()
}

/// What a party reads of what was published.
pub async fn published(stage: &impl Doors, party: &str) -> Vec<Publication> {
    let mut door = DecisionServiceClient::new(stage.gate(party));
    let request = ListPublicationsRequest::default();
    door.list_publications(request).await.unwrap().into_inner().publications
}

/// Whether it stands so.
pub fn is_at(stage: DecisionStage) -> impl Fn(&Decision) -> bool {
    move |one| one.stage() == stage
}

/// A word of the reviewer.
pub fn review(verdict: ReviewVerdict, reason: &str) -> Word {
    Word::Review(Review { verdict: verdict.into(), reason: reason.into() })
}

/// An action, with where it was recorded.
pub fn act(action: &str, recording: &str) -> Word {
    let recording = (!recording.is_empty())
        .then(|| Recording { reference: recording.into(), evidence: Some(piece('8')) });
    Word::Act(Act { action: action.into(), recording })
}

/// An answer of criminal justice.
pub fn answer(version: u32, answer: TransferAnswer, text: &str, goes_on: bool) -> Word {
    let (answer, text) = (answer.into(), text.into());
    Word::AnswerTransfer(AnswerTransfer { version, answer, text, goes_on })
}

/// An answer of the police.
pub fn comes(is_settled: bool, text: &str) -> Word {
    Word::AnswerCall(AnswerCall { number: 1, is_settled, text: text.into() })
}

/// A demolition that is reviewed, issued and published.
pub async fn issued(stage: &impl Doors, act: &str) -> String {
    let who = (OWNER, HANDLER);
    let id = drafts(stage, who, act, demolition()).await.unwrap();
    approved(stage, &id).await;
    says(stage, who, (&id, &format!("{id}/issue")), Word::Issue(Default::default())).await.unwrap();
    let before = |one: &Decision| one.publications.len() == 1;
    knows(stage, OWNER, &id, before).await;
    knows(stage, "housing", &id, before).await;
    id
}

/// The reviewer approves, and the handler knows.
pub async fn approved(stage: &impl Doors, id: &str) {
    approved_by(stage, OWNER, id).await;
}

/// The same of a decision of another unit.
pub async fn approved_by(stage: &impl Doors, owner: &str, id: &str) {
    knows(stage, REVIEWER, id, is_at(DecisionStage::InReview)).await;
    let yes = review(ReviewVerdict::Approve, "");
    says(stage, (REVIEWER, "wu.jun"), (id, &format!("{id}/yes")), yes).await.unwrap();
    knows(stage, owner, id, is_at(DecisionStage::Cleared)).await;
}
