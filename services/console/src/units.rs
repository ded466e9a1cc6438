//! How units do, by unit, kind of matter, month and place: each rate with its formula and its cases.
//!
//! The figures come from the ledger, and so do the cases behind each: a link names the figure, the
//! side, the value and the period, and the ledger lists exactly the cases that it has counted.

mod behind;

use axum::{extract::Query, response::Response};
use domain::pack::City;
use maud::{Markup, html};
use proto::ledger::{Figure, GetRatesResponse, GroupBy, Measure, Rates};
use serde::Deserialize;

pub(crate) use self::behind::show as behind;
use crate::{
    cases::option,
    names, rate,
    trouble::Trouble,
    visit::Visit,
    when,
    words::{Lang, Word, city as rates, matter as cases, units as words},
};

/// What is asked of the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    period: String,
    by: String,
}

/// The ways to group, each with its word in the address.
const GROUPS: [(&str, GroupBy, Word); 5] = [
    ("unit", GroupBy::Unit, cases::UNIT),
    ("issue", GroupBy::IssueType, cases::ISSUE),
    ("month", GroupBy::Month, words::MONTH),
    ("subdistrict", GroupBy::Subdistrict, cases::SUBDISTRICT),
    ("community", GroupBy::Community, cases::COMMUNITY),
];

/// The periods, each with its word in the address.
const PERIODS: [(&str, Word); 3] =
    [("this", words::THIS_MONTH), ("last", words::LAST_MONTH), ("half", words::HALF_YEAR)];

impl Wanted {
    fn group(&self) -> GroupBy {
        let found = GROUPS.iter().find(|(word, _, _)| *word == self.by);
        found.map_or(GroupBy::Unit, |(_, group, _)| *group)
    }

    /// From when, and until when; 0 for now.
    fn period(&self, visit: &Visit) -> (i64, i64) {
        match self.period.as_str() {
            "last" => (rate::month_begins(visit, 1), rate::month_begins(visit, 0)),
            "half" => (rate::month_begins(visit, 5), 0),
            _ => (rate::month_begins(visit, 0), 0),
        }
    }
}

/// Shows it.
pub(crate) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Trouble> {
    let period = wanted.period(&visit);
    let found = visit.console.rates().ask(&visit, period, wanted.group()).await?;
    let body = html! {
        h1 { (visit.say(words::TITLE)) }
        (form(&visit, &wanted))
        (table(&visit, &wanted, period.0, &found))
    };
    Ok(visit.page(visit.say(words::TITLE), None, &body))
}

fn form(visit: &Visit, wanted: &Wanted) -> Markup {
    html! {
        form.filter.card method="get" action="/units" {
            div {
                label for="period" { (visit.say(words::PERIOD)) }
                select #period name="period" {
                    @for (word, text) in PERIODS { (option(word, visit.say(text), &wanted.period)) }
                }
            }
            div {
                label for="by" { (visit.say(words::BY)) }
                select #by name="by" {
                    @for (word, _, text) in GROUPS { (option(word, visit.say(text), &wanted.by)) }
                }
            }
            div.ends { button type="submit" data-act="show" { (visit.say(words::SHOW)) } }
        }
        p.quiet { (visit.say(words::TEXT)) }
    }
}

fn table(visit: &Visit, wanted: &Wanted, from_ms: i64, found: &GetRatesResponse) -> Markup {
    let offset = visit.console.city().utc_offset_minutes;
    let (from, to) = (when::stamp(from_ms, offset), when::stamp(found.to_ms, offset));
    let group = wanted.group();
    let head =
        GROUPS.iter().find(|(_, one, _)| *one == group).map_or(cases::UNIT, |(_, _, word)| *word);
    let has = |figure: &Option<Figure>| figure.as_ref().is_some_and(|one| one.counted > 0);
    let is_counted = |one: &&Rates| {
        let figures = [&one.on_time, &one.satisfied_first, &one.satisfied_final];
        !one.value.is_empty() && (one.unanswered > 0 || figures.into_iter().any(has))
    };
    let rows: Vec<&Rates> = found.rates.iter().filter(is_counted).collect();
    html! {
        section {
            @if rows.is_empty() { p #none { (visit.say(words::NOBODY)) } }
            @else {
                div.wide { table #rates {
                    caption { (visit.lang.fill(words::CAPTION, &[&from, &to, &found.examined])) }
                    thead { tr {
                        th scope="col" { (visit.say(head)) }
                        th scope="col" { (visit.say(rates::ON_TIME_RATE)) }
                        th scope="col" { (visit.say(rates::FIRST_RATE)) }
                        th scope="col" { (visit.say(rates::FINAL_RATE)) }
                        th.number scope="col" { (visit.say(words::UNANSWERED)) }
                    } }
                    tbody {
                        @for one in rows {
                            @let link = Link { group, value: &one.value, from_ms, to_ms: found.to_ms };
                            tr data-value=(one.value) {
                                th scope="row" { (named(visit.console.city(), group, &one.value, visit.lang)) }
                                td data-label=(visit.say(rates::ON_TIME_RATE)) { (figure(visit, Measure::OnTime, one.on_time.as_ref(), &link)) }
                                td data-label=(visit.say(rates::FIRST_RATE)) { (figure(visit, Measure::SatisfiedFirst, one.satisfied_first.as_ref(), &link)) }
                                td data-label=(visit.say(rates::FINAL_RATE)) { (figure(visit, Measure::SatisfiedFinal, one.satisfied_final.as_ref(), &link)) }
                                td.number data-label=(visit.say(words::UNANSWERED)) { (one.unanswered) }
                            }
                        }
                    }
                } }
            }
        }
    }
}

/// Which cases are behind a figure.
struct Link<'l> {
    group: GroupBy,
    value: &'l str,
    from_ms: i64,
    to_ms: i64,
}

impl Link<'_> {
    fn to(&self, measure: Measure, side: &str) -> String {
        let by =
            GROUPS.iter().find(|(_, one, _)| *one == self.group).map_or("", |(word, _, _)| word);
        let (value, measure) = (crate::cases::escaped(self.value), measure as i32);
        let (from, to) = (self.from_ms, self.to_ms);
        format!(
            "/units/cases?by={by}&value={value}&measure={measure}&side={side}&from={from}&to={to}"
        )
    }
}

fn figure(visit: &Visit, measure: Measure, figure: Option<&Figure>, link: &Link<'_>) -> Markup {
    let Some(Figure {
        basis_points: Some(points), counted, reached, alarm_below, is_alarm, ..
    }) = figure
    else {
        return html! { span.quiet { "–" } };
    };
    let missed = counted - reached;
    html! {
        span class=(if *is_alarm { "mark bad" } else { "mark good" }) { (rate::percent(*points)) "%" } " "
        a href=(link.to(measure, "reached")) { (reached) } " / "
        a href=(link.to(measure, "counted")) { (counted) }
        @if missed > 0 { " · " a.late href=(link.to(measure, "missed")) { (missed) } }
        @if *is_alarm { br; span.quiet { (visit.lang.fill(words::ALARM, &[&rate::percent(*alarm_below)])) } }
    }
}

/// How a value of a group is called.
fn named(city: &City, group: GroupBy, value: &str, lang: Lang) -> String {
    match group {
        GroupBy::IssueType => names::issue(city, value, lang),
        GroupBy::Community => names::community(city, value, lang),
        GroupBy::Month => value.to_owned(),
        _ => names::unit(city, value, lang),
    }
}
