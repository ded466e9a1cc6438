//! The fuzzer: libFuzzer over the target that `FUZZ_TARGET` names, with libFuzzer's own arguments.
//!
//! It refuses to start without the name of a target, and says which there are. `.ci/run fuzz` builds
//! it with counters (see `covered.sh`) and runs each target from the seeds in the tree.

#![no_main]
#![allow(unsafe_code)]

use std::sync::LazyLock;

use fuzz::TARGETS;

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let wanted = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|(name, ..)| *name == wanted);
    let names = TARGETS.map(|(name, ..)| name).join(", ");
    found.unwrap_or_else(|| panic!("FUZZ_TARGET is {wanted:?}, not one of {names}")).1
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| (*RUN)(data));
