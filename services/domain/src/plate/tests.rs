//! One plate is one id, however it is written, and is shown as people write it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::id::{FactKey, IdError, ObjectId};

fn id(text: &str) -> String {
    Plate::read(text).unwrap().unwrap().id()
}

fn wrong(text: &str) -> PlateError {
    Plate::read(text).unwrap().unwrap_err()
}

#[test]
fn a_plate_has_one_id_however_it_is_written() {
    for text in [
        "云H·A1234",
        "云HA1234",
        "云ha1234",
        " 云 h a 1234 ",
        "云H・A1234",
        "云H•a1234",
        "云H.A1234",
        "云H-A1234",
        "云Ｈ·Ａ１２３４",
        "云ｈ．ａ１２３４",
        "云H\u{3000}A1234",
    ] {
        assert_eq!(id(text), "CN-YN.HA1234", "{text}");
    }
    for (text, id, shown) in [
        ("京AD12345", "CN-BJ.AD12345", "京A·D12345"),
        ("云H1234挂", "CN-YN.H1234-GUA", "云H·1234挂"),
        ("云H1234学", "CN-YN.H1234-XUE", "云H·1234学"),
        ("京OA123警", "CN-BJ.OA123-JING", "京O·A123警"),
        ("粤Z1234港", "CN-GD.Z1234-GANG", "粤Z·1234港"),
        ("粤z12345 澳", "CN-GD.Z12345-AO", "粤Z·12345澳"),
    ] {
        let plate = Plate::read(text).unwrap().unwrap();
        assert_eq!((plate.id().as_str(), plate.to_string().as_str()), (id, shown));
        assert_eq!(Plate::of(id), Some(plate), "{id}");
    }
}

#[test]
fn what_is_wrong_with_a_plate_is_said_and_what_is_none_is_an_id() {
    assert_eq!((wrong("云"), wrong("云1A1234")), (PlateError::Letter, PlateError::Letter));
    for text in
        ["云H", "云HA123", "云HA123456", "云H挂1234", "云HA12-/4", "云HA12345挂", "云H123挂"]
    {
        assert_eq!(wrong(text), PlateError::Serial, "{text}");
    }
    assert_eq!(wrong(&format!("云H{}", "1".repeat(500))), PlateError::Serial);
    assert_eq!((wrong("云HAO123"), wrong("云Hi1234")), (PlateError::Alike, PlateError::Alike));
    for error in [PlateError::Letter, PlateError::Serial, PlateError::Alike] {
        assert!(error.to_string().contains("right would be"), "{error}");
    }
    for text in ["", "plate-7", "HA1234", "无牌", "使123456", "·", "CN-YN.HA1234"] {
        assert_eq!(Plate::read(text), None, "{text}");
    }
    for id in ["CN-YN.HA123", "CN-XX.HA1234", "CN-YN.ha1234", "CN-YN.HA1234-", "CN-YN.HA1234-X"] {
        assert_eq!((Plate::of(id), shown(id).as_ref()), (None, id));
    }
}

#[test]
fn every_province_and_every_suffix_has_letters_of_its_own() {
    for table in [&PROVINCES[..], &SUFFIXES[..]] {
        let letters: BTreeSet<_> = table.iter().map(|(_, code)| code).collect();
        let characters: BTreeSet<_> = table.iter().map(|(one, _)| one).collect();
        assert_eq!((letters.len(), characters.len()), (table.len(), table.len()));
    }
}

#[test]
fn an_id_takes_a_plate_and_a_fact_names_one() {
    let object = ObjectId::parse("云H·A1234").unwrap();
    assert_eq!(object, ObjectId::parse("CN-YN.HA1234").unwrap());
    assert_eq!(shown(object.as_str()), "云H·A1234");
    let fact = FactKey::parse("no_cover:云ha1234:2026-11-22").unwrap();
    assert_eq!(fact.as_str(), "no_cover:CN-YN.HA1234:2026-11-22");
    assert_eq!(shown(fact.as_str()), "no_cover:云H·A1234:2026-11-22");
    assert_eq!(ObjectId::parse("plate-7").unwrap().as_str(), "plate-7");
    assert_eq!(ObjectId::parse("云HA12"), Err(IdError::Plate(PlateError::Serial)));
    assert_eq!(ObjectId::parse("无牌"), Err(IdError::Character('无')));
    assert_eq!(
        (key("云ha1234").as_ref(), key("CN-YN.HA1234").as_ref()),
        ("云H·A1234", "云H·A1234")
    );
    assert_eq!((key("云HA12").as_ref(), key("WS-TC-001").as_ref()), ("云HA12", "WS-TC-001"));
}

fn plate() -> impl Strategy<Value = Plate> {
    let serial = "[A-HJ-NP-Z0-9]{4,6}";
    let pick = (0..PROVINCES.len(), b'A'..=b'Z', serial, 0..=SUFFIXES.len());
    pick.prop_filter_map("not so long", |(province, letter, serial, suffix)| {
        let suffix = SUFFIXES.get(suffix).map(|(suffix, _)| *suffix);
        let length = serial.len() + usize::from(suffix.is_some());
        let (province, letter) = (PROVINCES[province].0, char::from(letter));
        (5..=6).contains(&length).then_some(Plate { province, letter, serial, suffix })
    })
}

/// As somebody may write it.
fn written(plate: &Plate, how: &[u8]) -> String {
    let between = ["", "·", " ", "・", ".", "\u{3000}"];
    let mut text = String::new();
    for (at, c) in plate.to_string().chars().filter(|c| *c != '·').enumerate() {
        let how = usize::from(how[at % how.len()]);
        let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap();
        let c = if how & 1 == 0 { c.to_ascii_lowercase() } else { c };
        text.push(if how & 2 == 0 && c.is_ascii() { wide(c) } else { c });
        text += between[how / 4 % between.len()];
    }
    text
}

proptest! {
    #[test]
    fn to_the_id_and_back_is_the_same_plate(plate in plate(), how in prop::collection::vec(any::<u8>(), 1..9)) {
        let id = plate.id();
        prop_assert!(crate::id::check(&id).is_ok(), "it is an id");
        prop_assert_eq!(Plate::of(&id), Some(plate.clone()));
        prop_assert_eq!(shown(&id), plate.to_string());
        let text = written(&plate, &how);
        prop_assert_eq!(Plate::read(&text), Some(Ok(plate)), "{}", text);
        let parsed = ObjectId::parse(text).unwrap();
        prop_assert_eq!(parsed.as_str(), &id);
    }

    #[test]
    fn whatever_is_written_is_read_or_refused(text in ".{0,40}") {
        match Plate::read(&text) {
            Some(Ok(plate)) => prop_assert_eq!(Plate::of(&plate.id()), Some(plate)),
            Some(Err(_)) | None => prop_assert!(Plate::of(&text).is_none() || text.starts_with("CN-")),
        }
        if crate::id::check(&text).is_ok() {
            let parsed = ObjectId::parse(text.clone()).unwrap();
            prop_assert_eq!(parsed.as_str(), &text, "an id stays as it is");
        }
    }
}
