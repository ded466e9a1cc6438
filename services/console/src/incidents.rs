//! Flows that are stuck (受阻流程), as administrators see them: the matter, the step, the reason in
//! words, who must act, and what may be done about it.
//!
//! The worker offers the remedies of an incident and records a decision before it acts; here it is a
//! form with a reason. Where no worker is known to the console there is no such page.

use axum::{extract::Path, response::Response};
use domain::party::Role;
use maud::{Markup, html};
use proto::{
    incident::{
        Incident, IncidentState, ListIncidentsRequest, Remedy, ResolveIncidentRequest,
        Trouble as What, incident_service_client::IncidentServiceClient,
    },
    page::Page,
};

use crate::{
    form::Posted,
    frame, matter, names,
    trouble::{Trouble, why},
    visit::Visit,
    words::{Word, incidents as words, matter as matters},
};

/// The part that changes.
pub(crate) const PARTS: &[&str] = &["incidents"];

/// How many are shown; the command lists all.
const PAGE: u32 = 50;

const RESOLVE: &str = "muster.incident.v1.IncidentService/ResolveIncident";

type Door = IncidentServiceClient<kit::client::Spoken>;

fn door(visit: &Visit) -> Result<Door, Trouble> {
    let worker = visit.asking()?.worker()?.ok_or_else(Trouble::not_found)?;
    Ok(IncidentServiceClient::new(worker))
}

/// Shows those that are open.
pub(crate) async fn show(visit: Visit) -> Result<Response, Trouble> {
    let page = Some(Page { size: PAGE, token: String::new() });
    let request = ListIncidentsRequest { state: IncidentState::Open.into(), page };
    let found = door(&visit)?.list_incidents(request).await?.into_inner();
    let list = list(&visit, &found.incidents, !found.next_token.is_empty());
    if visit.is_part("incidents") {
        return Ok(visit.part(&list));
    }
    let body = html! {
        h1 { (visit.say(words::TITLE)) }
        (frame::live("incidents", &list))
    };
    Ok(visit.page(visit.say(words::TITLE), Some("of=incidents"), &body))
}

