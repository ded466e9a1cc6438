//! What receivers sign: held against the places that it is for, kept in the record, and shown to each
//! sender as far as it is about what that one has sent.
//!
//! Which envelope is at a place never changes, so this is decided beside the writer. The view has the
//! series and the number of all that is not settled; of what an acknowledgement repeats, the record
//! has them. A certificate is in the record once, however much is signed with it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use domain::{moment::Moment, party::Party, rejection::Rejection};
use kit::{
    identity::Chain,
    proof::{NUMBERS_MAX, Own, Portion, Shown, Signed, Tree, ranges},
    store::Draft,
    tx::Tx,
    view,
};
use prost::Message as _;

use super::{
    Local,
    block::{self, Unsettled},
    entry::{self, Entry},
    fold, keys, unreadable,
};

/// How many blocks of what is not settled are read at once.
const STRETCH: usize = 16;

/// A proof that covers what it is for, as the record has it.
#[derive(Clone, Debug)]
pub struct Covered {
    proof: entry::Proof,
    chain: Arc<Chain>,
}

impl Covered {
    fn new(signed: Signed, portions: Vec<entry::Portion>) -> Covered {
        let Signed { signer, log_id, at, signature, .. } = signed;
        let proof = entry::Proof {
            signer: signer.peer().party.to_string(),
            certificate: signer.name().to_vec(),
            log_id,
            at_ms: at.0,
            signature,
            portions,
        };
        Covered { proof, chain: Arc::clone(signer.chain()) }
    }

    /// What the record says of it; its certificate comes first where it is not known.
    pub fn into_record(
        self,
        tx: &Tx<'_>,
        drafts: &mut Vec<Draft<Entry>>,
    ) -> Result<entry::Proof, view::Error> {
        if tx.get(&keys::certificate(&self.proof.certificate))?.is_none() {
            let name = self.proof.certificate.clone();
            drafts.push(entry::Signer { name, chain: (*self.chain).clone() }.into());
        }
        Ok(self.proof)
    }
}

/// The numbers of each series.
type Numbers = BTreeMap<u32, Vec<u64>>;

/// What must be covered, by series.
pub fn gathered(named: impl IntoIterator<Item = (u32, u64)>) -> Numbers {
    let mut numbers = Numbers::new();
    for (series, number) in named {
        numbers.entry(series).or_default().push(number);
    }
    for numbers in numbers.values_mut() {
        numbers.sort_unstable();
        numbers.dedup();
    }
    numbers
}

impl Local {
    /// Refuses a proof that is not for exactly these.
    pub(super) fn covers(&self, signed: Signed, due: &Numbers) -> Result<Covered, Rejection> {
        let portions = self.series_of(&signed.portions)?;
        let mut found = BTreeMap::new();
        for (one, portion) in portions.iter().zip(&signed.portions) {
            found.insert(one.series, &portion.numbers);
        }
        for (series, numbers) in due {
            let wanted = ranges(numbers.iter().copied());
            if found.remove(series) != Some(&wanted) {
                return Err(self.incomplete(*series));
            }
        }
        match found.first_key_value() {
            Some((series, _)) => Err(self.incomplete(*series)),
            None => Ok(Covered::new(signed, portions)),
        }
    }

    /// Refuses a commit whose proof leaves out an envelope behind the last one, or that is for one
    /// that is not in the record up to there. None when there is nothing to cover.
    pub(super) fn covers_up_to(
        &self,
        follower: &Party,
        place: u64,
        signed: Option<Signed>,
    ) -> Result<Option<Covered>, Rejection> {
        let before = self.store.read(|tx| tx.number(&keys::committed(follower)))?;
        if place <= before {
            return Ok(None);
        }
        let due = self.unsettled_in(before + 1, place)?;
        let Some(signed) = signed else {
            if due.is_empty() {
                return Ok(None);
            }
            let message = format!("there are envelopes from {} to {place}: sign", before + 1);
            return Err(Rejection::invalid("PROOF_MISSING", "proof", message));
        };
        let portions = self.series_of(&signed.portions)?;
        let found: HashMap<u32, &Portion> =
            portions.iter().map(|one| one.series).zip(&signed.portions).collect();
        for (series, numbers) in &due {
            let portion = found.get(series).ok_or_else(|| self.incomplete(*series))?;
            if numbers.iter().any(|number| !portion.has(*number)) {
                return Err(self.incomplete(*series));
            }
        }
        for (series, portion) in found {
            if !self.are_up_to(series, portion, place)? {
                return Err(self.incomplete(series));
            }
        }
        Ok(Some(Covered::new(signed, portions)))
    }

    /// What is not settled between two places.
    fn unsettled_in(&self, first: u64, last: u64) -> Result<Numbers, Rejection> {
        let (mut from, mut named) = (keys::unsettled(block::of(first)), Vec::new());
        loop {
            let blocks = self.store.read(|tx| tx.scan(&keys::unsettled_all(), &from, STRETCH))?;
            let all = blocks.iter().flat_map(|(key, value)| Unsettled::all(keys::tail(key), value));
            let within = all.filter(|one| (first..=last).contains(&one.place));
            named.extend(within.map(|one| (one.series, one.number)));
            if named.len() as u64 > NUMBERS_MAX {
                let message =
                    format!("commit more often: a proof has at most {NUMBERS_MAX} numbers");
                return Err(Rejection::invalid("PROOF_INCOMPLETE", "place", message));
            }
            match blocks.last() {
                Some((key, _))
                    if blocks.len() == STRETCH && block::last(keys::tail(key)) < last =>
                {
                    from = [&key[..], &[0]].concat();
                }
                _ => return Ok(gathered(named)),
            }
        }
    }

