//! Records into the questions of a unit. What is written is true: nothing here refuses.

use domain::{
    envelope::Envelope,
    id::UnitId,
    moment::Moment,
    party::{Kind, Party},
};
use kit::{tx::Tx, view};
use proto::{
    ask::{
        QuestionAnswered, QuestionAsked, QuestionRefused, QuestionState as State,
        QuestionUnanswered, question_answered, reply::Content,
    },
    body,
    record::Record,
};

use super::{asked, is_over, question, reply, settle};
use crate::desk::Desk;

impl Desk {
    pub(in crate::desk) fn fold_questions(
        &self,
        tx: &mut Tx<'_>,
        record: &Record,
    ) -> Result<(), view::Error> {
        let at = Moment(record.at_ms);
        for wire in &record.outgoing {
            if let Some((id, envelope)) = self.about_question(wire) {
                self.fold_said(tx, id, &envelope, at)?;
            }
        }
        for received in &record.received {
            let envelope = received.envelope.as_ref().and_then(|wire| self.about_question(wire));
            if let Some((id, envelope)) = envelope {
                self.fold_told(tx, id, &envelope, at)?;
            }
        }
        let Some(change) = &record.change else { return Ok(()) };
        let unanswered = body::read::<QuestionUnanswered>(&change.kind, &change.data);
        if let Some(QuestionUnanswered { question_id }) = unanswered
            && let Some(before) = question(tx, &question_id)?
        {
            let mut after = before.clone();
            after.set_state(State::Unanswered);
            after.state_at_ms = at.0;
            self.put_question(tx, Some(&before), &after);
        }
        Ok(())
    }

    fn about_question(&self, wire: &proto::envelope::Wire) -> Option<(String, Envelope)> {
        if !wire.r#type.starts_with("muster.ask.v1.") {
            return None;
        }
        let envelope = proto::envelope::from_wire(wire.clone()).ok()?;
        let id = envelope.subject.strip_prefix(&self.question_prefix())?.to_owned();
        Some((id, envelope))
    }

    /// What this unit asked, or said to a question.
    fn fold_said(
        &self,
        tx: &mut Tx<'_>,
        id: String,
        envelope: &Envelope,
        at: Moment,
    ) -> Result<(), view::Error> {
        if let Some(content) = body::read::<QuestionAsked>(&envelope.kind, &envelope.body) {
            self.put_question(tx, None, &asked(envelope, id, content, at));
            return Ok(());
        }
        let Some(before) = question(tx, &id)? else { return Ok(()) };
        let Some(content) = reply_in(envelope) else { return Ok(()) };
        let mut after = before.clone();
        settle(&mut after, reply(envelope.actor.as_ref(), envelope.time, content), at);
        self.put_question(tx, Some(&before), &after);
        Ok(())
    }

    /// What this unit was asked, or was told to a question of its own, by whose word it is.
    fn fold_told(
        &self,
        tx: &mut Tx<'_>,
        id: String,
        envelope: &Envelope,
        at: Moment,
    ) -> Result<(), view::Error> {
        if envelope.recipient != Some(self.party_of()) {
            return Ok(());
        }
        let before = question(tx, &id)?;
        if let Some(content) = body::read::<QuestionAsked>(&envelope.kind, &envelope.body) {
            let is_theirs = envelope.source.kind == Kind::Unit
                && id.split_once('/').is_some_and(|(unit, _)| unit == envelope.source.id)
                && envelope.source.id != self.unit.as_str();
            if is_theirs && before.is_none() {
                self.put_question(tx, None, &asked(envelope, id, content, at));
            }
            return Ok(());
        }
        let ours = before.filter(|one| {
            let of = proto::convert::id::<UnitId>("asked_unit", one.asked_unit.clone());
            one.reply.is_none() && of.is_ok_and(|of| envelope.source == Party::unit(&of))
        });
        let Some((before, content)) = ours.zip(reply_in(envelope)) else { return Ok(()) };
        let mut after = before.clone();
        let said = reply(envelope.actor.as_ref(), envelope.time, content);
        if before.state() == State::Open && !is_over(&before, at) {
            settle(&mut after, said, at);
        } else {
            let is_new = before.state() == State::Open;
            (after.reply, after.is_late) = (Some(said), true);
            after.set_state(State::Unanswered);
            after.state_at_ms = if is_new { at.0 } else { before.state_at_ms };
        }
        self.put_question(tx, Some(&before), &after);
        Ok(())
    }
}

fn reply_in(envelope: &Envelope) -> Option<Content> {
    let (kind, bytes) = (&envelope.kind, &envelope.body);
    if let Some(refused) = body::read::<QuestionRefused>(kind, bytes) {
        return Some(Content::Refusal(refused.refusal.unwrap_or_default()));
    }
    match body::read::<QuestionAnswered>(kind, bytes)?.content? {
        question_answered::Content::Found(found) => Some(Content::Found(found)),
        question_answered::Content::Text(text) => Some(Content::Text(text)),
    }
}
