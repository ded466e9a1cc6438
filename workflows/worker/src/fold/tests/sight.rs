//! Whom a case concerns: what the worker says of it is what policies judge who sees it by.

use domain::{
    case::{Dispute, Local, TeamMember, local::Level},
    party::Kind,
};
use kit::access::{Access, Ask};

use super::*;

impl Desk {
    /// Whether somebody may see who was told of the case.
    fn sees(&self, party: &str) -> bool {
        let city = self.store.machine().city();
        let access = Access::of(city).unwrap();
        let case = self.store.read(|tx| case(tx, city, &case_id())).unwrap().unwrap();
        access.check(&party.parse().unwrap(), &Ask::to("see_case", case)).is_ok()
    }
}

#[tokio::test]
async fn whom_a_case_concerns_sees_it_and_nobody_else() {
    let mut desk = Desk::new();
    let city = desk.store.machine().city().clone();
    let none = desk.store.read(|tx| case(tx, &city, &case_id())).unwrap();
    assert!(none.is_none(), "there is no case yet");
    let whistle = steps::tests::whistle("street_vending", "");
    let community = format!("community/{}", whistle.community);
    desk.hear("service/gateway", &Fact::Whistled(whistle), 1).await;
    assert!(desk.sees(&community) && !desk.sees("community/kaihua_xishan"));
    for unit in ["enforcement", "market_regulation", "housing", "transport", "tourism"] {
        assert!(!desk.sees(&format!("unit/{unit}")), "{unit}");
    }
    desk.send(Step::Route).await.unwrap();
    desk.bring_back(2).await;
    assert!(desk.sees("unit/enforcement"), "who owns it");
    let units = vec![unit("housing")];
    let owner = "office/leading_group_office".parse().unwrap();
    let dispute = Dispute::Opened { round: 1, units, reason: "r".into(), owner, within_ms: 60_000 };
    let upper = Party { kind: Kind::Unit, id: "subdistrict_kaihua".into() };
    let lifted_by = community.parse().unwrap();
    let lifted = Local::Lifted { to: Level::Subdistrict, upper, reason: "r".into(), lifted_by };
    let members = vec![TeamMember { unit: unit("transport"), person: "p-1".parse().unwrap() }];
    let formed_by = "office/leading_group_office".parse().unwrap();
    let teamed = Local::Teamed { members, note: String::new(), formed_by };
    desk.hear("service/worker", &Fact::Dispute(dispute), 3).await;
    desk.hear("service/gateway", &Fact::Local(lifted), 4).await;
    desk.hear("service/gateway", &Fact::Local(teamed), 5).await;
    for unit in ["housing", "subdistrict_kaihua", "transport"] {
        assert!(desk.sees(&format!("unit/{unit}")), "{unit}");
    }
    assert!(!desk.sees("unit/tourism") && !desk.sees("community/kaihua_xishan"));
}
