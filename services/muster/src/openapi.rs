//! `muster openapi`: the document of a door, the same as it says itself at `/openapi.json`.

use std::process::ExitCode;

use kit::server::json::{document, services};

use crate::{
    cli::{Format, Openapi},
    output::Output,
};

/// Prints the document; it is JSON whatever the format.
pub fn run(asked: &Openapi) -> anyhow::Result<ExitCode> {
    let document = document(services(asked.role.role()));
    Output::new(Format::Human).tell(serde_json::to_string_pretty(&document)?);
    Ok(ExitCode::SUCCESS)
}
