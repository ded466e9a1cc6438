//! The list of cases: by state, unit, cell or text, late ones; fifty on a page, by the ledger's pages.

use axum::{extract::Query, response::Response};
use domain::party::Party;
use maud::{Markup, html};
use proto::{
    ledger::{CaseFilter, Order, SearchCasesRequest, SearchCasesResponse},
    page::Page,
    whistle::CaseStage,
};
use serde::{Deserialize, Serialize};

use crate::{
    frame, matter,
    trouble::Trouble,
    visit::Visit,
    words::{case as words, frame as said, matter as cases},
};

/// The parts that change.
pub(crate) const PARTS: &[&str] = &["list"];

/// How many cases are on a page.
const ROWS: u32 = 50;

/// Which cases, and which page: what the address says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// A stage, `open`, `late`, or empty for all.
    state: String,
    /// A unit with a part in it.
    unit: String,
    /// Who owns it.
    owner: String,
    /// A cell.
    grid: String,
    /// Words of what was reported.
    text: String,
    /// The token of the page.
    page: String,
}

/// Shows it.
pub(crate) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Trouble> {
    let list = list(&visit, &wanted).await?;
    if visit.is_part("list") {
        return Ok(visit.part(&list));
    }
    let body = html! {
        div.title {
            h1 { (visit.say(said::CASES)) }
            @if may_whistle(&visit) {
                a.button href="/cases/new" data-act="new" { (visit.say(said::NEW_WHISTLE)) }
            }
        }
        (form(&visit, &wanted))
        (frame::live("list", &list))
    };
    // A later page stays as it is: the ledger's order never changes behind it.
    let live = wanted.page.is_empty().then_some("of=cases");
    Ok(visit.page(visit.say(said::CASES), live, &body))
}

/// Whether the pack lets this party whistle.
pub(crate) fn may_whistle(visit: &Visit) -> bool {
    let access = visit.console.access();
    let ask = kit::access::Ask::to("raise_whistle", access.city());
    access.allows(visit.party(), &ask.by(access, visit.party(), visit.person()))
}

impl Wanted {
    fn filter(&self) -> CaseFilter {
        let stage = matter::OPEN.iter().find(|(_, word)| *word == self.state);
        let stage = match self.state.as_str() {
            "closed" => Some(CaseStage::Closed),
            _ => stage.map(|(stage, _)| *stage),
        };
        CaseFilter {
            stages: stage.map(Into::into).into_iter().collect(),
            only_open: self.state == "open",
            overdue: self.state == "late",
            unit: self.unit.clone(),
            owner: self.owner.clone(),
            grid: self.grid.clone(),
            words: self.text.trim().to_owned(),
            ..CaseFilter::default()
        }
    }

    /// Late ones: what has been late for longest first.
    fn order(&self) -> Order {
        if self.state == "late" { Order::DueFirst } else { Order::Unspecified }
    }

    /// The address of the page behind this one.
    fn after(&self, token: &str) -> String {
        let pairs = [
            ("state", self.state.as_str()),
            ("unit", &self.unit),
            ("owner", &self.owner),
            ("grid", &self.grid),
            ("text", &self.text),
            ("page", token),
        ];
        let some = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<_> =
            some.map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        format!("/cases?{}", pairs.join("&"))
    }
}

/// A text as part of an address.
pub(crate) fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let one = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

async fn list(visit: &Visit, wanted: &Wanted) -> Result<Markup, Trouble> {
    let page = Some(Page { size: ROWS, token: wanted.page.clone() });
    let request =
        SearchCasesRequest { filter: Some(wanted.filter()), page, order: wanted.order().into() };
    let found = visit.asking()?.ledger().search_cases(request).await;
    let found = match found.map_err(Trouble::from) {
        Ok(found) => found.into_inner(),
        // What is wrong with a filter is said in its place.
        Err(no) if no.status == axum::http::StatusCode::BAD_REQUEST => {
            return Ok(html! { div.notice.bad role="alert" { (no.said(visit.lang)) } });
        }
        Err(no) => return Err(no),
    };
    Ok(rows(visit, wanted, &found))
}

