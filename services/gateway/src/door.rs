//! The gateway as the machine of its store: decisions by the city pack, folding by the ledger.

use std::sync::Arc;

use domain::{
    moment::Moment,
    pack::City,
    party::{Party, Role},
};
use kit::{
    access::Access,
    store::{Decision, Machine, Refusal},
    tx::Tx,
    view,
};
use proto::record::Record;

use crate::{
    answer, approvals, clock,
    command::{Ask, Command},
    credit, decisions, inspections, ladder, ledger, local, merge, operations, raise, registry,
    ruling, sheets,
};

/// The rules of the gateway.
#[derive(Debug)]
pub(crate) struct Door {
    /// The city that it is the door of.
    pub(crate) city: Arc<City>,
    /// Who may do what in it.
    pub(crate) access: Access,
    /// The profile of limits by which it judges who is late.
    pub(crate) profile: Arc<str>,
}

impl Machine for Door {
    type Command = Command;
    type Fact = ();

    const LAYOUT: u32 = 9;

    fn party(&self) -> Party {
        Party::service(Role::Gateway)
    }

    fn decide(
        &self,
        tx: &Tx<'_>,
        Command { by, ask }: Command,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        match ask {
            Ask::Raise(raise) => raise::decide(self, tx, by, raise, now),
            Ask::Climb { case_id, climb } => ladder::decide(self, tx, by, &case_id, climb, now),
            Ask::Merge(merge) => merge::decide(self, tx, by, merge),
            Ask::TellApart { case_id, other, note } => {
                merge::tell_apart(self, tx, by, &case_id, other, note)
            }
            Ask::Local { case_id, word } => local::decide(self, tx, by, &case_id, word),
            Ask::Registry(wish) => registry::decide(self, tx, by, wish, now),
            Ask::Worsen(worse) => ruling::worsen(self, tx, by, worse),
            Ask::Clock { order, profile } => clock::decide(self, tx, by, &profile, order),
            Ask::Answer { case_id, word } => answer::decide(self, tx, by, &case_id, word),
            Ask::Judge(judgement) => sheets::decide(self, tx, by, judgement),
            Ask::Mind(minding) => credit::decide(self, tx, by, minding),
            Ask::Supervise(said) => decisions::decide(self, tx, by, said),
            Ask::Find(verdict) => inspections::decide(self, tx, by, verdict),
            Ask::Approval(plea) => approvals::decide(self, tx, by, plea, now),
            Ask::Operate(lead) => operations::decide(self, tx, by, lead, now),
        }
    }

    fn apply(&self, tx: &mut Tx<'_>, place: u64, record: &Record) -> Result<(), view::Error> {
        ledger::fold(&self.city, tx, place, record)
    }
}