fn list(visit: &Visit, incidents: &[Incident], is_more: bool) -> Markup {
    html! {
        @if incidents.is_empty() { section { p.quiet #no-incident { (visit.say(words::NONE)) } } }
        @for one in incidents { (shown(visit, one)) }
        @if is_more { p.quiet { (visit.say(words::MORE)) } }
    }
}

fn shown(visit: &Visit, one: &Incident) -> Markup {
    let id = format!("incident-{}", one.incident_id);
    html! {
        section aria-labelledby=(id) data-incident=(one.incident_id) {
            h2 id=(id) { (subject(one)) " " span.mark.is-bad { (visit.say(what(one.trouble()))) } }
            dl.facts {
                dt { (visit.say(words::STEP)) } dd { code { (one.step) } " × " (one.failures) }
                dt { (visit.say(words::SINCE)) } dd { (matter::time(visit, one.since_ms)) }
                dt { (visit.say(words::REASON)) } dd { (why(visit, &one.reason, &one.message)) " " code { (one.reason) } }
                dt { (visit.say(words::RESPONSIBLE)) } dd { (responsible(visit, &one.responsible)) }
            }
            (remedies(visit, one))
        }
    }
}

/// Who must act, as the worker names it: a party, who administers one, who keeps the pack.
fn responsible(visit: &Visit, who: &str) -> String {
    let (city, lang) = (visit.console.city(), visit.lang);
    match (who, who.strip_prefix("the administrator of ")) {
        ("admin", _) => lang.say(matters::ADMINISTRATOR).to_owned(),
        ("who keeps the city's pack", _) => lang.say(words::KEEPER).to_owned(),
        (_, Some(of)) => lang.fill(words::ADMINISTRATOR_OF, &[&names::party(city, of, lang)]),
        (party, None) => names::party(city, party, lang),
    }
}

/// The matter, with a way to it where it has a page.
fn subject(one: &Incident) -> Markup {
    let parts: Vec<&str> = one.subject.splitn(3, '/').collect();
    html! {
        @match parts[..] {
            ["case", _, id] => a href=(format!("/cases/{id}")) { (one.subject) },
            ["operation", _, id] => a href=(format!("/operations/{id}")) { (one.subject) },
            _ => (one.subject),
        }
    }
}

fn remedies(visit: &Visit, one: &Incident) -> Markup {
    let may = visit.console.access().may_call(visit.party(), RESOLVE, Role::Worker).is_ok();
    let reason = format!("reason-{}", one.incident_id);
    html! {
        @if may && !one.remedies.is_empty() {
            form #(format!("resolve-{}", one.incident_id)) method="post"
                action=(format!("/incidents/{}/resolve", one.incident_id)) {
                (visit.fields())
                p.hint { (visit.say(words::SAYS)) }
                fieldset {
                    legend { (visit.say(words::REMEDY)) }
                    @for remedy in one.remedies() {
                        label.choice {
                            input type="radio" name="remedy" value=(remedy as i32) required;
                            (visit.say(remedy_word(remedy)))
                        }
                    }
                }
                label for=(reason) { (visit.say(words::WHY)) }
                textarea id=(reason) name="reason" maxlength="300" required {}
                button type="submit" data-act="resolve-incident" { (visit.say(words::RESOLVE)) }
            }
        }
    }
}

fn what(trouble: What) -> Word {
    match trouble {
        What::Unspecified | What::Fails => words::FAILS,
        What::Refused => words::REFUSED,
        What::MovesNothing => words::MOVES_NOTHING,
        What::NotTold => words::NOT_TOLD,
    }
}

fn remedy_word(remedy: Remedy) -> Word {
    match remedy {
        Remedy::Unspecified | Remedy::Retry => words::RETRY,
        Remedy::PutBack => words::PUT_BACK,
        Remedy::Skip => words::SKIP,
        Remedy::Resume => words::RESUME,
    }
}

/// Takes a decision.
pub(crate) async fn resolve(
    Path(incident_id): Path<String>,
    posted: Posted,
) -> Result<Response, Trouble> {
    let (visit, form) = (&posted.visit, &posted.form);
    let remedy = form.text("remedy").parse().unwrap_or_default();
    let request = ResolveIncidentRequest {
        command: Some(posted.command()),
        incident_id,
        remedy,
        reason: form.text("reason"),
    };
    let done = door(visit)?.resolve_incident(request).await.map_err(Trouble::from);
    visit.answer("/incidents", done.map(|_| visit.say(words::DECIDED).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lang, visit::tested::visit, words::reasons};

    #[tokio::test]
    async fn who_must_act_is_named_in_the_language_of_the_page() {
        let (zh, en) = (visit("admin/li", Lang::Zh), visit("admin/li", Lang::En));
        for (who, in_chinese, in_english) in [
            ("unit/housing", "市住房城乡建设局", "Housing & urban-rural construction"),
            ("admin", "管理员", "Administrator"),
            ("who keeps the city's pack", "城市包维护人", "Who keeps the city's pack"),
            (
                "the administrator of service/worker",
                "系统 worker的管理员",
                "The administrator of System worker",
            ),
        ] {
            assert_eq!(responsible(&zh, who), in_chinese);
            assert_eq!(responsible(&en, who), in_english);
        }
    }

    #[tokio::test]
    async fn an_incident_is_told_in_chinese_with_the_words_of_the_role_below() {
        let one = Incident {
            incident_id: "7".into(),
            subject: "case/wenshan/20261128-AAAAAAAA".into(),
            reason: "MAILBOX_FULL".into(),
            message: "it waits for unit/housing".into(),
            responsible: "unit/housing".into(),
            remedies: vec![Remedy::Retry.into(), Remedy::PutBack.into()],
            ..Incident::default()
        };
        let page = shown(&visit("admin/li", Lang::Zh), &one).into_string();
        for said in ["信箱已满", "市住房城乡建设局", "立即重试", "id=\"resolve-7\"", "it waits for"]
        {
            assert!(page.contains(said), "{said}: {page}");
        }
        let office = shown(&visit("office/gov_city", Lang::Zh), &one).into_string();
        assert!(office.contains("信箱已满") && !office.contains("<form"), "{office}");
    }

    #[test]
    fn what_the_worker_says_of_a_flow_has_its_sentence() {
        for reason in ["MAILBOX_FULL", "MOVES_NOTHING", "NOT_TOLD", "NOT_IN_THE_RECORD", "SILENT"] {
            assert!(reasons::sentence(reason).is_some(), "{reason}");
        }
    }
}
