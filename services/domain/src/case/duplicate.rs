//! Whether a report is about the matter of a case that is open already. Pure.
//!
//! The kind of matter, the cell of the grid and the window of the city pack *propose* that it is
//! the same; they never make it so: two stalls at two gates of one cell are two matters. The
//! pack's rule *confirms*, by the number of the channel or by the place, or a person does.
//! A closed case is never reported again: what comes after the closing is a matter of its own.

use super::report::{Ground, Intake};
use crate::{
    id::{GridId, IssueTypeId},
    moment::Moment,
    pack::DuplicateRule,
};

/// A case as far as the question goes.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What sort of matter.
    pub issue_type: &'a IssueTypeId,
    /// Where.
    pub grid: &'a GridId,
    /// Whether it is open.
    pub is_open: bool,
    /// When it was reported last.
    pub reported_at: Moment,
    /// How each of its reports came in.
    pub intakes: &'a [&'a Intake],
}

/// A report as far as the question goes.
#[derive(Clone, Copy, Debug)]
pub struct Coming<'a> {
    /// What sort of matter.
    pub issue_type: &'a IssueTypeId,
    /// Where.
    pub grid: &'a GridId,
    /// How it comes in.
    pub intake: &'a Intake,
    /// When.
    pub at: Moment,
}

/// What is to be thought of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Two matters.
    Other,
    /// Perhaps the same: a person has to say.
    Proposed,
    /// The same, by the pack's rule.
    Confirmed(Ground),
}

/// Judges.
pub fn judge(rule: &DuplicateRule, known: &Known<'_>, coming: &Coming<'_>) -> Likeness {
    let is_near = known.is_open
        && known.issue_type == coming.issue_type
        && known.grid == coming.grid
        // A window of nothing proposes nothing, not even in the same moment.
        && !rule.window().is_zero()
        && coming.at.since(known.reported_at) <= rule.window();
    if !is_near {
        return Likeness::Other;
    }
    let grounds = known.intakes.iter().filter_map(|one| ground(rule, one, coming.intake));
    grounds.min().map_or(Likeness::Proposed, Likeness::Confirmed)
}

