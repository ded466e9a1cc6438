//! Who answers for what: proposed by one person, approved by another, in force by the day of the
//! event; open cases stay, until a person hands them over after a preview.

use domain::case::Fact;
use proto::registry::{
    Amendment, AmendmentState, ApproveAmendmentRequest, HandOverCasesRequest,
    HandOverCasesResponse, ListAmendmentsRequest, ListTouchedCasesRequest, ProposeAmendmentRequest,
    RejectAmendmentRequest, TouchedCase, WhoAnswersRequest, WhoAnswersResponse,
    WithdrawAmendmentRequest, registry_service_client::RegistryServiceClient,
};

use super::{
    world::{World, called, routed},
    *,
};

/// A day.
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Administrators, and the person of each.
const LI: (&str, &str) = ("admin/li", "li.na");
const WANG: (&str, &str) = ("admin/wang", "wang.wei");

fn by((_, person): (&str, &str), request: &str) -> Option<Command> {
    Some(Command { request_id: request.into(), person: person.into() })
}

/// Mobile stalls go to another lead from a day on; it is the 22nd.
fn stalls_to(lead: &str, from: &str) -> Amendment {
    Amendment {
        issue_types: vec!["mobile_stall".into()],
        leads: vec![lead.into()],
        cooperating: vec!["environment".into()],
        responsible: vec!["subdistricts".into()],
        basis: "NT-1.2".into(),
        from: from.into(),
        ..Amendment::default()
    }
}

impl Running {
    fn registry(&self, party: &str) -> RegistryServiceClient<Channel> {
        RegistryServiceClient::new(self.channel(party))
    }

    async fn propose(&self, amendment: Amendment, request: &str) -> Result<String, Rejection> {
        let request =
            ProposeAmendmentRequest { command: by(LI, request), amendment: Some(amendment) };
        let answer = self.registry(LI.0).propose_amendment(request).await.map_err(refused)?;
        Ok(answer.into_inner().amendment_id)
    }

    async fn approve(&self, who: (&str, &str), id: &str) -> Result<(), Rejection> {
        let command = by(who, &format!("approve/{id}"));
        let request =
            ApproveAmendmentRequest { command, amendment_id: id.into(), note: String::new() };
        self.registry(who.0).approve_amendment(request).await.map(drop).map_err(refused)
    }

    /// In force from a day on.
    async fn enact(&self, amendment: Amendment, request: &str) -> String {
        let id = self.propose(amendment, request).await.unwrap();
        self.approve(WANG, &id).await.unwrap();
        id
    }

    async fn who(&self, day: &str) -> WhoAnswersResponse {
        let request = WhoAnswersRequest {
            issue_type: "mobile_stall".into(),
            grid: "WS-KH-001".into(),
            day: day.into(),
        };
        self.registry(DONGFENG).who_answers(request).await.unwrap().into_inner()
    }

    async fn touched(&self, id: &str) -> Vec<TouchedCase> {
        let request = ListTouchedCasesRequest { amendment_id: id.into(), page: None };
        self.registry(LI.0).list_touched_cases(request).await.unwrap().into_inner().cases
    }

    async fn hand_over(
        &self,
        id: &str,
        cases: &[&str],
        digest: Option<&str>,
    ) -> Result<HandOverCasesResponse, Rejection> {
        let request = HandOverCasesRequest {
            command: by(
                LI,
                &format!(
                    "hand-over/{}/{}",
                    cases.join("."),
                    digest.map_or("preview", |said| &said[..said.len().min(8)])
                ),
            ),
            amendment_id: id.into(),
            case_ids: cases.iter().map(|id| (*id).to_owned()).collect(),
            lead: String::new(),
            is_preview: digest.is_none(),
            digest: digest.unwrap_or_default().into(),
        };
        let answer = self.registry(LI.0).hand_over_cases(request).await.map_err(refused)?;
        Ok(answer.into_inner())
    }

    /// A case that enforcement and environment were called to.
    async fn called_case(&self, world: &mut World, request: &str) -> String {
        let id = self.raise(self.stall(request)).await;
        world.echo(self).await;
        let said = ["enforcement", "environment"].map(|unit| ("service/worker", called(1, unit)));
        world.tell(self, &id, &[("service/worker", routed(1, true))]).await;
        world.tell(self, &id, &said).await;
        id
    }
}

