//! Compiles the protos with protox, so that no `protoc` is needed, and keeps their descriptors for
//! server reflection. Maps are ordered: an envelope has one encoding, and so one fingerprint.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

const FILES: [&str; 9] = [
    "muster/bus/v1/bus.proto",
    "muster/case/v1/fact.proto",
    "muster/envelope/v1/envelope.proto",
    "muster/evidence/v1/evidence.proto",
    "muster/page/v1/page.proto",
    "muster/record/v1/record.proto",
    "muster/register/v1/register.proto",
    "muster/unit/v1/unit.proto",
    "muster/whistle/v1/whistle.proto",
];

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script by the environment")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=muster");
    let descriptors = protox::compile(FILES, ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().btree_map(".").compile_fds(descriptors)?;
    Ok(())
}
