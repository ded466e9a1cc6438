//! Which cases: the arguments of a filter, and a filter as the arguments that make it.

use clap::Args;
use proto::{
    case::{Channel, Outcome, Severity},
    ledger::{CaseFilter, Counted, GroupBy, Measure, Side, UnitPart},
    whistle::{CaseStage, Timeliness},
};

use crate::operate::moment::Spot;

/// Which cases; what is not given lets all through.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Which cases")]
pub struct Which {
    /// What sort of matter: `street_vending`.
    #[arg(long, value_name = "ID")]
    pub issue_type: Option<String>,
    /// In this stage: raised, assigning, called, working, confirming, closed. May be repeated.
    #[arg(long = "stage", value_name = "STAGE", value_parser = stage)]
    pub stages: Vec<CaseStage>,
    /// Not closed.
    #[arg(long)]
    pub open: bool,
    /// A unit that was called or owned it.
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<String>,
    /// The unit leads.
    #[arg(long, requires = "unit", conflicts_with = "late")]
    pub lead: bool,
    /// The task of the unit was not done at its due moment.
    #[arg(long, requires = "unit")]
    pub late: bool,
    /// Who owns it: `unit/housing`.
    #[arg(long, value_name = "PARTY")]
    pub owner: Option<String>,
    /// The community that whistled.
    #[arg(long, value_name = "ID")]
    pub community: Option<String>,
    /// A community that whistled or reported it again.
    #[arg(long, value_name = "ID")]
    pub reporter: Option<String>,
    /// The cell of the grid.
    #[arg(long, value_name = "ID")]
    pub grid: Option<String>,
    /// The subdistrict office of the cell.
    #[arg(long, value_name = "UNIT")]
    pub subdistrict: Option<String>,
    /// The channel: grid, community, hotline, citizen, leader, proposal, petition, patrol, sensor,
    /// inspection, campaign.
    #[arg(long, value_name = "CHANNEL", value_parser = channel)]
    pub channel: Option<Channel>,
    /// A number that it has in a channel.
    #[arg(long, value_name = "NUMBER")]
    pub external_id: Option<String>,
    /// Raised from this time on.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub raised_from: Option<i64>,
    /// Raised before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub raised_to: Option<i64>,
    /// Closed from this time on.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub closed_from: Option<i64>,
    /// Closed before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub closed_to: Option<i64>,
    /// How it ended: confirmed, unconfirmed, merged, …
    #[arg(long, value_name = "OUTCOME", value_parser = outcome)]
    pub outcome: Option<Outcome>,
    /// Whether it is on time: on_time (and closed), late (closed or not).
    #[arg(long, value_name = "WHICH", value_parser = timeliness)]
    pub timeliness: Option<Timeliness>,
    /// Something is owed in it, and its due moment has passed.
    #[arg(long)]
    pub overdue: bool,
    /// This party owes something; with --overdue, what is over.
    #[arg(long, value_name = "PARTY")]
    pub owed_by: Option<String>,
    /// At least so bad: normal, serious, emergency.
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub severity: Option<Severity>,
    /// All these words are in what was reported.
    #[arg(long)]
    pub words: Option<String>,
    /// It is counted in this figure of the rates: on_time, satisfied_first, satisfied_final.
    #[arg(long, value_name = "MEASURE", value_parser = measure)]
    pub counted: Option<Measure>,
    /// On which side of that figure: reached, missed.
    #[arg(long, value_name = "SIDE", value_parser = side, requires = "counted")]
    pub side: Option<Side>,
    /// By the task of this unit.
    #[arg(long, value_name = "UNIT", requires = "counted")]
    pub counted_unit: Option<String>,
    /// Counted from this time on.
    #[arg(long, value_name = "TIME", value_parser = time, requires = "counted")]
    pub counted_from: Option<i64>,
    /// Counted before this time.
    #[arg(long, value_name = "TIME", value_parser = time, requires = "counted")]
    pub counted_to: Option<i64>,
}