#[tokio::test]
async fn the_day_decides_and_what_was_right_stays_right_after_a_restart_and_next_year() {
    let running = Running::start().await;
    let id = running.propose(stalls_to("housing", "2026-12-01"), "p1").await.unwrap();
    assert_eq!(running.propose(stalls_to("housing", "2026-12-01"), "p1").await.unwrap(), id);
    assert_eq!(running.who("2026-12-01").await.lead, "enforcement", "it is only proposed");
    running.approve(WANG, &id).await.unwrap();
    running.approve(WANG, &id).await.unwrap();

    let before = running.who("2026-11-30").await;
    assert_eq!((before.lead.as_str(), before.until.as_str()), ("enforcement", "2026-11-30"));
    assert!(before.basis.contains("WS-C02") && before.amendment_id.is_empty(), "{before:?}");
    let after = running.who("2026-12-01").await;
    assert_eq!((after.lead.as_str(), after.amendment_id.as_str()), ("housing", id.as_str()));
    assert_eq!((after.from.as_str(), after.until.as_str()), ("2026-12-01", ""));
    assert_eq!(after.called, ["environment"]);
    assert_eq!(after.responsible, ["subdistrict_kaihua"]);

    // A year later, in a process that has only its journal.
    let dump = running.gateway.dump().unwrap();
    let running = running.restart().await;
    assert_eq!(running.gateway.dump().unwrap(), dump);
    running.clock.advance(400 * DAY);
    assert_eq!(running.who("2026-11-30").await, before);
    assert_eq!(running.who("2026-12-01").await, after);
    assert_eq!(running.who("").await.lead, "housing", "today");
    // The record of the bus alone leads to the same.
    let mut world = World::default();
    let records = running.gateway.store().records_after(0, 1_000).unwrap();
    let outgoing = records.into_iter().flat_map(|(_, record)| record.outgoing);
    let said: Vec<_> = outgoing
        .map(|wire| {
            let envelope = proto::envelope::from_wire(wire).unwrap();
            assert_eq!(envelope.subject, "registry/wenshan");
            world.wrote("service/gateway", &envelope.subject, envelope.kind, envelope.body)
        })
        .collect();
    assert_eq!(said.len(), 2);
    let bare = Running::start().await;
    bare.gateway.store().receive(said.clone()).await.unwrap();
    assert_eq!(bare.who("2026-12-01").await, after);
    bare.gateway.store().receive(said).await.unwrap();
    assert_eq!(bare.gateway.counts().unwrap().passed_over, 0);
    assert_eq!(bare.who("2026-11-30").await, before);
}

#[tokio::test]
async fn nobody_but_another_person_approves_and_nobody_else_is_believed() {
    let running = Running::start().await;
    let id = running.propose(stalls_to("housing", "2026-12-01"), "p1").await.unwrap();
    for same in [LI, ("admin/li", "another"), ("office/leading_group_office", "li.na")] {
        let no = running.approve(same, &id).await.unwrap_err();
        assert_eq!((no.reason.as_str(), no.field.as_str()), ("SAME_PERSON", "command.person"));
    }
    // What another party says about the registry is passed over.
    let mut world = World::default();
    let by = domain::registry::Signatory {
        party: "admin/wang".parse().unwrap(),
        person: "wang.wei".parse().unwrap(),
    };
    let approved = domain::registry::Fact::Approved(id.parse().unwrap(), by, String::new());
    let (kind, body) = proto::amendment::write(&approved);
    let said = world.wrote("unit/housing", "registry/wenshan", kind, body);
    running.gateway.store().receive(vec![said]).await.unwrap();
    assert_eq!(running.who("2026-12-01").await.lead, "enforcement");

    let reject = |who: (&str, &str)| RejectAmendmentRequest {
        command: by_reject(who),
        amendment_id: id.clone(),
        reason: "no basis".into(),
    };
    running.registry(WANG.0).reject_amendment(reject(WANG)).await.unwrap();
    assert_eq!(running.approve(WANG, &id).await.unwrap_err().reason, "AMENDMENT_DECIDED");
    let again = running.propose(stalls_to("housing", "2026-12-01"), "p2").await.unwrap();
    let withdraw = WithdrawAmendmentRequest {
        command: Some(Command { request_id: "w".into(), person: LI.1.into() }),
        amendment_id: again.clone(),
        reason: "an error".into(),
    };
    running.registry(LI.0).withdraw_amendment(withdraw).await.unwrap();

    let list = |state: AmendmentState| ListAmendmentsRequest {
        state: state.into(),
        ..ListAmendmentsRequest::default()
    };
    let all = running.registry(DONGFENG).list_amendments(list(AmendmentState::Unspecified)).await;
    let mut states: Vec<_> =
        all.unwrap().into_inner().amendments.iter().map(|one| one.state()).collect();
    states.sort_by_key(|state| *state as i32);
    assert_eq!(states, [AmendmentState::Rejected, AmendmentState::Withdrawn]);
    let rejected = running.registry(DONGFENG).list_amendments(list(AmendmentState::Rejected)).await;
    let rejected = rejected.unwrap().into_inner().amendments;
    assert_eq!((rejected.len(), rejected[0].note.as_str()), (1, "no basis"));
    assert_eq!(rejected[0].decided_by.as_ref().unwrap().person, "wang.wei");
}

