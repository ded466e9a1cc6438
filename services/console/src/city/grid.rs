//! The grid of the city as a picture: a square for each cell, by subdistrict and community.

use std::collections::BTreeMap;

use domain::pack::{Cell, City};
use maud::{Markup, html};
use proto::ledger::{Count, GroupBy};

use crate::{names, trouble::Trouble, visit::Visit, words::city as words};

/// How many shades there are beside none.
const SHADES: u64 = 4;

/// Shows it.
pub(super) async fn show(visit: &Visit) -> Result<Markup, Trouble> {
    let found = super::counted(visit, super::only_open(), GroupBy::Grid).await?;
    Ok(picture(visit, &found.counts))
}

fn picture(visit: &Visit, counts: &[Count]) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let most = counts.iter().map(|one| one.cases).max().unwrap_or(0);
    html! {
        section aria-labelledby="grid-title" {
            h2 #grid-title { (visit.say(words::MAP_TITLE)) }
            p.quiet { (visit.say(words::MAP_TEXT)) }
            @for (subdistrict, communities) in by_place(city) {
                div.district {
                    h3 { (names::unit(city, subdistrict, lang)) }
                    div.communities {
                        @for (community, cells) in communities {
                            div.community {
                                h4 { (names::community(city, community, lang)) }
                                ul.cells { @for cell in cells { (square(visit, cell, counts, most)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn square(visit: &Visit, cell: &Cell, counts: &[Count], most: u64) -> Markup {
    let count = super::of(counts, cell.id.as_str());
    let text = visit.lang.fill(words::CELL, &[&cell.id, &count]);
    html! {
        li data-cell=(cell.id) data-open=(count) {
            a class=(format!("cell load-{}", shade(count, most))) title=(text) aria-label=(text)
                href=(format!("/cases?state=open&grid={}", cell.id)) {
                b { (count) }
                span { (short(cell.id.as_str())) }
            }
        }
    }
}

/// The last part of a cell's number: the first is the same for all of its place.
fn short(id: &str) -> &str {
    id.rsplit('-').next().unwrap_or(id)
}

/// None for none, and then equal steps up to the most.
fn shade(count: u64, most: u64) -> u64 {
    (count * SHADES).div_ceil(most.max(1)).min(SHADES)
}

type Communities<'c> = BTreeMap<&'c str, Vec<&'c Cell>>;

fn by_place(city: &City) -> BTreeMap<&str, Communities<'_>> {
    let mut places: BTreeMap<&str, Communities<'_>> = BTreeMap::new();
    for cell in city.grid.values() {
        let communities = places.entry(cell.subdistrict.as_str()).or_default();
        communities.entry(cell.community.as_str()).or_default().push(cell);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_the_darker_and_none_is_white() {
        assert_eq!([0, 1, 2, 5, 8].map(|count| shade(count, 8)), [0, 1, 1, 3, 4]);
        assert_eq!((shade(0, 0), shade(1, 1), shade(1, 10_000)), (0, 4, 1));
        assert_eq!((short("WS-KH-001"), short("one")), ("001", "one"));
    }
}
