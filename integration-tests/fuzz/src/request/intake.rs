//! Reports of other systems, through the code by which the worker's door reads them.

use connector::intake;
use domain::rejection::Rejection;
use proto::intake::{
    BringReportRequest, GetReportRequest, ListReportsRequest, ReportState, ResolveReportRequest,
    Said, Shown, TurnDownReportRequest,
};

use super::{Read, command, decoded, reason, seed};

/// The methods of reports.
pub(super) const METHODS: [(&str, Read); 5] = [
    ("ListReports", list),
    ("GetReport", get),
    ("ResolveReport", resolve),
    ("TurnDownReport", turn_down),
    ("BringReport", bring),
];

fn list(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListReportsRequest>(bytes, intake::reports)
}

fn get(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetReportRequest>(bytes, intake::reading)
}

fn resolve(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ResolveReportRequest>(bytes, intake::resolving)
}

fn turn_down(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<TurnDownReportRequest>(bytes, intake::turning_down)
}

fn bring(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<BringReportRequest>(bytes, intake::bringing)
}

/// A good request of each.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let (system, number) = ("ext_digital_cm".to_owned(), "12319-77".to_owned());
    let listing = ListReportsRequest {
        system: system.clone(),
        state: ReportState::Waiting.into(),
        page: None,
    };
    let reading = GetReportRequest { system: system.clone(), number: number.clone() };
    let resolving = ResolveReportRequest {
        command: command(),
        system: system.clone(),
        number: number.clone(),
        issue_type: "street_vending".to_owned(),
        grid: "WS-KH-001".to_owned(),
        description: "占道经营".to_owned(),
        evidence: vec![shown()],
        same_as: super::case_id(),
    };
    let turning = TurnDownReportRequest {
        command: command(),
        system,
        number: number.clone(),
        reason: reason(),
    };
    let point = Some(proto::case::Point { lon_e7: 1, lat_e7: 2, datum: 0 });
    let said = Said {
        code: "E-0301".to_owned(),
        place: "532601001".to_owned(),
        description: "占道经营".to_owned(),
        address: "东门".to_owned(),
        point,
        seen_at_ms: 1_795_303_800_000,
    };
    let bringing = BringReportRequest { number, said: Some(said), evidence: vec![shown()] };
    vec![
        seed("ListReports", &listing),
        seed("GetReport", &reading),
        seed("ResolveReport", &resolving),
        seed("TurnDownReport", &turning),
        seed("BringReport", &bringing),
    ]
}

fn shown() -> Shown {
    let (kind, media_type) = ("photo".to_owned(), "image/jpeg".to_owned());
    Shown { kind, media_type, content: b"one".to_vec() }
}
