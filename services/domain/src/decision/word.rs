//! What a unit says about a decision at its desk, and the fact that it becomes.

use super::{
    Answer, By, COUNT_MAX, Decision, EVIDENCE_MAX, FILE_MAX, Fact, File, Recording, TEXT_MAX,
    Verdict,
};
use crate::{id::ActionId, rejection::Rejection};

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are what their names say; the variants are documented")]
pub enum Word {
    /// The handler sends the file again, with more.
    Supplement { file: File },
    /// The reviewer speaks.
    Review { verdict: Verdict, reason: String },
    /// The unit issues it.
    Issue,
    /// An action was done.
    Act { action: ActionId, recording: Option<Recording> },
    /// The file goes to criminal justice.
    Transfer { file: File, reason: String },
    /// Criminal justice answers.
    Answer { version: u32, answer: Answer },
    /// Officers are obstructed: the police are called.
    CallPolice { text: String },
    /// The police have a call, or have settled it.
    Assist { number: u32, is_settled: bool, text: String },
    /// Finance has the money.
    Pay { amount: u64, reference: String },
    /// The unit answers a supervisor.
    Reply { number: u32, text: String },
    /// It is closed.
    Close,
    /// It is taken back.
    Withdraw { reason: String },
}

/// The fact of a word, when it passes the gates.
pub fn fact(decision: &Decision, by: By, word: Word) -> Result<Fact, Rejection> {
    check_text(&word)?;
    let classed = || {
        let message = format!("the gates of {} are not known yet; ask again", decision.id);
        let not_yet = Rejection::conflict("NOT_CLASSED_YET", message).at("decision_id");
        decision.classed().map(Box::new).ok_or(not_yet)
    };
    let fact = match word {
        Word::Supplement { file } => Fact::Supplemented { by, file },
        Word::Review { verdict, reason } => Fact::Reviewed { by, verdict, reason },
        Word::Issue => Fact::Issued { by },
        Word::Act { action, recording } => Fact::Acted { by, action, recording },
        Word::Transfer { file, reason } => {
            Fact::Transferred { by, classed: classed()?, file, reason }
        }
        Word::Answer { version, answer } => Fact::Answered { by, version, answer },
        Word::CallPolice { text } => Fact::Obstructed { by, classed: classed()?, text },
        Word::Assist { number, is_settled, text } => {
            Fact::Assisted { by, number, is_settled, text }
        }
        Word::Pay { amount, reference } => Fact::Paid { by, amount, reference },
        Word::Reply { number, text } => Fact::Replied { by, number, text },
        Word::Close => Fact::Closed { by },
        Word::Withdraw { reason } => Fact::Withdrawn { by, reason },
    };
    decision.check(&fact)?;
    Ok(fact)
}

fn check_text(word: &Word) -> Result<(), Rejection> {
    match word {
        Word::Supplement { file } => check_file(file),
        Word::Review { verdict: Verdict::Approve, reason } => at_most("reason", reason, TEXT_MAX),
        Word::Review { reason, .. }
        | Word::Withdraw { reason }
        | Word::Answer { answer: Answer::Return { reason }, .. } => {
            some("REASON_MISSING", "reason", reason, TEXT_MAX)
        }
        Word::Act { recording: Some(recording), .. } => {
            some("RECORDING_MISSING", "recording.reference", &recording.reference, TEXT_MAX)
        }
        Word::Transfer { file, reason } => {
            some("REASON_MISSING", "reason", reason, TEXT_MAX)?;
            check_file(file)
        }
        Word::Answer { answer: Answer::Outcome { text, .. }, .. }
        | Word::CallPolice { text }
        | Word::Reply { text, .. }
        | Word::Assist { is_settled: true, text, .. } => {
            some("TEXT_MISSING", "text", text, TEXT_MAX)
        }
        Word::Assist { text, .. } => at_most("text", text, TEXT_MAX),
        Word::Pay { reference, .. } => some("REFERENCE_MISSING", "reference", reference, TEXT_MAX),
        Word::Issue | Word::Close | Word::Act { .. } | Word::Answer { .. } => Ok(()),
    }
}

/// Checks what a supervisor says.
pub fn check_supervision(number: u32, text: &str) -> Result<(), Rejection> {
    if usize::try_from(number).unwrap_or(usize::MAX) > COUNT_MAX {
        let message = format!("a decision has at most {COUNT_MAX} opinions");
        return Err(Rejection::conflict("TOO_MANY", message).at("decision_id"));
    }
    some("TEXT_MISSING", "text", text, TEXT_MAX)
}

/// Checks a file: the facts and one piece of evidence at least.
pub fn check_file(file: &File) -> Result<(), Rejection> {
    some("FACTS_MISSING", "file.text", &file.text, FILE_MAX)?;
    let count = file.evidence.len();
    if count == 0 {
        let message = "a file has one piece of evidence at least, by its hash";
        return Err(Rejection::invalid("EVIDENCE_MISSING", "file.evidence", message));
    }
    if count > EVIDENCE_MAX {
        let message = format!("a file has at most {EVIDENCE_MAX} pieces, not {count}");
        return Err(Rejection::invalid("TOO_MANY", "file.evidence", message));
    }
    Ok(())
}

/// Checks that a text is there and not too long.
pub(super) fn some(reason: &str, field: &str, text: &str, most: usize) -> Result<(), Rejection> {
    if text.trim().is_empty() {
        return Err(Rejection::invalid(reason, field, format!("{field} must not be empty")));
    }
    at_most(field, text, most)
}

/// Checks that a text is not too long.
pub(super) fn at_most(field: &str, text: &str, most: usize) -> Result<(), Rejection> {
    let length = text.chars().count();
    if length > most {
        let message = format!("{field} has at most {most} characters, this one has {length}");
        return Err(Rejection::invalid("TEXT_TOO_LONG", field, message));
    }
    Ok(())
}
