//! What is due first: its list and its counts against a look at every case, while cases go on.

use std::collections::BTreeSet;

use proto::ledger::{CaseFilter, GroupBy, Order};

use super::{
    searching::{OFFICE, lived},
    *,
};

impl Running {
    /// The cases that a filter finds with what is due in each first, by that.
    pub(super) async fn due(
        &self,
        party: &str,
        filter: &CaseFilter,
        size: u32,
    ) -> Vec<(i64, String)> {
        let (mut due, mut token) = (Vec::new(), String::new());
        loop {
            let page = self.page_by(Order::DueFirst, (party, filter), size, token).await.unwrap();
            due.extend(page.cases.into_iter().map(|case| (case.owed[0].due_at_ms, case.case_id)));
            token = page.next_token;
            if token.is_empty() {
                return due;
            }
        }
    }
}

#[tokio::test]
async fn what_is_late_is_listed_by_its_due_moment_and_counted_as_by_a_look_at_every_case() {
    let (running, mut town) = lived(16, 200).await;
    let overdue = CaseFilter { overdue: true, ..CaseFilter::default() };
    // A look at each case; the first filter is answered by the dues alone.
    let each = CaseFilter { raised_from_ms: 1, ..overdue.clone() };
    let mut seen = BTreeSet::new();
    for round in 0..4 {
        for party in [OFFICE, DONGFENG, "unit/housing"] {
            let found: BTreeSet<String> =
                running.found(party, &overdue, 500).await.into_iter().collect();
            let due = running.due(party, &overdue, 3).await;
            assert!(due.is_sorted(), "what has been late for longest is first");
            let listed: BTreeSet<String> = due.iter().map(|(_, id)| id.clone()).collect();
            assert_eq!(due.len(), listed.len(), "each once");
            assert_eq!(listed, found, "round {round} of {party}");
            for by in [GroupBy::Unspecified, GroupBy::Owner] {
                let (plain, looked) = (
                    running.counted(party, &overdue, by).await,
                    running.counted(party, &each, by).await,
                );
                assert_eq!(plain, looked, "round {round} of {party}");
            }
            let of = CaseFilter { subdistrict: "subdistrict_kaihua".into(), ..overdue.clone() };
            let found: BTreeSet<String> =
                running.found(party, &of, 500).await.into_iter().collect();
            let due = running.due(party, &of, 7).await.into_iter();
            assert_eq!(due.map(|(_, id)| id).collect::<BTreeSet<_>>(), found);
        }
        seen.insert(running.due(OFFICE, &overdue, 500).await);
        town.live(&running, 30, 2).await;
    }
    assert!(seen.len() == 4 && seen.iter().any(|due| due.len() > 3), "it changes as cases go on");
    let all = running.due(OFFICE, &CaseFilter::default(), 9).await;
    assert!(all.is_sorted() && all.len() > running.due(OFFICE, &overdue, 9).await.len());
    let page =
        running.page_by(Order::DueFirst, (OFFICE, &overdue), 1, String::new()).await.unwrap();
    assert_eq!(page.examined, 1, "what is not on the page is not looked at");
}
