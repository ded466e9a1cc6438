//! Who may say what about a case: a fact counts only from the party whose word it is.
//!
//! The policies of a city say who may send what, and a city may change them; the ledger and the
//! flows believe only what this lets through. What is not believed stays in the record and changes
//! nothing.

use super::{Channel, Fact};
use crate::party::{Party, Role};

/// Whether `source` is the one that says such a fact.
pub fn may_say(source: &Party, fact: &Fact) -> bool {
    match fact {
        // The work of an approval or of an operation is nobody's whistle: it follows from that.
        Fact::Whistled(whistle)
            if matches!(whistle.intake.channel, Channel::Approval | Channel::Operation) =>
        {
            source.is(Role::Worker)
        }
        Fact::Whistled(_)
        | Fact::Assigned { .. }
        | Fact::Confirmed { .. }
        | Fact::SentBack { .. }
        | Fact::ReportedAgain(_)
        | Fact::Merged { .. }
        | Fact::HandedOver { .. }
        | Fact::ToldApart { .. } => source.is(Role::Gateway),
        Fact::Ladder(ladder) => ladder.may_say(source),
        Fact::Dispute(dispute) => dispute.may_say(source),
        Fact::Timing(timing) => timing.may_say(source),
        Fact::Finding(finding) => finding.may_say(source),
        Fact::Local(local) => local.may_say(source),
        Fact::Proxied(proxied) => source.as_unit().as_ref() == Some(&proxied.by),
        Fact::Routed(_)
        | Fact::Called(_)
        | Fact::Reminded(_)
        | Fact::Urged(_)
        | Fact::Closed { .. } => source.is(Role::Worker),
        Fact::Accepted { unit, .. }
        | Fact::Refused { unit, .. }
        | Fact::Arrived { unit, .. }
        | Fact::Disposed { unit, .. }
        | Fact::Declared { unit, .. } => source.as_unit().as_ref() == Some(unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::{Ground, Intake, Outcome, Report},
        moment::Moment,
    };

    #[test]
    fn each_fact_counts_from_one_party_only() {
        let unit = || "a".parse().unwrap();
        let party = || "community/c".parse().unwrap();
        let (into, note) = ("1".parse().unwrap(), String::new());
        let merged = Fact::Merged { into, confirmed_by: party(), note: note.clone() };
        let other = "1".parse().unwrap();
        let apart = Fact::ToldApart { other, said_by: party(), note };
        let again = Fact::ReportedAgain(Report {
            reporter: "c".parse().unwrap(),
            intake: Intake::default(),
            description: "x".into(),
            evidence: vec![],
            seen_at: Moment(0),
            reported_at: Moment(0),
            ground: Ground::Person,
            merged_from: None,
        });
        let facts = [
            (Fact::Confirmed { round: 1, ratings: vec![] }, "service/gateway"),
            (Fact::SentBack { round: 1, reason: "x".into(), evidence: vec![] }, "service/gateway"),
            (merged, "service/gateway"),
            (apart, "service/gateway"),
            (again, "service/gateway"),
            (Fact::Closed { round: 1, outcome: Outcome::Confirmed }, "service/worker"),
            (Fact::Accepted { round: 1, unit: unit() }, "unit/a"),
            (Fact::Arrived { round: 1, unit: unit() }, "unit/a"),
            (Fact::Declared { round: 1, unit: unit(), summary: "x".into() }, "unit/a"),
        ];
        for (fact, right) in facts {
            for source in
                ["service/gateway", "service/worker", "service/bus", "unit/a", "unit/b", "admin/a"]
            {
                let source: Party = source.parse().unwrap();
                assert_eq!(
                    may_say(&source, &fact),
                    source.to_string() == right,
                    "{source} {fact:?}"
                );
            }
        }
    }
}
