//! What holds of the community's right, whatever is decided about clocks.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Nobody closes the community's right by a decision about a clock; who has more time, or
    /// stands still, is reported no sooner.
    #[test]
    fn no_decision_about_a_clock_takes_the_right_away_or_hastens_it(
        told in told(), limits in limits(), what in timing(), at in 0..1_000_000_i64
    ) {
        let mut case = after(raised(), &told);
        let Fact::Timing(mut timing) = what else { unreachable!("a decision about a clock") };
        let (Timing::Held { round, .. } | Timing::Resumed { round, .. } | Timing::Extended { round, .. }) = &mut timing;
        *round = case.course.round;
        let before = direct::right(&case.course, &limits, Moment(at));
        case.apply(&Fact::Timing(timing.clone()), Moment(at));
        let after = direct::right(&case.course, &limits, Moment(at));
        if let Right::Open { .. } = before {
            prop_assert!(matches!(after, Right::Open { .. }), "{:?} after {:?}", after, timing);
        }
        let hastens = |before, after| before > after && !matches!(timing, Timing::Resumed { .. });
        if let (Right::TooEarly { opens: before, .. }, Right::TooEarly { opens: after, .. }) = (before, after) {
            prop_assert!(!hastens(before, after), "{:?} to {:?} by {:?}", before, after, timing);
        }
    }
}
