//! Who is told what by SMS or webhook (通知): `notifications.csv`, with `notification_texts.csv`.
//!
//! A row names a type of envelope of the record, who is told of it, by which way and with which text;
//! which ways there are, the worker's configuration says. A text may hold the number of the case, the
//! unit's name and a moment, and nothing else: no personal data and no words of people can get into
//! one. A city without the file tells nobody.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Day,
    fault::{Faults, suggest},
    index::Index,
    outside::is_name,
    people::rows_if_any,
    table::{Files, Row},
    word::words,
};
use crate::moment::Moment;

/// The file.
pub(super) const FILE: &str = "notifications.csv";
/// The texts.
pub(super) const TEXTS: &str = "notification_texts.csv";

const COLUMNS: [&str; 6] = ["event", "who", "way", "text", "note", "source"];
const TEXT_COLUMNS: [&str; 5] = ["id", "zh", "en", "note", "source"];

/// The text by which several are summed up.
pub const SUMMARY: &str = "summary";
/// The longest text as the pack has it, in characters.
const TEXT_MAX: usize = 200;
/// So many digits one after the other would be somebody's number.
const DIGITS_MAX: usize = 6;
const MINUTE_MS: i64 = 60_000;

words! {
    /// Of what people are told.
    Event, "a type of envelope that people are told of" {
        /// A unit is called (部门报到).
        Called = "muster.case.v1.UnitCalled",
        /// A limit comes near.
        Reminded = "muster.case.v1.Reminded",
        /// A limit has passed (督办).
        Urged = "muster.case.v1.Urged",
        /// An office urges by hand.
        Pressed = "muster.case.v1.PartyPressed",
        /// It stays late: the first responsible person is told (M036).
        Noticed = "muster.case.v1.FirstPersonNoticed",
        /// The community may report directly to the city government (M002).
        RightOpened = "muster.case.v1.DirectReportOpened",
        /// The city government instructs (批示).
        Instructed = "muster.case.v1.GovernmentInstructed",
        /// The lead says that it is done: the community judges.
        Declared = "muster.case.v1.CaseDeclared",
        /// A call for the police (公安保障); no other notice between units.
        PoliceCalled = "muster.notice.v1.NoticeGiven",
    }
}

words! {
    /// Who is told.
    Who, "somebody who is told" {
        /// The person on duty (值班) of the unit that is called or owes; a community or an office that
        /// owes is told itself.
        Duty = "duty",
        /// The unit's first responsible person (第一责任人).
        First = "first",
        /// Whom the unit names for the community of the case (联络员); the person on duty where it
        /// names nobody.
        Liaison = "liaison",
        /// The community that whistled.
        Community = "community",
    }
}

/// One row: of this event, this one is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Of what.
    pub event: Event,
    /// Who.
    pub who: Who,
    /// By which way of the configuration.
    pub way: String,
    /// With which text.
    pub text: String,
}

/// A short text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What a text is filled with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slots<'a> {
    /// The number of the case.
    pub case: &'a str,
    /// The name of the unit.
    pub unit: &'a str,
    /// A moment in the city's time.
    pub time: &'a str,
    /// How many are summed up.
    pub count: usize,
}

/// Fills a text.
pub fn fill(text: &str, slots: Slots<'_>) -> String {
    text.replace("{case}", slots.case)
        .replace("{time}", slots.time)
        .replace("{count}", &slots.count.to_string())
        .replace("{unit}", slots.unit)
}

/// A moment by the city's clock: `2026-11-27 19:05`.
pub fn stamp(at: Moment, utc_offset_minutes: i32) -> String {
    let day = Day::of(at, utc_offset_minutes);
    let minute = at.0.saturating_sub(day.start(utc_offset_minutes).0).div_euclid(MINUTE_MS);
    format!("{day} {:02}:{:02}", minute / 60, minute % 60)
}

/// Who is told what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notifications {
    rules: Vec<Rule>,
    texts: BTreeMap<String, Text>,
}

impl Notifications {
    /// Whether nobody is told anything.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The types of envelopes of which somebody is told.
    pub fn events(&self) -> BTreeSet<Event> {
        self.rules.iter().map(|rule| rule.event).collect()
    }

    /// The ways that are needed.
    pub fn ways(&self) -> BTreeSet<&str> {
        self.rules.iter().map(|rule| rule.way.as_str()).collect()
    }

