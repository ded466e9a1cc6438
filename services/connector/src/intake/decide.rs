//! What a report is with us: its kind of matter, its cell, and so its community. Pure.
//!
//! By what a person has said of it, and otherwise by the pack's `intake.csv`. What neither says is guessed
//! by nobody.

use domain::{
    id::{CommunityId, GridId, IssueTypeId, LENGTH_MAX, RequestId, UnitId},
    pack::City,
};
use proto::{case::Intake, page::Command, whistle::RaiseWhistleRequest};
use sha2::{Digest as _, Sha256};

use super::{kept::Item, why::Why};

/// What sort of matter a report is, where somebody knows.
pub(crate) fn issue_type<'a>(
    city: &'a City,
    system: &UnitId,
    item: &'a Item,
) -> Option<&'a IssueTypeId> {
    let given = item.given.as_ref().and_then(|given| given.issue_type.as_ref());
    let by_code = || city.coming.of(system)?.issue_type(&item.report.code);
    given.or_else(by_code).filter(|issue| city.issues.contains_key(*issue))
}

/// Which cell it is in, where somebody knows.
pub(crate) fn cell<'a>(city: &'a City, system: &UnitId, item: &'a Item) -> Option<&'a GridId> {
    let given = item.given.as_ref().and_then(|given| given.grid.as_ref());
    let by_place = || city.coming.of(system)?.cell(&item.report.place);
    given.or_else(by_place).filter(|cell| city.grid.contains_key(*cell))
}

/// The whistle that a report is, and for which community; or why it waits for a person.
pub(crate) fn whistle(
    city: &City,
    system: &UnitId,
    item: &Item,
) -> Result<(CommunityId, RaiseWhistleRequest), String> {
    let (issue, grid) = (issue_type(city, system, item), cell(city, system, item));
    let report = &item.report;
    let cell = grid.and_then(|grid| city.grid.get(grid));
    let (Some(issue), Some(cell)) = (issue, cell) else {
        let (code, place) = (format!("{:?}", report.code), format!("{:?}", report.place));
        let code = issue.is_none().then_some(code.as_str());
        let place = cell.is_none().then_some(place.as_str());
        return Err(Why::Unknown { code, place }.to_string());
    };
    let channel = city.coming.of(system).map(|codes| codes.channel).unwrap_or_default();
    let given = item.given.clone().unwrap_or_default();
    let person = item.by.as_ref().map_or_else(|| system.to_string(), |by| by.person.to_string());
    let request_id = request_id(system, &report.number).to_string();
    let description = match given.description.trim() {
        "" => report.description.clone(),
        said => said.to_owned(),
    };
    let point = report.point.map(|point| proto::case::Point {
        lon_e7: point.lon_e7,
        lat_e7: point.lat_e7,
        datum: proto::report::datum_out(point.datum).into(),
    });
    let request = RaiseWhistleRequest {
        command: Some(Command { request_id, person }),
        issue_type: issue.to_string(),
        grid: cell.id.to_string(),
        description,
        evidence: proto::convert::evidence_out(&item.pieces()),
        seen_at_ms: report.seen_at_ms,
        intake: Some(Intake {
            channel: proto::report::channel_out(channel).into(),
            external_id: report.number.clone(),
            system: system.to_string(),
            address: report.address.clone(),
            point,
            ..Intake::default()
        }),
        same_as: given.same_as.map(|case| case.to_string()).unwrap_or_default(),
        ..RaiseWhistleRequest::default()
    };
    Ok((cell.community.clone(), request))
}

/// The id under which a report is whistled: the same at every try, and of no other report.
fn request_id(system: &UnitId, number: &str) -> RequestId {
    let plain = format!("intake/{system}/{number}");
    let fits = (plain.len() <= LENGTH_MAX).then(|| RequestId::parse(plain.clone()).ok()).flatten();
    fits.unwrap_or_else(|| {
        let digest = domain::evidence::Digest::sha256(Sha256::digest(plain).into());
        let short = format!("intake/{}", digest.hex());
        RequestId::parse(short).expect("hex digits are an id")
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use domain::pack;

    use super::*;
    use crate::{
        intake::{
            kept::Kept,
            note::{Given, Note},
            report::Report,
        },
        record::Sum as _,
    };

    fn city() -> City {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
        pack::load(&kit::pack::files(&dir).unwrap()).unwrap()
    }

    fn item(code: &str, place: &str) -> Item {
        let report = Report {
            number: "77".into(),
            code: code.into(),
            place: place.into(),
            description: "stalls".into(),
            ..Report::default()
        };
        let mut kept = Kept::default();
        kept.fold(1, Note::Came { report, at_ms: 5 });
        kept.item("77").unwrap().clone()
    }

    #[test]
    fn the_pack_says_what_a_report_is_and_a_person_what_the_pack_does_not() {
        let (city, system) = (city(), "ext_digital_cm".parse().unwrap());
        let known = item("E-0301", "532601003");
        let (community, request) = whistle(&city, &system, &known).unwrap();
        assert_eq!(community.as_str(), "kaihua_xishan");
        assert_eq!(
            (request.issue_type.as_str(), request.grid.as_str()),
            ("street_vending", "WS-KH-003")
        );
        let intake = request.intake.unwrap();
        assert_eq!((intake.system.as_str(), intake.external_id.as_str()), ("ext_digital_cm", "77"));
        assert_eq!((intake.channel(), request.seen_at_ms), (proto::case::Channel::Hotline, 0));
        assert_eq!(request.command.unwrap().request_id, "intake/ext_digital_cm/77");
        for (code, place, wanted) in [
            ("E-9", "532601003", "UNKNOWN_CODE: no row of intake.csv says what \"E-9\" is"),
            ("E-0301", "P-9", "UNKNOWN_PLACE: no row of intake.csv says where \"P-9\" is"),
            ("", "", "what \"\" is; UNKNOWN_PLACE"),
        ] {
            let why = whistle(&city, &system, &item(code, place)).unwrap_err();
            assert!(why.contains(wanted), "{why}");
        }
        let given = Given {
            grid: Some("WS-KH-001".parse().unwrap()),
            description: " three stalls ".into(),
            ..Given::default()
        };
        let said = Item { given: Some(given), ..item("E-0301", "P-9") };
        let (community, request) = whistle(&city, &system, &said).unwrap();
        assert_eq!(
            (community.as_str(), request.description.as_str()),
            ("kaihua_dongfeng", "three stalls")
        );
        // A system without rows gives nothing that is understood.
        let other = "enforcement".parse().unwrap();
        assert!(whistle(&city, &other, &known).is_err());
    }

    #[test]
    fn the_id_of_a_report_is_always_its_own() {
        let system: UnitId = "s".repeat(100).parse().unwrap();
        let (one, two) =
            (request_id(&system, &"1".repeat(100)), request_id(&system, &"2".repeat(100)));
        assert!(one != two && one == request_id(&system, &"1".repeat(100)));
    }
}
