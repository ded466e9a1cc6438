//! One message for outside, in the terms of CloudEvents 1.0 as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The same for every try, and of no other message.
    pub key: String,
    /// Who says it: `/muster/<city>`.
    pub source: String,
    /// What it is: `muster.credit.listed`.
    pub kind: String,
    /// About whom.
    pub subject: String,
    /// What is said; the same for every try.
    pub data: Value,
    /// More attributes of the event: `time`, `traceparent`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

impl Message {
    /// The body; the same bytes for every try.
    pub fn body(&self) -> Vec<u8> {
        let mut event = json!({
            "specversion": "1.0",
            "id": self.key,
            "source": self.source,
            "type": self.kind,
            "subject": self.subject,
            "datacontenttype": "application/json",
            "data": self.data,
        });
        for (name, text) in &self.attributes {
            event[name] = text.as_str().into();
        }
        event.to_string().into_bytes()
    }
}