impl Which {
    /// As it is asked for.
    pub fn filter(&self) -> CaseFilter {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let part = match (self.lead, self.late) {
            (true, _) => UnitPart::Lead,
            (_, true) => UnitPart::Late,
            _ => UnitPart::Unspecified,
        };
        let counted = self.counted.map(|measure| Counted {
            measure: measure.into(),
            side: self.side.unwrap_or_default().into(),
            unit: text(&self.counted_unit),
            from_ms: self.counted_from.unwrap_or(0),
            to_ms: self.counted_to.unwrap_or(0),
        });
        CaseFilter {
            issue_type: text(&self.issue_type),
            stages: self.stages.iter().map(|stage| (*stage).into()).collect(),
            only_open: self.open,
            unit: text(&self.unit),
            unit_part: part.into(),
            owner: text(&self.owner),
            community: text(&self.community),
            grid: text(&self.grid),
            subdistrict: text(&self.subdistrict),
            channel: self.channel.unwrap_or_default().into(),
            external_id: text(&self.external_id),
            raised_from_ms: self.raised_from.unwrap_or(0),
            raised_to_ms: self.raised_to.unwrap_or(0),
            closed_from_ms: self.closed_from.unwrap_or(0),
            closed_to_ms: self.closed_to.unwrap_or(0),
            outcome: self.outcome.unwrap_or_default().into(),
            timeliness: self.timeliness.unwrap_or_default().into(),
            overdue: self.overdue,
            owed_by: text(&self.owed_by),
            words: text(&self.words),
            counted,
            reporter: text(&self.reporter),
            severity: self.severity.unwrap_or_default().into(),
        }
    }
}

/// The arguments that make this filter again.
pub fn arguments(filter: &CaseFilter) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut say = |name: &str, value: String| {
        if !value.is_empty() {
            arguments.extend([format!("--{name}"), value]);
        }
    };
    let ms = |ms: i64| if ms == 0 { String::new() } else { format!("{ms}ms") };
    say("issue-type", filter.issue_type.clone());
    filter.stages().for_each(|stage| say("stage", word(stage.as_str_name(), STAGE)));
    say("unit", filter.unit.clone());
    say("owner", filter.owner.clone());
    say("community", filter.community.clone());
    say("reporter", filter.reporter.clone());
    say("grid", filter.grid.clone());
    say("subdistrict", filter.subdistrict.clone());
    say("channel", word(filter.channel().as_str_name(), CHANNEL));
    say("external-id", filter.external_id.clone());
    say("raised-from", ms(filter.raised_from_ms));
    say("raised-to", ms(filter.raised_to_ms));
    say("closed-from", ms(filter.closed_from_ms));
    say("closed-to", ms(filter.closed_to_ms));
    say("outcome", word(filter.outcome().as_str_name(), OUTCOME));
    say("timeliness", word(filter.timeliness().as_str_name(), TIMELINESS));
    say("owed-by", filter.owed_by.clone());
    say("severity", word(filter.severity().as_str_name(), SEVERITY));
    say("words", filter.words.clone());
    if let Some(counted) = &filter.counted {
        say("counted", word(counted.measure().as_str_name(), MEASURE));
        say("side", word(counted.side().as_str_name(), SIDE));
        say("counted-unit", counted.unit.clone());
        say("counted-from", ms(counted.from_ms));
        say("counted-to", ms(counted.to_ms));
    }
    let flags = [
        ("--open", filter.only_open),
        ("--overdue", filter.overdue),
        ("--lead", filter.unit_part() == UnitPart::Lead),
        ("--late", filter.unit_part() == UnitPart::Late),
    ];
    let given = flags.into_iter().filter(|(_, is_given)| *is_given);
    arguments.extend(given.map(|(flag, _)| flag.to_owned()));
    arguments
}

const STAGE: &str = "CASE_STAGE_";
const CHANNEL: &str = "CHANNEL_";
const OUTCOME: &str = "OUTCOME_";
const TIMELINESS: &str = "TIMELINESS_";
const SEVERITY: &str = "SEVERITY_";
const MEASURE: &str = "MEASURE_";
const SIDE: &str = "SIDE_";
const GROUP: &str = "GROUP_BY_";

