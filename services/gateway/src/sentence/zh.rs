//! The sentences in Chinese, in the words of the mechanism: 吹哨、报到、督办、直报、批示.

pub(super) mod life;
mod local;
mod phrase;
pub(crate) mod words;

use domain::{
    case::{
        Fact, Outcome, Proxied, Report, Whistle,
        fact::{Called, Routed, Rung},
    },
    party::Party,
};

use super::{
    Speech,
    shape::{Call, Raised, Same, Way},
};

/// What a chief of a road says, of the unit that has the road.
pub(super) fn by_chief(say: Speech<'_>, by: &Party, fact: &Fact) -> String {
    let who = say.party(by);
    match fact {
        Fact::Confirmed { ratings, .. } => {
            format!("{who}的路长确认已办结{}", say.stars(ratings))
        }
        fact => format!("{}（由{who}的路长吹哨）", of(say, fact)),
    }
}

/// The sentence for a fact.
pub(super) fn of(say: Speech<'_>, fact: &Fact) -> String {
    match fact {
        Fact::Whistled(whistle) => whistled(say, whistle),
        Fact::Routed(routed) => route(say, routed),
        Fact::Assigned { round, lead, assigned_by, note, .. } => {
            let (who, lead, note) = (say.party(assigned_by), say.unit(lead), say.after(note));
            format!("{who}指定{lead}为第 {round} 轮牵头单位{note}")
        }
        Fact::Called(called) => call(say, called),
        Fact::Accepted { unit, .. } => format!("{}已报到", say.unit(unit)),
        Fact::Refused { unit, reason, named_unit, .. } => {
            let (unit, reason) = (say.unit(unit), say.after(reason));
            format!("{unit}不接受任务{reason}{}", named(say, named_unit.as_ref()))
        }
        Fact::Arrived { unit, .. } => format!("{}已到场", say.unit(unit)),
        Fact::Disposed { unit, summary, .. } => {
            format!("{}处置完毕{}", say.unit(unit), say.after(summary))
        }
        Fact::Declared { unit, summary, .. } => {
            format!("{}申报办结{}", say.unit(unit), say.after(summary))
        }
        Fact::Confirmed { ratings, .. } => format!("社区确认已办结{}", say.stars(ratings)),
        Fact::SentBack { round, reason, .. } => {
            format!("社区将第 {round} 轮处置结果退回重办{}", say.after(reason))
        }
        Fact::Reminded(one) => limit(say, one, "提醒"),
        Fact::Urged(one) => limit(say, one, "督办"),
        Fact::ReportedAgain(report) => again(say, report),
        Fact::Merged { into, confirmed_by, note } => {
            let (who, note) = (say.party(confirmed_by), say.after(note));
            format!("{who}认定与 {into} 为同一事项，并案至 {into} 继续办理{note}")
        }
        Fact::ToldApart { other, said_by, note } => {
            let (who, note) = (say.party(said_by), say.after(note));
            format!("{who}认定与 {other} 不是同一事项，不予并案{note}")
        }
        Fact::HandedOver { lead, basis, decided_by, .. } => {
            let (who, lead, basis) = (say.party(decided_by), say.unit(lead), by_law(say, basis));
            format!("{who}将案件移交{lead}{basis}")
        }
        Fact::Ladder(said) => life::ladder(say, said),
        Fact::Dispute(said) => life::dispute(say, said),
        Fact::Timing(said) => life::timing(say, said),
        Fact::Finding(said) => life::finding(say, said),
        Fact::Local(said) => local::said(say, said),
        Fact::Proxied(Proxied { by, act }) => {
            format!("{}（由{}代办）", of(say, act), say.unit(by))
        }
        Fact::Closed { outcome, .. } => closed(*outcome).to_owned(),
    }
}

fn whistled(say: Speech<'_>, whistle: &Whistle) -> String {
    let who = say.community(whistle.community.as_str());
    let (issue, seen) = (say.issue(&whistle.issue_type), say.after(&whistle.description));
    let does = match Raised::of(whistle) {
        Raised::Complained(about) => return format!("{who}投诉{}{seen}", say.unit(about)),
        Raised::Approved => "联审联批转来事项".to_owned(),
        Raised::Left => "联合执法移交后续事项".to_owned(),
        Raised::Blown => format!("{who}吹哨"),
    };
    format!("{does}：{issue}，网格 {}{seen}", whistle.grid)
}

fn call(say: Speech<'_>, called: &Called) -> String {
    let (unit, lead) = (say.unit(&called.unit), say.unit(&called.lead));
    match Call::of(called) {
        Call::Proxy => format!("{unit}未接入系统，通知{lead}代办"),
        Call::Cooperate => format!("通知{unit}报到，配合{lead}"),
        Call::Lead => format!("通知{unit}报到并牵头"),
    }
}

fn closed(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Confirmed => "社区已确认，办结",
        Outcome::Merged => "并案办结，事项由另一案继续办理",
        Outcome::Withdrawn => "撤回办结，不计入任何统计",
        Outcome::Unconfirmed => "社区未答复，办结，不计为满意",
    }
}

fn again(say: Speech<'_>, report: &Report) -> String {
    let (who, intake) = (say.community(report.reporter.as_str()), &report.intake);
    let number = intake.external_id.as_ref().map(|number| format!("编号 {number}，"));
    let why = match Same::of(report) {
        Same::Before(case) => format!("原属 {case}"),
        Same::Said => "人工认定为同一事项".to_owned(),
        Same::Number => "编号相同".to_owned(),
        Same::Place(metres) => format!("地点相同，相距 {metres} 米以内"),
    };
    let (channel, number) = (words::channel(intake.channel), number.unwrap_or_default());
    let seen = say.after(&report.description);
    format!("{who}通过{channel}重复举报（{number}{why}）{seen}")
}

fn route(say: Speech<'_>, routed: &Routed) -> String {
    let (round, owner, basis) =
        (routed.round, say.party(&routed.owner), by_law(say, &routed.basis));
    match Way::of(routed) {
        Way::Led(lead) => {
            let beside = match routed.cooperating.as_slice() {
                [] => String::new(),
                cooperating => format!("，{}配合", say.units(cooperating)),
            };
            format!("第 {round} 轮：{}牵头{beside}{basis}", say.unit(lead))
        }
        Way::Owned => format!("第 {round} 轮由{owner}负责{basis}"),
        Way::ToName(next) => {
            let among = match routed.candidates.as_slice() {
                [] => String::new(),
                candidates => format!("从{}中", say.units(candidates)),
            };
            format!("待{owner}{among}指定第 {next} 轮牵头单位{basis}")
        }
    }
}

/// On what a route rests; the system's own words are Chinese here, a person's stay.
fn by_law(say: Speech<'_>, basis: &str) -> String {
    match phrase::read(say, basis) {
        Some(known) => format!("，{known}"),
        None => say.after(basis),
    }
}

/// Whom a unit holds responsible instead.
fn named(say: Speech<'_>, unit: Option<&domain::id::UnitId>) -> String {
    unit.map(|unit| format!("；认为属{}职责", say.unit(unit))).unwrap_or_default()
}

fn limit(say: Speech<'_>, rung: &Rung, told: &str) -> String {
    let (who, duty, due) = (say.party(&rung.party), words::duty(rung.duty), say.time(rung.due));
    format!("{told}{who}{duty}，时限为 {due}")
}
