//! The gates. One rule for everybody: no coordinator and no administrator stands above it, because
//! nobody but the units that are named here has a word in it at all.

use super::{
    Answer, By, Classed, Decision, Duty, Fact, Phase, Terms, Verdict,
    course::{Ending, place},
    part::Transfer,
};
use crate::{id::UnitId, rejection::Rejection};

type Checked = Result<(), Rejection>;

fn no(reason: &str, field: &str, message: impl std::fmt::Display) -> Checked {
    Err(Rejection::conflict(reason, message).at(field))
}

fn forbidden(reason: &str, message: impl std::fmt::Display) -> Checked {
    Err(Rejection::forbidden(reason, message).at("decision_id"))
}

impl Decision {
    /// Whether a fact passes the gates now. The desk asks before it says it, the fold before it counts.
    pub fn check(&self, fact: &Fact) -> Checked {
        match fact {
            Fact::Drafted(_) => no("ALREADY_DRAFTED", "decision_id", "it is drafted already"),
            Fact::Classed(classed) => self.check_classed(classed),
            Fact::Voided { .. } => self.check_unclassed(),
            Fact::Published(extract) => self.check_published(extract.phase),
            Fact::Supervised { number, .. } => self.check_supervised(*number),
            Fact::Reminded { duty, is_late, .. } => {
                self.check_new(!self.reminded.contains(&(*duty, *is_late)), *duty)
            }
            Fact::Escalated { duty, .. } => self.check_new(!self.escalated.contains(duty), *duty),
            Fact::Replied { by, number, .. } => {
                self.check_owner(by)?;
                self.check_reply(*number)
            }
            said => self.check_said(said),
        }
    }

    /// What units say while it has not ended.
    fn check_said(&self, fact: &Fact) -> Checked {
        let terms = self.check_open()?;
        match fact {
            Fact::Supplemented { by, .. } => self.check_supplement(by),
            Fact::Reviewed { by, verdict, .. } => self.check_review(terms, by, *verdict),
            Fact::Issued { by } => self.check_issue(by),
            Fact::Acted { by, action, .. } => {
                if !terms.actions.iter().any(|rule| rule.action == *action) {
                    let known: Vec<&str> =
                        terms.actions.iter().map(|rule| rule.action.as_str()).collect();
                    let known = known.join(", ");
                    let message = format!("there is no action {action}; right would be: {known}");
                    return Err(Rejection::unknown("UNKNOWN_ACTION", "action", message));
                }
                self.check_act(by)
            }
            Fact::Transferred { by, classed, .. } => {
                self.check_owner(by)?;
                self.check_given(classed)?;
                self.check_transfer()
            }
            Fact::Answered { by, version, answer } => {
                check_unit(by, Some(&terms.justice), "NOT_CRIMINAL_JUSTICE")?;
                self.check_answer(*version, answer)
            }
            Fact::Obstructed { by, classed, .. } => {
                self.check_carrier(by)?;
                self.check_given(classed)?;
                few(self.obstructions.len(), "calls for the police")
            }
            Fact::Assisted { by, number, is_settled, .. } => {
                check_unit(by, Some(&terms.police), "NOT_THE_POLICE")?;
                self.check_assist(*number, *is_settled)
            }
            Fact::Paid { by, amount, reference } => {
                check_unit(by, terms.finance.as_ref(), "NOT_FINANCE")?;
                self.check_paid(*amount, reference)
            }
            Fact::Closed { by } => self.check_close(by),
            Fact::Withdrawn { by, .. } => self.check_withdraw(by),
            _ => Ok(()),
        }
    }

    fn check_unclassed(&self) -> Checked {
        match self.terms.is_none() && self.end.is_none() {
            true => Ok(()),
            false => no("ALREADY_CLASSED", "decision_id", "its gates are known already"),
        }
    }

    fn check_classed(&self, classed: &Classed) -> Checked {
        self.check_unclassed()?;
        match classed.draft == self.draft {
            true => Ok(()),
            false => no("OTHER_DRAFT", "decision_id", "these are the gates of another draft"),
        }
    }

    /// What goes with a file is this decision, and no other.
    fn check_given(&self, classed: &Classed) -> Checked {
        match self.classed().as_ref() == Some(classed) {
            true => Ok(()),
            false => no("OTHER_DRAFT", "decision_id", "this is another draft"),
        }
    }

