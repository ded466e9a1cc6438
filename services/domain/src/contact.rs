//! Telephone numbers of illegal advertisements (广告违法通讯信息转交, M067): handed over for one
//! purpose, called back once, told how it went, and forgotten.
//!
//! The number is personal data and is in no fact: who receives it keeps it apart, under the number
//! of the contact, until the retention of the pack is over. Then it is deleted; that it was handed
//! over, by whom, what for and with which result stays.

use serde::{Deserialize, Serialize};

use crate::{
    id::{CityId, ContactId, PersonId, UnitId},
    moment::Moment,
    pack::{City, ContactRule},
    party::Party,
    rejection::Rejection,
};

/// The longest purpose, note or result, in characters.
pub const TEXT_MAX: usize = 500;
/// How many digits a telephone number has.
const DIGITS: std::ops::RangeInclusive<usize> = 5..=20;
/// How often one number is handed over before somebody calls.
pub const HANDED_MAX: usize = 100;

/// That a number was handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// By which unit.
    pub unit: UnitId,
    /// By whom.
    pub person: PersonId,
    /// Where it was advertised, or what else is to be known.
    pub note: String,
}

/// One thing that is said of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// It was handed over: for the first time, or once more.
    HandedOver {
        /// To which unit.
        to: UnitId,
        /// What for.
        purpose: String,
        /// By whom.
        handed: Handed,
    },
    /// What came of it.
    Reported {
        /// What.
        result: String,
        /// Who says so.
        person: PersonId,
    },
    /// The number is deleted.
    Erased,
}

/// A contact as it stands, without its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its number in the books of who received it; not the telephone number.
    pub id: ContactId,
    /// Who received it.
    pub to: UnitId,
    /// What for.
    pub purpose: String,
    /// Each time that it was handed over, the first first.
    pub handed: Vec<Handed>,
    /// When it was received first.
    pub at: Moment,
    /// What came of it, who says so, and when.
    pub result: Option<(String, PersonId, Moment)>,
    /// When the number was deleted.
    pub erased_at: Option<Moment>,
}

impl Contact {
    /// It begins when it is handed over.
    pub fn begin(id: ContactId, fact: &Fact, at: Moment) -> Option<Contact> {
        let Fact::HandedOver { to, purpose, handed } = fact else { return None };
        let (to, purpose, handed) = (to.clone(), purpose.clone(), vec![handed.clone()]);
        Some(Contact { id, to, purpose, handed, at, result: None, erased_at: None })
    }

    /// Folds one fact; says whether anything changed.
    pub fn apply(&mut self, fact: &Fact, at: Moment) -> bool {
        match fact {
            Fact::HandedOver { handed, .. } if self.takes_more() => {
                self.handed.push(handed.clone());
                true
            }
            Fact::Reported { result, person } if self.result.is_none() => {
                self.result = Some((result.clone(), person.clone(), at));
                true
            }
            Fact::Erased if self.erased_at.is_none() => {
                self.erased_at = Some(at);
                true
            }
            _ => false,
        }
    }

    /// Whether the same number joins it: it is one call-back as long as nobody has said how it went.
    pub fn takes_more(&self) -> bool {
        self.result.is_none() && self.erased_at.is_none() && self.handed.len() < HANDED_MAX
    }

    /// When the number is deleted at the latest.
    pub fn kept_until(&self, rule: &ContactRule) -> Moment {
        self.at + rule.kept()
    }
}

/// Whether `source` is the one that says such a thing: whoever received the number, and nobody else.
pub fn may_say(source: &Party, known: Option<&Contact>, fact: &Fact) -> bool {
    let to = match (known, fact) {
        (Some(contact), _) => Some(&contact.to),
        (None, Fact::HandedOver { to, .. }) => Some(to),
        (None, _) => None,
    };
    source.as_unit().as_ref() == to && to.is_some()
}

/// The subject of a contact's envelopes.
pub fn subject(city: &CityId, id: &ContactId) -> String {
    format!("contact/{city}/{id}")
}

/// The contact that a subject is about, when it is one of this city.
pub fn of_subject(city: &CityId, subject: &str) -> Option<ContactId> {
    let rest = subject.strip_prefix("contact/")?.strip_prefix(city.as_str())?;
    ContactId::parse(rest.strip_prefix('/')?).ok()
}

/// Checks that a unit hands such numbers to another; gives the rule.
pub fn check_hand_over<'a>(
    city: &'a City,
    from: &UnitId,
    to: &UnitId,
) -> Result<&'a ContactRule, Rejection> {
    let rule = city.contacts.get(to);
    rule.filter(|rule| rule.from.contains(from)).ok_or_else(|| {
        let message = format!(
            "{from} hands no telephone numbers to {to}; right would be: a row of contacts.csv"
        );
        Rejection::forbidden("NOT_HANDED_OVER", message).at("unit")
    })
}

/// Reads a telephone number: its digits, however it is written.
pub fn number(text: &str) -> Result<String, Rejection> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_written = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' '));
    if is_written && DIGITS.contains(&digits.len()) {
        return Ok(digits);
    }
    let (least, most) = (DIGITS.start(), DIGITS.end());
    let message =
        format!("number has {least} to {most} digits, and beside them only + - and spaces");
    Err(Rejection::invalid("MALFORMED_NUMBER", "number", message))
}

/// Checks a text that must be there and not too long; it must not have the number in it.
pub fn text(reason: &str, field: &str, text: &str) -> Result<(), Rejection> {
    let length = text.trim().chars().count();
    if (1..=TEXT_MAX).contains(&length) {
        return Ok(());
    }
    let message = format!("{field} has 1 to {TEXT_MAX} characters, not {length}");
    Err(Rejection::invalid(reason, field, message))
}

/// A note or a result goes into the record: a row of digits in it may be a telephone number.
pub fn without_digits(field: &str, text: &str) -> Result<(), Rejection> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ');
    let longest =
        text.split(|c| !is_part(c)).map(|part| part.chars().filter(char::is_ascii_digit).count());
    if longest.max().unwrap_or_default() < 7 {
        return Ok(());
    }
    let message = format!("{field} is kept for good; right would be: without the number itself");
    Err(Rejection::invalid("NUMBER_IN_TEXT", field, message))
}

/// Checks that the result of a call-back may be said.
pub fn check_report(contact: &Contact, result: &str) -> Result<(), Rejection> {
    text("RESULT_MISSING", "result", result)?;
    without_digits("result", result)?;
    if contact.result.is_some() {
        let message = format!("what came of {} is said already", contact.id);
        return Err(Rejection::conflict("ALREADY_REPORTED", message).at("contact_id"));
    }
    Ok(())
}

/// Checks that the number may be read now.
pub fn check_reading(contact: &Contact) -> Result<(), Rejection> {
    if contact.erased_at.is_some() { Err(gone(&contact.id)) } else { Ok(()) }
}

/// The number is not there any more.
pub fn gone(id: &ContactId) -> Rejection {
    let message = format!("the number of {id} is deleted: its retention is over");
    Rejection::conflict("ERASED", message).at("contact_id")
}

#[cfg(test)]
mod tests;
