//! How the story is told: times of the city, names of units, who owes what.

use domain::pack::City;
use proto::{
    case::Duty,
    whistle::{Case, CaseStage},
};

/// A moment on the city's clock.
pub fn clock(city: &City, at_ms: i64) -> String {
    let local = at_ms / 1_000 + i64::from(city.utc_offset_minutes) * 60;
    let day = local.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", day / 3_600, day / 60 % 60, day % 60)
}

/// A party as people know it: `Housing… (市住房城乡建设局)`.
pub fn party(city: &City, party: &str) -> String {
    let id = party.split_once('/').map_or(party, |(_, id)| id);
    let unit = city.units.iter().find(|(unit, _)| unit.as_str() == id);
    let community = city.communities.iter().find(|(community, _)| community.as_str() == id);
    match (unit, community) {
        (Some((_, unit)), _) => format!("{} ({})", unit.en, unit.zh),
        (_, Some((_, community))) => format!("{} ({})", community.en, community.zh),
        _ => party.to_owned(),
    }
}

/// Who owes what until when, a line each.
pub fn owed(city: &City, case: &Case) -> Vec<String> {
    let line = |owed: &proto::whistle::Owed| {
        let what = match owed.duty() {
            Duty::Assign => "name the lead",
            Duty::Accept => "accept or refuse",
            Duty::Arrive => "arrive",
            Duty::Dispose => "dispose",
            Duty::Declare => "declare",
            Duty::Confirm => "confirm or send back",
            Duty::Answer => "answer the direct report",
            Duty::Opine => "say whose matter it is",
            Duty::Rule => "rule whose matter it is",
            Duty::Find => "find",
            Duty::Unspecified => "?",
        };
        let (who, until) = (party(city, &owed.party), clock(city, owed.due_at_ms));
        format!("           owes: {who} must {what} until {until}")
    };
    case.owed.iter().map(line).collect()
}

/// The stage in a word.
pub fn stage(stage: CaseStage) -> &'static str {
    stage.as_str_name().trim_start_matches("CASE_STAGE_")
}
