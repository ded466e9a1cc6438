//! Compiles the protos with protox, so that no `protoc` is needed, and keeps their descriptors for
//! server reflection. Maps are ordered: an envelope has one encoding, and so one fingerprint.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;
use prost_types::{FileDescriptorSet, field_descriptor_proto::Type};

const FILES: &[&str] = &[
    "muster/accountability/v1/accountability.proto",
    "muster/approval/v1/approval.proto",
    "muster/ask/v1/ask.proto",
    "muster/bus/v1/bus.proto",
    "muster/bus/v1/parking.proto",
    "muster/bus/v1/place.proto",
    "muster/bus/v1/proof.proto",
    "muster/bus/v1/status.proto",
    "muster/bus/v1/subscriber.proto",
    "muster/case/v1/dispute.proto",
    "muster/case/v1/fact.proto",
    "muster/case/v1/finding.proto",
    "muster/case/v1/ladder.proto",
    "muster/case/v1/local.proto",
    "muster/case/v1/timing.proto",
    "muster/contact/v1/contact.proto",
    "muster/credit/v1/credit.proto",
    "muster/decision/v1/decision.proto",
    "muster/decision/v1/fact.proto",
    "muster/decision/v1/standing.proto",
    "muster/envelope/v1/envelope.proto",
    "muster/evidence/v1/evidence.proto",
    "muster/grid/v1/grid.proto",
    "muster/incident/v1/incident.proto",
    "muster/inspection/v1/fact.proto",
    "muster/inspection/v1/inspection.proto",
    "muster/ledger/v1/ledger.proto",
    "muster/ledger/v1/trace.proto",
    "muster/notice/v1/notice.proto",
    "muster/operation/v1/fact.proto",
    "muster/operation/v1/operation.proto",
    "muster/operation/v1/shown.proto",
    "muster/outage/v1/outage.proto",
    "muster/notification/v1/notification.proto",
    "muster/outside/v1/outside.proto",
    "muster/page/v1/page.proto",
    "muster/record/v1/record.proto",
    "muster/register/v1/register.proto",
    "muster/registry/v1/registry.proto",
    "muster/unit/v1/unit.proto",
    "muster/whistle/v1/clock.proto",
    "muster/whistle/v1/dispute.proto",
    "muster/whistle/v1/finding.proto",
    "muster/whistle/v1/ladder.proto",
    "muster/whistle/v1/merge.proto",
    "muster/whistle/v1/standing.proto",
    "muster/whistle/v1/whistle.proto",
];

/// What carries envelopes on without looking at them.
const BUS: &str = "muster/bus/v1/";
const ENVELOPE: &str = ".muster.envelope.v1.Envelope";

/// What has no envelope in it and is made by one crate for everybody: one type in both contracts.
const PROOF: [&str; 8] = [
    "Proof",
    "ProofAlgorithm",
    "Portion",
    "NumberRange",
    "Proofs",
    "CertificateChain",
    "ShownProof",
    "ShownPortion",
];

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script by the environment")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=muster");
    let descriptors = protox::compile(FILES, ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    let (bus, sealed) = (alone(descriptors.clone()), sealed(descriptors.clone()));
    let config = || tonic_prost_build::configure().btree_map(".");
    config().bytes(".muster.record.v1.Change.data").compile_fds(descriptors)?;
    // The bus itself serves the sealed contract, and must serve all of it. Whoever serves this one
    // stands in for a bus in a test, and has only what the test needs.
    config().generate_default_stubs(true).compile_fds(bus)?;
    fs::create_dir_all(out.join("sealed"))?;
    let mut sealing = config().bytes(".").out_dir(out.join("sealed"));
    for name in PROOF {
        let (proto, rust) = (format!(".muster.bus.v1.{name}"), format!("crate::bus::{name}"));
        sealing = sealing.extern_path(proto, rust);
    }
    sealing.compile_fds(sealed)?;
    Ok(())
}

/// The bus's own contract and what it refers to.
fn alone(mut descriptors: FileDescriptorSet) -> FileDescriptorSet {
    let needed = [BUS, "muster/envelope/", "muster/page/", "google/"];
    let is_needed = |name: &str| needed.iter().any(|needed| name.starts_with(needed));
    descriptors.file.retain(|file| is_needed(file.name()));
    descriptors
}

/// The bus's own contract with its envelopes left as bytes: the same on the wire, since a message in
/// a message is written as its bytes are.
fn sealed(mut descriptors: FileDescriptorSet) -> FileDescriptorSet {
    descriptors
        .file
        .retain(|file| file.name().starts_with(BUS) || file.name().starts_with("muster/page/"));
    let bus = descriptors.file.iter_mut().filter(|file| file.name().starts_with(BUS));
    let messages = bus.flat_map(|file| &mut file.message_type);
    let fields = messages.flat_map(|message| &mut message.field);
    for field in fields.filter(|field| field.type_name() == ENVELOPE) {
        field.type_name = None;
        field.set_type(Type::Bytes);
    }
    descriptors
}