    fn check_open(&self) -> Result<&Terms, Rejection> {
        if let Some(end) = &self.end {
            let (reason, why) = match end.ending {
                Ending::Rejected => {
                    ("REVIEW_REJECTED", "; another way is a new decision, of another kind")
                }
                _ => ("DECISION_ENDED", ""),
            };
            let word = self.stage().word();
            let message = format!("{} is {word}: {}{why}", self.id, end.reason);
            return Err(Rejection::conflict(reason, message).at("decision_id"));
        }
        self.terms.as_ref().ok_or_else(|| {
            let message = format!("the gates of {} are not known yet; ask again", self.id);
            Rejection::conflict("NOT_CLASSED_YET", message).at("decision_id")
        })
    }

    fn check_owner(&self, by: &By) -> Checked {
        check_unit(by, Some(&self.draft.by.unit), "NOT_YOUR_DECISION")
    }

    fn check_carrier(&self, by: &By) -> Checked {
        if self.is_carried_out_by(&by.unit) {
            return Ok(());
        }
        forbidden("NOT_YOUR_DECISION", format!("{} does not carry out {}", by.unit, self.id))
    }

    fn check_supplement(&self, by: &By) -> Checked {
        self.check_owner(by)?;
        few(self.versions.len(), "versions of a file")?;
        let returned = self.reviews.last().is_some_and(|last| last.verdict == Verdict::Return);
        if self.is_in_review() || !returned {
            let message = format!("nobody has sent the file of {} back", self.id);
            return no("NOT_RETURNED", "decision_id", message);
        }
        Ok(())
    }

    fn check_review(&self, terms: &Terms, by: &By, verdict: Verdict) -> Checked {
        check_unit(by, terms.reviewer.as_ref(), "NOT_THE_REVIEWER")?;
        if self.is_handler(&by.person) {
            let message =
                format!("{} has worked on {}: nobody reviews their own work", by.person, self.id);
            return forbidden("REVIEWER_IS_HANDLER", message);
        }
        if !self.is_in_review() {
            let message = format!("{} does not wait for a review", self.id);
            return no("NOT_IN_REVIEW", "decision_id", message);
        }
        match verdict {
            Verdict::Return => few(self.versions.len(), "versions of a file"),
            Verdict::Approve | Verdict::Reject => Ok(()),
        }
    }

    fn check_issue(&self, by: &By) -> Checked {
        self.check_owner(by)?;
        if !self.is_cleared() {
            let message = format!(
                "{} is major and its legal review is {}: nobody issues it without an approval",
                self.id,
                self.stage().word()
            );
            return no("REVIEW_NEEDED", "decision_id", message);
        }
        if self.issued.is_some() {
            return no("ALREADY_ISSUED", "decision_id", format!("{} is issued already", self.id));
        }
        self.check_unpaused()
    }

    /// A penalty of its unit under its number waits for its gates.
    pub fn check_penalty(&self, unit: &UnitId) -> Checked {
        if self.draft.by.unit != *unit || self.issued.is_some() {
            return Ok(());
        }
        let message = format!("{} is not issued: it has its gates to pass first", self.id);
        no("NOT_ISSUED", "decision", message)
    }

    fn check_unpaused(&self) -> Checked {
        match self.paused_by() {
            None => Ok(()),
            Some(why) => no("PAUSED", "decision_id", format!("{} is paused: {why}", self.id)),
        }
    }

    fn check_act(&self, by: &By) -> Checked {
        self.check_carrier(by)?;
        if self.issued.is_none() {
            let cleared = if self.is_cleared() { "" } else { ", and needs its legal review first" };
            let message = format!("{} is not issued{cleared}: nothing is carried out", self.id);
            return no("NOT_ISSUED", "decision_id", message);
        }
        if !self.published.contains_key(&Phase::Before) {
            let message = format!("{} is not published yet; ask again", self.id);
            return no("NOT_PUBLISHED_YET", "decision_id", message);
        }
        few(self.actions.len(), "actions")?;
        self.check_unpaused()
    }

    fn check_transfer(&self) -> Checked {
        if self.transfers.last().is_some_and(Transfer::is_open) {
            let message = format!("criminal justice has the file of {} already", self.id);
            return no("ALREADY_TRANSFERRED", "decision_id", message);
        }
        few(self.transfers.len(), "transfers")
    }

