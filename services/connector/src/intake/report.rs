//! What another system gives: one report, read and bounded. Pure.
//!
//! From a feed it is read leniently: whatever it is, it is kept, and what could not be read is said, so
//! that a person sees it and the feed goes on. Whoever brings it himself is told what is wrong. What
//! these fields do not name is not kept: no name and no telephone number of who reported it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    case::Point,
    evidence::{Digest, Evidence},
    pack::{Datum, intake::CODE_MAX},
    rejection::Rejection,
};
use proto::intake::{BringReportRequest, Said, Shown};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::why::Why;

/// The longest number of another system, in bytes.
pub(crate) const NUMBER_MAX: usize = 100;
pub(crate) const DESCRIPTION_MAX: usize = 2_000;
pub(crate) const ADDRESS_MAX: usize = 200;
/// How many pieces show it, and how many bytes they have together.
pub(crate) const PIECES_MAX: usize = 10;
pub(crate) const BYTES_MAX: usize = 3 << 20;

/// One report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The number that it has there.
    pub(crate) number: String,
    /// What sort of matter, by its own code.
    pub(crate) code: String,
    /// Where, by its own code.
    pub(crate) place: String,
    /// What was seen.
    pub(crate) description: String,
    /// Where exactly, in words.
    pub(crate) address: String,
    /// Where exactly, on the map.
    pub(crate) point: Option<Point>,
    /// When it was seen, Unix milliseconds; 0: when it is whistled, so that the whistle is always the same.
    pub(crate) seen_at_ms: i64,
    /// What shows it; the bytes are beside the record.
    pub(crate) pieces: Vec<Evidence>,
    /// What of it could not be read.
    pub(crate) fault: Option<String>,
}

/// A report with the bytes of its pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Brought {
    pub(crate) report: Report,
    pub(crate) contents: Vec<Vec<u8>>,
}

/// Reads one report of a feed; what is wrong with it is in it.
pub(crate) fn of_feed(item: &Value, datum: Datum) -> Brought {
    let mut fault = None;
    let mut note = |no: Rejection| {
        let why = Why::Unreadable { field: &no.field, message: &no.message };
        fault.get_or_insert_with(|| why.to_string());
    };
    let number = number(&scalar(item, "number")).unwrap_or_else(|no| {
        note(no);
        let digest = Digest::sha256(Sha256::digest(item.to_string()).into());
        format!("unreadable-{}", &digest.hex()[..16])
    });
    let mut text = |name: &'static str, most: usize| {
        let found = scalar(item, name);
        bounded(name, &found, most).unwrap_or_else(|no| {
            note(no);
            found.chars().take(most).collect()
        })
    };
    let code = text("code", CODE_MAX);
    let place = text("place", CODE_MAX);
    let description = text("description", DESCRIPTION_MAX);
    let address = text("address", ADDRESS_MAX);
    let point = point_of(item.get("point"), datum).unwrap_or_else(|no| {
        note(no);
        None
    });
    let seen_at_ms = moment(item.get("seen_at_ms")).unwrap_or_else(|no| {
        note(no);
        0
    });
    let (pieces, contents) = pieces_of(item.get("evidence")).unwrap_or_else(|no| {
        note(no);
        (Vec::new(), Vec::new())
    });
    let report =
        Report { number, code, place, description, address, point, seen_at_ms, pieces, fault };
    Brought { report, contents }
}

/// Reads what a system brings itself; says what is wrong with it.
pub(crate) fn of_request(request: BringReportRequest, datum: Datum) -> Result<Brought, Rejection> {
    let Said { code, place, description, address, point, seen_at_ms } =
        request.said.unwrap_or_default();
    let (pieces, contents) = shown(request.evidence)?;
    let report = Report {
        number: number(&request.number)?,
        code: bounded("said.code", &code, CODE_MAX)?,
        place: bounded("said.place", &place, CODE_MAX)?,
        description: bounded("said.description", &description, DESCRIPTION_MAX)?,
        address: bounded("said.address", &address, ADDRESS_MAX)?,
        point: point.map(|point| placed(point, datum)).transpose()?,
        seen_at_ms: moment(Some(&Value::from(seen_at_ms)))?,
        pieces,
        fault: None,
    };
    Ok(Brought { report, contents })
}

impl Report {
    /// Whether another says the same.
    pub(crate) fn says(&self, other: &Report) -> bool {
        self == other
    }

    /// What it says, as it is shown.
    pub(crate) fn said(&self) -> Said {
        let point = self.point.map(|point| proto::case::Point {
            lon_e7: point.lon_e7,
            lat_e7: point.lat_e7,
            datum: proto::report::datum_out(point.datum).into(),
        });
        Said {
            code: self.code.clone(),
            place: self.place.clone(),
            description: self.description.clone(),
            address: self.address.clone(),
            point,
            seen_at_ms: self.seen_at_ms,
        }
    }
}

