//! What a person may do in a case now, each as a form that says what it will do and asks for what it
//! needs. The rules are the gateway's: a form is shown where the policies let the party say such a
//! thing and the case is at such a stage, and what is sent is judged there.

use domain::{pack::Unit, party::Role};
use maud::{Markup, html};
use proto::whistle::{Case, CaseStage, DirectReportState, Part};

use crate::{
    cases::{may_whistle, option},
    names,
    visit::Visit,
    whistle,
    words::{Word, case as words},
};

/// Shows all of them.
pub(super) fn show(visit: &Visit, case: &Case) -> Markup {
    let acts: Vec<Markup> = ACTS.iter().filter_map(|act| one(visit, case, act)).collect();
    html! {
        section #acts aria-labelledby="acts-title" {
            h2 #acts-title { (visit.say(words::ACTS)) }
            @if acts.is_empty() { p.quiet { (visit.say(words::NO_ACTS)) } }
            @for act in &acts { (act) }
        }
    }
}

/// Something that may be done.
struct Act {
    /// Its address below the case.
    name: &'static str,
    /// The method that does it.
    method: &'static str,
    title: Word,
    text: Word,
    /// Whether the case is such that it may be done, as far as the case says.
    fits: fn(&Visit, &Case) -> bool,
    fields: fn(&Visit, &Case) -> Markup,
}

macro_rules! act {
    ($name:literal, $method:literal, $title:ident, $text:ident, $fits:expr, $fields:expr) => {
        Act {
            name: $name,
            method: concat!("muster.whistle.v1.WhistleService/", $method),
            title: words::$title,
            text: words::$text,
            fits: $fits,
            fields: $fields,
        }
    };
}

const ACTS: &[Act] = &[
    act!(
        "confirm",
        "ConfirmCase",
        CONFIRM,
        CONFIRM_TEXT,
        |_, c| is_at(c, CaseStage::Confirming),
        ratings
    ),
    act!(
        "send-back",
        "SendBackCase",
        SEND_BACK,
        SEND_BACK_TEXT,
        |_, c| is_at(c, CaseStage::Confirming),
        |v, _| reason_and_photos(v, "send-back")
    ),
    act!(
        "assign",
        "AssignCase",
        ASSIGN,
        ASSIGN_TEXT,
        |v, c| is_at(c, CaseStage::Assigning) && owns(v, c),
        lead_and_note
    ),
    act!(
        "rule",
        "RuleDispute",
        RULE,
        RULE_TEXT,
        |v, c| is_at(c, CaseStage::Disputed) && owns(v, c),
        lead_and_reason
    ),
    act!(
        "find",
        "RecordFinding",
        FIND_ACT,
        FIND_TEXT,
        |v, c| is_at(c, CaseStage::Finding) && owns(v, c),
        finding
    ),
    act!(
        "instruct",
        "InstructUnit",
        INSTRUCT,
        INSTRUCT_TEXT,
        |_, c| direct(c) == DirectReportState::Reported,
        instruction
    ),
    act!("urge", "UrgeCase", URGE, URGE_TEXT, |v, c| late(v, c).next().is_some(), whom_and_note),
    act!(
        "hold",
        "HoldClock",
        HOLD,
        HOLD_TEXT,
        |_, c| running(c, false).next().is_some(),
        clock_and_reason
    ),
    act!(
        "resume",
        "ResumeClock",
        RESUME,
        RESUME_TEXT,
        |_, c| running(c, true).next().is_some(),
        held_clock
    ),
    act!(
        "report",
        "ReportToGovernment",
        DIRECT,
        DIRECT_TEXT,
        |_, c| direct(c) == DirectReportState::Open,
        |v, _| reason_and_photos(v, "report")
    ),
    act!("merge", "MergeCase", MERGE, MERGE_TEXT, |_, c| !c.proposed.is_empty(), other_and_note),
    act!(
        "apart",
        "TellCaseApart",
        APART,
        APART_TEXT,
        |_, c| !c.proposed.is_empty(),
        other_and_note
    ),
    act!(
        "withdraw",
        "WithdrawCase",
        WITHDRAW,
        WITHDRAW_TEXT,
        |v, c| may_withdraw(v, c),
        reason_only
    ),
    act!(
        "complain",
        "RaiseWhistle",
        COMPLAIN,
        COMPLAIN_TEXT,
        |v, c| may_whistle(v) && c.complaint.is_none(),
        complaint
    ),
];

