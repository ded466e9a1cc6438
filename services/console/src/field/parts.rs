//! What a team is called to and may say now, as the page for the field shows it.
//!
//! It goes to a device that may keep it while it has no network: operations, orders, names of
//! units. No person is in it: not who comes, not who is signed in.

use domain::id::UnitId;
use proto::operation::{GivenOrder, MemberState, OrderState, Part};
use serde::Serialize;

use super::account;
use crate::{names, operations, trouble::Trouble, visit::Visit, words::field as w};

/// So long after its end an operation is shown, milliseconds: what was done is said later.
const AFTER_MS: i64 = 24 * 3_600_000;
/// So many are shown, the last to begin first.
const PARTS_MAX: usize = 20;

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    account: String,
    csrf: String,
    now_ms: i64,
    offset_minutes: i32,
    parts: Vec<ShownPart>,
    violations: Vec<Violation>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct ShownPart {
    operation_id: String,
    goal: String,
    #[serde(rename = "where")]
    place: Vec<String>,
    from_ms: i64,
    to_ms: i64,
    can_check_in: bool,
    can_find: bool,
    checked_in_at_ms: i64,
    orders: Vec<ShownOrder>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct ShownOrder {
    order_id: String,
    text: String,
    from_name: String,
    grid: String,
    at_ms: i64,
    state: &'static str,
}

#[derive(Debug, Serialize)]
struct Violation {
    code: String,
    name: String,
}

/// What is shown to who is signed in.
pub(super) async fn shown(visit: &Visit) -> Result<Shown, Trouble> {
    let now_ms = visit.console.now().0;
    let mut parts = operations::parts(visit).await?;
    parts.retain(|part| is_shown(part, now_ms));
    parts.sort_by_key(|part| std::cmp::Reverse(part.plan.as_ref().map_or(0, |plan| plan.from_ms)));
    let name = |party: &str| names::party(visit.console.city(), party, visit.lang);
    Ok(Shown {
        account: account(visit),
        csrf: visit.csrf().to_owned(),
        now_ms,
        offset_minutes: visit.console.city().utc_offset_minutes,
        parts: parts.iter().take(PARTS_MAX).map(|part| part_of(part, &name)).collect(),
        violations: violations(visit),
    })
}

fn is_shown(part: &Part, now: i64) -> bool {
    let ends = part.plan.as_ref().map(|plan| plan.to_ms);
    !part.is_released
        && part.state() == MemberState::Confirmed
        && ends.is_some_and(|ends| ends.saturating_add(AFTER_MS) > now)
}

fn part_of(part: &Part, name: &dyn Fn(&str) -> String) -> ShownPart {
    let plan = part.plan.clone().unwrap_or_default();
    let own = part.need.as_ref().map(|need| need.unit.clone()).unwrap_or_default();
    // What a team may say begins with its briefing.
    let acts = !part.members.is_empty();
    let subdistricts = plan.subdistricts.iter().map(|unit| name(&format!("unit/{unit}")));
    ShownPart {
        operation_id: part.operation_id.clone(),
        goal: plan.goal,
        place: plan.grids.iter().cloned().chain(subdistricts).collect(),
        from_ms: plan.from_ms,
        to_ms: plan.to_ms,
        can_check_in: acts && part.checked_in_at_ms == 0,
        can_find: acts,
        checked_in_at_ms: part.checked_in_at_ms,
        orders: part.orders.iter().filter_map(|given| order(given, &own, name)).collect(),
    }
}

/// An order for this team; what it has asked of others is not here.
fn order(given: &GivenOrder, own: &str, name: &dyn Fn(&str) -> String) -> Option<ShownOrder> {
    let order = given.order.as_ref().filter(|order| order.to == own)?;
    let state = match given.state() {
        OrderState::Taken => "taken",
        OrderState::Refused => "refused",
        _ => "open",
    };
    Some(ShownOrder {
        order_id: order.id.clone(),
        text: order.text.clone(),
        from_name: name(&order.from),
        grid: order.grid.clone(),
        at_ms: given.at_ms,
        state,
    })
}

/// What may be found by the city's table of powers, what the own unit may decide about first.
fn violations(visit: &Visit) -> Vec<Violation> {
    let (city, now) = (visit.console.city(), visit.console.now());
    let own: Option<UnitId> = visit.party().as_unit();
    let rows = city.powers.rows.keys().filter_map(|code| {
        let power = city.powers.at(code, now)?;
        let is_own = own.as_ref().is_some_and(|own| power.units.contains(own));
        let name = visit.lang.pick(&power.zh, &power.en).to_owned();
        Some((!is_own, Violation { code: code.to_string(), name }))
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by(|one, other| (one.0, &one.1.name).cmp(&(other.0, &other.1.name)));
    let other = Violation { code: "other".to_owned(), name: visit.say(w::OTHER_CODE).to_owned() };
    rows.into_iter().map(|(_, row)| row).chain([other]).collect()
}

#[cfg(test)]
mod tests {
    use proto::operation::{Crew, Need, OperationPlanned, TeamOrder};

    use super::*;

    fn part() -> Part {
        let order = |id: &str, to: &str| GivenOrder {
            order: Some(TeamOrder { id: id.into(), to: to.into(), ..TeamOrder::default() }),
            state: OrderState::Open.into(),
            ..GivenOrder::default()
        };
        Part {
            operation_id: "O1".into(),
            plan: Some(OperationPlanned { to_ms: 1_000, ..OperationPlanned::default() }),
            need: Some(Need { unit: "housing".into(), ..Need::default() }),
            state: MemberState::Confirmed.into(),
            reserved: Some(Crew { people: vec!["wang".into()], ..Crew::default() }),
            orders: vec![order("c-1", "housing"), order("housing-1", "transport")],
            ..Part::default()
        }
    }

    #[test]
    fn a_team_may_act_once_it_is_briefed_and_sees_what_it_was_asked() {
        let name = |party: &str| party.to_owned();
        let called = part_of(&part(), &name);
        assert!(!called.can_check_in && !called.can_find);
        assert_eq!(called.orders.len(), 1, "what it asks of others it does not answer");
        let briefed = Part { members: vec!["housing".into()], ..part() };
        assert!(part_of(&briefed, &name).can_check_in);
        let there = Part { checked_in_at_ms: 5, ..briefed };
        let there = part_of(&there, &name);
        assert!(!there.can_check_in && there.can_find);
    }

    #[test]
    fn who_has_let_go_or_did_not_come_has_nothing_to_say() {
        assert!(is_shown(&part(), 1_000));
        assert!(is_shown(&part(), AFTER_MS), "what was done without network is said later");
        assert!(!is_shown(&part(), AFTER_MS + 1_000));
        assert!(!is_shown(&Part { is_released: true, ..part() }, 0));
        assert!(!is_shown(&Part { state: MemberState::Called.into(), ..part() }, 0));
    }

    #[test]
    fn no_person_goes_to_the_device() {
        let text = serde_json::to_string(&part_of(&part(), &|party| party.to_owned())).unwrap();
        assert!(!text.contains("wang"), "{text}");
    }
}