/// A text or a whole number, as text; anything else as it is written, so that its fault is seen.
fn scalar(item: &Value, name: &str) -> String {
    match item.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn number(text: &str) -> Result<String, Rejection> {
    let is_good = domain::id::check(text).is_ok() && text.len() <= NUMBER_MAX;
    is_good.then(|| text.to_owned()).ok_or_else(|| {
        let message = format!(
            "a report has a number; right would be: 1 to {NUMBER_MAX} letters, digits and ._:/-"
        );
        Rejection::invalid("NUMBER_MISSING", "number", message)
    })
}

fn bounded(field: &str, text: &str, most: usize) -> Result<String, Rejection> {
    let length = text.chars().count();
    if length <= most {
        return Ok(text.to_owned());
    }
    let message = format!("{field} has at most {most} characters, this one has {length}");
    Err(Rejection::invalid("TEXT_TOO_LONG", field, message))
}

fn moment(value: Option<&Value>) -> Result<i64, Rejection> {
    match value {
        None | Some(Value::Null) => Ok(0),
        Some(value) => value.as_i64().filter(|ms| *ms >= 0).ok_or_else(|| {
            let message = "right would be: Unix milliseconds, or 0";
            Rejection::invalid("MALFORMED_TIME", "seen_at_ms", message)
        }),
    }
}

fn point_of(value: Option<&Value>, datum: Datum) -> Result<Option<Point>, Rejection> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let e7 = |name: &str| i32::try_from(value.get(name)?.as_i64()?).ok();
    let named = value.get("datum").and_then(Value::as_str);
    let datum = match named {
        None => Some(proto::report::datum_out(datum)),
        Some(named) => [Datum::Wgs84, Datum::Gcj02, Datum::Cgcs2000]
            .into_iter()
            .find(|datum| datum.word() == named)
            .map(proto::report::datum_out),
    };
    let wire = e7("lon_e7").zip(e7("lat_e7")).zip(datum);
    let ((lon_e7, lat_e7), datum) = wire.ok_or_else(|| {
        let message = "right would be: lon_e7 and lat_e7, whole numbers, and a datum that is known";
        Rejection::invalid("MALFORMED_POINT", "point", message)
    })?;
    placed(proto::case::Point { lon_e7, lat_e7, datum: datum.into() }, Datum::Wgs84).map(Some)
}

fn placed(mut point: proto::case::Point, datum: Datum) -> Result<Point, Rejection> {
    if point.datum == i32::from(proto::case::Datum::Unspecified) {
        point.datum = proto::report::datum_out(datum).into();
    }
    let intake = proto::case::Intake { point: Some(point), ..Default::default() };
    let read = proto::report::intake_in(Some(intake)).map_err(|no| no.at("point"))?;
    read.place.point.ok_or_else(|| Rejection::invalid("MALFORMED_POINT", "point", "no point"))
}

/// Pieces with their bytes.
pub(crate) type Pieces = (Vec<Evidence>, Vec<Vec<u8>>);

/// Reads pieces as they come in a request.
pub(crate) fn shown(evidence: Vec<Shown>) -> Result<Pieces, Rejection> {
    let shown = evidence.into_iter();
    held(shown.map(|Shown { kind, media_type, content }| (kind, media_type, content)).collect())
}

fn pieces_of(value: Option<&Value>) -> Result<Pieces, Rejection> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Pieces::default()) };
    let wrong = || {
        let message = "right would be: a list of kind, media_type, and content in base64";
        Rejection::invalid("EVIDENCE_MALFORMED", "evidence", message)
    };
    let list = value.as_array().ok_or_else(wrong)?;
    let piece = |one: &Value| {
        let text = |name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
        let content = STANDARD.decode(text("content")?).ok()?;
        Some((text("kind")?, text("media_type").unwrap_or_default(), content))
    };
    held(list.iter().map(piece).collect::<Option<Vec<_>>>().ok_or_else(wrong)?)
}

