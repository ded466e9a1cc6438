//! Which cases are looked for, as it comes off the wire: parsed and bounded.
//!
//! Pure and total: whatever bytes a stranger sends end as a filter or as a refusal that names the
//! field. It is public so that it can be fuzzed. What is named is held against the pack and against
//! the cases there are in `search`; what a filter lets through is said by `yardstick`.

use std::collections::BTreeSet;

use domain::{
    case::{Channel, Outcome, Severity, Stage},
    id::{CommunityId, ExternalId, GridId, IssueTypeId, UnitId},
    moment::Moment,
    party::Party,
    rejection::Rejection,
};
use proto::{
    convert,
    ledger::{self as wire, GroupBy, Measure, Order, Side, UnitPart},
    whistle::{CaseStage, Timeliness},
};

use crate::{rates::Rating, words};

/// How many stages a filter may name.
const STAGES_MAX: usize = 10;

/// How many characters of words a filter may have.
const WORDS_MAX: usize = 200;

/// A time: from a moment on, and before another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// From; none: from the beginning.
    pub from: Option<Moment>,
    /// Before; none: without end.
    pub to: Option<Moment>,
}

impl Period {
    /// Whether a moment is in it.
    pub fn has(&self, at: Moment) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

/// Cases that are counted in a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// In which.
    pub measure: Measure,
    /// Whether they reached it; none: either.
    pub reached: Option<bool>,
    /// By the task of this unit; none: as a whole.
    pub unit: Option<UnitId>,
    /// When they are counted.
    pub period: Period,
}

/// Which cases; what is none or empty lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What sort of matter.
    pub issue_type: Option<IssueTypeId>,
    /// In which stages.
    pub stages: BTreeSet<Stage>,
    /// Not closed.
    pub only_open: bool,
    /// A unit that has a part.
    pub unit: Option<UnitId>,
    /// It leads.
    pub is_lead: bool,
    /// It is late.
    pub is_late: bool,
    /// Who owns it.
    pub owner: Option<Party>,
    /// Who whistled.
    pub community: Option<CommunityId>,
    /// Who reported it.
    pub reporter: Option<CommunityId>,
    /// The cell.
    pub grid: Option<GridId>,
    /// The office of the cell.
    pub subdistrict: Option<UnitId>,
    /// A channel.
    pub channel: Option<Channel>,
    /// A number in a channel.
    pub external_id: Option<ExternalId>,
    /// When it was raised.
    pub raised: Period,
    /// When it was closed.
    pub closed: Option<Period>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Whether it is on time, or late.
    pub on_time: Option<bool>,
    /// Something is over.
    pub is_overdue: bool,
    /// Who owes.
    pub owed_by: Option<Party>,
    /// At least so bad.
    pub severity: Severity,
    /// Words of its reports.
    pub words: BTreeSet<String>,
    /// In which figure.
    pub counted: Option<Counted>,
}

/// Reads a filter; none lets all through.
pub fn read(filter: Option<wire::CaseFilter>) -> Result<Filter, Rejection> {
    let filter = filter.unwrap_or_default();
    let (unit_part, timeliness, outcome) =
        (filter.unit_part(), filter.timeliness(), filter.outcome());
    check_enums(&filter)?;
    let unit = convert::optional("filter.unit", filter.unit)?;
    if unit.is_none() && unit_part != UnitPart::Unspecified {
        let message = "unit_part says which part a unit has; right would be: unit as well";
        return Err(Rejection::invalid("UNIT_MISSING", "filter.unit", message));
    }
    let closed = period("filter.closed_to_ms", filter.closed_from_ms, filter.closed_to_ms)?;
    Ok(Filter {
        issue_type: convert::optional("filter.issue_type", filter.issue_type)?,
        stages: stages(&filter.stages)?,
        only_open: filter.only_open,
        unit,
        is_lead: unit_part == UnitPart::Lead,
        is_late: unit_part == UnitPart::Late,
        owner: party("filter.owner", &filter.owner)?,
        community: convert::optional("filter.community", filter.community)?,
        reporter: convert::optional("filter.reporter", filter.reporter)?,
        grid: convert::optional("filter.grid", filter.grid)?,
        subdistrict: convert::optional("filter.subdistrict", filter.subdistrict)?,
        channel: channel(filter.channel)?,
        external_id: convert::optional("filter.external_id", filter.external_id)?,
        raised: period("filter.raised_to_ms", filter.raised_from_ms, filter.raised_to_ms)?,
        closed: (closed != Period::default()).then_some(closed),
        outcome: crate::wire::outcome_in(outcome),
        on_time: match timeliness {
            Timeliness::Unspecified => None,
            Timeliness::OnTime => Some(true),
            Timeliness::Late => Some(false),
        },
        is_overdue: filter.overdue,
        owed_by: party("filter.owed_by", &filter.owed_by)?,
        severity: severity(filter.severity)?,
        words: wanted(&filter.words)?,
        counted: filter.counted.map(counted).transpose()?,
    })
}

/// Reads in which order cases are listed.
pub fn order(order: i32) -> Result<Order, Rejection> {
    Order::try_from(order).map_err(|_| unknown("order", order))
}

