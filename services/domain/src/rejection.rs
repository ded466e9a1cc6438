//! Why a command is not carried out: three kinds, one reason, the field at fault.
//!
//! A rejection is an answer and not an accident: it says what is wrong, where, and what would be
//! right. It changes nothing and is not recorded: the same request may succeed later. It never
//! carries internals.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The input is wrong; the same command will never succeed.
    Invalid,
    /// The caller may not do this.
    Forbidden,
    /// There is no such thing.
    Unknown,
    /// The state does not allow it (any more); read again and decide anew.
    Conflict,
    /// Too much at once; wait and try again.
    Exhausted,
    /// Not now; the same command may succeed later.
    Unavailable,
}

/// The answer no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}: {message}")]
pub struct Rejection {
    /// What the caller can do.
    pub kind: Kind,
    /// A stable word for programs, `UPPER_SNAKE`.
    pub reason: String,
    /// A sentence for people: what is wrong and what would be right.
    pub message: String,
    /// The field at fault, as the interface names it; empty when no single one is.
    #[serde(default)]
    pub field: String,
}

impl Rejection {
    fn new(kind: Kind, reason: &str, message: impl fmt::Display) -> Rejection {
        let message = message.to_string();
        Rejection { kind, reason: reason.to_owned(), message, field: String::new() }
    }

    /// Wrong input.
    pub fn invalid(reason: &str, field: &str, message: impl fmt::Display) -> Rejection {
        Rejection::new(Kind::Invalid, reason, message).at(field)
    }

    /// Not allowed.
    pub fn forbidden(reason: &str, message: impl fmt::Display) -> Rejection {
        Rejection::new(Kind::Forbidden, reason, message)
    }

    /// No such thing.
    pub fn unknown(reason: &str, field: &str, message: impl fmt::Display) -> Rejection {
        Rejection::new(Kind::Unknown, reason, message).at(field)
    }

    /// Not in this state.
    pub fn conflict(reason: &str, message: impl fmt::Display) -> Rejection {
        Rejection::new(Kind::Conflict, reason, message)
    }

    /// A limit is reached.
    pub fn exhausted(reason: &str, message: impl fmt::Display) -> Rejection {
        Rejection::new(Kind::Exhausted, reason, message)
    }

    /// Not now.
    pub fn unavailable(reason: &str, message: impl fmt::Display) -> Rejection {
        Rejection::new(Kind::Unavailable, reason, message)
    }

    /// Names the field at fault.
    pub fn at(mut self, field: &str) -> Rejection {
        self.field = field.to_owned();
        self
    }
}