fn held(shown: Vec<(String, String, Vec<u8>)>) -> Result<Pieces, Rejection> {
    let bytes: usize = shown.iter().map(|(_, _, content)| content.len()).sum();
    if shown.len() > PIECES_MAX || bytes > BYTES_MAX {
        let message =
            format!("a report has at most {PIECES_MAX} pieces of {BYTES_MAX} bytes in all");
        return Err(Rejection::invalid("TOO_MANY", "evidence", message));
    }
    let mut pieces = Pieces::default();
    for (kind, media_type, content) in shown {
        if content.is_empty() || kind.is_empty() || kind.len() > 64 || media_type.len() > 128 {
            let message = "a piece has a kind of at most 64 bytes, a type of 128, and content";
            return Err(Rejection::invalid("EVIDENCE_MALFORMED", "evidence", message));
        }
        let digest = Digest::sha256(Sha256::digest(&content).into());
        pieces.0.push(Evidence { digest, kind, media_type, size: content.len() as u64 });
        pieces.1.push(content);
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is wrong with a good request.
    type Change = fn(&mut BringReportRequest);

    fn read(item: Value) -> Report {
        of_feed(&item, Datum::Cgcs2000).report
    }

    #[test]
    fn a_report_is_read_and_nothing_else_of_it_is_kept() {
        let report = read(json!({
            "number": "12319-77", "code": "E-1", "place": 532_601_001, "description": "stalls",
            "address": "东门", "point": { "lon_e7": 1, "lat_e7": 2 }, "seen_at_ms": 5,
            "evidence": [{ "kind": "photo", "media_type": "image/jpeg", "content": "b25l" }],
            "caller": "Zhang San", "telephone": "13800000000",
        }));
        assert_eq!(report.fault, None);
        assert_eq!((report.place.as_str(), report.pieces[0].size), ("532601001", 3));
        assert_eq!(report.point.map(|point| point.datum), Some(Datum::Cgcs2000));
        let kept = serde_json::to_string(&report).unwrap();
        assert!(!kept.contains("Zhang") && !kept.contains("1380"), "{kept}");
    }

    #[test]
    fn whatever_comes_is_a_report_that_says_what_is_wrong_with_it() {
        let long = "长".repeat(2_001);
        for (item, wanted) in [
            (json!({ "number": "7", "description": long }), "description has at most 2000"),
            (json!({ "number": "7", "code": "x".repeat(65) }), "code has at most 64"),
            (json!({ "number": "7", "seen_at_ms": "today" }), "seen_at_ms: right would be"),
            (json!({ "number": "7", "seen_at_ms": -1 }), "seen_at_ms"),
            (json!({ "number": "7", "point": { "lon_e7": 1 } }), "point: right"),
            (json!({ "number": "7", "point": { "lon_e7": 1, "lat_e7": 2_000_000_000 } }), "point"),
            (
                json!({ "number": "7", "point": { "lon_e7": 1, "lat_e7": 2, "datum": "x" } }),
                "datum",
            ),
            (json!({ "number": "7", "evidence": "x" }), "evidence: right"),
            (json!({ "number": "7", "evidence": [{ "kind": "photo", "content": "*" }] }), "base64"),
            (json!({ "number": "7", "evidence": [{ "kind": "", "content": "b25l" }] }), "a kind"),
        ] {
            let report = read(item.clone());
            assert_eq!(report.number, "7", "{item}");
            let fault = report.fault.unwrap();
            assert!(fault.contains(wanted), "{item}: {fault}");
            let zh = Why::read(&fault).zh();
            assert!(zh.contains('应') || zh.contains("不得超过"), "in Chinese as well: {zh}");
        }
        for item in [json!({}), json!(7), json!("x"), json!({ "number": "a b" }), json!(null)] {
            let report = read(item.clone());
            assert!(report.number.starts_with("unreadable-"), "{item}");
            assert!(report.fault.unwrap().starts_with("UNREADABLE: number: "), "{item}");
            assert_eq!(read(item.clone()).number, report.number, "the same is the same");
        }
    }

    #[test]
    fn who_brings_it_is_told_what_is_wrong() {
        let piece = || Shown { kind: "photo".into(), media_type: String::new(), content: vec![1] };
        let good = || BringReportRequest {
            number: "12319-77".into(),
            said: Some(Said { code: "E-1".into(), ..Said::default() }),
            evidence: vec![piece()],
        };
        let read = |change: fn(&mut BringReportRequest)| {
            let mut request = good();
            change(&mut request);
            of_request(request, Datum::Wgs84).map_err(|no| no.reason)
        };
        assert_eq!(read(|_| ()).unwrap().report.pieces.len(), 1);
        let rows: [(Change, &str); 6] = [
            (|r| r.number.clear(), "NUMBER_MISSING"),
            (|r| r.number = "x".repeat(101), "NUMBER_MISSING"),
            (|r| r.said.as_mut().unwrap().address = "x".repeat(201), "TEXT_TOO_LONG"),
            (|r| r.said.as_mut().unwrap().seen_at_ms = -1, "MALFORMED_TIME"),
            (|r| r.evidence = vec![r.evidence[0].clone(); 11], "TOO_MANY"),
            (|r| r.evidence[0].content.clear(), "EVIDENCE_MALFORMED"),
        ];
        for (change, reason) in rows {
            assert_eq!(read(change), Err(reason.to_owned()));
        }
    }
}