/// Reads by what is counted.
pub fn group_by(group_by: i32) -> Result<GroupBy, Rejection> {
    GroupBy::try_from(group_by).map_err(|_| unknown("group_by", group_by))
}

/// Reads what is rated: a period that begins, by what, and of which cases.
pub fn rating(
    filter: Option<&wire::CaseFilter>,
    from_ms: i64,
    to_ms: i64,
    by: i32,
) -> Result<Rating, Rejection> {
    if filter.is_some_and(|filter| filter.counted.is_some()) {
        let message =
            "a rate says itself what is counted; right would be: a filter without counted";
        return Err(Rejection::invalid("COUNTED_TWICE", "filter.counted", message));
    }
    if from_ms == 0 {
        let message = "a rate is of a period; right would be: from_ms, Unix milliseconds";
        return Err(Rejection::invalid("PERIOD_MISSING", "from_ms", message));
    }
    Rating::new(period("to_ms", from_ms, to_ms)?, group_by(by)?)
}

/// The field has a number that is none of its words.
fn unknown(field: &str, number: i32) -> Rejection {
    Rejection::invalid("UNKNOWN_WORD", field, format!("{field}: there is no {number}"))
}

fn check_enums(filter: &wire::CaseFilter) -> Result<(), Rejection> {
    let wire::CaseFilter { unit_part, timeliness, outcome, .. } = *filter;
    let known = [
        ("filter.unit_part", unit_part, UnitPart::try_from(unit_part).is_ok()),
        ("filter.timeliness", timeliness, Timeliness::try_from(timeliness).is_ok()),
        ("filter.outcome", outcome, proto::case::Outcome::try_from(outcome).is_ok()),
    ];
    match known.into_iter().find(|(_, _, is_known)| !is_known) {
        Some((field, number, _)) => Err(unknown(field, number)),
        None => Ok(()),
    }
}

fn party(field: &str, text: &str) -> Result<Option<Party>, Rejection> {
    if text.is_empty() { Ok(None) } else { convert::party(field, text).map(Some) }
}

fn channel(channel: i32) -> Result<Option<Channel>, Rejection> {
    if channel == 0 {
        return Ok(None);
    }
    let is_it = |one: &Channel| i32::from(proto::report::channel_out(*one)) == channel;
    let found = Channel::ALL.into_iter().find(is_it);
    found.map(Some).ok_or_else(|| unknown("filter.channel", channel))
}

fn severity(severity: i32) -> Result<Severity, Rejection> {
    let read = || proto::fact::severity_in(severity).map_err(|no| no.at("filter.severity"));
    if severity == 0 { Ok(Severity::Normal) } else { read() }
}

fn stages(stages: &[i32]) -> Result<BTreeSet<Stage>, Rejection> {
    if stages.len() > STAGES_MAX {
        let message = format!("stages names at most {STAGES_MAX}, not {}", stages.len());
        return Err(Rejection::invalid("TOO_MANY", "filter.stages", message));
    }
    let read = |stage: &i32| {
        let known = CaseStage::try_from(*stage).ok().and_then(crate::wire::stage_in);
        known.ok_or_else(|| unknown("filter.stages", *stage))
    };
    stages.iter().map(read).collect()
}

fn period(field: &str, from_ms: i64, to_ms: i64) -> Result<Period, Rejection> {
    let moment = |ms: i64| (ms != 0).then_some(Moment(ms));
    let (from, to) = (moment(from_ms), moment(to_ms));
    let is_wrong = from_ms < 0 || to_ms < 0 || from.zip(to).is_some_and(|(from, to)| from >= to);
    if is_wrong {
        let message = format!(
            "{field}: a period from {from_ms} to {to_ms}; right would be: Unix milliseconds, the \
             second later than the first"
        );
        return Err(Rejection::invalid("MALFORMED_PERIOD", field, message));
    }
    Ok(Period { from, to })
}

fn wanted(text: &str) -> Result<BTreeSet<String>, Rejection> {
    let field = "filter.words";
    let length = text.chars().count();
    if length > WORDS_MAX {
        let message = format!("{field}: at most {WORDS_MAX} characters, these are {length}");
        return Err(Rejection::invalid("TEXT_TOO_LONG", field, message));
    }
    words::wanted(text).ok_or_else(|| {
        let message = format!(
            "{field}: one Chinese character alone is not found; right would be: two or more"
        );
        Rejection::invalid("WORD_TOO_SHORT", field, message)
    })
}

fn counted(counted: wire::Counted) -> Result<Counted, Rejection> {
    let field = |name: &str| format!("filter.counted.{name}");
    let measure = Measure::try_from(counted.measure).ok();
    let Some(measure) = measure.filter(|measure| *measure != Measure::Unspecified) else {
        return Err(unknown(&field("measure"), counted.measure));
    };
    let side = Side::try_from(counted.side).map_err(|_| unknown(&field("side"), counted.side))?;
    Ok(Counted {
        measure,
        reached: match side {
            Side::Unspecified => None,
            Side::Reached => Some(true),
            Side::Missed => Some(false),
        },
        unit: convert::optional(&field("unit"), counted.unit)?,
        period: period(&field("to_ms"), counted.from_ms, counted.to_ms)?,
    })
}