fn by_reject(who: (&str, &str)) -> Option<Command> {
    by(who, "reject")
}

#[tokio::test]
async fn a_list_of_amendments_goes_on_page_by_page_and_misses_none() {
    let running = Running::start().await;
    let mut ids = Vec::new();
    for number in 1..=5 {
        let amendment = Amendment {
            issue_types: vec![
                ["noise", "wiring", "site_dust", "idle_land", "small_ads"][number - 1].into(),
            ],
            cooperating: vec![],
            ..stalls_to("water", "2026-12-01")
        };
        ids.push(running.propose(amendment, &format!("p{number}")).await.unwrap());
    }
    ids.sort();
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(proto::page::Page { size: 2, token });
        let request = ListAmendmentsRequest { page, ..ListAmendmentsRequest::default() };
        let page = running.registry(LI.0).list_amendments(request).await.unwrap().into_inner();
        found.extend(page.amendments.into_iter().map(|one| one.amendment_id));
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found, ids);
}

#[tokio::test]
async fn an_open_case_is_listed_and_stays_until_a_person_hands_it_over_after_a_preview() {
    let (running, mut world) = (Running::start().await, World::default());
    let first = running.called_case(&mut world, "r1").await;
    let second = running.called_case(&mut world, "r2").await;
    let id = running.enact(stalls_to("housing", "2026-11-24"), "p1").await;

    // It is listed at once, and moves nothing before its day.
    let touched = running.touched(&id).await;
    assert_eq!(touched.len(), 2);
    assert!(touched.iter().all(|one| one.can_be_handed_over && one.owner == "unit/enforcement"));
    let early = running.hand_over(&id, &[&first], None).await.unwrap_err();
    assert_eq!((early.reason.as_str(), early.field.as_str()), ("NOT_IN_FORCE", "amendment_id"));
    running.clock.advance(2 * DAY);

    let preview = running.hand_over(&id, &[&first], None).await.unwrap();
    let shown = &preview.cases[0];
    assert_eq!(
        (shown.round, shown.from.as_str(), shown.lead.as_str()),
        (2, "unit/enforcement", "housing")
    );
    assert_eq!(
        (&shown.cooperating, &shown.released),
        (&vec!["environment".to_owned()], &vec!["enforcement".to_owned()])
    );
    assert_eq!(running.get(DONGFENG, &first).await.unwrap().round, 1, "a preview changes nothing");
    let none = running.hand_over(&id, &[&first], Some("")).await.unwrap_err();
    assert_eq!((none.reason.as_str(), none.field.as_str()), ("PREVIEW_MISSING", "digest"));
    let other = running.hand_over(&id, &[&second], Some(&preview.digest)).await.unwrap_err();
    assert_eq!((other.reason.as_str(), other.field.as_str()), ("PREVIEW_STALE", "digest"));
    let done = running.hand_over(&id, &[&first], Some(&preview.digest)).await.unwrap();
    assert_eq!(done, preview);
    assert_eq!(running.hand_over(&id, &[&first], Some(&preview.digest)).await.unwrap(), done);
    let twice = running.hand_over(&id, &[&first], None).await.unwrap_err();
    assert_eq!((twice.reason.as_str(), twice.field.as_str()), ("ALREADY_ANSWERED", "case_ids"));

    world.echo(&running).await;
    let case = running.get(DONGFENG, &first).await.unwrap();
    assert_eq!((case.owner.as_str(), case.round), ("unit/housing", 2));
    let units: Vec<&str> = case.parts.iter().map(|part| part.unit.as_str()).collect();
    assert_eq!(units, ["environment", "housing"]);
    assert!(case.parts.iter().all(|part| part.called_at_ms == 0), "new clocks");
    let left = running.touched(&id).await;
    assert_eq!(left.iter().map(|one| one.case_id.as_str()).collect::<Vec<_>>(), [second.as_str()]);
    assert_eq!(running.get(DONGFENG, &second).await.unwrap().owner, "unit/enforcement");
    let history = running.history(DONGFENG, &first).await.unwrap();
    let over: Vec<_> =
        history.iter().filter(|entry| entry.r#type.ends_with("CaseHandedOver")).collect();
    let to: Vec<&str> = over.iter().map(|entry| entry.recipient.as_str()).collect();
    assert_eq!(to, ["", "unit/enforcement"], "the record, and who had it");
    assert_eq!((over[0].actor.as_str(), over[0].on_behalf_of.as_str()), ("li.na", "admin/li"));
    assert!(over[0].text.contains("NT-1.2"), "{}", over[0].text);
}

#[tokio::test]
async fn a_batch_is_handed_over_whole_or_not_at_all() {
    let (running, mut world) = (Running::start().await, World::default());
    let first = running.called_case(&mut world, "r1").await;
    let second = running.called_case(&mut world, "r2").await;
    let strange = running.raise(running.cables("r3")).await;
    let id = running.enact(stalls_to("housing", "2026-11-24"), "p1").await;
    running.clock.advance(2 * DAY);
    let both = [first.as_str(), second.as_str()];
    let preview = running.hand_over(&id, &both, None).await.unwrap();
    assert_eq!(preview.cases.len(), 2);

    // One of them is another meanwhile.
    let refused = Fact::Refused {
        round: 1,
        unit: "enforcement".parse().unwrap(),
        reason: "not ours".into(),
        named_unit: None,
    };
    world.tell(&running, &second, &[("unit/enforcement", refused)]).await;
    world.tell(&running, &second, &[("service/worker", routed(2, false))]).await;
    let stale = running.hand_over(&id, &both, Some(&preview.digest)).await.unwrap_err();
    assert_eq!(stale.reason, "PREVIEW_STALE");
    for case in &both {
        let owner = running.get(DONGFENG, case).await.unwrap().owner;
        assert_ne!(owner, "unit/housing", "nothing of the batch was done");
    }
    for (cases, reason) in [
        (vec![first.as_str(), strange.as_str()], "NOT_IN_FORCE"),
        (vec![first.as_str(), first.as_str()], "NAMED_TWICE"),
        (vec![first.as_str(), "20260101-AAAAAAAA"], "UNKNOWN_CASE"),
    ] {
        assert_eq!(running.hand_over(&id, &cases, None).await.unwrap_err().reason, reason);
    }
    let preview = running.hand_over(&id, &both, None).await.unwrap();
    let rounds: Vec<u32> = preview.cases.iter().map(|one| one.round).collect();
    assert_eq!(rounds, [2, 3]);
    running.hand_over(&id, &both, Some(&preview.digest)).await.unwrap();
    world.echo(&running).await;
    for case in &both {
        assert_eq!(running.get(DONGFENG, case).await.unwrap().owner, "unit/housing");
    }
    assert!(running.touched(&id).await.is_empty());
}

#[tokio::test]
async fn what_the_community_has_the_word_about_is_not_handed_over() {
    let (running, mut world) = (Running::start().await, World::default());
    let case_id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    world.work_through(&running, &case_id, 1).await;
    let id = running.enact(stalls_to("housing", "2026-11-24"), "p1").await;
    running.clock.advance(2 * DAY);
    let touched = running.touched(&id).await;
    assert_eq!((touched.len(), touched[0].can_be_handed_over), (1, false));
    let no = running.hand_over(&id, &[&case_id], None).await.unwrap_err();
    assert_eq!((no.reason.as_str(), no.field.as_str()), ("WRONG_STAGE", "case_ids"));
}

#[tokio::test]
async fn a_precedent_names_its_case_and_the_case_must_be_there() {
    let running = Running::start().await;
    let amendment = |case: &str| Amendment {
        precedent_case: case.into(),
        ..stalls_to("housing", "2026-12-01")
    };
    let no = running.propose(amendment("20260101-AAAAAAAA"), "p1").await.unwrap_err();
    assert_eq!((no.reason.as_str(), no.field.as_str()), ("UNKNOWN_CASE", "precedent_case"));
    let case_id = running.raise(running.stall("r1")).await;
    running.propose(amendment(&case_id), "p2").await.unwrap();
    let all = running.registry(LI.0).list_amendments(ListAmendmentsRequest::default()).await;
    let all = all.unwrap().into_inner().amendments;
    assert_eq!(all[0].amendment.as_ref().unwrap().precedent_case, case_id);
}

#[tokio::test]
async fn a_whistle_may_call_those_who_answer_on_its_day() {
    let running = Running::start().await;
    running.enact(stalls_to("housing", "2026-11-24"), "p1").await;
    running.clock.advance(3 * DAY);
    let today = || {
        let called_units = vec!["housing".into()];
        RaiseWhistleRequest { called_units, ..running.stall("today") }
    };
    running.raise(today()).await;
    // Seen before that day: those who answered then.
    let before = RaiseWhistleRequest {
        seen_at_ms: NOW.0,
        command: command("before"),
        different_from: vec![],
        ..today()
    };
    let no = running.client(DONGFENG).raise_whistle(before).await.map_err(refused).unwrap_err();
    assert_eq!(no.reason, "UNIT_NOT_IN_ROUTE");
    let right = RaiseWhistleRequest { seen_at_ms: NOW.0, ..running.stall("right") };
    running.raise(right).await;
}

#[tokio::test]
async fn an_office_hands_nothing_over_where_its_own_house_is_a_party() {
    let (running, mut world) = (Running::start().await, World::default());
    let case_id = running.called_case(&mut world, "r1").await;
    let id = running.enact(stalls_to("housing", "2026-11-24"), "p1").await;
    running.clock.advance(2 * DAY);
    // The leading-group office sits in enforcement, which has the case.
    let preview = async |party: &str| {
        let request = HandOverCasesRequest {
            command: command("preview"),
            amendment_id: id.clone(),
            case_ids: vec![case_id.clone()],
            is_preview: true,
            ..HandOverCasesRequest::default()
        };
        running.registry(party).hand_over_cases(request).await.map(drop).map_err(refused)
    };
    let no = preview("office/leading_group_office").await.unwrap_err();
    assert_eq!((no.reason.as_str(), no.field.as_str()), ("NOT_THE_RULER", "case_ids"));
    preview("office/gov_city").await.unwrap();
    preview("admin/li").await.unwrap();
}

#[tokio::test]
async fn what_anybody_may_have_asked_about_is_not_changed_in_the_last_minutes_of_a_day() {
    let running = Running::start().await;
    // It is 23:58 on the 22nd: a whistle by a clock that is ahead may be of the 23rd already.
    running.clock.advance(Duration::from_secs((13 * 60 + 58) * 60));
    let no = running.propose(stalls_to("housing", "2026-11-23"), "p1").await.unwrap_err();
    assert_eq!((no.reason.as_str(), no.field.as_str()), ("NOT_AFTER_APPROVAL", "from"));
    let id = running.propose(stalls_to("housing", "2026-11-24"), "p2").await.unwrap();
    // Nor is it approved when that day is about to begin.
    running.clock.advance(DAY);
    assert_eq!(running.approve(WANG, &id).await.unwrap_err().reason, "NOT_AFTER_APPROVAL");
}
