//! The sheets of units that have to answer: who sees them, what they state, who decides once, and
//! what is in the bulletin.

use domain::{
    accountability::{Fact as Said, Opened},
    case::{Fact, Finding, ground::Ground},
    clock::Pace,
};
use proto::accountability::{
    BulletinEntry, DecideOutcomeRequest, GetSheetRequest, ListBulletinRequest, ListSheetsRequest,
    Sheet, SheetStage, accountability_service_client::AccountabilityServiceClient,
};

use super::{
    world::{World, urged},
    *,
};

const OFFICE: &str = "office/leading_group_office";
const GOVERNMENT: &str = "office/gov_city";

fn opened(judge: &str) -> Said {
    let duty = domain::case::Duty::Accept;
    Said::Opened(Opened {
        issue_type: "mobile_stall".parse().unwrap(),
        grounds: vec![Ground::Late { round: 1, duty, due: NOW, urged_at: NOW }],
        judge: judge.parse().unwrap(),
        statement_within_ms: 5_000,
        statement_pace: Pace::Around,
    })
}

impl World {
    async fn sheet(&mut self, running: &Running, id: &str, unit: &str, source: &str, said: &Said) {
        let (kind, body) = proto::account::write(said);
        let subject = format!("accountability/wenshan/{id}/{unit}");
        let received = self.wrote(source, &subject, kind, body);
        running.gateway.store().receive(vec![received]).await.unwrap();
    }
}

impl Running {
    fn accounts(&self, party: &str) -> AccountabilityServiceClient<Channel> {
        AccountabilityServiceClient::new(self.channel(party))
    }

    async fn sheet(&self, party: &str, id: &str, unit: &str) -> Result<Sheet, Rejection> {
        let request = GetSheetRequest { case_id: id.into(), unit: unit.into() };
        let answer = self.accounts(party).get_sheet(request).await.map_err(refused)?;
        Ok(answer.into_inner().sheet.unwrap())
    }

    async fn sheets(&self, party: &str) -> Vec<String> {
        let answer = self.accounts(party).list_sheets(ListSheetsRequest::default()).await;
        answer.unwrap().into_inner().sheets.into_iter().map(|sheet| sheet.unit).collect()
    }

    async fn bulletin(&self, party: &str) -> Vec<BulletinEntry> {
        let answer = self.accounts(party).list_bulletin(ListBulletinRequest::default()).await;
        answer.unwrap().into_inner().entries
    }

    async fn decide(
        &self,
        party: &str,
        change: impl FnOnce(&mut DecideOutcomeRequest),
    ) -> Result<(), Rejection> {
        let mut request = DecideOutcomeRequest {
            command: command("decide"),
            case_id: String::new(),
            unit: "enforcement".into(),
            form: "public_criticism".into(),
            reason: "late twice this year".into(),
        };
        change(&mut request);
        self.accounts(party).decide_outcome(request).await.map(drop).map_err(refused)
    }
}

/// A case in which enforcement was urged, and its sheet.
async fn with_sheet(running: &Running, world: &mut World, judge: &str) -> String {
    let id = running.raise(running.stall("stall")).await;
    world.echo(running).await;
    world.tell(running, &id, &[("service/worker", world::routed(1, true))]).await;
    world.tell(running, &id, &[("service/worker", world::called(1, "enforcement"))]).await;
    world.tell(running, &id, &[("service/worker", urged(1, "enforcement"))]).await;
    let (round, unit) = (1, "enforcement".parse().unwrap());
    let accounted = Fact::Finding(Finding::Accounted { round, unit, grounds: vec![] });
    world.tell(running, &id, &[("service/worker", accounted)]).await;
    world.tell(running, &id, &[("unit/enforcement", world::accepted(1, "enforcement"))]).await;
    world.sheet(running, &id, "enforcement", "service/worker", &opened(judge)).await;
    id
}

