//! The desk of a unit that has to answer: what it is asked, and what it states.

use domain::{
    accountability::{Fact as Said, Opened, SheetId},
    case::ground::Ground,
    clock::Pace,
};
use proto::accountability::{
    GiveStatementRequest, ListDemandsRequest, Sheet, SheetStage,
    statement_service_client::StatementServiceClient,
};

use super::{evidence::photo, *};

type Client = StatementServiceClient<Channel>;

impl Running {
    fn statements(&self, town: &Town, unit: &str) -> Client {
        StatementServiceClient::new(self.channel(town, &format!("unit/{unit}")))
    }

    /// Something about the sheet of a unit comes to its mailbox.
    async fn is_told(&self, source: &str, unit: &str, number: u64, said: &Said) {
        self.is_told_of("c1", source, unit, number, said).await;
    }

    async fn is_told_of(&self, case: &str, source: &str, unit: &str, number: u64, said: &Said) {
        let (kind, body) = proto::account::write(said);
        let id = SheetId { case_id: case.parse().unwrap(), unit: unit.parse().unwrap() };
        let envelope = Envelope {
            id: format!("sheet/{number}").parse().unwrap(),
            source: source.parse().unwrap(),
            kind,
            subject: format!("accountability/wenshan/{id}"),
            time: NOW,
            recipient: Some(format!("unit/{unit}").parse().unwrap()),
            number,
            actor: None,
            on_behalf_of: None,
            traceparent: Some(TRACE.into()),
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body,
        };
        let received = Received {
            accepted_at_ms: NOW.0,
            envelope: Some(proto::envelope::to_wire(&envelope)),
            ..Received::default()
        };
        self.stores[unit].receive(vec![received]).await.unwrap();
    }
}

fn opened() -> Said {
    Said::Opened(Opened {
        issue_type: "ebike_parking".parse().unwrap(),
        grounds: vec![Ground::Reworked { times: 3 }],
        judge: "office/leading_group_office".parse().unwrap(),
        statement_within_ms: 5_000,
        statement_pace: Pace::Around,
    })
}

fn decided() -> Said {
    Said::Decided {
        form: None,
        reason: "heard".into(),
        decided_by: "office/leading_group_office".parse().unwrap(),
    }
}

async fn demands(client: &mut Client) -> Vec<Sheet> {
    client.list_demands(ListDemandsRequest::default()).await.unwrap().into_inner().sheets
}

async fn state(
    client: &mut Client,
    id: &str,
    text: &str,
    evidence: Vec<proto::case::Evidence>,
) -> Result<Sheet, Status> {
    let (command, case_id, text) = (asks(id), "c1".into(), text.into());
    let request = GiveStatementRequest { command, case_id, text, evidence };
    Ok(client.give_statement(request).await?.into_inner().sheet.unwrap())
}

#[tokio::test]
async fn a_unit_states_its_case_once_with_evidence_while_there_is_no_bus() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut desk = host.statements(&town, "housing");
    assert!(demands(&mut desk).await.is_empty());
    assert_eq!(reason(&state(&mut desk, "r", "x", vec![]).await.unwrap_err()), "UNKNOWN_SHEET");
    host.is_told("service/worker", "housing", 1, &opened()).await;
    let sheets = demands(&mut desk).await;
    assert_eq!((sheets.len(), sheets[0].stage()), (1, SheetStage::Stating));
    assert_eq!((sheets[0].due_at_ms, sheets[0].owed_by.as_str()), (NOW.0 + 5_000, "unit/housing"));

    assert_eq!(reason(&state(&mut desk, "r", " ", vec![]).await.unwrap_err()), "TEXT_MISSING");
    let absent = proto::case::Evidence {
        digest: format!("sha256:{}", "0".repeat(64)),
        size: 1,
        kind: "photo".into(),
        media_type: "image/png".into(),
    };
    let refused = state(&mut desk, "r", "x", vec![absent]).await.unwrap_err();
    assert_eq!(reason(&refused), "EVIDENCE_MISSING");
    let piece = photo(&host, &town, "housing", b"wires at night").await;
    let text = "they came back at night";
    let sheet = state(&mut desk, "r", text, vec![piece.clone()]).await.unwrap();
    assert_eq!((sheet.stage(), sheet.statement.as_str()), (SheetStage::Deciding, text));
    let again = state(&mut desk, "r", text, vec![piece]).await.unwrap();
    assert_eq!(again, sheet, "a repeat gets the first answer");
    let refused = state(&mut desk, "r2", "more", vec![]).await.unwrap_err();
    assert_eq!(reason(&refused), "ALREADY_STATED");

    let [sent] = &host.waiting("housing")[..] else { panic!("one statement") };
    assert_eq!(sent.subject, "accountability/wenshan/c1/housing");
    assert_eq!(sent.kind, "muster.accountability.v1.StatementGiven");
    assert_eq!(sent.actor.as_ref().unwrap().as_str(), "li.na");
    assert_eq!(sent.traceparent.as_deref(), Some(TRACE), "it is in the trace of its case");
    host.end().await;
}

#[tokio::test]
async fn a_late_word_is_taken_until_it_is_decided() {
    let town = Town::new();
    let host = town.start(&["housing", "enforcement"]).await;
    for unit in ["housing", "enforcement"] {
        host.is_told("service/worker", unit, 1, &opened()).await;
        host.is_told("service/worker", unit, 2, &Said::Silent { due: NOW }).await;
    }
    let sheet = state(&mut host.statements(&town, "housing"), "r", "late", vec![]).await.unwrap();
    assert!(sheet.is_silent && sheet.statement == "late");
    host.is_told("service/gateway", "enforcement", 3, &decided()).await;
    let mut desk = host.statements(&town, "enforcement");
    let refused = state(&mut desk, "r", "too late", vec![]).await.unwrap_err();
    assert_eq!(reason(&refused), "ALREADY_DECIDED");
    host.end().await;
}

#[tokio::test]
async fn a_sheet_is_believed_from_the_worker_only_and_is_nobody_elses() {
    let town = Town::new();
    let host = town.start(&["housing", "enforcement"]).await;
    host.is_told("unit/enforcement", "housing", 1, &opened()).await;
    let mut housing = host.statements(&town, "housing");
    assert!(demands(&mut housing).await.is_empty(), "nobody else opens a sheet");
    host.is_told("service/worker", "housing", 2, &opened()).await;
    assert_eq!(demands(&mut housing).await.len(), 1);
    assert!(demands(&mut host.statements(&town, "enforcement")).await.is_empty());
    let mut office = StatementServiceClient::new(host.channel(&town, "office/gov_city"));
    let refused = office.list_demands(ListDemandsRequest::default()).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_A_UNIT");
    host.end().await;
}

#[tokio::test]
async fn what_a_unit_has_to_answer_for_comes_in_pages_each_once() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    for (number, case) in (1..).zip(["c1", "c2", "c3"]) {
        host.is_told_of(case, "service/worker", "housing", number, &opened()).await;
    }
    let (mut desk, mut seen, mut token) =
        (host.statements(&town, "housing"), vec![], String::new());
    loop {
        let page = Some(proto::page::Page { size: 1, token });
        let found = desk.list_demands(ListDemandsRequest { page }).await.unwrap().into_inner();
        seen.extend(found.sheets.into_iter().map(|sheet| sheet.case_id));
        token = found.next_token;
        if token.is_empty() || seen.len() > 9 {
            break;
        }
    }
    assert_eq!(seen, ["c1", "c2", "c3"]);
    host.end().await;
}