    fn check_answer(&self, version: u32, answer: &Answer) -> Checked {
        let last = self.transfers.last().filter(|_| place(version) == Some(self.last_transfer()));
        let Some(transfer) = last else {
            let message = format!("{} has no open file {version}", self.id);
            return Err(Rejection::unknown("UNKNOWN_VERSION", "version", message));
        };
        let fits = match answer {
            Answer::Receipt => transfer.answers.is_empty(),
            Answer::Return { .. } | Answer::Accept => transfer.is_open() && !transfer.is_accepted(),
            Answer::Outcome { .. } => transfer.is_open() && transfer.is_accepted(),
        };
        match fits {
            true => Ok(()),
            false => {
                let message = format!("file {version} of {} is beyond that answer", self.id);
                no("ALREADY_ANSWERED", "answer", message)
            }
        }
    }

    fn last_transfer(&self) -> usize {
        self.transfers.len().saturating_sub(1)
    }

    fn check_assist(&self, number: u32, is_settled: bool) -> Checked {
        let Some(call) = place(number).and_then(|place| self.obstructions.get(place)) else {
            let message = format!("{} has no call {number} for the police", self.id);
            return Err(Rejection::unknown("UNKNOWN_CALL", "number", message));
        };
        if call.settled.is_some() || (call.acknowledged.is_some() && !is_settled) {
            let message = format!("call {number} of {} is answered already", self.id);
            return no("ALREADY_ANSWERED", "number", message);
        }
        Ok(())
    }

    fn check_paid(&self, amount: u64, reference: &str) -> Checked {
        if amount == 0 {
            let message = "amount is what was paid, in yuan, and not nothing";
            return Err(Rejection::invalid("AMOUNT_MISSING", "amount", message));
        }
        if self.issued.is_none() {
            let message = format!("{} is not issued: nothing is to be paid", self.id);
            return no("NOT_ISSUED", "decision_id", message);
        }
        if self.payments.iter().any(|payment| payment.reference == reference) {
            let message = format!("payment {reference} of {} is known already", self.id);
            return no("PAYMENT_TWICE", "reference", message);
        }
        few(self.payments.len(), "payments")
    }

    fn check_close(&self, by: &By) -> Checked {
        self.check_owner(by)?;
        self.check_unpaused()?;
        let missing = self.missing();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!("{} can't be closed; missing: {}", self.id, missing.join(", "));
        no("RECORDS_MISSING", "decision_id", message)
    }

    fn check_withdraw(&self, by: &By) -> Checked {
        self.check_owner(by)?;
        match self.issued {
            None => Ok(()),
            Some(_) => no("ALREADY_ISSUED", "decision_id", format!("{} is issued", self.id)),
        }
    }

    fn check_published(&self, phase: Phase) -> Checked {
        match self.unpublished().any(|due| due == phase) {
            true => Ok(()),
            false => no("NOT_TO_BE_PUBLISHED", "phase", "this is not to be published now"),
        }
    }

    fn check_supervised(&self, number: u32) -> Checked {
        match place(number) == Some(self.opinions.len()) {
            true => few(self.opinions.len(), "opinions"),
            false => no("OTHER_NUMBER", "number", "another opinion has this number"),
        }
    }

    fn check_reply(&self, number: u32) -> Checked {
        let Some(opinion) = place(number).and_then(|place| self.opinions.get(place)) else {
            let message = format!("{} has no opinion {number}", self.id);
            return Err(Rejection::unknown("UNKNOWN_OPINION", "number", message));
        };
        match opinion.reply {
            None => Ok(()),
            Some(_) => no("ALREADY_ANSWERED", "number", format!("opinion {number} is answered")),
        }
    }

    fn check_new(&self, is_new: bool, duty: Duty) -> Checked {
        if is_new { Ok(()) } else { no("ALREADY_SAID", "duty", format!("{duty} is said already")) }
    }
}

fn check_unit(by: &By, right: Option<&UnitId>, reason: &str) -> Checked {
    if right == Some(&by.unit) {
        return Ok(());
    }
    let right = right.map_or("nobody", UnitId::as_str);
    let message = format!("this is not the word of {}; right would be: {right}", by.unit);
    forbidden(reason, message)
}

fn few(count: usize, what: &str) -> Checked {
    match count < super::COUNT_MAX {
        true => Ok(()),
        false => no("TOO_MANY", "decision_id", format!("at most {} {what}", super::COUNT_MAX)),
    }
}