fn rows(visit: &Visit, wanted: &Wanted, found: &SearchCasesResponse) -> Markup {
    let (count, is_more) = (found.cases.len(), !found.next_token.is_empty());
    let is_short = is_more && count < ROWS as usize;
    html! {
        section {
            @if is_short { p.quiet { (visit.say(words::PART_ONLY)) } }
            @if count == 0 && !is_more { p #none { (visit.say(words::NO_CASES)) } }
            @if count > 0 {
                (matter::table(visit, &visit.lang.fill(words::LIST_CAPTION, &[&count]), &found.cases))
            }
            nav.pages aria-label=(visit.say(said::CASES)) {
                @if !wanted.page.is_empty() {
                    a href=(wanted.after("")) data-act="first-page" { (visit.say(said::FIRST_PAGE)) }
                }
                @if is_more {
                    a href=(wanted.after(&found.next_token)) data-act="next-page" {
                        (visit.say(if is_short { words::GO_ON } else { said::NEXT_PAGE }))
                    }
                }
            }
        }
    }
}

fn form(visit: &Visit, wanted: &Wanted) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    html! {
        form.filter.card #filter method="get" action="/cases" role="search" {
            div {
                label for="state" { (visit.say(words::STATE)) }
                select #state name="state" {
                    (option("", visit.say(words::STATE_ANY), &wanted.state))
                    (option("open", visit.say(words::STATE_OPEN), &wanted.state))
                    (option("late", visit.say(words::STATE_LATE), &wanted.state))
                    @for (stage, word) in matter::OPEN {
                        (option(word, visit.say(matter::stage_word(stage)), &wanted.state))
                    }
                    (option("closed", visit.say(cases::CLOSED), &wanted.state))
                }
            }
            div {
                label for="unit" { (visit.say(cases::UNIT)) }
                select #unit name="unit" {
                    (option("", visit.say(words::ANY), &wanted.unit))
                    @for unit in city.hosted_units() {
                        (option(unit.id.as_str(), lang.pick(&unit.zh, &unit.en), &wanted.unit))
                    }
                }
            }
            div {
                label for="grid" { (visit.say(cases::GRID)) }
                select #grid name="grid" {
                    (option("", visit.say(words::ANY), &wanted.grid))
                    @for cell in city.grid.keys() { (option(cell.as_str(), cell.as_str(), &wanted.grid)) }
                }
            }
            div {
                label for="text" { (visit.say(words::TEXT)) }
                input #text name="text" type="search" value=(wanted.text) maxlength="200"
                    placeholder=(visit.say(words::TEXT_HINT));
            }
            @if wanted.owner.parse::<Party>().is_ok() {
                input type="hidden" name="owner" value=(wanted.owner);
            }
            div.ends {
                button type="submit" data-act="find" { (visit.say(words::FIND)) } " "
                a href="/cases" { (visit.say(words::CLEAR)) }
            }
        }
    }
}

/// A choice in a list of them.
pub(crate) fn option(value: &str, text: &str, chosen: &str) -> Markup {
    html! { option value=(value) selected[value == chosen] { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_a_stage_or_open_or_late() {
        let of = |state: &str| Wanted { state: state.to_owned(), ..Wanted::default() }.filter();
        assert_eq!(of("working").stages, [i32::from(CaseStage::Working)]);
        assert_eq!(of("closed").stages, [i32::from(CaseStage::Closed)]);
        assert!(of("open").only_open && of("open").stages.is_empty());
        assert!(of("late").overdue && !of("late").only_open);
        assert_eq!(of("nonsense"), CaseFilter::default());
    }

    #[test]
    fn the_next_page_keeps_what_was_asked() {
        let wanted =
            Wanted { text: "流动 a&b".to_owned(), state: "open".to_owned(), ..Wanted::default() };
        assert_eq!(
            wanted.after("00ff"),
            "/cases?state=open&text=%E6%B5%81%E5%8A%A8%20a%26b&page=00ff"
        );
        assert_eq!(Wanted::default().after(""), "/cases?");
    }
}
