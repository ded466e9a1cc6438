//! What is refused about enforcement decisions at the doors and at the desk; what each gate refuses is in
//! the tables of `domain::decision::tests`.

use proto::{
    case::Evidence,
    decision::{
        Act, AnswerTransfer, Draft, DraftDecisionRequest, File, GetDecisionRequest, Issue,
        ListDecisionsRequest, ListProceduresRequest, ListPublicationsRequest,
        ProceedWithDecisionRequest, Review, SuperviseDecisionRequest,
        decision_service_client::DecisionServiceClient,
        procedure_service_client::ProcedureServiceClient, proceed_with_decision_request::Word,
    },
    page::Page,
};
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, LEAD, World, command, no},
};
use crate::people::line;

const OFFICE: &str = "office/leading_group_office";
const UNIT: &str = "unit/enforcement";

impl World {
    fn decisions(&self, party: &str) -> DecisionServiceClient<kit::client::Channel> {
        DecisionServiceClient::new(line(&self.data, party, &["gateway"]))
    }

    fn procedures(&self, party: &str) -> ProcedureServiceClient<kit::client::Channel> {
        ProcedureServiceClient::new(self.unit_line(party, LEAD))
    }

    async fn draft(self, party: &str, change: impl FnOnce(&mut DraftDecisionRequest)) -> Status {
        let piece = Evidence {
            digest: format!("sha256:{}", "07".repeat(32)),
            size: 9,
            kind: "photo".into(),
            media_type: "image/jpeg".into(),
        };
        let draft = Draft {
            kind: "demolition".into(),
            issue_type: "new_illegal_construction".into(),
            grid: "WS-KH-001".into(),
            object: "Zhang San".into(),
            nature: "a shed".into(),
            area_m2: 40,
            file: Some(File { text: "found".into(), evidence: vec![piece] }),
            ..Draft::default()
        };
        let mut request = DraftDecisionRequest { command: command("draft"), draft: Some(draft) };
        change(&mut request);
        no(self.procedures(party).draft_decision(request).await)
    }

    async fn drafts(self, change: impl FnOnce(&mut Draft)) -> Status {
        self.draft(UNIT, |request| change(request.draft.as_mut().unwrap())).await
    }

    async fn say_of(self, party: &str, id: &str, word: Option<Word>) -> Status {
        let decision_id = id.into();
        let request = ProceedWithDecisionRequest { command: command("say"), decision_id, word };
        no(self.procedures(party).proceed_with_decision(request).await)
    }

    async fn supervise(self, party: &str, id: &str, text: &str) -> Status {
        let (command, decision_id, text) = (command("supervise"), id.into(), text.into());
        let request = SuperviseDecisionRequest { command, decision_id, text };
        no(self.decisions(party).supervise_decision(request).await)
    }

    async fn decision(self, party: &str, id: &str) -> Status {
        let request = GetDecisionRequest { decision_id: id.into() };
        no(self.decisions(party).get_decision(request).await)
    }
}

/// Whatever the state of the case.
pub fn rows() -> Vec<Row> {
    let mut rows = doors();
    rows.extend(drafts());
    rows.extend(words());
    rows
}

fn doors() -> Vec<Row> {
    rows! {
        "a decision that is not there": |w| w.decision(OFFICE, "enforcement-1")
            => NotFound "UNKNOWN_DECISION" "decision_id" "there is no decision";
        "a decision of a malformed number": |w| w.decision(OFFICE, "a b")
            => InvalidArgument "MALFORMED_ID" "decision_id" "letters, digits";
        "a community asks for a decision": |w| w.decision(COMMUNITY, "enforcement-1")
            => PermissionDenied "NOT_YOUR_DECISION" "" "sees no decisions";
        "a community asks for decisions": |w| async move {
            no(w.decisions(COMMUNITY).list_decisions(ListDecisionsRequest::default()).await)
        } => PermissionDenied "NOT_YOUR_DECISION" "" "sees no decisions";
        "a token of another list of decisions": |w| async move {
            let page = Some(Page { size: 1, token: "00".into() });
            let request = ListDecisionsRequest { page, is_unanswered: false };
            no(w.decisions(OFFICE).list_decisions(request).await)
        } => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "a token of another list of publications": |w| async move {
            let page = Some(Page { size: 1, token: "00".into() });
            let request = ListPublicationsRequest { page };
            no(w.decisions(COMMUNITY).list_publications(request).await)
        } => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "a program asks what was published": |w| async move {
            let request = ListPublicationsRequest::default();
            no(w.decisions("service/worker").list_publications(request).await)
        } => PermissionDenied "NOT_A_READER" "" "is a program";
        "what is not there is supervised": |w| w.supervise(OFFICE, "enforcement-1", "why?")
            => NotFound "UNKNOWN_DECISION" "decision_id" "there is no decision";
        "an administrator supervises": |w| w.supervise("admin/root", "enforcement-1", "why?")
            => PermissionDenied "NOT_A_SUPERVISOR" "" "supervises nothing";
    }
}

