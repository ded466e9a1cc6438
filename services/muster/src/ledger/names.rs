//! The words of an export in Chinese and English: headings, enums, and the names of the pack.

use domain::{
    id::{CommunityId, GridId, IssueTypeId, UnitId},
    pack::City,
};
use proto::{
    case::{Channel, Duty, Outcome},
    whistle::{CaseStage, Timeliness},
};

use crate::{
    cases::which::word,
    cli::Language,
    operate::words::{self, Words},
};

/// The names of a city in a language.
pub(super) struct Names<'c> {
    pub(super) city: &'c City,
    pub(super) language: Language,
}

impl Names<'_> {
    /// One of two.
    pub(super) fn of(&self, zh: &str, en: &str) -> String {
        match self.language {
            Language::Zh => zh.to_owned(),
            Language::En => en.to_owned(),
        }
    }

    fn words(&self, words: Words) -> String {
        self.of(&words.zh, &words.en)
    }

    /// An issue type; its id where the pack has no such one.
    pub(super) fn issue(&self, id: &str) -> String {
        let found = IssueTypeId::parse(id).ok().and_then(|id| self.city.issues.get(&id));
        found.map_or_else(|| id.to_owned(), |issue| self.of(&issue.zh, &issue.en))
    }

    /// A unit.
    pub(super) fn unit(&self, id: &str) -> String {
        let found = UnitId::parse(id).ok().and_then(|id| self.city.unit(&id));
        found.map_or_else(|| id.to_owned(), |unit| self.of(&unit.zh, &unit.en))
    }

    /// A community.
    pub(super) fn community(&self, id: &str) -> String {
        let found = CommunityId::parse(id).ok().and_then(|id| self.city.community(&id));
        found.map_or_else(|| id.to_owned(), |known| self.of(&known.zh, &known.en))
    }

    /// The subdistrict of a cell.
    pub(super) fn subdistrict(&self, grid: &str) -> String {
        let cell = GridId::parse(grid).ok().and_then(|id| self.city.grid.get(&id));
        cell.map(|cell| self.unit(cell.subdistrict.as_str())).unwrap_or_default()
    }

    /// A party: a unit and an office by the pack, a community too.
    pub(super) fn party(&self, party: &str) -> String {
        match party.split_once('/') {
            Some(("unit" | "office", id)) => self.unit(id),
            Some(("community", id)) => self.community(id),
            _ => party.to_owned(),
        }
    }

    /// A stage.
    pub(super) fn stage(&self, stage: CaseStage) -> String {
        self.words(words::stage(stage))
    }

    /// A duty.
    pub(super) fn duty(&self, duty: Duty) -> String {
        self.words(words::duty(duty))
    }

    /// A channel.
    pub(super) fn channel(&self, channel: Channel) -> String {
        let zh = match channel {
            Channel::Unspecified | Channel::Grid => "网格",
            Channel::Community => "社区",
            Channel::Hotline => "12319热线",
            Channel::Citizen => "群众举报",
            Channel::Leader => "领导交办",
            Channel::Proposal => "建议提案",
            Channel::Petition => "信访",
            Channel::Patrol => "巡查",
            Channel::Sensor => "感知设备",
            Channel::Inspection => "督查反馈",
            Channel::Campaign => "专项行动摸排",
            Channel::Approval => "联审联批",
            Channel::Operation => "联合执法",
        };
        let en = match channel {
            Channel::Unspecified => "grid".to_owned(),
            Channel::Hotline => "hotline 12319".to_owned(),
            known => word(known.as_str_name(), "CHANNEL_"),
        };
        self.of(zh, &en)
    }

    /// How a case ended; nothing while it has not.
    pub(super) fn outcome(&self, outcome: Outcome) -> String {
        match outcome {
            Outcome::Unspecified => String::new(),
            Outcome::Confirmed => self.of("社区确认", "confirmed"),
            Outcome::Unconfirmed => self.of("社区未确认", "not confirmed"),
            Outcome::Merged => self.of("已并案", "merged"),
            Outcome::Withdrawn => self.of("已撤回", "withdrawn"),
        }
    }

    /// Whether it was on time; nothing where that is not decided.
    pub(super) fn timeliness(&self, timeliness: Timeliness) -> String {
        match timeliness {
            Timeliness::Unspecified => String::new(),
            Timeliness::OnTime => self.of("按期", "on time"),
            Timeliness::Late => self.of("超期", "late"),
        }
    }

    /// Yes or no.
    pub(super) fn yes(&self, is_so: bool) -> String {
        if is_so { self.of("是", "yes") } else { self.of("否", "no") }
    }
}
