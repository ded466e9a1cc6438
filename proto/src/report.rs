//! Reports of a matter between the domain and the wire: how it came in, and that it came in again.
//!
//! A point without a datum is refused here: whoever takes it from a caller puts the city's in first.

use domain::{
    case::{Channel, Ground, Intake, Place, Point, Report},
    moment::Moment,
    pack::Datum,
    rejection::Rejection,
};

use crate::{case, convert};

/// Writes how a report came in.
pub fn intake_out(intake: &Intake) -> case::Intake {
    let Place { address, point, road, object } = &intake.place;
    case::Intake {
        channel: channel_out(intake.channel).into(),
        external_id: intake.external_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        address: address.clone(),
        point: point.map(|point| case::Point {
            lon_e7: point.lon_e7,
            lat_e7: point.lat_e7,
            datum: datum_out(point.datum).into(),
        }),
        road: road.as_ref().map(ToString::to_string).unwrap_or_default(),
        object: object.as_ref().map(ToString::to_string).unwrap_or_default(),
        system: intake.system.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

/// Reads how a report came in; where nothing is said, by the grid.
pub fn intake_in(intake: Option<case::Intake>) -> Result<Intake, Rejection> {
    let case::Intake { channel, external_id, address, point, road, object, system } =
        intake.unwrap_or_default();
    Ok(Intake {
        channel: channel_in(channel)?,
        external_id: convert::optional("intake.external_id", external_id)?,
        system: convert::optional("intake.system", system)?,
        place: Place {
            address,
            point: point.map(point_in).transpose()?,
            road: convert::optional("intake.road", road)?,
            object: convert::optional("intake.object", object)?,
        },
    })
}

/// Writes a channel.
pub fn channel_out(channel: Channel) -> case::Channel {
    match channel {
        Channel::Grid => case::Channel::Grid,
        Channel::Community => case::Channel::Community,
        Channel::Hotline => case::Channel::Hotline,
        Channel::Citizen => case::Channel::Citizen,
        Channel::Leader => case::Channel::Leader,
        Channel::Proposal => case::Channel::Proposal,
        Channel::Petition => case::Channel::Petition,
        Channel::Patrol => case::Channel::Patrol,
        Channel::Sensor => case::Channel::Sensor,
        Channel::Inspection => case::Channel::Inspection,
        Channel::Campaign => case::Channel::Campaign,
        Channel::Approval => case::Channel::Approval,
        Channel::Operation => case::Channel::Operation,
    }
}

fn channel_in(channel: i32) -> Result<Channel, Rejection> {
    if channel == 0 {
        return Ok(Channel::default());
    }
    let found = Channel::ALL.into_iter().find(|one| i32::from(channel_out(*one)) == channel);
    found.ok_or_else(|| {
        Rejection::invalid("MALFORMED_CHANNEL", "intake.channel", format!("no channel {channel}"))
    })
}

/// Writes a datum.
pub fn datum_out(datum: Datum) -> case::Datum {
    match datum {
        Datum::Wgs84 => case::Datum::Wgs84,
        Datum::Gcj02 => case::Datum::Gcj02,
        Datum::Cgcs2000 => case::Datum::Cgcs2000,
    }
}

fn point_in(point: case::Point) -> Result<Point, Rejection> {
    let known = [Datum::Wgs84, Datum::Gcj02, Datum::Cgcs2000];
    let datum = known.into_iter().find(|one| i32::from(datum_out(*one)) == point.datum);
    let point = datum.map(|datum| Point { lon_e7: point.lon_e7, lat_e7: point.lat_e7, datum });
    point.filter(|point| point.is_on_earth()).ok_or_else(|| {
        let message = "a point is in a known datum, at most 180 degrees east or west and 90 north \
                       or south, each times ten million";
        Rejection::invalid("MALFORMED_POINT", "intake.point", message)
    })
}

/// Writes a ground, and the metres where it has them.
pub fn ground_out(ground: Ground) -> (case::Ground, u32) {
    match ground {
        Ground::Person => (case::Ground::Person, 0),
        Ground::SameNumber => (case::Ground::SameNumber, 0),
        Ground::SamePlace(metres) => (case::Ground::SamePlace, metres),
    }
}

fn ground_in(ground: i32, metres: u32) -> Result<Ground, Rejection> {
    match case::Ground::try_from(ground) {
        Ok(case::Ground::Person) => Ok(Ground::Person),
        Ok(case::Ground::SameNumber) => Ok(Ground::SameNumber),
        Ok(case::Ground::SamePlace) => Ok(Ground::SamePlace(metres)),
        _ => Err(Rejection::invalid("MALFORMED_BODY", "ground", format!("no ground {ground}"))),
    }
}

pub(crate) fn report_out(report: &Report) -> case::ReportedAgain {
    let (ground, metres) = ground_out(report.ground);
    case::ReportedAgain {
        reporter: report.reporter.to_string(),
        intake: Some(intake_out(&report.intake)),
        description: report.description.clone(),
        evidence: convert::evidence_out(&report.evidence),
        seen_at_ms: report.seen_at.0,
        reported_at_ms: report.reported_at.0,
        ground: ground.into(),
        metres,
        merged_from: report.merged_from.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

pub(crate) fn report_in(m: case::ReportedAgain) -> Result<Report, Rejection> {
    Ok(Report {
        reporter: convert::id("reporter", m.reporter)?,
        intake: intake_in(m.intake)?,
        description: m.description,
        evidence: convert::evidence("evidence", m.evidence)?,
        seen_at: Moment(m.seen_at_ms),
        reported_at: Moment(m.reported_at_ms),
        ground: ground_in(m.ground, m.metres)?,
        merged_from: convert::optional("merged_from", m.merged_from)?,
    })
}