    /// Whether all numbers of a portion are in the record up to a place.
    fn are_up_to(&self, series: u32, portion: &Portion, place: u64) -> Result<bool, Rejection> {
        let (mut block, mut places) = (None, Vec::new());
        for number in portion.each() {
            let wanted = block::of(number);
            if block.replace(wanted) != Some(wanted) {
                let key = keys::places(series, wanted);
                places = self.store.read(|tx| tx.get(&key))?.unwrap_or_default();
            }
            if !(1..=place).contains(&block::place_of(&places, number)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The portions as the record names them.
    fn series_of(&self, portions: &[Portion]) -> Result<Vec<entry::Portion>, Rejection> {
        let one = |portion: &Portion| {
            let (source, recipient) = portion.texts();
            let found = self.store.read(|tx| tx.get(&keys::series(&source, &recipient)))?;
            let series = found.and_then(|id| u32::try_from(view::number(Some(&id))).ok());
            let series = series.ok_or_else(|| incomplete(&source, &recipient))?;
            let numbers = portion.numbers.iter().flat_map(|(first, last)| [*first, last - first]);
            let (numbers, digest) = (numbers.collect(), portion.digest.to_vec());
            Ok(entry::Portion { series, numbers, digest })
        };
        portions.iter().map(one).collect()
    }

    fn incomplete(&self, series: u32) -> Rejection {
        let found = self.store.read(|tx| fold::series(tx, series)).ok().flatten();
        let (source, recipient) = found.unwrap_or_default();
        incomplete(&source, &recipient)
    }
}

fn incomplete(source: &str, recipient: &str) -> Rejection {
    let message = format!(
        "the proof is not for what is at these places from {source} to {recipient:?}: sign for each \
         of these envelopes, and for no other"
    );
    Rejection::invalid("PROOF_INCOMPLETE", "proof.portions", message)
}

/// Folds a proof: its senders have something to hear among these places.
pub fn noted(tx: &mut Tx<'_>, at: u64, proof: &entry::Proof) -> Result<(), view::Error> {
    for portion in &proof.portions {
        if let Some((source, _)) = fold::series(tx, portion.series)? {
            tx.put(keys::receipts_in(&source, block::of(at)), []);
        }
    }
    Ok(())
}

/// A proof of the record, read once for all who are shown a part of it.
#[derive(Debug)]
pub struct Proven {
    entry: entry::Proof,
    read: OnceLock<Read>,
}

#[derive(Debug)]
struct Read {
    signer: Party,
    chain: Arc<Chain>,
    portions: Vec<Portion>,
    tree: Tree,
}

impl Proven {
    pub fn new(entry: &entry::Proof) -> Arc<Proven> {
        Arc::new(Proven { entry: entry.clone(), read: OnceLock::new() })
    }

    /// How much it is to say, in words.
    pub fn words(&self) -> usize {
        let ranges: usize = self.entry.portions.iter().map(|one| one.numbers.len() / 2).sum();
        1 + ranges / 8
    }

    /// What a sender is shown of it, whose series these are; none when it has none in it.
    pub fn shown(
        &self,
        engine: &Local,
        place: u64,
        mut is_own: impl FnMut(u32) -> Result<bool, Rejection>,
    ) -> Result<Option<Shown>, Rejection> {
        let mut indices = Vec::new();
        for (index, portion) in self.entry.portions.iter().enumerate() {
            if is_own(portion.series)? {
                indices.push(index);
            }
        }
        if indices.is_empty() {
            return Ok(None);
        }
        let read = self.read(engine)?;
        let own = indices.into_iter().filter_map(|index| {
            let (portion, path) = (read.portions.get(index)?.clone(), read.tree.path(index));
            Some(Own { portion, index: u32::try_from(index).ok()?, path })
        });
        Ok(Some(Shown {
            receipt_place: place,
            signer: read.signer.clone(),
            chain: Arc::clone(&read.chain),
            log_id: self.entry.log_id.clone(),
            at: Moment(self.entry.at_ms),
            signature: self.entry.signature.clone(),
            count: read.tree.count(),
            own: own.collect(),
        }))
    }

    fn read(&self, engine: &Local) -> Result<&Read, Rejection> {
        if let Some(read) = self.read.get() {
            return Ok(read);
        }
        let key = keys::certificate(&self.entry.certificate);
        let chain = engine.store.read(|tx| tx.get(&key))?.unwrap_or_default();
        let chain = entry::Signer::decode(chain.as_slice()).map_err(unreadable)?.chain;
        let portions = self.entry.portions.iter().map(|one| portion(engine, one));
        let portions: Vec<Portion> = portions.collect::<Result<_, _>>()?;
        let (signer, tree) = (self.entry.signer.parse(), Tree::over(&portions));
        let signer = signer.map_err(unreadable)?;
        Ok(self.read.get_or_init(|| Read { signer, chain: Arc::new(chain), portions, tree }))
    }
}

fn portion(engine: &Local, one: &entry::Portion) -> Result<Portion, Rejection> {
    let found = engine.store.read(|tx| fold::series(tx, one.series))?;
    let (source, recipient) = found.ok_or_else(|| unreadable("a series is not there"))?;
    let source = source.parse().map_err(unreadable)?;
    let recipient = match recipient.as_str() {
        "" => None,
        text => Some(text.parse().map_err(unreadable)?),
    };
    let ranges = one.numbers.chunks_exact(2);
    let numbers = ranges.map(|range| (range[0], range[0].saturating_add(range[1]))).collect();
    let digest = one.digest.as_slice().try_into().map_err(unreadable)?;
    Ok(Portion { source, recipient, numbers, digest })
}
