//! The limits of a city, drawn at random: some of them nothing, some of them long.

use super::*;

fn limit() -> impl Strategy<Value = Limit> {
    let pace = prop::sample::select(vec![Pace::Around, Pace::Working]);
    (1..100_000_u64, 0..100_000_u64, 0..100_000_u64, pace).prop_map(
        |(within, remind, urge, pace)| Limit {
            within_ms: within,
            remind_before_ms: remind % within,
            urge_after_ms: urge,
            pace,
        },
    )
}

fn outage() -> impl Strategy<Value = Outage> {
    (0..1_000_000_i64, 1..500_000_i64)
        .prop_map(|(from, length)| Outage { from: Moment(from), to: Moment(from + length) })
}

pub(super) fn limits() -> impl Strategy<Value = Limits> {
    let twelve: [_; 12] = std::array::from_fn(|_| limit());
    (twelve, any::<bool>(), vec(outage(), 0..3), 0..3_u32).prop_map(|drawn| {
        let (twelve, may_hold, outages, rounds_max) = drawn;
        let [assign, accept, arrive, dispose, confirm, rework, opinion, rule, rest @ ..] = twelve;
        let [notice, direct, answer, hold] = rest;
        let hold = if may_hold { hold } else { Limit::default() };
        let calendar = crate::calendar::tests::calendar();
        Limits {
            assign,
            accept,
            arrive,
            dispose,
            confirm,
            rework,
            opinion,
            rule,
            notice,
            direct,
            answer,
            hold,
            calendar,
            outages,
            find: rework,
            rounds_max,
            ..Limits::default()
        }
    })
}
