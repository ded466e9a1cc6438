//! What can be searched for in Temporal: a few words about each case.
//!
//! They are a convenience for administrators and never the record. The stage is the one of the
//! flow's last look: it follows milestones and deadlines, not every fact.

use std::time::{Duration, UNIX_EPOCH};

use domain::{case::owes, moment::Moment};
use serde::{Deserialize, Serialize};
use temporalio_common::search_attributes::{SearchAttributeKey, SearchAttributeUpdate, Timestamp};

use crate::activities::Picture;

/// Where the case stands.
pub const STAGE: SearchAttributeKey<String> = SearchAttributeKey::keyword("MusterStage");
/// The units of the present round.
pub const UNITS: SearchAttributeKey<Vec<String>> = SearchAttributeKey::keyword_list("MusterUnits");
/// The cell of the grid.
pub const GRID: SearchAttributeKey<String> = SearchAttributeKey::keyword("MusterGrid");
/// The kind of matter.
pub const ISSUE_TYPE: SearchAttributeKey<String> = SearchAttributeKey::keyword("MusterIssueType");
/// Who owns it.
pub const OWNER: SearchAttributeKey<String> = SearchAttributeKey::keyword("MusterOwner");
/// The next moment by which somebody owes something.
pub const DUE_AT: SearchAttributeKey<Timestamp> = SearchAttributeKey::datetime("MusterDueAt");
/// The round.
pub const ROUND: SearchAttributeKey<i64> = SearchAttributeKey::int("MusterRound");

/// Every attribute with its type, as the development server is told of them.
pub const ALL: [(&str, &str); 7] = [
    ("MusterStage", "Keyword"),
    ("MusterUnits", "KeywordList"),
    ("MusterGrid", "Keyword"),
    ("MusterIssueType", "Keyword"),
    ("MusterOwner", "Keyword"),
    ("MusterDueAt", "Datetime"),
    ("MusterRound", "Int"),
];

/// What a flow has shown last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shown {
    stage: String,
    units: Vec<String>,
    owner: String,
    due_at: Option<Moment>,
    round: u32,
}

impl Shown {
    /// What a picture has to show.
    pub fn of(picture: &Picture) -> Shown {
        let Picture { course, limits } = picture;
        Shown {
            stage: course.stage.word().to_owned(),
            units: course.parts.keys().map(ToString::to_string).collect(),
            owner: course.owner.to_string(),
            due_at: owes(course, limits).first().map(|owed| owed.due),
            round: course.round,
        }
    }

    /// Where the case stands.
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// What has to be told to Temporal so that it shows this and no longer `before`.
    pub fn since(&self, before: &Shown) -> Vec<SearchAttributeUpdate> {
        let mut updates = Vec::new();
        if self.stage != before.stage {
            updates.push(STAGE.value_set(self.stage.clone()));
        }
        if self.units != before.units {
            updates.push(UNITS.value_set(self.units.clone()));
        }
        if self.owner != before.owner {
            updates.push(OWNER.value_set(self.owner.clone()));
        }
        // Server 1.32 fails the task when a moment is unset: the last one stands when nothing is
        // owed any more, which is only when the case is closed.
        if let Some(at) = self.due_at.filter(|_| self.due_at != before.due_at) {
            updates.push(due(at));
        }
        if self.round != before.round {
            updates.push(ROUND.value_set(i64::from(self.round)));
        }
        updates
    }
}

fn due(at: Moment) -> SearchAttributeUpdate {
    let since = Duration::from_millis(u64::try_from(at.0).unwrap_or(0));
    DUE_AT.value_set(Timestamp::from(UNIX_EPOCH + since))
}