fn one(visit: &Visit, case: &Case, act: &Act) -> Option<Markup> {
    let access = visit.console.access();
    let may = access.may_call(visit.party(), act.method, Role::Gateway).is_ok();
    (may && (act.fits)(visit, case)).then(|| form(visit, case, act))
}

fn form(visit: &Visit, case: &Case, act: &Act) -> Markup {
    let to = format!("/cases/{}/{}", case.case_id, act.name);
    html! {
        details #(format!("act-{}", act.name)) {
            summary data-act=(format!("open-{}", act.name)) { (visit.say(act.title)) }
            form #(format!("form-{}", act.name)) method="post" action=(to) enctype="multipart/form-data" {
                (visit.fields())
                p.hint { (visit.say(act.text)) }
                ((act.fields)(visit, case))
                p.hint { (visit.say(words::SURE)) }
                button type="submit" data-act=(act.name) { (visit.say(act.title)) }
            }
        }
    }
}

fn is_at(case: &Case, stage: CaseStage) -> bool {
    case.stage() == stage
}

fn owns(visit: &Visit, case: &Case) -> bool {
    case.owner == visit.party().to_string()
}

fn direct(case: &Case) -> DirectReportState {
    case.direct_report.as_ref().map_or(DirectReportState::Unspecified, |one| one.state())
}

fn may_withdraw(visit: &Visit, case: &Case) -> bool {
    let party = visit.party();
    let is_theirs = party.id == case.community || party.to_string() == case.territorial_owner;
    is_theirs && case.closed_at_ms == 0 && direct(case) != DirectReportState::Reported
}

/// Who owes something and is late.
fn late<'c>(visit: &Visit, case: &'c Case) -> impl Iterator<Item = &'c str> {
    let now = visit.console.now().0;
    let is_late = move |due: i64, held: i64| due > 0 && due < now && held == 0;
    let mut late: Vec<&str> = Vec::new();
    for owed in case.owed.iter().filter(|owed| is_late(owed.due_at_ms, owed.held_to_ms)) {
        if !late.contains(&owed.party.as_str()) {
            late.push(&owed.party);
        }
    }
    late.into_iter()
}

/// The units whose clock runs, or is held.
fn running(case: &Case, is_held: bool) -> impl Iterator<Item = &str> {
    let of_unit = move |owed: &proto::whistle::Owed| {
        owed.party.starts_with("unit/") && (owed.held_to_ms > 0) == is_held
    };
    case.owed
        .iter()
        .filter(move |owed| of_unit(owed))
        .filter_map(|owed| owed.party.strip_prefix("unit/"))
}

fn ratings(visit: &Visit, case: &Case) -> Markup {
    let rated = |part: &&Part| part.called_at_ms > 0 && part.refused_at_ms == 0;
    html! {
        @for part in case.parts.iter().filter(rated) {
            @let name = names::unit(visit.console.city(), &part.unit, visit.lang);
            fieldset {
                legend { (visit.lang.fill(words::RATING, &[&name])) }
                @for stars in (1..=5).rev() {
                    label.choice {
                        input type="radio" name=(format!("stars-{}", part.unit)) value=(stars) required checked[stars == 5];
                        (visit.lang.fill(words::STARS, &[&stars]))
                    }
                }
            }
        }
    }
}

/// A field for a text that must be there.
fn text(visit: &Visit, id: &str, name: &str, word: Word, is_must: bool) -> Markup {
    html! {
        label for=(id) { (visit.say(word)) }
        textarea #(id) name=(name) maxlength="2000" required[is_must] {}
    }
}

fn reason_only(visit: &Visit, _: &Case) -> Markup {
    text(visit, "withdraw-reason", "reason", words::REASON, true)
}

fn reason_and_photos(visit: &Visit, id: &str) -> Markup {
    html! {
        (text(visit, &format!("{id}-reason"), "reason", words::REASON, true))
        (photos(visit, &format!("{id}-photos")))
    }
}

