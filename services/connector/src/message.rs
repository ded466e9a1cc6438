//! One message for outside, in the terms of CloudEvents 1.0 as JSON.

use serde_json::{Value, json};

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

impl Message {
    /// The body; the same bytes for every try.
    pub fn body(&self) -> Vec<u8> {
        let event = json!({
            "specversion": "1.0",
            "id": self.key,
            "source": self.source,
            "type": self.kind,
            "subject": self.subject,
            "datacontenttype": "application/json",
            "data": self.data,
        });
        event.to_string().into_bytes()
    }
}
