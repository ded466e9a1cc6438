//! A contact from the first hand-over to the day on which its number is forgotten.

use super::*;
use crate::pack::tests::mini;

fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

fn handed(by: &str) -> Fact {
    let person = "p-1".parse().unwrap();
    let handed = Handed { unit: unit(by), person, note: "at the gate".into() };
    Fact::HandedOver { to: unit("enforcement"), purpose: "call-back".into(), handed }
}

fn reported() -> Fact {
    Fact::Reported { result: "unplugged".into(), person: "p-2".parse().unwrap() }
}

fn contact() -> Contact {
    let id = "C-enforcement-1".parse().unwrap();
    Contact::begin(id, &handed("police"), Moment(1_000)).unwrap()
}

#[test]
fn a_number_that_is_handed_over_again_is_one_call_back_until_its_result_is_said() {
    assert_eq!(Contact::begin("C-a-1".parse().unwrap(), &reported(), Moment(1)), None);
    let mut contact = contact();
    assert!(contact.takes_more() && contact.apply(&handed("housing"), Moment(2_000)));
    assert_eq!((contact.handed.len(), contact.at), (2, Moment(1_000)));
    assert!(contact.apply(&reported(), Moment(3_000)));
    assert!(!contact.takes_more() && !contact.apply(&handed("police"), Moment(4_000)));
    assert!(!contact.apply(&reported(), Moment(5_000)), "once");
    assert_eq!(check_report(&contact, "again").unwrap_err().reason, "ALREADY_REPORTED");
    assert!(contact.apply(&Fact::Erased, Moment(6_000)));
    assert!(!contact.apply(&Fact::Erased, Moment(7_000)));
    assert_eq!(contact.erased_at, Some(Moment(6_000)));
    assert!(contact.result.is_some() && contact.handed.len() == 2, "the receipt is kept");
    assert_eq!(check_reading(&contact).unwrap_err().reason, "ERASED");
}

#[test]
fn it_is_kept_as_long_as_the_pack_says_from_the_first_time() {
    let rule = ContactRule { from: vec![unit("police")], kept_days: 2 };
    let mut contact = contact();
    contact.apply(&handed("police"), Moment(90_000_000));
    assert_eq!(contact.kept_until(&rule), Moment(1_000 + 2 * 86_400_000));
    let mut city = mini();
    assert_eq!(
        check_hand_over(&city, &unit("police"), &unit("enforcement")).unwrap_err().reason,
        "NOT_HANDED_OVER"
    );
    city.contacts.insert(unit("enforcement"), rule);
    assert!(check_hand_over(&city, &unit("police"), &unit("enforcement")).is_ok());
    let other = check_hand_over(&city, &unit("housing"), &unit("enforcement")).unwrap_err();
    assert_eq!((&*other.reason, &*other.field), ("NOT_HANDED_OVER", "unit"));
}

#[test]
fn a_number_is_one_however_it_is_written_and_is_in_no_text_that_is_kept() {
    for text in ["138 0013 8000", "138-0013-8000", "13800138000"] {
        assert_eq!(number(text).unwrap(), "13800138000");
    }
    for text in ["", "1234", "+", "138x0013", &"1".repeat(21)] {
        assert_eq!(number(text).unwrap_err().reason, "MALFORMED_NUMBER", "{text:?}");
    }
    assert_eq!(without_digits("note", "lane 12, 3 leaflets, 2026"), Ok(()));
    for text in ["call 13800138000", "0371-6222 333 at night"] {
        assert_eq!(without_digits("note", text).unwrap_err().reason, "NUMBER_IN_TEXT", "{text}");
    }
    assert_eq!(text("NOTE_MISSING", "note", " ").unwrap_err().reason, "NOTE_MISSING");
}

#[test]
fn only_who_received_it_says_what_became_of_it() {
    let contact = contact();
    let id = contact.id.clone();
    let says =
        |unit_id: &str, known, fact: &Fact| may_say(&Party::unit(&unit(unit_id)), known, fact);
    assert!(says("enforcement", None, &handed("police")));
    assert!(!says("police", None, &handed("police")));
    assert!(!says("enforcement", None, &reported()), "nothing was handed over");
    assert!(says("enforcement", Some(&contact), &reported()));
    assert!(!says("police", Some(&contact), &reported()));
    let city: CityId = "tiny".parse().unwrap();
    assert_eq!(of_subject(&city, &subject(&city, &id)), Some(id));
    assert_eq!(of_subject(&city, "contact/other/C-enforcement-1"), None);
}