/// A field for photographs.
pub(crate) fn photos(visit: &Visit, id: &str) -> Markup {
    html! {
        label for=(id) { (visit.say(words::PHOTOS)) }
        input #(id) type="file" name="photo" accept="image/*" multiple;
    }
}

/// A choice of one unit that can lead.
fn lead(visit: &Visit, id: &str, first: &[String]) -> Markup {
    unit(visit, (id, "lead", words::ASSIGN), first, visit.console.city().hosted_units())
}

/// A choice of one unit, those first that are likely.
fn unit<'c>(
    visit: &Visit,
    (id, name, word): (&str, &str, Word),
    first: &[String],
    all: impl Iterator<Item = &'c Unit>,
) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let is_first = |unit: &str| first.iter().any(|one| one == unit);
    let rest = all.filter(|unit| !is_first(unit.id.as_str()));
    html! {
        label for=(id) { (visit.say(word)) }
        select #(id) name=(name) required {
            (option("", visit.say(words::CHOOSE), "-"))
            @for unit in first { (option(unit, &names::unit(city, unit, lang), "-")) }
            @for unit in rest { (option(unit.id.as_str(), lang.pick(&unit.zh, &unit.en), "-")) }
        }
    }
}

fn lead_and_note(visit: &Visit, case: &Case) -> Markup {
    html! {
        (lead(visit, "assign-lead", &case.candidates))
        (text(visit, "assign-note", "note", words::NOTE, false))
    }
}

fn lead_and_reason(visit: &Visit, case: &Case) -> Markup {
    let heard: Vec<String> = case.hearings.iter().map(|one| one.unit.clone()).collect();
    html! {
        (lead(visit, "rule-lead", &heard))
        (text(visit, "rule-reason", "reason", words::REASON, true))
    }
}

fn finding(visit: &Visit, _: &Case) -> Markup {
    html! {
        fieldset {
            legend { (visit.say(words::FIND_ACT)) }
            @for (value, word) in [("yes", words::UPHELD), ("no", words::NOT_UPHELD)] {
                label.choice { input type="radio" name="upheld" value=(value) required; (visit.say(word)) }
            }
        }
        (text(visit, "find-text", "reason", words::REASON, true))
        (photos(visit, "find-photos"))
    }
}

fn instruction(visit: &Visit, case: &Case) -> Markup {
    let against = case.direct_report.as_ref().map(|one| one.against.clone()).unwrap_or_default();
    html! {
        (lead(visit, "instruct-lead", &against))
        label for="instruct-hours" { (visit.say(words::WITHIN_HOURS)) }
        input #instruct-hours type="number" name="hours" min="1" max="8760" value="24" required;
        (text(visit, "instruct-text", "reason", words::INSTRUCTION, true))
    }
}

fn whom_and_note(visit: &Visit, case: &Case) -> Markup {
    let city = visit.console.city();
    html! {
        label for="urge-party" { (visit.say(words::WHOM)) }
        select #urge-party name="party" required {
            @for party in late(visit, case) { (option(party, &names::party(city, party, visit.lang), "-")) }
        }
        (text(visit, "urge-note", "note", words::NOTE, false))
    }
}

fn clocks<'c>(visit: &Visit, id: &str, units: impl Iterator<Item = &'c str>) -> Markup {
    let city = visit.console.city();
    html! {
        label for=(id) { (visit.say(words::WHOM)) }
        select #(id) name="unit" required {
            @for unit in units { (option(unit, &names::unit(city, unit, visit.lang), "-")) }
        }
    }
}

fn clock_and_reason(visit: &Visit, case: &Case) -> Markup {
    html! {
        (clocks(visit, "hold-unit", running(case, false)))
        (text(visit, "hold-reason", "reason", words::REASON, true))
    }
}

fn held_clock(visit: &Visit, case: &Case) -> Markup {
    clocks(visit, "resume-unit", running(case, true))
}

fn other_and_note(visit: &Visit, case: &Case) -> Markup {
    html! {
        fieldset {
            legend { (visit.say(words::WHICH_OTHER)) }
            @for other in &case.proposed {
                label.choice {
                    input type="radio" name="other" value=(other) required;
                    a href=(format!("/cases/{other}")) { (other) }
                }
            }
        }
        label { (visit.say(words::NOTE)) textarea name="note" maxlength="2000" {} }
    }
}

