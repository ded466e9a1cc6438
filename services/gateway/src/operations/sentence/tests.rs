//! A table of what is said in operations with the sentences in both languages, `facts.txt`.

use std::collections::BTreeSet;

use domain::operation::Fact;

use super::of;
use crate::sentence::{table, variants};

variants!(Fact fact FACTS: Planned Added Registered Invited Confirmed Declined Assessed Started Briefed
    BriefingRead CheckedIn Ordered Answered Found Ended ReleaseAsked Released Settled Summarised
    Repeated FollowUp WorkBegun);

#[test]
fn everything_of_an_operation_is_said_in_both_languages() {
    let facts = table(include_str!("facts.txt"), of);
    let seen: BTreeSet<&str> = facts.iter().map(fact).collect();
    let missing: Vec<&&str> = FACTS.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