    /// Who is told of an event, in the order of the file.
    pub fn of(&self, event: Event) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.event == event)
    }

    /// A text.
    pub fn text(&self, id: &str) -> Option<&Text> {
        self.texts.get(id)
    }
}

impl Event {
    /// The event of a type of envelope.
    pub fn of(kind: &str) -> Option<Event> {
        <Event as super::word::Word>::read(kind)
    }
}

pub(super) fn read(files: &Files, faults: &mut Faults) -> Notifications {
    let rows = rows_if_any(files, FILE, &COLUMNS, faults);
    let texts = rows_if_any(files, TEXTS, &TEXT_COLUMNS, faults);
    let texts = Index::new(TEXTS, texts, faults, text);
    let mut rules: Vec<Rule> = Vec::new();
    for row in rows.iter().flatten() {
        let Some(rule) = rule(row, &texts, faults) else { continue };
        let is_there =
            |one: &Rule| (one.event, one.who, &one.way) == (rule.event, rule.who, &rule.way);
        if rules.iter().any(is_there) {
            let (who, way, event) = (rule.who.word(), &rule.way, rule.event.word());
            row.fault(faults, format!("{who} is told of {event} by {way} already"), "once");
        }
        rules.push(rule);
    }
    if !rules.is_empty() && texts.readable() && texts.get(&SUMMARY.to_owned()).is_none() {
        let right = "a row `summary`, with {count}: several at once are summed up in it";
        faults.push(TEXTS, None, "there is no text `summary`", right);
    }
    Notifications { rules, texts: texts.into_values() }
}

fn rule(row: &Row, texts: &Index<String, Text>, faults: &mut Faults) -> Option<Rule> {
    let (event, who) = (row.word("event", faults), row.word("who", faults));
    let (way, text) = (row.text("way", faults), row.text("text", faults));
    row.text("source", faults);
    if !way.is_empty() && !is_name(&way) {
        let right =
            "lower-case letters, digits, - and ., at most 64, as the configuration names it";
        row.fault(faults, format!("way: {way:?}"), right);
    }
    if text == SUMMARY {
        let right = "a text of its own: `summary` is for several at once";
        row.fault(faults, "text: summary", right);
    } else if !text.is_empty() {
        texts.check(row, "text", &text, faults);
    }
    Some(Rule { event: event?, who: who?, way, text })
}

fn text(row: &Row, faults: &mut Faults) -> Option<(String, Text)> {
    let id = row.text("id", faults);
    row.text("source", faults);
    let mut read = |column: &str| {
        let text = row.text(column, faults);
        if let Some((what, right)) = wrong(&text, id == SUMMARY) {
            row.fault(faults, format!("{column}: {what}"), right);
        }
        text
    };
    let text = Text { zh: read("zh"), en: read("en") };
    (!id.is_empty()).then_some((id, text))
}

