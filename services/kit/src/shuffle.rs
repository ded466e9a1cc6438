//! Another order in which the same record may come: that of each sender is kept, all else is chance.
//!
//! For the tests of those who fold the record: whatever the order, and however often, the effects are
//! the same. The same seed gives the same order. Nothing that runs uses it.

use std::collections::{BTreeMap, VecDeque};

use proto::record::Received;

/// All copies of a record, each in the order of its senders, mixed with one another.
pub fn shuffled(copies: &[Vec<Received>], seed: u64) -> Vec<Received> {
    let mut lanes = BTreeMap::<(usize, String), VecDeque<Received>>::new();
    for (copy, all) in copies.iter().enumerate() {
        for one in all {
            let source = one.envelope.as_ref().map(|wire| wire.source.clone()).unwrap_or_default();
            lanes.entry((copy, source)).or_default().push_back(one.clone());
        }
    }
    let mut lanes: Vec<VecDeque<Received>> = lanes.into_values().collect();
    let (mut dice, mut mixed) = (seed, Vec::new());
    while !lanes.is_empty() {
        let at = usize::try_from(throw(&mut dice) % lanes.len() as u64).unwrap_or(0);
        mixed.extend(lanes[at].pop_front());
        if lanes[at].is_empty() {
            lanes.swap_remove(at);
        }
    }
    mixed
}

/// Splitmix64.
fn throw(dice: &mut u64) -> u64 {
    *dice = dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *dice;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
