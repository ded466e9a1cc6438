//! The one binary of Muster. See the library for what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    muster::main()
}
