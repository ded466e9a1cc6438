//! What the one who spoke said in its own words, beside what the sentence makes of it.

use domain::case::{Dispute, Fact, Finding, Ladder, Local, Timing};

/// A description, a reason, a summary, a note; empty where nothing was said.
pub(crate) fn own_words(fact: &Fact) -> &str {
    match fact {
        Fact::Whistled(whistle) => &whistle.description,
        Fact::ReportedAgain(report) => &report.description,
        Fact::Refused { reason, .. } | Fact::SentBack { reason, .. } => reason,
        Fact::Disposed { summary, .. } | Fact::Declared { summary, .. } => summary,
        Fact::Assigned { note, .. } | Fact::Merged { note, .. } | Fact::ToldApart { note, .. } => {
            note
        }
        Fact::HandedOver { basis, .. } => basis,
        Fact::Ladder(said) => ladder(said),
        Fact::Dispute(said) => dispute(said),
        Fact::Timing(Timing::Held { reason, .. } | Timing::Extended { reason, .. }) => reason,
        Fact::Finding(Finding::Found { text, .. }) => text,
        Fact::Local(Local::Lifted { reason, .. }) => reason,
        Fact::Proxied(proxied) => own_words(&proxied.act),
        _ => "",
    }
}

fn ladder(said: &Ladder) -> &str {
    match said {
        Ladder::Pressed { note, .. } => note,
        Ladder::Reported { reason, .. } | Ladder::Withdrawn { reason, .. } => reason,
        Ladder::Instructed { text, .. } => text,
        _ => "",
    }
}

fn dispute(said: &Dispute) -> &str {
    match said {
        Dispute::Transferred { reason, .. }
        | Dispute::Opened { reason, .. }
        | Dispute::Ruled { reason, .. }
        | Dispute::Contested { reason, .. }
        | Dispute::Retyped { reason, .. }
        | Dispute::Raised { reason, .. } => reason,
        Dispute::Opinion { text, .. } => text,
        _ => "",
    }
}