#[tokio::test]
async fn a_sheet_states_steps_of_the_history_with_their_places_up_to_its_opening() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = with_sheet(&running, &mut world, GOVERNMENT).await;
    let sheet = running.sheet(OFFICE, &id, "enforcement").await.unwrap();
    assert_eq!((sheet.stage(), sheet.owed_by.as_str()), (SheetStage::Stating, "unit/enforcement"));
    assert_eq!(sheet.grounds.len(), 1);
    let history = running.history(OFFICE, &id).await.unwrap();
    let kinds: Vec<&str> = sheet.facts.iter().map(|fact| fact.r#type.as_str()).collect();
    // The call and the urging of this world have no recipient: the case, its route, no more.
    assert_eq!(kinds, ["muster.case.v1.WhistleRaised", "muster.case.v1.CaseRouted"]);
    for fact in &sheet.facts {
        let step = history.iter().find(|step| step.place == fact.place).expect("it is there");
        assert_eq!((&step.text, step.accepted_at_ms), (&fact.text, fact.at_ms));
    }
    let opening = history.iter().find(|step| step.r#type.ends_with(".AccountOpened")).unwrap();
    assert!(sheet.facts.iter().all(|fact| fact.place < opening.place));
}

#[tokio::test]
async fn offices_see_every_sheet_and_a_unit_its_own() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = with_sheet(&running, &mut world, GOVERNMENT).await;
    world.sheet(&running, &id, "housing", "service/worker", &opened(OFFICE)).await;
    world.sheet(&running, &id, "water", "unit/water", &opened(OFFICE)).await;
    assert_eq!(running.sheets(OFFICE).await, ["enforcement", "housing"], "from the worker only");
    assert_eq!(running.sheets("unit/housing").await, ["housing"]);
    assert_eq!(running.sheets("unit/water").await, [""; 0]);
    assert!(running.sheet("unit/housing", &id, "housing").await.is_ok());
    let refused = running.sheet("unit/housing", &id, "enforcement").await.unwrap_err();
    assert_eq!((refused.reason.as_str(), refused.field.as_str()), ("NOT_YOUR_SHEET", "unit"));
    let unknown = running.sheet(OFFICE, &id, "water").await.unwrap_err();
    assert_eq!(unknown.reason, "UNKNOWN_SHEET");
    let community = running.accounts(DONGFENG).list_sheets(ListSheetsRequest::default()).await;
    assert_eq!(super::refused(community.unwrap_err()).reason, "NOT_YOUR_SHEET");
}

#[tokio::test]
async fn only_who_the_sheet_names_decides_once_after_the_unit_was_heard() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = with_sheet(&running, &mut world, GOVERNMENT).await;
    let decide = async |party: &str, request: &str, form: &str, reason: &str| {
        let change = |asked: &mut DecideOutcomeRequest| {
            asked.command = command(request);
            asked.case_id.clone_from(&id);
            asked.form = form.into();
            asked.reason = reason.into();
        };
        running.decide(party, change).await.map_err(|no| (no.reason, no.field))
    };
    let no = |reason: &str, field: &str| Err((reason.to_owned(), field.to_owned()));
    assert_eq!(decide(OFFICE, "d", "", "x").await, no("NOT_THE_JUDGE", "unit"), "its own house");
    assert_eq!(decide(GOVERNMENT, "d", "", "x").await, no("NOT_HEARD_YET", "unit"));
    let silent = Said::Silent { due: NOW };
    world.sheet(&running, &id, "enforcement", "service/worker", &silent).await;
    assert_eq!(decide(GOVERNMENT, "d", "", " ").await, no("REASON_MISSING", "reason"));
    assert_eq!(decide(GOVERNMENT, "d", "dismissal", "x").await, no("UNKNOWN_FORM", "form"));
    assert_eq!(decide(GOVERNMENT, "d", "public_criticism", "late").await, Ok(()));
    assert_eq!(decide(GOVERNMENT, "d", "public_criticism", "late").await, Ok(()), "a repeat");
    assert_eq!(decide(GOVERNMENT, "e", "", "x").await, no("ALREADY_DECIDED", "unit"), "on its way");
    world.echo(&running).await;
    assert_eq!(decide(GOVERNMENT, "f", "", "x").await, no("ALREADY_DECIDED", "unit"));
    let sheet = running.sheet(GOVERNMENT, &id, "enforcement").await.unwrap();
    assert_eq!((sheet.stage(), sheet.is_silent), (SheetStage::Publishing, true));
    assert_eq!((sheet.form.as_str(), sheet.decided_by.as_str()), ("public_criticism", GOVERNMENT));
}

#[tokio::test]
async fn what_follows_is_in_the_bulletin_for_everybody_once_and_after_a_new_start() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = with_sheet(&running, &mut world, OFFICE).await;
    let decided = Said::Decided {
        form: Some("public_criticism".parse().unwrap()),
        reason: "late".into(),
        decided_by: OFFICE.parse().unwrap(),
    };
    let form = "public_criticism".parse().unwrap();
    let published = Said::Published { form, text: "published".into() };
    let steps = [
        ("service/worker", Said::Silent { due: NOW }),
        ("service/gateway", decided),
        ("service/worker", published.clone()),
        ("service/worker", published),
    ];
    for (source, said) in &steps {
        world.sheet(&running, &id, "enforcement", source, said).await;
    }
    for party in [DONGFENG, "unit/housing", OFFICE, "admin/root"] {
        let entries = running.bulletin(party).await;
        assert_eq!(entries.len(), 1, "{party}: {entries:?}");
        assert_eq!((entries[0].number, entries[0].unit.as_str()), (1, "enforcement"));
    }
    let running = running.restart().await;
    assert_eq!(running.bulletin(OFFICE).await.len(), 1);
}
