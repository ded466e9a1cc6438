//! A picture in words: what a span is about, how long it took, what a person must know about it.

use proto::ledger::{Span, SpanKind};

use crate::words::{Lang, facts};

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
            "" => self.lang.pick("系统", "the system").to_owned(),
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
            "take" => self.lang.pick("接收消息", "take what was said"),
            _ => self.lang.pick("决定下一步", "decide what comes next"),
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
            SpanKind::Whole => lang.pick("全过程", "the whole").to_owned(),
            SpanKind::Round => {
                let round = span.round;
                lang.pick(format!("第 {round} 轮"), format!("round {round}"))
            }
            SpanKind::Step | SpanKind::Message => {
                let what = self.fact(&span.name);
                match span.recipient.as_str() {
                    "" => lang.pick(format!("{who}：{what}"), format!("{who}: {what}")),
                    recipient => {
                        let to = self.party(recipient);
                        lang.pick(format!("{who} → {to}：{what}"), format!("{who} → {to}: {what}"))
                    }
                }
            }
            SpanKind::Wait => {
                let what = self.duty(&span.name);
                lang.pick(format!("等候{who}{what}"), format!("waits for {who} to {what}"))
            }
            SpanKind::System => {
                let what = self.system(&span.name);
                lang.pick(format!("系统（{who}）{what}"), format!("the system ({who}): {what}"))
            }
            SpanKind::Rest => {
                lang.pick("已结束，无人等候", "over, nobody is waited for").to_owned()
            }
            SpanKind::Unspecified => span.name.clone(),
        }
    }

    /// The clock of a wait in words; empty where there is none.
    pub fn clock(&self, span: &Span) -> String {
        let Some(wait) = &span.wait else { return String::new() };
        let (lang, due) = (self.lang, self.time(wait.due_at_ms));
        let pace = match wait.is_working_time {
            true => lang.pick("工作时间", "working time"),
            false => lang.pick("自然时间", "around the clock"),
        };
        let text = lang.pick(format!("{due} 前，按{pace}计"), format!("due {due}, by {pace}"));
        match wait.is_held {
            true => lang.pick(format!("{text}，计时中止"), format!("{text}, the clock is held")),
            false => text,
        }
    }

    /// How long it took or takes, and whether it is late, in words.
    pub fn taken(&self, span: &Span) -> String {
        let (lang, took) = (self.lang, duration(span.to_ms - span.from_ms, self.lang));
        let took = match span.is_open {
            true => lang.pick(format!("已 {took}，未结束"), format!("{took} so far")),
            false => took,
        };
        let late = span.wait.as_ref().filter(|wait| wait.is_late);
        let Some(wait) = late else { return took };
        let over = duration(span.to_ms - wait.due_at_ms, lang);
        lang.pick(format!("{took}，逾期 {over}"), format!("{took}, late by {over}"))
    }
}

/// A length of time in its two largest units.
pub fn duration(ms: i64, lang: Lang) -> String {
    let ms = ms.max(0);
    if ms < 1_000 {
        return lang.pick(format!("{ms} 毫秒"), format!("{ms} ms"));
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
    let text = text.map(|(count, zh, en)| format!("{count} {}", lang.pick(*zh, *en)));
    text.collect::<Vec<_>>().join(" ")
}
