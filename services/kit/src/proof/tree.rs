//! The tree over the portions of a proof, as RFC 6962 has it: a lone hash at the end of a level goes
//! up as it is.

use sha2::{Digest as _, Sha256};

use super::{Hash, Portion};

/// What is before a leaf and before a pair, so that neither is taken for the other.
const LEAF: u8 = 0;
const PAIR: u8 = 1;

/// All levels, the leaves first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree(Vec<Vec<Hash>>);

impl Tree {
    /// The tree over these portions; of none it is that over nothing.
    pub fn over(portions: &[Portion]) -> Tree {
        let mut levels = vec![portions.iter().map(leaf).collect::<Vec<Hash>>()];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let up = level.chunks(2).map(|two| match two {
                [left, right] => pair(left, right),
                alone => alone[0],
            });
            let up = up.collect();
            levels.push(up);
        }
        Tree(levels)
    }

    /// How many leaves it has.
    pub fn count(&self) -> u32 {
        u32::try_from(self.0[0].len()).unwrap_or(u32::MAX)
    }

    /// What all of it comes to.
    pub fn root(&self) -> Hash {
        let top = self.0.last().and_then(|level| level.first());
        top.copied().unwrap_or_else(|| Sha256::digest([]).into())
    }

    /// The hashes beside the way of a leaf to the root, from below.
    pub fn path(&self, mut index: usize) -> Vec<Hash> {
        let mut path = Vec::new();
        for level in &self.0 {
            path.extend(level.get(index ^ 1));
            index /= 2;
        }
        path
    }
}

/// What a portion and the hashes beside its way come to; none when there is no such way.
pub fn climb(portion: &Portion, index: u32, count: u32, path: &[Hash]) -> Option<Hash> {
    if index >= count {
        return None;
    }
    let (mut at, mut width, mut hash) = (index, count, leaf(portion));
    let mut beside = path.iter();
    while width > 1 {
        if at % 2 == 1 {
            hash = pair(beside.next()?, &hash);
        } else if at + 1 < width {
            hash = pair(&hash, beside.next()?);
        }
        (at, width) = (at / 2, width.div_ceil(2));
    }
    beside.next().is_none().then_some(hash)
}

fn leaf(portion: &Portion) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([LEAF]);
    hasher.update(portion.leaf());
    hasher.finalize().into()
}

fn pair(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([PAIR]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}