fn ground(rule: &DuplicateRule, known: &Intake, coming: &Intake) -> Option<Ground> {
    // Two systems give numbers of their own; who types one in does not say whose it is.
    let is_of_others = known.system.is_some() && coming.system.is_some();
    let is_same_number = known.channel == coming.channel
        && (!is_of_others || known.system == coming.system)
        && coming.external_id.is_some()
        && known.external_id == coming.external_id;
    if rule.same_number && is_same_number {
        return Some(Ground::SameNumber);
    }
    let metres = known.place.point?.metres_to(coming.place.point?)?;
    // A rule of no metres has no word about places.
    let is_within = rule.within_metres > 0 && metres <= rule.within_metres;
    is_within.then_some(Ground::SamePlace(metres))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::report::{Channel, Place, Point},
        pack::Datum,
    };

    const RULE: DuplicateRule =
        DuplicateRule { window_ms: 1_200_000, within_metres: 30, same_number: true };

    fn intake(channel: Channel, number: &str, metres_north: Option<i32>, datum: Datum) -> Intake {
        // A metre north is about 90 of these units.
        let point =
            |metres| Point { lon_e7: 1_042_440_000, lat_e7: 233_690_000 + metres * 90, datum };
        let external_id = (!number.is_empty()).then(|| number.parse().unwrap());
        Intake {
            channel,
            external_id,
            place: Place { point: metres_north.map(point), ..Place::default() },
            ..Intake::default()
        }
    }

    struct Case {
        what: &'static str,
        rule: DuplicateRule,
        minutes: i64,
        is_open: bool,
        issue_type: &'static str,
        grid: &'static str,
        coming: Intake,
        wanted: Likeness,
    }

    /// The stalls at the gate, reported by the grid with a point; ten minutes later, the same.
    fn plain(what: &'static str, coming: Intake, wanted: Likeness) -> Case {
        let (issue_type, grid) = ("street_vending", "g1");
        Case { what, rule: RULE, minutes: 10, is_open: true, issue_type, grid, coming, wanted }
    }

    fn cases() -> Vec<Case> {
        use Likeness::{Confirmed, Other, Proposed};
        let (cgcs, gcj) = (Datum::Cgcs2000, Datum::Gcj02);
        let here = || intake(Channel::Hotline, "", Some(8), cgcs);
        let number = |channel| intake(channel, "12319-77", None, cgcs);
        let nothing = || intake(Channel::Hotline, "", None, cgcs);
        let place = Confirmed(Ground::SamePlace(9));
        let no_metres = DuplicateRule { within_metres: 0, ..RULE };
        let no_window = DuplicateRule { window_ms: 0, ..RULE };
        let no_number = DuplicateRule { same_number: false, ..RULE };
        vec![
            plain("the same place", here(), place),
            plain("only type and grid", nothing(), Proposed),
            plain("too far", intake(Channel::Hotline, "", Some(40), cgcs), Proposed),
            plain("another datum", intake(Channel::Hotline, "", Some(8), gcj), Proposed),
            plain("the same number", number(Channel::Grid), Confirmed(Ground::SameNumber)),
            plain("another channel's number", number(Channel::Hotline), Proposed),
            Case { rule: no_metres, ..plain("a rule without metres", here(), Proposed) },
            Case { rule: no_number, ..plain("without numbers", number(Channel::Grid), Proposed) },
            Case { rule: no_window, minutes: 0, ..plain("no window", here(), Other) },
            Case { minutes: 20, ..plain("the end of the window", here(), place) },
            Case { minutes: 21, ..plain("outside the window", here(), Other) },
            Case { minutes: 21, ..plain("a number outside", number(Channel::Grid), Other) },
            Case { is_open: false, ..plain("a closed case", here(), Other) },
            Case { issue_type: "noise", ..plain("another matter", here(), Other) },
            Case { grid: "g2", ..plain("another cell", here(), Other) },
        ]
    }

    #[test]
    fn the_rule_confirms_and_type_and_grid_only_propose() {
        let first = intake(Channel::Grid, "12319-77", Some(0), Datum::Cgcs2000);
        let (issue_type, grid) = ("street_vending".parse().unwrap(), "g1".parse().unwrap());
        for case in cases() {
            let known = Known {
                issue_type: &issue_type,
                grid: &grid,
                is_open: case.is_open,
                reported_at: Moment(0),
                intakes: &[&first],
            };
            let coming = Coming {
                issue_type: &case.issue_type.parse().unwrap(),
                grid: &case.grid.parse().unwrap(),
                intake: &case.coming,
                at: Moment(case.minutes * 60_000),
            };
            assert_eq!(judge(&case.rule, &known, &coming), case.wanted, "{}", case.what);
        }
    }

    #[test]
    fn each_report_of_a_case_can_be_the_one_and_the_strongest_ground_counts() {
        let far = intake(Channel::Grid, "", Some(900), Datum::Cgcs2000);
        let near = intake(Channel::Grid, "", Some(5), Datum::Cgcs2000);
        let numbered = intake(Channel::Hotline, "12319-77", Some(20), Datum::Cgcs2000);
        let coming = intake(Channel::Hotline, "12319-77", Some(0), Datum::Cgcs2000);
        let (issue_type, grid) = ("street_vending".parse().unwrap(), "g1".parse().unwrap());
        let likeness = |intakes: &[&Intake]| {
            let (is_open, reported_at) = (true, Moment(0));
            let known =
                Known { issue_type: &issue_type, grid: &grid, is_open, reported_at, intakes };
            let (at, intake) = (Moment(1), &coming);
            judge(&RULE, &known, &Coming { issue_type: &issue_type, grid: &grid, intake, at })
        };
        assert_eq!(likeness(&[&far]), Likeness::Proposed);
        assert!(matches!(likeness(&[&far, &near]), Likeness::Confirmed(Ground::SamePlace(_))));
        let strongest = Likeness::Confirmed(Ground::SameNumber);
        assert_eq!(likeness(&[&far, &near, &numbered]), strongest);
    }

    #[test]
    fn two_systems_may_give_the_same_number_and_who_types_it_in_names_none() {
        let of = |system: &str| Intake {
            system: (!system.is_empty()).then(|| system.parse().unwrap()),
            ..intake(Channel::Hotline, "77", None, Datum::Cgcs2000)
        };
        for (known, coming, is_same) in
            [("a", "a", true), ("a", "b", false), ("", "b", true), ("a", "", true), ("", "", true)]
        {
            let found = ground(&RULE, &of(known), &of(coming));
            assert_eq!(found == Some(Ground::SameNumber), is_same, "{known:?} {coming:?}");
        }
    }
}
