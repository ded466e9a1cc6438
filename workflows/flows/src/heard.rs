//! What a flow is told from outside, read in code: whatever it is, it can be read.
//!
//! A signal that does not decode would fail the flow's task for ever. So all JSON is taken, and what
//! has another form than ours is as if it were empty.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::policy;

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

/// A field of what came; what can't be read is as if it were not there.
pub(crate) fn field<T: DeserializeOwned + Default>(value: &Value, name: &str) -> T {
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
