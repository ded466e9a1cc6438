//! What the parts of a delivery cost that no bus of ours can leave out, each alone on one thread.
//!
//! The same code and the same envelopes as in a turn, in seconds of CPU for a million of them: reading
//! what was published, the hash of the chain, the reader's digests and signature, and the
//! check of that signature. The wire and the disk have rows of their own: `empty_stream`, `raw_disk`.

use std::{sync::Arc, time::Duration};

use bus::asking;
use domain::{
    id::UnitId,
    moment::Moment,
    party::{Party, Role},
};
use journal::{Identity as JournalId, format::record_hash};
use kit::{
    clock::Clock,
    identity::Identity,
    proof::{self, Held},
};
use prost::bytes::Bytes;
use serde_json::json;

use super::{
    super::{figures::round, usage},
    envelope::{Letters, MAILBOXES},
    ground::Ground,
};
use crate::output::Output;

/// How many envelopes a receiver signs for at once here: as many as come together with window 1024.
const SIGNED: usize = 64;
/// How many envelopes are in a request.
const REQUEST: usize = 128;
/// How long each is measured.
const SPAN: Duration = Duration::from_secs(1);
const LOG: &str = "0123456789abcdef0123456789abcdef";

/// Measures all of them and says them.
pub fn say(ground: &Ground, output: &Output) -> anyhow::Result<()> {
    output.tell("\n  part                                        CPU s a million");
    let worker = Party::service(Role::Worker);
    let reader = ground.identity(&Party::unit(&UnitId::parse(MAILBOXES[0])?))?;
    let letters = letters(ground, &worker)?;
    let mut all = 0.0;
    for (name, part) in [
        ("read and check what is published", read(&letters, &worker)?),
        ("hash of the chain", hash(&letters)?),
        ("digests and one signature for 64", sign(&letters, &reader)?),
        ("check of one signature for 64", check(&letters, &reader)?),
    ] {
        all += part;
        let object = json!({ "part": name, "cpu_s_per_million": round(part) });
        output.say(format!("  {name:<42}  {part:>15.2}"), "part", object);
    }
    let object = json!({ "part": "all", "cpu_s_per_million": round(all) });
    output.say(format!("  {:<42}  {all:>15.2}", "together"), "part", object);
    Ok(())
}

fn letters(ground: &Ground, source: &Party) -> anyhow::Result<Vec<Bytes>> {
    let mut letters = Letters::new(&ground.city.id, source, Clock::system().now());
    Ok(letters.take(REQUEST)?.0)
}

/// Seconds of CPU of this program for a million, while it does nothing else.
fn cpu(mut carry: impl FnMut() -> anyhow::Result<usize>) -> anyhow::Result<f64> {
    let own = std::process::id();
    let (before, mut count) = (usage::seconds(own)?, 0);
    while usage::seconds(own)? - before < SPAN.as_secs_f64() {
        for _ in 0..64 {
            count += carry()?;
        }
    }
    let count = f64::from(u32::try_from(count)?);
    Ok((usage::seconds(own)? - before) * 1e6 / count)
}

fn read(letters: &[Bytes], source: &Party) -> anyhow::Result<f64> {
    cpu(|| Ok(asking::parcels(letters.to_vec(), source, 1 << 20)?.len()))
}

fn hash(letters: &[Bytes]) -> anyhow::Result<f64> {
    let mut last = [0; 32];
    cpu(|| {
        for letter in letters {
            last = record_hash(JournalId([7; 16]), 1, 2, &last, letter);
        }
        Ok(letters.len())
    })
}

fn held(letters: &[Bytes]) -> impl Iterator<Item = Held> {
    letters.iter().take(SIGNED).filter_map(|letter| Held::encoded(letter))
}

fn sign(letters: &[Bytes], reader: &Identity) -> anyhow::Result<f64> {
    cpu(|| {
        let proof = proof::sign(reader, LOG, Moment(1), held(letters))?;
        anyhow::ensure!(!proof.signature.is_empty(), "nothing is signed");
        Ok(SIGNED)
    })
}

fn check(letters: &[Bytes], reader: &Identity) -> anyhow::Result<f64> {
    let (now, signer) = (Clock::system().now(), Arc::new(reader.credential()?));
    let proof = proof::sign(reader, LOG, now, held(letters))?;
    cpu(|| {
        proof::check(Some(proof.clone()), &signer, LOG, now)?;
        Ok(SIGNED)
    })
}