/// A word of the contract as it is typed; nothing for what is not said.
pub fn word(name: &str, prefix: &str) -> String {
    let word = name.strip_prefix(prefix).unwrap_or(name).to_lowercase();
    if word == "unspecified" { String::new() } else { word }
}

fn named<T>(text: &str, prefix: &str, of: fn(&str) -> Option<T>) -> Result<T, String> {
    let name = format!("{prefix}{}", text.replace('-', "_").to_uppercase());
    let found = of(&name).filter(|_| !text.eq_ignore_ascii_case("unspecified"));
    found.ok_or_else(|| "there is no such word; --help has those that there are".to_owned())
}

fn stage(text: &str) -> Result<CaseStage, String> {
    named(text, STAGE, CaseStage::from_str_name)
}

fn channel(text: &str) -> Result<Channel, String> {
    named(text, CHANNEL, Channel::from_str_name)
}

fn outcome(text: &str) -> Result<Outcome, String> {
    named(text, OUTCOME, Outcome::from_str_name)
}

fn timeliness(text: &str) -> Result<Timeliness, String> {
    named(text, TIMELINESS, Timeliness::from_str_name)
}

fn severity(text: &str) -> Result<Severity, String> {
    named(text, SEVERITY, Severity::from_str_name)
}

fn measure(text: &str) -> Result<Measure, String> {
    named(text, MEASURE, Measure::from_str_name)
}

fn side(text: &str) -> Result<Side, String> {
    named(text, SIDE, Side::from_str_name)
}

/// By what cases are counted.
pub fn group_by(text: &str) -> Result<GroupBy, String> {
    named(text, GROUP, GroupBy::from_str_name)
}

/// A time: a day, a time, how long ago, or the milliseconds that a figure has (`1795312800000ms`).
pub fn time(text: &str) -> Result<i64, String> {
    let right = || {
        "right would be: a day (2026-11-22), a time (2026-11-22T08:00:00+08:00) or how long ago (30m)"
            .to_owned()
    };
    // No span of time is as long as the moments of this century are.
    let exact = text.strip_suffix("ms").and_then(|ms| ms.parse::<i64>().ok());
    if let Some(ms) = exact.filter(|ms| *ms > 1_000_000_000_000) {
        return Ok(ms);
    }
    match text.parse() {
        Ok(Spot::At(at)) => Ok(at.0),
        _ => Err(right()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        which: Which,
    }

    #[test]
    fn a_filter_is_made_again_from_its_arguments() {
        let line = "--issue-type street_vending --stage called --stage working --open --unit housing \
                    --late --owner unit/housing --community c --reporter d --grid g --subdistrict s \
                    --channel hotline --external-id 4711 --raised-from 2026-11-22 --raised-to 2027-01-01 \
                    --closed-from 2026-11-22 --closed-to 2027-01-01 --outcome confirmed --timeliness late \
                    --overdue --owed-by unit/housing --severity serious --words 摊点 --counted on_time \
                    --side missed --counted-unit housing --counted-from 2026-11-01 --counted-to 2026-12-01";
        let read = |arguments: Vec<String>| {
            let arguments = ["line".to_owned()].into_iter().chain(arguments);
            Line::try_parse_from(arguments).unwrap().which.filter()
        };
        let filter = read(line.split_whitespace().map(str::to_owned).collect());
        assert_eq!(filter.raised_from_ms, 1_795_305_600_000);
        assert_eq!(read(arguments(&filter)), filter);
        assert_eq!(read(arguments(&CaseFilter::default())), CaseFilter::default());
    }

    #[test]
    fn a_word_that_is_not_there_and_a_time_that_is_none_are_refused() {
        assert!(stage("calld").is_err() && stage("unspecified").is_err());
        assert_eq!(group_by("issue-type"), Ok(GroupBy::IssueType));
        assert_eq!(time("1795312800000ms"), Ok(1_795_312_800_000));
        for wrong in ["", "4711", "now", "yesterday", "2026-02-30"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
