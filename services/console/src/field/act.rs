//! One act of a team, as a device says it, and how it is done at the unit's own service.

use domain::{id::ObjectId, moment::Moment, pack::Day};
use proto::{
    convert,
    inspection_wire::{Found, OpenInspectionRequest, finding_service_client::FindingServiceClient},
    operation::{AnswerOrderRequest, CheckInRequest, team_service_client::TeamServiceClient},
    page::Command,
};
use serde::Deserialize;

use crate::{
    desk::{self, photo},
    form::Field,
    trouble::Trouble,
    visit::Visit,
    words::{Lang, desk as desk_words, field as w},
};

/// What a device says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Act {
    /// The id of the request, made once on the device.
    id: String,
    /// Whose it is.
    account: String,
    /// In which operation.
    operation: String,
    /// When, by the device's clock.
    at: i64,
    #[serde(flatten)]
    said: Said,
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Said {
    /// The team is there.
    CheckIn,
    /// Whether it does what it was asked.
    Answer { order_id: String, is_taken: bool, text: String },
    /// It has stopped somebody, and found something.
    Finding { object: String, vehicle: String, place: String, violation: String, text: String },
}

/// Reads an act; one of another account is refused.
pub(super) fn read(text: &str, account: &str, lang: Lang) -> Result<Act, Trouble> {
    let unreadable = |_| Trouble::invalid("MALFORMED_ACT", lang.say(w::UNREADABLE));
    let act: Act = serde_json::from_str(text).map_err(unreadable)?;
    if act.account != account {
        return Err(Trouble::invalid("OTHER_ACCOUNT", lang.say(w::OTHER_ACCOUNT)));
    }
    Ok(act)
}

/// Does it. The id of the request is the device's: what was done already answers as it did.
pub(super) async fn does(visit: &Visit, act: Act, photo: Option<&Field>) -> Result<(), Trouble> {
    let no = || Trouble::invalid("NO_DESK", visit.say(desk_words::NO_DESK));
    let (unit, line) = desk::own(visit)?.ok_or_else(no)?;
    let command = Some(Command { request_id: act.id.clone(), person: visit.person().to_string() });
    let (operation_id, at_ms) = (act.operation.clone(), act.at);
    match act.said {
        Said::CheckIn => {
            let request = CheckInRequest { command, operation_id, at_ms };
            TeamServiceClient::new(line).check_in(request).await?;
        }
        Said::Answer { order_id, is_taken, text } => {
            let request =
                AnswerOrderRequest { command, operation_id, order_id, is_taken, text, at_ms };
            TeamServiceClient::new(line).answer_order(request).await?;
        }
        Said::Finding { object, vehicle, place, violation, text } => {
            let mut evidence = Vec::new();
            if let Some(file) = photo {
                evidence.push(photo::bring(visit, &unit, file).await?);
            }
            let vehicle = numbered("vehicle", vehicle)?;
            let object = numbered("object", object)?;
            let object = if object.is_empty() { vehicle.clone() } else { object };
            let offset = visit.console.city().utc_offset_minutes;
            let fact = fact(&object, &vehicle, &violation, at_ms, offset);
            let found = Found { code: violation, fact, at_ms, text, evidence };
            let findings = vec![found];
            let request = OpenInspectionRequest {
                command,
                object,
                vehicle,
                place,
                at_ms,
                operation_id,
                findings,
            };
            FindingServiceClient::new(line).open_inspection(request).await?;
        }
    }
    Ok(())
}

/// The id of what somebody has typed: of a vehicle by its plate, however it is written.
fn numbered(field: &str, typed: String) -> Result<String, Trouble> {
    let id: Option<ObjectId> = convert::optional(field, typed)?;
    Ok(id.map(|id| id.to_string()).unwrap_or_default())
}

/// The name of what has happened. Two teams that find the same of one vehicle on one day name it
/// alike, so that two penalties for it are seen; the office decides then.
fn fact(object: &str, vehicle: &str, violation: &str, at_ms: i64, offset: i32) -> String {
    let what = if vehicle.is_empty() { object } else { vehicle };
    format!("{violation}:{what}:{}", Day::of(Moment(at_ms), offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_read_as_the_device_says_it_and_of_its_own_account_only() {
        let text = r#"{"id":"field/1","account":"a","operation":"O1","at":5,"kind":"check_in"}"#;
        let act = read(text, "a", Lang::En).unwrap();
        assert_eq!((act.at, act.said), (5, Said::CheckIn));
        let other = read(text, "b", Lang::En).unwrap_err();
        assert_eq!(other.code, "OTHER_ACCOUNT");
        for wrong in [
            "",
            "[]",
            r#"{"id":"field/1","account":"a","operation":"O1","at":5,"kind":"explode"}"#,
            r#"{"id":"field/1","account":"a","operation":"O1","kind":"check_in"}"#,
            r#"{"id":"1","account":"a","operation":"O1","at":5,"kind":"answer","order_id":"c-1"}"#,
        ] {
            assert_eq!(read(wrong, "a", Lang::En).unwrap_err().code, "MALFORMED_ACT", "{wrong}");
        }
    }

    #[test]
    fn a_vehicle_is_the_same_however_its_plate_is_written_and_a_wrong_one_is_refused() {
        for typed in ["云H·A1234", "云ha1234", "云Ｈ　Ａ１２３４", "CN-YN.HA1234"] {
            let vehicle = numbered("vehicle", typed.to_owned()).unwrap();
            assert_eq!(vehicle, "CN-YN.HA1234", "{typed}");
            let named = fact("", &vehicle, "no_cover", 0, 480);
            assert_eq!(named, "no_cover:CN-YN.HA1234:1970-01-01");
        }
        assert_eq!(numbered("vehicle", "v-7".to_owned()).unwrap(), "v-7");
        assert_eq!(numbered("object", String::new()).unwrap(), "");
        let no = numbered("vehicle", "云H·A12".to_owned()).unwrap_err();
        assert_eq!(no.code, "MALFORMED_PLATE");
        let page = no.body(Lang::Zh).into_string();
        assert!(page.contains("号牌") && page.contains("云H·A1234"), "{page}");
    }

    #[test]
    fn two_teams_name_one_fact_alike_and_the_day_is_the_citys() {
        let at = 1_795_305_600_000; // 22 November 2026, 8 o'clock at 480 minutes.
        assert_eq!(fact("c1", "v1", "no_cover", at, 480), "no_cover:v1:2026-11-22");
        assert_eq!(
            fact("c2", "v1", "no_cover", at + 1, 480),
            fact("c1", "v1", "no_cover", at, 480)
        );
        assert_eq!(fact("c1", "", "no_cover", at + 57_600_000, 480), "no_cover:c1:2026-11-23");
    }
}