/// What is wrong with a text: (what, what would be right).
fn wrong(text: &str, is_summary: bool) -> Option<(String, String)> {
    let slots: &[&str] =
        if is_summary { &["unit", "count", "time"] } else { &["case", "unit", "time"] };
    let all: Vec<String> = slots.iter().map(|slot| format!("{{{slot}}}")).collect();
    let right = format!("only {}", all.join(", "));
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let inner = rest[at..].strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let Some((slot, after)) = inner else {
            return Some((format!("{text:?} has a brace that is alone"), right));
        };
        if !slots.contains(&slot) {
            let right = suggest(slot, slots.iter().copied(), &right);
            return Some((format!("nothing is put in for {{{slot}}}"), right));
        }
        rest = after;
    }
    if text.chars().count() > TEXT_MAX || text.contains(char::is_control) {
        return Some(("it is too long for an SMS".into(), format!("one line, {TEXT_MAX} at most")));
    }
    let mut runs = text.split(|c: char| !c.is_ascii_digit()).map(str::len);
    if runs.any(|digits| digits > DIGITS_MAX) {
        let right = "no number of anybody: addresses are put in when it is sent";
        return Some(("it has a long number in it".to_owned(), right.to_owned()));
    }
    if is_summary && !text.contains("{count}") {
        return Some(("it does not say how many".to_owned(), "{count} in it".to_owned()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD_TEXTS: &str = "id,zh,en,note,source\n\
        called,案件{case}：请{unit}报到。,Case {case}: {unit} is called.,,example\n\
        summary,{unit}：{count}件。,{unit}: {count} matters.,,example\n";

    fn of(rows: &str, texts: &str) -> Result<Notifications, String> {
        let text = format!("event,who,way,text,note,source\n{rows}");
        let mut files = Files::from([(FILE.to_owned(), text.into_bytes())]);
        files.insert(TEXTS.to_owned(), texts.as_bytes().to_vec());
        let mut faults = Faults::default();
        let read = read(&files, &mut faults);
        if faults.is_empty() { Ok(read) } else { Err(faults.to_string()) }
    }

    #[test]
    fn who_is_told_is_a_row_and_a_city_without_the_file_tells_nobody() {
        let none = read(&Files::new(), &mut Faults::default());
        assert!(none.is_empty() && none.events().is_empty());
        let rows = "muster.case.v1.UnitCalled,duty,sms,called,,example\n\
                    muster.case.v1.UnitCalled,liaison,sms,called,,example\n";
        let read = of(rows, GOOD_TEXTS).unwrap();
        let event = Event::of("muster.case.v1.UnitCalled").unwrap();
        let told: Vec<Who> = read.of(event).map(|rule| rule.who).collect();
        assert_eq!(told, [Who::Duty, Who::Liaison]);
        assert_eq!((read.of(Event::Urged).count(), read.ways().len()), (0, 1));
        let slots = Slots { case: "C1", unit: "housing", time: "now", count: 3 };
        let en = |id: &str| fill(&read.text(id).unwrap().en, slots);
        assert_eq!(en("called"), "Case C1: housing is called.");
        assert_eq!(en(SUMMARY), "housing: 3 matters.");
        assert_eq!(stamp(Moment(1_795_802_730_000), 480), "2026-11-28 02:05");
    }

    #[test]
    fn a_bad_row_is_a_fault_with_its_line_and_what_would_be_right() {
        for (row, wanted) in [
            ("muster.case.v1.UnitCaled,duty,sms,called,,e", "muster.case.v1.UnitCalled"),
            ("muster.case.v1.Urged,boss,sms,called,,e", "one of duty, first, liaison, community"),
            ("muster.case.v1.Urged,duty,SMS,called,,e", "way: \"SMS\""),
            ("muster.case.v1.Urged,duty,sms,caled,,e", "called"),
            ("muster.case.v1.Urged,duty,sms,summary,,e", "a text of its own"),
            ("muster.case.v1.Urged,duty,sms,called,,", "source is empty"),
            (
                "muster.case.v1.Urged,duty,sms,called,,e\nmuster.case.v1.Urged,duty,sms,called,,e",
                "notifications.csv:3: duty is told of muster.case.v1.Urged by sms already",
            ),
        ] {
            let faults = of(&format!("{row}\n"), GOOD_TEXTS).unwrap_err();
            assert!(faults.contains(wanted), "{row}: {faults}");
            assert!(faults.contains("notifications.csv:"), "{faults}");
        }
    }

    #[test]
    fn a_text_has_nothing_put_in_but_what_is_allowed() {
        let row = "muster.case.v1.Urged,duty,sms,called,,e\n";
        for (texts, wanted) in [
            (
                "called,{person},x,,e\nsummary,{count},{count},,e\n",
                "nothing is put in for {person}",
            ),
            ("called,{cas},x,,e\nsummary,{count},{count},,e\n", "case"),
            ("called,{case,x,,e\nsummary,{count},{count},,e\n", "a brace that is alone"),
            ("called,请拨13800000000,x,,e\nsummary,{count},{count},,e\n", "a long number"),
            ("called,{count},x,,e\nsummary,{count},{count},,e\n", "nothing is put in for {count}"),
            ("called,x,x,,e\nsummary,x,{count},,e\n", "it does not say how many"),
            ("called,x,x,,e\n", "there is no text `summary`"),
        ] {
            let faults = of(row, &format!("id,zh,en,note,source\n{texts}")).unwrap_err();
            assert!(faults.contains(wanted), "{texts}: {faults}");
        }
        let long = format!("id,zh,en,note,source\ncalled,x,{},,e\n", "x".repeat(201));
        assert!(of(row, &long).unwrap_err().contains("200 at most"));
    }
}
