//! What comes to the flow from outside, read in code: whatever it is, it can be read.
//!
//! A signal or an input that does not decode would fail the flow's task for ever. So all JSON is
//! taken, and what has another form than ours is as if it were empty.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{attributes::Shown, policy};

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

/// Something that the flow must know: a reason to look, not the fact itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct Milestone {
    /// The envelope that says so; a repeat with the same one wakes nobody.
    pub id: String,
    /// What it is, for people who read the history.
    pub name: String,
}

impl From<Value> for Milestone {
    fn from(value: Value) -> Milestone {
        Milestone { id: field(&value, "id"), name: field(&value, "name") }
    }
}

fn field<T: DeserializeOwned + Default>(value: &Value, name: &str) -> T {
    value.get(name).and_then(|field| T::deserialize(field).ok()).unwrap_or_default()
}

/// The milestones that were heard, the last ones only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Heard(Vec<String>);

impl Heard {
    /// Remembers an id; says whether it is new. One without an id is always new.
    pub fn is_new(&mut self, id: String) -> bool {
        if id.is_empty() {
            return true;
        }
        if self.0.contains(&id) {
            return false;
        }
        if self.0.len() >= policy::HEARD_MAX {
            self.0.remove(0);
        }
        self.0.push(id);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_repeat_is_known_and_memory_is_bounded() {
        let mut heard = Heard::default();
        assert!(heard.is_new("a".into()) && !heard.is_new("a".into()));
        assert!(heard.is_new(String::new()) && heard.is_new(String::new()));
        for number in 0..policy::HEARD_MAX {
            assert!(heard.is_new(number.to_string()));
        }
        assert_eq!(heard.0.len(), policy::HEARD_MAX);
        assert!(heard.is_new("a".into()));
    }
}
