//! What who tells people asks about cases: of the worker's own fold of the record.

use std::fmt;

use connector::notification::Cases;
use domain::id::{CaseId, CommunityId};
use kit::{access::Thing, store::Store};

use crate::fold::{self, Fold};

/// The cases of a worker.
pub(crate) struct Known {
    store: Store<Fold>,
}

impl Known {
    pub(crate) fn new(store: Store<Fold>) -> Known {
        Known { store }
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known")
    }
}

impl Cases for Known {
    fn knows(&self, log_id: &str, place: u64) -> bool {
        let followed = self.store.followed();
        followed.is_ok_and(|followed| followed.log_id == log_id && followed.place >= place)
    }

    fn community(&self, case_id: &CaseId) -> Option<CommunityId> {
        let kept = self.store.read(|tx| fold::kept(tx, case_id)).ok()??;
        Some(kept.course.community)
    }

    fn case(&self, case_id: &CaseId) -> Option<Thing> {
        let city = self.store.machine().city();
        self.store.read(|tx| fold::case(tx, city, case_id)).ok()?
    }
}
