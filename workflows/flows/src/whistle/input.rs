//! With what a flow begins, read in code: whatever it is, it can be read.
//!
//! An input that does not decode would fail the flow's task for ever; see [`crate::heard`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    attributes::Shown,
    heard::{Heard, field},
};

/// With what a flow begins, and what it carries into its next run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct CaseInput {
    /// The case.
    pub case_id: String,
    /// The milestones that were heard.
    pub heard: Heard,
    /// What was shown last.
    pub shown: Shown,
}

impl CaseInput {
    /// The beginning of a case.
    pub fn of(case_id: impl Into<String>) -> CaseInput {
        CaseInput { case_id: case_id.into(), ..CaseInput::default() }
    }
}

impl From<Value> for CaseInput {
    fn from(value: Value) -> CaseInput {
        CaseInput {
            case_id: field(&value, "case_id"),
            heard: field(&value, "heard"),
            shown: field(&value, "shown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heard::Milestone;

    #[test]
    fn whatever_comes_can_be_read() {
        for text in ["null", "42", "[]", "\"x\"", "{}", r#"{"id":7,"name":[]}"#] {
            let told: Milestone = serde_json::from_str(text).unwrap();
            assert_eq!(told, Milestone::default(), "{text}");
            let input: CaseInput = serde_json::from_str(text).unwrap();
            assert_eq!(input, CaseInput::default(), "{text}");
        }
        let text = r#"{"case_id":"1","heard":7,"shown":{"round":2,"later":true}}"#;
        let input: CaseInput = serde_json::from_str(text).unwrap();
        assert_eq!(input.case_id, "1");
        let again: CaseInput =
            serde_json::from_str(&serde_json::to_string(&input).unwrap()).unwrap();
        assert_eq!(again, input);
    }
}
