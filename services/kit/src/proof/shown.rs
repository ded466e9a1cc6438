//! What a sender is shown of a proof: its own portions and what leads to the root.
//!
//! It trusts nothing that the bus says of it: the certificate must be one of the city's authority
//! at the time of signing, the signature must be by its key, over this log, time and root.

use std::sync::Arc;

use domain::{moment::Moment, party::Party, rejection::Rejection};
use proto::bus::{self, CertificateChain, ProofAlgorithm};

use super::{Hash, NUMBERS_MAX, Portion, stated, tree};
use crate::identity::{Chain, Credential, Identity, PeerError, Unfit};

/// The most hashes beside a way: a tree over 1,000 portions is no higher.
const PATH_MAX: usize = 10;

/// What of one proof is about what one source has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Where the bus has it.
    pub receipt_place: u64,
    /// Who has signed.
    pub signer: Party,
    /// With which certificate.
    pub chain: Arc<Chain>,
    /// For which log.
    pub log_id: String,
    /// When, by the signer's clock.
    pub at: Moment,
    /// The signature.
    pub signature: Vec<u8>,
    /// How many portions the proof has.
    pub count: u32,
    /// The source's own.
    pub own: Vec<Own>,
}

/// A portion of the one who is shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The portion.
    pub portion: Portion,
    /// Which one it is of all.
    pub index: u32,
    /// The hashes beside its way up.
    pub path: Vec<Hash>,
}

/// Why a proof proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// It is none at all.
    #[error("it is malformed: {0}")]
    Malformed(String),
    /// What it was signed with names no party of the city.
    #[error("its certificate is wrong: {0}")]
    Peer(#[from] PeerError),
    /// The certificate did not count when it was signed.
    #[error("its certificate did not count at that time: {0}")]
    Unfit(#[from] Unfit),
    /// It is somebody else's than is said.
    #[error("it is signed by {found}, and not by {signer}")]
    Signer {
        /// Who is said to have signed.
        signer: Party,
        /// Whose the certificate is.
        found: Party,
    },
    /// The signature is not that of the certificate's key over this.
    #[error("the signature does not hold")]
    Signature,
    /// It is about what another party has sent.
    #[error("it is about what {0} has sent")]
    Source(Party),
    /// Its signer is not one who receives these.
    #[error("{signer} does not receive what is for {recipient:?}")]
    Receiver {
        /// Who has signed.
        signer: Party,
        /// For whom the envelopes are.
        recipient: String,
    },
    /// What was received is not what was sent.
    #[error("what was received of {first} to {last} for {recipient:?} is not what was sent")]
    Content {
        /// For whom the envelopes are.
        recipient: String,
        /// The first number of the portion.
        first: u64,
        /// The last.
        last: u64,
    },
}

impl Shown {
    /// Whether it was signed by whom it says, with a certificate that counted then.
    pub fn verify(&self, identity: &Identity) -> Result<(), Wrong> {
        let credential = Credential::read(&self.chain, identity.city())?;
        let peer = credential.peer();
        if peer.party != self.signer {
            let (signer, found) = (self.signer.clone(), peer.party.clone());
            return Err(Wrong::Signer { signer, found });
        }
        identity.counted(&self.chain, self.at)?;
        let climb = |own: &Own| tree::climb(&own.portion, own.index, self.count, &own.path);
        let mut roots = self.own.iter().map(climb);
        let root = roots.next().flatten().ok_or(Wrong::Signature)?;
        if roots.any(|other| other != Some(root)) {
            return Err(Wrong::Signature);
        }
        let statement = stated(peer, &self.log_id, self.at, self.count, root);
        if credential.has_signed(&statement, &self.signature) {
            Ok(())
        } else {
            Err(Wrong::Signature)
        }
    }
}

/// The form on the wire; a certificate is said once for all that it has signed.
pub fn write(shown: Vec<Shown>) -> bus::Proofs {
    let (mut chains, mut known) = (Vec::new(), Vec::<Arc<Chain>>::new());
    let mut proofs = Vec::with_capacity(shown.len());
    for one in shown {
        let found = known.iter().position(|chain| *chain == one.chain);
        let chain = found.unwrap_or_else(|| {
            chains.push(CertificateChain { certificates: (*one.chain).clone() });
            known.push(Arc::clone(&one.chain));
            known.len() - 1
        });
        let own = |own: Own| bus::ShownPortion {
            portion: Some(own.portion.write()),
            index: own.index,
            path: own.path.into_iter().map(Vec::from).collect(),
        };
        proofs.push(bus::ShownProof {
            receipt_place: one.receipt_place,
            signer: one.signer.to_string(),
            chain: u32::try_from(chain).unwrap_or(u32::MAX),
            log_id: one.log_id,
            algorithm: ProofAlgorithm::EcdsaP256Sha256.into(),
            signed_at_ms: one.at.0,
            signature: one.signature,
            count: one.count,
            portions: one.own.into_iter().map(own).collect(),
        });
    }
    bus::Proofs { chains, proofs }
}

/// Reads what came, each for itself: one that is malformed holds up no other.
pub fn read(wire: bus::Proofs) -> impl Iterator<Item = (u64, Result<Shown, Wrong>)> {
    let chain = |chain: CertificateChain| Arc::new(chain.certificates);
    let chains: Vec<Arc<Chain>> = wire.chains.into_iter().map(chain).collect();
    let each = wire.proofs.into_iter();
    each.map(move |proof| (proof.receipt_place, one(proof, &chains)))
}

fn one(proof: bus::ShownProof, chains: &[Arc<Chain>]) -> Result<Shown, Wrong> {
    let malformed = |what: &str| Wrong::Malformed(what.to_owned());
    if proof.algorithm() != ProofAlgorithm::EcdsaP256Sha256 {
        return Err(malformed("its algorithm is not known here"));
    }
    let chain = usize::try_from(proof.chain).ok().and_then(|at| chains.get(at));
    let chain = Arc::clone(chain.ok_or_else(|| malformed("its certificate is not there"))?);
    let signer = proof.signer.parse().map_err(|_| malformed("its signer is no party"))?;
    let mut left = NUMBERS_MAX;
    let own = proof.portions.into_iter().map(|shown| {
        let rejected = |rejection: Rejection| Wrong::Malformed(rejection.message);
        let portion = shown.portion.ok_or_else(|| malformed("a portion is not there"))?;
        let portion = Portion::read(portion, &mut left).map_err(rejected)?;
        if shown.path.len() > PATH_MAX {
            return Err(malformed("its way to the root is too long"));
        }
        let hashes = shown.path.into_iter().map(Hash::try_from).collect::<Result<_, _>>();
        let path = hashes.map_err(|_| malformed("its way to the root is no row of hashes"))?;
        Ok(Own { portion, index: shown.index, path })
    });
    Ok(Shown {
        receipt_place: proof.receipt_place,
        signer,
        chain,
        log_id: proof.log_id,
        at: Moment(proof.signed_at_ms),
        signature: proof.signature,
        count: proof.count,
        own: own.collect::<Result<_, _>>()?,
    })
}
