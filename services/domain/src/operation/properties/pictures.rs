//! What holds of the picture of every operation, whatever is said in it, by whom and how late: one
//! tree without a hole, with each thing that was said once, and a wait for each who was waited for.

use super::{
    whole::{Whole, acts},
    *,
};
use crate::{
    operation::waits::{Duty, owes},
    picture::{self, Kind, Span, Step as Said, Vigil, properties::check_tree},
};

/// An order, its answer, or an end: what the other events do not have.
#[derive(Clone, Debug)]
enum More {
    Orders { operation: usize, unit: usize, number: u8 },
    Answers { operation: usize, unit: usize, number: u8, is_taken: bool },
    Reads { operation: usize, unit: usize },
}

fn more() -> impl Strategy<Value = More> {
    let both = (0..OPERATIONS.len(), 0..UNITS.len());
    prop_oneof![
        (both.clone(), 0..3_u8).prop_map(|((operation, unit), number)| More::Orders {
            operation,
            unit,
            number
        }),
        (both.clone(), 0..3_u8, any::<bool>()).prop_map(|((operation, unit), number, is_taken)| {
            More::Answers { operation, unit, number, is_taken }
        }),
        both.prop_map(|(operation, unit)| More::Reads { operation, unit }),
    ]
}

fn says(town: &mut Town, more: More, now: Moment) {
    let number = |number: u8| format!("c-{number}").parse().unwrap();
    let (of, source, fact) = match more {
        More::Orders { operation, unit: to, number: id } => {
            let from: Party = "office/o".parse().unwrap();
            let (to, text) = (unit(UNITS[to]), "go".to_owned());
            let order = Order { id: number(id), sort: Sort::Order, from, to, text, grid: None };
            (operation, Party::service(Role::Gateway), Fact::Ordered(order))
        }
        More::Answers { operation, unit: by, number: id, is_taken } => {
            let (unit, order, text) = (unit(UNITS[by]), number(id), "x".to_owned());
            let source = Party::unit(&unit);
            (operation, source, Fact::Answered { unit, order, is_taken, text, at: None })
        }
        More::Reads { operation, unit: by } => {
            let unit = unit(UNITS[by]);
            (operation, Party::unit(&unit), Fact::BriefingRead { unit })
        }
    };
    town.folds(of, source, &fact, now);
}

/// The picture of one operation, as the gateway makes it: folded again from what was said.
fn drawn(town: &Town, of: usize, now: Moment) -> (usize, Vec<Span>) {
    let (limits, mut vigil) = (limits(), Vigil::default());
    let mut it = operation(OPERATIONS[of]);
    let planned = (Party::service(Role::Gateway), Fact::Planned(it.plan.clone()), it.planned_at);
    let said = town.log.iter().filter(|(one, ..)| *one == of);
    let said = said.map(|(_, source, fact, at)| (source.clone(), fact.clone(), *at));
    let mut steps = Vec::new();
    for (index, (source, fact, at)) in [planned].into_iter().chain(said).enumerate() {
        it.apply(&fact, at);
        steps.push(Said {
            id: format!("e/{index}").parse().unwrap(),
            source,
            kind: proto_name(&fact),
            recipient: None,
            decided_at: at,
            stored_at: Some(at),
            read_at: at,
            round: 0,
            is_over: it.is_closed(),
            waited: vigil.step(owes(&it, &limits), at, &limits.calendar),
            links: vec![],
        });
    }
    let waits = vigil.waited(now, &limits.calendar);
    (steps.len(), picture::draw(&steps, &waits, now))
}

fn proto_name(fact: &Fact) -> String {
    format!("{fact:?}").split([' ', '(']).next().unwrap_or_default().to_owned()
}

fn check(town: &Town, now: Moment) -> Result<(), TestCaseError> {
    for of in 0..OPERATIONS.len() {
        let (said, spans) = drawn(town, of, now);
        check_tree(&spans)?;
        for kind in [Kind::Step, Kind::Message] {
            prop_assert_eq!(spans.iter().filter(|span| span.kind == kind).count(), said);
        }
        let waits = |duty: Duty| {
            let is_it = move |span: &&Span| span.kind == Kind::Wait && span.what == duty.word();
            spans.iter().filter(is_it)
        };
        let it = &town.operations[of].0;
        for (name, member) in &it.members {
            let own = Some(Party::unit(name));
            let has = |duty: Duty| waits(duty).any(|span| span.who == own);
            prop_assert!(!member.is_invited || has(Duty::Join) || it.ended.is_some());
            let is_let_go = matches!(member.release, Release::Done | Release::Settled { .. });
            prop_assert!(!is_let_go || has(Duty::LetGo), "who has let go was asked to");
        }
        let open = waits(Duty::AnswerOrder).filter(|span| span.is_open).count();
        let orders = it.orders.values().filter(|given| given.state == OrderState::Open).count();
        prop_assert_eq!(open, if it.ended.is_some() { 0 } else { orders });
        prop_assert_eq!(spans[0].is_open, !it.is_closed());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_picture_of_any_operation_is_one_tree_without_a_hole(
        acts in acts(),
        more in vec((0..60_usize, more()), 0..20),
    ) {
        let (mut whole, mut now) = (Whole::new(), 0);
        for (index, (later, act)) in acts.into_iter().enumerate() {
            now += later;
            whole.acts(act, at(now));
            for (_, more) in more.iter().filter(|(place, _)| *place == index) {
                says(&mut whole.town, more.clone(), at(now));
            }
        }
        check(&whole.town, at(now + 1))?;
        let end = at(now.max(plan("O1").to.0 / 1_000) + 2 * HOUR);
        for unit in &mut whole.town.units {
            unit.is_away = false;
        }
        whole.town.flush(end);
        for of in 0..OPERATIONS.len() {
            whole.town.looks(of, true, end);
            whole.town.looks(of, true, Moment(end.0 + 4 * HOUR * 1_000));
        }
        check(&whole.town, Moment(end.0 + 5 * HOUR * 1_000))?;
    }
}
