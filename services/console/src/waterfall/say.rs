//! A picture in words: what a span is about, how long it took, what a person must know about it.

use proto::ledger::{Span, SpanKind};

use crate::words::{Lang, facts, waterfall as w};

use super::axis::stamp;

/// In which language and time, and how a party is called.
#[derive(Clone, Copy)]
pub struct Speech<'a> {
    /// The language.
    pub lang: Lang,
    /// How far the city's clocks are ahead of UTC.
    pub offset_minutes: i32,
    /// The name of a party: `unit/housing`.
    pub name: &'a dyn Fn(&str) -> String,
}

impl Speech<'_> {
    /// A party by its name; the system where there is none.
    pub fn party(&self, party: &str) -> String {
        match party {
            "" => self.lang.say(w::THE_SYSTEM).to_owned(),
            party => (self.name)(party),
        }
    }

    /// What was said.
    pub fn fact(&self, kind: &str) -> String {
        facts::fact(self.lang, kind)
    }

    /// What is owed.
    pub fn duty(&self, duty: &str) -> String {
        facts::duty(self.lang, duty)
    }

    /// What a role has to do.
    pub fn system(&self, what: &str) -> &'static str {
        match what {
            "take" => self.lang.say(w::TAKE_WHAT_WAS_SAID),
            _ => self.lang.say(w::DECIDE_WHAT_COMES_NEXT),
        }
    }

    /// A moment to the second, in the city's time.
    pub fn time(&self, ms: i64) -> String {
        stamp(ms, self.offset_minutes).chars().take(19).collect()
    }

    /// What a row is about.
    pub fn label(&self, span: &Span) -> String {
        let (lang, who) = (self.lang, self.party(&span.party));
        match span.kind() {
            SpanKind::Whole => lang.say(w::THE_WHOLE).to_owned(),
            SpanKind::Round => {
                let round = span.round;
                lang.fill(w::ROUND, &[&round])
            }
            SpanKind::Step | SpanKind::Message => {
                let what = self.fact(&span.name);
                let to = match span.recipient.as_str() {
                    "" => String::new(),
                    recipient => format!(" → {}", self.party(recipient)),
                };
                format!("{who}{to}{}{what}", lang.pick("：", ": "))
            }
            SpanKind::Wait => {
                let what = self.duty(&span.name);
                lang.fill(w::WAITS_FOR, &[&who, &what])
            }
            SpanKind::System => {
                let what = self.system(&span.name);
                lang.fill(w::SYSTEM_HAS_TO, &[&who, &what])
            }
            SpanKind::Rest => lang.say(w::AT_REST).to_owned(),
            SpanKind::Unspecified => span.name.clone(),
        }
    }

    /// The clock of a wait in words; empty where there is none.
    pub fn clock(&self, span: &Span) -> String {
        let Some(wait) = &span.wait else { return String::new() };
        if wait.due_at_ms == 0 {
            return self.lang.say(w::NO_LIMIT).to_owned();
        }
        let (lang, due) = (self.lang, self.time(wait.due_at_ms));
        let pace = match wait.is_working_time {
            true => lang.say(w::WORKING_TIME),
            false => lang.say(w::AROUND_THE_CLOCK),
        };
        let text = lang.fill(w::DUE, &[&due, &pace]);
        match wait.is_held {
            true => lang.fill(w::HELD, &[&text]),
            false => text,
        }
    }

    /// How long it took or takes, and whether it is late, in words.
    pub fn taken(&self, span: &Span) -> String {
        let (lang, took) = (self.lang, duration(span.to_ms - span.from_ms, self.lang));
        let took = match span.is_open {
            true => lang.fill(w::SO_FAR, &[&took]),
            false => took,
        };
        let late = span.wait.as_ref().filter(|wait| wait.is_late);
        let Some(wait) = late else { return took };
        let over = duration(span.to_ms - wait.due_at_ms, lang);
        lang.fill(w::LATE_BY, &[&took, &over])
    }
}

/// A length of time in its two largest units.
pub fn duration(ms: i64, lang: Lang) -> String {
    let ms = ms.max(0);
    if ms < 1_000 {
        return lang.fill(w::MS, &[&ms]);
    }
    let seconds = ms / 1_000;
    let parts = [
        (seconds / 86_400, "天", "d"),
        (seconds / 3_600 % 24, "小时", "h"),
        (seconds / 60 % 60, "分", "min"),
        (seconds % 60, "秒", "s"),
    ];
    let shown = parts.iter().skip_while(|(count, ..)| *count == 0).take(2);
    let text = shown.filter(|(count, ..)| *count > 0);
    let text = text.map(|(count, zh, en)| format!("{count} {}", lang.pick(zh, en)));
    text.collect::<Vec<_>>().join(" ")
}
