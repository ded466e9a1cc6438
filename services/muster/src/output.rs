//! What a person or a script reads: the only place that prints.
//!
//! With `--output json` each line of standard output is one JSON object with an `event`, and human
//! text never mixes with it. Progress for people goes to standard output, logs to standard error.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where printing belongs")]

use std::{
    io::{self, Write},
    process::ExitCode,
};

use serde_json::Value;

use crate::cli::Format;

/// A way to say things.
#[derive(Clone, Copy, Debug)]
pub struct Output(Format);

impl Output {
    /// In this format.
    pub fn new(format: Format) -> Output {
        Output(format)
    }

    /// Says one thing: the text to people, the object to scripts.
    pub fn say(&self, text: impl AsRef<str>, event: &str, object: Value) {
        let line = match self.0 {
            Format::Human => text.as_ref().to_owned(),
            Format::Json => {
                let mut whole = serde_json::Map::new();
                whole.insert("event".to_owned(), event.into());
                if let Value::Object(fields) = object {
                    whole.extend(fields);
                }
                Value::Object(whole).to_string()
            }
        };
        // A reader that has gone away is no reason to stop a system.
        let _gone = writeln!(io::stdout().lock(), "{line}");
    }

    /// Says what only scripts want to read: people have it in a table.
    pub fn object(&self, event: &str, object: Value) {
        if self.0 == Format::Json {
            self.say("", event, object);
        }
    }

    /// Says what only people want to read.
    pub fn tell(&self, text: impl AsRef<str>) {
        if self.0 == Format::Human {
            let _gone = writeln!(io::stdout().lock(), "{}", text.as_ref());
        }
    }
}

/// Says why it failed, with every cause, and gives the status.
pub fn failed(error: &anyhow::Error) -> ExitCode {
    let _gone = writeln!(io::stderr().lock(), "muster: {error:#}");
    ExitCode::FAILURE
}