fn drafts() -> Vec<Row> {
    rows! {
        "an office drafts": |w| w.draft(OFFICE, |_| ())
            => PermissionDenied "NOT_A_UNIT" "" "only units decide";
        "a draft by nobody": |w| w.draft(UNIT, |r| r.command = None)
            => InvalidArgument "COMMAND_MISSING" "command" "who asks";
        "a draft of nothing": |w| w.draft(UNIT, |r| r.draft = None)
            => InvalidArgument "DRAFT_MISSING" "draft" "what is decided";
        "a kind of decision that there is not": |w| w.drafts(|d| d.kind = "demolish".into())
            => NotFound "UNKNOWN_DECISION_KIND" "kind" "decisions.csv";
        "a decision about another kind of matter": |w| w.drafts(|d| d.issue_type = "noise".into())
            => InvalidArgument "OTHER_ISSUE_TYPE" "issue_type" "new_illegal_construction";
        "a decision against nobody": |w| w.drafts(|d| d.object = String::new())
            => InvalidArgument "OBJECT_MISSING" "object" "must not be empty";
        "a demolition of no area": |w| w.drafts(|d| d.area_m2 = 0)
            => InvalidArgument "AREA_MISSING" "area_m2" "square metres";
        "a demolition of no nature": |w| w.drafts(|d| d.nature = String::new())
            => InvalidArgument "NATURE_MISSING" "nature" "must not be empty";
        "a demolition with a fine": |w| w.drafts(|d| d.amount = 1)
            => InvalidArgument "AMOUNT_OUT_OF_BOUNDS" "amount" "0 to 0 yuan";
        "a file without facts": |w| w.drafts(|d| d.file.as_mut().unwrap().text = String::new())
            => InvalidArgument "FACTS_MISSING" "file.text" "must not be empty";
        "a file without evidence": |w| w.drafts(|d| d.file.as_mut().unwrap().evidence.clear())
            => InvalidArgument "EVIDENCE_MISSING" "file.evidence" "by its hash";
        "a draft without a file": |w| w.drafts(|d| d.file = None)
            => InvalidArgument "PART_MISSING" "file" "is missing";
        "a stranger carries it out": |w| w.drafts(|d| d.joint = vec!["transport".into()])
            => InvalidArgument "NOT_A_JOINT_UNIT" "joint" "housing";
        "a fine without its warning": |w| w.drafts(|d| {
            d.kind = "fine".into();
            d.issue_type = "street_vending".into();
            d.amount = 100;
        }) => InvalidArgument "WARNING_MISSING" "follows" "after a warning";
    }
}

fn words() -> Vec<Row> {
    rows! {
        "an office says a word of a decision": |w|
            w.say_of(OFFICE, "enforcement-1", Some(Word::Issue(Issue {})))
            => PermissionDenied "NOT_A_UNIT" "" "only units decide";
        "an office asks for the decisions of a unit": |w| async move {
            no(w.procedures(OFFICE).list_procedures(ListProceduresRequest::default()).await)
        } => PermissionDenied "NOT_A_UNIT" "" "only units decide";
        "a word about a decision that does not concern the unit": |w|
            w.say_of(UNIT, "enforcement-1", Some(Word::Issue(Issue {})))
            => NotFound "UNKNOWN_DECISION" "decision_id" "concerns this unit";
        "no word about a decision": |w| w.say_of(UNIT, "enforcement-1", None)
            => InvalidArgument "WORD_MISSING" "word" "says what";
        "a review that says nothing": |w|
            w.say_of(UNIT, "enforcement-1", Some(Word::Review(Review::default())))
            => InvalidArgument "UNKNOWN_VERDICT" "verdict" "one of its names";
        "an answer that says nothing": |w|
            w.say_of(UNIT, "enforcement-1", Some(Word::AnswerTransfer(AnswerTransfer::default())))
            => InvalidArgument "UNKNOWN_ANSWER" "answer" "one of its names";
        "an action of a malformed name": |w| w.say_of(UNIT, "enforcement-1", Some(Word::Act(Act {
            action: "a b".into(),
            recording: None,
        }))) => InvalidArgument "MALFORMED_ID" "action" "letters, digits";
    }
}
