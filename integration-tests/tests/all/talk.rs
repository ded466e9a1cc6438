//! A role of the tests with a journal of its own: it sends what it is told, and keeps what it hears in
//! the order in which it came.

use std::{path::Path, time::Duration};

use domain::{envelope::Envelope, id::EnvelopeId, moment::Moment, party::Party};
use kit::{
    clock::Clock,
    stats::Stats,
    store::{Decision, Draft, Machine, Outgoing, Refusal, Store},
    tx::Tx,
    view,
};
use proto::record::Record;

/// More than anything here takes, less than anybody's patience.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Who speaks.
pub struct Talk(Party);

/// What it is told to send.
#[derive(Clone, Debug)]
pub struct Word {
    /// To whom.
    pub to: Party,
    /// About what.
    pub subject: String,
    /// What it is, and its bytes.
    pub body: (String, Vec<u8>),
    /// 0 is ordinary.
    pub priority: u8,
}

impl Machine for Talk {
    type Command = Vec<Word>;
    type Fact = ();
    const LAYOUT: u32 = 1;

    fn party(&self) -> Party {
        self.0.clone()
    }

    fn decide(&self, tx: &Tx<'_>, words: Vec<Word>, _: Moment) -> Result<Decision, Refusal> {
        let place = tx.next();
        let outgoing = (0..).zip(words).map(|(index, word)| {
            let id = EnvelopeId::parse(format!("word/{place}/{index}")).unwrap();
            let Word { to, subject, body, priority } = word;
            Outgoing { recipient: Some(to), priority, ..Outgoing::new(id, &subject, body) }
        });
        let drafts = vec![Draft { outgoing: outgoing.collect(), ..Draft::default() }];
        Ok(Decision { drafts, answer: Vec::new() })
    }

    fn apply(&self, _: &mut Tx<'_>, _: u64, _: &Record) -> Result<(), view::Error> {
        Ok(())
    }
}

/// The store of a role that talks.
pub type Talking = Store<Talk>;

/// Opens it in a folder of its own.
pub fn open(dir: &Path, party: &str) -> Talking {
    let dir = dir.join(party.replace('/', "-"));
    std::fs::create_dir_all(&dir).unwrap();
    let talk = Talk(party.parse().unwrap());
    Store::open(&dir, talk, Clock::system(), Stats::default()).unwrap()
}

/// What it has heard, in the order of its journal.
pub fn heard(store: &Talking) -> Vec<Envelope> {
    let records = store.records(0).map(|found| found.unwrap().1);
    let received = records.flat_map(|record| record.received);
    received.map(|one| proto::envelope::from_wire(one.envelope.unwrap()).unwrap()).collect()
}

/// Waits until it is so.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}