/// What a complaint about what happened in the case needs; those who were called come first.
fn complaint(visit: &Visit, case: &Case) -> Markup {
    let called: Vec<String> = case.parts.iter().map(|part| part.unit.clone()).collect();
    let all = visit.console.city().units.values();
    html! {
        (unit(visit, ("complain-about", "about", words::COMPLAIN_ABOUT), &called, all))
        (whistle::cell(visit, "complain-cell", &case.grid))
        (text(visit, "complain-text", "description", words::COMPLAIN_WHAT, true))
        (photos(visit, "complain-photos"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proto::{
        case::Complaint,
        whistle::{DirectReport, Owed},
    };

    use super::*;
    use crate::{
        Lang,
        visit::tested::{ids, visit},
    };

    const COMMUNITY: &str = "community/kaihua_dongfeng";

    /// A case in which a community may do whatever it ever may.
    fn case() -> Case {
        let report =
            DirectReport { state: DirectReportState::Open.into(), ..DirectReport::default() };
        Case {
            case_id: "20261128-AAAAAAAA".into(),
            community: "kaihua_dongfeng".into(),
            stage: CaseStage::Confirming.into(),
            direct_report: Some(report),
            proposed: vec!["20261128-BBBBBBBB".into(), "20261128-CCCCCCCC".into()],
            parts: vec![Part { unit: "housing".into(), called_at_ms: 1, ..Part::default() }],
            owed: vec![Owed { party: "unit/housing".into(), ..Owed::default() }],
            ..Case::default()
        }
    }

    #[tokio::test]
    async fn every_field_has_one_label_of_its_own_and_what_is_typed_finds_its_form_again() {
        let page = show(&visit(COMMUNITY, Lang::Zh), &case()).into_string();
        let all = ids(&page);
        let once: BTreeSet<_> = all.iter().collect();
        assert_eq!(once.len(), all.len(), "an id is there twice: {all:?}");
        for act in ["confirm", "send-back", "report", "merge", "apart", "withdraw", "complain"] {
            assert!(all.contains(&&*format!("form-{act}")), "{act}: {page}");
        }
        for label in page.split("<label for=\"").skip(1) {
            let id = label.split('"').next().unwrap();
            assert!(all.contains(&id), "a label of nothing: {id}");
        }
        assert_eq!(page.matches("<legend>哪一件</legend>").count(), 2, "{page}");
    }

    #[tokio::test]
    async fn a_community_complains_about_a_unit_in_its_case_also_when_that_is_closed() {
        let closed = Case {
            grid: "WS-KH-002".into(),
            stage: CaseStage::Closed.into(),
            closed_at_ms: 1,
            ..case()
        };
        let page = show(&visit(COMMUNITY, Lang::Zh), &closed).into_string();
        assert!(page.contains("data-act=\"complain\""), "{page}");
        assert!(page.contains("被投诉单位看不到这一案"), "it says what it will do: {page}");
        let units = page.split("id=\"complain-about\"").nth(1).unwrap_or_default();
        let first = units.split("option value=\"").nth(2).unwrap_or_default();
        assert!(first.starts_with("housing\""), "who was called comes first: {units}");
        assert!(page.contains("<option value=\"WS-KH-002\" selected"), "{page}");
        let complaint = Case { complaint: Some(Complaint::default()), ..closed.clone() };
        for (party, case) in [(COMMUNITY, &complaint), ("unit/housing", &closed)] {
            let page = show(&visit(party, Lang::Zh), case).into_string();
            assert!(!page.contains("data-act=\"complain\""), "{party}: {page}");
        }
    }

    #[tokio::test]
    async fn nobody_is_shown_what_only_others_may_do() {
        let office = show(&visit("office/leading_group_office", Lang::Zh), &case()).into_string();
        for act in ["confirm", "send-back", "report", "withdraw", "complain"] {
            assert!(!office.contains(&format!("data-act=\"{act}\"")), "{act}: {office}");
        }
        assert!(office.contains("data-act=\"hold\""), "{office}");
    }
}
