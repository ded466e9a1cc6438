//! What people say about a decision, as it comes off the wire.

use domain::{decision::Word, rejection::Rejection};

use super::{answer_in, file_in, recording_in, verdict_in};
use crate::{convert, decision::proceed_with_decision_request::Word as Wire};

/// Reads a word.
pub fn word(word: Option<Wire>) -> Result<Word, Rejection> {
    let message = "word says what: issue, review, act, close and so on";
    let word = word.ok_or_else(|| Rejection::invalid("WORD_MISSING", "word", message))?;
    Ok(match word {
        Wire::Supplement(m) => Word::Supplement { file: file_in("file", m.file)? },
        Wire::Review(m) => Word::Review { verdict: verdict_in(m.verdict)?, reason: m.reason },
        Wire::Issue(_) => Word::Issue,
        Wire::Act(m) => {
            let recording = m.recording.map(recording_in).transpose()?;
            Word::Act { action: convert::id("action", m.action)?, recording }
        }
        Wire::Transfer(m) => Word::Transfer { file: file_in("file", m.file)?, reason: m.reason },
        Wire::AnswerTransfer(m) => {
            let answer = answer_in(m.answer, m.text, m.goes_on)?;
            Word::Answer { version: m.version, answer }
        }
        Wire::CallPolice(m) => Word::CallPolice { text: m.text },
        Wire::AnswerCall(m) => {
            Word::Assist { number: m.number, is_settled: m.is_settled, text: m.text }
        }
        Wire::RecordPayment(m) => Word::Pay { amount: m.amount, reference: m.reference },
        Wire::AnswerOpinion(m) => Word::Reply { number: m.number, text: m.text },
        Wire::Close(_) => Word::Close,
        Wire::Withdraw(m) => Word::Withdraw { reason: m.reason },
    })
}
